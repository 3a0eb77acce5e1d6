// Keeps the page of a station up to date: whenever something happens at the station, the parts that
// change are fetched again, and those that differ are exchanged. Charts stay where they are.
"use strict";

(() => {
  const page = document.getElementById("station");
  if (!page) return;
  const stale = document.getElementById("station-stale");
  const news = document.getElementById("station-news");

  const SOON_MS = 50; // events come in twos and threes
  const PAUSE_MS = 1000; // between two fetches
  const ROUTINE_MS = 30000; // what makes no event, and how long a charge lasts by now
  const RETRY_MS = 5000;
  const GONE = [401, 403, 404]; // the page itself explains it

  const known = new Map(); // the parts by id, as the server sent them
  for (const part of page.querySelectorAll("[data-part]")) known.set(part.id, part.outerHTML);

  let source = null;
  let timer = 0;
  let fetchedAt = 0;
  let isFetching = false;
  let isStale = false;

  function soon() {
    isStale = true;
    if (timer || isFetching || document.hidden) return;
    timer = setTimeout(refresh, Math.max(SOON_MS, fetchedAt + PAUSE_MS - Date.now()));
  }

  async function refresh() {
    timer = 0;
    isStale = false;
    isFetching = true;
    fetchedAt = Date.now();
    try {
      const answer = await fetch(page.dataset.panel, { headers: { "HX-Request": "true" } });
      if (GONE.includes(answer.status)) location.reload();
      if (answer.ok) take(await answer.text());
    } catch {
      stale.hidden = false; // the stream says when the server is back
    }
    isFetching = false;
    if (isStale) soon();
  }

  function take(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const told = [];
    for (const part of fresh.querySelectorAll("[data-part]")) {
      if (known.get(part.id) === part.outerHTML) continue;
      known.set(part.id, part.outerHTML);
      exchange(document.getElementById(part.id), document.adoptNode(part), told);
    }
    if (told.length) news.textContent = told.join(". ");
    document.dispatchEvent(new CustomEvent("charts-changed"));
  }

  function exchange(old, fresh, told) {
    if (!old) return;
    for (const place of fresh.querySelectorAll("[data-keep]")) {
      const kept = document.getElementById(place.id);
      if (kept && old.contains(kept)) place.replaceWith(kept);
    }
    told.push(...changes(old, fresh));
    const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
    old.replaceWith(fresh);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  function changes(old, fresh) {
    const before = new Set([...old.querySelectorAll("[data-news]")].map(spoken));
    return [...fresh.querySelectorAll("[data-news]")].map(spoken).filter((text) => !before.has(text));
  }

  function spoken(element) {
    return `${element.dataset.news}: ${element.textContent.trim().replace(/\s+/g, " ")}`;
  }

  function listen() {
    source = new EventSource(page.dataset.live);
    for (const name of ["hello", "lagged", ...page.dataset.events.split(" ")]) {
      source.addEventListener(name, soon);
    }
    source.addEventListener("hello", () => {
      stale.hidden = true;
    });
    source.addEventListener("error", () => {
      stale.hidden = false;
      if (source.readyState === EventSource.CLOSED) setTimeout(again, RETRY_MS);
    });
  }

  function again() {
    if (document.hidden) return;
    soon();
    source.close();
    listen();
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source.close();
    else again();
  });
  setInterval(soon, ROUTINE_MS);
  listen();
})();

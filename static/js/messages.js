// The live tail of the message log: new rows are put on top while nobody has paused it.
"use strict";

(() => {
  const button = document.getElementById("tail");
  const list = document.getElementById("messages");
  const state = document.getElementById("tail-state");
  if (!button || !list) return;

  const label = button.querySelector(".tail-label");
  const { every, most, pause, resume, running, paused: waiting, lost } = button.dataset;
  let after = button.dataset.after;
  let paused = false;
  let looking = false;
  let timer = 0;

  // Said once: what does not change is not said again to who cannot see it.
  const say = (text) => {
    if (state.textContent !== text) state.textContent = text;
  };

  const plan = () => {
    clearTimeout(timer);
    if (!paused && !document.hidden) timer = setTimeout(look, Number(every));
  };

  async function look() {
    if (looking) return; // what is on its way says when to look again
    looking = true;
    const url = new URL(button.dataset.url, location.href);
    url.searchParams.set("after", after);
    try {
      const answer = await fetch(url, { headers: { "HX-Request": "true" } });
      if (answer.status === 401) {
        location.reload(); // the log-in has ended
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      show(await answer.text());
    } catch {
      if (!paused) say(lost);
    }
    looking = false;
    plan();
  }

  function show(text) {
    if (paused) return; // what came meanwhile is asked for again
    const news = new DOMParser().parseFromString(text, "text/html").querySelector("ol[data-newest]");
    if (!news) return;
    after = news.dataset.newest;
    if (news.dataset.told || state.textContent === lost) say(news.dataset.told || running);
    const rows = [...news.children];
    if (!rows.length) return;
    document.getElementById("no-messages")?.remove();
    list.querySelectorAll(".message-new").forEach((row) => row.classList.remove("message-new"));
    rows.forEach((row) => row.classList.add("message-new"));
    list.prepend(...rows);
    trim();
  }

  // The oldest rows make room, but not one that is being read.
  function trim() {
    const old = [...list.children].slice(Number(most));
    old.filter((row) => !row.querySelector("details[open]")).forEach((row) => row.remove());
  }

  button.addEventListener("click", () => {
    paused = !paused;
    button.classList.toggle("is-paused", paused);
    label.textContent = paused ? resume : pause;
    say(paused ? waiting : running);
    if (paused) clearTimeout(timer);
    else look();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !paused) look();
  });
  say(running);
  plan();
})();

// Overview and wall, live: a stream that begins with all tiles and goes on with what happens. When it
// is lost it is opened again, and its beginning makes up for what was missed. State and search are
// filtered here, without the server.
"use strict";

(() => {
  const root = document.getElementById("tiles");
  if (!root || !window.EventSource) return;

  const TICK_MS = 5000;
  const SILENT_MS = 40000; // the server says something every 15 seconds
  const RETRY_MS = 3000;
  const PATIENCE_MS = 1000; // before it is said that the stream is lost
  const GATHER_MS = 50; // before a station is asked for
  const TRIES = 3;

  const { words, links } = JSON.parse(document.getElementById("tile-words").textContent);
  const locale = document.documentElement.lang;
  const isAll = "isAll" in root.dataset;
  const board = new Board(root, Tiles.painter(words, links, locale), {
    isAll,
    filter: { state: root.dataset.state, search: root.dataset.search },
    settled,
  });

  // --- what happens ----------------------------------------------------------------------------

  const handlers = {
    ConnectorChanged(event) {
      const status = { status: event.status || null, ocpp_status: event.ocpp_status };
      if (!event.evse_id) {
        const whole = { station_status: status.status, station_ocpp_status: status.ocpp_status };
        changeAll(event.station_id, whole);
      } else {
        changeOne(event, { ...status, error_code: event.error_code });
      }
    },
    MeterRead(event) {
      if (!event.evse_id) return;
      const tile = changeOne(event, { power_w: event.power_w, soc_percent: event.soc_percent });
      const session = tile?.transaction;
      if (!session || session.id !== event.transaction_id || event.meter_wh === null) return;
      if (session.meter_start_wh === null) refresh(event.station_id);
      else session.energy_wh = Math.max(0, event.meter_wh - session.meter_start_wh);
    },
    TransactionStarted(event) {
      refresh(event.station_id); // it does not tell the name of the tag
      const tile = board.find(event);
      if (!event.accepted || !tile || tile.transaction) return;
      const { transaction_id: id, at: started_at, tag } = event;
      const transaction = { id, started_at, tag, tag_name: "", meter_start_wh: null, energy_wh: null };
      board.change(tile, { transaction });
    },
    TransactionEnded(event) {
      const tile = board.of(event.station_id).find(
        ({ transaction }) => transaction?.id === event.transaction_id,
      );
      if (!tile) return void refresh(event.station_id); // a better end of an earlier one
      const ended = { last_energy_wh: event.energy_wh, power_w: null, soc_percent: null };
      board.change(tile, { transaction: null, ...ended });
    },
    StationConnected: (event) => changeAll(event.station_id, { online: true }),
    StationReturned: (event) => changeAll(event.station_id, { online: true }),
    StationDisconnected: (event) => changeAll(event.station_id, { online: false }),
    StationEdited: (event) => refresh(event.station_id),
    StationRemoved: (event) => board.replace(event.station_id, []),
  };

  function changeOne(event, values) {
    const tile = board.find(event);
    if (tile) board.change(tile, values);
    else refresh(event.station_id); // a new connector
    return tile;
  }

  function changeAll(stationId, values) {
    const known = board.of(stationId);
    known.forEach((tile) => board.change(tile, values));
    if (!known.length) refresh(stationId); // a new station
  }

  // --- stations of which an event did not tell enough ------------------------------------------

  const asked = new Map(); // by station: how often it was tried
  const heard = new Map(); // by station that is asked for: events meanwhile

  function refresh(stationId) {
    if (asked.has(stationId)) return;
    asked.set(stationId, 0);
    setTimeout(() => ask(stationId), GATHER_MS);
  }

  async function ask(stationId) {
    heard.set(stationId, 0);
    let tiles = null;
    try {
      const url = `${root.dataset.refresh}?station_id=${encodeURIComponent(stationId)}`;
      const response = await fetch(url, { headers: { Accept: "application/json" } });
      if (response.ok) tiles = await response.json();
    } catch {
      // the stream is lost as well, and begins with everything
    }
    const wasOvertaken = heard.get(stationId) > 0;
    const tries = asked.get(stationId) + 1;
    heard.delete(stationId);
    asked.delete(stationId);
    if (tiles && wasOvertaken && tries < TRIES) {
      asked.set(stationId, tries); // what happened meanwhile may not be in it
      setTimeout(() => ask(stationId), GATHER_MS);
    } else if (tiles) {
      board.replace(stationId, tiles);
    }
  }

  // --- the stream ------------------------------------------------------------------------------

  let source = null;
  let heardAt = Date.now();
  let gathered = []; // the tiles of a snapshot that is not complete yet
  let isReady = false;
  let complaint = 0; // timers
  let again = 0;

  function open() {
    clearTimeout(again);
    again = 0;
    source?.close();
    heardAt = Date.now();
    source = new EventSource(root.dataset.stream);
    const on = (name, handle) =>
      source.addEventListener(name, (message) => {
        heardAt = Date.now();
        handle(JSON.parse(message.data));
      });
    on("hello", () => {});
    on("beat", () => {});
    on("lagged", () => openSoon(RETRY_MS * Math.random()));
    on("snapshot", takeSnapshot);
    on("tiles", (tiles) => gathered.push(...tiles));
    Object.entries(handlers).forEach(([name, handle]) => on(name, (event) => take(event, handle)));
    source.onerror = fail;
  }

  function take(event, handle) {
    const { station_id: id } = event;
    if (heard.has(id)) heard.set(id, heard.get(id) + 1);
    handle(event);
  }

  function takeSnapshot(told) {
    if (told.is === "begin") {
      gathered = [];
      board.skew = Date.parse(told.now) - Date.now();
      return;
    }
    board.reset(gathered, told.all);
    gathered = [];
    isReady = true;
    root.dataset.isLive = "true";
    complain(false);
  }

  // The browser tries again by itself, unless the server refused the stream: nobody is logged in
  // any more, or it starts just now.
  async function fail() {
    complain(true);
    if (source.readyState !== EventSource.CLOSED) return;
    try {
      const headers = { Accept: "application/json" };
      const response = await fetch(`${root.dataset.refresh}?station_id=-`, { headers });
      if (response.status === 401) return void location.reload();
    } catch {
      // not there at all: tried again
    }
    openSoon(RETRY_MS);
  }

  function openSoon(delay) {
    again ||= setTimeout(open, delay);
  }

  function complain(isLost) {
    clearTimeout(complaint);
    const banner = document.getElementById("stream-lost");
    if (isLost) complaint = setTimeout(() => (banner.hidden = false), PATIENCE_MS);
    else banner.hidden = true;
  }

  function lookAfter() {
    if (!document.hidden && Date.now() - heardAt > SILENT_MS) open();
  }

  // --- filters ---------------------------------------------------------------------------------

  const chips = [...document.querySelectorAll(".chip")];
  const search = document.getElementById("search");
  const canFilter = (filter) => isReady && isAll && board.fitsOnPage(filter);

  function select(filter, url) {
    board.select(filter);
    root.dataset.announces = "true";
    chips.forEach((chip) => {
      if (chip.dataset.state === filter.state) chip.setAttribute("aria-current", "true");
      else chip.removeAttribute("aria-current");
      const target = new URL(chip.href);
      setOrDelete(target.searchParams, "search", filter.search);
      chip.href = target;
    });
    if (search && search.value !== filter.search) search.value = filter.search;
    if (url) history.pushState(null, "", url);
  }

  function setOrDelete(query, name, value) {
    if (value) query.set(name, value);
    else query.delete(name);
  }

  function filterOf(url) {
    const query = new URL(url, location).searchParams;
    return { state: query.get("state") ?? "", search: query.get("search") ?? "" };
  }

  function settled({ known, found, shown, states }) {
    if (!isReady) return;
    if (isAll) {
      chips.forEach((chip) => {
        const count = chip.dataset.state ? (states[chip.dataset.state] ?? 0) : found;
        chip.querySelector(".chip-count").textContent = String(count);
      });
    }
    const isEmpty = known === 0 && isAll;
    const hide = (id, isHidden) => {
      const element = document.getElementById(id);
      if (element) element.hidden = isHidden;
    };
    hide("filters", isEmpty);
    hide("no-stations", !isEmpty);
    hide("no-match", shown > 0 || isEmpty);
    const said = document.getElementById("shown");
    if (!said || !root.dataset.announces) return;
    said.textContent = words.shown.replace("{shown}", shown).replace("{total}", known);
  }

  document.addEventListener("click", (event) => {
    const chip = event.target.closest?.(".chip");
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
    const filter = chip && filterOf(chip.href);
    if (!chip || !isPlain || !canFilter(filter)) return;
    event.preventDefault();
    select(filter, chip.href);
  });

  function searched() {
    const url = new URL(location);
    setOrDelete(url.searchParams, "search", search.value.trim());
    return url;
  }

  search?.form.addEventListener("submit", (event) => {
    if (canFilter(filterOf(searched()))) event.preventDefault(); // done while it was typed
  });
  search?.addEventListener("input", () => {
    const url = searched();
    if (!canFilter(filterOf(url))) return;
    history.replaceState(null, "", url);
    select(filterOf(url));
  });
  window.addEventListener("popstate", () => {
    const filter = filterOf(location.href);
    if (canFilter(filter)) select(filter);
    else location.reload();
  });

  // What can be done with a tile is looked up when it is asked for.
  root.addEventListener(
    "toggle",
    ({ target }) => {
      const tile = target.open && board.findElement(target.closest(".tile"));
      if (tile) board.painter.offer(target, tile);
    },
    true,
  );

  open();
  setInterval(() => board.tick(), TICK_MS);
  setInterval(lookAfter, TICK_MS);
  document.addEventListener("visibilitychange", lookAfter);
  window.addEventListener("pagehide", () => source.close());
  window.addEventListener("pageshow", (event) => event.persisted && open());
})();

// What a tile of the overview shows: the rules of ocpp_core/domain/tile_states.py and the texts of
// ocpp_core/web/tiles.py. Numbers are written in the locale of the page, words come from it.
"use strict";

window.Tiles = (() => {
  const QUIET = new Set(["NoError", "Charging"]); // of OCPP, which tell no more than the title

  function stateOf(tile) {
    if (!tile.online) return "offline";
    const own = tile.status || (tile.transaction ? "Occupied" : "Available");
    const known = new Set([own, tile.station_status]);
    if (known.has("Faulted")) return "faulted";
    if (known.has("Occupied")) return "occupied";
    return known.has("Unavailable") ? "unavailable" : "available";
  }

  function isMeasured(tile) {
    return tile.online && (tile.status === "Occupied" || (!tile.status && Boolean(tile.transaction)));
  }

  function lower(text) {
    return (text || "").toLowerCase();
  }

  // Returns what writes the texts of tiles in the language of the page.
  function writer(locale, words) {
    const digits = (least, most) =>
      new Intl.NumberFormat(locale, { minimumFractionDigits: least, maximumFractionDigits: most });
    const energy = digits(1, 3);
    const power = digits(1, 1);
    const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });

    function title(tile, state) {
      return words[state === "occupied" && tile.transaction ? "charging" : state];
    }

    function detail(tile, state) {
      if (!tile.online) return "";
      if (lower(tile.station_status) === state && lower(tile.status) !== state) return words.whole;
      if (state === "faulted") return QUIET.has(tile.error_code) ? "" : tile.error_code || "";
      if (!tile.ocpp_status) return tile.transaction ? "" : words.unknown;
      return QUIET.has(tile.ocpp_status) || tile.ocpp_status === tile.status ? "" : tile.ocpp_status;
    }

    function elapsed(tile, now) {
      if (!tile.transaction) return "";
      const minutes = Math.max(0, Math.floor((now - Date.parse(tile.transaction.started_at)) / 60000));
      return words.duration
        .replace("{h}", String(Math.floor(minutes / 60)))
        .replace("{m}", String(minutes % 60));
    }

    function charged(tile) {
      const wh = tile.transaction ? tile.transaction.energy_wh : tile.last_energy_wh;
      return wh === null || wh === undefined ? "" : `${energy.format(wh / 1000)} kWh`;
    }

    function measured(tile) {
      if (!isMeasured(tile)) return "";
      const texts = [];
      if (tile.power_w !== null) texts.push(`${power.format(tile.power_w / 1000)} kW`);
      if (tile.soc_percent !== null) texts.push(percent.format(tile.soc_percent / 100));
      return texts.join(" | ");
    }

    function tag(tile) {
      return tile.transaction ? tile.transaction.tag_name || tile.transaction.tag || "" : "";
    }

    return { title, detail, elapsed, charged, measured, tag };
  }

  // Puts a tile into a pattern of links: ~s~ station, ~e~ EVSE, ~t~ transaction.
  function link(pattern, tile) {
    const values = {
      s: tile.station_id,
      e: tile.evse_id || "",
      t: tile.transaction ? tile.transaction.id : "",
    };
    return pattern.replace(/~([a-z])~/g, (_, name) => encodeURIComponent(values[name]));
  }

  // Which commands make sense, by the names of their links.
  function actions(tile) {
    if (!tile.online || !tile.evse_id) return [];
    return tile.transaction ? ["stop", "unlock"] : ["start", "unlock"];
  }

  // Returns what makes and changes the elements of tiles.
  function painter(words, links, locale) {
    const template = document.getElementById("tile-template").content;
    const write = writer(locale, words);
    const parts = new WeakMap(); // by element: its pieces

    function partsOf(element) {
      let found = parts.get(element);
      if (!found) {
        const piece = (name) => element.querySelector(`.tile-${name}`);
        found = {
          title: piece("title"),
          detail: piece("detail"),
          label: element.querySelector(".tile-label > *"),
          elapsed: piece("elapsed"),
          tag: piece("tag"),
          energy: piece("energy"),
          power: piece("power"),
          online: piece("online"),
          summary: element.querySelector("summary"),
        };
        parts.set(element, found);
      }
      return found;
    }

    function say(element, text) {
      if (element && element.textContent !== text) element.textContent = text;
    }

    function set(element, name, value) {
      if (element && element.getAttribute(name) !== value) element.setAttribute(name, value);
    }

    function make(tile) {
      const element = template.querySelector(".tile").cloneNode(true);
      element.dataset.station = tile.station_id;
      element.dataset.evse = tile.evse_id;
      element.dataset.connector = tile.connector_id;
      if (!tile.evse_id) element.querySelector("details")?.remove();
      return element;
    }

    // Makes the part of the list that belongs to a station.
    function makeStation(tile) {
      const section = template.querySelector(".station").cloneNode(true);
      section.querySelector(".tile-list").replaceChildren();
      const heading = section.querySelector("a");
      section.dataset.station = tile.station_id;
      heading.textContent = tile.station_label;
      heading.href = link(links.station, tile);
      return section;
    }

    function paint(element, tile, state, now) {
      const part = partsOf(element);
      const shown = `tile is-${state}`;
      if (element.className !== shown) element.className = shown;
      say(part.title, write.title(tile, state));
      say(part.detail, write.detail(tile, state));
      say(part.label, tile.label);
      if (part.label.tagName === "A") set(part.label, "href", link(links.connector, tile));
      say(part.elapsed, write.elapsed(tile, now));
      say(part.tag, write.tag(tile));
      say(part.energy, write.charged(tile));
      say(part.power, write.measured(tile));
      const mark = tile.online ? words.is_online : words.is_offline;
      set(part.online, "aria-label", mark);
      set(part.online, "title", mark);
      set(part.summary, "aria-label", words.actions.replace("{label}", () => tile.label));
    }

    function tick(element, tile, now) {
      say(partsOf(element).elapsed, write.elapsed(tile, now));
    }

    // Fills the opened actions with what can be done now.
    function offer(details, tile) {
      const buttons = actions(tile).map((name) => {
        const button = document.createElement("a");
        button.className = "btn btn-sm";
        button.href = link(links[name], tile);
        button.textContent = words[name];
        return button;
      });
      details.querySelector("div").replaceChildren(...buttons);
    }

    return { make, makeStation, paint, tick, offer };
  }

  return { stateOf, isMeasured, writer, painter, link, actions };
})();

// The tiles of a page: what is known of each, and its element in the order of the list. Changes are
// painted once a frame; a hidden tab, which has no frames, paints when it is seen again.
"use strict";

window.Board = (() => {
  const PAINTED_AT_ONCE = 150; // tiles of one frame
  const MOST_SHOWN = 1000; // as many as a page of the server has
  const ORDER = ["sort_key", "station_id", "evse_id", "connector_id"];

  function keyOf(place) {
    return `${place.station_id}\n${place.evse_id}\n${place.connector_id}`;
  }

  function keyOfElement({ dataset }) {
    return `${dataset.station}\n${dataset.evse}\n${dataset.connector}`;
  }

  function compare(one, other) {
    const name = ORDER.find((each) => one[each] !== other[each]);
    return name === undefined ? 0 : one[name] < other[name] ? -1 : 1;
  }

  function folded({ state, search }) {
    return { state, search: search.toLowerCase() };
  }

  // `isAll`: the page has all tiles there are, so that new ones belong to it. `settled` is called
  // with the counts after what was counted has changed.
  return class Board {
    constructor(root, painter, { isAll, filter, settled }) {
      this.root = root;
      this.painter = painter;
      this.isAll = isAll;
      this.filter = folded(filter);
      this.settled = settled;
      this.isComplete = false;
      this.shown = 0;
      this.entries = new Map(); // by key: tile, state, element, isShown
      this.stations = new Map(); // by id: keys
      this.elements = new Map(); // by key: those of the server whose tiles are not known yet
      this.changed = new Set(); // keys
      this.isScheduled = false;
      this.isCounted = true;
      this.skew = 0; // of our clock behind the server's, milliseconds
      root.querySelectorAll(".tile").forEach((each) => this.elements.set(keyOfElement(each), each));
    }

    // Tells whether what a filter finds fits on one page; what is known must be all there is.
    fitsOnPage(filter) {
      const wanted = folded(filter);
      const found = [...this.entries.values()].filter((entry) => this.#fits(entry, wanted));
      return this.isComplete && found.length <= MOST_SHOWN;
    }

    now() {
      return Date.now() + this.skew;
    }

    find(place) {
      return this.entries.get(keyOf(place))?.tile;
    }

    findElement(element) {
      return this.entries.get(keyOfElement(element))?.tile;
    }

    of(stationId) {
      return [...(this.stations.get(stationId) ?? [])].map((key) => this.entries.get(key).tile);
    }

    put(tile) {
      const key = keyOf(tile);
      const known = this.entries.get(key);
      const element = known?.element ?? this.elements.get(key) ?? null;
      const entry = { tile, element, isShown: Boolean(element?.isConnected), state: "" };
      if (entry.isShown && !known?.isShown) this.shown += 1;
      this.elements.delete(key);
      this.entries.set(key, entry);
      if (!this.stations.has(tile.station_id)) this.stations.set(tile.station_id, new Set());
      this.stations.get(tile.station_id).add(key);
      this.#judge(key, entry);
    }

    change(tile, values) {
      const key = keyOf(tile);
      Object.assign(tile, values);
      this.#judge(key, this.entries.get(key));
    }

    drop(tile) {
      const key = keyOf(tile);
      const entry = this.entries.get(key);
      this.entries.delete(key);
      this.stations.get(tile.station_id).delete(key);
      if (!this.stations.get(tile.station_id).size) this.stations.delete(tile.station_id);
      this.#hide(entry);
      this.#schedule();
    }

    // Takes over the tiles of one station; those that are not among them are gone.
    replace(stationId, tiles) {
      const keys = new Set(tiles.map(keyOf));
      this.of(stationId).filter((tile) => !keys.has(keyOf(tile))).forEach((tile) => this.drop(tile));
      tiles.forEach((tile) => this.put(tile));
    }

    // Takes over all tiles; with `isComplete` others are gone.
    reset(tiles, isComplete) {
      const keys = new Set(tiles.map(keyOf));
      this.isComplete = isComplete;
      tiles.forEach((tile) => this.put(tile));
      if (!isComplete) return;
      const gone = [...this.entries].filter(([key]) => !keys.has(key));
      gone.forEach(([, entry]) => this.drop(entry.tile));
      this.elements.forEach((element) => this.#detach(element));
      this.elements.clear();
      this.isCounted = false;
      this.#schedule();
    }

    select(filter) {
      this.filter = folded(filter);
      this.entries.forEach((_, key) => this.changed.add(key));
      this.isCounted = false;
      this.#schedule();
    }

    tick() {
      this.entries.forEach(({ tile, element, isShown }) => {
        if (isShown && tile.transaction) this.painter.tick(element, tile, this.now());
      });
    }

    #judge(key, entry) {
      const state = Tiles.stateOf(entry.tile);
      if (entry.state !== state) this.isCounted = false;
      entry.state = state;
      this.changed.add(key);
      this.#schedule();
    }

    #schedule() {
      if (this.isScheduled) return;
      this.isScheduled = true;
      requestAnimationFrame(() => this.#paint());
    }

    #paint() {
      this.isScheduled = false;
      let left = PAINTED_AT_ONCE;
      for (const key of this.changed) {
        if (left-- === 0) {
          this.#schedule();
          return;
        }
        this.changed.delete(key);
        const entry = this.entries.get(key);
        if (entry) this.#show(entry);
      }
      if (this.isCounted) return;
      this.isCounted = true;
      this.settled(this.#count());
    }

    // Counts what the search finds, by state.
    #count() {
      const counts = { known: this.entries.size, found: 0, shown: this.shown, states: {} };
      const { search } = this.filter;
      this.entries.forEach((entry) => {
        if (!this.#fits(entry, { search })) return;
        counts.found += 1;
        counts.states[entry.state] = (counts.states[entry.state] ?? 0) + 1;
      });
      return counts;
    }

    #fits({ tile, state }, filter) {
      if (filter.state && filter.state !== state) return false;
      const texts = [tile.station_id, tile.station_name, tile.label];
      return texts.some((text) => text.toLowerCase().includes(filter.search));
    }

    #show(entry) {
      if (!this.#fits(entry, this.filter)) {
        this.#hide(entry);
        return;
      }
      const hasPlace = entry.isShown || (this.isAll && this.shown < MOST_SHOWN);
      if (!hasPlace) return; // it is of another page
      entry.element ??= this.painter.make(entry.tile);
      this.painter.paint(entry.element, entry.tile, entry.state, this.now());
      if (!entry.isShown) this.#insert(entry);
    }

    #hide(entry) {
      if (!entry.isShown) return;
      entry.isShown = false;
      this.shown -= 1;
      this.isCounted = false;
      this.#detach(entry.element);
    }

    #detach(element) {
      const section = element.closest(".station");
      element.remove();
      if (section && !section.querySelector(".tile")) section.remove();
    }

    #insert(entry) {
      entry.isShown = true;
      this.shown += 1;
      this.isCounted = false;
      this.#place(this.#listFor(entry.tile), entry.element, entry.tile, (each) => each);
    }

    // Puts an element into its place, looking from the end, where most belong.
    #place(parent, element, tile, firstTile) {
      let before = parent.lastElementChild;
      while (before) {
        const other = this.findElement(firstTile(before));
        if (other && compare(other, tile) < 0) break;
        before = before.previousElementSibling;
      }
      parent.insertBefore(element, before ? before.nextElementSibling : parent.firstElementChild);
    }

    #listFor(tile) {
      if (!this.root.dataset.group) return this.root.querySelector(".tile-list");
      const sections = [...this.root.querySelectorAll(".station")];
      let section = sections.find((each) => each.dataset.station === tile.station_id);
      if (!section) {
        section = this.painter.makeStation(tile);
        this.#place(this.root, section, tile, (each) => each.querySelector(".tile"));
      }
      return section.querySelector(".tile-list");
    }
  };
})();

// Draws the chart of a transaction from its chart.json, moves it while the transaction is active,
// and says the same in a table. Words come from the page; numbers and moments are the visitor's.
"use strict";

(() => {
  const { PANELS, colourOf, extremes, formats, isZoomed, joined, lowerBound } = ChartParts;
  const { part, rangeOf, rank, row, sampled, valueAt } = ChartParts;
  const AXIS = { size: 52, labelSize: 20 };
  const KILO = { power: 1000, energy: 1000 };
  const OVERLAP_MS = 60000; // samples of one moment may come in several messages
  const PAUSE_MS = 1000;
  const RETRY_MS = 5000;
  const MOST_POINTS = 3000; // of a curve that has grown: then it is asked for again, thinned
  const MOST_ROWS = 25;

  class Chart {
    constructor(root) {
      this.root = root;
      this.words = JSON.parse(root.querySelector("script").textContent);
      this.panels = root.querySelector(".tx-panels");
      this.details = root.querySelector(".tx-table");
      this.curves = new Map();
      this.plots = [];
      Object.assign(this, formats(root.dataset));
      new ResizeObserver(() => this.resize()).observe(this.panels);
      new MutationObserver(() => this.draw(true)).observe(document.documentElement, {
        attributeFilter: ["data-bs-theme"],
      });
      this.details.addEventListener("toggle", () => this.fillTable());
      this.load().then(() => root.dataset.live && this.listen());
    }

    // --- what is drawn from -----------------------------------------------------------------

    async load(since) {
      const query = since === undefined ? "" : `?since=${Math.max(0, since)}`;
      try {
        const answer = await fetch(this.root.dataset.chart + query, {
          headers: { Accept: "application/json" },
        });
        this.refused = [401, 403, 404].includes(answer.status);
        if (!answer.ok) throw new Error(String(answer.status));
        this.take(await answer.json(), since === undefined);
        this.show(".tx-failed", false);
      } catch {
        this.show(".tx-failed", true);
      }
      this.panels.setAttribute("aria-busy", "false");
    }

    take(answer, isWhole) {
      if (isWhole) {
        this.curves.clear();
        this.asksAll = false;
        this.show(".tx-part", !answer.complete);
      }
      for (const curve of answer.series) this.merge(curve);
      this.curves = new Map([...this.curves].sort(([, a], [, b]) => rank(a) - rank(b)));
      const longest = Math.max(0, ...[...this.curves.values()].map((each) => each.times.length));
      this.asksAll = this.asksAll || longest > MOST_POINTS;
      this.show(".tx-none", !longest);
      this.root.dataset.points = [...this.curves.values()].reduce((n, c) => n + c.times.length, 0);
      this.draw();
      this.describe();
      this.fillTable();
    }

    merge(curve) {
      const key = `${curve.measure} ${curve.phase}`;
      const factor = KILO[curve.measure] || 1;
      const values = curve.values.map((value) => value / factor);
      const known = this.curves.get(key);
      if (!known) {
        this.curves.set(key, { ...curve, key, values });
      } else if (known.derived !== curve.derived) {
        if (!curve.derived) this.asksAll = this.isStale = true; // it has begun to send its power
      } else {
        const start = lowerBound(known.times, curve.times[0]);
        known.times.splice(start, Infinity, ...curve.times);
        known.values.splice(start, Infinity, ...values);
      }
    }

    get newest() {
      return Math.max(0, ...[...this.curves.values()].map((each) => each.times.at(-1)));
    }

    // --- drawing ----------------------------------------------------------------------------

    draw(anew = false) {
      const groups = PANELS.map((measures) =>
        [...this.curves.values()].filter((curve) => measures.includes(curve.measure)),
      ).filter((group) => group.length);
      const shape = JSON.stringify(groups.map((group) => group.map((c) => [c.key, c.derived])));
      if (anew || shape !== this.shape) {
        this.shape = shape;
        for (const plot of this.plots) plot.destroy();
        this.panels.replaceChildren();
        this.plots = groups.map((group) => this.plot(group));
        return;
      }
      this.plots.forEach((plot, index) => {
        const data = joined(groups[index]);
        plot.setData(data, !isZoomed(plot));
        if (isZoomed(plot)) plot.redraw();
      });
    }

    plot(group) {
      const panel = document.createElement("div");
      panel.className = "tx-panel";
      panel.setAttribute("aria-hidden", "true"); // the label and the table speak for it
      this.panels.append(panel);
      const measures = [...new Set(group.map((curve) => curve.measure))];
      const options = {
        ms: 1,
        ...this.size(),
        padding: [null, this.margin(measures), null, null],
        tzDate: (at) => (this.zone ? uPlot.tzDate(new Date(at), this.zone) : new Date(at)),
        cursor: { sync: { key: this.root.id }, y: false },
        scales: Object.fromEntries(measures.map((name) => [name, { range: rangeOf(name) }])),
        axes: [this.timeAxis(), ...measures.map((name, index) => this.axis(name, index))],
        series: [
          { label: this.words.time, value: (_, at) => (at == null ? "–" : this.whole.format(at)) },
          ...group.map((curve) => this.series(curve)),
        ],
      };
      return new uPlot(options, joined(group), panel);
    }

    series(curve) {
      return {
        label: curve.phase || this.label(curve), // its axis says the rest
        scale: curve.measure,
        stroke: this.colour(colourOf(curve)),
        fill: curve.measure === "power" ? this.colour("power-fill") : undefined,
        width: 2,
        spanGaps: true,
        paths: curve.derived ? uPlot.paths.stepped({ align: -1 }) : undefined,
        value: (_, value) => (value == null ? "–" : this.number.format(value)),
      };
    }

    axis(measure, index) {
      return {
        scale: measure,
        side: index ? 1 : 3,
        label: this.words[measure],
        ...AXIS,
        stroke: this.colour("text"),
        grid: index ? { show: false } : { stroke: this.colour("grid"), width: 1 },
        ticks: { stroke: this.colour("grid"), width: 1 },
        values: (_, splits) => splits.map((value) => this.number.format(value)),
      };
    }

    timeAxis() {
      return {
        stroke: this.colour("text"),
        grid: { stroke: this.colour("grid"), width: 1 },
        ticks: { stroke: this.colour("grid"), width: 1 },
        space: 70,
        size: 44,
        values: (_, splits, __, ___, step) => {
          let before = "";
          return splits.map((at) => {
            const day = this.day.format(at);
            const clock = step < 60000 ? this.seconds : this.time;
            const text = step >= 86400000 ? "" : clock.format(at);
            const shown = day === before ? text : [text, day].filter(Boolean).join("\n");
            before = day;
            return shown;
          });
        },
      };
    }

    // All panels end at the same place, whether they have an axis at the right or not.
    margin(measures) {
      const hasTwo = [...this.curves.values()].some((curve) => curve.measure === "energy");
      const needs = hasTwo && measures.length < 2 && this.size().width >= 500;
      return needs ? AXIS.size + AXIS.labelSize : null;
    }

    label(curve) {
      const name = this.words[curve.derived ? "derived" : curve.measure];
      return curve.phase ? `${curve.phase} · ${name}` : name;
    }

    colour(name) {
      return getComputedStyle(this.root).getPropertyValue(`--chart-${name}`).trim();
    }

    size() {
      const width = Math.max(200, this.panels.clientWidth);
      return { width, height: width < 500 ? 180 : 220 };
    }

    resize() {
      const size = this.size();
      for (const plot of this.plots) if (plot.width !== size.width) plot.setSize(size);
    }

    show(selector, shown) {
      this.root.querySelector(selector).hidden = !shown;
    }

    // --- the same without seeing ------------------------------------------------------------

    describe() {
      const curves = [...this.curves.values()];
      if (!curves.length) return;
      const start = Math.min(...curves.map((curve) => curve.times[0]));
      const sentence = this.words.summary
        .replace("{start}", this.whole.format(start))
        .replace("{end}", this.whole.format(this.newest));
      const ranges = curves.map((curve) => {
        const [low, high] = extremes(curve.values);
        return `${this.label(curve)}: ${this.number.format(low)} – ${this.number.format(high)}`;
      });
      this.panels.setAttribute("aria-label", [sentence, ...ranges].join(" "));
    }

    fillTable() {
      const curves = [...this.curves.values()];
      this.details.hidden = !curves.length;
      if (!this.details.open || !curves.length) return;
      const moments = [...new Set(curves.flatMap((curve) => curve.times))].sort((a, b) => a - b);
      const head = row([this.words.time, ...curves.map((curve) => this.label(curve))], "col");
      const body = sampled(moments, MOST_ROWS).map((at) => {
        const values = curves.map((curve) => valueAt(curve, at));
        const texts = values.map((value) => (value == null ? "–" : this.number.format(value)));
        return row([this.whole.format(at), ...texts], "row");
      });
      const parts = [part("thead", [head]), part("tbody", body)];
      this.details.querySelector("table").replaceChildren(...parts);
    }

    // --- while it is active -----------------------------------------------------------------

    listen() {
      const source = new EventSource(this.root.dataset.live);
      const move = () => this.move();
      for (const name of ["hello", "lagged", "MeterRead", "TransactionStarted"]) {
        source.addEventListener(name, move);
      }
      source.addEventListener("TransactionEnded", () => {
        source.close();
        this.isOver = true;
        document.querySelectorAll("[data-while-active]").forEach((each) => (each.hidden = true));
        this.move();
      });
      source.addEventListener("error", () => {
        if (source.readyState === EventSource.CLOSED && !this.isOver) this.listenLater();
      });
    }

    listenLater() {
      setTimeout(async () => {
        await this.load();
        if (!this.refused) this.listen();
      }, RETRY_MS);
    }

    move() {
      this.isStale = true;
      if (!this.moving) this.moving = this.catchUp();
    }

    async catchUp() {
      while (this.isStale) {
        this.isStale = false;
        const asksAll = this.asksAll || this.isOver || !this.curves.size;
        await this.load(asksAll ? undefined : this.newest - OVERLAP_MS);
        document.body.dispatchEvent(new CustomEvent("chart-moved"));
        await new Promise((done) => setTimeout(done, PAUSE_MS));
      }
      this.moving = null;
    }
  }

  // Another script exchanged a part of the page, or heard of new values (js/stations.js).
  const drawn = new WeakMap();
  function drawAll() {
    for (const root of document.querySelectorAll(".tx-chart")) {
      if (drawn.has(root)) drawn.get(root).move();
      else drawn.set(root, new Chart(root));
    }
  }
  document.addEventListener("charts-changed", drawAll);
  drawAll();
})();

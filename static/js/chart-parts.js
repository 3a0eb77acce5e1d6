// What charts.js is made of: finding points, ranges and colours of curves, rows of tables.
"use strict";

const ChartParts = (() => {
  const PANELS = [["power", "energy"], ["soc"], ["current"], ["voltage"]];
  const ORDER = PANELS.flat();
  const PHASES = { L1: "l1", L2: "l2", L3: "l3", "L1-L2": "l1", "L2-L3": "l2", "L3-L1": "l3" };

  function knows(zone) {
    try {
      return Boolean(zone && new Intl.DateTimeFormat("en", { timeZone: zone }));
    } catch {
      return false;
    }
  }

  // How a visitor writes moments and numbers; without a known zone those of the browser.
  function formats({ locale, timeZone }) {
    const zone = knows(timeZone) ? timeZone : undefined;
    const moment = (options) => new Intl.DateTimeFormat(locale, { timeZone: zone, ...options });
    return {
      zone,
      time: moment({ hour: "2-digit", minute: "2-digit" }),
      seconds: moment({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
      day: moment({ day: "numeric", month: "short" }),
      whole: moment({ dateStyle: "medium", timeStyle: "medium" }),
      number: new Intl.NumberFormat(locale, { maximumFractionDigits: 3 }),
    };
  }

  function rank(curve) {
    return ORDER.indexOf(curve.measure);
  }

  function lowerBound(times, at) {
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function valueAt(curve, at) {
    const index = lowerBound(curve.times, at + 1) - 1;
    return index < 0 ? null : curve.values[index];
  }

  function sampled(all, most) {
    if (all.length <= most) return all;
    const step = (all.length - 1) / (most - 1);
    return Array.from({ length: most }, (_, number) => all[Math.round(number * step)]);
  }

  function joined(group) {
    return uPlot.join(group.map((curve) => [curve.times, curve.values]));
  }

  function isZoomed(plot) {
    const [times, { min, max }] = [plot.data[0], plot.scales.x];
    return times.length > 1 && (min > times[0] || max < times.at(-1));
  }

  function extremes(values) {
    return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  }

  function rangeOf(measure) {
    if (measure === "soc") return [0, 100];
    if (measure === "voltage") return undefined;
    return (_, low, high) => [Math.min(0, low ?? 0), Math.max(0.1, (high ?? 1) * 1.08)];
  }

  function colourOf(curve) {
    const own = { energy: "energy", soc: "soc", power: "power" };
    return PHASES[curve.phase] || own[curve.measure] || "l2";
  }

  function row(texts, scope) {
    const line = document.createElement("tr");
    texts.forEach((text, index) => {
      const cell = document.createElement(scope === "col" || !index ? "th" : "td");
      if (cell.tagName === "TH") cell.scope = scope;
      cell.textContent = text;
      line.append(cell);
    });
    return line;
  }

  function part(name, rows) {
    const made = document.createElement(name);
    made.append(...rows);
    return made;
  }

  return {
    PANELS,
    colourOf,
    extremes,
    formats,
    isZoomed,
    joined,
    lowerBound,
    part,
    rangeOf,
    rank,
    row,
    sampled,
    valueAt,
  };
})();

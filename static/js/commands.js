// A command is on its way: says so, counts the seconds, and leads to the outcome when it is there.
"use strict";

(() => {
  const SHOW_MS = 300; // a form that comes back at once does not flash up a notice
  const status = document.getElementById("command-status");
  const waiting = document.getElementById("command-waiting");
  const lost = document.getElementById("command-lost");
  const seconds = document.getElementById("command-seconds");
  if (!status || !waiting) return;
  let timers = [];

  const waits = (event) => event.target.closest?.("form[data-waits]") || event.detail.ctx?.request.form;

  document.addEventListener("htmx:before:request", (event) => {
    if (!waits(event)) return;
    const began = Date.now();
    lost.hidden = true;
    timers = [
      setTimeout(() => {
        waiting.hidden = false;
        waiting.scrollIntoView({ block: "nearest" });
        status.textContent = status.dataset.waiting;
      }, SHOW_MS),
      setInterval(() => (seconds.textContent = String(Math.round((Date.now() - began) / 1000))), 500),
    ];
  });

  function rest() {
    timers.forEach((timer) => clearInterval(timer));
    timers = [];
    waiting.hidden = true;
    status.textContent = "";
    seconds.textContent = "0";
  }

  document.addEventListener("htmx:finally:request", rest);
  document.addEventListener("htmx:error", (event) => {
    if (!event.detail.ctx || event.detail.ctx.request.signal.aborted) return;
    rest();
    lost.hidden = false;
    status.textContent = status.dataset.lost;
  });

  // Who reads by ear or by keyboard is taken to what is new.
  document.addEventListener("htmx:after:swap", () => {
    const found = ["[aria-invalid]", "[data-focus]"].map((what) => document.querySelector(`#command ${what}`));
    found.find(Boolean)?.focus();
  });
})();

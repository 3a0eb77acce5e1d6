// The wall display: its clock, and a button for the whole screen.
"use strict";

(() => {
  const clock = document.getElementById("clock");
  const form = { hour: "2-digit", minute: "2-digit" };
  let format = new Intl.DateTimeFormat(document.documentElement.lang, form);
  try {
    const zoned = { ...form, timeZone: clock.dataset.zone };
    format = new Intl.DateTimeFormat(document.documentElement.lang, zoned);
  } catch {
    // a zone that this browser does not know: its own will do
  }
  const show = () => {
    const text = format.format(new Date());
    if (clock.textContent !== text) clock.textContent = text;
  };
  show();
  setInterval(show, 1000);

  const button = document.getElementById("fullscreen");
  button.hidden = !document.fullscreenEnabled;
  button.addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen();
  });
})();

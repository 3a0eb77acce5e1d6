// Runs before the first paint: theme of the system where none was chosen, and what only scripts know.
"use strict";

(() => {
  const root = document.documentElement;
  root.classList.replace("no-js", "js");

  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    if (!root.dataset.theme) root.dataset.bsTheme = dark.matches ? "dark" : "light";
  };
  apply();
  dark.addEventListener("change", apply);

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  const known = `time_zone=${zone}`;
  if (zone && !document.cookie.split("; ").includes(known)) {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `${known}; path=/; max-age=31536000; samesite=lax${secure}`;
  }
})();

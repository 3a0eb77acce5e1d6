// What all pages share: the menu on small screens, copy buttons, forms that are sent once.
"use strict";

(() => {
  const button = document.querySelector(".app-menu-button");
  const menu = document.getElementById("menu");
  if (button && menu) {
    button.addEventListener("click", () => {
      const open = menu.classList.toggle("is-open");
      button.setAttribute("aria-expanded", String(open));
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.classList.contains("is-open")) return;
      menu.classList.remove("is-open");
      button.setAttribute("aria-expanded", "false");
      button.focus();
    });
  }

  // <button data-copy="#id" data-copied="Copied">: copies the text or value of an element.
  document.addEventListener("click", async (event) => {
    const copier = event.target.closest?.("[data-copy]");
    if (!copier) return;
    const source = document.querySelector(copier.dataset.copy);
    if (!source) return;
    const text = "value" in source ? source.value : source.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      select(source); // no permission, or no https: the user copies by hand
      return;
    }
    const before = copier.getAttribute("aria-label") || copier.textContent;
    announce(copier, copier.dataset.copied || "", before);
  });

  function select(source) {
    if (source.select) {
      source.select();
      return;
    }
    const range = document.createRange();
    range.selectNodeContents(source);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  function announce(copier, text, before) {
    const place = copier.querySelector("[data-copy-label]") || copier;
    const content = place.textContent;
    place.textContent = text || before;
    setTimeout(() => (place.textContent = content), 2000);
  }

  // A plain form that was sent is not sent again by a second click; coming back makes it usable.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "true";
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });
})();

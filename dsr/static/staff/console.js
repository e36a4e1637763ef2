// Colours of the console, before anything is drawn. Everything else on these pages works without a script.
(function () {
  "use strict";
  var root = document.documentElement;
  var system = window.matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try { return localStorage.getItem("console-colours") || ""; } catch (error) { return ""; }
  }

  function apply() {
    var colours = chosen();
    root.classList.toggle("dark", colours === "dark" || (colours === "" && system.matches));
    document.querySelectorAll("[data-colours]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.colours === colours));
    });
  }

  apply();
  system.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll(".r-themes").forEach(function (choice) { choice.hidden = false; });
    apply();
  });
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-colours]");
    if (button) {
      try { localStorage.setItem("console-colours", button.dataset.colours); } catch (error) { /* kept for this page */ }
      apply();
    }
    document.querySelectorAll("details.r-menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) { menu.open = false; }
    });
  });
  document.addEventListener("keydown", function (event) {
    var menu = event.key === "Escape" && document.querySelector("details.r-menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });
})();

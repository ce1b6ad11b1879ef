// Two aids for the keyboard.
"use strict";

// What scrolls sideways can be reached and scrolled with the keyboard, and says what it is. What
// fits is no stop on the way through the page: so this looks again whenever a size changes.
(() => {
  const NAMES = [
    [".math-wrapper", "Equation"],
    [".highlight pre, .cell_output pre", "Code and output"],
    [".table-wrapper", "Table"],
    [".cell_output", "Output"],
  ];
  const watcher = new ResizeObserver((entries) => entries.forEach(({ target }) => mark(target)));

  function mark(region) {
    if (region.scrollWidth > region.clientWidth) {
      region.tabIndex = 0;
      region.setAttribute("role", "group");
      region.setAttribute("aria-label", `${nameOf(region)}, scrolls sideways`);
    } else {
      for (const name of ["tabindex", "role", "aria-label"]) region.removeAttribute(name);
    }
  }

  function nameOf(region) {
    return NAMES.find(([selector]) => region.matches(selector))[1];
  }

  for (const [selector] of NAMES) {
    for (const region of document.querySelectorAll(selector)) watcher.observe(region);
  }
})();

// Escape closes the drawers of narrow screens.
document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  for (const box of document.querySelectorAll(".sidebar-toggle")) box.checked = false;
});

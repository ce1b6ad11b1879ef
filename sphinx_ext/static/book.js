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

// The theme opens the drawers of narrow screens by labels of hidden boxes, which only a pointer can
// press. Here each label is a button too, which says whether its drawer is open. Escape closes.
(() => {
  const boxes = [...document.querySelectorAll(".sidebar-toggle")];

  function show(box, open) {
    box.checked = open;
    for (const label of box.labels) {
      if (label.role === "button") label.ariaExpanded = open;
    }
  }

  for (const box of boxes) {
    box.addEventListener("change", () => show(box, box.checked));
    for (const label of box.labels) {
      if (!label.matches(".nav-overlay-icon, .toc-overlay-icon:not(.no-toc)")) continue;
      label.tabIndex = 0;
      label.setAttribute("role", "button");
      label.setAttribute("aria-label", box.getAttribute("aria-label"));
      label.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        show(box, !box.checked);
      });
    }
    show(box, box.checked);
  }
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") boxes.forEach((box) => show(box, false));
  });
})();

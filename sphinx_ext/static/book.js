// The layout of the page, in parts; and two aids for the keyboard.
"use strict";

// The style sheet puts off the layout of what is far from the screen. A reader who scrolls, presses a
// key or follows a link may go there, and must find nothing moving: so then all is laid out. Not
// before: done in slices while the page is idle, it takes a phone four times as long.
(() => {
  const whole = () => document.documentElement.classList.remove("in-parts");
  for (const event of ["scroll", "keydown"]) {
    addEventListener(event, whole, { once: true, capture: true, passive: true });
  }
  addEventListener("click", ({ target }) => target.closest("a") && whole(), { capture: true });
})();

// What scrolls sideways can be reached and scrolled with the keyboard, and says what it is. What
// fits is no stop on the way through the page: so this looks again whenever a size changes, or when a
// font has come, which makes an equation wider but not its box.
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

  function watch() {
    watcher.disconnect(); // it reports anew whatever it is given anew
    const all = NAMES.map(([selector]) => selector).join();
    for (const region of document.querySelectorAll(all)) watcher.observe(region);
  }

  watch();
  document.fonts.addEventListener("loadingdone", watch);
})();

// The theme opens the drawers of narrow screens by labels of hidden boxes, which only a pointer can
// press. Buttons take their place, and say whether their drawer is open. Escape closes it.
(() => {
  const drawers = [...document.querySelectorAll(".sidebar-toggle")].map((box) => {
    const buttons = [];
    for (const label of [...box.labels]) {
      if (!label.matches(".nav-overlay-icon, .toc-overlay-icon")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = label.className;
      button.setAttribute("aria-label", box.getAttribute("aria-label"));
      button.append(...label.childNodes);
      button.addEventListener("click", () => box.click());
      label.replaceWith(button);
      buttons.push(button);
    }
    const say = () => {
      for (const button of buttons) button.setAttribute("aria-expanded", box.checked);
    };
    box.addEventListener("change", say);
    say();
    return { box, buttons };
  });
  // On its way down, since an explorer keeps its keys to itself. What had the focus may be hidden now.
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    for (const { box, buttons } of drawers.filter(({ box }) => box.checked)) {
      box.click();
      buttons.find((button) => button.getClientRects().length)?.focus();
    }
  }, { capture: true });
})();

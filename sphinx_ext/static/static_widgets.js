// Draw the anywidgets of a page that has no kernel: their own scripts, run on the state that the
// build left in the page. A classic script, since Chromium refuses modules from file://, and a
// reader may open the book from a folder; the widgets' modules come from Blobs, which it allows.
"use strict";
(() => {
  const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
  const { state: models } = JSON.parse(document.querySelector(STATE).textContent);

  // The part of a widget model that anywidget promises to `initialize` and `render`.
  function makeModel(values) {
    const listeners = new Map();
    const emit = (event) => listeners.get(event)?.forEach((callback) => callback());
    return {
      get: (name) => values[name],
      set(name, value) {
        if (JSON.stringify(values[name]) === JSON.stringify(value)) return;
        values[name] = value;
        emit(`change:${name}`);
        emit("change");
      },
      save_changes() {}, // there is nobody to save them for
      on(event, callback) {
        if (!listeners.has(event)) listeners.set(event, new Set());
        listeners.get(event).add(callback);
      },
      off(event, callback) {
        if (callback) listeners.get(event)?.delete(callback);
        else listeners.delete(event);
      },
    };
  }

  // Through the style sheet object, not a <style>: a strict Content-Security-Policy allows it.
  const styled = new Set();
  function addStyle(css) {
    if (!css || styled.has(css)) return;
    styled.add(css);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }

  // A link carries what differs from the state that the page was built with, as JSON after the
  // widget's id: #widget-1={"temperature":0.5}. It may name what a reset would set, and no more.
  // Returns null for an address that is not this widget's, and false for one that it does not accept.
  function stateInAddress(id, built, accepts) {
    const [name, text] = location.hash.slice(1).split(/=(.*)/s);
    if (name !== id) return null;
    try {
      const changes = text ? JSON.parse(decodeURIComponent(text)) : {};
      const known = Object.getPrototypeOf(changes) === Object.prototype && // no list, no number
        Object.keys(changes).every((k) => Object.hasOwn(built.initial, k));
      return known && accepts({ ...built, ...changes }) && { ...built, ...changes };
    } catch {
      return false;
    }
  }

  // What is said beside the button holds until the next change.
  function linkButton(id, built, model) {
    const said = Object.assign(document.createElement("span"), { role: "status" });
    model.on("change", () => (said.textContent = ""));
    const button = Object.assign(document.createElement("button"), {
      type: "button", textContent: "Copy a link to this state",
    });
    button.addEventListener("click", async () => {
      const changed = Object.keys(built.initial).filter(
        (name) => JSON.stringify(model.get(name)) !== JSON.stringify(built[name]),
      );
      const state = JSON.stringify(Object.fromEntries(changed.map((n) => [n, model.get(n)])));
      const address = `#${id}${changed.length ? `=${encodeURIComponent(state)}` : ""}`;
      history.replaceState(null, "", address);
      try {
        await navigator.clipboard.writeText(location.href);
        said.textContent = "Copied.";
      } catch {
        said.textContent = "The link is in the address bar."; // the browser allows no copying
      }
    });
    const line = Object.assign(document.createElement("p"), { className: "widget-link" });
    line.append(button, " ", said);
    line.say = (text) => (said.textContent = text);
    return line;
  }

  async function draw(place) {
    const id = place.dataset.model;
    const { _esm, _css, ...built } = models[id].state;
    const address = URL.createObjectURL(new Blob([_esm], { type: "text/javascript" }));
    try {
      const { default: exported } = await import(address);
      const widget = typeof exported === "function" ? await exported() : exported;
      const accepts = widget.accepts ?? (() => false);
      const asked = stateInAddress(id, built, accepts);
      const model = makeModel(asked || { ...built });
      const el = document.createElement("div");
      addStyle(_css);
      await widget.initialize?.({ model });
      await widget.render({ model, el });
      place.replaceChildren(el); // only now: a widget that fails leaves its still picture
      if (!widget.accepts) return;
      const line = linkButton(id, built, model);
      place.append(line);
      if (asked === false) line.say("The link's state cannot be read: this is the first one.");
      addEventListener("hashchange", () => {
        const state = stateInAddress(id, built, accepts);
        if (state === null) return;
        line.say(state ? "" : "The link's state cannot be read: this one stays.");
        if (!state) return; // and what the reader has set stays
        for (const [name, value] of Object.entries(state)) model.set(name, value);
        place.scrollIntoView();
      });
    } finally {
      place.classList.add("drawn"); // what stands below it was waiting (see book.css)
      URL.revokeObjectURL(address);
      if (!moved) linked()?.scrollIntoView();
    }
  }

  // What the address leads to: an explorer, with a state or without, or a section.
  function linked() {
    const [id] = location.hash.slice(1).split("=");
    return document.getElementById(id);
  }

  // An explorer that takes its place moves what stands below it, and with it what a link led to.
  // From the reader's first own step on, the page stays where they put it.
  let moved = false;
  for (const event of ["wheel", "touchstart", "pointerdown", "keydown"]) {
    addEventListener(event, () => (moved = true), { once: true, capture: true, passive: true });
  }

  document.querySelectorAll(".static-widget").forEach(draw);
})();

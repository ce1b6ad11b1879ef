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

  async function draw(place) {
    const { _esm, _css, ...values } = models[place.dataset.model].state;
    const address = URL.createObjectURL(new Blob([_esm], { type: "text/javascript" }));
    try {
      const { default: exported } = await import(address);
      const widget = typeof exported === "function" ? await exported() : exported;
      const model = makeModel(values);
      const el = document.createElement("div");
      addStyle(_css);
      await widget.initialize?.({ model });
      await widget.render({ model, el });
      place.replaceChildren(el); // only now: a widget that fails leaves its still picture
    } finally {
      URL.revokeObjectURL(address);
    }
  }

  document.querySelectorAll(".static-widget").forEach(draw);
})();

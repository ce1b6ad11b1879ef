"""A page with nothing on it but explorers, each driven by the smallest model that promises enough.

The page forbids what the book's strictest hosts forbid (inline scripts and styles, eval, any
network), so an explorer that works here works there.
"""

import json
import re

import numpy as np

from .. import contrast as wcag

POLICY = "default-src 'none'; script-src 'self' blob:; style-src 'self'"

SCRIPT = """
"use strict";
(() => {
  const text = (id) => document.getElementById(id).textContent;
  const { esm, css, states } = JSON.parse(text("explorers"));
  window.failures = [];
  for (const event of ["error", "unhandledrejection", "securitypolicyviolation"]) {
    const what = (e) => e.message ?? e.reason ?? e.blockedURI;
    addEventListener(event, (e) => failures.push(`${event}: ${what(e)}`));
  }
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [sheet];

  function makeModel(values) {
    const listeners = new Map();
    return {
      values,
      written: new Set(), // the traits that the page has set
      listeners,
      get: (name) => values[name],
      set(name, value) {
        this.written.add(name);
        if (JSON.stringify(values[name]) === JSON.stringify(value)) return;
        values[name] = value;
        listeners.get(`change:${name}`)?.forEach((callback) => callback());
      },
      save_changes() {},
      on(event, callback) {
        if (!listeners.has(event)) listeners.set(event, new Set());
        listeners.get(event).add(callback);
      },
      off: (event, callback) => listeners.get(event)?.delete(callback),
    };
  }

  async function show(model, place) {
    const address = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
    window.arithmetic = await import(address);
    URL.revokeObjectURL(address);
    await arithmetic.default.initialize?.({ model });
    const el = document.createElement("div");
    place.append(el);
    return arithmetic.default.render({ model, el });
  }

  window.models = states.map(makeModel);
  window.show = show;
  const places = [...document.querySelectorAll("main > section")];
  Promise.all(models.map((model, i) => show(model, places[i]))).then((cleanups) => {
    window.cleanups = cleanups;
    document.documentElement.dataset.ready = "";
  });
})();
"""


def write_page(folder, *widgets, body=""):
    """Write a page with these widgets into the folder, and return its path."""
    state = {
        "esm": widgets[0]._esm,
        "css": widgets[0]._css,
        "states": [
            {name: value for name, value in widget.get_state().items() if not name.startswith("_")}
            for widget in widgets
        ],
    }
    data = json.dumps(state).replace("<", "\\u003c")
    (folder / "harness.js").write_text(SCRIPT, encoding="utf-8")
    (folder / "index.html").write_text(
        f"""<!doctype html>
<html lang="en-GB">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>Explorers</title>
<body {body}>
<main>{"<section></section>" * len(widgets)}</main>
<script type="application/json" id="explorers">{data}</script>
<script src="harness.js"></script>
""",
        encoding="utf-8",
    )
    return folder / "index.html"


# What is wrong with an explorer's layout: out of its frame, cut off, small, or one on another.
FLAWS = """() => {
  const root = document.querySelector(".softmax-explorer");
  const box = (node) => node.getBoundingClientRect();
  const seen = `input, select, button, .se-label, .se-value, .se-track, .se-line,
    .se-totals > span`;
  // Whatever is hidden for now has no box.
  const nodes = [...root.querySelectorAll(seen)].filter((node) => node.getClientRects().length);
  const outer = box(root);
  const wrong = [];
  nodes.forEach((a, i) => {
    const A = box(a);
    if (A.left < outer.left || A.right > outer.right + 0.5) wrong.push(["out", a.outerHTML]);
    if (a.matches("input, select, button") && Math.min(A.width, A.height) < 24) {
      wrong.push(["small", a.outerHTML]);
    }
    for (const b of nodes.slice(i + 1)) {
      const B = box(b);
      if (A.left < B.right - 1 && B.left < A.right - 1 &&
          A.top < B.bottom - 1 && B.top < A.bottom - 1) {
        wrong.push(["overlap", a.outerHTML, b.outerHTML]);
      }
    }
  });
  // What stands in a box has to fit.
  for (const a of root.querySelectorAll(".se-text, .se-line, .se-label")) {
    if (getComputedStyle(a).textOverflow === "ellipsis") continue; // cut, and says so
    if (a.scrollWidth > a.clientWidth + 1 || a.scrollHeight > a.clientHeight + 1) {
      wrong.push(["cut", a.outerHTML]);
    }
  }
  return wrong;
}"""


def wait_for_explorers(page):
    """Wait until every explorer of a page of the book stands where its still picture stood."""
    page.wait_for_function("() => !document.querySelector('.static-widget:not(.drawn)')")


def lay_out(page):
    """Have all of a page of the book laid out, as a reader's first key does (book.js)."""
    page.keyboard.press("Shift")
    settle(page)
    page.evaluate("async () => { await document.fonts.ready; }")  # rare symbols' come only now
    settle(page)


LOADED = "performance.getEntriesByType('resource').length"


def wait_until_idle(page):
    """Wait until the page has loaded, and nothing more for half a second.

    On a busy machine Playwright's "networkidle" now and then never comes, though the page is idle.
    """
    page.wait_for_load_state("load")
    before, loaded = None, page.evaluate(LOADED)
    while before != loaded:
        before = loaded
        page.wait_for_timeout(500)
        loaded = page.evaluate(LOADED)


def settle(page):
    """Wait until the explorers have drawn what they were told."""
    page.evaluate("() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")


def state(page, which=0):
    """Return what an explorer says of itself, once it has drawn."""
    settle(page)
    return state_now(page, which)


def state_now(page, which=0):
    """Return the same without waiting for frames, which a stopped clock does not draw."""
    return json.loads(page.locator(".softmax-explorer").nth(which).get_attribute("data-state"))


def in_page(page, function, *columns):
    """Return what the page's arithmetic makes of thousands of states, row by row of the columns."""
    return page.evaluate(
        f"""(columns) => {{
          const f = {function};
          return columns[0].map((_, i) => f(...columns.map((column) => column[i])));
        }}""",
        [column.tolist() if hasattr(column, "tolist") else column for column in columns],
    )


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def shown(page, selector):
    """Return the texts of all elements of a kind, once the explorers have drawn."""
    settle(page)
    return page.locator(selector).all_inner_texts()


def swipe(page, x, y, dx, dy):
    """Have a finger come down, go a way, and lift: the browser decides whether the page scrolls."""
    touch = page.context.new_cdp_session(page)
    for n in range(11):
        place = {"x": x + dx * n / 10, "y": y + dy * n / 10}
        kind = "touchMove" if n else "touchStart"
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [place]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    touch.detach()


def at_each_width(page, *widths):
    """Give the page one width after the other."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": 700})
        settle(page)
        yield width


def contrast(first, second):
    """Return the WCAG contrast of two colours, each written rgb(r, g, b)."""
    colours = [re.findall(r"[\d.]+", colour)[:3] for colour in (first, second)]
    return wcag.contrast(*wcag.luminance(np.array(colours, float) / 255))


def follows(page, selector, part, colour):
    """Return whether a part of an SVG has a colour of the reader's; no browser recolours it."""
    return page.locator(selector).first.evaluate(
        """(node, [part, colour]) => {
          const own = getComputedStyle(node)[part];
          node.style[part] = colour;
          return getComputedStyle(node)[part] === own;
        }""",
        [part, colour],
    )

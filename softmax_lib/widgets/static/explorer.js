// What every explorer shares: building nodes, keeping them current, writing numbers for readers.

// An element with attributes and children. Text goes in as text, never as HTML.
function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function button(text, title, onClick) {
  const node = h("button", { type: "button", class: "se-button", title }, text);
  node.addEventListener("click", onClick);
  return node;
}

function select(label, options, onChange) {
  const node = h("select", { class: "se-field", "aria-label": label });
  options.forEach((text, i) => node.append(h("option", { value: i }, text)));
  node.addEventListener("change", () => onChange(Number(node.value)));
  return node;
}

// The outermost element. A key pressed in it is its own: JupyterLab would take arrow keys for moving
// between cells on their way up, Notebook on their way down, unless the very target says not to.
function explorerRoot(name, label) {
  const root = h("div", {
    class: `softmax-explorer softmax-${name}`, role: "group", "aria-label": label,
  });
  root.addEventListener("keydown", (event) => event.stopPropagation());
  root.addEventListener("focusin", (event) => {
    event.target.setAttribute("data-lm-suppress-shortcuts", "true");
  });
  return root;
}

// Calls draw at most once a frame, however often it is asked to.
function oncePerFrame(draw) {
  let frame = 0;
  const request = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  };
  request.cancel = () => cancelAnimationFrame(frame);
  return request;
}

// Writes that change nothing would still cost layout, or be read out again.
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
  }
}

// A number field for what get() returns. While someone types, it is theirs: what they have typed is
// taken as soon as it is a number in range, and only Enter or leaving the field tidies it up.
function numberField(attributes, { min, max, get, onInput, onRefusal }) {
  const node = h("input", {
    type: "number", step: "any", class: "se-field se-number", autocomplete: "off", ...attributes,
  });
  let typing = false;
  let taken; // the value when the last key was pressed
  node.show = () => {
    const text = String(get());
    if (!typing && node.value !== text) node.value = text;
  };
  node.addEventListener("input", () => {
    const number = node.valueAsNumber;
    const ok = number >= min && number <= max; // which NaN, an empty field, is not
    typing = true;
    node.setAttribute("aria-invalid", String(!ok));
    if (ok) onInput(number);
    else onRefusal();
    taken = get();
  });
  node.addEventListener("change", () => {
    const number = node.valueAsNumber;
    typing = false;
    node.removeAttribute("aria-invalid");
    // Where a slider that was clicked to leave the field has already set another value, it stays.
    const stale = Number.isNaN(number) || get() !== taken;
    onInput(stale ? get() : Math.min(max, Math.max(min, number)));
    node.show();
  });
  return node;
}

// e to the power lnValue as, say, 3.72e-44; far below the smallest double too.
function scientific(lnValue) {
  if (lnValue === -Infinity) return "0";
  const tens = lnValue / Math.LN10;
  let exponent = Math.floor(tens);
  let digits = (10 ** (tens - exponent)).toFixed(2);
  if (digits === "10.00") [digits, exponent] = ["1.00", exponent + 1];
  return `${digits}e${exponent}`;
}

// A probability that neither passes for 0 nor for 1 when it is not. lnRest() is ln(1 - p).
function formatProbability(p, lnP, lnRest) {
  if (p < 0.001) return scientific(lnP);
  if (p >= 0.99995) return `1 − ${scientific(lnRest())}`;
  return p.toFixed(4);
}

function percent(p) {
  if (p > 0.995) return "over 99 %";
  return p < 0.005 ? "under 1 %" : `${Math.round(100 * p)} %`;
}

// What a state that comes with a link must be made of.
function isNumber(value, min = -Number.MAX_VALUE, max = Number.MAX_VALUE) {
  return typeof value === "number" && value >= min && value <= max; // which NaN is not
}

function isListOf(isEntry, value, shortest, longest) {
  return Array.isArray(value) && value.length >= shortest && value.length <= longest &&
    value.every(isEntry);
}

function reducedMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

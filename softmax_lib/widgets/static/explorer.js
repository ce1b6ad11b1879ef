// What every explorer shares: building nodes, keeping them current, writing numbers for readers.

// Makers of elements with attributes and children. Text goes in as text, never as HTML.
const maker = (namespace) => (tag, attributes = {}, ...children) => {
  const node = document.createElementNS(namespace, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};
const h = maker("http://www.w3.org/1999/xhtml");
const s = maker("http://www.w3.org/2000/svg");

function button(text, title, onClick) {
  const node = h("button", { type: "button", class: "se-button", title }, text);
  node.addEventListener("click", onClick);
  return node;
}

// A button of one width, whether it begins or pauses.
function playButton(...given) {
  const node = button(...given);
  node.classList.add("se-play");
  return node;
}

function select(label, options, onChange) {
  const node = h("select", { class: "se-field", "aria-label": label });
  options.forEach((text, i) => node.append(h("option", { value: i }, text)));
  node.addEventListener("change", () => onChange(node.selectedIndex));
  node.show = (i) => {
    if (node.selectedIndex !== i) node.selectedIndex = i; // to set it costs more than to ask
  };
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

// Calls draw once the script at work is done, however often it was asked to. Not in the frame's own
// callback: before that, the browser lays the page out to see what lies under the pointer, and what
// is drawn then is laid out once more.
function onceAfterwards(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    queueMicrotask(() => {
      asked = false;
      draw();
    });
  };
}

// Calls step() every `wait` ms until it returns false or stop() is called; onEnd() says that it is
// over. Each explorer gives a calm pace for readers who asked for less motion.
function repeat(step, onEnd) {
  let timer = 0;
  const player = {
    get running() {
      return timer !== 0;
    },
    start(wait) {
      const next = () => {
        timer = setTimeout(next, wait);
        if (step() === false) player.stop();
      };
      next();
    },
    stop() {
      if (timer === 0) return;
      clearTimeout(timer);
      timer = 0;
      onEnd();
    },
  };
  return player;
}

// How a reader changes the model. put() sets traits; edit() does so by hand, which ends whatever
// plays, and may leave a remark in place of the usual line; refuse() says why it took nothing. What
// they say stands until the next change, whoever makes it, and what plays until one from elsewhere: a
// link, Python, or another view.
function editor(model, redraw, player) {
  let putting = false;
  function end() {
    player?.stop();
    player?.rewind?.();
  }
  const self = {
    remark: "",
    stop: () => player?.stop(),
    put(changes) {
      putting = true;
      for (const [name, value] of Object.entries(changes)) model.set(name, value);
      putting = false;
      model.save_changes();
      redraw();
    },
    edit(changes, remark = "") {
      end();
      self.put(changes);
      self.remark = remark;
    },
    refuse(reason) {
      player?.stop();
      self.remark = reason;
      redraw();
    },
    toggle(begin) {
      self.remark = "";
      if (player.running) player.stop();
      else begin();
    },
    follow() {
      if (!putting) end();
      self.remark = "";
      redraw();
    },
  };
  return self;
}

// The line that says in words what there is to see. It is read out once the reader pauses.
function statusLine() {
  // No place for the Tab key: where a line scrolls, a browser would make it one.
  const line = h("p", { class: "se-line", "aria-hidden": "true", tabindex: -1 });
  const live = h("p", { class: "se-hidden se-live", "aria-live": "polite" });
  let timer = 0;
  let gone = false; // a drawing may still be due
  return {
    nodes: [h("div", { class: "se-status" }, line), live],
    say(text) {
      if (gone || line.written === text) return;
      if (!line.written) setText(live, text); // at first there is nothing to interrupt
      setText(line, text);
      clearTimeout(timer);
      timer = setTimeout(() => setText(live, text), 500);
    },
    stop() {
      gone = true;
      clearTimeout(timer);
    },
  };
}

// A choice of presets, each a name and what it stands for, in a box of its own so that it is laid out
// alone. show(isNow) names the first that stands for what there is now.
function presetChoice(label, invitation, presets, choose, redraw) {
  const choice = select(label, [invitation, ...presets.map(([name]) => name)], (i) =>
    (i ? choose(presets[i - 1][1]) : redraw()));
  return {
    node: h("div", { class: "se-preset" }, choice),
    show: (isNow) => choice.show(1 + presets.findIndex(([, preset]) => isNow(preset))),
  };
}

const logitPresets = (presets, choose, redraw) =>
  presetChoice("preset logits", "Choose logits …", presets, choose, redraw);

// Puts an explorer on the page: drawn now, and after each change of these traits. Returns what takes
// it away again, and ends whatever plays or waits.
function mount({ model, el }, root, traits, draw, { follow, stop }, status) {
  for (const name of traits) model.on(`change:${name}`, follow);
  draw();
  el.append(root);
  return () => {
    for (const name of traits) model.off(`change:${name}`, follow);
    stop();
    status.stop();
    root.remove();
  };
}

// An element whose text changes with every input. The text stands in a box within, of a size that no
// text changes: see se-text in the style.
function textBox(className) {
  const box = h("span", { class: "se-text" });
  return Object.assign(h("span", { class: className }, box), { box });
}

// Writes that change nothing would still cost layout, or be read out again. What was written is kept
// beside the node, since to ask the node for it costs more.
function setText(node, text) {
  if (node.written === text) return;
  const box = node.box ?? node;
  if (box.firstChild) box.firstChild.data = text; // a new text node would need a style first
  else box.append(text);
  node.written = text;
}

// Returns whether there was anything to change.
function setAttributes(node, attributes) {
  node.given ??= {};
  let changed = false;
  for (const name in attributes) {
    if (node.given[name] === attributes[name]) continue;
    node.setAttribute(name, attributes[name]);
    node.given[name] = attributes[name];
    changed = true;
  }
  return changed;
}

function hide(node, hidden) {
  if (node.hidden !== hidden) node.hidden = hidden;
}

// A transform lays nothing out anew, as a width or a place would.
function setTransform(node, transform) {
  if (node.transform === transform) return;
  node.style.transform = transform;
  node.transform = transform;
}

// How much of its track a bar fills, from 0 to 1.
const setShare = (bar, share) => setTransform(bar, `scaleX(${share})`);

// The same for a frame as long as its track, whose end always shows.
const setEnd = (frame, share) =>
  setTransform(frame, `translateX(max(${100 * share - 100}%, 2px - 100%))`);

// Still focusable and clickable at its limit, so that a reader learns why nothing happens.
function limit(node, reached, reason, title) {
  setAttributes(node, { "aria-disabled": reached, title: reached ? reason : title });
}

// A copy of a list with another value at i.
const replaced = (values, i, value) => values.map((other, j) => (j === i ? value : other));

const clamp = (value, min, max) => Math.min(max, Math.max(min, value));

// A number field for what get() returns. While someone types, it is theirs: what they have typed is
// taken as soon as it is a number in range, and only Enter or leaving the field tidies it up.
// fits(number) may ask for more than a range, write(value) is how it shows a value, and next(value, way)
// is where an arrow key leads, up with 1 and down with -1, if not to the browser's own next number.
function numberField(attributes, {
  min, max, fits = Number.isFinite, get, onInput, onRefusal, write = brief, next,
}) {
  const node = h("input", {
    type: "number", step: "any", class: "se-field se-number", autocomplete: "off",
    ...(max < Number.MAX_VALUE && { min, max }), ...attributes,
  });
  let typing = false;
  let taken; // the value when the last key was pressed
  let shown; // the value that it stands at, unless someone has typed since
  node.show = () => {
    const value = get();
    if (typing || value === shown) return;
    node.value = write(value);
    shown = value;
  };
  node.addEventListener("input", () => {
    shown = null;
    const number = node.valueAsNumber;
    const ok = fits(number) && number >= min && number <= max; // an empty field is NaN
    typing = true;
    node.setAttribute("aria-invalid", String(!ok));
    if (ok) onInput(number);
    else onRefusal();
    taken = get();
  });
  // A browser leaves out of a text what it cannot read, such as a comma or the minus sign of print, and
  // keeps the rest: another number. Put in as if typed, it goes where the caret is and can be undone.
  for (const way of ["paste", "drop"]) {
    node.addEventListener(way, (event) => {
      event.preventDefault();
      node.focus(); // what is dropped comes from elsewhere
      const { clipboardData, dataTransfer } = event;
      const text = (clipboardData ?? dataTransfer).getData("text").trim().replaceAll("−", "-");
      const isDecimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
      if (isDecimal) document.execCommand("insertText", false, text.replace(/^\+/, ""));
      else onRefusal();
    });
  }
  // Of a typed 1,5 it would keep 15. The point is read in every language.
  node.addEventListener("beforeinput", (event) => {
    if (event.data !== ",") return;
    event.preventDefault();
    document.execCommand("insertText", false, ".");
  });
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter") tidyUp(); // no change to the browser after a paste
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!next || !way) return;
    event.preventDefault();
    tidyUp();
    onInput(next(get(), way));
  });
  function tidyUp() {
    if (!typing) return;
    const number = node.valueAsNumber;
    typing = false;
    node.removeAttribute("aria-invalid");
    // Where a slider that was clicked to leave the field has already set another value, it stays.
    const isOthers = get() !== taken;
    const value = isOthers || !fits(number) ? get() : clamp(number, min, max);
    onInput(value);
    // Of an empty field there is no question; what is no number is not empty.
    const isAnother = number !== value && (!Number.isNaN(number) || node.validity.badInput);
    if (isAnother && !isOthers) onRefusal(); // or nothing would say why
  }
  node.addEventListener("change", tidyUp);
  node.addEventListener("blur", tidyUp); // what was typed and undone is no change to the browser
  return node;
}

// A number in seven characters, for which a field has room: what is cut off would read as another.
function brief(value) {
  for (let digits = 7; digits > 0; digits--) {
    const rounded = Number(value.toPrecision(digits));
    // Where that is beyond the largest double, digits are cut off.
    const number = Number.isFinite(rounded)
      ? rounded : Number(`${String(value).slice(0, digits + (value < 0 ? 2 : 1))}e308`);
    const power = number.toExponential().replace("e+", "e");
    const text = [String(number), power].find(({ length }) => length <= 7);
    if (text) return text;
  }
  return String(value);
}

// A slider; show(value, attributes) brings it up to date.
function slider(attributes, onInput) {
  const node = h("input", { type: "range", class: "se-slider", ...attributes });
  let shown; // where it stands
  // A finger that comes down on it may be about to scroll the page. Where it has touched counts once
  // it goes along the slider or lifts, and never if the browser takes it for scrolling.
  let touching = false;
  let held = "";
  function letGo(value) {
    [touching, held] = [false, ""];
    if (value) onInput((shown = Number(value)));
  }
  node.addEventListener("pointerdown", (event) => (touching = event.pointerType === "touch"));
  node.addEventListener("input", () => {
    if (touching && !held) held = node.value;
    else letGo(node.value);
  });
  node.addEventListener("pointerup", () => letGo(held));
  node.addEventListener("pointercancel", () => {
    letGo();
    node.value = shown;
  });
  node.show = (value, now = {}) => {
    // With other ends or steps the browser may have moved it.
    if (setAttributes(node, now) || value !== shown) node.value = value;
    shown = value;
  };
  return node;
}

// A slider and a number field for one quantity, from min to max, under a name; show(text) brings both
// up to date, and the text is what a screen reader hears after the value.
function quantity({ name, unit, min, max, step, get, onInput, onRefusal }) {
  const range = slider({ "aria-label": unit, min, max, step }, onInput);
  const number = numberField({ step }, { min, max, get, onInput, onRefusal });
  return {
    node: h("div", { class: "se-quantity" }, h("label", {}, ...name, " ", number),
      h("div", {}, range)),
    show(text) {
      number.show();
      range.show(get(), { "aria-valuetext": `${unit} ${get()}; ${text}` });
    },
  };
}

// How far the sliders of logits reach: at least from -10 to 10, and as far as what they have to show.
// While one slides, its ends stay, or it would run away from under the pointer.
function sliderReach(redraw) {
  return {
    low: -10,
    high: 10,
    sliding: false,
    cover(values) {
      const [low, high] = this.sliding ? [this.low, this.high] : [-10, 10];
      this.low = Math.min(low, Math.floor(Math.min(...values)));
      this.high = Math.max(high, Math.ceil(Math.max(...values)));
    },
    letGo() {
      this.sliding = false;
      if (this.low < -10 || this.high > 10) redraw();
    },
  };
}

// What stands above such controls, each behind the name of its class.
const logitHeading = () => h("div", { class: "se-logit" },
  h("span", {}, "class"), h("span", {}, "logit ", h("i", {}, "z")));

// A slider and a number field for one logit; show(label) brings both up to date.
function logitControl({ get, onInput, onRefusal, reach, bound = Number.MAX_VALUE, write }) {
  const range = slider({}, (value) => {
    reach.sliding = true;
    const rounded = Number(value.toPrecision(3)); // which may be beyond the largest double
    onInput(clamp(rounded, -bound, bound));
  });
  range.addEventListener("change", () => reach.letGo());
  range.addEventListener("blur", () => reach.letGo()); // a slide back to its start is no change
  const number = numberField({}, {
    min: -bound,
    max: bound,
    get,
    write,
    onInput,
    onRefusal: () => onRefusal(bound === Number.MAX_VALUE
      ? "A logit is any finite number"
      : `A logit is a number from −${bound} to ${bound}`),
  });
  return {
    nodes: [h("span", {}, range), h("span", {}, number)],
    show(label) {
      const { low, high } = reach;
      const step = high - low > 20 ? "any" : 0.1;
      range.show(get(), { "aria-label": label, min: low, max: high, step });
      setAttributes(number, { "aria-label": label });
      number.show();
    },
  };
}

// e to the power lnValue as, say, 3.72e-44; far below the smallest double too.
function scientific(lnValue) {
  if (lnValue === -Infinity) return "0";
  const tens = lnValue / Math.LN10;
  if (tens < -999999) return "<1e-999999"; // there is room for no more
  let exponent = Math.floor(tens);
  let digits = (10 ** (tens - exponent)).toFixed(2);
  if (digits === "10.00") [digits, exponent] = ["1.00", exponent + 1];
  return `${digits}e${exponent}`;
}

// A probability that neither passes for 0 nor for 1 when it is not. lnRest() is ln(1 - p).
function formatProbability(p, lnP, lnRest) {
  if (p < 0.001) return scientific(lnP);
  if (p < 0.99995) return p.toFixed(4);
  const rest = scientific(lnRest());
  return rest === "0" ? "1" : `1 − ${rest}`;
}

// A loss or an entropy, neither of them negative. lnValue() is known where the value underflows too.
function formatNats(value, lnValue = () => Math.log(value)) {
  return value < 0.001 ? scientific(lnValue()) : value.toFixed(4);
}

const counted = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

// 1, 2 or 5 times a power of ten, and not below the value
function roundUp(value) {
  if (!(value > 0)) return 1;
  const exponent = Math.floor(Math.log10(value));
  const steps = [1, 2, 5, 10, 20].map((digit) => Number(`${digit}e${exponent}`));
  return steps.find((step) => step >= value) ?? value;
}

function percent(p) {
  if (p > 0.995) return "over 99 %";
  return p < 0.005 ? "under 1 %" : `${Math.round(100 * p)} %`;
}

// "class 1", or "class 1 and class 2" where they tie for the largest value, or "3 classes"
function leadersOf(labels, values) {
  const largest = Math.max(...values);
  const names = labels.filter((_, i) => values[i] === largest);
  const count = names.length;
  return { count, names: count > 2 ? `${count} classes` : names.join(" and ") };
}

// What a state that comes with a link must be made of.
function isNumber(value, min = -Number.MAX_VALUE, max = Number.MAX_VALUE) {
  return typeof value === "number" && value >= min && value <= max; // which NaN is not
}

function isWhole(value, min, max) {
  return Number.isInteger(value) && isNumber(value, min, max);
}

function isListOf(isEntry, value, shortest, longest) {
  return Array.isArray(value) && value.length >= shortest && value.length <= longest &&
    value.every(isEntry);
}

function reducedMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

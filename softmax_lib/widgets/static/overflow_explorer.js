// OverflowExplorer: softmax(z + c), naive and shifted, with every result rounded to a float format.

const LIMIT = 1000; // of a logit and of the offset, either way
const MIN_CLASSES = 2;
const MAX_CLASSES = 4;

// The digits of a significand, the exponents of the smallest and the largest normal numbers, and
// how far the slider goes: past both ends of the exponential.
const FORMATS = {
  float64: { digits: 53, low: -1022, high: 1023, reach: 800, step: 1 },
  float32: { digits: 24, low: -126, high: 127, reach: 120, step: 0.5 },
  bfloat16: { digits: 8, low: -126, high: 127, reach: 120, step: 0.5 },
  float16: { digits: 11, low: -14, high: 15, reach: 25, step: 0.25 },
};
const NAMES = Object.keys(FORMATS);

const PRESETS = [
  ["inf over inf, float64", { logits: [123, 456, 789], offset: 0, precision: "float64" }],
  ["a sum that overflows alone, float64", { logits: [0, 0], offset: 709.5, precision: "float64" }],
  ["0 over 0, float64", { logits: [0, -1], offset: -1000, precision: "float64" }],
  ["wrong digits in silence, float64", { logits: [-1, 0], offset: -743, precision: "float64" }],
  ["a logit of 12, float16", { logits: [12, 0], offset: 0, precision: "float16" }],
];

const bits = new DataView(new ArrayBuffer(8));
function exponentOf(x) {
  bits.setFloat64(0, x);
  return ((bits.getUint16(0) >> 4) & 2047) - 1023;
}

// A double added to this has no digits left behind the point, and is rounded ties to even.
const NO_FRACTION = 1.5 * 2 ** 52;

export function rounded(x, precision) {
  if (precision === "float64") return x;
  if (precision === "float32") return Math.fround(x);
  if (!Number.isFinite(x) || x === 0) return x;
  const { digits, low, high } = FORMATS[precision];
  const last = 2 ** (Math.max(exponentOf(x), low) - digits + 1);
  const nearest = (Math.abs(x) / last + NO_FRACTION - NO_FRACTION) * last;
  return (x < 0 ? -1 : 1) * (nearest >= 2 ** (high + 1) ? Infinity : nearest);
}

// Sums, differences and quotients are computed in double and rounded: a double has more than twice
// the digits of the others, and then rounding twice does no harm (Figueroa 1995).
export function softmaxSteps({ logits, offset, precision }, shift) {
  const fl = (x) => rounded(x, precision);
  const scores = logits.map((z) => fl(fl(z) + fl(offset)));
  const largest = Math.max(...scores);
  const exponents = shift ? scores.map((x) => fl(x - largest)) : scores;
  const exponentials = exponents.map((x) => fl(Math.exp(x)));
  const total = exponentials.reduce((sum, e) => fl(sum + e));
  return {
    scores, exponents, exponentials, total, probabilities: exponentials.map((e) => fl(e / total)),
  };
}

// The word for what has gone wrong with an exponential or their sum, if anything has.
function fate(value, precision) {
  if (value === Infinity) return "overflow";
  if (value === 0) return "underflow";
  return value < 2 ** FORMATS[precision].low ? "few digits" : "";
}

function errorOf(p, truth) {
  return Math.abs(p - truth) / truth;
}

const WRONG = 0.02; // a relative error that rounding a few times does not make in any of the formats

function fateOfShare(p, e, total, truth) {
  if (Number.isNaN(p)) return total === 0 ? "0 / 0" : "inf / inf";
  if (total === Infinity) return "÷ inf";
  if (p === 0) return "underflow";
  const error = errorOf(p, truth);
  if (error > WRONG) return error < 10 ? `off ${Math.round(100 * error)} %` : "wrong";
  return "";
}

function write(value) {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "−inf";
  const size = Math.abs(value);
  const plain = size === 0 || (size >= 0.001 && size < 1e5);
  const text = plain ? String(Number(value.toPrecision(4))) : value.toExponential(2);
  return text.replace(/^-/, "−").replace("e+", "e");
}

function worstError(probabilities, truth) {
  const errors = probabilities.map((p, i) =>
    (p === 0 && truth[i] < 1e-4 ? 0 : errorOf(p, truth[i])));
  return Math.max(...errors);
}

// The first step of the shifted form whose rounding alone makes it wrong. Both forms begin with z + c:
// if the naive one is right, that is not it.
function causeOf({ scores, exponents, exponentials }, truth, precision, naiveIsRight) {
  if (!naiveIsRight && worstError(softmax(scores), truth) > WRONG) return "since z + c was rounded";
  if (worstError(softmax(exponents), truth) > WRONG) return "since the gaps were rounded";
  return exponentials.some((e) => fate(e, precision) === "few digits")
    ? "since small exponentials have few digits" : "since every step was rounded";
}

function describe({ offset, precision }, naive, stable, truth) {
  const where = `${precision}, c = ${write(offset)}: `;
  const off = (error) => (error < 10 ? `off by up to ${Math.round(100 * error)} %` : "far off");
  const [error, stableError] = [naive, stable].map((form) => worstError(form.probabilities, truth));
  const ends = stableError > WRONG
    ? `; the shifted form is ${off(stableError)}, ${causeOf(stable, truth, precision, error <= WRONG)}`
    : "; the shifted form is right";
  const { exponentials, total } = naive;
  if (exponentials.includes(Infinity)) return `${where}an exponential overflows, inf over inf is nan${ends}`;
  if (total === Infinity) return `${where}only the sum overflows, so all are 0${ends}`;
  if (total === 0) return `${where}all exponentials are 0, and 0 over 0 is nan${ends}`;
  if (error > WRONG) return `${where}no inf, no nan, and the naive form is ${off(error)}${ends}`;
  if (stableError > WRONG) return `${where}the naive form is right${ends}`;
  const lost = [naive, stable].some(({ probabilities }) => probabilities.includes(0));
  return `${where}both forms are right${lost ? ", and what is 0 is too small for the format" : ""}`;
}

function render({ model, el }) {
  const read = () => ({
    logits: model.get("logits"),
    offset: model.get("offset") ?? 0,
    precision: model.get("precision") ?? NAMES[0],
  });
  const initial = model.get("initial") ?? read();

  const redraw = onceAfterwards(draw);
  const control = editor(model, redraw);
  const { edit, refuse } = control;

  // ---- the page's nodes -------------------------------------------------------------------

  const format = select("Number format", NAMES, (i) => edit({ precision: NAMES[i] }));
  const numberOf = (label, get, onInput) =>
    numberField(label ? { "aria-label": label } : {}, {
      min: -LIMIT,
      max: LIMIT,
      get,
      onInput,
      onRefusal: () => refuse(
        `${label ? "A logit" : "The offset"} is a number from −${LIMIT} to ${LIMIT}`),
    });
  const offsetField = numberOf("", () => read().offset, (offset) => edit({ offset }));
  let sliding = false; // then its ends stay, or it would run away from under the pointer
  const range = slider({ "aria-label": "offset c" }, (offset) => {
    sliding = true;
    edit({ offset });
  });

  const list = (name) => h("ul", { class: "se-columns", role: "list", "aria-label": name });
  const inputs = list("logits");
  const inputFields = [];

  // One step of one form: its name over a row of numbers, each with a word of what befell it.
  function stepRow(form, name, ...heading) {
    const cells = [];
    const columns = list(`${form}: ${name}`);
    return {
      columns,
      nodes: [h("p", { class: "se-step" }, ...heading), columns],
      show(values, words, bars) {
        while (cells.length > values.length) cells.pop().node.remove();
        while (cells.length < values.length) {
          const value = h("span", { class: "se-value se-text" });
          const word = h("span", { class: "se-word se-text" });
          const fill = h("div", { class: "se-fill" });
          const track = h("div", { class: "se-track", "aria-hidden": "true" }, fill);
          const node = h("li", {}, ...(bars ? [track] : []), value, " ", word);
          cells.push({ value, word, fill, node });
          columns.append(node);
        }
        cells.forEach(({ value, word, fill, node }, i) => {
          setText(value, write(values[i]));
          setText(word, words[i]);
          node.classList.toggle("se-failed", words[i] !== "");
          if (bars) setShare(fill, values[i] || 0); // of nan, no bar
        });
      },
    };
  }

  const power = () => [h("i", {}, "e"), h("sup", {}, h("i", {}, "x"))];
  function panel(form, title, ...exponents) {
    const rows = {
      exponents: stepRow(form, "exponents", ...exponents),
      exponentials: stepRow(form, "exponentials", "exponentials ", ...power()),
      total: stepRow(form, "sum", "their sum"),
      probabilities: stepRow(form, "probabilities", "probabilities ", h("i", {}, "p")),
    };
    const node = h("div", { class: "se-form" },
      h("p", { class: "se-title" }, title), ...Object.values(rows).flatMap(({ nodes }) => nodes));
    rows.exponents.columns.classList.add("se-plain"); // in these nothing ever goes wrong
    return { rows, node };
  }
  const forms = {
    naive: panel("naive", "Naive", h("i", {}, "x"), " = ", h("i", {}, "z"), " + ", h("i", {}, "c")),
    shifted: panel("shifted", "Shifted", h("i", {}, "x"), " less the largest ", h("i", {}, "x")),
  };

  const status = statusLine();
  const preset = presetChoice("ways to fail", "Choose a way to fail …", PRESETS, edit, redraw);
  const reset = button("Reset", "back to how it began", () => edit(initial));

  const root = explorerRoot("overflow-explorer", "softmax overflow explorer");
  root.append(
    h("div", { class: "se-bar" },
      h("label", { class: "se-choice" }, "Format ", format),
      h("label", { class: "se-choice" }, "Offset ", h("i", {}, "c"), h("span", {}, offsetField))),
    range,
    h("p", { class: "se-step" }, "logits ", h("i", {}, "z")), inputs,
    h("div", { class: "se-forms" }, forms.naive.node, forms.shifted.node),
    ...status.nodes,
    h("div", { class: "se-bar" }, preset.node, reset));

  // ---- keeping it current -----------------------------------------------------------------

  function drawInputs(count) {
    while (inputFields.length > count) inputFields.pop().parentNode.remove();
    while (inputFields.length < count) {
      const i = inputFields.length;
      const field = numberOf(`logit of class ${i + 1}`, () => read().logits[i], (value) =>
        edit({ logits: replaced(read().logits, i, value) }));
      inputFields.push(field);
      inputs.append(h("li", {}, field));
    }
    inputFields.forEach((field) => field.show());
  }

  function draw() {
    const state = read();
    const { logits, offset, precision } = state;
    const { reach, step } = FORMATS[precision];
    const truth = softmax(logits);
    const steps = { naive: softmaxSteps(state, false), shifted: softmaxSteps(state, true) };

    format.show(NAMES.indexOf(precision));
    const end = Math.max(reach, Math.ceil(Math.abs(offset)), sliding ? Number(range.max) : 0);
    sliding = false;
    offsetField.show();
    root.style.setProperty("--classes", logits.length);
    drawInputs(logits.length);

    for (const [name, { rows }] of Object.entries(forms)) {
      const { exponents, exponentials: e, total, probabilities: p } = steps[name];
      rows.exponents.show(exponents, exponents.map(() => ""));
      rows.exponentials.show(e, e.map((value) => fate(value, precision)));
      rows.total.show([total], [fate(total, precision)]);
      rows.probabilities.show(p, p.map((q, i) => fateOfShare(q, e[i], total, truth[i])), true);
    }

    const line = describe(state, steps.naive, steps.shifted, truth);
    range.show(offset, { min: -end, max: end, step, "aria-valuetext": line });
    status.say(control.remark || line);
    preset.show((values) =>
      Object.entries(values).every(([name, value]) => String(value) === String(state[name])));
    // JSON has no word for what is not finite.
    root.dataset.state = JSON.stringify({ ...state, ...steps }, (_, value) =>
      (typeof value === "number" && !Number.isFinite(value) ? String(value) : value));
  }

  return mount({ model, el }, root, Object.keys(read()), draw, control, status);
}

function accepts({ logits, offset, precision }) {
  return isListOf((z) => isNumber(z, -LIMIT, LIMIT), logits, MIN_CLASSES, MAX_CLASSES) &&
    isNumber(offset, -LIMIT, LIMIT) && NAMES.includes(precision);
}

export default { render, accepts };

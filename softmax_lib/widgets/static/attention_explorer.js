// AttentionExplorer: softmax(q k / T) in each head of a transformer, from its queries and keys.

const CELL = 20; // of the matrix, in its own units
const MARGIN = 76; // for the tokens' names, at its left and above it

export function fromHalf(bits) {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24;
  return bits >> 15 ? -size : size;
}

// The floats that Python has written, low byte first, as text in base 64.
function decodeFloats(text, dtype) {
  const { buffer } = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return dtype === "float16"
    ? Float64Array.from(new Uint16Array(buffer), fromHalf)
    : new Float32Array(buffer);
}

// Returns what one head makes of its scores: logits(state, i), those of the i-th query over the
// temperature, and weights(state), the matrix, a row a query and a column a key.
export function attention({ dtype, shape, query, key }) {
  const [, heads, n, width] = shape;
  const q = decodeFloats(query, dtype);
  const k = decodeFloats(key, dtype);
  function scoresFrom(start) {
    const at = (vectors, i) => vectors.subarray(start + i * width, start + (i + 1) * width);
    return Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => {
      const theirs = at(k, j);
      return at(q, i).reduce((sum, value, m) => sum + value * theirs[m], 0);
    }));
  }
  let known = {}; // the scores of the last head, which no temperature and no mask changes
  function logits({ layer, head, temperature, causal }, i) {
    const start = (layer * heads + head) * n * width;
    if (known.start !== start) known = { start, scores: scoresFrom(start) };
    const seen = causal ? known.scores[i].slice(0, i + 1) : known.scores[i];
    // Scaled first, as Python does: at T = 0.01 another order would show in the twelfth digit.
    return seen.map((score) => score * (1 / temperature));
  }
  const weights = (state) => Array.from({ length: n }, (_, i) => {
    const row = softmax(logits(state, i));
    return [...row, ...Array(n - row.length).fill(0)];
  });
  return { logits, weights };
}

// A square for each weight, of the area that is the weight's share of the cell, in the middle of the
// cell. All are one path, since an element a cell would cost a style a cell at every move of a slider.
// Half a side is a whole number of FINE parts of the matrix's unit, up to FULL, so that the way around
// such a square is written once, when first asked for, and a path mostly joins what is there.
const FINE = 250;
const FULL = (FINE * (CELL - 1)) / 2;
const ways = [];
const around = (half) =>
  (ways[half] ??= `m-${half}-${half}h${2 * half}v${2 * half}h-${2 * half}z`);
const middle = (i) => FINE * (MARGIN + i * CELL) + FULL;

function squares(weights, starts) {
  let d = "";
  weights.forEach((line, i) => line.forEach((weight, j) => {
    d += starts[i][j] + around(Math.round(Math.sqrt(weight) * FULL));
  }));
  return d;
}

// The bars as one shape, the i-th from i to i + 1 downwards, in a box WIDE wide.
const WIDE = 10000;
const strip = (share, i) => {
  const end = Math.round(share * WIDE);
  return `0,${i}.1 ${end},${i}.1 ${end},${i}.9 0,${i}.9`;
};

function describeRow({ layer, head, token }, tokens, row, alone) {
  const ranked = row.map((weight, j) => ({ weight, j })).sort((a, b) => b.weight - a.weight);
  const reads = ranked.filter(({ weight }, rank) => rank < 3 && weight >= 0.1)
    .map(({ weight, j }) => `${tokens[j]} ${weight < 0.995 || alone ? weight.toFixed(2) : "over 0.99"}`);
  const what = reads.length ? `reads ${reads.join(", ")}` : "gives no token as much as 0.10";
  return `Layer ${layer}, head ${head}: ${tokens[token]} ${what}`;
}

function render({ model, el }) {
  const tokens = model.get("tokens");
  const vectors = model.get("vectors");
  const [layers, heads, n, width] = vectors.shape;
  const { logits, weights: weightsOf } = attention(vectors);
  const root2d = Math.sqrt(width);
  const read = () => ({
    layer: model.get("layer") ?? 0,
    head: model.get("head") ?? 0,
    token: model.get("token") ?? 0,
    temperature: model.get("temperature") ?? 1,
    causal: model.get("causal") ?? false,
  });
  const initial = model.get("initial") ?? read();

  const redraw = onceAfterwards(draw);
  const control = editor(model, redraw);
  const { edit, refuse } = control;

  // ---- the page's nodes -------------------------------------------------------------------

  const numbered = (length) => Array.from({ length }, (_, i) => String(i));
  const choice = (name, label, options) => {
    const node = select(label, options, (i) => edit({ [name]: i }));
    return { node, label: h("label", { class: "se-choice" }, `${label} `, node) };
  };
  const choices = {
    layer: choice("layer", "Layer", numbered(layers)),
    head: choice("head", "Head", numbered(heads)),
    token: choice("token", "Asking token", tokens),
  };

  const temperatureField = temperatureControl({
    get: () => read().temperature,
    onInput: (temperature) => edit({ temperature }),
    onRefusal: refuse,
  });
  const scaled = button(h("span", { class: "se-text" }, "÷ √d"), `T = √${width}, the usual scale`, () => {
    edit({ temperature: root2d });
  });
  hide(scaled, root2d > T_MAX);
  const unscaled = button(h("span", { class: "se-text" }, "no scale"), "T = 1", () => edit({ temperature: 1 }));
  const causalBox = h("input", { type: "checkbox" });
  causalBox.addEventListener("change", () => edit({ causal: causalBox.checked }));

  // The bars are one shape and the numbers the lines of one text, which cost half of what a box for
  // each would. A screen reader has them token by token, as the name of an image that has no size.
  const images = tokens.map(() => h("span", { role: "img" }));
  const names = h("ul", { class: "se-bars", role: "list", "aria-label": "weight on each key" },
    ...tokens.map((token, j) =>
      h("li", {}, h("span", { class: "se-label", title: token }, token), images[j])));
  const bars = s("polygon", { class: "se-cells" });
  const chart = s("svg", {
    class: "se-chart", "aria-hidden": "true", viewBox: `0 0 ${WIDE} ${n}`, preserveAspectRatio: "none",
  }, s("polygon", { class: "se-back", points: tokens.map((_, j) => strip(1, j)).join(" ") }), bars);
  const values = h("div", { class: "se-value se-text", "aria-hidden": "true" });

  // The whole matrix: a picture that can be clicked, beside a list of tokens that does the same.
  const side = MARGIN + n * CELL;
  const matrix = s("svg", { class: "se-matrix", viewBox: `0 0 ${side} ${side}`, role: "img" });
  const upright = s("g", { transform: "rotate(-90)" });
  matrix.append(upright);
  tokens.forEach((token, i) => {
    const y = MARGIN + (i + 0.5) * CELL + 4;
    upright.append(s("text", { x: 6 - MARGIN, y }, token));
    matrix.append(
      s("text", { x: MARGIN - 6, y, "text-anchor": "end" }, token),
      s("rect", {
        class: "se-back", x: MARGIN, y: MARGIN + i * CELL, width: n * CELL, height: CELL - 1,
      }));
  });
  const cells = s("path", { class: "se-cells", transform: `scale(${1 / FINE})` });
  const starts = tokens.map((_, i) => tokens.map((__, j) => `M${middle(j)} ${middle(i)}`));
  matrix.append(cells);
  const frame = s("rect", {
    class: "se-frame", x: MARGIN - 1, width: n * CELL + 1, height: CELL + 1,
  });
  matrix.append(frame);
  matrix.addEventListener("click", (event) => {
    const box = matrix.getBoundingClientRect();
    const i = Math.floor((((event.clientY - box.top) / box.height) * side - MARGIN) / CELL);
    if (i >= 0) edit({ token: i });
  });

  const total = textBox("se-total");
  const entropyText = textBox("se-entropy");
  const status = statusLine();
  const reset = button("Reset", "back to how it began", () => edit(initial));

  const root = explorerRoot("attention-explorer", "attention explorer");
  root.append(
    h("div", { class: "se-bar" }, ...Object.values(choices).map(({ label }) => label)),
    h("div", { class: "se-bar" }, temperatureField.field,
      h("div", { class: "se-bar" }, scaled, unscaled)),
    temperatureField.scale,
    h("div", { class: "se-views" },
      h("div", { class: "se-keys" }, names, h("div", {}, chart), h("div", {}, values)),
      h("div", { class: "se-square" }, matrix)),
    h("div", { class: "se-bar se-totals se-quiet" }, total, entropyText),
    ...status.nodes,
    h("div", { class: "se-bar" },
      h("label", { class: "se-check" }, causalBox, "causal mask: only itself and what came before"),
      reset));

  // ---- keeping it current -----------------------------------------------------------------

  function draw() {
    const state = read();
    const { token, temperature, causal } = state;
    const weights = weightsOf(state);
    const row = weights[token];
    const z = logits(state, token); // shorter than the row where a mask hides the rest
    const lnP = logSoftmax(z);

    for (const [name, { node }] of Object.entries(choices)) node.show(state[name]);
    const line = describeRow(state, tokens, row, z.length === 1);
    temperatureField.show(line);
    setAttributes(scaled, { "aria-pressed": temperature === root2d });
    setAttributes(unscaled, { "aria-pressed": temperature === 1 });
    causalBox.checked = causal;

    const written = row.map((w, j) => (j < z.length
      ? formatProbability(w, lnP[j], () => logOthers(z, 1, j)) : "masked"));
    images.forEach((node, j) => (node.ariaLabel = written[j])); // quicker than by setAttributes
    setAttributes(bars, { points: row.map(strip).join(" ") });
    setText(values, written.join("\n"));
    setAttributes(cells, { d: squares(weights, starts) });
    setAttributes(frame, { y: MARGIN + token * CELL - 1 });
    setAttributes(matrix, {
      "aria-label": `All weights: ${tokens.map((name, i) =>
        `${name} reads ${tokens[weights[i].indexOf(Math.max(...weights[i]))]}`).join(", ")}`,
    });

    const sum = row.reduce((soFar, w) => soFar + w, 0);
    setText(total, `sum ${Number(sum.toPrecision(14))}`);
    const most = `ln ${z.length} = ${formatNats(Math.log(z.length))}`;
    setText(entropyText, `entropy ${formatNats(entropy(z), () => lnEntropy(z))} of ${most} nats`);
    status.say(control.remark || line);
    root.dataset.state = JSON.stringify({ ...state, weights });
  }

  return mount({ model, el }, root, Object.keys(read()), draw, control, status);
}

function accepts({ layer, head, token, temperature, causal, vectors }) {
  const { shape } = vectors;
  return isWhole(layer, 0, shape[0] - 1) && isWhole(head, 0, shape[1] - 1) &&
    isWhole(token, 0, shape[2] - 1) &&
    isNumber(temperature, T_MIN, T_MAX) && typeof causal === "boolean";
}

export default { render, accepts };

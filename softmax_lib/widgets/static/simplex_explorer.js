// SimplexExplorer: three classes, where every distribution is a point of a triangle.

const BOUND = 1e6; // of a logit
const LEAST = 0.001; // the share at which a dragged point stops: 0 would need a logit of -Infinity
const NUDGE = { plain: 0.01, shift: 0.1 }; // what an arrow key adds to a share; Page Up is Shift and ↑
const PRESETS = [
  ["Apart: 2, 1, 0", [2, 1, 0]],
  ["Close second: 2, 1.8, 0", [2, 1.8, 0]],
  ["Tie at the top: 2, 2, 0", [2, 2, 0]],
  ["Tie below: 2, 0, 0", [2, 0, 0]],
  ["All equal: 0, 0, 0", [0, 0, 0]],
];

// Corners of an equilateral triangle as in softmax_lib.figures: class 1 on the left, class 2 on the
// right, class 3 on top; here the side is 300 and y points down.
const WIDTH = 340;
const HEIGHT = 300;
const SIDE = 300;
const LEFT = 20;
const BASE = 280;
const RISE = SIDE * Math.sqrt(3) / 2;

function placeOf([, p2, p3]) {
  return [LEFT + SIDE * (p2 + p3 / 2), BASE - RISE * p3];
}

function sharesAt(x, y) {
  const p3 = (BASE - y) / RISE;
  const p2 = (x - LEFT) / SIDE - p3 / 2;
  return [1 - p2 - p3, p2, p3];
}

// The nearest point of the triangle with no share below LEAST: what is above a common level is kept.
function intoTriangle(shares) {
  const room = 1 - shares.length * LEAST;
  const above = shares.map((share) => share - LEAST);
  let sum = 0;
  let level = 0;
  [...above].sort((a, b) => b - a).forEach((value, i) => {
    sum += value;
    const candidate = (sum - room) / (i + 1);
    if (value > candidate) level = candidate;
  });
  return above.map((value) => Math.max(0, value - level) + LEAST);
}

// With mean 0. By way of differences, since a large common part would drown the rest.
function centred(z) {
  const gaps = z.map((value) => value - z[0]);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / z.length;
  return gaps.map((gap) => gap - mean);
}

// The logits that give these shares at T, up to a constant: here with mean 0.
function logitsFor(shares, T) {
  return centred(shares.map((share) => T * Math.log(share)));
}

function hardmax(z) {
  const top = z.map((value) => value === Math.max(...z));
  const count = top.filter(Boolean).length;
  return top.map((is) => (is ? 1 / count : 0));
}

// The shares at all temperatures, from the limit T -> 0 to the limit T -> infinity. Between them the
// points lie close where the share of a class with this gap changes.
function pathOf(z) {
  const largest = Math.max(...z);
  const gaps = z.map((value) => largest - value).filter((gap) => gap > 0);
  const temperatures = gaps.flatMap((gap) =>
    Array.from({ length: 50 }, (_, i) => gap / (12 * 0.85 ** i))).filter((T) => T > 0);
  temperatures.sort((a, b) => a - b);
  return [hardmax(z), ...temperatures.map((T) => softmax(z, T)), z.map(() => 1 / z.length)];
}

function describe({ temperature, logits, labels }, p, H) {
  const { count, names } = leadersOf(labels, logits);
  const largest = Math.max(...p);
  const T = `T = ${Number(temperature.toPrecision(3))}: `;
  if (count === 3) return `${T}all logits are equal, so the point stays in the centre at any T`;
  if (count * largest > 0.995) {
    return count === 1
      ? `${T}almost at the corner of ${names}`
      : `${T}almost at the middle of the edge between ${names}`;
  }
  if (H > 0.99 * Math.log(3)) return `${T}almost at the centre, each class near 1/3`;
  return count === 1
    ? `${T}${names} leads with ${percent(largest)}, between its corner and the centre`
    : `${T}${names} tie with ${percent(largest)} each, between their edge and the centre`;
}

function render({ model, el }) {
  const read = () => ({
    temperature: model.get("temperature") ?? 1, // a saved page may leave out the default
    logits: model.get("logits"),
    labels: model.get("labels"),
  });
  const initial = model.get("initial") ?? read();

  // ---- what changes the model -------------------------------------------------------------

  const redraw = onceAfterwards(draw);
  const { control, player } = temperatureSweep(model, redraw);
  const { edit, refuse } = control;
  const setLogit = (i, value) =>
    edit({ logits: replaced(read().logits, i, value) });

  function movePoint(shares) {
    const inside = intoTriangle(shares);
    const stopped = shares.some((share) => share < LEAST);
    edit(
      { logits: logitsFor(inside, read().temperature) },
      stopped ? `A share of 0 would need a logit of −∞: the point stops at ${LEAST}` : "",
    );
  }

  // ---- the page's nodes -------------------------------------------------------------------

  const temperatureField = temperatureControl({
    get: () => read().temperature,
    onInput: (temperature) => edit({ temperature }),
    onRefusal: refuse,
  });
  const sweep = playButton("Sweep", "move T from 0.01 to 100", () => control.toggle(player.start));
  const reset = button("Reset", "back to how it began", () => edit(initial));
  const preset = logitPresets(PRESETS, (logits) => edit({ logits }), redraw);

  const corners = [0, 1, 2].map(() => h("span", { class: "se-corner" }));
  const path = s("polyline", { class: "se-path" });
  const coldEnd = s("circle", { class: "se-cold", r: 7 });
  const hotEnd = s("path", { class: "se-hot" });
  const handle = s("g", {
    class: "se-handle", role: "slider", tabindex: 0,
    "aria-label": "point of the distribution", "aria-valuemin": 0, "aria-valuemax": 100,
  }, s("circle", { class: "se-reach", r: 26 }), s("circle", { class: "se-point", r: 9 }));
  const points = (shares) => shares.map((p) => placeOf(p).join(",")).join(" ");
  const [hotX, hotY] = placeOf([1 / 3, 1 / 3, 1 / 3]);
  hotEnd.setAttribute("d", `M${hotX - 7} ${hotY}h14M${hotX} ${hotY - 7}v14`);
  const plot = s("svg", { class: "se-triangle", role: "none", viewBox: `0 0 ${WIDTH} ${HEIGHT}` },
    s("g", { "aria-hidden": "true" },
      s("polygon", { class: "se-face", points: points([[1, 0, 0], [0, 1, 0], [0, 0, 1]]) }),
      s("path", { class: "se-grid", d: gridLines() }), path, coldEnd, hotEnd),
    handle);

  function gridLines() {
    const line = (from, to) => `M${placeOf(from)}L${placeOf(to)}`;
    return [0.25, 0.5, 0.75].flatMap((share) => {
      const rest = 1 - share;
      return [
        line([share, rest, 0], [share, 0, rest]),
        line([rest, share, 0], [0, share, rest]),
        line([rest, 0, share], [0, rest, share]),
      ];
    }).join("");
  }

  // The pointer that drags, and how far from the point it took hold: so it does not jump under a
  // finger, and no second finger takes it away.
  let grip = null;
  let beside = false; // whether a finger has touched the triangle and not the point
  const pointerAt = (event) => {
    const box = plot.getBoundingClientRect();
    return [
      (event.clientX - box.left) * (WIDTH / box.width),
      (event.clientY - box.top) * (HEIGHT / box.height),
    ];
  };
  plot.addEventListener("pointerdown", (event) => {
    if (grip) return;
    const onHandle = handle.contains(event.target);
    // A finger beside the point may be about to scroll the page: only a tap moves the point, below.
    beside = event.pointerType === "touch" && !onHandle;
    if (event.button !== 0 || beside) return;
    event.preventDefault();
    plot.setPointerCapture(event.pointerId);
    handle.focus({ preventScroll: true });
    const at = pointerAt(event);
    if (onHandle) {
      const { logits, temperature } = read();
      const here = placeOf(softmax(logits, temperature));
      grip = { pointer: event.pointerId, x: at[0] - here[0], y: at[1] - here[1] };
    } else {
      grip = { pointer: event.pointerId, x: 0, y: 0 };
      movePoint(sharesAt(...at));
    }
  });
  // A finger on the point drags it and does not scroll. CSS's touch-action: none does nothing for a
  // shape within an SVG in Chromium 156, and for the whole SVG would leave no place to scroll from.
  handle.addEventListener("touchstart", (event) => event.preventDefault());
  plot.addEventListener("pointermove", (event) => {
    if (event.pointerId !== grip?.pointer) return;
    const [x, y] = pointerAt(event);
    movePoint(sharesAt(x - grip.x, y - grip.y));
  });
  plot.addEventListener("lostpointercapture", (event) => {
    if (event.pointerId === grip?.pointer) grip = null;
  });
  plot.addEventListener("click", (event) => {
    if (beside) movePoint(sharesAt(...pointerAt(event)));
  });
  handle.addEventListener("keydown", (event) => {
    const step = NUDGE[event.shiftKey || event.key.startsWith("Page") ? "shift" : "plain"];
    const up = [-step / 2, -step / 2, step];
    const down = up.map((share) => -share);
    const moves = {
      ArrowRight: [-step, step, 0],
      ArrowLeft: [step, -step, 0],
      ArrowUp: up,
      ArrowDown: down,
      PageUp: up,
      PageDown: down,
      Home: [1, -1, -1], // to the corner on the left
      End: [-1, 1, -1],
    };
    const move = moves[event.key];
    if (!move || event.altKey || event.ctrlKey || event.metaKey) return; // Alt and ← is "back"
    event.preventDefault(); // or the page would scroll
    const { logits, temperature } = read();
    movePoint(softmax(logits, temperature).map((share, i) => share + move[i]));
  });

  const reach = sliderReach(redraw);
  const rows = [0, 1, 2].map((i) => {
    const row = {
      label: h("span", { class: "se-label" }),
      logit: logitControl({
        get: () => read().logits[i],
        onInput: (value) => setLogit(i, value),
        onRefusal: refuse,
        reach,
        bound: BOUND,
        write: (value) => brief(Number(value.toFixed(4))),
      }),
      fill: h("div", { class: "se-fill" }),
      value: textBox("se-value"),
    };
    row.node = h("li", {},
      h("div", { class: "se-logit" }, row.label, ...row.logit.nodes),
      h("div", { class: "se-probability" },
        h("div", { class: "se-track", "aria-hidden": "true" }, row.fill),
        h("span", { class: "se-hidden" }, "probability "),
        row.value));
    return row;
  });
  const centredText = h("span", { class: "se-text se-centred" });
  const entropyText = h("span", { class: "se-text" });
  const status = statusLine();

  const root = explorerRoot("simplex-explorer", "softmax simplex explorer");
  root.append(
    h("div", { class: "se-bar" }, temperatureField.field, sweep),
    temperatureField.scale,
    h("div", { class: "se-halves" },
      h("div", { class: "se-picture" }, corners[2], h("div", {}, plot), corners[0], corners[1],
        h("p", { class: "se-key se-quiet" },
          "line: all ", h("i", {}, "T"), "; ring: ", h("i", {}, "T"), " → 0; cross: ",
          h("i", {}, "T"), " → ∞; drag the dot")),
      h("div", { class: "se-side" },
        h("div", { class: "se-quiet", "aria-hidden": "true" }, logitHeading()),
        h("ul", { class: "se-bars", role: "list" }, ...rows.map((row) => row.node)),
        h("div", { class: "se-totals se-quiet" }, centredText, entropyText))),
    ...status.nodes,
    h("div", { class: "se-bar" }, preset.node, reset));

  // ---- keeping it current -----------------------------------------------------------------

  let pathed; // the logits whose path is drawn: no temperature changes it

  function draw() {
    const state = read();
    const { temperature, logits } = state;
    const labels = logits.map((_, i) => state.labels[i] ?? `class ${i + 1}`);
    const p = softmax(logits, temperature);
    const lnP = logSoftmax(logits, temperature);
    const H = entropy(logits, temperature);
    const implied = centred(logits);

    const { names } = leadersOf(labels, logits);
    const lead = percent(Math.max(...p));
    temperatureField.show(`leading: ${names}, ${lead}`);
    setText(sweep, player.running ? "Pause" : "Sweep");

    if (logits !== pathed) {
      pathed = logits;
      const shares = pathOf(logits);
      setAttributes(path, { points: points(shares) });
      const [coldX, coldY] = placeOf(shares[0]);
      setAttributes(coldEnd, { cx: coldX, cy: coldY });
    }
    setAttributes(handle, {
      transform: `translate(${placeOf(p).join(" ")})`,
      "aria-valuenow": Math.round(100 * Math.max(...p)),
      "aria-valuetext": labels.map((label, i) => `${label} ${percent(p[i])}`).join(", "),
    });
    corners.forEach((node, i) => setText(node, labels[i]));

    reach.cover(logits);
    rows.forEach((row, i) => {
      setText(row.label, labels[i]);
      row.logit.show(`logit of ${labels[i]}`);
      setShare(row.fill, p[i]);
      setText(row.value, formatProbability(p[i], lnP[i], () => logOthers(logits, temperature, i)));
    });
    const written = implied.map((z) => String(Number(z.toFixed(4))).replace("-", "−"));
    setText(centredText, `logits with mean 0: ${written.join(", ")}`);
    setText(entropyText, `entropy ${formatNats(H, () => lnEntropy(logits, temperature))} nats of ln 3 = ${Math.log(3).toFixed(4)}`);

    status.say(control.remark || describe({ temperature, logits, labels }, p, H));
    preset.show((z) => String(z) === String(logits));

    root.dataset.state = JSON.stringify({
      temperature, logits, labels, probabilities: p, entropy: H, centred_logits: implied,
    });
  }

  return mount({ model, el }, root, Object.keys(read()), draw, control, status);
}

function accepts({ temperature, logits, labels }) {
  return isNumber(temperature, T_MIN, T_MAX) &&
    isListOf((z) => isNumber(z, -BOUND, BOUND), logits, 3, 3) &&
    isListOf((label) => typeof label === "string", labels, 3, 3);
}

export { intoTriangle, logitsFor, pathOf, placeOf, sharesAt };
export default { render, accepts };

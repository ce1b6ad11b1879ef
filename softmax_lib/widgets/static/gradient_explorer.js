// GradientExplorer: the gradient p - y as arrows, and descent against it, step by step.

const BOUND = 1e6; // of a logit
const RATE_MIN = 0.01;
const RATE_MAX = 6;
const MAX_STEPS = 100;
const PACE = { stride: 1, wait: 100 };
const CALM_PACE = { stride: 25, wait: 1500 }; // for readers who asked for less motion

// Logits by what they mean for the class that the target likes most.
const PRESETS = [
  ["All equal", () => 0],
  ["Sure and right", (i, best) => (i === best ? 8 : 0)],
  ["Sure and wrong", (i, best, count) => (i === (best + 1) % count ? 8 : 0)],
];

export function targetOf({ logits, target, smoothing, distribution }) {
  const count = logits.length;
  if (distribution) return Array.from(logits, (_, i) => distribution[i] ?? 0);
  return logits.map((_, i) => (1 - smoothing) * (i === target ? 1 : 0) + smoothing / count);
}

// One share set by hand; the others keep their proportions and fill up what is left of 1.
function withShare(y, i, share) {
  const rest = y.reduce((sum, value, j) => (j === i ? sum : sum + value), 0);
  const left = 1 - share;
  return y.map((value, j) => {
    if (j === i) return share;
    return rest > 0 ? (value / rest) * left : left / (y.length - 1);
  });
}

// The logits and the loss after each step, beginning with none.
export function descend(z, y, rate, steps) {
  const losses = [crossEntropy(z, y)];
  for (let n = 0; n < steps; n++) {
    const gradient = crossEntropyGrad(z, y);
    z = z.map((value, i) => value - rate * gradient[i]);
    losses.push(crossEntropy(z, y));
  }
  return { z, losses };
}

// Signed, and passing neither for 0 nor for 1 when it is not. lnRest() is ln(1 - |g|).
function formatPull(g, lnRest) {
  if (g === 0) return "0";
  const [sign, other] = g < 0 ? ["−", "+"] : ["+", "−"];
  const size = Math.abs(g);
  if (size < 0.001) return sign + scientific(Math.log(size));
  if (size >= 0.99995) return `${sign}1 ${other} ${scientific(lnRest())}`;
  return sign + size.toFixed(4);
}

function describe(labels, gradient, losses, lossNow, floor, rate) {
  const steps = losses.length - 1;
  const loss = losses[steps];
  const prefix = `Step ${steps}, loss ${lossNow}: `;
  if (steps > 0 && loss > losses[steps - 1] * (1 + 1e-9)) {
    const before = formatNats(losses[steps - 1]);
    // The loss is convex: where it has risen, the next step leads back.
    return before === lossNow
      ? `${prefix}the steps go back and forth, and the loss no longer falls`
      : `${prefix}it was ${before} before; the step went too far`;
  }
  const sizes = gradient.map(Math.abs);
  const most = Math.max(...sizes);
  if (most < 5e-7) {
    return floor > 0 && most === 0
      ? `${prefix}p has met its target, and no pull is left`
      : `${prefix}p has all but met its target, and hardly any pull is left`;
  }
  const i = sizes.indexOf(most);
  const size = (value) => (value < 0.001 ? scientific(Math.log(value)) : value.toFixed(4));
  const much = most < 0.99995 ? size(most) : "nearly 1";
  const [where, moves] = gradient[i] > 0 ? ["above its target", "lowers"] : ["short of its target", "lifts"];
  return `${prefix}${labels[i]} is ${much} ${where}; a step ${moves} its logit by ${size(rate * most)}`;
}

function render({ model, el }) {
  const read = () => ({
    logits: model.get("logits"),
    labels: model.get("labels"),
    target: model.get("target") ?? 0, // a saved page may leave out the defaults
    smoothing: model.get("smoothing") ?? 0,
    distribution: model.get("distribution") ?? null,
    rate: model.get("rate") ?? 1,
    steps: model.get("steps") ?? 0,
  });
  const initial = model.get("initial") ?? read();
  const yNow = () => targetOf(read());

  // Every field asks where the run stands: it is worked out once for each state.
  let known = {};
  function descent() {
    const { labels: _, ...state } = read();
    if (Object.keys(state).some((name) => state[name] !== known[name])) {
      known = { ...state, ...descend(state.logits, targetOf(state), state.rate, state.steps) };
    }
    return known;
  }
  const reached = () => descent().z;

  // ---- what changes the model -------------------------------------------------------------

  const redraw = onceAfterwards(draw);
  let stride = 1; // of the run, in steps
  const player = repeat(() => {
    const steps = Math.min(MAX_STEPS, read().steps + stride);
    put({ steps });
    return steps < MAX_STEPS;
  }, redraw);
  const control = editor(model, redraw, player);
  const { put, edit, refuse } = control;

  // A change of what the descent goes from or to: a new run from the logits that the reader sees.
  const beginAt = (z, changes) => edit({
    logits: z.map((value) => clamp(value, -BOUND, BOUND)), steps: 0, ...changes,
  });
  const beginHere = (changes) => beginAt(reached(), changes);
  // What a field that is left without a number hands back is no change.
  const beginUnless = (same, changes) => (same ? edit({}) : beginHere(changes));
  const setLogit = (i, value) => {
    const z = reached();
    if (value === z[i]) edit({});
    else beginAt(replaced(z, i, value));
  };

  function beginRun() {
    const pace = reducedMotion() ? CALM_PACE : PACE;
    stride = pace.stride;
    if (read().steps === MAX_STEPS) put({ steps: 0 });
    player.start(pace.wait);
  }

  // ---- the page's nodes -------------------------------------------------------------------

  const target = select("target", [], (choice) => {
    const isClass = choice < read().logits.length;
    beginHere(isClass ? { target: choice, distribution: null } : { distribution: yNow() });
  });
  const smoothing = quantity({
    name: ["smoothing ", h("i", {}, "a")], unit: "smoothing", min: 0, max: 1, step: 0.05,
    get: () => read().smoothing,
    onInput: (value) => beginUnless(value === read().smoothing, { smoothing: value }),
    onRefusal: () => refuse("The smoothing is a number from 0 to 1"),
  });
  const rate = quantity({
    name: ["rate ", h("i", {}, "η")], unit: "rate", min: RATE_MIN, max: RATE_MAX, step: 0.01,
    get: () => read().rate,
    onInput: (value) => edit({ rate: value }),
    onRefusal: () => refuse(`The rate is a number from ${RATE_MIN} to ${RATE_MAX}`),
  });
  const step = button("Step", "", () => {
    const { steps } = read();
    if (steps === MAX_STEPS) return refuse(`A run has at most ${MAX_STEPS} steps`);
    edit({ steps: steps + 1 });
  });
  const run = playButton("Run", "one step after another", () => control.toggle(beginRun));
  const reset = button("Reset", "back to how it began", () => edit(initial));
  const preset = logitPresets(PRESETS, (logitsOf) => beginAt(presetLogits(logitsOf)), redraw);
  function presetLogits(logitsOf, y = yNow()) {
    return y.map((_, i) => logitsOf(i, y.indexOf(Math.max(...y)), y.length));
  }

  const reach = sliderReach(redraw);
  const bars = h("ul", { class: "se-bars", role: "list" });
  const rows = [];
  function addRow() {
    const i = rows.length;
    const row = {
      label: h("span", { class: "se-label" }),
      logit: logitControl({
        get: () => reached()[i],
        onInput: (value) => setLogit(i, value),
        onRefusal: refuse,
        reach,
        bound: BOUND,
      }),
      p: h("span", { class: "se-value se-text" }),
      y: h("span", { class: "se-value se-text" }),
      share: numberField({ step: 0.05 }, {
        min: 0,
        max: 1,
        get: () => yNow()[i],
        // Typed, 1e-3 begins with 1, which takes all from the others: their proportions are those
        // from before this field changed the target.
        onInput: (value) => {
          const y = yNow();
          if (String(y) !== String(row.made)) row.start = y;
          row.made = withShare(row.start, i, value);
          beginUnless(value === y[i], { distribution: row.made });
        },
        onRefusal: () => refuse("A share of the target is a number from 0 to 1"),
      }),
      fill: h("div", { class: "se-fill" }),
      tick: h("div", { class: "se-tick" }),
      pull: h("span", { class: "se-value se-text" }),
      moves: Object.assign(textBox("se-quiet"), { ariaHidden: "true" }),
      moved: h("span", { class: "se-hidden" }),
      arrow: h("div", { class: "se-arrow" }),
    };
    row.node = h("li", { class: "se-row" },
      h("div", { class: "se-logit" }, row.label, ...row.logit.nodes),
      h("div", { class: "se-share" },
        h("div", { class: "se-numbers" },
          h("span", {}, h("i", {}, "p"), " ", row.p),
          h("span", {}, h("i", {}, "y"), " ", row.y, row.share)),
        h("div", { class: "se-track", "aria-hidden": "true" }, row.fill, row.tick)),
      h("div", { class: "se-pull" },
        h("div", { class: "se-numbers" },
          h("span", {}, h("i", {}, "p"), " − ", h("i", {}, "y"), " = ", row.pull),
          row.moves, row.moved),
        h("div", { class: "se-track", "aria-hidden": "true" }, row.arrow)));
    rows.push(row);
    bars.append(row.node);
  }

  const curve = lossCurve();
  const stepsSlider = slider({ "aria-label": "steps", min: 0, max: MAX_STEPS, step: 1 }, (steps) =>
    edit({ steps }));
  curve.under.append(stepsSlider);
  const lossText = textBox("se-loss");
  const floorText = textBox("se-lowest");
  const status = statusLine();

  const root = explorerRoot("gradient-explorer", "softmax gradient explorer");
  root.append(
    h("div", { class: "se-bar" }, h("label", { class: "se-target" }, "target ", target),
      smoothing.node),
    h("div", { class: "se-row se-quiet", "aria-hidden": "true" },
      logitHeading(), h("div", { class: "se-share" }), h("div", { class: "se-pull" })),
    bars,
    h("p", { class: "se-note se-quiet" },
      "Bar: ", h("i", {}, "p"), ". Mark: ", h("i", {}, "y"), ". Arrow: the gradient ",
      h("i", {}, "p"), " − ", h("i", {}, "y"), ". The logit ", h("i", {}, "z"),
      " moves against its arrow, by ", h("i", {}, "η"), " times its length."),
    h("div", { class: "se-bar" }, rate.node, h("div", { class: "se-pair" }, step, run)),
    curve.node,
    h("div", { class: "se-bar se-totals se-quiet" }, lossText, floorText),
    ...status.nodes,
    h("div", { class: "se-bar" }, preset.node, reset));

  // ---- keeping it current -----------------------------------------------------------------

  function draw() {
    const state = read();
    const { logits, distribution, steps } = state;
    const labels = logits.map((_, i) => state.labels[i] ?? `class ${i + 1}`);
    const y = targetOf(state);
    const { z, losses } = descent();
    const p = softmax(z);
    const lnP = logSoftmax(z);
    const gradient = crossEntropyGrad(z, y);
    const loss = losses[steps];
    const floor = entropy(y.map(Math.log)) * y.reduce((sum, share) => sum + share); // nearly 1
    // Where the loss underflows, for one true class, it is what the others have.
    const lossNow = formatNats(loss, () =>
      (loss > 0 || !y.includes(1) ? Math.log(loss) : logOthers(z, 1, y.indexOf(1))));

    const options = [...labels.map((label) => `${label} is true`), "shares, set below"];
    while (target.options.length < options.length) {
      target.append(h("option", { value: target.options.length }));
    }
    while (target.options.length > options.length) target.lastChild.remove();
    options.forEach((text, i) => setText(target.options[i], text));
    const byShares = Boolean(distribution);
    target.show(byShares ? logits.length : state.target);
    hide(smoothing.node, byShares);
    const likes = y.indexOf(Math.max(...y));
    smoothing.show(`target of ${labels[likes]} ${Number(y[likes].toFixed(4))}`);
    rate.show(`loss ${lossNow} after ${counted(steps, "step")}`);

    while (rows.length < z.length) addRow();
    while (rows.length > z.length) rows.pop().node.remove();
    reach.cover(z);
    rows.forEach((row, i) => {
      const g = gradient[i];
      setText(row.label, labels[i]);
      row.logit.show(`logit of ${labels[i]}`);
      setText(row.p, formatProbability(p[i], lnP[i], () => logOthers(z, 1, i)));
      setText(row.y, String(Number(y[i].toPrecision(4))));
      hide(row.y, byShares);
      hide(row.share, !byShares);
      setAttributes(row.share, { "aria-label": `target share of ${labels[i]}` });
      if (byShares) row.share.show();
      setShare(row.fill, p[i]);
      setTransform(row.tick, `translateX(${100 * y[i]}cqw)`);
      setText(row.pull, formatPull(g, () => {
        if (y[i] === 1) return lnP[i];
        return y[i] === 0 ? logOthers(z, 1, i) : Math.log1p(-Math.abs(g));
      }));
      const [sign, word] = g === 0 ? ["–", "stays"] : g > 0 ? ["↓", "falls"] : ["↑", "rises"];
      setText(row.moves, `z ${sign}`);
      setText(row.moved, `its logit ${word}`);
      setShare(row.arrow, g);
    });

    setText(run, player.running ? "Pause" : "Run");
    limit(step, steps === MAX_STEPS, `at most ${MAX_STEPS} steps`, "one step: z ← z − η (p − y)");
    stepsSlider.show(steps, { "aria-valuetext": `step ${steps}; loss ${lossNow}` });
    curve.show(losses, lossNow, floor);
    setText(lossText, `loss ${lossNow} nats`);
    setText(floorText, `lowest possible ${floor > 0 ? `${formatNats(floor)}, dashed` : "0, never reached"}`);
    status.say(control.remark || describe(labels, gradient, losses, lossNow, floor, state.rate));

    preset.show((logitsOf) => String(presetLogits(logitsOf, y)) === String(z));

    root.dataset.state = JSON.stringify({
      ...state, labels, reached: z, y, probabilities: p, gradient, losses, loss, lowest_loss: floor,
    });
  }

  return mount({ model, el }, root, Object.keys(read()), draw, control, status);
}

// The loss over the steps. The plot stretches with the page; its words, in HTML, do not.
function lossCurve() {
  const still = { "vector-effect": "non-scaling-stroke" };
  const path = s("polyline", { class: "se-path", ...still });
  const floorLine = s("line", { class: "se-floor", x1: 0, x2: MAX_STEPS, ...still });
  const dot = s("polyline", { class: "se-dot", ...still }); // a place alone: d would be a style
  const plot = s("svg", {
    class: "se-plot", "aria-hidden": "true", viewBox: `0 0 ${MAX_STEPS} 1`, preserveAspectRatio: "none",
  }, s("path", { class: "se-grid", d: `M0 .5H${MAX_STEPS}`, ...still }), floorLine,
  s("path", { class: "se-axes", d: `M0 0V1H${MAX_STEPS}`, ...still }), path, dot);
  const ys = ["", "", "0"].map((text) => h("span", { class: "se-text" }, text));
  const under = h("div", { class: "se-under" });
  const picture = h("div", { class: "se-curve", role: "img" },
    h("div", { class: "se-quiet se-title" }, "loss in nats, over the steps"),
    h("div", { class: "se-quiet se-ys" }, ...ys.map((y) => h("div", {}, y))), h("div", {}, plot),
    h("div", { class: "se-quiet se-xs" },
      ...[0, 0.25, 0.5, 0.75, 1].map((share) => {
        const node = h("span", {}, String(share * MAX_STEPS));
        node.style.setProperty("--at", share);
        return node;
      })));
  return {
    node: h("div", {}, picture, under),
    under,
    show(losses, last, floor) {
      const top = roundUp(Math.max(...losses));
      const at = (loss) => 1 - loss / top;
      const steps = losses.length - 1;
      setText(ys[0], String(top));
      setText(ys[1], String(Number((top / 2).toPrecision(2))));
      const places = losses.map((loss, n) => `${n},${at(loss)}`);
      setAttributes(path, { points: steps > 0 ? places.join(" ") : "" });
      const end = `${steps},${at(losses[steps])}`;
      setAttributes(dot, { points: `${end} ${end}` });
      setAttributes(floorLine, {
        y1: at(floor), y2: at(floor), visibility: floor > 0 ? "visible" : "hidden",
      });
      const words = steps === 0
        ? `Loss before the first step: ${last}`
        : `Loss over ${counted(steps, "step")}: from ${formatNats(losses[0])} to ${last}`;
      const highest = Math.max(...losses);
      const peak = highest > losses[0] && highest > losses[steps]
        ? `, with a peak of ${formatNats(highest)} at step ${losses.indexOf(highest)}` : "";
      setAttributes(picture, { "aria-label": `${words}${peak}; lowest possible ${formatNats(floor)}` });
    },
  };
}

function accepts({ logits, labels, target, smoothing, distribution, rate, steps }) {
  if (!isListOf((z) => isNumber(z, -BOUND, BOUND), logits, 2, 10)) return false;
  const count = logits.length;
  const isDistribution = isListOf((share) => isNumber(share, 0, 1), distribution, count, count) &&
    Math.abs(distribution.reduce((sum, share) => sum + share, 0) - 1) <= 1e-8;
  return isListOf((label) => typeof label === "string", labels, count, count) &&
    isWhole(target, 0, count - 1) && isNumber(smoothing, 0, 1) &&
    (distribution === null || isDistribution) &&
    isNumber(rate, RATE_MIN, RATE_MAX) && isWhole(steps, 0, MAX_STEPS);
}

export default { render, accepts };

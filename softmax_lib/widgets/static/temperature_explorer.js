// TemperatureExplorer: p = softmax(z / T) as bars, under a temperature slider.

const T_MIN = 0.01;
const T_MAX = 100;
const MIN_CLASSES = 2;
const MAX_CLASSES = 10;
const MARKS = [0.01, 0.1, 1, 10, 100];
const SLIDER_STEP = 0.02; // of log10 T
const PRESETS = [
  ["Book: 2, 1, 0, −1", [2, 1, 0, -1]],
  ["Top tie: 2, 2, 0, −1", [2, 2, 0, -1]],
  ["All equal: 0, 0, 0, 0", [0, 0, 0, 0]],
  ["Close race: 1.1, 1, 0.9", [1.1, 1, 0.9]],
  ["Far ahead: 10, 0, 0, 0", [10, 0, 0, 0]],
];
const SWEEP = { steps: 240, wait: 33 }; // eight seconds from cold to hot
const CALM_SWEEP = { steps: 4, wait: 1500 }; // for readers who asked for less motion

// The shortest decimal within half a step of where the slider stands: 0.5 rather than 0.501187.
function temperatureAt(position) {
  for (const digits of [1, 2]) {
    const T = Number((10 ** position).toPrecision(digits));
    if (Math.abs(Math.log10(T) - position) <= SLIDER_STEP / 2) return T;
  }
  return Number((10 ** position).toPrecision(3));
}

function spokenTemperature(T) {
  return T >= 0.1 && T < 10 ? T.toFixed(2) : String(Number(T.toPrecision(3)));
}

// "class 1", or "class 1 and class 2" where they tie
function leadersOf(labels, logits) {
  const largest = Math.max(...logits);
  const names = labels.filter((_, i) => logits[i] === largest);
  const last = names.pop();
  return { count: names.length + 1, names: names.length ? `${names.join(", ")} and ${last}` : last };
}

function describe({ temperature, logits, labels }, p, H) {
  const { count, names } = leadersOf(labels, logits);
  const each = percent(Math.max(...p));
  const T = `T = ${Number(temperature.toPrecision(3))}: `;
  if (count === p.length) return `${T}all logits are equal, so every class has ${each} at any T`;
  if (count * Math.max(...p) > 0.995) {
    return count === 1
      ? `${T}nearly all mass on ${names}, almost one-hot`
      : `${T}nearly all mass on ${names}, which tie and share it equally`;
  }
  if (H > 0.99 * Math.log(p.length)) return `${T}nearly uniform, each class near 1/${p.length}`;
  return count === 1
    ? `${T}${names} leads with ${each}`
    : `${T}${names} tie for the lead with ${each} each`;
}

function render({ model, el }) {
  const read = () => ({
    temperature: model.get("temperature") ?? 1, // a saved page may leave out the default
    logits: model.get("logits"),
    labels: model.get("labels"),
  });
  const initial = model.get("initial") ?? read();
  const labelsFor = (count) => {
    const { labels } = read();
    const names = [...labels, ...initial.labels.slice(labels.length)];
    return Array.from({ length: count }, (_, i) => names[i] ?? `class ${i + 1}`);
  };

  // ---- what changes the model -------------------------------------------------------------

  function put(changes) {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    model.save_changes();
    redraw();
  }

  // Every change that the reader makes by hand, which also ends a sweep.
  function edit(changes) {
    stopSweep();
    swept = 0;
    refusal = "";
    put(changes);
  }

  function refuse(reason) {
    stopSweep();
    refusal = reason;
    redraw();
  }

  const setLogits = (logits) => edit({ logits, labels: labelsFor(logits.length) });
  const setLogit = (i, value) => setLogits(read().logits.map((z, j) => (j === i ? value : z)));

  let refusal = ""; // why the last input was not taken, instead of the usual line
  let swept = 0; // how much of a sweep is done, from 0 to 1; kept while it pauses
  let sweepTimer = 0;

  function stopSweep() {
    clearTimeout(sweepTimer);
    sweepTimer = 0;
    redraw();
  }

  function toggleSweep() {
    if (sweepTimer) return stopSweep();
    refusal = "";
    const { steps, wait } = reducedMotion() ? CALM_SWEEP : SWEEP;
    const step = () => {
      const T = T_MIN * (T_MAX / T_MIN) ** swept;
      put({ temperature: Number(T.toPrecision(3)) });
      if (swept === 1) {
        swept = 0;
        return stopSweep();
      }
      swept = Math.min(1, swept + 1 / steps);
      sweepTimer = setTimeout(step, wait);
    };
    step();
  }

  // ---- the page's nodes -------------------------------------------------------------------

  const number = numberField(
    { min: T_MIN, max: T_MAX },
    {
      min: T_MIN,
      max: T_MAX,
      get: () => read().temperature,
      onInput: (temperature) => edit({ temperature }),
      onRefusal: () => refuse("The temperature is a number from 0.01 to 100"),
    },
  );
  const slider = h("input", {
    type: "range", class: "se-slider", "aria-label": "temperature T, logarithmic",
    min: Math.log10(T_MIN), max: Math.log10(T_MAX), step: SLIDER_STEP,
  });
  slider.addEventListener("input", () => edit({ temperature: temperatureAt(Number(slider.value)) }));

  const marks = MARKS.map((T, i) => {
    const node = button(String(T), `set T = ${T}`, () => edit({ temperature: T }));
    node.style.setProperty("--at", i / (MARKS.length - 1));
    return node;
  });
  marks[0].prepend(h("span", {}, "cold "));
  marks[MARKS.length - 1].prepend(h("span", {}, "hot "));

  const sweep = button("Sweep", "move T from 0.01 to 100", toggleSweep);
  const reset = button("Reset", "back to how it began", () => {
    [low, high] = [-10, 10];
    edit(initial);
  });

  let low = -10; // how far the logits' sliders reach; they grow with what they have to show
  let high = 10;
  const heading = h("div", { class: "se-row se-head se-quiet", "aria-hidden": "true" },
    h("div", { class: "se-logit" }, h("span", {}, "class"), h("span", {}, "logit ", h("i", {}, "z"))),
    h("div", { class: "se-probability" },
      h("span", {}, "probability ", h("i", {}, "p"), h("span", { class: "se-key" }, "at T = 1"))));
  const bars = h("ul", { class: "se-bars", role: "list" });
  const rows = [];
  function addRow() {
    const i = rows.length;
    const row = {
      label: h("span", { class: "se-label" }),
      slider: h("input", { type: "range", class: "se-slider" }),
      number: numberField({}, {
        min: -Number.MAX_VALUE,
        max: Number.MAX_VALUE,
        get: () => read().logits[i],
        onInput: (value) => setLogit(i, value),
        onRefusal: () => refuse("A logit is any finite number"),
      }),
      fill: h("div", { class: "se-fill" }),
      ghost: h("div", { class: "se-ghost" }),
      value: h("span", { class: "se-value" }),
    };
    row.slider.addEventListener("input", () => {
      setLogit(i, Number(Number(row.slider.value).toPrecision(3)));
    });
    row.node = h("li", { class: "se-row" },
      h("div", { class: "se-logit" }, row.label, row.slider, row.number),
      h("div", { class: "se-probability" },
        h("div", { class: "se-track", "aria-hidden": "true" }, row.fill, row.ghost),
        h("span", { class: "se-hidden" }, "probability "),
        row.value));
    rows.push(row);
    bars.append(row.node);
  }

  const total = h("span", { class: "se-total" });
  const entropyText = h("span", { class: "se-entropy" });
  const mostText = h("span", { class: "se-most" });
  const entropyFill = h("div", { class: "se-fill" });
  const line = h("p", { class: "se-line", "aria-hidden": "true" });
  const live = h("p", { class: "se-hidden se-live", "aria-live": "polite" });

  const preset = select(
    "preset logits",
    ["Choose logits …", ...PRESETS.map(([name]) => name)],
    (choice) => {
      if (choice === 0) return redraw();
      [low, high] = [-10, 10];
      setLogits([...PRESETS[choice - 1][1]]);
    },
  );
  const add = button("Add class", "", () => {
    const { logits } = read();
    if (logits.length === MAX_CLASSES) return refuse(`There can be at most ${MAX_CLASSES} classes`);
    setLogits([...logits, initial.logits[logits.length] ?? 0]);
  });
  const remove = button("Remove class", "", () => {
    const { logits } = read();
    if (logits.length === MIN_CLASSES) return refuse(`There must be at least ${MIN_CLASSES} classes`);
    setLogits(logits.slice(0, -1));
  });

  const root = explorerRoot("temperature-explorer", "softmax temperature explorer");
  root.append(
    h("div", { class: "se-bar" },
      h("label", {}, "Temperature ", h("i", {}, "T"), number), sweep),
    h("div", { class: "se-scale" }, slider, h("div", { class: "se-marks" }, ...marks)),
    heading,
    bars,
    h("div", { class: "se-bar se-totals se-quiet" }, total, entropyText, mostText,
      h("div", { class: "se-track", "aria-hidden": "true" }, entropyFill)),
    h("div", { class: "se-status" }, line), live,
    h("div", { class: "se-bar" }, preset, reset, h("div", { class: "se-pair" }, add, remove)));

  // ---- keeping it current -----------------------------------------------------------------

  let liveTimer = 0;

  function draw() {
    const state = read();
    const { temperature, logits } = state;
    const count = logits.length;
    const labels = labelsFor(count); // for a moment the two may differ in length
    const p = softmax(logits, temperature);
    const lnP = logSoftmax(logits, temperature);
    const atOne = softmax(logits, 1);
    const H = entropy(logits, temperature);

    number.show();
    slider.value = Math.log10(temperature);
    const { names } = leadersOf(labels, logits);
    setAttributes(slider, {
      "aria-valuetext": `temperature ${spokenTemperature(temperature)}; ` +
        `leading class: ${names}, ${percent(Math.max(...p))}`,
    });
    marks.forEach((mark, i) => setAttributes(mark, { "aria-pressed": temperature === MARKS[i] }));
    setText(sweep, sweepTimer ? "Pause" : "Sweep");

    while (rows.length < count) addRow();
    while (rows.length > count) rows.pop().node.remove();
    low = Math.min(low, Math.floor(Math.min(...logits)));
    high = Math.max(high, Math.ceil(Math.max(...logits)));
    rows.forEach((row, i) => {
      setText(row.label, labels[i]);
      setAttributes(row.slider, {
        "aria-label": `logit of ${labels[i]}`, min: low, max: high,
        step: high - low > 20 ? "any" : 0.1,
      });
      row.slider.value = logits[i];
      setAttributes(row.number, { "aria-label": `logit of ${labels[i]}` });
      row.number.show();
      row.fill.style.width = `${100 * p[i]}%`;
      row.ghost.style.width = `${100 * atOne[i]}%`;
      setText(row.value, formatProbability(p[i], lnP[i], () => logOthers(logits, temperature, i)));
    });

    const most = Math.log(count);
    const nats = H < 0.001 ? scientific(Math.log(H)) : H.toFixed(4);
    // Of the sixteen digits that a double has, the last is rounding.
    setText(total, `sum ${Number(p.reduce((sum, value) => sum + value, 0).toPrecision(15))}`);
    setText(entropyText, `entropy ${nats} nats`);
    setText(mostText, `of ln ${count} = ${most.toFixed(4)}`);
    entropyFill.style.width = `${(100 * H) / most}%`;

    const text = refusal || describe({ temperature, logits, labels }, p, H);
    setText(line, text);
    clearTimeout(liveTimer);
    liveTimer = setTimeout(() => setText(live, text), 500); // spoken once the reader pauses

    const chosen = PRESETS.findIndex(([, z]) => String(z) === String(logits));
    preset.value = chosen + 1;
    limit(add, count === MAX_CLASSES, `at most ${MAX_CLASSES} classes`, "adds one more class");
    limit(remove, count === MIN_CLASSES, `at least ${MIN_CLASSES} classes`, `removes ${labels[count - 1]}`);

    root.dataset.state = JSON.stringify({
      temperature, logits, labels, probabilities: p, entropy: H,
    });
  }

  // Still focusable and clickable at the limit, so that a reader learns why nothing happens.
  function limit(node, reached, reason, title) {
    setAttributes(node, { "aria-disabled": reached, title: reached ? reason : title });
  }

  const redraw = oncePerFrame(draw);
  const events = ["change:temperature", "change:logits", "change:labels"];
  for (const event of events) model.on(event, redraw);
  draw();
  setText(live, line.textContent);
  el.append(root);

  return () => {
    for (const event of events) model.off(event, redraw);
    clearTimeout(sweepTimer);
    clearTimeout(liveTimer);
    redraw.cancel();
    root.remove();
  };
}

function accepts({ temperature, logits, labels }) {
  return isNumber(temperature, T_MIN, T_MAX) &&
    isListOf((z) => isNumber(z), logits, MIN_CLASSES, MAX_CLASSES) &&
    isListOf((label) => typeof label === "string", labels, logits.length, logits.length);
}

export default { render, accepts };

// TemperatureExplorer: p = softmax(z / T) as bars, under a temperature slider.

const MIN_CLASSES = 2;
const MAX_CLASSES = 10;
const PRESETS = [
  ["Book: 2, 1, 0, −1", [2, 1, 0, -1]],
  ["Top tie: 2, 2, 0, −1", [2, 2, 0, -1]],
  ["All equal: 0, 0, 0, 0", [0, 0, 0, 0]],
  ["Close race: 1.1, 1, 0.9", [1.1, 1, 0.9]],
  ["Far ahead: 10, 0, 0, 0", [10, 0, 0, 0]],
];

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

  const redraw = onceAfterwards(draw);
  const { control, player } = temperatureSweep(model, redraw);
  const { edit, refuse } = control;
  const setLogits = (logits) => edit({ logits, labels: labelsFor(logits.length) });
  const setLogit = (i, value) => setLogits(replaced(read().logits, i, value));

  // ---- the page's nodes -------------------------------------------------------------------

  const temperatureField = temperatureControl({
    get: () => read().temperature,
    onInput: (temperature) => edit({ temperature }),
    onRefusal: refuse,
  });
  const sweep = playButton("Sweep", "move T from 0.01 to 100", () => control.toggle(player.start));
  const reset = button("Reset", "back to how it began", () => edit(initial));

  const reach = sliderReach(redraw);
  const heading = h("div", { class: "se-row se-head se-quiet", "aria-hidden": "true" },
    logitHeading(),
    h("div", { class: "se-probability" },
      h("span", {}, "probability ", h("i", {}, "p"), h("span", { class: "se-key" }, "at T = 1"))));
  const bars = h("ul", { class: "se-bars", role: "list" });
  const rows = [];
  function addRow() {
    const i = rows.length;
    const row = {
      label: h("span", { class: "se-label" }),
      logit: logitControl({
        get: () => read().logits[i],
        onInput: (value) => setLogit(i, value),
        onRefusal: refuse,
        reach,
      }),
      fill: h("div", { class: "se-fill" }),
      ghost: h("div", { class: "se-ghost" }),
      value: textBox("se-value"),
    };
    row.node = h("li", { class: "se-row" },
      h("div", { class: "se-logit" }, row.label, ...row.logit.nodes),
      h("div", { class: "se-probability" },
        h("div", { class: "se-track", "aria-hidden": "true" }, row.fill, row.ghost),
        h("span", { class: "se-hidden" }, "probability "),
        row.value));
    rows.push(row);
    bars.append(row.node);
  }

  const total = textBox("se-total");
  const entropyText = textBox("se-entropy");
  const mostText = textBox("se-most");
  const entropyFill = h("div", { class: "se-fill" });
  const status = statusLine();

  const preset = logitPresets(PRESETS, setLogits, redraw);
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
    h("div", { class: "se-bar" }, temperatureField.field, sweep),
    temperatureField.scale,
    heading,
    bars,
    h("div", { class: "se-bar se-totals se-quiet" }, total, entropyText, mostText,
      h("div", { class: "se-track", "aria-hidden": "true" }, entropyFill)),
    ...status.nodes,
    h("div", { class: "se-bar" }, preset.node, reset, h("div", { class: "se-pair" }, add, remove)));

  // ---- keeping it current -----------------------------------------------------------------

  function draw() {
    const state = read();
    const { temperature, logits } = state;
    const count = logits.length;
    const labels = labelsFor(count); // for a moment the two may differ in length
    const p = softmax(logits, temperature);
    const lnP = logSoftmax(logits, temperature);
    const atOne = softmax(logits, 1);
    const H = entropy(logits, temperature);

    const { names } = leadersOf(labels, logits);
    temperatureField.show(`leading: ${names}, ${percent(Math.max(...p))}`);
    setText(sweep, player.running ? "Pause" : "Sweep");

    while (rows.length < count) addRow();
    while (rows.length > count) rows.pop().node.remove();
    reach.cover(logits);
    rows.forEach((row, i) => {
      setText(row.label, labels[i]);
      row.logit.show(`logit of ${labels[i]}`);
      setShare(row.fill, p[i]);
      setEnd(row.ghost, atOne[i]);
      setText(row.value, formatProbability(p[i], lnP[i], () => logOthers(logits, temperature, i)));
    });

    const most = Math.log(count);
    // Of the sixteen digits that a double has, the last is rounding.
    setText(total, `sum ${Number(p.reduce((sum, value) => sum + value, 0).toPrecision(15))}`);
    setText(entropyText, `entropy ${formatNats(H, () => lnEntropy(logits, temperature))} nats`);
    setText(mostText, `of ln ${count} = ${most.toFixed(4)}`);
    setShare(entropyFill, H / most);

    status.say(control.remark || describe({ temperature, logits, labels }, p, H));

    preset.show((z) => String(z) === String(logits));
    limit(add, count === MAX_CLASSES, `at most ${MAX_CLASSES} classes`, "adds one more class");
    limit(remove, count === MIN_CLASSES, `at least ${MIN_CLASSES} classes`, `removes ${labels[count - 1]}`);

    root.dataset.state = JSON.stringify({
      temperature, logits, labels, probabilities: p, entropy: H,
    });
  }

  return mount({ model, el }, root, Object.keys(read()), draw, control, status);
}

function accepts({ temperature, logits, labels }) {
  return isNumber(temperature, T_MIN, T_MAX) &&
    isListOf((z) => isNumber(z), logits, MIN_CLASSES, MAX_CLASSES) &&
    isListOf((label) => typeof label === "string", labels, logits.length, logits.length);
}

export default { render, accepts };

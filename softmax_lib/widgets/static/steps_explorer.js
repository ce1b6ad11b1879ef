// StepsExplorer: logits, their exponentials, and those over their sum, as three rows of bars.

const REACH = 10; // of a logit, either way: exp(10) is 22026 times exp(0)

// The definition, unshifted: within the reach nothing overflows, and each step is there to be seen.
export function steps(logits) {
  const exponentials = logits.map((z) => Math.exp(z));
  const total = exponentials.reduce((sum, e) => sum + e, 0);
  return { exponentials, total, probabilities: exponentials.map((e) => e / total) };
}

function pairsOf(count) {
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: count - i - 1 }, (__, j) => [i, i + j + 1])).flat();
}

function formatExponential(e) {
  if (e < 0.001) return e.toExponential(2);
  if (e < 0.1) return e.toPrecision(3);
  return e >= 100 ? e.toFixed(1) : e.toFixed(3);
}

// One that rounds to 1 is written as 1 less the others.
function formatShare(p, others) {
  if (p >= 0.99995) return `1−${others.toExponential(0)}`;
  return p < 0.001 ? p.toExponential(2) : p.toFixed(4);
}

function formatOdds(ratio) {
  return ratio >= 1e5 || ratio < 0.001 ? ratio.toExponential(3) : String(Number(ratio.toPrecision(5)));
}

// Which class has moved alone: its index, "all" if all went the same way, null if neither holds.
function whatMoved(before, after) {
  const gaps = after.map((z, i) => z - before[i]);
  const moved = gaps.flatMap((gap, i) => (gap === 0 ? [] : [i]));
  if (moved.length === 1) return moved[0];
  return gaps.every((gap) => Math.abs(gap - gaps[0]) < 1e-9) ? "all" : null;
}

function render({ model, el }) {
  const read = () => ({ logits: model.get("logits") });
  const labels = model.get("labels");
  const initial = model.get("initial") ?? read();
  const pairs = pairsOf(labels.length);

  const redraw = onceAfterwards(draw);
  const control = editor(model, redraw);
  let drawn = read().logits;
  let moved = null; // what whatMoved said of the last change

  const edit = (logits) => control.edit({ logits });
  const setLogit = (i, value) => edit(replaced(read().logits, i, value));

  function shift(step) {
    const logits = read().logits.map((z) => z + step);
    if (logits.every((z) => Math.abs(z) <= REACH)) return edit(logits);
    return control.refuse(`A logit would leave the range from −${REACH} to ${REACH}`);
  }

  // ---- the page's nodes -------------------------------------------------------------------

  const note = (text) => h("span", { class: "se-note" }, text);
  const heading = (ofNote, ...text) => h("p", { class: "se-heading" }, h("span", {}, ...text), ofNote);

  function rowOf(name, cells) {
    const row = h("ul", { class: "se-columns", role: "list", "aria-label": name }, ...cells);
    row.style.setProperty("--classes", cells.length);
    return row;
  }

  const logits = labels.map((label, i) => {
    const bar = h("div", { class: "se-signed" });
    const range = slider({
      class: "se-slider se-upright", "aria-label": `logit of ${label}`,
      "aria-orientation": "vertical", min: -REACH, max: REACH, step: 0.1,
    }, (value) => setLogit(i, value));
    const number = numberField({ "aria-label": `logit of ${label}` }, {
      min: -REACH,
      max: REACH,
      get: () => read().logits[i],
      onInput: (value) => setLogit(i, value),
      onRefusal: () => control.refuse(`A logit here is a number from −${REACH} to ${REACH}`),
    });
    const node = h("li", {}, h("span", { class: "se-label" }, label),
      h("div", { class: "se-upright-track" }, bar, range), h("div", {}, number));
    return { bar, range, number, node };
  });

  const barRow = (name) => labels.map((label) => {
    const fill = h("div", { class: "se-fill" });
    const value = textBox("se-value");
    const node = h("li", {},
      h("div", { class: "se-track", "aria-hidden": "true" }, fill),
      h("span", { class: "se-hidden" }, `${name} of ${label} `), value);
    return { fill, value, node };
  });
  const exponentials = barRow("exponential");
  const probabilities = barRow("probability");
  const odds = pairs.map(([i, j]) => {
    const value = textBox("se-value");
    const note = h("span", { class: "se-quiet" });
    const node = h("li", {},
      h("span", { class: "se-label" }, `${labels[i]} : ${labels[j]}`), value, note);
    return { value, note, node };
  });

  const scaleText = textBox("se-note");
  const total = h("p", { class: "se-sum se-text" });
  const status = statusLine();
  const up = button("Add 1 to all", "shift every logit up", () => shift(1));
  const down = button("Take 1 from all", "shift every logit down", () => shift(-1));
  const reset = button("Reset", "back to how it began", () => {
    [drawn, moved] = [initial.logits, null]; // no class has moved yet
    edit(initial.logits);
  });

  const root = explorerRoot("steps-explorer", "softmax in three steps");
  root.append(
    h("div", { class: "se-views" },
      h("div", { class: "se-rows" },
        heading(note(`from −${REACH} to ${REACH}`), "Logits ", h("i", {}, "z")),
        rowOf("logits", logits.map(({ node }) => node)),
        heading(scaleText, "Exponentials ", h("i", {}, "e"), h("sup", {}, h("i", {}, "z"))),
        rowOf("exponentials", exponentials.map(({ node }) => node)),
        total,
        heading(note("bars from 0 to 1"), "Probabilities ", h("i", {}, "p"), ": each over the sum"),
        rowOf("probabilities", probabilities.map(({ node }) => node))),
      h("div", { class: "se-odds" }, heading("", "Odds: one over another"),
        h("ul", { role: "list", "aria-label": "odds" }, ...odds.map(({ node }) => node)))),
    ...status.nodes,
    h("div", { class: "se-bar" }, up, down, reset));

  // ---- keeping it current -----------------------------------------------------------------

  function describe() {
    if (moved === "all") {
      return "All logits moved by the same step: every exponential moved, but no probability and no odds did";
    }
    if (moved === null) return "The odds of two classes are e to the gap between their logits";
    const name = labels[moved];
    return labels.length === 2
      ? `${name} moved: both probabilities and their odds moved`
      : `${name} moved: all probabilities moved, the odds among the other classes stayed`;
  }

  function mark(value, hasMoved) {
    value.classList.toggle("se-moved", hasMoved);
  }

  function draw() {
    const z = read().logits;
    const { exponentials: e, total: sum, probabilities: p } = steps(z);
    if (String(z) !== String(drawn)) moved = whatMoved(drawn, z);
    drawn = z;

    const own = (i) => moved === "all" || moved === i;
    const alone = typeof moved === "number";
    logits.forEach(({ bar, range, number }, i) => {
      range.show(z[i]);
      number.show();
      setTransform(bar, `scaleY(${z[i] / REACH})`);
    });
    // with steps, so that a bar moves with its own value and not with the largest
    const scale = roundUp(Math.max(...e));
    exponentials.forEach(({ fill, value }, i) => {
      setTransform(fill, `scaleY(${e[i] / scale})`);
      setText(value, formatExponential(e[i]));
      mark(value, own(i));
    });
    probabilities.forEach(({ fill, value }, i) => {
      setTransform(fill, `scaleY(${p[i]})`);
      setText(value, formatShare(p[i], p.reduce((rest, q, j) => (j === i ? rest : rest + q), 0)));
      mark(value, alone);
    });
    odds.forEach(({ value, note }, k) => {
      const [i, j] = pairs[k];
      const hasMoved = alone && (moved === i || moved === j);
      setText(value, formatOdds(p[i] / p[j]));
      mark(value, hasMoved);
      setText(note, moved === null ? "" : hasMoved ? "moved" : "stayed");
    });
    setText(scaleText, `bars from 0 to ${scale < 0.0001 ? scale.toExponential() : scale}`);
    setText(total, `their sum: ${formatExponential(sum)}`);
    status.say(control.remark || describe());
    root.dataset.state = JSON.stringify({
      logits: z, labels, exponentials: e, total: sum, probabilities: p,
      odds: pairs.map(([i, j]) => p[i] / p[j]),
    });
  }

  return mount({ model, el }, root, Object.keys(read()), draw, control, status);
}

function accepts({ logits, labels }) {
  return isListOf((z) => isNumber(z, -REACH, REACH), logits, labels.length, labels.length);
}

export default { render, accepts };

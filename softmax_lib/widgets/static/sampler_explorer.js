// SamplerExplorer: draws from softmax(z / T), with top-k and nucleus cut-offs, by Gumbel-max.

const MAX_DRAWS = 10000;
const MAX_SEED = 2 ** 32 - 1;
const RUN = { draws: 20, wait: 33 };
const CALM_RUN = { draws: 1000, wait: 1500 }; // for readers who asked for less motion

// Mulberry32 (Tommy Ettinger, 2017): the n-th number of a seed, strictly between 0 and 1. It mixes
// a counter, so that no number needs the one before. softmax_lib.sampling has the same, bit for bit.
export function mulberry32(seed, n) {
  const a = (seed + Math.imul(n + 1, 0x6d2b79f5)) | 0;
  let t = Math.imul(a ^ (a >>> 15), a | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 2 ** 32;
}

// (z - max z) / T, and -Infinity for what is cut off: first all but the k largest, then, of these,
// what is not needed to reach the probability top_p. A sum that misses it by rounding has reached it;
// a target of 1 takes all.
export function cutOff({ logits, temperature, top_k: k, top_p: target }) {
  const x = shifted(logits, temperature);
  const order = x.map((_, i) => i).sort((i, j) => x[j] - x[i] || i - j).slice(0, k);
  const p = softmax(order.map((i) => x[i]));
  const result = x.map(() => -Infinity);
  let before = 0; // what the larger ones have together
  order.forEach((i, rank) => {
    if (target === 1 || before < target - 1e-12) result[i] = x[i];
    before += p[rank];
  });
  return result;
}

// counts(x, draws): how often each class is the first by x plus its own Gumbel noise. The noise is
// that of the seed whatever the logits are, so it is kept.
export function sampler(seed, count) {
  const noise = [];
  return (x, draws) => {
    while (noise.length < draws * count) noise.push(-Math.log(-Math.log(mulberry32(seed, noise.length))));
    const counts = Array(count).fill(0);
    for (let n = 0; n < draws; n++) {
      let best = 0;
      for (let i = 1; i < count; i++) {
        if (x[i] + noise[n * count + i] > x[best] + noise[n * count + best]) best = i;
      }
      counts[best] += 1;
    }
    return counts;
  };
}

// How far the counts are from what the probabilities p let expect.
export function distances(counts, p) {
  const n = counts.reduce((sum, count) => sum + count, 0);
  if (n === 0) return { totalVariation: 0, chiSquare: 0 };
  const variation = counts.reduce((sum, count, i) => sum + Math.abs(count / n - p[i]), 0) / 2;
  const chiSquare = counts.reduce((sum, count, i) =>
    (p[i] > 0 ? sum + (count - n * p[i]) ** 2 / (n * p[i]) : sum), 0);
  return { totalVariation: variation, chiSquare };
}

function shareText(x, p, lnP, i) {
  if (x[i] === -Infinity) return "cut off";
  return formatProbability(p[i], lnP[i], () => logOthers(x, 1, i));
}

// How many of the draws a class of ln p is expected to get; what is small does not pass for 0.
function formatExpected(draws, lnP) {
  const n = draws * Math.exp(lnP);
  if (n < 0.01) return scientific(Math.log(draws) + lnP);
  return n < 1 ? n.toPrecision(2) : n.toFixed(1);
}

function render({ model, el }) {
  const labels = model.get("labels");
  const count = labels.length;
  const read = () => ({
    logits: model.get("logits"),
    temperature: model.get("temperature") ?? 1,
    top_k: model.get("top_k") ?? 1,
    top_p: model.get("top_p") ?? 1,
    seed: model.get("seed") ?? 1,
    draws: model.get("draws") ?? 0,
  });
  const initial = model.get("initial") ?? read();

  // ---- what changes the model -------------------------------------------------------------

  // What is drawn from may change in a run, which ends it. The random numbers stay, so that the counts
  // tell what the change alone has done.
  const redraw = onceAfterwards(draw);
  let pace;
  const player = repeat(() => {
    put({ draws: Math.min(MAX_DRAWS, read().draws + pace.draws) });
    return read().draws < MAX_DRAWS;
  }, redraw);
  const control = editor(model, redraw, player);
  const { put, edit, refuse } = control;

  function drawMore(more) {
    const { draws } = read();
    if (draws === MAX_DRAWS) return refuse(`There can be at most ${MAX_DRAWS} draws: clear them first`);
    put({ draws: Math.min(MAX_DRAWS, draws + more) });
  }

  let sample; // counts for the seed that it was made for
  let sampleSeed;

  function beginRun() {
    if (read().draws === MAX_DRAWS) return drawMore(1);
    pace = reducedMotion() ? CALM_RUN : RUN;
    return player.start(pace.wait);
  }

  // ---- the page's nodes -------------------------------------------------------------------

  const temperatureField = temperatureControl({
    get: () => read().temperature,
    onInput: (temperature) => edit({ temperature }),
    onRefusal: refuse,
  });

  // A slider and a number for a cut-off or the like.
  function setting(name, label, { min, max, step, reason, whole = false }) {
    const take = (value) => edit({ [name]: value });
    const number = numberField({ step: step ?? 1 }, {
      min,
      max,
      ...(whole && { fits: Number.isInteger, write: String }),
      get: () => read()[name],
      onInput: take,
      onRefusal: () => refuse(reason),
    });
    const range = step && slider({ "aria-label": label, min, max, step }, take);
    return {
      node: h("div", { class: "se-setting" },
        h("label", {}, `${label} `, number), ...(range ? [h("div", {}, range)] : [])),
      show() {
        number.show();
        range?.show(read()[name]);
      },
    };
  }
  const settings = [
    setting("top_k", "top-k", {
      min: 1, max: count, step: 1, whole: true, reason: `Top-k is a whole number from 1 to ${count}`,
    }),
    setting("top_p", "top-p", {
      min: 0.01, max: 1, step: 0.01, reason: "Top-p is a number from 0.01 to 1",
    }),
    setting("seed", "seed", {
      min: 0, max: MAX_SEED, whole: true, reason: `A seed is a whole number from 0 to ${MAX_SEED}`,
    }),
  ];

  const reach = sliderReach(redraw);
  const heading = h("div", { class: "se-row se-head se-quiet", "aria-hidden": "true" },
    logitHeading(),
    h("div", { class: "se-probability" },
      h("span", {}, "probability ", h("i", {}, "p")),
      h("span", { class: "se-key" }, "before the cut"),
      h("span", { class: "se-key se-key-seen" }, "drawn (expected)")));
  const rows = labels.map((label, i) => {
    const row = {
      logit: logitControl({
        get: () => read().logits[i],
        onInput: (value) => edit({ logits: replaced(read().logits, i, value) }),
        onRefusal: refuse,
        reach,
      }),
      fill: h("div", { class: "se-fill" }),
      ghost: h("div", { class: "se-ghost" }),
      seen: h("div", { class: "se-seen" }),
      value: h("span", { class: "se-value se-text" }),
      drawn: h("span", { class: "se-text se-quiet se-drawn" }),
    };
    row.node = h("li", { class: "se-row" },
      h("div", { class: "se-logit" }, h("span", { class: "se-label" }, label), ...row.logit.nodes),
      h("div", { class: "se-probability" },
        h("div", { "aria-hidden": "true" },
          h("div", { class: "se-track" }, row.fill, row.ghost), row.seen),
        h("div", {}, h("span", { class: "se-hidden" }, "probability "), row.value,
          h("span", { class: "se-hidden" }, "drawn (expected) "), row.drawn)));
    return row;
  });

  const cutText = textBox("se-cut");
  const variationText = textBox("se-variation");
  const chiText = textBox("se-chi");
  const status = statusLine();
  const one = button("Draw 1", "", () => drawMore(1));
  const hundred = button("Draw 100", "", () => drawMore(100));
  const run = playButton("Run", `draw up to ${MAX_DRAWS}`, () => control.toggle(beginRun));
  const clear = button("Clear", "back to no draws", () => {
    if (read().draws === 0) return refuse("There are no draws to clear");
    edit({ draws: 0 });
  });
  const reset = button("Reset", "back to how it began", () => edit(initial));

  const root = explorerRoot("sampler-explorer", "softmax sampler");
  root.append(
    h("div", { class: "se-bar" }, temperatureField.field),
    temperatureField.scale,
    h("div", { class: "se-bar se-settings" }, ...settings.map(({ node }) => node)),
    heading,
    h("ul", { class: "se-bars", role: "list" }, ...rows.map(({ node }) => node)),
    h("div", { class: "se-bar se-totals se-quiet" }, cutText, variationText, chiText),
    ...status.nodes,
    h("div", { class: "se-bar" }, one, hundred, run, clear, reset));

  // ---- keeping it current -----------------------------------------------------------------

  function describe({ temperature, draws }, p, lnP, counts, left) {
    const best = p.indexOf(Math.max(...p));
    if (draws === 0) {
      const T = `T = ${Number(temperature.toPrecision(3))}`;
      const what = left === count ? "no class is cut off" : `${left} of ${count} classes are left`;
      return `${T}: ${what}; no draw yet`;
    }
    return `${counted(draws, "draw")}: ${labels[best]} came ${counted(counts[best], "time")}, ` +
      `expected ${formatExpected(draws, lnP[best])}`;
  }

  function draw() {
    const state = read();
    const { logits, temperature, seed, draws } = state;
    const x = cutOff(state);
    const p = softmax(x);
    const whole = softmax(logits, temperature);
    const removed = whole.reduce((sum, q, i) => (x[i] === -Infinity ? sum + q : sum), 0);
    if (seed !== sampleSeed) [sample, sampleSeed] = [sampler(seed, count), seed];
    const counts = sample(x, draws);
    const { totalVariation, chiSquare } = distances(counts, p);

    const lnP = logSoftmax(x);
    const left = x.filter((value) => value > -Infinity).length;
    const line = describe(state, p, lnP, counts, left);
    temperatureField.show(line);
    settings.forEach((field) => field.show());
    setText(run, player.running ? "Pause" : "Run");
    reach.cover(logits);
    rows.forEach((row, i) => {
      row.logit.show(`logit of ${labels[i]}`);
      setShare(row.fill, p[i]);
      setEnd(row.ghost, whole[i]);
      setShare(row.seen, draws ? counts[i] / draws : 0);
      setText(row.value, shareText(x, p, lnP, i));
      setText(row.drawn, draws ? `${counts[i]} (${formatExpected(draws, lnP[i])})` : "not drawn yet");
    });
    const written = (share) => (share === 0 ? "0" : formatNats(share));
    const lnRemoved = () =>
      logsumexp(logSoftmax(logits, temperature).filter((_, i) => x[i] === -Infinity));
    setText(cutText, `cut off ${left === count ? "0" : formatNats(removed, lnRemoved)}`);
    setText(variationText, `total variation ${draws ? written(totalVariation) : "–"}`);
    setText(chiText, `χ² ${draws ? chiSquare.toFixed(2) : "–"}, degrees of freedom ${left - 1}`);
    const full = draws === MAX_DRAWS;
    limit(one, full, `at most ${MAX_DRAWS} draws`, "draws one class");
    limit(hundred, full, `at most ${MAX_DRAWS} draws`, "draws a hundred");
    status.say(control.remark || line);
    root.dataset.state = JSON.stringify({
      ...state, labels, probabilities: p, counts, totalVariation, chiSquare, removed,
    });
  }

  return mount({ model, el }, root, Object.keys(read()), draw, control, status);
}

function accepts({ logits, temperature, top_k, top_p, seed, draws, labels }) {
  return isListOf((z) => isNumber(z), logits, labels.length, labels.length) &&
    isNumber(temperature, T_MIN, T_MAX) && isWhole(top_k, 1, labels.length) &&
    isNumber(top_p, 0.01, 1) && isWhole(seed, 0, MAX_SEED) && isWhole(draws, 0, MAX_DRAWS);
}

export default { render, accepts };

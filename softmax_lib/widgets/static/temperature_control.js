// The temperature T as a number and as a logarithmic slider, for every explorer that has one.

const T_MIN = 0.01;
const T_MAX = 100;
const MARKS = [0.01, 0.1, 1, 10, 100];
const SLIDER_STEP = 0.02; // of log10 T
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

// Returns its two nodes, and show(text), which brings both up to date; the text is what a screen
// reader hears after the temperature. onRefusal(reason) is called for what is no temperature.
function temperatureControl({ get, onInput, onRefusal }) {
  const number = numberField({}, {
    min: T_MIN,
    max: T_MAX,
    get,
    onInput,
    onRefusal: () => onRefusal("The temperature is a number from 0.01 to 100"),
    // The browser's own step of 1 leads to no T below 1.
    next: (T, way) => {
      const position = Math.log10(T) + way * SLIDER_STEP;
      return temperatureAt(clamp(position, Math.log10(T_MIN), Math.log10(T_MAX)));
    },
  });
  const range = slider({
    "aria-label": "temperature T, logarithmic",
    min: Math.log10(T_MIN), max: Math.log10(T_MAX), step: SLIDER_STEP,
  }, (position) => onInput(temperatureAt(position)));
  const marks = MARKS.map((T, i) => {
    const node = button(String(T), `set T = ${T}`, () => onInput(T));
    node.style.setProperty("--at", i / (MARKS.length - 1));
    return node;
  });
  marks[0].prepend(h("span", {}, "cold "));
  marks[MARKS.length - 1].prepend(h("span", {}, "hot "));
  return {
    field: h("label", { class: "se-temperature" }, "Temperature ", h("i", {}, "T"), " ", number),
    scale: h("div", { class: "se-scale" }, range, h("div", { class: "se-marks" }, ...marks)),
    show(text) {
      const T = get();
      number.show();
      range.show(Math.log10(T), {
        "aria-valuetext": `temperature ${spokenTemperature(T)}; ${text}`,
      });
      marks.forEach((mark, i) => setAttributes(mark, { "aria-pressed": T === MARKS[i] }));
    },
  };
}

// An editor of the model, and a player that runs it through all temperatures. The player may pause
// and go on; after rewind() it begins again.
function temperatureSweep(model, redraw) {
  let swept = 0; // how much is done, from 0 to 1
  let steps;
  const clock = repeat(() => {
    const T = T_MIN * (T_MAX / T_MIN) ** swept;
    control.put({ temperature: Number(T.toPrecision(3)) });
    const more = swept < 1;
    swept = more ? Math.min(1, swept + 1 / steps) : 0;
    return more;
  }, redraw);
  const player = {
    get running() {
      return clock.running;
    },
    stop: clock.stop,
    rewind() {
      swept = 0;
    },
    start() {
      const pace = reducedMotion() ? CALM_SWEEP : SWEEP;
      steps = pace.steps;
      clock.start(pace.wait);
    },
  };
  const control = editor(model, redraw, player);
  return { control, player };
}

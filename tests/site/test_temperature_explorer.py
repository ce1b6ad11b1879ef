"""TemperatureExplorer in a real browser, with no kernel: mouse, keys, touch, numbers, looks."""

import functools
import sys

import mpmath
import pytest
from playwright.sync_api import expect

from softmax_lib import core, losses
from softmax_lib.widgets import TemperatureExplorer

from .explorer_harness import FLAWS, at_each_width, button, contrast, settle, shown, state

TEMPERATURES = [0.01, 0.0123, 0.1, 0.25, 0.5, 1, 2, 5, 10, 99.9, 100]
LOGITS = [
    [2, 1, 0, -1],
    [2, 2, 0, -1],
    [0, 0, 0],
    [1.1, 1, 0.9],
    [10, 0, 0, 0],
    [0.1 * k * (-1) ** k for k in range(10)],
    [1e6 + 0.1, 1e6, 1e6 - 3],
    [700, -700, 3.14],
    [1e308, -1e308],
]
LONG = [
    "a cat asleep on a sofa",
    "Donaudampfschifffahrtsgesellschaft",
    "the third of the best-known",
]
LONG += [
    "<img src=x onerror=alert(1)>",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten of them, at most",
]
TEN = {"logits": [3, -2, 1.25, 0.5, 7, -10, 4, 4.5, 2, 1], "labels": LONG}

# A result below the smallest normal double keeps fewer digits; entropy adds up to ten of those,
# each times up to 745.
TINY = {"abs": 1e-318}

MINUS = "\N{MINUS SIGN}"


@functools.cache
def exact(logits, temperature):
    """Return softmax and its entropy from the definitions, at 60 digits after the cancellation."""
    with mpmath.workdps(60):
        x = [(mpmath.mpf(z) - max(logits)) / mpmath.mpf(temperature) for z in logits]
        e = [mpmath.exp(value) for value in x]
        total = mpmath.fsum(e)
        entropy = mpmath.log(total) - mpmath.fsum(a * b for a, b in zip(e, x, strict=True)) / total
        lead = x.index(0)
        if total - 1 < mpmath.mpf(10) ** -40:  # ln of a total that 60 digits round to 1
            rest = mpmath.fsum(e[:lead] + e[lead + 1 :])
            entropy = rest - mpmath.fsum(a * b for a, b in zip(e, x, strict=True))
        return [float(value / total) for value in e], float(entropy)


def assert_right(says):
    """Hold what an explorer says of itself against mpmath and softmax_lib."""
    logits, temperature = says["logits"], says["temperature"]
    p, entropy = exact(tuple(logits), temperature)
    assert says["probabilities"] == pytest.approx(p, rel=1e-12, **TINY)
    assert says["entropy"] == pytest.approx(entropy, rel=1e-12, **TINY)
    theirs = core.softmax(logits, temperature=temperature)
    assert says["probabilities"] == pytest.approx(theirs, rel=1e-12, **TINY)
    theirs = losses.entropy(logits, temperature=temperature)
    assert says["entropy"] == pytest.approx(theirs, rel=1e-12, **TINY)
    assert len(says["labels"]) == len(logits)


@pytest.fixture
def visit(explore):
    """Open pages of explorers, by default of one that begins as the book's."""
    return lambda *widgets, **options: explore(*(widgets or [TemperatureExplorer()]), **options)


RECORD = """() => {
  window.seen = [];
  models[0].on("change:temperature", () => seen.push(models[0].get("temperature")));
}"""


def temperature_slider(page):
    return page.get_by_role("slider", name="temperature")


# ---- the numbers --------------------------------------------------------------------------------


def test_the_arithmetic_is_right_to_twelve_digits(visit):
    page = visit()
    for logits in LOGITS:
        for temperature in TEMPERATURES:
            says = page.evaluate(
                """([logits, temperature]) => ({
                  logits, temperature, labels: logits,
                  probabilities: arithmetic.softmax(logits, temperature),
                  entropy: arithmetic.entropy(logits, temperature),
                  logs: arithmetic.logSoftmax(logits, temperature),
                  lse: arithmetic.logsumexp(logits, temperature),
                })""",
                [logits, temperature],
            )
            assert_right(says)
            with mpmath.workdps(60):
                x = [(mpmath.mpf(z) - max(logits)) / mpmath.mpf(temperature) for z in logits]
                rest = mpmath.fsum(mpmath.exp(v) for i, v in enumerate(x) if i != x.index(0))
                log_total = mpmath.log1p(rest) if rest > 1e-30 else rest
                logs = [float(v - log_total) for v in x]
                lse = float(mpmath.mpf(max(logits)) / mpmath.mpf(temperature) + log_total)
            if max(logits) - min(logits) < float("inf"):  # else -inf: it overflowed, p is 0
                assert says["logs"] == pytest.approx(logs, rel=1e-12, **TINY)
            assert says["lse"] == pytest.approx(lse, rel=1e-12, abs=1e-15)


# Digits from mpmath (FACTS: the slider); e^-1000 = 5.0759589e-435 is beyond any double.
@pytest.mark.parametrize(
    ("logits", "temperature", "numbers", "entropy"),
    [
        (
            [2, 1, 0, -1],
            0.01,
            [f"1 {MINUS} 3.72e-44", "3.72e-44", "1.38e-87", "5.15e-131"],
            "3.76e-42",
        ),
        ([2, 1, 0, -1], 0.1, [f"1 {MINUS} 4.54e-5", "4.54e-5", "2.06e-9", "9.36e-14"], "4.99e-4"),
        ([2, 1, 0, -1], 0.25, ["0.9817", "0.0180", "3.29e-4", "6.03e-6"], "0.0931"),
        ([2, 1, 0, -1], 1, ["0.6439", "0.2369", "0.0871", "0.0321"], "0.9475"),
        ([2, 1, 0, -1], 100, ["0.2538", "0.2512", "0.2487", "0.2463"], "1.3862"),
        ([9.2107, 0], 1, ["0.9999", "1.00e-4"], "0.0010"),  # of 9.9954e-5
        ([10, 0], 0.01, [f"1 {MINUS} 5.08e-435", "5.08e-435"], "5.08e-432"),
        ([1e6, 0], 0.01, [f"1 {MINUS} <1e-999999", "<1e-999999"], "<1e-999999"),
        ([1e308, -1e308], 1, [f"1 {MINUS} <1e-999999", "<1e-999999"], "<1e-999999"),
        ([2, 2, 0], 0.01, ["0.5000", "0.5000", "6.92e-88"], "0.6931"),
    ],
)
def test_the_numbers_shown_hide_nothing(visit, logits, temperature, numbers, entropy):
    page = visit(TemperatureExplorer(logits, temperature=temperature))
    assert shown(page, ".se-value") == numbers
    assert shown(page, ".se-entropy") == [f"entropy {entropy} nats"]
    most = mpmath.log(len(logits))
    assert shown(page, ".se-most") == [f"of ln {len(logits)} = {float(most):.4f}"]


def test_the_sum_is_the_one_computed_but_for_its_last_digit(visit):
    page = visit(TemperatureExplorer(**TEN, temperature=3.3))
    total = page.evaluate("(p) => p.reduce((a, b) => a + b, 0)", state(page)["probabilities"])
    assert total == pytest.approx(1, abs=1e-15)
    assert shown(page, ".se-total") == [f"sum {total:.15g}"] == ["sum 1"]


def test_the_bars_are_as_long_as_the_probabilities(visit):
    page = visit(TemperatureExplorer(temperature=0.5))
    widths = page.locator(".se-bars .se-track").evaluate_all(
        """(tracks) => tracks.map((track) =>
             [".se-fill", ".se-ghost"].map((s) => {
               const end = track.querySelector(s).getBoundingClientRect().right;
               return (end - track.getBoundingClientRect().left) / track.clientWidth;
             }))"""
    )
    for row, p, p_at_one in zip(
        widths, exact((2, 1, 0, -1), 0.5)[0], exact((2, 1, 0, -1), 1)[0], strict=True
    ):
        assert row == pytest.approx([p, p_at_one], abs=0.01)
    meter = page.locator(".se-totals .se-fill")
    share = exact((2, 1, 0, -1), 0.5)[1] / mpmath.log(4)
    filled = meter.evaluate("e => e.getBoundingClientRect().width / e.parentNode.clientWidth")
    assert filled == pytest.approx(float(share), abs=0.001)


# ---- the temperature ----------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_the_mouse_drags_the_slider_to_both_ends(visit, scheme):
    page = visit(scheme=scheme)
    box = temperature_slider(page).bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    for share, T in [(0.3, None), (-0.1, 0.01), (0.6, None), (1.1, 100)]:
        page.mouse.move(box["x"] + share * box["width"], middle, steps=5)
        says = state(page)
        assert T in (None, says["temperature"])
        assert 0.01 <= says["temperature"] <= 100
        assert_right(says)
    page.mouse.up()


def test_the_keys_move_the_slider(visit):
    page = visit()
    temperature_slider(page).focus()
    seen = [1]
    keys = ["ArrowRight", "ArrowUp", "PageUp", "ArrowLeft", "ArrowDown", "PageDown", "Home", "End"]
    for key in keys:
        page.keyboard.press(key)
        assert_right(state(page))
        seen.append(state(page)["temperature"])
    assert seen[1] < seen[2] < seen[3] > seen[4] > seen[5] > seen[6]
    assert seen[-2:] == [0.01, 100]
    page.keyboard.press("Home")
    assert state(page)["temperature"] == 0.01


def test_the_slider_stops_at_round_temperatures(visit):
    page = visit(TemperatureExplorer(temperature=0.01))
    page.evaluate(RECORD)
    temperature_slider(page).focus()
    for _ in range(200):
        page.keyboard.press("ArrowRight")
    seen = page.evaluate("seen")
    assert {0.05, 0.07, 0.1, 0.25, 0.5, 1, 2, 5, 7, 10, 20, 50} <= set(seen)
    assert len(seen) == 200
    assert seen == sorted(set(seen))
    assert seen[-1] == 100


SITUATIONS = [
    # logits, temperature, what the slider says after its temperature, what the line says
    ([2, 1, 0, -1], 1, "1.00", "class 1, 64 %", "T = 1: class 1 leads with 64 %"),
    ([2, 1, 0, -1], 0.5, "0.50", "class 1, 86 %", "T = 0.5: class 1 leads with 86 %"),
    (
        *([2, 1, 0, -1], 0.01, "0.01", "class 1, over 99 %"),
        "T = 0.01: nearly all mass on class 1, almost one-hot",
    ),
    (
        *([2, 1, 0, -1], 0.18, "0.18", "class 1, over 99 %"),  # 99.61 %
        "T = 0.18: nearly all mass on class 1, almost one-hot",
    ),
    (
        *([2, 1, 0, -1], 100, "100", "class 1, 25 %"),
        "T = 100: nearly uniform, each class near 1/4",
    ),
    (
        *([1, 1], 12.34, "12.3", "class 1 and class 2, 50 %"),
        "T = 12.3: all logits are equal, so every class has 50 % at any T",
    ),
    (
        *([1, 1, 0], 1, "1.00", "class 1 and class 2, 42 %"),
        "T = 1: class 1 and class 2 tie for the lead with 42 % each",
    ),
    (
        *([9, 9, 9, 0], 0.1, "0.10", "3 classes, 33 %"),
        "T = 0.1: nearly all mass on 3 classes, which tie and share it equally",
    ),
]


def test_it_says_what_happens(visit):
    page = visit()
    for logits, temperature, spoken, leading, line in SITUATIONS:
        page.evaluate(
            "([z, T]) => { models[0].set('logits', z); models[0].set('temperature', T) }",
            [logits, temperature],
        )
        assert shown(page, ".se-line") == [line]
        expect(temperature_slider(page)).to_have_attribute(
            "aria-valuetext", f"temperature {spoken}; leading: {leading}"
        )
    expect(page.locator("[aria-live=polite]")).to_have_text(line)


def test_the_live_text_waits_for_a_pause(visit):
    page = visit(clock=True)
    expect(page.locator(".se-line")).to_have_attribute("aria-hidden", "true")  # or it is read twice
    before = page.locator(".se-live").inner_text()
    temperature_slider(page).focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
        page.clock.run_for(100)
    assert page.locator(".se-live").inner_text() == before
    assert page.locator(".se-line").inner_text() != before
    page.clock.run_for(1000)
    assert page.locator(".se-live").inner_text() == page.locator(".se-line").inner_text()
    # It is there when the explorer appears: what came to it later would be read out unasked.
    assert page.evaluate(
        """async () => {
          await show(models[0], document.querySelector("main"));
          return document.querySelectorAll(".se-live")[1].textContent;
        }"""
    )


def test_the_marks_under_the_slider_set_it(visit):
    page = visit()
    for i, T in enumerate([0.01, 0.1, 1, 10, 100]):
        mark = page.locator(".se-marks button").nth(i)
        assert mark.inner_text().split()[-1] == str(T)
        mark.click()
        assert state(page)["temperature"] == T
        assert_right(state(page))
        expect(page.locator(".se-marks [aria-pressed=true]")).to_have_text([mark.inner_text()])


def test_each_mark_stands_under_its_place(visit):
    page = visit(viewport={"width": 360, "height": 600})
    box = temperature_slider(page).bounding_box()
    for mark in page.locator(".se-marks button").all():
        at = mark.bounding_box()
        page.mouse.click(at["x"] + at["width"] / 2, box["y"] + box["height"] / 2)
        T = float(mark.inner_text().split()[-1])
        assert state(page)["temperature"] == pytest.approx(T, rel=0.2)


def test_a_temperature_can_be_typed(visit):
    page = visit()
    field = page.get_by_role("spinbutton", name="Temperature T")
    field.fill("0.37")
    assert state(page)["temperature"] == 0.37
    for text in ("0", "101", "-3", ""):
        field.fill(text)
        assert state(page)["temperature"] == 0.37
        assert shown(page, ".se-line") == ["The temperature is a number from 0.01 to 100"]
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_css("border-top-style", "dashed")
    field.blur()
    expect(field).to_have_value("0.37")
    expect(field).not_to_have_attribute("aria-invalid", "true")
    assert shown(page, ".se-line")[0].startswith("T = 0.37")
    field.fill("-3")
    field.press("Enter")
    assert state(page)["temperature"] == 0.01
    field.fill("1e5")
    field.press("Enter")
    assert state(page)["temperature"] == 100
    expect(field).to_have_value("100")
    field.press("ArrowDown")
    assert state(page)["temperature"] == 95
    field.press_sequentially("5")  # typing goes on undisturbed: it is not redrawn meanwhile
    assert state(page)["temperature"] == 95
    assert_right(state(page))


def test_a_field_that_is_left_as_it_was_follows_again(visit):
    """A browser says of no change that is undone before the field is left."""
    page = visit()
    field = page.get_by_role("spinbutton", name="Temperature T")
    field.press("End")
    field.press_sequentially("5")
    assert state(page)["temperature"] == 15
    field.press("Backspace")
    assert state(page)["temperature"] == 1
    page.locator(".se-marks button").last.click()
    assert state(page)["temperature"] == 100
    expect(field).to_have_value("100")


# ---- the classes --------------------------------------------------------------------------------


def test_each_logit_has_a_slider_and_a_number(visit):
    page = visit(TemperatureExplorer([2, 1], ["cat", "dog"]))
    slider = page.get_by_role("slider", name="logit of dog")
    number = page.get_by_role("spinbutton", name="logit of dog")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert state(page)["logits"] == [2, 1.1]
    expect(number).to_have_value("1.1")
    page.keyboard.press("End")
    assert state(page)["logits"] == [2, 10]
    number.fill("-3.25")
    assert state(page)["logits"] == [2, -3.25]
    assert_right(state(page))
    box = slider.bounding_box()
    page.mouse.click(box["x"] + box["width"] - 1, box["y"] + box["height"] / 2)
    assert state(page)["logits"] == [2, 10]


def test_the_logit_sliders_grow_with_what_they_show(visit):
    page = visit(TemperatureExplorer([2, -1000]))
    sliders = page.locator(".se-bars input[type=range]")
    assert sliders.evaluate_all("(all) => all.map((s) => [+s.min, +s.max, +s.value])") == [
        [-1000, 10, 2],
        [-1000, 10, -1000],
    ]
    sliders.first.press("ArrowLeft")
    assert state(page)["logits"][0] < -5  # a step is as large as what they show
    box = sliders.last.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
    z = state(page)["logits"][1]
    assert z == float(f"{z:.3g}") == pytest.approx(-663, abs=50)
    field = page.get_by_role("spinbutton", name="logit of class 1")
    field.fill("1e308")
    assert_right(state(page))
    field.fill("")
    assert shown(page, ".se-line") == ["A logit is any finite number"]
    field.blur()
    expect(field).to_have_value("1e+308")
    sliders.last.focus()
    page.keyboard.press("End")
    assert_right(state(page))


def test_the_logit_sliders_shrink_again_once_let_go(visit):
    page = visit(TemperatureExplorer([2, 1]))
    sliders = page.locator(".se-bars input[type=range]")
    reach = "(all) => all.map((s) => [+s.min, +s.max])"
    field = page.get_by_role("spinbutton", name="logit of class 1")
    for text, high in (("1000", 1000), ("3", 10), ("500", 500)):
        field.fill(text)
        settle(page)
        assert sliders.evaluate_all(reach) == 2 * [[-10, high]]
    box = sliders.first.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] - 8, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 3, middle, steps=3)
    settle(page)
    assert sliders.evaluate_all(reach) == 2 * [[-10, 500]]  # or it would run away
    page.mouse.move(box["x"], middle, steps=3)
    page.mouse.up()
    assert state(page)["logits"] == [-10, 1]
    assert sliders.evaluate_all(reach) == 2 * [[-10, 10]]


def test_arrow_keys_step_through_all_temperatures(visit):
    """The browser's own step of 1 would stop at T = 1."""
    page = visit()
    field = page.get_by_role("spinbutton").first
    for key, T in (("ArrowDown", 0.95), ("ArrowUp", 1), ("ArrowUp", 1.05)):
        field.press(key)
        assert state(page)["temperature"] == T
        expect(field).to_have_value(str(T))
    for text, key, T in (("0.01", "Down", 0.01), ("100", "Up", 100), ("5", "Up", 5.2)):
        field.fill(text)
        field.press(f"Arrow{key}")
        assert state(page)["temperature"] == T
        expect(field).to_have_value(str(T))


def test_a_slider_ends_at_the_largest_double(visit):
    largest = sys.float_info.max
    page = visit(TemperatureExplorer([2, -largest, largest]))
    sliders = page.locator(".se-bars input[type=range]")
    for i, (key, end) in enumerate([("Home", -largest), ("End", largest)]):
        sliders.nth(i).press(key)  # three digits of it, 1.80e308, would be infinite
        assert state(page)["logits"][i] == end
        assert_right(state(page))


def test_presets(visit):
    page = visit(TemperatureExplorer([5, 4, 3, 2, 1], list("abcde")))
    box = page.get_by_role("combobox", name="preset logits")
    presets = [[2, 1, 0, -1], [2, 2, 0, -1], [0, 0, 0, 0], [1.1, 1, 0.9], [10, 0, 0, 0]]
    names = box.locator("option").all_inner_texts()
    assert len(names) == 1 + len(presets)
    for i, logits in enumerate(presets, 1):
        expect(box).to_have_value("0")
        box.select_option(index=i)
        says = state(page)
        assert says["logits"] == logits
        assert says["labels"] == list("abcde")[: len(logits)]
        assert names[i].split(": ")[1].replace(MINUS, "-") == ", ".join(map(str, logits))
        assert_right(says)
        slider = page.get_by_role("slider", name="logit of a")
        expect(slider).to_have_attribute("max", "10")
        page.get_by_role("spinbutton", name="logit of a").fill("99")
        expect(slider).to_have_attribute("max", "99")


def test_classes_come_and_go_within_limits(visit):
    page = visit(TemperatureExplorer([2, 1, -1], ["cat", "dog", "owl"]))
    add, remove = button(page, "Add class"), button(page, "Remove class")
    expect(remove).to_have_attribute("title", "removes owl")
    remove.click()
    assert state(page)["labels"] == ["cat", "dog"]
    expect(remove).to_have_attribute("aria-disabled", "true")
    expect(remove).to_have_css("border-top-style", "dashed")
    expect(remove).to_have_attribute("title", "at least 2 classes")
    remove.dispatch_event("click")
    assert state(page)["logits"] == [2, 1]
    assert shown(page, ".se-line") == ["There must be at least 2 classes"]
    for k in range(3, 11):
        expect(add).to_have_attribute("aria-disabled", "false")
        add.click()
        says = state(page)
        assert says["logits"] == [2, 1, -1, *[0] * (k - 3)]  # the third comes back as it was
        assert_right(says)
        assert page.get_by_role("spinbutton", name="logit of").count() == k
    assert says["labels"] == ["cat", "dog", "owl", *(f"class {k}" for k in range(4, 11))]
    expect(add).to_have_attribute("aria-disabled", "true")
    add.dispatch_event("click")
    assert len(state(page)["logits"]) == 10
    assert shown(page, ".se-line") == ["There can be at most 10 classes"]
    button(page, "Reset").click()
    assert state(page)["logits"] == [2, 1, -1]
    assert shown(page, ".se-line") == ["T = 1: cat leads with 71 %"]


def test_reset_goes_back_to_what_python_gave(visit):
    explorer = TemperatureExplorer([7, 5, 3], ["x", "y", "z"], 4)
    explorer.temperature = 2  # later: where the page begins, not where it began
    page = visit(explorer)
    first = {"temperature": 4, "logits": [7, 5, 3], "labels": ["x", "y", "z"]}
    assert state(page)["temperature"] == 2
    page.get_by_role("spinbutton", name="logit of x").fill("-998.5")
    page.get_by_role("spinbutton", name="logit of y").fill("998.5")
    ends = "(all) => all.map((slider) => [+slider.min, +slider.max])"
    sliders = page.locator(".se-bars input[type=range]")
    assert sliders.evaluate_all(ends) == [[-999, 999]] * 3
    button(page, "Remove class").click()
    temperature_slider(page).press("Home")
    button(page, "Reset").click()
    says = state(page)
    assert {name: says[name] for name in first} == first
    assert sliders.evaluate_all(ends) == [[-10, 10]] * 3
    assert_right(says)


# ---- the sweep ----------------------------------------------------------------------------------


def test_the_sweep_runs_from_cold_to_hot_and_stops(visit):
    page = visit(clock=True)
    page.evaluate(RECORD)
    button(page, "Sweep").click()
    page.clock.run_for(10_000)
    seen = page.evaluate("seen")
    assert (seen[0], seen[-1]) == (0.01, 100)
    assert seen == sorted(seen)
    assert len(seen) > 100
    assert button(page, "Sweep").is_visible()
    page.clock.run_for(10_000)
    assert page.evaluate("seen") == seen
    button(page, "Sweep").click()
    page.clock.run_for(50)
    assert page.evaluate("seen")[len(seen)] == 0.01


def test_less_motion_makes_it_a_few_steps(visit):
    page = visit(clock=True, reduced_motion="reduce")
    page.evaluate(RECORD)
    button(page, "Sweep").click()
    page.clock.run_for(1000)
    assert page.evaluate("seen") == [0.01]
    page.clock.run_for(20_000)
    assert page.evaluate("seen") == [0.01, 0.1, 1, 10, 100]


def test_the_sweep_pauses_and_goes_on(visit):
    page = visit(clock=True)
    page.evaluate(RECORD)
    button(page, "Sweep").click()
    page.clock.run_for(3000)
    button(page, "Pause").click()
    page.clock.run_for(100)
    seen = page.evaluate("seen")
    page.clock.run_for(3000)
    assert page.evaluate("seen") == seen
    button(page, "Sweep").click()
    page.clock.run_for(20_000)
    assert page.evaluate("seen") == sorted(page.evaluate("seen"))
    assert page.evaluate("seen.at(-1)") == 100


@pytest.mark.parametrize("act", ["slider", "number", "mark", "logit", "preset", "add", "reset"])
def test_any_input_ends_the_sweep(visit, act):
    page = visit(clock=True)
    page.evaluate(RECORD)
    button(page, "Sweep").click()
    page.clock.run_for(2000)
    {
        "slider": lambda: temperature_slider(page).press("Home"),
        "number": lambda: page.get_by_role("spinbutton", name="Temperature T").fill("3"),
        "mark": lambda: page.locator(".se-marks button").nth(2).click(),
        "logit": lambda: page.get_by_role("slider", name="logit of class 2").press("ArrowUp"),
        "preset": lambda: page.get_by_role("combobox").select_option(index=2),
        "add": lambda: button(page, "Add class").click(),
        "reset": lambda: button(page, "Reset").click(),
    }[act]()
    page.clock.run_for(100)
    seen = page.evaluate("seen")
    page.clock.run_for(10_000)
    assert page.evaluate("seen") == seen
    assert seen[-1] < 100
    button(page, "Sweep").click()  # from the start again
    page.clock.run_for(50)
    assert page.evaluate("seen.at(-1)") < 0.02


# ---- touch, several explorers, life and death ---------------------------------------------------


def test_touch(visit):
    page = visit(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 700})
    box = temperature_slider(page).bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2)
    assert state(page)["temperature"] == 100
    page.locator(".se-marks button").first.tap()
    assert state(page)["temperature"] == 0.01
    logit = page.get_by_role("slider", name="logit of class 4")
    logit.scroll_into_view_if_needed()
    box = logit.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2)
    assert state(page)["logits"] == [2, 1, 0, 10]
    button(page, "Add class").tap()
    assert_right(state(page))
    heights = page.locator("input, select, .se-button:not(.se-marks *)").evaluate_all(
        "(all) => all.map((node) => node.getBoundingClientRect().height)"
    )
    assert min(heights) >= 44


def test_two_explorers_do_not_interfere(visit):
    page = visit(TemperatureExplorer(), TemperatureExplorer([3, 1], ["cat", "dog"], 2))
    before = state(page, 1)
    page.get_by_role("slider", name="temperature").first.press("Home")
    button(page, "Add class").first.click()
    assert state(page, 0)["temperature"] == 0.01
    assert state(page, 1) == before
    page.get_by_role("slider", name="temperature").last.press("End")
    assert state(page, 0)["temperature"] == 0.01
    assert state(page, 1)["temperature"] == 100
    ids = page.evaluate("[...document.querySelectorAll('main [id]')].map((node) => node.id)")
    assert len(ids) == len(set(ids))


def test_two_views_of_one_model_agree(visit):
    page = visit()
    page.evaluate("async () => void await show(models[0], document.querySelector('main'))")
    for which, key in [(0, "Home"), (1, "End")]:
        page.get_by_role("slider", name="temperature").nth(which).press(key)
        assert state(page, 0) == state(page, 1)
    button(page, "Remove class").last.click()
    assert state(page, 0) == state(page, 1)
    assert len(state(page, 0)["logits"]) == 3


def test_it_follows_the_model(visit):
    page = visit()
    page.evaluate("models[0].set('temperature', 0.25)")
    assert_right(state(page))
    expect(page.get_by_role("spinbutton", name="Temperature T")).to_have_value("0.25")
    page.evaluate("models[0].set('logits', [1, 2, 3, 4, 5])")  # for a moment one label short
    assert state(page)["labels"][-1] == "class 5"
    page.evaluate("models[0].set('labels', ['a', 'b', 'c', 'd', 'e'])")
    assert shown(page, ".se-label") == list("abcde")
    assert_right(state(page))


def test_a_refusal_is_said_until_something_changes(visit):
    page = visit()
    for change in (
        lambda: page.evaluate("models[0].set('temperature', 0.5)"),  # as Python does
        lambda: page.locator(".se-marks button").last.click(),
        lambda: button(page, "Sweep").click(),
    ):
        page.get_by_role("spinbutton", name="Temperature T").fill("0")
        assert shown(page, ".se-line") == ["The temperature is a number from 0.01 to 100"]
        assert button(page, "Sweep").is_visible()
        change()
        assert shown(page, ".se-line")[0].startswith("T = ")
    page.get_by_role("spinbutton", name="Temperature T").fill("0")
    settle(page)
    assert button(
        page, "Sweep"
    ).is_visible()  # now, not at its end: or it takes the refusal's place


def test_what_a_field_makes_of_no_number_is_explained(visit):
    """On its way 1e400 is 1, which is taken; what stands there in the end is beyond the doubles."""
    page = visit()
    field = page.get_by_role("spinbutton", name="logit of class 2")
    field.press("ControlOrMeta+A")
    field.press_sequentially("1e400")
    page.keyboard.press("Tab")
    assert shown(page, ".se-line") == ["A logit is any finite number"]
    assert float(field.input_value()) == state(page)["logits"][1]


@pytest.mark.parametrize("text", ["", "2.000"])
def test_a_field_that_is_left_shows_its_number_again(visit, text):
    page = visit()
    field = page.get_by_role("spinbutton", name="logit of class 1")
    field.fill(text)
    field.press("Enter")
    settle(page)
    assert field.input_value() == "2"


def test_a_comma_is_a_point(visit):
    """Chromium leaves out a comma that its own language has not, and would read 15."""
    page = visit()
    field = page.get_by_role("spinbutton", name="logit of class 1")
    field.press("ControlOrMeta+A")
    field.press_sequentially("-1,5")
    assert state(page)["logits"][0] == -1.5


@pytest.mark.parametrize(
    ("text", "value"), [("1,5", 2), ("\N{MINUS SIGN}7.25", -7.25), ("0.5", 0.5)]
)
def test_a_dropped_number_is_read_whole_or_not_at_all(visit, text, value):
    """Chromium would put 15 before the 2 and make it 152."""
    page = visit()
    page.get_by_role("spinbutton", name="logit of class 1").evaluate(
        """(node, text) => {
          const dataTransfer = new DataTransfer();
          dataTransfer.setData("text", text);
          node.select();
          node.dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
        }""",
        text,
    )
    assert state(page)["logits"][0] == value
    refused = shown(page, ".se-line") == ["A logit is any finite number"]
    assert refused == ("," in text)


def test_a_slider_stands_at_its_value_once_its_steps_allow(visit):
    page = visit(TemperatureExplorer([5.55, 0]))
    page.get_by_role("spinbutton", name="logit of class 2").fill("50")
    settle(page)
    assert page.get_by_role("slider", name="logit of class 1").input_value() == "5.55"


def test_an_invitation_to_choose_is_no_choice(visit):
    page = visit()
    presets = page.get_by_role("combobox")
    presets.select_option(index=0)
    settle(page)
    assert presets.evaluate("(node) => node.selectedIndex") == 1


def test_a_slide_back_to_where_it_began_holds_no_ends(visit):
    page = visit(TemperatureExplorer([0, 1]))
    slider = page.get_by_role("slider", name="logit of class 1")
    box = slider.bounding_box()
    place = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*place)
    page.mouse.down()
    page.mouse.move(place[0] + 20, place[1])
    page.mouse.move(*place)
    page.mouse.up()
    assert state(page)["logits"] == [0, 1]
    page.get_by_role("spinbutton", name="logit of class 1").fill("50")
    button(page, "Reset").click()
    settle(page)
    assert slider.get_attribute("max") == "10"


def test_what_a_field_makes_of_a_number_out_of_range_is_explained(visit):
    page = visit()
    field = page.get_by_role("spinbutton", name="Temperature T")
    for typed, taken in (("0", "0.01"), ("1e9", "100")):
        field.fill(typed)
        page.keyboard.press("Enter")
        expect(field).to_have_value(taken)
        assert state(page)["temperature"] == float(taken)
        assert shown(page, ".se-line") == ["The temperature is a number from 0.01 to 100"]
    field.fill("3")
    page.keyboard.press("Enter")
    assert shown(page, ".se-line")[0].startswith("T = 3")


def test_it_draws_at_most_once_a_frame(visit):
    page = visit()
    drawn = page.evaluate(
        """async () => {
          const root = document.querySelector(".softmax-explorer");
          let drawn = 0;
          new MutationObserver((all) => (drawn += all.length))
            .observe(root, { attributes: true, attributeFilter: ["data-state"] });
          await new Promise(requestAnimationFrame);
          for (let T = 1; T < 50; T++) models[0].set("temperature", T);
          await new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)));
          return drawn;
        }"""
    )
    assert drawn == 1


def test_it_keeps_the_nodes_it_has(visit):
    page = visit()
    page.evaluate("window.nodes = [...document.querySelectorAll('.softmax-explorer *')]")
    temperature_slider(page).press("Home")
    page.get_by_role("slider", name="logit of class 2").press("End")
    settle(page)
    assert page.evaluate("nodes.every((node) => node.isConnected)")


def test_it_leaves_nothing_behind(visit):
    page = visit(clock=True)
    button(page, "Sweep").click()
    page.clock.run_for(500)
    page.evaluate("cleanups[0]()")
    before = page.evaluate("models[0].get('temperature')")
    page.clock.run_for(5000)
    assert page.evaluate("models[0].get('temperature')") == before
    assert page.locator(".softmax-explorer").count() == 0
    assert page.evaluate("[...models[0].listeners.values()].every((set) => set.size === 0)")


# ---- looks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        TEN,
        {"temperature": 0.01},
        {"logits": [1e6, 0], "temperature": 0.01},
        {"logits": [1e300, 0]},
    ],
    ids=["four", "ten", "cold", "far", "farthest"],
)
def test_nothing_overflows_or_overlaps(visit, kwargs):
    page = visit(TemperatureExplorer(**kwargs))
    for width in at_each_width(page, 320, 360, 500, 700, 1280):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(FLAWS) == []


def test_it_fits_above_the_fold(visit):
    page = visit()
    assert page.locator(".softmax-explorer").bounding_box()["height"] <= 480


def test_the_slider_moves_nothing_else(visit):
    page = visit()
    for _ in at_each_width(page, 320, 360, 700):
        heights = set()
        for T in TEMPERATURES:
            page.evaluate("(T) => models[0].set('temperature', T)", T)
            settle(page)
            heights.add(page.locator(".softmax-explorer").bounding_box()["height"])
        assert len(heights) == 1


def test_the_ghost_of_t_1_stands_out(visit):
    page = visit(TemperatureExplorer(temperature=0.5))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        ghost, track, fill = page.evaluate(
            """[["ghost", "borderRightColor"], ["track", "backgroundColor"],
                ["fill", "backgroundColor"]].map(([name, property]) =>
                  getComputedStyle(document.querySelector(`.se-${name}`))[property])"""
        )
        assert contrast(ghost, fill) >= 3
        assert contrast(ghost, track) >= 3


def test_bars_stay_visible_in_forced_colours(visit):
    page = visit(forced_colors="active")
    colours = page.evaluate(
        """[".se-fill", ".se-track"].map((s) =>
             getComputedStyle(document.querySelector(s)).backgroundColor)"""
    )
    assert contrast(*colours) >= 3
    assert (
        page.locator(".se-track").first.evaluate("e => getComputedStyle(e).borderTopWidth") == "1px"
    )


def test_labels_are_text(visit):
    page = visit(TemperatureExplorer([1, 2], ["<img src=x onerror=alert(1)>", "</script>"]))
    assert shown(page, ".se-label") == ["<img src=x onerror=alert(1)>", "</script>"]
    assert page.locator("img").count() == 0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (" 2.5 ", 2.5),
        ("1e-5", 1e-5),
        ("\N{MINUS SIGN}2", -2),
        ("+3", 3),
        ("+-3", None),
        ("0,5", None),
        ("1 2", None),
        ("0x10", None),
        ("", None),
    ],
)
def test_a_pasted_number_is_read_whole_or_not_at_all(visit, text, value):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
    field, before = page.get_by_role("spinbutton").nth(1), state(page)["logits"][0]
    field.focus()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.press("ControlOrMeta+V")
    if value is None:  # nothing is lost, and the line says why
        assert shown(page, ".se-line") == ["A logit is any finite number"]
    assert state(page)["logits"][0] == (before if value is None else value)
    field.blur()
    assert state(page)["logits"][0] == (before if value is None else value)
    assert float(field.input_value()) == state(page)["logits"][0]


def test_what_is_pasted_goes_where_the_caret_is_and_can_be_undone(visit):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText('.5')")
    field = page.get_by_role("spinbutton").nth(1)
    field.focus()
    page.keyboard.press("End")
    page.keyboard.press("ControlOrMeta+V")
    assert state(page)["logits"][0] == 2.5
    page.keyboard.press("ControlOrMeta+Z")
    assert state(page)["logits"][0] == 2


def test_after_a_paste_enter_ends_the_typing(visit):
    """And what comes from elsewhere shows again: the browser itself reports no change."""
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText('3')")
    field = page.get_by_role("spinbutton").first
    field.focus()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.press("ControlOrMeta+V")
    page.keyboard.press("Enter")
    page.evaluate("models[0].set('temperature', 0.5)")
    assert state(page)["temperature"] == 0.5
    assert field.input_value() == "0.5"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-12.3456, "-12.346"),
        (-123456.789, "-123457"),
        (1 / 3, "0.33333"),
        (-0.00012345, "-1.2e-4"),
        (-1e6, "-1e6"),
        (100.25, "100.25"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7e308"),  # 1.8e308 is beyond the doubles
        (-1.5e308, "-1e+308"),
    ],
)
def test_a_field_shows_no_more_digits_than_it_has_room_for(visit, value, text):
    page = visit(TemperatureExplorer([value, 0]))
    field = page.get_by_role("spinbutton").nth(1)
    assert field.input_value() == text
    assert field.evaluate("e => e.scrollWidth <= e.clientWidth")


@pytest.mark.parametrize("width", [1280, 290])  # on the book's page at 320 it is as wide as at 290
def test_the_line_has_room_for_ties_of_many(visit, width):
    page = visit(
        TemperatureExplorer([2, 2, 2, -1], temperature=0.1),
        viewport={"width": width, "height": 800},
    )
    assert page.locator(".se-line").evaluate("e => e.scrollHeight <= e.clientHeight")

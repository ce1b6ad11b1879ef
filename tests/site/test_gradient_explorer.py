"""GradientExplorer in a real browser, with no kernel: arrows, steps, curve, targets."""

import mpmath
import numpy as np
import pytest
from playwright.sync_api import expect

from softmax_lib import core, losses
from softmax_lib.widgets import GradientExplorer

from .explorer_harness import (
    FLAWS,
    at_each_width,
    button,
    contrast,
    follows,
    in_page,
    settle,
    shown,
    state,
    state_now,
)

MINUS = "\N{MINUS SIGN}"
FOLLOWS = ("reached", "y", "probabilities", "gradient", "losses", "loss", "lowest_loss")
GIVEN = ("logits", "labels", "target", "smoothing", "distribution", "rate", "steps")
TINY = 1e-318  # what a result below the smallest normal double may lose

LABELS = ["a cat asleep on a sofa", "Donaudampfschifffahrtsgesellschaft", "<img src=x>"]
LABELS += [f"number {i}, at most" for i in range(4, 11)]
TEN = {"logits": [3, -2, 1.25, 0.5, 7, -10, 4, 4.5, 2, 1], "labels": LABELS}


def assert_right(says):
    """Hold what an explorer says of itself against softmax_lib."""
    twin = GradientExplorer(**{name: says[name] for name in GIVEN})
    for name in FOLLOWS:
        # Where p - y nears 0, what is left is the rounding of p and y.
        assert says[name] == pytest.approx(getattr(twin, name), rel=1e-12, abs=1e-14), name


@pytest.fixture
def visit(explore):
    """Open pages of explorers, by default of one that begins as the chapter's."""
    return lambda *widgets, **options: explore(
        *(widgets or [GradientExplorer(target=1)]), **options
    )


def slider(page, name):
    return page.get_by_role("slider", name=name, exact=True)


def number(page, name):
    return page.get_by_role("spinbutton", name=name)


def target(page):
    return page.get_by_role("combobox", name="target")


# ---- the numbers --------------------------------------------------------------------------------


def random_states(rng, count, size):
    """Return logits of every size, ties among them, and targets: one-hot, smoothed and any."""
    z = rng.standard_normal((size, count)) * 10.0 ** rng.integers(-3, 6, (size, 1))
    z = np.where(rng.random((size, 1)) < 0.2, np.round(z), z)  # among small ones, many ties
    z += np.where(rng.random((size, 1)) < 0.2, rng.uniform(-1e5, 1e5, (size, 1)), 0)
    label = rng.integers(0, count, size)
    a = rng.choice([0, 0.1, 0.5, 1], (size, 1)) * rng.random((size, 1))
    y = (1 - a) * np.eye(count)[label] + a / count
    free = rng.random(size) < 0.4
    y[free] = rng.dirichlet(np.full(count, 0.5), free.sum())
    return z, y, label


@pytest.mark.parametrize("count", range(2, 11))
def test_loss_and_gradient_of_thousands_of_states(visit, count):
    z, y, label = random_states(np.random.default_rng(count), count, 1000)
    page = visit()
    theirs = in_page(page, "arithmetic.crossEntropy", z, y)
    gradients = in_page(page, "arithmetic.crossEntropyGrad", z, y)
    sure = y.max(axis=-1) == 1
    assert 100 < sure.sum() < 900
    for which, target_of in ((sure, label), (~sure, y)):
        ours, gradient = losses.cross_entropy_with_grad(z[which], target_of[which])
        np.testing.assert_allclose(np.array(theirs)[which], ours, rtol=1e-12, atol=TINY)
        slack = TINY if which is sure else 1e-15  # the rounding of p and y, where they are close
        np.testing.assert_allclose(np.array(gradients)[which], gradient, rtol=1e-12, atol=slack)


@pytest.mark.parametrize("count", [2, 3, 5, 10])
def test_descent_of_thousands_of_states(visit, count):
    rng = np.random.default_rng(100 + count)
    size = 500
    z, y, _ = random_states(rng, count, size)
    z = np.clip(z, -50, 50)
    rate = rng.uniform(0.01, 4, (size, 1))
    page = visit()
    ends = in_page(page, "(z, y, [rate]) => arithmetic.descend(z, y, rate, 100)", z, y, rate)
    path = []
    for _ in range(100):
        path.append(losses.cross_entropy(z, y))
        z = z - rate * losses.cross_entropy_grad(z, y)
    path.append(losses.cross_entropy(z, y))
    # Up to a rate of 4 a step brings no two points further apart: the errors at most add up.
    np.testing.assert_allclose([end["z"] for end in ends], z, rtol=1e-12, atol=1e-12)
    theirs = np.array([end["losses"] for end in ends])
    np.testing.assert_allclose(theirs, np.transpose(path), rtol=1e-12, atol=1e-12)
    assert (np.diff(theirs) <= 1e-13).all()


def test_hundreds_of_states_as_shown(visit):
    rng = np.random.default_rng(7)
    page = visit()
    for _ in range(200):
        count = int(rng.integers(2, 11))
        new = {
            "logits": (rng.standard_normal(count) * 10.0 ** rng.integers(-2, 4)).tolist(),
            "labels": [f"c{i}" for i in range(count)],
            "target": int(rng.integers(count)),
            "smoothing": round(float(rng.choice([0, rng.random()])), 2),
            "distribution": rng.dirichlet(np.ones(count)).tolist() if rng.random() < 0.3 else None,
            "rate": float(rng.uniform(0.01, 4)),
            "steps": int(rng.integers(0, 101)),
        }
        page.evaluate(
            "(all) => { for (const [k, v] of Object.entries(all)) models[0].set(k, v) }", new
        )
        assert_right(state(page))
        # Up to a rate of 4 no step raises the loss, but by rounding where p has met its target.
        assert "too far" not in page.locator(".se-line").inner_text()


# e^-40 and e^-1000 from mpmath; FACTS: the true class of (40, 0) has -4.248e-18.
@pytest.mark.parametrize(
    ("logits", "target", "p", "pull"),
    [
        ([40, 0], 0, [f"1 {MINUS} 4.25e-18", "4.25e-18"], [f"{MINUS}4.25e-18", "+4.25e-18"]),
        (
            *([40, 0], 1, [f"1 {MINUS} 4.25e-18", "4.25e-18"]),
            [f"+1 {MINUS} 4.25e-18", f"{MINUS}1 + 4.25e-18"],
        ),
        ([1000, 0], 0, [f"1 {MINUS} 5.08e-435", "5.08e-435"], ["0", "0"]),
        ([0, 0], 0, ["0.5000", "0.5000"], [f"{MINUS}0.5000", "+0.5000"]),
    ],
)
def test_the_numbers_shown_hide_nothing(visit, logits, target, p, pull):
    page = visit(GradientExplorer(logits, target=target))
    assert shown(page, ".se-share span:first-child > .se-value") == p
    assert shown(page, ".se-pull .se-value") == pull
    moves = {"0": "stays", "+": "falls", MINUS: "rises"}
    words = page.locator(".se-pull .se-hidden").all_text_contents()
    assert words == [f"its logit {moves[g[0]]}" for g in pull]


def test_bars_marks_and_arrows_stand_where_the_numbers_say(visit):
    page = visit(GradientExplorer(target=1, smoothing=0.2, labels=list("abcd")))
    says = state(page)
    places = page.locator(".se-bars .se-row").evaluate_all(
        """(rows) => rows.map((row) => {
          const box = (name) => row.querySelector(name).getBoundingClientRect();
          const share = box(".se-share .se-track"), pull = box(".se-pull .se-track");
          const arrow = box(".se-arrow"), tick = box(".se-tick");
          const { a } = new DOMMatrix(getComputedStyle(row.querySelector(".se-arrow")).transform);
          const at = (x) => (2 * (x - pull.left)) / pull.width - 1;
          return [
            box(".se-fill").width / share.width,
            (tick.left + tick.width / 2 - share.left) / share.width,
            at(a < 0 ? arrow.right : arrow.left),
            at(a < 0 ? arrow.left : arrow.right),
            a, // drawn to the right and stretched by this: its head is in front
          ];
        })"""
    )
    for place, p, y, g in zip(
        places, says["probabilities"], says["y"], says["gradient"], strict=True
    ):
        assert place == pytest.approx([p, y, 0, g, g], abs=0.01)
    signs = ["\N{DOWNWARDS ARROW}" if g > 0 else "\N{UPWARDS ARROW}" for g in says["gradient"]]
    assert shown(page, ".se-pull .se-quiet") == [f"z {sign}" for sign in signs]
    words = page.locator(".se-pull .se-hidden").all_text_contents()
    assert words == [f"its logit {'falls' if g > 0 else 'rises'}" for g in says["gradient"]]


# ---- steps --------------------------------------------------------------------------------------


def test_a_step_goes_against_the_gradient(visit):
    page = visit()
    before = state(page)
    button(page, "Step").click()
    after = state(page)
    moved = np.subtract(before["logits"], np.multiply(before["rate"], before["gradient"]))
    assert after["reached"] == pytest.approx(moved, rel=1e-15)
    assert after["logits"] == before["logits"]  # where it began: a link stays short
    assert after["loss"] < before["loss"]
    assert after["losses"] == [before["loss"], after["loss"]]
    expect(number(page, "logit of class 2")).to_have_value("1.76312")
    assert_right(after)


def test_the_slider_of_steps_goes_there_and_back(visit):
    page = visit()
    slider(page, "steps").focus()
    for key, steps in [("ArrowRight", 1), ("End", 100), ("ArrowLeft", 99), ("Home", 0)]:
        page.keyboard.press(key)
        says = state(page)
        assert says["steps"] == steps
        assert_right(says)
    box = slider(page, "steps").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    assert state(page)["steps"] == pytest.approx(50, abs=1)
    expect(slider(page, "steps")).to_have_attribute(
        "aria-valuetext", f"step {state(page)['steps']}; loss {state(page)['loss']:.4f}"
    )


def test_a_run_takes_all_steps_and_stops(visit):
    page = visit(clock=True)
    page.evaluate("models[0].on('change:steps', () => (window.seen ??= []).push(1))")
    button(page, "Run").click()
    page.clock.run_for(950)  # one at once, and one each tenth of a second
    assert state_now(page)["steps"] == 10
    button(page, "Pause").click()
    page.clock.run_for(50)
    steps = state_now(page)["steps"]
    page.clock.run_for(2000)
    assert state_now(page)["steps"] == steps
    button(page, "Run").click()
    page.clock.run_for(20_000)
    assert state_now(page)["steps"] == 100
    assert page.evaluate("seen.length") == 100
    assert_right(state_now(page))
    button(page, "Step").dispatch_event("click")
    page.clock.run_for(100)
    assert page.locator(".se-line").inner_text() == "A run has at most 100 steps"
    expect(button(page, "Step")).to_have_attribute("aria-disabled", "true")
    button(page, "Run").click()  # from the start again
    page.clock.run_for(250)
    assert state_now(page)["steps"] == 3


def test_less_motion_makes_it_a_few_leaps(visit):
    page = visit(clock=True, reduced_motion="reduce")
    page.evaluate(
        "models[0].on('change:steps', () => (window.seen ??= []).push(models[0].get('steps')))"
    )
    button(page, "Run").click()
    page.clock.run_for(20_000)
    assert page.evaluate("seen") == [25, 50, 75, 100]


@pytest.mark.parametrize("act", ["logit", "number", "target", "smoothing", "rate", "reset"])
def test_any_input_ends_the_run(visit, act):
    page = visit(clock=True)
    button(page, "Run").click()
    page.clock.run_for(500)
    {
        "logit": lambda: slider(page, "logit of class 1").press("ArrowUp"),
        "number": lambda: number(page, "logit of class 1").fill("3"),
        "target": lambda: target(page).select_option(index=2),
        "smoothing": lambda: slider(page, "smoothing").press("ArrowUp"),
        "rate": lambda: slider(page, "rate").press("ArrowUp"),
        "reset": lambda: button(page, "Reset").click(),
    }[act]()
    page.clock.run_for(100)
    before = page.evaluate("JSON.stringify(models[0].values)")
    page.clock.run_for(5000)
    assert page.evaluate("JSON.stringify(models[0].values)") == before
    expect(button(page, "Run")).to_be_visible()


def test_another_rate_shows_the_same_steps_at_that_rate(visit):
    page = visit(GradientExplorer(target=1, steps=10))
    field = number(page, "rate")
    field.fill("0.5")
    says = state(page)
    assert (says["steps"], says["logits"], says["rate"]) == (10, [2, 1, 0, -1], 0.5)
    expect(slider(page, "rate")).to_have_attribute(
        "aria-valuetext", f"rate 0.5; loss {says['loss']:.4f} after 10 steps"
    )
    assert_right(says)
    slider(page, "rate").press("End")
    assert state(page)["rate"] == 6
    for bad in ("0", "6.1", ""):
        field.fill(bad)
        assert state(page)["rate"] == 6
        assert shown(page, ".se-line") == ["The rate is a number from 0.01 to 6"]
    field.blur()
    slider(page, "rate").press("Home")
    assert state(page)["rate"] == 0.01


def test_the_curve_is_drawn_and_told(visit):
    page = visit(GradientExplorer(target=1, steps=12))
    says = state(page)
    points = page.locator(".se-path").get_attribute("points").split()
    x, y = np.array([point.split(",") for point in points], float).T
    np.testing.assert_array_equal(x, range(13))
    # The axis ends at the next 1, 2 or 5: from 1.4402 at 2.
    np.testing.assert_allclose(1 - y, np.array(says["losses"]) / 2, atol=1e-12)
    assert shown(page, ".se-ys span") == ["2", "1", "0"]
    label = page.get_by_role("img").get_attribute("aria-label")
    assert label == (f"Loss over 12 steps: from 1.4402 to {says['loss']:.4f}; lowest possible 0")
    plot = page.locator(".se-axes").bounding_box()
    dot = page.locator(".se-dot").bounding_box()
    assert dot["x"] + dot["width"] / 2 == pytest.approx(plot["x"] + 0.12 * plot["width"], abs=2)
    thumb = slider(page, "steps").bounding_box()
    assert thumb["x"] + thumb["width"] / 2 == pytest.approx(plot["x"] + plot["width"] / 2, abs=2)


def test_a_peak_of_the_curve_is_told(visit):
    page = visit(GradientExplorer([0.5, 0, -4], distribution=[0.5, 0.5, 0], rate=6, steps=5))
    losses = state(page)["losses"]
    assert losses[4] == max(losses)
    first, peak, last = (f"{losses[i]:.4f}" for i in (0, 4, 5))
    expect(page.get_by_role("img")).to_have_attribute(
        "aria-label",
        f"Loss over 5 steps: from {first} to {last}, with a peak of {peak} at step 4; "
        "lowest possible 0.6931",
    )


def test_a_step_that_goes_too_far_is_called_so(visit):
    page = visit(GradientExplorer([3, 0, 0, 0], distribution=[0.5, 0.5, 0, 0], rate=6, steps=2))
    says = state(page)
    assert says["losses"][2] > says["losses"][1]
    before, after = (f"{loss:.4f}" for loss in says["losses"][1:])
    assert shown(page, ".se-line") == [
        f"Step 2, loss {after}: it was {before} before; the step went too far"
    ]
    floor = page.locator(".se-floor")
    assert floor.get_attribute("visibility") == "visible"
    top = float(shown(page, ".se-ys span")[0])
    for end in ("y1", "y2"):
        assert float(floor.get_attribute(end)) == pytest.approx(1 - says["lowest_loss"] / top)
    assert shown(page, ".se-totals > span") == [
        f"loss {after} nats",
        "lowest possible 0.6931, dashed",
    ]


def test_the_line_names_the_strongest_pull(visit):
    page = visit()
    assert shown(page, ".se-line") == [
        "Step 0, loss 1.4402: class 2 is 0.7631 short of its target; "
        "a step lifts its logit by 0.7631"
    ]
    number(page, "rate").fill("0.5")
    target(page).select_option(index=3)
    assert shown(page, ".se-line") == [
        "Step 0, loss 3.4402: class 4 is 0.9679 short of its target; "
        "a step lifts its logit by 0.4840"
    ]
    target(page).select_option(index=0)
    button(page, "Reset").click()
    page.evaluate("models[0].set('distribution', [0, 0.4, 0.3, 0.3])")
    assert shown(page, ".se-line")[0].endswith(
        "class 1 is 0.6439 above its target; a step lowers its logit by 0.6439"
    )
    page.evaluate("models[0].set('distribution', null)")
    for z, words in [  # of exp(-9) and exp(-20), three times
        (9, "3.70e-4: class 1 is 3.70e-4 short of its target; a step lifts its logit by 3.70e-4"),
        (20, "6.18e-9: p has all but met its target, and hardly any pull is left"),
    ]:
        page.evaluate(
            "(z) => { models[0].set('logits', [z, 0, 0, 0]); models[0].set('target', 0) }", z
        )
        assert shown(page, ".se-line") == [f"Step 0, loss {words}"]
    page.evaluate("models[0].set('logits', [0, 0, 0, 0]); models[0].set('smoothing', 1)")
    assert shown(page, ".se-line") == [
        "Step 0, loss 1.3863: p has met its target, and no pull is left"
    ]
    page.evaluate("models[0].set('logits', [1e-9, 0, 0, 0])")  # its arrow is there
    assert shown(page, ".se-line") == [
        "Step 0, loss 1.3863: p has all but met its target, and hardly any pull is left"
    ]
    expect(page.locator("[aria-live=polite]")).to_have_text(shown(page, ".se-line")[0])


# ---- logits and targets -------------------------------------------------------------------------


def test_a_rise_too_small_to_write_is_not_told_by_two_equal_numbers(visit):
    """It is told as what follows from it: the loss is convex, so the next step leads back."""
    page = visit(GradientExplorer(distribution=[0.5, 0.5, 0, 0], rate=6))
    told = []
    for steps in (1, 2, 3, 38, 42, 100):
        reached = []
        for n in (steps - 1, steps):
            page.evaluate("(n) => models[0].set('steps', n)", n)
            reached.append(state(page)["reached"])
        says, line = state(page), shown(page, ".se-line")[0]
        before, after = (f"{loss:.4f}" for loss in says["losses"][-2:])
        prefix = f"Step {steps}, loss {after}: "
        assert says["losses"][-1] > says["losses"][-2]
        assert np.dot(np.subtract(*reached[::-1]), says["gradient"]) > 0
        if before == after:
            assert line == f"{prefix}the steps go back and forth, and the loss no longer falls"
        else:
            assert line == f"{prefix}it was {before} before; the step went too far"
        told.append(before == after)
    assert set(told) == {True, False}


def test_moving_a_logit_begins_a_new_run_from_there(visit):
    page = visit(GradientExplorer(target=1, steps=5))
    before = state(page)
    slider(page, "logit of class 4").press("End")
    says = state(page)
    assert says["steps"] == 0
    assert says["logits"] == says["reached"] == [*before["reached"][:3], 10]
    number(page, "logit of class 1").fill("-3.25")
    assert state(page)["logits"] == [-3.25, *says["logits"][1:]]
    assert_right(state(page))
    for bad in ("", "1e7"):
        number(page, "logit of class 1").fill(bad)
        assert shown(page, ".se-line") == [f"A logit is a number from {MINUS}1000000 to 1000000"]
    assert state(page)["logits"][0] == -3.25


@pytest.mark.parametrize("name", ["logit of class 1", "smoothing"])
def test_a_field_left_without_a_number_begins_no_new_run(visit, name):
    page = visit(GradientExplorer(target=1, steps=5))
    before = state(page)
    number(page, name).fill("")
    number(page, name).blur()
    assert state(page) == before
    assert shown(page, ".se-line")[0].startswith("Step 5, ")


def test_the_mouse_drags_a_logit(visit):
    page = visit()
    box = slider(page, "logit of class 2").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    losses = []
    for share in (0.6, 0.8, 1.1):
        page.mouse.move(box["x"] + share * box["width"], middle, steps=4)
        assert_right(state(page))
        losses.append(state(page)["loss"])
    page.mouse.up()
    assert losses == sorted(losses, reverse=True)  # the more the true class leads, the less
    assert state(page)["logits"][1] == 10


def test_another_target_leaves_the_logits_where_they_are(visit):
    page = visit(GradientExplorer(target=1, steps=8, labels=["cat", "dog", "owl", "fox"]))
    before = state(page)
    assert target(page).locator("option").all_inner_texts() == [
        *("cat is true", "dog is true", "owl is true", "fox is true"),
        "shares, set below",
    ]
    target(page).select_option("fox is true")
    says = state(page)
    assert (says["target"], says["steps"], says["y"]) == (3, 0, [0, 0, 0, 1])
    assert says["logits"] == before["reached"]
    assert_right(says)


def test_a_new_run_begins_within_the_bound(visit):
    page = visit(GradientExplorer([1e6, 1e6], steps=5))
    assert state(page)["reached"][0] > 1e6
    target(page).select_option("class 2 is true")
    assert state(page)["logits"][0] == 1e6
    assert page.evaluate("arithmetic.default.accepts(models[0].values)")


def test_smoothing_spreads_the_target(visit):
    page = visit(GradientExplorer(target=1, steps=3))
    slider(page, "smoothing").press("ArrowRight")
    slider(page, "smoothing").press("ArrowRight")
    says = state(page)
    assert says["smoothing"] == 0.1
    assert says["y"] == pytest.approx([0.025, 0.925, 0.025, 0.025], rel=1e-15)
    assert says["steps"] == 0
    assert_right(says)
    slider(page, "smoothing").press("End")
    assert state(page)["y"] == [0.25] * 4
    field = number(page, "smoothing")
    field.fill("2")
    assert shown(page, ".se-line") == ["The smoothing is a number from 0 to 1"]
    field.fill("0.35")
    assert state(page)["smoothing"] == 0.35


def test_the_target_may_be_any_distribution(visit):
    page = visit()
    assert page.get_by_label("target share").count() == 4
    expect(page.get_by_label("target share of class 1")).to_be_hidden()
    target(page).select_option("shares, set below")
    assert state(page)["distribution"] == [0, 1, 0, 0]
    expect(slider(page, "smoothing")).to_be_hidden()
    page.get_by_label("target share of class 1").fill("0.5")
    assert state(page)["distribution"] == [0.5, 0.5, 0, 0]
    page.get_by_label("target share of class 3").fill("0.2")
    says = state(page)
    assert says["distribution"] == pytest.approx([0.4, 0.4, 0.2, 0], rel=1e-15)
    assert_right(says)
    field = page.get_by_label("target share of class 3")
    field.press("ArrowUp")
    assert state(page)["distribution"][2] == 0.25
    field.fill("1")
    assert state(page)["distribution"] == [0, 0, 1, 0]
    field.fill("0.4")  # the proportions from before this field took all
    assert state(page)["distribution"] == pytest.approx([0.3, 0.3, 0.4, 0], rel=1e-15)
    page.evaluate("models[0].set('distribution', [0, 0, 1, 0])")
    field.fill("0.4")  # nothing is left to keep its proportion: an even spread
    assert state(page)["distribution"] == pytest.approx([0.2, 0.2, 0.4, 0.2], rel=1e-15)
    field.fill("1.2")
    assert shown(page, ".se-line") == ["A share of the target is a number from 0 to 1"]
    target(page).select_option("class 1 is true")
    assert state(page)["distribution"] is None
    expect(slider(page, "smoothing")).to_be_visible()


def test_every_distribution_set_by_hand_is_one(visit):
    page = visit(GradientExplorer(**TEN, distribution=[0.1] * 10))
    rng = np.random.default_rng(3)
    for _ in range(60):
        i = int(rng.integers(10))
        share = float(rng.choice([0, 1, 0.5, round(rng.random(), 2)]))
        page.get_by_label("target share of").nth(i).fill(str(share))
        says = state(page)
        assert abs(sum(says["distribution"]) - 1) < 1e-14
        assert page.evaluate("arithmetic.default.accepts(models[0].values)")
        assert_right(says)


def test_presets_are_right_or_wrong_about_the_target(visit):
    page = visit(GradientExplorer([5, 1, 2], target=2))
    box = page.get_by_role("combobox", name="preset logits")
    for name, logits in [
        ("All equal", [0, 0, 0]),
        ("Sure and right", [0, 0, 8]),
        ("Sure and wrong", [8, 0, 0]),
    ]:
        number(page, "logit of class 2").fill("99")
        box.select_option(name)
        assert state(page)["logits"] == logits
        expect(slider(page, "logit of class 2")).to_have_attribute("max", "10")
        expect(box.locator("option:checked")).to_have_text(name)
    assert state(page)["gradient"][2] == pytest.approx(-1, abs=1e-3)
    button(page, "Step").click()
    expect(box).to_have_value("0")


def test_reset_goes_back_to_what_python_gave(visit):
    explorer = GradientExplorer([7, 5, 3], ["x", "y", "z"], 2, 0.2, rate=2, steps=4)
    page = visit(explorer)
    first = state(page)
    target(page).select_option("shares, set below")
    number(page, "logit of y").fill("999")
    slider(page, "rate").press("Home")
    button(page, "Reset").click()
    assert state(page) == first
    assert page.locator(".se-bars input[type=range]").first.get_attribute("max") == "10"


def test_it_follows_the_model(visit):
    page = visit()
    page.evaluate("models[0].set('logits', [1, 2, 3, 4, 5])")  # for a moment one label short
    assert state(page)["labels"][-1] == "class 5"
    page.evaluate("models[0].set('labels', ['a', 'b', 'c', 'd', 'e'])")
    assert shown(page, ".se-label") == list("abcde")
    assert target(page).locator("option").count() == 6
    page.evaluate("models[0].set('logits', [1, 2]); models[0].set('labels', ['a', 'b'])")
    settle(page)
    assert target(page).locator("option").all_inner_texts() == [
        *("a is true", "b is true", "shares, set below")
    ]
    assert_right(state(page))


# ---- touch and looks ----------------------------------------------------------------------------


def test_touch(visit):
    page = visit(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 700})
    button(page, "Step").tap()
    assert state(page)["steps"] == 1
    steps = slider(page, "steps")
    steps.scroll_into_view_if_needed()
    box = steps.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    assert state(page)["steps"] == 100
    logit = slider(page, "logit of class 4")
    logit.scroll_into_view_if_needed()
    box = logit.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    assert state(page)["logits"][3] == 10
    assert_right(state(page))


WIDE = [
    {"target": 1},
    {"logits": [40, 0, 0, -40], "target": 1},
    {**TEN, "target": 4, "smoothing": 0.3, "steps": 40},
    {**TEN, "distribution": [0.1] * 10},
    {"logits": [-1e6, 123456.789, 3], "target": 1},
]


@pytest.mark.parametrize("kwargs", WIDE, ids=["four", "sure", "ten", "shares", "huge"])
def test_nothing_overflows_or_overlaps(visit, kwargs):
    page = visit(GradientExplorer(**kwargs))
    for width in at_each_width(page, 320, 360, 500, 700, 1280):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(FLAWS) == []


def test_running_moves_nothing_else(visit):
    page = visit()
    for _ in at_each_width(page, 320, 360, 700):
        heights = set()
        for steps in (0, 1, 10, 40, 100):
            page.evaluate("(steps) => models[0].set('steps', steps)", steps)
            settle(page)
            heights.add(page.locator(".softmax-explorer").bounding_box()["height"])
        assert len(heights) == 1


def test_arrows_marks_and_the_curve_stand_out(visit):
    page = visit(GradientExplorer(target=1, smoothing=0.5, steps=5))
    colour = "([s, name]) => getComputedStyle(document.querySelector(s))[name]"
    for options in ({"color_scheme": "light"}, {"color_scheme": "dark"}):
        page.emulate_media(**options)
        track = page.evaluate(colour, [".se-track", "backgroundColor"])
        surface = page.evaluate(colour, [".softmax-explorer", "backgroundColor"])
        for mark in (".se-arrow", ".se-tick"):
            assert contrast(page.evaluate(colour, [mark, "backgroundColor"]), track) >= 3
        for line in (".se-path", ".se-dot", ".se-axes", ".se-floor"):
            assert contrast(page.evaluate(colour, [line, "stroke"]), surface) >= 3


def test_arrows_stay_visible_in_forced_colours(visit):
    page = visit(GradientExplorer(target=1, steps=5), forced_colors="active")
    arrow, track = page.evaluate(
        """[".se-arrow", ".se-track"].map((s) =>
             getComputedStyle(document.querySelector(s)).backgroundColor)"""
    )
    assert contrast(arrow, track) >= 3
    path, surface = page.evaluate(
        """[[".se-path", "stroke"], [".softmax-explorer", "backgroundColor"]].map(([s, name]) =>
             getComputedStyle(document.querySelector(s))[name])"""
    )
    assert contrast(path, surface) >= 3
    for line in (".se-path", ".se-dot", ".se-axes"):
        assert follows(page, line, "stroke", "CanvasText")


def test_labels_are_text(visit):
    page = visit(GradientExplorer([1, 2], ["<img src=x onerror=alert(1)>", "</script>"]))
    assert shown(page, ".se-label") == ["<img src=x onerror=alert(1)>", "</script>"]
    assert page.locator("img").count() == 0


def test_softmax_lib_and_the_page_agree_on_the_probabilities_reached(visit):
    page = visit(GradientExplorer(target=2, rate=3, steps=60))
    says = state(page)
    assert says["probabilities"] == pytest.approx(core.softmax(says["reached"]), rel=1e-12)


def test_a_loss_that_underflows_does_not_pass_for_0(visit):
    """It is ln(1 + e^-2000000 + ...), and e^-1000000 is 3.3e-434295."""
    page = visit(GradientExplorer([1e6, -1e6, 0, -1], target=0))
    exact = (mpmath.mp.mpf(1) + mpmath.exp(-1)) * mpmath.exp(-(10**6))
    digits, power = mpmath.nstr(exact, 3).split("e")
    assert page.locator(".se-loss").inner_text() == f"loss {digits}e{power} nats"


def test_one_step_is_not_steps(visit):
    page = visit(GradientExplorer(steps=1))
    assert slider(page, "rate").get_attribute("aria-valuetext").endswith(" after 1 step")
    assert page.get_by_role("img").first.get_attribute("aria-label").startswith("Loss over 1 step:")


def test_a_share_typed_digit_by_digit_keeps_the_others_proportions(visit):
    """On its way 1e-3 is 1, which takes all from the others."""
    page = visit(GradientExplorer(distribution=[0.63, 0.27, 0.1, 0]))
    field = number(page, "target share of class 2")
    field.focus()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("1e-3")
    expected = [0.63 / 0.73 * 0.999, 0.001, 0.1 / 0.73 * 0.999, 0]
    np.testing.assert_allclose(state(page)["y"], expected, rtol=1e-12, atol=1e-15)
    # Another field goes on from there.
    number(page, "target share of class 4").fill("0.5")
    expected = [*np.array(expected[:3]) / 2, 0.5]
    np.testing.assert_allclose(state(page)["y"], expected, rtol=1e-12)

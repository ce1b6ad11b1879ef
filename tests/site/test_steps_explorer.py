"""StepsExplorer in a real browser: what moves with one logit, and what stays."""

import mpmath
import numpy as np
import pytest
from playwright.sync_api import expect

from softmax_lib import core
from softmax_lib.widgets import StepsExplorer

from .explorer_harness import at_each_width, contrast, in_page, settle, state

CLASSES = ["cat", "dog", "bird", "car"]


@pytest.fixture
def visit(explore):
    """Open a page with the chapter's explorer."""
    return lambda widget=None, **options: explore(
        widget or StepsExplorer(labels=CLASSES), **options
    )


def slider(page, name):
    return page.get_by_role("slider", name=f"logit of {name}")


def marks(page):
    """Return which exponentials, probabilities and odds are marked as moved."""
    settle(page)
    return [
        page.locator(f"{rows} .se-value").evaluate_all(
            "(all) => all.map((e) => e.classList.contains('se-moved'))"
        )
        for rows in ("[aria-label=exponentials]", "[aria-label=probabilities]", "[aria-label=odds]")
    ]


def test_names_of_odds_have_a_line_of_their_own(visit):
    """And nothing moves when the words beside them come and go."""
    page = visit(StepsExplorer(logits=[10, 1, -10]))
    tops = "(all) => all.map((e) => Math.round(e.getBoundingClientRect().top))"
    rows = page.locator(".se-odds li")
    for _ in at_each_width(page, 296, 320, 360, 600, 700):
        places = []
        for logits in ([10, 1, -10], [10, 1, -9], [9, 0, -10]):
            page.evaluate("(z) => models[0].set('logits', z)", logits)
            settle(page)
            line = page.locator(".se-odds .se-text").first.bounding_box()["height"]
            labels = page.locator(".se-odds .se-label").all()
            assert max(label.bounding_box()["height"] for label in labels) < 1.5 * line
            places.append(rows.evaluate_all(tops))
        assert places[0] == places[1] == places[2]


def assert_right(says):
    z = says["logits"]
    with mpmath.workdps(50):
        e = [mpmath.exp(value) for value in z]
        total = mpmath.fsum(e)
        odds = [mpmath.exp(a - mpmath.mpf(b)) for i, a in enumerate(z) for b in z[i + 1 :]]
    assert says["exponentials"] == pytest.approx([float(x) for x in e], rel=1e-12)
    assert says["total"] == pytest.approx(float(total), rel=1e-12)
    assert says["probabilities"] == pytest.approx([float(x / total) for x in e], rel=1e-12)
    assert says["odds"] == pytest.approx([float(x) for x in odds], rel=1e-12)


def test_thousands_of_states_agree_with_the_library(visit):
    """5,000 rows of each length from 2 to 5, the ends of the range among them."""
    page = visit()
    rng = np.random.default_rng(6)
    for count in range(2, 6):
        z = rng.uniform(-10, 10, (5000, count))
        z[::10] = rng.choice([-10, 0, 10], (500, count))
        found = in_page(page, "arithmetic.steps", z)
        p = np.array([row["probabilities"] for row in found])
        e = np.array([row["exponentials"] for row in found])
        assert np.isfinite(p).all()
        np.testing.assert_allclose(e, np.exp(z), rtol=1e-12)
        np.testing.assert_allclose(p, core.softmax(z), rtol=1e-12)
        np.testing.assert_allclose(p, core.naive_softmax(z), rtol=1e-12)


def test_one_logit_moves_every_probability_and_not_the_others_odds(visit):
    page = visit()
    before = state(page)
    slider(page, "dog").press("PageUp")
    says = state(page)
    assert_right(says)
    assert says["logits"][1] > 1
    assert [says["logits"][i] for i in (0, 2, 3)] == [2, 0, -1]
    # pairs: cat-dog, cat-bird, cat-car, dog-bird, dog-car, bird-car
    assert marks(page) == [
        [False, True, False, False],
        [True] * 4,
        [True, False, False, True, True, False],
    ]
    for k in (1, 2, 5):
        assert says["odds"][k] == pytest.approx(before["odds"][k], rel=1e-14)
    expect(page.locator(".se-line")).to_have_text(
        "dog moved: all probabilities moved, the odds among the other classes stayed"
    )
    assert page.locator("[aria-label=odds] .se-quiet").all_inner_texts() == [
        "moved", "stayed", "stayed", "moved", "moved", "stayed",
    ]  # fmt: skip
    before = marks(page)
    page.get_by_role("spinbutton", name="logit of dog").fill("")  # refused: so nothing moves
    assert marks(page) == before


def test_marks_stand_out(visit):
    page = visit()
    slider(page, "dog").press("PageUp")
    settle(page)
    moved, stayed = page.locator("[aria-label=exponentials] .se-value").evaluate_all(
        """([stayed, moved]) => [moved, stayed].map((e) => {
             const { color, fontWeight } = getComputedStyle(e);
             return [color, fontWeight];
           })"""
    )
    assert moved[0] != stayed[0]
    assert moved[1] == "700" != stayed[1]


def test_nothing_is_marked_before_a_move_and_after_one_of_several_logits(visit):
    page = visit()
    nothing = [[False] * 4, [False] * 4, [False] * 6]
    for _ in range(2):
        assert marks(page) == nothing
        assert page.locator("[aria-label=odds] .se-quiet").all_inner_texts() == [""] * 6
        expect(page.locator(".se-line")).to_have_text(
            "The odds of two classes are e to the gap between their logits"
        )
        page.evaluate("models[0].set('logits', [1, 2, 0, -1])")


def test_of_two_classes_both_probabilities_move(visit):
    page = visit(StepsExplorer([2, 1]))
    slider(page, "class 2").press("ArrowUp")
    assert marks(page) == [[False, True], [True, True], [True]]
    expect(page.locator(".se-line")).to_have_text(
        "class 2 moved: both probabilities and their odds moved"
    )


def test_a_common_step_moves_the_exponentials_alone(visit):
    page = visit()
    before = state(page)
    page.get_by_role("button", name="Add 1 to all").click()
    says = state(page)
    assert_right(says)
    assert marks(page) == [[True] * 4, [False] * 4, [False] * 6]
    assert says["probabilities"] == pytest.approx(before["probabilities"], rel=1e-14)
    ratio = np.divide(says["exponentials"], before["exponentials"])
    np.testing.assert_allclose(ratio, np.e, rtol=1e-14)


def test_a_step_that_would_leave_the_range_is_refused(visit):
    page = visit(StepsExplorer([9, 0]))
    for _ in range(2):
        page.get_by_role("button", name="Add 1 to all").click()
        assert state(page)["logits"] == [10, 1]
    expect(page.locator(".se-line")).to_have_text(
        "A logit would leave the range from \N{MINUS SIGN}10 to 10"
    )
    page.get_by_role("button", name="Take 1 from all").click()
    assert state(page)["logits"] == [9, 0]


def test_the_mouse_drags_a_bar_up_and_down(visit):
    page = visit()
    box = slider(page, "bird").bounding_box()
    x, y, height = box["x"] + box["width"] / 2, box["y"], box["height"]
    assert height > box["width"]
    expect(slider(page, "bird")).to_have_attribute("aria-orientation", "vertical")
    page.mouse.move(x, y + height / 2)
    page.mouse.down()
    page.mouse.move(x, y - 20, steps=4)
    assert state(page)["logits"] == [2, 1, 10, -1]
    page.mouse.move(x, y + height + 20, steps=4)
    assert state(page)["logits"] == [2, 1, -10, -1]
    page.mouse.up()
    assert_right(state(page))


def test_keys_and_numbers_move_a_logit(visit):
    page = visit()
    for key, value in [("ArrowUp", 2.1), ("ArrowDown", 2), ("End", 10), ("Home", -10)]:
        slider(page, "cat").press(key)
        assert state(page)["logits"][0] == value
    field = page.get_by_role("spinbutton", name="logit of car")
    field.fill("2.5")
    assert state(page)["logits"][3] == 2.5
    for bad in ("10.5", "", "-99"):
        field.fill(bad)
        assert state(page)["logits"][3] == 2.5
        assert "from \N{MINUS SIGN}10 to 10" in page.locator(".se-line").inner_text()
    assert_right(state(page))


def test_touch(visit):
    page = visit(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 800})
    box = slider(page, "car").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 2)
    assert state(page)["logits"] == [2, 1, 0, 10]


def test_the_bars_are_as_high_as_the_numbers(visit):
    page = visit()
    says = state(page)
    heights = page.locator(".se-track .se-fill").evaluate_all(
        "(all) => all.map((e) => e.getBoundingClientRect().height / e.parentNode.clientHeight)"
    )
    np.testing.assert_allclose(heights[:4], np.array(says["exponentials"]) / 10, atol=0.01)
    np.testing.assert_allclose(heights[4:], says["probabilities"], atol=0.01)
    assert "bars from 0 to 10" in page.locator(".se-note").all_inner_texts()
    # A logit's bar ends under the thumb, and starts from the middle.
    for name, z in [("cat", 7.5), ("car", -5)]:
        page.get_by_role("spinbutton", name=f"logit of {name}").fill(str(z))
        settle(page)
        top, bottom, low, high = slider(page, name).evaluate(
            """(e) => { const b = e.previousSibling.getBoundingClientRect();
                        const t = e.parentNode.getBoundingClientRect();
                        return [b.top, b.bottom, t.bottom - 6.4, t.top + 6.4]; }"""
        )
        ends = [low + (high - low) * (value + 10) / 20 for value in (max(z, 0), min(z, 0))]
        assert [top, bottom] == pytest.approx(ends, abs=0.6)


def test_no_number_passes_for_zero_or_one(visit):
    page = visit(StepsExplorer([10, -10]))
    values = page.locator(".se-columns .se-value").all_inner_texts()
    assert values == ["22026.5", "4.54e-5", "1\N{MINUS SIGN}2e-9", "2.06e-9"]
    assert page.locator("[aria-label=odds] .se-value").all_inner_texts() == ["4.852e+8"]
    assert page.locator(".se-sum").inner_text() == "their sum: 22026.5"


def test_numbers_are_as_long_as_they_need_to_be(visit):
    page = visit(StepsExplorer([5, 3]))
    values = page.locator(".se-columns .se-value").all_inner_texts()
    assert values == ["148.4", "20.086", "0.8808", "0.1192"]  # by mpmath
    assert page.locator(".se-sum").inner_text() == "their sum: 168.5"
    assert "bars from 0 to 200" in page.locator(".se-note").all_inner_texts()


@pytest.mark.parametrize("forced", ["none", "active"])
def test_bars_stay_visible(visit, forced):
    page = visit(forced_colors=forced)
    bar, track, border = page.evaluate(
        """[[".se-signed", "backgroundColor"], [".se-upright-track", "backgroundColor"],
            [".se-upright-track", "borderTopWidth"]]
             .map(([name, part]) => getComputedStyle(document.querySelector(name))[part])"""
    )
    assert contrast(bar, track) >= 3
    assert border == ("1px" if forced == "active" else "0px")


def test_reset_goes_back_to_what_python_gave(visit):
    page = visit()
    before = state(page)
    slider(page, "cat").press("End")
    page.get_by_role("button", name="Take 1 from all").click()
    page.get_by_role("button", name="Reset").click()
    assert state(page) == before
    slider(page, "car").press("End")
    assert any(map(any, marks(page)))
    page.get_by_role("button", name="Reset").click()
    assert state(page) == before
    assert not any(map(any, marks(page)))  # of what has not begun, nothing has moved
    line = "The odds of two classes are e to the gap between their logits"
    expect(page.locator(".se-line")).to_have_text(line)


def test_each_over_the_sum_can_be_followed_by_hand(visit):
    """Three digits of small exponentials too, and ends of bars without a computer's tail."""
    page = visit(StepsExplorer([-6.2, -6.4, -6.6, -6.4]))
    shown = page.get_by_role("list", name="exponentials").locator(".se-value").all_inner_texts()
    e = np.array(shown, float)
    total = float(page.locator(".se-sum").inner_text().partition(": ")[2])
    np.testing.assert_allclose(e / total, state(page)["probabilities"], atol=0.001)
    page.evaluate("models[0].set('logits', [-9.9, -9.9, -9.9, -9.9])")
    assert page.locator(".se-note").get_by_text("bars from 0 to").first.inner_text() == (
        "bars from 0 to 0.0001"
    )
    page.evaluate("models[0].set('logits', [-10, -10, -10, -10])")
    assert page.get_by_text("bars from 0 to 5e-5").is_visible()

"""OverflowExplorer in a real browser: its formats bit for bit, and what it says of failures."""

import mpmath
import numpy as np
import pytest
from playwright.sync_api import expect

from softmax_lib.widgets import OverflowExplorer
from softmax_lib.widgets._formats import FORMATS, softmax_steps

from ..test_widgets_overflow import brain_floats, halves
from .explorer_harness import contrast, in_page, settle, state

RNG = np.random.default_rng(9)


@pytest.fixture
def visit(explore):
    """Open a page with the chapter's explorer."""
    return lambda widget=None, **options: explore(widget or OverflowExplorer(offset=80), **options)


def rounded_in_page(page, values, name):
    return np.array(in_page(page, f"(x) => arithmetic.rounded(x, '{name}')", values), dtype=float)


def same(found, expected):
    np.testing.assert_array_equal(np.array(found, float), expected)
    np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))


@pytest.mark.parametrize(("values", "name"), [(halves(), "float16"), (brain_floats(), "bfloat16")])
def test_rounding_by_the_rule_of_ieee_754(visit, values, name):
    """Every finite number of the format, every midpoint, and the doubles next to each."""
    page = visit()
    even = np.where(np.arange(len(values) - 1) % 2 == 0, values[:-1], values[1:])
    middle = values[:-1] + np.diff(values) / 2
    for sign in (1, -1):
        same(rounded_in_page(page, sign * values[1:], name), sign * values[1:])
        same(rounded_in_page(page, sign * middle, name), sign * even)
        same(rounded_in_page(page, sign * np.nextafter(middle, np.inf), name), sign * values[1:])
        same(rounded_in_page(page, sign * np.nextafter(middle, 0), name), sign * values[:-1])
        if name == "float16":
            same((sign * middle).astype(np.float16).astype(float), sign * even)


def test_rounding_is_that_of_numpys_casts(visit):
    page = visit()
    doubles = RNG.integers(0, 1 << 64, 50_000, dtype=np.uint64).view(np.float64)
    near = RNG.standard_normal(50_000) * 2.0 ** RNG.integers(-155, 130, 50_000)
    borders = np.array([65519.99, 65520.0, 65536.0, 2.0**-25, 3 * 2.0**-26, 2.0**-150, 3e38, 4e38])
    with np.errstate(all="ignore"):
        for x in (doubles[np.isfinite(doubles)], near, borders, -borders):
            for dtype in (np.float16, np.float32):
                same(rounded_in_page(page, x, dtype.__name__), x.astype(dtype).astype(float))


def nearest(exact, digits, low, high):
    """Round an mpmath number to a format once, which no double stands between."""
    exponent = max(mpmath.frexp(exact)[1] - 1, low) - digits + 1
    value = mpmath.ldexp(mpmath.nint(mpmath.ldexp(exact, -exponent)), exponent)
    return float("inf") if value >= mpmath.mpf(2) ** (high + 1) else float(value)


def inputs_for(name):
    """Return what to take the exponential of: all of a small format, a sample of float32."""
    if name == "float32":
        return RNG.uniform(-105, 89.5, 50_000).astype(np.float32).astype(float)
    values = halves() if name == "float16" else brain_floats()
    return np.concatenate([values, -values])


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32"])
def test_the_exponential_is_correctly_rounded(visit, name):
    """All 63,488 finite float16, all 65,280 bfloat16, and 50,000 of float32, against mpmath.

    What is far outside, where e to its power is 0 or inf in all of these, is not sent to mpmath.
    """
    page = visit()
    x = inputs_for(name)
    found = in_page(page, f"(x) => arithmetic.rounded(Math.exp(x), '{name}')", x)
    with mpmath.workprec(200):
        expected = [
            (np.inf if v > 0 else 0.0) if abs(v) > 200 else nearest(mpmath.exp(v), *FORMATS[name])
            for v in x.tolist()
        ]
    np.testing.assert_array_equal(np.array(found, float), expected)


def test_in_float64_the_exponential_is_the_browsers(visit):
    """Not promised to be correctly rounded: within one unit in the last place, on 20,000."""
    page = visit()
    x = RNG.uniform(-708, 709.7, 20_000)
    found = np.array(in_page(page, "Math.exp", x), float)
    with mpmath.workprec(200):
        off = [
            float(abs(mpmath.exp(v) - y)) / np.spacing(y)
            for v, y in zip(x.tolist(), found.tolist(), strict=True)
        ]
    assert max(off) < 1


@pytest.mark.parametrize("name", list(FORMATS))
def test_thousands_of_states_agree_with_python(visit, name):
    """4,000 states of each format, naive and shifted, nan and inf in the same places."""
    page = visit()
    reach = {"float16": 25, "float64": 800}.get(name, 120)
    states = [
        {
            "logits": (10 ** RNG.uniform(-1, 2) * RNG.uniform(-1, 1, RNG.integers(2, 5))).tolist(),
            "offset": float(RNG.uniform(-reach, reach)),
            "precision": name,
        }
        for _ in range(4000)
    ]
    for shift in (False, True):
        found = in_page(page, f"(s) => arithmetic.softmaxSteps(s, {str(shift).lower()})", states)
        for given, steps in zip(states, found, strict=True):
            expected = softmax_steps(*given.values(), shift=shift)
            for step, value in expected.items():
                tolerance = {"rtol": 1e-12, "atol": 1e-322} if name == "float64" else {"rtol": 0}
                if name == "float64" and not shift and expected["total"] < 1e-300:
                    continue  # few digits: one in the last place of exp shows in all of them
                found_here = np.array(steps[step], float)
                np.testing.assert_allclose(found_here, value, **tolerance)


SITUATIONS = [
    # offset, format, the naive numbers, the words under them, the line
    (80, "float32", None, [], "float32, c = 80: both forms are right"),
    (
        *(87, "float32", ["nan", "0", "0", "0"], ["inf / inf", "÷ inf", "÷ inf", "÷ inf"]),
        "float32, c = 87: an exponential overflows, inf over inf is nan; the shifted form is right",
    ),
    (
        *(86.5, "float32", ["0"] * 4, ["÷ inf"] * 4),
        "float32, c = 86.5: only the sum overflows, so all are 0; the shifted form is right",
    ),
    (
        *(-200, "bfloat16", ["nan"] * 4, ["0 / 0"] * 4),
        "bfloat16, c = \N{MINUS SIGN}200: all exponentials are 0, and 0 over 0 is nan; "
        "the shifted form is right",
    ),
    (
        *(-17, "float16", ["0.625", "0.25", "0.125", "0"]),
        ["off 3 %", "off 6 %", "off 43 %", "underflow"],
        "float16, c = \N{MINUS SIGN}17: no inf, no nan, and the naive form is off by up to 100 %; "
        "the shifted form is right",
    ),
]


def test_it_says_what_happens(visit):
    page = visit()
    for offset, name, numbers, words, line in SITUATIONS:
        page.evaluate(
            "([c, f]) => { models[0].set('offset', c); models[0].set('precision', f) }",
            [offset, name],
        )
        settle(page)
        expect(page.locator(".se-line")).to_have_text(line)
        expect(page.get_by_role("slider")).to_have_attribute("aria-valuetext", line)
        row = page.get_by_role("list", name="naive: probabilities")
        if numbers:
            assert row.locator(".se-value").all_inner_texts() == numbers
        assert [text for text in row.locator(".se-word").all_inner_texts() if text] == words
        assert row.locator(".se-failed").count() == len(words)
        shifted = page.get_by_role("list", name="shifted: probabilities")
        assert shifted.locator(".se-failed").count() == 0
    words = page.get_by_role("list", name="naive: exponentials").locator(".se-word")
    assert words.all_inner_texts() == ["few digits"] * 3 + ["underflow"]


def test_a_shift_of_what_was_rounded_already_can_be_wrong(visit):
    """In bfloat16 1000 - 4, 1000 and 1000 + 4 are neighbours: 1.9 and -1.9 become one."""
    page = visit(OverflowExplorer([1.9, -1.9], offset=1000, precision="bfloat16"))
    row = page.get_by_role("list", name="shifted: probabilities")
    assert row.locator(".se-value").all_inner_texts() == ["0.5", "0.5"]
    # softmax(1.9, -1.9) = (0.9781, 0.0219)
    assert row.locator(".se-word").all_inner_texts() == ["off 49 %", "wrong"]
    expect(page.locator(".se-line")).to_have_text(
        "bfloat16, c = 1000: an exponential overflows, inf over inf is nan; "
        "the shifted form is far off, since z + c was rounded"
    )


def test_large_numbers_are_written_short(visit):
    """e to the 82, 81, 80 and 79, by mpmath."""
    page = visit(OverflowExplorer(offset=80, precision="float32"))
    row = page.get_by_role("list", name="naive: exponentials").locator(".se-value")
    expected = [f"{float(mpmath.exp(x)):.2e}".replace("+", "") for x in (82, 81, 80, 79)]
    assert row.all_inner_texts() == expected


@pytest.mark.parametrize("forced", ["none", "active"])
def test_a_failure_is_seen(visit, forced):
    page = visit(OverflowExplorer(offset=87, precision="float32"))
    shifted = page.get_by_role("list", name="shifted: probabilities").locator("li").first
    failed = page.locator(".se-failed").first
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, forced_colors=forced)
        style = "(e, name) => getComputedStyle(e)[name]"
        surface = page.locator(".softmax-explorer").evaluate(style, "backgroundColor")
        assert contrast(failed.evaluate(style, "borderLeftColor"), surface) >= 3
        assert contrast(failed.evaluate(style, "color"), surface) >= 4.5
        assert failed.locator(".se-value").evaluate(style, "fontWeight") == "700"
        assert shifted.evaluate(style, "borderLeftColor") in ("rgba(0, 0, 0, 0)", surface)
        if forced == "none":
            assert failed.evaluate(style, "color") != shifted.evaluate(style, "color")


def test_the_slider_the_list_and_the_numbers(visit):
    page = visit()
    slider = page.get_by_role("slider", name="offset c")
    for key, value in [("End", 120), ("Home", -120), ("ArrowUp", -119.5)]:
        slider.press(key)
        assert state(page)["offset"] == value
    page.get_by_role("combobox", name="Number format").select_option("float16")
    slider.press("End")
    assert state(page)["offset"] == 120  # it stays within reach of the slider
    field = page.get_by_role("spinbutton", name="Offset c")
    field.fill("-17")
    assert state(page)["offset"] == -17
    for bad in ("1001", "", "-2000"):
        field.fill(bad)
        assert state(page)["offset"] == -17
        said = page.locator(".se-line").inner_text()
        assert said == "The offset is a number from \N{MINUS SIGN}1000 to 1000"
    logit = page.get_by_role("spinbutton", name="logit of class 2")
    logit.fill("0.5")
    assert state(page)["logits"] == [2, 0.5, 0, -1]
    logit.fill("1001")
    assert page.locator(".se-line").inner_text().startswith("A logit is a number from ")


def test_the_mouse_and_a_finger_move_the_offset(visit):
    page = visit(has_touch=True, viewport={"width": 360, "height": 800})
    box = page.get_by_role("slider").bounding_box()
    x, y = box["x"], box["y"] + box["height"] / 2
    page.touchscreen.tap(x + 2, y)
    assert state(page)["offset"] == -120
    page.mouse.move(x + 8, y)
    page.mouse.down()
    page.mouse.move(x + box["width"] + 30, y, steps=5)
    page.mouse.up()
    assert state(page)["offset"] == 120


def test_the_ways_to_fail_fail(visit):
    page = visit()
    box = page.get_by_role("combobox", name="ways to fail")
    naive = page.get_by_role("list", name="naive: probabilities").locator(".se-value")
    for i, numbers in enumerate(
        [["0", "0", "nan"], ["0", "0"], ["nan", "nan"], ["0.3333", "0.6667"], ["nan", "0"]], 1
    ):
        box.select_option(index=i)
        settle(page)
        assert naive.all_inner_texts() == numbers
        expect(box).to_have_value(str(i))
        assert "the shifted form is right" in page.locator(".se-line").inner_text()
    page.get_by_role("button", name="Reset").click()
    assert len(state(page)["logits"]) == 4
    expect(box).to_have_value("0")


def test_a_failure_moves_nothing(visit):
    for width in (320, 700):
        page = visit(viewport={"width": width, "height": 700})
        heights = set()
        for offset, name, *_ in SITUATIONS:
            page.evaluate(
                "([c, f]) => { models[0].set('offset', c); models[0].set('precision', f) }",
                [offset, name],
            )
            settle(page)
            heights.add(page.locator(".softmax-explorer").bounding_box()["height"])
        assert len(heights) == 1
        row = page.get_by_role("list", name="naive: probabilities").locator("li")
        assert len({cell.bounding_box()["y"] for cell in row.all()}) == 1  # side by side


@pytest.mark.parametrize(
    ("logits", "offset", "precision", "line"),
    [
        (
            *([0, 0, -15, -15], 0, "float16"),
            "float16, c = 0: no inf, no nan, and the naive form is off by up to 22 %; the "
            "shifted form is off by up to 22 %, since small exponentials have few digits",
        ),
        (
            *([-2, -4.9, 3.2, 4.4], -8.75, "bfloat16"),
            "bfloat16, c = \N{MINUS SIGN}8.75: the naive form is right; the shifted form is off by "
            "up to 6 %, since the gaps were rounded",
        ),
        (
            *([0, -800, 0, 0], 0, "float64"),
            "float64, c = 0: both forms are right, and what is 0 is too small for the format",
        ),
        ([0, 1], 3, "float64", "float64, c = 3: both forms are right"),
    ],
)
def test_the_cause_it_names_is_the_cause(visit, logits, offset, precision, line):
    page = visit(OverflowExplorer(logits, offset, precision))
    expect(page.locator(".se-line")).to_have_text(line)


def test_the_slider_does_not_run_away_under_the_pointer(visit):
    """With its ends at the offset they would come nearer with each move of it."""
    page = visit(OverflowExplorer(offset=1000, precision="float32"))
    box = page.get_by_role("slider").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] - 8, y)
    page.mouse.down()
    for share in (0.97, 0.94, 0.92, 0.9):
        page.mouse.move(box["x"] + share * box["width"], y)
        settle(page)
        # The thumb's middle runs from 8 to 8 pixels before the ends.
        along = (share * box["width"] - 8) / (box["width"] - 16)
        assert abs(state(page)["offset"] - 1000 * (2 * along - 1)) < 10
    page.mouse.up()
    page.get_by_role("spinbutton").first.fill("9")
    assert page.get_by_role("slider").get_attribute("max") == "120"


# On the book\'s page at 320 and at 360 it is as wide as at 290 and at 330.
@pytest.mark.parametrize("width", [290, 330, 700])
def test_the_line_has_room_for_the_longest_of_causes(visit, width):
    page = visit(
        OverflowExplorer([2, 1, 0, -1], 1000, "bfloat16"), viewport={"width": width, "height": 800}
    )
    assert "since z + c was rounded" in page.locator(".se-line").inner_text()
    assert page.locator(".se-line").evaluate("e => e.scrollHeight <= e.clientHeight")

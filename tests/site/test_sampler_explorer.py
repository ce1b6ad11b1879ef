"""SamplerExplorer in a real browser: the very draws of Python, and the cut-offs."""

import mpmath
import numpy as np
import pytest
from playwright.sync_api import expect

from softmax_lib import softmax
from softmax_lib.sampling import mulberry32, nucleus, top_k
from softmax_lib.widgets import SamplerExplorer

from .explorer_harness import button, contrast, in_page, shown, state, state_now

RNG = np.random.default_rng(10)


@pytest.fixture
def visit(explore):
    """Open a page with the chapter's explorer."""
    return lambda widget=None, **options: explore(widget or SamplerExplorer(), **options)


def assert_right(says):
    """Hold what the page says against the explorer in Python: the counts exactly."""
    names = ("logits", "temperature", "top_k", "top_p", "seed", "draws")
    widget = SamplerExplorer(**{name: says[name] for name in names})
    assert says["probabilities"] == pytest.approx(widget.probabilities, rel=1e-12, abs=1e-318)
    assert says["counts"] == widget.counts
    p, counts, n = np.array(widget.probabilities), np.array(widget.counts), widget.draws
    whole = softmax(widget.logits, temperature=widget.temperature)
    assert says["removed"] == pytest.approx(whole[p == 0].sum(), rel=1e-12, abs=1e-300)
    if n:
        kept = p > 0
        chi = ((counts - n * p)[kept] ** 2 / (n * p[kept])).sum()
        assert says["totalVariation"] == pytest.approx(abs(counts / n - p).sum() / 2, abs=1e-12)
        assert says["chiSquare"] == pytest.approx(chi, rel=1e-9, abs=1e-9)


def test_the_random_numbers_are_pythons_bit_for_bit(visit):
    page = visit()
    for seed in (0, 1, 2**31 - 1, 2**31, 2**32 - 1):
        for start in (0, 79_000, 2**31 - 500):
            found = in_page(
                page, f"(n) => arithmetic.mulberry32({seed}, n)", np.arange(start, start + 1000)
            )
            np.testing.assert_array_equal(found, mulberry32(seed, start, 1000))


def test_a_small_expected_count_does_not_pass_for_none(visit):
    """softmax(z) of z = (10, 0, -11, -700): e^-10 and so on, over 1 + e^-10 nearly."""
    with mpmath.workdps(50):
        e = [mpmath.exp(z) for z in (10, 0, -11, -700)]
        expected = [10_000 * x / mpmath.fsum(e) for x in e]
    page = visit(SamplerExplorer(logits=[10, 0, -11, -700], draws=10_000))
    written = [text.split(" (")[1].rstrip(")") for text in shown(page, ".se-drawn")]
    assert written == ["9999.5", "0.45", "7.58e-6", mpmath.nstr(expected[3], 3)]
    for text, value in zip(written, expected, strict=True):
        assert float(mpmath.mpf(text) / value) == pytest.approx(1, rel=0.01)
    cut = visit(SamplerExplorer(logits=[10, 0, -11, -700], draws=10_000, top_k=1))
    assert shown(cut, ".se-drawn") == ["10000 (10000.0)", *3 * ["0 (0)"]]


def test_thousands_of_states_agree_with_the_library(visit):
    """4,000 random states: what is cut off is the same, the rest to twelve digits."""
    page = visit()
    states = []
    for _ in range(4000):
        count = int(RNG.integers(2, 9))
        logits = RNG.normal(size=count) * 10 ** RNG.uniform(-1, 1)
        if RNG.random() < 0.3:
            logits = np.round(logits)  # so that some tie
        states.append(
            {
                "logits": logits.tolist(),
                "temperature": float(10 ** RNG.uniform(-2, 2)),
                "top_k": int(RNG.integers(1, count + 1)),
                "top_p": round(float(RNG.uniform(0.01, 1)), 2),
            }
        )
    found = in_page(page, "(s) => arithmetic.softmax(arithmetic.cutOff(s))", states)
    assert all(np.isfinite(p).all() for p in found)
    for s, p in zip(states, found, strict=True):
        x = (np.array(s["logits"]) - max(s["logits"])) / s["temperature"]
        expected = softmax(nucleus(top_k(x, s["top_k"]), s["top_p"]))
        np.testing.assert_allclose(p, expected, rtol=1e-12, atol=1e-318)


def test_the_draws_are_pythons(visit):
    """120 states of up to 2,000 draws each: equal counts, all of them."""
    page = visit()
    for i in range(120):
        widget = SamplerExplorer(
            RNG.normal(size=4).tolist(),
            temperature=float(10 ** RNG.uniform(-1, 1)),
            top_k=int(RNG.integers(1, 5)),
            top_p=float(RNG.uniform(0.3, 1)),
            seed=int(RNG.integers(0, 2**32)),
            draws=int(RNG.integers(0, 2001)),
        )
        state_ = {name: getattr(widget, name) for name in widget.initial}
        counts = page.evaluate(
            "(s) => arithmetic.sampler(s.seed, 4)(arithmetic.cutOff(s), s.draws)", state_
        )
        assert counts == widget.counts, i


def test_drawing_by_hand_and_in_a_run(visit):
    page = visit(clock=True)
    for name, draws in [("Draw 1", 1), ("Draw 100", 101), ("Draw 1", 102)]:
        button(page, name).click()
        page.clock.run_for(50)
        says = state_now(page)
        assert says["draws"] == draws
        assert_right(says)
        came, expected = says["counts"][0], says["probabilities"][0] * draws
        expect(page.locator(".se-line")).to_have_text(
            f"{draws} draw{'s' * (draws > 1)}: class 1 came {came} time{'s' * (came != 1)}, "
            f"expected {expected:.{1 if expected >= 1 else 2}f}"
        )
    button(page, "Run").click()
    page.clock.run_for(1000)
    button(page, "Pause").click()
    page.clock.run_for(50)
    some = state_now(page)["draws"]
    assert 102 < some < 10_000
    page.clock.run_for(1000)
    assert state_now(page)["draws"] == some
    button(page, "Run").click()
    page.clock.run_for(20_000)
    says = state_now(page)
    assert says["draws"] == 10_000
    assert_right(says)
    assert button(page, "Run").is_visible()
    for name in ("Draw 1", "Draw 100", "Run"):
        button(page, name).dispatch_event("click")
        page.clock.run_for(50)
        expect(page.locator(".se-line")).to_have_text(
            "There can be at most 10000 draws: clear them first"
        )
    button(page, "Clear").click()
    page.clock.run_for(50)
    assert state_now(page)["counts"] == [0] * 4
    button(page, "Clear").click()
    page.clock.run_for(50)
    expect(page.locator(".se-line")).to_have_text("There are no draws to clear")


def test_the_last_draws_are_as_many_as_there_is_room_for(visit):
    page = visit(SamplerExplorer(draws=9950))
    for name in ("Draw 1", "Draw 100"):
        expect(button(page, name)).to_have_attribute("aria-disabled", "false")
    button(page, "Draw 100").click()
    assert state(page)["draws"] == 10_000
    for name in ("Draw 1", "Draw 100"):
        expect(button(page, name)).to_have_attribute("aria-disabled", "true")
        expect(button(page, name)).to_have_attribute("title", "at most 10000 draws")


def test_each_class_says_how_often_it_came_and_how_often_to_expect_it(visit):
    page = visit(SamplerExplorer(draws=1000))
    says = state(page)
    expected = [
        f"{n} ({1000 * p:.1f})" for n, p in zip(says["counts"], says["probabilities"], strict=True)
    ]
    assert shown(page, ".se-drawn") == expected
    button(page, "Clear").click()
    assert shown(page, ".se-drawn") == ["not drawn yet"] * 4
    assert shown(page, ".se-variation") == ["total variation \N{EN DASH}"]  # not a perfect 0
    assert shown(page, ".se-chi") == ["χ² \N{EN DASH}, degrees of freedom 3"]


def test_less_motion_runs_in_a_few_steps(visit):
    page = visit(clock=True, reduced_motion="reduce")
    button(page, "Run").click()
    page.clock.run_for(100)
    assert state_now(page)["draws"] == 1000
    page.clock.run_for(20_000)
    assert state_now(page)["draws"] == 10_000


def test_a_change_ends_the_run_and_keeps_the_random_numbers(visit):
    page = visit(clock=True)
    button(page, "Run").click()
    page.clock.run_for(500)
    page.get_by_role("slider", name="top-k").press("ArrowLeft")
    page.clock.run_for(100)
    draws = state_now(page)["draws"]
    page.clock.run_for(1000)
    says = state_now(page)
    assert says["draws"] == draws > 0
    assert says["top_k"] == 3
    assert_right(says)


def test_cut_offs_remove_mass_and_the_rest_is_renormalised(visit):
    page = visit()
    page.get_by_role("slider", name="top-p").press("Home")
    assert state(page)["probabilities"] == [1, 0, 0, 0]
    assert shown(page, ".se-value") == ["1", "cut off", "cut off", "cut off"]
    field = page.get_by_role("spinbutton", name="top-p")
    field.fill("0.9")
    for key, value in (
        ("ArrowDown", 0.89),
        ("ArrowUp", 0.9),
        ("ArrowUp", 0.91),
        ("ArrowDown", 0.9),
    ):
        field.press(key)
        assert state(page)["top_p"] == value
    says = state(page)
    assert_right(says)
    assert shown(page, ".se-value") == ["0.6652", "0.2447", "0.0900", "cut off"]
    expect(page.locator(".se-cut")).to_have_text("cut off 0.0321")
    page.get_by_role("spinbutton", name="Temperature T").fill("10")
    assert "cut off" not in shown(page, ".se-value")  # the nucleus grows with the temperature
    page.get_by_role("spinbutton", name="top-k").fill("2")
    assert_right(state(page))
    assert shown(page, ".se-value")[2:] == ["cut off", "cut off"]


def test_a_nucleus_that_rounding_makes_a_little_short_is_full(visit):
    page = visit(SamplerExplorer(np.log([7, 2, 1]), top_p=0.9))
    assert sum([0.7, 0.2]) < 0.9  # as the page adds them up
    assert shown(page, ".se-value")[2] == "cut off"


@pytest.mark.parametrize(
    ("name", "bad", "reason"),
    [
        ("top-k", ["0", "5", "1.5", ""], "Top-k is a whole number from 1 to 4"),
        ("top-p", ["0", "1.1", ""], "Top-p is a number from 0.01 to 1"),
        ("seed", ["-1", "4294967296", "0.5"], "A seed is a whole number from 0 to 4294967295"),
        ("logit of class 2", [""], "A logit is any finite number"),
    ],
)
def test_a_bad_number_is_refused(visit, name, bad, reason):
    page = visit()
    before = state(page)
    field = page.get_by_role("spinbutton", name=name)
    for text in bad:
        field.fill(text)
        assert state(page) == before
        expect(page.locator(".se-line")).to_have_text(reason)
        expect(field).to_have_attribute("aria-invalid", "true")
    field.blur()  # of the last one nothing can be taken
    assert state(page) == before
    said = expect(page.locator(".se-line"))
    if bad[-1]:  # the field shows another number: why?
        said.to_have_text(reason)
    else:
        said.not_to_have_text(reason)


def test_the_field_of_top_p_has_as_much_room_as_others(visit):
    page = visit()
    fields = [page.get_by_role("spinbutton", name=n) for n in ("top-p", "logit of class 1")]
    assert len({field.bounding_box()["width"] for field in fields}) == 1


def test_the_bars_are_as_long_as_the_shares(visit):
    page = visit(SamplerExplorer(draws=500, top_k=3))
    says = state(page)
    widths = page.locator(".se-bars .se-track").evaluate_all(
        """(all) => all.map((track) => [
             track.querySelector(".se-fill"), track.querySelector(".se-ghost"), track.nextSibling,
           ].map((e) => {
             const left = track.getBoundingClientRect().left;
             return (e.getBoundingClientRect().right - left) / track.clientWidth;
           }))"""
    )
    assert shown(page, ".se-variation") == [f"total variation {says['totalVariation']:.4f}"]
    assert shown(page, ".se-chi") == [f"χ² {says['chiSquare']:.2f}, degrees of freedom 2"]
    whole = softmax([2, 1, 0, -1])
    expected = np.transpose([says["probabilities"], whole, np.array(says["counts"]) / 500])
    np.testing.assert_allclose(widths, expected, atol=0.012)


def test_mouse_and_touch(visit):
    page = visit(has_touch=True, viewport={"width": 360, "height": 900})
    box = page.get_by_role("slider", name="temperature").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2)
    assert state(page)["temperature"] == 100
    button(page, "Draw 100").tap()
    assert_right(state(page))
    slider = page.get_by_role("slider", name="logit of class 4")
    box = slider.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 9, box["y"] + 5, steps=4)
    page.mouse.up()
    says = state(page)
    assert says["logits"] == [2, 1, 0, 10]
    assert_right(says)


def test_reset_goes_back_to_what_python_gave(visit):
    page = visit(SamplerExplorer(draws=7, seed=3))
    before = state(page)
    button(page, "Draw 100").click()
    page.get_by_role("spinbutton", name="seed").fill("9")
    assert_right(state(page))
    page.get_by_role("slider", name="top-p").press("Home")
    assert state(page) != before
    button(page, "Reset").click()
    assert state(page) == before


def test_what_was_drawn_stands_out(visit):
    page = visit(SamplerExplorer(draws=100))
    for look in ({"color_scheme": "light"}, {"color_scheme": "dark"}, {"forced_colors": "active"}):
        page.emulate_media(**look)
        drawn, key, surface = page.evaluate(
            """[[".se-seen"], [".se-key-seen", "::before"], [".softmax-explorer"]].map(
                 ([name, part]) =>
                   getComputedStyle(document.querySelector(name), part).backgroundColor)"""
        )
        assert contrast(drawn, surface) >= 3
        assert key == drawn


def test_what_a_gap_makes_tiny_is_not_called_cut_off(visit):
    page = visit(SamplerExplorer([1e307, 1, 0, -1], temperature=0.01))
    values = page.locator(".se-row .se-value").all_inner_texts()
    assert values == ["1 \N{MINUS SIGN} <1e-999999", *["<1e-999999"] * 3]
    assert "no class is cut off; no draw yet" in page.locator(".se-line").inner_text()


def test_a_small_distance_does_not_pass_for_none(visit):
    """Of z / T = (20, 10, 0, -10) the first two leave e^-20 + e^-30 over the sum, and no draw came
    to the second, whose share is e^-10 / (1 + e^-10)."""
    page = visit(SamplerExplorer([2, 1, 0, -1], temperature=0.1, top_k=2, draws=100))
    assert state(page)["counts"] == [100, 0, 0, 0]
    removed = (np.exp(-20) + np.exp(-30)) / np.exp([0, -10, -20, -30]).sum()
    apart = np.exp(-10) / (1 + np.exp(-10))
    assert shown(page, ".se-cut") == [f"cut off {removed:.2e}".replace("e-0", "e-")]
    assert shown(page, ".se-variation") == [f"total variation {apart:.2e}".replace("e-0", "e-")]
    whole = visit(SamplerExplorer([0, 0], draws=0))
    assert shown(whole, ".se-cut") == ["cut off 0"]
    beyond = visit(SamplerExplorer([2000, 0, 0], top_k=1))
    nearly_nothing = -2000 / np.log(10) + np.log10(2)  # 2 e^-2000, which no double holds
    digits = 10 ** (nearly_nothing % 1)
    assert shown(beyond, ".se-cut") == [f"cut off {digits:.2f}e{int(nearly_nothing // 1)}"]

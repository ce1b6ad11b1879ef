"""AttentionExplorer in a real browser: every head of the real sentence, against softmax_lib."""

import math
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from softmax_lib.attention import attention_weights
from softmax_lib.widgets import AttentionExplorer

from .conftest import the_sentence
from .explorer_harness import at_each_width, contrast, in_page, settle, state

BANK_2, RIVER, FLOODED = 11, 8, 9

# A weight below the smallest normal double keeps fewer digits.
RIGHT = {"rtol": 1e-12, "atol": 1e-318}


@pytest.fixture
def visit(explore):
    """Open a page with the chapter's explorer."""
    return lambda widget=None, **options: explore(
        widget or AttentionExplorer(*the_sentence(), head=4, token=BANK_2), **options
    )


def expected(says):
    """Return what softmax_lib makes of the state that an explorer shows."""
    query, key, tokens = the_sentence()
    q, k = (vectors[says["layer"], says["head"]].astype(float) for vectors in (query, key))
    mask = np.tri(len(tokens), dtype=bool) if says["causal"] else None
    return attention_weights(q, k, mask=mask, scale=1 / says["temperature"])


def scores_of(layer, head, token):
    """Return the dot products of one query with all keys."""
    query, key, _ = the_sentence()
    return key[layer, head].astype(float) @ query[layer, head, token].astype(float)


def numbers_shown(page):
    """Return the numbers beside the bars; a screen reader has each as the name of its bar."""
    settle(page)
    bars = page.get_by_role("list", name="weight on each key").get_by_role("img")
    names = bars.evaluate_all("(all) => all.map((e) => e.getAttribute('aria-label'))")
    assert page.locator(".se-value").inner_text().split("\n") == names
    return names


def assert_right(says):
    np.testing.assert_allclose(says["weights"], expected(says), **RIGHT)


def test_thousands_of_states_agree_with_the_library(visit):
    """Every layer and head, 28 states of each: 2,016 states, 395,136 weights."""
    page = visit()
    rng = np.random.default_rng(5)
    for layer in range(6):
        states = [
            {"layer": layer, "head": head, "causal": bool(i % 2),
             "temperature": float(10 ** rng.uniform(-2, 2))}
            for head in range(12) for i in range(28)
        ]  # fmt: skip
        found = in_page(page, "arithmetic.attention(models[0].get('vectors')).weights", states)
        assert np.isfinite(found).all()
        for state_, weights in zip(states, found, strict=True):
            np.testing.assert_allclose(weights, expected(state_), **RIGHT)


def test_what_it_shows_is_right_in_every_head(visit):
    page = visit()
    for layer in range(6):
        for head in range(12):
            page.evaluate(
                "([layer, head]) => { models[0].set('layer', layer); models[0].set('head', head) }",
                [layer, head],
            )
            assert_right(state(page))


def test_every_half_is_read_as_numpy_reads_it(visit):
    """All 63,488 finite float16 values, by way of queries that the page decodes."""
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)]
    page = visit()
    found = in_page(page, "arithmetic.fromHalf", halves.view(np.uint16))
    np.testing.assert_array_equal(found, halves.astype(float))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_vectors_of_any_float_type(visit, dtype):
    rng = np.random.default_rng(2)
    query, key = rng.standard_normal((2, 1, 2, 5, 3)).astype(dtype)
    widget = AttentionExplorer(query, key, list("abcde"), head=1)
    says = state(visit(widget))
    np.testing.assert_allclose(says["weights"], widget.weights, **RIGHT)
    half = np.float16 if dtype == np.float16 else np.float32
    sent = attention_weights(*(a[0, 1].astype(half).astype(float) for a in (query, key)))
    np.testing.assert_allclose(says["weights"], sent, **RIGHT)


def test_it_shows_what_the_chapter_says(visit):
    """Digits from PyTorch: tests/test_attention_data.py."""
    page = visit()
    says = state(page)
    assert says["weights"][BANK_2][RIVER] == pytest.approx(0.5745, abs=6e-4)
    line = page.locator(".se-line")
    expect(line).to_have_text("Layer 0, head 4: bank 2 reads river 0.57, flooded 0.25")
    values = numbers_shown(page)
    assert [values[RIVER], values[FLOODED]] == [
        f"{says['weights'][BANK_2][j]:.4f}" for j in (RIVER, FLOODED)
    ]
    page.get_by_role("combobox", name="Asking token").select_option("bank 1")
    expect(line).to_contain_text("Layer 0, head 4: bank 1 reads river 0.39, flooded 0.17")


def test_no_weight_passes_for_1(visit):
    page = visit()
    for temperature, causal in [(0.5, False), (0.3, False), (0.1, False), (0.3, True)]:
        for token in range(len(state(page)["weights"])):
            page.evaluate(
                "(all) => Object.entries(all).forEach((pair) => models[0].set(...pair))",
                {"temperature": temperature, "causal": causal, "token": token},
            )
            row = state(page)["weights"][token]
            alone = sum(w > 0 for w in row) == 1  # the first token under the mask
            assert ("1" in numbers_shown(page)) == alone
            assert "1.0000" not in numbers_shown(page)
            assert (" 1.00" in page.locator(".se-line").inner_text()) == alone
            others = sum(sorted(row)[:-1])
            if not alone and others < 5e-5:
                text = numbers_shown(page)[row.index(max(row))]
                assert float(text.removeprefix("1 \N{MINUS SIGN} ")) == pytest.approx(
                    others, rel=0.01
                )


def test_the_lists_choose_layer_head_and_token(visit):
    page = visit()
    for name, last in [("Layer", 5), ("Head", 11), ("Asking token", 13)]:
        box = page.get_by_role("combobox", name=name)
        box.focus()
        for key, value in [("Home", 0), ("End", last), ("ArrowUp", last - 1)]:
            page.keyboard.press(key)
            says = state(page)
            assert says[name.split()[-1].lower()] == value
            assert_right(says)


@pytest.mark.parametrize("touch", [False, True])
def test_a_row_of_the_matrix_can_be_picked(visit, touch):
    page = visit(viewport={"width": 360, "height": 1200}, has_touch=touch)
    box = page.locator(".se-matrix").bounding_box()
    cell = box["width"] * 20 / (76 + 14 * 20)
    frame = page.locator(".se-frame")
    for token in (0, 5, 13):
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] - (13.5 - token) * cell
        page.touchscreen.tap(x, y) if touch else page.mouse.click(x, y)
        assert state(page)["token"] == token
        assert float(frame.get_attribute("y")) == 76 + 20 * token - 1
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 5)  # on a name above: nothing
    assert state(page)["token"] == 13


def test_the_scale_is_on_off_or_any_temperature(visit):
    page = visit()
    scaled = page.get_by_role("button", name="÷ √d")
    unscaled = page.get_by_role("button", name="no scale")
    assert state(page)["temperature"] == math.sqrt(32)
    expect(scaled).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("spinbutton")).to_have_value("5.65685")
    entropy = []
    for press in (
        lambda: unscaled.click(),
        lambda: scaled.click(),
        lambda: page.get_by_role("slider").press("End"),
    ):
        press()
        says = state(page)
        assert_right(says)
        row = np.array(says["weights"][BANK_2])
        entropy.append(-np.sum(row * np.log(row)))
        nats = f"entropy {entropy[-1]:.4f} of ln 14 = {math.log(14):.4f} nats"
        expect(page.locator(".se-entropy")).to_have_text(nats)
    assert says["temperature"] == 100
    assert entropy == sorted(entropy)  # a larger T never lowers it
    expect(page.locator(".se-line")).to_have_text(
        "Layer 0, head 4: bank 2 gives no token as much as 0.10"
    )
    expect(scaled).to_have_attribute("aria-pressed", "false")
    page.get_by_role("spinbutton").fill("0")
    expect(page.locator(".se-line")).to_have_text("The temperature is a number from 0.01 to 100")
    assert state(page)["temperature"] == 100


def test_a_scale_that_is_no_temperature_here_is_not_offered(visit):
    wide = np.zeros((1, 1, 2, 10_201))  # whose root is 101
    page = visit(AttentionExplorer(wide, wide, ["a", "b"], temperature=1))
    expect(page.get_by_role("button", name="÷ √d")).to_be_hidden()
    expect(page.get_by_role("button", name="no scale")).to_be_visible()


def test_the_causal_mask_takes_what_comes_later(visit):
    page = visit()
    box = page.get_by_role("checkbox", name="causal mask")
    box.focus()
    page.keyboard.press("Space")
    says = state(page)
    assert says["causal"] is True
    assert_right(says)
    weights = np.array(says["weights"])
    assert (np.triu(weights, 1) == 0).all()
    assert weights[0, 0] == 1
    assert numbers_shown(page)[BANK_2 + 1 :] == ["masked", "masked"]
    expect(page.locator(".se-entropy")).to_contain_text(f"of ln 12 = {math.log(12):.4f} nats")
    page.get_by_role("combobox", name="Asking token").select_option(index=0)
    expect(page.locator(".se-entropy")).to_have_text("entropy 0 of ln 1 = 0 nats")


def test_a_small_weight_does_not_pass_for_none(visit):
    page = visit()
    page.get_by_role("spinbutton").fill("2")
    weights = state(page)["weights"][BANK_2]
    assert sum(0 < w < 1e-4 for w in weights) > 5
    assert any(1e-4 < w < 1e-3 for w in weights)
    for text, weight in zip(numbers_shown(page), weights, strict=True):
        small = weight < 0.001
        assert ("e-" in text) == small
        assert float(text) == pytest.approx(weight, rel=0.005, abs=0 if small else 5e-5)
    page.get_by_role("spinbutton").fill("0.01")  # where most weights are below the smallest double
    scores = scores_of(0, 4, BANK_2)
    tens = (scores - scores.max()) / 0.01 / math.log(10)
    assert (tens < -400).sum() > 3
    found = [float(text.split("e")[1]) for text in numbers_shown(page) if text[1] == "."]
    np.testing.assert_array_equal(found, np.floor(tens[tens < 0]))
    others = np.sort(scores - scores.max())[:-1] / 0.01  # H is nearly the sum of p (1 - ln p)
    entropy = float(page.locator(".se-entropy").inner_text().split()[1])
    assert entropy == pytest.approx(np.sum(np.exp(others) * (1 - others)), rel=0.005, abs=0)


@pytest.mark.parametrize("forced", ["none", "active"])
def test_the_cells_and_the_chosen_row_stand_out(visit, forced):
    page = visit(forced_colors=forced)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, forced_colors=forced)
        surface, back, cells, frame, filled = page.evaluate(
            """[[".softmax-explorer", "backgroundColor"], [".se-matrix .se-back", "fill"],
                [".se-matrix .se-cells", "fill"], [".se-frame", "stroke"], [".se-frame", "fill"]]
                 .map(([name, part]) => getComputedStyle(document.querySelector(name))[part])"""
        )
        assert contrast(cells, back) >= 3
        assert contrast(frame, surface) >= 3
        assert filled == "none"
        if forced == "active":
            assert back == surface  # the reader's own


def test_the_bars_and_the_cells_are_the_weights(visit):
    page = visit()
    expect(page.locator(".se-total")).to_have_text("sum 1")
    weights = np.array(state(page)["weights"])
    bars, tracks = (
        np.array(re.findall(r"[\d.]+", points), dtype=float).reshape(14, 4, 2)
        for points in page.locator(".se-chart polygon").evaluate_all(
            "([back, bars]) => [bars, back].map((e) => e.getAttribute('points'))"
        )
    )
    corners, ends = bars[..., 0], tracks[..., 0].max(axis=-1, keepdims=True)
    np.testing.assert_allclose(corners / ends, np.outer(weights[BANK_2], [0, 1, 1, 0]), atol=5e-5)
    np.testing.assert_array_equal(ends, 10_000)  # the width of the chart's viewBox
    assert page.locator(".se-chart").get_attribute("viewBox") == "0 0 10000 14"
    across = np.arange(14)[:, np.newaxis] + [0.1, 0.1, 0.9, 0.9]
    np.testing.assert_array_equal(bars[..., 1], across)
    np.testing.assert_array_equal(tracks[..., 1], across)
    squares = re.findall(
        r"M(\d+) (\d+)m-(\d+)-\3h(\d+)v\4h-\4z",
        page.locator("path.se-cells").get_attribute("d"),
    )
    across, down, half, side = np.array(squares, dtype=int).T / 250
    np.testing.assert_array_equal(side, 2 * half)
    np.testing.assert_allclose(side * side / 19**2, weights.ravel(), atol=0.0005)
    row, column = np.divmod(np.arange(weights.size), len(weights))
    np.testing.assert_array_equal(across, 76 + 20 * column + 9.5)
    np.testing.assert_array_equal(down, 76 + 20 * row + 9.5)


@pytest.mark.parametrize("style", ["", "* { line-height: 2 !important; word-spacing: 0.16em }"])
def test_each_number_stands_beside_its_bar(visit, style):
    """Also under a name too long for its place, and with the spacing that a reader may set."""
    vectors = np.ones((1, 1, 14, 2))
    tokens = ["incomprehensibilities of a token", *"bcdefghijklmn"]
    page = visit(AttentionExplorer(vectors, vectors, tokens))
    page.evaluate(
        """(css) => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(css);
          document.adoptedStyleSheets.push(sheet);
        }""",
        style,
    )
    for _ in at_each_width(page, 320, 700, 1200):
        bars, names, numbers = page.evaluate(
            """() => {
              const middle = ({ top, bottom }) => (top + bottom) / 2;
              const text = document.createRange();
              text.selectNodeContents(document.querySelector(".se-value"));
              const names = [...document.querySelectorAll(".se-keys .se-label")];
              const beside = names.map((e) => e.getBoundingClientRect());
              const lines = [beside, [...text.getClientRects()]]
                .map((boxes) => boxes.filter(({ width }) => width).map(middle));
              const { top, height } = document.querySelector(".se-chart").getBoundingClientRect();
              return [names.map((_, i) => top + ((i + 0.5) * height) / names.length), ...lines];
            }"""
        )
        assert len(bars) == len(names) == len(numbers) == 14
        np.testing.assert_allclose(numbers, bars, atol=1.5)
        np.testing.assert_allclose(names, bars, atol=1.5)


def test_the_longest_number_fits(visit):
    """Of all rows at the lowest temperature, that of the largest gap between the first two."""
    page = visit()
    page.evaluate(
        """() => Object.entries({layer: 0, head: 2, token: 1, causal: true, temperature: 0.01})
          .forEach((pair) => models[0].set(...pair))"""
    )
    first, second, *hidden = numbers_shown(page)
    gap = np.diff(scores_of(0, 2, 1))[0] / 0.01  # it is below 0: the first has the larger score
    tens = math.floor(gap / math.log(10))
    assert first == f"1 \N{MINUS SIGN} {second}"
    digits, exponent = second.split("e")
    assert int(exponent) == tens == -3011
    assert float(digits) == pytest.approx(10 ** (gap / math.log(10) - tens), abs=0.006)
    assert set(hidden) == {"masked"}
    for _ in at_each_width(page, 320, 360, 700, 1200):
        text, place = page.evaluate(
            """() => {
              const node = document.querySelector(".se-value"), text = document.createRange();
              text.selectNodeContents(node);
              return [text, node].map((e) => e.getBoundingClientRect().right);
            }"""
        )
        assert text <= place


def test_reset_goes_back_to_what_python_gave(visit):
    page = visit()
    before = state(page)
    page.get_by_role("slider").press("Home")
    page.get_by_role("combobox", name="Layer").select_option("3")
    page.get_by_role("checkbox").check()
    assert state(page) != before
    page.get_by_role("button", name="Reset").click()
    assert state(page) == before
    expect(page.get_by_role("checkbox")).not_to_be_checked()


def test_the_matrix_says_in_words_where_each_token_looks(visit):
    page = visit()
    page.evaluate("models[0].set('head', 2)")  # the head that looks back
    settle(page)
    words = page.locator(".se-matrix").get_attribute("aria-label")
    assert "river reads the 2, flooded reads river, the 3 reads flooded" in words

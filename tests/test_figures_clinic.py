"""The pictures of the failure clinic show the numbers that they are given."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from softmax_lib import figures


@pytest.fixture
def ax():
    return Figure().subplots()


def test_losses_count_steps_from_one_and_carry_their_names(ax):
    figures.draw_losses_above_floor(ax, {"once": [2.0, 0.5], "twice": [2.0, 1.5]}, 1.46115)
    once, twice, floor = ax.lines
    np.testing.assert_array_equal(once.get_xydata(), [[1, 2], [2, 0.5]])
    np.testing.assert_array_equal(twice.get_xydata(), [[1, 2], [2, 1.5]])
    np.testing.assert_array_equal(floor.get_ydata(), 1.46115)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["once", "twice"]
    assert ax.texts[0].get_text() == "floor 1.461"


def test_label_of_the_floor_is_near_the_left_and_clear_of_the_curves(ax):
    """Of a picture 400 points wide, as on a phone; the curves are those of training, roughly."""
    ax.figure.set_size_inches(400 / 72, 2.8)
    steps = np.arange(1, 501)
    through, down_to = 2.303 * steps**-1.5, np.maximum(2.303 * steps**-0.2, 1.46115)
    figures.draw_losses_above_floor(ax, {"once": through, "twice": down_to}, 1.46115)
    ax.figure.draw_without_rendering()
    label = ax.texts[0].get_window_extent()
    assert label.x1 < ax.bbox.x0 + ax.bbox.width / 2
    for curve in (through, down_to):
        finely = np.geomspace(1, 500, 2000)
        points = np.column_stack([finely, np.interp(finely, steps, curve)])
        assert label.count_contains(ax.transData.transform(points)) == 0


def test_shifted_gradient_ends_where_its_format_does(ax):
    # 1 + exp(-g) rounds to 1 from g = t ln 2 on, with t = 24 or 53 binary digits. Just before, the
    # gradient is rounded to the step below 1, twice the truth at most.
    margins = np.arange(0, 50, 0.02)
    figures.draw_vanishing_gradient(ax, margins, [np.float32, np.float64])
    *formats, truth = ax.lines
    np.testing.assert_array_equal(truth.get_ydata(), 1)
    for line, digits in zip(formats, (24, 53), strict=True):
        share, early = line.get_ydata(), margins < 5
        np.testing.assert_array_equal(share == 0, margins > digits * np.log(2))
        assert 1.9 < share.max() <= 2
        np.testing.assert_allclose(share[early], 1, rtol=200 * 2.0**-digits)


def test_inverse_sharpens_where_the_temperature_flattens():
    axes = Figure().subplots(1, 2)
    figures.draw_temperature_and_inverse(axes, [2.0, 1.0, 0.0, -1.0], 2.0)
    # With 50 digits these logits give 0.4551 at T = 2, and 0.8650 at T = 1/2.
    tops = [max(bar.get_height() for bar in ax.patches if bar.get_fill()) for ax in axes]
    np.testing.assert_allclose(tops, [0.4550542339, 0.8649548768], rtol=1e-9)
    assert [ax.get_title() for ax in axes] == ["z / 2", "z * 2"]
    assert [ax.get_xlabel() for ax in axes] == ["class", "class"]
    assert [ax.get_ylabel() for ax in axes] == ["probability", ""]  # they share one axis


def test_inverse_of_small_integers_does_not_wrap():
    """200 is no int8; softmax of (200, -200) is one-hot to 174 digits."""
    figure = Figure()
    left, right = figure.subplots(1, 2)
    figures.draw_temperature_and_inverse((left, right), np.array([100, -100], np.int8), 2)
    bars = [bar.get_height() for bar in right.patches if bar.get_fill()]
    np.testing.assert_allclose(bars, [1, 0], atol=1e-170)


def test_inverse_is_described_in_words(monkeypatch):
    shown = []
    monkeypatch.setattr(
        "softmax_lib.figures.clinic.display", lambda _, metadata: shown.append(metadata["alt"])
    )
    figures.show_temperature_and_inverse([np.log(9), 0.0], 2.0)  # odds of 3 and of 81
    assert shown == [
        "The largest probability is 0.750 after dividing by 2, and 0.988 after multiplying by it"
    ]

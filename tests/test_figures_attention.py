"""The pictures of the attention chapter show the numbers that they are given, legibly."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from softmax_lib import figures

from .contrast import contrast, luminance

# What CSS defines `invert(1)` and `hue-rotate(180deg)` to do to a colour.
HALF_TURN = [[-0.574, 1.43, 0.144], [0.426, 0.43, 0.144], [0.426, 1.43, -0.856]]


def test_a_number_is_read_on_every_cell_light_and_dark():
    """WCAG asks a contrast of 4.5; a dark page turns the colours, as its style says."""
    weights = np.linspace(0, 1, 21)[None]
    _, ax = plt.subplots()
    figures.draw_attention(ax, weights, ["q"], [f"k{i}" for i in range(21)], numbers=True)
    (mesh,) = ax.collections
    cells = mesh.to_rgba(weights.ravel())[:, :3]
    assert [text.get_color() for text in ax.texts] == ["black"] * 21
    assert (contrast(luminance(cells), 0) >= 4.5).all()
    assert (np.diff(luminance(cells)) < 0).all()
    dark = np.clip((1 - cells) @ np.transpose(HALF_TURN), 0, 1)
    assert (contrast(luminance(dark), 1) >= 4.5).all()
    plt.close()


def test_bars_of_a_key_lie_at_its_name_and_side_by_side():
    weights = [[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]]
    ax = Figure().subplots()
    figures.draw_attention_rows(ax, weights, ["a", "b", "c"], ["k", "m"])
    drawn = {row.get_label(): [bar.get_width() for bar in row] for row in ax.containers}
    assert drawn == dict(zip(["query a", "query b", "query c"], weights, strict=True))
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["k", "m"]
    for tick, bars in zip(ax.get_yticks(), zip(*ax.containers, strict=True), strict=True):
        ends = np.array(sorted((bar.get_y(), bar.get_y() + bar.get_height()) for bar in bars))
        assert np.abs(ends - tick).max() < 0.5
        assert (ends[1:, 0] - ends[:-1, 1] > -1e-9).all()


def test_gradients_against_width_are_means_and_a_median_by_name():
    ax = Figure().subplots()
    unscaled, scaled = [[1, 2, 6], [2, 4, 12]], [[7, 8, 12], [8, 9, 13]]
    figures.draw_gradient_against_width(ax, [4, 16], unscaled, scaled)
    assert {line.get_label(): list(line.get_ydata()) for line in ax.lines} == {
        r"scaled by $1/\sqrt{d}$, mean": [9, 10],
        "unscaled, mean": [3, 6],
        "unscaled, median": [2, 4],
    }
    np.testing.assert_array_equal([line.get_xdata() for line in ax.lines], [[4, 16]] * 3)


def test_more_queries_than_colours_are_refused():
    with pytest.raises(ValueError, match=r"^a picture has colours for 8 classes, got 9$"):
        figures.draw_attention_rows(Figure().subplots(), np.ones((9, 1)), list("abcdefghi"), ["k"])

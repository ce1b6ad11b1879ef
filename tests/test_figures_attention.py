"""The heat maps of the attention chapter."""

import matplotlib.pyplot as plt
import numpy as np

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

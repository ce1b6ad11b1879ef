"""The heat maps of the attention chapter."""

import matplotlib.pyplot as plt
import numpy as np

from softmax_lib import figures

# What CSS defines `invert(1)` and `hue-rotate(180deg)` to do to a colour.
HALF_TURN = [[-0.574, 1.43, 0.144], [0.426, 0.43, 0.144], [0.426, 1.43, -0.856]]


def luminance(colours):
    """Return the relative luminance of sRGB colours, as WCAG 2 defines it."""
    colours = np.asarray(colours)
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def test_a_number_is_read_on_every_cell_light_and_dark():
    """WCAG asks a contrast of 4.5; a dark page turns the colours, as its style says."""
    weights = np.linspace(0, 1, 21)[None]
    _, ax = plt.subplots()
    figures.draw_attention(ax, weights, ["q"], [f"k{i}" for i in range(21)], numbers=True)
    (mesh,) = ax.collections
    cells = mesh.to_rgba(weights.ravel())[:, :3]
    assert [text.get_color() for text in ax.texts] == ["black"] * 21
    assert ((luminance(cells) + 0.05) / 0.05 >= 4.5).all()
    assert (np.diff(luminance(cells)) < 0).all()
    dark = np.clip((1 - cells) @ np.transpose(HALF_TURN), 0, 1)
    assert (1.05 / (luminance(dark) + 0.05) >= 4.5).all()
    plt.close()

"""A distribution as bars, as several chapters draw it."""

import numpy as np
from matplotlib.patheffects import withStroke

from softmax_lib.figures.style import QUIET, class_colours


def draw_probabilities(ax, p, *, ghost=None, title=None):
    """Draw a distribution as bars, each with its number above it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    p : array_like, shape (K,)
        At most eight probabilities.
    ghost : array_like, shape (K,), optional
        Another distribution, drawn as outlines behind the bars for comparison.
    title : str, optional
        Title of the axes.
    """
    p = np.asarray(p)
    classes = np.arange(1, len(p) + 1)
    bars = ax.bar(classes, p, color=class_colours(len(p)), width=0.75)
    if ghost is not None:
        ax.bar(classes, ghost, width=0.75, fill=False, edgecolor=QUIET, linestyle=":")
    halo = [withStroke(linewidth=3, foreground="white")]  # keeps a number clear of a ghost's edge
    numbers = [format_probability(p_i) for p_i in p]
    ax.bar_label(bars, numbers, fontsize="small", padding=2, path_effects=halo)
    ax.set(ylim=(0, 1.12), xticks=classes, yticks=[0, 0.5, 1], title=title)
    ax.set(xlabel="class", ylabel="probability")
    ax.grid(axis="x", visible=False)


def format_probability(p):
    """Write a probability with three decimals, or with its power of ten where those are zeros.

    Examples
    --------
    >>> format_probability(0.25), format_probability(3.7e-44), format_probability(0)
    ('0.250', '4e-44', '0')
    """
    if p == 0:
        return "0"
    return f"{p:.3f}" if p >= 0.0005 else f"{p:.0e}".replace("e-0", "e-")

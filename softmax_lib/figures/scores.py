"""Pictures of the chapter on the way from scores to probabilities."""

import numpy as np
from matplotlib.patheffects import withStroke
from matplotlib.ticker import Formatter

from softmax_lib.core import hardmax, softmax
from softmax_lib.figures.bars import draw_probabilities
from softmax_lib.figures.style import CLASS_COLOURS, QUIET, class_colours

# Corners of an equilateral triangle of side 1: only class 1, only class 2, only class 3.
CORNERS = np.array([[0, 0], [1, 0], [0.5, np.sqrt(3) / 2]])

NEXT_TO = {"textcoords": "offset points", "fontsize": "small"}  # a label beside its point


def draw_three_rows(axes, z):
    """Draw logits, their exponentials and their probabilities below each other.

    Parameters
    ----------
    axes : sequence of three matplotlib.axes.Axes
        Where to draw, from top to bottom.
    z : array_like, shape (K,)
        Logits.
    """
    for ax, values, numbers, title in (
        (axes[0], z, "%g", "scores $z$: any real numbers"),
        (axes[1], np.exp(z), "%.3f", "exponentials $e^z$: all positive"),
    ):
        draw_signed_bars(ax, values, numbers, title)
    draw_probabilities(axes[2], softmax(z), title="divided by their sum: probabilities")
    axes[2].set_ylabel(None)  # the titles say it


def draw_signed_bars(ax, values, numbers, title=None):
    """Draw numbers of either sign as bars, each with its value beyond its end.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    values : array_like, shape (K,)
        The numbers.
    numbers : str
        How to write them, as a format of the ``%`` operator.
    title : str, optional
        Title of the axes.
    """
    values = np.asarray(values)
    classes = np.arange(1, len(values) + 1)
    bars = ax.bar(classes, values, color=class_colours(len(values)), width=0.75)
    labels = [Formatter.fix_minus(numbers % v) for v in values]
    ax.bar_label(bars, labels, fontsize="small", padding=2)
    ax.axhline(0, color=QUIET, linewidth=0.8)
    ax.margins(y=0.3)
    ax.set(xticks=classes, title=title)
    ax.grid(axis="x", visible=False)


def draw_shares(axes, z, rules):
    """Draw each rule's weights as shares of their sum: what it would call probabilities.

    Parameters
    ----------
    axes : sequence of matplotlib.axes.Axes
        One for each rule.
    z : array_like, shape (K,)
        Scores.
    rules : dict
        The rules by name, each a function from scores to weights.
    """
    for ax, (name, weight) in zip(axes, rules.items(), strict=True):
        weights = weight(np.asarray(z))
        draw_signed_bars(ax, weights / weights.sum(), "%.2f", name)
        ax.set(xlabel="class", ylabel="share")
        ax.label_outer()


def draw_soft_and_hard_choice(ax, gaps):
    """Draw a class's share against one rival: softmax as a curve, hardmax as a step.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    gaps : array_like, shape (n,)
        Increasing values of z_1 - z_2, below and above 0.
    """
    gaps = np.asarray(gaps)
    pairs = np.stack([gaps, np.zeros_like(gaps)], axis=-1)
    ax.plot(gaps, softmax(pairs)[:, 0], label="softmax")
    for side in (pairs[gaps < 0], pairs[gaps > 0]):
        ax.plot(side[:, 0], hardmax(side)[:, 0], color=CLASS_COLOURS[1], linestyle="--")
    ax.plot([], [], color=CLASS_COLOURS[1], linestyle="--", label="hardmax")  # one entry, not two
    ax.plot(0, hardmax([0.0, 0.0])[0], "o", color=CLASS_COLOURS[1])
    ax.set(xlabel="gap $z_1 - z_2$", ylabel="share of class 1", ylim=(-0.05, 1.05))
    ax.legend(loc="upper left")


def triangle_points(p):
    """Return the places of three-class distributions in the triangle.

    Parameters
    ----------
    p : array_like, shape (..., 3)
        Distributions.

    Returns
    -------
    numpy.ndarray, shape (..., 2)
        The corners' mean, weighted by `p`.

    Examples
    --------
    >>> triangle_points([0, 1, 0])
    array([1., 0.])
    """
    return np.asarray(p) @ CORNERS


def draw_simplex(ax, logits, *, gaps=range(-3, 4)):
    """Draw the triangle of all three-class distributions, and where logit vectors land in it.

    A thin line joins the corner of class 3 to the distributions with one value of z_1 - z_2.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    logits : sequence of tuple
        Vectors of three logits, which land on at most eight points. Those that land on one share
        a dot, a ring and a label.
    gaps : iterable of float
        The values of z_1 - z_2 that get a line.

    Raises
    ------
    ValueError
        If `logits` are no vectors of three.
    """
    if np.ndim(logits) != 2 or np.shape(logits)[1] != 3:
        raise ValueError(f"logits must be vectors of three, such as [(2, 1, 0)], not {logits!r}")
    ax.fill(*CORNERS.T, facecolor="#f5f5f5", edgecolor=QUIET)
    for gap in gaps:
        foot = triangle_points([*softmax([float(gap), 0.0]), 0])
        ax.plot(*zip(foot, CORNERS[2], strict=True), color="#bbbbbb", linewidth=0.7)
        number = Formatter.fix_minus(f"{gap:g}")
        ax.annotate(number, foot, (0, -5), **NEXT_TO, ha="center", va="top", color=QUIET)
    for corner, place, name in zip(CORNERS, ((-6, -22), (6, -22), (0, 6)), (1, 2, 3), strict=True):
        ax.annotate(f"class {name}", corner, place, **NEXT_TO, ha="center")

    halo = [withStroke(linewidth=3, foreground="#f5f5f5")]  # keeps a label clear of the lines
    labels = {}
    for z in logits:
        point = tuple(triangle_points(softmax(z)).round(9))
        labels.setdefault(point, []).append(Formatter.fix_minus("({:g}, {:g}, {:g})".format(*z)))
    for colour, (point, names) in zip(class_colours(len(labels)), labels.items(), strict=True):
        ax.plot(*point, "o", color=colour)
        if len(names) > 1:
            ax.plot(*point, "o", color=colour, markersize=12, fillstyle="none")
        # Towards the middle, where a label stays inside the triangle.
        place, side = ((-10, 0), "right") if point[0] > 0.6 else ((10, 0), "left")
        text = ax.annotate("\n".join(names), point, place, **NEXT_TO, ha=side, va="center")
        text.set_path_effects(halo)
    ax.set_aspect("equal")
    ax.axis("off")

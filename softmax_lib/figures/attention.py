"""Pictures of the chapter on attention."""

from collections import Counter

import numpy as np
from matplotlib.ticker import MultipleLocator

from softmax_lib.figures.style import CLASS_COLOURS, class_colours


def number_repeats(tokens):
    """Return the tokens, each with a count behind it where it occurs more than once.

    Parameters
    ----------
    tokens : sequence of str
        Tokens in the order of their text.

    Returns
    -------
    list of str
        The same tokens; one that occurs more than once has a count behind it.

    Raises
    ------
    ValueError
        If one of them is another with its count, as "a 1" is beside "a" and "a".

    Examples
    --------
    >>> number_repeats(["the", "bank", "of", "the", "river"])
    ['the 1', 'bank', 'of', 'the 2', 'river']
    """
    totals, seen = Counter(tokens), Counter()
    labels = []
    for token in map(str, tokens):
        seen[token] += 1
        labels.append(f"{token} {seen[token]}" if totals[token] > 1 else token)
    if len(set(labels)) < len(labels):
        raise ValueError(f"tokens, counted, must differ from one another, got {labels}")
    return labels


def draw_attention(ax, weights, queries, keys, *, numbers=False):
    """Draw attention weights as a heat map: a query a row, a key a column, 0 white and 1 dark.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    weights : array_like, shape (n, m)
        Weights from 0 to 1.
    queries, keys : sequence of str
        The names of the rows and of the columns.
    numbers : bool
        Whether to write each weight into its cell; then 1 is half as dark.
    """
    weights = np.asarray(weights)
    # On the lighter half of the colours black is read, and the white that a dark page makes of it.
    darkest = 2 if numbers else 1
    # A mesh, since a browser would blur an image of so few pixels.
    ax.pcolormesh(weights, cmap="Blues", vmin=0, vmax=darkest, edgecolors="#eeeeee", linewidth=0.5)
    if numbers:
        for (row, column), weight in np.ndenumerate(weights):
            number = f"{weight:.2f}" if weight else "0"
            ax.text(column + 0.5, row + 0.5, number, ha="center", va="center", color="black")
    ax.set_xticks(np.arange(len(keys)) + 0.5, keys, rotation=0 if numbers else 90)
    ax.set_yticks(np.arange(len(queries)) + 0.5, queries)
    ax.set_xlabel("key", labelpad=8)  # or it would read as one of the keys
    ax.set_ylabel("query")
    ax.invert_yaxis()
    ax.xaxis.set_label_position("top")
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    ax.spines[:].set_visible(False)
    ax.grid(visible=False)


def draw_attention_rows(ax, weights, queries, keys):
    """Draw a few rows of attention weights as bars side by side, a group for each key.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    weights : array_like, shape (n, m)
        Weights from 0 to 1.
    queries, keys : sequence of str
        The names of the rows, at most eight, and of the columns.
    """
    height, places = 0.8 / len(queries), np.arange(len(keys))
    colours = class_colours(len(queries))
    for i, (query, row) in enumerate(zip(queries, weights, strict=True)):
        shift = (i + 0.5) * height - 0.4
        ax.barh(places + shift, row, height, color=colours[i], label=f"query {query}")
    ax.set_yticks(places, keys)
    ax.tick_params(axis="y", length=0)
    ax.xaxis.set_major_locator(MultipleLocator(0.25))
    ax.grid(axis="y", visible=False)
    ax.set(xlabel="weight", ylabel="key", ylim=(len(keys) - 0.5, -0.5))  # the first key on top
    ax.label_outer()  # where axes stand side by side, one of them names the keys


def draw_gradient_against_width(ax, widths, unscaled, scaled):
    """Draw the size of softmax's Jacobian over the head width, without and with 1/sqrt(d).

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw; both axes become logarithmic.
    widths : array_like, shape (n,)
        Head widths d.
    unscaled, scaled : array_like, shape (n, draws)
        Norms of the Jacobian, one for each random draw.
    """
    curves = [
        (np.mean(scaled, axis=1), "-", CLASS_COLOURS[0], r"scaled by $1/\sqrt{d}$, mean"),
        (np.mean(unscaled, axis=1), "-", CLASS_COLOURS[1], "unscaled, mean"),
        (np.median(unscaled, axis=1), "--", CLASS_COLOURS[1], "unscaled, median"),
    ]
    for y, line, colour, label in curves:
        ax.plot(widths, y, line, marker="o", markersize=4, color=colour, label=label)
    ax.set_xscale("log", base=2)
    ax.set_xticks(widths, [str(d) for d in widths])
    ax.set(yscale="log", xlabel="width d of queries and keys", ylabel="norm of the Jacobian")
    ax.minorticks_off()
    ax.legend(loc="lower left")

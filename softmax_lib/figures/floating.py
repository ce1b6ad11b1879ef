"""Pictures of the chapter on floating point."""

import numpy as np

from softmax_lib.core import shifted_softmax, softmax
from softmax_lib.figures.style import CLASS_COLOURS, QUIET
from softmax_lib.rounding import exact_softmax, ulp_error

FORM_COLOURS = dict(zip(("definition", "shifted", "division-free"), CLASS_COLOURS, strict=False))


def gap_errors(gaps, form):
    """Return the error, in ulp, of the smaller probability of pairs of logits.

    Parameters
    ----------
    gaps : array_like, shape (n,)
        How far apart each pair is, nearly: both logits have random last digits.
    form : callable
        A softmax.

    Returns
    -------
    gaps, errors : ndarray, shape (n,)
        The gaps as they came out, and the error of the smaller probability.
    """
    gaps = np.asarray(gaps, dtype=float)
    noise = np.random.default_rng(0).uniform(0.9, 1, (2, len(gaps)))
    pairs = np.column_stack([gaps / 2 * noise[0], -gaps / 2 * noise[1]])
    return pairs[:, 0] - pairs[:, 1], ulp_error(form(pairs), exact_softmax(pairs))[:, 1]


def draw_error_against_gap(ax, gaps):
    """Draw the error of two forms of softmax against the gap, with the most that the shift costs.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw; both axes become logarithmic.
    gaps : array_like, shape (n,)
        Increasing gaps between two logits, from 1 to 700.
    """
    for name, form, colour in (
        ("softmax_lib", softmax, CLASS_COLOURS[0]),
        ("shifted form", shifted_softmax, CLASS_COLOURS[1]),  # on top: half of these are low too
    ):
        ax.plot(*gap_errors(gaps, form), ".", color=colour, markersize=4, label=name)
    ax.plot(gaps, gaps, color=QUIET, linewidth=1, label="the shift, at most")
    ax.set(xscale="log", yscale="log", ylim=(0.05, 1000))
    ax.set(xlabel="gap between the logits", ylabel="error, in ulp")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_major_formatter("{x:g}")
    ax.legend(loc="upper left")


def draw_form_errors(ax, errors, xlabel="worst entry, in ulp"):
    """Draw the worst error of each form of softmax, one row for each format.

    The legend is left to the figure, which may hold several of these.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw; the axis of errors becomes logarithmic.
    errors : dict of str to dict of str to float
        For each format the error of each form.
    xlabel : str
        What the error is, and its unit.
    """
    markers = dict(zip(FORM_COLOURS, "soD", strict=True))
    for name, colour in FORM_COLOURS.items():
        values = [forms[name] for forms in errors.values()]
        style = {"color": colour, "linestyle": "none", "fillstyle": "none", "markersize": 9}
        ax.plot(values, range(len(values)), marker=markers[name], label=name, **style)
    ax.set(xscale="log", ylim=(len(errors) - 0.5, -0.5), xlabel=xlabel)
    ax.set_yticks(range(len(errors)), list(errors))
    low = min(min(forms.values()) for forms in errors.values())
    high = max(max(forms.values()) for forms in errors.values())
    ax.set_xlim(low / 1.5, high * 1.5)
    ticks = [t for t in (1, 2, 5, 10, 20, 50, 100, 200, 500) if low / 1.5 < t < high * 1.5]
    ax.set_xticks(ticks, [str(t) for t in ticks])
    ax.set_xticks([], minor=True)

"""Pictures of the chapter on the numerically stable form."""

import numpy as np
from matplotlib.ticker import Formatter

from softmax_lib.core import naive_softmax, shifted_softmax
from softmax_lib.figures.style import QUIET, class_colours

ZONES = {
    "0 (underflow)": "#bbbbbb",
    "subnormal: digits are lost": "#e69f00",
    "normal: full precision": "#0072b2",
    "inf (overflow)": "#d55e00",
}


def exp_thresholds(dtype):
    """Return the arguments where exp, rounded to a format, changes its kind.

    Parameters
    ----------
    dtype : dtype_like
        A binary floating-point format.

    Returns
    -------
    zero, subnormal, overflow : float
        Below `zero` the nearest number is 0, half the smallest subnormal and less; from there to
        `subnormal` the result lacks digits; above `overflow`, ln of the largest number, it is inf.

    Examples
    --------
    >>> [round(float(x), 4) for x in exp_thresholds(np.float32)]
    [-103.9721, -87.3365, 88.7228]
    """
    info = np.finfo(dtype)
    smallest, normal, largest = (
        np.log(np.float64(x)) for x in (info.smallest_subnormal, info.smallest_normal, info.max)
    )
    return smallest - np.log(2), normal, largest


def draw_exp_ranges(ax, dtypes):
    """Draw what exp(x) becomes in each format, along one line of arguments x.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw; the axis of x becomes logarithmic on either side of 0.
    dtypes : sequence of dtype_like
        Floating-point formats, from top to bottom.
    """
    end = 20_000
    above = {"textcoords": "offset points", "fontsize": "small"}
    for row, dtype in enumerate(dtypes):
        zero, subnormal, overflow = exp_thresholds(dtype)
        edges = np.array([-end, zero, subnormal, overflow, end])
        ax.barh(row, np.diff(edges), left=edges[:-1], height=0.4, color=list(ZONES.values()))
        for x, side, dx in ((zero, "right", -2), (subnormal, "left", 2), (overflow, "center", 0)):
            number = Formatter.fix_minus(f"{x:.2f}")
            ax.annotate(number, (x, row - 0.2), (dx, 3), ha=side, va="bottom", **above)
    for name, colour in ZONES.items():
        ax.bar(0, 0, color=colour, label=name)
    ax.set_xscale("symlog", linthresh=10)
    ax.set(xlim=(-end, end), ylim=(len(dtypes) - 0.6, -0.6), xlabel="x, the argument of exp")
    ax.set_xticks([-1000, -10, 0, 10, 1000])  # more would touch on a phone
    ax.minorticks_off()
    ax.set_yticks(range(len(dtypes)), [np.dtype(dtype).name for dtype in dtypes])
    ax.grid(axis="y", visible=False)
    ax.legend(loc="upper left", bbox_to_anchor=(-0.02, -0.2))


def draw_forms_against_offset(ax, z, offsets):
    """Draw softmax(z + offset) by the shifted form as lines, and by the definition as dots.

    Where the definition gives no number, the background is grey.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    z : numpy.ndarray, shape (K,)
        At most eight logits, in the format to compute in.
    offsets : numpy.ndarray, shape (n,)
        Increasing numbers to add to all logits, in the same format.
    """
    rows = z + offsets[:, np.newaxis]
    naive, shifted = naive_softmax(rows), shifted_softmax(rows)
    for k, colour in enumerate(class_colours(len(z))):
        ax.plot(offsets, shifted[:, k], color=colour, alpha=0.35, linewidth=4)
        ax.plot(offsets, naive[:, k], ".", color=colour, markersize=3)
        ax.annotate(f"class {k + 1}", (0, shifted[0, k]), (0, 4), textcoords="offset points")
    broken = np.isnan(naive).any(axis=1)
    ax.fill_between(offsets, 0, 1, where=broken, color="#dddddd", linewidth=0)
    for side in (offsets < 0, offsets > 0):
        if (side & broken).any():
            ax.annotate("nan", (offsets[side & broken].mean(), 0.9), ha="center", fontsize="small")
    ax.plot([], [], color=QUIET, alpha=0.35, linewidth=4, label="shifted form")
    ax.plot([], [], ".", color=QUIET, label="definition")
    ax.set(xlim=offsets[[0, -1]], ylim=(-0.03, 1.03), xlabel="offset added to every logit")
    ax.set_ylabel("probability")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.15), ncols=2)

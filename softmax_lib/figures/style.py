"""The look that all pictures share."""

import matplotlib as mpl
from matplotlib_inline.backend_inline import set_matplotlib_formats

# Okabe and Ito's colours for every kind of colour vision, the yellow left out: on white it has too
# little contrast for a bar's edge.
CLASS_COLOURS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#e69f00",
    "#000000",
    "#7f7f7f",
)
QUIET = "#555555"  # what a picture is read against: an axis, a limit, a mark


def class_colours(count):
    """Return a colour for each of `count` classes, or raise ValueError if there are too few."""
    if count > len(CLASS_COLOURS):
        raise ValueError(f"a picture has colours for {len(CLASS_COLOURS)} classes, got {count}")
    return CLASS_COLOURS[:count]


BOOK_STYLE = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.prop_cycle": mpl.cycler(color=CLASS_COLOURS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": "medium",
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
    "figure.figsize": (4.4, 3.2),  # in width what a phone shows without scrolling
    "font.size": 11,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "svg.hashsalt": "softmax",  # ids of clip paths, the same in every build
}


def use_book_style():
    """Draw this notebook's figures as SVG, in the book's colours and type."""
    mpl.rcParams.update(BOOK_STYLE)
    set_matplotlib_formats("svg")

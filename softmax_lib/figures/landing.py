"""The landing page's picture of the book: which chapter builds on which."""

from IPython.display import HTML

__all__ = ["derivation_map"]

# Each box in the order in which the Tab key should reach it: the chapter's file, its name, what it
# is about, and the left edge, top edge and width of its box.
_BOXES = (
    ("scores_to_probabilities", "From scores to probabilities", "and why e", 50, 1, 220),
    ("numerical_stability", "The numerically stable form", "no overflow", 1, 105, 148),
    ("temperature", "Temperature", "from decisive to undecided", 171, 105, 148),
    ("gradient", "The gradient", "prediction minus target", 1, 209, 148),
    ("attention", "Softmax inside attention", "and why √d", 171, 209, 148),
    ("summary", "Softmax on one page", "every fact with its check", 50, 313, 220),
    ("floating_point", "Softmax in floating point", "what rounding costs", 1, 417, 148),
    ("failure_clinic", "The failure clinic", "what breaks, and its cure", 171, 417, 148),
)
_HEIGHT = 70
# From a chapter to one that uses it.
_ARROWS = (
    "M110 71 80 103",  # scores to stability
    "M210 71 240 103",  # scores to temperature
    "M75 175V207",  # stability to gradient
    "M205 175 125 207",  # temperature to gradient
    "M245 175V207",  # temperature to attention
    "M149 244H169",  # gradient to attention
    "M75 279 105 311",  # gradient to summary
    "M245 279 215 311",  # attention to summary
    "M1 140H-8V400H75V415",  # stability to floating point, past what lies between
    "M75 400H225V415",  # and on, to the clinic
    "M319 140H328V400H265V415",  # temperature to the clinic
)


def _box(name, title, idea, x, y, width):
    # An HTML link inside the SVG, not an SVG link: its text wraps, and JupyterLab, which rewrites
    # the address of every link in an output, can only do so to HTML ones. It is smaller than the
    # box, since in JupyterLab no style sheet keeps its text from the edge.
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{_HEIGHT}" rx="8"'
        ' fill="none" stroke="currentColor"/>'
        f'<foreignObject x="{x + 6}" y="{y + 4}" width="{width - 12}" height="{_HEIGHT - 8}">'
        f'<a href="chapters/{name}.ipynb"><strong>{title}</strong><br> <small>{idea}</small></a>'
        "</foreignObject>"
    )


def derivation_map():
    """Return the map of the book: a linked box for each chapter, and arrows to what builds on it.

    The links lead to the notebooks, relative to the landing page. `sphinx_ext/book_site.py` turns
    them into links to the site's pages.

    Returns
    -------
    IPython.display.HTML
        A ``nav`` landmark that holds one inline SVG. Its looks are in
        `sphinx_ext/static/book.css`, and without that style sheet it stays readable.

    Examples
    --------
    >>> derivation_map().data.count("<a href=")
    8
    """
    return HTML(
        '<nav class="derivation-map" aria-label="Map of the book">'
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 0 340 488" width="340" height="488"'
        ' role="group">'
        '<g aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.5">'
        '<marker id="derivation-map-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"'
        ' markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="currentColor"'
        ' stroke="none"/></marker>'
        + "".join(f'<path d="{arrow}" marker-end="url(#derivation-map-tip)"/>' for arrow in _ARROWS)
        + "</g>"
        + "".join(_box(*box) for box in _BOXES)
        + "</svg></nav>"
    )

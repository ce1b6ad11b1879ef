"""OverflowExplorer: softmax where a float format ends, by the definition and shifted."""

import traitlets as t

from softmax_lib.widgets._base import Choice, Explorer, Logits, Number, static_files
from softmax_lib.widgets._formats import FORMATS, softmax_steps
from softmax_lib.widgets.still import overflow_picture

LIMIT = 1000


class OverflowExplorer(Explorer):
    r"""Add an offset to all logits and watch two forms of softmax, rounded at every step.

    The naive form is exp(x) over its sum, the shifted one exp(x - max x) over its sum, where
    x = z + c. On paper both are softmax(z) for each offset c.

    Parameters
    ----------
    logits : list of float, of length K
        The scores z: 2 to 4 numbers from -1000 to 1000.
    offset : float
        The number c that is added to all of them, from -1000 to 1000.
    precision : {"float64", "float32", "bfloat16", "float16"}
        The format that every input and every result is rounded to, to nearest and ties to even.
    **kwargs
        Passed on to `ipywidgets.DOMWidget`; `layout`, for example.

    Attributes
    ----------
    logits, offset, precision
        The parameters: set them, observe them, link them. The page sets them too. A value that
        breaks the rules above raises `traitlets.TraitError` and changes nothing.
    naive, shifted : list of float, of length K
        The probabilities of the two forms, with inf and nan as they come. Read only.
    initial : dict
        The parameters given at first, which the reset button goes back to.

    Raises
    ------
    traitlets.TraitError
        If a parameter is not what it should be; one that is set later is checked in the same way.
    TypeError
        If there is no such parameter.

    Notes
    -----
    The exponential is computed in double precision and rounded to the format; the sum runs from
    left to right. The library's own `naive_softmax` widens float16 to float32 inside, so it fails
    later than the float16 here; `softmax` shifts where it has to, and does not fail.

    Examples
    --------
    >>> explorer = OverflowExplorer([2, 1, 0, -1], offset=87, precision="float32")
    >>> explorer.naive
    [nan, 0.0, 0.0, 0.0]
    >>> [round(p, 4) for p in explorer.shifted]
    [0.6439, 0.2369, 0.0871, 0.0321]
    """

    _esm, _css = static_files("overflow_explorer")

    logits = Logits(fewest=2, most=4, bound=LIMIT).tag(sync=True)
    offset = Number(0.0, -LIMIT, LIMIT).tag(sync=True)
    precision = Choice(*FORMATS).tag(sync=True)

    naive = t.List(t.Float(), read_only=True)
    shifted = t.List(t.Float(), read_only=True)

    def __init__(self, logits=(2, 1, 0, -1), offset=0.0, precision="float32", **kwargs):
        first = {"logits": logits, "offset": offset, "precision": precision}
        super().__init__(first, **kwargs)

    @t.observe("logits", "offset", "precision")
    def _follow(self, _change):
        self._set_together({
            name: self._steps(name == "shifted")["probabilities"].tolist()
            for name in ("naive", "shifted")
        })  # fmt: skip

    def _steps(self, shift):
        return softmax_steps(self.logits, self.offset, self.precision, shift=shift)

    def still(self):
        """Return an SVG of what the two forms give."""
        return overflow_picture(self.offset, self.precision, self._steps(False), self._steps(True))

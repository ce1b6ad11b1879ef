"""StepsExplorer: from logits to exponentials to probabilities, and what moves on the way."""

import numpy as np
import traitlets as t

from softmax_lib.core import naive_softmax
from softmax_lib.widgets._base import FixedClassExplorer, Logits, static_files
from softmax_lib.widgets.still import steps_picture


class StepsExplorer(FixedClassExplorer):
    r"""Move one logit and see which numbers move along, and which ratios stay.

    Parameters
    ----------
    logits : list of float, of length K
        The scores z: 2 to 5 numbers from -10 to 10. The bound keeps every bar on a readable scale:
        exp(10) is 22026 times exp(0), and near 709.78 the exponential would overflow.
    labels : list of str, of length K, optional
        The names of the classes, fixed once given; by default "class 1", "class 2", ...
    **kwargs
        Passed on to `ipywidgets.DOMWidget`; `layout`, for example.

    Attributes
    ----------
    logits
        The parameter: set it, observe it, link it. The page sets it too. A value that breaks the
        rules above, or of another length, raises `traitlets.TraitError` and changes nothing.
    exponentials : list of float, of length K
        exp(z). Read only: follows from the logits, in Python.
    probabilities : list of float, of length K
        exp(z) over its sum. Read only too.
    initial : dict
        The logits given at first, which the reset button goes back to.

    Raises
    ------
    traitlets.TraitError
        If a parameter is not what it should be; one that is set later is checked in the same way.
    TypeError
        If there is no such parameter.

    Examples
    --------
    >>> explorer = StepsExplorer(logits=[2, 1, 0, -1])
    >>> [round(e, 3) for e in explorer.exponentials]
    [7.389, 2.718, 1.0, 0.368]
    >>> before = explorer.probabilities[1] / explorer.probabilities[2]
    >>> explorer.logits = [-3, 1, 0, -1]
    >>> [round(p, 3) for p in explorer.probabilities]
    [0.012, 0.657, 0.242, 0.089]
    >>> abs(explorer.probabilities[1] / explorer.probabilities[2] - before) < 1e-14
    True
    """

    _esm, _css = static_files("steps_explorer")

    logits = Logits(fewest=2, most=5, bound=10).tag(sync=True)

    exponentials = t.List(t.Float(), read_only=True)
    probabilities = t.List(t.Float(), read_only=True)

    def __init__(self, logits=(2, 1, 0, -1), labels=None, **kwargs):
        super().__init__(logits, labels, **kwargs)

    @t.observe("logits")
    def _follow(self, _change):
        self._set_together({
            "exponentials": np.exp(self.logits).tolist(),
            "probabilities": naive_softmax(self.logits).tolist(),
        })  # fmt: skip

    def still(self):
        """Return an SVG of the three rows of bars."""
        return steps_picture(self.labels, self.logits, self.exponentials, self.probabilities)

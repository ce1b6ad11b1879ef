"""SamplerExplorer: draw from a softmax, and watch the counts approach the probabilities."""

import numpy as np
import traitlets as t

from softmax_lib.core import softmax
from softmax_lib.sampling import gumbel_max, mulberry32, nucleus, top_k
from softmax_lib.widgets._base import FixedClassExplorer, Logits, Number, Temperature, static_files
from softmax_lib.widgets.still import sampler_picture


class SamplerExplorer(FixedClassExplorer):
    r"""Draw classes from softmax(z / T) by the Gumbel-max trick, with or without cut-offs.

    Parameters
    ----------
    logits : list of float, of length K
        The scores z: 2 to 8 finite numbers.
    labels : list of str, of length K, optional
        The names of the classes, fixed once given; by default "class 1", "class 2", ...
    temperature : float
        T, from 0.01 to 100.
    top_k : int, optional
        How many classes stay, the largest first, from 1 to K; by default all.
    top_p : float
        The probability that the nucleus must reach, from 0.01 to 1; taken of what top_k leaves.
    seed : int
        Of the random numbers, from 0 to 2**32 - 1.
    draws : int
        How many to draw, from 0 to 10,000.
    **kwargs
        Passed on to `ipywidgets.DOMWidget`; `layout`, for example.

    Attributes
    ----------
    logits, temperature, top_k, top_p, seed, draws
        The parameters: set them, observe them, link them. The page sets them too. A value that
        breaks the rules above raises `traitlets.TraitError` and changes nothing.
    probabilities : list of float, of length K
        What is drawn from: 0 for a class that is cut off, the rest renormalised. Read only.
    counts : list of int, of length K
        How often each class came. Read only: the page draws the very same classes.
    initial : dict
        The parameters given at first, which the reset button goes back to.

    Raises
    ------
    traitlets.TraitError
        If a parameter is not what it should be; one that is set later is checked in the same way.
    TypeError
        If there is no such parameter.

    See Also
    --------
    softmax_lib.sampling : the arithmetic, and the generator of the random numbers.

    Examples
    --------
    >>> explorer = SamplerExplorer([2, 1, 0, -1], top_k=2, draws=1000)
    >>> [round(p, 4) for p in explorer.probabilities]
    [0.7311, 0.2689, 0.0, 0.0]
    >>> sum(explorer.counts), explorer.counts[2:]
    (1000, [0, 0])
    """

    _esm, _css = static_files("temperature_control", "sampler_explorer")

    logits = Logits(fewest=2, most=8).tag(sync=True)
    temperature = Temperature().tag(sync=True)
    top_k = Number(1, 1, 8, whole=True, told=lambda self: len(self.logits)).tag(sync=True)
    top_p = Number(1.0, 0.01, 1).tag(sync=True)
    seed = Number(1, 0, 2**32 - 1, whole=True).tag(sync=True)
    draws = Number(0, 0, 10_000, whole=True).tag(sync=True)

    probabilities = t.List(t.Float(), read_only=True)
    counts = t.List(t.Int(), read_only=True)

    def __init__(
        self,
        logits=(2, 1, 0, -1),
        labels=None,
        *,
        temperature=1.0,
        top_k=None,
        top_p=1.0,
        seed=1,
        draws=0,
        **kwargs,
    ):
        super().__init__(logits, labels, **kwargs)
        first = {"temperature": temperature, "top_k": len(self.labels) if top_k is None else top_k}
        first |= {"top_p": top_p, "seed": seed, "draws": draws}
        self._set_together(first)
        self._keep_initial(first)
        self._follow()

    @t.validate("top_k")
    def _at_most_all(self, proposal):
        if proposal.value > len(self.logits):
            raise t.TraitError(
                f"top_k must be at most the {len(self.logits)} classes, not {proposal.value}"
            )
        return proposal.value

    @t.observe("logits", "temperature", "top_k", "top_p", "seed", "draws")
    def _follow(self, _change=None):
        if not self.labels:  # not all is set yet
            return
        count = len(self.logits)
        with np.errstate(all="ignore"):  # a gap of inf: the class is never drawn
            x = (np.array(self.logits) - max(self.logits)) / self.temperature
        x = nucleus(top_k(x, self.top_k), self.top_p)
        uniforms = mulberry32(self.seed, 0, self.draws * count).reshape(self.draws, count)
        drawn = gumbel_max(x, uniforms)
        self._set_together({
            "probabilities": softmax(x).tolist(),
            "counts": np.bincount(drawn, minlength=count).tolist(),
        })  # fmt: skip

    def still(self):
        """Return an SVG of the probabilities and the counts."""
        return sampler_picture(self.labels, self.temperature, self.probabilities, self.counts)

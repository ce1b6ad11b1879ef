"""TemperatureExplorer: what a temperature does to a distribution."""

import traitlets as t

from softmax_lib.core import softmax
from softmax_lib.losses import entropy
from softmax_lib.widgets._base import ClassExplorer, Temperature, static_files
from softmax_lib.widgets.still import temperature_picture


class TemperatureExplorer(ClassExplorer):
    r"""See and set what a temperature T does to p = softmax(z / T).

    Parameters
    ----------
    logits : list of float, of length K
        The scores z: 2 to 10 finite numbers of any size.
    labels : list of str, of length K, optional
        The names of the classes; by default "class 1", "class 2", ...
    temperature : float
        T, from 0.01 to 100.
    **kwargs
        Passed on to `ipywidgets.DOMWidget`; `layout`, for example.

    Attributes
    ----------
    logits, labels, temperature
        The parameters: set them, observe them, link them. The page sets them too. A value that
        breaks the rules above raises `traitlets.TraitError` and changes nothing. Logits of another
        length take the labels along: surplus labels go, missing ones come back or are
        "class 5", ... To give both at once, hold the checks until both are set::

            with explorer.hold_trait_notifications():
                explorer.logits = [3, 1]
                explorer.labels = ["cat", "dog"]

    probabilities : list of float, of length K
        The softmax p. Read only: it follows from the logits and the temperature, in Python.
    entropy : float
        H = -Σ pₖ ln pₖ in nats, from 0 to ln K. Read only too.
    initial : dict
        The logits, labels and temperature given at first, which the reset button goes back to.

    Raises
    ------
    traitlets.TraitError
        If a parameter is not what it should be; one that is set later is checked in the same way.
    TypeError
        If there is no such parameter.

    Notes
    -----
    Assign a new list rather than changing one in place: traitlets cannot see
    ``explorer.logits[0] = 3``. Where the labels of two explorers are linked as well as the logits,
    change the number of classes by setting the logits alone, and rename them afterwards.

    Examples
    --------
    >>> explorer = TemperatureExplorer(logits=[2, 1, 0, -1], temperature=0.5)
    >>> [round(p, 4) for p in explorer.probabilities]
    [0.865, 0.1171, 0.0158, 0.0021]
    >>> explorer.temperature = 100
    >>> round(explorer.entropy, 4)
    1.3862
    >>> explorer.logits = [2, 1, 0, -1, -2]
    >>> explorer.labels[-1]
    'class 5'
    """

    _esm, _css = static_files("temperature_control", "temperature_explorer")

    temperature = Temperature().tag(sync=True)

    # Not synchronised: the page computes its own, so that it works without Python, and a message
    # a frame for what it already knows would only slow it down.
    probabilities = t.List(t.Float(), read_only=True)
    entropy = t.Float(read_only=True)

    def __init__(self, logits=(2, 1, 0, -1), labels=None, temperature=1.0, **kwargs):
        super().__init__(labels, {"logits": logits, "temperature": temperature}, **kwargs)

    @t.observe("logits", "temperature")
    def _follow(self, _change):
        self._set_together({
            "probabilities": softmax(self.logits, temperature=self.temperature).tolist(),
            "entropy": float(entropy(self.logits, temperature=self.temperature)),
        })  # fmt: skip

    def still(self):
        """Return an SVG of the probabilities as bars."""
        return temperature_picture(self.logits, self.labels, self.temperature, self.probabilities)

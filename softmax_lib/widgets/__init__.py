"""Interactive explorers: widgets that work with a Python kernel, and on a page without one.

Each explorer's JavaScript does its own arithmetic, so the same code runs in Jupyter, where Python
follows along, and on the book's static pages, where no Python answers.
"""

import math
import numbers
from pathlib import Path

import anywidget
import traitlets as t

from softmax_lib.core import softmax
from softmax_lib.losses import entropy
from softmax_lib.widgets.still import temperature_picture

__all__ = ["TemperatureExplorer"]


def _joined(*names):
    """Join static files into one text: a module loaded from a Blob cannot import its neighbour."""
    static = Path(__file__).parent / "static"
    return "\n".join((static / name).read_text(encoding="utf-8") for name in names)


def _finite(value):
    """Return the number as a float, or None for whatever is not a finite number."""
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


class _Temperature(t.TraitType):
    """A finite number from 0.01 to 100."""

    def validate(self, obj, value):
        number = _finite(value)
        if number is None or not 0.01 <= number <= 100:
            raise t.TraitError(
                f"{self.name} must be a number from 0.01 to 100, not {value!r}; "
                "softmax_lib.hardmax is the limit T -> 0"
            )
        return number


class _PerClass(t.TraitType):
    """A list with one entry a class; those that belong together change together."""

    def set(self, obj, value):
        """Set it, and let no observer and no page see the labels and the logits differ in length.

        The checks and the notifications wait until both are set; the page gets one message.
        """
        with obj.hold_sync(), obj.hold_trait_notifications():
            super().set(obj, value)
            obj._fit_labels(self.name)

    def listed(self, value):
        """Return a list, a tuple or a one-dimensional array as a list, anything else as None."""
        value = value.tolist() if hasattr(value, "tolist") else value
        return list(value) if isinstance(value, (list, tuple)) else None


class _Logits(_PerClass):
    """Two to ten finite numbers."""

    def validate(self, obj, value):
        values = self.listed(value)
        floats = None if values is None else [_finite(entry) for entry in values]
        if floats is None or not 2 <= len(floats) <= 10 or None in floats:
            raise t.TraitError(
                f"{self.name} must be a list of 2 to 10 finite numbers, not {value!r}"
            )
        return floats


class _Labels(_PerClass):
    """A list of strings."""

    def validate(self, obj, value):
        values = self.listed(value)
        if values is None or not all(isinstance(entry, str) for entry in values):
            raise t.TraitError(f"{self.name} must be a list of strings, not {value!r}")
        return values


class TemperatureExplorer(anywidget.AnyWidget):
    r"""See and set what a temperature T does to p = softmax(z / T).

    Parameters
    ----------
    logits : list of float, of length K
        The scores z: 2 to 10 finite numbers of any size.
    labels : list of str, of length K, optional
        The names of the classes; "class 1", "class 2", ... without it.
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
        p. Read only: follows from the logits and the temperature, in Python.
    entropy : float
        H = -Σ pₖ ln pₖ in nats, from 0 to ln K. Read only too.
    initial : dict
        The logits, labels and temperature given at first, which the reset button goes back to.

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

    _esm = _joined("softmax.js", "explorer.js", "temperature_explorer.js")
    _css = _joined("explorer.css", "temperature_explorer.css")

    logits = _Logits([]).tag(sync=True)
    labels = _Labels([]).tag(sync=True)
    temperature = _Temperature(1.0).tag(sync=True)
    initial = t.Dict().tag(sync=True)  # what the page's reset button goes back to

    # Not synchronised: the page computes its own, so that it works without Python, and a message
    # a frame for what it already knows would only slow it down.
    probabilities = t.List(t.Float(), read_only=True)
    entropy = t.Float(read_only=True)

    def __init__(self, logits=(2, 1, 0, -1), labels=None, temperature=1.0, **kwargs):
        given = {} if labels is None else {"labels": labels}
        super().__init__(logits=logits, temperature=temperature, **given, **kwargs)
        self.initial = {name: getattr(self, name) for name in ("logits", "labels", "temperature")}

    def _fit_labels(self, changed):
        """Give new logits as many labels: drop the last ones, or add the initial or default ones.

        The page's own labelsFor does the same.
        """
        count = len(self.logits)
        if changed == "logits" and len(self.labels) != count:
            initial = self.initial.get("labels", [])
            names = self.labels + initial[len(self.labels) :]
            names += [f"class {i + 1}" for i in range(len(names), count)]
            self.labels = names[:count]

    @t.validate("logits", "labels")
    def _one_label_a_logit(self, proposal):
        if len(self.labels) != len(self.logits):
            raise t.TraitError(
                f"labels must name each of the {len(self.logits)} logits once, "
                f"and these are {len(self.labels)}: {self.labels!r}"
            )
        return proposal.value

    @t.observe("logits", "temperature")
    def _follow(self, _change):
        with self.hold_trait_notifications():
            self.set_trait(
                "probabilities", softmax(self.logits, temperature=self.temperature).tolist()
            )
            self.set_trait("entropy", float(entropy(self.logits, temperature=self.temperature)))

    def _repr_mimebundle_(self, **kwargs):
        """Offer a still picture too: a page shows it until, or unless, the script runs."""
        data, metadata = super()._repr_mimebundle_(**kwargs)
        svg, alt = temperature_picture(
            self.logits, self.labels, self.temperature, self.probabilities
        )
        return {**data, "image/svg+xml": svg}, {**metadata, "image/svg+xml": {"alt": alt}}

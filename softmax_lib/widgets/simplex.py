"""SimplexExplorer: the triangle of three-class distributions, and a path through it."""

import math
from xml.sax.saxutils import escape

import traitlets as t

from softmax_lib.core import softmax
from softmax_lib.losses import entropy
from softmax_lib.widgets._base import ClassExplorer, Logits, Temperature, static_files
from softmax_lib.widgets.still import framed, written


class SimplexExplorer(ClassExplorer):
    r"""See p = softmax(z / T) of three classes as a point in a triangle, and drag it.

    Parameters
    ----------
    logits : list of float, of length 3
        The scores z: numbers from -1e6 to 1e6.
    labels : list of str, of length 3, optional
        The names of the classes; by default "class 1", "class 2" and "class 3".
    temperature : float
        T, from 0.01 to 100.
    **kwargs
        Passed on to `ipywidgets.DOMWidget`; `layout`, for example.

    Attributes
    ----------
    logits, labels, temperature
        The parameters: set them, observe them, link them. The page sets them too. A value that
        breaks the rules above raises `traitlets.TraitError` and changes nothing.
    probabilities : list of float, of length 3
        p, which is where the point stands. Read only, as is all that follows.
    centred_logits : list of float, of length 3
        z less its mean. A point tells the logits up to a constant: z = T ln p + c.
    entropy : float
        H = -Σ pₖ ln pₖ in nats, from 0 in a corner to ln 3 in the centre.
    initial : dict
        The parameters as given at first, which the reset button goes back to.

    Raises
    ------
    traitlets.TraitError
        If a parameter is not what it should be; one that is set later is checked in the same way.
    TypeError
        If there is no such parameter.

    Notes
    -----
    The corners stand for certainty, class 1 on the left, class 2 on the right, class 3 on top; the
    centre for (1/3, 1/3, 1/3). As T runs from 0 to infinity the point runs from hardmax(z) to the
    centre: from a corner, or from the middle of an edge where two classes tie for the largest
    logit. Whoever drags the point at T sets the logits to T ln p with mean 0. It stops where a
    share falls to 0.001, since a share of 0 would need a logit of minus infinity.

    Examples
    --------
    >>> explorer = SimplexExplorer(logits=[2, 1, 0])
    >>> [round(p, 4) for p in explorer.probabilities]
    [0.6652, 0.2447, 0.09]
    >>> explorer.centred_logits
    [1.0, 0.0, -1.0]
    """

    _esm, _css = static_files("temperature_control", "simplex_explorer")

    logits = Logits(fewest=3, most=3, bound=1e6).tag(sync=True)
    temperature = Temperature().tag(sync=True)

    probabilities = t.List(t.Float(), read_only=True)
    centred_logits = t.List(t.Float(), read_only=True)
    entropy = t.Float(read_only=True)

    def __init__(self, logits=(2, 1, 0), labels=None, temperature=1.0, **kwargs):
        super().__init__(labels, {"logits": logits, "temperature": temperature}, **kwargs)

    @t.observe("logits", "temperature")
    def _follow(self, _change):
        gaps = [z - self.logits[0] for z in self.logits]
        p = softmax(self.logits, temperature=self.temperature)
        self._set_together({
            "probabilities": p.tolist(),
            "centred_logits": [gap - math.fsum(gaps) / 3 for gap in gaps],
            "entropy": float(entropy(self.logits, temperature=self.temperature)),
        })  # fmt: skip

    def still(self):
        """Return an SVG of the triangle with the point at the present temperature."""
        left, base, side = 60, 420, 300
        rise = side * math.sqrt(3) / 2
        _, p2, p3 = self.probabilities
        x, y = left + side * (p2 + p3 / 2), base - rise * p3
        numbers = zip(self.labels, written(self.probabilities), strict=True)
        words = [f"{label} {number}" for label, number in numbers]
        title = f"temperature T = {self.temperature:g}"
        corners = [(left, base + 26), (left + side, base + 26), (left + side / 2, base - rise - 14)]
        shapes = [
            f'<text x="20" y="50">Three probabilities as a point in a triangle at {title}</text>',
            f'<path class="track" d="M{left} {base}h{side}l{-side / 2:g} {-rise:.2f}z"/>',
            f'<circle class="bar" cx="{x:.2f}" cy="{y:.2f}" r="9"/>',
        ]
        for (at, height), label in zip(corners, self.labels, strict=True):
            shapes.append(
                f'<text x="{at:g}" y="{height:.2f}" text-anchor="middle">{escape(label)}</text>'
            )
        for i, line in enumerate(words):
            shapes.append(f'<text x="{left + side + 60}" y="{220 + 42 * i}">{escape(line)}</text>')
        return framed(f"Softmax of three classes at {title}: {', '.join(words)}", shapes, 550)

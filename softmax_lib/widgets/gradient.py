"""GradientExplorer: prediction minus target, and descent against it."""

import math
from xml.sax.saxutils import escape

import numpy as np
import traitlets as t

from softmax_lib.core import softmax
from softmax_lib.losses import cross_entropy, cross_entropy_grad, entropy
from softmax_lib.widgets._base import ClassExplorer, Distribution, Logits, Number, static_files
from softmax_lib.widgets.still import framed, others, short, written

MAX_STEPS = 100

# Up to a rate of 4, twice the inverse of the largest curvature of 1/2, no step can raise the loss
# or drive two neighbouring points apart. Up to 6 a step may overshoot. From about 8 on, descent is
# chaotic for some targets: rounding decides where it goes, and no two computers agree.
MAX_RATE = 6


class GradientExplorer(ClassExplorer):
    r"""See the gradient p - y of the cross-entropy, and go down against it step by step.

    Parameters
    ----------
    logits : list of float, of length K
        The scores z before the first step: 2 to 10 numbers from -1e6 to 1e6.
    labels : list of str, of length K, optional
        The names of the classes; by default "class 1", "class 2", ...
    target : int
        The index of the true class, from 0 to K - 1.
    smoothing : float
        The share a of the target, from 0 to 1, that is spread evenly over all classes:
        y = (1 - a) onehot + a / K.
    distribution : list of float, of length K, or None
        The whole target distribution y, in place of `target` and `smoothing`.
    rate : float
        The learning rate, from 0.01 to 6: one step is z <- z - rate (p - y).
    steps : int
        How many steps have been taken, from 0 to 100.
    **kwargs
        Passed on to `ipywidgets.DOMWidget`; `layout`, for example.

    Attributes
    ----------
    logits, labels, target, smoothing, distribution, rate, steps
        The parameters: set them, observe them, link them. The page sets them too. A value that
        breaks the rules above raises `traitlets.TraitError` and changes nothing. Logits of another
        length take the labels along; a target or a distribution that no longer fits is refused,
        so set both under ``explorer.hold_trait_notifications()``.
    reached : list of float, of length K
        The logits after the steps. Read only, as is all that follows.
    y, probabilities, gradient : list of float, of length K
        The target, p = softmax(reached), and p - y.
    losses : list of float, of length steps + 1
        The cross-entropy of p with y before each step and after the last.
    loss : float
        The last of these.
    lowest_loss : float
        What no logits can beat for this target: its entropy, H(y).
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
    Where you are follows from where you began: to set `rate` shows the same number of steps at
    another rate. On the page, whoever moves a logit or the target begins a new run from there.

    Examples
    --------
    >>> explorer = GradientExplorer(logits=[2, 1, 0, -1], target=1)
    >>> [round(g, 3) for g in explorer.gradient]
    [0.644, -0.763, 0.087, 0.032]
    >>> explorer.steps = 1
    >>> [round(z, 3) for z in explorer.reached]
    [1.356, 1.763, -0.087, -1.032]
    >>> explorer.smoothing = 0.1
    >>> [round(share, 3) for share in explorer.y]
    [0.025, 0.925, 0.025, 0.025]
    """

    _esm, _css = static_files("gradient_explorer")

    logits = Logits(bound=1e6).tag(sync=True)
    target = Number(0, 0, 9, whole=True, told=lambda self: len(self.logits) - 1).tag(sync=True)
    smoothing = Number(0.0, 0, 1).tag(sync=True)
    distribution = Distribution().tag(sync=True)
    rate = Number(1.0, 0.01, MAX_RATE).tag(sync=True)
    steps = Number(0, 0, MAX_STEPS, whole=True).tag(sync=True)

    reached = t.List(t.Float(), read_only=True)
    y = t.List(t.Float(), read_only=True)
    probabilities = t.List(t.Float(), read_only=True)
    gradient = t.List(t.Float(), read_only=True)
    losses = t.List(t.Float(), read_only=True)
    loss = t.Float(read_only=True)
    lowest_loss = t.Float(read_only=True)

    def __init__(
        self,
        logits=(2, 1, 0, -1),
        labels=None,
        target=0,
        smoothing=0.0,
        distribution=None,
        rate=1.0,
        steps=0,
        **kwargs,
    ):
        first = {
            "logits": logits,
            "target": target,
            "smoothing": smoothing,
            "distribution": distribution,
            "rate": rate,
            "steps": steps,
        }
        super().__init__(labels, first, **kwargs)

    def _check_classes(self):
        self._check_target(self.target)
        count = len(self.logits)
        if self.distribution is not None and len(self.distribution) != count:
            raise t.TraitError(
                f"distribution must have a share for each of {count} classes, "
                f"not {len(self.distribution)}: {self.distribution!r}"
            )

    def _check_target(self, target):
        count = len(self.logits)
        if target >= count:
            raise t.TraitError(
                f"target must be the index of one of {count} classes, from 0 to {count - 1}, "
                f"not {target}"
            )

    @t.validate("target")
    def _one_of_the_classes(self, proposal):
        self._check_target(proposal.value)
        return proposal.value

    @t.validate("distribution")
    def _one_share_a_class(self, proposal):
        self._check_classes()
        return proposal.value

    @t.observe("logits", "target", "smoothing", "distribution", "rate", "steps")
    def _follow(self, _change):
        y = self.distribution
        if y is None:
            y, a = np.full(len(self.logits), 0.0), self.smoothing
            y[self.target] = 1
            y = ((1 - a) * y + a / len(y)).tolist()
        # A class index, where that is all there is: its gradient p_y - 1 does not cancel.
        target = y.index(1) if sorted(y)[-2:] == [0, 1] else np.array(y)

        path = [np.array(self.logits)]
        with np.errstate(all="ignore"):  # a slope may underflow
            for _ in range(self.steps):
                path.append(path[-1] - self.rate * cross_entropy_grad(path[-1], target))
        losses = [float(cross_entropy(z, target)) for z in path]
        self._set_together({
            "reached": path[-1].tolist(),
            "y": y,
            "probabilities": softmax(path[-1]).tolist(),
            "gradient": cross_entropy_grad(path[-1], target).tolist(),
            "losses": losses,
            "loss": losses[-1],
            "lowest_loss": lowest_loss(y),
        })  # fmt: skip

    def still(self):
        """Return an SVG of p as bars, p - y as arrows and the loss over the steps."""
        top, row, left, width, middle = 100, 46, 150, 150, 500
        words, shapes = [], []
        numbers = written(self.probabilities)
        rows = zip(self.labels, self.reached, self.probabilities, self.gradient, strict=True)
        for i, (label, z, p, g) in enumerate(rows):
            at, tip = top + row * i, middle + 100 * g
            head = min(8, abs(g) * 100) * np.sign(g)
            pull = short(g, "+")
            if abs(g) >= 0.99995:  # how far from 1, what is small beside it tells
                if g < 0:
                    one, sign, rest = "-1", "+", 1 - self.y[i] + p
                else:
                    one, sign = "+1", "\N{MINUS SIGN}"
                    rest = others(self.probabilities, i) + self.y[i]
                pull = f"{one} {sign} {rest:.2e}" if rest else one
            words.append(f"{label} {pull}")
            shapes += [
                f'<text x="20" y="{at}">{escape(label)}</text>',
                f'<text x="{left}" y="{at - 6}">z = {z:.3f}, p = {numbers[i]}</text>',
                f'<rect class="track" x="{left}" y="{at}" width="{width}" height="12"/>',
                f'<rect class="bar" x="{left}" y="{at}" width="{width * p:.2f}" height="12"/>',
                f'<text x="{middle - 100}" y="{at - 6}">p \N{MINUS SIGN} y = {pull}</text>',
                f'<rect class="track" x="{middle - 100}" y="{at}" width="200" height="12"/>',
                f'<path class="bar" d="M{middle} {at + 4}H{tip - head:.2f}v-4L{tip:.2f} {at + 6}'
                f'l{-head:.2f} 6v-4H{middle}z"/>',
            ]
        base, high = top + row * len(words) + 150, max(self.losses) or 1
        places = [(60 + 5.5 * n, base - 110 * loss / high) for n, loss in enumerate(self.losses)]
        shapes += [
            f'<text x="20" y="{base - 125}">loss in nats, over 100 steps</text>',
            f'<path class="curve" d="M60 {base - 110}V{base}H610"/>',
            f'<polyline class="curve" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}"/>',
            f'<circle class="bar" cx="{places[-1][0]:.1f}" cy="{places[-1][1]:.1f}" r="5"/>',
        ]
        loss = f"loss {short(self.loss)} nats"
        shapes.append(f'<text x="20" y="50">Prediction minus target: {loss}</text>')
        title = f"Prediction minus target, p \N{MINUS SIGN} y: {', '.join(words)}; {loss}"
        return framed(title, shapes, base + 155)


def lowest_loss(y):
    """Return the entropy of the distribution y, which no cross-entropy with y is below.

    Examples
    --------
    >>> lowest_loss([0.0, 1.0])
    0.0
    >>> round(lowest_loss([0.5, 0.5]), 6)
    0.693147
    """
    with np.errstate(divide="ignore"):  # ln 0: a class that is left out
        return float(entropy(np.log(y))) * math.fsum(y)  # which may miss 1 by a little

"""Pictures of the failure clinic."""

import numpy as np

from softmax_lib.core import shifted_softmax
from softmax_lib.losses import cross_entropy_grad


def draw_losses_above_floor(ax, losses, floor):
    """Draw losses after each step of training, and the floor that one of them cannot pass.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw; both axes become logarithmic.
    losses : dict of str to array_like, shape (n,)
        The mean loss before each step, by the name to write at its curve.
    floor : float
        A loss, drawn as a dotted line.
    """
    for name, curve in losses.items():
        ax.plot(np.arange(1, len(curve) + 1), curve, label=name)
    ax.axhline(floor, color="#555555", linestyle=":", linewidth=1.5)
    ax.annotate(f"floor {floor:.3f}", (1, floor), (0, -4), textcoords="offset points", va="top")
    ax.set(xscale="log", yscale="log", xlabel="step", ylabel="mean cross-entropy, nats")
    ticks = [2, 1, 0.5, 0.2, 0.1]
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.set_yticks([], minor=True)
    ax.legend(loc="lower left")


def draw_vanishing_gradient(ax, margins, dtypes):
    """Draw minus the gradient in the true logit of two classes, over the true class's margin.

    A line for the library's, and for each format the textbook's 1 - exp(z - m) / sum as dots. They
    end where it is exactly 0, which a logarithmic axis has no place for.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw; the axis of the gradient becomes logarithmic.
    margins : array_like, shape (n,)
        Logit of the true class minus that of the other.
    dtypes : sequence of dtype_like
        Floating-point formats for the textbook's form.
    """
    z = np.stack([margins, np.zeros_like(margins)], axis=-1)
    truth = -cross_entropy_grad(z, np.zeros(len(z), dtype=int))[:, 0]
    ax.plot(margins, truth, color="#555555", alpha=0.5, linewidth=4, label="minus the others")
    for dtype in dtypes:
        textbook = 1 - shifted_softmax(z.astype(dtype))[:, 0].astype(float)
        alive = textbook > 0
        name = f"textbook, {np.dtype(dtype).name}"
        ax.plot(margins[alive], textbook[alive], ".", markersize=5, label=name)
    ax.set(yscale="log", xlabel="logit of the true class minus the other")
    ax.set_ylabel("size of the gradient")
    ax.legend(loc="lower left")

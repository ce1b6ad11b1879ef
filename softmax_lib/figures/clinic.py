"""Pictures of the failure clinic."""

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display

from softmax_lib.core import shifted_softmax, softmax
from softmax_lib.figures.bars import draw_probabilities, format_probability
from softmax_lib.figures.style import QUIET
from softmax_lib.losses import cross_entropy_grad


def draw_losses_above_floor(ax, losses, floor):
    """Draw losses over the steps of training, and the floor that one of them cannot pass.

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
    ax.axhline(floor, color=QUIET, linestyle=":", linewidth=1.5)
    # From step 3 on: a curve that passes the floor is below the label by then.
    ax.annotate(f"floor {floor:.3f}", (3, floor), (0, -4), textcoords="offset points", va="top")
    ax.set(xscale="log", yscale="log", xlabel="step", ylabel="mean cross-entropy, nats")
    ticks = [1, 0.1, 0.01, 0.001]
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.set_yticks([], minor=True)
    ax.legend(loc="lower left")


def draw_vanishing_gradient(ax, margins, dtypes):
    """Draw which share of the true gradient the shifted form gives, over the class's margin.

    The gradient is that in the true logit of two classes. The shifted form is exp(z - m) / sum
    less 1, in each format; the truth is the library's, minus the other probability.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    margins : array_like, shape (n,)
        Logit of the true class minus that of the other.
    dtypes : sequence of dtype_like
        Floating-point formats for the shifted form.
    """
    z = np.stack([margins, np.zeros_like(margins)], axis=-1)
    truth = cross_entropy_grad(z, np.zeros(len(z), dtype=int))[:, 0]
    for dtype in dtypes:
        shifted = shifted_softmax(z.astype(dtype))[:, 0].astype(float) - 1
        ax.plot(margins, shifted / truth, linewidth=1.2, label=np.dtype(dtype).name)
    ax.axhline(1, color=QUIET, linestyle=":", linewidth=1.5)
    ax.set(xlabel="logit of the true class minus the other", ylim=(-0.05, 2.1), yticks=[0, 1, 2])
    ax.set_ylabel("shifted / truth")
    ax.legend(loc="upper left")


def draw_temperature_and_inverse(axes, z, temperature):
    """Draw softmax(z / T) and, on a second pair of axes, what z * T gives by mistake.

    Parameters
    ----------
    axes : sequence of two matplotlib.axes.Axes
        Where to draw.
    z : array_like, shape (K,)
        Logits.
    temperature : float
        T > 0.

    Returns
    -------
    meant, got : numpy.ndarray, shape (K,)
        softmax(z / T) and softmax(z * T).
    """
    left, right = axes
    start = softmax(z)
    meant, got = softmax(z, temperature=temperature), softmax(np.multiply(z, float(temperature)))
    draw_probabilities(left, meant, ghost=start, title=f"z / {temperature:g}")
    draw_probabilities(right, got, ghost=start, title=f"z * {temperature:g}")
    right.label_outer()
    return meant, got


def show_temperature_and_inverse(z, temperature):
    """Display `draw_temperature_and_inverse`, with words for those who cannot see it.

    Parameters
    ----------
    z : array_like, shape (K,)
        Logits.
    temperature : float
        T > 0.
    """
    fig, axes = plt.subplots(1, 2, figsize=(4.4, 2.6), sharey=True)
    meant, got = draw_temperature_and_inverse(axes, z, temperature)
    alt = (
        f"The largest probability is {format_probability(meant.max())} after dividing by "
        f"{temperature:g}, and {format_probability(got.max())} after multiplying by it"
    )
    display(fig, metadata={"alt": alt})
    plt.close(fig)  # or the notebook would show it a second time

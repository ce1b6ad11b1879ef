"""Pictures of the chapter on the gradient."""

import numpy as np
from matplotlib.patheffects import withStroke
from matplotlib.ticker import Formatter, PercentFormatter

from softmax_lib.core import softmax
from softmax_lib.derivatives import softmax_jacobian, softmax_vjp
from softmax_lib.figures.bars import draw_probabilities
from softmax_lib.figures.scores import draw_signed_bars
from softmax_lib.figures.style import CLASS_COLOURS, QUIET
from softmax_lib.losses import cross_entropy_grad, one_hot


def draw_jacobian(ax, z):
    """Draw the Jacobian of softmax at z as coloured squares, each with its number.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    z : array_like, shape (K,)
        Logits.
    """
    jacobian = softmax_jacobian(z)
    # Purple for what rises and orange for what falls.
    ax.imshow(jacobian, cmap="PuOr", vmin=-0.5, vmax=0.5)
    for (i, k), slope in np.ndenumerate(jacobian):
        number = Formatter.fix_minus(f"{slope:.3f}")
        ax.text(k, i, number, ha="center", va="center", fontsize="small")
    classes = np.arange(len(jacobian))
    ax.set(xticks=classes, xticklabels=classes + 1, yticks=classes, yticklabels=classes + 1)
    ax.set(xlabel="logit of class k", ylabel="probability of class i")
    ax.grid(visible=False)


def draw_error_signal(axes, z, label):
    """Draw p with the one-hot target as outlines and, on a second pair of axes, p - y.

    Parameters
    ----------
    axes : sequence of two matplotlib.axes.Axes
        Where to draw.
    z : array_like, shape (K,)
        Logits.
    label : int
        The index of the true class, from 0.
    """
    first, second = axes
    p = softmax(z)
    draw_probabilities(first, p, ghost=one_hot(label, len(p)), title="p, and y dotted")
    first.label_outer()
    draw_signed_bars(second, cross_entropy_grad(z, label), "%+.3f", title="gradient")
    second.set(xlabel="class", ylabel="$p - y$", ylim=(-1.2, 1.2), yticks=[-1, 0, 1])


def draw_gradient_size_against_gap(ax, gaps):
    """Draw the length of the gradient of two losses, over the true class's lead in logits.

    Both for two classes: cross-entropy, p - y, and half the squared error, J (p - y).

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    gaps : array_like, shape (n,)
        Logit of the true class minus that of the other.
    """
    z = np.stack([gaps, np.zeros_like(gaps)], axis=-1)
    error = cross_entropy_grad(z, np.zeros(len(gaps), dtype=int))
    squared = softmax_vjp(softmax(z), error)
    ax.plot(gaps, np.linalg.norm(error, axis=-1), label="cross-entropy")
    ax.plot(gaps, np.linalg.norm(squared, axis=-1), "--", label="squared error")
    ax.axvline(0, color=QUIET, linestyle=":", linewidth=1)
    ax.set(xlabel="logit of the true class minus the other", ylabel="length of the gradient")
    ax.legend(loc="center left")


def draw_loss_curve(ax, losses):
    """Draw the loss before each step of gradient descent, both axes logarithmic.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    losses : array_like, shape (n,)
        The mean loss before each step.
    """
    ax.plot(np.arange(1, len(losses) + 1), losses)
    ax.set(xscale="log", yscale="log", xlabel="step", ylabel="mean cross-entropy, nats")
    ticks = [2, 1, 0.5, 0.2, 0.1]
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.set_yticks([], minor=True)


def draw_confusion(ax, labels, predicted):
    """Draw how often each class was taken for each other, as a table of counts.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    labels, predicted : array_like of int, shape (n,)
        The true classes and the predicted ones, from 0.
    """
    num_classes = max(np.max(labels), np.max(predicted)) + 1
    true, taken = one_hot(labels, num_classes), one_hot(predicted, num_classes)
    counts = (true.T @ taken).astype(int)
    # Shares of a row, so that a rare class is as dark as a frequent one.
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (i, k), count in np.ndenumerate(counts):
        if count:
            # Here black and white are read equally well; at a half the blue is still light.
            colour = "white" if shares[i, k] > 0.715 else "black"
            ax.text(k, i, count, ha="center", va="center", fontsize="small", color=colour)
    classes = np.arange(num_classes)
    ax.set(xticks=classes, yticks=classes, xlabel="predicted class", ylabel="true class")
    ax.grid(visible=False)


def draw_reliability(ax, confidence, right, *, bins=10, title=None):
    """Draw how often predictions were right against how sure the model was, with their counts.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    confidence : array_like, shape (n,)
        The largest probability of each prediction.
    right : array_like of bool, shape (n,)
        Whether that prediction was right.
    bins : int
        Number of bins of equal width from 0 to 1.
    title : str, optional
        Title of the axes.
    """
    number = np.minimum((np.asarray(confidence) * bins).astype(int), bins - 1)
    count = np.bincount(number, minlength=bins)
    filled = count > 0
    accuracy = np.bincount(number, right, minlength=bins)[filled] / count[filled]
    centres = (np.flatnonzero(filled) + 0.5) / bins
    drawn = ax.bar(centres, accuracy, width=0.94 / bins, color=CLASS_COLOURS[4])
    ax.plot([0, 1], [0, 1], color=QUIET, linestyle=":", linewidth=1.5)
    halo = [withStroke(linewidth=3, foreground="white")]  # keeps a count clear of the diagonal
    ax.bar_label(drawn, count[filled], fontsize="x-small", padding=2, path_effects=halo)
    ax.set(xlim=(0, 1), ylim=(0, 1.1), xlabel="confidence", ylabel="share that was right")
    ax.set(title=title)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(PercentFormatter(1))

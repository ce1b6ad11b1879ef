"""Pictures of the chapter on temperature."""

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display

from softmax_lib.core import softmax
from softmax_lib.figures.bars import draw_probabilities, format_probability
from softmax_lib.figures.style import QUIET, class_colours
from softmax_lib.losses import entropy


def draw_small_multiples(axes, z, temperatures):
    """Draw softmax(z / T) once for each temperature, with T = 1 as an outline behind it.

    Parameters
    ----------
    axes : sequence of matplotlib.axes.Axes
        One for each temperature.
    z : array_like, shape (K,)
        Logits.
    temperatures : sequence of float
        The temperatures, in the order of the axes.
    """
    plain = softmax(z)
    for ax, temperature in zip(axes, temperatures, strict=True):
        draw_probabilities(
            ax, softmax(z, temperature=temperature), ghost=plain, title=f"T = {temperature:g}"
        )
        ax.label_outer()


def draw_probabilities_against_temperature(ax, z, temperatures):
    """Draw each class's probability as a curve over temperature.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw; the temperature axis becomes logarithmic.
    z : array_like, shape (K,)
        At most eight logits.
    temperatures : array_like, shape (n,)
        Increasing temperatures.
    """
    p = np.array([softmax(z, temperature=T) for T in temperatures])
    for k, (curve, colour) in enumerate(zip(p.T, class_colours(len(z)), strict=True)):
        ax.plot(temperatures, curve, color=colour, label=f"class {k + 1}")
    ax.axhline(1 / len(z), color=QUIET, linestyle=":", linewidth=1)
    ax.set(xscale="log", ylim=(-0.02, 1.02), xlabel="temperature T", ylabel="probability")
    ax.legend(loc="center left")


def draw_entropy_against_temperature(ax, z, temperatures):
    """Draw the entropy of softmax(z / T) over temperature, between its limits 0 and log K.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw; the temperature axis becomes logarithmic.
    z : array_like, shape (K,)
        Logits.
    temperatures : array_like, shape (n,)
        Increasing temperatures.
    """
    ax.plot(temperatures, [entropy(z, temperature=T) for T in temperatures])
    ceiling = np.log(len(z))
    ax.axhline(ceiling, color=QUIET, linestyle=":", linewidth=1)
    ax.annotate(f"ln {len(z)}", (temperatures[0], ceiling), va="bottom", color=QUIET)
    ax.set(xscale="log", ylim=(-0.04, 1.15 * ceiling))
    ax.set(xlabel="temperature T", ylabel="entropy, nats")


def show_probabilities(z, temperature):
    """Display softmax(z / T), with words for those who cannot see it, from a widget's callback.

    Parameters
    ----------
    z : array_like, shape (K,)
        Logits.
    temperature : float
        The temperature T.
    """
    fig, ax = plt.subplots(figsize=(4.4, 2.6))
    p = softmax(z, temperature=temperature)
    draw_probabilities(ax, p, ghost=softmax(z), title=f"T = {temperature:.3g}")
    numbers = ", ".join(format_probability(p_i) for p_i in p)
    # The static page takes the alternative text of its still picture from here.
    display(fig, metadata={"alt": f"Probabilities at T = {temperature:.3g}: {numbers}"})
    plt.close(fig)  # or the notebook would show it a second time

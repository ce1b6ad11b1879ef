"""The pictures of the chapter on temperature say what they show."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from softmax_lib import figures

Z = [2.0, 1.0, 0.0]
TEMPERATURES = [0.5, 1, 4]


def written_out(temperature):
    """Return softmax(Z / T) as its definition has it."""
    weights = np.exp(np.divide(Z, temperature))
    return weights / weights.sum()


def test_small_multiples_name_their_axes_once_a_row_and_once_a_column():
    axes = Figure().subplots(2, 2, sharex=True, sharey=True)
    figures.draw_small_multiples(axes.flat, [2.0, 1.0, 0.0], [0.5, 1, 2, 4])
    assert [ax.get_xlabel() for ax in axes.flat] == ["", "", "class", "class"]
    assert [ax.get_ylabel() for ax in axes.flat] == ["probability", "", "probability", ""]


def test_small_multiples_are_as_flat_as_their_temperature_says():
    axes = Figure().subplots(3)
    figures.draw_small_multiples(axes, Z, TEMPERATURES)
    for ax, temperature in zip(axes, TEMPERATURES, strict=True):
        heights = [bar.get_height() for bar in ax.patches if bar.get_fill()]
        np.testing.assert_allclose(heights, written_out(temperature), rtol=1e-14)


def test_curves_over_temperature_are_the_probabilities():
    ax = Figure().subplots()
    figures.draw_probabilities_against_temperature(ax, Z, TEMPERATURES)
    *curves, equal = ax.lines
    drawn = np.transpose([curve.get_ydata() for curve in curves])
    np.testing.assert_allclose(drawn, [written_out(T) for T in TEMPERATURES], rtol=1e-14)
    np.testing.assert_array_equal([curve.get_xdata() for curve in curves], [TEMPERATURES] * 3)
    np.testing.assert_allclose(equal.get_ydata(), 1 / 3, rtol=1e-15)


def test_curve_of_the_entropy_is_that_of_the_probabilities():
    ax = Figure().subplots()
    figures.draw_entropy_against_temperature(ax, Z, TEMPERATURES)
    curve, ceiling = ax.lines
    rows = [written_out(T) for T in TEMPERATURES]
    np.testing.assert_array_equal(curve.get_xdata(), TEMPERATURES)
    np.testing.assert_allclose(curve.get_ydata(), [-p @ np.log(p) for p in rows], rtol=1e-13)
    np.testing.assert_allclose(ceiling.get_ydata(), np.log(3), rtol=1e-15)


def test_more_classes_than_colours_are_refused():
    says = r"^a picture has colours for 8 classes, got 9$"
    ax = Figure().subplots()
    with pytest.raises(ValueError, match=says):
        figures.draw_probabilities(ax, np.full(9, 1 / 9))
    with pytest.raises(ValueError, match=says):
        figures.draw_probabilities_against_temperature(ax, np.zeros(9), TEMPERATURES)

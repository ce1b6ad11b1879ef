"""Pictures of the chapter on floating point show what is true."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from softmax_lib import figures, shifted_softmax, softmax


@pytest.fixture
def ax():
    fig, ax = plt.subplots()
    yield ax
    plt.close(fig)


def test_errors_of_the_shift_stay_below_the_gap_and_come_near_it():
    gaps, errors = figures.gap_errors(np.geomspace(1, 700, 200), shifted_softmax)
    assert (np.diff(gaps) > -40).all()
    assert gaps.max() < 700
    assert (errors <= gaps + 5).all()  # d u, and a few ulp for exp, sum and division
    assert errors[gaps > 256].max() > 64  # a quarter of the bound of that binade, and more
    _, ours = figures.gap_errors(np.geomspace(1, 700, 200), softmax)
    assert ours.max() <= 5


def test_error_against_gap_draws_both_forms_and_what_the_shift_costs(ax):
    figures.draw_error_against_gap(ax, np.geomspace(1, 700, 50))
    ours, shifted, most = ax.lines
    np.testing.assert_array_equal(most.get_xdata(), most.get_ydata())
    assert shifted.get_ydata().max() > ours.get_ydata().max()
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["softmax_lib", "shifted form", "the shift, at most"]


def test_form_errors_stand_in_the_row_of_their_format(ax):
    errors = {
        "float16": {"definition": 2, "shifted": 8, "division-free": 13},
        "float64": {"definition": 3, "shifted": 17, "division-free": 22},
    }
    figures.draw_form_errors(ax, errors, xlabel="in u")
    drawn = {line.get_label(): list(line.get_xdata()) for line in ax.lines}
    assert drawn == {"definition": [2, 3], "shifted": [8, 17], "division-free": [13, 22]}
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["float16", "float64"]
    assert ax.get_xlabel() == "in u"
    low, high = ax.get_xlim()
    assert low < 2 < 22 < high

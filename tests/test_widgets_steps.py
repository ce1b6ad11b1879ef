"""StepsExplorer without a browser: its traits and their rules."""

import math

import mpmath
import pytest
import traitlets as t

from softmax_lib.widgets import StepsExplorer


def exact(logits):
    """Return the exponentials and the probabilities at 50 digits."""
    with mpmath.workdps(50):
        e = [mpmath.exp(z) for z in logits]
        return [float(x) for x in e], [float(x / mpmath.fsum(e)) for x in e]


@pytest.mark.parametrize("logits", [[2, 1, 0, -1], [10, -10], [-10] * 5, [0.1, -0.25, 3]])
def test_each_step_follows_from_the_logits(logits):
    explorer = StepsExplorer()
    if len(logits) != 4:
        explorer = StepsExplorer(logits)
    explorer.logits = logits
    e, p = exact(logits)
    assert explorer.exponentials == pytest.approx(e, rel=1e-14)
    assert explorer.probabilities == pytest.approx(p, rel=1e-14)


@pytest.mark.parametrize("bad", [[0] * 3, [0] * 5])
def test_the_number_of_classes_is_fixed(bad):
    explorer = StepsExplorer()
    before = explorer.logits, explorer.exponentials, explorer.probabilities
    with pytest.raises(t.TraitError, match="logits must be 4 numbers"):
        explorer.logits = bad
    assert (explorer.logits, explorer.exponentials, explorer.probabilities) == before


@pytest.mark.parametrize("bad", [["a"], ["a", "b", "c"], [1, 2]])
def test_labels_name_each_class_once(bad):
    with pytest.raises(t.TraitError, match="labels must be 2 strings"):
        StepsExplorer([1, 0], bad)


def test_the_bound_keeps_clear_of_overflow():
    """What the docstring says of it: exp(10) is 22026, and exp overflows near 709.78."""
    assert round(math.exp(10)) == 22026
    with pytest.raises(OverflowError):
        math.exp(709.79)


def test_its_still_picture_says_all_three_steps():
    assert (
        "cat 1, 2.718, 0.7311; dog 0, 1.000, 0.2689"
        in StepsExplorer([1, 0], ["cat", "dog"]).still()
    )

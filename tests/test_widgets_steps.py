"""StepsExplorer without a browser: its traits and their rules."""

import math

import mpmath
import pytest
import traitlets as t

from softmax_lib.widgets import StepsExplorer

NAN, INF = float("nan"), float("inf")


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


@pytest.mark.parametrize(
    "bad",
    [[1], [0] * 3, [0] * 5, [1, 2, 3, NAN], [1, 2, 3, INF], [1, 2, 3, 10.1], [True] * 4, "1234"],
)
def test_bad_logits_change_nothing(bad):
    explorer = StepsExplorer()
    before = explorer.logits, explorer.exponentials, explorer.probabilities
    with pytest.raises(t.TraitError, match="logits must"):
        explorer.logits = bad
    assert (explorer.logits, explorer.exponentials, explorer.probabilities) == before


@pytest.mark.parametrize("bad", [[1], [0] * 6, [0, NAN], [0, -10.5], None, 3])
def test_bad_logits_make_no_explorer(bad):
    with pytest.raises(t.TraitError, match="logits must"):
        StepsExplorer(bad)


@pytest.mark.parametrize("bad", [["a"], ["a", "b", "c"], [1, 2]])
def test_labels_name_each_class_once(bad):
    with pytest.raises(ValueError, match="labels must be 2 strings"):
        StepsExplorer([1, 0], bad)


@pytest.mark.parametrize("name", ["exponentials", "probabilities", "labels"])
def test_what_follows_cannot_be_set(name):
    explorer = StepsExplorer()
    with pytest.raises(t.TraitError, match="read-only"):
        setattr(explorer, name, getattr(explorer, name))


def test_reset_has_something_to_go_back_to():
    explorer = StepsExplorer([1, 0], ["cat", "dog"])
    explorer.logits = [3, 2]
    assert explorer.initial == {"logits": [1, 0]}
    assert explorer.labels == ["cat", "dog"]


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

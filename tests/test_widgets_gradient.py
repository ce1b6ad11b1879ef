"""GradientExplorer without a browser: its traits, their rules and what follows from them."""

import ipywidgets
import mpmath
import numpy as np
import pytest
import traitlets as t

from softmax_lib.widgets import GradientExplorer

FOLLOWS = ("reached", "y", "probabilities", "gradient", "losses", "loss", "lowest_loss")
GIVEN = ("logits", "labels", "target", "smoothing", "distribution", "rate", "steps")


def exact(explorer):
    """Return what follows from the parameters, from the definitions at 200 digits."""
    with mpmath.workdps(200):
        z = [mpmath.mpf(value) for value in explorer.logits]
        y, count = explorer.distribution, len(z)
        if y is None:
            a = mpmath.mpf(explorer.smoothing)
            y = [(1 - a) * (i == explorer.target) + a / count for i in range(count)]
        y = [mpmath.mpf(share) for share in y]
        losses = []
        for step in range(explorer.steps + 1):
            e = [mpmath.exp(value) for value in z]
            p = [value / mpmath.fsum(e) for value in e]
            losses.append(-mpmath.fsum(a * mpmath.log(b) for a, b in zip(y, p, strict=True) if a))
            gradient = [b - a for a, b in zip(y, p, strict=True)]
            if step < explorer.steps:
                rate = mpmath.mpf(explorer.rate)
                z = [value - rate * g for value, g in zip(z, gradient, strict=True)]
        lowest = -mpmath.fsum(share * mpmath.log(share) for share in y if share)
        values = (z, y, p, gradient, losses, losses[-1], lowest)
        return {
            name: [float(x) for x in value] if isinstance(value, list) else float(value)
            for name, value in zip(FOLLOWS, values, strict=True)
        }


def assert_right(explorer, rel=1e-12, **tolerance):
    for name, value in exact(explorer).items():
        assert getattr(explorer, name) == pytest.approx(value, rel=rel, **tolerance), name


def values(explorer):
    return {name: getattr(explorer, name) for name in (*GIVEN, *FOLLOWS, "initial")}


@pytest.fixture
def explorer():
    return GradientExplorer()


def test_it_begins_as_the_book_does(explorer):
    assert isinstance(explorer, ipywidgets.DOMWidget)
    assert explorer.logits == explorer.reached == [2, 1, 0, -1]
    assert explorer.labels == ["class 1", "class 2", "class 3", "class 4"]
    assert (explorer.target, explorer.smoothing, explorer.distribution) == (0, 0, None)
    assert (explorer.rate, explorer.steps) == (1, 0)
    assert explorer.initial == {name: getattr(explorer, name) for name in GIVEN}


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"target": 1},
        {"target": 3, "steps": 100},
        {"target": 1, "smoothing": 0.1, "steps": 7},
        {"smoothing": 1, "rate": 6, "steps": 100},
        {"distribution": [0.1, 0.6, 0.2, 0.1], "rate": 2.5, "steps": 20},
        {"distribution": [0.5, 0.5, 0, 0], "rate": 4, "steps": 50},
        {"logits": [-8, 0], "steps": 5},
        {"logits": [0, 1e6], "target": 1, "rate": 0.01, "steps": 3},
    ],
    ids=str,
)
def test_what_follows_is_right_to_twelve_digits(kwargs):
    # Where p - y nears 0 a rounded y allows no relative accuracy: then a few ulp of 1.
    assert_right(GradientExplorer(**kwargs), abs=1e-14)


def test_no_logits_beat_the_lowest_loss():
    shares = [0.5 - 4e-9] * 2  # which pass for a sum of 1
    explorer = GradientExplorer([0, 0], distribution=shares)
    assert explorer.loss >= explorer.lowest_loss
    assert explorer.lowest_loss == pytest.approx(sum(shares) * np.log(2), rel=1e-15)


@pytest.mark.parametrize("logits", [[40, 0], [300, 0, 0], [36, 2, 0, -1]])
def test_the_true_class_keeps_its_pull(logits):
    """p_1 - 1 would be 0 from a lead of 37 on; FACTS: the sum of the others is right to 1e-14."""
    explorer = GradientExplorer(logits)
    assert_right(explorer, abs=0)
    assert explorer.gradient[0] < 0 < explorer.loss
    explorer.distribution = [1.0] + [0.0] * (len(logits) - 1)  # the same, put in another way
    assert_right(explorer, abs=0)


def test_no_step_raises_the_loss_up_to_a_rate_of_4():
    """The descent lemma: the Hessian's eigenvalues are at most 1/2, so 2/L is 4."""
    rng = np.random.default_rng(5)
    for _ in range(50):
        count = int(rng.integers(2, 11))
        explorer = GradientExplorer(
            5 * rng.standard_normal(count),
            distribution=rng.dirichlet(np.full(count, 0.5)),
            rate=rng.uniform(0.01, 4),
            steps=40,
        )
        assert (np.diff(explorer.losses) <= 1e-14).all()


def test_above_it_a_step_can_go_too_far():
    explorer = GradientExplorer([3, 0, 0, 0], distribution=[0.5, 0.5, 0, 0], rate=6, steps=40)
    assert max(np.diff(explorer.losses)) > 0.05
    assert explorer.loss > explorer.lowest_loss + 0.5


def test_each_explorer_is_its_own():
    one = GradientExplorer()
    other = GradientExplorer([5, 3], ["a", "b"], distribution=[0.5, 0.5], rate=2, steps=3)
    one.distribution = [0.25] * 4
    one.steps = 9
    assert (other.distribution, other.steps, other.labels) == ([0.5, 0.5], 3, ["a", "b"])


@pytest.mark.parametrize("shares", [(0.75, 0.25), np.array([0.75, 0.25]), np.float32([0.75, 0.25])])
def test_a_distribution_is_kept_as_plain_floats(shares):
    explorer = GradientExplorer([1, 2], distribution=shares)
    assert explorer.distribution == explorer.y == [0.75, 0.25]
    assert [type(share) for share in explorer.distribution] == [float, float]
    explorer.distribution = None
    assert explorer.y == [1, 0]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("logits", [1, 2e6], r"2 to 10 numbers from -1e\+06 to 1e\+06, not \[1, 2000000.0\]"),
        ("target", 4, "index of one of 4 classes, from 0 to 3, not 4"),
        ("target", 1.5, "a whole number from 0 to 3, not 1.5"),
        ("target", -1, "a whole number from 0 to 3, not -1"),
        ("smoothing", 2, "a number from 0 to 1, not 2"),
        ("distribution", [1, 1, 0, 0], r"from 0 to 1 that sum to 1, not \[1, 1, 0, 0\]"),
        ("distribution", [1, 0], r"a share for each of 4 classes, not 2: \[1.0, 0.0\]"),
        ("rate", 7, "a number from 0.01 to 6, not 7"),
        ("steps", 101, "a whole number from 0 to 100, not 101"),
    ],
)
def test_the_message_says_what_it_was_and_what_is_right(explorer, name, value, words):
    with pytest.raises(t.TraitError, match=words):
        setattr(explorer, name, value)


def test_the_number_of_classes_changes_with_all_that_belongs_to_it():
    explorer = GradientExplorer([3, 2, 1], ["cat", "dog", "owl"], target=2)
    with pytest.raises(t.TraitError, match="target must be the index of one of 2 classes"):
        explorer.logits = [3, 2]
    assert (explorer.logits, explorer.labels) == ([3, 2, 1], ["cat", "dog", "owl"])
    with explorer.hold_trait_notifications():
        explorer.logits = [3, 2]
        explorer.target = 0
    assert explorer.labels == ["cat", "dog"]
    explorer.distribution = [0.5, 0.5]
    with pytest.raises(t.TraitError, match="each of 3 classes"):
        explorer.logits = [3, 2, 1]
    with explorer.hold_trait_notifications():
        explorer.logits = [3, 2, 1]
        explorer.distribution = [0.5, 0.25, 0.25]
    assert explorer.labels == ["cat", "dog", "owl"]
    assert_right(explorer)
    explorer.distribution = [0.5, 0.25, 0.25 + 1e-9]  # as rounding may leave it
    assert explorer.y == explorer.distribution


@pytest.mark.parametrize("watched", [*GIVEN[:1], *GIVEN[2:], *FOLLOWS])
def test_an_observer_never_sees_half_a_change(explorer, watched):
    seen = []

    def look(change):
        assert_right(explorer, abs=1e-14)
        assert change.new == getattr(explorer, watched)
        seen.append(change.new)

    explorer.observe(look, watched)
    explorer.steps = 2
    explorer.smoothing = 0.25
    explorer.rate = 0.5
    explorer.target = 1
    explorer.set_state({"logits": [1, 0, 3, 1], "distribution": [0.25] * 4, "steps": 0})
    assert len(seen) > 0


def test_links_work_both_ways():
    one, other = GradientExplorer(), GradientExplorer([0, 0, 0, 0], target=2)
    for name in GIVEN:
        t.link((one, name), (other, name))
    other.steps = 5
    one.set_state({"distribution": [0.25] * 4, "rate": 2})
    assert values(one)["reached"] == values(other)["reached"]
    assert one.losses == other.losses
    number = ipywidgets.FloatText()
    t.dlink((one, "loss"), (number, "value"))
    other.steps = 9
    assert number.value == one.losses[9]


def test_the_still_picture_says_what_it_shows(explorer):
    explorer.labels = ["<b>", "a & b", "c", "d"]
    explorer.target = 1
    data, _ = explorer._repr_mimebundle_()
    picture = data["image/svg+xml"]
    assert "&lt;b&gt; +0.6439, a &amp; b -0.7631, c +0.0871, d +0.0321; loss 1.4402 nats" in picture

"""SimplexExplorer without a browser: its traits, their rules and what follows from them."""

import re

import ipywidgets
import mpmath
import pytest
import traitlets as t

from softmax_lib.figures.scores import triangle_points
from softmax_lib.widgets import SimplexExplorer

FOLLOWS = ("probabilities", "centred_logits", "entropy")
GIVEN = ("logits", "labels", "temperature")


def exact(explorer):
    """Return what follows from the parameters, from the definitions at 200 digits."""
    with mpmath.workdps(200):
        z = [mpmath.mpf(value) for value in explorer.logits]
        e = [mpmath.exp(value / mpmath.mpf(explorer.temperature)) for value in z]
        p = [value / mpmath.fsum(e) for value in e]
        entropy = -mpmath.fsum(x * mpmath.log(x) for x in p)
        mean = mpmath.fsum(z) / 3
        return [float(x) for x in p], [float(value - mean) for value in z], float(entropy)


def assert_right(explorer):
    for name, value in zip(FOLLOWS, exact(explorer), strict=True):
        slack = 1e-15 if name == "centred_logits" else 1e-318
        assert getattr(explorer, name) == pytest.approx(value, rel=1e-12, abs=slack), name


@pytest.fixture
def explorer():
    return SimplexExplorer()


def test_it_begins_as_the_book_does(explorer):
    assert isinstance(explorer, ipywidgets.DOMWidget)
    assert explorer.logits == [2, 1, 0]
    assert explorer.labels == ["class 1", "class 2", "class 3"]
    assert explorer.temperature == 1
    assert explorer.initial == {name: getattr(explorer, name) for name in GIVEN}
    assert_right(explorer)


@pytest.mark.parametrize("temperature", [0.01, 0.1, 1, 5, 100])
@pytest.mark.parametrize(
    "logits", [[2, 1, 0], [2, 2, 0], [0, 0, 0], [2, 1.8, 0], [1e6, 1e6 - 3, 1e6 - 3.5]]
)
def test_what_follows_is_right_to_twelve_digits(logits, temperature):
    assert_right(SimplexExplorer(logits, temperature=temperature))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("logits", [1, 2], r"a list of 3 numbers from -1e\+06 to 1e\+06, not \[1, 2\]"),
        ("labels", ["a"], r"each of the 3 logits once, and these are 1: \['a'\]"),
        ("temperature", 0, "from 0.01 to 100, not 0; softmax_lib.hardmax is the limit"),
    ],
)
def test_the_message_says_what_it_was_and_what_is_right(explorer, name, value, words):
    with pytest.raises(t.TraitError, match=words):
        setattr(explorer, name, value)


@pytest.mark.parametrize("watched", [*GIVEN, *FOLLOWS])
def test_an_observer_never_sees_half_a_change(explorer, watched):
    seen = []

    def look(change):
        assert_right(explorer)
        assert change.new == getattr(explorer, watched)
        seen.append(change.new)

    explorer.observe(look, watched)
    explorer.logits = [1, 5, 3]
    explorer.temperature = 0.5
    explorer.set_state({"logits": [0, 0, 1], "labels": ["x", "y", "z"], "temperature": 2})
    assert len(seen) == {"labels": 1, "temperature": 2, "logits": 2, "centred_logits": 2}.get(
        watched, 3
    )


def test_links_work_both_ways():
    one, other = SimplexExplorer(), SimplexExplorer([0, 0, 0])
    for name in GIVEN:
        t.link((one, name), (other, name))
    other.logits = [3, 1, 2]
    one.set_state({"temperature": 4})
    assert one.probabilities == other.probabilities
    assert (one.logits, other.temperature) == ([3, 1, 2], 4)


def test_the_still_picture_agrees_with_the_figures(explorer):
    explorer.labels = ["<b>", "a & b", "c"]
    explorer.logits = [1, 3, 2]
    picture = explorer._repr_mimebundle_()[0]["image/svg+xml"]
    p = exact(explorer)[0]
    words = f"&lt;b&gt; {p[0]:.4f}, a &amp; b {p[1]:.4f}, c {p[2]:.4f}"
    assert f"<title>Softmax of three classes at temperature T = 1: {words}</title>" in picture
    left, base, side = 60, 420, 300
    place = re.search(r'cx="([\d.]+)" cy="([\d.]+)"', picture)
    x, y = triangle_points(p)
    assert float(place[1]) == pytest.approx(left + side * x, abs=0.01)
    assert float(place[2]) == pytest.approx(base - side * y, abs=0.01)

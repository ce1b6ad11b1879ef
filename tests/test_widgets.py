"""TemperatureExplorer without a browser: its traits, their rules and their bookkeeping."""

import ipywidgets
import mpmath
import numpy as np
import pytest
import traitlets as t

from softmax_lib.widgets import TemperatureExplorer

TRAITS = ("logits", "labels", "temperature", "probabilities", "entropy", "initial")
NAN, INF = float("nan"), float("inf")


def values(explorer):
    return {name: getattr(explorer, name) for name in TRAITS}


def set_together(explorer, changes):
    with explorer.hold_trait_notifications():
        for name, value in changes.items():
            setattr(explorer, name, value)


def exact(logits, temperature):
    """Return softmax and its entropy at 200 digits, straight from the definitions."""
    with mpmath.workdps(200):
        e = [mpmath.exp(mpmath.mpf(z) / mpmath.mpf(temperature)) for z in logits]
        p = [value / mpmath.fsum(e) for value in e]
        return p, -mpmath.fsum(x * mpmath.log(x) for x in p)


@pytest.fixture
def explorer():
    return TemperatureExplorer()


def test_it_begins_as_the_book_does(explorer):
    assert isinstance(explorer, ipywidgets.DOMWidget)
    assert explorer.logits == [2, 1, 0, -1]
    assert explorer.labels == ["class 1", "class 2", "class 3", "class 4"]
    assert explorer.temperature == 1


@pytest.mark.parametrize("temperature", [0.01, 0.1, 0.5, 1, 5, 100])
@pytest.mark.parametrize(
    "logits", [[2, 1, 0, -1], [2, 2, 0, -1], [0, 0], [1.1, 1, 0.9], [1e6, 1e6 - 3]]
)
def test_probabilities_and_entropy_are_right_to_twelve_digits(logits, temperature):
    explorer = TemperatureExplorer(logits, temperature=temperature)
    p, entropy = exact(logits, temperature)
    assert explorer.probabilities == pytest.approx([float(x) for x in p], rel=1e-12, abs=1e-323)
    assert explorer.entropy == pytest.approx(float(entropy), rel=1e-12, abs=1e-318)


def test_each_explorer_is_its_own():
    one, other = TemperatureExplorer(), TemperatureExplorer([5, 3], ["a", "b"], 2)
    one.logits = [0, 0, 0]
    one.temperature = 7
    assert other.logits == [5, 3]
    assert other.labels == ["a", "b"]
    assert other.temperature == 2


@pytest.mark.parametrize("logits", [(3, 1), np.array([3, 1], dtype=np.int8), np.float32([3, 1])])
def test_logits_are_kept_as_plain_floats(explorer, logits):
    explorer.logits = logits
    assert explorer.logits == [3.0, 1.0]
    assert [type(z) for z in explorer.logits] == [float, float]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("temperature", 0, "from 0.01 to 100, not 0; softmax_lib.hardmax is the limit"),
        ("logits", [1], r"2 to 10 finite numbers, not \[1\]"),
        ("labels", ["a"], r"each of the 4 logits once, and these are 1: \['a'\]"),
        ("labels", "abcd", "list of strings, not 'abcd'"),
    ],
)
def test_the_message_says_what_it_was_and_what_is_right(explorer, name, value, words):
    with pytest.raises(t.TraitError, match=words):
        setattr(explorer, name, value)


def test_labels_keep_in_step_with_the_logits():
    explorer = TemperatureExplorer([3, 2, 1], ["cat", "dog", "owl"])
    explorer.logits = [3, 2]
    assert explorer.labels == ["cat", "dog"]
    explorer.logits = [3, 2, 1, 0]
    assert explorer.labels == ["cat", "dog", "owl", "class 4"]
    explorer.labels = ["a", "b", "c", "d"]
    explorer.logits = [1, 1]
    explorer.logits = [1, 1, 1]
    assert explorer.labels == ["a", "b", "owl"]


@pytest.mark.parametrize("order", [("logits", "labels"), ("labels", "logits")])
def test_logits_and_labels_can_change_length_together(explorer, order):
    new = {"logits": [1, 2, 3, 4, 5], "labels": list("abcde")}
    set_together(explorer, {name: new[name] for name in order})
    assert (explorer.logits, explorer.labels) == (new["logits"], new["labels"])
    explorer.set_state({name: new[name][:2] for name in order})  # as a page sends them
    assert (explorer.logits, explorer.labels) == ([1, 2], ["a", "b"])


def test_a_bad_pair_is_refused_whole(explorer):
    before = values(explorer)
    with pytest.raises(t.TraitError, match="each of the 3 logits"):
        set_together(explorer, {"logits": [1, 2, 3], "labels": ["a", "b"]})
    assert values(explorer) == before


@pytest.mark.parametrize("watched", TRAITS[:5])
def test_an_observer_never_sees_half_a_change(explorer, watched):
    seen = []

    def look(change):
        p, entropy = exact(explorer.logits, explorer.temperature)
        assert len(explorer.labels) == len(explorer.logits)
        assert explorer.probabilities == pytest.approx([float(x) for x in p], rel=1e-12)
        assert explorer.entropy == pytest.approx(float(entropy), rel=1e-12)
        assert change.new == getattr(explorer, watched)
        seen.append(change.new)

    explorer.observe(look, watched)
    explorer.logits = [3, 1]
    explorer.logits = [3, 1, 2, 2, 2]
    explorer.temperature = 0.5
    explorer.set_state({"temperature": 2, "logits": [1, 0], "labels": ["x", "y"]})
    assert len(seen) == {"temperature": 2, "logits": 3, "labels": 3}.get(watched, 4)


def test_a_page_gets_the_logits_and_their_labels_in_one_message(explorer):
    sent = []
    explorer._send = lambda message, buffers=None: sent.append(message["state"])
    explorer.logits = [1, 2, 3, 4, 5]
    assert sent == [{"logits": [1, 2, 3, 4, 5], "labels": [f"class {i}" for i in range(1, 6)]}]


def test_links_work_both_ways():
    one, other = TemperatureExplorer(), TemperatureExplorer([0, 0])
    slider = ipywidgets.FloatLogSlider(min=-2, max=2)
    t.link((one, "temperature"), (slider, "value"))
    for name in ("temperature", "logits", "labels"):
        t.link((one, name), (other, name))
    slider.value = 0.25
    assert one.temperature == other.temperature == 0.25
    other.temperature = 4
    assert one.temperature == slider.value == 4
    other.logits = [1, 2, 3, 4, 5, 6]
    assert one.logits == other.logits
    assert one.labels == other.labels == [f"class {i}" for i in range(1, 7)]
    one.set_state({"logits": [1, 2, 3], "labels": ["class 1", "class 2", "class 3"]})
    assert other.labels == ["class 1", "class 2", "class 3"]
    one.labels = ["a", "b", "c"]
    assert other.labels == ["a", "b", "c"]
    assert one.probabilities == other.probabilities


def test_what_follows_can_drive_another_widget(explorer):
    number = ipywidgets.FloatText()
    t.dlink((explorer, "entropy"), (number, "value"))
    explorer.set_state({"temperature": 100})  # moved on the page
    assert number.value == pytest.approx(float(exact([2, 1, 0, -1], 100)[1]), rel=1e-12)


def test_the_notebook_gets_the_widget_and_a_still_picture(explorer):
    explorer.labels = ["<b>", "a & b", "c", "d"]
    explorer.temperature = 0.01
    data, _ = explorer._repr_mimebundle_()
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == explorer.model_id
    picture = data["image/svg+xml"]
    assert "&lt;b&gt;" in picture
    assert "a &amp; b" in picture
    assert "3.72e-44" in picture
    assert "<title>Softmax at temperature T = 0.01: &lt;b&gt; 1 \N{MINUS SIGN} 3.72e-44," in picture

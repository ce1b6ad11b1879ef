"""What the traits of every explorer promise, tried on each that softmax_lib.widgets names."""

import inspect
import re
from xml.etree import ElementTree

import anywidget
import numpy as np
import pytest
import traitlets as t

from softmax_lib import widgets

NAN, INF = float("nan"), float("inf")
HUGE = 10**400
VECTORS = np.random.default_rng(3).standard_normal((2, 2, 3, 4, 5)).astype(np.float16)

# A change that each takes, and the values that it refuses.
TEMPERATURES = [0, -1, 0.009, 100.1, NAN, INF, "1", None, True, 1j, HUGE]
NO_LOGITS = [[1, "2"], [True, 0], [1, HUGE], [0, 0, 0, HUGE], "12", "1234", 3, [], None]
TABLE = {
    "AttentionExplorer": (
        {"token": 2},
        {
            "layer": [-1, 2, 0.5, "0", None, True],
            "head": [-1, 3, NAN],
            "token": [-1, 4, [1]],
            "temperature": [bad for bad in TEMPERATURES if bad is not None],
            "causal": [1, 0, None, "yes"],
        },
    ),
    "GradientExplorer": (
        {"rate": 2},
        {
            "logits": [*NO_LOGITS, [1], [0] * 11, [1, NAN], [1, INF], [1, 2e6]],
            "labels": [["a"], list("abcde"), "abcd", [1, 2, 3, 4], ["a", "b", "c", 4], 4, []],
            "target": [-1, 4, 9, 10, 0.5, "1", None, True, NAN],
            "smoothing": [-0.1, 1.1, "0", None, False, NAN, INF],
            "distribution": [
                [0.5, 0.5],
                [0.5, 0.5, 0.5, 0.5],
                [1.5, -0.5, 0, 0],
                [0.75, 0.75, -0.5, 0],
                [1 + 5e-9, 0, 0, 0],
                [0.5, 0.5 + 1e-7, 0, 0],
                [NAN, 1, 0, 0],
                [0, 0, 0, 0],
                [True, 0, 0, 0],
                False,
                [],
                "1000",
                1,
            ],
            "rate": [0, -1, 0.009, 6.01, "1", None, True, NAN, INF],
            "steps": [-1, 101, 0.5, "1", None, True, NAN],
        },
    ),
    "OverflowExplorer": (
        {"offset": 3},
        {
            "logits": [*NO_LOGITS, [1], [0] * 5, [0, NAN], [0, 1001]],
            "offset": [-1001, 1000.5, NAN, "1", None, True],
            "precision": ["float8", "", None, 32, np.array(["float32"])],
        },
    ),
    "SamplerExplorer": (
        {"draws": 100},
        {
            "logits": [*NO_LOGITS, [1], [0] * 9, [0, 0, 0, NAN], [1, 2, 3, "4"], [True, 0, 0, 0]],
            "temperature": TEMPERATURES,
            "top_k": [0, 5, 9, 1.5, "2", True],
            "top_p": [0, 1.01, NAN, None, True],
            "seed": [-1, 2**32, 0.5, None],
            "draws": [-1, 10_001, 0.5, None],
        },
    ),
    "SimplexExplorer": (
        {"temperature": 3},
        {
            "temperature": TEMPERATURES,
            "logits": [
                *NO_LOGITS,
                "123",
                [1, 2],
                [0] * 4,
                [1, 2, NAN],
                [1, 2, INF],
                [1, 2, 2e6],
                [1, 2, "3"],
            ],
            "labels": [["a"], list("abcd"), "abc", [1, 2, 3], ["a", "b", 3], 4, []],
        },
    ),
    "StepsExplorer": (
        {"logits": [1, 2, 3, 4]},
        {
            "logits": [
                *NO_LOGITS,
                [1],
                [0] * 6,
                [0, NAN],
                [0, -10.5],
                [1, 2, 3, NAN],
                [1, 2, 3, INF],
                [1, 2, 3, 10.1],
                [True] * 4,
            ]
        },
    ),
    "TemperatureExplorer": (
        {"temperature": 5},
        {
            "temperature": TEMPERATURES,
            "logits": [*NO_LOGITS, [1], [0] * 11, [1, NAN], [1, -INF]],
            "labels": [["a"], list("abcde"), "abcd", [1, 2, 3, 4], ["a", "b", "c", 4], 4, []],
        },
    ),
}
BAD = [
    (explorer, name, value)
    for explorer, (_, bad) in TABLE.items()
    for name, values in bad.items()
    for value in values
]


def make(name, **kwargs):
    explorer = getattr(widgets, name)
    if explorer is widgets.AttentionExplorer:
        return explorer(*VECTORS, list("abcd"), **kwargs)
    return explorer(**kwargs)


def own_traits(explorer):
    """Return the traits that are the explorer's own: public, and no widget's in general."""
    names = set(explorer.trait_names()) - set(anywidget.AnyWidget.class_trait_names())
    return {name: explorer.traits()[name] for name in names if not name.startswith("_")}


def values(explorer):
    return {name: getattr(explorer, name) for name in own_traits(explorer)}


def set_together(explorer, changes):
    with explorer.hold_trait_notifications():
        for name, value in changes.items():
            setattr(explorer, name, value)


def test_none_is_left_out():
    assert sorted(TABLE) == sorted(widgets.__all__)


@pytest.mark.parametrize("which", TABLE)
def test_its_signature_names_what_its_docstring_explains(which):
    """The library's page shows it, in place of the one that all widgets have."""
    explorer = getattr(widgets, which)
    *names, rest = explorer.__signature__.parameters.values()
    assert rest.kind is rest.VAR_KEYWORD
    section = inspect.getdoc(explorer).split("Parameters\n----------\n")[1].split("\n----")[0]
    explained = re.findall(r"^(\w[\w, ]*) :", section, re.M)
    assert [p.name for p in names] == ", ".join(explained).split(", ")


@pytest.mark.parametrize(("which", "name", "value"), BAD)
def test_a_bad_value_changes_nothing(which, name, value):
    explorer, good = make(which), TABLE[which][0]
    set_together(explorer, good)
    before, seen = values(explorer), []
    explorer.observe(seen.append)
    with pytest.raises(t.TraitError, match=name):
        setattr(explorer, name, value)
    with pytest.raises(t.TraitError, match=name):
        explorer.set_trait(name, value)
    first = {key: explorer.initial[key] for key in good}
    with pytest.raises(t.TraitError, match=name):
        set_together(explorer, {**first, name: value})
    assert values(explorer) == before
    assert seen == []


@pytest.mark.parametrize(("which", "name", "value"), BAD)
def test_a_bad_value_makes_no_explorer(which, name, value):
    with pytest.raises(t.TraitError, match=name):
        make(which, **{name: value})


@pytest.mark.parametrize("which", TABLE)
def test_what_follows_cannot_be_set(which):
    explorer = make(which)
    before = values(explorer)
    follows = [name for name, trait in own_traits(explorer).items() if trait.read_only]
    assert follows
    for name in follows:
        with pytest.raises(t.TraitError, match="read-only"):
            setattr(explorer, name, before[name])
        if name not in explorer.keys:  # and so none of the page's, which would send it like this
            explorer.set_state({name: [] if isinstance(before[name], list) else -1.0})
    assert values(explorer) == before


@pytest.mark.parametrize("which", TABLE)
def test_reset_has_something_to_go_back_to(which):
    explorer = make(which)
    first = dict(explorer.initial)
    settable = {name for name, trait in own_traits(explorer).items() if not trait.read_only}
    assert set(first) == settable - {"initial"}
    assert first == {name: getattr(explorer, name) for name in first}
    set_together(explorer, TABLE[which][0])
    assert values(explorer) != {**values(explorer), **first}
    assert explorer.initial == first
    assert explorer.get_state("initial") == {"initial": first}


def test_the_callers_error_state_does_not_matter():
    tiny = np.full((1, 1, 2, 2), 1e-50)
    with np.errstate(all="raise"):
        sampler = widgets.SamplerExplorer([1e-310, 0], temperature=3, draws=3)
        widgets.GradientExplorer([0, -740.0, -744], target=0, rate=0.3, steps=3)
        attention = widgets.AttentionExplorer(tiny, tiny, ["a", "b"])
    assert sampler.probabilities == [0.5, 0.5]
    assert attention.weights == [[0.5, 0.5]] * 2


@pytest.mark.parametrize("labels", [5, "ab", {"a": 1, "b": 2}, ["a", 1], ["a"]])
@pytest.mark.parametrize("explorer", [widgets.SamplerExplorer, widgets.StepsExplorer])
def test_fixed_labels_are_a_list_of_strings(explorer, labels):
    with pytest.raises(t.TraitError, match=r"^labels must be 2 strings, one a logit, not "):
        explorer([2, 1], labels=labels)


@pytest.mark.parametrize("tokens", [5, "ab", None])
def test_tokens_are_a_list(tokens):
    x = np.ones((1, 1, 2, 2))
    with pytest.raises(ValueError, match=r"^tokens must name each of the 2 tokens once, not "):
        widgets.AttentionExplorer(x, x, tokens)


def test_a_width_that_has_no_usual_temperature_is_named():
    wide = np.ones((1, 1, 2, 10_001))
    with pytest.raises(ValueError, match=r"^query has width 10001, .* give a temperature"):
        widgets.AttentionExplorer(wide, wide, ["a", "b"])
    assert widgets.AttentionExplorer(wide, wide, ["a", "b"], temperature=100).temperature == 100


def test_bounds_are_told_with_all_their_digits():
    with pytest.raises(t.TraitError, match="from 0 to 4294967295, not 4294967296"):
        widgets.SamplerExplorer([2, 1], seed=2**32)


def test_what_the_reset_goes_back_to_is_not_for_others_to_set():
    explorer = widgets.TemperatureExplorer()
    with pytest.raises(t.TraitError, match="initial"):
        explorer.initial = {"logits": "nonsense"}
    assert explorer.initial["logits"] == [2, 1, 0, -1]


def test_a_picture_is_xml_whatever_the_labels_hold():
    names = ["a\x00\x1b<", "b\ud800\uffff&"]
    for explorer in (widgets.StepsExplorer, widgets.SamplerExplorer, widgets.TemperatureExplorer):
        ElementTree.fromstring(explorer([2, 1], names).still())


def test_a_list_that_changes_in_place_changes_nothing_that_reset_goes_back_to():
    explorer = widgets.TemperatureExplorer([2, 1])
    explorer.logits.append(5.0)
    assert explorer.initial["logits"] == [2, 1]


def test_no_picture_takes_for_one_what_has_only_rounded_to_it():
    """1 - p would be 0 there; the others of the row are e^-40 and nothing."""
    query, key = np.array([[[[40.0], [0.0]]]]), np.array([[[[1.0], [0.0]]]])
    for explorer in (
        widgets.TemperatureExplorer([40, 0]),
        widgets.SamplerExplorer([40, 0]),
        widgets.AttentionExplorer(query, key, ["a", "b"], temperature=1),
    ):
        assert explorer.still().count("1 \N{MINUS SIGN} 4.25e-18") == 2  # and in the title
    gradient = widgets.GradientExplorer([40, 0]).still()
    assert "p = 1 \N{MINUS SIGN} 4.25e-18" in gradient
    assert "class 1 -4.25e-18, class 2 +4.25e-18; loss 4.25e-18 nats" in gradient
    wrong = widgets.GradientExplorer([40, 0], target=1).still()
    assert "class 1 +1 \N{MINUS SIGN} 4.25e-18, class 2 -1 + 4.25e-18; loss 40.0" in wrong
    assert "class 1 +1, class 2 -1;" in widgets.GradientExplorer([1000, 0], target=1).still()
    assert "class 1 1 \N{MINUS SIGN} 8.50e-18" in widgets.SimplexExplorer([40, 0, 0]).still()
    steps = widgets.StepsExplorer([10, -10]).still()  # e^-20 is 2.06e-9
    assert "22026.466, 1 \N{MINUS SIGN} 2.06e-09; class 2 -10, 4.54e-05, 2.06e-09" in steps


@pytest.mark.parametrize("name", widgets.__all__)
def test_a_misspelt_parameter_is_refused(name):
    """Traitlets alone would overlook it, and keep the default."""
    with pytest.raises(TypeError, match=f"^{name} has no heat$"):
        make(name, heat=2)


@pytest.mark.parametrize("name", widgets.__all__)
def test_a_misspelt_trait_is_refused(name):
    explorer = make(name)
    with pytest.raises(AttributeError, match=f"^{name} has no heat$"):
        explorer.heat = 3


def test_the_cold_limit_is_named_below_the_coldest_alone():
    for temperature, told in ((0, True), (1000, False)):
        with pytest.raises(t.TraitError) as refusal:
            widgets.TemperatureExplorer(temperature=temperature)
        assert ("hardmax" in str(refusal.value)) == told


def test_a_number_in_an_array_without_an_axis_is_a_number():
    """As it is for softmax's own temperature."""
    explorer = widgets.TemperatureExplorer(temperature=np.array(0.5))
    assert explorer.temperature == 0.5
    assert type(explorer.temperature) is float


def test_the_range_in_the_message_is_that_of_this_explorer():
    with pytest.raises(t.TraitError, match=r"^top_k must be a whole number from 1 to 4, not 0$"):
        widgets.SamplerExplorer().top_k = 0

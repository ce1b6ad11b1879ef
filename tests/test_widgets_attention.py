"""AttentionExplorer without a browser: its traits and their rules."""

import math

import numpy as np
import pytest
import traitlets as t

from softmax_lib.attention import attention_weights
from softmax_lib.widgets import AttentionExplorer

RNG = np.random.default_rng(3)
QUERY, KEY = RNG.standard_normal((2, 2, 3, 4, 5)).astype(np.float16)  # 2 layers, 3 heads, 4 tokens
TOKENS = list("abcd")
NAN = float("nan")


@pytest.fixture
def explorer():
    return AttentionExplorer(QUERY, KEY, TOKENS, layer=1, head=2, token=3)


def test_it_begins_with_the_usual_scale_and_no_mask(explorer):
    assert explorer.temperature == math.sqrt(5)
    expected = attention_weights(QUERY[1, 2].astype(float), KEY[1, 2].astype(float))
    np.testing.assert_allclose(explorer.weights, expected, rtol=1e-14)


def test_the_weights_follow(explorer):
    explorer.layer, explorer.head, explorer.temperature, explorer.causal = 0, 1, 2, True
    q, k = QUERY[0, 1].astype(float), KEY[0, 1].astype(float)
    expected = attention_weights(q, k, mask=np.tri(4, dtype=bool), scale=0.5)
    np.testing.assert_allclose(explorer.weights, expected, rtol=1e-14)


BAD = [
    *(("layer", bad) for bad in (-1, 2, 0.5, "0", None, True)),
    *(("head", bad) for bad in (-1, 3, NAN)),
    *(("token", bad) for bad in (-1, 4, [1])),
    *(("temperature", bad) for bad in (0, -1, 101, NAN, "1")),
    *(("causal", bad) for bad in (1, 0, None, "yes")),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value_changes_nothing(explorer, name, value):
    before = {key: getattr(explorer, key) for key in (*explorer.initial, "weights")}
    with pytest.raises(t.TraitError, match=name):
        setattr(explorer, name, value)
    assert {key: getattr(explorer, key) for key in before} == before
    with pytest.raises(t.TraitError, match=name):
        AttentionExplorer(
            QUERY, KEY, TOKENS, **({name: value} if value is not None else {name: ()})
        )


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((QUERY[0], KEY, TOKENS), ValueError, r"query has shape \(3, 4, 5\): expected"),
        ((QUERY, KEY[..., :4], TOKENS), ValueError, "but key has shape"),
        ((QUERY, np.full_like(KEY, np.inf), TOKENS), ValueError, "key must be finite"),
        ((QUERY, KEY.astype(float) * 1e300, TOKENS), ValueError, "key must be finite, in float32"),
        ((QUERY.astype(complex), KEY, TOKENS), TypeError, "query has dtype complex"),
        ((QUERY, KEY, list("abc")), ValueError, "each of the 4 tokens once"),
        ((QUERY, KEY, list("abca")), ValueError, "each of the 4 tokens once"),
    ],
)
def test_bad_vectors_make_no_explorer(arguments, error, words):
    with pytest.raises(error, match=words):
        AttentionExplorer(*arguments)


@pytest.mark.parametrize("name", ["weights", "vectors", "tokens"])
def test_what_follows_cannot_be_set(explorer, name):
    with pytest.raises(t.TraitError, match="read-only"):
        setattr(explorer, name, getattr(explorer, name))


def test_reset_has_something_to_go_back_to(explorer):
    first = dict(explorer.initial)
    explorer.layer, explorer.temperature = 0, 7
    assert explorer.initial == first
    assert first == {
        "layer": 1,
        "head": 2,
        "token": 3,
        "temperature": math.sqrt(5),
        "causal": False,
    }


def test_its_still_picture_names_what_the_token_reads(explorer):
    row = explorer.weights[3]
    best = TOKENS[int(np.argmax(row))]
    assert f"d reads {best} {max(row):.4f}" in explorer.still()

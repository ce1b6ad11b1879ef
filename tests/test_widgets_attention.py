"""AttentionExplorer without a browser: its traits and their rules."""

import math

import numpy as np
import pytest

from softmax_lib.attention import attention_weights
from softmax_lib.widgets import AttentionExplorer

RNG = np.random.default_rng(3)
QUERY, KEY = RNG.standard_normal((2, 2, 3, 4, 5)).astype(np.float16)  # 2 layers, 3 heads, 4 tokens
TOKENS = list("abcd")


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
        ((QUERY, KEY, ["a", "b", "c", 4]), ValueError, "once, not .*; a name is a string"),
    ],
)
def test_bad_vectors_make_no_explorer(arguments, error, words):
    with pytest.raises(error, match=words):
        AttentionExplorer(*arguments)


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

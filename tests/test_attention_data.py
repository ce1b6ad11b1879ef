"""The queries and keys in chapters/data are those that scripts/extract_attention.py wrote."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from softmax_lib.attention import attention_weights
from softmax_lib.figures import number_repeats

PATH = Path(__file__).parents[1] / "chapters" / "data" / "minilm_attention.npz"
SHA256 = "932039da1e8899ea31783ea6b32b2b907b3121c0121c8c2268494bcefaeb8d07"
WORDS = "the bank raised its rates after the river flooded the bank .".split()
FIRST_BANK, RIVER, FLOODED, SECOND_BANK = 2, 8, 9, 11


@pytest.fixture(scope="module")
def data():
    with np.load(PATH, allow_pickle=False) as file:
        return dict(file)


@pytest.fixture(scope="module")
def heads(data):
    return attention_weights(data["query"].astype(float), data["key"].astype(float))


def test_file_is_the_one_that_the_script_wrote():
    content = PATH.read_bytes()
    assert len(content) <= 130_000
    assert hashlib.sha256(content).hexdigest() == SHA256


def test_shapes_and_tokens(data):
    assert set(data) == {"tokens", "query", "key"}
    assert list(data["tokens"]) == ["[CLS]", *WORDS, "[SEP]"]
    for name in ("query", "key"):
        assert data[name].shape == (6, 12, 14, 32)  # layers, heads, tokens, head width
        assert data[name].dtype == np.float16
        assert np.isfinite(data[name]).all()


def test_repeated_tokens_are_numbered_for_labels(data):
    labels = number_repeats(data["tokens"])
    assert len(set(labels)) == 14
    assert [labels[i] for i in (FIRST_BANK, RIVER, SECOND_BANK)] == ["bank 1", "river", "bank 2"]


def test_a_count_must_not_make_one_token_another():
    with pytest.raises(ValueError, match=r"^tokens, counted, must differ.*'a 1', 'a 2', 'a 1'"):
        number_repeats(["a", "a", "a 1"])


def test_every_row_is_a_distribution(heads):
    np.testing.assert_allclose(heads.sum(axis=-1), 1, rtol=1e-14)
    assert (heads > 0).all()


def test_weights_are_those_of_the_model_in_pytorch(heads):
    """From transformers 5.23.0, PyTorch 2.13.0 in float64; float16 moves a weight by 5.2e-4."""
    expected = {
        (0, 4, SECOND_BANK, RIVER): 0.574517,
        (0, 4, SECOND_BANK, FLOODED): 0.253049,
        (0, 4, FIRST_BANK, RIVER): 0.390288,
        (0, 4, FIRST_BANK, FLOODED): 0.170452,
        (5, 7, SECOND_BANK, RIVER): 0.266189,
        (5, 7, FIRST_BANK, RIVER): 0.168432,
    }
    for place, weight in expected.items():
        assert heads[place] == pytest.approx(weight, abs=5.2e-4)


def test_what_the_chapter_counts(heads):
    first, second = (heads[:, :, bank].argmax(axis=-1) for bank in (FIRST_BANK, SECOND_BANK))
    assert np.sum(second == 0) == 57  # [CLS]
    assert np.sum(second == RIVER) == 4
    assert np.sum((first == RIVER) & (second == RIVER)) == 3
    assert np.diag(heads[0, 2], -1).min() > 0.99  # the head that looks back
    assert heads[..., 0].mean() == pytest.approx(0.48, abs=0.005)

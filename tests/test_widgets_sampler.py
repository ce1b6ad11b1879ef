"""SamplerExplorer without a browser: its traits and their rules."""

import numpy as np
import pytest
import traitlets as t

from softmax_lib import softmax
from softmax_lib.widgets import SamplerExplorer


def test_all_classes_until_something_is_cut():
    explorer = SamplerExplorer()
    assert explorer.top_k == 4
    assert explorer.counts == [0] * 4
    assert explorer.labels == ["class 1", "class 2", "class 3", "class 4"]
    np.testing.assert_allclose(explorer.probabilities, softmax([2, 1, 0, -1]), rtol=1e-14)


def test_it_follows_every_trait():
    explorer = SamplerExplorer(draws=1000)
    assert sum(explorer.counts) == 1000
    first = explorer.counts
    explorer.seed = 2
    assert explorer.counts != first
    explorer.top_k = 2
    np.testing.assert_allclose(explorer.probabilities, [*softmax([2, 1]), 0, 0], rtol=1e-14)
    explorer.top_p = 0.7  # 0.731 alone reaches it
    assert explorer.probabilities == [1, 0, 0, 0]
    assert explorer.counts == [1000, 0, 0, 0]
    explorer.temperature = 10  # 0.525 does not
    np.testing.assert_allclose(explorer.probabilities[:2], softmax([0.2, 0.1]), rtol=1e-14)
    explorer.logits = [0, 0, 5, 0]
    assert explorer.probabilities[2] > 0.5


def test_the_counts_grow_draw_by_draw():
    """More draws never take one back: the same seed goes on where it was."""
    explorer, before = SamplerExplorer(), np.zeros(4)
    for draws in (1, 2, 50, 51, 3000, 10_000):
        explorer.draws = draws
        assert sum(explorer.counts) == draws
        assert (explorer.counts >= before).all()
        before = np.array(explorer.counts)


def test_the_largest_gap_is_no_trouble():
    assert SamplerExplorer([1e308, -1e308], temperature=0.01, draws=10).counts == [10, 0]


def test_the_number_of_classes_is_fixed():
    with pytest.raises(t.TraitError, match="logits must be 4 numbers"):
        SamplerExplorer().logits = [1, 2]
    with pytest.raises(t.TraitError, match="labels must be 2 strings"):
        SamplerExplorer([1, 2], ["a"])


def test_its_still_picture_says_the_counts():
    explorer = SamplerExplorer([0, 0], ["heads", "tails"], draws=10)
    heads, tails = explorer.counts
    words = f"heads 0.5000, drawn {heads}; tails 0.5000, drawn {tails}"
    assert words in explorer.still()
    assert "10 draws at" in explorer.still()
    explorer.draws = 1
    assert "1 draw at" in explorer.still()

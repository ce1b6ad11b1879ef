"""Each theorem of the chapter on attention proves its truth and refuses what is not so."""

import pytest
import sympy as sp

from softmax_lib.symbolic import (
    ProofError,
    attention_scale_is_a_temperature,
    dot_product_variance_is_width,
    fully_masked_row_has_no_limit,
    masked_key_is_an_absent_key,
    permuted_keys_get_permuted_weights,
)
from softmax_lib.symbolic import softmax as true_softmax
from softmax_lib.symbolic.attention import dot, expectation


def squares(z, temperature=1):
    return [z_i**2 / sum(z_j**2 for z_j in z) for z_i in z]


def favours_late_places(z, temperature=1):
    return true_softmax([z_i + place for place, z_i in enumerate(z)], temperature)


def off_by_one(z, temperature=1):
    """Softmax with a 1 in its denominator, whose weights may all tend to 0."""
    weights = [sp.exp(z_i / temperature) for z_i in z]
    return [w / (1 + sum(weights)) for w in weights]


def scaled_by(power):
    def weights(q, keys):
        return true_softmax([dot(q, k) / sp.Integer(len(q)) ** power for k in keys])

    return weights


def test_variance_of_a_dot_product_is_its_width():
    statement = dot_product_variance_is_width(max_width=5)
    d = sp.Symbol("d", integer=True, positive=True)
    assert statement.rhs == d
    assert statement.lhs.subs(d, 7).doit() == 7


@pytest.mark.parametrize(
    "impostor",
    [
        lambda q, k: dot(q, k) / sp.sqrt(len(q)),  # variance 1
        lambda q, k: q[0] * k[0],  # variance 1
        lambda q, k: sum(q) * sum(k),  # variance d^2
        lambda q, k: dot(q, q),  # mean d
        lambda q, k: -sum((q_i - k_i) ** 2 for q_i, k_i in zip(q, k, strict=True)),  # mean -2 d
        lambda q, k: dot(q, k) / sp.sqrt(dot(q, q)),  # no polynomial
        lambda q, k: sp.sqrt(len(q)),  # its square has the mean d, but its own is not 0
    ],
    ids=["scaled", "first-entry", "sums", "with-itself", "distance", "cosine", "constant"],
)
def test_variance_theorem_refuses_other_scores(impostor):
    with pytest.raises(ProofError):
        dot_product_variance_is_width(score=impostor)


def test_expectation_knows_two_moments_and_no_third():
    x, y = sp.symbols("x y", real=True)
    assert expectation(3 * x**2 * y**2 + x * y + 5, [x, y]) == 8
    assert expectation(x**4, [x]).free_symbols


def test_scale_is_a_temperature():
    statement = attention_scale_is_a_temperature()
    d, s1, s2 = sp.Symbol("d", positive=True), *sp.symbols("s_1 s_2", real=True)
    assert statement.rhs.subs({d: 4, s1: 6, s2: 0}) == sp.exp(3)


@pytest.mark.parametrize("power", [0, 1, -sp.Rational(1, 2)])
def test_scale_theorem_refuses_other_powers_of_the_width(power):
    with pytest.raises(ProofError):
        attention_scale_is_a_temperature(weights=scaled_by(power))
    attention_scale_is_a_temperature(weights=scaled_by(sp.Rational(1, 2)))


def test_permutation():
    permuted_keys_get_permuted_weights(num_keys=4)
    with pytest.raises(ProofError):
        permuted_keys_get_permuted_weights(softmax=favours_late_places)


def test_masked_key_is_absent():
    statement = masked_key_is_an_absent_key()
    assert statement.lhs.doit() == statement.rhs


@pytest.mark.parametrize(
    "mask", [lambda s: 0, lambda s: s - 100, lambda s: sp.oo], ids=["zero", "penalty", "plus"]
)
def test_mask_theorem_refuses_other_masks(mask):
    with pytest.raises(ProofError):
        masked_key_is_an_absent_key(mask=mask)


def test_mask_theorem_refuses_another_softmax():
    with pytest.raises(ProofError, match="its weight"):
        masked_key_is_an_absent_key(softmax=squares)
    with pytest.raises(ProofError, match="the others' weights"):  # hotter with more keys
        masked_key_is_an_absent_key(softmax=lambda z: true_softmax(z, len(z)))
    with pytest.raises(ProofError, match="key 2"):  # the first may go: all others move up alike
        masked_key_is_an_absent_key(softmax=favours_late_places)


def test_fully_masked_row():
    assert fully_masked_row_has_no_limit().rhs.free_symbols == set(sp.symbols("s_1 s_2", real=True))


@pytest.mark.parametrize("impostor", [off_by_one, squares])
def test_fully_masked_row_refuses_where_there_is_one_limit(impostor):
    """Squares tend to equal weights, and softmax off by one to none at all."""
    with pytest.raises(ProofError, match="where they started"):
        fully_masked_row_has_no_limit(softmax=impostor)


def test_fully_masked_row_shows_the_softmax_that_it_is_about():
    with pytest.raises(ProofError, match="two keys"):
        fully_masked_row_has_no_limit(softmax=lambda z: true_softmax(z, 2))

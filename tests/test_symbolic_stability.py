"""Theorems of the chapter on stability: each holds of the true function and of no impostor.

The last tests are the claims that the chapter draws from them, in floating point.
"""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from softmax_lib import shifted_softmax
from softmax_lib.symbolic import (
    ProofError,
    log_softmax_is_logit_minus_logsumexp,
    logsumexp_is_equivariant,
    logsumexp_lies_between_max_and_max_plus_log_k,
    shift_cancels,
    shifted_sum_lies_between_one_and_k,
)
from softmax_lib.symbolic.stability import logsumexp


def normalised_squares(z):
    return [z_i**2 / sum(z_j**2 for z_j in z) for z_i in z]


def log_mean_exp(z):
    return logsumexp(z) - sp.log(len(z))


def mean(*z):
    return sum(z) / len(z)


def test_theorems_hold_and_say_so_for_general_k():
    K = sp.Symbol("K", integer=True, positive=True)
    for theorem in (
        shift_cancels,
        shifted_sum_lies_between_one_and_k,
        logsumexp_lies_between_max_and_max_plus_log_k,
        logsumexp_is_equivariant,
        log_softmax_is_logit_minus_logsumexp,
    ):
        assert K in theorem(max_classes=3).free_symbols


@pytest.mark.parametrize(
    "weight", [lambda x: x**2, lambda x: sp.exp(x**2), lambda x: 1 + sp.exp(x)]
)
def test_shift_refuses_another_weight(weight):
    with pytest.raises(ProofError, match="the top"):
        shift_cancels(weight=weight)


def test_shift_refuses_another_function():
    with pytest.raises(ProofError, match="K = 2"):
        shift_cancels(softmax=normalised_squares)


@pytest.mark.parametrize("shift", [mean, lambda *z: z[-1], lambda *z: sp.Max(*z) + 1])
def test_only_the_largest_logit_brings_one_exponent_to_zero_and_none_above(shift):
    with pytest.raises(ProofError, match="K = "):
        shifted_sum_lies_between_one_and_k(shift=shift)


@pytest.mark.parametrize(
    "impostor",
    [
        log_mean_exp,  # below the maximum
        lambda z: mean(*z) + sp.log(len(z)),  # K for equal logits, below the maximum for others
        lambda z: sp.log(sp.exp(z[0]) + 2 * sum(sp.exp(z_i) for z_i in z[1:])),  # above the bound
        lambda z: sp.Max(*z),
    ],
)
def test_bounds_refuse_an_impostor(impostor):
    with pytest.raises(ProofError):
        logsumexp_lies_between_max_and_max_plus_log_k(logsumexp=impostor)


def test_bounds_refuse_what_has_the_right_ends_alone():
    """With a hump for the gap of the third class: K at 0, 1 in the limit, and above K between."""

    def with_a_hump(z):
        humps = [9 * (z[0] - z_i) * sp.exp(z_i) for z_i in z[2:]]
        return sp.log(sum([sp.exp(z_i) for z_i in z] + humps))

    with pytest.raises(ProofError, match="falls in g3"):
        logsumexp_lies_between_max_and_max_plus_log_k(max_classes=3, logsumexp=with_a_hump)


@pytest.mark.parametrize(
    "impostor",
    [
        lambda z: logsumexp([z_i - z[0] for z_i in z]),  # invariant, as the well-known mistake says
        lambda z: sp.log(sum(z_i**2 for z_i in z)),
        lambda z: logsumexp([2 * z_i for z_i in z]),  # moves twice as far
    ],
)
def test_equivariance_refuses_an_impostor(impostor):
    with pytest.raises(ProofError, match="moves by c"):
        logsumexp_is_equivariant(logsumexp=impostor)


@pytest.mark.parametrize("wrong", [{"logsumexp": log_mean_exp}, {"softmax": normalised_squares}])
def test_log_softmax_refuses_an_impostor(wrong):
    with pytest.raises(ProofError, match="log p_k"):
        log_softmax_is_logit_minus_logsumexp(**wrong)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(data=st.data())
def test_shifted_sum_of_any_finite_logits_stays_between_one_and_k(dtype, data):
    width = np.finfo(dtype).bits
    finite = st.floats(allow_nan=False, allow_infinity=False, width=width)
    z = data.draw(hnp.arrays(dtype, st.integers(1, 20), elements=finite))
    with np.errstate(over="ignore", under="ignore"):  # z - max may itself overflow, to -inf
        e = np.exp(z - z.max())
    assert e.max() == 1  # exp(0), so the sum is at least 1
    assert 1 <= e.sum() <= z.size
    p = shifted_softmax(z)
    assert (p >= 0).all()
    assert (p <= 1).all()
    np.testing.assert_allclose(p.sum(), 1, rtol=z.size * np.finfo(dtype).eps)

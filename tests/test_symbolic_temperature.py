"""Theorems of the chapter on temperature: each holds of softmax(z/T) and of no impostor."""

import pytest
import sympy as sp

from softmax_lib.symbolic import (
    ProofError,
    cold_limit_is_hardmax,
    entropy_slope_is_variance_over_temperature_cubed,
    gumbel_max_draws_from_softmax,
    hot_limit_is_uniform,
    odds_depend_on_gap_over_temperature,
    probability_slope_in_temperature,
    softmax,
)


def normalised(weights):
    return [w / sum(weights) for w in weights]


def squares(z, T):
    return normalised([(z_i / T) ** 2 for z_i in z])


def forgotten_temperature(z, T):
    return softmax(z, 1)


def inverse_temperature(z, T):
    return softmax(z, 1 / T)


def not_normalised(z, T):
    return [sp.exp(z_i / T) for z_i in z]


def winner_takes_all(z, T):
    """Let the first logit win, whatever the others."""
    return [sp.Integer(1)] + [sp.Integer(0)] * (len(z) - 1)


THEOREMS = {
    odds_depend_on_gap_over_temperature: {"num_classes": 3},
    cold_limit_is_hardmax: {"max_classes": 3},
    hot_limit_is_uniform: {"max_classes": 3},
    probability_slope_in_temperature: {"num_classes": 2},
    entropy_slope_is_variance_over_temperature_cubed: {},
    gumbel_max_draws_from_softmax: {"num_classes": 2},
}
IMPOSTORS = [
    squares,
    forgotten_temperature,
    inverse_temperature,
    not_normalised,
    winner_takes_all,
]
# Statements that are true of an impostor as well.
TRUE_OF = {
    (odds_depend_on_gap_over_temperature, not_normalised),  # the sum cancels in a ratio
    (probability_slope_in_temperature, winner_takes_all),  # nothing moves, and p (z - mean) = 0
    (entropy_slope_is_variance_over_temperature_cubed, winner_takes_all),  # H = Var = 0
}
FALSE_OF = [(theorem, f) for theorem in THEOREMS for f in IMPOSTORS if (theorem, f) not in TRUE_OF]


@pytest.mark.parametrize("theorem", THEOREMS, ids=lambda f: f.__name__)
def test_theorem_holds_and_returns_its_formula(theorem):
    assert isinstance(theorem(**THEOREMS[theorem]), sp.Eq)


@pytest.mark.parametrize(("theorem", "impostor"), FALSE_OF)
def test_theorem_refuses_an_impostor(theorem, impostor):
    with pytest.raises(ProofError):
        theorem(**THEOREMS[theorem], softmax=impostor)


def test_the_slope_of_each_probability_is_a_step_of_its_own():
    with pytest.raises(ProofError, match="dp_i/dT"):  # not only that of their mean
        probability_slope_in_temperature(num_classes=2, softmax=squares)


def test_general_limits_name_k():
    names = {str(s) for s in cold_limit_is_hardmax(max_classes=2).free_symbols}
    assert {"K", "r"} <= names
    assert "K" in {str(s) for s in hot_limit_is_uniform(max_classes=2).free_symbols}

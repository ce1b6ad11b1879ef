"""The formula that a theorem returns, which the page shows, is what was proved: true of numbers."""

import inspect

import pytest
import sympy as sp
from sympy.core.function import AppliedUndef

from softmax_lib import symbolic

half, quarter = sp.Rational(1, 2), sp.Rational(1, 4)
THREE = {"K": 3, "z[1]": 2, "z[2]": 1, "z[3]": 0, "c": 5}
SECOND = {**THREE, "i": 2}
TWO = {"p[1]": quarter, "p[2]": 3 * quarter}  # with values 1 and 3: mean 5/2, variance 3/4
FEW = {"max_classes": 2}


def at(expression, numbers):
    """Put numbers in the place of what has such a name; twice, as sums are written out first."""
    for _ in range(2):
        named = expression.atoms(sp.Symbol, sp.Indexed, AppliedUndef)
        expression = expression.subs({a: numbers[str(a)] for a in named if str(a) in numbers})
        expression = expression.doit()
    return expression


COUNTED = {
    (name, count)
    for name in symbolic.__all__
    if inspect.isfunction(getattr(symbolic, name))
    for count in inspect.signature(getattr(symbolic, name)).parameters
    if count in ("max_classes", "num_classes", "num_keys", "max_width")
}


@pytest.mark.parametrize(("theorem", "count"), sorted(COUNTED))
def test_a_proof_of_nothing_is_refused(theorem, count):
    prove = getattr(symbolic, theorem)
    with pytest.raises(ValueError, match=f"{count} must be at least"):
        prove(**{count: 0})
    for wrong in (2.5, True, "3"):
        with pytest.raises(TypeError, match=f"{count} must be a whole number, got {wrong!r}"):
            prove(**{count: wrong})


@pytest.mark.parametrize(
    ("theorem", "how", "numbers"),
    [
        ("choice_axiom", {"num_classes": 3}, {"z1": 2, "z2": 1, "p1": sp.E**2, "p2": sp.E}),
        ("logits_are_known_up_to_a_shift", {}, THREE),
        ("probabilities_sum_to_one", FEW, THREE),
        ("shift_cancels", FEW, SECOND),
        ("log_softmax_is_logit_minus_logsumexp", FEW, SECOND),
        ("logsumexp_is_equivariant", FEW, THREE),
        ("cold_limit_is_hardmax", FEW, {"K": 5, "r": 2, "g": 1}),
        ("hot_limit_is_uniform", FEW, THREE),
        ("gumbel_max_draws_from_softmax", {}, {"w1": 1, "w2": 2, "w3": 3}),
        ("fully_masked_row_has_no_limit", {"num_keys": 2}, {"s_1": 2, "s_2": 1}),
        ("floor_of_softmax_applied_twice", FEW, {"K": 3}),
        # The target's entries have the ratio (0.9 + 0.01) / 0.01.
        (
            "best_gap_under_label_smoothing",
            FEW,
            {"K": 10, "a": sp.Rational(1, 10), "g": sp.log(91)},
        ),
        (
            "gradient_at_high_temperature",
            FEW,
            {"z1": 1, "z2": 0, "v1": half, "v2": -1},
        ),
        (
            "quadratic_form_of_jacobian_is_variance",
            FEW,
            {"K": 2, **TWO, "v[1]": 1, "v[2]": 3, "vbar": 5 * half},
        ),
    ],
)
def test_both_sides_are_equal(theorem, how, numbers):
    formula = getattr(symbolic, theorem)(**how)
    assert isinstance(formula, sp.Eq)
    left, right = (sp.N(at(side, numbers), 30) for side in formula.args)
    assert abs(left - right) < 1e-25


@pytest.mark.parametrize(
    ("theorem", "how", "numbers", "value"),
    [
        # p_i (delta_ik - p_k)
        ("jacobian_is_diagonal_minus_outer_product", FEW, {**TWO, "i": 1, "k": 1}, 3 * quarter**2),
        ("jacobian_is_diagonal_minus_outer_product", FEW, {**TWO, "i": 1, "k": 2}, -3 * quarter**2),
        (
            "hessian_of_cross_entropy_is_softmax_jacobian",
            FEW,
            {**TWO, "i": 1, "k": 1},
            3 * quarter**2,
        ),
        (
            "hessian_of_cross_entropy_is_softmax_jacobian",
            FEW,
            {**TWO, "i": 1, "k": 2},
            -3 * quarter**2,
        ),
        ("gradient_of_logsumexp_is_softmax", FEW, {**TWO, "i": 1, "k": 2}, 3 * quarter),
        # -2/4 (3/4)^2
        ("squared_error_gradient_carries_the_jacobian", FEW, {"p1": quarter}, -9 * half**5),
        # -1/4 (3 - 1) / 2^2
        (
            "probability_slope_in_temperature",
            {"num_classes": 2},
            {"p1": quarter, "z1": 3, "zbar": 1, "T": 2},
            -(half**3),
        ),
        # 3/4 / 2^3, with sums 1, 5/2 and 7 of weights 1/4 and 3/4 times powers of 1 and 3
        (
            "entropy_slope_is_variance_over_temperature_cubed",
            {},
            {"S0(T)": 1, "S1(T)": 5 * half, "S2(T)": 7, "T": 2},
            3 * half**5,
        ),
    ],
)
def test_a_slope_has_the_value_found_by_hand(theorem, how, numbers, value):
    assert at(getattr(symbolic, theorem)(**how).rhs, numbers) == value


@pytest.mark.parametrize(
    ("theorem", "slope"),
    [
        ("probability_slope_in_temperature", "Derivative(p1, T)"),
        ("entropy_slope_is_variance_over_temperature_cubed", "Derivative(H(T), T)"),
        ("jacobian_is_diagonal_minus_outer_product", "Derivative(p[i], z[k])"),
        ("hessian_of_cross_entropy_is_softmax_jacobian", "Derivative(L, z[k], z[i])"),
        (
            "gradient_of_logsumexp_is_softmax",
            "Derivative(log(Sum(exp(z[n]), (n, 1, K))), z[k])",
        ),
        ("squared_error_gradient_carries_the_jacobian", "Derivative(S, z1)"),
        ("cross_entropy_gradient_is_prediction_minus_target", "Derivative(L, z[k])"),
        ("losses_near_their_floors_at_one_pace", "Limit(n*F(n), n, oo, dir='-')"),
    ],
)
def test_a_slope_is_that_of_what_the_page_names(theorem, slope):
    """And not twice it, say, beside a right side that is right."""
    assert str(getattr(symbolic, theorem)().lhs) == slope


def test_inequalities_hold_and_are_sharp():
    assert at(symbolic.probabilities_are_positive(), SECOND) == sp.true
    assert at(symbolic.order_is_kept(), {"g": half}) == sp.true

    bounds = symbolic.logsumexp_lies_between_max_and_max_plus_log_k(max_classes=2)
    assert at(bounds, {**THREE, "m": 2}) == sp.true
    assert at(bounds, {"K": 2, "z[1]": 0, "z[2]": 0, "m": 0}) == sp.true  # the upper one is met

    inside = symbolic.shifted_sum_lies_between_one_and_k(max_classes=2)
    total, interval = inside.args
    assert at(total, {"K": 3, "g[2]": sp.log(2), "g[3]": sp.log(4)}) == 1 + half + quarter
    assert interval.subs(symbolic.proof.K, 3) == sp.Interval(1, 3)

    error = symbolic.rounded_gap_is_a_relative_error()
    end = {"d": 500, "u": sp.Rational(1, 1024), "delta": -sp.Rational(1, 1024)}
    assert sp.N(at(error.rhs, end) - at(error.lhs, end)) == 0


def test_permuted_keys_are_said_to_trade_places():
    formula = symbolic.permuted_keys_get_permuted_weights(num_keys=2)
    assert str(formula) == "Eq(p_1(s_2, s_1), p_2(s_1, s_2))"
    assert symbolic.fully_masked_row_has_no_limit(num_keys=2).lhs.args[2] == sp.oo

"""Theorems of the chapter on floating point: each holds of the exponential and of no impostor."""

import ast
import inspect

import pytest
import sympy as sp

from softmax_lib._exact import two_sum
from softmax_lib.symbolic import (
    ProofError,
    division_free_form_has_two_errors,
    rounded_gap_is_a_relative_error,
)


def power_of_two(x):
    return sp.Integer(2) ** x


def square(x):
    return x**2 + 1


@pytest.mark.parametrize("impostor", [power_of_two, square])
@pytest.mark.parametrize(
    ("theorem", "step"),
    [
        (division_free_form_has_two_errors, "the error of L"),
        (rounded_gap_is_a_relative_error, "rounding multiplies"),
    ],
)
def test_theorem_refuses_impostors(theorem, step, impostor):
    with pytest.raises(ProofError, match=step):
        theorem(impostor)


def test_the_end_that_is_further_is_that_of_one_exponential_not_two():
    with pytest.raises(ProofError, match="by a square"):
        rounded_gap_is_a_relative_error(lambda x: 2 * sp.exp(x))  # the factor cancels in a ratio


def test_bound_of_the_gap_holds_at_numbers():
    statement = rounded_gap_is_a_relative_error()
    d, delta, u = (
        next(s for s in statement.free_symbols if s.name == n) for n in ("d", "delta", "u")
    )
    for sign in (-1, 1):
        values = {d: 500, u: sp.Rational(1, 2**10), delta: sp.Rational(sign, 2**10)}
        assert statement.subs(values) == sp.true


def test_two_errors_are_those_of_the_derivation():
    error = division_free_form_has_two_errors()
    values = {s.name: s for s in error.free_symbols}
    # L = 3 off by 1/8, z - L = -2 off by 1/4: -3/8 - 1/2
    numbers = {"L": 3, "z_i": 1, "delta": sp.Rational(1, 8), "varepsilon": sp.Rational(1, 4)}
    assert error.subs({values[n]: v for n, v in numbers.items()}) == sp.Rational(-7, 8)


def test_two_sum_takes_six_operations():
    """As the chapter says, after Knuth."""
    nodes = ast.walk(ast.parse(inspect.getsource(two_sum)))
    assert sum(isinstance(node, ast.BinOp) for node in nodes) == 6

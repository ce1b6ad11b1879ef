"""The theorem of the failure clinic: true of softmax, refused for its impostors."""

import mpmath
import pytest
import sympy as sp

from softmax_lib.symbolic import ProofError, softmax
from softmax_lib.symbolic import softmax_twice_gradient_carries_the_jacobian as theorem

from .test_symbolic_gradient import base_two, each_by_itself, squares


@pytest.mark.parametrize("impostor", [squares, base_two, each_by_itself])
def test_theorem_refuses_other_functions(impostor):
    with pytest.raises(ProofError, match=r"K = 2: J\(q\) \(r - y\)"):
        theorem(max_classes=2, softmax=impostor)


@pytest.mark.parametrize("second", [list, base_two, lambda q: softmax(q, 2)])
def test_theorem_refuses_another_second_step(second):
    """None at all, another base, and a temperature that makes up for part of the harm."""
    with pytest.raises(ProofError):
        theorem(max_classes=2, second=second)


def test_slope_is_that_of_the_loss_measured_with_fifty_digits():
    slope = theorem(max_classes=2).rhs
    (q1,) = slope.free_symbols
    with mpmath.workdps(50):

        def q(z1):
            return 1 / (1 + mpmath.exp(-z1))

        def loss(z1):  # -log of the first entry of softmax((q, 1 - q))
            return mpmath.log(1 + mpmath.exp(1 - 2 * q(z1)))

        for z1 in (-8, -1, 0, 3):
            found = slope.subs(q1, sp.Float(q(z1), 50)).evalf(50)
            assert abs(found - mpmath.diff(loss, z1)) < 1e-20

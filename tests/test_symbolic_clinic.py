"""The theorems of the failure clinic: true of softmax, refused for its impostors."""

import mpmath
import numpy as np
import pytest
import sympy as sp

from softmax_lib import softmax as numeric_softmax
from softmax_lib.derivatives import softmax_vjp
from softmax_lib.losses import cross_entropy_with_grad
from softmax_lib.symbolic import (
    ProofError,
    floor_of_softmax_applied_twice,
    losses_near_their_floors_at_one_pace,
    softmax,
)
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


@pytest.mark.parametrize(
    "about_training",
    [floor_of_softmax_applied_twice, losses_near_their_floors_at_one_pace],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("impostor", [squares, base_two, each_by_itself])
def test_theorems_of_the_floor_refuse_other_functions(about_training, impostor):
    assert isinstance(about_training(max_classes=3), sp.Eq)
    with pytest.raises(ProofError):
        about_training(max_classes=3, softmax=impostor)


def cross_entropy_of_softmax_with_grad(z, label):
    q = numeric_softmax(z)
    loss, error = cross_entropy_with_grad(q, label)
    return loss, softmax_vjp(q, error)


@pytest.mark.parametrize("num_classes", [2, 5])
@pytest.mark.parametrize(
    ("loss_with_grad", "floor"),
    [
        (cross_entropy_with_grad, lambda K: 0.0),
        (cross_entropy_of_softmax_with_grad, lambda K: np.log(np.e + K - 1) - 1),
    ],
    ids=["one softmax", "two"],
)
def test_pace_is_that_of_gradient_descent(loss_with_grad, floor, num_classes):
    """At other rates and numbers of classes than the chapter's; the next order is ln n / n^2."""
    pace = losses_near_their_floors_at_one_pace(max_classes=2).rhs
    K, eta = sorted(pace.free_symbols, key=str)
    rate, steps, z = 0.5, 5000, np.zeros(num_classes)
    for _ in range(steps):
        z -= rate * loss_with_grad(z, 0)[1]
    left = steps * (loss_with_grad(z, 0)[0] - floor(num_classes))
    np.testing.assert_allclose(left, float(pace.subs({K: num_classes, eta: rate})), rtol=0.02)

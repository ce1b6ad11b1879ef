"""The theorems of the chapter on the gradient: true of softmax, refused for its impostors."""

import pytest
import sympy as sp

from softmax_lib.symbolic import ProofError, softmax
from softmax_lib.symbolic import gradient as theorems


def from_weights(weight):
    """Return the two forms of weight(z_i / T) over the sum of these, as theorems take them."""

    def function(z, temperature=1):
        weights = [weight(z_i / temperature) for z_i in z]
        return [w / sum(weights) for w in weights]

    def entry(z, i, num_classes):
        j = sp.Symbol("j", integer=True, positive=True)
        return weight(z[i]) / sp.Sum(weight(z[j]), (j, 1, num_classes))

    return function, entry


squares, squares_entry = from_weights(lambda x: x**2)
base_two, base_two_entry = from_weights(lambda x: sp.Integer(2) ** x)
impostors = pytest.mark.parametrize("impostor", [squares, base_two])
entries = pytest.mark.parametrize("entry", [squares_entry, base_two_entry])


def forgets_temperature(z, temperature=1):
    return softmax(z)


def each_by_itself(z, temperature=1):
    """Return the logistic function of each logit: positive, but no distribution."""
    return [1 / (1 + sp.exp(-z_i / temperature)) for z_i in z]


ABOUT_FUNCTIONS = [
    theorems.jacobian_is_diagonal_minus_outer_product,
    theorems.cross_entropy_gradient_is_prediction_minus_target,
    theorems.gradient_of_logsumexp_is_softmax,
    theorems.hessian_of_cross_entropy_is_softmax_jacobian,
    theorems.quadratic_form_of_jacobian_is_variance,
    theorems.gradient_at_high_temperature,
    theorems.best_gap_under_label_smoothing,
    theorems.squared_error_gradient_carries_the_jacobian,
]
ABOUT_ENTRIES = ABOUT_FUNCTIONS[:4]


@pytest.mark.parametrize("theorem", ABOUT_FUNCTIONS, ids=lambda f: f.__name__)
def test_theorem_holds_and_returns_a_formula(theorem):
    assert isinstance(theorem(), sp.Eq)


@impostors
@pytest.mark.parametrize("theorem", ABOUT_FUNCTIONS, ids=lambda f: f.__name__)
def test_theorem_refuses_other_weights(theorem, impostor):
    with pytest.raises(ProofError):
        theorem(max_classes=2, softmax=impostor)


@entries
@pytest.mark.parametrize("theorem", ABOUT_ENTRIES, ids=lambda f: f.__name__)
def test_theorem_refuses_other_weights_for_general_k(theorem, entry):
    with pytest.raises(ProofError, match="general K"):
        theorem(max_classes=2, entry=entry)


@pytest.mark.parametrize("theorem", ABOUT_FUNCTIONS, ids=lambda f: f.__name__)
def test_theorem_refuses_the_logistic_function_of_each_logit(theorem):
    with pytest.raises(ProofError):
        theorem(max_classes=3, softmax=each_by_itself)


@pytest.mark.parametrize(
    "theorem",
    [
        theorems.cross_entropy_gradient_is_prediction_minus_target,
        theorems.gradient_at_high_temperature,
    ],
    ids=lambda f: f.__name__,
)
def test_theorem_about_temperature_refuses_a_softmax_that_forgets_it(theorem):
    with pytest.raises(ProofError):
        theorem(max_classes=2, softmax=forgets_temperature)


def test_general_slope_keeps_the_sum_of_the_target():
    # By hand: dL/dz_k = -y_k + p_k sum_n y_n, so a target of sum 0 leaves -y_k alone.
    slope = theorems.cross_entropy_gradient_is_prediction_minus_target(max_classes=2).rhs
    assert slope.subs(theorems.TARGET_SUM, 0) == -theorems.y[theorems.k]

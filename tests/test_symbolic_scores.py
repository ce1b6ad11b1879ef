"""The theorems of the chapter on scores: true of softmax, refused for its impostors."""

import pytest
import sympy as sp

from softmax_lib.symbolic import ProofError, softmax
from softmax_lib.symbolic import scores as theorems


def from_weights(weight):
    """Return weight(z_i) over the sum of these, in the two forms that theorems take."""

    def function(z):
        return [weight(z_i) / sum(weight(z_j) for z_j in z) for z_i in z]

    def entry(z, i, num_classes):
        j = sp.Symbol("j", integer=True, positive=True)
        return weight(z[i]) / sp.Sum(weight(z[j]), (j, 1, num_classes))

    return function, entry


plain, plain_entry = from_weights(lambda x: x)
any_weight, _ = from_weights(sp.Function("f", positive=True))
squares, squares_entry = from_weights(lambda x: x**2)
base_two, base_two_entry = from_weights(lambda x: sp.Integer(2) ** x)
_, falling_entry = from_weights(lambda x: sp.exp(-x))


def one_in_the_denominator(z):
    weights = [sp.exp(z_i) for z_i in z]
    return [w / (1 + sum(weights)) for w in weights]


def entry_that_forgets_class_one(z, i, num_classes):
    j = sp.Symbol("j", integer=True, positive=True)
    return sp.exp(z[i]) / sp.Sum(sp.exp(z[j]), (j, 2, num_classes))


def uniform_entry(z, i, num_classes):
    return 1 / num_classes


def hotter_with_more_classes(z):
    return softmax(z, len(z))


@pytest.mark.parametrize(
    ("theorem", "statement"),
    [
        (theorems.probabilities_are_positive, sp.Gt),
        (theorems.probabilities_sum_to_one, sp.Eq),
        (theorems.odds_are_exponential_of_gap, sp.Eq),
        (theorems.order_is_kept, sp.Gt),
        (theorems.two_classes_give_the_logistic_function, sp.Eq),
        (theorems.logits_are_known_up_to_a_shift, sp.Eq),
        (theorems.odds_from_gaps_force_the_exponential, sp.Eq),
        (theorems.choice_axiom, sp.Eq),
    ],
    ids=lambda value: value.__name__,
)
def test_theorem_holds_and_returns_a_formula(theorem, statement):
    assert isinstance(theorem(), statement)


@pytest.mark.parametrize("entry", [plain_entry, squares_entry], ids=["plain", "squares"])
def test_positive_refuses_weights_that_can_be_negative_or_zero(entry):
    with pytest.raises(ProofError):
        theorems.probabilities_are_positive(entry)


def test_sum_refuses_a_denominator_that_is_not_the_sum():
    with pytest.raises(ProofError, match="K = 2"):
        theorems.probabilities_sum_to_one(softmax=one_in_the_denominator)
    with pytest.raises(ProofError, match="general K"):
        theorems.probabilities_sum_to_one(max_classes=2, entry=entry_that_forgets_class_one)


def test_any_weights_sum_to_one_so_the_sum_alone_does_not_need_the_exponential():
    theorems.probabilities_sum_to_one(softmax=squares, entry=squares_entry)


@pytest.mark.parametrize("entry", [squares_entry, base_two_entry], ids=["squares", "base 2"])
def test_odds_refuse_other_weights(entry):
    with pytest.raises(ProofError):
        theorems.odds_are_exponential_of_gap(entry)


@pytest.mark.parametrize(
    "entry", [squares_entry, falling_entry, uniform_entry], ids=["squares", "falling", "uniform"]
)
def test_order_refuses_weights_that_do_not_rise(entry):
    with pytest.raises(ProofError, match="ahead"):
        theorems.order_is_kept(entry)


def test_order_refuses_a_favourite_at_a_tie():
    def entry_with_favourite(z, i, num_classes):
        return (2 if i.name == "i" else 1) * theorems.softmax_entry(z, i, num_classes)

    with pytest.raises(ProofError, match="tied"):
        theorems.order_is_kept(entry_with_favourite)


@pytest.mark.parametrize("function", [squares, base_two], ids=["squares", "base 2"])
def test_logistic_function_refuses_other_weights(function):
    with pytest.raises(ProofError, match="logistic"):
        theorems.two_classes_give_the_logistic_function(function)


def test_shift_refuses_squares_and_the_way_back_refuses_what_forgets_the_logits():
    with pytest.raises(ProofError, match=r"softmax\(z \+ c\)"):
        theorems.logits_are_known_up_to_a_shift(squares_entry)
    with pytest.raises(ProofError, match="log"):
        theorems.logits_are_known_up_to_a_shift(uniform_entry)  # shifts do leave it as it is


@pytest.mark.parametrize(
    "weight",
    [
        lambda x, b: x**2,
        lambda x, b: 1 + sp.exp(b * x),
        lambda x, b: sp.cosh(b * x),
        lambda x, b: sp.exp(b * x**2),
    ],
    ids=["square", "1 + exp", "cosh", "Gauss"],
)
def test_only_the_exponential_has_odds_that_forget_x(weight):
    with pytest.raises(ProofError, match="forget"):
        theorems.odds_from_gaps_force_the_exponential(weight)


def test_the_exponential_must_have_the_slope_b_at_zero():
    with pytest.raises(ProofError, match="every solution"):
        theorems.odds_from_gaps_force_the_exponential(lambda x, b: sp.exp(2 * b * x))


def test_choice_axiom_holds_for_any_weights():
    theorems.choice_axiom(num_classes=4, softmax=any_weight)


@pytest.mark.parametrize("function", [one_in_the_denominator, hotter_with_more_classes])
def test_choice_axiom_refuses_what_looks_beyond_the_subset(function):
    with pytest.raises(ProofError, match="within"):
        theorems.choice_axiom(num_classes=3, softmax=function)

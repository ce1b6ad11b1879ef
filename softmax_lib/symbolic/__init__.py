r"""The theorems of the book, proved by SymPy: one function a theorem, one module a chapter.

Each function proves its statement when it is called, returns the formula that it has proved, for
the page to show, and raises `ProofError` where a step fails.

A theorem about softmax takes the function that it is about as its argument, `softmax` unless
another is given. The book's tests hand each theorem an impostor (squares in place of
exponentials, a forgotten temperature) and see it refused: a proof that accepts everything proves
nothing.
"""

from softmax_lib.symbolic.attention import (
    attention_scale_is_a_temperature,
    dot_product_variance_is_width,
    fully_masked_row_has_no_limit,
    masked_key_is_an_absent_key,
    permuted_keys_get_permuted_weights,
)
from softmax_lib.symbolic.clinic import (
    floor_of_softmax_applied_twice,
    losses_near_their_floors_at_one_pace,
    softmax_twice_gradient_carries_the_jacobian,
)
from softmax_lib.symbolic.floating import (
    division_free_form_has_two_errors,
    rounded_gap_is_a_relative_error,
)
from softmax_lib.symbolic.gradient import (
    best_gap_under_label_smoothing,
    cross_entropy_gradient_is_prediction_minus_target,
    gradient_at_high_temperature,
    gradient_of_logsumexp_is_softmax,
    hessian_of_cross_entropy_is_softmax_jacobian,
    jacobian_is_diagonal_minus_outer_product,
    quadratic_form_of_jacobian_is_variance,
    squared_error_gradient_carries_the_jacobian,
)
from softmax_lib.symbolic.proof import ProofError, softmax
from softmax_lib.symbolic.scores import (
    choice_axiom,
    logits_are_known_up_to_a_shift,
    odds_are_exponential_of_gap,
    odds_from_gaps_force_the_exponential,
    order_is_kept,
    probabilities_are_positive,
    probabilities_sum_to_one,
    two_classes_give_the_logistic_function,
)
from softmax_lib.symbolic.stability import (
    log_softmax_is_logit_minus_logsumexp,
    logsumexp_is_equivariant,
    logsumexp_lies_between_max_and_max_plus_log_k,
    shift_cancels,
    shifted_sum_lies_between_one_and_k,
)
from softmax_lib.symbolic.temperature import (
    cold_limit_is_hardmax,
    entropy_slope_is_variance_over_temperature_cubed,
    gumbel_max_draws_from_softmax,
    hot_limit_is_uniform,
    odds_depend_on_gap_over_temperature,
    probability_slope_in_temperature,
)

__all__ = [
    "ProofError",
    "attention_scale_is_a_temperature",
    "best_gap_under_label_smoothing",
    "choice_axiom",
    "cold_limit_is_hardmax",
    "cross_entropy_gradient_is_prediction_minus_target",
    "division_free_form_has_two_errors",
    "dot_product_variance_is_width",
    "entropy_slope_is_variance_over_temperature_cubed",
    "floor_of_softmax_applied_twice",
    "fully_masked_row_has_no_limit",
    "gradient_at_high_temperature",
    "gradient_of_logsumexp_is_softmax",
    "gumbel_max_draws_from_softmax",
    "hessian_of_cross_entropy_is_softmax_jacobian",
    "hot_limit_is_uniform",
    "jacobian_is_diagonal_minus_outer_product",
    "log_softmax_is_logit_minus_logsumexp",
    "logits_are_known_up_to_a_shift",
    "logsumexp_is_equivariant",
    "logsumexp_lies_between_max_and_max_plus_log_k",
    "losses_near_their_floors_at_one_pace",
    "masked_key_is_an_absent_key",
    "odds_are_exponential_of_gap",
    "odds_depend_on_gap_over_temperature",
    "odds_from_gaps_force_the_exponential",
    "order_is_kept",
    "permuted_keys_get_permuted_weights",
    "probabilities_are_positive",
    "probabilities_sum_to_one",
    "probability_slope_in_temperature",
    "quadratic_form_of_jacobian_is_variance",
    "rounded_gap_is_a_relative_error",
    "shift_cancels",
    "shifted_sum_lies_between_one_and_k",
    "softmax",
    "softmax_twice_gradient_carries_the_jacobian",
    "squared_error_gradient_carries_the_jacobian",
    "two_classes_give_the_logistic_function",
]

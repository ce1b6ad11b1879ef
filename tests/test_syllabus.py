r"""What the book set out to teach, claim by claim, and where it is written down and checked.

Each claim names a chapter, the label of the equation that states it, and a piece of the code that
checks it there. The build runs that code, and stops if the claim is false; these tests stop if
the equation or the check goes missing, or if a theorem is no longer there to be called. Claims
that are often put too simply stand here as the book puts them, each with its exception.
"""

import ast
import json
import re
from typing import NamedTuple

import pytest

from softmax_lib import symbolic

from .conftest import ROOT


class Claim(NamedTuple):
    statement: str
    chapter: str
    label: str
    check: str


SCORES, STABILITY = "scores_to_probabilities", "numerical_stability"
TEMPERATURE, GRADIENT, ATTENTION = "temperature", "gradient", "attention"
SUMMARY, FLOATING, CLINIC = "summary", "floating_point", "failure_clinic"

CLAIMS = [
    # From scores to a distribution
    Claim(
        "Logits are a linear layer's outputs: of any sign and size, with no fixed total.",
        SCORES,
        "eq-scores-linear",
        "assert z.sum() == 2",
    ),
    Claim(
        "Logits may be negative, so they are not yet a distribution.",
        SCORES,
        "eq-scores-distribution",
        "assert z.min() < 0",
    ),
    Claim(
        "Softmax is each exponential over the sum of them all.",
        SCORES,
        "eq-scores-softmax",
        "p = naive_softmax(z)",
    ),
    Claim(
        "Every softmax output is above zero, in exact arithmetic.",
        SCORES,
        "eq-scores-distribution",
        "symbolic.probabilities_are_positive(",
    ),
    Claim(
        "In floats an output far below the largest one can round to zero.",
        SCORES,
        "eq-scores-distribution",
        "assert naive_softmax([0.0, -800.0])[1] == 0.0",
    ),
    Claim(
        "The outputs add up to one, since the sum above and the sum below are the same.",
        SCORES,
        "eq-scores-sum",
        "symbolic.probabilities_sum_to_one(",
    ),
    Claim(
        "In floats they add up to one only up to rounding.",
        SCORES,
        "eq-scores-sum",
        "assert abs(p.sum() - 1) < 1e-15",
    ),
    Claim(
        "A difference of scores becomes a ratio of probabilities.",
        SCORES,
        "eq-scores-odds",
        "symbolic.odds_are_exponential_of_gap(",
    ),
    Claim(
        "A large gap is magnified and a tiny one hardly: 5 gives 148, 0.01 gives 1.01.",
        SCORES,
        "eq-scores-odds",
        "[(1, 2.718282), (5, 148.413159), (0.01, 1.01005)]",
    ),
    Claim(
        "The order of the scores is kept, ties included.",
        SCORES,
        "eq-scores-odds",
        "symbolic.order_is_kept(",
    ),
    Claim(
        "What softmax softens is the argmax, a one-hot vector.",
        SCORES,
        "eq-scores-logsumexp",
        "np.testing.assert_array_equal(hardmax(z), [1, 0, 0, 0])",
    ),
    Claim(
        "What softens the max itself is log-sum-exp.",
        SCORES,
        "eq-scores-logsumexp",
        "assert z.max() <= logsumexp(z) <= z.max() + np.log(4)",
    ),
    Claim(
        "The largest of logit over T plus Gumbel noise is a draw from softmax.",
        TEMPERATURE,
        "eq-gumbel-max",
        "symbolic.gumbel_max_draws_from_softmax(",
    ),
    Claim(
        "Softmax has a slope everywhere: its Jacobian, entry by entry.",
        GRADIENT,
        "eq-gradient-jacobian",
        "symbolic.jacobian_is_diagonal_minus_outer_product(",
    ),
    # The stable form
    Claim(
        "exp(1000) is infinite in double precision, and the definition then fails.",
        SCORES,
        "eq-scores-distribution",
        "assert np.isnan(naive_softmax([0.0, 1000.0])[1])",
    ),
    Claim(
        "Where exp overflows depends on the format: 11.09, 88.72 or 709.78.",
        STABILITY,
        "eq-stability-threshold",
        "(11.0899, 88.7228, 709.7827)",
    ),
    Claim(
        "A logit of 100 breaks the definition in float32.",
        STABILITY,
        "eq-stability-definition",
        "np.testing.assert_array_equal(naive_softmax(np.float32(hundred)), [nan, 0])",
    ),
    Claim(
        "A logit of 100 does not break it in float64.",
        STABILITY,
        "eq-stability-definition",
        "np.testing.assert_allclose(naive_softmax(hundred), truth, rtol=1e-15)",
    ),
    Claim(
        "A factor above and below cancels, so any constant may be subtracted from the logits.",
        STABILITY,
        "eq-stability-shift",
        "symbolic.shift_cancels(",
    ),
    Claim(
        "A library's stable softmax subtracts the largest logit, as SciPy's does.",
        STABILITY,
        "eq-stability-shift",
        "np.testing.assert_allclose(shifted_softmax(hostile), theirs, rtol=1e-15)",
    ),
    Claim(
        "A shift is all that the probabilities leave open: they fix every gap.",
        SCORES,
        "eq-scores-shift",
        "symbolic.logits_are_known_up_to_a_shift(",
    ),
    Claim(
        "With the maximum as the constant no term exceeds one, and the sum is from 1 to K.",
        STABILITY,
        "eq-stability-sum",
        "symbolic.shifted_sum_lies_between_one_and_k(",
    ),
    Claim(
        "So nothing overflows, whatever the finite logits: tried on twenty thousand rows.",
        STABILITY,
        "eq-stability-sum",
        "assert 1 <= total.min() and total.max() <= 5",
    ),
    Claim(
        "In floats the shift does change something: it is rounded, and costs a few digits.",
        STABILITY,
        "eq-stability-shift",
        "np.testing.assert_allclose(error(shifted_softmax), 5.7e-14, atol=5e-16)",
    ),
    Claim(
        "Other constants near the maximum are as good.",
        STABILITY,
        "eq-stability-shift",
        "for c in (2400, 3000, 3600):",
    ),
    Claim(
        "The mean as the constant is not safe.",
        STABILITY,
        "eq-stability-shift",
        "assert np.isnan(naive_softmax(logits - logits.mean())).any()",
    ),
    # Temperature
    Claim(
        "Temperature divides every logit before softmax; at 1 nothing changes.",
        TEMPERATURE,
        "eq-temperature",
        "np.testing.assert_allclose(p, naive_softmax(z / T), rtol=1e-14)",
    ),
    Claim(
        "Temperature is the unit in which gaps count.",
        TEMPERATURE,
        "eq-temperature-odds",
        "symbolic.odds_depend_on_gap_over_temperature(",
    ),
    Claim(
        "As it falls to zero the largest logit takes all; ties share equally.",
        TEMPERATURE,
        "eq-cold-limit",
        "symbolic.cold_limit_is_hardmax(",
    ),
    Claim(
        "At the tie the limit is hardmax, and not a one-hot vector.",
        TEMPERATURE,
        "eq-cold-limit",
        "np.testing.assert_allclose(p, hardmax(logits), atol=1e-43)",
    ),
    Claim(
        "The limit itself is no softmax: a temperature of zero is refused.",
        TEMPERATURE,
        "eq-temperature",
        "assert 'hardmax' in message",
    ),
    Claim(
        "As it grows without bound each of K classes gets 1/K.",
        TEMPERATURE,
        "eq-hot-limit",
        "symbolic.hot_limit_is_uniform(",
    ),
    Claim(
        "From decisive to undecided: entropy never falls as temperature rises.",
        TEMPERATURE,
        "eq-entropy-slope",
        "symbolic.entropy_slope_is_variance_over_temperature_cubed(",
    ),
    Claim(
        "The bars do not all move one way: a middle one can rise and then fall.",
        TEMPERATURE,
        "eq-temperature-slope",
        "symbolic.probability_slope_in_temperature(",
    ),
    Claim(
        "The logits 2, 1, 0, -1 can be cooled and heated by hand.",
        TEMPERATURE,
        "eq-temperature",
        "TemperatureExplorer(logits=z.tolist(), temperature=1.0)",
    ),
    Claim(
        "At every temperature the outputs still sum to one.",
        TEMPERATURE,
        "eq-temperature",
        "np.testing.assert_allclose(totals, 1, rtol=1e-15)",
    ),
    Claim(
        "For those logits every entry from T = 0.01 to 100 agrees with a hundred digits.",
        TEMPERATURE,
        "eq-entropy",
        "np.testing.assert_allclose(ours, np.array(exact, float), rtol=4e-15)",
    ),
    # The gradient
    Claim(
        "Cross-entropy with a one-hot target is minus the log of the true class's share.",
        GRADIENT,
        "eq-gradient-loss",
        "np.testing.assert_allclose(cross_entropy(z, label), 1.440189699, rtol=1e-09)",
    ),
    Claim(
        "Its gradient in the logits is prediction minus target.",
        GRADIENT,
        "eq-gradient",
        "symbolic.cross_entropy_gradient_is_prediction_minus_target(",
    ),
    Claim(
        "The chain rule collapses to that, and an imaginary step measures the same.",
        GRADIENT,
        "eq-gradient-chain",
        "np.testing.assert_allclose(loss.imag / 1e-200, grad, rtol=1e-14)",
    ),
    Claim(
        "Its derivation needs the target to sum to one; with two ones it is 2p - y.",
        GRADIENT,
        "eq-gradient-chain",
        "check(np.array(rise) / (2 * h), 2 * p - both) == 'Right.'",
    ),
    Claim(
        "No logarithm is left in it, but p still holds exponentials: it is softmax.",
        GRADIENT,
        "eq-gradient",
        "symbolic.gradient_of_logsumexp_is_softmax(",
    ),
    Claim(
        "Too much probability: positive, the logit goes down. Too little: negative, up.",
        GRADIENT,
        "eq-gradient",
        "np.testing.assert_allclose(grad, [0.644, -0.763, 0.087, 0.032], atol=0.0005)",
    ),
    Claim(
        "Another loss has no such form: squared error keeps the Jacobian as a factor.",
        GRADIENT,
        "eq-gradient-squared",
        "symbolic.squared_error_gradient_carries_the_jacobian(",
    ),
    Claim(
        "That makes it slow when it is sure and wrong: 755 steps in place of 5.",
        GRADIENT,
        "eq-gradient-squared",
        "assert steps_until_right(squared_error_grad) == 755",
    ),
    Claim(
        "Prediction minus target is enough to train a classifier.",
        GRADIENT,
        "eq-gradient-weights",
        "assert right.mean() >= 0.95",
    ),
    # Attention
    Claim(
        "A query scores each key by a dot product.",
        ATTENTION,
        "eq-attention-score",
        "np.testing.assert_array_equal(scores, [[2, 0, 0], [0, 2, 4]])",
    ),
    Claim(
        "Softmax makes of a query's scores a distribution over the keys.",
        ATTENTION,
        "eq-attention-weights",
        "np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-15)",
    ),
    Claim(
        "The output is the mean of the values under that distribution.",
        ATTENTION,
        "eq-attention-output",
        "np.testing.assert_allclose(output, [[6.82, 3.18], [4.23, 5.77]], atol=0.005)",
    ),
    Claim(
        "It is the same softmax as in a classifier.",
        ATTENTION,
        "eq-attention",
        "np.testing.assert_allclose(output, softmax(scores / 2) @ values, rtol=1e-14)",
    ),
    Claim(
        "Dividing by the root of the width is setting a temperature.",
        ATTENTION,
        "eq-attention-temperature",
        "symbolic.attention_scale_is_a_temperature(",
    ),
    Claim(
        "The width is the variance of a dot product of independent unit entries.",
        ATTENTION,
        "eq-attention-variance",
        "symbolic.dot_product_variance_is_width(",
    ),
    Claim(
        "Unscaled, the mean slope of softmax falls about fourfold from width 4 to 512.",
        ATTENTION,
        "eq-attention-variance",
        "assert 3.5 < mean_unscaled[0] / mean_unscaled[-1] < 5.5",
    ),
    Claim(
        "The scale is a start, no guarantee: a trained head can be all but a hard choice.",
        ATTENTION,
        "eq-attention-weights",
        "assert np.diag(heads[0, 2], -1).min() > 0.99",
    ),
    Claim(
        "A row with every key masked has no softmax: no limit exists.",
        ATTENTION,
        "eq-attention-fully-masked",
        "symbolic.fully_masked_row_has_no_limit(",
    ),
    # The four facts to take away, together on one page
    Claim(
        "In short: outputs are positive and sum to one.",
        SUMMARY,
        "eq-summary-softmax",
        "assert (p > 0).all()",
    ),
    Claim(
        "In short: the stable form gives the same probabilities, a thousand higher up.",
        SUMMARY,
        "eq-summary-stable",
        "assert_allclose(softmax(z + 1000), p, rtol=1e-14)",
    ),
    Claim(
        "In short: hardmax in the cold, with a tie to show it, and uniform in the heat.",
        SUMMARY,
        "eq-summary-limits",
        "assert_allclose(softmax([2, 2, 0], temperature=0.001), hardmax([2, 2, 0]))",
    ),
    Claim(
        "In short: the gradient is prediction minus target.",
        SUMMARY,
        "eq-summary-gradient",
        "assert_allclose(slope, p - y, atol=1e-09)",
    ),
    # In floating point
    Claim(
        "A rounded gap carries a relative error of gap times u into the exponential.",
        FLOATING,
        "eq-floating-gap",
        "symbolic.rounded_gap_is_a_relative_error(",
    ),
    Claim(
        "The division-free form has the error of the log-sum-exp on top.",
        FLOATING,
        "eq-floating-lse",
        "symbolic.division_free_form_has_two_errors(",
    ),
    Claim(
        "By a row's largest entry the shifted form is about as accurate as the definition.",
        FLOATING,
        "eq-floating-rulers",
        "assert row[name]['shifted'] < 2 * row[name]['definition']",
    ),
    Claim(
        "Entry by entry it is not: the shift costs the small probabilities.",
        FLOATING,
        "eq-floating-rulers",
        "assert entry[name]['definition'] < entry[name]['shifted']",
    ),
    Claim(
        "TwoSum is exact: no tolerance in fractions.",
        FLOATING,
        "eq-floating-twosum",
        "assert Fraction(s) + Fraction(e) == Fraction(a) + Fraction(b)",
    ),
    Claim(
        "A logarithm of 1 + r loses a small r; log1p keeps it.",
        FLOATING,
        "eq-floating-log1p",
        "assert 1 + r == 1 and np.log(1 + r) == 0",
    ),
    Claim(
        "A long float32 sum, one by one, is off by nearly a hundredth; in pairs it is not.",
        FLOATING,
        "eq-floating-sum",
        "assert abs(one_by_one / truth - 1) > 0.009",
    ),
    # What breaks, and how it shows
    Claim(
        "A loss behind a second softmax has a floor: a perfect answer still pays.",
        CLINIC,
        "eq-clinic-floor",
        "symbolic.floor_of_softmax_applied_twice(",
    ),
    Claim(
        "Training comes down to that floor and never below it.",
        CLINIC,
        "eq-clinic-floor",
        "assert min(twice_losses) > np.log(np.e + 9) - 1 > min(once_losses)",
    ),
    Claim(
        "What is left above the floor is (K - 1) / (K rate n), with one softmax or two.",
        CLINIC,
        "eq-clinic-pace",
        "np.testing.assert_allclose(twice_losses[-1] - floor, left, rtol=0.03)",
    ),
    Claim(
        "Behind a second softmax a model that is sure and wrong feels no pull.",
        CLINIC,
        "eq-clinic-twice",
        "symbolic.softmax_twice_gradient_carries_the_jacobian(",
    ),
    Claim(
        "Unsigned scores wrap when the maximum is subtracted.",
        CLINIC,
        "eq-clinic-wrap",
        "assert (unsigned - unsigned.max()).tolist() == [254, 255, 0]",
    ),
    Claim(
        "A float16 sum of ones sticks at 2048, and ten thousand probabilities sum to 4.88.",
        CLINIC,
        "eq-clinic-sticks",
        "np.testing.assert_array_equal(totals, 10000 / 2048)",
    ),
    Claim(
        "A mask that is a finite number is scaled with the scores, and leaks.",
        CLINIC,
        "eq-clinic-leak",
        "np.testing.assert_allclose(leak, 0.532, atol=0.0005)",
    ),
    Claim(
        "For two classes the shifted form's gradient is exactly 0 from a lead of t ln 2 on.",
        CLINIC,
        "eq-clinic-lead",
        "assert below < 0 and above == 0",
    ),
    Claim(
        "The sum of the other probabilities keeps every digit of it.",
        CLINIC,
        "eq-clinic-others",
        "np.testing.assert_allclose(others, truth, rtol=1e-14)",
    ),
    Claim(
        "An inverse temperature lowers the entropy where a temperature raises it.",
        CLINIC,
        "eq-clinic-inverse",
        "assert (np.diff(right) > 0).all() and (np.diff(wrong) < 0).all()",
    ),
]


def read(chapter):
    """Return a chapter's text, and its code as Python prints it: no comments, one layout."""
    notebook = json.loads((ROOT / "chapters" / f"{chapter}.ipynb").read_text(encoding="utf-8"))
    text, code = [], []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            text.append(source)
        elif "skip-execution" not in cell["metadata"].get("tags", []):
            code.append(ast.unparse(ast.parse(source)))
    return "\n".join(text), "\n".join(code)


def missing(claim, text, code, theorems=frozenset(symbolic.__all__)):
    """Return what a chapter lacks of a claim: nothing, if all is well."""
    lacks = []
    if f"$$ ({claim.label})" not in text.splitlines():
        lacks.append(f"equation {claim.label}")
    if claim.check not in code:
        lacks.append(f"check {claim.check}")
    for theorem in re.findall(r"symbolic\.(\w+)", claim.check):
        if theorem not in theorems:
            lacks.append(f"theorem {theorem}")
    return lacks


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.statement)
def test_claim_is_stated_and_checked(claim):
    assert missing(claim, *read(claim.chapter)) == []


def test_no_claim_is_listed_twice():
    assert len({claim.statement for claim in CLAIMS}) == len(CLAIMS)
    assert len({(claim.chapter, claim.check) for claim in CLAIMS}) == len(CLAIMS)


EXAMPLE = Claim("A sum of weights.", "any", "eq-sum", "symbolic.adds_up(")
TEXT, CODE = "$$\na + b\n$$ (eq-sum)", "symbolic.adds_up(max_classes=5)"


@pytest.mark.parametrize(
    ("text", "code", "theorems", "expected"),
    [
        (TEXT, CODE, {"adds_up"}, []),
        (TEXT.replace("eq-sum", "eq-other"), CODE, {"adds_up"}, ["equation eq-sum"]),
        ("By {eq}`eq-sum` (eq-sum)", CODE, {"adds_up"}, ["equation eq-sum"]),
        (TEXT, "pass", {"adds_up"}, ["check symbolic.adds_up("]),
        (TEXT, CODE, {"subtracts"}, ["theorem adds_up"]),
    ],
    ids=["all there", "label gone", "label only mentioned", "check gone", "theorem gone"],
)
def test_what_is_missing_is_found(text, code, theorems, expected):
    assert missing(EXAMPLE, text, code, theorems) == expected


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.statement)
def test_a_claim_fails_without_its_equation_or_its_check(claim):
    text, code = read(claim.chapter)
    assert missing(claim, text.replace(f"({claim.label})", ""), code)
    assert missing(claim, text, code.replace(claim.check, ""))

"""Accuracy of softmax, log_softmax and logsumexp against mpmath at 50 digits, on hostile rows.

The bounds are the promises of the docstrings: 5, 3 and 2 units in the last place (ulp) of the true
value for float64 and float32; logsumexp counts ulps of 1 where the truth is below 1. float16 is
within 1 ulp of the truth, correctly rounded. Each bound has a case, at the end, in which the
textbook's form breaks it: so the measure can fail.
"""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from softmax_lib import log_softmax, logsumexp, shifted_softmax, softmax
from softmax_lib._exact import row_sums, two_quotient, two_sum

BOUNDS = {"softmax": 5, "log_softmax": 3, "logsumexp": 2}
FLOATS = [np.float64, np.float32]


@pytest.fixture(autouse=True)
def _fifty_digits():
    with mp.workdps(50):
        yield


def truth(z, temperature=1.0):
    """Return p, ln p and ln sum e^(z/T) of one row by their definitions, as lists of mpf.

    50 digits of p_1 = 1 - e^-700 would round it to 1, so ln p is taken from ln(1 + the others).
    """
    logits = [mpf(float(v)) / mpf(float(temperature)) for v in z]
    top = max(logits)
    weights = {v: mp.exp(v - top) for v in set(logits)}  # often few, and mp.exp is slow
    rest = mp.fsum(n * weights[v] for v, n in Counter(logits).items() if v != top)
    rest += logits.count(top) - 1
    excess = mp.log1p(rest)
    p = [weights[v] / (1 + rest) for v in logits]
    return p, [v - top - excess for v in logits], top + excess


def ulp(value, dtype):
    """Return the spacing of the numbers of this dtype just below |value|, an mpf."""
    info = np.finfo(dtype)
    exponent = mp.frexp(value)[1] - 1 if value else info.minexp
    return mpf(2) ** (max(exponent, int(info.minexp)) - info.nmant)


def errors(result, exact, least=0):
    """Return the errors in ulps of the exact values, or of `least` where they are smaller."""
    dtype = result.dtype
    largest = mpf(float(np.finfo(dtype).max))
    found = []
    for r, t in zip(np.atleast_1d(result).ravel(), exact, strict=True):
        if np.isinf(r) and abs(t) > largest:
            found.append(0.0)  # the truth overflows, and so must the result
        else:
            found.append(float(abs(mpf(float(r)) - t) / ulp(max(abs(t), least), dtype)))
    return np.array(found)


def check(z, temperature=1.0, bounds=BOUNDS):
    p, log_p, lse = truth(z, temperature)
    worst = {
        "softmax": errors(softmax(z, temperature=temperature), p).max(),
        "log_softmax": errors(log_softmax(z, temperature=temperature), log_p).max(),
    }
    if temperature == 1:
        worst["logsumexp"] = errors(logsumexp(z), [lse], least=1).max()
    for name, error in worst.items():
        assert error <= bounds[name], f"{name} is {error:.2f} ulp off"


def rng():
    return np.random.default_rng(20)


# One row each, made of a generator and a length.
FAMILIES = {
    "narrow": lambda g, k: g.uniform(-1, 1, k),
    "ordinary": lambda g, k: g.normal(0, 3, k),
    "wide": lambda g, k: g.uniform(-80, 80, k),
    "very wide": lambda g, k: g.uniform(-700, 700, k),
    "below zero": lambda g, k: g.uniform(-30, -2, k),
    "far below zero": lambda g, k: g.uniform(-740, -690, k),
    "offset by 1e3": lambda g, k: 1e3 + g.normal(0, 5, k),
    "offset by -1e4": lambda g, k: -1e4 + g.normal(0, 50, k),
    "offset by 1e30": lambda g, k: 1e30 * (1 + g.integers(0, 3, k) * 2.0**-23),
    "equal": lambda g, k: np.full(k, 0.1),
    "near ties": lambda g, k: 0.7 + g.integers(-3, 4, k) * 2.0**-22,
    "tied maxima": lambda g, k: np.where(np.arange(k) < 2, 2.0, g.normal(0, 1, k)),
    "one dominates": lambda g, k: np.where(np.arange(k) == 0, 30.0, g.normal(0, 1, k)),
    "one dominates equals": lambda g, k: np.where(np.arange(k) == 0, 20.0, 0.3),
    "one dominates all": lambda g, k: np.where(np.arange(k) == k // 2, 0.0, -g.uniform(60, 80, k)),
    "subnormal probabilities": lambda g, k: np.where(
        np.arange(k) == 0, 0.5, -g.uniform(87, 103, k)
    ),
    "subnormal in float64": lambda g, k: np.where(np.arange(k) == 0, 0.5, -g.uniform(708, 745, k)),
    "subnormal exponentials": lambda g, k: np.where(
        np.arange(k) == 0, -90.0, -g.uniform(95, 110, k)
    ),
    "alternating magnitudes": lambda g, k: 10.0 ** g.uniform(-8, 2.5, k) * (-1.0) ** np.arange(k),
    "tiny": lambda g, k: g.normal(0, 1e-20, k),
    "sum near one": lambda g, k: -math.log(k) + g.normal(0, 1e-3, k),
    "log-probabilities": lambda g, k: log_softmax(g.normal(0, 2, k)),
    "edge of overflow": lambda g, k: np.where(np.arange(k) % 3 == 0, 88.6, g.uniform(80, 88, k)),
    "edge in float64": lambda g, k: np.where(np.arange(k) % 3 == 0, 709.7, g.uniform(690, 709, k)),
    "huge": lambda g, k: g.uniform(-3e38, 3e38, k),
    "with -inf": lambda g, k: np.where(np.arange(k) % 3 == 1, -np.inf, g.normal(0, 3, k)),
    "one far above small": lambda g, k: np.where(np.arange(k) == 0, 84.3, g.uniform(-1, 1, k)),
    "one above in float64": lambda g, k: np.where(np.arange(k) == 0, 650.3, g.uniform(-1, 1, k)),
    "beyond exp": lambda g, k: np.where(np.arange(k) == 0, 95.3, g.uniform(0, 9, k)),
    "beyond exp in float64": lambda g, k: np.where(np.arange(k) == 0, 720.3, g.uniform(0, 60, k)),
    "a few large": lambda g, k: g.normal(0, 10, k),
}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("length", [1, 2, 3, 10, 33, 65, 127, 300, 3000])
@pytest.mark.parametrize("family", FAMILIES)
def test_hostile_rows(family, length, dtype):
    generator = rng()
    for _ in range(4 if length < 300 else 1):
        row = FAMILIES[family](generator, length).astype(dtype)
        if np.isfinite(row).any():
            check(row)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("length", [2, 10, 100])
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("temperature", [0.1, 0.5, 1 / 3, 7.3, 100.0])
def test_hostile_rows_at_a_temperature(family, length, dtype, temperature):
    row = FAMILIES[family](rng(), length).astype(dtype)
    if np.isfinite(row).any():
        check(row, temperature)


@pytest.mark.parametrize("exponent", [-1074, -1060, -1022, -600, -30, 30, 600, 1000, 1023])
@pytest.mark.parametrize("mantissa", [1.0, 1.1])
def test_rows_on_the_scale_of_an_extreme_temperature(exponent, mantissa):
    # Logits that are 0 to 40 temperatures, whatever the temperature
    temperature = math.ldexp(mantissa, exponent)
    for _ in range(5):
        with np.errstate(under="ignore", over="ignore"):
            row = rng().uniform(-20, 20, 12) * temperature
        check(np.clip(row, -1.7e308, 1.7e308), temperature)


def test_float32_at_temperatures_beyond_its_range():
    for temperature in (1e-46, 1e-40, 3e38, 1e39):
        with np.errstate(under="ignore"):
            row = np.clip(rng().uniform(-20, 20, 12) * temperature, -3e38, 3e38).astype(np.float32)
        check(row, temperature)


finite = {d: st.floats(allow_nan=False, allow_infinity=False, width=w) for d, w in
          ((np.float64, 64), (np.float32, 32))}  # fmt: skip


@pytest.mark.parametrize("dtype", FLOATS)
def test_any_finite_row(dtype):
    @settings(max_examples=300)
    @given(
        st.lists(st.floats(-1000, 1000, width=32) | finite[dtype], min_size=1, max_size=6),
        st.just(1.0) | st.floats(1e-3, 1e3) | st.floats(5e-324, 1e308),
    )
    @example([0.0, -40.0], 1.0)
    @example([1e38, -1e38], 1e38)
    @example([700.0, 0.3, -5.1], 1.0)
    def run(row, temperature):
        check(np.array(row, dtype), temperature)

    run()


@pytest.mark.parametrize(
    "row",
    [
        [2.415825366973877, 11.454482078552246],
        [-10.849233627319336, -3.92531418800354, 8.666043281555176],
        [-2.8965580463409424, 3.4735238552093506, -9.926475524902344, -2.073853015899658],
    ],
)
def test_float32_rows_for_which_numpys_exp_is_worst(row):
    # Found by a search through 2e8 entries: 5.2 ulp without care for the largest term
    check(np.array(row, np.float32))


def test_float64_extremes():
    for row in ([1e308, -1e308], [1.7e308, 1.7e308], [-1.7e308], [5e-324, 0], [0, -745.2, -745.1]):
        check(np.array(row))
    check(np.array([1e308, -1e308]), 1e308)


# Many rows at once, and long ones. The truth of a long row is taken in long double or from a closed
# form, since a million exponentials at 50 digits take a minute.


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_rows_of_a_matrix_in_any_layout(dtype, order, axis, temperature):
    shape = (3000, 40) if axis == 1 else (40, 3000)
    z = np.asarray(rng().normal(0, 8, shape), dtype, order)
    p = softmax(z, axis, temperature=temperature)
    log_p = log_softmax(z, axis, temperature=temperature)
    lse = logsumexp(z, axis)
    for i in range(0, 3000, 300):
        row = np.s_[i, :] if axis == 1 else np.s_[:, i]
        exact_p, exact_log_p, _ = truth(z[row], temperature)
        assert errors(p[row], exact_p).max() <= 5
        assert errors(log_p[row], exact_log_p).max() <= 3
        assert errors(lse[i : i + 1], [truth(z[row])[2]], least=1).max() <= 2


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("stride", [1, 3])
@pytest.mark.parametrize("top", [0.0, 0.1, 18.3, 1000.1])
@pytest.mark.parametrize("rest", [0.1, -7.7])
def test_a_million_equal_logits_and_one_more(dtype, stride, top, rest):
    # Two values only, so that 50 digits are quick: n e^rest + e^top
    n = 1_000_000
    memory = np.full((n, stride), rest, dtype)
    memory[n // 3] = top
    z = memory[:, 0]
    few, many = mpf(float(z[n // 3])), mpf(float(z[0]))
    total = mp.exp(few) + (n - 1) * mp.exp(many)
    at = [n // 3, 0]
    p = [mp.exp(few) / total, mp.exp(many) / total]
    ratio = (n - 1) * mp.exp(many - few)
    log_p = [-mp.log1p(ratio), many - few - mp.log1p(ratio)]
    assert errors(softmax(z)[at], p).max() <= 5
    assert errors(log_softmax(z)[at], log_p).max() <= 3
    assert errors(logsumexp(z), [mp.log(total)], least=1).max() <= 2
    if stride == 3:  # the same along the first axis of a matrix
        assert errors(softmax(memory, axis=0)[at, 1], p).max() <= 5
        assert errors(log_softmax(memory, axis=0)[at, 1], log_p).max() <= 3
        assert errors(logsumexp(memory, axis=0), 3 * [mp.log(total)], least=1).max() <= 2


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("scale", [1, 30])
@pytest.mark.parametrize("order", ["C", "F"])
def test_long_rows(dtype, scale, order):
    # Few distinct values, so that the sum at 50 digits needs few exponentials
    values = (rng().normal(0, 1, 500) * scale).astype(dtype)
    z = np.asarray(rng().choice(values, (200_000, 2)), order=order)
    for column, offset in ((0, 0.0), (1, 2000.0)):
        row = z[:, column] + dtype(offset)
        distinct, where, counts = np.unique(row, return_index=True, return_counts=True)
        top = mpf(float(distinct[-1]))
        gaps = [mpf(float(v)) - top for v in distinct]
        terms = [int(c) * mp.exp(g) for c, g in zip(counts, gaps, strict=True)]
        excess = mp.log1p(mp.fsum(terms[:-1]) + int(counts[-1]) - 1)
        log_p = [g - excess for g in gaps]
        block = z + dtype(offset)
        assert errors(softmax(block, axis=0)[where, column], [mp.exp(v) for v in log_p]).max() <= 5
        assert errors(softmax(row)[where], [mp.exp(v) for v in log_p]).max() <= 5
        assert errors(log_softmax(block, axis=0)[where, column], log_p).max() <= 3
        assert errors(log_softmax(row)[where], log_p).max() <= 3
        assert errors(logsumexp(row), [top + excess], least=1).max() <= 2


# float16


@pytest.mark.parametrize("temperature", [1.0, 0.3])
@pytest.mark.parametrize("scale", [0.1, 3, 30, 3000])
@pytest.mark.parametrize("length", [1, 2, 10, 500])
def test_float16_is_within_one_ulp_of_correct_rounding(length, scale, temperature):
    with np.errstate(under="ignore"):
        row = rng().normal(0, scale, length).astype(np.float16)
    p, log_p, _ = truth(row, temperature)
    pairs = [
        (softmax(row, temperature=temperature), p),
        (log_softmax(row, temperature=temperature), log_p),
        (logsumexp(row, keepdims=True), [truth(row)[2]]),
    ]
    for result, exact in pairs:
        with np.errstate(under="ignore"):
            rounded = np.array([float(v) for v in exact]).astype(np.float16)
        steps = [ulp(mpf(float(v)), np.float16) for v in rounded]
        gaps = np.abs(result.astype(float) - rounded.astype(float))
        assert all(g <= float(s) for g, s in zip(gaps, steps, strict=True))


# The arithmetic underneath


@settings(max_examples=300)
@given(finite[np.float64], finite[np.float64])
def test_two_sum_is_exact(a, b):
    with np.errstate(all="ignore"):
        s, error = two_sum(np.float64(a), np.float64(b))
    if abs(a) < 4e307 and abs(b) < 4e307:
        with mp.workdps(700):  # 1e308 + 5e-324 has 632 digits
            assert mpf(float(s)) + mpf(float(error)) == mpf(a) + mpf(b)
        assert s == a + b


@settings(max_examples=300)
@given(st.floats(-1e100, 1e100), st.floats(1e-20, 1e20))
def test_two_quotient_has_many_more_digits(a, b):
    if 0 < abs(a) < 1e-150:
        return  # the remainder underflows
    q, error = two_quotient(np.array([a]), b)
    exact = mpf(a) / mpf(b)
    assert abs(mpf(float(q[0])) + mpf(float(error[0])) - exact) <= abs(exact) * mpf(2) ** -75


@pytest.mark.parametrize("shape", [(20,), (127,), (1000,), (5000,), (200, 127), (50, 3000), (9, 7)])
@pytest.mark.parametrize("spread", [0, 1, 10, 100])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", FLOATS)
def test_row_sums(shape, spread, order, dtype):
    a = np.exp(rng().normal(0, 1, shape) * min(spread, 20 if dtype == np.float32 else 100))
    a = np.asarray(a, dtype, order)
    totals = row_sums(a)
    assert totals.shape == (*shape[:-1], 1)
    exact = [math.fsum(map(float, row)) for row in a.reshape(-1, shape[-1])]
    # Of the result's dtype: what float64 does to a sum of float32 is below a thousandth of its ulp.
    allowed = 1.5 * np.spacing(exact) if dtype == np.float64 else 1e-3 * 2**-24 * np.array(exact)
    assert (np.abs(totals.ravel() - exact) <= allowed).all()


# The measure itself: the textbook's forms break the same bounds.


def test_the_shifted_form_is_hundreds_of_ulps_off():
    # 650.3 - 0.x is rounded to a multiple of 2^-43: up to 2^-44, or 256 ulps, in the exponent
    row = FAMILIES["one above in float64"](rng(), 100)
    assert errors(shifted_softmax(row), truth(row)[0]).max() > 100


def test_the_logarithm_of_softmax_is_off_by_all_it_has():
    row = np.array([0.0, -40.0])
    assert errors(np.log(softmax(row)), truth(row)[1]).max() > 1e15


def test_the_plain_logsumexp_is_several_ulps_off():
    # m + ln K with m near -13.8 and ln K = 13.8, which is rounded to 8 ulps of 1
    worst = 0
    for offset in np.linspace(0, 0.5, 20):
        m = offset - math.log(1e6)
        exact = [mpf(m) + mp.log(10**6)]
        worst = max(worst, errors(np.array(m + math.log(1e6)), exact, least=1).max())
        assert errors(logsumexp(np.full(10**6, m)), exact, least=1).max() <= 2
    assert worst > 2


def test_the_truth_is_right_in_closed_form():
    p, log_p, lse = truth([0.0, math.log(3.0)])
    assert [float(v) for v in p] == pytest.approx([0.25, 0.75], rel=1e-15)
    assert [float(v) for v in log_p] == pytest.approx([-math.log(4), math.log(0.75)], rel=1e-15)
    assert float(lse) == pytest.approx(math.log(4), rel=1e-15)

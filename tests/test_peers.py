"""The library against its peers: PyTorch, JAX, SciPy and scikit-learn.

What PyTorch and JAX return is in tests/data/peer_values.json, written by scripts/peer_values.py;
SciPy and scikit-learn are called. How far a peer may be off is not fitted to its values but
derived, in `Row`: with u the unit roundoff, rounding z - m to u |z - m| gives exp(z - m) a relative
error of as much, and each elementary operation adds one to a few u. Where a peer is known to go
wrong by more than it has to, its stored value shows it, and the library must agree with the
definition at 700 digits.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.special
import scipy.stats
from mpmath import mp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import log_loss
from sklearn.utils.extmath import softmax as sklearn_softmax

from softmax_lib import log_softmax, logsumexp, softmax
from softmax_lib.attention import attention_weights, scaled_dot_product_attention
from softmax_lib.losses import (
    cross_entropy,
    cross_entropy_grad,
    cross_entropy_with_grad,
    entropy,
    kl_divergence,
)

PATH = Path(__file__).parent / "data" / "peer_values.json"
DATA = json.loads(PATH.read_text())
PEERS = ("torch", "jax")
DTYPES = ("float64", "float32")
CASES = tuple(DATA["cases"])
TEMPERATURES = tuple(DATA["temperatures"])
# exp is off by 1 ulp = 2 u (SLEEF and glibc) to 2 ulp in XLA; log, the division, the final rounding
# and the library's own 5 ulp take the rest.
OPERATIONS = 16

peers = pytest.mark.parametrize("peer", PEERS)
dtypes = pytest.mark.parametrize("dtype", DTYPES)
cases = pytest.mark.parametrize("case", CASES)


def stored(peer, dtype, function, case):
    return np.array(DATA[peer][dtype][function][case], dtype)


def logits(case, dtype):
    return np.array(DATA["cases"][case]["z"], dtype)


def label(case):
    return DATA["cases"][case]["label"]


def soft_target(case, dtype):
    return np.array(DATA["soft_targets"][str(len(DATA["cases"][case]["z"]))], dtype)


def exactly(z, temperature=1.0):
    """Return softmax(z / T) by its definition, with digits enough for p - 1 at any margin here."""
    mp.dps = 700
    weights = [mp.exp(mp.mpf(float(v)) / mp.mpf(temperature)) for v in np.ravel(z)]
    total = mp.fsum(weights)
    return [w / total for w in weights]


def rounded(numbers):
    return np.array([float(x) for x in numbers])


class Row:
    """A row of logits, its softmax by definition, and how far a peer's results may be from it.

    With K classes, gaps m - z_j and e_j = exp(z_j - m):

    - e_j carries the relative error (m - z_j) u of the shift, and that of exp;
    - the sum carries the p-weighted mean of these and (K - 1) u from adding;
    - so p_j carries both, log p_j the same as an absolute error and one rounding of each of its
      parts; where log(sum) is added to m before z is subtracted, 2 u |m| more;
    - dividing z by T first rounds z / T: an absolute error of u |z_j / T|, for z_j and for m.
    """

    def __init__(self, z, temperature=1.0):
        exact = exactly(z, temperature)
        self.u = float(np.finfo(z.dtype).eps) / 2
        self.tiny = float(np.finfo(z.dtype).tiny)  # below it a peer may flush to zero
        self.p = rounded(exact)
        self.log_p = rounded(mp.log(p) for p in exact)
        self.exact = exact
        x = z.astype(np.float64) / temperature
        gap = x.max() - x
        units = gap + np.sum(self.p * gap) + len(z) + OPERATIONS
        if temperature != 1:
            units = units + np.abs(x) + np.abs(x).max()
        self.rtol = units * self.u
        self.log_atol = self.rtol + 2 * self.u * np.abs(self.log_p)


def assert_within(actual, expected, tolerance):
    """Assert |actual - expected| <= tolerance for each entry; NaN is never within."""
    assert np.shape(actual) == np.shape(expected)
    difference = np.abs(np.asarray(actual, np.float64) - np.asarray(expected, np.float64))
    assert np.all(difference <= tolerance), (
        f"{actual} and {expected} differ by {difference}, more than {tolerance}"
    )


# The file


def test_file_is_small_and_says_where_it_comes_from():
    assert PATH.stat().st_size < 60_000
    assert DATA["made_by"] == "scripts/peer_values.py"
    assert set(DATA["versions"]) == {"torch", "jax", "jaxlib", "numpy"}


def test_file_holds_every_case_for_each_peer():
    for peer in PEERS:
        for dtype in DTYPES:
            for function, values in DATA[peer][dtype].items():
                if not function.endswith(("attention", "multihead_weights", "_axis_0")):
                    assert tuple(values) == CASES, (peer, dtype, function)


# PyTorch and JAX, row by row


@peers
@dtypes
@cases
def test_softmax(peer, dtype, case):
    z = logits(case, dtype)
    row = Row(z)
    tolerance = row.rtol * row.p + row.tiny
    assert_within(softmax(z), stored(peer, dtype, "softmax", case), tolerance)


@peers
@dtypes
@cases
def test_log_softmax(peer, dtype, case):
    z = logits(case, dtype)
    assert_within(log_softmax(z), stored(peer, dtype, "log_softmax", case), Row(z).log_atol)


def logsumexp_atol(z, row):
    """m + log(sum): the sum's relative error, less than the largest p_j's; then one addition."""
    total = abs(float(mp.log(mp.fsum(mp.exp(mp.mpf(float(v))) for v in z))))
    return row.rtol.min() + 2 * row.u * total


@peers
@dtypes
@cases
def test_logsumexp(peer, dtype, case):
    z = logits(case, dtype)
    tolerance = logsumexp_atol(z, Row(z))
    assert_within(logsumexp(z), stored(peer, dtype, "logsumexp", case), tolerance)


@peers
@dtypes
@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_softmax_at_a_temperature(peer, dtype, temperature):
    for case in CASES:
        z = logits(case, dtype)
        row = Row(z, temperature)
        expected = stored(peer, dtype, f"softmax_at_{temperature}", case)
        actual = softmax(z, temperature=temperature)
        assert_within(actual, expected, row.rtol * row.p + row.tiny)


@peers
@dtypes
def test_axis_0(peer, dtype):
    z = np.array(DATA["batch"], dtype)
    columns = [Row(column) for column in z.T]
    rtol = np.stack([row.rtol * row.p + row.tiny for row in columns], axis=1)
    log_atol = np.stack([row.log_atol for row in columns], axis=1)
    sum_atol = [logsumexp_atol(*pair) for pair in zip(z.T, columns, strict=True)]
    assert_within(softmax(z, 0), stored(peer, dtype, "softmax_axis_0", "batch"), rtol)
    assert_within(log_softmax(z, 0), stored(peer, dtype, "log_softmax_axis_0", "batch"), log_atol)
    assert_within(logsumexp(z, 0), stored(peer, dtype, "logsumexp_axis_0", "batch"), sum_atol)


@peers
@dtypes
@cases
def test_cross_entropy_of_a_class(peer, dtype, case):
    z, i = logits(case, dtype), label(case)
    expected = stored(peer, dtype, "cross_entropy", case)
    tolerance = Row(z).log_atol[i]  # minus an entry of log_softmax
    assert_within(cross_entropy(z, i), expected, tolerance)
    assert_within(cross_entropy_with_grad(z, i)[0], expected, tolerance)


@peers
@dtypes
@cases
def test_cross_entropy_of_a_soft_target(peer, dtype, case):
    z, y = logits(case, dtype), soft_target(case, dtype)
    row = Row(z)
    expected = stored(peer, dtype, "cross_entropy_soft", case)
    # A weighted sum of log_softmax: its errors, K products and K - 1 additions.
    tolerance = np.sum(y * (row.log_atol + 2 * len(z) * row.u * np.abs(row.log_p)))
    assert_within(cross_entropy(z, y), expected, tolerance)
    assert_within(cross_entropy_with_grad(z, y)[0], expected, tolerance)


def gradient_atol(row, y):
    """Peers compute exp(log p) - y: p_j errs by p_j times log p_j's error, then one rounding."""
    return row.p * row.log_atol + 4 * row.u * np.maximum(row.p, y) + row.tiny


@peers
@dtypes
@cases
def test_gradient_for_a_class(peer, dtype, case):
    z, i = logits(case, dtype), label(case)
    expected = stored(peer, dtype, "gradient", case)
    tolerance = gradient_atol(Row(z), np.arange(len(z)) == i)
    assert_within(cross_entropy_grad(z, i), expected, tolerance)
    assert_within(cross_entropy_with_grad(z, i)[1], expected, tolerance)


@peers
@dtypes
@cases
def test_gradient_for_a_soft_target(peer, dtype, case):
    z, y = logits(case, dtype), soft_target(case, dtype)
    expected = stored(peer, dtype, "gradient_soft", case)
    tolerance = gradient_atol(Row(z), y)
    assert_within(cross_entropy_grad(z, y), expected, tolerance)
    assert_within(cross_entropy_with_grad(z, y)[1], expected, tolerance)


def weights_error(q, k):
    """A score errs by (d + 4) u |q| |k| / sqrt(d), a weight by twice that and what softmax adds."""
    d, u = q.shape[-1], np.finfo(q.dtype).eps / 2
    size = (np.abs(q) @ np.abs(k).T).max() / np.sqrt(d)
    return (2 * (d + 4) * size + 2 * size + 2 * len(k) + OPERATIONS) * u


@dtypes
@pytest.mark.parametrize("name", DATA["attention"]["masks"])
def test_attention_of_pytorch(dtype, name):
    q, k, v = (np.array(DATA["attention"][x], dtype) for x in ("query", "key", "value"))
    mask = DATA["attention"]["masks"][name]
    expected = stored("torch", dtype, "attention", name)
    tolerance = weights_error(q, k) * np.abs(v).max()
    assert_within(scaled_dot_product_attention(q, k, v, mask=mask), expected, tolerance)
    if name == "one_row_masked":
        assert_array_equal(expected[1], 0)  # PyTorch has the same convention since 2.5
        assert_array_equal(scaled_dot_product_attention(q, k, v, mask=mask)[1], 0)


@dtypes
def test_multihead_attention_of_pytorch_takes_true_for_must_not(dtype):
    """The script gave it the opposite of the mask, as the chapter says that one has to."""
    q, k = (np.array(DATA["attention"][x], dtype) for x in ("query", "key"))
    expected = stored("torch", dtype, "multihead_weights", "causal")
    weights = attention_weights(q, k, mask=DATA["attention"]["masks"]["causal"])
    assert_within(weights, expected, weights_error(q, k))


# Where PyTorch and JAX are wrong, and the library must not be


def error_in_ulp(actual, expected, dtype):
    return np.max(np.abs(actual - expected) / np.spacing(np.abs(expected).astype(dtype)))


@dtypes
@cases
def test_library_loses_nothing_to_the_shift(dtype, case):
    """What the library promises: softmax within 5 ulp and log_softmax within 3, whatever m - z."""
    z = logits(case, dtype)
    row = Row(z)
    assert error_in_ulp(softmax(z).astype(float), row.p, dtype) <= 5
    assert error_in_ulp(log_softmax(z).astype(float), row.log_p, dtype) <= 3


@peers
def test_peers_lose_digits_to_the_shift(peer):
    """Up to u |z - m|, 643 u in ten_wide: more than the 20 u that all their other steps cost."""
    z = logits("ten_wide", "float64")
    wrong = error_in_ulp(stored(peer, "float64", "softmax", "ten_wide"), Row(z).p, "float64")
    assert wrong > 20


@peers
@dtypes
def test_log_softmax_of_the_dominant_entry(peer, dtype):
    """log p_1 = -log(1 + e^-40) = -4.248e-18, which the peers round to 0."""
    z = logits("margin_40", dtype)
    assert stored(peer, dtype, "log_softmax", "margin_40")[0] == 0
    assert stored(peer, dtype, "cross_entropy", "margin_40") == 0
    expected = float(-mp.log1p(mp.exp(-40)))
    assert_allclose(expected, -4.248354255291589e-18, rtol=1e-15)
    rtol = 3 * np.finfo(dtype).eps
    assert_allclose(log_softmax(z)[0], expected, rtol=rtol)
    assert_allclose(cross_entropy(z, 0), -expected, rtol=rtol)


@peers
@dtypes
def test_logsumexp_near_zero(peer, dtype):
    """The logarithm of 1 + e^-40, which the peers round to 0."""
    z = logits("margin_40", dtype)
    assert stored(peer, dtype, "logsumexp", "margin_40") == 0
    rtol = 3 * np.finfo(dtype).eps
    assert_allclose(logsumexp(z), float(mp.log1p(mp.exp(-40))), rtol=rtol)


@peers
@pytest.mark.parametrize(
    ("dtype", "case", "peer_error"),
    [
        ("float64", "margin_30", 0.00102),
        ("float64", "margin_36", 0.0427),
        ("float64", "margin_37", 1),
        ("float64", "margin_40", 1),
        ("float32", "margin_15", 0.169),
        ("float32", "margin_17", 1),
        ("float32", "margin_40", 1),
    ],
)
def test_gradient_of_the_true_class(peer, dtype, case, peer_error):
    """With two classes p_y - 1 = -p_other; the peers subtract from 1, down to exactly 0.

    Their error is that of the sum 1 + e^-margin, rounded to a multiple of eps = 2 u: at a margin of
    30 in float64 e^-30 / eps = 421.43 becomes 421, at 36 1.04 becomes 1, and at 37 0.38 becomes 0.
    """
    z = logits(case, dtype)
    other = exactly(z)[1]
    eps = float(np.finfo(dtype).eps)
    gradient = float(stored(peer, dtype, "gradient", case)[0])
    assert_allclose(-gradient, eps * float(mp.nint(mp.exp(float(z[1])) / eps)), rtol=eps)
    assert_allclose(abs(float(mp.mpf(gradient) / -other - 1)), peer_error, rtol=5e-3)
    rtol = 1e-13 if dtype == "float64" else 5 * np.finfo(dtype).eps
    for gradients in (cross_entropy_grad(z, 0), cross_entropy_with_grad(z, 0)[1]):
        assert_allclose(gradients, [float(-other), float(other)], rtol=rtol)


@pytest.mark.parametrize("name", DATA["integers"])
def test_small_integers(name):
    """JAX subtracts the largest in the integers' own type, where 1 - 3 and -128 - 127 wrap."""
    z = np.array(DATA["integers"][name], name)
    wrong = np.array(DATA["jax"]["integers"][name], float)
    expected = rounded(exactly(z))
    wrapped = np.exp((z - z.max()).astype(float))  # 254, 255, 0 for uint8; 1, 0 for int8
    if name == "uint8":
        assert np.isnan(wrong[:2]).all()
        assert wrong[2] == 0
        assert wrapped[0] > np.finfo(np.float32).max
    else:
        assert_allclose(wrong, wrapped / wrapped.sum(), rtol=1e-6)
    assert_allclose(softmax(z), expected, rtol=1e-15)


# SciPy and scikit-learn, as installed


@dtypes
@cases
def test_scipy(dtype, case):
    z = logits(case, dtype)
    row = Row(z)
    assert_within(softmax(z), scipy.special.softmax(z), row.rtol * row.p + row.tiny)
    assert_within(log_softmax(z), scipy.special.log_softmax(z), row.log_atol)
    assert_within(logsumexp(z), scipy.special.logsumexp(z), logsumexp_atol(z, row))


@dtypes
@pytest.mark.parametrize("axis", [0, -1, None, (0, 1)])
def test_scipy_along_an_axis(dtype, axis):
    """Differences below 1004, K at most 12: 1004 + 1004 + 12 + 16 units of roundoff."""
    z = np.array(DATA["batch"], dtype)
    u = np.finfo(dtype).eps / 2
    rtol = 2036 * u
    tiny = np.finfo(dtype).tiny
    assert_allclose(softmax(z, axis), scipy.special.softmax(z, axis), rtol=rtol, atol=tiny)
    expected = scipy.special.log_softmax(z, axis)
    assert_allclose(log_softmax(z, axis), expected, rtol=2 * u, atol=rtol)
    for keepdims in (False, True):
        expected = scipy.special.logsumexp(z, axis, keepdims=keepdims)
        assert_allclose(logsumexp(z, axis, keepdims=keepdims), expected, rtol=4 * u, atol=64 * u)


@cases
def test_entropy_is_scipys_of_the_probabilities(case):
    """SciPy sees rounded p: each p log p errs by u (1 + |log p|) p, and the sum by u a term."""
    z = logits(case, "float64")
    row = Row(z)
    tolerance = np.sum(row.p * row.rtol * (1 + np.abs(row.log_p))) + row.tiny
    assert_within(entropy(z), scipy.stats.entropy(softmax(z)), tolerance)


@cases
def test_kl_divergence_is_scipys_of_the_probabilities(case):
    """q is the soft target; a rounded p or q moves p log(p / q) by u (2 + |log p| + |log q|) p."""
    z, q = logits(case, "float64"), soft_target(case, "float64")
    row = Row(z)
    p = softmax(z)
    units = row.rtol * (2 + np.abs(row.log_p) + np.abs(np.log(q)))
    expected = np.sum(scipy.special.rel_entr(p, q))
    assert_within(kl_divergence(z, np.log(q)), expected, np.sum(row.p * units) + row.tiny)
    backwards = np.sum(scipy.special.rel_entr(q, p))
    if np.isfinite(backwards):  # p = 0 in double precision, though not in truth
        assert_within(kl_divergence(np.log(q), z), backwards, np.sum(q * units))


def test_cross_entropy_is_scikit_learns_log_loss():
    """log_loss averages, and sees rounded p: u per log, where no p is below its clipping at u."""
    z = np.array([logits(case, "float64") for case in ("ten",) * 3]) * [[1.0], [0.3], [-0.5]]
    labels = np.array([3, 0, 8])
    losses = cross_entropy(z, labels)
    expected = [
        log_loss([i], [p], labels=range(10)) for i, p in zip(labels, softmax(z), strict=True)
    ]
    assert_allclose(losses, expected, rtol=1e-13)
    assert_allclose(losses.mean(), log_loss(labels, softmax(z), labels=range(10)), rtol=1e-13)


@dtypes
@cases
def test_scikit_learns_softmax(dtype, case):
    z = logits(case, dtype)
    row = Row(z)
    expected = sklearn_softmax(z[np.newaxis], copy=True)
    assert_within(softmax(z[np.newaxis]), expected, row.rtol * row.p + row.tiny)

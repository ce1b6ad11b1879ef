"""Losses: every expected value is a definition at 700 digits, a closed form, or a peer's figure."""

import functools
import itertools
import math

import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mpmath import mp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import log_loss

from softmax_lib import log_softmax, softmax
from softmax_lib.losses import (
    cross_entropy,
    cross_entropy_grad,
    cross_entropy_with_grad,
    entropy,
    kl_divergence,
    one_hot,
)

INF, NAN = np.inf, np.nan
RELATIVE = {np.float64: 1e-13, np.float32: 1e-5}
logits = st.lists(st.floats(-350, 350), min_size=2, max_size=6)
temperatures = st.sampled_from([0.5, 1.0, 1.7, 30.0])


@pytest.fixture
def _numpy_raises():
    """No RuntimeWarning may leave the library, not even where NumPy is told to raise."""
    with np.errstate(all="raise"):
        yield


def exactly(z, temperature=1.0):
    """Return softmax(z / T) by its definition.

    700 digits, so that log p_y and p_y - 1 are right to more than 50 even where p_y is 1 - 1e-608,
    the most extreme of the cases below.
    """
    return _exactly(tuple(z), temperature)


@functools.lru_cache
def _exactly(z, temperature):
    mp.dps = 700
    weights = [mp.exp(mp.mpf(float(v)) / mp.mpf(float(temperature))) for v in z]
    total = mp.fsum(weights)
    return [w / total for w in weights]


def exact_cross_entropy(z, y, temperature=1.0):
    p = exactly(z, temperature)
    return float(-mp.fsum(mp.mpf(float(y_j)) * mp.log(p_j) for y_j, p_j in zip(y, p, strict=True)))


def exact_gradient(z, y, temperature=1.0):
    p = exactly(z, temperature)
    return [float((p_j - mp.mpf(float(y_j))) / temperature) for p_j, y_j in zip(p, y, strict=True)]


def exact_entropy(z, temperature=1.0):
    return float(-mp.fsum(p_j * mp.log(p_j) for p_j in exactly(z, temperature)))


def exact_kl(z_p, z_q):
    pairs = list(zip(exactly(z_p), exactly(z_q), strict=True))
    return float(mp.fsum(p_j * mp.log(p_j / q_j) for p_j, q_j in pairs))


# one_hot


def test_one_hot_is_the_identity_matrix_by_rows():
    assert_array_equal(one_hot([3, 0, 1], 4), np.eye(4)[[3, 0, 1]])


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int8, np.uint64])
def test_one_hot_takes_any_integers_and_any_shape(dtype):
    labels = np.array([[0, 1, 1], [1, 0, 1]], dtype=dtype)
    y = one_hot(labels, 3)
    assert y.shape == (2, 3, 3)
    assert y.dtype == np.float64
    assert_array_equal(np.argmax(y, axis=-1), labels)
    assert_array_equal(one_hot(2, 3), [0, 0, 1])
    assert one_hot([], 3).shape == (0, 3)
    assert_array_equal(one_hot(np.array([2, 0], object), 3), np.eye(3)[[2, 0]])


def test_one_hot_refuses_what_is_no_label():
    with pytest.raises(ValueError, match=r"class 3, out of range: 3 classes have indices 0 to 2"):
        one_hot([0, 3], 3)
    with pytest.raises(ValueError, match="class -1, out of range"):
        one_hot([0, -1], 3)
    with pytest.raises(ValueError, match="class 18446744073709551615, out of range"):
        one_hot(np.array([2**64 - 1], dtype=np.uint64), 3)
    with pytest.raises(ValueError, match=f"class {2**70}, out of range"):
        one_hot([0, 2**70], 3)
    with pytest.raises(TypeError, match="labels has dtype float64"):
        one_hot([1.0], 3)
    for label in (True, np.timedelta64(1), 1.0):
        with pytest.raises(TypeError, match="labels has dtype object"):
            one_hot(np.array([label], object), 3)
    assert_array_equal(one_hot(np.array([np.int64(1), 2], object), 3), [[0, 1, 0], [0, 0, 1]])
    for nothing in (np.zeros(0, complex), np.zeros(0, "m8[s]"), np.zeros(0, str)):
        with pytest.raises(TypeError, match=r"^labels has dtype .*must be integers"):
            one_hot(nothing, 3)
    with pytest.raises(TypeError, match="masked array"):
        one_hot(np.ma.array([1, 2], mask=[True, False]), 3)
    with pytest.raises(ValueError, match="num_classes must be at least 1, got 0"):
        one_hot([], 0)
    with pytest.raises(ValueError, match="num_classes must be from 1 to 9"):
        one_hot([0, 1], 2**63)  # more than an array may hold
    with pytest.raises(TypeError):
        one_hot([1], 3.0)


# Cross-entropy and its gradient: values


@pytest.mark.parametrize("bad", [2.0, True, "2", None, np.array([2, 3])])
def test_the_number_of_classes_is_a_whole_number(bad):
    with pytest.raises(TypeError, match=r"^num_classes must be a whole number, got"):
        one_hot([0], bad)


@pytest.mark.parametrize("call", [lambda y: one_hot(y, 3), lambda y: cross_entropy(np.eye(3), y)])
def test_labels_ragged_or_masked_are_refused_by_name(call):
    with pytest.raises(ValueError, match=r"^(labels|target) must be rectangular"):
        call([[0, 1], [2]])
    for masked in ([0, np.ma.masked, 1], [[np.ma.array([0, 1, 2], mask=[1, 0, 0])]]):
        with pytest.raises(TypeError, match=r"^(labels|target) is a masked array.*drop those rows"):
            call(masked)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("num_classes", [2, 10, 40])
@pytest.mark.parametrize("margin", [0, 1e-3, 1, 10, 17, 30, 37, 40, 80, 100, 500, 700])
@pytest.mark.parametrize("label", [0, 1])
def test_class_target_is_right_at_any_margin(dtype, num_classes, margin, label):
    # The definition at 700 digits. At margin 37 softmax(z)[0] - 1 has nothing left in float64.
    z = np.linspace(-1, 1, num_classes, dtype=dtype)
    z[0] = z[1:].max() + dtype(margin)
    y = one_hot(label, num_classes)
    loss, gradient = cross_entropy_with_grad(z, label)
    tolerance = {"rtol": RELATIVE[dtype], "atol": 2 * np.finfo(dtype).tiny}
    assert_allclose(loss, exact_cross_entropy(z, y), **tolerance)
    assert_allclose(gradient, exact_gradient(z, y), **tolerance)
    assert_allclose(cross_entropy(z, label), exact_cross_entropy(z, y), **tolerance)
    assert_array_equal(cross_entropy_grad(z, label), gradient)
    assert loss.dtype == gradient.dtype == dtype


@settings(max_examples=60)
@given(logits, temperatures, st.integers(0, 1))
def test_class_target_is_right_on_any_logits(z, temperature, label):
    loss, gradient = cross_entropy_with_grad(z, label, temperature=temperature)
    y = one_hot(label, len(z))
    tiny = 1e-305
    assert_allclose(loss, exact_cross_entropy(z, y, temperature), rtol=1e-13, atol=tiny)
    assert_allclose(gradient, exact_gradient(z, y, temperature), rtol=1e-13, atol=tiny)
    assert_allclose(loss, cross_entropy(z, label, temperature=temperature), rtol=1e-14, atol=tiny)


@settings(max_examples=60)
@given(logits, temperatures, st.data())
def test_distribution_target_is_right_on_any_logits(z, temperature, data):
    parts = np.array(data.draw(st.lists(st.integers(0, 9), min_size=len(z), max_size=len(z))))
    parts[-1] += 1
    y = parts / parts.sum()
    loss, gradient = cross_entropy_with_grad(z, y, temperature=temperature)
    expected = exact_cross_entropy(z, y, temperature)
    assert_allclose(loss, expected, rtol=1e-13, atol=1e-305)
    assert_allclose(cross_entropy(z, y, temperature=temperature), expected, rtol=1e-13, atol=1e-305)
    # A few ulp of the larger of p and y: no more can be said of a difference of rounded numbers.
    p = np.array([float(p_j) for p_j in exactly(z, temperature)])
    error = np.abs(gradient - exact_gradient(z, y, temperature)) * temperature
    assert (error <= 8 * np.finfo(np.float64).eps * np.maximum(p, y) + 1e-305).all()


def test_float32_logits_with_a_float64_distribution():
    rng = np.random.default_rng(0)
    z = rng.normal(scale=20, size=(20, 7)).astype(np.float32)
    y = rng.dirichlet(np.full(7, 0.3), size=20)
    loss, gradient = cross_entropy_with_grad(z, y)
    assert loss.dtype == gradient.dtype == np.float32
    expected = [exact_cross_entropy(*row) for row in zip(z, y, strict=True)]
    assert_allclose(loss, expected, rtol=1e-6)
    assert_allclose(cross_entropy(z, y), expected, rtol=1e-6)


def test_gradient_is_the_derivative_of_the_loss():
    # mpmath differentiates the definition of the loss numerically, at 700 digits.
    z, y, temperature = [1.3, -0.2, 0.7], [0.6, 0.3, 0.1], 1.7

    def loss(*point):
        log_sum = mp.log(mp.fsum(mp.exp(v / temperature) for v in point))
        return mp.fsum(y_j * (log_sum - v / temperature) for y_j, v in zip(y, point, strict=True))

    mp.dps = 60
    slopes = [mp.diff(loss, tuple(z), n=tuple(int(i == j) for j in range(3))) for i in range(3)]
    assert_allclose(
        cross_entropy_grad(z, y, temperature=temperature), [float(s) for s in slopes], rtol=1e-14
    )


def test_gradient_predicts_a_small_step():
    # The central difference of the library's own loss; its error is of the order step^2.
    rng = np.random.default_rng(1)
    z, labels, step = rng.normal(size=(4, 5)), np.array([0, 4, 2, 2]), 1e-5
    for direction in np.eye(5):
        up, down = (cross_entropy(z + s * step * direction, labels) for s in (1, -1))
        slope = cross_entropy_grad(z, labels) @ direction
        assert_allclose((up - down) / (2 * step), slope, atol=1e-9)


def test_a_million_classes():
    # Closed form: K - 1 logits of 0 and one of c, so p_y = e^c / (e^c + K - 1).
    num_classes, c = 10**6, 40.0
    z = np.zeros((2, num_classes))
    z[:, 7] = c
    mp.dps = 60
    others = float((num_classes - 1) / (mp.exp(c) + num_classes - 1))
    loss, gradient = cross_entropy_with_grad(z, [7, 7])
    assert_allclose(loss, float(mp.log1p((num_classes - 1) * mp.exp(-c))), rtol=1e-13)
    assert_allclose(gradient[:, 7], -others, rtol=1e-13)
    assert_allclose(gradient[:, 8], others / (num_classes - 1), rtol=1e-13)
    wide = np.asfortranarray(z.astype(np.float32))
    assert_allclose(cross_entropy_grad(wide, [7, 7])[:, 7], -others, rtol=1e-6)
    assert_allclose(entropy(np.zeros(num_classes)), np.log(num_classes), rtol=1e-14)
    assert_allclose(entropy(np.zeros((num_classes, 2)), axis=0), np.log(num_classes), rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("num_others", [1, 1000, 100_000])
def test_class_target_is_right_where_the_others_underflow(dtype, num_others):
    # Closed form: log(1 + n e^-g), though each e^-g is subnormal or 0.
    for gap in (-87.5, -100, -103.4) if dtype == np.float32 else (-710, -730, -744.6):
        z = np.append(np.zeros(1), np.full(num_others, gap)).astype(dtype)
        with mp.workdps(60):
            expected = mp.log1p(num_others * mp.exp(mp.mpf(float(z[1]))))
            smallest = float(np.finfo(dtype).smallest_subnormal)
            for loss in (cross_entropy(z, 0), cross_entropy_with_grad(z, 0)[0]):
                off = abs(mp.mpf(float(loss)) - expected)
                assert off <= max(expected * (1e-5 if dtype == np.float32 else 1e-13), smallest)


def test_a_loss_of_many_small_terms_keeps_its_digits():
    # Each e^-718 is subnormal, and 1e5 of them together are not.
    z = np.concatenate([[0.0], np.full(100_000, -718.0)])
    assert_allclose(cross_entropy_with_grad(z, 0)[0], float(100_000 * mp.exp(-718)), rtol=1e-13)


def test_long_distributions_in_single_precision_are_summed_in_double():
    # A loss with a million terms of 7e-6, and one with a thousand, each below the normal numbers
    z, y = np.zeros(10**6, np.float32), np.full(10**6, 1e-6, np.float32)
    z[0] = 7
    double = cross_entropy(z.astype(float), y.astype(float))
    for loss in (cross_entropy(z, y), cross_entropy_with_grad(z, y)[0]):
        assert_allclose(loss, double, rtol=1e-6)
    z, y = (np.append(first, np.full(1000, rest)) for first, rest in ((0, -103.4), (1, 1.4e-45)))
    z, y = z.astype(np.float32), y.astype(np.float32)
    with mp.workdps(60):
        rest, faint = mp.mpf(float(-z[1])), mp.mpf(float(y[1]))
        expected = 1000 * (faint * rest + mp.exp(-rest))
    for loss in (cross_entropy(z, y), cross_entropy_with_grad(z, y)[0]):
        assert abs(mp.mpf(float(loss)) - expected) <= 1e-5 * expected


def test_agrees_with_scikit_learn():
    # sklearn.metrics.log_loss takes probabilities and returns the mean over the samples.
    rng = np.random.default_rng(2)
    z, labels = rng.normal(size=(50, 4)), rng.integers(4, size=50)
    ours = cross_entropy(z, labels).mean()
    assert_allclose(ours, log_loss(labels, softmax(z), labels=range(4)), rtol=1e-14)


def test_single_precision_is_summed_in_double():
    # Within 2 u: p and its logarithm are float32, as is the result; a float32 sum would add 1 u.
    rng = np.random.default_rng(13)
    z = rng.normal(scale=2, size=(8, 100)).astype(np.float32)
    y = rng.dirichlet(np.full(100, 0.3), size=8).astype(np.float32)
    expected = [exact_cross_entropy(*row) for row in zip(z, y, strict=True)]
    assert_allclose(cross_entropy(z, y), expected, rtol=2.0**-23)
    assert_allclose(cross_entropy_with_grad(z, y)[0], expected, rtol=2.0**-23)
    assert_allclose(entropy(z), [exact_entropy(row) for row in z], rtol=2.0**-23)


@pytest.mark.parametrize("function", [cross_entropy, cross_entropy_grad])
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int8, np.uint64])
def test_labels_may_be_any_integers(function, dtype):
    z, labels = np.arange(6.0).reshape(2, 3) ** 2, np.array([1, 0])
    assert_array_equal(function(z, labels.astype(dtype)), function(z, labels))
    assert function(np.zeros((0, 3)), []).shape == function(np.zeros((0, 3)), labels[:0]).shape


# Cross-entropy and its gradient: properties


@settings(max_examples=50)
@given(logits, temperatures, st.floats(-300, 300))
def test_gradient_sums_to_zero_and_a_shift_changes_nothing(z, temperature, shift):
    gradient = cross_entropy_grad(z, 0, temperature=temperature)
    assert abs(gradient.sum()) <= 8 * np.finfo(float).eps * np.abs(gradient).max()
    shifted = cross_entropy_grad(np.array(z) + shift, 0, temperature=temperature)
    # z + shift is rounded, by up to 650 ulp of 1: the tolerance is that rounding's.
    assert_allclose(shifted, gradient, rtol=1e-12 / temperature + 1e-12, atol=1e-300)


@settings(max_examples=50)
@given(logits, st.randoms(use_true_random=False))
def test_classes_have_no_order(z, random):
    order = random.sample(range(len(z)), len(z))
    z, permuted = np.array(z), np.array(z)[order]
    label = order.index(0)
    loss, gradient = cross_entropy_with_grad(permuted, label)
    assert_allclose(loss, cross_entropy(z, 0), rtol=1e-14, atol=1e-305)
    assert_allclose(gradient, cross_entropy_grad(z, 0)[order], rtol=1e-14, atol=1e-305)


def test_cross_entropy_is_linear_in_the_target():
    # So a class index is a one-hot distribution, and the mean over labels a mixture.
    rng = np.random.default_rng(3)
    z = rng.normal(size=(6, 3))
    by_class = np.stack([cross_entropy(z, np.full(6, k)) for k in range(3)])
    assert_allclose(
        cross_entropy(z, one_hot(np.arange(6) % 3, 3)), by_class[np.arange(6) % 3, range(6)]
    )
    y = rng.dirichlet(np.ones(3), size=6)
    assert_allclose(cross_entropy(z, y), (y.T * by_class).sum(axis=0), rtol=1e-14)


def test_cross_entropy_is_entropy_plus_relative_entropy():
    # H(y, p) = H(y) + KL(y || p), with y given by logits of its own.
    rng = np.random.default_rng(4)
    z_y, z = rng.normal(size=(2, 8, 5))
    total = entropy(z_y) + kl_divergence(z_y, z)
    assert_allclose(cross_entropy(z, softmax(z_y)), total, rtol=1e-13)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,), (2, 0, 3)])
def test_batch_axes(shape):
    # Row by row is the meaning of a batch.
    rng = np.random.default_rng(5)
    z, labels = rng.normal(size=(*shape, 4)), rng.integers(4, size=shape)
    y = rng.dirichlet(np.ones(4), size=shape)
    for target in (labels, y):
        loss, gradient = cross_entropy_with_grad(z, target)
        assert np.shape(loss) == shape
        for one in (loss, cross_entropy(z, target), entropy(z), kl_divergence(z, z)):
            assert isinstance(one, np.ndarray) == bool(shape)  # a single value is a scalar
        assert gradient.shape == (*shape, 4)
        for i in np.ndindex(shape):
            row_loss, row_gradient = cross_entropy_with_grad(z[i], target[i])
            assert_allclose(np.asarray(loss)[i], row_loss, rtol=1e-15)
            assert_allclose(gradient[i], row_gradient, rtol=1e-15)


def test_memory_order_does_not_matter_and_arguments_are_left_alone():
    rng = np.random.default_rng(6)
    z, labels = rng.normal(size=(5, 7, 40)), rng.integers(40, size=(5, 7))
    kept = z.copy()
    for view in (np.asfortranarray(z), np.ascontiguousarray(z[..., ::-1])[..., ::-1]):
        for ours, theirs in zip(
            cross_entropy_with_grad(view, labels), cross_entropy_with_grad(z, labels), strict=True
        ):
            assert_allclose(ours, theirs, rtol=1e-14)
    y = softmax(kept)
    cross_entropy_with_grad(z, y)
    assert_array_equal(z, kept)
    assert_array_equal(y, softmax(kept))


# Temperature


def test_temperature_divides_the_logits():
    z = np.array([[4.0, -2.0, 6.0]])
    assert_array_equal(cross_entropy(z, [1], temperature=2), cross_entropy(z / 2, [1]))
    assert_array_equal(
        cross_entropy_grad(z, [1], temperature=2), cross_entropy_grad(z / 2, [1]) / 2
    )


def test_gradient_shrinks_like_one_over_t_but_in_distillation_like_its_square():
    # Hinton, Vinyals and Dean 2015, section 2: for T large and both sets of logits centred,
    # the gradient tends to (z - v) / (K T^2) where the target is softmax(v / T).
    z, v = np.array([1.0, -2.0, 1.0]), np.array([0.5, 0.5, -1.0])
    hot = 1e4
    softened = cross_entropy_grad(z, softmax(v, temperature=hot), temperature=hot)
    assert_allclose(softened * hot**2, (z - v) / 3, rtol=1e-3)
    fixed = cross_entropy_grad(z, 0, temperature=hot)
    assert_allclose(fixed * hot, [1 / 3 - 1, 1 / 3, 1 / 3], rtol=1e-3)


@pytest.mark.parametrize("target", [1, [0.2, 0.5, 0.3]])
def test_infinite_temperature_is_uniform(target):
    loss, gradient = cross_entropy_with_grad([5.0, -7.0, 0.0], target, temperature=INF)
    assert_allclose(loss, np.log(3), rtol=1e-15)
    assert_allclose(cross_entropy([5.0, -7.0, 0.0], target, temperature=INF), loss, rtol=1e-15)
    assert_array_equal(gradient, [0, 0, 0])
    assert_allclose(entropy([5.0, -7.0, 0.0], temperature=INF), np.log(3), rtol=1e-15)
    assert_allclose(entropy([5.0, -7.0, -INF], temperature=INF), np.log(2), rtol=1e-15)


def test_extreme_temperatures():
    # At T = 1e308 the logits are (1, -1): p = 1 / (1 + e^-2), although the spread overflows.
    p = 1 / (1 + np.exp(-2.0))
    z = np.array([1e308, -1e308])
    for target in (0, [1.0, 0.0]):
        loss, gradient = cross_entropy_with_grad(z, target, temperature=1e308)
        assert_allclose(loss, -np.log(p), rtol=1e-14)
        assert_allclose(gradient, np.array([p - 1, 1 - p]) / 1e308, rtol=1e-13)
    assert_allclose(entropy(z, temperature=1e308), exact_entropy([1, -1]), rtol=1e-14)
    # Towards 0 the losers' probabilities vanish, and ties share.
    assert_array_equal(cross_entropy([1.0, 0.0], [0.5, 0.5], temperature=5e-324), INF)
    assert_array_equal(cross_entropy([1.0, 0.0], 0, temperature=5e-324), 0)
    assert_allclose(entropy([1.0, 1.0, 0.0], temperature=5e-324), np.log(2), rtol=1e-15)
    # T is no float32, but it is a T.
    small = np.float32([1e-42, 0.0])
    gradient = cross_entropy_grad(small, 0, temperature=float(small[0]) * 1e-7)
    assert_array_equal(gradient, [0, 0])


@pytest.mark.parametrize("temperature", [0, 0.0, -1, NAN, -INF])
def test_temperature_must_be_above_zero(temperature):
    for function in (cross_entropy, cross_entropy_grad, cross_entropy_with_grad):
        with pytest.raises(ValueError, match=r"temperature must be above 0.*hardmax"):
            function([1.0, 2.0], 0, temperature=temperature)
    with pytest.raises(ValueError, match=r"temperature must be above 0.*hardmax"):
        entropy([1.0, 2.0], temperature=temperature)


# What they do with each input

ON_LOGITS = {
    "class": lambda z, **how: cross_entropy(z, np.zeros(np.shape(z)[:-1], int), **how),
    "distribution": lambda z, **how: cross_entropy(z, uniform(z), **how),
    "class gradient": lambda z: cross_entropy_grad(z, np.zeros(np.shape(z)[:-1], int)),
    "distribution gradient": lambda z: cross_entropy_grad(z, uniform(z)),
    "class loss of two": lambda z: cross_entropy_with_grad(z, np.zeros(np.shape(z)[:-1], int))[0],
    "distribution loss of two": lambda z: cross_entropy_with_grad(z, uniform(z))[0],
    "gradient of two": lambda z: cross_entropy_with_grad(z, uniform(z))[1],
    "entropy": entropy,
    "kl first": lambda z: kl_divergence(z, np.zeros(np.shape(z))),
    "kl second": lambda z: kl_divergence(np.zeros(np.shape(z)), z),
}
every_function = pytest.mark.parametrize("function", ON_LOGITS.values(), ids=ON_LOGITS)


def uniform(z):
    return np.full(np.shape(z), 1 / max([1, *np.shape(z)[-1:]]))


@every_function
@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.int64, np.uint64])
def test_integers_are_computed_in_float64(function, dtype):
    z = np.array([[0, 1, 1], [1, 0, 0]], dtype=dtype)
    result = function(z)
    assert result.dtype == np.float64
    assert_array_equal(result, function(z.astype(np.float64)))


@every_function
def test_unsigned_logits_do_not_wrap(function):
    assert_array_equal(function(np.array([1, 2, 250], np.uint8)), function([1.0, 2.0, 250.0]))
    assert_array_equal(function(np.array([-128, 127], np.int8)), function([-128.0, 127.0]))


@pytest.mark.parametrize("name", [name for name in ON_LOGITS if not name.startswith("kl")])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_a_float_keeps_its_type_and_half_precision_is_computed_in_single(name, dtype):
    function = ON_LOGITS[name]
    z = np.random.default_rng(7).normal(size=(3, 3000)).astype(dtype)  # half would stick at 2048
    result = function(z)
    assert result.dtype == dtype
    expected = function(z.astype(np.float64)).astype(dtype)
    info = np.finfo(dtype)
    nearly_cancelled = max(info.smallest_subnormal, 2 * info.eps * 0.01)  # p - y, of p up to 0.01
    assert_allclose(result, expected, rtol=2 * info.eps, atol=nearly_cancelled)


def test_kl_divergence_returns_the_wider_type():
    half, single, double = (np.zeros(3, dtype) for dtype in ("f2", "f4", "f8"))
    assert kl_divergence(half, half).dtype == np.float16
    assert kl_divergence(half, single).dtype == np.float32
    assert kl_divergence(double, single).dtype == np.float64


@every_function
@pytest.mark.parametrize("z", [np.array([1j, 2]), np.array(["a", "b"]), np.array([None, 1.0])])
def test_what_is_no_real_number_is_refused(function, z):
    with pytest.raises(TypeError, match=f"dtype {z.dtype}"):
        function(z)


@every_function
@pytest.mark.parametrize("shape", [(0,), (3, 0)])
def test_no_classes_is_an_error(function, shape):
    with pytest.raises(ValueError, match="empty along axis"):
        function(np.zeros(shape))


@every_function
def test_a_scalar_has_no_axis_of_classes(function):
    with pytest.raises(ValueError, match="axis"):
        function(3.0)


@every_function
def test_a_bad_row_is_nan_and_leaves_the_others_alone(function):
    good = np.array([[1.0, 2.0, -3.0], [0.0, 0.5, 0.25]])
    nowhere = [[NAN, 1.0, 2.0], [-INF, -INF, -INF], [INF, INF, 0.0], [NAN, INF, -INF]]
    result = function(np.vstack([good[:1], nowhere, good[1:]]))
    assert_allclose(result[[0, 5]], function(good), rtol=1e-14, atol=1e-16)
    assert np.isnan(result[1:5]).all()


def test_an_infinite_loss_is_one_at_an_infinite_temperature_too():
    # p is (1, 0): an infinite gap is one at every temperature.
    for z in ([INF, 0.0], [0.0, -INF]):
        assert cross_entropy(z, [0.5, 0.5], temperature=INF) == INF
        assert cross_entropy_with_grad(z, [0.5, 0.5], temperature=INF)[0] == INF


def test_a_logit_of_minus_infinity_has_probability_zero():
    z = [[0.0, 0.0, -INF]] * 3
    for loss in (cross_entropy(z, [0, 1, 2]), cross_entropy_with_grad(z, [0, 1, 2])[0]):
        assert_allclose(loss, [np.log(2), np.log(2), INF], rtol=1e-15)
    assert_array_equal(cross_entropy_grad(z[0], 0), [-0.5, 0.5, 0])
    assert_array_equal(cross_entropy_grad(z[0], 2), [0.5, 0.5, -1])
    y = [[0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [0.0, 0.5, 0.5]]
    for loss in (cross_entropy(z, y), cross_entropy_with_grad(z, y)[0]):
        assert_allclose(loss, [np.log(2), np.log(2), INF], rtol=1e-15)  # 0 log 0 counts 0
    assert_allclose(entropy(z), np.log(2), rtol=1e-15)


def test_a_distribution_may_be_rounded_to_float16_beside_an_infinite_logit():
    y = np.float16([0.7, 0.2, 0.0991, 0])  # its sum is 0.9991
    z = [2, 1, 0.5, -INF]
    truth = exact_cross_entropy(z[:3], y[:3])
    for loss in (cross_entropy(z, y), cross_entropy_with_grad(z, y)[0]):
        assert_allclose(loss, truth, rtol=1e-14)


def test_one_infinite_logit_is_certainty():
    z = [[0.0, INF, 1e300]] * 2
    for target in ([1, 0], [[0.0, 1.0, 0.0], [0.5, 0.5, 0.0]]):
        loss, gradient = cross_entropy_with_grad(z, target)
        assert_array_equal(loss, [0, INF])
        assert_array_equal(cross_entropy(z, target), [0, INF])
        assert not np.signbit(loss[0])
        assert_array_equal(gradient[0], [0, 0, 0])
        assert_array_equal(cross_entropy([0.0, INF], [0.0, 1.0], temperature=INF), 0)
    assert_array_equal(entropy(z), [0, 0])


def test_what_is_zero_is_not_minus_zero():
    for loss in (
        cross_entropy([0.0, -1e5], 0),
        cross_entropy([0.0, -1e5], [1.0, 0.0]),
        cross_entropy_with_grad([0.0, -1e5], 0)[0],
        cross_entropy_with_grad([0.0, -1e5], [1.0, 0.0])[0],
        entropy([3.0]),
        kl_divergence([1.0, 2.0], [1.0, 2.0]),
    ):
        assert loss == 0
        assert not np.signbit(loss)
    for gradient in (
        cross_entropy_grad([0.0, -1e5], 0),
        cross_entropy_with_grad([0.0, -1e5], 0)[1],
    ):
        assert_array_equal(gradient, [0, 0])
        assert not np.signbit(gradient).any()


def test_the_true_class_may_be_hopeless():
    # p_y underflows, but the loss is the margin, 1e5 / 2 at T = 2, plus log(1 + e^-50000).
    for target in (1, [0.0, 1.0]):
        assert cross_entropy([1e5, 0.0], target, temperature=2) == 5e4
        assert cross_entropy_with_grad([1e5, 0.0], target, temperature=2)[0] == 5e4
    assert cross_entropy_with_grad(np.float32([100, 0]), 1)[0] == 100  # e^-100 is 0 in float32


def test_a_loss_is_finite_though_a_logarithm_or_a_spread_is_not():
    # ln p of the second class is -6e38, 4 times -8.5e307, or -3.4e308/0.25: the loss is y_2 of it.
    for z, temperature, y_2, expected in (
        (np.float32([3e38, -3e38]), 1.0, 0.1, 0.1 * 2 * float(np.float32(3e38))),
        (np.array([1.7e308, -1.7e308]), 1.0, 0.25, 8.5e307),
        (np.array([1.7e308, -1.7e308]), 0.25, 0.0625, 8.5e307),
    ):
        y = np.array([1 - y_2, y_2])
        for loss in (
            cross_entropy(z, y, temperature=temperature),
            cross_entropy_with_grad(z, y, temperature=temperature)[0],
        ):
            assert_allclose(loss, expected, rtol=1e-14 if z.dtype == np.float64 else 1e-6)


@pytest.mark.parametrize("temperature", [1e-5, 0.01, 0.5])
@pytest.mark.parametrize("gap", [60, 90, 95, 100])
def test_a_small_temperature_lifts_what_float32_would_lose(gap, temperature):
    """e^-100 is subnormal in float32, and e^-90 at T = 1e-5 is an ordinary number over T."""
    z = np.float32([0, -gap * temperature])
    truth = float(exactly(z, temperature)[1]) / temperature
    step = float(np.finfo(np.float32).smallest_subnormal)
    for grad in (
        cross_entropy_grad(z, 0, temperature=temperature),
        cross_entropy_with_grad(z, 0, temperature=temperature)[1],
    ):
        assert grad.dtype == np.float32
        assert_allclose(grad, [-truth, truth], rtol=1e-6, atol=step)


def test_logits_and_a_temperature_may_be_the_smallest_there_are():
    # (z_1 - z_2)/T = 4, so that the loss of (0.7, 0.3) is 1.2 + ln(1 + e^-4).
    z = np.array([2e-323, 0.0])
    single = cross_entropy(np.float32([1e-20, 0]), np.float32([1, 1e-5]), temperature=1e-60)
    assert_allclose(single, 1e35, rtol=1e-6)  # 1e-60 is no float32, but it is a T
    loss, _ = cross_entropy_with_grad(z, [0.7, 0.3], temperature=5e-324)
    assert_allclose(loss, 1.2 + np.log1p(np.exp(-4.0)), rtol=1e-14)
    assert_allclose(cross_entropy(z, [0.7, 0.3], temperature=5e-324), loss, rtol=1e-14)


# Errors that name what is wrong


@pytest.mark.parametrize("function", [cross_entropy, cross_entropy_grad, cross_entropy_with_grad])
def test_errors_about_targets(function):
    z = np.zeros((2, 3))
    both = (
        r"target has shape \(3,\), but z of shape \(2, 3\) goes with class indices "
        r"of shape \(2,\) or distributions of shape \(2, 3\)$"
    )
    with pytest.raises(ValueError, match=both):
        function(z, [0, 1, 2])
    with pytest.raises(ValueError, match=r"target has shape \(2, 2\), but z of shape \(2, 3\)"):
        function(z, [[0.5, 0.5], [1.0, 0.0]])
    with pytest.raises(ValueError, match="class 3, out of range: 3 classes have indices 0 to 2"):
        function(z, [0, 3])
    with pytest.raises(ValueError, match="class -100, out of range"):
        function(z, [0, -100])
    with pytest.raises(
        ValueError, match=r"^z is a single number, 3\.0, and has no axis of classes$"
    ):
        function(3, 0)
    with pytest.raises(TypeError, match="target has dtype float64: class indices must be integers"):
        function(z, [0.0, 1.0])
    with pytest.raises(ValueError, match=r"target holds -0\.5, which is no probability"):
        function(z, [[1.0, 0.5, -0.5], [1.0, 0.0, 0.0]])
    with pytest.raises(ValueError, match="target holds -1e-10, which is no probability"):
        function(z, [[1.0, 1e-10, -1e-10], [1.0, 0.0, 0.0]])
    with pytest.raises(ValueError, match="target holds nan"):
        function(z, [[1.0, 0.0, 0.0], [NAN, 0.5, 0.5]])
    with pytest.raises(ValueError, match="target holds inf"):
        function(z, [[1.0, 0.0, 0.0], [INF, 0.5, 0.5]])
    with pytest.raises(ValueError, match=r"target holds a row with sum 1\.5"):
        function(z, [[1.0, 0.0, 0.0], [0.5, 0.5, 0.5]])
    with pytest.raises(TypeError, match="target has dtype complex128"):
        function(z, np.ones((2, 3)) * 1j)
    # What holds no number is told that, and not that its shape is wrong.
    for target in (None, [None, 1], [None, 1, 2, 3]):
        with pytest.raises(TypeError, match="target has dtype object, with None in it: "):
            function(z, target)


def test_a_whole_number_of_probability_is_a_distribution():
    # The number of dimensions tells indices from distributions, so integers serve for both.
    assert_array_equal(cross_entropy([[0.0, 1.0]], [[0, 1]]), cross_entropy([[0.0, 1.0]], [1]))


def test_a_distribution_may_be_rounded_but_not_wrong():
    # The tolerance of numpy.random.Generator.choice: the square root of the dtype's epsilon.
    for dtype in (np.float16, np.float32, np.float64):
        step = np.sqrt(np.finfo(dtype).eps)
        z = np.zeros(2)
        cross_entropy(z, np.array([0.5, 0.5 + step / 2], dtype))
        with pytest.raises(ValueError, match="a row with sum"):
            cross_entropy(z, np.array([0.5, 0.5 + step * 2], dtype))
        with pytest.raises(ValueError, match="a row with sum"):
            cross_entropy(z, np.array([0.5, 0.5 - step * 2], dtype))
    # Softmax's own output is accepted: in half 1 / 2,000,000 is rounded by 5 %, to 8 of its steps.
    many = softmax(np.zeros(2_000_000, np.float16))
    assert_allclose(
        cross_entropy(np.zeros(2_000_000), many), float(many[0]) * 2e6 * np.log(2e6), rtol=1e-3
    )


def test_a_distribution_is_taken_as_it_is():
    # With a sum of 1 + 2^-30, within the tolerance, the loss is that much more than ln 2.
    y = np.array([0.5, 0.5 + 2.0**-30])
    for loss in (cross_entropy([3.0, 3.0], y), cross_entropy_with_grad([3.0, 3.0], y)[0]):
        assert_allclose(loss, (1 + 2.0**-30) * np.log(2), rtol=1e-14)


def test_shapes_of_kl_divergence_must_agree():
    with pytest.raises(ValueError, match=r"z_p has shape \(3,\), but z_q has shape \(2, 3\)"):
        kl_divergence(np.zeros(3), np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"z_p has shape \(3, 2\), but z_q has shape \(2, 3\)"):
        kl_divergence(np.zeros((3, 2)), np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"z_p has shape \(1, 2\), but z_q has shape \(2,\)"):
        kl_divergence([[1, 2]], [1, 2], axis=1)
    with pytest.raises(TypeError, match="z_q has dtype complex128"):
        kl_divergence([0, 0], [1j, 0])


@pytest.mark.parametrize("function", [entropy, lambda z, axis: kl_divergence(z, z, axis)])
def test_errors_about_axes(function):
    with pytest.raises(ValueError, match="out of bounds"):
        function(np.zeros((2, 3)), axis=2)
    with pytest.raises(TypeError, match="axis must be an int, a tuple of ints or None"):
        function(np.zeros((2, 3)), axis="classes")


# Figures that the book states


def test_softmax_applied_twice_has_a_floor():
    # The logits of a perfect prediction are then (1, 0, ..., 0): the loss is ln(e + K - 1) - 1.
    floors = {2: 0.31326, 3: 0.55144, 4: 0.74367, 10: 1.46115, 1000: 5.90947}
    for num_classes, floor in floors.items():
        loss = cross_entropy(one_hot(0, num_classes), 0)
        assert_allclose(loss, np.log(np.e + num_classes - 1) - 1, rtol=1e-14)
        assert_allclose(loss, floor, atol=5e-6)


@pytest.mark.parametrize(("num_classes", "gap"), [(10, 4.510860), (1000, 9.105091)])
def test_label_smoothing_wants_a_finite_gap(num_classes, gap):
    # The best p is the target itself, so the gap is the logarithm of the ratio of its entries.
    smooth = 0.9 * one_hot(0, num_classes) + 0.1 / num_classes
    best = np.log(smooth[0] / smooth[1])
    assert_allclose(best, gap, atol=5e-7)
    assert np.abs(cross_entropy_grad(best * one_hot(0, num_classes), smooth)).max() < 1e-15
    beside = [cross_entropy((best + s) * one_hot(0, num_classes), smooth) for s in (-0.1, 0, 0.1)]
    assert beside[1] == min(beside)


SLIDER = {  # mpmath at 50 digits; T = 0.01 needs 90, as p_1 is 1 - 3.7e-44
    0.01: 3.757276736e-42,
    0.1: 0.0004994208705,
    0.25: 0.09311297518,
    0.5: 0.4554286229,
    1: 0.947536964,
    2: 1.245050427,
    5: 1.361712258,
    10: 1.380070811,
    100: 1.386231864,
}


@pytest.mark.parametrize(("temperature", "expected"), SLIDER.items())
def test_entropy_of_the_slider(temperature, expected):
    z = [2.0, 1.0, 0.0, -1.0]
    assert_allclose(entropy(z, temperature=temperature), expected, rtol=5e-10)  # ten digits
    assert_allclose(entropy(z, temperature=temperature), exact_entropy(z, temperature), rtol=1e-13)


# Entropy


@settings(max_examples=60)
@given(logits, temperatures)
@example([1e-9, 0.0, -1e-9], 1.0)
@example([700.0, 0.0, 0.0], 1.0)
def test_entropy_is_right_from_certainty_to_uniform(z, temperature):
    ours = entropy(z, temperature=temperature)
    assert_allclose(ours, exact_entropy(z, temperature), rtol=1e-13, atol=1e-300)
    assert 0 <= ours <= np.log(len(z)) * (1 + 1e-15)


@pytest.mark.parametrize(
    ("dtype", "z", "temperature"),
    [
        (np.float32, [2, 1, 0, -1], 0.01),
        (np.float32, [2, 1, 0, -1], 0.0095),
        *[(np.float32, [0, -gap], 1) for gap in (88, 92, 95, 103.5, 104.5)],
        *[(np.float64, [0, -gap], 1) for gap in (708.5, 715, 722, 729, 735, 742.3, 745.3, 747)],
    ],
)
def test_entropy_is_right_where_a_probability_is_subnormal(dtype, z, temperature):
    """-p log p is hundreds of times as large as p, and so may have digits that p has lost."""
    z = np.array(z, dtype)
    exact = exact_entropy(z, temperature)
    step = float(np.finfo(dtype).smallest_subnormal)
    off = abs(float(entropy(z, temperature=temperature)) - exact)
    assert off <= 2 * step + exact * RELATIVE[dtype]


@settings(max_examples=40)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=6))
def test_entropy_never_falls_as_temperature_rises(z):
    # dH/dT = Var_p(z) / T^3 >= 0.
    entropies = np.array([entropy(z, temperature=t) for t in (0.3, 0.7, 1, 2, 8, 100)])
    assert (np.diff(entropies) >= -1e-15).all()


def test_entropy_slope_is_variance_over_temperature_cubed():
    z, temperature, step = np.array([1.0, -0.5, 0.25]), 0.8, 1e-5
    up, down = (entropy(z, temperature=temperature + s * step) for s in (1, -1))
    p = softmax(z, temperature=temperature)
    variance = p @ z**2 - (p @ z) ** 2
    assert_allclose((up - down) / (2 * step), variance / temperature**3, rtol=1e-8)


def test_entropy_agrees_with_scipy():
    z = np.random.default_rng(8).normal(size=(4, 5, 6))
    for axis in (0, 1, -1):
        assert_allclose(
            entropy(z, axis), scipy.stats.entropy(softmax(z, axis), axis=axis), rtol=1e-13
        )


def test_entropy_in_float32_where_p_rounds_to_one_hot():
    z = np.float32([20, 0, -3])
    assert_allclose(entropy(z), exact_entropy(z), rtol=1e-6)


# Relative entropy

KL_PAIRS = {
    "apart": ([0.3, -1.0, 2.0], [2.0, 0.0, 0.1]),
    "close": ([0.3, -1.0, 2.0], [0.3, -1.0 + 2**-30, 2.0]),
    "apart and shifted": ([0.3, -1.0, 2.0], [1e6 + 2.0, 1e6, 1e6 + 0.1]),
    "one ulp": ([0.3, -1.0, 2.0], [0.3, np.nextafter(-1.0, 0), 2.0]),
    "close and shifted": ([0.3, -1.0, 2.0], [1024.3, 1023.0 + 2**-30, 1026.0]),
    "almost certain": ([300.0, 0.0, 1.0], [299.0, 0.0, 1.0]),
    "almost certain of another": ([300.0, 0.0, 1.0], [0.0, 300.0, 1.0]),
    "close but for one that hardly counts": ([0.3, -1.0, -80.0], [0.3, -1.0 + 2**-30, 3.0 - 80.0]),
    "vanishing for p": ([0.0, -700.0, 0.5], [0.0, 1.0, 0.5]),
    "vanishing for q": ([0.0, 1.0, 0.5], [0.0, -5000.0, 0.5]),
}


@pytest.mark.parametrize(("z_p", "z_q"), KL_PAIRS.values(), ids=KL_PAIRS)
def test_kl_divergence_is_right(z_p, z_q):
    # The definition at 700 digits.
    assert_allclose(kl_divergence(z_p, z_q), exact_kl(z_p, z_q), rtol=1e-13)
    single = np.float32(z_p), np.float32(z_q)
    if exact_kl(*single) > 1e-37:
        assert_allclose(kl_divergence(*single), exact_kl(*single), rtol=1e-6)


@pytest.mark.parametrize("far", [-INF, -1e200, -1.7e308, np.finfo(float).min])
def test_kl_divergence_is_right_beside_a_class_that_counts_nothing(far):
    z_p, z_q = KL_PAIRS["close"]
    assert_allclose(kl_divergence([*z_p, far], [*z_q, far]), exact_kl(z_p, z_q), rtol=1e-13)
    nearly = [0.3, 0.1, np.nextafter(0.7, 1)]  # a mask must not cost the digits of a difference
    truth = exact_kl([0.3, 0.1, 0.7], nearly)
    assert_allclose(kl_divergence([0.3, 0.1, 0.7, far], [*nearly, far]), truth, rtol=1e-13)


@pytest.mark.parametrize(
    ("z_p", "z_q"),
    [([0, -800], [0, -1e300]), ([0, -740], [0, -1e300]), ([3, 0, -790], [2, -1e308, 1e307])],
)
def test_kl_divergence_is_right_where_p_underflows_and_its_product_does_not(z_p, z_q):
    with mp.workdps(400):
        log_p, log_q = ([v - mp.log(mp.fsum(map(mp.exp, z))) for v in z]
                        for z in ([mp.mpf(v) for v in z] for z in (z_p, z_q)))  # fmt: skip
        pairs = zip(log_p, log_q, strict=True)
        truth = float(mp.fsum(mp.exp(a) * (a - b) for a, b in pairs))
    assert_allclose(kl_divergence(z_p, z_q), truth, rtol=1e-12)


LARGEST = np.finfo(float).max


@pytest.mark.parametrize(
    ("z_p", "z_q", "truth"),
    [
        ([0, 0], [1e308, -1e308], 1e308),  # half of the gap
        (
            [2, 1, 0],
            [1e300, 1, -LARGEST],
            (LARGEST * 1e-300 + 1 + math.e) / (1 + math.e + math.e**2) * 1e300,
        ),
        ([0, -740], [1e308, -1e308], 2 * math.exp(308 * math.log(10) - 740)),
        ([0, -800], [1e308, -1e308], 2 * math.exp(308 * math.log(10) - 800)),
        ([0, -720], [0, -1e300], math.exp(300 * math.log(10) - 720)),
        ([1e308, -1e308], [0, -1e308], 0),  # e^-2e308 times 1e308
        ([1e308, -1e308], [0, -INF], INF),  # and times infinity
        ([0, -INF], [0, -1e308], 0),
        ([INF, 0], [0, -INF], 0),
    ],
)
def test_kl_divergence_is_right_where_a_logarithm_overflows(z_p, z_q, truth):
    assert_allclose(kl_divergence(z_p, z_q), truth, rtol=1e-12)


@settings(max_examples=60)
@given(logits, st.integers(1, 16), st.data())
def test_kl_divergence_is_right_however_close(z_p, digits, data):
    steps = data.draw(st.lists(st.floats(-1, 1), min_size=len(z_p), max_size=len(z_p)))
    z_q = np.array(z_p) + 10.0**-digits * np.array(steps)
    ours = kl_divergence(z_p, z_q)
    assert ours >= 0
    assert_allclose(ours, exact_kl(z_p, z_q), rtol=1e-12, atol=1e-300)


@settings(max_examples=40)
@given(logits, st.integers(-1000, 1000))
def test_kl_divergence_of_equals_is_zero(z, shift):
    assert kl_divergence(z, z) == 0
    # A shift of the logits leaves p alone, but z + shift is rounded: by d <= 1350 u, so that the
    # divergence is at most d^2 / 2.
    assert kl_divergence(z, np.array(z) + shift) <= (1350 * 2.0**-53) ** 2


def test_kl_divergence_agrees_with_scipy():
    z_p, z_q = np.random.default_rng(9).normal(size=(2, 4, 5))
    p, q = softmax(z_p), softmax(z_q)
    assert_allclose(kl_divergence(z_p, z_q), scipy.special.rel_entr(p, q).sum(-1), rtol=1e-13)
    assert_allclose(kl_divergence(z_p, z_q), scipy.stats.entropy(p, q, axis=-1), rtol=1e-13)


def test_kl_divergence_from_uniform_is_what_entropy_lacks():
    # KL(p || uniform) = ln K - H(p).
    z = np.random.default_rng(10).normal(size=(6, 5))
    assert_allclose(kl_divergence(z, np.zeros((6, 5))), np.log(5) - entropy(z), rtol=1e-12)


@pytest.mark.parametrize(
    ("z_p", "z_q", "expected"),
    [
        ([0, -INF], [0, -INF], 0),  # a class that both exclude counts nothing
        ([0, -INF], [0, 0], np.log(2)),  # p = (1, 0), q = (1/2, 1/2)
        ([0, 0], [0, -INF], INF),  # q excludes what p allows
        ([0, 0], [-INF, 0], INF),
        ([5, 0, 0], [-INF, 0, 0], INF),  # the likely one
        ([0, -1000], [0, -INF], INF),  # a class that p allows, faint as it is
        ([0, -1000], [INF, 0], INF),
        ([0, -INF, -5], [0, -1e308, -5], 0),
        ([0, -1e308], [1e308, -1e308], 0),  # a gap that overflows excludes nothing
        ([0, -INF], [-INF, 0], INF),  # nothing in common
        ([INF, 0], [0, 0], np.log(2)),  # p = (1, 0)
        ([INF, 0], [INF, 5], 0),
        ([INF, 0], [0, INF], INF),
        ([0, 0], [INF, 0], INF),
        ([1e308, 1e308], [-1e308, -1e308], 0),  # both uniform
        ([1e308, -1e308], [-1e308, 1e308], INF),  # 4e308 overflows
        ([1e308, 1e308], [1e308, 1e308 - 1e293], INF),
        ([1e308, 1e308 - 1e293], [1e308, 1e308], np.log(2)),
    ],
)
def test_kl_divergence_at_the_limits(z_p, z_q, expected):
    z_p, z_q = np.array(z_p, float), np.array(z_q, float)
    if expected == INF and z_q[1] == 1e308 - 1e293:
        expected = (z_q[0] - z_q[1]) / 2 - np.log(2)  # half of p is at the far class
    assert_allclose(kl_divergence(z_p, z_q), expected, rtol=1e-14)


def test_a_temperature_beyond_the_float32_numbers():
    loss, grad = cross_entropy_with_grad(np.float32([0, 0]), 0, temperature=1e39)
    assert_allclose(loss, np.log(2), rtol=1e-7)
    smallest = np.finfo(np.float32).smallest_subnormal
    for found in (grad, cross_entropy_grad(np.float32([0, 0]), 0, temperature=1e39)):
        assert_allclose(found, [-5e-40, 5e-40], rtol=0, atol=smallest)
    loss, _ = cross_entropy_with_grad(np.float32([3e38, 0]), [0.0, 1.0], temperature=1e39)
    assert_allclose(loss, np.log1p(np.exp(-0.3)) + 0.3, rtol=1e-6)


def test_kl_divergence_of_logits_whose_difference_is_no_float32():
    huge = np.full(2, 3e38, np.float32)
    assert kl_divergence(huge, -huge) == 0  # both uniform


# Axes


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), (2, 0), None, ()])
def test_the_classes_may_lie_along_any_axes(axis):
    # Several axes are one distribution: the same as after laying them out in a row.
    rng = np.random.default_rng(11)
    z, other = rng.normal(size=(2, 3, 4, 5))
    axes = range(3) if axis is None else np.atleast_1d(np.array(axis, dtype=int)) % 3
    kept = [a for a in range(3) if a not in axes]

    def laid_out(x):
        return x.transpose([*kept, *axes]).reshape([*(x.shape[a] for a in kept), -1])

    assert_allclose(entropy(z, axis), entropy(laid_out(z)), rtol=1e-14, atol=1e-16)
    flat = kl_divergence(laid_out(z), laid_out(other))
    assert_allclose(kl_divergence(z, other, axis), flat, rtol=1e-14, atol=1e-30)


def test_losses_are_minus_the_log_probabilities():
    z = np.random.default_rng(12).normal(size=(3, 2, 4))
    log_p = log_softmax(z)
    for i, j, k in itertools.product(range(3), range(2), range(4)):
        assert_allclose(cross_entropy(z, np.full((3, 2), k))[i, j], -log_p[i, j, k], rtol=1e-15)

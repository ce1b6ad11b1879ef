"""The derivative of softmax, against its definition at many digits and closed forms."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mpmath import mp
from numpy.testing import assert_allclose, assert_array_equal

from softmax_lib import softmax
from softmax_lib.derivatives import softmax_jacobian, softmax_vjp

INF, NAN = np.inf, np.nan
logits = st.lists(st.floats(-300, 300), min_size=1, max_size=5)
temperatures = st.sampled_from([0.5, 1.0, 1.7, 30.0])


@pytest.fixture
def _numpy_raises():
    """No RuntimeWarning may leave the library, not even where NumPy is told to raise."""
    with np.errstate(all="raise"):
        yield


def exact_jacobian(z, temperature=1.0):
    """Return (diag(p) - p p^T) / T: at 700 digits 1 - p_i is right even where p_i is 1 - 1e-521."""
    mp.dps = 700
    weights = [mp.exp(mp.mpf(float(v)) / mp.mpf(float(temperature))) for v in z]
    total = mp.fsum(weights)
    p = [w / total for w in weights]
    return np.array(
        [[float(p_i * ((i == j) - p_j) / temperature) for j, p_j in enumerate(p)]
         for i, p_i in enumerate(p)]
    )  # fmt: skip


# The Jacobian


@settings(max_examples=60)
@given(logits, temperatures)
@example([300.0, -300.0], 0.5)
@example([40.0, 0.0, 0.0, 0.0], 1.0)  # where p_1 rounds to 1
def test_every_entry_is_right(z, temperature):
    ours = softmax_jacobian(z, temperature=temperature)
    assert_allclose(ours, exact_jacobian(z, temperature), rtol=1e-13, atol=1e-305)


@pytest.mark.parametrize("margin", [0, 1, 10, 17, 30, 37, 80])
def test_single_precision(margin):
    z = np.float32([margin, 0, -0.5, 0.25])
    ours = softmax_jacobian(z)
    assert ours.dtype == np.float32
    assert_allclose(ours, exact_jacobian(z), rtol=1e-6, atol=2 * np.finfo(np.float32).tiny)


def exact_log_sum(*z):
    return mp.log(mp.fsum(mp.exp(v) for v in z))


def test_is_the_hessian_of_log_sum_exp():
    # mpmath differentiates the definition numerically, at 60 digits; at T = 1.7 the logits are z/T.
    z, temperature = (0.3, -1.2, 0.8), 1.7
    mp.dps = 60
    hessian = np.empty((3, 3))
    for i, j in np.ndindex(3, 3):
        order = tuple(int(i == k) + int(j == k) for k in range(3))
        hessian[i, j] = float(mp.diff(exact_log_sum, [v / mp.mpf(temperature) for v in z], n=order))
    assert_allclose(softmax_jacobian(z, temperature=temperature), hessian / temperature, rtol=1e-13)


def test_predicts_a_small_step():
    # The central difference of the library's own softmax; its error is of the order step^2.
    z, step = np.random.default_rng(0).normal(size=5), 1e-5
    for j, direction in enumerate(np.eye(5)):
        slope = (softmax(z + step * direction) - softmax(z - step * direction)) / (2 * step)
        assert_allclose(softmax_jacobian(z)[:, j], slope, atol=1e-9)


@settings(max_examples=60)
@given(logits, temperatures)
def test_symmetric_semidefinite_with_rows_that_sum_to_zero(z, temperature):
    jacobian = softmax_jacobian(z, temperature=temperature)
    assert_array_equal(jacobian, jacobian.T)
    size = np.abs(jacobian).max(initial=1e-300)
    assert np.abs(jacobian.sum(axis=1)).max() <= 4 * np.finfo(float).eps * size
    assert np.linalg.eigvalsh(jacobian / size).min() >= -1e-14
    # Its signs: more of a logit is more of its own class and less of every other.
    assert (np.diag(jacobian) >= 0).all()
    assert (jacobian - np.diag(np.diag(jacobian)) <= 0).all()


def test_two_classes_are_the_logistic_function():
    # sigma'(d / T) / T = sigma (1 - sigma) / T with d the difference of the logits.
    d, temperature = 3.0, 2.0
    sigma = 1 / (1 + np.exp(-d / temperature))
    slope = sigma * (1 - sigma) / temperature
    ours = softmax_jacobian([d, 0.0], temperature=temperature)
    assert_allclose(ours, [[slope, -slope], [-slope, slope]], rtol=1e-14)


@pytest.mark.parametrize(
    ("temperature", "norm"), [(0.25, 0.142), (0.5, 0.426), (1, 0.384), (2, 0.214)]
)
def test_norm_at_the_slider(temperature, norm):
    # mpmath at 50 digits: largest near T = 0.5, not at either end.
    jacobian = softmax_jacobian([2.0, 1.0, 0.0, -1.0], temperature=temperature)
    assert_allclose(np.linalg.norm(jacobian), norm, atol=5e-4)


def test_uniform_is_the_centring_matrix_over_k():
    # p = 1/K: diag(p) - p p^T = (I - 1 1^T / K) / K.
    for k in (1, 2, 7):
        expected = (np.eye(k) - 1 / k) / k
        assert_allclose(softmax_jacobian(np.zeros(k)), expected, atol=1e-16)
        assert_array_equal(softmax_jacobian(np.arange(k), temperature=INF), np.zeros((k, k)))


def test_batches_of_jacobians():
    z = np.random.default_rng(1).normal(size=(2, 3, 4))
    jacobian = softmax_jacobian(z)
    assert jacobian.shape == (2, 3, 4, 4)
    for i in np.ndindex(2, 3):
        assert_allclose(jacobian[i], softmax_jacobian(z[i]), rtol=1e-14)
    assert softmax_jacobian(np.zeros((0, 3))).shape == (0, 3, 3)
    assert_allclose(softmax_jacobian(np.asfortranarray(z)), jacobian, rtol=1e-14)


@pytest.mark.usefixtures("_numpy_raises")
def test_jacobian_at_the_limits():
    # A class with p = 0 has no slope; a row without a distribution has no Jacobian.
    assert_array_equal(
        softmax_jacobian([[0.0, 0.0, -INF], [INF, 5.0, -INF]]),
        [[[0.25, -0.25, 0], [-0.25, 0.25, 0], [0, 0, 0]], np.zeros((3, 3))],
    )
    bad = softmax_jacobian([[NAN, 0], [-INF, -INF], [INF, INF], [0, 0]])
    assert np.isnan(bad[:3]).all()
    assert_array_equal(bad[3], [[0.25, -0.25], [-0.25, 0.25]])
    for lone in (NAN, -INF):
        assert np.isnan(softmax_jacobian([lone])).all()
    # At T = 1e308 the logits are (1, -1), although their spread overflows.
    assert_allclose(
        softmax_jacobian([1e308, -1e308], temperature=1e308) * 1e308,
        exact_jacobian([1, -1]),
        rtol=1e-13,
    )
    assert_array_equal(softmax_jacobian([1.0, 0.0], temperature=5e-324), np.zeros((2, 2)))
    assert_array_equal(softmax_jacobian(np.float32([1, 0]), temperature=1e-60), np.zeros((2, 2)))


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.uint64])
def test_jacobian_of_integers_is_computed_in_float64(dtype):
    z = np.array([1, 0, 1], dtype)
    assert softmax_jacobian(z).dtype == np.float64
    assert_array_equal(softmax_jacobian(z), softmax_jacobian([1.0, 0.0, 1.0]))
    vjp = softmax_vjp([0.25, 0.5, 0.25], z)
    assert vjp.dtype == np.float64
    assert_array_equal(vjp, softmax_vjp([0.25, 0.5, 0.25], [1.0, 0.0, 1.0]))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_a_float_keeps_its_type_and_half_precision_is_computed_in_single(dtype):
    z = np.zeros(2100, dtype)  # a sum in half would stick at 2048
    jacobian = softmax_jacobian(z)
    assert jacobian.dtype == dtype
    diagonal = (1 / 2100) * (1 - 1 / 2100)
    eps, step = np.finfo(dtype).eps, float(np.finfo(dtype).smallest_subnormal)
    assert_allclose(np.diag(jacobian), diagonal, rtol=2 * eps, atol=step)
    p, v = softmax(z), np.ones(2100, dtype)
    v[0] = 0
    vjp = softmax_vjp(p, v)
    assert vjp.dtype == dtype
    assert_allclose(
        vjp[0], -float(p[0]) * (1 - 1 / 2100), rtol=1e-2 if dtype == np.float16 else 1e-5
    )
    assert softmax_vjp(p, v.astype(np.float64)).dtype == np.float64
    assert softmax_vjp([1.0], v[:1]).dtype == np.float64


def test_errors_of_the_jacobian():
    with pytest.raises(TypeError, match="z has dtype complex128"):
        softmax_jacobian([1j, 0])
    with pytest.raises(TypeError, match="z has dtype <U1"):
        softmax_jacobian(["a", "b"])
    with pytest.raises(ValueError, match="empty along axis -1"):
        softmax_jacobian(np.zeros((3, 0)))
    with pytest.raises(ValueError, match="axis"):
        softmax_jacobian(1.0)
    for temperature in (0, -1.0, NAN):
        with pytest.raises(ValueError, match=r"temperature must be above 0.*hardmax"):
            softmax_jacobian([1.0, 2.0], temperature=temperature)


# The product with a vector


@settings(max_examples=60)
@given(logits, temperatures, st.data())
@example([40.0, 0.0], 1.0, None)
def test_vjp_is_the_transposed_jacobian_times_v(z, temperature, data):
    shape = len(z)
    v = np.array([3.0, -2.0])
    if data is not None:
        v = data.draw(hnp.arrays(float, shape, elements=st.floats(-100, 100, width=32)))
    p = softmax(z, temperature=temperature)
    jacobian = softmax_jacobian(z, temperature=temperature)
    # The products may cancel: what rounding does to them is relative to the largest entry.
    error = 1e-14 * np.abs(jacobian).max() * np.abs(v).max() + 1e-305
    assert_allclose(softmax_vjp(p, v, temperature=temperature), jacobian.T @ v, rtol=0, atol=error)


def test_vjp_does_not_cancel_where_one_class_is_certain():
    # K = 2: J v = p_1 p_2 (v_1 - v_2) (1, -1); v_1 - <p, v> would be 0 from a margin of 37 on.
    v = np.array([3.0, -2.0])
    for margin in (1.0, 37.0, 100.0, 600.0):
        p_1 = 1 / (1 + np.exp(-margin))
        product = p_1 * np.exp(-margin) * p_1 * (v[0] - v[1])
        assert_allclose(softmax_vjp(softmax([margin, 0.0]), v), [product, -product], rtol=1e-14)


@settings(max_examples=40)
@given(st.lists(st.integers(1, 50), min_size=2, max_size=6), st.integers(-(10**6), 10**6))
def test_vjp_sums_to_zero_and_ignores_a_constant(weights, constant):
    p = np.array(weights) / sum(weights)
    v = np.arange(len(p)) ** 2.0
    product = softmax_vjp(p, v)
    assert abs(product.sum()) <= 1e-14
    assert_array_equal(softmax_vjp(p, v + constant), product)  # v + constant is exact
    assert_array_equal(softmax_vjp(p, np.full(len(p), 1e17)), np.zeros(len(p)))


def test_vjp_is_the_gradient_of_a_scalar_function_of_p():
    # The gradient of <softmax(z / T), v> by central differences.
    rng = np.random.default_rng(2)
    z, v = rng.normal(size=(2, 5))
    temperature, step = 0.7, 1e-5
    slopes = [
        (softmax(z + s, temperature=temperature) - softmax(z - s, temperature=temperature)) @ v
        for s in step * np.eye(5)
    ]
    p = softmax(z, temperature=temperature)
    ours = softmax_vjp(p, v, temperature=temperature)
    assert_allclose(ours, np.array(slopes) / (2 * step), atol=1e-9)


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), (2, 0), None])
def test_vjp_along_any_axes(axis):
    # <p, v> over the axes is all that the formula needs.
    rng = np.random.default_rng(3)
    z, v = rng.normal(size=(2, 3, 4, 5))
    p = softmax(z, axis)
    expected = p * (v - np.sum(p * v, axis=axis, keepdims=True)) / 2
    ours = softmax_vjp(p, v, axis, temperature=2)
    assert ours.shape == p.shape
    assert_allclose(ours, expected, atol=1e-15)
    for order in (np.asfortranarray, lambda a: a[::-1][::-1]):
        assert_allclose(softmax_vjp(order(p), order(v), axis, temperature=2), expected, atol=1e-15)


def test_vjp_of_two_dtypes_is_as_precise_as_the_wider_one():
    p, v = np.array([0.25, 0.75]), np.array([0.1, 3.3], np.float32)
    assert_array_equal(softmax_vjp(p, v), softmax_vjp(p, v.astype(np.float64)))


def test_vjp_leaves_its_arguments_alone():
    p, v = np.array([0.5, 0.5]), np.array([1.0, 2.0])
    softmax_vjp(p, v, temperature=3)
    assert_array_equal(p, [0.5, 0.5])
    assert_array_equal(v, [1.0, 2.0])


@pytest.mark.usefixtures("_numpy_raises")
def test_vjp_at_the_limits():
    v = [1.0, 2.0, 4.0]
    assert_array_equal(softmax_vjp([1.0, 0.0, 0.0], v), [0, 0, 0])
    assert_array_equal(softmax_vjp([0.5, 0.25, 0.25], v, temperature=INF), [0, 0, 0])
    rows = softmax_vjp([[NAN, NAN, NAN], [0.5, 0.5, 0.0]], [v, v])
    assert np.isnan(rows[0]).all()
    assert_array_equal(rows[1], [-0.25, 0.25, 0])
    assert softmax_vjp(np.zeros((0, 3)), np.zeros((0, 3))).shape == (0, 3)
    tiny = softmax_vjp(np.float32([0.5, 0.5]), np.float32([1e-30, 0]), temperature=1e-46)
    assert_allclose(tiny, [2.5e15, -2.5e15], rtol=1e-6)  # 1e-46 is no float32, but it is a T


def test_errors_of_the_vjp():
    with pytest.raises(ValueError, match=r"p has shape \(3,\), but v has shape \(2, 3\)"):
        softmax_vjp([0.5, 0.25, 0.25], np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"p has shape \(2, 3\), but v has shape \(3, 2\)"):
        softmax_vjp(np.full((2, 3), 1 / 3), np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"p holds a row with sum 3\.0"):
        softmax_vjp([1.0, 2.0], [0.0, 1.0])  # logits in place of probabilities
    near = np.array([0.5, 0.51])  # as float16 this may be rounded: its epsilon has the root 0.03
    softmax_vjp(near.astype(np.float16), [0.0, 1.0])
    with pytest.raises(ValueError, match="p holds a row with sum"):
        softmax_vjp(near.astype(np.float32), [0.0, 1.0])
    with pytest.raises(ValueError, match=r"p holds -0\.5, which is no probability"):
        softmax_vjp([1.5, -0.5], [0.0, 1.0])
    with pytest.raises(ValueError, match="p holds inf, which is no probability"):
        softmax_vjp([INF, -INF], [0.0, 1.0])
    with pytest.raises(ValueError, match=r"p of shape .* is empty along axis -1"):
        softmax_vjp(np.zeros((2, 0)), np.zeros((2, 0)))
    with pytest.raises(TypeError, match="v has dtype complex128"):
        softmax_vjp([0.5, 0.5], [1j, 0])
    with pytest.raises(TypeError, match="p has dtype <U1"):
        softmax_vjp(["a", "b"], [1.0, 0])
    for temperature in (0, -1.0, NAN):
        with pytest.raises(ValueError, match=r"temperature must be above 0.*hardmax"):
            softmax_vjp([0.5, 0.5], [1.0, 0.0], temperature=temperature)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_tiny_temperature_costs_the_jacobian_no_digits(dtype):
    # p_1 p_2 underflows, p_1 p_2 / T does not: p_1 = p_2 = e^-a / (1 + 2 e^-a).
    t, a = (1e-200, 500) if dtype is np.float64 else (1e-35, 60)
    with np.errstate(under="ignore"):
        z = (np.array([0, -a, -a]) * t).astype(dtype)
    a = -float(z[1]) / t
    with np.errstate(all="raise"):
        jacobian = softmax_jacobian(z, temperature=t)
    exact = math.exp(-2 * a - math.log(t))
    np.testing.assert_allclose(jacobian[1, 2], -exact, rtol=1e-12 if dtype is np.float64 else 1e-5)
    np.testing.assert_array_equal(jacobian, jacobian.T)


def test_the_steepest_slopes_are_infinite_and_not_nan():
    np.testing.assert_array_equal(
        softmax_jacobian([1.0, 1.0], temperature=5e-324), [[np.inf, -np.inf], [-np.inf, np.inf]]
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_vjp_of_numbers_whose_difference_overflows(dtype):
    half, far = np.full(2, 0.5, dtype), np.finfo(dtype).max * dtype(0.9)
    with np.errstate(all="raise"):
        ours = softmax_vjp(half, np.array([far, -far]))  # p (v - 0)
    np.testing.assert_allclose(ours, [far / 2, -far / 2], rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("name", ["p", "v"])
def test_vjp_names_ragged_lists(name):
    arguments = {"p": [0.5, 0.5], "v": [1, 2]} | {name: [[1, 2], [3]]}
    with pytest.raises(ValueError, match=f"^{name} must be rectangular"):
        softmax_vjp(**arguments)

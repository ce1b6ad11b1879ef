"""Attention: expected values come from the formula written out, and from what a mask must mean."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from softmax_lib import hardmax, softmax
from softmax_lib.attention import attention_weights, scaled_dot_product_attention
from softmax_lib.derivatives import softmax_jacobian

INF, NAN = np.inf, np.nan


@pytest.fixture
def _numpy_raises():
    """No RuntimeWarning may leave the library, not even where NumPy is told to raise."""
    with np.errstate(all="raise"):
        yield


def draw(seed, *shapes):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in shapes]


def written_out(query, key, value, mask=None):
    """Return softmax(q k^T / sqrt(d)) v by Python's own floats, one query after another."""
    output = []
    for i, q in enumerate(query):
        allowed = [j for j in range(len(key)) if mask is None or mask[i][j]]
        scores = [math.fsum(a * b for a, b in zip(q, key[j], strict=True)) for j in allowed]
        weights = [math.exp(s / math.sqrt(len(q))) for s in scores]
        output.append(
            [
                math.fsum(w * value[j][c] for w, j in zip(weights, allowed, strict=True))
                / math.fsum(weights or [1])
                for c in range(len(value[0]))
            ]
        )
    return np.array(output)


masks = st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=3, max_size=3)


@settings(max_examples=60)
@given(masks, st.integers(0, 1000))
def test_is_the_formula(mask, seed):
    query, key, value = draw(seed, (3, 4), (5, 4), (5, 2))
    ours = scaled_dot_product_attention(query, key, value, mask=mask)
    assert_allclose(ours, written_out(query, key, value, mask), rtol=1e-13, atol=1e-14)
    weights = attention_weights(query, key, mask=mask)
    assert_allclose(weights, written_out(query, key, np.eye(5), mask), rtol=1e-13, atol=1e-15)
    # Rows sum to 1, or to 0 where there is nothing to attend to; a masked key gets exactly 0.
    assert_allclose(weights.sum(axis=-1), np.any(mask, axis=-1), rtol=1e-15)
    assert (weights[~np.array(mask)] == 0).all()
    assert (weights[np.array(mask)] > 0).all()


def test_keys_have_no_order_and_queries_do_not_see_each_other():
    query, key, value = draw(1, (4, 3), (6, 3), (6, 2))
    order = np.random.default_rng(1).permutation(6)
    weights = attention_weights(query, key)
    assert_allclose(attention_weights(query, key[order]), weights[:, order], rtol=1e-14)
    output = scaled_dot_product_attention(query, key, value)
    permuted = scaled_dot_product_attention(query, key[order], value[order])
    assert_allclose(permuted, output, rtol=1e-13, atol=1e-15)
    assert_allclose(attention_weights(query[2:3], key), weights[2:3], rtol=1e-14)


def test_output_is_a_mean_of_the_values():
    # A convex combination lies between the smallest and the largest, and equal values are kept.
    query, key, value = draw(2, (7, 3), (6, 3), (6, 2))
    output = scaled_dot_product_attention(query, key, value)
    assert (output <= value.max(axis=0)).all()
    assert (output >= value.min(axis=0)).all()
    same = scaled_dot_product_attention(query, key, np.full((6, 2), 2.5))
    assert_allclose(same, 2.5, rtol=1e-15)


# Masks


@pytest.mark.usefixtures("_numpy_raises")
def test_an_infinite_value_passes_into_the_mean_however_small_its_weight():
    value = np.array([[0.0], [INF]])
    output = scaled_dot_product_attention([[1.0]], [[0.0], [-700.0]], value, scale=1.0)
    assert_array_equal(output, [[INF]])  # e^-700 of infinity


def test_a_causal_mask_cannot_peek():
    # Whatever the later tokens hold, what went before does not change by a bit.
    query, key, value = draw(3, (5, 4), (5, 4), (5, 3))
    causal = np.tri(5, dtype=bool)
    output = scaled_dot_product_attention(query, key, value, mask=causal)
    for t, junk in enumerate([NAN, INF, -INF, 1e308, 7.0]):
        later_key, later_value = key.copy(), value.copy()
        later_key[t:], later_value[t:] = junk, junk
        again = scaled_dot_product_attention(query, later_key, later_value, mask=causal)
        assert_array_equal(again[:t], output[:t])
    assert_allclose(output[0], value[0], rtol=1e-15)  # the first token sees itself alone


@pytest.mark.usefixtures("_numpy_raises")
@pytest.mark.parametrize("junk", [NAN, INF, -INF, 1e308, -1e308])
def test_a_masked_key_is_as_if_it_were_not_there(junk):
    # The expected value leaves the key out.
    query, key, value = draw(4, (3, 4), (5, 4), (5, 2))
    key[2], value[2] = junk, junk
    mask = np.arange(5) != 2
    weights = attention_weights(query, key, mask=mask)
    assert_array_equal(weights[:, 2], 0)
    assert_allclose(weights[:, mask], attention_weights(query, key[mask]), rtol=1e-14)
    output = scaled_dot_product_attention(query, key, value, mask=mask)
    left_out = scaled_dot_product_attention(query, key[mask], value[mask])
    assert_allclose(output, left_out, rtol=1e-13, atol=1e-15)


@pytest.mark.usefixtures("_numpy_raises")
def test_what_a_query_may_see_passes_into_its_own_mean_only():
    query, key = draw(5, (4, 3), (3, 3))
    value = np.array([[1.0, 1.0, 1.0], [INF, -INF, NAN], [-INF, 2.0, 2.0]])
    mask = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1], [1, 1, 1]], bool)
    output = scaled_dot_product_attention(query, key, value, mask=mask)
    expected = [[1, 1, 1], [INF, -INF, NAN], [-INF, 2, 2], [NAN, -INF, NAN]]  # inf - inf is NaN
    assert_array_equal(output, expected)
    # As little as e^-40 of an infinity is one.
    faint = scaled_dot_product_attention([[1.0]], [[0.0], [-40.0]], [[1.0], [INF]])
    assert_array_equal(faint, [[INF]])


@pytest.mark.usefixtures("_numpy_raises")
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_query_that_may_attend_to_nothing_gets_zeros(dtype):
    query, key, value = (a.astype(dtype) for a in draw(6, (2, 3, 4), (2, 5, 4), (2, 5, 2)))
    mask = np.ones((2, 3, 5), bool)
    mask[0, 1] = False
    weights = attention_weights(query, key, mask=mask)
    output = scaled_dot_product_attention(query, key, value, mask=mask)
    assert_array_equal(weights[0, 1], 0)
    assert_array_equal(output[0, 1], 0)
    assert_allclose(weights[1], attention_weights(query, key)[1], rtol=4 * np.finfo(dtype).eps)
    nothing = scaled_dot_product_attention(query, key, np.full_like(value, NAN), mask=False)
    assert_array_equal(nothing, np.zeros((2, 3, 2)))


def test_a_mask_broadcasts():
    query, key = draw(7, (2, 3, 4, 5), (2, 3, 6, 5))
    padding = np.array([[1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1]], bool)[:, None, None, :]
    full = np.broadcast_to(padding, (2, 3, 4, 6))
    ours = attention_weights(query, key, mask=padding)
    assert_array_equal(ours, attention_weights(query, key, mask=full))
    assert_array_equal(attention_weights(query, key, mask=True), attention_weights(query, key))


# Scale


def test_scale_is_one_over_a_temperature():
    query, key = draw(8, (3, 16), (5, 16))
    dots = query @ key.T
    weights = attention_weights(query, key)
    assert_allclose(weights, softmax(dots, temperature=4.0), rtol=1e-14)  # sqrt(16)
    assert_allclose(weights, attention_weights(query, key, scale=0.25), rtol=1e-14)
    assert_array_equal(attention_weights(query, key, scale=Fraction(1, 4)), weights)
    assert_allclose(attention_weights(query, key, scale=1), softmax(dots), rtol=1e-14)
    assert_allclose(attention_weights(query, key, scale=0), 1 / 5, rtol=1e-15)
    assert_array_equal(attention_weights(query, key, scale=1e6), hardmax(dots))
    output = scaled_dot_product_attention(query, key, key, scale=1)
    assert_allclose(output, softmax(dots) @ key, rtol=1e-13, atol=1e-15)


def test_dot_products_of_independent_entries_have_variance_d():
    # Var(q.k) = d Var(q_i) Var(k_i). 200,000 draws: a standard error of sqrt(2 + 6/d) d / sqrt(n),
    # below 0.6 %, so 2 % is beyond three of them.
    rng = np.random.default_rng(20)
    for d in (4, 64):
        query, key = rng.normal(size=(2, 200_000, d))
        assert_allclose(np.vecdot(query, key).var(), d, rtol=0.02)


def test_unscaled_scores_kill_the_gradient_and_scaled_ones_keep_it():
    # The norm of diag(p) - p p^T over 16 keys, averaged over draws (here 400 from this
    # generator), falls about fourfold from d = 4 to 512 unscaled, and stays level with 1/sqrt(d).
    rng = np.random.default_rng(21)

    def mean_norm(d, scale):
        query, key = rng.normal(size=(400, 1, d)), rng.normal(size=(400, 16, d))
        scores = np.log(attention_weights(query, key, scale=scale)[:, 0].clip(1e-300))
        return np.linalg.norm(softmax_jacobian(scores), axis=(1, 2)).mean()

    assert 3 < mean_norm(4, 1.0) / mean_norm(512, 1.0) < 5
    assert 0.8 < mean_norm(4, None) / mean_norm(512, None) < 1.25


# What they do with each input


def test_leading_axes_broadcast():
    query, key, value = draw(9, (2, 1, 4, 5), (3, 6, 5), (1, 1, 6, 2))
    output = scaled_dot_product_attention(query, key, value)
    weights = attention_weights(query, key)
    assert weights.shape == (2, 3, 4, 6)
    assert output.shape == (2, 3, 4, 2)
    for i, j in np.ndindex(2, 3):
        row = written_out(query[i, 0], key[j], value[0, 0])
        assert_allclose(output[i, j], row, rtol=1e-13, atol=1e-15)
    assert attention_weights(np.zeros((0, 2, 3)), np.zeros((0, 4, 3))).shape == (0, 2, 4)
    assert attention_weights(np.zeros((0, 3)), np.zeros((4, 3))).shape == (0, 4)


@pytest.mark.usefixtures("_numpy_raises")
@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.int64])
def test_integers_are_computed_in_float64(dtype):
    query, key, value = (np.array(a, dtype) for a in ([[1, 0]], [[1, 1], [0, 1]], [[0], [1]]))
    output = scaled_dot_product_attention(query, key, value)
    assert output.dtype == np.float64
    # The scores are (1, 0) / sqrt(2).
    assert_allclose(output, [[1 / (1 + math.exp(1 / math.sqrt(2)))]], rtol=1e-14)
    wrapping = np.array([[100]], np.uint8)  # 100 * 100 is no uint8
    assert_allclose(attention_weights(wrapping, [[100], [99]])[0, 1], math.exp(-100), rtol=1e-13)


@pytest.mark.usefixtures("_numpy_raises")
def test_the_widest_type_comes_out_and_half_precision_is_computed_in_single():
    arrays = draw(10, (3, 4), (3000, 4), (3000, 2))
    with np.errstate(under="ignore"):
        half, single = ([a.astype(t) for a in arrays] for t in (np.float16, np.float32))
    assert attention_weights(*half[:2]).dtype == np.float16
    assert attention_weights(half[0], single[1]).dtype == np.float32
    assert scaled_dot_product_attention(half[0], single[1], arrays[2]).dtype == np.float64
    output = scaled_dot_product_attention(*half)
    assert output.dtype == np.float16
    exact = scaled_dot_product_attention(*(a.astype(np.float64) for a in half))
    # Weights of 1/3000 have ten bits in half; in single the mean is right to half's last.
    assert_allclose(output, exact, rtol=np.finfo(np.float16).eps, atol=1e-6)
    large = np.full((1, 4), 300, np.float16)  # a dot product of 360,000 overflows half
    assert_array_equal(attention_weights(large, np.vstack([large, large])), [[0.5, 0.5]])


@pytest.mark.usefixtures("_numpy_raises")
def test_dot_products_may_overflow():
    # The gap between the scores is all that counts: beyond every bound, or nothing.
    for dtype, big in ((np.float32, 1e25), (np.float64, 1e200)):
        query = np.array([[big, 0], [1, 0], [-big, 0]], dtype)
        key = np.array([[big, 1], [big, 2], [big / 2, 3]], dtype)
        expected = [[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 1]]
        assert_array_equal(attention_weights(query, key), expected)
        masked = attention_weights(query, key, mask=[True, False, True])
        assert_array_equal(masked, [[1, 0, 0], [1, 0, 0], [0, 0, 1]])
        big = np.finfo(dtype).max  # the masked score is the largest, and beyond reach of the others
        opposed = np.array([[-big], [big], [-big]], dtype)
        masked = attention_weights(opposed[1:2], opposed, mask=[True, False, True])
        assert_array_equal(masked, [[0.5, 0, 0.5]])
    # What overflows before the scale makes it small: the scores are 1 and 0.
    query, key = np.array([[2.0**520]]), np.array([[2.0**520], [0]])
    assert_allclose(attention_weights(query, key, scale=2.0**-1040), [softmax([1, 0])], rtol=1e-14)
    # The largest of a row is 0, or small beside the others: the scores are 0 and -4, or 0 and -1.
    query, key = np.float32([[2.0**66]]), np.float32([[0], [-(2.0**62)]])
    assert_allclose(attention_weights(query, key, scale=2.0**-126), [softmax([0, -4])], rtol=1e-6)
    for q, first, second in ((2.0**664, 0, -(2.0**365)), (2.0**600, 2.0**-600, -(2.0**429))):
        weights = attention_weights([[q]], [[first], [second]], scale=2.0**-1029)
        assert_allclose(weights, [softmax([0, -1])], rtol=1e-14)
    # A masked infinity says nothing about the size of the others.
    key = np.array([[1.5e308], [1e308], [INF]])
    masked = attention_weights([[10.0]], key, mask=[True, True, False])
    assert_array_equal(masked, [[1, 0, 0]])
    # Neither does a masked number near the end, nor one that is far below: of 4 and 3.9 the first
    # is ahead by more than any bound.
    for end in (3e38, 1.7e308):
        dtype = np.float32 if end < 1e39 else np.float64
        key = np.array([[4], [3.9], [end], [-end], [1e-30]], dtype)
        for mask in ([1, 1, 0, 0, 0], [1, 1, 0, 1, 1], [0, 0, 0, 1, 1], [0, 0, 0, 1, 0]):
            mask = np.array(mask, bool)
            first = np.argmax(np.where(mask, key[:, 0], -INF))
            weights = attention_weights(np.array([[end]], dtype), key, mask=mask, scale=1.0)
            assert_array_equal(weights, [np.arange(5) == first])
    assert_array_equal(attention_weights([[-1e300]], [[0.0], [1e300]]), [[1, 0]])
    assert_array_equal(attention_weights([[1e300]], [[1e300], [1e299]], scale=0.0), [[0.5, 0.5]])
    far = [[-1e160], [1e-150]]  # a gap of these overflows
    assert_array_equal(attention_weights([[1e160]], far, scale=0.0), [[0.5, 0.5]])
    # A key with a score of minus infinity, or beyond all numbers, leaves the odds of the others.
    for query, far, near in (
        ([-1e300, 1e-300], [1e300, 0], 1e300),
        ([1e300, 1e-300], [-INF, 0], 1e300),
        (np.float32([-1e30, 1e-16]), [1e30, 0], 1e16),
    ):
        key = np.array([far, [0, near], [0, 0]], np.asarray(query).dtype)
        weights = attention_weights([query], key, scale=1.0)
        assert_allclose(weights, [[0, *softmax([1.0, 0.0])]], rtol=1e-6)
    # Nor does a masked one below or above all that overflow with it.
    for sign in (1, -1):
        key = np.array([[-1e200], [-1e200], [-sign * 1e-300]])
        weights = attention_weights([[1e200]], key, mask=[True, True, False], scale=1.0)
        assert_array_equal(weights, [[0.5, 0.5, 0]])
    # A row that does not overflow is not touched by one that does.
    query, key = draw(11, (2, 3), (4, 3))
    loud = np.vstack([query[0], [1e300] * 3])
    key[0] = 1e300
    mask = np.array([[0, 1, 1, 1], [1, 1, 1, 1]], bool)
    weights = attention_weights(loud, key, mask=mask)
    assert_array_equal(weights[0], attention_weights(query, key, mask=mask[:1])[0])
    assert_array_equal(weights[1], [1, 0, 0, 0])


@pytest.mark.usefixtures("_numpy_raises")
def test_infinite_and_missing_scores():
    key = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    queries = [[NAN, 0.0], [1.0, 1.0]]
    weights = attention_weights(queries, key)
    assert np.isnan(weights[0]).all()
    assert_allclose(weights[1], attention_weights(queries[1:], key)[0], rtol=1e-14)
    one = np.array([[1.0, INF], [1.0, 1.0], [1.0, 2.0]])
    assert_array_equal(attention_weights([[1.0, 1.0]], one), [[1, 0, 0]])  # one +inf: the limit
    two = np.array([[1.0, INF], [1.0, INF], [1.0, 2.0]])
    assert np.isnan(attention_weights([[1.0, 1.0]], two)).all()
    assert_array_equal(attention_weights([[-1.0, -1.0]], two), [[0, 0, 1]])  # -inf: exactly 0
    assert_array_equal(attention_weights([[-1.0, -1.0]], two[:2]), [[0, 0]])  # nothing but -inf


def test_arguments_are_left_alone_and_memory_order_does_not_matter():
    query, key, value = draw(12, (3, 4), (5, 4), (5, 2))
    value[0, 0] = NAN
    kept = [a.copy() for a in (query, key, value)]
    mask = np.tri(3, 5, 1, dtype=bool)
    output = scaled_dot_product_attention(query, key, value, mask=mask)
    for array, copy in zip((query, key, value), kept, strict=True):
        assert_array_equal(array, copy)
    fortran = [np.asfortranarray(a) for a in (query, key, value)]
    again = scaled_dot_product_attention(*fortran, mask=np.asfortranarray(mask))
    assert_allclose(again, output, rtol=1e-13)


# Errors that name what is wrong


def test_errors_about_masks():
    query, key = np.zeros((2, 3)), np.zeros((4, 3))
    told = r"mask has dtype .*: expected bool.* ones and zeros .* mask == 1.* -inf .* mask == 0$"
    for mask in (np.zeros((2, 4)), np.ones(4, int), np.ones(4, np.uint8), [["a"] * 4] * 2):
        with pytest.raises(TypeError, match=told):
            attention_weights(query, key, mask=mask)
    with pytest.raises(ValueError, match=r"mask has shape \(4, 2\).*scores of shape \(2, 4\)"):
        attention_weights(query, key, mask=np.ones((4, 2), bool))
    with pytest.raises(ValueError, match=r"mask has shape \(5, 2, 4\).*scores of shape \(2, 4\)"):
        attention_weights(query, key, mask=np.ones((5, 2, 4), bool))


def test_errors_about_shapes():
    shapes = r"query has shape \(2, 3\), key has shape \(4, 5\): .*same width"
    with pytest.raises(ValueError, match=shapes):
        attention_weights(np.zeros((2, 3)), np.zeros((4, 5)))
    with pytest.raises(ValueError, match=r"query has shape \(3,\).*expected \(..., length, width"):
        attention_weights(np.zeros(3), np.zeros((4, 3)))
    shapes = r"key has shape \(4, 3\), value has shape \(5, 2\): .*as many values as keys"
    with pytest.raises(ValueError, match=shapes):
        scaled_dot_product_attention(np.zeros((2, 3)), np.zeros((4, 3)), np.zeros((5, 2)))
    with pytest.raises(ValueError, match="as many values as keys"):
        scaled_dot_product_attention(np.zeros((2, 3)), np.zeros((4, 3)), np.zeros((3, 2)))
    with pytest.raises(ValueError, match="at least one"):
        attention_weights(np.zeros((2, 3)), np.zeros((0, 3)))
    with pytest.raises(ValueError, match="above 0"):
        attention_weights(np.zeros((2, 0)), np.zeros((4, 0)))
    shapes = r"query has shape \(2, 2, 3\), key has shape \(3, 4, 3\): .*do not broadcast"
    with pytest.raises(ValueError, match=shapes):
        attention_weights(np.zeros((2, 2, 3)), np.zeros((3, 4, 3)))
    with pytest.raises(ValueError, match=r"value has shape \(3, 4, 1\): .*do not broadcast"):
        scaled_dot_product_attention(np.zeros((2, 2, 3)), np.zeros((2, 4, 3)), np.zeros((3, 4, 1)))


def test_errors_about_types_and_scale():
    query, key = np.zeros((2, 3)), np.zeros((4, 3))
    with pytest.raises(TypeError, match="query has dtype complex128"):
        attention_weights(query * 1j, key)
    with pytest.raises(TypeError, match=r"key is a masked array: .*here; fill it first$"):
        attention_weights(query, np.ma.ones((4, 3)))
    with pytest.raises(TypeError, match="value has dtype <U1"):
        scaled_dot_product_attention(query, key, [["a"]] * 4)
    for scale in (-1.0, NAN, INF, np.float32(INF), np.float16(NAN), 10**400, -(10**400)):
        with pytest.raises(ValueError, match="scale must be finite and at least 0"):
            attention_weights(query, key, scale=scale)
    for dtype in (np.float16, np.float32):  # whose largest number is below a double's
        weights = attention_weights(query + 1, key, scale=dtype(0.5))
        assert_array_equal(weights, attention_weights(query + 1, key, scale=0.5))
    for scale in ("1", True, np.ones(2), 1j):
        with pytest.raises(TypeError, match="scale must be one real number"):
            attention_weights(query, key, scale=scale)


@pytest.mark.parametrize("mask", [np.ma.array([True, False], mask=[0, 1]), [[np.ma.ones(2, bool)]]])
def test_a_mask_that_is_itself_masked_is_refused(mask):
    with pytest.raises(TypeError, match=r"^mask is a masked array"):
        attention_weights(np.eye(2), np.eye(2), mask=mask)


@pytest.mark.parametrize(
    ("query", "key", "scale"),
    [(1e38, [1e10, 0.5e10], 1e-48), (1e-40, [1, 0.5], 1e40), (1e-38, [1, 0.5], 1e-320)],
)
@pytest.mark.usefixtures("_numpy_raises")
def test_a_scale_that_is_no_float32(query, key, scale):
    # Scores of a and a/2: the weight of the first is 1/(1 + e^(-a/2)).
    with np.errstate(under="ignore"):
        query, key = np.float32([[query]]), np.float32(key)[:, np.newaxis]
    a = float(query[0, 0]) * float(key[0, 0]) * scale
    first = 1 / (1 + math.exp(-a / 2))
    ours = attention_weights(query, key, scale=scale)
    assert ours.dtype == np.float32
    assert_allclose(ours, [[first, 1 - first]], rtol=3e-7)


@pytest.mark.parametrize(
    ("query", "keys", "scale"),
    [
        ([1e38], [[8e5], [0]], 1e-42),  # a gap of 80: the scale's own rounding shows in e^-80
        ([2.0**20, 1e-40], [[0, 1], [0, 0.5]], 1e40),  # 1e-40 is too small to divide by 2^20
    ],
)
def test_such_a_scale_takes_more_than_single_precision(query, keys, scale):
    query, keys = np.float32([query]), np.float32(keys)
    first, second = scale * (keys.astype(float) @ query[0].astype(float))
    expected = [[1 / (1 + math.exp(second - first)), 1 / (1 + math.exp(first - second))]]
    assert_allclose(attention_weights(query, keys, scale=scale), expected, rtol=1e-6)


def test_which_scales_are_taken():
    x = np.eye(2)
    assert_array_equal(
        attention_weights(x, x, scale=np.array(1.0)), attention_weights(x, x, scale=1)
    )
    with pytest.raises(ValueError, match=r"^scale must be finite"):
        attention_weights(x, x, scale=10**400)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.usefixtures("_numpy_raises")
def test_a_mean_of_the_largest_numbers_does_not_overflow(dtype):
    largest = np.finfo(dtype).max
    for count in range(1, 40):
        keys = np.zeros((count, 1), dtype)
        value = np.full((count, 1), largest)
        ours = scaled_dot_product_attention(keys[:1], keys, value * np.array([[1, -1]], dtype))
        assert_allclose(ours, [[largest, -largest]], rtol=count * np.finfo(dtype).eps)

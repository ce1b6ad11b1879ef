"""What every public function does with any input, drawn by Hypothesis.

The rule for each kind of input is that of the docstrings. Integers are computed in float64 and a
float keeps its dtype; layout in memory, byte order and subclass do not matter; a NaN spoils its own
row; infinite logits and extreme temperatures give the limit; anything else is refused by an error
that names the argument. No argument is changed, and no warning escapes, not even where NumPy is
told to raise. What a result should be comes from `OUTCOMES`: definitions, given the limit of p.
"""

import math
import re
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from softmax_lib import hardmax, log_softmax, logsumexp, naive_softmax, shifted_softmax, softmax
from softmax_lib.attention import attention_weights, scaled_dot_product_attention
from softmax_lib.derivatives import softmax_jacobian, softmax_vjp
from softmax_lib.losses import (
    cross_entropy,
    cross_entropy_grad,
    cross_entropy_with_grad,
    entropy,
    kl_divergence,
    one_hot,
)

from .hostile import in_memory

INF, NAN = np.inf, np.nan
cases = settings(max_examples=60)


@pytest.fixture(autouse=True)
def _numpy_raises():
    with np.errstate(all="raise"):
        yield


# Every function as one of rows of logits (n, K), for which its other arguments are made to fit.


def shaped(z):
    """Return z as an array, or some array where z has ragged rows, for the function to refuse."""
    try:
        return np.asarray(z)
    except ValueError:
        return np.ones((2, 2))


def float_of(z):
    """Return the dtype that a function computes and answers in."""
    dtype = shaped(z).dtype
    return np.dtype(f"f{dtype.itemsize}" if dtype.kind == "f" and dtype.itemsize < 8 else "f8")


def labels(z):
    return np.zeros(shaped(z).shape[:-1], int)


def uniform(z):
    return np.full(shaped(z).shape, 1 / max([1, *shaped(z).shape[-1:]]), float_of(z))


def like(z, *shape):
    return np.ones(shape, float_of(z))


def together(loss, grad):
    return np.concatenate([np.asarray(loss)[..., np.newaxis], grad], axis=-1)


LOGITS = {
    "naive_softmax": naive_softmax,
    "shifted_softmax": shifted_softmax,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "logsumexp": logsumexp,
    "hardmax": hardmax,
    "cross_entropy, class": lambda z, **t: cross_entropy(z, labels(z), **t),
    "cross_entropy, distribution": lambda z, **t: cross_entropy(z, uniform(z), **t),
    "cross_entropy_grad, class": lambda z, **t: cross_entropy_grad(z, labels(z), **t),
    "cross_entropy_grad, distribution": lambda z, **t: cross_entropy_grad(z, uniform(z), **t),
    "both, class": lambda z, **t: together(*cross_entropy_with_grad(z, labels(z), **t)),
    "both, distribution": lambda z, **t: together(*cross_entropy_with_grad(z, uniform(z), **t)),
    "entropy": entropy,
    "kl_divergence, z_p": lambda z_p: kl_divergence(z_p, 0 * uniform(z_p)),
    "kl_divergence, z_q": lambda z_q: kl_divergence(0 * uniform(z_q), z_q),
    "softmax_jacobian": softmax_jacobian,
}
OTHERS = {
    "softmax_vjp, v": lambda v, **t: softmax_vjp(uniform(v), v, **t),
    "attention_weights, query": lambda z: attention_weights(z, like(z, 3, shaped(z).shape[-1])),
    "attention_weights, key": lambda z: attention_weights(like(z, 2, shaped(z).shape[-1]), z),
    "attention, value": lambda z: scaled_dot_product_attention(
        like(z, 2, 3), like(z, shaped(z).shape[-2], 3), z
    ),
}
EVERY = LOGITS | OTHERS
TEXTBOOK = ("naive_softmax", "shifted_softmax")
KEYS = ("attention_weights, key", "attention, value")  # a row here is no sample, but a key
AT_A_TEMPERATURE = [
    name
    for name in EVERY
    if not name.startswith((*TEXTBOOK, "logsumexp", "hardmax", "kl", "attention"))
]


def argument(name):
    """Return what the function calls the argument: the name after the comma, or z."""
    last = name.rpartition(" ")[2]
    return last if last in ("z_p", "z_q", "v", "query", "key", "value") else "z"


def every(names):
    return pytest.mark.parametrize("name", list(names))


shapes = st.tuples(st.integers(1, 4), st.integers(1, 6))


def arrays(dtype, shape=shapes, low=-8, high=8):
    width = {"elements": st.floats(low, high, width=np.finfo(dtype).bits)}
    return hnp.arrays(dtype, shape, **width)


# dtypes


@every(EVERY)
def test_integers_are_computed_in_float64(name):
    @cases
    @given(st.sampled_from("?bhilqBHILQ").flatmap(lambda c: hnp.arrays(np.dtype(c), shapes)))
    @example(np.array([[1, 2, 250]], np.uint8))
    @example(np.array([[-128, 127]], np.int8))
    @example(np.array([[2**64 - 1, 0]], np.uint64))
    def run(z):
        before = z.copy()
        result = EVERY[name](z)
        assert result.dtype == np.float64
        assert_array_equal(result, EVERY[name](z.astype(np.float64)))
        assert_array_equal(z, before)

    run()


@every(EVERY)
def test_a_float_keeps_its_dtype(name):
    @cases
    @given(st.sampled_from([np.float16, np.float32]).flatmap(arrays))
    def run(z):
        result, expected = EVERY[name](z), EVERY[name](z.astype(np.float64))
        assert result.dtype == z.dtype
        # Where two numbers up to 8 cancel, their rounding stays.
        eps = np.finfo(z.dtype).eps
        assert_allclose(result.astype(float), expected, rtol=16 * eps, atol=16 * eps)

    run()


REFUSED = {
    "complex": (np.ones((2, 3), complex), "has dtype complex128"),
    "str": (np.full((2, 3), "1"), "has dtype <U1"),
    "bytes": (np.full((2, 3), b"1"), "has dtype"),
    "object": (np.full((2, 3), None), "has dtype object"),
    "datetime": (np.zeros((2, 3), "M8[s]"), "has dtype datetime64"),
    "timedelta": (np.zeros((2, 3), "m8[s]"), "has dtype timedelta64"),
    "record": (np.zeros((2, 3), [("a", float)]), "has dtype"),
    "masked": (np.ma.ones((2, 3)), "is a masked array"),
    "list of masked": (list(np.ma.ones((2, 3))), "is a masked array"),
}
if np.dtype(np.longdouble).itemsize > 8:
    REFUSED["long double"] = (np.ones((2, 3), np.longdouble), "has dtype")


@every(EVERY)
@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_real_number_is_refused(name, kind):
    values, words = REFUSED[kind]
    with pytest.raises(TypeError, match=rf"^{argument(name)} {words}"):
        EVERY[name](values)


@every(EVERY)
def test_ragged_lists_are_refused(name):
    with pytest.raises(ValueError, match=r"^\w+ must be rectangular|inhomogeneous"):
        EVERY[name]([[1, 2], [3]])
    with pytest.raises(ValueError, match=rf"^{argument(name)} must be rectangular"):
        EVERY[name]([[1, 2], [3]])


# Memory


class Subclass(np.ndarray):
    pass


def unaligned(z, _):
    return np.frombuffer(b"x" + z.tobytes(), np.uint8)[1:].view(z.dtype).reshape(z.shape)


def read_only(z, _):
    z = z.copy()
    z.flags.writeable = False
    return z


VIEWS = {
    "strides": in_memory,
    "read-only": read_only,
    "foreign byte order": lambda z, _: z.astype(z.dtype.newbyteorder()),
    "unaligned": unaligned,
    "one row, broadcast": lambda z, _: np.broadcast_to(z[:1], z.shape),
    "one column, broadcast": lambda z, _: np.broadcast_to(z[:, :1], z.shape),
    "subclass": lambda z, _: z.view(Subclass),
    "matrix": lambda z, _: z.view(np.matrix),
    "lists": lambda z, _: z.tolist(),
    "tuple of rows": lambda z, _: tuple(z),
}


@every(EVERY)
def test_how_the_input_is_stored_does_not_matter(name):
    @settings(max_examples=120)
    @given(
        st.sampled_from(sorted(VIEWS)),
        st.sampled_from([np.float16, np.float32, np.float64]),
        shapes | st.sampled_from([(3, 130), (400, 12), (2, 4000)]),
        st.integers(0, 2**32),
    )
    def run(view, dtype, shape, seed):
        generator = np.random.default_rng(seed)
        assume("jacobian" not in name or shape[1] < 1000)
        dtype = np.float64 if view == "lists" else dtype  # Python's own floats
        z = VIEWS[view](generator.normal(0, 3, shape).astype(dtype), generator)
        plain = np.array(z, dtype, order="C", subok=False)
        result, expected = EVERY[name](z), EVERY[name](plain)
        assert type(result) in (np.ndarray, dtype)
        assert result.dtype == dtype
        eps = np.finfo(dtype).eps
        assert_allclose(result.astype(float), expected.astype(float), rtol=8 * eps, atol=8 * eps)
        assert_array_equal(np.asarray(z), plain)

    run()


@pytest.mark.parametrize("function", [softmax, log_softmax])
def test_out_may_lie_anywhere(function):
    # The logits and the result lie in one block of memory, of which the rest stays as it was.
    @settings(max_examples=120)
    @given(
        st.sampled_from([np.float16, np.float32, np.float64]),
        st.sampled_from([(3, 4), (4, 4), (5, 3), (300, 400), (3000, 2)]),
        st.sampled_from([-1, 0, (0, 1), None]),
        st.sampled_from([1.0, 0.7, 5e-324]),
        st.sampled_from(["apart", "the input", "overlapping", "turned", "back to front"]),
        st.integers(0, 2**32),
    )
    def run(dtype, shape, axis, temperature, place, seed):
        generator = np.random.default_rng(seed)
        rows, columns = shape
        down, right = (rows, 0) if place == "apart" else generator.integers(2, size=2)

        def views(block):
            z = block[:rows, :columns]
            shifted = block[down : down + rows, right : right + columns]
            special = {"the input": z, "back to front": z[::-1, ::-1]}
            special["turned"] = z.T if rows == columns else z
            return z, special.get(place, shifted)

        with np.errstate(under="ignore"):
            memory = generator.normal(0, 30, (2 * rows, columns + 1)).astype(dtype)
        result_here = np.zeros(memory.shape, bool)
        views(result_here)[1][...] = True
        before, (z, out) = memory.copy(), views(memory)
        expected = function(z.copy(), axis, temperature=temperature)
        assert function(z, axis, temperature=temperature, out=out) is out
        rounding = 8 * np.finfo(dtype).eps
        assert_allclose(out.astype(float), expected.astype(float), rtol=rounding)
        assert_array_equal(memory[~result_here], before[~result_here])

    run()


# Infinities and NaN


def limit(row, t=1.0):
    """Return p and ln p of a row that may hold infinities; NaN where there is no limit."""
    top = np.max(row)
    if np.isnan(top) or top == -INF or np.count_nonzero(row == INF) > 1:
        return np.full((2, len(row)), NAN)
    if top == INF:
        row, top = np.where(row == INF, 0, -INF), 0.0
    gaps = np.array([gap(v, top, t) for v in row])
    weights = np.array([math.exp(v) for v in gaps])
    others = math.fsum(np.delete(weights, np.argmax(weights)))
    return weights / (1 + others), gaps - math.log1p(others)


def gap(v, top, t):
    """Return (v - top)/T, rounded once; below -1e308 it is -inf."""
    if v == -INF:
        return -INF
    exact = (Fraction(v) - Fraction(top)) / Fraction(t) if t < INF else 0
    return float(exact) if exact > -(10**308) else -INF


def outcome(name, p, log_p, t=1.0):
    """Return what a function gives, by its definition, for p and ln p at temperature T."""
    k = len(p)
    y = np.eye(k)[0] if name.endswith("class") else np.full(k, 1 / k)
    loss = np.dot(y[y > 0], -log_p[y > 0])
    grad = (p - y) / t
    surprise = np.where(p == 0, 0, p * log_p)  # 0 log 0 counts 0
    match name.partition(",")[0]:
        case "naive_softmax" | "shifted_softmax" | "softmax":
            return p
        case "log_softmax":
            return log_p
        case "cross_entropy":
            return loss
        case "cross_entropy_grad":
            return grad
        case "both":
            return np.array([loss, *grad])
        case "entropy":
            return -np.sum(surprise)
        case "softmax_jacobian":
            return (np.diag(p) - np.outer(p, p)) / t
    if name == "kl_divergence, z_p":
        return np.log(k) + np.sum(surprise)
    if name == "kl_divergence, z_q":
        return -np.log(k) - np.mean(log_p)
    raise ValueError(name)


odd_numbers = st.sampled_from([NAN, INF, -INF, -INF, 0.0, 1.5, -3.0, 2.0, -1e300, 1e300])
with_odd_numbers = hnp.arrays(float, shapes, elements=st.floats(-8, 8) | odd_numbers)


@every(name for name in LOGITS if name not in (*TEXTBOOK, "logsumexp", "hardmax"))
def test_infinities_and_nan_have_their_limit_row_by_row(name):
    @settings(max_examples=120)
    @given(with_odd_numbers)
    def run(z):
        result = LOGITS[name](z)
        for row, ours in zip(z, result, strict=True):
            with np.errstate(all="ignore"):
                expected = outcome(name, *limit(row))
            assert_allclose(ours, expected, rtol=1e-12, atol=1e-14)

    run()


@cases
@given(with_odd_numbers)
def test_infinities_and_nan_in_the_other_functions(z):
    for row, sum_, hard in zip(z, logsumexp(z), hardmax(z), strict=True):
        with np.errstate(all="ignore"):
            p, log_p = limit(row)
            top = np.max(row)
            expected = (
                top - np.max(log_p) if np.isfinite(top) else top
            )  # ln p of the top is top - lse
            tied = (row == top) / np.count_nonzero(row == top) if not np.isnan(p).any() else p
        assert_allclose(sum_, expected, rtol=1e-12, atol=1e-14)
        assert_array_equal(hard, tied)


@pytest.mark.parametrize("shape", [(500, 10), (500, 200), (40, 3000)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("function", [softmax, log_softmax, logsumexp])
def test_nan_changes_no_digit_of_another_row(function, dtype, shape):
    z = np.random.default_rng(1).integers(-12_000, 12_000, shape).astype(dtype) / dtype(1000)
    clean = function(z)
    z[7, 3] = NAN
    others = np.arange(len(z)) != 7
    assert_array_equal(function(z)[others], clean[others])
    if function is not logsumexp:
        assert_array_equal(function(z, out=z)[others], clean[others])


@every(name for name in EVERY if name not in KEYS)
def test_nan_spoils_its_row_and_no_other(name):
    @cases
    @given(arrays(np.float64), st.data())
    def run(z, data):
        row = data.draw(st.integers(0, len(z) - 1))
        clean = EVERY[name](z)
        z[row, data.draw(st.integers(0, z.shape[1] - 1))] = NAN
        result, others = EVERY[name](z), np.arange(len(z)) != row
        assert np.isnan(result[row]).all()
        assert_allclose(result[others], clean[others], rtol=1e-14, atol=1e-14)

    run()


@cases
@given(hnp.arrays(float, (4, 3), elements=st.sampled_from([NAN, INF, -INF, 1.0, 2.0])), st.data())
def test_attention_passes_on_what_it_attends_to(value, data):
    # Weights of 1/n on the n keys of the mask: the mean of their values, in Python's arithmetic.
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=4, max_size=4)))
    key = np.where(mask, 1.0, NAN)[:, np.newaxis]  # what is masked may hold anything
    weights = attention_weights([[0.0]], key, mask=mask)
    assert_allclose(weights[0], mask / max(1, mask.sum()), rtol=1e-15)
    ours = scaled_dot_product_attention([[0.0]], key, value, mask=mask)[0]
    chosen = value[mask].tolist() or [[0.0] * 3]
    assert_allclose(
        ours, [sum(column) / len(chosen) for column in zip(*chosen, strict=True)], rtol=1e-14
    )


# Temperature


@every(name for name in AT_A_TEMPERATURE if name in LOGITS)
def test_any_temperature_gives_the_true_value(name):
    @settings(max_examples=120)
    @given(
        hnp.arrays(float, st.integers(1, 5), elements=st.floats(-1e308, 1e308) | st.floats(-9, 9)),
        st.floats(5e-324, 1.7e308) | st.floats(0.1, 10) | st.sampled_from([5e-324, 1.7e308, INF]),
    )
    @example(np.array([1e308, -1e308]), 1e308)
    @example(np.array([0.0, -5e-324]), 5e-324)
    def run(z, t):
        ours = EVERY[name](z, temperature=t)
        with np.errstate(all="ignore"):
            expected = outcome(name, *limit(z, t), t)
            # A difference of probabilities is right to their rounding, over T; ln p is not divided.
            atol = max(1e-300, 1e-14 / t) if "grad" in name or "jac" in name else 1e-14
            if name.startswith("both"):
                assert_allclose(ours[0], expected[0], rtol=1e-12, atol=1e-14)
                ours, expected, atol = ours[1:], expected[1:], max(1e-300, 1e-14 / t)
            if atol < INF:
                assert_allclose(ours, expected, rtol=1e-12, atol=atol)
            assert not np.isnan(ours).any()

    run()


not_above_zero = st.floats(max_value=0) | st.just(NAN) | st.integers(max_value=0)
no_number = st.text() | st.none() | st.booleans() | st.complex_numbers() | st.lists(st.floats(1, 2))


@every(AT_A_TEMPERATURE)
def test_no_other_temperature_is_taken(name):
    @cases
    @given(not_above_zero, no_number, arrays(np.float32))
    def run(too_low, no_number, z):
        with pytest.raises(ValueError, match=r"^temperature must be above 0, got .*hardmax"):
            EVERY[name](z, temperature=too_low)
        with pytest.raises(TypeError, match=r"^temperature must be one real number, got "):
            EVERY[name](z, temperature=no_number)

    run()


@every(AT_A_TEMPERATURE)
def test_a_temperature_may_be_of_any_real_type(name):
    z = np.array([[1.0, 2.0, -1.0]])
    for temperature in (2, Fraction(2), np.float32(2), np.array(2.0)):
        result = EVERY[name](z, temperature=temperature)
        assert_array_equal(result, EVERY[name](z, temperature=2.0))


# Shapes


@every(EVERY)
def test_no_classes_and_no_rows(name):
    @cases
    @given(hnp.array_shapes(min_dims=2, max_dims=4, min_side=0, max_side=3))
    def run(shape):
        assume(0 in shape)
        z, reduced = np.ones(shape, np.float32), shape[-2 if name in KEYS else -1]
        if name == "logsumexp":
            assert_array_equal(logsumexp(z), np.full(shape[:-1], -INF if reduced == 0 else 1))
        elif reduced == 0 or (name.startswith("attention_weights") and shape[-1] == 0):
            with pytest.raises(
                ValueError,
                match=r"of shape .* is empty along axis|has shape .* at least one|above 0",
            ):
                EVERY[name](z)
        else:
            assert EVERY[name](z).dtype == np.float32

    run()


@every(LOGITS)
def test_a_single_number_has_no_axis_of_classes(name):
    for number in (3, 2.5, np.float32(1), np.array(2.0)):
        with pytest.raises(ValueError, match="axis"):
            LOGITS[name](number)


TARGETS = [cross_entropy, cross_entropy_grad, cross_entropy_with_grad]


@pytest.mark.parametrize("function", TARGETS)
def test_the_shape_of_a_target(function):
    @cases
    @given(*2 * [hnp.array_shapes(min_dims=1, max_dims=3, max_side=3)])
    def run(shape, other):
        z, target = np.zeros(shape), np.zeros(other, int)
        assume(other not in (shape, shape[:-1]))
        words = re.escape(f"target has shape {other}, but z of shape {shape}")
        with pytest.raises(ValueError, match=f"^{words}"):
            function(z, target)

    run()


@pytest.mark.parametrize("function", TARGETS)
def test_any_class_index(function):
    @cases
    @given(hnp.arrays(st.sampled_from(["i1", "u1", "i8", "u8", "?"]), 3), st.integers(1, 300))
    def run(target, num_classes):
        z = np.zeros((3, num_classes))
        inside = [0 <= int(i) < num_classes for i in target]
        if all(inside):
            expected = np.eye(num_classes)[target.astype(int)]
            assert_array_equal(one_hot(target, num_classes), expected)
            # Equal logits: the loss is ln K, whatever the class; the gradient 1/K - y.
            result = function(z, target)
            *loss, grad = result if isinstance(result, tuple) else (result,) * 2
            if function is not cross_entropy:
                assert_allclose(grad, 1 / num_classes - expected, rtol=1e-12, atol=1e-15)
            if function is not cross_entropy_grad:
                assert_allclose(loss[0], 3 * [math.log(num_classes)], rtol=1e-15)
        else:
            first = target[inside.index(False)]
            for call, named in (
                (function, "target"),
                (lambda _, i: one_hot(i, num_classes), "labels"),
            ):
                with pytest.raises(
                    ValueError, match=rf"^{named} holds class {first}, out of range"
                ):
                    call(z, target)

    run()


@pytest.mark.parametrize("name", ["target", "p"])
def test_what_is_no_distribution_is_refused(name):
    @settings(max_examples=300)
    @given(
        hnp.arrays(float, shapes, elements=st.floats(-0.5, 1) | st.sampled_from([NAN, INF, -INF]))
    )
    def run(y):
        sums = [math.fsum(row) for row in y.tolist()] if np.isfinite(y).all() else [NAN]
        good = (y >= 0).all() and all(abs(total - 1) < 1e-8 for total in sums)
        assume(not good and not (name == "p" and np.isnan(y).any()))  # a NaN in p gives NaN
        for function in TARGETS if name == "target" else [lambda z, p: softmax_vjp(p, z)]:
            with pytest.raises(
                ValueError, match=rf"^{name} holds (a row with sum|.* no probability)"
            ):
                function(np.zeros(y.shape), y)

    run()


@cases
@given(*2 * [hnp.array_shapes(max_dims=3, max_side=3)])
def test_two_arrays_of_one_shape(shape, other):
    assume(shape != other)
    for names, call in ((("z_p", "z_q"), kl_divergence), (("p", "v"), softmax_vjp)):
        words = f"{names[0]} has shape {shape}, but {names[1]} has shape {other}"
        with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
            call(np.ones(shape), np.ones(other))


# Threads


def test_threads_share_an_input_and_not_their_error_state():
    # One of the threads has NumPy raise; a shared array is read by all, and by none written.
    generator = np.random.default_rng(0)
    z = generator.normal(0, 300, (40, 700))
    z[3, 5], z[4] = NAN, -INF
    z.flags.writeable = False
    names = [name for name in EVERY if name not in (*TEXTBOOK, "softmax_jacobian")]
    alone = {name: EVERY[name](z) for name in names}

    def run(turn):
        with np.errstate(all="raise" if turn % 3 else "ignore"):
            before = np.geterr()
            results = {name: EVERY[name](z) for name in names[turn % 7 :] + names[: turn % 7]}
            assert np.geterr() == before
            return results

    with ThreadPoolExecutor(8) as pool:
        for results in pool.map(run, range(24)):
            for name in names:
                assert_array_equal(results[name], alone[name])

"""The contract of softmax and its relatives, row by row, and their mathematical properties.

Expected values are closed forms: softmax of (ln a, ln b) is (a, b)/(a + b), logsumexp of it is
ln(a + b). Accuracy is measured in test_accuracy.py.
"""

import itertools
import re
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction
from math import e, inf, log, log1p, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

import softmax_lib
from softmax_lib import hardmax, log_softmax, logsumexp, naive_softmax, shifted_softmax, softmax
from softmax_lib.attention import attention_weights

EVERY = [naive_softmax, shifted_softmax, softmax, log_softmax, logsumexp, hardmax]
KEEP_SHAPE = [f for f in EVERY if f is not logsumexp]
PROBABILITIES = [naive_softmax, shifted_softmax, softmax, hardmax]
CAREFUL = [softmax, log_softmax]
FLOATS = [np.float16, np.float32, np.float64]
LN_1_2_5 = np.log([1.0, 2.0, 5.0])  # softmax gives (1, 2, 5)/8


@pytest.fixture(autouse=True)
def _numpy_raises():
    """No RuntimeWarning may leave the library, not even where NumPy is told to raise."""
    with np.errstate(all="raise"):
        yield


def example_of(function):
    """Return logits, and what `function` makes of them by its definition."""
    p = np.array([1.0, 2.0, 5.0]) / 8
    expected = {log_softmax: np.log(p), logsumexp: log(8), hardmax: [0, 0, 1]}.get(function, p)
    return LN_1_2_5, expected


def logits(seed, shape, dtype=np.float64):
    with np.errstate(under="ignore"):  # of the test's own cast to float16
        return np.random.default_rng(seed).normal(size=shape).astype(dtype)


# The package


def test_public_names():
    assert set(softmax_lib.__all__) == {f.__name__ for f in EVERY}
    assert softmax_lib.__version__ == "0.1.0"


def test_import_loads_numpy_and_nothing_else_heavy():
    code = "import sys, softmax_lib; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    heavy = {"scipy", "matplotlib", "sympy", "ipywidgets", "anywidget", "pandas", "IPython"}
    assert "numpy" in loaded.stdout.split()
    assert not heavy & set(loaded.stdout.split())


# Values


@pytest.mark.parametrize("function", EVERY)
def test_closed_form(function):
    z, expected = example_of(function)
    assert_allclose(function(z), expected, rtol=4e-16)


@pytest.mark.parametrize("temperature", [0.25, 0.5, 1.0, 2.0, 3.0])
def test_temperature_divides_the_logits(temperature):
    # T ln a / T = ln a
    assert_allclose(
        softmax(LN_1_2_5 * temperature, temperature=temperature), [1 / 8, 2 / 8, 5 / 8], rtol=1e-15
    )


def test_naive_overflows_where_its_definition_says():
    # e^789 is above the largest float64, e^709.78; infinity over infinity is NaN.
    assert_array_equal(naive_softmax([123, 456, 789]), [0, 0, nan])
    assert_array_equal(naive_softmax(np.float32([100, 0])), np.float32([nan, 0]))
    assert_array_equal(naive_softmax([-800, -800]), [nan, nan])  # 0/0


@pytest.mark.parametrize("function", [shifted_softmax, softmax])
def test_large_logits_do_not_overflow(function):
    assert_allclose(function([123, 456, 789])[1], np.exp(-333.0), rtol=1e-12)
    assert_array_equal(function([-800, -800]), [0.5, 0.5])


@pytest.mark.parametrize("function", EVERY)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("length", [3, 30, 100])
def test_what_underflows_is_no_error_however_far_apart(function, dtype, length):
    for spread, high, low in itertools.product(range(5, 800, 15), (0, 1), (0, -1)):
        z = np.zeros(length, dtype)
        z[:2] = high * spread, low * spread
        result = function(z)  # NumPy is told to raise
        if function not in (naive_softmax, logsumexp):
            assert result[0] == np.max(result)
            assert result[1] <= result[2] <= result[0]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("function", [*CAREFUL, logsumexp])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_extreme_entry_warns_of_nothing_at_any_length(function, dtype):
    info = np.finfo(dtype)
    values = info.min, info.max, info.smallest_subnormal, -100 * info.smallest_subnormal, 1e19
    for length in [*range(1, 13), 31, 32, 63, 64, 65, 100, 1000, 8192, 8193, 10_000]:
        for value in (*values, 1.4e154 if dtype is np.float64 else -1e20):
            z = np.zeros(length, dtype)
            z[length // 2] = value
            with np.errstate(all="warn"):
                ours = function(z)
            assert_array_equal(function(z), ours)  # and NumPy is told to raise
            assert not np.isnan(ours).any()


def test_log_softmax_of_a_dominant_entry():
    # ln p_1 = -ln(1 + e^-40), which is -e^-40 to 17 digits
    assert_allclose(log_softmax([0, -40]), [-log1p(np.exp(-40)), -40], rtol=4e-16)
    assert_allclose(log_softmax([1040, 1000]), [-log1p(np.exp(-40)), -40], rtol=4e-16)


def test_logsumexp_of_a_dominant_entry():
    assert_allclose(logsumexp([0, -40]), log1p(np.exp(-40)), rtol=4e-16)


@pytest.mark.parametrize("value", [0.3, -0.7, -5.0, 1e-20, 64.5, -1e300, 7e307])
def test_logsumexp_of_one_entry_is_that_entry(value):
    assert logsumexp([value]) == value
    assert logsumexp([value, -inf]) == value


@pytest.mark.parametrize("ties", [1, 2, 3])
@pytest.mark.parametrize("dtype", FLOATS)
def test_tied_maxima_share_equally(ties, dtype):
    z = np.array([-1.0] + ties * [3.0], dtype)
    assert_array_equal(hardmax(z), np.array([0] + ties * [1 / ties], dtype))
    assert_array_equal(softmax(z, temperature=1e-30), np.array([0] + ties * [1 / ties], dtype))
    shares = log_softmax(z, temperature=1e-30)
    assert_allclose(shares[1:], np.full(ties, -log(ties)), rtol=2 * np.finfo(dtype).eps)
    # The limit T -> 0 of the loser's is -inf; -4e30 is within float32, and float64.
    assert shares[0] == -inf if dtype == np.float16 else shares[0] < -1e30


# dtypes


@pytest.mark.parametrize("dtype", ["?", "b", "h", "i", "l", "q", "B", "H", "I", "L", "Q"])
@pytest.mark.parametrize("function", EVERY)
def test_integers_are_computed_in_float64(function, dtype):
    z = np.array([0, 1, 1], dtype)
    result = function(z)
    assert result.dtype == np.float64
    assert_array_equal(result, function([0.0, 1.0, 1.0]))


@pytest.mark.parametrize("function", [shifted_softmax, softmax])
def test_small_integers_do_not_wrap(function):
    # p = e^z / (e + e^2 + e^3), whatever holds the z
    expected = np.array([1, e, e * e]) / (1 + e + e * e)
    assert_allclose(function(np.array([1, 2, 3], np.uint8)), expected, rtol=1e-15)
    assert_allclose(function(np.array([-128, 127], np.int8)), [np.exp(-255.0), 1], rtol=1e-13)


@pytest.mark.parametrize("function", EVERY)
@pytest.mark.parametrize(
    "z", [[2**70, 2**70], [Fraction(1, 3), Fraction(1, 3)], np.array([1, 1.0], object)], ids=str
)
def test_objects_that_are_real_numbers(function, z):
    if function is naive_softmax and z[0] == 2**70:
        assert_array_equal(function(z), [nan, nan])
    else:
        assert_array_equal(function(z), function([float(v) for v in z]))


@pytest.mark.parametrize("function", EVERY)
@pytest.mark.parametrize("dtype", FLOATS)
def test_floats_keep_their_dtype(function, dtype):
    z, expected = example_of(function)
    result = function(z.astype(dtype))
    assert result.dtype == dtype
    # The logits are rounded to half an eps of up to 1.6.
    assert_allclose(result, expected, rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("function", EVERY)
def test_foreign_byte_order(function):
    z = np.array([1.0, 2.0, 4.0])
    result = function(z.astype(z.dtype.newbyteorder()))
    assert result.dtype == np.float64
    assert_array_equal(result, function(z))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("function", KEEP_SHAPE)
def test_float16_is_summed_in_float32(function, order):
    # A float16 sum of ones sticks at 2048, since 2049 is no float16.
    z = np.zeros((10_000, 2), np.float16, order)
    share = -log(10_000) if function is log_softmax else 1e-4
    assert_array_equal(function(z, axis=0), np.full_like(z, share))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("axis", [0, 1])
def test_long_float32_sums_in_any_layout(order, axis):
    # Equal logits give 1/K. A one-by-one sum of this many e^0.1 in float32 is 2e-4 off.
    shape = (300_000, 2) if axis == 0 else (2, 300_000)
    z = np.full(shape, 0.1, np.float32, order)
    assert_allclose(softmax(z, axis), np.full(shape, 1 / 300_000), rtol=5 * 2**-23)
    assert_allclose(log_softmax(z, axis), np.full(shape, -log(300_000)), rtol=3 * 2**-23)
    assert_allclose(logsumexp(z, axis), log(300_000) + np.float32(0.1), rtol=2 * 2**-23)


@pytest.mark.parametrize("function", EVERY)
@pytest.mark.parametrize(
    ("z", "dtype"),
    [
        ([1 + 2j, 0], "complex128"),
        (["1", "2"], "<U1"),
        (b"12", "S2"),
        (None, "object"),
        ([1.0, None], "object"),
        ([Decimal(1), Decimal(2)], "object"),
        (np.array(["2020-01-01"], "M8[D]"), "datetime64"),
        (np.array([1, 2], "m8[s]"), "timedelta64"),
        (np.array([np.timedelta64(1), 2.0], object), "object"),
        (np.zeros(2, [("a", float)]), "'a'"),
        ({"a": 1}, "object"),
    ],
    ids=str,
)
def test_what_is_no_number_is_refused(function, z, dtype):
    with pytest.raises(TypeError, match=rf"^z has dtype .*{dtype}.* expected real numbers"):
        function(z)


@pytest.mark.parametrize("function", EVERY)
@pytest.mark.parametrize(
    ("z", "culprit"),
    [(None, "None"), ([1.0, None], "None"), ({"a": 1}, "{'a': 1}"), ([1, Decimal(2)], "Decimal")],
)
def test_what_is_no_number_is_shown(function, z, culprit):
    with pytest.raises(TypeError, match=f"^z has dtype object, with {culprit}.* in it: expected"):
        function(z)


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="long double is float64 here")
@pytest.mark.parametrize("function", EVERY)
def test_long_double_is_refused(function):
    with pytest.raises(TypeError, match=r"^z has dtype .*expected .*float64"):
        function(np.ones(2, np.longdouble))
    with pytest.raises(TypeError, match=r"^z has dtype object.*expected .*float64"):
        function(np.ones(2, np.longdouble).astype(object))


@pytest.mark.parametrize("function", EVERY)
@pytest.mark.parametrize(
    "z",
    [
        np.ma.array([1.0, 2.0], mask=[0, 1]),
        [np.ma.array([1.0], mask=[1])],
        [1.0, np.ma.masked],
        [[np.ma.array([1.0], mask=[1])], ([2.0],)],
        [[[1.0, np.ma.masked]]],
    ],
    ids=["array", "list of arrays", "constant", "nested", "nested constant"],
)
def test_a_mask_is_never_dropped(function, z):
    with pytest.raises(TypeError, match=r"^z is a masked array"):
        function(z)


@pytest.mark.parametrize("function", EVERY)
def test_ragged_lists_are_refused(function):
    with pytest.raises(ValueError, match=r"^z must be rectangular"):
        function([[1, 2], [3]])


@pytest.mark.parametrize("function", EVERY)
def test_an_integer_beyond_float64_is_refused(function):
    with pytest.raises(ValueError, match=r"^z holds a number beyond the range of float64"):
        function([10**400, 1])


class Subclass(np.ndarray):
    pass


@pytest.mark.parametrize("function", EVERY)
def test_subclasses_and_nested_lists(function):
    z = np.array([[1.0, 2.0], [3.0, 5.0]])
    assert_array_equal(function(z.tolist()), function(z))
    assert_array_equal(function(tuple(z)), function(z))
    assert_array_equal(function(z.view(Subclass)), function(z))
    assert type(function(z.view(Subclass))) is np.ndarray


# Axes, shapes and memory layouts


def by_rows(function, z, axes):
    """Apply `function` to each row, taken out by hand, and put the result back."""
    kept = [a for a in range(z.ndim) if a not in axes]
    result = np.empty_like(z)
    for index in np.ndindex(*(z.shape[a] for a in kept)):
        row = [slice(None)] * z.ndim
        for a, i in zip(kept, index, strict=True):
            row[a] = i
        result[tuple(row)] = function(z[tuple(row)].ravel()).reshape(z[tuple(row)].shape)
    return result


@pytest.mark.parametrize(
    ("axis", "axes"),
    [
        (-1, (2,)),
        (0, (0,)),
        (1, (1,)),
        (np.int64(-3), (0,)),
        ((0, 1), (0, 1)),
        ((2, 0), (0, 2)),
        ([0, -1], (0, 2)),
        (None, (0, 1, 2)),
    ],
    ids=str,
)
@pytest.mark.parametrize("function", KEEP_SHAPE)
def test_every_axis(function, axis, axes):
    z = logits(0, (3, 4, 5))
    assert_allclose(function(z, axis=axis), by_rows(function, z, axes), rtol=3e-15)


@pytest.mark.parametrize("function", CAREFUL)
def test_a_cube_of_which_a_slice_is_larger_than_what_is_worked_on_at_once(function):
    z = logits(0, (130, 130, 130))
    slices = function(z[:, :2], axis=0, temperature=0.7)
    assert_allclose(function(z, axis=0, temperature=0.7)[:, :2], slices, rtol=3e-15)


@pytest.mark.parametrize(
    ("shape", "axis"),
    [((3, 4, 5), axis) for axis in (0, -1, (0, 2), None, ())] + [((5,), 0), ((5,), None)],
    ids=str,
)
@pytest.mark.parametrize("keepdims", [False, True])
def test_logsumexp_has_the_shape_of_a_sum(shape, axis, keepdims):
    z = logits(0, shape)
    expected = np.log(np.sum(np.exp(z), axis=axis, keepdims=keepdims))
    result = logsumexp(z, axis=axis, keepdims=keepdims)
    assert result.shape == expected.shape
    assert_allclose(result, expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("z", [[1.0, 2.0], [1000.0, 1000.0], [[1.0], [2.0]]])
def test_keepdims_is_a_bool(z):
    for keep in (True, False):
        assert_array_equal(logsumexp(z, keepdims=np.bool_(keep)), logsumexp(z, keepdims=keep))
        assert logsumexp(z, keepdims=np.bool_(keep)).shape == logsumexp(z, keepdims=keep).shape
    for wrong in (2, 1, None, "yes"):
        with pytest.raises(TypeError, match=r"^keepdims must be True or False, got"):
            logsumexp(z, keepdims=wrong)


@pytest.mark.parametrize("function", EVERY)
def test_axes_in_an_array(function):
    z = logits(3, (2, 3))
    assert_array_equal(function(z, axis=np.array([0, 1])), function(z, axis=(0, 1)))
    assert_array_equal(function(z, axis=np.int64(-1)), function(z))


@pytest.mark.parametrize("function", EVERY)
@pytest.mark.parametrize("axis", [True, np.True_, (0, True), [True], np.array([True])], ids=str)
def test_a_bool_is_no_axis(function, axis):
    with pytest.raises(TypeError, match=r"^axis must be an int, a tuple of ints or None"):
        function(np.eye(2), axis=axis)


@pytest.mark.parametrize("function", EVERY)
def test_no_axis_makes_each_entry_a_row(function):
    z = np.array([[1.0, 2.0], [3.0, 4.0]])
    expected = {logsumexp: z, log_softmax: np.zeros((2, 2))}.get(function, np.ones((2, 2)))
    assert_array_equal(function(z, axis=()), expected)
    assert_array_equal(function(z[0], axis=()), expected[0])


@pytest.mark.parametrize("function", EVERY)
def test_a_single_number_needs_axis_none(function):
    expected = {logsumexp: 2.5, log_softmax: 0}.get(function, 1)
    assert function(2.5, axis=None) == expected
    assert type(function(2.5, axis=None)) is np.float64  # a scalar, as from NumPy's own functions
    with pytest.raises(ValueError, match="axis"):
        function(2.5)


@pytest.mark.parametrize("function", EVERY)
@pytest.mark.parametrize("axis", [2, -3, (0, 0), (0, 5), 10**30], ids=str)
def test_axis_out_of_range_or_repeated(function, axis):
    with pytest.raises(ValueError, match="axis"):
        function(np.ones((2, 2)), axis=axis)


def test_a_temperature_in_the_place_of_the_axis_is_told_its_name():
    with pytest.raises(TypeError, match=r"^axis must be .* got 0\.5; .*temperature=\.\.\.$"):
        softmax([1.0, 2.0], 0.5)


@pytest.mark.parametrize("axis", [(0, 0), (0, -2)])
def test_a_repeated_axis_is_called_so(axis):
    with pytest.raises(ValueError, match=r"names an axis twice, of an array of 2 axes$"):
        softmax(np.ones((2, 2)), axis=axis)


@pytest.mark.parametrize("function", EVERY)
@pytest.mark.parametrize(
    "axis", [1.0, -1.0, "0", "", b"\0", {}, {0: 1}, (0, 1.0), np.timedelta64(0)], ids=repr
)
def test_axis_of_a_wrong_type(function, axis):
    with pytest.raises(TypeError, match=r"^axis must be an int, a tuple of ints or None"):
        function(np.ones((2, 2)), axis=axis)


@pytest.mark.parametrize("function", KEEP_SHAPE)
@pytest.mark.parametrize(("shape", "axis"), [((0,), -1), ((3, 0), 1), ((0, 3), 0), ((3, 0), None)])
def test_an_empty_row_has_no_distribution(function, shape, axis):
    words = re.escape(f"z of shape {shape} is empty along axis {axis}: no distribution exists")
    with pytest.raises(ValueError, match=f"^{words}$"):
        function(np.ones(shape), axis=axis)


def test_the_empty_sum_is_zero_and_its_logarithm_minus_infinity():
    assert logsumexp([]) == -inf
    assert_array_equal(logsumexp(np.ones((3, 0))), np.full(3, -inf))
    assert_array_equal(logsumexp(np.ones((0, 3), np.float32), axis=0), np.full(3, -inf))
    assert logsumexp(np.ones((0, 3), np.float32), axis=None).dtype == np.float32


@pytest.mark.parametrize("function", EVERY)
@pytest.mark.parametrize("shape", [(0, 3), (2, 0, 3)])
def test_no_rows_give_no_results(function, shape):
    expected = shape[:-1] if function is logsumexp else shape
    assert function(np.ones(shape)).shape == expected
    assert function(np.ones(shape, np.float16)).dtype == np.float16


def layouts(z):
    """Return copies and views of the 2-D `z` that differ in memory only."""
    wide = np.zeros((2 * z.shape[0], 3 * z.shape[1]), z.dtype)
    wide[::2, ::3] = z
    read_only = z.copy()
    read_only.flags.writeable = False
    return {
        "Fortran": np.asfortranarray(z),
        "strided": wide[::2, ::3],
        "reversed": z[::-1, ::-1].copy()[::-1, ::-1],
        "read-only": read_only,
        "unaligned": np.frombuffer(b"x" + z.tobytes(), np.uint8)[1:].view(z.dtype).reshape(z.shape),
    }


@pytest.mark.parametrize("shape", [(7, 5), (60, 300), (9000, 5), (3, 40_000), (40_000, 3)])
@pytest.mark.parametrize("axis", [0, 1, None])
@pytest.mark.parametrize("function", EVERY)
def test_the_memory_layout_does_not_matter(function, axis, shape):
    z = logits(1, shape)
    expected = function(z, axis=axis)
    for name, view in layouts(z).items():
        before = view.copy()
        # Within rounding: equal sums and quotients come from vector and scalar loops.
        assert_allclose(function(view, axis=axis), expected, rtol=1e-12, err_msg=name)
        assert_array_equal(view, before)


@pytest.mark.parametrize("function", EVERY)
def test_a_broadcast_row(function):
    row = np.array([1.0, 2.0, 4.0])
    assert_array_equal(function(np.broadcast_to(row, (4, 3))), np.stack(4 * [function(row)]))


@pytest.mark.parametrize("function", EVERY)
@pytest.mark.parametrize("shape", [(1000, 130), (30_000, 4), (3, 70_000)])
def test_blocks_of_rows_fit_together(function, shape):
    # Rows must not know of one another, however many there are and wherever a block ends.
    z = logits(2, shape) * 30
    whole = function(z)
    for row in (0, 1, shape[0] // 2, shape[0] - 1):
        assert_allclose(whole[row], function(z[row]), rtol=1e-13)


# out=


@pytest.mark.parametrize("function", CAREFUL)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("axis", [0, 1, 2, (0, 2), None], ids=str)
def test_out_is_filled_and_returned(function, dtype, axis):
    z = logits(3, (4, 5, 6), dtype)
    for out in (
        np.empty_like(z),
        np.empty_like(z, order="F"),
        np.empty((4, 5, 12), dtype)[..., ::2],
    ):
        assert function(z, axis, out=out) is out
        assert_array_equal(out, function(z, axis))


@pytest.mark.parametrize("function", CAREFUL)
@pytest.mark.parametrize("temperature", [1.0, 0.3])
@pytest.mark.parametrize("offset", [0, 1000, -1000])
@pytest.mark.parametrize("shape", [(6,), (4, 5), (300, 400)])
@pytest.mark.parametrize("axis", [0, -1])
def test_out_may_be_the_input(function, temperature, offset, shape, axis):
    z = logits(4, shape) * 9 + offset
    expected = function(z, axis, temperature=temperature)
    assert function(z, axis, temperature=temperature, out=z) is z
    assert_array_equal(z, expected)


@pytest.mark.parametrize("function", CAREFUL)
@pytest.mark.parametrize("dtype", FLOATS)
def test_out_may_overlap_the_input(function, dtype):
    memory = logits(5, (40, 7), dtype)
    for source, target in [
        (np.s_[1:], np.s_[:-1]),
        (np.s_[:-1], np.s_[1:]),
        (np.s_[::-1], np.s_[:]),
    ]:
        copy = memory.copy()
        expected = function(copy[source])
        assert_array_equal(function(copy[source], out=copy[target]), expected)
    for side in (7, 800):  # the larger one takes several blocks
        square = logits(5, (side, side), dtype)
        expected = function(square)
        assert_array_equal(function(square, out=square.T), expected)


@pytest.mark.parametrize("function", CAREFUL)
def test_out_that_does_not_fit(function):
    z = np.ones((2, 3))
    with pytest.raises(ValueError, match=r"^out has shape \(3, 2\), .* shape \(2, 3\)"):
        function(z, out=np.ones((3, 2)))
    with pytest.raises(TypeError, match=r"^out has dtype float32, .* dtype float64"):
        function(z, out=np.ones((2, 3), np.float32))
    with pytest.raises(TypeError, match=r"^out must be a plain NumPy array, got list"):
        function(z, out=[[0.0] * 3] * 2)
    with pytest.raises(TypeError, match=r"^out must be a plain NumPy array, got MaskedArray"):
        function(z, out=np.ma.ones((2, 3)))
    fixed = np.ones((2, 3))
    fixed.flags.writeable = False
    with pytest.raises(ValueError, match=r"^out is read-only"):
        function(z, out=fixed)


@pytest.mark.parametrize("function", CAREFUL)
def test_a_refused_call_leaves_out_alone(function):
    out = np.full(3, 7.0)
    with pytest.raises(ValueError, match="temperature"):
        function(np.zeros(3), temperature=0, out=out)
    assert_array_equal(out, [7, 7, 7])


# NaN and infinities


@pytest.mark.parametrize("shape", [(5, 4), (9000, 4), (3, 5000)])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("function", EVERY)
def test_nan_spoils_its_row_and_no_other(function, dtype, shape):
    z = logits(6, shape, dtype)
    clean = function(z)
    z[1, 2] = nan
    result = function(z)
    assert np.isnan(result[1]).all()
    kept = np.arange(shape[0]) != 1
    # NaN makes the block take another path: within the promised error, not bit for bit.
    with np.errstate(under="ignore"):  # of the comparison's own float16
        assert_allclose(result[kept], clean[kept], rtol=8 * np.finfo(dtype).eps)


@pytest.mark.parametrize("temperature", [1e-300, 0.3, 1.0, 7.0, 1e300, inf])
@pytest.mark.parametrize("dtype", FLOATS)
def test_minus_infinity_has_probability_zero(dtype, temperature):
    z = np.array([-inf, 0, 0, -inf], dtype)
    assert_array_equal(softmax(z, temperature=temperature), np.array([0, 0.5, 0.5, 0], dtype))
    half = dtype(-log(2))
    assert_allclose(log_softmax(z, temperature=temperature), [-inf, half, half, -inf], rtol=1e-3)


@pytest.mark.parametrize("function", PROBABILITIES)
def test_minus_infinity_is_left_out(function):
    assert_array_equal(function([3.0, -inf, 1.0]), np.insert(function([3.0, 1.0]), 1, 0))


@pytest.mark.parametrize("temperature", [1e-300, 1.0, 0.3, inf])
@pytest.mark.parametrize("function", CAREFUL)
def test_a_row_of_only_minus_infinity(function, temperature):
    z = np.array([[-inf, -inf], [0, 0]])
    result = function(z, temperature=temperature)
    assert np.isnan(result[0]).all()
    assert not np.isnan(result[1]).any()


def test_a_row_of_only_minus_infinity_without_temperature():
    z = np.array([[-inf, -inf], [1, 0]])
    for function in (naive_softmax, shifted_softmax, hardmax):
        assert np.isnan(function(z)[0]).all()
        assert not np.isnan(function(z)[1]).any()
    assert_allclose(logsumexp(z), [-inf, log(1 + e)], rtol=1e-15)


@pytest.mark.parametrize("temperature", [1e-300, 0.3, 1.0, 1e300, inf])
@pytest.mark.parametrize("dtype", FLOATS)
def test_one_infinity_takes_all(dtype, temperature):
    z = np.array([[inf, 5, -inf], [0, 0, 0], [nan, inf, 0], [-1, inf, 2]], dtype)
    third, none = dtype(1 / 3), nan
    expected = np.array([[1, 0, 0], [third] * 3, [none] * 3, [0, 1, 0]], dtype)
    assert_array_equal(softmax(z, temperature=temperature), expected)
    for row, p in zip(z, expected, strict=True):  # a row alone takes another way
        assert_array_equal(softmax(row, temperature=temperature), p)
    logs = [[0, -inf, -inf], [-log(3)] * 3, [none] * 3, [-inf, 0, -inf]]
    assert_allclose(log_softmax(z, temperature=temperature), logs, rtol=1e-3)


def test_one_infinity_in_the_others():
    assert_array_equal(hardmax([inf, 5, -inf]), [1, 0, 0])
    assert logsumexp([inf, 5, -inf]) == inf
    assert logsumexp([inf, inf]) == inf
    assert_array_equal(logsumexp([[inf, 5], [inf, inf], [0, -inf]]), [inf, inf, 0])
    assert np.isnan(logsumexp([inf, nan]))


@pytest.mark.parametrize("temperature", [0.5, 1.0, inf])
@pytest.mark.parametrize("function", CAREFUL)
def test_several_infinities_have_no_limit(function, temperature):
    result = function(np.array([[inf, inf, 0], [1, 2, 3]]), temperature=temperature)
    assert np.isnan(result[0]).all()
    assert not np.isnan(result[1]).any()


def test_several_infinities_in_the_others():
    assert_array_equal(hardmax([[inf, inf, 0], [1, 2, 3]]), [[nan, nan, nan], [0, 0, 1]])
    # The textbook's forms do their arithmetic: infinity over infinity, infinity less infinity.
    assert_array_equal(naive_softmax([inf, inf, 0]), [nan, nan, 0])
    assert_array_equal(shifted_softmax([inf, inf, 0]), [nan, nan, nan])


# Temperature


@pytest.mark.parametrize("function", CAREFUL)
@pytest.mark.parametrize(
    "temperature",
    [0, 0.0, -0.0, -1, nan, -inf, np.float32(0), -(10**400)],
    ids=lambda t: str(t)[:9],
)
def test_a_temperature_not_above_zero(function, temperature):
    with pytest.raises(ValueError, match=r"^temperature must be above 0, got .*hardmax"):
        function([1.0, 2.0], temperature=temperature)


@pytest.mark.parametrize("function", CAREFUL)
@pytest.mark.parametrize(
    "temperature",
    ["1", None, 1j, True, np.True_, [1.0], np.ones(1), Decimal(1), np.timedelta64(2)],
)
def test_a_temperature_that_is_no_number(function, temperature):
    with pytest.raises(TypeError, match=r"^temperature must be one real number"):
        function([1.0, 2.0], temperature=temperature)


@pytest.mark.parametrize(
    "temperature", [2, np.float32(2), np.int8(2), Fraction(2), np.array(2.0)], ids=repr
)
@pytest.mark.parametrize("function", CAREFUL)
def test_a_temperature_of_any_real_type(function, temperature):
    assert_array_equal(
        function([1.0, 2.0], temperature=temperature), function([1.0, 2.0], temperature=2.0)
    )


# softmax of logits that differ by 1 or by 2: 1/(1 + e^-d) and 1/(1 + e^d)
BY_ONE = [1 / (1 + np.exp(-1.0)), 1 / (1 + e)]
BY_TWO = [1 / (1 + np.exp(-2.0)), 1 / (1 + np.exp(2.0))]


@pytest.mark.parametrize(
    ("z", "temperature", "expected"),
    [
        # The two entries differ by 2 T, so p = 1/(1 + e^-2), although 2e308 overflows.
        ([1e308, -1e308], 1e308, BY_TWO),
        ([1e308, 1e308, -1e308], 1.0, [0.5, 0.5, 0]),
        ([1e308, -1e308], 5e-324, [1, 0]),
        # The smallest numbers differ by T itself.
        ([5e-324, 0], 5e-324, BY_ONE),
        ([1 + 2**-52, 1], 2**-52, BY_ONE),
        ([1, 0], 1e-320, [1, 0]),
        ([0, 0, -5e-324], 1e-323, np.array([1, 1, e**-0.5]) / (2 + e**-0.5)),
        # Huge temperatures flatten everything that is finite.
        ([1e300, -1e300], 1.7e308, [0.5 + 1e300 / 1.7e308 / 2, 0.5 - 1e300 / 1.7e308 / 2]),
        ([5, -5, 0], 1e308, [1 / 3] * 3),
        ([1e308, 5e-324, -inf], inf, [0.5, 0.5, 0]),
        ([0, 3], 10**400, [0.5, 0.5]),
        ([1000, 0], 1000, BY_ONE),
    ],
    ids=str,
)
def test_extreme_temperatures_and_spreads(z, temperature, expected):
    assert_allclose(softmax(z, temperature=temperature), expected, rtol=1e-15)
    with np.errstate(divide="ignore"):
        logs = np.log(expected)
    result = log_softmax(z, temperature=temperature)
    assert_allclose(result[logs > -inf], logs[logs > -inf], rtol=1e-14, atol=1e-16)


def test_log_softmax_of_an_overflowing_spread():
    # -2e308 / 1e308 and -2e308 / 8; at T = 1 the truth, -2e308, is beyond float64.
    assert_allclose(log_softmax([1e308, -1e308], temperature=1e308)[1], -2 + log(BY_TWO[0]))
    assert_array_equal(log_softmax([1e308, -1e308], temperature=8.0), [0, -2.5e307])
    assert_array_equal(log_softmax([1e308, -1e308]), [0, -inf])


@pytest.mark.parametrize("temperature", [1e-30, 1e-300, 1e300, 0.1])
def test_float32_takes_temperatures_beyond_its_range(temperature):
    # d/T = -1 with d a float32: the smallest, 1, or one of the largest
    d = {1e-30: 1e-30, 1e-300: 0.0, 1e300: 3e38, 0.1: 0.1}[temperature]
    gap = float(np.float32(d)) / temperature
    expected = np.array([1, np.exp(-gap)]) / (1 + np.exp(-gap))
    assert_allclose(
        softmax(np.array([0, -d], np.float32), temperature=temperature), expected, rtol=2e-7
    )


@pytest.mark.parametrize("dtype", FLOATS)
def test_infinite_temperature_is_uniform_over_what_is_possible(dtype):
    z = np.array([[9, -inf, -40, 3], [1, 2, 3, 4]], dtype)
    third = dtype(1 / 3)
    assert_array_equal(
        softmax(z, temperature=inf), np.array([[third, 0, third, third], [0.25] * 4], dtype)
    )


@pytest.mark.parametrize("dtype", FLOATS)
def test_infinite_temperature_in_place(dtype):
    z = np.array([1, 2, 3, -inf], dtype)
    softmax(z, temperature=inf, out=z)
    assert_array_equal(z, np.array([1, 1, 1, 0], dtype) / dtype(3))
    across = np.arange(8, dtype=dtype).reshape(2, 4).T  # its two axes are joined in a copy
    assert_array_equal(softmax(across, None, temperature=inf), np.full((4, 2), 1 / 8))


@pytest.mark.parametrize("function", [softmax, log_softmax])
def test_memory_read_backwards_gives_the_same(function):
    # NumPy's exp of it may differ in the last bit, on a processor with AVX-512.
    z = np.random.default_rng(3).uniform(-100, 100, (20_000, 3))
    expected = function(z[:, ::-1].copy())[:, ::-1]
    assert_allclose(function(z[:, ::-1])[:, ::-1], expected, rtol=1e-15)
    assert_allclose(function(z.T[::-1], axis=0)[::-1].T, expected, rtol=1e-15)
    out = np.empty_like(z)[:, ::-1]
    assert_allclose(function(z, out=out), expected, rtol=1e-15)
    assert_allclose(function(np.array([55.9, 36.4])[::-1]), function([36.4, 55.9]), rtol=1e-15)


def test_the_limit_of_small_temperatures_is_hardmax():
    z = logits(7, (50, 6)).round(1)  # rounded, so that some tie
    assert_array_equal(softmax(z, temperature=1e-5), hardmax(z))


# Properties

rows = hnp.arrays(np.float64, st.integers(1, 12), elements=st.floats(-300, 300))
wild_rows = hnp.arrays(
    np.float64, st.integers(1, 12), elements=st.floats(allow_nan=False, allow_infinity=False)
)
temperatures = st.floats(0.05, 50)
quick = settings(max_examples=60)


@quick
@given(rows, temperatures)
def test_probabilities_sum_to_one(z, temperature):
    for p in (
        naive_softmax(z),
        shifted_softmax(z),
        hardmax(z),
        softmax(z, temperature=temperature),
    ):
        assert p.min() >= 0
        assert_allclose(p.sum(), 1, rtol=4e-15)


@pytest.mark.parametrize("length", [2, 5, 12, 31, 32, 33, 65, 1000, 2000])
@pytest.mark.parametrize("dtype", FLOATS)
def test_no_probability_is_above_1(dtype, length):
    # One class dominates, so that p_1 rounds to 1 and has no room for a sum's last place.
    count = max(2, min(3000, 300_000 // length))
    for temperature, low in itertools.product((1, 0.3, 0.7, 2, 7.3), (-20, -60)):
        z = low + logits(1, (count, length)) / 10
        z[:, 0] = np.linspace(-1, 1, count)
        with np.errstate(under="ignore"):
            z = (temperature * z).astype(dtype)
        results = [softmax(z, temperature=temperature)]
        results.append(softmax(np.asfortranarray(z), temperature=temperature))
        results.append(softmax(z[0], temperature=temperature))
        if temperature == 1:  # each row as the scores of one query
            query = np.ones((count, 1, 1), dtype)
            results.append(attention_weights(query, z[..., np.newaxis], scale=1))
        results.append(softmax(z, temperature=temperature, out=z))
        assert max(p.max() for p in results) <= 1


def test_not_even_where_the_reciprocal_of_the_sum_is_rounded_twice():
    # The largest exponential is 2 - 2^-52 j, so that its reciprocal, 1/2 + 2^-54 j + 2^-107 j^2 and
    # so on, is just below half way between two doubles: there a long double is half way, by 2^-66.
    j = np.arange(2**26.5 * (1 - 2.0**-12), 2**26.5 * (1 + 2.0**-12), 7).round()
    z = np.full((len(j), 32), -60.0)
    z[:, 0] = np.log(2 - j * 2.0**-52)
    assert softmax(z).max() == 1


@quick
@given(wild_rows, st.floats(1e-323, 1e308))
def test_any_finite_row_and_temperature_give_a_distribution(z, temperature):
    p = softmax(z, temperature=temperature)
    assert p.min() >= 0
    assert_allclose(p.sum(), 1, rtol=4e-15)
    log_p = log_softmax(z, temperature=temperature)
    assert log_p.max() <= 0
    with np.errstate(under="ignore"):
        # ln p is as exact as p, so e^(ln p) is off by |ln p| roundings of it.
        assert_allclose(np.exp(log_p), p, rtol=1e-12, atol=1e-300)


@quick
@given(rows, st.integers(-512, 512))
def test_shift_invariance(z, c):
    z = z.round(3) // 2**-20 * 2**-20  # so that z + c is exact
    assert_allclose(softmax(z + c), softmax(z), rtol=2e-15, atol=1e-320)
    assert_allclose(log_softmax(z + c), log_softmax(z), rtol=2e-15)
    assert_allclose(logsumexp(z + c), logsumexp(z) + c, rtol=1e-15, atol=1e-15)


@quick
@given(rows, st.randoms(use_true_random=False))
def test_permutation_equivariance(z, random):
    order = list(range(z.size))
    random.shuffle(order)
    for function in (softmax, log_softmax, shifted_softmax, hardmax):
        assert_allclose(function(z[order]), function(z)[order], rtol=4e-15)
    assert_allclose(logsumexp(z[order]), logsumexp(z), rtol=4e-16, atol=4e-16)


@quick
@given(rows)
def test_log_softmax_is_idempotent(z):
    # Its exponentials sum to 1 already, so that the second logsumexp is 0.
    once = log_softmax(z)
    assert_allclose(log_softmax(once), once, rtol=1e-15, atol=4e-16 * z.size)
    assert_allclose(logsumexp(once), 0, atol=4e-16 * z.size)


def test_softmax_is_not_idempotent():
    assert np.abs(softmax(softmax([2, 1, 0, -1])) - softmax([2, 1, 0, -1])).max() > 0.2


@quick
@given(rows)
def test_logsumexp_lies_between_the_maximum_and_ln_k_above(z):
    room = 1e-14 + abs(float(z.max())) * 4e-16
    assert z.max() <= logsumexp(z) <= z.max() + log(z.size) + room


@quick
@given(hnp.arrays(np.float64, st.integers(1, 8), elements=st.floats(-80, 80)))
def test_three_ways_to_softmax_agree(z):
    # Gaps up to 160 cost the textbook's form 160 roundings.
    assert_allclose(naive_softmax(z), softmax(z), rtol=4e-15)
    assert_allclose(shifted_softmax(z), softmax(z), rtol=160 * 2**-52)
    assert_allclose(np.exp(log_softmax(z)), softmax(z), rtol=170 * 2**-52)


@quick
@given(
    hnp.arrays(np.float64, st.integers(2, 8), elements=st.floats(-9, 9)),
    st.floats(0.1, 10),
    st.floats(1.01, 10),
)
def test_temperature_flattens(z, low, factor):
    # d ln p_i / dT = (mean of z under p - z_i)/T^2: never positive for the largest logit, never
    # negative for the smallest. dH/dT is a variance over T^3.
    cold, warm = (softmax(z, temperature=t) for t in (low, low * factor))
    assert warm.max() <= cold.max() * (1 + 1e-14)
    assert warm.min() >= cold.min() * (1 - 1e-14)
    log_cold, log_warm = (log_softmax(z, temperature=t) for t in (low, low * factor))
    assert -(warm @ log_warm) >= -(cold @ log_cold) * (1 - 1e-13)


def test_temperature_is_strict_where_logits_differ():
    ts = [0.1, 0.25, 0.5, 1, 2, 5, 10, 100]
    p = np.array([softmax([2, 1, 0, -1], temperature=t) for t in ts])
    assert (np.diff(p[:, 0]) < 0).all()
    assert (np.diff(p[:, 3]) > 0).all()


def test_a_middle_probability_need_not_be_monotone_in_temperature():
    # p_2 goes .237, .276, .270 (mpmath, 50 digits)
    p = [softmax([2, 1, 0, -1], temperature=t)[1] for t in (1, 2, 5)]
    assert_allclose(p, [0.2368828181, 0.2760043447, 0.2695088308], rtol=1e-9)


@quick
@given(rows)
def test_softmax_is_the_gradient_of_logsumexp(z):
    with np.errstate(under="ignore"):
        z = z / 30
    step = 1e-5 * np.eye(z.size)
    slope = (logsumexp(z + step) - logsumexp(z - step)) / 2e-5
    assert_allclose(slope, softmax(z), atol=1e-8)


@quick
@given(hnp.arrays(np.float64, st.integers(1, 9), elements=st.sampled_from([0.0, 1.0, 2.5, -3.0])))
def test_hardmax_marks_the_maxima(z):
    h = hardmax(z)
    assert_array_equal(h > 0, z == z.max())
    assert_allclose(h.sum(), 1, rtol=1e-15)


# Resources


@pytest.mark.parametrize("function", CAREFUL)
def test_threads_do_not_disturb_one_another(function):
    z = logits(8, (24, 30_000)) * 300
    temperatures = np.linspace(0.5, 3, 24)
    arguments = list(zip(z, temperatures, strict=True))

    def run(pair):
        return function(pair[0], temperature=pair[1])

    alone = list(map(run, arguments))
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(run, arguments))
    assert_array_equal(together, alone)


@pytest.mark.parametrize("function", EVERY)
def test_numpys_settings_are_given_back(function):
    with np.errstate(all="warn"):
        before = np.geterr(), np.getbufsize()
        function([1000.0, inf])
        assert (np.geterr(), np.getbufsize()) == before


def peak_memory(call):
    call()
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("shape", [(4_000_000,), (2000, 2000), (500_000, 8)], ids=str)
@pytest.mark.parametrize(("offset", "temperature"), [(0, 1), (0, 0.7), (1000, 1), (1000, 0.7)])
def test_softmax_needs_little_memory_besides_its_result(shape, offset, temperature):
    # The promise: what it makes besides the result is a twentieth of the input, from 32 MB on;
    # rows of eight need a tenth, since their totals are an eighth of it.
    z = logits(9, shape) + offset
    extra = 0.05 if shape[-1] > 8 else 0.10
    out = np.empty_like(z)
    assert peak_memory(lambda: softmax(z, temperature=temperature)) < (1 + extra) * z.nbytes
    assert peak_memory(lambda: softmax(z, temperature=temperature, out=out)) < extra * z.nbytes
    assert peak_memory(lambda: softmax(z, temperature=temperature, out=z)) < extra * z.nbytes


@pytest.mark.parametrize("shape", [(4_000_000,), (2000, 2000)], ids=str)
@pytest.mark.parametrize("function", [softmax, log_softmax])
def test_little_memory_is_needed_along_the_first_axis(function, shape):
    z = logits(9, shape)
    out = np.empty_like(z)
    assert peak_memory(lambda: function(z, axis=0, out=out)) < 0.05 * z.nbytes


@pytest.mark.parametrize("shape", [(2, 2_000_000), (20, 200_000)], ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("function", "result"), [(softmax, 1), (log_softmax, 1), (logsumexp, 0.5)])
def test_few_classes_along_the_first_axis_are_worked_in_blocks(function, result, dtype, shape):
    z = logits(9, shape).astype(dtype)
    for wide in (z, 1000 * z):
        assert peak_memory(lambda z=wide: function(z, axis=0)) < (result + 1) * z.nbytes


@pytest.mark.parametrize("function", CAREFUL)
def test_axes_that_lie_apart_are_copied_once(function):
    z = logits(9, (200, 100, 200))  # the copy that joins them takes the result
    assert peak_memory(lambda: function(z, axis=(0, 2))) < 1.5 * z.nbytes


def test_log_softmax_of_far_float32_logits_widens_few_rows_at_a_time():
    z = logits(9, (4000, 1000)).astype(np.float32) + np.float32(1000)
    out = np.empty_like(z)
    assert peak_memory(lambda: log_softmax(z, out=out)) < 0.25 * z.nbytes


@pytest.mark.parametrize("shape", [(4_000_000,), (2000, 2000)], ids=str)
@pytest.mark.parametrize("offset", [0, 1000])
def test_log_softmax_needs_little_memory_besides_its_result(shape, offset):
    z = logits(9, shape) + offset
    out = np.empty_like(z)
    assert peak_memory(lambda: log_softmax(z, out=out)) < 0.05 * z.nbytes

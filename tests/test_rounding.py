"""The ruler of the chapter on floating point measures what it says, and refuses nothing silently.

Expected values are exact fractions, closed forms at 50 digits, or counts of float steps.
"""

from fractions import Fraction

import numpy as np
import pytest
from mpmath import mp

from softmax_lib import log_softmax, logsumexp, softmax
from softmax_lib.rounding import exact_softmax, library_report, softmax_forms, ulp_error

from .exact import ulps


@pytest.fixture(autouse=True)
def _fifty_digits():
    with mp.workdps(50):
        yield


def test_exact_softmax_of_two_is_the_logistic_function_and_does_not_overflow():
    p = exact_softmax([[1000.5, 0.25], [0.0, -40.0]])
    for row, gap in zip(p, ("1000.25", "40"), strict=True):
        assert mp.almosteq(row[1], 1 / (1 + mp.exp(mp.mpf(gap))), rel_eps=mp.mpf(10) ** -48)
        assert abs(row.sum() - 1) < mp.mpf(10) ** -48


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("steps", [0, 1, 3])
def test_ulp_error_counts_steps_between_floats(dtype, steps):
    for value in (1.5, 3e-6, 0.75):  # none is next to a power of two; one is subnormal in float16
        start = end = dtype(value)
        for _ in range(steps):
            end = np.nextafter(end, dtype(np.inf))
        assert ulp_error(end, mp.mpf(float(start))) == steps
        assert ulp_error(-end, mp.mpf(-float(start))) == steps
    below = np.nextafter(dtype(2), dtype(0))  # whose ulp is half that of 2
    assert ulp_error(dtype(2), mp.mpf(float(below))) == 1


def test_what_is_exact_may_be_an_integer():
    assert ulp_error(np.float16(1), 1) == ulp_error(np.float32(1), True) == 0
    assert ulp_error(1.5, 1) == 2**51  # of the steps from 1 to 2 there are 2^52
    assert ulp_error(np.float32([3, 2]), [3, 4]).tolist() == [0, 2**22]  # an ulp of 4 is 2^-21


@pytest.mark.parametrize(("wide", "short"), [(np.float64, np.float32), (np.float32, np.float16)])
def test_a_truth_of_a_shorter_format_is_not_what_the_result_is_cut_to(wide, short):
    """1.1 rounded to the shorter format is a sum of powers of two, and so is the distance."""
    truth = Fraction(float(short(1.1)))
    steps = abs(Fraction(float(wide(1.1))) - truth) / Fraction(float(np.spacing(wide(1.1))))
    assert ulp_error(wide([1.1]), short([1.1])) == [float(steps)] != [0.0]


def test_the_place_of_an_entry_in_memory_does_not_matter():
    z = np.arange(6.0).reshape(2, 3)
    assert (exact_softmax(np.asfortranarray(z)) == exact_softmax(z)).all()


def test_ulp_error_of_nan_is_nan():
    assert np.isnan(ulp_error(np.array([np.nan]), np.array([mp.mpf(1)], object))).all()


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: exact_softmax(np.ma.array([1.0, 2.0], mask=[0, 1])), TypeError, "z is a masked"),
        (lambda: exact_softmax(["1", "2"]), TypeError, "z has dtype"),
        (lambda: exact_softmax([1 + 1j]), TypeError, "z has dtype complex128"),
        (lambda: exact_softmax([1.0, -np.inf]), ValueError, "z must be finite"),
        (lambda: ulp_error([1, 2], [1, 2]), TypeError, "result has dtype int64"),
        (lambda: ulp_error([True], [1.0]), TypeError, "result has dtype bool"),
        (lambda: ulp_error(["1"], [1.0]), TypeError, "result has dtype"),
        (lambda: ulp_error([1.0], ["1"]), TypeError, "exact has dtype"),
        (lambda: ulp_error([1.0], [1 + 5j]), TypeError, "exact has dtype complex128"),
        (lambda: ulp_error([1.0], [None]), TypeError, "exact has dtype object, with None in it"),
        (lambda: ulp_error([1.0], [10**400]), ValueError, "exact holds a whole number beyond"),
        (lambda: ulp_error(np.ma.array([1.0], mask=[1]), [1.0]), TypeError, "result is a masked"),
        (lambda: softmax_forms("12"), TypeError, "z has dtype"),
        (lambda: library_report(5), TypeError, "softmax must be callable, got 5"),
        (lambda: library_report(None), TypeError, "softmax must be callable, got None"),
        (lambda: library_report(softmax, 5), TypeError, "log_softmax must be callable, got 5"),
    ],
)
def test_a_bad_argument_is_named(call, error, says):
    with pytest.raises(error, match=says):
        call()


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="here it is float64")
def test_a_long_double_is_refused():
    with pytest.raises(TypeError, match="result has dtype"):
        ulp_error(np.longdouble([1]), [1.0])


def test_forms_round_every_step_in_the_format():
    for dtype in (np.float16, np.float32, np.float64):
        for p in softmax_forms(np.array([[1, 2, 3]], dtype)).values():
            assert p.dtype == dtype
            np.testing.assert_allclose(p.sum(), 1, rtol=8 * np.finfo(dtype).eps)
    assert np.isnan(softmax_forms(np.float16([12, 0]))["definition"][0])  # e^12 > 65504
    for order in "CF":  # whether or not a row lies along memory, 2048 + 1 is 2048 in float16
        z = np.zeros((2, 4097), np.float16, order=order)
        assert (softmax_forms(z)["definition"] == 2.0**-11).all()
    # 1e4 + ln 2 is rounded to a multiple of 2^-39, and all of that error is in the result.
    lse = 1e4 + np.log(2)
    p = softmax_forms(np.full(2, 1e4))["division-free"]
    np.testing.assert_allclose(p, 0.5 * np.exp(np.log(2) - (lse - 1e4)), rtol=1e-15)
    assert abs(p[0] - 0.5) > 1e-14


def test_report_finds_the_faults_of_a_plain_library_and_none_in_this_one():
    def divided(z, axis):
        e = np.exp(z - z.max(axis=axis, keepdims=True))
        return e / e.sum(axis=axis, keepdims=True)

    def division_free(z, axis):
        m = z.max(axis=axis, keepdims=True)
        return np.exp(z - (m + np.log(np.exp(z - m).sum(axis=axis, keepdims=True))))

    assert library_report(division_free)["softmax, offset 10000"] > 1000  # half an ulp of 1e4

    report = library_report(divided)
    assert report["softmax, long float32"] > 1000  # a million terms, added one by one
    assert report["softmax, uniform 700"] > 250  # half an ulp of a gap above 512
    assert report["softmax, uint8 (1, 2, 3)"][:2] == [None, None]  # 1 - 3 is 254
    assert report["softmax, float16 zeros"] == pytest.approx(10_000 / 2048, rel=1e-6)  # 4.88
    # p - 1 is a multiple of 2^-53, and the truth 9.4e-14 is not
    assert 1e-4 < report["gradient, margin 30"] < 1e-2
    assert report["log_softmax, (0, -40)"] == report["logsumexp, (0, -40)"] == "none"

    ours = library_report(softmax, log_softmax, logsumexp, lambda z: -softmax(z)[1])
    for name in ("uniform 10", "uniform 700", "offset 10000", "long float32"):
        assert ours[f"softmax, {name}"] <= 5
    for name in ("log_softmax, (0, -40)", "logsumexp, (0, -40)", "gradient, margin 30"):
        assert ours[name] < 1e-15
    # 1e-4 rounded to float16, ten thousand times
    assert ours["softmax, float16 zeros"] == 10_000 * float(np.float16(1e-4))


def test_report_takes_the_worst_error_of_normal_numbers():
    def flushed(z, axis):
        p = softmax(z, axis)
        p[p < np.finfo(p.dtype).smallest_normal] = 0  # as a processor may be told to do
        if p.dtype == np.float32:
            p[7, 0] = 0
        return p

    report = library_report(flushed)
    assert report["softmax, uniform 700"] <= 5
    assert report["softmax, long float32"] >= 2**23  # one of two million is missing altogether


@pytest.mark.parametrize("error", [TypeError, ValueError, NotImplementedError, OverflowError])
def test_report_says_refused_when_a_library_raises(error):
    def refuses(z, axis):
        raise error("not for these")

    assert set(library_report(refuses).values()) == {"refused", "none"}


def test_a_true_value_out_of_the_formats_range_warns_of_nothing():
    with np.errstate(all="raise"):
        assert ulp_error(np.float32([0]), np.float64([1e-50]))[0] < 0.5
        assert ulp_error(np.float32([1e-45]), np.float64([0]))[0] == 1
        assert ulp_error(np.float16([np.inf]), np.float64([1e5]))[0] == 0  # it has to overflow
        assert ulp_error(np.float16([-np.inf]), np.float64([1e5]))[0] == np.inf
        assert np.isnan(ulp_error(np.float16([np.nan]), np.float64([1e5]))).all()


def test_just_below_a_power_of_two_a_ulp_is_half_of_that_above_it():
    with mp.workdps(50):
        truth = 1 - mp.ldexp(1, -60)
        assert abs(ulp_error(np.float64(1 - 2**-53), truth) - (1 - 2.0**-7)) < 1e-15
        assert abs(ulp_error(np.float64(1), truth) - 2.0**-7) < 1e-15
        for value in (truth, mp.mpf(1), mp.mpf(3) / 10, mp.mpf(2) ** -1070, mp.mpf(0)):
            result = np.array([0.3])
            assert ulp_error(result, np.array([value])) == ulps(result, [value])


def test_so_it_is_of_negative_numbers():
    assert ulp_error(-1 + 2.0**-53, -1.0) == 0.5
    assert ulp_error(-1 - 2.0**-52, -1.0) == 1


def test_so_it_is_whatever_the_precision_of_mpmath():
    """It would round the truth to 1, where an ulp is twice as large."""
    with mp.workdps(50):
        exact = [1 - mp.mpf(10) ** -20, mp.mpf(10) ** -20 - 1]
    result = np.array([1 - 2**-53, 2**-53 - 1])
    with mp.workdps(15):
        assert ulp_error(result, np.array(exact)) == pytest.approx([1, 1], rel=1e-3)


def test_results_and_truths_of_different_shapes_are_refused():
    with pytest.raises(ValueError, match=r"^result has shape \(3,\), but exact has shape \(3, 1\)"):
        ulp_error(np.zeros(3), np.zeros((3, 1)))


@pytest.mark.parametrize("function", [exact_softmax, softmax_forms])
def test_a_row_needs_a_class(function):
    with pytest.raises(ValueError, match=r"^z of shape \(2, 0\) is empty"):
        function(np.zeros((2, 0)))
    with pytest.raises(ValueError, match="axis"):
        function(3.0)

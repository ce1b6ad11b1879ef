"""OverflowExplorer without a browser: its traits, and the arithmetic of its formats."""

from fractions import Fraction

import numpy as np
import pytest

from softmax_lib.core import naive_softmax, shifted_softmax
from softmax_lib.widgets import OverflowExplorer
from softmax_lib.widgets._formats import FORMATS, rounded, softmax_steps

NAN = float("nan")
RNG = np.random.default_rng(8)


def halves():
    """Return every finite float16 from 0 up, in order."""
    return np.arange(0x7C00, dtype=np.uint16).view(np.float16).astype(float)


def brain_floats():
    """Return every finite bfloat16 from 0 up: the upper half of a float32."""
    return (np.arange(0x7F80, dtype=np.uint32) << 16).view(np.float32).astype(float)


def same(found, expected):
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))


@pytest.mark.parametrize(("values", "name"), [(halves(), "float16"), (brain_floats(), "bfloat16")])
def test_rounding_by_the_rule_of_ieee_754(values, name):
    """Each number is itself; between two, the nearer one; half way, the one with an even last bit.

    Even and odd alternate, as the numbers of a format in order are its bit patterns in order.
    """
    even = np.where(np.arange(len(values) - 1) % 2 == 0, values[:-1], values[1:])
    middle = values[:-1] + np.diff(values) / 2  # exact in double
    for sign in (1, -1):
        same(rounded(sign * values, name), sign * values)
        same(rounded(sign * middle, name), sign * even)
        same(rounded(sign * np.nextafter(middle, np.inf), name), sign * values[1:])
        same(rounded(sign * np.nextafter(middle, 0), name), sign * values[:-1])


def test_rounding_is_that_of_numpys_casts():
    doubles = RNG.integers(0, 1 << 64, 300_000, dtype=np.uint64).view(np.float64)
    near = RNG.uniform(-70_000, 70_000, 100_000) * 2.0 ** RNG.integers(-45, 1, 100_000)
    wide = RNG.standard_normal(100_000) * 2.0 ** RNG.integers(-155, 130, 100_000)
    with np.errstate(all="ignore"):
        for x in (doubles, near, wide):
            x = x[~np.isnan(x)]
            same(rounded(x, "float16"), x.astype(np.float16).astype(float))
            same(rounded(x, "float32"), x.astype(np.float32).astype(float))


# The last that rounds to the largest number, and the first that overflows, half a unit above it.
@pytest.mark.parametrize(
    ("name", "digits", "high"), [("float16", 11, 15), ("bfloat16", 8, 127), ("float32", 24, 127)]
)
def test_overflow_begins_half_a_unit_above_the_largest(name, digits, high):
    largest = Fraction(2) ** (high + 1) * (1 - Fraction(1, 2**digits))
    border = float(largest + Fraction(2) ** (high - digits))
    assert rounded(border, name) == np.inf
    assert rounded(-border, name) == -np.inf
    assert rounded(np.nextafter(border, 0), name) == float(largest)


def test_each_operation_is_numpys_in_float16_and_float32():
    """Sums, differences and quotients, as NumPy rounds them in the format itself."""
    for dtype in (np.float16, np.float32):
        a, b = (RNG.standard_normal((2, 50_000)) * 2.0 ** RNG.integers(-12, 12, 50_000)).astype(
            dtype
        )
        x, y = a.astype(float), b.astype(float)
        same(rounded(x + y, dtype.__name__), (a + b).astype(float))
        same(rounded(x - y, dtype.__name__), (a - b).astype(float))
        with np.errstate(all="ignore"):
            same(rounded(x / y, dtype.__name__), (a / b).astype(float))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("shift", [False, True])
def test_every_step_is_numpys_in_float16_and_float32(dtype, shift):
    rng = np.random.default_rng(9)
    for _ in range(100):
        z, c = rng.uniform(-9, 9, 5), rng.uniform(-3, 3)
        steps = softmax_steps(z, c, dtype.__name__, shift=shift)
        with np.errstate(all="ignore"):
            scores = z.astype(dtype) + dtype(c)
            exponents = scores - scores.max() if shift else scores
            e = np.exp(exponents.astype(float)).astype(dtype)
            total = dtype(0)
            for term in e:
                total += term
            p = e / total
        assert type(steps["total"]) is float
        found = [*steps["scores"], *steps["exponents"], *steps["exponentials"], steps["total"]]
        same([*found, *steps["probabilities"]], [*scores, *exponents, *e, total, *p])


def test_in_float64_the_result_is_doubles_too():
    assert rounded([1, 2], "float64").dtype == np.float64


@pytest.mark.parametrize("offset", [-1000, -743, -100, 0, 100, 700, 709, 720, 1000])
def test_in_float64_they_are_the_librarys_two_forms(offset):
    logits = [2.0, 1, 0, -1]
    explorer = OverflowExplorer(logits, offset, "float64")
    scores = np.add(logits, offset)
    np.testing.assert_allclose(explorer.naive, naive_softmax(scores), rtol=1e-12)
    np.testing.assert_allclose(explorer.shifted, shifted_softmax(scores), rtol=1e-12)


# The four ways to fail of the chapter on stability, with their results.
@pytest.mark.parametrize(
    ("logits", "offset", "naive"),
    [
        ([123, 456, 789], 0, [0, 0, NAN]),
        ([0, 0], 709.5, [0, 0]),
        ([0, -1], -1000, [NAN, NAN]),
        ([-1, 0], -743, [1 / 3, 2 / 3]),
    ],
)
def test_the_four_ways_to_fail(logits, offset, naive):
    np.testing.assert_array_equal(OverflowExplorer(logits, offset, "float64").naive, naive)


def test_what_its_docstring_says_of_float16():
    """The library's own softmax widens it; the float16 here does not."""
    assert np.isfinite(naive_softmax(np.float16([12, 0]))).all()
    assert np.isnan(OverflowExplorer([12, 0], 0, "float16").naive[0])


def test_the_shifted_form_never_fails():
    for name in FORMATS:
        for _ in range(2000):
            z = RNG.uniform(-1000, 1000, 4)
            steps = softmax_steps(z, RNG.uniform(-1000, 1000), name, shift=True)
            assert 1 <= steps["total"] <= 4
            assert np.isfinite(steps["probabilities"]).all()


def test_its_still_picture_shows_both_forms():
    picture = OverflowExplorer([2, 1], 87, "float32").still()
    assert "naive nan, 0; shifted 0.731, 0.269" in picture

"""Draws from a softmax: the generator, the trick and the cut-offs."""

import math
import re

import numpy as np
import pytest

from softmax_lib import softmax
from softmax_lib.sampling import gumbel_max, mulberry32, nucleus, top_k

Z = np.array([2.0, 1.0, 0.0, -1.0])
NAN, INF = float("nan"), float("inf")


def reference(seed, count):
    """Mulberry32 in Python's own integers, word for word as its author gives it in C."""
    a, out = seed, []
    for _ in range(count):
        a = (a + 0x6D2B79F5) & 0xFFFFFFFF
        t = ((a ^ (a >> 15)) * (a | 1)) & 0xFFFFFFFF
        t ^= (t + (t ^ (t >> 7)) * (t | 61)) & 0xFFFFFFFF
        out.append(t ^ (t >> 14))
    return out


@pytest.mark.parametrize("seed", [0, 1, 12345, 2**31, 2**32 - 1])
def test_the_generator_is_mulberry32(seed):
    expected = (np.array(reference(seed, 5000)) + 0.5) / 2**32
    np.testing.assert_array_equal(mulberry32(seed, 0, 5000), expected)
    np.testing.assert_array_equal(mulberry32(seed, 4000, 1000), expected[4000:])
    np.testing.assert_array_equal(mulberry32(seed, 2**32, 5), expected[:5])  # the period is over
    assert mulberry32(seed, 2**53, 0).size == 0


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.int32, np.uint64])
def test_the_generator_takes_numpys_integers(kind):
    expected = mulberry32(100, 127, 2)
    np.testing.assert_array_equal(mulberry32(kind(100), kind(127), kind(2)), expected)
    np.testing.assert_array_equal(mulberry32(1, np.uint8(255), 2), mulberry32(1, 255, 2))


def test_its_numbers_look_uniform():
    """100 bins of 1,000 expected: chi-square with 99 degrees of freedom, 134.6 at one per cent."""
    counts = np.histogram(mulberry32(7, 0, 100_000), 100, (0, 1))[0]
    assert ((counts - 1000) ** 2 / 1000).sum() < 134.6


@pytest.mark.parametrize(
    ("arguments", "name"),
    [((-1, 0, 1), "seed"), ((2**32, 0, 1), "seed"), ((0.5, 0, 1), "seed"), ((0, -1, 1), "start"),
     ((True, 0, 1), "seed"), ((0, 0, -1), "count"), ((0, 0, 2**32 + 1), "count")],
)  # fmt: skip
def test_bad_arguments_of_the_generator(arguments, name):
    high = {"seed": 2**32 - 1, "start": 2**53, "count": 2**32}[name]
    if all(type(argument) is int for argument in arguments):
        wrong = pytest.raises(ValueError, match=f"^{name} must be from 0 to {high}, got ")
    else:
        wrong = pytest.raises(TypeError, match=f"^{name} must be a whole number, got ")
    with wrong:
        mulberry32(*arguments)


def test_gumbel_max_draws_from_softmax():
    """Chi-square with 3 degrees of freedom: 16.27 at one in a thousand."""
    n = 100_000
    drawn = gumbel_max(Z, mulberry32(3, 0, 4 * n).reshape(n, 4))
    expected = n * softmax(Z)
    counts = np.bincount(drawn, minlength=4)
    assert ((counts - expected) ** 2 / expected).sum() < 16.27


def test_gumbel_max_is_exact_for_two_classes():
    """With u_2 = 1/2 class 1 is drawn exactly if -ln u_1 < ln 2 e^(z_1 - z_2)."""
    border = math.exp(-math.log(2) * math.exp(1.5))
    assert gumbel_max([1.5, 0], [border * (1 + 1e-9), 0.5]) == 0
    assert gumbel_max([1.5, 0], [border * (1 - 1e-9), 0.5]) == 1


def test_what_is_removed_is_never_drawn():
    u = mulberry32(5, 0, 40_000).reshape(10_000, 4)
    assert set(gumbel_max(top_k(Z, 2), u)) == {0, 1}


@pytest.mark.parametrize("bad", [0, 1, NAN, -0.1])
def test_gumbel_max_refuses_what_is_not_inside(bad):
    with pytest.raises(ValueError, match="uniforms must lie between 0 and 1"):
        gumbel_max([1, 0], [0.5, bad])


@pytest.mark.parametrize(
    ("dtype", "logit"), [(np.float64, 1e16), (np.float32, 1e8), (np.float16, 6e4)]
)
def test_gumbel_max_draws_beside_large_logits(dtype, logit):
    u = mulberry32(1, 0, 40_000).reshape(-1, 2)
    drawn = gumbel_max(np.full(2, logit, dtype), u)
    assert abs(drawn.mean() - 0.5) < 4 * 0.5 / math.sqrt(20_000)  # four standard errors
    assert gumbel_max(np.array([INF, 0], dtype), [0.01, 0.99]) == 0
    assert gumbel_max(np.array([-INF, 0], dtype), [0.99, 0.01]) == 1


def test_gumbel_max_makes_its_noise_in_float64():
    u = np.array([0.9995, 0.5], np.float16)
    first, second = -np.log(-np.log(u.astype(np.float64)))
    assert gumbel_max([0, first - second - 1e-9], u) == 0
    assert gumbel_max([0, first - second + 1e-9], u) == 1


def test_gumbel_max_needs_a_class():
    with pytest.raises(ValueError, match="z must leave each row"):
        gumbel_max([[0, -INF], [-INF, -INF]], [0.5, 0.5])


CUTS = [lambda z: top_k(z, 1), lambda z: nucleus(z, 0.5), lambda z: nucleus(z, 1)]
DRAWS = [*CUTS, lambda z: gumbel_max(z, np.full(np.shape(z), 0.5))]


@pytest.mark.parametrize("function", DRAWS)
@pytest.mark.parametrize(
    ("z", "words"),
    [([NAN, 1, 2], "holds a NaN, so no distribution exists"),
     ([[1, 2, 3], [INF, INF, NAN]], "holds a NaN"),
     ([[1, 2, 3], [INF, INF, 2]], "holds more than one .inf in a row, so no"),
     ([-INF, -INF], "must leave each row a class above -inf, so no"),
     (np.zeros((2, 0)), r"has shape \(2, 0\), but a row needs a class"),
     (3.0, r"has shape \(\), but a row needs a class")],
)  # fmt: skip
def test_a_row_without_a_distribution_is_refused(function, z, words):
    with np.errstate(all="raise"), pytest.raises(ValueError, match=f"^z {words}"):
        function(z)


@pytest.mark.parametrize("function", CUTS)
def test_one_infinity_takes_all(function):
    np.testing.assert_array_equal(softmax(function([1, INF, -INF])), [0, 1, 0])


@pytest.mark.parametrize("shape", [(3,), (1,), (), (3, 2), (2, 2, 3)])
def test_gumbel_max_names_uniforms_that_do_not_fit(shape):
    with pytest.raises(
        ValueError, match=r"^uniforms has shape .* does not fit z of shape \(4, 2\)"
    ):
        gumbel_max(np.zeros((4, 2)), np.full(shape, 0.5))


def test_gumbel_max_names_what_is_no_number():
    with pytest.raises(TypeError, match="uniforms has dtype"):
        gumbel_max([1, 0], ["a", "b"])


def test_gumbel_max_takes_the_gaps_of_short_logits_in_float64():
    z = np.float16([2, 1e-4])  # of which float16 makes 2
    gap = 2 - float(z[1])
    u_1 = 0.5
    noise = -math.log(-math.log(u_1))
    for side, winner in ((-1e-6, 0), (1e-6, 1)):  # float16's gap would be 1e-4 larger
        u_2 = math.exp(-math.exp(-(noise + gap + side)))
        assert gumbel_max(z, [u_1, u_2]) == winner


# p = 0.644, 0.237, 0.087, 0.032: running sums 0.644, 0.881, 0.968, 1.
@pytest.mark.parametrize(
    ("p", "left"), [(0.01, 1), (0.64, 1), (0.65, 2), (0.88, 2), (0.89, 3), (0.97, 4), (1, 4)]
)
def test_the_nucleus_is_the_smallest_set_that_reaches_p(p, left):
    np.testing.assert_array_equal(nucleus(Z, p), np.where(np.arange(4) < left, Z, -INF))
    np.testing.assert_array_equal(nucleus(Z[::-1], p), nucleus(Z, p)[::-1])


def test_a_sum_that_misses_by_rounding_alone_has_reached_p():
    assert np.isfinite(nucleus(np.zeros(10), 0.8)).sum() == 8  # eight tenths add up to less
    assert 0.1 * 8 == 0.8 > sum([0.1] * 8)
    assert np.isfinite(nucleus(np.zeros(10), 0.8 + 5e-13)).sum() == 8
    for more in (5e-12, 1e-9):
        assert np.isfinite(nucleus(np.zeros(10), 0.8 + more)).sum() == 9


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("count", [100, 1000, 10_000, 100_000])
@pytest.mark.parametrize("tenths", [1, 3, 9])
def test_a_long_sum_that_misses_by_rounding_alone_has_reached_p(dtype, count, tenths):
    left = nucleus(np.zeros(count, dtype), tenths / 10)
    assert left.dtype == dtype
    assert np.isfinite(left).sum() == count * tenths // 10


def test_the_nucleus_is_never_empty():
    np.testing.assert_array_equal(nucleus(Z, 1e-300), [2, -INF, -INF, -INF])


def test_a_nucleus_of_one_is_all():
    np.testing.assert_array_equal(nucleus([1000.0, 0], 1), [1000, 0])
    assert not np.may_share_memory(nucleus(Z, 1), Z)  # a result of its own, as for every p


@pytest.mark.parametrize(("k", "left"), [(1, [2]), (2, [0, 2]), (3, [0, 1, 2]), (4, [0, 1, 2, 3])])
def test_top_k_keeps_the_largest_and_of_equals_the_first(k, left):
    logits = np.array([1.0, 0, 3, 0])
    assert np.flatnonzero(np.isfinite(top_k(logits, k))).tolist() == left
    many = np.resize([0.0, 1], 100)  # so many that a sort which is not stable shows
    np.testing.assert_array_equal(np.flatnonzero(np.isfinite(top_k(many, k))), 2 * np.arange(k) + 1)


def test_cut_offs_keep_the_odds_of_what_stays():
    for cut in (top_k(Z, 3), nucleus(Z, 0.9)):
        p = softmax(cut)
        np.testing.assert_allclose(p[0] / p[2], np.exp(2), rtol=1e-14)
        np.testing.assert_allclose(p[:3], softmax(Z)[:3] / softmax(Z)[:3].sum(), rtol=1e-14)
        assert p[3] == 0


def test_each_row_may_have_an_infinity():
    z = np.array([[INF, 0], [0, INF]])
    np.testing.assert_array_equal(top_k(z, 1), [[INF, -INF], [-INF, INF]])


def test_rows_are_cut_on_their_own():
    rows = np.array([[2.0, 1, 0, -1], [0, 0, 0, 9]])
    for cut in (lambda z: top_k(z, 2), lambda z: nucleus(z, 0.7)):
        np.testing.assert_array_equal(cut(rows), [cut(row) for row in rows])


@pytest.mark.parametrize("bad", [0, 5])
def test_top_k_refuses_a_number_out_of_range(bad):
    with pytest.raises(ValueError, match=f"^k must be from 1 to 4, got {bad}"):
        top_k(Z, bad)


def test_top_k_takes_a_number_in_an_array_without_an_axis():
    np.testing.assert_array_equal(top_k(Z, np.array(2)), top_k(Z, 2))


@pytest.mark.parametrize("bad", [1.5, True, "2", np.array([2]), np.timedelta64(2)])
def test_top_k_refuses_what_is_no_whole_number(bad):
    with pytest.raises(TypeError, match="^" + re.escape(f"k must be a whole number, got {bad!r}")):
        top_k(Z, bad)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_a_short_p_is_the_same_number(dtype):
    """Of ties that reach it but for rounding, as many stay as for the double."""
    for num_classes in range(2, 40):
        for p in (0.125, 0.25, 0.5, 0.75):
            z = np.zeros(num_classes)
            np.testing.assert_array_equal(nucleus(z, dtype(p)), nucleus(z, p))


@pytest.mark.parametrize("bad", [0, 1.1, NAN, -1, pytest.param(10**400, id="10^400")])
def test_nucleus_refuses(bad):
    with pytest.raises(ValueError, match="p must be above 0"):
        nucleus(Z, bad)


@pytest.mark.parametrize("bad", ["a", None, np.array([0.5, 0.6]), True, 1j])
def test_nucleus_names_what_is_no_number(bad):
    with pytest.raises(TypeError, match=r"^p must be one real number, got "):
        nucleus(Z, bad)

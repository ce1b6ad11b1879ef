"""Sums, quotients and row totals that keep what rounding takes away."""

import itertools
import math

import numpy as np

LN2 = math.log(2)
LN2_LOST = 2.3190468138462996e-17  # what rounding took from it
_LN2_HIGH = math.ldexp(round(math.ldexp(LN2, 42)), -42)  # times k up to 2^11 it is exact
_LN2_LOW = (LN2 - _LN2_HIGH) + LN2_LOST
_LOG2_4_3 = math.log2(4 / 3)

LONG = 32  # entries: a row that has fewer is quicker worked on together with others
WIDER = np.longdouble if np.finfo(np.longdouble).nmant > 60 else np.float64  # on some it is one
SLAB = 1 << 13  # entries worked on at once: ten float64 arrays of that size fit a cache
LARGE_SLAB = 16 * SLAB  # the same for one or two arrays


def slabs(a, size=SLAB):
    """Cut an array into slabs of about `size` entries, so that temporary arrays stay small.

    Yields the index of each slab, and the index of its rows in an array of shape (..., 1). The cuts
    go across the slowest axes in memory, one after another, until what is left is small enough.
    """
    pieces = [[slice(None)]] * a.ndim
    left = a.size
    for axis in sorted(range(a.ndim), key=lambda i: -abs(a.strides[i])):
        length = a.shape[axis]
        step = max(1, size * length // max(left, 1))
        pieces[axis] = [slice(start, start + step) for start in range(0, length, step)]
        left = left * step // max(length, 1)
        if left <= size:
            break
    for slab in itertools.product(*pieces):
        yield slab, slab[:-1]


def two_sum(a, b):
    """Return the rounded sum s of a and b, and the error e with s + e = a + b exactly.

    This is Knuth's TwoSum (The Art of Computer Programming, volume 2, section 4.2.2): six
    operations, whichever of the two is larger. Without overflow it has no exception.
    """
    s = a + b
    b_seen = s - a
    return s, (a - (s - b_seen)) + (b - b_seen)


def two_quotient(a, b):
    """Return the rounded quotient q of a and b, arrays or floats, and e with q + e = a/b, nearly.

    The remainder a - q b is exact, but for its last bits, once q and b are each cut into halves
    whose products fit a float64 (Dekker 1971, doi 10.1007/BF01397083).
    """
    q = a / b
    b_high, b_low = _halves(b)
    q_high, q_low = _halves(q)
    remainder = a - q_high * b_high
    remainder -= q_high * b_low
    remainder -= q_low * b
    remainder /= b
    return q, remainder


def two_exp(x):
    """Return the exponential e of an array of float64, and the error with e + error = e^x, nearly.

    Together they are within 2^-54.6 e^x of it, unless that is subnormal. A multiple k of ln 2 is
    taken from x so that expm1 of what is left lies between -1/4 and 1/2: in so small a number
    little is lost, and what rounding takes from its sum with 1 is kept.
    """
    k = np.floor(x / LN2 + _LOG2_4_3)
    nearly = x - k * _LN2_HIGH  # exact, both the product and the difference
    low = k * _LN2_LOW
    r = nearly - low
    less_one = np.expm1(r)
    e = 1 + less_one
    error = less_one - (e - 1)
    error += ((nearly - r) - low) * e
    k = k.astype(np.int32)
    return np.ldexp(e, k), np.ldexp(error, k)


def _halves(a):
    """Cut the 53 bits of each float64 in two: a = high + low exactly (Veltkamp's splitting)."""
    c = (2.0**27 + 1) * a
    high = c - (c - a)
    return high, a - high


def row_sum(a, dtype):
    """Sum a single row of float64, precisely enough for a result of `dtype`."""
    if a.size <= 64:
        return math.fsum(a.tolist())  # exact, and for so few the quickest way
    if dtype.itemsize < 8:
        return np.add.reduce(a)
    above = 4 * math.sqrt(a.size * a.dot(a))  # no sum is above sqrt(n) times the Euclidean norm
    total, rest = _cut_sums(a, above, np.add.reduce)
    return total + rest


def row_sums(a, dtype, lost=None):
    """Sum the non-negative entries of each row, the last of several axes, in any memory layout.

    Returns an array of shape (..., 1), precise enough for a result of `dtype`. For float64 the
    error is below two units in the last place, and most often half of one; the sums of long rows
    are not even rounded to it, but left as long doubles. A plain sum, even a pairwise one, is
    several units off when a few entries dominate a row or when all are equal, and thousands of
    units when NumPy adds along an axis that is not the fastest in memory. `lost`, a small number
    for each row, is what its terms lack; it is added before the last rounding, the only one then.
    """
    if dtype.itemsize < 8:  # float64 has 29 bits more: enough for a billion terms
        total, rest = _sums(a, np.float64), 0.0
    else:
        total, rest = two_row_sums(a, quicker=lost is None)
        if a.shape[-1] >= LONG:
            rest += 2.0**-61 * total  # or e * (1/e), rounded to a long double first, may be above 1
            total = total.astype(WIDER)
    return total + (rest if lost is None else rest + lost)


def two_row_sums(a, quicker=False):
    """Sum the non-negative entries of each row of float64 in two parts, unrounded together.

    To be quicker, entries may be added in pairs first, which takes up to half a unit.
    """
    if a.size <= LARGE_SLAB:
        return _slab_sums(a, quicker)
    total = np.zeros((*a.shape[:-1], 1))
    rest = np.zeros_like(total)
    for slab, rows in slabs(a, LARGE_SLAB):
        total_slab, rest_slab = _slab_sums(a[slab], quicker)
        if slab[-1] == slice(None):  # whole rows
            total[rows], rest[rows] = total_slab, rest_slab
        else:
            total[rows], rounded = two_sum(total[rows], total_slab)
            rest[rows] += rounded + rest_slab
    return total, rest


def two_short_row_sums_but(largest, a):
    """Sum each short row of float64 but for one entry, the largest, given with shape (..., 1).

    Once all are cut to one grid, taking it out again is exact. The sum has two parts, good to a
    float64's last place as long as it is above 2^-30 of what was left out.
    """
    total, rest = np.empty_like(largest), np.empty_like(largest)
    above = 2.0 * a.shape[-1] * largest
    for rows, _ in slabs(a[..., 0], 4 * SLAB // a.shape[-1]):
        total[rows], rest[rows] = _cut_sums(a[rows], above[rows], _sums)
    largest_on_grid = (largest + above) - above
    return total - largest_on_grid, rest - (largest - largest_on_grid)


def _slab_sums(a, quicker):
    """Sum rows of float64 in two parts: many entries, to be quicker, once added in pairs."""
    if quicker and a.size > SLAB:
        a = _added_in_pairs(a)
    above = 4 * _sums(a)
    highest = np.fmax.reduce(above, axis=None)
    if a.shape[-1] * highest <= 2**38 * np.fmin.reduce(above, axis=None):
        above = highest  # one number is quicker, and a grid 2^38/K times as coarse fine enough
    return _cut_sums(a, above, _sums)


def _added_in_pairs(a):
    """Return rows of float64 with the same sums, but for one rounding of each entry, and shorter.

    Short rows of an odd length stay as they are.
    """
    along = a.strides[-1] == a.itemsize
    if along and a.shape[-1] < LONG:  # only neighbours are added in one loop for all rows
        return a if a.shape[-1] % 2 else a[..., ::2] + a[..., 1::2]
    half = a.shape[-1] // 4 * 2 if along else a.shape[-1] // 2
    result = np.empty_like(a, shape=(*a.shape[:-1], a.shape[-1] - half))
    first, second, sums = a[..., :half], a[..., half : 2 * half], result[..., :half]
    if along:  # each to the next but one, as complex numbers: memory is read in one go
        pairs = a[..., : 2 * half].view(np.complex128)
        first, second, sums = pairs[..., ::2], pairs[..., 1::2], sums.view(np.complex128)
    np.add(first, second, out=sums)
    result[..., half:] = a[..., 2 * half :]
    return result


def _cut_sums(a, above, sums):
    """Return the sums of rows in two parts, by error-free extraction.

    Adding and subtracting a number above the row's sum cuts every entry to a common grid, on which
    sums are exact in any order. What was cut off is small, so that a plain sum of it will do (Rump,
    Ogita and Oishi 2008, doi 10.1137/050645671).
    """
    on_grid = a + above
    on_grid -= above
    total = sums(on_grid)
    return total, sums(np.subtract(a, on_grid, out=on_grid))


def _sums(a, dtype=None):
    """Sum rows with no care, but as quickly as NumPy can in this layout."""
    along = a.strides[-1] == a.itemsize
    if dtype is None and (a.shape[-1] < LONG or not along):
        return a @ np.ones((a.shape[-1], 1))
    if not along:
        return np.add.reduce(a, axis=-1, dtype=dtype, keepdims=True)
    return np.einsum("...k->...", a, dtype=dtype)[..., np.newaxis]

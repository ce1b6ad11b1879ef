"""Softmax in three steps: its definition, the textbook's stable form, and a careful one.

A row is the set of entries that share one distribution: one axis, several axes, or all of them.
The careful functions turn their input so that a row is the last axis, and turn the result back.
"""

import math

import numpy as np

from softmax_lib._exact import (
    LARGE_SLAB,
    LN2,
    LN2_LOST,
    LONG,
    SLAB,
    WIDER,
    row_sum,
    row_sums,
    slabs,
    two_exp,
    two_quotient,
    two_row_sums,
    two_short_row_sums_but,
    two_sum,
)
from softmax_lib._inputs import (
    check_out,
    check_temperature,
    checked,
    classes_last,
    from_rows,
)

# NumPy's buffer, in entries. Of its usual 8192, a row of half as many or fewer makes it copy that
# row's maximum or sum there once for every entry, which takes as long as the arithmetic. It is set
# inside `np.errstate`, which puts back what was there before.
_BUFFER = 768
_BLOCK = 1 << 21  # bytes, of what is worked on at once if it needs as much for itself
_FEW = 12  # so many entries are quicker as Python's floats than in an array
_ONE = WIDER(1)  # times it, a float64 becomes a long double sooner than by a conversion
_WORTH_WIDER = 256  # entries in a row, from which what long doubles save is more than they take
_FAINT = 1 / math.e  # to a sum above it, what underflows is no loss: its probability does so too


def naive_softmax(z, axis=-1):
    r"""Exponentials over their sum: the definition of softmax, kept to show where it fails.

    Parameters
    ----------
    z : array_like
        Logits, of any real dtype.
    axis : int, tuple of ints or None, optional
        Axis or axes along which the result sums to 1; None is all of them.

    Returns
    -------
    ndarray
        Of the shape of `z`, with entries in [0, 1] or NaN. A float dtype is kept, any other gives
        float64.

    Raises
    ------
    TypeError
        If `z` does not hold real numbers, or `axis` not ints.
    ValueError
        If `z` is empty along `axis`, or `axis` is out of range.

    See Also
    --------
    shifted_softmax : the same function, without overflow.
    softmax : the same function, without avoidable rounding error.

    Notes
    -----
    .. math:: p_i = \frac{w_i}{\sum_j w_j}, \qquad w_i = e^{z_i}

    The name softmax is Bridle's [1]_. A logit above 709.78 (float64) or 88.72 (float32) overflows
    to infinity, and infinity over infinity is NaN, as it is for a logit of +inf. A row below
    -745.14 (float64) underflows to 0/0, NaN too. float16 is computed in float32, and the sum is
    NumPy's, as in `shifted_softmax`.

    References
    ----------
    .. [1] J. S. Bridle, "Probabilistic interpretation of feedforward classification network
       outputs, with relationships to statistical pattern recognition", in Neurocomputing, NATO ASI
       Series 68, Springer, 1990. doi:10.1007/978-3-642-76153-9_28

    Examples
    --------
    >>> from softmax_lib import naive_softmax
    >>> naive_softmax([2, 1, 0, -1])
    array([0.64391426, 0.23688282, 0.08714432, 0.0320586 ])
    >>> naive_softmax([123, 456, 789])
    array([ 0.,  0., nan])
    """
    x, axes, dtype = _widened(z, axis)
    with np.errstate(all="ignore"):  # the NaN is the message
        e = np.exp(x)
        p = e / e.sum(axis=axes, keepdims=True)
        return p.astype(dtype, copy=False)


def shifted_softmax(z, axis=-1):
    r"""Softmax of the logits minus their maximum: the textbook's form, which cannot overflow.

    Parameters
    ----------
    z : array_like
        Logits, of any real dtype.
    axis : int, tuple of ints or None, optional
        Axis or axes along which the result sums to 1; None is all of them.

    Returns
    -------
    ndarray
        Of the shape of `z`, with entries in [0, 1] or NaN. A float dtype is kept, any other gives
        float64.

    Raises
    ------
    TypeError
        If `z` does not hold real numbers, or `axis` not ints.
    ValueError
        If `z` is empty along `axis`, or `axis` is out of range.

    See Also
    --------
    softmax : the same function, without avoidable rounding error.

    Notes
    -----
    .. math:: p_i = \frac{e^{d_i}}{\sum_j e^{d_j}}, \qquad d_i = z_i - \max_k z_k

    The largest exponential is 1, so nothing overflows and the sum is at least 1. The difference is
    rounded, though: where it is -500, the exponential is off by up to some 250 units in the last
    place. Blanchard, Higham and Higham [1]_ bound the error. The sum is NumPy's: pairwise along the
    axis that is fastest in memory, one by one along another, where a long float32 sum loses digits.
    A row with +inf gives NaN.

    References
    ----------
    .. [1] P. Blanchard, D. J. Higham and N. J. Higham, "Accurately computing the log-sum-exp and
       softmax functions", IMA Journal of Numerical Analysis 41(4), 2021. doi:10.1093/imanum/draa038

    Examples
    --------
    >>> from softmax_lib import shifted_softmax
    >>> shifted_softmax([123, 456, 789])
    array([5.75274406e-290, 2.39848787e-145, 1.00000000e+000])
    """
    x, axes, dtype = _widened(z, axis)
    with np.errstate(all="ignore"):  # an exponential that underflows is rightly 0
        e = np.exp(x - x.max(axis=axes, keepdims=True))
        p = e / e.sum(axis=axes, keepdims=True)
        return p.astype(dtype, copy=False)


def softmax(z, axis=-1, *, temperature=1.0, out=None):
    r"""Probabilities proportional to the exponentials of the logits over the temperature.

    Softmax is the gradient of `logsumexp`, and `hardmax` is its limit as the temperature falls to
    0.

    Parameters
    ----------
    z : array_like
        Logits, of any real dtype. Integers are worked in float64, which rounds those beyond 2^53:
        where they differ by little, subtract a common integer first.
    axis : int, tuple of ints or None, optional
        Axis or axes along which the result sums to 1; None is all of them. A single number (an
        array with no axis) needs None.
    temperature : float, optional
        T > 0, infinity included. Below 1 it sharpens the distribution, above 1 it flattens it.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `z` itself.

    Returns
    -------
    ndarray
        Of the shape of `z`, with entries in [0, 1] that sum to 1 along `axis`. A float dtype is
        kept, any other gives float64. It is `out` where that is given.

    Raises
    ------
    TypeError
        If `z` does not hold real numbers (a long double or a masked array is refused too), if
        `axis` does not hold ints, if `temperature` is no real number, or if `out` is no plain array
        or has another dtype.
    ValueError
        If `z` is empty along `axis`, if `axis` is out of range, if `temperature` is not above 0, or
        if `out` has another shape or is read-only.

    See Also
    --------
    log_softmax : its logarithm, accurate also where a probability rounds to 0 or 1.
    hardmax : its limit as the temperature falls to 0.

    Notes
    -----
    .. math:: p_i = \frac{w_i}{\sum_j w_j}, \qquad w_i = e^{z_i / T}

    The result is within 5 units in the last place (ulp) of the true one, for all finite float32 and
    float64 logits, temperatures and memory layouts that were tried, except for long float32 rows
    made to be hard: there the promise is 8 ulp. Three things make it so:

    - Where the exponentials neither overflow nor nearly vanish, the logits are not shifted, so that
      their exponentials have exact arguments. All ordinary logits go this way. It costs them
      nothing, since the sums themselves show whether it was safe.
    - Elsewhere the maximum is subtracted [1]_, and what rounding takes from the difference is kept
      and put back, as it is from a division by T:
      :math:`e^{d + \varepsilon} \approx e^d (1 + \varepsilon)`. For float32 this is done in float64
      instead, and float16 is worked in float32.
    - The sum is nearly exact, in any order [2]_.

    Rows are worked in blocks, and the maximum is subtracted in a whole block if the exponentials of
    one of its rows sum to more than e^707, or to less than 1/e while a logit of the block is below
    ln K - 708. For long float32 rows the two borders are e^86 and ln K - 87. (Where `out` is `z`,
    this has to be decided beforehand, so one logit as far from 0 is enough.)

    A row is long here if it has 32 or more float32 entries, its array has more than 8192, and T is
    1. Such rows have the float32 exponential of NumPy, others a float64 one. For every float32
    number the former is between 3.57 u below the truth and 2.57 u above it, with u = 2^-24, on a
    processor with AVX-512, and so is a sum of them. A quotient of the two is then within 6.14 u,
    rounding the sum's reciprocal to float32 adds 1 u, and the product's own rounding half an ulp:
    since an ulp is above u, that is 7.7 ulp at most. To come near that, the terms that carry the
    sum must err one way and the entry itself the other; the worst entry found is 7.2 ulp off.

    A logit of minus infinity has probability 0; a row of nothing else is NaN, since no distribution
    exists. One logit of plus infinity takes all; several give NaN, as does a NaN in a row. Other
    rows keep what is promised above, though not always their last digits: whether their block is
    shifted may change these. At T = inf all above minus infinity share equally, unless one
    is plus infinity.

    References
    ----------
    .. [1] P. Blanchard, D. J. Higham and N. J. Higham, "Accurately computing the log-sum-exp and
       softmax functions", IMA Journal of Numerical Analysis 41(4), 2021. doi:10.1093/imanum/draa038
    .. [2] S. M. Rump, T. Ogita and S. Oishi, "Accurate floating-point summation part I: faithful
       rounding", SIAM Journal on Scientific Computing 31(1), 2008. doi:10.1137/050645671

    Examples
    --------
    >>> from softmax_lib import softmax
    >>> softmax([2, 1, 0, -1])
    array([0.64391426, 0.23688282, 0.08714432, 0.0320586 ])
    >>> softmax([2, 1, 0, -1], temperature=0.25)
    array([9.81684472e-01, 1.79801783e-02, 3.29318453e-04, 6.03167786e-06])
    >>> softmax([[1000, 1001], [-1000, -1001]], axis=0)
    array([[1., 1.],
           [0., 0.]])
    """
    z, axes = checked(z, axis, "z")
    if type(temperature) is not float or temperature != 1:  # to a few entries a call is dear
        temperature = check_temperature(temperature)
    elif out is None and z.size <= _FEW and z.ndim == 1 and axes:
        try:  # Python's exp raises an error where it overflows, and its fsum is exact
            e = list(map(math.exp, z.tolist()))
            total = math.fsum(e)
            if _FAINT < total < math.inf:
                return np.fromiter([term / total for term in e], z.dtype)
        except OverflowError:
            pass  # a shift is needed
    if out is not None:
        check_out(out, z)
    if temperature == 1 and (x := _calm_row(z, axes)) is not None:
        e = np.exp(x)  # the definition will do, in double precision
        return _delivered(e / row_sum(e, z.dtype), z, out)
    rows = classes_last(z, axes)
    p = _result_rows(rows, z, axes, out)
    with np.errstate(all="ignore"):  # an exponential that underflows is rightly 0
        np.setbufsize(_BUFFER)
        sums_only = temperature == 1 and z.itemsize == 8  # they are as quick in any layout
        for x, result in _blocks(rows, p, turn_short=False, turn_few=not sums_only):
            total, beyond = _unshifted_sums(x, temperature, result, z.dtype)
            if total is None:
                _put_shifted(x, temperature, result, z.dtype)
                continue
            _divide(result, total, z.dtype)
            if beyond:
                np.minimum(result, 1, out=result)
    return _hand_over(p, axes, z, out)


def log_softmax(z, axis=-1, *, temperature=1.0, out=None):
    r"""Logarithm of softmax, accurate also where softmax itself rounds to 0 or to 1.

    Parameters
    ----------
    z : array_like
        Logits, of any real dtype.
    axis : int, tuple of ints or None, optional
        Axis or axes along which the exponentials of the result sum to 1; None is all of them.
    temperature : float, optional
        T > 0, infinity included.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `z` itself.

    Returns
    -------
    ndarray
        Of the shape of `z`, with entries in [-inf, 0]. A float dtype is kept, any other gives
        float64. It is `out` where that is given.

    Raises
    ------
    TypeError, ValueError
        As for `softmax`.

    See Also
    --------
    softmax : its exponential. The limits at infinite logits and temperatures are the same.

    Notes
    -----
    .. math:: \ln p_i = d_i - \ln \sum_j e^{d_j}

    Here :math:`d_i = (z_i - \max_k z_k) / T`. The result is within 3 units in the last place of the
    true one, for all finite float32 and float64 logits that were tried.

    The hard entry is the one that dominates its row: its logarithm is nearly 0, and a sum such as
    1 + 4e-18 has rounded to 1 before the logarithm sees it. So the largest term, which is 1, is
    left out of the sum and `log1p` puts it back [1]_.

    As in `softmax`, ordinary logits are exponentiated without a shift. The sum of the others is
    then divided by the exponential of the largest, which is computed with more digits: those of two
    float64 or of a long double, and for float32 those of one float64. Only other rows pay for what
    a shift rounds away:

    - those whose largest logit, divided by T, is more than 600 from 0 (44 in a long float32 row);
    - those in which the largest term outweighs the others 2^30 times (1.5 times where T is not 1;
      2^27/K times where float32 is worked in float64, 2^24/K in a long float32 row), for a small
      sum is as wrong as its terms. Where the others nearly underflow, they are scaled;
    - long float32 rows in which the logarithm of the largest is just below 1/2, 1/4, 1/8 or a
      lower power of two in size: its ulp is at its smallest there, beside the error of its terms.

    Applied twice, log_softmax gives what it gave, up to rounding; softmax does not.

    References
    ----------
    .. [1] P. Blanchard, D. J. Higham and N. J. Higham, "Accurately computing the log-sum-exp and
       softmax functions", IMA Journal of Numerical Analysis 41(4), 2021. doi:10.1093/imanum/draa038

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lib import log_softmax, softmax
    >>> log_softmax([0, -40])
    array([-4.24835426e-18, -4.00000000e+01])
    >>> np.log(softmax([0, -40]))
    array([  0., -40.])
    """
    z, axes = checked(z, axis, "z")
    temperature = check_temperature(temperature)
    if out is not None:
        check_out(out, z)
    if temperature == 1 and WIDER is not np.float64 and (x := _calm_row(z, axes)) is not None:
        at = x.argmax()
        top = x[at]
        largest = np.exp(_ONE * top) if z.itemsize == 8 else math.exp(top)
        e = np.exp(x)
        e[at] = 0
        x = x - top
        x -= math.log1p(row_sum(e, z.dtype) / largest)
        return _delivered(x, z, out)
    rows = classes_last(z, axes)
    log_p = _result_rows(rows, z, axes, out)
    with np.errstate(all="ignore"):
        np.setbufsize(_BUFFER)
        for x, result in _blocks(rows, log_p, scratch=np.may_share_memory(rows, log_p)):
            top, at = _largest(x)
            x, top, finite_temperature = _take_limits(x, top, temperature)
            scratch = np.empty_like(x) if np.may_share_memory(x, result) else result
            log_sum = _lse_less_top(x, top, at, finite_temperature, scratch, z.dtype)
            if finite_temperature == 1:
                log_sum = log_sum.astype(result.dtype, copy=False)
                for slab, part in reversed(list(slabs(x, LARGE_SLAB))):  # the last is in cache
                    np.subtract(x[slab], top[part], out=result[slab])
                    result[slab] -= log_sum[part]
                continue
            for slab, part in slabs(x):
                gap, _ = _gaps(x[slab], top[part], finite_temperature)
                result[slab] = gap - log_sum[part]
    return _hand_over(log_p, axes, z, out)


def logsumexp(z, axis=-1, *, keepdims=False):
    r"""Logarithm of the sum of the exponentials, a smooth maximum whose gradient is softmax.

    Parameters
    ----------
    z : array_like
        Logits, of any real dtype.
    axis : int, tuple of ints or None, optional
        Axis or axes to sum over; None is all of them.
    keepdims : bool, optional
        Keep the axes summed over, with length 1.

    Returns
    -------
    ndarray or NumPy scalar
        Of the shape of `z` without `axis`, at least the maximum of each row and at most ln K above
        it. A float dtype is kept, any other gives float64.

    Raises
    ------
    TypeError
        If `z` does not hold real numbers, or `axis` not ints, or `keepdims` is no bool.
    ValueError
        If `axis` is out of range.

    Notes
    -----
    .. math:: \ln \sum_j e^{z_j} = m + \ln \sum_j e^{z_j - m}

    The result is within 2 units in the last place of the true one, or of 1 where it is below 1:
    where several terms add up to nearly 1, no method that sums exponentials keeps relative
    accuracy. Exponentials and their sum are float64, for float32 logits too, except in long float32
    rows whose result is 2 or more in size: the ulp of such a result hides the error of a float32
    exponential, and only the sum is float64. Two more things keep it so. In a row with a maximum m
    within 64 of 0, the exponentials are summed without a shift: their arguments are then exact, and
    m = -13 and ln K = 13 do not cancel. Where one entry dominates, it is put back by `log1p` [1]_.

    The empty sum gives -inf, and so does a row of only -inf. A logit of +inf gives inf.
    logsumexp(z + c) is logsumexp(z) + c: equivariant, not invariant.

    References
    ----------
    .. [1] P. Blanchard, D. J. Higham and N. J. Higham, "Accurately computing the log-sum-exp and
       softmax functions", IMA Journal of Numerical Analysis 41(4), 2021. doi:10.1093/imanum/draa038

    Examples
    --------
    >>> from softmax_lib import logsumexp
    >>> float(logsumexp([1000, 1000]))  # 1000 + ln 2
    1000.6931471805599
    >>> float(logsumexp([0, -40]))
    4.248354255291589e-18
    >>> float(logsumexp([]))
    -inf
    """
    z, axes = checked(z, axis, "z", empty_allowed=True)
    if not isinstance(keepdims, bool | np.bool_):
        raise TypeError(f"keepdims must be True or False, got {keepdims!r}")
    if z.size and (x := _calm_row(z, axes)) is not None:
        at = x.argmax()
        e = np.exp(x)
        largest, e[at] = e[at], 0
        rest = row_sum(e, z.dtype)
        dominated = rest < 0.9 * largest
        lse = x[at] + math.log1p(rest / largest) if dominated else math.log(largest + rest)
        return np.full([1] * bool(keepdims), lse, z.dtype)[()]
    rows = classes_last(z, axes)
    lse = np.full((*rows.shape[:-1], 1), -np.inf, z.dtype)
    with np.errstate(all="ignore"):
        np.setbufsize(_BUFFER)
        for x, result in _blocks(rows, lse, scratch=True):
            result[...] = _lse(x, z.dtype)
            if x.dtype == np.float32:
                # NumPy's float32 exp is up to 3.6 u off, which a result of 2 or more, whose ulp is
                # at least 4 u, does not show. What is just above 2 may be just below it in truth.
                small = np.abs(result[..., 0]) < 2 + 2.0**-20
                if small.any():
                    result[small] = _lse(x[small].astype(np.float64), z.dtype)
    kept = [1 if a in axes else n for a, n in enumerate(z.shape) if keepdims or a not in axes]
    return lse.reshape(kept)[()]


def hardmax(z, axis=-1):
    r"""One for the largest logit, zero for the others: the limit of softmax as T falls to 0.

    Parameters
    ----------
    z : array_like
        Logits, of any real dtype.
    axis : int, tuple of ints or None, optional
        Axis or axes along which the result sums to 1; None is all of them.

    Returns
    -------
    ndarray
        Of the shape of `z`, with entries in [0, 1]. A float dtype is kept, any other gives float64.

    Raises
    ------
    TypeError
        If `z` does not hold real numbers, or `axis` not ints.
    ValueError
        If `z` is empty along `axis`, or `axis` is out of range.

    Notes
    -----
    .. math:: \lim_{T \to 0} \operatorname{softmax}(z / T)_i = \frac{[z_i = m]}{\sum_j [z_j = m]}

    Here m is the maximum, and a bracket is 1 where what it says is true, else 0. Tied maxima share
    equally, as they do at every temperature. A row has NaN where softmax has it: if it holds a NaN,
    only -inf, or several +inf.

    Examples
    --------
    >>> from softmax_lib import hardmax
    >>> hardmax([2, 1, 0, -1])
    array([1., 0., 0., 0.])
    >>> hardmax([3, 3, 0])
    array([0.5, 0.5, 0. ])
    """
    x, axes, dtype = _widened(z, axis)
    with np.errstate(all="ignore"):
        m = x.max(axis=axes, keepdims=True)
        tied = x == m  # nowhere, if m is NaN: then 0/0 gives NaN
        count = tied.sum(axis=axes, keepdims=True, dtype=np.float64)
        undefined = (m == -np.inf) | ((m == np.inf) & (count > 1))
        h = np.divide(tied, np.where(undefined, np.nan, count), dtype=np.float64)
        return h.astype(dtype, copy=False)


# Rows: there and back.


def _widened(z, axis):
    """Return `z` as an array with float16 as float32, `axis` as a tuple, and the result's dtype."""
    z, axes = checked(z, axis, "z")
    return z.astype(np.float32) if z.dtype == np.float16 else z, axes, z.dtype


def _result_rows(rows, z, axes, out):
    """Return an array for the result's rows: those of `out` itself, if that does no harm.

    Where `out` is the input, each block may be written once it has been read; where the two overlap
    in any other way, it may not. A copy that `classes_last` had to make can take the result.
    """
    if len(axes) > 1 and not np.may_share_memory(rows, z):
        return rows
    if out is None:
        return np.empty_like(rows)
    target = classes_last(np.asarray(out), axes)
    if np.may_share_memory(rows, target):
        start, target_start = (a.__array_interface__["data"] for a in (rows, target))
        if start != target_start or rows.strides != target.strides:
            return np.empty_like(rows)
    return target


def _hand_over(rows, axes, z, out):
    """Return the result's rows in the shape of z, in `out` if there is one."""
    result = rows if axes == (z.ndim - 1,) else from_rows(rows, axes, z.shape)
    if out is None:
        return result if z.ndim else result[()]
    if not np.may_share_memory(result, out):
        out[...] = result
    return out


def _delivered(result, z, out):
    """Return the float64 result in the dtype of z, or in `out` if there is one."""
    if out is None:
        return result if z.itemsize == 8 else result.astype(z.dtype)
    out[...] = result
    return out


def _divide(e, total, dtype):
    """Divide each row of `e` by its sum, which for a result of `dtype` may have more digits."""
    if total.dtype == dtype:
        e /= total
    else:  # quicker, and no worse: of the sum and its reciprocal only one is rounded
        e *= np.reciprocal(total).astype(e.dtype, copy=False)


def _blocks(rows, results, turn_short=True, turn_few=True, scratch=False):
    """Yield rows and the place of their results, so many at a time that what they need is small.

    Where NumPy's loops would run along fewer than LONG entries (short rows, or few that lie across
    memory), a copy turned the other way is lent, if they are to be turned. float16 is lent as
    float32, and short rows or few as float64: few errors of float32 exponentials do not average
    out, and few rows cost little. With a copy goes a place for its results. Many long rows across
    memory are left together. If nothing is lent and the caller needs no `scratch` as large as a
    block, the blocks of long rows are larger: what they would gain by fitting a cache, their calls
    take.
    """
    if not rows.size:
        return
    rows, results = np.atleast_2d(rows, results)  # views
    if rows.flags.c_contiguous and results.flags.c_contiguous:  # a block in one piece is quicker
        rows, results = (a.reshape(-1, a.shape[-1]) for a in (rows, results))
    length = rows.shape[-1]
    along = rows.strides[-1] == rows.itemsize
    turn = rows.size > 4096 and length * rows.itemsize <= _BLOCK
    turn &= turn_short and length < LONG if along else turn_few and rows.size // length < LONG
    order = "K" if not turn else "F" if along else "C"
    dtype = np.promote_types(
        rows.dtype, np.float64 if length < LONG or rows.size <= SLAB else np.float32
    )
    indices = [...]
    if turn or length < LONG or dtype != rows.dtype:
        block = _BLOCK // 2  # what is lent, and totals, count too
    elif scratch:
        block = _BLOCK
    else:
        block = max(1, min(length // 256, 4)) * _BLOCK
    if (along or turn or length < LONG) and rows.size * dtype.itemsize > block:
        count = max(1, block // (length * dtype.itemsize))
        indices = (index for index, _ in slabs(rows[..., 0], count))
    for index in indices:
        x, result = rows[index], results[index]
        if turn or dtype != rows.dtype:
            x = x.astype(dtype, order=order)
            lent = np.empty_like(x, shape=result.shape)
            yield x, lent
            result[...] = lent
        else:
            yield x, result


# Exponentials of (z - m)/T, with what rounding takes away.


def _calm_row(z, axes):
    """Return z in float64, if it is one row whose e^z, sum and quotients are far from every limit.

    Such a row needs no shift, and no `np.errstate`, which takes as long as some ten exponentials.
    """
    size, itemsize = z.size, z.itemsize
    if z.ndim != 1 or size > SLAB or not axes or itemsize == 2:  # float16
        return None
    if size <= 64:
        calm = math.hypot(*z.tolist()) < 50  # for so few the quickest bound: |z_i - z_j| < 71
    else:
        calm = itemsize == 8 and np.vdot(z, z) < 350**2  # vdot, unlike dot, never warns
        calm = calm or (np.minimum.reduce(z) > -36 and np.maximum.reduce(z) < 36)
    if not calm:
        return None
    return z if itemsize == 8 else z.astype(np.float64)


def _unshifted_sums(x, temperature, e, dtype):
    """Put exp(x/T) into `e` and return its row sums, or None where they need a shift.

    They tell themselves: if no sum is near overflow, no term is. An exponential that underflows is
    no loss where the row's sum is above 1/e, since then the probability underflows too. Only if
    `e` takes the place of `x`, that is to be known before. Returned too is whether a sum, better
    than the exponentials it is made of, may be below one of them.
    """
    if temperature == np.inf:  # a limit, which only the shifted way takes
        return None, False
    temperature = np.float64(temperature)  # a Python float would be rounded to float32, to 0 even
    limit = (708 if x.dtype == np.float64 else 87) - math.log(x.shape[-1])  # then no sum overflows
    in_place = np.may_share_memory(x, e)
    # A row with a NaN is NaN either way, and has no part in the choice: others keep their digits.
    if in_place:
        lowest, highest = np.fmin.reduce(x, axis=None), np.fmax.reduce(x, axis=None)
        if not -limit <= lowest / temperature <= highest / temperature <= limit:
            return None, False
    lost = largest = None
    if temperature != 1 and dtype == np.float64:
        lost = np.zeros((*x.shape[:-1], 1))
    elif temperature == 1 and x.dtype == np.float32:
        # NumPy's float32 exp is up to 3.6 u off: too much in the largest term.
        top = np.maximum.reduce(x, axis=-1, keepdims=True)
        largest = np.exp(top)
        lost = np.exp(top, dtype=np.float64) - largest
    total = row_sums(_exp_gaps(x, None, temperature, e, lost), dtype, lost)
    beyond = lost is not None
    if largest is not None:
        beyond = (total < largest * (1 + 2.0**-22)).any()
    if in_place:
        return total, beyond
    fits = np.fmax.reduce(total, axis=None) < np.finfo(e.dtype).max / 8
    if np.isnan(total).any():  # from a NaN in the row, or from infinities
        fits &= np.fmax.reduce(x, axis=None) / temperature <= limit
    fits &= (
        np.fmin.reduce(total, axis=None) > _FAINT
        or np.fmin.reduce(x, axis=None) / temperature >= -limit
    )
    return (total, beyond) if fits else (None, False)


def _put_shifted(x, temperature, result, dtype):
    """Put softmax into `result` with each row's maximum subtracted: right for any logits."""
    for block, p in _blocks(x, result, turn_short=False):
        top = np.maximum.reduce(block, axis=-1, keepdims=True)
        block, top, finite_temperature = _take_limits(block, top, temperature)
        lost = np.zeros(top.shape)
        _exp_gaps(block, top, finite_temperature, p, lost)
        _divide(p, row_sums(p, dtype, lost), dtype)


def _take_limits(x, top, temperature):
    """Return logits, row maxima and a finite temperature that have the limits at infinity."""
    if (top == np.inf).any():
        infinite = x == np.inf
        alone = np.count_nonzero(infinite, axis=-1, keepdims=True) == 1
        limit = np.where(infinite, np.where(alone, 0, np.nan), -np.inf)
        x = np.where(top == np.inf, limit, x).astype(x.dtype, copy=False)
        top = np.maximum.reduce(x, axis=-1, keepdims=True)
    if temperature == np.inf:
        # Any finite difference vanishes; -inf and NaN stay what they are.
        x, top = (np.where(np.isfinite(a), a.dtype.type(0), a) for a in (x, top))
        temperature = 1.0
    return x, top, temperature


def _gaps(x, top, temperature):
    """Return (x - top)/T as a float64 array, and its rounding error.

    A `top` of None stands for 0. Where a gap is huge or infinite, its error need not be finite.
    """
    if x.dtype == np.float32:  # float64 has 29 bits more than the result needs
        gap = x.astype(np.float64)
        if top is not None:
            gap -= top
        return gap / temperature, np.float64(0)
    if temperature == 1:
        return (x, np.float64(0)) if top is None else two_sum(x, -top)
    # Shift by powers of two, exactly, so that T is moderate. For T above 1 this comes before the
    # difference, which may overflow otherwise: 1e308 - (-1e308) at T = 1e308. For T below 1 it
    # comes after, or else 1/5e-324 would overflow where 1 - 1 would not.
    mantissa, exponent = math.frexp(temperature)
    scale = math.ldexp(1.0, min(-exponent, 1000))
    scale_before, scale_after = (scale, 1.0) if temperature > 1 else (1.0, scale)
    gap, error = x * scale_before, 0.0
    if top is not None:
        gap, error = two_sum(gap, -top * scale_before)
    gap, error = gap * scale_after, error * scale_after
    divisor = temperature * scale
    if mantissa == 0.5:  # T is a power of two: the division is exact
        return gap / divisor, error / divisor
    gap, quotient_error = two_quotient(gap, divisor)
    return gap, quotient_error + error / divisor


def _exp_gaps(x, top, temperature, out, lost=None):
    """Put exp((x - top)/T) into `out` and return it; a `top` of None stands for 0.

    What is put back into float64 is rounded once more; what that takes from each row is added to
    `lost`, an array of one number a row, if there is one.
    """
    if top is None and temperature == 1:
        return np.exp(x, out=out)
    for slab, part in slabs(x, 2 * SLAB):
        gap, error = _gaps(x[slab], None if top is None else top[part], temperature)
        e = np.exp(gap, out=gap)
        if x.dtype == np.float64:
            error *= e
            np.copyto(error, 0, where=e == 0)  # there the error may be NaN
            e, before = e + error, e
            if lost is not None:
                error -= e - before
                lost[part] += np.add.reduce(error, axis=-1, keepdims=True)
        out[slab] = e
    return out


def _lse(x, dtype):
    """Return logsumexp of each row, as precise as the exponentials in the dtype of x make it."""
    top, at = _largest(x)
    # A shift is rounded, which beyond 64 is far below the last place of the result.
    shift = np.where(np.abs(top) > 64, top, x.dtype.type(0))
    e = np.exp(x - shift if shift.any() else x)
    largest = np.exp(top - shift)
    rest = sum(_two_sums_but_one(x, top, at, e, largest, dtype, quicker=True))
    log_sum = np.where(
        rest < 0.9 * largest, top + np.log1p(rest / largest), shift + np.log(largest + rest)
    )
    return np.where(np.isfinite(top), log_sum, top)  # -inf, inf and NaN stay


def _lse_less_top(x, top, at, temperature, e, dtype):
    """Return logsumexp(x/T) - top/T of each row: the logarithm of the sum of exp((x - top)/T).

    The largest term, which is 1, is not rounded into the sum: log1p puts it back. `e` is for
    scratch, and `dtype` is that of the result.
    """
    # A long double rounds nothing in a row's few numbers, which leaves room for the sum's pairs.
    wider = WIDER is not np.float64 and x.shape[-1] >= _WORTH_WIDER
    e = _exp_gaps(x, None, temperature, e)
    if dtype == np.float64 and x.shape[-1] < LONG:
        # What is taken out must be what is in, to the last bit. That is not exp(top): NumPy's exp
        # may differ in it, of memory that is read backwards.
        rest, lost = two_short_row_sums_but(np.maximum.reduce(e, axis=-1, keepdims=True), e)
    else:
        largest = _exp_gaps(top, None, temperature, np.empty_like(top))
        rest, lost = _two_sums_but_one(x, top, at, e, largest, dtype, quicker=wider)
    gap, error = _gaps(top, None, temperature)
    # The logarithm of a small sum is as wrong, in ulps, as what it is made of; and what a division
    # by T loses is rounded when it is put back into float64 exponentials. The logarithm of 1 + 2/3
    # or more has a quarter less of such an error.
    if dtype == np.float64:
        if wider:
            rest = (rest * _ONE + lost) / np.exp(gap * _ONE + error)
            log_sum = np.log1p(rest)
        else:
            divisor, divisor_lost = two_exp(gap)
            divisor_lost += divisor * error
            rest, rounded = two_quotient(rest, divisor)
            log_sum = _two_log1p(rest, rounded + (lost - rest * divisor_lost) / divisor)
        sure = rest > (2.0**-30 if temperature == 1 else 2 / 3)
    elif x.dtype == np.float32:
        # NumPy's exp is up to 3.6 u too small and 2.6 u too large: now 3.1 u either way. What that
        # moves the logarithm of 1 + rest must leave the result's rounding its half an ulp.
        rest *= (1 + 2.0**-25) / np.exp(gap)
        log_sum = np.log1p(rest)
        moved = 3.1 * 2.0**-24 * rest / (1 + rest)
        least = (1 - 2.0**-21) * log_sum  # the true one may lie in the binade below
        sure = moved < 2.4 * np.spacing(least.astype(np.float32))
        sure &= rest > x.shape[-1] * 2.0**-24
    else:
        rest /= np.exp(gap)
        log_sum = np.log1p(rest)
        sure = rest > x.shape[-1] * 2.0**-27  # the sum has lost what is small beside the largest
    sure &= np.abs(gap) < (600 if x.dtype == np.float64 else 44)
    if not sure.all():
        rows = np.nonzero(~sure[..., 0]) if sure.any() else ...
        x, top = x[rows], top[rows]
        if x.dtype == np.float32:
            better = np.empty(top.shape)
            for part, _ in slabs(x[..., 0], LARGE_SLAB // x.shape[-1]):
                wide, wide_top = x[part].astype(np.float64), top[part].astype(np.float64)
                scratch = np.empty_like(wide)
                better[part] = _lse_less_top(wide, wide_top, None, temperature, scratch, dtype)
        else:
            at = None if at is None else at[rows]
            e = e if rows is ... else np.empty_like(x)
            better = _careful_lse_less_top(x, top, at, temperature, e)
        log_sum[rows] = better
    return log_sum


def _careful_lse_less_top(x, top, at, temperature, e):
    """Do what `_lse_less_top` does, but shifted, and with what rounding takes put back.

    That is right for any float64 logits.
    """
    lost = np.zeros(top.shape)
    e = _exp_gaps(x, top, temperature, e, lost)
    rest, rounded = _two_sums_but_one(x, top, at, e, np.ones(top.shape), x.dtype)
    rounded += lost
    faint = rest[..., 0] < x.shape[-1] * np.finfo(x.dtype).smallest_normal
    if faint.any():
        rest[faint], rounded[faint] = _faint_rest(x[faint], top[faint], temperature), 0
    return _two_log1p(rest, rounded)


def _two_log1p(a, b):
    """Return log(1 + a + b) for an array `a` and a smaller `b`."""
    a, lost = two_sum(a, b)
    return np.log1p(a) + lost / (1 + a)


def _largest(x):
    """Return the maximum of each row and where one is, or None if that would take long to find."""
    # For float32 the place is not needed, and NumPy's maximum is quicker once rows are long.
    longest = math.inf if x.dtype == np.float64 else 600
    if x.strides[-1] == x.itemsize and LONG <= x.shape[-1] < longest:
        at = np.argmax(x, axis=-1, keepdims=True)
        return np.take_along_axis(x, at, axis=-1), at
    return np.maximum.reduce(x, axis=-1, keepdims=True), None


def _two_sums_but_one(x, top, at, e, largest, dtype, quicker=False):
    """Sum each row of `e`, in two parts, but for one entry where x is `top` and e is `largest`.

    `e` is changed.
    """
    if dtype.itemsize < 8:  # to which a float64 sum adds 29 bits
        return row_sums(e, dtype) - largest, 0.0
    if at is not None:
        np.put_along_axis(e, at, 0, axis=-1)
        return two_row_sums(e, quicker)
    count = 0
    for slab, part in slabs(x, LARGE_SLAB):
        tied = x[slab] == top[part]
        np.copyto(e[slab], 0, where=tied)
        count += np.count_nonzero(tied)
    total, rest = two_row_sums(e, quicker)
    if count != x.size // x.shape[-1] or np.isnan(top).any():
        others = np.count_nonzero(x == top, axis=-1, keepdims=True) - 1
        total, rounded = two_sum(total, others * largest)
        rest += rounded
    return total, rest


def _faint_rest(x, top, temperature):
    """Return the sum without the largest term where its terms underflow, one by one, or nearly.

    Each term is 2^128 times as large until they are added up.
    """
    gap, error = _gaps(np.where(x == top, x.dtype.type(-np.inf), x), top, temperature)
    gap, lost = two_sum(gap, 128 * LN2)
    e = np.exp(gap)
    error = np.where(e == 0, 0, (error + lost + 128 * LN2_LOST) * e)  # where e is 0 it may be NaN
    total, rest = two_row_sums(e)
    rest += np.add.reduce(error, axis=-1, keepdims=True)
    return np.ldexp(total + rest, -128)

"""Draw classes from a softmax, from all of it or from its larger probabilities alone.

`gumbel_max` draws; `top_k` and `nucleus` remove classes by giving them a logit of -inf, so that the
softmax of what they return is the renormalised rest. `mulberry32` gives the random numbers: a
small generator that any language can repeat bit for bit. It is no generator for secrets.
"""

import numpy as np

from softmax_lib._inputs import as_double, as_floats, real_number, whole_number
from softmax_lib.core import softmax

__all__ = ["gumbel_max", "mulberry32", "nucleus", "top_k"]


def mulberry32(seed, start, count):
    """Return numbers `start` to `start + count - 1` of a seeded sequence, uniform in (0, 1).

    Each is (x + 1/2) / 2**32 for a 32-bit integer x, so that none is 0 or 1.

    Parameters
    ----------
    seed : int
        From 0 to 2**32 - 1.
    start : int
        From 0 to 2**53. The generator mixes a counter, so that no number needs the one before.
    count : int
        From 0 to 2**32.

    Returns
    -------
    numpy.ndarray, shape (count,)
        Doubles.

    Raises
    ------
    TypeError
        If an argument is no whole number.
    ValueError
        If one is out of range.

    Notes
    -----
    The generator is Ettinger's [1]_. Its period is 2**32, and it leaves out some 32-bit integers:
    enough to teach with.

    References
    ----------
    .. [1] T. Ettinger, "Mulberry32", 2017.
       https://gist.github.com/tommyettinger/46a874533244883189143505d203312c

    Examples
    --------
    >>> mulberry32(1, 0, 2) * 2**32 - 0.5
    array([2.69326207e+09, 1.17498330e+07])
    >>> float(mulberry32(1, 1, 1)[0]) == float(mulberry32(1, 0, 2)[1])
    True
    """
    seed = whole_number(seed, "seed", 0, 2**32 - 1)
    start = whole_number(start, "start", 0, 2**53)
    count = whole_number(count, "count", 0, 2**32)
    step = np.uint64(0x6D2B79F5)
    position = np.arange(start + 1, start + count + 1, dtype=np.uint64) * step
    a = (np.uint64(seed) + position).astype(np.uint32)  # only the lowest 32 bits count
    t = (a ^ (a >> 15)) * (a | np.uint32(1))
    t ^= t + (t ^ (t >> 7)) * (t | np.uint32(61))
    t ^= t >> 14
    return (t + 0.5) / 2.0**32


def gumbel_max(z, uniforms):
    r"""Return the class that each row of uniform numbers draws from softmax(z).

    .. math:: \arg\max_i \big( z_i - \ln(-\ln u_i) \big)

    This is the Gumbel-max trick [1]_.

    Parameters
    ----------
    z : array_like, shape (..., K)
        Logits; -inf where a class is removed.
    uniforms : array_like, shape (..., K)
        Independent and uniform in (0, 1), of a shape that broadcasts with `z`.

    Returns
    -------
    numpy.ndarray of int, shape (...)
        A class index each. Class i comes with the probability softmax(z)_i.

    Raises
    ------
    TypeError
        If `z` or `uniforms` does not hold real numbers.
    ValueError
        If a uniform number is not between 0 and 1, the shapes do not broadcast, or a row of `z` has
        no distribution: it is empty, or holds a NaN, several +inf, or nothing above -inf.

    References
    ----------
    .. [1] Chris J. Maddison, Daniel Tarlow and Tom Minka, "A* sampling", 2014. arXiv:1411.0030

    Examples
    --------
    >>> int(gumbel_max([2, 1, 0], [0.5, 0.5, 0.5]))
    0
    >>> int(gumbel_max([2, 1, 0], [0.01, 0.5, 0.9]))
    2
    """
    z, u = _logits(z), as_floats(uniforms, "uniforms")
    inside = (u > 0) & (u < 1)
    if not inside.all():
        outside = u[~inside].flat[0]
        raise ValueError(f"uniforms must lie between 0 and 1, ends excluded, and holds {outside}")
    try:
        np.broadcast_shapes(z.shape[:-1], u.shape[:-1])
        fits = z.shape[-1:] == u.shape[-1:]
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"uniforms has shape {u.shape}, which does not fit z of shape {z.shape}: "
            "one number a class is needed"
        )
    z, u = z.astype(np.float64), u.astype(np.float64)
    with np.errstate(all="ignore"):
        # Beside a large logit the noise would be rounded away, beside its gap to the largest it is
        # not. (That of a +inf is NaN, and argmax takes that for the largest.)
        gap = z - z.max(axis=-1, keepdims=True)
        return np.argmax(gap - np.log(-np.log(u)), axis=-1)


def top_k(z, k):
    """Return the logits with all but the k largest of each row set to -inf.

    Parameters
    ----------
    z : array_like, shape (..., K)
        Logits.
    k : int
        From 1 to K. Of equal logits the first stay.

    Returns
    -------
    numpy.ndarray, shape (..., K)
        The logits, in the dtype of `z` (float64 for integers), with -inf for each class that is
        removed.

    Raises
    ------
    TypeError
        If `z` does not hold real numbers, or k is no whole number.
    ValueError
        If k is not from 1 to K, or a row has no distribution, as for `gumbel_max`.

    Examples
    --------
    >>> top_k([2.0, 1.0, 0.0, -1.0], 2).tolist()
    [2.0, 1.0, -inf, -inf]
    """
    z = _logits(z)
    k = whole_number(k, "k", 1, z.shape[-1])
    return _keep(z, _order(z), np.arange(z.shape[-1]) < k)


def nucleus(z, p):
    """Return the logits with all outside the nucleus set to -inf.

    The nucleus is the smallest set of classes, largest first, whose probabilities reach p [1]_, or
    miss it by what rounding may do: 1e-12, or K * 2**-53 where that is more. At p = 1 that is every
    class, also one whose probability is lost in the rounding of the sum.

    Parameters
    ----------
    z : array_like, shape (..., K)
        Logits.
    p : float
        Above 0, at most 1.

    Returns
    -------
    numpy.ndarray, shape (..., K)
        The logits, in the dtype of `z` (float64 for integers), with -inf for each class that is
        removed.

    Raises
    ------
    TypeError
        If `z` does not hold real numbers, or `p` is not one.
    ValueError
        If p is not above 0 and at most 1, or a row has no distribution, as for `gumbel_max`.

    References
    ----------
    .. [1] A. Holtzman, J. Buys, L. Du, M. Forbes and Y. Choi, "The curious case of neural text
       degeneration", ICLR 2020. arXiv:1904.09751

    Examples
    --------
    >>> nucleus([2.0, 1.0, 0.0, -1.0], 0.9).tolist()  # 0.644 + 0.237 = 0.881, not yet
    [2.0, 1.0, 0.0, -inf]
    """
    z = _logits(z)
    p = as_double(real_number(p, "p"))  # less 1e-12, a float32 would be what it was
    if not 0 < p <= 1:
        raise ValueError(f"p must be above 0 and at most 1, not {p!r}")
    if p == 1:
        return z.copy()
    order = _order(z)
    share = np.take_along_axis(softmax(z.astype(np.float64)), order, axis=-1)
    before = np.cumsum(share, axis=-1) - share  # what the larger ones have together
    # A running sum that misses p by rounding alone has reached it.
    rounding = max(1e-12, z.shape[-1] * 2.0**-53)
    stays = before < p - rounding
    stays[..., 0] = True
    return _keep(z, order, stays)


def _logits(z):
    """Return logits as an array of floats, or raise where a row of them has no distribution."""
    z = as_floats(z, "z")
    if z.ndim == 0 or z.shape[-1] == 0:
        raise ValueError(f"z has shape {z.shape}, but a row needs a class at least")
    top = z.max(axis=-1)  # NaN where a row has one
    if np.isnan(top).any():
        fault = "holds a NaN"
    elif (np.count_nonzero(z == np.inf, axis=-1) > 1).any():
        fault = "holds more than one +inf in a row"
    elif (top == -np.inf).any():
        fault = "must leave each row a class above -inf"
    else:
        return z
    raise ValueError(f"z {fault}, so no distribution exists")


def _order(z):
    """Return where each row's entries are, the largest first, ties in their order."""
    return np.argsort(-z, axis=-1, kind="stable")


def _keep(z, order, stays):
    """Return the logits with -inf for those of which `stays`, in that order, is false."""
    kept = np.where(stays, np.take_along_axis(z, order, axis=-1), z.dtype.type(-np.inf))
    result = np.empty_like(z)
    np.put_along_axis(result, order, kept, axis=-1)
    return result

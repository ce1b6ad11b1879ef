r"""Scaled dot-product attention: each query takes an average of the values, weighted by softmax.

A mask says which keys a query may attend to. One that it may not attend to is as if absent,
whatever numbers it holds.
"""

import math

import numpy as np

from softmax_lib._inputs import as_array, as_double, as_floats, real_number
from softmax_lib.core import softmax

__all__ = ["attention_weights", "scaled_dot_product_attention"]


def _as_sequences(**arrays):
    """Return query, key and perhaps value in the dtype to compute in, and the dtype to return."""
    floats = {name: as_floats(values, name) for name, values in arrays.items()}
    shapes = {name: array.shape for name, array in floats.items()}
    told = ", ".join(f"{name} has shape {shape}" for name, shape in shapes.items())
    if any(len(shape) < 2 for shape in shapes.values()):
        raise ValueError(f"{told}: expected (..., length, width)")
    query, key, value = shapes["query"], shapes["key"], shapes.get("value", shapes["key"])
    if query[-1] != key[-1] or query[-1] == 0:
        raise ValueError(f"{told}: query and key must have the same width, above 0")
    if key[-2] == 0:
        raise ValueError(f"{told}: there must be at least one key")
    if key[-2] != value[-2]:
        raise ValueError(f"{told}: there must be as many values as keys")
    try:
        np.broadcast_shapes(*(shape[:-2] for shape in shapes.values()))
    except ValueError:
        raise ValueError(f"{told}: the leading axes do not broadcast") from None
    dtype = np.result_type(*floats.values())
    compute = np.result_type(dtype, np.float32)
    return [array.astype(compute, copy=False) for array in floats.values()], dtype


def _as_mask(mask, shape):
    """Return which keys each query may attend to, as booleans of this shape."""
    mask = as_array(True if mask is None else mask, "mask")
    if mask.dtype != np.bool_:
        raise TypeError(
            f"mask has dtype {mask.dtype}: expected bool, True where a query may attend; "
            "a mask of ones and zeros becomes one by mask == 1, and a mask of 0 and -inf that is "
            "added to the scores by mask == 0"
        )
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        raise ValueError(
            f"mask has shape {mask.shape}, which does not broadcast to scores of shape {shape}"
        ) from None


def _check_scale(scale, width):
    """Return `scale`, or 1 / sqrt(d) for None."""
    if scale is None:
        return 1 / math.sqrt(width)
    scale = real_number(scale, "scale")
    # A double first: NumPy would bring the limit to a float32's format, where it overflows.
    value = as_double(scale)
    if not 0 <= value < math.inf:  # also catches NaN
        raise ValueError(f"scale must be finite and at least 0, got {scale!r}")
    return value


def _power_below(x, axis):
    """Return n for the power 2^n below the largest finite entry: to divide by it rounds nothing."""
    size = np.max(np.abs(x), axis=axis, keepdims=True, where=np.isfinite(x), initial=0)
    return np.frexp(size)[1] - 1


def _scores(query, key, mask, scale):
    """Return query key^T scale, and -inf where masked.

    Where a score overflows, it is made again from numbers that are scaled down. Where the largest
    of a row is still beyond all numbers, it is subtracted before the row is scaled up, which
    softmax does not see. Finite scores beside a finite largest one are not touched.
    """
    key = np.swapaxes(key, -1, -2)
    scores = query @ key * scale
    mask = _as_mask(mask, scores.shape)
    if not (np.isfinite(scores) | ~mask).all():
        query_power, key_power = _power_below(query, axis=-1), _power_below(key, axis=-2)
        small = np.ldexp(query, -query_power) @ np.ldexp(key, -key_power)
        power = query_power + key_power
        fraction, exponent = math.frexp(scale)
        again = np.ldexp(small * small.dtype.type(fraction), power + exponent)
        scores = np.where(np.isfinite(scores), scores, again)
        largest = np.max(scores, where=mask, initial=-np.inf, axis=-1, keepdims=True)
        gaps = _gaps_below_largest(small, power, mask, scale)
        scores = np.where(np.isfinite(largest), scores, gaps)
    return np.where(mask, scores, -np.inf)


def _gaps_below_largest(small, power, mask, scale):
    """Return small 2^power scale less the largest number of its row that the mask leaves.

    The row's numbers are brought to the power of that largest one first. One that is then too small
    to see makes no difference to it, and one that is too large is far below 0.
    """
    if scale == 0:  # a gap may overflow, and infinity times 0 would be NaN
        return small * 0
    fraction, exponent = np.frexp(small)
    exponent += power
    row = {"axis": -1, "keepdims": True}
    beyond = np.int32(1 << 20)  # any exponent
    highest = np.max(exponent, where=mask & (fraction > 0), initial=-beyond, **row)
    lowest = np.min(exponent, where=mask & (fraction < 0), initial=beyond, **row)
    unit = np.where(highest > -beyond, highest, lowest)
    scale_fraction, scale_exponent = math.frexp(scale)
    unit = np.maximum(unit, -scale_exponent)  # or a gap overflows that the scale makes small
    gaps = np.ldexp(fraction, exponent - unit)
    largest = np.max(gaps, where=mask, initial=-np.inf, **row)
    gaps -= np.where(np.isfinite(largest), largest, 0)
    return np.ldexp(gaps * gaps.dtype.type(scale_fraction), unit + scale_exponent)


def attention_weights(query, key, *, mask=None, scale=None):
    r"""Return :math:`\mathrm{softmax}(Q K^\top / \sqrt{d})`, each query's weights on the keys.

    Parameters
    ----------
    query : array_like, shape (..., Lq, d)
        One query a row.
    key : array_like, shape (..., Lk, d)
        One key a row; the leading axes broadcast with those of `query`.
    mask : array_like of bool, optional
        True where a query may attend to a key; broadcasts to (..., Lq, Lk). For a causal mask use
        ``np.tri(L, dtype=bool)``.
    scale : float, optional
        What the dot products are multiplied by, finite and at least 0; 1/sqrt(d) by default. It is
        one over a temperature.

    Returns
    -------
    numpy.ndarray, shape (..., Lq, Lk)
        Weights from 0 to 1 that sum to 1 over the keys; all 0 for a query that may attend to no
        key, or whose every score is minus infinity. In the wider dtype of `query` and `key`
        (float64 for integers).

    Raises
    ------
    TypeError
        If `mask` is not boolean, `scale` not one real number, or `query` or `key` not real.
    ValueError
        If the shapes do not fit, there is no key, or `scale` is negative, infinite or NaN.

    Notes
    -----
    A masked key gets the score :math:`-\infty` and so the weight 0 exactly, even where the key
    holds infinities or NaN. Finite queries and keys never give NaN: a row of dot products that
    overflows is computed less its largest entry.

    Why :math:`\sqrt{d}` [1]_: the dot product of independent entries of mean 0 and variance 1 has
    variance d.

    References
    ----------
    .. [1] Ashish Vaswani et al., "Attention is all you need", 2017, arXiv:1706.03762.

    Examples
    --------
    >>> x = np.eye(2)
    >>> print(attention_weights(x, x, scale=1.0))
    [[0.73105858 0.26894142]
     [0.26894142 0.73105858]]
    >>> print(attention_weights(x, x, scale=1.0, mask=np.tri(2, dtype=bool)))
    [[1.         0.        ]
     [0.26894142 0.73105858]]
    """
    (query, key), dtype = _as_sequences(query=query, key=key)
    scale = _check_scale(scale, query.shape[-1])
    info = np.finfo(query.dtype)
    # A scale beyond the format would round to 0 or infinity, a subnormal one lose digits.
    if scale and not float(info.smallest_normal) <= scale <= float(info.max):
        query, key = query.astype(np.float64), key.astype(np.float64)
    with np.errstate(all="ignore"):
        scores = _scores(query, key, mask, scale)
        weights = softmax(scores)
        weights[np.max(scores, axis=-1) == -np.inf] = 0  # with no choice, no weight
        return weights.astype(dtype, copy=False)


def scaled_dot_product_attention(query, key, value, *, mask=None, scale=None):
    r"""Return :math:`\mathrm{softmax}(Q K^\top / \sqrt{d}) \, V`, an average of values a query.

    Parameters
    ----------
    query : array_like, shape (..., Lq, d)
        One query a row.
    key : array_like, shape (..., Lk, d)
        One key a row.
    value : array_like, shape (..., Lk, dv)
        One value a row, that of the key in the same place. The leading axes of all three broadcast.
    mask : array_like of bool, optional
        True where a query may attend to a key; broadcasts to (..., Lq, Lk).
    scale : float, optional
        What the dot products are multiplied by; 1/sqrt(d) by default.

    Returns
    -------
    numpy.ndarray, shape (..., Lq, dv)
        For each query a weighted mean of the values; 0 where `attention_weights` gives no weight.
        In the widest dtype of the three (float64 for integers).

    Raises
    ------
    TypeError, ValueError
        As for `attention_weights`.

    Notes
    -----
    This is the attention of [1]_. A value with the weight 0 adds nothing, even where it holds
    infinities or NaN, for which floating point has 0 * inf = NaN. Where its weight is above 0 they
    pass into the mean.

    References
    ----------
    .. [1] Ashish Vaswani et al., "Attention is all you need", 2017, arXiv:1706.03762.

    Examples
    --------
    >>> x = np.eye(2)
    >>> value = [[1.0, 0.0], [np.nan, 4.0]]
    >>> print(scaled_dot_product_attention(x, x, value, mask=np.tri(2, dtype=bool)))
    [[1.        0.       ]
     [      nan 2.6790462]]
    """
    (query, key, value), dtype = _as_sequences(query=query, key=key, value=value)
    weights = attention_weights(query, key, mask=mask, scale=scale)
    with np.errstate(all="ignore"):
        finite = np.isfinite(value)
        output = weights @ np.where(finite, value, 0)
        largest = np.finfo(output.dtype).max  # weights that sum to 1 but for rounding
        np.clip(output, -largest, largest, out=output)
        if not finite.all():
            attends = weights != 0
            output += np.where(attends @ ~(value < np.inf), np.inf, 0)  # +inf or NaN
            output += np.where(attends @ ~(value > -np.inf), -np.inf, 0)  # -inf or NaN
        return output.astype(dtype, copy=False)

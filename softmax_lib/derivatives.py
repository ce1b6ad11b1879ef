r"""The derivative of softmax: the whole Jacobian matrix, and its product with a vector."""

import numpy as np

from softmax_lib._inputs import (
    as_floats,
    as_rows,
    check_distributions,
    check_temperature,
    from_rows,
)
from softmax_lib.core import softmax

__all__ = ["softmax_jacobian", "softmax_vjp"]


def softmax_jacobian(z, *, temperature=1.0):
    r"""Return :math:`J = (\mathrm{diag}(p) - p p^\top) / T`, the derivative of p = softmax(z / T).

    Parameters
    ----------
    z : array_like, shape (..., K)
        Logits, the classes along the last axis.
    temperature : float
        T > 0, which divides the logits.

    Returns
    -------
    numpy.ndarray, shape (..., K, K)
        :math:`J_{ij} = \partial p_i / \partial z_j`, in the dtype of `z` (float64 for integers):
        symmetric, positive semidefinite, with rows that sum to 0.

    Raises
    ------
    TypeError
        If `z` or T is not real.
    ValueError
        If `z` has no classes, or T is not above 0.

    See Also
    --------
    softmax_vjp : The product of J with a vector, without the K^2 numbers of J.

    Notes
    -----
    .. math:: J_{ij} = \frac{p_i (\delta_{ij} - p_j)}{T}

    Here :math:`\delta_{ij}` is 1 where i = j, else 0. On the diagonal 1 - p_i would cancel where
    p_i is almost 1. The rows of J sum to 0, so the diagonal is minus the sum of the rest of its
    row: every entry of J has a small relative error, as long as it and the probabilities are above
    the smallest normal number in size.

    J is symmetric because p is a gradient, that of T log-sum-exp(z / T), and J is its Hessian. The
    book's chapters write J for the matrix without the factor 1/T.

    Examples
    --------
    >>> print(softmax_jacobian([0.0, 0.0]))
    [[ 0.25 -0.25]
     [-0.25  0.25]]
    >>> print(softmax_jacobian([100.0, 0.0]))
    [[ 3.72007598e-44 -3.72007598e-44]
     [-3.72007598e-44  3.72007598e-44]]
    """
    x, dtype = as_rows(z, -1, "z")
    temperature = check_temperature(temperature)
    with np.errstate(all="ignore"):
        p = softmax(x, temperature=temperature)
        if temperature != 1:  # in double, before the product, which may underflow
            p = p / np.sqrt(np.float64(temperature))
        jacobian = p[..., :, None] * -p[..., None, :]
        diagonal = np.einsum("...ii->...i", jacobian)  # a view, which writes into the matrix
        np.copyto(diagonal, 0, where=~np.isnan(diagonal))  # NaN stays, even where K = 1
        diagonal[...] = 0 - np.add.reduce(jacobian, axis=-1)
        return jacobian.astype(dtype, copy=False)


def softmax_vjp(p, v, axis=-1, *, temperature=1.0):
    r"""Return :math:`J^\top v = p \odot (v - \langle p, v \rangle) / T` without building J.

    Parameters
    ----------
    p : array_like
        Probabilities, the output of softmax(z / T).
    v : array_like, of the shape of `p`
        The gradient of some scalar with respect to p.
    axis : int, tuple of int or None
        The axis or axes of the classes; None for all.
    temperature : float
        T > 0, which divides the logits.

    Returns
    -------
    numpy.ndarray, of the shape of `p`
        The gradient of that scalar with respect to z, which sums to 0 over the classes, in the
        wider dtype of `p` and `v` (float64 for integers).

    Raises
    ------
    TypeError
        If `p`, `v` or T is not real, or `axis` does not hold ints.
    ValueError
        If the shapes differ, `p` is empty along `axis` or holds no distributions, or T is not
        above 0. A row of `p` with a NaN is let through and gives NaN.

    Notes
    -----
    This vector-Jacobian product is what backpropagation through softmax computes. J is symmetric,
    so it is J v as well. As J maps constants to 0, v may be shifted: here by its value at the
    largest p, or the subtraction would cancel at just that entry. A product of p_i with the rest
    that is below the smallest normal number is lost, however small T is.

    Examples
    --------
    >>> print(softmax_vjp([0.5, 0.25, 0.25], [1.0, 0.0, 0.0]))
    [ 0.25  -0.125 -0.125]
    """
    p, v = as_floats(p, "p"), as_floats(v, "v")
    if p.shape != v.shape:
        raise ValueError(f"p has shape {p.shape}, but v has shape {v.shape}")
    (rows, p_dtype), (v_rows, v_dtype) = as_rows(p, axis, "p"), as_rows(v, axis, "v")
    check_distributions(rows, p_dtype, "p", nan_rows=True)
    temperature = check_temperature(temperature)
    with np.errstate(all="ignore"):
        at_top = np.argmax(rows, axis=-1)[..., None]
        # A difference of two finite numbers may overflow; that of their quarters does not.
        far = (np.abs(v_rows) > np.finfo(v_rows.dtype).max / 4).any()
        unit = 4.0 if far else 1.0
        v_rows = v_rows.astype(np.result_type(rows, v_rows), copy=False) / unit
        v_rows = v_rows - np.take_along_axis(v_rows, at_top, axis=-1)
        # In double, so that the quotient is too: a T that float32 would round to 0 is still a T.
        mean = np.add.reduce(rows * v_rows, axis=-1, dtype=np.float64, keepdims=True)
        product = rows * (v_rows - mean) / temperature * unit
        return from_rows(product.astype(np.result_type(p_dtype, v_dtype)), axis, p.shape)

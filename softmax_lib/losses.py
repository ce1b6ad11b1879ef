r"""Cross-entropy with its gradient, entropy and relative entropy, all computed from logits.

From logits and not from probabilities: a probability that has been rounded to 1 no longer knows
how far below 1 it was, and that distance is the whole of a small loss. Every function gives one
value a sample and never a mean: what to average over is the reader's decision.
"""

import math

import numpy as np

from softmax_lib._exact import two_sum
from softmax_lib._inputs import (
    as_array,
    as_floats,
    as_rows,
    check_distributions,
    check_temperature,
    described,
    is_whole,
    whole_number,
)
from softmax_lib.core import log_softmax, softmax

__all__ = [
    "cross_entropy",
    "cross_entropy_grad",
    "cross_entropy_with_grad",
    "entropy",
    "kl_divergence",
    "one_hot",
]


def _sum(terms):
    """Sum over the classes, in double precision whatever the terms have."""
    return np.add.reduce(terms, axis=-1, dtype=np.float64)


def _as_labels(values, num_classes, name):
    """Return class indices as an integer array, each from 0 to num_classes - 1."""
    labels = as_array(values, name, "drop those rows")
    # An empty list has no integer dtype, and an integer beyond 64 bits none either.
    whole = labels.dtype.kind in "biu" or (
        labels.dtype in (float, object) and all(map(is_whole, labels.flat))
    )
    if not whole:
        raise TypeError(f"{name} has {described(labels)}: class indices must be integers")
    wrong = (labels < 0) | (labels >= num_classes)
    if wrong.any():
        raise ValueError(
            f"{name} holds class {labels[wrong].flat[0]}, out of range: "
            f"{num_classes} classes have indices 0 to {num_classes - 1}"
        )
    return labels.astype(np.intp)


def _arguments(z, target, temperature):
    """Return logits (..., K), class indices (...) or distributions (..., K), T, and the dtype."""
    x, dtype = as_rows(z, -1, "z")
    temperature = check_temperature(temperature)
    if temperature < 1:  # a float32 p may be subnormal where p / T is not
        x = x.astype(np.float64, copy=False)
    target = as_array(target, "target", "drop those rows")
    if target.shape == x.shape[:-1]:
        return x, _as_labels(target, x.shape[-1], "target"), temperature, dtype
    if target.shape == x.shape:
        y, y_dtype = as_rows(target, -1, "target")
        check_distributions(y, y_dtype, "target")
        return x, y, temperature, dtype
    as_floats(target, "target")  # what holds no numbers is told that first
    raise ValueError(
        f"target has shape {target.shape}, but z of shape {x.shape} goes with class indices "
        f"of shape {x.shape[:-1]} or distributions of shape {x.shape}"
    )


def _at(labels):
    """Return the index of one entry a row, that of its label, in an array (..., K)."""
    return (*np.indices(labels.shape, sparse=True), labels)


def one_hot(labels, num_classes):
    r"""Return the unit vector of each label, :math:`y_j = [j = \text{label}]`.

    Parameters
    ----------
    labels : array_like of int or bool, shape (...)
        Class indices from 0 to K - 1.
    num_classes : int
        K, the number of classes.

    Returns
    -------
    numpy.ndarray of float64, shape (..., K)
        A 1 at each label, 0 elsewhere.

    Raises
    ------
    TypeError
        If `labels` are no integers or booleans, or `num_classes` is no integer.
    ValueError
        If a label is out of range, or `num_classes` is below 1.

    Examples
    --------
    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    num_classes = whole_number(num_classes, "num_classes", 1)
    most = np.iinfo(np.intp).max
    if num_classes > most:
        raise ValueError(f"num_classes must be from 1 to {most}, got {num_classes}")
    labels = _as_labels(labels, num_classes, "labels")
    return (labels[..., None] == np.arange(num_classes)).astype(np.float64)


def cross_entropy(z, target, *, temperature=1.0):
    r"""Return :math:`-\sum_j y_j \log p_j` with p = softmax(z / T), one value a sample.

    For a class index the target y is one-hot, and the loss is minus the log-probability of that
    class.

    Parameters
    ----------
    z : array_like, shape (..., K)
        Logits, the classes along the last axis.
    target : array_like, shape (...) of int or shape (..., K)
        A class index for each sample, or a distribution over the classes for each sample.
        The number of dimensions tells which.
    temperature : float
        T > 0, which divides the logits.

    Returns
    -------
    numpy.ndarray or scalar, shape (...)
        The losses in nats, each at least 0, in the dtype of `z` (float64 for integers).

    Raises
    ------
    TypeError
        If `z` is not real, class indices are not integers, or T is not one real number.
    ValueError
        If the shapes do not fit, an index is out of range, T is not above 0, or a row of
        probabilities has a negative or infinite or NaN entry, or misses the sum 1 by more than the
        square root of the machine epsilon of its dtype.

    See Also
    --------
    cross_entropy_grad : The gradient of this loss.
    cross_entropy_with_grad : Both, for little more than the cost of one.

    Notes
    -----
    Accurate at any margin: where the true class dominates, its log-probability is computed from
    the sum of the other exponentials by `log1p`, and a loss of 1e-40 is right to 1e-13 relative.
    A class with :math:`y_j = 0` counts 0 even where :math:`p_j = 0`; a class that has
    :math:`p_j = 0`, its logit being :math:`-\infty`, and :math:`y_j > 0` makes the loss infinite.

    Examples
    --------
    >>> print(cross_entropy([[2.0, 1.0, 0.0], [100.0, 0.0, 0.0]], [0, 0]))
    [4.07605964e-01 7.44015195e-44]
    >>> print(round(cross_entropy([2.0, 1.0, 0.0], [0.5, 0.25, 0.25]), 6))
    1.157606
    """
    x, y, temperature, dtype = _arguments(z, target, temperature)
    with np.errstate(all="ignore"):
        return _loss(x, y, temperature).astype(dtype)[()]


def _loss(x, y, temperature):
    """Return the cross-entropy of what `_arguments` made of logits and target."""
    log_p = log_softmax(x, temperature=temperature)
    if y.ndim < x.ndim:
        return np.asarray(0 - log_p[_at(y)])
    terms = np.multiply(y, log_p, dtype=np.float64)
    terms[y == 0] = 0  # 0 log 0 counts 0
    beyond = np.isinf(terms)
    if beyond.any():  # ln p, which is -(max z - z)/T here, overflows; y ln p may not
        gap = _quarter_gaps(x)
        terms = np.where(beyond & np.isfinite(gap), -4 * (y * gap / temperature), terms)
    return np.asarray(0 - _sum(terms))


def _quarter_gaps(x):
    """Return (max x - x) / 4, which does not overflow."""
    quarters = x / np.float64(4)
    return np.max(quarters, axis=-1, keepdims=True) - quarters


def _others(p, at):
    """Return 1 - p[at], as the sum of the other probabilities where the difference cancels."""
    others = np.asarray(1 - p[at].astype(np.float64))
    sure = others < 0.5
    if sure.any():
        rest = p[sure]
        rest[_at(at[-1][sure])] = 0
        others[sure] = _sum(rest)
    return others


def _negative_log(p, others):
    """Return -log p, where 1 - p is known as `others`, better than from a p that is almost 1."""
    p = np.asarray(p, dtype=np.float64)
    return np.where(others < 0.5, -np.log1p(-others), -np.log(p))


def _over_temperature(p, temperature):
    """Divide p by T in place; in double, where a T beyond the float32 numbers is still a T."""
    if temperature != 1:
        np.divide(p, temperature, out=p, dtype=np.float64, casting="same_kind")


def cross_entropy_grad(z, target, *, temperature=1.0):
    r"""Return :math:`(p - y) / T`, the gradient of the cross-entropy with respect to z.

    Parameters
    ----------
    z : array_like, shape (..., K)
        Logits, the classes along the last axis.
    target : array_like, shape (...) of int or shape (..., K)
        A class index, or a distribution over the classes, for each sample.
    temperature : float
        T > 0, which divides the logits.

    Returns
    -------
    numpy.ndarray, shape (..., K)
        The gradients, in the dtype of `z` (float64 for integers): each between -1/T and 1/T, with
        sum 0 over the classes.

    Raises
    ------
    TypeError, ValueError
        As for `cross_entropy`.

    Notes
    -----
    For the true class :math:`p_y - 1` would cancel: for two classes, a rounded :math:`p_y` is 1
    from a margin of 37 on. It is computed as minus the sum of the other probabilities: right to
    1e-13 relative at any margin, as long as those are above the smallest normal number. For a
    distribution :math:`p_j - y_j` is right to a few ulp of the larger of the two, which is all that
    a rounded :math:`y_j` allows.

    At temperature T the gradient shrinks like 1/T as T grows, and like 1/T^2 only where the target
    is softened by the same T, as in distillation [1]_.

    References
    ----------
    .. [1] G. Hinton, O. Vinyals and J. Dean, "Distilling the knowledge in a neural network", 2015,
       arXiv:1503.02531.

    Examples
    --------
    >>> print(cross_entropy_grad([2.0, 1.0, 0.0], 0))
    [-0.33475904  0.24472847  0.09003057]
    >>> print(cross_entropy_grad([100.0, 0.0], 0))
    [-3.72007598e-44  3.72007598e-44]
    """
    x, y, temperature, dtype = _arguments(z, target, temperature)
    with np.errstate(all="ignore"):
        p = softmax(x, temperature=temperature)
        if y.ndim < x.ndim:
            p[_at(y)] = 0 - _others(p, _at(y))  # p_y - 1
        else:
            p -= y
        _over_temperature(p, temperature)
        return p.astype(dtype, copy=False)


def cross_entropy_with_grad(z, target, *, temperature=1.0):
    r"""Return the cross-entropy :math:`-\sum_j y_j \log p_j` and its gradient :math:`(p - y) / T`.

    Both come from one pass of exponentials; `cross_entropy` and `cross_entropy_grad` take one each.

    Parameters
    ----------
    z : array_like, shape (..., K)
        Logits, the classes along the last axis.
    target : array_like, shape (...) of int or shape (..., K)
        A class index, or a distribution over the classes, for each sample.
    temperature : float
        T > 0, which divides the logits.

    Returns
    -------
    loss : numpy.ndarray or scalar, shape (...)
        As from `cross_entropy`, to within rounding.
    grad : numpy.ndarray, shape (..., K)
        As from `cross_entropy_grad`.

    Raises
    ------
    TypeError, ValueError
        As for `cross_entropy`.

    Notes
    -----
    With m the class of the largest logit, :math:`\log p_j = \log p_m - (z_m - z_j) / T`. So the
    loss is

    .. math:: \sum_j y_j \frac{z_m - z_j}{T} - \log p_m \sum_j y_j,

    which takes one logarithm a sample, and where no term is negative, so nothing cancels.

    Examples
    --------
    >>> loss, grad = cross_entropy_with_grad([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]], [0, 1])
    >>> print(loss)
    [0.40760596 1.09861229]
    >>> print(grad)
    [[-0.33475904  0.24472847  0.09003057]
     [ 0.33333333 -0.66666667  0.33333333]]
    """
    x, y, temperature, dtype = _arguments(z, target, temperature)
    with np.errstate(all="ignore"):
        p = softmax(x, temperature=temperature)
        tiny = np.finfo(p.dtype).tiny
        if y.ndim < x.ndim:
            at = _at(y)
            others = _others(p, at)
            loss = _negative_log(p[at], others)
            unsure = loss >= -np.log(tiny)  # p_y has underflowed
            p[at] = 0 - others  # p_y - 1
        else:
            top = _at(np.argmax(x, axis=-1))
            gap = np.asarray(x[top])[..., None] - x
            excess = _negative_log(p[top], _others(p, top))
            _over_temperature(gap, temperature)  # before the product with y, which may underflow
            loss = np.einsum("...k,...k->...", y, gap, dtype=np.float64)
            loss = np.asarray(loss + excess * _sum(y))
            unsure = ~np.isfinite(loss)  # an infinite logit, or a gap that overflows
            p -= y
        unsure |= loss < p.shape[-1] * tiny  # what is left of 1 may have underflowed
        if unsure.any():
            loss[unsure] = _loss(x[unsure], y[unsure], temperature)
        _over_temperature(p, temperature)
        return loss.astype(dtype)[()], p.astype(dtype, copy=False)


def entropy(z, axis=-1, *, temperature=1.0):
    r"""Return the entropy :math:`-\sum_j p_j \log p_j` of p = softmax(z / T), in nats.

    Parameters
    ----------
    z : array_like
        Logits.
    axis : int, tuple of int or None
        The axis or axes of the classes; None for all.
    temperature : float
        T > 0, which divides the logits.

    Returns
    -------
    numpy.ndarray or scalar
        The entropies, from 0 (one class is certain) to log K (all K are equally likely) but for
        rounding, in the dtype of `z` (float64 for integers), with the shape of `z` without `axis`.

    Raises
    ------
    TypeError
        If `z` or T is not real, or `axis` does not hold ints.
    ValueError
        If `z` is empty along `axis`, or T is not above 0.

    Notes
    -----
    This is Shannon's entropy [1]_ with the natural logarithm. A class with p = 0 counts 0, the
    limit of p log p. It is accurate where p rounds to a one-hot vector too, since no term is
    negative and :math:`\log p` comes from the logits: at T = 0.01 below, :math:`-p_1 \log p_1` is
    a hundredth of the whole, and a p that has been rounded to 1 would lose it.

    Entropy never falls as temperature rises: :math:`dH/dT = \mathrm{Var}_p(z) / T^3`.

    References
    ----------
    .. [1] C. E. Shannon, "A mathematical theory of communication", Bell System Technical Journal
       27, 1948, doi:10.1002/j.1538-7305.1948.tb01338.x.

    Examples
    --------
    >>> print(round(entropy([2.0, 1.0, 0.0, -1.0]), 9))
    0.947536964
    >>> print(f"{entropy([2.0, 1.0, 0.0, -1.0], temperature=0.01):.10g}")
    3.757276736e-42
    """
    x, dtype = as_rows(z, axis, "z")
    x = x.astype(np.float64, copy=False)
    with np.errstate(all="ignore"):
        p = softmax(x, temperature=temperature)
        log_p = log_softmax(x, temperature=temperature)
        terms = p * log_p
        faint = log_p < -708  # p has lost digits or is 0, and p log p need not be
        if faint.any():
            terms[faint] = -np.exp(log_p[faint] + np.log(-log_p[faint]))
            terms[log_p == -np.inf] = 0
        return (0 - _sum(terms)).astype(dtype)[()]


def _log_ratio(x_p, x_q, log_p, log_q):
    """Return log(q / p) with a small relative error even where q is almost p."""
    gap, error = two_sum(x_q, -x_p)
    # Of the constant between logits and log-probabilities, the class that both like tells most.
    best = np.argmax(np.minimum(log_p, log_q), axis=-1)[..., None]
    gap_best, error_best, log_p_best, log_q_best = (
        np.take_along_axis(a, best, axis=-1) for a in (gap, error, log_p, log_q)
    )
    ratio = (gap - gap_best) + (error - error_best) + (log_q_best - log_p_best)
    # Where a difference of logits overflows or is undefined, that of log-probabilities will do.
    ratio = np.where(np.isfinite(ratio), ratio, log_q - log_p)
    return np.where(log_q == -np.inf, -np.inf, ratio)


def _far_terms(x_p, x_q, p, log_p):
    """Return p log(p/q) where log q overflows: then it is p times the gap to q's largest logit."""
    gap = _quarter_gaps(x_q)  # infinite only where q excludes the class
    faint = np.exp(log_p + (np.log(gap) + math.log(4)))
    terms = np.where(p < np.finfo(np.float64).smallest_normal, faint, 4 * p * gap)
    has_weight = (x_p > -np.inf) & (np.max(x_p, axis=-1, keepdims=True) < np.inf) | (p > 0)
    return np.where(has_weight, np.where(gap == np.inf, gap, terms), 0)


def _exp_above_tangent(x):
    """Return e^x - 1 - x for |x| < 1 by its Taylor series, since the difference cancels near 0."""
    series = 1.0
    for n in range(18, 2, -1):
        series = 1 + x / n * series
    return x * x / 2 * series


def kl_divergence(z_p, z_q, axis=-1):
    r"""Return :math:`\sum_j p_j \log(p_j / q_j)` for p = softmax(z_p) and q = softmax(z_q).

    Parameters
    ----------
    z_p, z_q : array_like, of one shape
        Logits of the two distributions.
    axis : int, tuple of int or None
        The axis or axes of the classes; None for all.

    Returns
    -------
    numpy.ndarray or scalar
        The relative entropies of p with respect to q in nats, each at least 0, with the shape of
        `z_p` without `axis`; infinite where p gives weight to a class that q excludes.

    Raises
    ------
    TypeError
        If the logits are not real, or `axis` does not hold ints.
    ValueError
        If the shapes differ, or the logits are empty along `axis`.

    Notes
    -----
    The relative entropy, or Kullback-Leibler divergence [1]_, is computed as

    .. math:: \sum_j p_j \left(e^{r_j} - 1 - r_j\right)

    with :math:`r_j = \log (q_j / p_j)`. This is the same, since p and q both sum to 1, but it has
    no negative term. So it is never below 0, and of small relative error however close p and q are.
    The ratios come from the differences of the logits, which are exact where the logits are close,
    and a common constant is taken out by :math:`\sum_j p_j (e^{r_j} - 1) = 0`.

    References
    ----------
    .. [1] S. Kullback and R. A. Leibler, "On information and sufficiency", Annals of Mathematical
       Statistics 22, 1951, doi:10.1214/aoms/1177729694.

    Examples
    --------
    >>> print(round(kl_divergence([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]), 9))
    1.150420765
    >>> print(f"{kl_divergence([0.0, 1.0], [0.0, 1.0 + 2.0**-40]):.6g}")
    8.13168e-26
    """
    z_p, z_q = as_floats(z_p, "z_p"), as_floats(z_q, "z_q")
    if z_p.shape != z_q.shape:
        raise ValueError(f"z_p has shape {z_p.shape}, but z_q has shape {z_q.shape}")
    (x_p, dtype_p), (x_q, dtype_q) = as_rows(z_p, axis, "z_p"), as_rows(z_q, axis, "z_q")
    x_p, x_q = x_p.astype(np.float64), x_q.astype(np.float64)
    with np.errstate(all="ignore"):
        p, q = softmax(x_p), softmax(x_q)
        log_p, log_q = log_softmax(x_p), log_softmax(x_q)
        r = _log_ratio(x_p, x_q, log_p, log_q)
        close = np.abs(r) < 1
        # One step of Newton's method to the constant for which q, that is p e^r, sums to 1.
        r -= _sum(np.where(close, p * np.expm1(r), q - p))[..., None]
        terms = np.where(close, p * _exp_above_tangent(r), q - p - p * r)
        # Where p underflows, p log(p/q) need not; 0 log 0 counts 0.
        faint = (r < -1) & (p < np.finfo(np.float64).smallest_normal) & (log_p > -np.inf)
        terms = np.where(p == 0, q, terms)
        terms = np.where(faint, q - p + np.exp(log_p + np.log(-r)), terms)
        far = log_q == -np.inf  # by overflow, perhaps; p log(p/q) may be finite then
        if far.any():
            terms = np.where(far, _far_terms(x_p, x_q, p, log_p), terms)
        return _sum(terms).astype(np.result_type(dtype_p, dtype_q))[()]

"""What rounding does to softmax: exact values, errors in ulp, and the same form in any format.

For the chapter on floating point and the script that measures other libraries, so that one ruler
serves both. An ulp, a unit in the last place, is the distance from a float to the next one.
"""

import math
import numbers

import numpy as np
from mpmath import mp

from softmax_lib._inputs import as_array, checked, described

__all__ = ["exact_softmax", "library_report", "softmax_forms", "ulp_error"]

DIGITS = 50


def exact_softmax(z):
    r"""Return softmax along the last axis with 50 digits, from the logits as float64.

    Parameters
    ----------
    z : array_like, shape (..., K)
        Finite logits. A float of up to 64 bits is a fraction, so it is exact as it stands.

    Returns
    -------
    ndarray of object, shape (..., K)
        Numbers of mpmath, above 0 and at most 1: for them no exponential overflows or underflows.

    Raises
    ------
    TypeError
        If `z` does not hold real numbers.
    ValueError
        If a logit is infinite or NaN, or `z` has no classes along its last axis.

    Notes
    -----
    .. math:: p_i = \frac{w_i}{\sum_j w_j}, \qquad w_i = e^{z_i}

    Examples
    --------
    >>> from mpmath import mp
    >>> p = exact_softmax([2, 1, 0, -1])
    >>> print(mp.nstr(p[0], 20))
    0.64391425988797231176
    """
    z, _ = checked(z, -1, "z")
    if not np.isfinite(z).all():
        raise ValueError("z must be finite: it holds an infinity or a NaN")
    with mp.workdps(DIGITS):
        rows = np.array([mp.exp(float(z_i)) for z_i in z.flat], dtype=object).reshape(z.shape)
        return rows / rows.sum(axis=-1, keepdims=True)


def ulp_error(result, exact):
    r"""Return how far each float is from the exact value, in ulp of that value.

    Parameters
    ----------
    result : ndarray of float16, float32 or float64
        What was computed.
    exact : array_like of the same shape
        What is true: numbers of mpmath, or float64 if `result` has a smaller format.

    Returns
    -------
    ndarray of float64
        At most 1/2 where the result is correctly rounded; NaN where it is NaN.

    Raises
    ------
    TypeError
        If `result` holds no floats.
    ValueError
        If the shapes differ.

    Notes
    -----
    .. math:: \frac{|\hat p - p|}{\operatorname{ulp}(p)}

    The ulp is the distance of neighbouring floats around the exact value, which just below a power
    of two is half of that above it.

    Examples
    --------
    >>> from mpmath import mp
    >>> float(ulp_error(np.float64(1 + 2**-52), mp.mpf(1)))
    1.0
    """
    result, exact = as_array(result, "result"), as_array(exact, "exact")
    if result.dtype.kind != "f" or result.itemsize > 8:
        raise TypeError(f"result has dtype {result.dtype}: expected float16, float32 or float64")
    objects = exact.dtype.kind == "O" and all(isinstance(v, numbers.Real) for v in exact.flat)
    if exact.dtype.kind not in "biuf" and not objects:
        raise TypeError(f"exact has {described(exact)}: expected numbers of mpmath, or float64")
    try:
        exact_as_doubles = exact.astype(np.float64)
    except OverflowError:
        raise ValueError(
            "exact holds a whole number beyond the range of float64: give it as one of mpmath"
        ) from None
    # In a smaller format the difference, or an ulp, would round to 0.
    exact = exact.astype(np.result_type(exact, np.float64), copy=False)
    if result.shape != exact.shape:
        raise ValueError(f"result has shape {result.shape}, but exact has shape {exact.shape}")
    with np.errstate(all="ignore"):  # what is exact may be NaN, or out of the result's range
        rounded = exact_as_doubles.astype(result.dtype)
        size, zero = np.abs(rounded), result.dtype.type(0)
        # Rounded up to a power of two, its spacing would be that of the next binade.
        # (Comparisons are exact, while mpmath would round the absolute value of what is exact.)
        up = (-size < exact) & (exact < size)
        size = np.where(up, np.nextafter(size, zero), size)
        size = np.minimum(size, np.nextafter(np.finfo(result.dtype).max, zero))
        ulp = np.spacing(size).astype(np.float64).astype(exact.dtype)
        error = np.asarray(np.abs(result.astype(exact.dtype) - exact) / ulp, np.float64)
        rightly_infinite = np.isinf(rounded) & (result == rounded)
    return np.where(rightly_infinite, 0.0, error)[()]


def softmax_forms(z):
    r"""Return three forms of softmax along the last axis, each step rounded in the format of z.

    `naive_softmax` and `shifted_softmax` widen float16. Here nothing is widened.

    Parameters
    ----------
    z : array_like of float16, float32 or float64, shape (..., K)
        Logits.

    Returns
    -------
    dict of str to ndarray
        "definition", "shifted" and "division-free", of the shape and dtype of `z` (float64 for
        integers).

    Raises
    ------
    TypeError
        If `z` does not hold real numbers.
    ValueError
        If `z` has no classes along its last axis.

    Notes
    -----
    .. math::
        \frac{e^{z_i}}{S(z)}, \quad \frac{e^{z_i - m}}{S(z - m)}, \quad e^{z_i - L}

    with :math:`S(x) = \sum_j e^{x_j}`, the largest logit m, and :math:`L = m + \ln S(z - m)`.
    Blanchard, Higham and Higham [1]_ compare the three.

    References
    ----------
    .. [1] P. Blanchard, D. J. Higham and N. J. Higham, "Accurately computing the log-sum-exp and
       softmax functions", IMA Journal of Numerical Analysis 41(4), 2021. doi:10.1093/imanum/draa038

    Examples
    --------
    >>> forms = softmax_forms(np.float16([12, 0]))
    >>> forms["definition"], forms["shifted"]
    (array([nan,  0.], dtype=float16), array([1.00e+00, 6.14e-06], dtype=float16))
    """
    z, _ = checked(z, -1, "z")
    m = z.max(axis=-1, keepdims=True)
    with np.errstate(all="ignore"):  # the definition overflows on purpose
        plain, e = np.exp(z), np.exp(z - m)
        total = _sum(e)
        return {
            "definition": plain / _sum(plain),
            "shifted": e / total,
            "division-free": np.exp(z - (m + np.log(total))),
        }


def _sum(e):
    """Sum each row, its axis kept, in the row's own format."""
    if e.dtype == np.float16:  # which NumPy adds up in float32 where a row lies along memory
        return np.add.accumulate(e, axis=-1)[..., -1:]
    return e.sum(axis=-1, keepdims=True)


def library_report(softmax, log_softmax=None, logsumexp=None, true_class_gradient=None):
    """Measure a library on the nine hard inputs of the chapter's table.

    Parameters
    ----------
    softmax : callable
        Called as ``softmax(z, axis)`` with an array; the result may be any array.
    log_softmax, logsumexp : callable, optional
        Called in the same way; None where the library has no such function.
    true_class_gradient : callable, optional
        Called as ``function(z)`` with a row: the slope of the cross-entropy in its first logit,
        the first class being true. Without it, it is ``softmax(z)[0] - 1``.

    Returns
    -------
    dict of str to float, list or str
        For each input the worst error in ulp, the relative error, or the result; "refused" where
        the library raised an error, and "none" where it has no such function.

    Raises
    ------
    TypeError
        If a function is not callable.

    Examples
    --------
    >>> from softmax_lib import softmax
    >>> report = library_report(softmax)
    >>> report["softmax, offset 10000"] < 5, report["logsumexp, (0, -40)"]
    (True, 'none')
    """
    optional = {
        "log_softmax": log_softmax,
        "logsumexp": logsumexp,
        "true_class_gradient": true_class_gradient,
    }
    for name, function in {"softmax": softmax, **optional}.items():
        if not callable(function) and (function is not None or name not in optional):
            raise TypeError(f"{name} must be callable, got {function!r}")

    def first_probability_minus_one(z):
        return np.asarray(softmax(z, -1))[0] - 1

    def worst(low, high, offset=0.0):
        rng = np.random.default_rng(0)
        errors = []
        for rows, length in ((100, 10), (10, 100), (3, 1000)):
            z = rng.uniform(low, high, (rows, length)) + offset
            exact = exact_softmax(z)
            normal = exact >= np.finfo(z.dtype).smallest_normal  # JAX turns smaller ones into 0
            errors.append(ulp_error(softmax(z, -1), exact)[normal].max())
        return float(max(errors))

    def relative(result, truth):
        with mp.workdps(DIGITS):
            return float(abs(mp.mpf(float(result)) / truth - 1))

    def long_column():
        z = np.random.default_rng(0).uniform(-10, 10, (1_000_000, 2)).astype(np.float32)
        e = np.exp(z.astype(np.float64))
        exact = e / [math.fsum(column) for column in e.T]
        return float(ulp_error(softmax(z, 0), exact).max())

    def small_integers():
        p = np.asarray(softmax(np.array([1, 2, 3], np.uint8), -1))
        return [None if np.isnan(p_i) else float(p_i) for p_i in p]

    gradient = true_class_gradient or first_probability_minus_one
    far = np.array([0.0, -40.0])
    with mp.workdps(DIGITS):
        small = mp.log1p(mp.exp(-40))
        slope = -1 / (1 + mp.exp(30))
    measures = {
        "softmax, uniform 10": lambda: worst(-10, 10),
        "softmax, uniform 700": lambda: worst(-700, 700),
        "softmax, offset 10000": lambda: worst(-10, 10, 1e4),
        "log_softmax, (0, -40)": lambda: relative(log_softmax(far, -1)[0], -small),
        "logsumexp, (0, -40)": lambda: relative(logsumexp(far, -1), small),
        "gradient, margin 30": lambda: relative(gradient(np.array([30.0, 0.0])), slope),
        "softmax, long float32": long_column,
        "softmax, uint8 (1, 2, 3)": small_integers,
        "softmax, float16 zeros": lambda: float(
            np.asarray(softmax(np.zeros((10_000, 2), np.float16), 0), np.float64)[:, 0].sum()
        ),
    }
    needs = {"log_softmax": log_softmax, "logsumexp": logsumexp}
    report = {}
    for name, measure in measures.items():
        if needs.get(name.split(",")[0], softmax) is None:
            report[name] = "none"
            continue
        try:
            with np.errstate(all="ignore"):
                report[name] = measure()
        except Exception:  # whichever the library has for it
            report[name] = "refused"
    return report

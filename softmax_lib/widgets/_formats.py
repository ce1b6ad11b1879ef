"""Softmax step by step in a float format of your choice, each operation rounded to it."""

import numpy as np

# The digits of a significand, and the exponents of the smallest and the largest normal numbers.
FORMATS = {
    "float64": (53, -1022, 1023),
    "float32": (24, -126, 127),
    "bfloat16": (8, -126, 127),
    "float16": (11, -14, 15),
}


def rounded(x, precision):
    """Return doubles rounded to a format, to nearest and ties to even, as doubles.

    Examples
    --------
    >>> rounded(np.array([65519.0, 65520.0, 1e-8]), "float16").tolist()
    [65504.0, inf, 0.0]
    """
    x = np.asarray(x, dtype=float)
    if precision == "float64":
        return x
    digits, low, high = FORMATS[precision]
    exponent = np.maximum(np.frexp(x)[1] - 1, low) - digits + 1  # of the last digit
    nearest = np.ldexp(np.rint(np.ldexp(x, -exponent)), exponent)
    return np.where(abs(nearest) >= 2.0 ** (high + 1), np.copysign(np.inf, x), nearest)


def softmax_steps(logits, offset, precision, *, shift):
    """Return what each step of softmax(z + c) gives in a format.

    Sums, differences and quotients of two such numbers are right when they are computed in double
    and rounded once more, since a double has more than twice the digits [1]_.

    Parameters
    ----------
    logits : array_like, shape (K,)
        z, rounded to the format first.
    offset : float
        c, rounded too.
    precision : str
        A key of `FORMATS`.
    shift : bool
        Whether the largest score is subtracted before the exponentials.

    Returns
    -------
    dict
        The arrays `scores`, `exponents`, `exponentials` and `probabilities`, and the float `total`.

    References
    ----------
    .. [1] S. A. Figueroa, "When is double rounding innocuous?", ACM SIGNUM Newsletter 30 (3),
       1995, 21-26. https://doi.org/10.1145/221332.221334

    Examples
    --------
    >>> softmax_steps([2, 1], 10, "float16", shift=False)["exponentials"].tolist()
    [inf, 59872.0]
    """
    with np.errstate(all="ignore"):
        scores = rounded(rounded(logits, precision) + rounded(offset, precision), precision)
        exponents = rounded(scores - scores.max(), precision) if shift else scores
        e = rounded(np.exp(exponents), precision)
        total = e[0]
        for term in e[1:]:
            total = rounded(total + term, precision)
        return {
            "scores": scores,
            "exponents": exponents,
            "exponentials": e,
            "total": float(total),
            "probabilities": rounded(e / total, precision),
        }

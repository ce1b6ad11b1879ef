"""The truth about one row of logits, and how far a result is from it in units in the last place.

Shared by the accuracy tests and benchmarks/accuracy.py. What is exact is an mpf; the caller sets
mpmath's precision, to 50 digits or more.
"""

import itertools
import math

import numpy as np
from mpmath import mp, mpf

MANY = 3000  # distinct logits from which on it pays to take neighbours together

# What is measured, and the target that it takes besides the logits.
QUANTITIES = {
    "softmax": None,
    "log_softmax": None,
    "logsumexp": None,
    "cross_entropy, class": "class",
    "cross_entropy, distribution": "distribution",
    "cross_entropy_grad, class": "class",
    "cross_entropy_grad, distribution": "distribution",
}

# The promises, in ulps. That of a loss and of a gradient for a class is relative: 1e-13, and 1e-5
# for float32. A float16 within 1 ulp of the correctly rounded result is within 1.5 of the truth.
BARS = {
    np.float64: dict(zip(QUANTITIES, [5, 3, 2, 450, 450, 450, 8], strict=True)),
    np.float32: dict(zip(QUANTITIES, [5, 3, 2, 80, 80, 80, 8], strict=True)),
    np.float16: dict.fromkeys(QUANTITIES, 1.5),
}


class Row:
    """Softmax of one row of logits over a temperature, by its definition.

    It is kept as the largest logit and `rest`, the other exponentials' sum over the largest: at 50
    digits p_1 = 1 - e^-700 is 1, but ln p_1 = -log1p(rest) is -e^-700.
    """

    def __init__(self, z, temperature=1.0):
        self.z = np.asarray(z, np.float64)
        self.temperature = mpf(float(temperature))
        values, counts = np.unique(self.z, return_counts=True)
        self.top, ties = mpf(float(values[-1])), int(counts[-1]) - 1
        self.alone = ties == 0
        self.rest = ties + _sum_of_exp(values[:-1], counts[:-1], self.top, float(temperature))
        self.excess = mp.log1p(self.rest)

    def _gap(self, i):
        return (mpf(float(self.z[i])) - self.top) / self.temperature

    def p(self, i):
        return mp.exp(self._gap(i)) / (1 + self.rest)

    def log_p(self, i):
        return self._gap(i) - self.excess

    def others(self, i):
        """Return 1 - p_i, without cancellation where p_i is nearly 1."""
        return self.rest / (1 + self.rest) if self.alone and not self._gap(i) else 1 - self.p(i)

    def exact(self, quantity, target=None, at=None):
        """Return the true values of a quantity as a list: those of the entries `at`, or of all."""
        at = range(len(self.z)) if at is None else at
        t = self.temperature
        match quantity:
            case "softmax":
                return [self.p(i) for i in at]
            case "log_softmax":
                return [self.log_p(i) for i in at]
            case "logsumexp":
                return [self.top / t + self.excess]
            case "cross_entropy, class":
                return [-self.log_p(target)]
            case "cross_entropy, distribution":
                return [
                    -mp.fsum(mpf(float(target[i])) * self.log_p(i) for i in np.nonzero(target)[0])
                ]
            case "cross_entropy_grad, class":
                return [(-self.others(i) if i == target else self.p(i)) / t for i in at]
            case "cross_entropy_grad, distribution":
                return [(self.p(i) - mpf(float(target[i]))) / t for i in at]
        raise ValueError(f"no quantity is called {quantity}")

    def errors(self, quantity, result, target=None, at=None):
        """Return the distance of each entry of `result` from the truth, in ulps.

        An ulp is that of the true value, with two exceptions. For a logsumexp below 1 it is that
        of 1: as the logarithm nears 0, no sum of exponentials knows it better. For p - y it is that
        of max(p, y), over T, since both have been rounded. And the probabilities in a gradient may
        have underflowed before they are divided by T.
        """
        result = np.atleast_1d(result).ravel()
        exact = self.exact(quantity, target, at)
        sizes, least = exact, 0
        if quantity == "logsumexp":
            sizes = [max(abs(v), mpf(1)) for v in exact]
        elif "grad" in quantity:
            worked = np.finfo(np.result_type(result, np.float32))
            least = len(self.z) * mpf(float(worked.smallest_subnormal)) / self.temperature
            if np.ndim(target):  # max(p, y) = y + max(p - y, 0)
                at = range(len(self.z)) if at is None else at
                y = [mpf(float(target[i])) / self.temperature for i in at]
                sizes = [y_i + max(v, 0) for y_i, v in zip(y, exact, strict=True)]
        return ulps(result, exact, sizes, least)


def _sum_of_exp(values, counts, top, temperature):
    """Sum counts * e^((values - top)/T), of ascending logits, to far below an ulp of the sum.

    The exponentials of many logits are taken together around a centre c, as e^(c/T) times the sum
    of 1 + expm1((z - c)/T). With |z - c| < T/256, float64 knows each to 2^-61.
    """
    if len(values) > MANY:  # a million of those further below add 2^-80 of the sum
        near = values > values[-1] - 75 * temperature
        values, counts = values[near], counts[near]
    weights = counts.tolist()
    if len(values) > MANY:
        width = 2.0 ** (math.frexp(temperature)[1] - 9)
        centres = np.rint(values / width) * width
        small = counts * np.expm1((values - centres) / temperature)
        first = np.flatnonzero(np.diff(centres, prepend=-np.inf))
        groups = itertools.pairwise([*first, len(values)])
        weights = [sum(weights[a:b]) + mpf(math.fsum(small[a:b])) for a, b in groups]
        values = centres[first]
    gaps = ((mpf(float(v)) - top) / mpf(temperature) for v in values)
    return mp.fsum(n * mp.exp(gap) for n, gap in zip(weights, gaps, strict=True))


def ulp(value, dtype):
    """Return the spacing of the numbers of this dtype in the binade of `value`, as an mpf."""
    info = np.finfo(dtype)
    exponent = mp.frexp(value)[1] - 1 if value else info.minexp
    return mp.ldexp(1, max(exponent, int(info.minexp)) - info.nmant)


def ulps(result, exact, sizes=None, least=0):
    """Return how far each entry of `result` is from `exact`, in ulps of `sizes` or in `least`."""
    largest = mpf(float(np.finfo(result.dtype).max))
    found = []
    for r, v, size in zip(result, exact, exact if sizes is None else sizes, strict=True):
        r = mpf(float(r))
        if mp.isnan(r):
            found.append(math.inf)
        elif mp.isinf(r) and abs(v) > largest and r * v > 0:
            found.append(0.0)  # the truth overflows, and so must the result
        else:
            found.append(float(abs(r - v) / max(ulp(size, result.dtype), least)))
    return np.array(found)

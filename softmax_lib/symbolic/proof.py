"""What every proof uses: symbols, softmax as SymPy sees it, and steps that must hold."""

import sympy as sp

from softmax_lib._inputs import whole_number

K = sp.Symbol("K", integer=True, positive=True)  # the number of classes


class ProofError(AssertionError):
    """A step of a proof did not hold; the message quotes it, with what is left of it."""


def softmax(z, temperature=1):
    """Return softmax(z / T) as SymPy expressions, one for each logit."""
    weights = [sp.exp(z_i / temperature) for z_i in z]
    return [w / sum(weights) for w in weights]


def logits(num_classes):
    """Return the real symbols z1 to zK."""
    return sp.symbols(f"z1:{num_classes + 1}", real=True)


def free_target(num_classes):
    """Return symbols whose sum is 1: every one-hot and every soft target is a case of it."""
    free = sp.symbols(f"y1:{num_classes}", real=True)
    return [*free, 1 - sum(free)]


def cross_entropy(p, y):
    """Return -sum y ln p, for lists of expressions."""
    return -sum(y_i * sp.log(p_i) for p_i, y_i in zip(p, y, strict=True))


def dot(p, v):
    """Return the sum of p_i v_i, which for a distribution p is the mean of v under it."""
    return sum(p_i * v_i for p_i, v_i in zip(p, v, strict=True))


def up_to(most, least=2, name="max_classes"):
    """Return the range from `least` to `most`, or raise where nothing would be left to prove."""
    return range(least, whole_number(most, name, least) + 1)


def require_zero(expression, statement):
    """Raise ProofError, quoting the statement, unless SymPy simplifies the expression to 0."""
    remainder = sp.simplify(expression)
    if remainder != 0:
        raise ProofError(f"{statement}: {remainder} is left where 0 should be")


def require_equal(found, expected, statement):
    """Raise ProofError, quoting the statement, unless the two are the same expression."""
    if found != expected:
        raise ProofError(f"{statement}: found {found}, expected {expected}")

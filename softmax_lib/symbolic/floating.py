"""Theorems of the chapter on floating point: what a small relative error in a number grows to."""

import sympy as sp

from softmax_lib.symbolic.proof import require_zero

d, u = sp.symbols("d u", positive=True)
delta, epsilon, z, lse = sp.symbols("delta varepsilon z_i L", real=True)


def rounded_gap_is_a_relative_error(exp=sp.exp):
    r"""Prove what a gap z - m, rounded by a factor 1 + delta, does to its exponential.

    The gap is -d. Its rounded form gives exp(-d (1 + delta)), that is exp(-d) times
    exp(-d delta). Of the two ends delta = u and delta = -u the second moves it further: the
    difference of the distances is a square. In between the error only falls, since exp is
    monotone.

    Parameters
    ----------
    exp : callable
        The function that the theorem is about.

    Returns
    -------
    sympy.Le
        The bound for abs(delta) <= u, which is d u to first order.

    Raises
    ------
    ProofError
        If the statement is false of `exp`.

    Examples
    --------
    >>> rounded_gap_is_a_relative_error()
    Abs(1 - exp(-d*delta)) <= exp(d*u) - 1
    """
    ratio = exp(-d * (1 + delta)) / exp(-d)
    require_zero(ratio - sp.exp(-d * delta), "rounding multiplies the result by exp(-d delta)")
    further = (exp(d * u) - 1) - (1 - exp(-d * u))
    square = (sp.exp(d * u / 2) - sp.exp(-d * u / 2)) ** 2
    require_zero(sp.expand(further - square), "the end at -u is further, by a square")
    require_zero(sp.diff(exp(d * u) - 1, u).subs(u, 0) - d, "to first order it is d u")
    return sp.Le(sp.Abs(1 - sp.exp(-d * delta)), sp.exp(d * u) - 1, evaluate=False)


def division_free_form_has_two_errors(exp=sp.exp):
    r"""Prove that exp(z - L) has the errors of two roundings in it, to first order.

    The log-sum-exp L is off by a factor 1 + delta, and the difference z - L by 1 + epsilon.

    Parameters
    ----------
    exp : callable
        The function that the theorem is about.

    Returns
    -------
    sympy.Expr
        The relative error to first order in delta and epsilon.

    Raises
    ------
    ProofError
        If the statement is false of `exp`.

    Examples
    --------
    >>> division_free_form_has_two_errors()
    -L*delta + varepsilon*(-L + z_i)
    """
    error = exp((z - lse * (1 + delta)) * (1 + epsilon)) / exp(z - lse) - 1
    both_zero = {delta: 0, epsilon: 0}
    slopes = [sp.diff(error, small).subs(both_zero) for small in (delta, epsilon)]
    require_zero(slopes[0] + lse, "the error of L counts L times")
    require_zero(slopes[1] - (z - lse), "the error of z - L counts z - L times")
    return -lse * delta + (z - lse) * epsilon

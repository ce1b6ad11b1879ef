"""Theorems of the chapter on the way from scores to probabilities."""

from itertools import combinations

import sympy as sp

from softmax_lib._inputs import whole_number
from softmax_lib.symbolic.proof import K, logits, require_equal, require_zero, softmax, up_to

i, j, k = sp.symbols("i j k", integer=True, positive=True)
z = sp.IndexedBase("z", real=True)


def softmax_entry(z, i, num_classes):
    """Return the i-th entry of softmax(z) for a symbolic number of classes."""
    return sp.exp(z[i]) / sp.Sum(sp.exp(z[j]), (j, 1, num_classes))


def probabilities_are_positive(entry=softmax_entry):
    r"""Prove that every softmax probability is above 0, whatever the K real logits.

    Parameters
    ----------
    entry : callable
        The function that the theorem is about, called as ``entry(z, i, K)``.

    Returns
    -------
    sympy.StrictGreaterThan
        The statement for class i.

    Raises
    ------
    ProofError
        If some probability can be 0 or less, or no number at all.
    """
    p_i = entry(z, i, K)
    require_equal(p_i.is_positive, True, "p_i > 0")
    return sp.Gt(p_i, 0, evaluate=False)


def probabilities_sum_to_one(max_classes=5, softmax=softmax, entry=softmax_entry):
    r"""Prove that the softmax probabilities add up to 1.

    For K = 2 to `max_classes` term by term, then for general K: the denominator is the same for
    every class, so it comes out of the sum, and what is left is the denominator once more.

    Parameters
    ----------
    max_classes : int
        The largest K to add up term by term.
    softmax : callable
        The function that the theorem is about, called as ``softmax(z)``.
    entry : callable
        The same function for general K, called as ``entry(z, i, K)``.

    Returns
    -------
    sympy.Eq
        The statement for general K, with the denominator in front of the sum.

    Raises
    ------
    ProofError
        If the statement is false of `softmax` or of `entry`.
    """
    for num_classes in up_to(max_classes):
        require_zero(sum(softmax(logits(num_classes))) - 1, f"K = {num_classes}: sum of p_i = 1")
    total = sp.simplify(sp.Sum(entry(z, i, K), (i, 1, K)))
    # as_dummy gives the two bound indices i and j one name, and equal sums cancel.
    require_zero(total.as_dummy() - 1, "general K: sum of p_i = 1")
    return sp.Eq(total, 1, evaluate=False)


def odds_are_exponential_of_gap(entry=softmax_entry):
    r"""Prove that p_i / p_k = exp(z_i - z_k) for any two of K classes, with K symbolic.

    Parameters
    ----------
    entry : callable
        The function that the theorem is about, called as ``entry(z, i, K)``.

    Returns
    -------
    sympy.Eq
        The statement for classes 1 and 2.

    Raises
    ------
    ProofError
        If the statement is false of `entry`.

    Examples
    --------
    >>> odds_are_exponential_of_gap()
    Eq(p[1]/p[2], exp(z[1] - z[2]))
    """
    ratio = entry(z, i, K) / entry(z, k, K)
    require_zero(ratio - sp.exp(z[i] - z[k]), "odds are exp(gap)")
    p = sp.IndexedBase("p")
    return sp.Eq(p[1] / p[2], sp.exp(z[1] - z[2]))


def order_is_kept(entry=softmax_entry):
    r"""Prove that the larger of two logits has the larger probability, and that ties stay ties.

    Parameters
    ----------
    entry : callable
        The function that the theorem is about, called as ``entry(z, i, K)``.

    Returns
    -------
    sympy.StrictGreaterThan
        The odds of a class that is ahead by the gap g > 0.

    Raises
    ------
    ProofError
        If the statement is false of `entry`.
    """
    gap = sp.Symbol("g", positive=True)
    ratio = sp.simplify(entry(z, i, K) / entry(z, k, K))
    ahead = sp.simplify(ratio.subs(z[i], z[k] + gap))
    require_equal(sp.expand_log(sp.log(ahead)).is_positive, True, "ahead: log odds above 0")
    require_zero(ratio.subs(z[i], z[k]) - 1, "tied: odds of 1")
    return sp.Gt(ahead, 1, evaluate=False)


def two_classes_give_the_logistic_function(softmax=softmax):
    r"""Prove that softmax of two logits is the logistic function of their difference.

    Parameters
    ----------
    softmax : callable
        The function that the theorem is about, called as ``softmax(z)``.

    Returns
    -------
    sympy.Eq
        The statement for class 1.

    Raises
    ------
    ProofError
        If the statement is false of `softmax`.

    Examples
    --------
    >>> two_classes_give_the_logistic_function()
    Eq(p1, 1/(exp(-z1 + z2) + 1))
    """
    z1, z2 = logits(2)
    logistic = 1 / (1 + sp.exp(-(z1 - z2)))
    require_zero(softmax([z1, z2])[0] - logistic, "p_1 is logistic(z_1 - z_2)")
    return sp.Eq(sp.Symbol("p1"), logistic)


def logits_are_known_up_to_a_shift(entry=softmax_entry):
    r"""Prove that two logit vectors give one distribution exactly when they differ by a shift.

    Adding c to every logit leaves every p_i as it is. Conversely log(p_i / p_k) = z_i - z_k, so
    the distribution knows every gap, and only the common level of the logits is lost: K logits
    have K - 1 degrees of freedom.

    Parameters
    ----------
    entry : callable
        The function that the theorem is about, called as ``entry(z, i, K)``.

    Returns
    -------
    sympy.Eq
        The first half of the statement, for class 1.

    Raises
    ------
    ProofError
        If either half is false of `entry`.
    """
    c = sp.Symbol("c", real=True)
    p_i = entry(z, i, K)
    shifted = p_i.replace(lambda part: isinstance(part, sp.Indexed), lambda z_i: z_i + c)
    require_zero(shifted / p_i - 1, "softmax(z + c) = softmax(z)")
    require_zero(sp.log(p_i / entry(z, k, K)) - (z[i] - z[k]), "log(p_i / p_k) = z_i - z_k")
    return sp.Eq(shifted.subs(i, 1), p_i.subs(i, 1), evaluate=False)


def odds_from_gaps_force_the_exponential(weight=lambda x, beta: sp.exp(beta * x)):
    r"""Prove that exp(beta x), times a constant, is the one weight whose odds depend on gaps alone.

    Let p_i be f(z_i) over the sum of all f(z_j), with f positive and differentiable. The odds
    depend on the gap alone if f(x + d) = g(d) f(x) for some g. The derivative in d at d = 0 is
    f'(x) = beta f(x) with beta = g'(0), and SymPy solves that equation. Conversely the odds of the
    weight itself are checked to depend on nothing but d.

    Parameters
    ----------
    weight : callable
        The claimed f, with f(0) = 1, called as ``weight(x, beta)``.

    Returns
    -------
    sympy.Eq
        f(x), with its two free constants.

    Raises
    ------
    ProofError
        If `weight` is not that solution, or its own odds depend on more than the gap.

    Examples
    --------
    >>> odds_from_gaps_force_the_exponential()
    Eq(f(x), C1*exp(beta*x))
    """
    x, d, beta = sp.symbols("x d beta", real=True)
    f, g = sp.Function("f"), sp.Function("g")
    require_zero((weight(x + d, beta) / weight(x, beta)).diff(x), "the odds of the weight forget x")
    slope = (f(x + d) - g(d) * f(x)).diff(d).subs(d, 0).doit()
    slope = slope.subs(g(d).diff(d).subs(d, 0), beta)
    require_zero(slope - (f(x).diff(x) - beta * f(x)), "the derivative at d = 0 is f' = beta f")
    solution = sp.dsolve(slope, f(x))
    require_zero(solution.rhs - sp.Symbol("C1") * weight(x, beta), "every solution is C weight(x)")
    return solution


def choice_axiom(num_classes=4, softmax=softmax):
    r"""Prove Luce's choice axiom: a choice within a subset ignores the classes outside it.

    For every subset S of the classes, p_i over the sum of p_j in S is what `softmax` gives to the
    logits of S alone. In particular the odds of two classes are the same with or without a third.

    Parameters
    ----------
    num_classes : int
        K, the number of classes.
    softmax : callable
        The function that the theorem is about, called as ``softmax(z)``.

    Returns
    -------
    sympy.Eq
        The statement for class 1 of the subset {1, 2}.

    Raises
    ------
    ProofError
        If the statement is false of `softmax`.
    """
    whole_number(num_classes, "num_classes", 2)
    z = logits(num_classes)
    p = softmax(z)
    for size in range(1, num_classes):
        for subset in combinations(range(num_classes), size):
            alone = softmax([z[i] for i in subset])
            total = sum(p[i] for i in subset)
            for i, p_alone in zip(subset, alone, strict=True):
                require_zero(p[i] / total - p_alone, f"the choice within {subset}")
    p1, p2 = sp.symbols("p1 p2", positive=True)
    return sp.Eq(p1 / (p1 + p2), softmax(z[:2])[0], evaluate=False)

"""Theorems of the chapter on the numerically stable form."""

import sympy as sp

from softmax_lib.symbolic.proof import K, logits, require_equal, require_zero, softmax, up_to

# Sums over an arbitrary number of classes: z_1, ..., z_K with a symbol in place of the number K.
i, j = sp.symbols("i j", integer=True, positive=True)
z = sp.IndexedBase("z", real=True)
c, m = sp.symbols("c m", real=True)


def logsumexp(z):
    """Return log sum exp(z_j) as a SymPy expression."""
    return sp.log(sum(sp.exp(z_j) for z_j in z))


def shift_cancels(max_classes=5, softmax=softmax, weight=sp.exp):
    r"""Prove that softmax(z) = softmax(z - c) for every real number c.

    For general K in the two steps of the book: exp(-c) times the top of the fraction is
    exp(z_i - c), and exp(-c) times the bottom is the sum of exp(z_j - c). Then once more for
    K = 2, 3, ... on `softmax` itself, every class on its own.

    Parameters
    ----------
    max_classes : int
        The largest K to check class by class.
    softmax : callable
        The function that the theorem is about, called as ``softmax(z)``.
    weight : callable
        What it normalises, called as ``weight(z_i)``.

    Returns
    -------
    sympy.Eq
        The statement for general K.

    Raises
    ------
    ProofError
        If a step fails for `softmax` or `weight`.
    """
    top, bottom = weight(z[i]), sp.Sum(weight(z[j]), (j, 1, K))
    top_shifted, bottom_shifted = weight(z[i] - c), sp.Sum(weight(z[j] - c), (j, 1, K))
    require_zero(sp.exp(-c) * top - top_shifted, "general K, the top")
    require_zero(sp.exp(-c) * bottom - bottom_shifted, "general K, the bottom")
    for num_classes in up_to(max_classes):
        scores = logits(num_classes)
        shifted = softmax([z_k - c for z_k in scores])
        for p_k, q_k in zip(softmax(scores), shifted, strict=True):
            require_zero(p_k - q_k, f"K = {num_classes}: a shift changes no probability")
    return sp.Eq(top / bottom, top_shifted / bottom_shifted, evaluate=False)


def shifted_sum_lies_between_one_and_k(max_classes=5, shift=sp.Max):
    r"""Prove that after the shift every exponent is at most 0, and the exponentials sum to 1 to K.

    The logits are written as the largest one, m, which may stand first, and m - g for the others,
    with gaps g >= 0. For each K the exponents z_k - shift(z) are inspected one by one. One of them
    is 0, so its term is 1; every other term lies above 0 and not above 1.

    Parameters
    ----------
    max_classes : int
        The largest K to check exponent by exponent.
    shift : callable
        What is subtracted from every logit, called as ``shift(*z)``.

    Returns
    -------
    sympy.Contains
        The statement for general K, with 1 for the term of the largest logit.

    Raises
    ------
    ProofError
        If the statement is false of `shift`.
    """
    for num_classes in up_to(max_classes, 1):
        scores = [m, *(m - g_k for g_k in _gaps(num_classes))]
        exponents = [sp.expand(z_k - shift(*scores)) for z_k in scores]
        for exponent in exponents:
            require_equal(exponent.is_nonpositive, True, f"K = {num_classes}: {exponent} <= 0")
        require_equal(0 in exponents, True, f"K = {num_classes}: one of {exponents} is 0")
    return sp.Contains(_shifted_sum(), sp.Interval(1, K), evaluate=False)


def logsumexp_lies_between_max_and_max_plus_log_k(max_classes=5, logsumexp=logsumexp):
    r"""Prove that max(z) <= logsumexp(z) <= max(z) + log K.

    With the logits m and m - g, gaps g >= 0, the number exp(logsumexp(z) - m) falls strictly in
    every gap. With all gaps 0 it is K, which proves the right side, with equality for equal logits
    alone; as all gaps grow without bound it falls towards 1, which proves the left side.

    Parameters
    ----------
    max_classes : int
        The largest K to check with a free gap for each class but the first.
    logsumexp : callable
        The function that the theorem is about, called as ``logsumexp(z)``.

    Returns
    -------
    sympy.And
        Both sides, for general K.

    Raises
    ------
    ProofError
        If the statement is false of `logsumexp`.
    """
    for num_classes in up_to(max_classes, 1):
        gaps = _gaps(num_classes)
        excess = sp.simplify(sp.exp(logsumexp([m, *(m - g_k for g_k in gaps)]) - m))
        for g_k in gaps:
            require_equal(excess.diff(g_k).is_negative, True, f"{excess} falls in {g_k}")
        require_equal(excess.subs(dict.fromkeys(gaps, 0)), num_classes, "all gaps are 0")
        for g_k in gaps:
            excess = sp.limit(excess, g_k, sp.oo)
        require_equal(excess, sp.Integer(1), "all gaps grow without bound")
    _shifted_sum()  # the same two ends, 1 and K, for general K
    total = sp.log(sp.Sum(sp.exp(z[j]), (j, 1, K)))
    return sp.And(sp.Le(m, total), sp.Le(total, m + sp.log(K)))


def logsumexp_is_equivariant(max_classes=5, logsumexp=logsumexp):
    r"""Prove that logsumexp(z + c) = logsumexp(z) + c for every real number c.

    So it moves along with its logits. It is not invariant, as softmax is.

    Parameters
    ----------
    max_classes : int
        The largest K to check for `logsumexp` itself, before general K.
    logsumexp : callable
        The function that the theorem is about, called as ``logsumexp(z)``.

    Returns
    -------
    sympy.Eq
        The statement for general K.

    Raises
    ------
    ProofError
        If the statement is false of `logsumexp`.

    Examples
    --------
    >>> logsumexp_is_equivariant()
    Eq(log(Sum(exp(c + z[j]), (j, 1, K))), c + log(Sum(exp(z[j]), (j, 1, K))))
    """
    for num_classes in up_to(max_classes, 1):
        scores = logits(num_classes)
        moved = sp.exp(logsumexp([z_k + c for z_k in scores]))
        require_zero(moved - sp.exp(logsumexp(scores) + c), f"K = {num_classes}: moves by c")
    total = sp.Sum(sp.exp(z[j]), (j, 1, K))
    moved = sp.Sum(sp.exp(z[j] + c), (j, 1, K))
    require_zero(moved - sp.exp(c) * total, "general K: the sum gains the factor exp(c)")
    return sp.Eq(sp.log(moved), c + sp.log(total), evaluate=False)


def log_softmax_is_logit_minus_logsumexp(max_classes=5, softmax=softmax, logsumexp=logsumexp):
    r"""Prove that log softmax(z)_i = z_i - logsumexp(z).

    Parameters
    ----------
    max_classes : int
        The largest K to check class by class, before general K.
    softmax, logsumexp : callable
        The functions that the theorem is about, called with a list of logits.

    Returns
    -------
    sympy.Eq
        The statement for general K.

    Raises
    ------
    ProofError
        If the statement is false of `softmax` and `logsumexp`.
    """
    for num_classes in up_to(max_classes, 1):
        scores = logits(num_classes)
        for z_k, p_k in zip(scores, softmax(scores), strict=True):
            require_zero(p_k - sp.exp(z_k - logsumexp(scores)), f"K = {num_classes}: log p_k")
    total = sp.Sum(sp.exp(z[j]), (j, 1, K))
    share = sp.exp(z[i]) / total
    require_zero(share - sp.exp(z[i] - sp.log(total)), "general K: log p_i")
    return sp.Eq(sp.log(share), z[i] - sp.log(total), evaluate=False)


def _gaps(num_classes):
    """Return how far each class but the first lies below the largest logit."""
    return sp.symbols(f"g2:{num_classes + 1}", nonnegative=True)


def _shifted_sum():
    """Prove for general K that 1 + exp(-g_2) + ... + exp(-g_K) lies from 1 to K; return the sum."""
    gap = sp.Symbol("g", nonnegative=True)
    term = sp.exp(-gap)
    require_equal(term.is_positive, True, "a term is above 0")
    require_equal(term.diff(gap).is_negative, True, "a term falls as its gap grows")
    largest = 1 + sp.Sum(term.subs(gap, 0), (j, 2, K)).doit()
    require_equal(largest, K, "K terms of at most 1")
    return 1 + sp.Sum(sp.exp(-sp.IndexedBase("g", nonnegative=True)[j]), (j, 2, K))

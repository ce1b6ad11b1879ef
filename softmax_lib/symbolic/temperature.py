"""Theorems of the chapter on temperature."""

import sympy as sp

from softmax_lib._inputs import whole_number
from softmax_lib.symbolic.proof import K, dot, logits, require_equal, require_zero, softmax, up_to


def odds_depend_on_gap_over_temperature(num_classes=4, softmax=softmax):
    r"""Prove that log(p_i / p_j) = (z_i - z_j) / T for every pair of classes.

    Parameters
    ----------
    num_classes : int
        K, the number of classes.
    softmax : callable
        The function that the theorem is about, called as ``softmax(z, T)``.

    Returns
    -------
    sympy.Eq
        The statement for classes 1 and 2.

    Raises
    ------
    ProofError
        If the statement is false of `softmax`.

    Examples
    --------
    >>> odds_depend_on_gap_over_temperature()
    Eq(p1/p2, exp((z1 - z2)/T))
    """
    whole_number(num_classes, "num_classes", 2)
    T = sp.Symbol("T", positive=True)
    z = logits(num_classes)
    p = softmax(z, T)
    for p_i, z_i in zip(p, z, strict=True):  # any other odds are a quotient of two of these
        require_zero(p_i / p[0] - sp.exp((z_i - z[0]) / T), "odds are exp(gap / T)")
    p1, p2 = sp.symbols("p1 p2", positive=True)
    return sp.Eq(p1 / p2, sp.exp((z[0] - z[1]) / T))


def cold_limit_is_hardmax(max_classes=5, softmax=softmax):
    r"""Prove that softmax(z / T) tends to hardmax(z) as T falls to 0, ties included.

    The logits are written as the largest one, m, and m - g for the others, with gaps g > 0. With
    r of them tied at m, each of the r tends to 1/r and every other to 0. Checked for every r and K
    up to `max_classes` with a gap of its own for each loser; then for symbolic K and r by a
    squeeze: a winner's share is at most 1/r, and at least what it would be with all K - r losers at
    the smallest gap.

    Parameters
    ----------
    max_classes : int
        The largest K to check with free gaps.
    softmax : callable
        The function that the theorem is about, called as ``softmax(z, T)``.

    Returns
    -------
    sympy.Eq
        The limit of the lower bound of a winner's share, for general K and r.

    Raises
    ------
    ProofError
        If the statement is false of `softmax`.
    """
    T = sp.Symbol("T", positive=True)
    m = sp.Symbol("m", real=True)
    for num_classes in up_to(max_classes, 1):
        for ties in range(1, num_classes + 1):
            gaps = sp.symbols(f"g1:{num_classes - ties + 1}", positive=True)
            p = softmax([m] * ties + [m - g for g in gaps], T)
            require_zero(sum(p) - 1, f"K = {num_classes}: the shares sum to 1")
            # p_i is its ratio to the first share, which is a largest one, over the sum of all
            # these ratios: a continuous function, so the limits may be taken one by one.
            ratios = [sp.limit(sp.simplify(p_i / p[0]), T, 0, "+") for p_i in p]
            expected = [sp.Integer(1)] * ties + [sp.Integer(0)] * len(gaps)
            require_equal(ratios, expected, f"K = {num_classes}, {ties} tied: p_i / p_1, T -> 0")
    K, r, g = sp.symbols("K r g", positive=True)
    lower = 1 / (r + (K - r) * sp.exp(-g / T))
    require_equal(sp.limit(lower, T, 0, "+"), 1 / r, "the squeeze of a winner's share")
    return sp.Eq(sp.Limit(lower, T, 0, "+"), 1 / r)


def hot_limit_is_uniform(max_classes=5, softmax=softmax):
    r"""Prove that softmax(z / T) tends to 1/K for every class as T grows without bound.

    Parameters
    ----------
    max_classes : int
        The largest K to check.
    softmax : callable
        The function that the theorem is about, called as ``softmax(z, T)``.

    Returns
    -------
    sympy.Eq
        The limit of the denominator for general K, which is K since every numerator tends to 1.

    Raises
    ------
    ProofError
        If the statement is false of `softmax`.
    """
    T = sp.Symbol("T", positive=True)
    u = sp.Symbol("u", positive=True)
    for num_classes in up_to(max_classes, 1):
        for p_i in softmax(logits(num_classes), T):
            # u = 1/T tends to 0, where p is continuous.
            limit = sp.simplify(p_i.subs(T, 1 / u).subs(u, 0))
            require_equal(limit, sp.Rational(1, num_classes), f"K = {num_classes}: T -> oo")
    j = sp.Symbol("j", integer=True, positive=True)
    z = sp.IndexedBase("z", real=True)
    each = sp.limit(sp.exp(sp.Symbol("z_j", real=True) / T), T, sp.oo)
    denominator = sp.Sum(sp.exp(z[j] / T), (j, 1, K))
    total = sp.Sum(each, (j, 1, K)).doit()
    require_equal(total, K, "the denominator tends to K")
    return sp.Eq(sp.Limit(denominator, T, sp.oo), total, evaluate=False)


def probability_slope_in_temperature(num_classes=4, softmax=softmax):
    r"""Prove that dp_i/dT = -p_i (z_i - mean) / T^2, where the mean of z is taken under p.

    So a class gains from heat exactly while its logit is below the mean: the top class always
    loses, the bottom one always gains, and one between may do first one and then the other: the
    mean itself falls, with the slope -Var_p(z) / T^2.

    Parameters
    ----------
    num_classes : int
        K, the number of classes.
    softmax : callable
        The function that the theorem is about, called as ``softmax(z, T)``.

    Returns
    -------
    sympy.Eq
        The statement for class 1.

    Raises
    ------
    ProofError
        If the statement is false of `softmax`.
    """
    whole_number(num_classes, "num_classes", 2)
    T = sp.Symbol("T", positive=True)
    z = logits(num_classes)
    p = softmax(z, T)
    mean = dot(p, z)
    for p_i, z_i in zip(p, z, strict=True):
        require_zero(p_i.diff(T) + p_i * (z_i - mean) / T**2, "dp_i/dT = -p_i (z_i - mean) / T^2")
    variance = sum(p_i * (z_i - mean) ** 2 for p_i, z_i in zip(p, z, strict=True))
    require_zero(mean.diff(T) + variance / T**2, "the mean falls: dmean/dT = -Var_p(z) / T^2")
    p_1, average = sp.symbols("p1 zbar", real=True)
    return sp.Eq(sp.Derivative(p_1, T), -p_1 * (z[0] - average) / T**2, evaluate=False)


def entropy_slope_is_variance_over_temperature_cubed(softmax=softmax):
    r"""Prove that dH/dT = Var_p(z) / T^3, so that entropy never falls as temperature rises.

    For K = 2 and 3 by differentiating the entropy of `softmax` itself; for general K from the sums
    :math:`S_n = \sum_j z_j^n e^{z_j / T}`, since :math:`H = \ln S_0 - S_1 / (T S_0)` and
    :math:`dS_n / dT = -S_{n+1} / T^2`.

    Parameters
    ----------
    softmax : callable
        The function that the theorem is about, called as ``softmax(z, T)``.

    Returns
    -------
    sympy.Eq
        The statement, with the variance in terms of S_0, S_1 and S_2.

    Raises
    ------
    ProofError
        If the statement is false of `softmax`.
    """
    T = sp.Symbol("T", positive=True)
    for num_classes in (2, 3):
        z = logits(num_classes)
        p = softmax(z, T)
        entropy = -sum(p_i * sp.log(p_i) for p_i in p)
        mean = dot(p, z)
        variance = sum(p_i * (z_i - mean) ** 2 for p_i, z_i in zip(p, z, strict=True))
        slope = sp.expand_log(entropy.diff(T), force=True)
        require_zero(slope - variance / T**3, f"K = {num_classes}: dH/dT = Var(z) / T^3")

    j = sp.Symbol("j", integer=True, positive=True)
    z = sp.IndexedBase("z", real=True)
    power_sums = [sp.Sum(z[j] ** n * sp.exp(z[j] / T), (j, 1, K)) for n in range(3)]
    for n in range(2):
        difference = power_sums[n].diff(T) + power_sums[n + 1] / T**2
        require_zero(difference.doit(), f"dS_{n}/dT = -S_{n + 1} / T^2")
    s0, s1 = (sp.Function(name)(T) for name in ("S0", "S1"))
    s2 = sp.Function("S2")(T)
    entropy = sp.log(s0) - s1 / (T * s0)
    slope = entropy.diff(T).subs({s0.diff(T): -s1 / T**2, s1.diff(T): -s2 / T**2})
    variance = s2 / s0 - (s1 / s0) ** 2
    require_zero(slope - variance / T**3, "general K: dH/dT = Var(z) / T^3")
    return sp.Eq(sp.Derivative(sp.Function("H")(T), T), variance / T**3, evaluate=False)


def gumbel_max_draws_from_softmax(num_classes=3, softmax=softmax):
    r"""Prove that z_i / T - log(-log u_i) is the largest with probability softmax(z / T)_i.

    This is the Gumbel-max trick [1]_. The noise g = -log(-log u) of a uniform u has the
    distribution function exp(-exp(-x)), since g <= x just where u <= exp(-exp(-x)). Class i wins at
    x if its own sum is x and every other is below; the integral over x, with s = exp(-x), is that
    of an exponential.

    Parameters
    ----------
    num_classes : int
        K, the number of classes.
    softmax : callable
        The function that the theorem is about, called as ``softmax(z, T)``.

    Returns
    -------
    sympy.Eq
        The integral for class 1, in terms of the weights w_j = exp(z_j / T).

    Raises
    ------
    ProofError
        If the statement is false of `softmax`.

    References
    ----------
    .. [1] Chris J. Maddison, Daniel Tarlow and Tom Minka, "A* sampling", 2014. arXiv:1411.0030
    """
    whole_number(num_classes, "num_classes", 2)
    T, s, u = sp.symbols("T s u", positive=True)
    x = sp.Symbol("x", real=True)
    w = sp.symbols(f"w1:{num_classes + 1}", positive=True)
    noise = sp.exp(-sp.exp(-x))
    require_zero(-sp.log(-sp.log(u)).subs(u, noise) - x, "noise is x at u = exp(-exp(-x))")
    below = [noise.subs(x, x - sp.log(w_j)) for w_j in w]  # z_j / T is log w_j
    p = softmax([T * sp.log(w_j) for w_j in w], T)
    for i in range(num_classes):
        wins_at_x = sp.diff(below[i], x) * sp.prod(below[:i] + below[i + 1 :])
        wins_at_s = sp.simplify(wins_at_x.subs(x, -sp.log(s)) / s)
        require_zero(sp.integrate(wins_at_s, (s, 0, sp.oo)) - p[i], "class i wins with p_i")
    wins = sp.Integral(w[0] * sp.exp(-s * sum(w)), (s, 0, sp.oo))
    return sp.Eq(wins, w[0] / sum(w))

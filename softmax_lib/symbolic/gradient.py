"""Theorems of the chapter on the gradient."""

import sympy as sp

from softmax_lib.symbolic.proof import (
    K,
    cross_entropy,
    dot,
    free_target,
    logits,
    require_equal,
    require_zero,
    softmax,
    up_to,
)
from softmax_lib.symbolic.scores import softmax_entry

i, k, n = sp.symbols("i k n", integer=True, positive=True)
z, y = sp.IndexedBase("z", real=True), sp.IndexedBase("y", real=True)
TARGET_SUM = sp.Sum(y[n], (n, 1, K))


def _slope(expression, index):
    """Differentiate with respect to z[index], where `index` is one of the classes 1 to K."""
    return expression.diff(z[index]).doit().xreplace({K >= index: sp.true})


def _loss_slope(entry, index):
    """Differentiate -sum_n y_n log p_n with respect to z[index], for general K."""
    loss = -sp.Sum(y[n] * sp.log(entry(z, n, K)), (n, 1, K))
    # factor_terms takes what does not depend on n out of the sum over n.
    return _slope(loss, index).replace(lambda part: isinstance(part, sp.Sum), sp.factor_terms)


def jacobian_is_diagonal_minus_outer_product(max_classes=5, softmax=softmax, entry=softmax_entry):
    r"""Prove that dp_i/dz_k = p_i (delta_ik - p_k): the Jacobian is diag(p) - p p^T.

    Entry by entry for K = 2 to `max_classes`, then for general K with indexed sums.

    Parameters
    ----------
    max_classes : int
        The largest K to check entry by entry.
    softmax : callable
        The function that the theorem is about, called as ``softmax(z)``.
    entry : callable
        The same function for general K, called as ``entry(z, i, K)``.

    Returns
    -------
    sympy.Eq
        The statement for general K.

    Raises
    ------
    ProofError
        If the statement is false of `softmax` or of `entry`.
    """
    for num_classes in up_to(max_classes):
        zs = logits(num_classes)
        p = softmax(zs)
        found = sp.Matrix(p).jacobian(zs)
        expected = sp.diag(*p) - sp.Matrix(p) * sp.Matrix(p).T
        for remainder in found - expected:
            require_zero(remainder, f"K = {num_classes}: J = diag(p) - p p^T")
    p_i, p_k, delta = entry(z, i, K), entry(z, k, K), sp.KroneckerDelta(i, k)
    require_zero(_slope(p_i, k) - p_i * (delta - p_k), "general K: dp_i/dz_k")
    p = sp.IndexedBase("p")
    return sp.Eq(sp.Derivative(p[i], z[k]), p[i] * (delta - p[k]), evaluate=False)


def cross_entropy_gradient_is_prediction_minus_target(
    max_classes=5, softmax=softmax, entry=softmax_entry
):
    r"""Prove that the gradient of -sum_n y_n log p_n is (p - y) / T, for p = softmax(z / T).

    For K = 2 to `max_classes` and a symbolic T, entry by entry, with every one-hot target and with
    a free target that sums to 1. Then for general K at T = 1 with indexed sums.

    Parameters
    ----------
    max_classes : int
        The largest K to check entry by entry.
    softmax : callable
        The function that the theorem is about, called as ``softmax(z, T)``.
    entry : callable
        The same function at T = 1 for general K, called as ``entry(z, i, K)``.

    Returns
    -------
    sympy.Eq
        The slope for general K, as it stands before the sum of the target is set to 1.

    Raises
    ------
    ProofError
        If the statement is false of `softmax` or of `entry`.
    """
    T = sp.Symbol("T", positive=True)
    for num_classes in up_to(max_classes):
        zs = logits(num_classes)
        p = softmax(zs, T)
        one_hot = sp.eye(num_classes).tolist()
        for target in [*one_hot, free_target(num_classes)]:
            loss = cross_entropy(p, target)
            for z_i, p_i, y_i in zip(zs, p, target, strict=True):
                statement = f"K = {num_classes}, y = {target}: dL/dz_i = (p_i - y_i) / T"
                require_zero(loss.diff(z_i) - (p_i - y_i) / T, statement)

    slope = _loss_slope(entry, k)
    expected = entry(z, k, K) - y[k]
    require_zero(slope.subs(TARGET_SUM, 1) - expected, "general K: dL/dz_k = p_k - y_k")
    return sp.Eq(sp.Derivative(sp.Symbol("L"), z[k]), slope, evaluate=False)


def gradient_of_logsumexp_is_softmax(max_classes=5, softmax=softmax, entry=softmax_entry):
    r"""Prove that the slope of log(sum_n exp(z_n)) in z_k is p_k.

    Parameters
    ----------
    max_classes : int
        The largest K to check entry by entry, before general K.
    softmax : callable
        The function that the theorem is about, called as ``softmax(z)``.
    entry : callable
        The same function for general K, called as ``entry(z, i, K)``.

    Returns
    -------
    sympy.Eq
        The statement for general K.

    Raises
    ------
    ProofError
        If the statement is false of `softmax` or of `entry`.
    """
    for num_classes in up_to(max_classes):
        zs = logits(num_classes)
        logsumexp = sp.log(sum(sp.exp(z_i) for z_i in zs))
        for z_i, p_i in zip(zs, softmax(zs), strict=True):
            require_zero(logsumexp.diff(z_i) - p_i, f"K = {num_classes}: slope of logsumexp")
    logsumexp = sp.log(sp.Sum(sp.exp(z[n]), (n, 1, K)))
    # as_dummy gives the bound indices of both sums one name.
    found, expected = _slope(logsumexp, k).as_dummy(), entry(z, k, K).as_dummy()
    require_equal(found, expected, "general K: slope of logsumexp")
    return sp.Eq(sp.Derivative(logsumexp, z[k]), sp.IndexedBase("p")[k], evaluate=False)


def hessian_of_cross_entropy_is_softmax_jacobian(
    max_classes=4, softmax=softmax, entry=softmax_entry
):
    r"""Prove that the second derivatives of the loss are diag(p) - p p^T, whatever the target.

    Parameters
    ----------
    max_classes : int
        The largest K to check entry by entry, before general K.
    softmax : callable
        The function that the theorem is about, called as ``softmax(z)``.
    entry : callable
        The same function for general K, called as ``entry(z, i, K)``.

    Returns
    -------
    sympy.Eq
        The statement for general K.

    Raises
    ------
    ProofError
        If the statement is false of `softmax` or of `entry`.
    """
    for num_classes in up_to(max_classes):
        zs = logits(num_classes)
        p = sp.Matrix(softmax(zs))
        curvature = sp.hessian(cross_entropy(p, free_target(num_classes)), zs)
        for remainder in curvature - (sp.diag(*p) - p * p.T):
            require_zero(remainder, f"K = {num_classes}: Hessian = diag(p) - p p^T")
    curvature = _slope(_loss_slope(entry, i), k).subs(TARGET_SUM, 1)
    expected = entry(z, i, K) * (sp.KroneckerDelta(i, k) - entry(z, k, K))
    require_zero(curvature - expected, "general K: Hessian")
    p, second = sp.IndexedBase("p"), sp.Derivative(sp.Symbol("L"), z[k], z[i])
    return sp.Eq(second, p[i] * (sp.KroneckerDelta(i, k) - p[k]), evaluate=False)


def quadratic_form_of_jacobian_is_variance(max_classes=4, softmax=softmax):
    r"""Prove that v^T J v is the variance of v under p, so that J is positive semidefinite.

    For K = 2 to `max_classes` with the Jacobian that SymPy finds by differentiating `softmax`.
    The variance is also half of sum_ij p_i p_j (v_i - v_j)^2: zero only for a constant v. For
    general K it is then shown that sum p_i (v_i - m)^2 = sum p_i v_i^2 - m^2, with m the mean of v
    under p.

    Parameters
    ----------
    max_classes : int
        The largest K to check with free logits.
    softmax : callable
        The function that the theorem is about, called as ``softmax(z)``.

    Returns
    -------
    sympy.Eq
        The two forms of the variance for general K; the bar marks the mean of v under p.

    Raises
    ------
    ProofError
        If the statement is false of `softmax`.
    """
    for num_classes in up_to(max_classes):
        zs = logits(num_classes)
        p, v = softmax(zs), sp.symbols(f"v1:{num_classes + 1}", real=True)
        quadratic_form = (sp.Matrix([v]) * sp.Matrix(p).jacobian(zs) * sp.Matrix(v))[0]
        mean = dot(p, v)
        variance = sum(p_i * (v_i - mean) ** 2 for p_i, v_i in zip(p, v, strict=True))
        require_zero(quadratic_form - variance, f"K = {num_classes}: v^T J v = Var_p(v)")
        pairs = [(a, b) for a in range(num_classes) for b in range(num_classes)]
        half = sum(p[a] * p[b] * (v[a] - v[b]) ** 2 for a, b in pairs) / 2
        require_zero(variance - half, f"K = {num_classes}: the variance over all pairs")

    p, v, mean = sp.IndexedBase("p"), sp.IndexedBase("v"), sp.Symbol("vbar")
    variance = sp.Sum(p[n] * (v[n] - mean) ** 2, (n, 1, K))
    expanded = variance.expand().replace(lambda part: isinstance(part, sp.Sum), sp.factor_terms)
    known = {sp.Sum(p[n], (n, 1, K)): 1, sp.Sum(p[n] * v[n], (n, 1, K)): mean}
    shorter = sp.Sum(p[n] * v[n] ** 2, (n, 1, K)) - mean**2
    require_zero(expanded.subs(known) - shorter, "general K: the two forms of the variance")
    return sp.Eq(variance, shorter, evaluate=False)


def gradient_at_high_temperature(max_classes=4, softmax=softmax):
    r"""Prove how fast the gradient (p - y) / T shrinks as T grows, for two kinds of target.

    With a one-hot y that stays as it is, T times the gradient tends to 1/K - y_i: like 1/T. With
    the target softmax(v / T), softened at the same T, T^2 times the gradient tends to
    ((z_i - mean z) - (v_i - mean v)) / K: like 1/T^2.

    Parameters
    ----------
    max_classes : int
        The largest K to check.
    softmax : callable
        The function that the theorem is about, called as ``softmax(z, T)``.

    Returns
    -------
    sympy.Eq
        The second limit for class 1 of two.

    Raises
    ------
    ProofError
        If either limit is another for `softmax`.
    """
    T, u = sp.symbols("T u", positive=True)
    for num_classes in up_to(max_classes):
        zs, vs = logits(num_classes), sp.symbols(f"v1:{num_classes + 1}", real=True)
        for z_i, v_i, p_i, q_i in zip(zs, vs, softmax(zs, T), softmax(vs, T), strict=True):
            # With u = 1/T both are smooth at u = 0, and (p - q) / u tends to the slope there.
            p_i, gap = p_i.subs(T, 1 / u), (p_i - q_i).subs(T, 1 / u)
            require_zero(p_i.subs(u, 0) - sp.Rational(1, num_classes), "T grad -> 1/K - y_i")
            limit = ((z_i - sum(zs) / num_classes) - (v_i - sum(vs) / num_classes)) / num_classes
            require_zero(gap.subs(u, 0), "p and q both tend to 1/K")
            require_zero(gap.diff(u).subs(u, 0) - limit, "T^2 grad -> centred (z - v) / K")
    (z1, z2), (v1, v2) = logits(2), sp.symbols("v1 v2", real=True)
    gradient = (softmax([z1, z2], T)[0] - softmax([v1, v2], T)[0]) / T
    limit = sp.together(((z1 - z2) - (v1 - v2)) / 4)
    return sp.Eq(sp.Limit(T**2 * gradient, T, sp.oo), limit, evaluate=False)


def best_gap_under_label_smoothing(max_classes=5, softmax=softmax):
    r"""Prove that the target (1 - a) y + a/K is met at the gap log(1 + K (1 - a) / a).

    There the gradient p - y is zero in every entry. As a falls to 0 the gap grows without bound.

    Parameters
    ----------
    max_classes : int
        The largest K to check.
    softmax : callable
        The function that the theorem is about, called as ``softmax(z)``.

    Returns
    -------
    sympy.Eq
        The gap g for general K.

    Raises
    ------
    ProofError
        If `softmax` does not meet the target there.
    """
    a, g = sp.symbols("a g", positive=True)
    best = sp.log(1 + K * (1 - a) / a)
    for num_classes in up_to(max_classes):
        found = softmax([best.subs(K, num_classes)] + [sp.Integer(0)] * (num_classes - 1))
        low = a / num_classes
        for p_i, y_i in zip(found, [1 - a + low] + [low] * (num_classes - 1), strict=True):
            require_zero(p_i - y_i, f"K = {num_classes}: p = y at the best gap")
    require_equal(sp.limit(best.subs(K, 2), a, 0, "+"), sp.oo, "no finite gap without smoothing")
    return sp.Eq(g, best)


def squared_error_gradient_carries_the_jacobian(max_classes=4, softmax=softmax):
    r"""Prove that the gradient of sum_j (p_j - y_j)^2 / 2 is J (p - y), where J does not cancel.

    Entry i is p_i (r_i - sum_j p_j r_j) with r = p - y. For two classes that is
    -2 p_1 (1 - p_1)^2 in the true class 1, against -(1 - p_1) from cross-entropy: the factor
    2 p_1 (1 - p_1) between them tends to 0 as p_1 does.

    Parameters
    ----------
    max_classes : int
        The largest K to check entry by entry.
    softmax : callable
        The function that the theorem is about, called as ``softmax(z)``.

    Returns
    -------
    sympy.Eq
        The slope of the squared error for two classes in the logit of the true one.

    Raises
    ------
    ProofError
        If the statement is false of `softmax`.
    """
    for num_classes in up_to(max_classes):
        zs = logits(num_classes)
        p = softmax(zs)
        r = [p_i - y_i for p_i, y_i in zip(p, free_target(num_classes), strict=True)]
        loss = sum(r_i**2 for r_i in r) / 2
        mean = dot(p, r)
        for z_i, p_i, r_i in zip(zs, p, r, strict=True):
            require_zero(loss.diff(z_i) - p_i * (r_i - mean), f"K = {num_classes}: J (p - y)")
    zs = logits(2)
    p = softmax(zs)
    squared = ((p[0] - 1) ** 2 + p[1] ** 2) / 2
    slope = squared.diff(zs[0])
    require_zero(slope + 2 * p[0] * (1 - p[0]) ** 2, "K = 2: -2 p_1 (1 - p_1)^2")
    require_equal(sp.limit(slope, zs[0], -sp.oo), 0, "confidently wrong, squared error: no slope")
    wrong = sp.limit(-sp.log(p[0]).diff(zs[0]), zs[0], -sp.oo)
    require_equal(wrong, -1, "confidently wrong, cross-entropy: slope -1")
    p1, z1 = sp.Symbol("p1", positive=True), zs[0]
    return sp.Eq(sp.Derivative(sp.Symbol("S"), z1), -2 * p1 * (1 - p1) ** 2, evaluate=False)

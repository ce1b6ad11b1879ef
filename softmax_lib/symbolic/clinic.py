"""Theorems of the failure clinic."""

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


def floor_of_softmax_applied_twice(max_classes=5, softmax=softmax):
    r"""Prove that the loss of softmax(softmax(z)) stays above log(e + K - 1) - 1.

    There are at least two classes. Let q be the inner probability of the true class. The other
    K - 1 have the mean (1 - q) / (K - 1), and exp is convex, so the loss log(sum_j exp(q_j)) - q is
    at least log(1 + (K - 1) exp((1 - K q) / (K - 1))). That falls as q rises, and q < 1; at q = 1
    it is the loss of the inner one-hot vector, which no finite logits reach.

    Parameters
    ----------
    max_classes : int
        The largest K to compute the loss of the inner one-hot vector for.
    softmax : callable
        The function that the theorem is about, called as ``softmax(z)``.

    Returns
    -------
    sympy.Eq
        The limit of the bound as q tends to 1.

    Raises
    ------
    ProofError
        If the floor is another for `softmax`.
    """
    q, others = sp.symbols("q r", positive=True)  # r = K - 1 is above 0, which SymPy must know
    bound = sp.log(1 + others * sp.exp((1 - (others + 1) * q) / others))
    require_equal(bound.diff(q).is_negative, True, "the bound falls as q rises")
    floor = sp.log(sp.E + K - 1) - 1
    at_one = bound.subs(q, 1).subs(others, K - 1)
    for num_classes in up_to(max_classes):
        found = -sp.log(softmax([sp.Integer(1)] + [sp.Integer(0)] * (num_classes - 1))[0])
        difference = sp.exp(found) / sp.exp(floor.subs(K, num_classes))
        require_zero(difference - 1, f"K = {num_classes}: loss of an inner one-hot vector")
    require_zero(sp.exp(at_one) - sp.expand(sp.exp(floor)), "the bound at q = 1")
    return sp.Eq(sp.Limit(bound.subs(others, K - 1), q, 1, "-"), floor, evaluate=False)


def losses_near_their_floors_at_one_pace(max_classes=4, softmax=softmax):
    r"""Prove what gradient descent leaves of a loss above its floor, with one softmax or with two.

    One example, with logits of its own that start at 0: its true class leads by g, all others tie.
    With x = exp(-g) both losses are smooth at x = 0, where one softmax has the slope K - 1 and two
    have K (K - 1) / (e + K - 1). So the excess over the floor is F = c x to first order, and
    dF/dg = -F. A step at the rate eta lowers the true logit's rivals and lifts it itself, which
    changes g by eta F K / (K - 1). The slope c is gone: dF/dn = -eta F^2 K / (K - 1) for both.

    Parameters
    ----------
    max_classes : int
        The largest K to compute both slopes for.
    softmax : callable
        The function that the theorem is about, called as ``softmax(z)``.

    Returns
    -------
    sympy.Eq
        The limit of n F after n steps.

    Raises
    ------
    ProofError
        If a slope is another for `softmax`.
    """
    x = sp.Symbol("x", positive=True)
    for num_classes in up_to(max_classes):
        q = softmax([-sp.log(x)] + [sp.Integer(0)] * (num_classes - 1))
        slope = sp.Integer(num_classes - 1)
        for times, p, c in (
            ("one softmax", q, slope),
            ("two softmaxes", softmax(q), slope * num_classes / (sp.E + slope)),
        ):
            loss = sp.simplify(-sp.log(p[0]))
            require_zero(loss.diff(x).subs(x, 0) - c, f"K = {num_classes}: slope of {times}")

    n, eta = sp.symbols("n eta", positive=True)
    F = sp.Function("F")
    step = sp.Eq(F(n).diff(n), -eta * F(n) ** 2 * K / (K - 1))
    excess = sp.dsolve(step).rhs
    pace = (K - 1) / (K * eta)
    require_zero(sp.limit(n * excess, n, sp.oo) - pace, "the pace")
    return sp.Eq(sp.Limit(n * F(n), n, sp.oo), pace, evaluate=False)


def softmax_twice_gradient_carries_the_jacobian(max_classes=3, softmax=softmax, second=softmax):
    r"""Prove that the gradient of the cross-entropy of softmax(softmax(z)) is J(q) (r - y).

    With q = softmax(z) and r = softmax(q), entry i is q_i (e_i - sum_j q_j e_j), where e = r - y:
    the Jacobian of the inner softmax stays in front, as it does with squared error. For two classes
    the slope in the true logit is -2 q_1 (1 - q_1) / (1 + exp(2 q_1 - 1)). It vanishes where the
    model is sure, also where it is sure and wrong: there a single softmax has the slope -1.

    Parameters
    ----------
    max_classes : int
        The largest K to check entry by entry, with a free target that sums to 1.
    softmax : callable
        The function that the theorem is about, called as ``softmax(z)``.
    second : callable
        The same function where it is applied once more, called as ``second(q)``.

    Returns
    -------
    sympy.Eq
        The slope for two classes in the logit of the true one, class 1.

    Raises
    ------
    ProofError
        If the statement is false of `softmax` and `second`.
    """
    for num_classes in up_to(max_classes):
        zs = logits(num_classes)
        target = free_target(num_classes)
        q = softmax(zs)
        r = second(q)
        loss = cross_entropy(r, target)
        e = [r_i - y_i for r_i, y_i in zip(r, target, strict=True)]
        mean = dot(q, e)
        for z_i, q_i, e_i in zip(zs, q, e, strict=True):
            require_zero(loss.diff(z_i) - q_i * (e_i - mean), f"K = {num_classes}: J(q) (r - y)")

    z1 = logits(2)[0]
    q1 = softmax([z1, sp.Integer(0)])[0]  # the second logit may be 0: a shift changes nothing
    once, twice = -sp.log(q1), -sp.log(second([q1, 1 - q1])[0])
    require_zero(twice.diff(z1) + 2 * q1 * (1 - q1) / (1 + sp.exp(2 * q1 - 1)), "K = 2: the slope")
    for end, single in ((-sp.oo, -1), (sp.oo, 0)):
        require_equal(sp.limit(once.diff(z1), z1, end), single, f"one softmax, z_1 -> {end}")
        require_equal(sp.limit(twice.diff(z1), z1, end), 0, f"two softmaxes, z_1 -> {end}")
    q = sp.Symbol("q1", positive=True)
    slope = -2 * q * (1 - q) / (1 + sp.exp(2 * q - 1))
    return sp.Eq(sp.Derivative(sp.Symbol("L"), z1), slope, evaluate=False)

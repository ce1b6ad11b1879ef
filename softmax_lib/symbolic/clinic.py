"""Theorems of the failure clinic."""

import sympy as sp

from softmax_lib.symbolic.proof import logits, require_equal, require_zero, softmax


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
    for num_classes in range(2, max_classes + 1):
        zs = logits(num_classes)
        free = sp.symbols(f"y1:{num_classes}", real=True)
        target = [*free, 1 - sum(free)]
        q = softmax(zs)
        r = second(q)
        loss = -sum(y_i * sp.log(r_i) for y_i, r_i in zip(target, r, strict=True))
        e = [r_i - y_i for r_i, y_i in zip(r, target, strict=True)]
        mean = sum(q_i * e_i for q_i, e_i in zip(q, e, strict=True))
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

"""Theorems of the chapter on attention."""

from itertools import permutations

import sympy as sp

from softmax_lib._inputs import whole_number
from softmax_lib.symbolic.proof import ProofError, dot, require_equal, require_zero, softmax, up_to


def scaled_weights(q, keys):
    """Return the attention weights of one query: softmax of q.k / sqrt(d)."""
    return softmax([dot(q, k) / sp.sqrt(len(q)) for k in keys])


def minus_infinity(score):
    """Return what a mask puts in the place of a score."""
    return -sp.oo


def _vector(name, width):
    return sp.symbols(f"{name}_1:{width + 1}", real=True)


def expectation(expression, variables):
    """Return the mean of a polynomial in independent variables of mean 0 and variance 1.

    Only linearity, independence and these two moments are used; a third or higher moment stays in
    the result as a symbol.
    """
    try:
        terms = sp.Poly(expression, *variables).terms()
    except sp.PolynomialError as error:
        raise ProofError(f"no polynomial, so linearity does not give its mean: {error}") from None
    moments = {0: 1, 1: 0, 2: 1}
    total = sp.Integer(0)
    for powers, coefficient in terms:
        total += coefficient * sp.prod(moments.get(n, sp.Symbol(f"m{n}")) for n in powers)
    return sp.simplify(total)


def dot_product_variance_is_width(max_width=4, score=dot):
    r"""Prove that Var(q.k) = d for independent entries of mean 0 and variance 1.

    For every d up to `max_width` by multiplying out the square of `score` and taking the mean term
    by term; for general d the same mean is the double sum of E[q_i q_j] E[k_i k_j], in which both
    factors are 1 where i = j and 0 elsewhere.

    Parameters
    ----------
    max_width : int
        The largest d to multiply out.
    score : callable
        The function that the theorem is about, called as ``score(q, k)``.

    Returns
    -------
    sympy.Eq
        The double sum for general d, and its value.

    Raises
    ------
    ProofError
        If the statement is false of `score`.

    Examples
    --------
    >>> dot_product_variance_is_width()
    Eq(Sum(KroneckerDelta(i, j)**2, (j, 1, d), (i, 1, d)), d)
    """
    for width in up_to(max_width, 1, "max_width"):
        q, k = _vector("q", width), _vector("k", width)
        s = score(q, k)
        require_zero(expectation(s, [*q, *k]), f"d = {width}: the mean of q.k")
        variance = expectation(s**2, [*q, *k])
        require_equal(variance, width, f"d = {width}: the variance of q.k")
    d, i, j = sp.symbols("d i j", integer=True, positive=True)
    rest = sp.Symbol("r", integer=True, nonnegative=True)
    one_meeting = sp.Sum(sp.KroneckerDelta(i, j), (j, 1, i + rest)).doit()  # d = i + r, as i <= d
    require_equal(one_meeting, 1, "general d: each i meets one j")
    require_equal(sp.Sum(one_meeting, (i, 1, d)).doit(), d, "general d: the variance of q.k")
    # E[q_i q_j] E[k_i k_j], unevaluated: on the page both factors should be seen.
    both = sp.Pow(sp.KroneckerDelta(i, j), 2, evaluate=False)
    return sp.Eq(sp.Sum(both, (j, 1, d), (i, 1, d)), d, evaluate=False)


def attention_scale_is_a_temperature(max_width=4, num_keys=3, weights=scaled_weights):
    r"""Prove that softmax of q.k / sqrt(d) is softmax of q.k at the temperature sqrt(d).

    Parameters
    ----------
    max_width : int
        The largest d to check.
    num_keys : int
        The number of keys.
    weights : callable
        The function that the theorem is about, called as ``weights(q, keys)``.

    Returns
    -------
    sympy.Eq
        The odds between the first two keys, for general d.

    Raises
    ------
    ProofError
        If the statement is false of `weights`.

    Examples
    --------
    >>> attention_scale_is_a_temperature()
    Eq(p_1/p_2, exp((s_1 - s_2)/sqrt(d)))
    """
    whole_number(num_keys, "num_keys", 2)
    for width in up_to(max_width, 1, "max_width"):
        q = _vector("q", width)
        keys = [_vector(f"k{j}", width) for j in range(1, num_keys + 1)]
        at_temperature = softmax([dot(q, k) for k in keys], sp.sqrt(width))
        for p, expected in zip(weights(q, keys), at_temperature, strict=True):
            require_zero(p - expected, f"d = {width}: weights are softmax at T = sqrt(d)")
    d, p1, p2 = sp.symbols("d p_1 p_2", positive=True)
    s1, s2 = _vector("s", 2)
    first, second = softmax([s1, s2], sp.sqrt(d))
    require_zero(first / second - sp.exp((s1 - s2) / sp.sqrt(d)), "general d: the odds")
    return sp.Eq(p1 / p2, sp.exp((s1 - s2) / sp.sqrt(d)))


def permuted_keys_get_permuted_weights(num_keys=3, softmax=softmax):
    r"""Prove that permuting keys permutes the weights, and leaves the mean of the values alone.

    Parameters
    ----------
    num_keys : int
        The number of keys; each of its permutations is checked.
    softmax : callable
        The function that the theorem is about, called as ``softmax(scores)``.

    Returns
    -------
    sympy.Eq
        What the first two weights become when the first two keys trade places.

    Raises
    ------
    ProofError
        If the statement is false of `softmax`.
    """
    whole_number(num_keys, "num_keys", 2)
    s, v = _vector("s", num_keys), _vector("v", num_keys)
    p = softmax(list(s))
    output = dot(p, v)
    for order in permutations(range(num_keys)):
        permuted = softmax([s[i] for i in order])
        for place, i in enumerate(order):
            require_zero(permuted[place] - p[i], f"order {order}: the weight moves with its key")
        require_zero(dot(permuted, [v[i] for i in order]) - output, f"order {order}: same output")
    first, second = sp.Function("p_1"), sp.Function("p_2")
    return sp.Eq(first(s[1], s[0], *s[2:]), second(*s))


def masked_key_is_an_absent_key(num_keys=4, mask=minus_infinity, softmax=softmax):
    r"""Prove that masking a key gives it weight 0, and the others what they get without it.

    Parameters
    ----------
    num_keys : int
        The number of keys; each is masked in turn.
    mask : callable
        What replaces the score of a masked key, called with that score.
    softmax : callable
        The function that the theorem is about, called as ``softmax(scores)``.

    Returns
    -------
    sympy.Eq
        The weight of the first of three keys as the score of the third falls without bound.

    Raises
    ------
    ProofError
        If the statement is false of `mask` or `softmax`.
    """
    whole_number(num_keys, "num_keys", 2)
    s = _vector("s", num_keys)
    for j in range(num_keys):
        masked = softmax([*s[:j], mask(s[j]), *s[j + 1 :]])
        absent = softmax([*s[:j], *s[j + 1 :]])
        require_zero(masked.pop(j), f"key {j + 1} masked: its weight")
        for p, expected in zip(masked, absent, strict=True):
            require_zero(p - expected, f"key {j + 1} masked: the others' weights")
    s1, s2, s3 = _vector("s", 3)
    weight = sp.exp(s1) / (sp.exp(s1) + sp.exp(s2) + sp.exp(s3))
    limit = sp.limit(weight, s3, -sp.oo)
    require_zero(limit - sp.exp(s1) / (sp.exp(s1) + sp.exp(s2)), "the limit, third score to -oo")
    return sp.Eq(sp.Limit(weight, s3, -sp.oo), limit, evaluate=False)


def fully_masked_row_has_no_limit(num_keys=3, softmax=softmax):
    r"""Prove that scores which all fall without end together keep the weights that they had.

    So the weights of a fully masked row depend on how its scores get there: every distribution is
    the limit of some way, and a row of minus infinities alone has none.

    Parameters
    ----------
    num_keys : int
        The number of keys.
    softmax : callable
        The function that the theorem is about, called as ``softmax(scores)``.

    Returns
    -------
    sympy.Eq
        The limit of the first of two weights, which still holds both scores.

    Raises
    ------
    ProofError
        If the statement is false of `softmax`.
    """
    whole_number(num_keys, "num_keys", 2)
    t = sp.Symbol("t", positive=True)
    s = _vector("s", num_keys)
    for falling, start in zip(softmax([s_i - t for s_i in s]), softmax(list(s)), strict=True):
        limit = sp.limit(sp.simplify(falling), t, sp.oo)
        require_zero(limit - start, "the limit of falling scores is where they started")
    weight = sp.exp(s[0] - t) / (sp.exp(s[0] - t) + sp.exp(s[1] - t))
    limit = softmax(s[:2])[0]
    require_zero(sp.simplify(weight) - limit, "two keys")
    return sp.Eq(sp.Limit(weight, t, sp.oo), limit, evaluate=False)

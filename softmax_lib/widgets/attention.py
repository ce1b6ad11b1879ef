"""AttentionExplorer: every attention head of a transformer, on one sentence."""

import base64
import math

import numpy as np
import traitlets as t

from softmax_lib._inputs import as_floats
from softmax_lib.attention import attention_weights
from softmax_lib.widgets._base import Explorer, Flag, Index, Temperature, listed, static_files
from softmax_lib.widgets.still import attention_picture


class AttentionExplorer(Explorer):
    r"""Go through the heads of a transformer: w = softmax(q · k / T) from its queries and keys.

    Parameters
    ----------
    query, key : array_like, shape (layers, heads, n, d)
        The query and the key of each of n tokens, finite. float16 is sent to the page as it is,
        anything else as float32.
    tokens : list of str, of length n
        2 to 32 tokens, each with a name of its own.
    layer, head, token : int
        Where to begin: the layer, the head and the token that asks, counted from 0.
    temperature : float, optional
        T, from 0.01 to 100; by default the usual sqrt(d). T = 1 is no scale at all.
    causal : bool
        Whether a token sees itself and what came before, and no more.
    **kwargs
        Passed on to `ipywidgets.DOMWidget`; `layout`, for example.

    Attributes
    ----------
    layer, head, token, temperature, causal
        The parameters: set them, observe them, link them. The page sets them too. A value that
        breaks the rules above raises `traitlets.TraitError` and changes nothing.
    weights : list of list of float, shape (n, n)
        A row for each query, a column for each key. Read only: `attention_weights` in Python.
    initial : dict
        The parameters given at first, which the reset button goes back to.

    Raises
    ------
    traitlets.TraitError
        If one of the other parameters breaks the rules above.
    TypeError
        If `query` or `key` does not hold real numbers, or a keyword is unknown.
    ValueError
        If their shapes are not alike and of four axes, if a vector is not finite, or if `tokens`
        does not name each token once.

    Examples
    --------
    >>> one_head = np.eye(3).reshape(1, 1, 3, 3)
    >>> explorer = AttentionExplorer(one_head, one_head, ["a", "b", "c"], temperature=1)
    >>> [round(w, 4) for w in explorer.weights[0]]
    [0.5761, 0.2119, 0.2119]
    >>> explorer.causal = True
    >>> explorer.weights[0]
    [1.0, 0.0, 0.0]
    """

    _esm, _css = static_files("temperature_control", "attention_explorer")

    shape = ()  # that of the queries
    layer = Index(0).tag(sync=True)
    head = Index(1).tag(sync=True)
    token = Index(2).tag(sync=True)
    temperature = Temperature().tag(sync=True)
    causal = Flag().tag(sync=True)

    # What the page computes with: fixed, and so neither in `initial` nor in a link.
    tokens = t.List(t.Unicode(), read_only=True).tag(sync=True)
    vectors = t.Dict(read_only=True).tag(sync=True)

    weights = t.List(t.List(t.Float()), read_only=True)

    def __init__(
        self,
        query,
        key,
        tokens,
        *,
        layer=0,
        head=0,
        token=0,
        temperature=None,
        causal=False,
        **kwargs,
    ):
        query, key = _checked(query, "query"), _checked(key, "key")
        if query.shape != key.shape:
            raise ValueError(f"query has shape {query.shape}, but key has shape {key.shape}")
        names = listed(tokens) or []
        strings = all(isinstance(name, str) for name in names)
        if not strings or len(set(names)) != len(names) or len(names) != query.shape[2]:
            raise ValueError(
                f"tokens must name each of the {query.shape[2]} tokens once, not {tokens!r}; "
                "a name is a string"
            )
        self.shape = query.shape
        self._query, self._key = query.astype(np.float64), key.astype(np.float64)
        if temperature is None:
            temperature = math.sqrt(self.shape[3])
            if temperature > 100:
                raise ValueError(
                    f"query has width {self.shape[3]}, and sqrt(width) is above 100: "
                    "give a temperature up to 100"
                )
        first = {"layer": layer, "head": head, "token": token}
        first |= {"temperature": temperature, "causal": causal}
        super().__init__({}, **kwargs)
        self.set_trait("tokens", names)
        self.set_trait("vectors", {
            "dtype": query.dtype.name,
            "shape": list(self.shape),
            "query": base64.b64encode(query.tobytes()).decode(),
            "key": base64.b64encode(key.tobytes()).decode(),
        })  # fmt: skip
        self._set_together(first)
        self._keep_initial(first)
        self._follow()

    @t.observe("layer", "head", "temperature", "causal")
    def _follow(self, _change=None):
        head = self.layer, self.head
        mask = np.tri(self.shape[2], dtype=bool) if self.causal else None
        weights = attention_weights(
            self._query[head], self._key[head], mask=mask, scale=1 / self.temperature
        )
        self.set_trait("weights", weights.tolist())

    def still(self):
        """Return an SVG of the chosen token's weights as bars, beside those of all tokens."""
        where = f"layer {self.layer}, head {self.head}"
        return attention_picture(where, self.tokens, self.token, self.weights)


def _checked(vectors, name):
    """Return the vectors as a contiguous array of float16 or float32, low byte first."""
    array = as_floats(vectors, name)
    if array.ndim != 4 or not 2 <= array.shape[2] <= 32 or 0 in array.shape:
        raise ValueError(
            f"{name} has shape {array.shape}: expected (layers, heads, 2 to 32 tokens, width)"
        )
    kind = "<f2" if array.dtype == np.float16 else "<f4"
    with np.errstate(all="ignore"):  # what overflows is refused below
        array = np.ascontiguousarray(array, dtype=kind)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, in {array.dtype.name}")
    return array

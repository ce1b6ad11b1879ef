"""Write tests/data/peer_values.json: what PyTorch and JAX return for a fixed set of inputs.

tests/test_peers.py compares softmax_lib with these values, so that no test needs the gigabytes
that the two packages take. Neither the book's build nor the tests run this script. By hand, from
the root of the repository:

    python3 -m venv /tmp/peers
    /tmp/peers/bin/pip install torch==2.13.0 jax==0.10.2 numpy==2.4.6
    /tmp/peers/bin/python scripts/peer_values.py

The file records the versions and the kind of machine, since the last bits may differ elsewhere. It
holds the inputs too. float64 numbers are written with the digits that give back the same double,
float32 numbers with those that give back the same single; null is NaN.

PyTorch computes the loss by `torch.nn.functional.cross_entropy` and its gradient by autograd. JAX
itself has no such loss: here it is -log_softmax(z)[label] or -sum(y log_softmax(z)), with the
gradient by `jax.grad`.
"""

import json
import platform
import re
from importlib.metadata import version
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import torch
import torch.nn.functional as F

DATA = Path(__file__).parents[1] / "tests" / "data" / "peer_values.json"

# Each row of logits with the class that is the target. float32 sees them rounded.
CASES = {
    "ordinary": ([2.0, 1.0, 0.0, -1.0], 1),
    "offset": ([1002.0, 1001.0, 1000.0, 999.0], 0),
    "tie": ([1.5, 1.5, -0.5], 0),
    "near_tie": ([1.0, 1.0 + 2.0**-20, 1.0 - 2.0**-21], 2),
    "margin_15": ([0.0, -15.0], 0),
    "margin_17": ([0.0, -17.0], 0),
    "margin_30": ([0.0, -30.0], 0),
    "margin_36": ([0.0, -36.0], 0),
    "margin_37": ([0.0, -37.0], 0),
    "margin_40": ([0.0, -40.0], 0),
    "spread": ([700.0, 699.5, 0.1, -350.7, -700.0], 0),
    # default_rng(0).uniform(-1, 1, 10) times 10 and 350, to 9 and 8 decimals
    "ten": (
        [2.739233746, -4.604265725, -9.180529521, -9.669447289, 6.265404784,
         8.255111546, 2.132715515, 4.58993122, 0.872499829, 8.701448476],
        3,
    ),
    "ten_wide": (
        [95.87318113, -161.14930037, -321.31853324, -338.43065513, 219.28916744,
         288.92890409, 74.64504304, 160.64759269, 30.53749403, 304.55069665],
        9,
    ),
}  # fmt: skip
# Exact in binary, so that each sums to 1.
SOFT_TARGETS = {
    2: [0.75, 0.25],
    3: [0.5, 0.25, 0.25],
    4: [0.5, 0.25, 0.125, 0.125],
    5: [0.5, 0.125, 0.125, 0.125, 0.125],
    10: [0.25, 0.125, 0.125, 0.125, *[0.0625] * 6],
}
BATCH = [[0.3, -1.7, 1001.1], [2.6, -1.7, 1000.2], [-0.9, 38.2, 999.9], [1.1, -2.8, 1003.4]]
TEMPERATURES = [0.25, 0.7, 5.0]
INTEGERS = {"uint8": [1, 2, 3], "int8": [-128, 127]}
ATTENTION = {
    "query": [[0.3, -1.2, 0.7, 2.1], [1.9, 0.4, -0.6, 0.1], [-0.8, 1.5, 0.2, -2.4]],
    "key": [[1.1, 0.2, -0.5, 1.6], [-0.7, 0.9, 1.3, -0.4], [0.6, -1.8, 0.1, 0.8]],
    "value": [[0.5, -2.0], [1.25, 3.1], [-0.9, 0.7]],
    "masks": {
        "none": None,
        "causal": [[True, False, False], [True, True, False], [True, True, True]],
        "one_row_masked": [[True, False, True], [False, False, False], [False, True, True]],
    },
}


def torch_values(dtype):
    def call(function, *inputs):
        return function(*(torch.tensor(np.asarray(x, dtype)) for x in inputs)).numpy()

    def gradient(z, target):
        z = torch.tensor(np.asarray(z, dtype), requires_grad=True)
        F.cross_entropy(z, target).backward()
        return z.grad.numpy()

    def soft(z):
        return torch.tensor(np.asarray(SOFT_TARGETS[len(z)], dtype))

    values = rows(
        lambda z, axis: call(lambda z: torch.softmax(z, axis), z),
        lambda z, axis: call(lambda z: torch.log_softmax(z, axis), z),
        lambda z, axis: call(lambda z: torch.logsumexp(z, axis), z),
        lambda z, t: call(lambda z: torch.softmax(z / t, -1), z),
    )
    items = CASES.items()
    values["cross_entropy"] = {
        name: call(lambda z, i=label: F.cross_entropy(z, torch.tensor(i)), z)
        for name, (z, label) in items
    }
    values["cross_entropy_soft"] = {
        name: call(F.cross_entropy, z, soft(z)) for name, (z, _) in items
    }
    values["gradient"] = {name: gradient(z, torch.tensor(label)) for name, (z, label) in items}
    values["gradient_soft"] = {name: gradient(z, soft(z)) for name, (z, _) in items}

    def attend(mask):
        mask = None if mask is None else torch.tensor(mask)
        inputs = (ATTENTION[name] for name in ("query", "key", "value"))
        return call(lambda *x: F.scaled_dot_product_attention(*x, attn_mask=mask), *inputs)

    def multihead_weights(mask):
        """One head, whose matrices leave query and key as they are. True is *must not* here."""
        module = torch.nn.MultiheadAttention(4, 1, bias=False)
        module.in_proj_weight.data = torch.eye(4).repeat(3, 1)
        module.to(getattr(torch, dtype))
        forbidden = ~torch.tensor(mask)
        query, key = ATTENTION["query"], ATTENTION["key"]
        return call(lambda q, k: module(q, k, k, attn_mask=forbidden)[1].detach(), query, key)

    values["attention"] = {name: attend(mask) for name, mask in ATTENTION["masks"].items()}
    values["multihead_weights"] = {"causal": multihead_weights(ATTENTION["masks"]["causal"])}
    return values


def jax_values(dtype):
    def array(x):
        return jnp.asarray(np.asarray(x, dtype))

    def loss(z, label):
        return -jax.nn.log_softmax(z)[label]

    def soft_loss(z, y):
        return -jnp.sum(y * jax.nn.log_softmax(z))

    values = rows(
        lambda z, axis: jax.nn.softmax(array(z), axis),
        lambda z, axis: jax.nn.log_softmax(array(z), axis),
        lambda z, axis: jax.nn.logsumexp(array(z), axis),
        lambda z, t: jax.nn.softmax(array(z) / t),
    )
    hard = {name: (array(z), label) for name, (z, label) in CASES.items()}
    soft = {name: (array(z), array(SOFT_TARGETS[len(z)])) for name, (z, _) in CASES.items()}
    values["cross_entropy"] = {name: loss(*args) for name, args in hard.items()}
    values["cross_entropy_soft"] = {name: soft_loss(*args) for name, args in soft.items()}
    values["gradient"] = {name: jax.grad(loss)(*args) for name, args in hard.items()}
    values["gradient_soft"] = {name: jax.grad(soft_loss)(*args) for name, args in soft.items()}
    return values


def rows(softmax, log_softmax, logsumexp, softmax_at):
    functions = {"softmax": softmax, "log_softmax": log_softmax, "logsumexp": logsumexp}
    values = {
        name: {case: function(z, -1) for case, (z, _) in CASES.items()}
        for name, function in functions.items()
    }
    for name, function in functions.items():
        values[f"{name}_axis_0"] = {"batch": function(BATCH, 0)}
    for t in TEMPERATURES:
        values[f"softmax_at_{t}"] = {case: softmax_at(z, t) for case, (z, _) in CASES.items()}
    return values


def plain(values):
    """Return numbers and lists with the digits that each dtype needs, and None for NaN."""
    if isinstance(values, dict):
        return {name: plain(inner) for name, inner in values.items()}
    values = np.asarray(values)
    if values.ndim:
        return [plain(inner) for inner in values]
    if np.isnan(values):
        return None
    number = float(str(values))
    assert values.dtype.type(number) == values
    return number


def main():
    jax.config.update("jax_enable_x64", True)  # without it JAX turns float64 into float32
    content = {
        "made_by": "scripts/peer_values.py",
        "machine": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("torch", "jax", "jaxlib", "numpy")},
        "cases": {name: {"z": z, "label": label} for name, (z, label) in CASES.items()},
        "soft_targets": SOFT_TARGETS,
        "batch": BATCH,
        "temperatures": TEMPERATURES,
        "integers": INTEGERS,
        "attention": ATTENTION,
        "torch": {d: plain(torch_values(d)) for d in ("float64", "float32")},
        "jax": {d: plain(jax_values(d)) for d in ("float64", "float32")},
    }
    content["jax"]["integers"] = {
        name: plain(jax.nn.softmax(jnp.asarray(z, name))) for name, z in INTEGERS.items()
    }
    text = json.dumps(content, indent=1, allow_nan=False)
    # One innermost list a line: readable, and a third of the length.
    text = re.sub(r"\[[^][{}]*\]", lambda found: " ".join(found.group().split()), text)
    DATA.write_text(text + "\n")
    print(f"{DATA}: {DATA.stat().st_size} bytes")


if __name__ == "__main__":
    main()

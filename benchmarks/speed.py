"""Speed and memory of softmax_lib beside its peers: `make bench` writes speed.md and speed.svg.

All that is compared runs in one process, in turns, so that a busy machine slows all alike; what
counts is the ratio of each turn. PyTorch (on one thread) and JAX take part where they are
installed, in a second round, since to load them changes how the process gets its memory.
"""

import importlib.util
import statistics
import time
import tracemalloc
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import scipy.special
import sklearn.utils.extmath
from _machine import machine

import softmax_lib
from softmax_lib.losses import cross_entropy_with_grad

HERE = Path(__file__).parent
TURNS = 15
SECONDS_A_TURN = 0.02
SHAPES = [
    ((10,), -1),
    ((1000,), -1),
    ((1_000_000,), -1),
    ((10_000, 10), -1),
    ((10_000, 10), 0),
    ((1024, 1000), -1),
    ((1024, 1000), 0),
    ((64, 50_257), -1),
    ((8, 8, 512, 512), -1),
    # Few classes that do not lie side by side, the last a batch of pictures in 19 kinds of pixels.
    ((10, 100_000), 0),
    ((4, 19, 256, 256), 1),
]
LOSS = "cross_entropy_with_grad"
LOSS_SHAPES = [(10_000, 10), (1024, 1000), (64, 50_257)]


def labels_of(z):
    return np.random.default_rng(1).integers(z.shape[1], size=len(z))


def scipy_cross_entropy(z, labels):
    """Return loss and gradient as one writes them with SciPy."""
    rows = np.arange(len(z))
    log_p = scipy.special.log_softmax(z, axis=-1)
    grad = np.exp(log_p)
    grad[rows, labels] -= 1
    return -log_p[rows, labels], grad


def first_peers(name, z, axis):
    """Return {peer: a call that does to z what softmax_lib's function of that name does}."""
    if name == LOSS:
        return {"SciPy": partial(scipy_cross_entropy, z, labels_of(z))}
    calls = {"SciPy": partial(getattr(scipy.special, name), z, axis=axis)}
    if name == "softmax" and z.ndim == 2 and axis == -1:
        calls["scikit-learn"] = partial(sklearn.utils.extmath.softmax, z)
    return calls


def later_peers(name, z, axis):
    """Return the same where the process keeps its memory, as it does with PyTorch or JAX loaded."""
    calls = {"SciPy, memory kept": first_peers(name, z, axis)["SciPy"]}
    if name == LOSS:
        return calls
    if importlib.util.find_spec("torch"):
        import torch

        torch.set_num_threads(1)
        calls["PyTorch"] = partial(getattr(torch, name), torch.from_numpy(z), axis)
    if importlib.util.find_spec("jax"):
        import jax

        jax.config.update("jax_enable_x64", True)
        compiled = jax.jit(getattr(jax.nn, name), static_argnames="axis")
        array = jax.numpy.asarray(z)
        calls["JAX"] = lambda: compiled(array, axis=axis).block_until_ready()
    return calls


def calls_in_a_turn(call):
    """Return how many calls fill a turn, after one to warm up."""
    call()
    start = time.perf_counter()
    call()
    return max(1, round(SECONDS_A_TURN / (time.perf_counter() - start)))


def seconds(call, count):
    call()  # not timed: what the peer before gave back to the system is had again
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count


def ratios(ours, peers):
    """Return {peer: quartiles of its time over ours}."""
    counts = {name: calls_in_a_turn(call) for name, call in {"": ours, **peers}.items()}
    turns = {name: [] for name in peers}
    for _ in range(TURNS):
        own = seconds(ours, counts[""])
        for name, call in peers.items():
            turns[name].append(seconds(call, counts[name]) / own)
    return {name: statistics.quantiles(values) for name, values in turns.items()}


def extra_memory(call, z):
    """Return the most memory that the call holds at once, as a multiple of its input."""
    call()
    tracemalloc.start()
    result = call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del result
    return peak / z.nbytes


def measure(peers_of):
    """Yield (function, dtype, shape, axis), {peer: quartiles}."""
    rng = np.random.default_rng(0)
    for dtype in (np.float64, np.float32):
        for shape, axis in SHAPES:
            z = (4 * rng.standard_normal(shape)).astype(dtype)
            for name in ("softmax", "log_softmax", "logsumexp"):
                call = partial(getattr(softmax_lib, name), z, axis=axis)
                yield (name, dtype, shape, axis), ratios(call, peers_of(name, z, axis))
        for shape in LOSS_SHAPES:
            z = (4 * rng.standard_normal(shape)).astype(dtype)
            name, call = LOSS, partial(cross_entropy_with_grad, z, labels_of(z))
            yield (name, dtype, shape, -1), ratios(call, peers_of(name, z, -1))


def memory():
    """Yield (what, dtype, shape, axis, softmax_lib's multiple of the input, SciPy's)."""
    for dtype, shape, axis in [
        ("float64", (1024, 1000), -1),
        ("float64", (64, 50_257), -1),
        ("float32", (64, 50_257), -1),
        ("float16", (64, 50_257), -1),
        ("float32", (4, 19, 256, 256), 1),
    ]:
        z = (4 * np.random.default_rng(0).standard_normal(shape)).astype(dtype)
        out = np.empty_like(z)
        for name in ("softmax", "log_softmax", "logsumexp"):
            own = partial(getattr(softmax_lib, name), z, axis=axis)
            theirs = partial(getattr(scipy.special, name), z, axis=axis)
            yield name, dtype, shape, axis, extra_memory(own, z), extra_memory(theirs, z)
            if name != "logsumexp":
                own = partial(own, out=out)
                yield f"{name}, out=", dtype, shape, axis, extra_memory(own, z), None


def table(rows):
    names = list(dict.fromkeys(name for *_, peers in rows for name in peers))
    lines = [
        "| function | dtype | shape | axis | " + " | ".join(names) + " |",
        "|---|---|---|--:|" + "--:|" * len(names),
    ]
    for function, dtype, shape, axis, peers in rows:
        cells = [
            f"{peers[n][1]:.2f} ({peers[n][0]:.2f} to {peers[n][2]:.2f})" if n in peers else ""
            for n in names
        ]
        what = f"`{function}` | {np.dtype(dtype)} | {shape} | {axis}"
        lines.append(f"| {what} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def chart(rows):
    plt.rcParams.update({"svg.hashsalt": "softmax", "font.size": 8})
    functions = list(dict.fromkeys(row[0] for row in rows))
    fig, axes = plt.subplots(1, len(functions), figsize=(13, 6), sharex=True)
    for ax, function in zip(axes, functions, strict=True):
        own = [row for row in rows if row[0] == function]
        labels = [f"{np.dtype(d).name[5:]}: {s}, {a}" for _, d, s, a, _ in own]
        ax.barh(labels, [peers["SciPy"][1] for *_, peers in own], color="#3f86cf")
        ax.axvline(1, color="black")
        ax.invert_yaxis()
        ax.set(title=function, xscale="log", xlabel="times as fast as SciPy")
    fig.tight_layout()
    fig.savefig(HERE / "speed.svg", metadata={"Date": None})


if __name__ == "__main__":
    found = {}
    for peers_of in (first_peers, later_peers):
        for what, quartiles in measure(peers_of):
            found.setdefault(what, {}).update(quartiles)
            print(what[0], np.dtype(what[1]), *what[2:],
                  {name: round(q[1], 2) for name, q in quartiles.items()}, flush=True)  # fmt: skip
        np.ones(30 << 17)  # and freed: from now on the process keeps its memory
    rows = [(*what, peers) for what, peers in found.items()]
    used = [f"| {' | '.join(map(str, what))} | {own:.3f} | {f'{theirs:.2f}' if theirs else ''} |"
            for *what, own, theirs in memory()]  # fmt: skip
    text = f"""# Speed and memory

How many times as fast as each peer softmax_lib is, on logits from a normal distribution with
standard deviation 4: the median of {TURNS} turns, and the quartiles. Above 1 it is faster. Each
turn begins with a call that is not timed, so that none has to get anew what another gave back.

Where memory comes from matters. By default a process gets a large array from the system, page by
page, and gives it back, until it has freed a larger one. SciPy, which makes three to five arrays,
pays more for that. The columns but SciPy's and scikit-learn's own are measured once an array of 30
MB has been freed, when arrays of up to that size cost no new pages. PyTorch runs on one thread, JAX
as it does.

{machine(["numpy", "scipy", "scikit-learn", "torch", "jax"])}

{table(rows)}

![Ratios to SciPy](speed.svg)

## Peak memory beyond the input

As a multiple of the input; a result of that size is counted. Beside it softmax and log_softmax take
some 1 MB here in float64, 3 MB for float32 with few classes, 4 MB in float16 and logsumexp 3 MB,
however many rows there are. A single row cannot be cut, so that one of float16 takes 4 times its
size in float32, and axes that lie apart are copied once.

| function | dtype | shape | axis | softmax_lib | SciPy |
|---|---|---|--:|--:|--:|
{chr(10).join(used)}
"""
    (HERE / "speed.md").write_text(text, encoding="utf-8")
    chart(rows)
    print(f"Written: {HERE / 'speed.md'}")

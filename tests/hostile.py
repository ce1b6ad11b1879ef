"""Rows of logits on which softmax is hard to get right, by what is hard about them.

Shared by the accuracy tests and benchmarks/accuracy.py. Each family makes a row from a generator of
random numbers and a length; `hostile_row` casts it.
"""

import math

import numpy as np

from softmax_lib import log_softmax


def two_rule(g, k):
    """Return one logit, another up to 8 below it, and a crowd that hardly adds to their sum."""
    crowd = g.uniform(-30, -8) + g.uniform(-2, 2, k)
    crowd[:2] = [g.uniform(0, 8), 0][:k]
    return g.uniform(-30, 30) + crowd


def first(k, one, others):
    """Return k logits of which one is `one`."""
    return np.where(np.arange(k) == 0, one, others)


HOSTILE = {
    "ordinary": {
        "narrow": lambda g, k: g.uniform(-1, 1, k),
        "ordinary": lambda g, k: g.normal(0, 3, k),
        "a few large": lambda g, k: g.normal(0, 10, k),
    },
    "wide spread": {
        "wide": lambda g, k: g.uniform(-80, 80, k),
        "very wide": lambda g, k: g.uniform(-700, 700, k),
        "huge": lambda g, k: g.uniform(-3e38, 3e38, k),
    },
    "large offset": {
        "below zero": lambda g, k: g.uniform(-30, -2, k),
        "far below zero": lambda g, k: g.uniform(-740, -690, k),
        "offset by 1e3": lambda g, k: 1e3 + g.normal(0, 5, k),
        "offset by -1e4": lambda g, k: -1e4 + g.normal(0, 50, k),
        "offset by 1e30": lambda g, k: 1e30 * (1 + g.integers(0, 3, k) * 2.0**-23),
    },
    "one dominates": {
        "one dominates": lambda g, k: first(k, 30.0, g.normal(0, 1, k)),
        "one dominates equals": lambda g, k: first(k, 20.0, 0.3),
        "one dominates all": lambda g, k: np.where(
            np.arange(k) == k // 2, 0, -g.uniform(60, 80, k)
        ),
        "one far above small": lambda g, k: first(k, 84.3, g.uniform(-1, 1, k)),
        "one above in float64": lambda g, k: first(k, 650.3, g.uniform(-1, 1, k)),
        "two rule": two_rule,
    },
    "near ties": {
        "equal": lambda g, k: np.full(k, 0.1),
        "near ties": lambda g, k: 0.7 + g.integers(-3, 4, k) * 2.0**-22,
        "two values": lambda g, k: g.uniform(-40, 40, 2)[(np.arange(k) > k // 4).astype(int)],
        "tied maxima": lambda g, k: np.where(np.arange(k) < 2, 2.0, g.normal(0, 1, k)),
        "tiny": lambda g, k: g.normal(0, 1e-20, k),
    },
    "subnormal results": {
        "subnormal probabilities": lambda g, k: first(k, 0.5, -g.uniform(87, 103, k)),
        "subnormal in float64": lambda g, k: first(k, 0.5, -g.uniform(708, 745, k)),
        "subnormal in float16": lambda g, k: first(k, 0.5, -g.uniform(9, 17, k)),
        "subnormal exponentials": lambda g, k: first(k, -90.0, -g.uniform(95, 110, k)),
    },
    "alternating magnitudes": {
        "alternating magnitudes": lambda g, k: (
            10.0 ** g.uniform(-8, 2.5, k) * (-1.0) ** np.arange(k)
        ),
    },
    "sum near one": {
        "sum near one": lambda g, k: -math.log(k) + g.normal(0, 1e-3, k),
        "log-probabilities": lambda g, k: log_softmax(g.normal(0, 2, k)),
    },
    "edge of overflow": {
        "edge of overflow": lambda g, k: np.where(
            np.arange(k) % 3 == 0, 88.6, g.uniform(80, 88, k)
        ),
        "edge in float64": lambda g, k: np.where(
            np.arange(k) % 3 == 0, 709.7, g.uniform(690, 709, k)
        ),
        "beyond exp": lambda g, k: first(k, 95.3, g.uniform(0, 9, k)),
        "beyond exp in float64": lambda g, k: first(k, 720.3, g.uniform(0, 60, k)),
    },
    "with -inf": {
        "with -inf": lambda g, k: np.where(np.arange(k) % 3 == 1, -np.inf, g.normal(0, 3, k)),
    },
}
FAMILIES = {name: make for group in HOSTILE.values() for name, make in group.items()}

# Rows on which some function was at its worst in a search like that of benchmarks/accuracy.py, with
# their temperature. NumPy's float32 exp errs one way at 25.994385 and the other at -14.939749; a
# thousand equal logits leave their sum as wrong as each of them. It errs most of all at the logits
# of the row made on purpose, 2.5 u one way at 5.8698626 and 3.5 u the other way at -38.466045.
WORST = {
    "softmax of two": ([0.08795342314584717, -0.2547125814742267], 0.061402907198866465),
    "softmax of three": ([-8.670576095581055, -11.918844223022461, -8.663348197937012], 1.0),
    "softmax of ten, many beside each other": (
        [-14.00164813121497, -5.611815786496809, 0.7322858727250438, 5.93938257477349,
         16.695211817993517, -0.35863074782226556, -3.2670539439715553, 1.4257294252623895,
         0.13692377364306668, 3.430945992908814],
        1.0,
    ),
    "25.994385 a thousand times, -14.939749": ([25.994385] * 1000 + [-14.939749], 1.0),
    "made on purpose for float32": ([6.568228] + [5.8698626] * 525 + [-38.466045], 1.0),
    "logarithm made on purpose for float64": (
        [1.42155964356466, 1.42155964356466, 1.3882989792980296, 1.3882989792980296] * 2250
        + [13.961486044341612],
        1.0,
    ),
    "fainter logarithm made on purpose for float64": (
        [-2.0771257159300127, -2.0771257159300127, -2.0769434579535937, -2.0769434579535937] * 2250
        + [13.271631494226675],
        1.0,
    ),
    "logarithm made on purpose for float32": ([39.834] + [25.994385] * 1000, 1.0),
    "logarithm just below 1/4, for float32": ([-13.680627, -14.939749] + [-75.0] * 118, 1.0),
    "logarithm just below 2^-13, for float32": (
        [9.733861, *[-4.5901971] * 202, -100.0, -4.5902696], 1.0
    ),
    "faint logarithm of three": ([70.07, -425.7977045882793, -425.8430031856586], 0.7),
    "logsumexp just below 2, for float32": ([-3.8970499] * 362 + [-3.2230101], 1.0),
    "logsumexp made on purpose for float32": ([-5.8898945] * 2177, 1.0),
    "logsumexp of a tie": ([-4.793928623199463, 0.3501967191696167, 0.3501967191696167], 1.0),
    "log_softmax of two": ([-90.30447090953996, -110.25322142958522], 7.253096539192577),
    "log_softmax of five": (
        [4.421475037202126, 9.777224599930602, -16.41672782836073, 7.922737747772785,
         -8.577602277969476],
        0.2675483851797553,
    ),
    "log_softmax far below 0": (
        [-9966.467609216344, -9990.698910731631, -10033.918427458455, -10008.393816232405,
         -9858.745003476566, -9907.780204765051, -9867.501041823089, -9990.698910731631,
         -9907.780204765051, -9861.946645314041, -10033.129335207568, -10033.918427458455],
        0.6603227195483021,
    ),
    "gradient of a dominant class": (
        [0.4998987557918784, -16.461060500905024, -13.941658253635046, -14.184015016603038,
         -12.292103709140697, -16.686964769522195, -9.178251966392597, -14.054182922861157,
         -16.6869686968017, -10.30523158090191, -16.6869686968017, -16.6869686968017],
        0.3603520853132551,
    ),
}  # fmt: skip

# Tiny, huge, and not only powers of two, by which a quotient is not rounded.
TEMPERATURES = [0.1, 0.5, 1 / 3, 0.7, 2.0, 7.3, 100.0]
EXTREME_TEMPERATURES = [5e-324, 1.1e-310, 1e-100, 1e-30, 3e-8, 1e9, 1e38, 1e100, 1.7e308]


def hostile_row(family, generator, length, dtype, temperature=1.0):
    """Return a row of a family, its logits times the temperature; what is finite stays so."""
    info = np.finfo(dtype)
    with np.errstate(all="ignore"):
        z = FAMILIES[family](generator, length) * temperature
        return np.where(z == -np.inf, z, np.clip(z, info.min, info.max)).astype(dtype)


def in_memory(z, generator):
    """Return a view that equals z, its axes in any order in memory, with gaps or back to front."""
    memory = generator.permutation(z.ndim)
    steps = generator.choice([1, 1, 2, -1], z.ndim)
    base = np.empty([abs(steps[a]) * z.shape[a] for a in memory], z.dtype)
    view = base.transpose(np.argsort(memory))[tuple(slice(None, None, step) for step in steps)]
    view[...] = z
    return view


def lay_out(rows, kept, classes, generator):
    """Return rows (n, K) as an array, the axes of their classes, and a function that undoes it.

    The axes of the shape kept + classes are shuffled, in the array and in memory.
    """
    axes = generator.permutation(len(kept) + len(classes))
    z = in_memory(rows.reshape(*kept, *classes).transpose(axes), generator)
    of_classes = tuple(np.flatnonzero(axes >= len(kept)).tolist())
    return z, of_classes, lambda result: result.transpose(np.argsort(axes)).reshape(len(rows), -1)

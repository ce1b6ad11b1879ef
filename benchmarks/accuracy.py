"""The worst errors of softmax_lib beside its peers: `make bench` writes accuracy.md.

Every function meets the hostile families of tests/hostile.py, and then rows that a search has bred
to make its error as large as it can. Errors are in ulps of the truth, as tests/exact.py measures
them at 50 digits. PyTorch and JAX take part where they are installed.

Which of many entries is the worst is told in long double, which has to be good enough for the
choice only: what is reported has been measured at 50 digits.
"""

import importlib.util
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.special
from _machine import machine
from mpmath import mp

sys.path[:0] = [str(Path(__file__).parents[1])]  # for tests, which is not installed

import softmax_lib  # noqa: E402
from softmax_lib import losses  # noqa: E402
from softmax_lib._exact import two_sum  # noqa: E402
from tests.exact import BARS, QUANTITIES, Row  # noqa: E402
from tests.hostile import EXTREME_TEMPERATURES, HOSTILE, TEMPERATURES, WORST, hostile_row  # noqa: E402

HERE = Path(__file__).parent
DTYPES = (np.float64, np.float32, np.float16)
FEW_TEMPERATURES = (1.0, 1 / 3, 7.3)
CORE = ("softmax", "log_softmax", "logsumexp")


# The libraries. Each is a function of a quantity's name, logits, target, temperature and axis.


def ours(name, z, target, t, axis):
    if name == "logsumexp":
        return softmax_lib.logsumexp(z, axis)
    if name in CORE:
        return getattr(softmax_lib, name)(z, axis, temperature=t)
    return getattr(losses, name)(z, target, temperature=t)


def with_scipy(name, z, target, t, axis):
    if name in CORE:
        return getattr(scipy.special, name)(z / t, axis)
    rows = np.arange(len(z))
    if name == "cross_entropy":
        log_p = scipy.special.log_softmax(z / t, -1)
        if target.ndim == 1:
            return -log_p[rows, target]
        return -np.sum(np.where(target == 0, 0, target * log_p), -1).astype(z.dtype)
    grad = scipy.special.softmax(z / t, -1)
    if target.ndim == 1:
        grad[rows, target] -= 1
    else:
        grad = (grad - target).astype(z.dtype)
    return grad / t


def with_torch(name, z, target, t, axis):
    import torch

    z = torch.tensor(z, requires_grad="grad" in name)
    if name in CORE:
        return getattr(torch, name)(z / t, axis).numpy()
    target = torch.tensor(target if target.ndim == 1 else target.astype(z.numpy(force=True).dtype))
    loss = torch.nn.functional.cross_entropy(z / t, target, reduction="none")
    if name == "cross_entropy":
        return loss.numpy()
    loss.sum().backward()
    return z.grad.numpy()


def with_jax(name, z, target, t, axis):
    import jax

    jax.config.update("jax_enable_x64", True)

    def loss(z):
        log_p = jax.nn.log_softmax(z / t)
        if target.ndim == 1:
            return -jax.numpy.take_along_axis(log_p, target[:, None], -1)[:, 0]
        y = target.astype(z.dtype)
        return -jax.numpy.where(y == 0, 0, y * log_p).sum(-1)

    z = jax.numpy.asarray(z)
    if name in CORE:
        return np.asarray(getattr(jax.nn, name)(z / t, axis))
    return np.asarray(loss(z) if name == "cross_entropy" else jax.grad(lambda z: loss(z).sum())(z))


LIBRARIES = {"softmax_lib": ours, "SciPy": with_scipy}
LIBRARIES |= {
    name: call
    for name, module, call in (("PyTorch", "torch", with_torch), ("JAX", "jax", with_jax))
    if importlib.util.find_spec(module)
}


def over_temperature(gap, lost, temperature):
    """Divide gap + lost by T, both long double, and return the quotient in two parts as well."""

    def halves(a):  # Veltkamp's splitting of 64 bits
        c = (2.0**32 + 1) * a
        high = c - (c - a)
        return high, a - high

    t = np.longdouble(temperature)
    quotient = gap / t
    (q_high, q_low), (t_high, t_low) = halves(quotient), halves(t)
    rest = ((gap - q_high * t_high) - q_high * t_low) - q_low * t
    return quotient, (rest + lost) / t


@dataclass
class Batch:
    """Rows (n, K) with a class and a distribution each, all at one temperature."""

    rows: np.ndarray
    labels: np.ndarray
    y: np.ndarray
    temperature: float = 1.0
    axis: int = -1  # 0: the rows are handed over as the columns of a C-ordered array
    family: str = ""  # of tests/hostile.py, if they are of one
    seed: int | None = 0  # of the first row; the next has the next

    def target(self, quantity):
        """Return what goes with the logits: classes, distributions or nothing."""
        return {"class": self.labels, "distribution": self.y}.get(QUANTITIES[quantity])

    def quantities(self):
        """Return what may be asked of it: logsumexp has no temperature, a loss no axis."""
        return {
            quantity
            for quantity, kind in QUANTITIES.items()
            if not (quantity == "logsumexp" and self.temperature != 1)
            and not (kind and self.axis == 0)
        }

    def result(self, call, quantity):
        """Return a library's result as (n, K) or (n, 1)."""
        z = self.rows if self.axis == -1 else np.ascontiguousarray(self.rows.T)
        with np.errstate(all="ignore"):
            result = call(
                quantity.split(",")[0], z, self.target(quantity), self.temperature, self.axis
            )
        result = np.asarray(result)
        return (
            result.T if self.axis == 0 and result.ndim == 2 else result.reshape(len(self.rows), -1)
        )

    def roughly(self, quantity):
        """Return the quantity, and the value whose ulp counts, in long double."""
        with np.errstate(all="ignore"):
            x = self.rows.astype(np.longdouble)
            top = x.max(-1, keepdims=True)
            gap, lost = over_temperature(*two_sum(x, -top), self.temperature)
            e = np.exp(gap)
            e += e * np.where(e == 0, 0, lost)
            at = np.arange(len(x)), self.labels
            at_top = np.arange(len(x)), x.argmax(-1)
            e[at_top] = 0
            rest = e.sum(-1, keepdims=True)
            e[at_top] = 1
            p, log_p = e / (1 + rest), gap - np.log1p(rest) + np.where(np.isfinite(lost), lost, 0)
            lse = top + np.log1p(rest)
            value = {"softmax": p, "log_softmax": log_p, "logsumexp": lse}.get(quantity)
            if quantity == "cross_entropy, class":
                value = -log_p[at][:, None]
            elif quantity == "cross_entropy, distribution":
                value = -np.where(self.y == 0, 0, self.y * log_p).sum(-1, keepdims=True)
            elif quantity == "cross_entropy_grad, class":
                value = p.copy()
                value[at] = 0
                value[at] = -value.sum(-1)
                value /= self.temperature
            elif quantity == "cross_entropy_grad, distribution":
                value = (p - self.y) / self.temperature
                return value, np.maximum(p, self.y) / self.temperature
            size = np.abs(value)
            return value, np.maximum(size, 1) if quantity == "logsumexp" else size

    def estimates(self, result, value, size, quantity):
        """Return about how many ulps each entry of a result is off."""
        with np.errstate(all="ignore"):
            info = np.finfo(result.dtype)
            exponent = np.maximum(np.frexp(size)[1] - 1, int(info.minexp)) - info.nmant
            unit = np.ldexp(np.longdouble(1), exponent)
            if "grad" in quantity:
                smallest = np.finfo(np.result_type(result, np.float32)).smallest_subnormal
                unit = np.maximum(
                    unit, self.rows.shape[1] * np.longdouble(smallest) / self.temperature
                )
            error = np.abs(result - value) / unit
            error[np.isinf(result) & (size > info.max)] = 0
            return np.where(np.isnan(error), np.inf, error).astype(float)


class Finding(NamedTuple):
    """An error in ulps, where it was found, and whether other entries were NaN or infinite."""

    error: float
    batch: Batch
    row: int
    entry: int
    failed: bool


def worst_entry(batch, result, quantity, truth):
    """Return the worst entry of a result, its error told by long double."""
    errors = batch.estimates(result, *truth, quantity)
    failed = np.isinf(errors)
    errors[failed] = -1
    row, entry = np.unravel_index(np.argmax(errors), errors.shape)
    return Finding(errors[row, entry], batch, int(row), int(entry), bool(failed.any()))


def measured(found, call, quantity):
    """Return the same entry, its error told by 50 digits."""
    batch, row, entry = found.batch, found.row, found.entry
    if found.error < 0:  # nothing but NaN
        return found
    target = batch.target(quantity)
    result = batch.result(call, quantity)[row, entry]
    with mp.workdps(50):
        exact = Row(batch.rows[row], batch.temperature)
        error = exact.errors(quantity, result, None if target is None else target[row], [entry])
    return found._replace(error=float(error[0]))


def compare(batches, quantities=QUANTITIES):
    """Return {(quantity, library): Finding}, the worst entry of all batches."""
    worst = {}
    for batch in batches:
        for quantity in batch.quantities() & set(quantities):
            truth = batch.roughly(quantity)
            for library, call in LIBRARIES.items():
                key = quantity, library
                new = worst_entry(batch, batch.result(call, quantity), quantity, truth)
                old = worst.get(key, new)
                larger = max(old, new, key=lambda f: f.error)
                worst[key] = larger._replace(failed=old.failed or new.failed)
    return {key: measured(f, LIBRARIES[key[1]], key[0]) for key, f in worst.items()}


# Inputs


def batch_of(family, length, seed, dtype, temperature=1.0, *, scaled=False, count=8, axis=-1):
    """Return rows of a family, which are told by the call that makes one."""
    scale = temperature if scaled else 1.0
    generators = [np.random.default_rng(seed + i) for i in range(count)]
    rows = np.stack([hostile_row(family, g, length, dtype, scale) for g in generators])
    labels = np.array([g.integers(length) for g in generators])
    y = np.stack([g.dirichlet(np.full(length, 0.3)) for g in generators])
    family += ", times T" * scaled
    return Batch(rows, labels, y, temperature, axis, family, seed)


def hostile_batches(group, dtype):
    """Yield the rows of a group of families, short and long, at some temperatures."""
    for family in HOSTILE[group]:
        for seed, length in enumerate((2, 3, 10, 100, 1000)):
            for temperature in FEW_TEMPERATURES:
                yield batch_of(family, length, 100 * seed, dtype, temperature)


def temperature_batches(dtype):
    """Yield rows at extreme temperatures, in units of the temperature and not."""
    for temperature in TEMPERATURES + EXTREME_TEMPERATURES:
        for family in ("ordinary", "wide", "very wide", "near ties", "one dominates"):
            for scaled in (True, False):
                yield batch_of(family, 10, 0, dtype, temperature, scaled=scaled)


def axis_batches(dtype):
    for family in ("ordinary", "wide", "offset by 1e3", "near ties"):
        for length in (10, 3000):
            yield batch_of(family, length, 0, dtype, count=64, axis=0)


def long_batches(dtype):
    for family in ("ordinary", "equal", "one dominates"):
        yield batch_of(family, 100_000, 0, dtype, count=2)
        yield batch_of(family, 1_000_000, 0, dtype, count=2, axis=0)
    for family in ("ordinary", "one dominates", "two rule", "near ties"):
        for length in (10, 300, 1000):  # many of them, whose sums go another way than those of one
            for temperature in FEW_TEMPERATURES:
                yield batch_of(family, length, 0, dtype, temperature, scaled=True, count=1000)


def worst_batches(dtype):
    for name, (row, temperature) in WORST.items():
        with np.errstate(all="ignore"):
            rows = np.array([row], dtype)
        y = np.full(rows.shape, 1 / len(row))
        yield Batch(rows, np.array([0]), y, temperature, family=name, seed=None)


FAMILIES = {name: partial(hostile_batches, name) for name in HOSTILE} | {
    "extreme temperatures": temperature_batches,
    "along the first axis": axis_batches,
    "long rows": long_batches,
    "worst of a search": worst_batches,
}


# The search: rows that mutate, of which the worst survive.

BROOD, SURVIVORS, GENERATIONS, RESTARTS = 400, 40, 30, 6
LENGTHS = (1, 2, 3, 5, 8)


def mutate(rows, rng, dtype):
    """Change one entry of each row a little, or all of them."""
    n, length = rows.shape
    at = np.arange(n), rng.integers(length, size=n)
    changed = rows.astype(np.float64)
    step = rng.standard_normal(n) * 10.0 ** rng.uniform(-6, 1, n)
    changed[at] += step
    how = rng.integers(4, size=n)
    shifted = rows + step[:, None]
    changed[how == 1] = shifted[how == 1]
    tied = rows[np.arange(n), rng.integers(length, size=n)]
    changed[how == 2, at[1][how == 2]] = tied[how == 2]
    scaled = rows * (1 + step[:, None] / 10)
    changed[how == 3] = scaled[how == 3]
    info = np.finfo(dtype)
    return np.clip(changed, info.min, info.max).astype(dtype)


def breed(quantity, dtype, length, rng):
    """Return a batch of one row, bred to make softmax_lib's error as large as can be."""
    families = rng.choice([name for group in HOSTILE.values() for name in group], BROOD)
    with np.errstate(all="ignore"):
        rows = np.stack([hostile_row(family, rng, length, dtype) for family in families])
        y = rng.dirichlet(np.full(length, 0.3), BROOD)
        warm = quantity == "logsumexp" or rng.random() < 0.5
        temperature = 1.0 if warm else float(np.exp(rng.normal(0, 2)))
        labels = np.zeros(BROOD, int)
        for _ in range(GENERATIONS):
            batch = Batch(rows, labels, y, temperature)
            truth = batch.roughly(quantity)
            errors = batch.estimates(batch.result(ours, quantity), *truth, quantity).max(-1)
            best = np.argsort(errors)[-SURVIVORS:]
            parents = rng.choice(best, BROOD - SURVIVORS)
            rows = np.concatenate([rows[best], mutate(rows[parents], rng, dtype)])
            fresh = rng.dirichlet(np.full(length, 0.3), len(parents))
            kept = rng.random(len(parents)) < 0.8
            y = np.concatenate([y[best], np.where(kept[:, None], y[parents], fresh)])
    # One row alone takes another path than many together: choose again.
    alone = [Batch(rows[[i]], labels[[i]], y[[i]], temperature) for i in range(SURVIVORS)]
    return max(
        alone,
        key=lambda b: b.estimates(b.result(ours, quantity), *b.roughly(quantity), quantity).max(),
    )


def search(quantity, dtype):
    rng = np.random.default_rng([list(QUANTITIES).index(quantity), DTYPES.index(dtype)])
    return [breed(quantity, dtype, k, rng) for k in LENGTHS for _ in range(RESTARTS)]


# The report


def number(error):
    return f"{error:.2f}" if error < 100 else f"{error:.0f}" if error < 1e4 else f"{error:.0e}"


def markdown(head, rows):
    lines = [head, [":--", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def told(found, quantity):
    """Return a finding's input, so that it can be made again."""
    batch, row = found.batch, found.row
    words = [f"T = {batch.temperature!r}"] if batch.temperature != 1 else []
    if batch.family:
        words.append(batch.family)
        if batch.seed is not None:
            words += [f"K = {batch.rows.shape[1]}", f"seed {batch.seed + row}"]
        return ", ".join(words + ["along the first axis"] * (batch.axis == 0))
    target = batch.target(quantity)
    words += [f"z = {[float(v) for v in batch.rows[row]]}"]
    return ", ".join(words + ([] if target is None else [f"target {target[row].tolist()}"]))


def survey(dtype):
    """Return {(family, quantity, library): Finding} for one dtype."""
    found = {}
    for family, batches in FAMILIES.items():
        print(f"{dtype.__name__}: {family}", flush=True)
        found |= {(family, *key): f for key, f in compare(batches(dtype)).items()}
    print(f"{dtype.__name__}: search", flush=True)
    for quantity in QUANTITIES:
        bred = compare(search(quantity, dtype), {quantity})
        found |= {("search", *key): f for key, f in bred.items()}
    return found


def cell(*found):
    """Return the largest error, and whether anything was NaN or wrongly infinite."""
    error = max(f.error for f in found)
    failed = any(f.failed for f in found)
    return ", ".join([number(error)] * (error >= 0) + ["NaN or ∞"] * failed)


def report(dtype):
    found = survey(dtype)
    libraries = list(LIBRARIES)
    summary, by_family, inputs = [], [], []
    for quantity in QUANTITIES:
        of = {
            name: {family: f for (family, q, n), f in found.items() if (q, n) == (quantity, name)}
            for name in libraries
        }
        own = of["softmax_lib"]
        where = max(own, key=lambda family: own[family].error)
        cells = [cell(*of[name].values()) for name in libraries]
        summary.append([f"`{quantity}`", f"{BARS[dtype][quantity]:g}", where, *cells])
        inputs.append(f"- `{quantity}`, {number(own[where].error)}: {told(own[where], quantity)}")
    for family in [*FAMILIES, "search"]:
        pairs = [[found.get((family, q, name)) for name in libraries[:2]] for q in QUANTITIES]
        cells = ["; ".join(cell(f) for f in pair) if all(pair) else "" for pair in pairs]
        by_family.append([family, *cells])
    return f"""## {dtype.__name__}

{markdown(["quantity", "promised", "worst in", *libraries], summary)}

softmax_lib; SciPy, by what is hard about the rows:

{markdown(["rows", *(f"`{q}`" for q in QUANTITIES)], by_family)}

The inputs on which softmax_lib is worst, at T = 1 unless another is named. A row with a name stands
under it in WORST of tests/hostile.py; a family with a seed is what hostile_row there makes of it:

{chr(10).join(inputs)}
"""


if __name__ == "__main__":
    reports = [report(dtype) for dtype in DTYPES]
    (HERE / "accuracy.md").write_text(
        f"""# Accuracy

The largest errors found, in units in the last place (ulp) of the true value, told by mpmath at 50
digits. A logsumexp below 1 is measured in ulps of 1, and the gradient for a distribution, p - y, in
ulps of max(p, y), over T. "NaN or ∞" is such a result where the truth is an ordinary number.

All libraries get the same rows: hostile families, made by tests/hostile.py from a seed, and rows
that a search with a fixed seed has bred to make softmax_lib's error as large as it could. The
others' worst may lie elsewhere. A library that knows no temperature gets z / T, and a cross-entropy
by SciPy or JAX is written with its log_softmax.

{machine(["numpy", "scipy", "mpmath", "torch", "jax"])}

{chr(10).join(reports)}""",
        encoding="utf-8",
    )
    print(f"Written: {HERE / 'accuracy.md'}")

"""Write chapters/data/peer_errors.json: how far PyTorch and JAX are off on nine hard inputs.

The chapter on floating point shows them beside SciPy, scikit-learn and softmax_lib, which the build
measures itself, by the same function: `softmax_lib.rounding.library_report`. Neither the build nor
the tests run this script, since the two packages take gigabytes. By hand, from the root of the
repository:

    python3 -m venv /tmp/peers
    /tmp/peers/bin/pip install torch==2.13.0 jax==0.10.2 numpy==2.4.6 mpmath==1.3.0
    PYTHONPATH=. /tmp/peers/bin/python scripts/peer_errors.py

The file records the versions and the kind of machine, since last bits may differ elsewhere: on
another processor the vectorised exponentials are others.
"""

import json
import platform
from importlib.metadata import version
from pathlib import Path

import jax
import jax.numpy as jnp
import torch
import torch.nn.functional as F

from softmax_lib.rounding import library_report

DATA = Path(__file__).parents[1] / "chapters" / "data" / "peer_errors.json"


def torch_gradient(z):
    z = torch.tensor(z, requires_grad=True)
    F.cross_entropy(z, torch.tensor(0)).backward()
    return z.grad.numpy()[0]


def jax_gradient(z):
    return jax.grad(lambda z: -jax.nn.log_softmax(z)[0])(jnp.asarray(z))[0]


def main():
    torch.set_num_threads(1)  # a sum is cut into as many parts as there are threads
    jax.config.update("jax_enable_x64", True)  # without it JAX turns float64 into float32
    content = {
        "made_by": "scripts/peer_errors.py",
        "machine": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("torch", "jax", "jaxlib", "numpy")},
        "torch": library_report(
            lambda z, axis: torch.softmax(torch.tensor(z), axis).numpy(),
            lambda z, axis: torch.log_softmax(torch.tensor(z), axis).numpy(),
            lambda z, axis: torch.logsumexp(torch.tensor(z), axis).numpy(),
            torch_gradient,
        ),
        "jax": library_report(
            lambda z, axis: jax.nn.softmax(jnp.asarray(z), axis),
            lambda z, axis: jax.nn.log_softmax(jnp.asarray(z), axis),
            lambda z, axis: jax.nn.logsumexp(jnp.asarray(z), axis),
            jax_gradient,
        ),
    }
    DATA.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n")
    print(f"{DATA}: {DATA.stat().st_size} bytes")


if __name__ == "__main__":
    main()

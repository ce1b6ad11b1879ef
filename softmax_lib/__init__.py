"""Softmax, its losses, its derivatives and its uses, made to be read and tested."""

import importlib

from softmax_lib.core import (
    hardmax,
    log_softmax,
    logsumexp,
    naive_softmax,
    shifted_softmax,
    softmax,
)

__version__ = "0.1.0"

__all__ = [
    "hardmax",
    "log_softmax",
    "logsumexp",
    "naive_softmax",
    "shifted_softmax",
    "softmax",
]

_MODULES = (
    "attention",
    "derivatives",
    "figures",
    "learning",
    "losses",
    "rounding",
    "sampling",
    "symbolic",
    "widgets",
)


def __getattr__(name):
    """Load a module once it is used: `import softmax_lib` alone needs NumPy and no more."""
    if name in _MODULES:
        return importlib.import_module(f"softmax_lib.{name}")
    raise AttributeError(f"module 'softmax_lib' has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *_MODULES})

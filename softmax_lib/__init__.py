"""Softmax, its losses, its derivatives and its uses, made to be read and tested."""

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

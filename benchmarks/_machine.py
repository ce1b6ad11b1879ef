"""The processor that the benchmarks ran on; no benchmark itself, as its underscore tells make."""

import platform
from pathlib import Path


def processor():
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:  # anywhere but on Linux
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(filter(None, [*names, platform.processor()]), "unknown processor")

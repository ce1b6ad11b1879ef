"""The machine that the benchmarks ran on; no benchmark itself, as its underscore tells make."""

import os
import platform
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def machine(packages, *others):
    """Return what a table says of where it was measured; of the packages, those installed."""
    where = f"{processor()}, {os.cpu_count()} cores, {platform.system()}"
    found = [f"Python {platform.python_version()}", *others, *filter(None, map(release, packages))]
    return f"{', '.join([where, *found])}; {date.today():%d %B %Y}"


def processor():
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:  # anywhere but on Linux
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(filter(None, [*names, platform.processor()]), "unknown processor")


def release(package):
    """Return the name and version of a package, or None where it is not installed."""
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return None

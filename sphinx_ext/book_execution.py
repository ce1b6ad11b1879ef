"""Re-execute the notebooks whenever anything that they run has changed.

Jupyter Book looks up a cached notebook by its cells alone, so a build with a broken `softmax_lib`
would show the old pages and succeed. Here the cache lives in a folder named for a digest of all
that the cells import or read, and of these extensions; and because the digest is also a Sphinx
setting that pages depend on, a new one makes Sphinx read every page again.
"""

import hashlib
import os
import shutil
import sys
from pathlib import Path

import matplotlib

COVERED = [
    "softmax_lib",
    "sphinx_ext",
    "chapters/data",
    "pyproject.toml",
    "requirements.txt",
    "constraints.txt",
]


def execution_key(root):
    """Digest of every file that the notebooks depend on, and of the Python that runs them."""
    digest = hashlib.sha256(sys.version.encode())
    for name in COVERED:
        path = root / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(root).as_posix()}\0".encode())
                digest.update(file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def use_keyed_cache(app, config):
    root = Path(app.srcdir)
    config.execution_key = execution_key(root)
    caches = Path(app.outdir).parent / ".jupyter_cache"
    if caches.is_dir():
        for old in caches.iterdir():
            if old.is_dir() and old.name != config.execution_key:
                shutil.rmtree(old)
    config.nb_execution_cache_path = str(caches / config.execution_key)
    # Matplotlib stamps this time into its SVGs; without it no two builds are alike. It is the
    # first second of 2026, since Sphinx also takes the year of the copyright line from it.
    os.environ.setdefault("SOURCE_DATE_EPOCH", "1767225600")
    # A backend of the reader's would show no figure, and settings of theirs another one.
    os.environ.pop("MPLBACKEND", None)
    os.environ["MATPLOTLIBRC"] = str(Path(matplotlib.get_data_path(), "matplotlibrc"))
    matplotlib.rcdefaults()  # for what the build itself draws


def setup(app):
    app.add_config_value("execution_key", "", "env")
    # Before myst-nb copies the settings, which it does at the default priority, 500.
    app.connect("config-inited", use_keyed_cache, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

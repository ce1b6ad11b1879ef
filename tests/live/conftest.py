"""A fresh environment such as Binder makes, and a Jupyter server that runs in it."""

import hashlib
import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from ..conftest import ROOT

ENVIRONMENT = ROOT / ".venv-binder"  # ignored by git; `make clean` removes it
PYTHON = ENVIRONMENT / "bin" / "python"
BOOK = ENVIRONMENT / "book"  # the copy that `-e .` installs: installing leaves traces in it
STAMP = ENVIRONMENT / "made-from"


def binder_brings():
    """Return what Binder has installed before it looks at the book's requirements."""
    version = (ROOT / "runtime.txt").read_text().strip().removeprefix("python-")
    # Found rather than imported, which would warn.
    repo2docker = Path(importlib.util.find_spec("repo2docker").origin).parent
    frozen = repo2docker / "buildpacks" / "conda" / f"environment.py-{version}-linux-64.lock"
    text = frozen.read_text()
    names = ["jupyterlab", "notebook", "ipywidgets"]
    return [f"{name}=={re.search(rf'/{name}-([0-9.]+)-', text)[1]}" for name in names]


def copy_the_book():
    shutil.rmtree(BOOK, ignore_errors=True)
    ignored = shutil.ignore_patterns(".*", "_build", "__pycache__", "*.egg-info")
    shutil.copytree(ROOT, BOOK, ignore=ignored)


def run(*command):
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(command, cwd=BOOK, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"


@pytest.fixture(scope="session")
def binder():
    """The environment: made once, and anew whenever what it is made from has changed.

    A checkout that has none yet, as in CI, always gets a fresh one.
    """
    brings = binder_brings()
    files = ["requirements.txt", "constraints.txt", "pyproject.toml"]
    made_from = [*brings, sys.version, str(ENVIRONMENT), *((ROOT / f).read_text() for f in files)]
    stamp = hashlib.sha256("\0".join(made_from).encode()).hexdigest()
    if not STAMP.exists() or STAMP.read_text() != stamp:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
        copy_the_book()
        run(PYTHON, "-m", "pip", "install", "--quiet", *brings)
        run(PYTHON, "-m", "pip", "install", "--quiet", "-r", "requirements.txt")
        STAMP.write_text(stamp)  # last: an environment half made has none
    else:
        copy_the_book()
    # Where there is a pyproject.toml, Binder then installs the package again, as a copy.
    run(PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", ".")
    run(PYTHON, "-m", "pip", "check")
    return BOOK


@pytest.fixture(scope="session")
def jupyter(binder, tmp_path_factory):
    """The address of a Jupyter server, JupyterLab and Notebook, that knows nothing of its user."""
    home = tmp_path_factory.mktemp("home")
    # JupyterLab would ask jupyterlab.github.io for news and updates: a dialog, and a foreign host.
    settings = home / "config" / "labconfig" / "page_config.json"
    settings.parent.mkdir(parents=True)
    news = "@jupyterlab/apputils-extension:announcements"
    settings.write_text(json.dumps({"disabledExtensions": {news: True}}))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")},
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "PATH": f"{PYTHON.parent}{os.pathsep}{os.environ['PATH']}",
    }
    # What pytest was started with would reach the kernels, and change the library they import.
    environment.pop("PYTHONPATH", None)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [PYTHON, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += [f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    command += [f"--ServerApp.root_dir={binder}", "--LabApp.extension_manager=readonly"]
    log = home / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            command, cwd=binder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_for(address, server, log)
        yield address
    finally:
        server.terminate()  # which ends its kernels first
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_for(address, server, log):
    end = time.monotonic() + 90
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/api/status", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"Jupyter did not start:\n{log.read_text()[-3000:]}")

"""Fixtures that several test modules share."""

import functools
import http.server
import threading
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import expect, sync_playwright

from . import browser as chromium

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"

# The same examples on every run and machine, with no deadline that a busy machine could miss.
settings.register_profile("book", derandomize=True, deadline=None)
settings.load_profile("book")

# As long as Playwright waits for anything else: its five seconds can be short on a busy machine.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def browser():
    """One headless Chromium for the whole session."""
    path = chromium.find()
    if path is None:
        pytest.fail(chromium.ADVICE)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=path,
            args=["--disable-gpu", "--disable-background-networking", *chromium.ARGUMENTS],
        )
        yield running
        running.close()


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_args):
        pass


@pytest.fixture(scope="session")
def serve():
    """Return a function that serves a folder on this machine and gives its address."""
    servers = []

    def start(folder):
        handler = functools.partial(_QuietHandler, directory=str(folder))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def site(serve):
    """The address of the built book."""
    if not (SITE / "index.html").is_file():
        pytest.fail(f"No book in {SITE}: run `make book` first")
    return serve(SITE)

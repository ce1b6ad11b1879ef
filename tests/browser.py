"""Find a Chromium for the browser tests, or install one.

Debian's package where apt works, else Playwright's own. Where neither does, fail and say what to
install: no test is skipped for want of a browser.
"""

import os
import shutil
import subprocess
import sys

CANDIDATES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
ADVICE = (
    "No Chromium was found, and none could be installed. The tests need one: install Debian's or "
    "your system's 'chromium' package, or run '.venv/bin/playwright install chromium', or set "
    "CHROMIUM to the path of one."
)


def playwright_chromium():
    """Return the path where Playwright keeps its own Chromium, installed or not."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def find():
    """Return the path of a Chromium, or None."""
    named = os.environ.get("CHROMIUM")
    found = named or next(filter(None, map(shutil.which, CANDIDATES)), None)
    if found is None and os.path.exists(path := playwright_chromium()):
        found = path
    return found


def install():
    """Try the ways to install a Chromium, in the order of their merit."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        quiet = ["apt-get", "-qq", "-o=Dpkg::Use-Pty=0"]
        if subprocess.run([*quiet, "update"], check=False).returncode == 0:
            subprocess.run([*quiet, "install", "-y", "chromium"], check=False)
    if find() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


if __name__ == "__main__":
    if find() is None:
        print("Installing Chromium for the browser tests", flush=True)
        install()
    print(f"Browser: {find() or sys.exit(ADVICE)}")

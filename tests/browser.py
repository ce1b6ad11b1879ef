"""Find the browsers for the tests, Chromium and Firefox, or install them.

Root gets Debian's packages where there is apt, and anyone else Playwright's own Chromium. Where a
browser is still missing, fail and say what to install: no test is skipped for want of one.
"""

import os
import shutil
import subprocess
import sys

# Chromium refuses to sandbox itself for root, as whom containers and CI often run.
ARGUMENTS = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []

# The headless shell is Chromium without its windows: it opens a page six times as fast.
CANDIDATES = {
    "chromium": ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"],
    "firefox": [
        "firefox-esr",
        "firefox",
        "/Applications/Firefox.app/Contents/MacOS/firefox",
    ],
}
PACKAGES = {"chromium": ["chromium-headless-shell", "chromium"], "firefox": ["firefox-esr"]}
ADVICE = (
    "No Chromium was found, and none could be installed. The tests need one: install Debian's or "
    "your system's 'chromium' package, or run '.venv/bin/playwright install chromium', or set "
    "CHROMIUM to the path of one."
)
FIREFOX_ADVICE = (
    "No Firefox was found. The tests need one, and install it for root on Debian only: install "
    "Debian's 'firefox-esr' or your system's 'firefox' package, or set FIREFOX to the path of one."
)


def advice(name):
    """Return what to do where a browser is not there."""
    return {"chromium": ADVICE, "firefox": FIREFOX_ADVICE}[name]


def playwright_chromium():
    """Return the path where Playwright keeps its own Chromium, installed or not."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def find(name="chromium"):
    """Return the path of a browser, or None."""
    named = os.environ.get(name.upper())
    if named and shutil.which(named) is None:
        sys.exit(f"{name.upper()} is {named!r}, which is no program that can be run")
    found = named or next(filter(None, map(shutil.which, CANDIDATES[name])), None)
    if found is None and name == "chromium" and os.path.exists(path := playwright_chromium()):
        found = path
    return found


def install(name):
    """Try the ways to install a browser, in the order of their merit."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        print(f"Installing {name.title()} with apt-get for the browser tests", flush=True)
        quiet = ["apt-get", "-qq", "-o=Dpkg::Use-Pty=0"]
        if subprocess.run([*quiet, "update"], check=False).returncode == 0:
            for package in PACKAGES[name]:
                if find(name) is None:
                    subprocess.run([*quiet, "install", "-y", package], check=False)
    if name == "chromium" and find(name) is None:
        print("Installing Playwright's Chromium for the browser tests", flush=True)
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


if __name__ == "__main__":
    for name in sys.argv[1:] or CANDIDATES:
        if find(name) is None:
            install(name)
        print(f"Browser: {find(name) or sys.exit(advice(name))}")

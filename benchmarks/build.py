"""How long the book takes to build: `make bench` writes build.md.

Each build is `make book`'s command without --keep-going, in a copy of the book, so that the one in
use is not disturbed and nothing is left over from it: a clean one, which runs every notebook; one
with no change; and one with the chapter edited that takes longest to run.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import nbformat
from _machine import machine

ROOT = Path(__file__).parents[1]
GOALS = {"clean": 90, "no change": 8, "one chapter edited": 20}  # seconds, on two cores


@contextmanager
def copy_of_the_book():
    """Give a folder that has the book's files, and of what is built from them nothing."""
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder, "book")
        left_out = shutil.ignore_patterns("_build", "build", ".*", "*.egg-info", "__pycache__")
        shutil.copytree(ROOT, book, ignore=left_out)
        yield book


def build(book):
    """Build the book and return the seconds it took, and those of each notebook that ran."""
    command = [Path(sys.executable).with_name("jupyter-book"), "build", ".", "-n", "-W"]
    # The copy's library stands before the installed one.
    environment = {**os.environ, "PYTHONPATH": str(book)}
    start = time.perf_counter()
    result = subprocess.run(command, cwd=book, env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    text = result.stdout + result.stderr
    if result.returncode:
        sys.exit(f"The build failed:\n{text[-3000:]}")
    ran = re.findall(r"(\S+?)\.ipynb: Executed notebook in ([\d.]+) seconds", text)
    return seconds, {Path(name).name: float(taken) for name, taken in ran}


def edit(book, name):
    """Add a cell and a sentence to a chapter."""
    path = book / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_markdown_cell("One more sentence.", id="more"))
    notebook.cells.append(nbformat.v4.new_code_cell("1 + 1", id="more-code"))
    nbformat.write(notebook, path)


if __name__ == "__main__":
    load = f"{os.getloadavg()[0]:.1f} cores in use by others when it began"
    where = machine(["sphinx"], load)
    with copy_of_the_book() as book:
        clean, notebooks = build(book)
        print(f"clean: {clean:.1f} s, of which notebooks {sum(notebooks.values()):.1f}", flush=True)
        unchanged, _ = build(book)
        print(f"no change: {unchanged:.1f} s", flush=True)
        slowest = max(notebooks, key=notebooks.get)
        folder = "." if slowest == "index" else "chapters"
        edit(book, f"{folder}/{slowest}")
        edited, ran = build(book)
        print(f"{slowest} edited: {edited:.1f} s", flush=True)
    if list(ran) != [slowest]:
        sys.exit(f"An edit of {slowest} made these run: {', '.join(ran) or 'none'}")

    found = {"clean": clean, "no change": unchanged, "one chapter edited": edited}
    lines = [f"| {name} | {found[name]:.1f} | {GOALS[name]} |" for name in GOALS]
    parts = sorted(notebooks.items(), key=lambda item: -item[1])
    running = sum(notebooks.values())
    parts = [*parts, ("all else: reading, mathematics, writing pages", clean - running)]
    shares = [f"| {name} | {taken:.1f} |" for name, taken in parts]
    Path(__file__).with_suffix(".md").write_text(
        f"""# How long the book takes to build

| build | seconds | goal |
|---|--:|--:|
{chr(10).join(lines)}

The edited chapter is the one that runs longest, {slowest}. What takes the time of the clean build:

| part | seconds |
|---|--:|
{chr(10).join(shares)}

{where}
""",
        encoding="utf-8",
    )

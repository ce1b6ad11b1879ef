"""The build itself, on a book of one page: what it shows, and when it must fail."""

import importlib
import json
import os
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from .conftest import ROOT

COPIED = ["softmax_lib", "sphinx_ext", "_config.yml", "pyproject.toml"]
COPIED += ["requirements.txt", "constraints.txt"]


def code_cell(source):
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": f"cell-{zlib.crc32(source.encode())}",  # hash() is another in each run
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def write_page(book, *cells):
    title = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# One page"}
    notebook = {
        "cells": [title, *map(code_cell, cells)],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (book / "index.ipynb").write_text(json.dumps(notebook))


@pytest.fixture
def book(tmp_path):
    """A book of one page, with the real settings, extensions and library."""
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    (tmp_path / "chapters").mkdir()
    shutil.copy(ROOT / "chapters" / "references.bib", tmp_path / "chapters")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    write_page(tmp_path, "from softmax_lib import softmax\nprint(softmax([0.0, 0.0]))")
    return tmp_path


def build(book, **environment):
    """Build with warnings as errors, as `make book` does, and with no system node on PATH."""
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", ".", "-n", "-W"]
    # The book's own copy of the library stands before the installed one.
    environment = {**os.environ, "PYTHONPATH": str(book), "PATH": "/nowhere", **environment}
    return subprocess.run(command, cwd=book, env=environment, capture_output=True, text=True)


def page(book):
    return (book / "_build" / "html" / "index.html").read_text()


def test_a_broken_library_fails_the_build_and_the_one_after_it(book):
    """Jupyter Book's own cache would show the old pages and succeed."""
    good = build(book)
    assert good.returncode == 0, good.stdout + good.stderr
    assert "[0.5 0.5]" in page(book)
    core = book / "softmax_lib" / "core.py"
    source = core.read_text()
    core.write_text(source + "\n\ndef softmax(z):\n    raise RuntimeError('broken on purpose')\n")
    for _ in range(2):
        broken = build(book)
        assert broken.returncode != 0
        assert "broken on purpose" in broken.stdout + broken.stderr
    core.write_text(source)
    assert build(book).returncode == 0


def test_a_good_build_complains_of_nothing(book):
    """What is printed there is what a reader looks through when something has gone wrong."""
    assert build(book).stderr == ""


def test_a_build_with_no_change_runs_no_notebook(book):
    first = build(book)
    assert "Executed notebook" in first.stdout + first.stderr
    again = build(book)
    assert again.returncode == 0
    assert "Execut" not in again.stdout + again.stderr


@pytest.fixture
def execution_key(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "sphinx_ext")
    return importlib.import_module("book_execution").execution_key


@pytest.mark.parametrize(
    "change",
    [
        "softmax_lib/new.py", "chapters/data/new.txt", "constraints.txt", "pyproject.toml",
        "requirements.txt", "sphinx_ext/new.js",
    ],
)  # fmt: skip
def test_execution_key_covers(book, execution_key, change):
    before = execution_key(book)
    path = book / change
    path.parent.mkdir(exist_ok=True)
    path.write_text("changed")
    assert execution_key(book) != before


def test_execution_key_covers_python(book, execution_key, monkeypatch):
    before = execution_key(book)
    monkeypatch.setattr(sys, "version", "4.0")
    assert execution_key(book) != before


PICTURE = """
import matplotlib.pyplot as plt
from ipywidgets import FloatSlider, interactive
from softmax_lib import figures

figures.use_book_style()
interactive(lambda t: figures.show_probabilities([1.0, 0.0], t), t=FloatSlider(1, min=1, max=2))
"""


def test_a_python_slider_becomes_its_picture_and_is_no_dead_control(book):
    write_page(book, PICTURE)
    result = build(book)
    assert result.returncode == 0, result.stdout + result.stderr
    html = page(book)
    # softmax(1, 0) = 1 / (1 + 1/e) = 0.731...
    assert 'alt="Probabilities at T = 1: 0.731, 0.269"' in html
    assert "comes alive when you run this page in Jupyter" in html
    assert "application/vnd.jupyter" not in html


def test_a_python_control_with_nothing_to_show_stops_the_build(book):
    write_page(book, "from ipywidgets import FloatSlider\nFloatSlider()")
    result = build(book)
    assert result.returncode != 0
    assert "would be a dead control" in result.stdout + result.stderr


def test_an_explorer_leaves_its_state_in_the_page(book):
    explorer = "TemperatureExplorer(logits=[3.0, 1.0])"
    write_page(book, f"from softmax_lib.widgets import TemperatureExplorer\n{explorer}")
    result = build(book)
    assert result.returncode == 0, result.stdout + result.stderr
    html = page(book)
    assert '<div class="static-widget" id="widget-1" data-model="widget-1">' in html
    start = html.index('type="application/vnd.jupyter.widget-state+json">')
    state = json.loads(html[html.index(">", start) + 1 : html.index("</script>", start)])["state"]
    assert list(state) == ["widget-1"]
    assert state["widget-1"]["state"]["logits"] == [3.0, 1.0]


def test_two_views_of_one_explorer_stop_the_build(book):
    """In a notebook they move together; a page would make a model for each."""
    widgets = "from softmax_lib.widgets import TemperatureExplorer\n"
    write_page(book, f"{widgets}explorer = TemperatureExplorer()\nexplorer", "explorer")
    result = build(book)
    assert result.returncode != 0
    assert "would not move together" in result.stdout + result.stderr


def test_links_to_the_repository_appear_only_where_it_is_known(book):
    address = "https://github.com/someone/somebook"
    assert build(book, BOOK_REPOSITORY="").returncode == 0
    assert "mybinder" not in page(book)
    known = build(book, BOOK_REPOSITORY=address, BOOK_SITE="https://someone.example/somebook/")
    assert known.returncode == 0, known.stdout + known.stderr
    html = page(book)
    assert "https://mybinder.org/v2/gh/someone/somebook/main?urlpath=lab/tree/index.ipynb" in html
    assert f"{address}/issues/new" in html
    assert f"{address}/edit/main/index.ipynb" in html
    assert '<link rel="canonical" href="https://someone.example/somebook/index.html"' in html
    missing = (book / "_build" / "html" / "404.html").read_text()
    assert 'href="/somebook/' in missing


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("BOOK_SITE", "someone.example/book", "an address like https://owner.github.io/name"),
        ("BOOK_REPOSITORY", "https://example.org/o/n", "an address like https://github.com/owner"),
    ],
)
def test_an_address_that_is_none_stops_the_build(book, name, value, right):
    result = build(book, **{name: value})
    assert result.returncode != 0
    assert f"{name} must be {right}" in result.stdout + result.stderr
    assert f"got '{value}'" in result.stdout + result.stderr


def test_the_repository_around_the_book_is_not_its_own(book):
    around = book / "around"
    shutil.copytree(book, around / "book")
    for command in (["init", "-q"], ["remote", "add", "origin", "https://github.com/me/notes"]):
        subprocess.run(["git", "-C", str(around), *command], check=True)
    built = build(around / "book", PATH=os.environ["PATH"])
    assert built.returncode == 0, built.stdout + built.stderr
    assert "github.com/me/notes" not in page(around / "book")


def test_what_earlier_builds_left_is_swept_away(book):
    assert build(book).returncode == 0
    site = book / "_build" / "html"
    kept = {path for path in site.rglob("*") if path.is_file()}
    left = [
        site / name
        for name in (
            "chapters/old.html",
            "_notebooks/chapters/old.ipynb",
            "_images/old.svg",
            "_static/book-old.css",
        )
    ]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("old")
    (book / "_build" / ".jupyter_cache" / ".DS_Store").write_text("as Finder does")
    write_page(book, "print(1 + 1)")
    again = build(book)
    assert again.returncode == 0, again.stdout + again.stderr
    assert not any(path.exists() for path in left)
    assert {path.name for path in kept if not path.exists()} <= {"softmax-book.zip"}


def test_a_script_that_a_page_brings_along_stops_the_build(book):
    """The policy gives a hash to each inline script that it knows, and to no other."""
    write_page(book, "from IPython.display import HTML\nHTML('<script>evil()</script>')")
    built = build(book)
    assert built.returncode != 0
    assert "knows no such inline script: evil()" in built.stdout + built.stderr


@pytest.mark.parametrize("problem", ["# Two\n\n[gone](nowhere.ipynb)", "$$ \\frac{1 $$"])
def test_a_bad_page_stops_the_build(book, problem):
    write_page(book)
    notebook = json.loads((book / "index.ipynb").read_text())
    text = {"cell_type": "markdown", "id": "bad", "metadata": {}, "source": problem}
    notebook["cells"].append(text)
    (book / "index.ipynb").write_text(json.dumps(notebook))
    assert build(book).returncode != 0

"""The notebooks as they are committed: stripped, named in the table of contents, safe to open."""

import json
import re

import pytest
import yaml

from .conftest import ROOT
from .strip_notebooks import main, stripped

NOTEBOOKS = sorted([ROOT / "index.ipynb", *ROOT.glob("chapters/*.ipynb")])
ids = [path.stem for path in NOTEBOOKS]


def cells(path, kind):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=ids)
def test_notebook_is_stripped(path):
    text = path.read_text(encoding="utf-8")
    assert text == stripped(text), f"run: .venv/bin/python tests/strip_notebooks.py {path}"


def test_stripping_removes_what_editors_add(tmp_path, capsys):
    notebook = json.loads(NOTEBOOKS[0].read_text(encoding="utf-8"))
    code = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    code["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["hello"]}]
    code["execution_count"] = 7
    code["metadata"]["collapsed"] = False
    notebook["metadata"]["widgets"] = {}
    dirty = tmp_path / "dirty.ipynb"
    dirty.write_text(json.dumps(notebook))
    assert main([dirty]) == 1
    assert "stripped" in capsys.readouterr().out
    assert dirty.read_text() == NOTEBOOKS[0].read_text(encoding="utf-8")
    assert main([dirty]) == 0


def test_every_page_is_in_the_table_of_contents_and_every_entry_exists():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    listed = [toc["root"]] + [page["file"] for part in toc["parts"] for page in part["chapters"]]
    pages = [*NOTEBOOKS, ROOT / "chapters" / "api.rst"]
    found = [str(path.relative_to(ROOT).with_suffix("")) for path in pages]
    assert sorted(listed) == sorted(found)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=ids)
def test_cell_ids_are_unique(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    names = [cell["id"] for cell in notebook["cells"]]
    assert len(names) == len(set(names))


def test_every_page_describes_itself_in_its_own_words():
    described = {}
    for path in NOTEBOOKS:
        metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
        text = metadata.get("myst", {}).get("html_meta", {}).get("description", "")
        assert 50 <= len(text) <= 160, f"{path.name}: {len(text)} characters"
        described[text] = path
    assert len(described) == len(NOTEBOOKS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=ids)
def test_a_chapter_never_defines_its_own_softmax(path):
    for cell in cells(path, "code"):
        assert not re.search(r"def \w*softmax|lambda.*exp\(", "".join(cell["source"]))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=ids)
def test_no_claim_is_a_printed_boolean(path):
    for cell in cells(path, "code"):
        source = "".join(cell["source"])
        assert not re.search(r"print\([^)]*(allclose|isclose|==)", source)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=ids)
def test_every_figure_has_words_for_those_who_cannot_see_it(path):
    for cell in cells(path, "code"):
        source = "".join(cell["source"])
        if "plt.subplots" in source and "interactive(" not in source:
            alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt) > 40, f"{path.name}: {source[:60]!r}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=ids)
def test_markup_reads_well_outside_the_site(path):
    title, *_ = cells(path, "markdown")[0]["source"]
    assert title.startswith("# ")
    assert "$" not in title
    for cell in cells(path, "markdown"):
        source = "".join(cell["source"])
        for forbidden in ("{only}", "-start}", "{{", "<div", "<span", "<img"):
            assert forbidden not in source

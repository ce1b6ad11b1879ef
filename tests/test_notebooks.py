"""The notebooks as they are committed: stripped, named in the table of contents, safe to open."""

import ast
import json
import re
from decimal import Decimal

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


def test_stripping_never_takes_a_pasted_picture(tmp_path, capsys):
    notebook = json.loads(NOTEBOOKS[0].read_text(encoding="utf-8"))
    notebook["cells"][0]["attachments"] = {"x.png": {"image/png": "iVBORw0KGgo="}}
    pasted = tmp_path / "pasted.ipynb"
    pasted.write_text(before := json.dumps(notebook))
    assert main([pasted]) == 1
    assert "pasted picture" in capsys.readouterr().out
    assert pasted.read_text() == before


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
def test_a_cell_in_sight_reads_as_one_thought(path):
    for cell in cells(path, "code")[1:]:  # the first imports what the page needs
        lines = [line for line in "".join(cell["source"]).splitlines() if line.strip()]
        assert "hide" in str(cell["metadata"].get("tags")) or len(lines) <= 10, lines[0]


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


NUMBER = re.compile(r"(?<![\w.])(\d+(?:\{,\}\d+)*\.\d+)(?:\s*\\times\s*10\^\{?(-?\d+)\}?)?")
# What poses a question, names a version or shows code gives no result.
NO_RESULT = re.compile(r"````\{exercise\}.*?````|version \S+|`[^`\n]+`", re.DOTALL)


def unchecked_numbers(text, code):
    """Return the decimals of a text that no number of the code rounds to."""
    values = [node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant)]
    known = [Decimal(repr(value)) for value in values if type(value) in (int, float)]
    left = []
    for digits, exponent in NUMBER.findall(NO_RESULT.sub("", text)):
        number = Decimal(f"{digits.replace('{,}', '')}e{exponent or 0}")
        half_a_digit = Decimal(5).scaleb(number.as_tuple().exponent - 1)
        if not any(abs(value - number) <= half_a_digit for value in known):
            left.append(digits)
    return left


@pytest.mark.parametrize("path", NOTEBOOKS, ids=ids)
def test_every_decimal_in_the_prose_stands_in_a_cell(path):
    # Pages without code of their own gather what others have checked.
    sources = [path] if "assert" in path.read_text(encoding="utf-8") else NOTEBOOKS
    code = ["".join(cell["source"]) for source in sources for cell in cells(source, "code")]
    for cell in cells(path, "markdown"):
        assert unchecked_numbers("".join(cell["source"]), "\n".join(code)) == []
    for cell in cells(path, "code"):
        figure = cell["metadata"].get("mystnb", {})
        for text in (figure.get("figure", {}).get("caption"), figure.get("image", {}).get("alt")):
            assert unchecked_numbers(text or "", "\n".join(code)) == []


def test_a_decimal_that_no_cell_has_is_found():
    code = "np.testing.assert_allclose(p, [0.643914, 3.72e-44], rtol=1e-6)"
    assert unchecked_numbers(r"It is $0.644$, then $3.7 \times 10^{-44}$.", code) == []
    assert unchecked_numbers("It is $0.645$.", code) == ["0.645"]
    assert unchecked_numbers(r"It is $3.7 \times 10^{-43}$.", code) == ["3.7"]
    assert unchecked_numbers("````{exercise}\nIs it $0.7$?\n````", code) == []

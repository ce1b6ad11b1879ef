"""The reference pages: what they point to exists, and every source is used."""

import json
import re

import pytest

import softmax_lib
from softmax_lib import attention, derivatives, losses

from .conftest import ROOT

CHAPTERS = ROOT / "chapters"
REFERENCE = ["notation", "glossary", "bibliography", "teaching"]


def cells(page):
    return json.loads((CHAPTERS / f"{page}.ipynb").read_text(encoding="utf-8"))["cells"]


def words_of(some_cells):
    return "\n".join(
        "".join(cell["source"]) for cell in some_cells if cell["cell_type"] == "markdown"
    )


def markdown(page):
    return words_of(cells(page))


@pytest.mark.parametrize("page", REFERENCE)
def test_links_lead_to_pages_that_exist(page):
    for target in re.findall(r"\]\(([^)]+)\)", markdown(page)):
        assert (CHAPTERS / target).is_file()


def glossary_entries():
    """Return (term, page that it links to) for each entry of the glossary."""
    return re.findall(r"^- \*\*(.+?)\.\*\* .+\]\((\w+)\.ipynb\)$", markdown("glossary"), re.M)


def test_glossary_has_only_entries_of_one_form_in_alphabetical_order():
    terms = [term for term, _ in glossary_entries()]
    assert len(terms) == markdown("glossary").count("\n- ") > 60
    assert terms == sorted(terms, key=lambda term: term.replace("-", "").lower())


def test_glossary_terms_stand_under_their_letters():
    for section in markdown("glossary").split("\n## ")[1:]:
        first, last = re.match(r"(\w) to (\w)\n", section).groups()
        initials = re.findall(r"^- \*\*(\w)", section, re.M)
        assert {first} <= set(initials) <= {chr(c) for c in range(ord(first), ord(last) + 1)}


@pytest.mark.parametrize(("term", "page"), glossary_entries())
def test_glossary_term_is_used_where_its_link_leads(term, page):
    # Words that are looked up under another form than the one the chapter uses.
    stem = {
        "Calibration": "calibrated",
        "Kronecker delta": "Kronecker's delta",
        "NaN": "nan",
        "Reliability diagram": "fig-reliability",
        "Saturation": "saturate",
    }.get(term, term)
    text = (CHAPTERS / f"{page}.ipynb").read_text(encoding="utf-8")
    assert stem.lower() in text.lower()


def test_functions_named_in_the_notation_exist():
    public = {
        name for module in (softmax_lib, losses, derivatives, attention) for name in dir(module)
    }
    rows = [line for line in markdown("notation").splitlines() if line.startswith("|")]
    called = set(
        re.findall(r"(?<![.\w])(\w+)\(", " ".join(re.findall(r"`([^`]+)`", "".join(rows))))
    )
    assert {"softmax", "logsumexp", "cross_entropy"} <= called
    assert called - {"abs", "len"} <= public


def test_every_citation_has_an_entry_and_every_entry_is_cited():
    source = (CHAPTERS / "references.bib").read_text(encoding="utf-8")
    entries = re.findall(r"^@\w+\{(\w+),", source, re.M)
    pages = "".join(path.read_text(encoding="utf-8") for path in CHAPTERS.glob("*.ipynb"))
    cited = {key for keys in re.findall(r"\{cite\w*\}`([^`]+)`", pages) for key in keys.split(",")}
    assert len(entries) == len(set(entries))
    assert set(entries) == cited


def test_instructors_are_told_of_each_chapter_and_its_own_minutes():
    words = {8: "eight", 15: "fifteen", 20: "twenty", 25: "twenty-five"}
    told = re.findall(r"\((\w+)\.ipynb\)\. \*\*Minutes:\*\* (\d+)", markdown("teaching"))
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    chapters = re.findall(r"chapters/(\w+)", toc.partition("Reference")[0])
    assert [name for name, _ in told] == chapters
    for name, minutes in told:
        assert f"takes about {words[int(minutes)]} minutes" in markdown(name)
        assert abs(reading_time(cells(name)) / int(minutes) - 1) < 0.2
    index = (ROOT / "index.ipynb").read_text(encoding="utf-8")
    last = [name for name, _ in told].index("summary")
    derivation = sum(int(minutes) for _, minutes in told[: last + 1])
    assert ("a little under two hours for the derivation" in index) == (105 <= derivation < 120)


BREAK = "**A place for a break.**"


@pytest.mark.parametrize(
    ("page", "breaks"),
    [
        ("scores_to_probabilities", 1), ("numerical_stability", 1), ("temperature", 1),
        ("gradient", 2), ("attention", 1), ("floating_point", 1),
    ],
)  # fmt: skip
def test_no_stretch_between_breaks_is_longer_than_about_twelve_minutes(page, breaks):
    said = "two places for a break" if breaks == 2 else "a place for a break half way"
    assert f"minutes, with {said}" in markdown(page)
    index = (ROOT / "index.ipynb").read_text(encoding="utf-8")
    assert "no stretch is longer than about twelve minutes" in index
    stretches = [[]]
    for cell in cells(page):
        before, *after = "".join(cell["source"]).split(BREAK)
        stretches[-1].append({**cell, "source": [before]})
        stretches += [[{**cell, "source": [text]}] for text in after]
    minutes = [reading_time(stretch) for stretch in stretches]
    assert len(minutes) == breaks + 1
    assert max(minutes) < 12.5
    if breaks == 1:
        assert 0.6 < minutes[0] / minutes[1] < 1.7  # half way


def reading_time(some_cells):
    """Return minutes: 200 words in each, and nine seconds for an equation or a cell in sight."""
    folded = re.compile(r"^(`{3,})\{(exercise|dropdown)\}.*?^\1$", re.M | re.S)
    prose = folded.sub("", words_of(some_cells))
    prose, equations = re.subn(r"\$\$.*?\$\$", "", prose, flags=re.S)
    words = re.sub(r"\$[^$]*\$", "x", prose).split()
    in_sight = [
        cell for cell in some_cells
        if cell["cell_type"] == "code" and "hide" not in str(cell["metadata"].get("tags"))
    ]  # fmt: skip
    return len(words) / 200 + 0.15 * (equations + len(in_sight))

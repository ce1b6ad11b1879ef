"""The failure clinic: its table leads to every case, and every case has the same three parts."""

import json
import re

import pytest

from .conftest import ROOT

CHAPTER = ROOT / "chapters" / "failure_clinic.ipynb"
CELLS = json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"]
HEADING = re.compile(r"^## (.+)$", re.M)


def slug(heading):
    """Return the anchor that the site, GitHub and JupyterLab make of a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def sections():
    """Return the cells under each heading of the second level."""
    found, heading = {}, None
    for cell in CELLS:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and (match := HEADING.search(source)):
            heading = match[1]
        found.setdefault(heading, []).append((cell["cell_type"], source))
    return found


SECTIONS = sections()
CASES = [heading for heading in SECTIONS if heading and heading.startswith("Case ")]


def text(heading, kind):
    return "\n".join(source for cell_type, source in SECTIONS[heading] if cell_type == kind)


def test_cases_are_numbered_from_one():
    assert [heading.partition(":")[0] for heading in CASES] == [f"Case {n}" for n in range(1, 11)]


def test_table_leads_to_each_case_once_and_in_order():
    rows = re.findall(r"^\|.+\| \[(\w+)\W.+\]\(#(.+)\) \|$", text("The table", "markdown"), re.M)
    expected = [(str(n), slug(case)) for n, case in enumerate(CASES, 1)]
    assert rows == [*expected, ("Nothing", slug("False alarms"))]


@pytest.mark.parametrize("case", CASES)
def test_case_goes_from_symptom_to_cause_to_cure(case):
    parts = re.findall(r"^\*\*(Symptom|Cause|Cure)\.\*\*", text(case, "markdown"), re.M)
    assert parts == ["Symptom", "Cause", "Cure"]


@pytest.mark.parametrize("case", CASES)
def test_symptom_cause_and_cure_are_each_shown_by_a_check(case):
    """Each of the three opens a cell of its own, and code that asserts comes before the next."""
    cells = SECTIONS[case]
    part = re.compile(r"^\*\*(Symptom|Cause|Cure)\.", re.M)
    opens = [n for n, (_, source) in enumerate(cells) if part.search(source)]
    assert len(opens) == 3
    for begin, end in zip(opens, [*opens[1:], len(cells)], strict=True):
        code = "\n".join(source for kind, source in cells[begin:end] if kind == "code")
        assert checks(code) >= 1


def checks(source):
    """Return how many assertions a piece of code holds."""
    return len(re.findall(r"^\s*assert |np\.testing\.assert", source, re.M))


@pytest.mark.parametrize("case", [*CASES, "False alarms"])
def test_case_is_executed_and_asserted(case):
    assert checks(text(case, "code")) >= 3


def test_every_exercise_has_a_solution_that_is_checked():
    kinds = [kind for kind, _ in SECTIONS["Exercises"]]
    exercises = "\n".join(source for _, source in SECTIONS["Exercises"]).count("{exercise}")
    solutions = [source for kind, source in SECTIONS["Exercises"] if kind == "code"]
    assert exercises == kinds.count("code") == 6
    assert all(checks(source) >= 2 for source in solutions)


def test_every_exercise_has_a_closed_hint_before_its_solution():
    closed = re.compile(r"^````\n\n```\{dropdown\} Hint\n[^:].*\n```$", re.M)
    exercises = [source for _, source in SECTIONS["Exercises"] if "{exercise}" in source]
    assert [len(closed.findall(source)) for source in exercises] == [1] * 6

"""The figures in chapters/data are those that scripts/peer_errors.py wrote, for each row."""

import hashlib
import json

import pytest

from softmax_lib import softmax
from softmax_lib.rounding import library_report

from .conftest import ROOT

PATH = ROOT / "chapters" / "data" / "peer_errors.json"
SHA256 = "c760d4c05124d9350d4b107865cb5a7942b73dba323a2f70f6e473cd955b9193"
DATA = json.loads(PATH.read_text(encoding="utf-8"))
peers = pytest.mark.parametrize("peer", ["torch", "jax"])


def test_file_is_the_one_that_the_script_wrote():
    assert hashlib.sha256(PATH.read_bytes()).hexdigest() == SHA256
    assert (ROOT / DATA["made_by"]).is_file()
    assert set(DATA["versions"]) == {"torch", "jax", "jaxlib", "numpy"}


def test_script_names_the_versions_that_it_measured():
    script = (ROOT / DATA["made_by"]).read_text(encoding="utf-8")
    for name in ("torch", "jax", "numpy"):
        assert f"{name}=={DATA['versions'][name].partition('+')[0]} " in script


@peers
def test_rows_are_those_of_the_table(peer):
    assert list(DATA[peer]) == list(library_report(softmax))


@peers
def test_the_shift_costs_what_its_bound_allows(peer):
    """Gaps below 20 and 745: d ulp at most, and at least an eighth of that in so many trials."""
    assert 20 / 8 < DATA[peer]["softmax, uniform 10"] <= 20 + 5
    assert 745 / 8 < DATA[peer]["softmax, uniform 700"] <= 745 + 5


@peers
def test_what_is_lost_beside_one_is_lost_whole(peer):
    assert DATA[peer]["log_softmax, (0, -40)"] == DATA[peer]["logsumexp, (0, -40)"] == 1

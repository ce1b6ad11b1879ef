"""The map on the landing page: it leads to every numbered chapter, and nowhere else."""

import json
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
import yaml
from docutils import nodes

from softmax_lib.figures import derivation_map
from softmax_lib.figures.landing import _ARROWS, _BOXES, _HEIGHT
from sphinx_ext import book_site

from .conftest import ROOT


class _Links(HTMLParser):
    """Collects the address and the words of each link."""

    def __init__(self, html):
        super().__init__()
        self.found, self.inside = [], False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.found.append([dict(attrs)["href"], ""])
            self.inside = True

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "a"

    def handle_data(self, data):
        if self.inside:
            self.found[-1][1] += data


LINKS = _Links(derivation_map().data).found


def test_every_numbered_chapter_is_linked_once_and_in_order():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    parts = [part for part in toc["parts"] if part.get("numbered")]
    chapters = [f"{page['file']}.ipynb" for part in parts for page in part["chapters"]]
    assert [href for href, _ in LINKS] == chapters


@pytest.mark.parametrize(("href", "words"), LINKS)
def test_link_exists_and_begins_as_the_chapter_is_called(href, words):
    notebook = json.loads((ROOT / href).read_text(encoding="utf-8"))
    title = notebook["cells"][0]["source"][0].removeprefix("# ").strip()
    name = next(name for file, name, *_ in _BOXES if file in href)
    assert title == name or title.startswith(f"{name}:")
    assert words.startswith(f"{name} ")


def test_nothing_in_it_needs_a_script_or_a_style_attribute():
    html = derivation_map().data
    assert "<script" not in html
    assert "style=" not in html


def test_boxes_lie_apart_and_inside_the_picture():
    for i, (*_, x, y, width) in enumerate(_BOXES):
        assert min(x, y) >= 1
        assert max(x + width - 319, y + _HEIGHT - 487) <= 0
        for *_, x2, y2, width2 in _BOXES[:i]:
            side_by_side = x2 + width2 < x or x + width < x2
            assert side_by_side or abs(y - y2) > _HEIGHT
    assert len(set(_ARROWS)) == len(_ARROWS)


class _Builder:
    def get_relative_uri(self, _docname, target):
        return f"{target}.html"


def test_on_the_site_the_links_lead_to_pages():
    env = SimpleNamespace(found_docs={"index", "chapters/gradient"})
    app = SimpleNamespace(env=env, builder=_Builder())
    html = '<a href="chapters/gradient.ipynb">x</a> <a href="https://a.org/b.ipynb">y</a>'
    raw = nodes.raw("", html, format="html")
    book_site.link_to_pages(app, nodes.paragraph("", "", raw), "index")
    assert raw.astext() == html.replace("gradient.ipynb", "gradient.html")

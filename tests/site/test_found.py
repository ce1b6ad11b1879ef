"""What tells others of the book: data in each page's head, and what needs the site's address."""

import json
import re
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from .. import anchors
from ..conftest import SITE
from ..test_build import book, build  # noqa: F401 (a fixture)

ADDRESS = "https://someone.example/somebook/"
CHAPTERS = sorted(path.relative_to(SITE).as_posix() for path in SITE.glob("chapters/*.html"))


def read(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def data_of(soup):
    return json.loads(soup.find("script", type="application/ld+json").string)


def properties(soup):
    tags = soup.find_all("meta", property=re.compile("^og:"))
    return {tag["property"]: tag["content"] for tag in tags}


@pytest.mark.parametrize("page", ["index.html", *CHAPTERS])
def test_a_page_says_in_schema_org_what_it_is(page):
    soup = read(SITE / page)
    data = data_of(soup)
    kind = "Book" if page == "index.html" else "Chapter"
    assert data["@context"] == "https://schema.org"
    assert data["@type"] == [kind, "LearningResource"]
    assert data["description"] == soup.find("meta", attrs={"name": "description"})["content"]
    title = re.sub(r"^\d+\. |[¶#]$", "", soup.h1.get_text())
    assert data["name"] == title == properties(soup)["og:title"]
    assert data["license"].startswith("https://creativecommons.org/licenses/by/4.0")
    assert ("isPartOf" in data) == (kind == "Chapter")


def test_what_is_no_chapter_says_nothing():
    for page in ("search.html", "404.html"):
        soup = read(SITE / page)
        assert soup.find("script", type="application/ld+json") is None
        assert properties(soup) == {}


def test_a_published_anchor_never_disappears():
    """Links of others lead to them. Where one has to go, take its line from the list by hand."""
    assert anchors.published(), "run tests/anchors.py"
    assert sorted(anchors.published() - anchors.anchors_of(SITE)) == []


def test_an_anchor_that_went_is_missed(tmp_path):
    (tmp_path / "index.html").write_text(
        '<article><section id="kept"></section><p id="id7"></p><svg><g id="ink"></g></svg>'
        '<div id="widget-1" data-model="widget-1"></div></article>'
    )
    assert anchors.anchors_of(tmp_path) == {"index.html", "index.html#kept", "index.html#widget-1"}


def test_addresses_are_absent_where_the_site_has_none(book):  # noqa: F811
    assert build(book, BOOK_SITE="https://book.example/").returncode == 0  # and then without
    site = book / "_build" / "html"
    assert (site / "robots.txt").exists()
    built = build(book, BOOK_SITE="")
    assert built.returncode == 0, built.stdout + built.stderr
    soup = read(site / "index.html")
    assert not (site / "sitemap.xml").exists()
    assert not (site / "robots.txt").exists()
    assert not (site / "_static" / "card.png").exists()
    assert soup.find("link", rel="canonical") is None
    assert "url" not in data_of(soup)
    assert {"og:url", "og:image"}.isdisjoint(properties(soup))


def test_addresses_are_the_published_ones(book):  # noqa: F811
    built = build(book, BOOK_SITE=ADDRESS)
    assert built.returncode == 0, built.stdout + built.stderr
    site = book / "_build" / "html"
    soup = read(site / "index.html")
    canonical = soup.find("link", rel="canonical")["href"]
    assert canonical == f"{ADDRESS}index.html"
    assert data_of(soup)["url"] == canonical == properties(soup)["og:url"]
    # https://www.sitemaps.org/protocol.html
    sitemap = ElementTree.parse(site / "sitemap.xml")
    named = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    assert [loc.text for loc in sitemap.findall("s:url/s:loc", named)] == [canonical]

    # Robots look for it at the root of a host, and this book lies below one.
    assert not (site / "robots.txt").exists()

    image = properties(soup)["og:image"]
    assert image == f"{ADDRESS}_static/card.png"
    with Image.open(site / image.removeprefix(ADDRESS)) as card:
        assert card.format == "PNG"
        assert (
            card.size
            == (1200, 630)
            == (
                int(properties(soup)["og:image:width"]),
                int(properties(soup)["og:image:height"]),
            )
        )


@pytest.mark.parametrize("address", ["https://book.example", "https://book.example/"])
def test_a_host_of_its_own_tells_robots_where_the_map_is(book, address):  # noqa: F811
    built = build(book, BOOK_SITE=address)
    assert built.returncode == 0, built.stdout + built.stderr
    site = book / "_build" / "html"
    robots = RobotFileParser()
    robots.parse((site / "robots.txt").read_text().splitlines())
    assert robots.can_fetch("anyone", f"{address}/index.html")
    assert robots.site_maps() == ["https://book.example/sitemap.xml"]
    with ZipFile(site / "downloads" / "softmax-book.zip") as archive:
        assert not [name for name in archive.namelist() if name.endswith("robots.txt")]

"""The archive of the site: unpacked anywhere, it works from the disk and lacks nothing."""

from pathlib import Path
from urllib.parse import unquote, urlsplit
from zipfile import ZipFile

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import expect

from ..conftest import SITE
from .explorer_harness import wait_until_idle

ARCHIVE = SITE / "downloads" / "softmax-book.zip"
ADDRESSES = [("a", "href"), ("link", "href"), ("img", "src"), ("script", "src")]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere")
    with ZipFile(ARCHIVE) as file:
        file.extractall(folder)
    return folder / "softmax-book"


def soup_of(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def test_every_page_offers_the_archive():
    for path in [SITE / "index.html", *SITE.glob("chapters/*.html")]:
        link = soup_of(path).select_one(".book-downloads a")
        assert (path.parent / link["href"]).resolve() == ARCHIVE.resolve()


def test_every_address_leads_to_a_file_of_the_archive(unpacked):
    pages = sorted(unpacked.rglob("*.html"))
    assert len(pages) > 10
    lost = []
    for page in pages:
        soup = soup_of(page)
        for tag, attribute in ADDRESSES:
            for found in soup.select(f"{tag}[{attribute}]"):
                address = urlsplit(found[attribute])
                if not address.scheme and not (page.parent / unquote(address.path)).exists():
                    lost.append(f"{page.name}: {address.path}")
    assert lost == []


def test_it_holds_neither_itself_nor_a_link_to_itself(unpacked):
    names = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*")}
    assert not any(name.startswith("downloads") for name in names)
    assert {"404.html", "sitemap.xml"}.isdisjoint(names)
    assert not any("book-downloads" in page.read_text() for page in unpacked.rglob("*.html"))


def test_the_same_site_gives_the_same_bytes():
    """No date but 1980 and the names in order: nothing in it tells when or where it was made."""
    with ZipFile(ARCHIVE) as file:
        entries = file.infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o644}


@pytest.fixture
def open_page(browser, unpacked):
    """Return a function that opens a page of the archive, and holds what went wrong there."""
    context = browser.new_context()
    complaints = []

    def open_page(name):
        page = context.new_page()
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.goto((unpacked / name).as_uri())
        wait_until_idle(page)
        return page

    yield open_page
    assert complaints == []
    context.close()


WITH_EXPLORERS = [
    path.relative_to(SITE).as_posix()
    for path in sorted([*SITE.glob("index.html"), *SITE.glob("chapters/*.html")])
    if "static-widget" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", WITH_EXPLORERS)
def test_explorers_live_from_the_disk(open_page, name):
    page = open_page(name)
    explorer = page.locator(".softmax-explorer").first
    explorer.wait_for()
    before = explorer.get_attribute("data-state")
    explorer.locator("input[type=range]").first.focus()
    page.keyboard.press("ArrowUp")
    expect(explorer).not_to_have_attribute("data-state", before)


def test_search_works_from_the_disk(browser, unpacked):
    """Titles and links; the lines around a find, which Sphinx fetches, a browser keeps back."""
    page = browser.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(error))
    page.goto((unpacked / "index.html").as_uri())
    page.locator("input[name=q]").fill("entropy")
    page.keyboard.press("Enter")
    page.locator("#search-results li a", has_text="Temperature").first.wait_for()
    assert Path(urlsplit(page.url).path).name == "search.html"
    said = page.locator("#search-results .search-summary", has_text="Results")
    said.wait_for()  # the search is over
    assert errors == []
    page.close()

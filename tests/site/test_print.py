"""A page on paper, and the whole book as one PDF."""

import re
import sys

import pytest
import yaml
from pypdf import PdfReader

from ..conftest import ROOT, SITE

sys.path.insert(0, str(ROOT / "scripts"))
import book_pdf

sys.path.pop(0)

PAGES = ["index.html"]
PAGES += sorted(path.relative_to(SITE).as_posix() for path in SITE.glob("chapters/*.html"))
PAPER = 657  # pixels of CSS between the margins of an A4 sheet: 174 mm


@pytest.fixture
def on_paper(browser, site):
    """Return a function that lays a page out for paper, as wide as a sheet, from a dark screen."""
    context = browser.new_context(
        viewport={"width": PAPER, "height": 900}, color_scheme="dark", reduced_motion="reduce"
    )

    def on_paper(name):
        page = context.new_page()
        page.goto(f"{site}/{name}")
        page.evaluate("document.body.dataset.theme = 'dark'")
        explorers = page.locator(".static-widget").count()
        page.wait_for_function(
            "(n) => document.querySelectorAll('.softmax-explorer').length === n", arg=explorers
        )
        page.emulate_media(media="print", color_scheme="dark")
        return page

    yield on_paper
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_reaches_over_the_margin(on_paper, name):
    over = on_paper(name).evaluate(
        """(width) => {
          const texts = document.createTreeWalker(
            document.querySelector("article"), NodeFilter.SHOW_TEXT);
          const over = [];
          while (texts.nextNode()) {
            const text = texts.currentNode;
            const hidden = ".katex-mathml, .se-hidden, .visually-hidden, script, style, noscript";
            if (!text.data.trim() || text.parentElement.closest(hidden)) continue;
            const range = document.createRange();
            range.selectNodeContents(text);
            const box = range.getBoundingClientRect();
            if (box.width && (box.right > width + 1 || box.left < -1)) over.push(text.data);
          }
          for (const image of document.querySelectorAll("article :is(img, svg.se-matrix)")) {
            if (image.getBoundingClientRect().right > width + 1) over.push(image.outerHTML);
          }
          return over;
        }""",
        PAPER,
    )
    assert over == []


@pytest.mark.parametrize("name", PAGES)
def test_only_the_text_is_printed(on_paper, name):
    page = on_paper(name)
    for what in (
        ".sidebar-drawer, .toc-drawer, .mobile-header, footer",
        ".headerlink, .copybtn, .page-links, .widget-link, .content-icon-container",
        ".softmax-explorer :is(button, input[type=range])",
    ):
        assert not any(node.is_visible() for node in page.locator(what).all()), what


@pytest.mark.parametrize("name", PAGES)
def test_solutions_and_hidden_code_are_open(on_paper, name):
    page = on_paper(name)
    for details in page.locator("details").all():
        inside = details.locator("xpath=./*[not(self::summary)]").first
        if name.endswith("summary.html"):  # leaves solutions and hints out, to fit on its sheets
            continue
        assert inside.bounding_box()["height"] > 10
    asked_for = page.locator("summary").get_by_text(re.compile("^(Show|Hide) "))
    assert not any(node.is_visible() for node in asked_for.all())


@pytest.mark.parametrize("name", PAGES)
def test_ink_is_dark_and_paper_light(on_paper, name):
    page = on_paper(name)
    style = "(e, name) => getComputedStyle(e)[name]"
    for selector in ("article p", ".softmax-explorer", "article pre"):
        for node in page.locator(selector).all()[:3]:
            channels = re.findall(r"\d+", node.evaluate(style, "color"))[:3]
            assert max(map(int, channels)) < 120
    for image in page.locator("article img").all():
        assert image.evaluate(style, "filter") == "none"
    for explorer in page.locator(".softmax-explorer").all():
        assert explorer.evaluate(style, "backgroundColor") == "rgb(255, 255, 255)"
    shadows = page.locator(".cell_output, .math-wrapper, .table-wrapper").evaluate_all(
        "(boxes) => boxes.map((box) => getComputedStyle(box).backgroundImage)"
    )
    assert set(shadows) <= {"none"}  # on a screen they say that there is more


def test_a_link_to_another_site_says_where(on_paper):
    page = on_paper("chapters/teaching.html")
    page.evaluate(
        """document.querySelector("article p").innerHTML =
             '<a href="https://example.org/there">there</a>, <a href="temperature.html">here</a>'"""
    )
    after = "(e) => getComputedStyle(e, '::after').content"
    links = page.locator("article p").first.locator("a")
    assert "https://example.org/there" in links.nth(0).evaluate(after)
    assert links.nth(1).evaluate(after) == "none"


@pytest.fixture(scope="module")
def names():
    return book_pdf.pages_in_order(yaml.safe_load((ROOT / "_toc.yml").read_text()))


def test_the_pdf_has_all_pages_in_the_order_of_the_book(names):
    assert names[:2] == ["index", "chapters/scores_to_probabilities"]
    assert {f"{name}.html" for name in names} == set(PAGES)
    assert len(set(names)) == len(names)


def test_links_from_chapter_to_chapter_stay_in_the_pdf(names):
    soup = book_pdf.BeautifulSoup(book_pdf.joined(SITE, names), "html.parser")
    ids = [tag["id"] for tag in soup.select("[id]") if not tag.find_parent("svg")]
    inner = [a["href"] for a in soup.select("article a[href]") if a["href"].startswith("#")]
    outer = [a["href"] for a in soup.select("article a[href]") if not a["href"].startswith("#")]
    assert len(inner) > 100
    assert {link.removeprefix("#") for link in inner} <= set(ids)
    assert all(link.startswith("https://") for link in outer)
    for image in soup.select("article img"):
        assert image["src"].startswith("data:") or (SITE / image["src"]).is_file()


def test_a_printed_book_has_bookmarks_numbers_and_words(browser, tmp_path, names):
    """Two pages of it: the whole takes long, and is printed by `make pdf`."""
    target = tmp_path / "two.pdf"
    book_pdf.print_book(browser, SITE, [names[0], names[-1]], target)
    pdf = PdfReader(target)
    chapters = [mark for mark in pdf.outline if not isinstance(mark, list)]
    assert [mark.title for mark in chapters] == ["The Softmax book", "For instructors"]
    below = next(mark for mark in pdf.outline if isinstance(mark, list))
    assert "The map" in [mark.title for mark in below]
    second = pdf.get_destination_page_number(chapters[1])
    assert 0 < second < len(pdf.pages)
    for number, page in enumerate(pdf.pages, 1):
        assert str(number) in page.extract_text().split()
    assert pdf.trailer["/Root"]["/Lang"] == "en"
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert not (SITE / "book-to-print.html").exists()

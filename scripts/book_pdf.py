"""Print the built book as one PDF, with headless Chromium: `make pdf`.

The chapters are joined, in the order of _toc.yml, into one page before it is printed. So a link
from one chapter into another leads there on paper's screen too, the bookmarks are the headings of
the whole book, and the page numbers run through. An explorer is its still picture.
"""

import sys
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import urldefrag, urlsplit

import yaml
from bs4 import BeautifulSoup
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests import browser as chromium  # noqa: E402 (the tests' own way to find one)

SITE = ROOT / "_build" / "html"
PDF = "downloads/softmax-book.pdf"
FOOTER = (
    '<p style="width: 100%; text-align: center; font: 8px sans-serif">'
    '<span class="pageNumber"></span></p>'
)


def pages_in_order(toc):
    """Return the names of the book's pages in the order of its table of contents."""
    parts = [toc, *toc.get("parts", [])]
    chapters = [chapter["file"] for part in parts for chapter in part.get("chapters", [])]
    return [toc["root"], *chapters]


def joined(site, names):
    """Return one page with the text of all, for a place in the site's own folder."""
    soups = {f"{name}.html": read(site / f"{name}.html") for name in names}
    new_ids = unique_ids(soups)
    book = next(iter(soups.values()))
    for tag in book.find_all(["script", "noscript"]) + book.select("meta[http-equiv], link"):
        if "stylesheet" not in tag.get("rel", []):
            tag.decompose()
    styles = {link["href"] for link in book.find_all("link")}
    container = book.select_one("article").parent
    for page, soup in soups.items():
        for link in soup.select("link[rel=stylesheet]"):
            address = normpath(join(dirname(page), link["href"]))
            if address not in styles:
                styles.add(address)
                book.head.append(book.new_tag("link", rel="stylesheet", href=address))
        article = soup.select_one("article")
        for unwanted in article.select("script, noscript, .headerlink, .page-links"):
            unwanted.decompose()
        relocate(article, page, new_ids)
        # The heading's own anchor may be renamed; this one is the page.
        article["id"] = page_id(page)
        article["style"] = "break-before: page" if soup is not book else ""
        container.append(article.extract())
    for rest in [child for child in container.children if child.name != "article"]:
        rest.extract()
    return str(book)


def read(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def page_id(page):
    return f"page-{page.removesuffix('.html').replace('/', '-')}"


def unique_ids(soups):
    """Return {(page, id): an id that no other page has}; the first to use one keeps it."""
    taken, new = set(), {}
    for page, soup in soups.items():
        for tag in soup.select("article [id]"):
            name = tag["id"]
            new[page, name] = name if name not in taken else f"{name}--{page_id(page)}"
            taken.add(name)
    return new


def relocate(article, page, new_ids):
    """Lead the addresses in a chapter to where they are from the joined page."""
    for tag in article.select("[id]"):
        tag["id"] = new_ids[page, tag["id"]]
    for image in article.select("img[src]"):
        if not urlsplit(image["src"]).scheme:
            image["src"] = normpath(join(dirname(page), image["src"]))
        image["loading"] = "eager"  # paper does not scroll
    pages = {name for name, _ in new_ids}
    for link in article.select("a[href]"):
        path, anchor = urldefrag(link["href"])
        if urlsplit(path).scheme:
            continue
        target = normpath(join(dirname(page), path)) if path else page
        if target in pages:
            link["href"] = f"#{new_ids.get((target, anchor), page_id(target))}"
        else:
            del link["href"]  # a file beside the page, which paper has not
    for tag in article.select("[aria-labelledby], [aria-describedby]"):
        for name in ("aria-labelledby", "aria-describedby"):
            if name in tag.attrs:
                tag[name] = new_ids.get((page, tag[name]), tag[name])


def print_book(browser, site, names, target):
    """Print the pages of a built site into one PDF, in a browser that is open."""
    sheet = site / "book-to-print.html"
    page = browser.new_page(java_script_enabled=False)
    try:
        sheet.write_text(joined(site, names), encoding="utf-8")
        page.goto(sheet.as_uri(), wait_until="load")
        target.parent.mkdir(exist_ok=True)
        page.pdf(
            path=target,
            prefer_css_page_size=True,
            print_background=True,
            outline=True,
            tagged=True,
            display_header_footer=True,
            header_template="<p></p>",
            footer_template=FOOTER,
        )
    finally:
        page.close()
        sheet.unlink(missing_ok=True)


if __name__ == "__main__":
    path = chromium.find() or sys.exit(chromium.ADVICE)
    names = pages_in_order(yaml.safe_load((ROOT / "_toc.yml").read_text()))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium.ARGUMENTS)
        print_book(browser, SITE, names, SITE / PDF)
        browser.close()
    print(f"The book is printed: {SITE / PDF}, {(SITE / PDF).stat().st_size / 1e6:.1f} MB")

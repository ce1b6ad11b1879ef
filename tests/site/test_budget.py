"""What a page costs on a first visit, counted at a server that compresses as the real one does."""

import functools
import gzip
import http.server
import re
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ..conftest import SITE
from .explorer_harness import lay_out, wait_for_explorers, wait_until_idle
from .test_pages import PAGES

REQUESTS = 15
BYTES = 200_000
BYTES_WITH_VECTORS = 300_000  # of a real transformer, which an explorer computes with
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 800}
# Web fonts and raster images are compressed already; a server leaves them alone.
COMPRESSED = {".html", ".css", ".js", ".svg", ".json"}

SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const { value, sources } of list.getEntries()) {
    shifts.push([value, ...sources.map(({ node }) => node?.outerHTML ?? node?.textContent)]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""


class Gzipping(http.server.SimpleHTTPRequestHandler):
    """Compress what the usual hosts compress, and note what each answer's body weighs."""

    answers: list

    def __init__(self, *args, answers, **options):
        self.answers = answers
        super().__init__(*args, **options)

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        body = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        if path.suffix in COMPRESSED:
            body = gzip.compress(body, 6, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.answers.append((self.path, len(body)))
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


@pytest.fixture
def first_visit(browser):
    """Return a function that opens a page with an empty cache: the page, and the answers it got."""
    answers = []
    handler = functools.partial(Gzipping, answers=answers, directory=str(SITE))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    contexts = []

    def visit(name, viewport):
        contexts.append(browser.new_context(viewport=viewport))
        page = contexts[-1].new_page()
        page.add_init_script(SHIFTS)
        answers.clear()
        page.goto(f"http://127.0.0.1:{server.server_port}/{name}")
        wait_until_idle(page)
        return page, answers

    yield visit
    for context in contexts:
        context.close()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_first_view_is_light_and_still(first_visit, name, viewport):
    page, answers = first_visit(name, viewport)
    assert len(answers) <= REQUESTS, answers
    vectors = '"vectors": {' in (SITE / name).read_text(encoding="utf-8")
    most = BYTES_WITH_VECTORS if vectors else BYTES
    assert sum(size for _, size in answers) <= most, answers
    assert page.evaluate("shifts") == []
    # One style sheet, one script, and what this page alone has a use for.
    files = [urlsplit(path).path.rpartition("/")[2] for path, _ in answers]
    assert len([file for file in files if file.endswith(".css")]) == 1
    assert len([file for file in files if re.fullmatch(r"book-\w+\.js", file)]) == 1
    assert ("static_widgets.js" in files) == (page.locator(".static-widget").count() > 0)
    assert ("searchtools.js" in files) == (name == "search.html")


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("chapters/")])
def test_nothing_moves_while_the_reader_scrolls_down(first_visit, name):
    page, _ = first_visit(name, PHONE)
    page.evaluate(
        """async () => {
            const frame = () => new Promise((done) => requestAnimationFrame(done));
            for (let y = 0; y < document.body.scrollHeight; y += 700) {
                scrollTo({ top: y, behavior: "instant" });
                await frame();
                await frame();
            }
            const pictures = [...document.querySelectorAll("article img")];
            await Promise.all(pictures.map((picture) => picture.decode()));
            await frame();
        }"""
    )
    assert page.evaluate("shifts") == []


HEIGHT = "document.querySelector('article').getBoundingClientRect().height"


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("chapters/")])
def test_a_page_laid_out_in_parts_is_the_page_laid_out_at_once(first_visit, name):
    page, _ = first_visit(f"{name}#", PHONE)
    page.goto(f"{page.url}nowhere")  # one that opens at a place is not put off
    page.reload()
    wait_for_explorers(page)
    assert page.locator(".in-parts").count() == 0
    whole = page.evaluate(HEIGHT)
    page, _ = first_visit(name, PHONE)
    wait_for_explorers(page)
    assert page.locator(".in-parts").count() == 1
    lay_out(page)
    assert page.evaluate(HEIGHT) == pytest.approx(whole, abs=1)


@pytest.mark.parametrize("do", ["press", "follow", "scroll"])
def test_the_end_of_a_long_page_waits_for_the_reader(first_visit, do):
    page, _ = first_visit("chapters/gradient.html", PHONE)
    last = page.locator("article .math-wrapper:visible .katex").last
    seen = "(e) => e.checkVisibility({ contentVisibilityAuto: true })"
    assert not last.evaluate(seen)
    if do == "press":
        lay_out(page)
    elif do == "follow":
        page.locator("article .headerlink").first.dispatch_event("click")
    else:
        last.scroll_into_view_if_needed()
    page.wait_for_function(f"(e) => ({seen})(e)", arg=last.element_handle())


def test_fonts_of_common_mathematics_are_in_the_style_sheet(first_visit):
    """The page on notation shows most symbols of the book."""
    page, answers = first_visit("chapters/notation.html", DESK)
    assert not [path for path, _ in answers if "font" in path]
    drawn = """async () => [...await document.fonts.ready]
      .filter((font) => font.status === "loaded").map((font) => font.family)"""
    assert {"KaTeX_Main", "KaTeX_Math", "KaTeX_Size1"} <= set(page.evaluate(drawn))


def test_a_rare_symbol_still_comes_from_the_full_font(first_visit):
    page, answers = first_visit("chapters/notation.html", DESK)
    # U+C6 is in KaTeX's main font, and no chapter's mathematics has any use for it.
    page.evaluate("document.querySelector('.katex-html .mord').textContent = '\\u00c6'")
    page.wait_for_function(
        "() => [...document.fonts]"
        ".filter((font) => font.family === 'KaTeX_Main' && font.status === 'loaded').length === 2"
    )
    assert [path for path, _ in answers if path.endswith("KaTeX_Main-Regular.woff2")]

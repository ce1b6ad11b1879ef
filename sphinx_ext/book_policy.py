"""What a page may do in the browser, and corrections to markup that no setting reaches.

Each page carries a Content-Security-Policy, made for it when its HTML is finished. It forbids all
that it does not name. It has to allow:

script-src 'self'
    The book's own scripts, which are files.
script-src 'sha256-...'
    What has to run before the page is painted, which a file would do too late: the theme's line
    that picks the colours, and the book's few (templates/page.html). Their hashes: no other inline
    script runs, and a page that has one is not built. An ``onclick`` runs nowhere, and nor does
    ``eval``: no page has a use for either.
script-src blob:
    Only where there is an explorer: its module is in the page's own data, and a module can only be
    imported from an address. A Blob's address can be made by the page's own scripts alone.
style-src-elem 'self' 'sha256-...'
    The book's style sheet, and the theme's block of colours. Explorers style themselves through
    adopted style sheets, which no policy governs.
style-src-attr 'unsafe-inline'
    KaTeX writes the place of every symbol into style attributes, some ten thousand different ones
    in the book, and a hash of an attribute counts only with 'unsafe-hashes' and one for each. An
    attribute can restyle its own element; it can neither run nor, given img-src, fetch from
    elsewhere.
style-src 'self' 'unsafe-inline'
    What browsers fall back on that do not know the two finer rules.
img-src 'self' data:, font-src 'self' data:
    Pictures and fonts are files; the theme's icons and the mathematical fonts that every page
    needs stand in the style sheet as data.
connect-src 'self'
    The search page fetches lines from the pages that it found. The other pages fetch nothing, but a
    tool that audits one asks for the site's robots.txt from inside it. What a page could read so is
    its own site, which is public, and there is no other host that it could tell.
form-action 'self'
    The search box.

A policy in a page cannot say who may frame it; a host that sends headers can.
"""

import hashlib
import re
from base64 import b64encode
from html import escape

from bs4 import BeautifulSoup
from sphinx.errors import ExtensionError
from sphinx.jinja2glue import BuiltinTemplateLoader

# What the inline scripts that a page may have begin with: the theme's, and the book's own.
KNOWN_SCRIPTS = ("document.body.dataset.theme", "const [opened] = performance")

# Two landmarks of one kind need names, to be told apart.
LANDMARKS = {
    '<aside class="sidebar-drawer"': "The book",
    '<aside class="toc-drawer': "On this page",
}


class FinishedPages(BuiltinTemplateLoader):
    """Sphinx's templates, with a last step for whole pages."""

    def render(self, template, context):
        """Render the template, and finish what comes out if it is a whole page."""
        html = super().render(template, context)
        return finished(html) if "<head>" in html else html


def finished(html):
    for landmark, name in LANDMARKS.items():
        if landmark not in html:
            raise ExtensionError(
                f"the theme's pages no longer have {landmark}: correct book_policy"
            )
        html = html.replace(landmark, landmark.replace("aside", f'aside aria-label="{name}"'), 1)
    # A heading has a level.
    html = html.replace(
        '<p class="caption" role="heading">', '<p class="caption" role="heading" aria-level="2">'
    )
    # Firefox fetches ahead what a page calls its next, and the policy, which counts it as nothing
    # that it names, would complain of it on the console of every page.
    html = re.sub(r'\s*<link rel="next"[^>]*>', "", html)
    # Sites that a page links to are not told which page that was.
    meta = '<meta name="referrer" content="no-referrer">'
    # Ahead of all that it governs.
    policy = f'<meta http-equiv="Content-Security-Policy" content="{policy_for(html)}">'
    return html.replace('<meta charset="utf-8">', f'<meta charset="utf-8">{policy}{meta}', 1)


def policy_for(html):
    """Return the strictest policy under which a page of the book still works."""
    scripts = ["'self'", *hashes(html, "script")]
    if 'class="static-widget"' in html:
        scripts.append("blob:")
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(scripts),
        "style-src": "'self' 'unsafe-inline'",
        "style-src-elem": " ".join(["'self'", *hashes(html, "style")]),
        "style-src-attr": "'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def hashes(html, tag):
    """Return the hashes of a page's inline scripts or styles, without those that are data."""
    found = re.findall(rf"<{tag}(?![^>]*\s(?:src|type)=)[^>]*>(.*?)</{tag}>", html, re.S)
    for text in found if tag == "script" else ():
        if not text.strip().startswith(KNOWN_SCRIPTS):
            raise ExtensionError(f"the policy knows no such inline script: {text.strip()[:200]}")
    digests = (hashlib.sha256(text.encode()).digest() for text in found)
    return sorted({f"'sha256-{b64encode(digest).decode()}'" for digest in digests})


def correct_body(app, pagename, templatename, context, doctree):
    """Correct what docutils writes: roles that ARIA has withdrawn, header cells with no words."""
    if "body" in context:
        body = context["body"].replace(' role="doc-biblioentry"', ' role="listitem"')
        context["body"] = re.sub(r"<th\b.*?</th>", named_header, body, flags=re.S)


def named_header(match):
    """Name the mathematics of a header cell that has nothing else; one that is empty heads nothing.

    Not all screen readers use MathML when they name a column by its header.
    """
    cell = BeautifulSoup(match[0], "html.parser").th
    symbols = [symbol.get_text() for symbol in cell.select("math :is(mi, mn, mo, mtext)")]
    for mathematics in cell.select(".katex"):
        mathematics.extract()
    if cell.get_text(strip=True):
        return match[0]
    if symbols:
        return match[0].replace("<math", f'<math aria-label="{escape(" ".join(symbols))}"', 1)
    return match[0].replace("<th", "<td", 1).removesuffix("</th>") + "</td>"


def configure(app, config):
    config.template_bridge = f"{__name__}.FinishedPages"


def setup(app):
    app.connect("config-inited", configure)
    app.connect("html-page-context", correct_body)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

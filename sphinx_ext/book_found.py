"""How others find a page, show it and cite it: structured data, cards for links, a site map.

Each page says in its head what it is: in schema.org's words for search engines and catalogues of
learning resources, and in Open Graph's for whoever shows a link to it. What needs the site's own
address (page and picture addresses, the map of the site) is absent where BOOK_SITE is not set,
as `book_site` has it. So is robots.txt where the book does not have a host to itself: robots look
for it nowhere but at the host's root.
"""

import json
from html import escape
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

import matplotlib.pyplot as plt
from docutils import nodes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from softmax_lib import figures

CARD = "_static/card.png"
CARD_ALT = "Softmax of the scores 2, 1, 0, -1 at three temperatures: from one bar to four"
CARD_LOGITS, CARD_TEMPERATURES = [2.0, 1.0, 0.0, -1.0], [0.2, 1.0, 5.0]
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


def describe(app, pagename, templatename, context, doctree):
    """Put into the head of a chapter what it is, for machines."""
    if doctree is None or pagename not in app.env.found_docs:
        return
    title = app.env.titles[pagename].astext()
    told = {meta.get("name"): meta["content"] for meta in doctree.findall(nodes.meta)}
    description = told.get("description", "")
    root = pagename == app.config.root_doc
    data = structured_data(app, title, description, address(app, pagename), root)
    # "<" could end the script element early, or open a comment in it.
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    tags = [f'<script type="application/ld+json">{text}</script>']
    for name, content in card(app, title, description, address(app, pagename), root).items():
        kind = "name" if name.startswith("twitter:") else "property"
        tags.append(f'<meta {kind}="{name}" content="{escape(content)}">')
    context["metatags"] = "\n".join([context.get("metatags", ""), *tags])


def address(app, pagename):
    """Return where a page is published, or None where that is not known."""
    base = app.config.html_baseurl
    return urljoin(base, app.builder.get_target_uri(pagename)) if base else None


def structured_data(app, title, description, url, root):
    """Return a page as schema.org's Book, or as a learning resource that is part of it."""
    data = {
        "@context": "https://schema.org",
        "@type": ["Book", "LearningResource"] if root else ["Chapter", "LearningResource"],
        "name": title,
        "description": description,
        "author": {"@type": "Organization", "name": app.config.author},
        "inLanguage": "en-GB",
        "learningResourceType": "textbook" if root else "chapter",
        "isAccessibleForFree": True,
        "license": LICENCE,
    }
    if not root:
        data["isPartOf"] = {"@type": "Book", "name": app.config.html_title}
        if url:
            data["isPartOf"]["url"] = address(app, app.config.root_doc)
    if url:
        data["url"] = url
    return {name: value for name, value in data.items() if value != ""}


def card(app, title, description, url, root):
    """Return the Open Graph properties of a page, and Twitter's own one."""
    properties = {
        "og:type": "website" if root else "article",
        "og:title": title,
        "og:description": description,
        "og:site_name": app.config.html_title,
        "og:locale": "en_GB",
    }
    if url:
        properties |= {
            "og:url": url,
            "og:image": urljoin(app.config.html_baseurl, CARD),
            "og:image:width": "1200",
            "og:image:height": "630",
            "og:image:alt": CARD_ALT,
            "twitter:card": "summary_large_image",
        }
    return {name: value for name, value in properties.items() if value}


def draw_card(path):
    """Draw the picture of a link to the book: its name, its equation, its first figure."""
    plain = dict.fromkeys(["axes.spines.left", "axes.spines.right", "axes.spines.top"], False)
    with plt.rc_context({"font.size": 16, "mathtext.fontset": "cm", **plain}):
        figure = Figure(figsize=(12, 6.3), dpi=100)
        figure.text(0.055, 0.83, "The Softmax book", size=44, weight="bold", color="#1c2733")
        formula = r"$p_i = \dfrac{e^{z_i/T}}{\sum_j e^{z_j/T}}$"
        figure.text(0.945, 0.80, formula, size=30, ha="right", va="center", color="#1c2733")
        figure.text(0.055, 0.71, "One function: derived, moved by hand, proved, and run", size=21,
                    color="#45525f")  # fmt: skip
        axes = figure.subplots(1, len(CARD_TEMPERATURES), sharey=True)
        figure.subplots_adjust(left=0.055, right=0.945, top=0.57, bottom=0.09, wspace=0.12)
        figures.draw_small_multiples(axes, CARD_LOGITS, CARD_TEMPERATURES)
        for ax in axes:
            ax.yaxis.set_major_locator(NullLocator())
        # Matplotlib would write its version into the file.
        figure.savefig(path, metadata={"Software": None})


def publish(app, exception):
    """Write what needs the site's address: its map, where robots find that, and the card."""
    base = app.config.html_baseurl
    if exception is not None or app.builder.format != "html":
        return
    for name in ("sitemap.xml", "robots.txt", CARD):  # what a build for another address has left
        Path(app.outdir, name).unlink(missing_ok=True)
    if not base:
        return
    ElementTree.register_namespace("", SITEMAP)
    root = ElementTree.Element(f"{{{SITEMAP}}}urlset")
    for pagename in sorted(app.env.found_docs):
        entry = ElementTree.SubElement(root, f"{{{SITEMAP}}}url")
        ElementTree.SubElement(entry, f"{{{SITEMAP}}}loc").text = address(app, pagename)
    tree = ElementTree.ElementTree(root)
    ElementTree.indent(tree)
    tree.write(Path(app.outdir, "sitemap.xml"), encoding="utf-8", xml_declaration=True)
    if urlsplit(base).path == "/":
        rules = f"User-agent: *\nAllow: /\nSitemap: {urljoin(base, 'sitemap.xml')}\n"
        Path(app.outdir, "robots.txt").write_text(rules, encoding="utf-8")
    draw_card(Path(app.outdir, CARD))


def setup(app):
    app.connect("html-page-context", describe)
    app.connect("build-finished", publish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

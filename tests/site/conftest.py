"""Fixtures for pages that hold nothing but explorers."""

import functools

import anywidget
import numpy as np
import pytest

from softmax_lib import widgets
from softmax_lib.figures import number_repeats

from ..conftest import ROOT
from .explorer_harness import settle, write_page


@pytest.fixture(scope="session")
def blank(serve, tmp_path_factory):
    """An empty folder, and the address where it is served."""
    folder = tmp_path_factory.mktemp("explorers")
    return folder, serve(folder)


@pytest.fixture
def explore(browser, blank):
    """Return a function that opens a page with the given explorers.

    At the end none may have broken the page's policy, asked for more, or set a trait that is not
    the page's to set.
    """
    folder, address = blank
    opened = []

    def explore(*widgets, scheme="http", body="", clock=False, **options):
        context = browser.new_context(**{"viewport": {"width": 700, "height": 600}, **options})
        page = context.new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        opened.append((context, page, asked, widgets))
        if clock:
            page.clock.install(time=0)
        path = write_page(folder, *widgets, body=body)
        page.goto(f"{address}/index.html" if scheme == "http" else path.as_uri())
        page.wait_for_selector("[data-ready]", state="attached")
        settle(page)
        if clock:
            # From here on the test moves it: a clock that also ran by itself would run far ahead
            # of a test on a busy machine.
            page.clock.pause_at(3600)
        return page

    yield explore
    for context, page, asked, shown in opened:
        assert page.evaluate("failures") == []
        own = ("index.html", "harness.js", "favicon.ico")
        assert [url for url in asked if not url.endswith(own) and url[:5] != "blob:"] == []
        for i, widget in enumerate(shown):
            written = page.evaluate(f"[...models[{i}].written]")
            assert set(written) <= set(public_traits(widget)) - {"initial"}
        context.close()


def public_traits(widget):
    """Return the names of the traits that an explorer and its page share."""
    shared = set(widget.keys) - set(anywidget.AnyWidget.class_trait_names(sync=True))
    return [name for name in shared if not name.startswith("_")]


@functools.cache
def the_sentence():
    """Return the queries, keys and tokens of the chapter's real transformer."""
    with np.load(ROOT / "chapters" / "data" / "minilm_attention.npz") as data:
        return data["query"], data["key"], number_repeats(data["tokens"])


def made(explorer):
    """Return one that begins as its chapter's, or as one without arguments does."""
    return explorer(*the_sentence()) if explorer is widgets.AttentionExplorer else explorer()

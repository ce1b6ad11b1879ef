"""Live pages in a real JupyterLab and Notebook, with what Binder installs."""

import json
import re
import time

import pytest
from playwright.sync_api import expect

from softmax_lib import widgets

from ..site.explorer_harness import settle

# An observer, and later a report of what it saw.
OBSERVE = """\
seen = []
explorer.observe(lambda change: seen.append(change["new"]), "temperature")
"""
REPORT = """\
import json
print("report", json.dumps([seen, explorer.temperature, slider.value, explorer.probabilities]))
"""

# What Python has of every explorer on the page.
REPORT_ALL = """\
import json
shown = [v for v in list(globals().values()) if isinstance(v, widgets._base.Explorer)]
shown = {type(v).__name__: {name: getattr(v, name) for name in v.initial} for v in shown}
print("report", json.dumps(shown))
"""

SELECTED = ".jp-Notebook .jp-Cell.jp-mod-selected"


class Live:
    """One notebook, open in a browser."""

    def __init__(self, page, path):
        self.page, self.path = page, path

    def cells(self):
        return json.loads(self.path.read_text())["cells"]

    def run_all(self):
        """Run all cells by the menu, and save until the file has the last one's result."""
        # Before its kernel is there, Jupyter would ask which one to take.
        kernel = self.page.get_by_text("Python 3 (ipykernel)").locator("visible=true")
        kernel.first.wait_for()
        self.page.wait_for_timeout(3000)
        self.menu("Run", "Run All Cells")
        end = time.monotonic() + 90
        self.page.wait_for_timeout(1000)
        if (ask := self.page.locator(".jp-Dialog .jp-mod-accept")).count():
            ask.click()
        while time.monotonic() < end:
            self.page.keyboard.press("ControlOrMeta+s")
            self.page.wait_for_timeout(2000)
            try:
                code = [cell for cell in self.cells() if cell["cell_type"] == "code"]
            except json.JSONDecodeError:  # read while it was being written
                continue
            outputs = [output for cell in code for output in cell["outputs"]]
            errors = [output for output in outputs if output["output_type"] == "error"]
            assert errors == []
            if all(cell["execution_count"] for cell in code):
                # Ended too, not only begun: what a cell prints comes after its count.
                if any("report" in str(output.get("text")) for output in code[-1]["outputs"]):
                    return
        pytest.fail(f"The chapter did not finish: {[cell['execution_count'] for cell in code]}")

    def menu(self, *names):
        for name in names:
            self.page.get_by_role("menuitem", name=name, exact=True).click()

    def scroll(self, distance):
        """Turn the mouse wheel over the notebook: a cell out of sight is not drawn at all."""
        self.page.locator(".jp-WindowedPanel-outer").hover(position={"x": 5, "y": 300})
        self.page.mouse.wheel(0, distance)
        self.page.wait_for_timeout(300)

    def explorer(self):
        return self.page.locator(".softmax-temperature-explorer")

    def state(self):
        settle(self.page)
        return json.loads(self.explorer().get_attribute("data-state"))

    def selected(self):
        """Return which cells are selected, by their number."""
        return self.page.locator(SELECTED).evaluate_all(
            "(cells) => cells.map((cell) => cell.dataset.windowedListIndex)"
        )

    def report(self):
        """Return what the last cell prints, once it prints the same twice.

        While the kernel is busy the page keeps back what it has to tell it, but not this cell.
        """
        before, now = None, self.printed()
        while now != before:
            before, now = now, self.printed()
        return now

    def printed(self):
        """Run the last cell with Shift+Enter and return what it prints."""
        self.scroll(100_000)
        # Lab puts a new cell below the last one when that runs: the report is not always the last.
        cell = self.page.locator(".jp-CodeCell", has_text="report").last
        before = cell.locator(".jp-InputPrompt").first.inner_text()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")
        prompt = cell.locator(".jp-InputPrompt").first
        expect(prompt).to_have_text(re.compile(r"\[\d+\]"))
        expect(prompt).not_to_have_text(before)
        printed = cell.locator(".jp-OutputArea-output").inner_text()
        return json.loads(printed.strip().removeprefix("report "))


@pytest.fixture
def visit(browser, binder, jupyter):
    """Open a page, some cells longer, in one of the two; no foreign host may be asked."""
    contexts, foreign = [], []

    def visit(place, name, page="temperature", added=(OBSERVE, REPORT)):
        chapter = json.loads((binder / "chapters" / f"{page}.ipynb").read_text())
        for source in added:
            cell = {"cell_type": "code", "id": f"live-{len(chapter['cells'])}", "source": source}
            chapter["cells"].append(
                {**cell, "metadata": {}, "outputs": [], "execution_count": None}
            )
        # Its own file and so its own kernel: the tests are independent.
        path = binder / "chapters" / f"{name}.ipynb"
        path.write_text(json.dumps(chapter))
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(30_000)
        tab.on(
            "request",
            lambda request: (
                foreign.append(request.url)
                if not request.url.startswith((jupyter, "data:", "blob:"))
                else None
            ),
        )
        # A workspace of its own: Lab would open the notebooks of the tests before as well.
        tree = f"lab/workspaces/{name}/tree" if place == "lab" else place
        tab.goto(f"{jupyter}/{tree}/chapters/{name}.ipynb")
        tab.wait_for_selector(".jp-Notebook .jp-Cell", state="attached")
        return Live(tab, path)

    yield visit
    for context in contexts:
        context.close()
    assert foreign == []


def arrows_move_the_slider(live):
    """Press keys on the temperature slider; return the temperatures it went through."""
    live.scroll(-100_000)
    slider = live.explorer().get_by_role("slider", name="temperature")
    slider.scroll_into_view_if_needed()
    start = live.state()["temperature"]
    slider.focus()
    before = live.selected()
    went = []
    for key in ["ArrowRight", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowLeft", "PageUp"]:
        live.page.keyboard.press(key)
        went.append(live.state()["temperature"])
    assert start == 1
    assert start < went[0] < went[1] < went[2] > went[3] > went[4] < went[5]
    # Jupyter has not taken the keys for its own.
    assert live.selected() == before
    expect(slider).to_be_focused()
    return went


def assert_followed(seen, went):
    """Python saw nothing but where the slider went, in that order, and its last place.

    Jupyter may leave out a place in between while the kernel is busy: it sends what is newest.
    """
    places = iter(went)
    assert all(temperature in places for temperature in seen)
    assert seen[-1] == went[-1]
    assert len(seen) > len(went) / 2


def test_the_chapter_runs_and_python_follows_the_slider_in_jupyterlab(visit):
    live = visit("lab", "temperature_in_lab")
    live.run_all()
    expect(live.explorer()).to_have_count(1)
    went = arrows_move_the_slider(live)
    shown = live.state()
    seen, temperature, linked, probabilities = live.report()
    assert_followed(seen, went)
    assert temperature == shown["temperature"]
    assert linked == 1  # the chapter's own slider leads and does not follow
    assert probabilities == pytest.approx(shown["probabilities"], rel=1e-12)


def test_jupyterlab_shows_no_raw_myst(visit):
    live = visit("lab", "temperature_as_text")
    wanted = {
        str(i): "".join(cell["source"])
        for i, cell in enumerate(live.cells())
        if cell["cell_type"] == "markdown"
    }
    exercises = sum("{exercise}" in source for source in wanted.values())
    texts = {}
    rendered = live.page.locator(".jp-MarkdownCell:has(.myst)")
    for _ in range(60):
        texts |= rendered.evaluate_all(
            """(cells) => Object.fromEntries(
                 cells.map((e) => [e.dataset.windowedListIndex, e.innerText]))"""
        )
        if len(texts) == len(wanted):
            break
        live.scroll(400)
    assert len(texts) == len(wanted)
    assert live.page.locator(".myst-exercise").count() == exercises
    for text in texts.values():
        assert not re.search(r"```|\{\w+\}`|\$|:label:|\\frac", text), text


def test_the_slider_keeps_its_keys_in_notebook_7(visit):
    live = visit("notebooks", "temperature_in_notebook")
    live.run_all()
    went = arrows_move_the_slider(live)
    seen, temperature, *_ = live.report()
    assert_followed(seen, went)
    assert temperature == live.state()["temperature"]


def test_the_plain_slider_moves_the_explorer_and_its_own_picture(visit):
    live = visit("lab", "temperature_by_slider")
    live.run_all()
    handle = live.page.locator(".jupyter-widgets .noUi-handle")
    live.scroll(-100_000)
    for _ in range(40):
        if handle.count() and handle.first.is_visible():
            break
        live.scroll(500)
    handle.first.focus()
    live.page.keyboard.press("ArrowRight")
    seen, temperature, linked, _ = live.report()
    # An eighth of a doubling, by the definition of the slider.
    assert seen == [temperature] == [linked] == [pytest.approx(2 ** (1 / 8))]


@pytest.mark.parametrize("place", ["lab", "notebooks"])
def test_python_follows_every_explorer(visit, place):
    """The gallery: an arrow key on the first slider of each explorer, and then what Python has."""
    live = visit(place, f"gallery_in_{place}", "gallery", [REPORT_ALL])
    live.run_all()
    live.scroll(-100_000)
    moved = {}
    for _ in range(60):
        # A cell out of sight is not drawn at all: take what is there, and scroll on.
        for root in live.page.locator(".softmax-explorer").all():
            name = root.get_attribute("class")
            slider = root.locator("input[type=range]").first
            if name in moved or not slider.is_visible():
                continue
            before = root.get_attribute("data-state")
            slider.scroll_into_view_if_needed()
            slider.focus()
            selected = live.selected()
            expect(slider).to_be_focused()
            live.page.keyboard.press("ArrowUp")
            live.page.wait_for_function(
                "([root, before]) => root.dataset.state !== before",
                arg=[root.element_handle(), before],
            )
            assert live.selected() == selected  # Jupyter has not taken the key for its own
            moved[name] = json.loads(root.get_attribute("data-state"))
        if len(moved) == len(widgets.__all__):
            break
        live.scroll(500)
    assert len(moved) == len(widgets.__all__)
    shown = live.report()
    assert len(shown) == len(moved)
    for name, says in moved.items():
        (has,) = (shown[w] for w in shown if w.removesuffix("Explorer").lower() in name)
        assert {trait: says[trait] for trait in has} == has

"""Every page for every reader: axe-core, the keyboard, large type, the reader's own colours."""

import io

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import expect

from ..contrast import contrast, luminance
from .explorer_harness import lay_out, settle, wait_for_explorers, wait_until_idle
from .test_pages import CHAPTERS, MATHEMATICAL, PAGES

# A wide light page and a narrow dark one. 320 pixels is also what a page of 1280 has at 400 %.
LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 320, "height": 800}},
}


@pytest.fixture
def visit(browser, site):
    """Return a function that opens a page of the book in a context with the given options."""
    contexts = []

    def open_page(name, **options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.goto(f"{site}/{name}")
        wait_until_idle(page)
        return page

    yield open_page
    for context in contexts:
        context.close()


def complaints(page, within=None):
    found = Axe().run(page, context=within).response["violations"]
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(visit, name, look):
    page = visit(name, **LOOKS[look])
    page.locator("details").evaluate_all("all => all.forEach((each) => { each.open = true; })")
    wait_for_explorers(page)
    lay_out(page)  # nobody comes to what is put off before that
    # What unfolds fades in, and is pale until it is there.
    page.evaluate("() => Promise.all(document.getAnimations().map(({ finished }) => finished))")
    assert complaints(page) == []


# The gallery and the landing page have no explorer that a chapter has not.
WITH_EXPLORERS = [name for name in CHAPTERS if "gallery" not in name and name != "index.html"]


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", WITH_EXPLORERS)
def test_axe_finds_nothing_in_an_explorer_at_its_ends_and_refusing(visit, name, look):
    page = visit(name, **LOOKS[look])
    wait_for_explorers(page)
    for explorer in page.locator(".softmax-explorer").all():
        sliders = explorer.locator("input[type=range]:visible").all()
        for key in ("End", "Home"):
            for slider in sliders:
                slider.press(key)
            settle(page)
            assert complaints(page, ".softmax-explorer") == []
        # No explorer takes a number like this; it says so, in its words and to the screen reader.
        for field in explorer.locator("input[type=number]:visible").all():
            field.fill("-1e300")
            settle(page)
            assert complaints(page, ".softmax-explorer") == []
            break


@pytest.mark.parametrize("name", MATHEMATICAL)
def test_mathematics_is_read_once_and_in_order(visit, name):
    """A screen reader finds the MathML where the formula stands, and not the drawn symbols."""
    page = visit(name)
    order = page.evaluate(
        """() => [...document.querySelectorAll(".katex")].map((formula) => [
            formula.firstElementChild.matches(".katex-mathml"),
            formula.firstElementChild.querySelector("math") !== null,
            !formula.querySelector(".katex-mathml [aria-hidden=true]"),
            getComputedStyle(formula.firstElementChild).display !== "none",
            formula.lastElementChild.getAttribute("aria-hidden") === "true",
        ])"""
    )
    assert order
    assert all(all(formula) for formula in order)


# Watches where the focus goes, and whether it can be seen there. The page scrolls to an element
# once that has the focus, so whether it is on the screen shows when the key is let go.
WATCH = """() => {
    window.stops = [];
    window.problems = [];
    const blame = (element, what) => problems.push([what, element.outerHTML.slice(0, 120)]);
    document.addEventListener("focusin", ({ target }) => {
        const { outlineStyle, outlineWidth, opacity, visibility } = getComputedStyle(target);
        if (outlineStyle === "none" || parseFloat(outlineWidth) < 1) blame(target, "no outline");
        if (opacity === "0" || visibility === "hidden") blame(target, "not seen");
        const before = stops.at(-1);
        if (before?.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_PRECEDING) {
            if (stops.includes(target)) window.round = true;
            else blame(target, "out of order");
        }
        stops.push(target);
    });
    document.addEventListener("keyup", () => {
        const at = document.activeElement;
        if (at === document.body) return; // between the end of the page and its beginning
        const { left, right, top, bottom } = at.getBoundingClientRect();
        if (right <= 0 || left >= innerWidth || bottom <= 0 || top >= innerHeight)
            blame(at, `off the screen: ${[left, top, right, bottom]}`);
    });
}"""

# What there is to reach, and was not. The theme's way back to the top comes and goes;
# the Home key does the same.
MISSED = """() => {
    const all = document.querySelectorAll(
        "a[href]:not(.back-to-top), button, input, select, textarea, summary, [tabindex='0']");
    return [...all]
        .filter((e) => e.tabIndex >= 0 && !e.disabled && e.type !== "hidden"
            && e.checkVisibility({ visibilityProperty: true }) && !stops.includes(e))
        .map((e) => e.outerHTML.slice(0, 120));
}"""


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_keyboard_reaches_everything_in_order_and_is_seen_there(visit, name, look):
    page = visit(name, **LOOKS[look], reduced_motion="reduce")
    # What stands below an explorer is shown once that is drawn, after two seconds at the latest.
    wait_for_explorers(page)
    page.wait_for_timeout(2100)
    page.evaluate(WATCH)
    for _ in range(40):
        for _ in range(20):
            page.keyboard.press("Tab")
        if page.evaluate("window.round"):
            break
    else:
        pytest.fail("the focus never comes round")
    assert page.evaluate("problems") == []
    assert page.evaluate(MISSED) == []


def test_drawers_of_narrow_screens_open_and_close_by_keyboard(visit):
    page = visit("chapters/temperature.html", viewport={"width": 360, "height": 800})
    for drawer, link in (("navigation", ".sidebar-tree a"), ("contents", ".toc-tree ul ul a")):
        button = page.get_by_role("button", name=drawer).locator("visible=true")
        inside = page.locator(link).first
        for opener, closer in (("Enter", "Escape"), ("Space", "Space")):
            expect(inside).to_be_hidden()
            expect(button).to_have_attribute("aria-expanded", "false")
            button.press(opener)
            expect(inside).to_be_visible()
            expect(button).to_have_attribute("aria-expanded", "true")
            button.press(closer)
            expect(inside).to_be_hidden()
        # From within, the focus comes back to what opened it.
        button.press("Enter")
        inside.focus()
        page.keyboard.press("Escape")
        expect(inside).to_be_hidden()
        expect(button).to_be_focused()
        # And an explorer behind it does not keep the key.
        button.press("Enter")
        page.locator(".softmax-explorer input").first.focus()
        page.keyboard.press("Escape")
        expect(inside).to_be_hidden()


@pytest.mark.parametrize("name", CHAPTERS)
def test_what_is_too_wide_scrolls_inside_itself_and_says_so(visit, name):
    page = visit(name, viewport={"width": 320, "height": 800})
    page.locator("details").evaluate_all("all => all.forEach((each) => { each.open = true; })")
    wait_for_explorers(page)
    lay_out(page)  # the page looks for them after that
    regions = page.evaluate(
        """() => [...document.querySelectorAll("article *")]
            .filter((e) => e.scrollWidth > e.clientWidth && e.clientWidth > 1
                && ["auto", "scroll"].includes(getComputedStyle(e).overflowX))
            .map((e) => [e.tabIndex, e.getAttribute("role"), e.getAttribute("aria-label")])"""
    )
    for tabindex, role, label in regions:
        assert tabindex == 0
        assert role == "group"
        assert label.endswith("scrolls sideways")
    # And what fits is no stop for the keyboard.
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_function(
        """() => [...document.querySelectorAll("[aria-label$='scrolls sideways']")]
            .every((e) => e.scrollWidth > e.clientWidth)"""
    )


@pytest.mark.parametrize("name", CHAPTERS)
def test_figures_are_legible_in_every_light(visit, name):
    page = visit(name)
    for figure in page.locator("article .cell_output img").all():
        figure.scroll_into_view_if_needed()
        figure.evaluate("async image => { await image.decode(); }")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, forced_colors="none")
            assert_ink_on_paper(figure, dark=scheme == "dark")
            # The reader's own colours: nothing may blend with them, whatever they are.
            page.emulate_media(color_scheme=scheme, forced_colors="active")
            assert_ink_on_paper(figure, dark=False)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_sign_laid_over_another_hides_nothing_in_the_reader_s_own_colours(visit, scheme):
    """KaTeX draws ≠ as a stroke over =, and browsers paint behind text that they recolour."""
    page = visit("chapters/gradient.html", device_scale_factor=4, color_scheme=scheme)
    unequal = page.locator(".katex-html .mrel:has(.rlap)").first
    unequal.scroll_into_view_if_needed()
    inked = []
    for forced in ("none", "active"):
        page.emulate_media(color_scheme=scheme, forced_colors=forced)
        settle(page)
        grey = np.asarray(Image.open(io.BytesIO(unequal.screenshot())).convert("L")) / 255
        inked.append(np.mean(np.abs(grey - np.median(grey)) > 0.4))
    assert inked[0] > 0.01
    assert inked[1] == pytest.approx(inked[0], rel=0.2)


def assert_ink_on_paper(figure, dark):
    """Most of a figure is paper, and its ink is far from it: WCAG asks 4.5 of text."""
    pixels = np.asarray(Image.open(io.BytesIO(figure.screenshot())).convert("RGB")) / 255
    light = luminance(pixels)
    paper, darkest, lightest = np.median(light), light.min(), light.max()
    assert (paper < 0.1) if dark else (paper > 0.7)
    assert contrast(lightest if dark else darkest, paper) >= 4.5


@pytest.mark.parametrize("name", CHAPTERS)
def test_words_in_a_figure_stay_readable_on_a_phone(visit, name):
    """Figures are drawn in type of 11 points, 14.7 pixels: three quarters of it are 11 pixels."""
    page = visit(name, viewport={"width": 320, "height": 800})
    scales = page.locator("article .cell_output img").evaluate_all(
        "all => all.map((image) => image.getBoundingClientRect().width"
        " / image.getAttribute('width'))"
    )
    assert min(scales, default=1) >= 0.75


@pytest.mark.parametrize("name", ["index.html", "chapters/temperature.html"])
def test_nothing_glides_where_the_reader_asks_for_less_motion(visit, name):
    page = visit(name, reduced_motion="reduce")
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((e) => {
            const style = getComputedStyle(e);
            return parseFloat(style.transitionDuration) > 0 || style.scrollBehavior === "smooth";
        }).map((e) => e.outerHTML.slice(0, 120))"""
    )
    assert moving == []


def hidden_text(page):
    return page.evaluate(
        """() => [...document.querySelectorAll(".content p, .content h2")]
            .filter((e) => getComputedStyle(e).visibility === "hidden")
            .map((e) => e.textContent)"""
    )


@pytest.mark.parametrize("name", CHAPTERS)
def test_nothing_waits_for_an_explorer_where_there_are_no_scripts(visit, name):
    page = visit(name, java_script_enabled=False)
    text = page.locator(".content p:visible, .content h2:visible").all()
    for piece in (text[0], text[-1]):
        assert piece.is_visible()
    assert page.locator("article .still-note").count() >= page.locator(".static-widget").count()


def test_text_does_not_wait_long_for_an_explorer_that_never_comes(browser, site):
    context = browser.new_context()
    page = context.new_page()
    page.route("**/static_widgets.js*", lambda route: route.abort())
    page.goto(f"{site}/chapters/temperature.html")
    # Set to the two moments, so that it makes no difference how busy the machine is.
    at = """(ms) => document.getAnimations().forEach((each) => {
      each.pause();
      each.currentTime = ms;
    })"""
    page.evaluate(at, 1900)
    assert hidden_text(page)
    page.evaluate(at, 2100)
    assert hidden_text(page) == []
    assert page.locator(".static-widget img").first.is_visible()
    context.close()

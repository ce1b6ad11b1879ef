"""A link to an explorer's state opens it in that state; a malformed one opens it as new."""

import json
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from .explorer_harness import settle, state, wait_for_explorers

PAGE = "chapters/temperature.html"
ANCHOR = "widget-1"


@pytest.fixture
def visit(browser, site):
    """Return a function that opens the temperature chapter with something after the #."""
    contexts = []

    def open_page(after=""):
        contexts.append(browser.new_context(permissions=["clipboard-read", "clipboard-write"]))
        page = contexts[-1].new_page()
        page.goto(f"{site}/{PAGE}{after}")
        page.locator(".softmax-explorer").first.wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()


def link_to(state):
    text = state if isinstance(state, str) else json.dumps(state)
    return f"#{ANCHOR}={quote(text)}"


def copy_button(page):
    return page.locator(f"[data-model={ANCHOR}]").get_by_role("button", name="Copy a link")


def test_a_copied_link_opens_the_explorer_as_it_was(visit):
    page = visit()
    explorer = page.locator(".softmax-explorer").first
    explorer.get_by_role("spinbutton").nth(0).fill("0.37")
    explorer.get_by_role("spinbutton").nth(2).fill("-5")
    explorer.get_by_role("button", name="Add class").click()
    steps = page.evaluate("history.length")
    copy_button(page).click()
    expect(page.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
    assert page.evaluate("history.length") == steps  # one Back still leaves the page
    address = page.evaluate("navigator.clipboard.readText()")
    assert address == page.url
    before = state(page)
    assert before["temperature"] == 0.37
    explorer.get_by_role("spinbutton").nth(0).fill("2")  # which is not what was copied
    expect(page.get_by_role("status").filter(has_text="Copied.")).to_have_count(0)
    again = visit("#" + address.partition("#")[2])
    assert state(again) == before
    again.get_by_role("button", name="Reset").first.click()
    first = again.locator(".softmax-explorer").first  # the sampler further down has labels too
    expect(first.locator(".se-label")).to_have_count(4)


def test_where_nothing_may_be_copied_the_address_bar_has_the_link(visit):
    page = visit()
    page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(Error('denied')); }"
    )
    page.locator(".softmax-explorer").first.get_by_role("spinbutton").first.fill("0.5")
    copy_button(page).click()
    said = page.locator(f"[data-model={ANCHOR}]").get_by_role("status")
    expect(said).to_have_text("The link is in the address bar.")
    assert page.url.endswith(link_to('{"temperature":0.5}'))


def test_a_link_to_the_unchanged_explorer_is_short(visit):
    page = visit()
    copy_button(page).click()
    assert page.url.endswith(f"{PAGE}#{ANCHOR}")


def test_a_link_opened_on_the_same_page_is_followed(visit):
    page = visit()
    for temperature in (0.5, 20):
        page.evaluate("(hash) => { location.hash = hash; }", link_to({"temperature": temperature}))
        page.wait_for_function(
            "(T) => JSON.parse(document.querySelector('.softmax-explorer').dataset.state)"
            ".temperature === T",
            arg=temperature,
        )
    # What a link does not name is as the page was built, and the explorer is brought to sight.
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    page.evaluate("(hash) => { location.hash = hash; }", link_to({"logits": [0, 0, 0, 3]}))
    page.wait_for_function(
        """() => {
          const explorer = document.querySelector(".softmax-explorer");
          const { temperature, logits } = JSON.parse(explorer.dataset.state);
          const { top } = explorer.getBoundingClientRect();
          return temperature === 1 && logits[3] === 3 && 0 < top && top < 120;
        }"""
    )


def test_a_link_opens_its_own_explorer_alone(visit):
    page = visit(f"#widget-2={quote(json.dumps({'temperature': 0.5}))}")  # the first has one too
    assert state(page) == state(visit())
    assert state(page, 1)["temperature"] == 0.5


# Explorers wait for the test before they are drawn: each is a module, and modules may wait.
DRAWN_LATER = """
  window.mayDraw = new Promise((draw) => { window.draw = draw; });
  const { createObjectURL } = URL;
  URL.createObjectURL = (blob) =>
    createObjectURL(new Blob(["await mayDraw;", blob], { type: blob.type }));
"""
STILL = """() => new Promise((still) => {
  const before = scrollY;
  setTimeout(() => still(scrollY === before), 200);
})"""
TOP = "(anchor) => document.getElementById(anchor).getBoundingClientRect().top"


@pytest.mark.parametrize("step", [None, "wheel", "PageUp"])
def test_a_link_holds_its_place_until_the_reader_moves(browser, site, step):
    """Explorers that are drawn above it are taller than their pictures, or less tall."""
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.add_init_script(DRAWN_LATER)
    page.goto(f"{site}/chapters/gallery.html#attention")
    page.wait_for_function(f"() => Math.abs(({TOP})('attention')) < 150")
    page.wait_for_function(STILL)
    if step == "wheel":
        page.mouse.move(180, 400)
        page.mouse.wheel(0, -500)
    elif step:
        page.keyboard.press(step)
    if step:
        page.wait_for_function(f"() => ({TOP})('attention') > 250")
    page.wait_for_function(STILL)
    before = page.evaluate(TOP, "attention")
    page.evaluate("draw()")
    wait_for_explorers(page)
    settle(page)
    if step:
        assert page.evaluate(TOP, "attention") > 250  # where it was for the reader, or pushed down
    else:
        assert page.evaluate(TOP, "attention") == pytest.approx(before, abs=2)
    page.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_covers_an_explorer_that_a_link_leads_to(browser, site, width):
    """Furo's "Back to top" shows once the page has moved, as it does to follow a link."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(f"{site}/{PAGE}{link_to({'temperature': 0.5})}")
    wait_for_explorers(page)
    page.wait_for_function(STILL)
    settle(page)
    over = page.evaluate(
        """(anchor) => {
          const pill = document.querySelector(".back-to-top");
          const box = document.getElementById(anchor).getBoundingClientRect();
          return pill.checkVisibility() ? pill.getBoundingClientRect().bottom - box.top : 0;
        }""",
        ANCHOR,
    )
    assert over <= 0
    page.close()


@pytest.mark.parametrize(
    "bad",
    [
        {"temperature": 0},
        {"temperature": 101},
        {"temperature": "1"},
        {"temperature": None},
        {"logits": [1]},
        {"logits": [1, 2, 3]},  # four labels
        {"logits": [1, None, 3, 4]},
        {"logits": 7},
        {"logits": [0] * 11, "labels": ["x"] * 11},
        {"labels": ["a", "b", "c", 4]},
        {"temperature": 2, "colour": "red"},
        {"temperature": 2, "initial": {}},
        {"temperature": 2, "toString": 1},
        [2],
        None,
        "{",
        "%",
        "",
        '{"temperature": 1e999}',
    ],
    ids=str,
)
def test_a_malformed_link_opens_the_explorer_as_new(visit, bad):
    page = visit(link_to(bad))
    assert state(page) == state(visit())
    said = page.locator(f"[data-model={ANCHOR}]").get_by_role("status")
    # Nothing after the id is no state at all.
    expect(said).to_have_text(
        "The link's state cannot be read: this is the first one." if bad != "" else ""
    )
    page.locator(".softmax-explorer").first.get_by_role("spinbutton").first.fill("3")
    expect(said).to_have_text("")


def test_a_broken_escape_opens_the_explorer_as_new(visit):
    assert state(visit(f"#{ANCHOR}=%E0%A4%A")) == state(visit())


def test_a_link_without_a_state_leads_back_to_the_explorer_as_new(visit):
    page = visit()
    new = state(page)
    copy_button(page).click()
    link = "#" + page.url.partition("#")[2]
    page.locator(".softmax-explorer").first.get_by_role("spinbutton").first.fill("3")
    assert state(page)["temperature"] == 3
    page.evaluate("history.replaceState(null, '', location.pathname)")
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    page.evaluate("(hash) => { location.hash = hash; }", link)
    page.wait_for_function(
        """() => {
          const { top } = document.querySelector(".softmax-explorer").getBoundingClientRect();
          return 0 < top && top < 120;
        }"""
    )
    assert state(page) == new


@pytest.mark.parametrize("bad", ["{oops", '{"temperature":-1}', '{"unknown":1}', "null", "5", "[]"])
def test_a_malformed_link_on_an_open_page_takes_nothing_from_the_reader(visit, bad):
    page = visit()
    page.locator(".softmax-explorer").first.get_by_role("spinbutton").first.fill("7")
    before = state(page)
    page.evaluate("(hash) => { location.hash = hash; }", link_to(bad))
    settle(page)
    assert state(page) == before
    assert before["temperature"] == 7
    said = page.locator(f"[data-model={ANCHOR}]").get_by_role("status")
    expect(said).to_have_text("The link's state cannot be read: this one stays.")
    page.evaluate("(hash) => { location.hash = hash; }", link_to('{"temperature":7}'))
    expect(said).to_have_text("")

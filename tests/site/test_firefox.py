"""The pages and their explorers in a second browser: Firefox ESR, driven over WebDriver BiDi."""

import json
from urllib.parse import quote, urlsplit

import pytest

from .. import browser as browsers
from ..conftest import SITE
from ..firefox import Firefox

PAGES = sorted(str(path.relative_to(SITE)) for path in SITE.rglob("*.html"))
WITH_EXPLORERS = [
    page for page in PAGES if "static-widget" in (SITE / page).read_text(encoding="utf-8")
]
STATE = "document.querySelector('.softmax-explorer')?.dataset.state"
# Said of a formula that is laid out while the rest of it is still on its way; whether it is whole
# in the end is looked at below.
PREMATURE = "Invalid markup: Incorrect number of children"
CHILDREN = {"msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3}
CHILDREN |= {"mfrac": 2, "mroot": 2}
ARROW_RIGHT = "\ue014"  # https://www.w3.org/TR/webdriver2/#keyboard-actions


@pytest.fixture(scope="module")
def firefox():
    path = browsers.find("firefox")
    if path is None:
        pytest.fail(browsers.advice("firefox"))
    running = Firefox(path)
    yield running
    running.close()


@pytest.mark.parametrize("name", PAGES)
def test_page_asks_nobody_else_and_nothing_fails(firefox, site, name):
    firefox.open(f"{site}/{name}")
    firefox.evaluate("document.fonts.ready.then(() => null)")
    foreign = {urlsplit(url).netloc for url in firefox.requests()} - {urlsplit(site).netloc, ""}
    assert foreign == set()
    complaints = firefox.complaints()
    assert [said for said in complaints if not said.startswith(PREMATURE)] == []
    assert (
        firefox.evaluate(
            f"""Object.entries({json.dumps(CHILDREN)}).flatMap(([name, count]) =>
              [...document.querySelectorAll(name)]
                .filter((element) => element.children.length !== count)
                .map((element) => element.outerHTML))"""
        )
        == []
    )
    assert firefox.evaluate("document.querySelectorAll('h1').length") == 1
    assert firefox.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_complaint_would_be_heard(firefox, site):
    firefox.open(f"{site}/index.html")
    firefox.evaluate(
        """new Promise((done) => {
             console.error("on purpose");
             const image = new Image();
             image.onerror = () => done(null);
             image.src = "nowhere.png";
           })"""
    )
    assert "on purpose" in firefox.complaints()
    assert f"{site}/nowhere.png" in firefox.complaints()


@pytest.mark.parametrize("name", WITH_EXPLORERS)
def test_explorers_move_by_keyboard(firefox, site, name):
    firefox.open(f"{site}/{name}")
    count = firefox.evaluate("document.querySelectorAll('.static-widget').length")
    alive = f"document.querySelectorAll('.softmax-explorer[data-state]').length === {count}"
    firefox.wait_for(alive)
    for number in range(count):
        explorer = f"document.querySelectorAll('.softmax-explorer')[{number}]"
        before = firefox.evaluate(f"{explorer}.dataset.state")
        firefox.evaluate(f"{explorer}.querySelector('input[type=range]').focus()")
        firefox.press(ARROW_RIGHT)
        firefox.wait_for(f"{explorer}.dataset.state !== {json.dumps(before)}")
    complaints = firefox.complaints()
    assert [said for said in complaints if not said.startswith(PREMATURE)] == []


def test_a_link_opens_the_explorer_in_its_state(firefox, site):
    wanted = {"temperature": 0.25}
    firefox.open(f"{site}/chapters/temperature.html#widget-1={quote(json.dumps(wanted))}")
    assert json.loads(firefox.wait_for(STATE))["temperature"] == 0.25


def test_solutions_and_hidden_code_open_in_print(firefox, site):
    """What print.css needs of a browser, it finds in this one too."""
    firefox.open(f"{site}/chapters/temperature.html")
    assert firefox.evaluate("CSS.supports('selector(details::details-content)')")

"""What every explorer promises, tried on each one that softmax_lib.widgets names."""

import json
import re

import pytest

from softmax_lib import widgets

from ..test_widgets_every import BAD, make
from .conftest import made, public_traits
from .explorer_harness import FLAWS, at_each_width, contrast, settle, state, state_now, swipe

EXPLORERS = [getattr(widgets, name) for name in widgets.__all__]
each = pytest.mark.parametrize("explorer", EXPLORERS, ids=lambda explorer: explorer.__name__)


CONTROLS = ".softmax-explorer :is(input, select, button, [tabindex='0'])"


def move_everything(page, which=0):
    """Press each control once, from the last to the first, so that reset comes early."""
    root = page.locator(".softmax-explorer").nth(which)
    for control in reversed(root.locator("input, select, button").element_handles()):
        if not control.is_visible():  # taken away by a button such as "Remove class"
            continue
        if control.evaluate("(node) => node.matches('select, [type=range], [type=number]')"):
            control.focus()
            page.keyboard.press("ArrowUp")
        else:
            control.click()
        settle(page)


@each
def test_its_script_and_style_stand_alone(explorer):
    esm = explorer._esm
    assert not re.search(r"^\s*import\b|\bimport\s*\(|\bfrom\s+[\"']", esm, re.MULTILINE)
    assert len(re.findall(r"^export default ", esm, re.MULTILINE)) == 1
    assert not re.search(r"innerHTML|eval\(|new Function|https?:(?!//www.w3.org/)|fetch\(", esm)
    assert not re.search(r"localStorage|sessionStorage|document\.cookie", esm)
    assert "url(" not in explorer._css
    assert "@import" not in explorer._css


@each
def test_it_says_what_it_shows(explore, explorer):
    """The state that a link, a test or a curious reader finds on its root element."""
    widget = made(explorer)
    says = state(explore(widget))
    for name in set(public_traits(widget)) - {"initial"}:
        if name in says:  # what is large and does not change, such as a head's keys, stays out
            assert says[name] == pytest.approx(json.loads(json.dumps(getattr(widget, name))))
    assert set(widget.initial) <= set(says)


@each
def test_its_still_picture_is_titled(explorer):
    picture = made(explorer).still()
    title = re.search(r"<title>(.+?)</title>", picture, re.DOTALL)[1]
    assert 20 < len(title) < 400
    assert "<script" not in picture


@each
def test_each_of_its_controls_does_something(explore, explorer):
    """No control is dead: moved, it changes the state, or says why it may not."""
    widget = made(explorer)
    page = explore(widget)
    count = page.locator(CONTROLS).count()
    for i in range(count):
        page = explore(widget, clock=True)
        control = page.locator(CONTROLS).nth(i).element_handle()
        if not control.is_visible():
            continue
        seen = "() => document.querySelector('.softmax-explorer').innerText"
        before = page.evaluate(seen), state_now(page)
        changed = False
        tag = control.evaluate("(node) => node.type ?? node.tagName")
        for key in ("ArrowUp", "ArrowDown", "ArrowLeft", "Home", "End", "Enter", "Space"):
            if tag in ("submit", "button", "checkbox") and key not in ("Enter", "Space"):
                continue
            control.focus()
            page.keyboard.press(key)
            page.clock.run_for(300)
            changed = changed or (page.evaluate(seen), state_now(page)) != before
        # What is chosen already, and Reset on a page as it began, have nothing to do.
        idle = "(node) => node.ariaPressed === 'true' || node.textContent === 'Reset'"
        assert changed or control.evaluate(idle), control.evaluate("(node) => node.outerHTML")


@each
def test_the_defaults_of_a_saved_page_may_be_missing(explore, explorer):
    widget = made(explorer)
    page = explore(widget)
    defaults = {name: widget.traits()[name].default_value for name in widget.initial}
    defaults = {name: value for name, value in defaults.items() if not isinstance(value, list)}
    set_all = "(all) => Object.entries(all).forEach((pair) => models[0].set(...pair))"
    page.evaluate(set_all, defaults)
    before = state(page)
    page.evaluate(
        """(names) => {
          for (const name of names) delete models[0].values[name];
          for (const heard of models[0].listeners.values()) heard.forEach((draw) => draw());
        }""",
        list(defaults),
    )
    assert state(page) == before


@each
def test_two_explorers_do_not_interfere(explore, explorer):
    page = explore(made(explorer), made(explorer))
    before = state(page, 1)
    move_everything(page, 0)
    assert state(page, 0) != before
    assert state(page, 1) == before
    ids = page.evaluate("[...document.querySelectorAll('main [id]')].map((node) => node.id)")
    assert len(ids) == len(set(ids))


BOXES = """() => [...document.querySelectorAll(".softmax-explorer, .softmax-explorer *")]
  .map((node) => node.getBoundingClientRect())
  .map(({ x, y, width, height }) => [x, y, width, height])"""


@each
def test_it_is_the_same_on_a_page_that_reads_from_right_to_left(explore, explorer):
    pages = [explore(made(explorer), body=f'dir="{way}"') for way in ("ltr", "rtl")]
    assert pages[0].evaluate(BOXES) == pages[1].evaluate(BOXES)


@each
def test_the_styles_of_the_others_change_nothing(explore, explorer):
    """On a page with several explorers each brings its style, the shared part included."""
    page = explore(made(explorer))
    before = page.evaluate(BOXES)
    page.evaluate(
        """(styles) => {
          const sheets = styles.map((style) => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(style);
            return sheet;
          });
          document.adoptedStyleSheets = [...document.adoptedStyleSheets, ...sheets];
        }""",
        [other._css for other in EXPLORERS if other is not explorer],
    )
    settle(page)
    assert page.evaluate(BOXES) == before


@each
def test_two_views_of_one_model_agree(explore, explorer):
    page = explore(made(explorer))
    page.evaluate("async () => void await show(models[0], document.querySelector('main'))")
    assert state(page, 0) == state(page, 1)
    sliders = page.locator(".softmax-explorer").nth(1).locator("input[type=range]")
    for i in range(sliders.count()):
        sliders.nth(i).focus()
        page.keyboard.press("ArrowUp")
        assert state(page, 0) == state(page, 1)


@each
def test_it_leaves_nothing_behind(explore, explorer):
    page = explore(made(explorer), clock=True)
    for play in page.get_by_role("button", name=re.compile("Run|Sweep|Play|Draw")).all():
        play.click()
    page.clock.run_for(500)
    # A drawing that is due may come after, and must start no timer.
    page.evaluate("""async () => {
        const wait = window.setTimeout;
        window.late = 0;
        const logits = models[0].get("logits");
        if (logits) models[0].set("logits", logits.toReversed());
        else models[0].set("token", 1);
        cleanups[0]();
        window.setTimeout = (...given) => { window.late += 1; return wait(...given); };
        await Promise.resolve();
        await Promise.resolve();
        window.setTimeout = wait;
    }""")
    assert page.evaluate("window.late") == 0
    values = "JSON.stringify(models[0].values)"
    before = page.evaluate(values)
    page.clock.run_for(5000)
    assert page.evaluate(values) == before
    assert page.locator(".softmax-explorer").count() == 0
    assert page.evaluate("[...models[0].listeners.values()].every((set) => set.size === 0)")


PLAY, PAUSE = (re.compile(name) for name in ("^(Run|Sweep)$", "^Pause$"))


@each
def test_a_change_from_elsewhere_ends_what_plays(explore, explorer):
    """Such as a link's, which would not be seen for a frame. A view that looks on ends nothing."""
    page = explore(made(explorer), clock=True)
    if page.get_by_role("button", name=PLAY).count() == 0:
        return
    page.evaluate("async () => void await show(models[0], document.querySelector('main'))")
    views = page.locator(".softmax-explorer")
    play, pause = (
        [view.get_by_role("button", name=name) for view in views.all()] for name in (PLAY, PAUSE)
    )
    play[0].click()
    page.clock.run_for(400)
    assert pause[0].is_visible()
    assert play[1].is_visible()  # it looks on
    page.evaluate("models[0].set('logits', models[0].get('logits').toReversed())")
    page.clock.run_for(100)
    before = state_now(page)
    page.clock.run_for(2000)
    assert state_now(page) == before
    assert play[0].is_visible()
    # Of two that play, the last to begin goes on.
    play[0].click()
    page.clock.run_for(100)
    play[1].click()
    page.clock.run_for(400)
    assert play[0].is_visible()
    assert pause[1].is_visible()


@each
def test_its_keys_are_its_own(explore, explorer):
    page = explore(made(explorer))
    page.evaluate("window.keys = 0; document.addEventListener('keydown', () => (keys += 1))")
    for control in page.locator(CONTROLS).element_handles():
        if not control.is_visible():  # or taken away meanwhile, by a preset with fewer classes
            continue
        control.focus()
        page.keyboard.press("ArrowDown")
        settle(page)
        # Notebook looks for it on the target first; tried in JupyterLab 4.6 and Notebook 7.6.
        assert control.get_attribute("data-lm-suppress-shortcuts") == "true"
    assert page.evaluate("keys") == 0


@each
def test_every_control_has_a_name(explore, explorer):
    page = explore(made(explorer))
    names = page.locator(CONTROLS).evaluate_all(
        """(all) => all.map(
             (e) => e.getAttribute("aria-label") || (e.labels?.[0] ?? e).textContent)"""
    )
    assert len(names) > 2
    assert all(name.strip() for name in names)


def as_link(name, value):
    """Return what a link would hold, or None where JSON has no word for the value."""
    try:
        return json.dumps({name: value}, allow_nan=False)
    except (TypeError, ValueError):  # a complex number, nan, inf; but 10**400 is read as inf
        return None


@each
def test_a_link_may_not_do_what_python_refuses(explore, explorer):
    widget = make(explorer.__name__)
    links = [as_link(name, value) for which, name, value in BAD if which == explorer.__name__]
    if hasattr(widget, "labels"):
        links.append(as_link("logits", widget.logits[1:]))  # one fewer than the labels
    accepted = explore(widget).evaluate(
        """(links) => links.filter((link) =>
             arithmetic.default.accepts({ ...models[0].values, ...JSON.parse(link) }))""",
        ["{}", *filter(None, links)],
    )
    assert accepted == ["{}"]


@each
def test_it_draws_once_after_a_script(explore, explorer):
    page = explore(made(explorer))
    drawn = page.evaluate(
        """async () => {
          const root = document.querySelector(".softmax-explorer");
          let drawn = 0;
          new MutationObserver((all) => (drawn += all.length))
            .observe(root, { attributes: true, attributeFilter: ["data-state"] });
          await new Promise(requestAnimationFrame);
          const slider = root.querySelector("input[type=range]");
          for (let i = 0; i < 50; i++) {
            slider.value = i % 2 ? slider.min : slider.max;
            slider.dispatchEvent(new Event("input"));
          }
          await new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)));
          return drawn;
        }"""
    )
    assert drawn <= 1
    assert drawn == 1


@each
def test_nothing_overflows_or_overlaps(explore, explorer):
    page = explore(made(explorer))
    for moved in (False, True):
        if moved:
            move_everything(page)
        for width in at_each_width(page, 320, 360, 500, 700, 1280):
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(FLAWS) == []


@each
def test_nothing_is_cut_if_a_reader_spaces_the_text(explore, explorer):
    """WCAG 1.4.12."""
    page = explore(made(explorer))
    page.evaluate(
        """() => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
            word-spacing: 0.16em !important; }`);
          document.adoptedStyleSheets.push(sheet);
        }"""
    )
    for _ in at_each_width(page, 320, 500, 1000):
        assert [flaw for flaw in page.evaluate(FLAWS) if flaw[0] == "cut"] == []


@pytest.mark.parametrize("name", ["Overflow", "Simplex"])
def test_it_reflows_where_text_is_twice_as_large(explore, name):
    page = explore(made(getattr(widgets, f"{name}Explorer")))
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    for width in at_each_width(page, 320, 360):
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@each
def test_what_plays_and_pauses_keeps_its_width(explore, explorer):
    page = explore(made(explorer), clock=True)
    for play in page.locator(".se-play").all():
        width = play.bounding_box()["width"]
        play.click()
        page.clock.run_for(50)
        assert play.inner_text() == "Pause"
        assert play.bounding_box()["width"] == width


@each
def test_fingers_can_hit_its_controls(explore, explorer):
    page = explore(
        made(explorer), has_touch=True, is_mobile=True, viewport={"width": 360, "height": 700}
    )
    heights = page.locator(
        ".softmax-explorer :is(input:not([type=checkbox]), select, .se-button:not(.se-marks *))"
    ).evaluate_all(
        "(all) => all.map((e) => e.getBoundingClientRect().height).filter((height) => height)"
    )
    assert min(heights) >= 44


@each
def test_a_finger_that_scrolls_past_a_slider_leaves_it(explore, explorer):
    """It has touched the slider by then; nothing that plays may end, and no remark go, either."""
    page = explore(
        made(explorer), has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740}
    )
    page.evaluate("document.body.style.padding = '300px 0 2000px'")
    sliders = page.locator(".se-slider:not(.se-upright)")  # an upright one is itself what scrolls
    for i in range(sliders.count()):
        slider = sliders.nth(i)

        def swiped(share, dx, dy, slider=slider):
            slider.evaluate("(node) => node.scrollIntoView({ block: 'center' })")
            settle(page)
            page.evaluate("window.middle = scrollY")
            box, before = slider.bounding_box(), (slider.input_value(), state(page))
            swipe(page, box["x"] + share * box["width"], box["y"] + box["height"] / 2, dx, dy)
            return before

        for share, dx in (0.9, 0), (0.2, -25):
            before = swiped(share, dx, -60)
            page.wait_for_function("() => scrollY > middle")
            assert (slider.input_value(), state(page)) == before
        # One that goes along it, or only taps it, still moves it.
        for dx in (-60, 0):
            assert swiped(0.9, dx, dx / 10) != (slider.input_value(), state(page))


HOSTS = [
    # the attribute of the body, its value, the system's scheme, the one to expect
    ("data-theme", "light", "dark", "light"),
    ("data-theme", "dark", "light", "dark"),
    ("data-theme", "auto", "dark", "dark"),
    ("data-theme", "auto", "light", "light"),
    ("data-jp-theme-light", "true", "dark", "light"),
    ("data-jp-theme-light", "false", "light", "dark"),
    ("class", "vscode-dark", "light", "dark"),
    ("class", "", "light", "light"),
    ("class", "", "dark", "dark"),
]


@each
def test_it_follows_its_host_and_stays_readable(explore, explorer):
    page = explore(made(explorer))
    for attribute, value, system, expected in HOSTS:
        page.emulate_media(color_scheme=system)
        page.evaluate("(pair) => document.body.setAttribute(...pair)", [attribute, value])
        assert_readable(page, expected)
        page.evaluate("(name) => document.body.removeAttribute(name)", attribute)


def assert_readable(page, mode):
    """Hold the colours against the mode and WCAG's contrasts."""
    root = page.locator(".softmax-explorer")

    def style(selector, name):
        node = page.locator(selector).first if selector else root
        return node.evaluate("(e, name) => getComputedStyle(e)[name]", name)

    def there(*selectors):
        return [name for name in selectors if not name or root.locator(name).count()]

    surface = style("", "backgroundColor")
    assert contrast(surface, "rgb(0, 0, 0)" if mode == "dark" else "rgb(255, 255, 255)") < 1.5
    texts = ("", ".se-quiet", ".se-line", ".se-value", ".se-button", "select", ".se-number")
    for text in there(*texts):
        assert contrast(style(text, "color"), surface) >= 4.5
    if there(".se-track .se-fill"):
        track, fill = style(".se-track", "backgroundColor"), style(".se-fill", "backgroundColor")
        assert contrast(fill, track) >= 3
    assert contrast(style(".se-bar .se-button", "borderTopColor"), surface) >= 3
    root.locator("button").first.focus()
    page.keyboard.press("Shift+Tab")  # so that the browser shows the focus
    page.keyboard.press("Tab")
    assert style(":focus", "outlineStyle") == "solid"
    assert contrast(style(":focus", "outlineColor"), surface) >= 3

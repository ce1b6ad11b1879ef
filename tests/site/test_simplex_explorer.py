"""SimplexExplorer in a real browser, with no kernel: the triangle, its path, its point."""

import mpmath
import numpy as np
import pytest
from playwright.sync_api import expect

from softmax_lib import core, losses
from softmax_lib.figures.scores import CORNERS, triangle_points
from softmax_lib.widgets import SimplexExplorer

from .explorer_harness import (
    FLAWS,
    at_each_width,
    button,
    contrast,
    follows,
    in_page,
    settle,
    shown,
    state,
)

MINUS = "\N{MINUS SIGN}"
TINY = 1e-318  # what a result below the smallest normal double may lose
LEAST = 0.001
STOPPED = f"A share of 0 would need a logit of {MINUS}∞: the point stops at 0.001"
LONG = ["a cat asleep on a sofa", "Donaudampfschifffahrtsgesellschaft", "<img src=x>"]


def assert_right(says):
    """Hold what an explorer says of itself against softmax_lib."""
    z, T = says["logits"], says["temperature"]
    p = core.softmax(z, temperature=T)
    assert says["probabilities"] == pytest.approx(p, rel=1e-12, abs=TINY)
    assert says["entropy"] == pytest.approx(losses.entropy(z, temperature=T), rel=1e-12, abs=TINY)
    gaps = np.subtract(z, z[0])
    assert says["centred_logits"] == pytest.approx(gaps - gaps.mean(), rel=1e-12, abs=1e-9)


@pytest.fixture
def visit(explore):
    """Open pages of explorers, by default of one that begins as the book's."""
    return lambda *widgets, **options: explore(*(widgets or [SimplexExplorer()]), **options)


def handle(page):
    return page.get_by_role("slider", name="point of the distribution")


def corners(page):
    """Return where the corners of the triangle are on the screen, (3, 2)."""
    box = page.locator(".se-face").bounding_box()
    left, right = box["x"], box["x"] + box["width"]
    bottom = box["y"] + box["height"]
    return np.array([[left, bottom], [right, bottom], [(left + right) / 2, box["y"]]])


def on_screen(page, p):
    """Return where a distribution is on the screen: the corners' mean, weighted by it."""
    return np.asarray(p) @ corners(page)


def point(page):
    box = page.locator(".se-point").bounding_box()
    return np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])


def grab(page, p):
    """Press the mouse where the point is, and pull it to a distribution."""
    settle(page)
    page.mouse.move(*point(page))
    page.mouse.down()
    page.mouse.move(*on_screen(page, p), steps=4)


# ---- the numbers --------------------------------------------------------------------------------


def test_thousands_of_points_and_the_logits_they_imply(visit):
    """There and back: z = T ln p + c, and softmax(z / T) is p again."""
    rng = np.random.default_rng(1)
    p = rng.dirichlet([0.4] * 3, 4000)
    p = p[p.min(axis=1) > 1e-12]
    T = 10 ** rng.uniform(-2, 2, len(p))
    page = visit()
    logits = np.array(in_page(page, "arithmetic.logitsFor", p, T))
    back = in_page(page, "arithmetic.softmax", logits, T)
    places = np.array(in_page(page, "arithmetic.placeOf", p))
    shares = in_page(page, "arithmetic.sharesAt", *places.T)
    np.testing.assert_allclose(back, p, rtol=1e-12)
    np.testing.assert_allclose(shares, p, atol=1e-12)
    truth = T[:, None] * np.log(p)
    truth -= truth.mean(axis=1, keepdims=True)
    spread = np.ptp(truth, axis=1, keepdims=True)
    assert (np.abs(logits - truth) <= 1e-13 * spread + 1e-300).all()
    # As in the static figures, but for the size and the direction of y.
    expected = triangle_points(p) * [300, -300] + [20, 280]
    np.testing.assert_allclose(places, expected, atol=1e-9)


def test_thousands_of_states(visit):
    rng = np.random.default_rng(2)
    z = rng.standard_normal((3000, 3)) * 10.0 ** rng.integers(-2, 5, (3000, 1))
    z[::5] = np.round(z[::5])
    z[::7, 1] = z[::7, 0]
    T = 10 ** rng.uniform(-2, 2, 3000)
    page = visit()
    p = in_page(page, "arithmetic.softmax", z, T)
    entropy = in_page(page, "arithmetic.entropy", z, T)
    paths = in_page(page, "arithmetic.pathOf", z)
    x = z / T[:, None]  # a temperature for each row is a division by it
    for row, theirs, H in zip(x, p, entropy, strict=True):
        gaps = np.subtract(row, row.max())
        slack = np.abs(gaps).max() * 2e-15  # of the rounding of z / T, above
        np.testing.assert_allclose(theirs, core.softmax(row), rtol=1e-12 + 2 * slack, atol=TINY)
        np.testing.assert_allclose(H, losses.entropy(row), rtol=1e-12 + 4 * slack, atol=TINY)
    for row, path in zip(z, paths, strict=True):
        path = np.array(path)
        assert np.isfinite(path).all()
        np.testing.assert_allclose(path.sum(axis=1), 1, rtol=1e-14)
        np.testing.assert_array_equal(path[0], core.hardmax(row))
        np.testing.assert_array_equal(path[-1], [1 / 3] * 3)
        entropies = -np.sum(np.where(path > 0, path * np.log(np.where(path > 0, path, 1)), 0), 1)
        assert (np.diff(entropies) >= -1e-12).all()  # from cold to hot


def test_the_path_is_that_of_all_temperatures(visit):
    """At each of its points the odds are exp((z_i - z_j) / T) with one T for all pairs."""
    page = visit()
    for z in ([2, 1, 0], [2, 1.8, 0], [0, 5, 4.999], [-3, 0, 700]):
        path = page.evaluate("(z) => arithmetic.pathOf(z)", z)
        low, middle, high = np.argsort(z)
        with mpmath.workdps(40):
            for p in path[1:-1]:
                if min(p) < 1e-300:
                    continue
                far = mpmath.log(mpmath.mpf(p[high]) / p[low])
                near = mpmath.log(mpmath.mpf(p[high]) / p[middle])
                ratio = (mpmath.mpf(z[high]) - z[middle]) / (mpmath.mpf(z[high]) - z[low])
                assert float(near - ratio * far) == pytest.approx(0, abs=1e-12 * max(1, float(far)))
        steps = np.linalg.norm(np.diff(triangle_points(path), axis=0), axis=1)
        assert steps.max() < 0.05  # so close that the line looks smooth


def test_the_nearest_point_within_the_triangle(visit):
    """Against the definition: no other point with shares of at least 0.001 is nearer."""
    rng = np.random.default_rng(3)
    wanted = rng.dirichlet([1] * 3, 2000) + rng.standard_normal((2000, 2)) @ [
        [1, -1, 0],
        [0.5, 0.5, -1],
    ]
    page = visit()
    found = np.array(page.evaluate("(all) => all.map(arithmetic.intoTriangle)", wanted.tolist()))
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-14)
    assert found.min() >= LEAST
    others = LEAST + (1 - 3 * LEAST) * np.vstack([rng.dirichlet([0.5] * 3, 1000), np.eye(3)])
    for start, end in zip(wanted, found, strict=True):
        reached = np.sum((end - start) ** 2)
        assert (np.sum((others - start) ** 2, axis=1) >= reached - 1e-12).all()
    inside = wanted.min(axis=1) >= LEAST
    assert 100 < inside.sum() < 1900
    np.testing.assert_allclose(found[inside], wanted[inside], atol=1e-14)


# Digits from mpmath: e^-100 = 3.7200760e-44, and the entropy of (1, e^-100, e^-200).
@pytest.mark.parametrize(
    ("logits", "temperature", "numbers", "entropy"),
    [
        ([2, 1, 0], 0.01, [f"1 {MINUS} 3.72e-44", "3.72e-44", "1.38e-87"], "3.76e-42"),
        ([2, 1, 0], 1, ["0.6652", "0.2447", "0.0900"], "0.8324"),
        ([0, 0, 0], 5, ["0.3333"] * 3, "1.0986"),
    ],
)
def test_the_numbers_shown_hide_nothing(visit, logits, temperature, numbers, entropy):
    page = visit(SimplexExplorer(logits, temperature=temperature))
    assert shown(page, ".se-value") == numbers
    assert shown(page, ".se-totals span")[1] == f"entropy {entropy} nats of ln 3 = 1.0986"


# ---- the triangle -------------------------------------------------------------------------------


def test_it_is_drawn_like_the_static_figure(visit):
    page = visit(SimplexExplorer([1, 3, 2], temperature=2))
    says = state(page)
    drawn = corners(page)
    side = drawn[1, 0] - drawn[0, 0]
    flat = (drawn - drawn[0]) / [side, -side]
    np.testing.assert_allclose(flat, CORNERS, atol=0.02)
    np.testing.assert_allclose(point(page), on_screen(page, says["probabilities"]), atol=1)
    labels = [page.locator(".se-corner").nth(i).bounding_box() for i in range(3)]
    assert labels[0]["y"] < drawn[2, 1]  # class 3 on top, 1 on the left and 2 on the right
    assert shown(page, ".se-corner") == ["class 3", "class 1", "class 2"]


@pytest.mark.parametrize(
    ("logits", "end"),
    [([2, 1, 0], [1, 0, 0]), ([0, 3, 3], [0, 0.5, 0.5]), ([1, 1, 1], [1 / 3] * 3)],
)
def test_the_path_ends_at_hardmax_and_in_the_centre(visit, logits, end):
    page = visit(SimplexExplorer(logits))
    points = page.locator(".se-path").get_attribute("points").split()
    first, last = (np.array(points[i].split(","), float) for i in (0, -1))
    for drawn, p in ((first, end), (last, [1 / 3] * 3)):
        np.testing.assert_allclose(drawn, triangle_points(p) * [300, -300] + [20, 280])
    ring = page.locator(".se-cold")
    assert [float(ring.get_attribute(name)) for name in ("cx", "cy")] == pytest.approx(first)


def test_the_point_moves_along_the_path_with_the_temperature(visit):
    page = visit(SimplexExplorer([2, 1.5, 0]))
    page.evaluate(
        """() => {
          window.far = 0;
          const line = document.querySelector(".se-path");
          window.measure = () => {
            const [, x, y] = document.querySelector(".se-handle").getAttribute("transform")
              .match(/translate\\(([-\\d.e]+) ([-\\d.e]+)/).map(Number);
            const points = line.getAttribute("points").split(" ")
              .map((p) => p.split(",").map(Number));
            return Math.min(...points.slice(1).map(([bx, by], i) => {
              const [ax, ay] = points[i];
              const [dx, dy] = [bx - ax, by - ay];
              const t = Math.max(0, Math.min(1,
                ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
              return Math.hypot(x - ax - t * dx, y - ay - t * dy);
            }));
          };
        }"""
    )
    before = page.locator(".se-path").get_attribute("points")
    for T in (0.01, 0.1, 0.3, 1, 3, 30, 100):
        page.get_by_role("spinbutton", name="Temperature T").fill(str(T))
        says = state(page)
        assert says["temperature"] == T
        assert_right(says)
        assert page.evaluate("measure()") < 0.3  # of 300 units: the line's own chords
    assert page.locator(".se-path").get_attribute("points") == before


def test_the_sweep_runs_through_all_temperatures(visit):
    page = visit(clock=True)
    page.evaluate(
        "models[0].on('change:temperature', "
        "() => (window.seen ??= []).push(models[0].get('temperature')))"
    )
    button(page, "Sweep").click()
    page.clock.run_for(3000)
    button(page, "Pause").click()
    page.clock.run_for(3000)
    button(page, "Sweep").click()
    page.clock.run_for(10_000)
    seen = page.evaluate("seen")
    assert (seen[0], seen[-1]) == (0.01, 100)
    assert seen == sorted(seen)
    assert button(page, "Sweep").is_visible()
    button(page, "Sweep").click()
    page.clock.run_for(1000)
    handle(page).press("ArrowUp")  # any input ends it
    page.clock.run_for(100)
    before = page.evaluate("seen.length")
    page.clock.run_for(3000)
    assert page.evaluate("seen.length") == before


# ---- the point ----------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["http", "file"])
@pytest.mark.parametrize("temperature", [0.25, 1, 10])
def test_the_mouse_drags_the_point(visit, scheme, temperature):
    page = visit(SimplexExplorer(temperature=temperature), scheme=scheme)
    grab(page, [0.2, 0.3, 0.5])
    says = state(page)
    p = says["probabilities"]
    assert p == pytest.approx([0.2, 0.3, 0.5], abs=0.01)  # a pixel
    assert says["temperature"] == temperature
    implied = temperature * np.log(p)
    np.testing.assert_allclose(says["logits"], implied - implied.mean(), rtol=1e-9)
    assert sum(says["logits"]) == pytest.approx(0, abs=1e-12)
    assert_right(says)
    page.mouse.move(*on_screen(page, [0.5, 0.25, 0.25]), steps=3)
    assert state(page)["probabilities"] == pytest.approx([0.5, 0.25, 0.25], abs=0.01)
    page.mouse.up()
    before = state(page)
    page.mouse.move(*on_screen(page, [0.1, 0.8, 0.1]), steps=3)
    assert state(page) == before
    assert shown(page, ".se-totals span")[0] == (
        "logits with mean 0: "
        + ", ".join(f"{round(z, 4):g}".replace("-", MINUS) for z in before["logits"])
    )


def test_the_point_does_not_jump_to_where_it_is_gripped(visit):
    page = visit()
    before = state(page)
    grip = point(page) + np.array([6, -5])
    page.mouse.move(*grip)
    page.mouse.down()
    assert state(page) == before
    page.mouse.move(*(grip + np.array([10, 0])))
    settle(page)
    moved = point(page)
    page.mouse.up()
    np.testing.assert_allclose(moved - on_screen(page, before["probabilities"]), [10, 0], atol=1.5)


def test_a_click_moves_the_point_there(visit):
    page = visit()
    before = page.locator(".se-path").get_attribute("points")
    page.mouse.click(*on_screen(page, [0.3, 0.1, 0.6]))
    says = state(page)
    assert says["probabilities"] == pytest.approx([0.3, 0.1, 0.6], abs=0.01)
    assert_right(says)
    expect(handle(page)).to_be_focused()  # so that the keys go on from there
    assert page.locator(".se-path").get_attribute("points") != before
    page.mouse.click(*on_screen(page, [0.1, 0.8, 0.1]), button="right")
    assert state(page) == says


@pytest.mark.parametrize(
    ("outside", "end"),
    [
        ([1.5, -0.25, -0.25], [0.998, 0.001, 0.001]),
        ([0.5, 0.7, -0.2], [0.3995, 0.5995, 0.001]),
        ([-3, 2, 2], [0.001, 0.4995, 0.4995]),
    ],
)
def test_the_point_stops_at_the_border(visit, outside, end):
    page = visit(viewport={"width": 1280, "height": 900}, body='data-far=""')
    page.evaluate("document.querySelector('main').style.padding = '100px 200px'")
    grab(page, outside)
    says = state(page)
    assert says["probabilities"] == pytest.approx(end, abs=0.01)
    assert min(says["probabilities"]) == pytest.approx(LEAST, rel=1e-9)
    assert shown(page, ".se-line") == [STOPPED]
    assert_right(says)
    page.mouse.move(*on_screen(page, [0.3, 0.3, 0.4]))
    assert STOPPED not in shown(page, ".se-line")


def test_the_keys_move_the_point(visit):
    page = visit(SimplexExplorer([0, 0, 0]), viewport={"width": 700, "height": 300})
    handle(page).focus()
    page.evaluate("scrollTo(0, 150)")  # so that there is more above and below
    before = np.array(state(page)["probabilities"])
    for key, change in [
        ("ArrowRight", [-0.01, 0.01, 0]),
        ("ArrowUp", [-0.005, -0.005, 0.01]),
        ("ArrowLeft", [0.01, -0.01, 0]),
        ("ArrowDown", [0.005, 0.005, -0.01]),
        ("Shift+ArrowUp", [-0.05, -0.05, 0.1]),
        ("Shift+ArrowRight", [-0.1, 0.1, 0]),
        ("PageDown", [0.05, 0.05, -0.1]),
        ("PageUp", [-0.05, -0.05, 0.1]),
    ]:
        at = point(page)
        page.keyboard.press(key)
        says = state(page)
        np.testing.assert_allclose(says["probabilities"], before + change, atol=1e-12)
        assert_right(says)
        before = np.array(says["probabilities"])
        x, y = point(page) - at
        assert (abs(x) > abs(y)) == ("Left" in key or "Right" in key)
        assert (x > 0) if "Right" in key else (x < 0) if "Left" in key else True
        assert (y < 0) if "Up" in key else (y > 0) if "Down" in key else True
    for _ in range(30):
        page.keyboard.press("Shift+ArrowLeft")
    assert shown(page, ".se-line") == [STOPPED]
    assert_right(state(page))
    assert page.evaluate("scrollY") == 150
    says = state(page)
    page.keyboard.press("Alt+ArrowUp")  # this and the like are the browser's
    assert state(page) == says


def test_home_and_end_lead_to_the_lower_corners(visit):
    page = visit(SimplexExplorer([1, 0, 2]), viewport={"width": 700, "height": 300})
    handle(page).focus()
    page.evaluate("scrollTo(0, 150)")
    for key, p in (("Home", [0.998, 0.001, 0.001]), ("End", [0.001, 0.998, 0.001])):
        handle(page).press(key)
        assert state(page)["probabilities"] == pytest.approx(p, abs=1e-12)
        assert page.evaluate("scrollY") == 150


def test_a_number_stays_whole_in_its_field(visit):
    page = visit(SimplexExplorer([460.38364, -230.19182, -230.19182]))
    for i in range(3):
        field = page.get_by_role("spinbutton", name=f"logit of class {i + 1}")
        expect(field).to_have_value(["460.384", "-230.19", "-230.19"][i])
        assert field.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_the_keys_leave_a_corner_again(visit):
    page = visit(SimplexExplorer([100, 0, -5], temperature=0.01))
    assert state(page)["probabilities"] == [1, 0, 0]
    handle(page).press("Shift+ArrowRight")
    assert state(page)["probabilities"] == pytest.approx([0.899, 0.1, 0.001], abs=1e-3)
    assert_right(state(page))


def test_the_point_speaks(visit):
    page = visit(SimplexExplorer([2, 1, 0], ["cat", "dog", "owl"]))
    expect(handle(page)).to_have_attribute("aria-valuetext", "cat 67 %, dog 24 %, owl 9 %")
    expect(handle(page)).to_have_attribute("aria-valuenow", "67")
    assert shown(page, ".se-line") == [
        "T = 1: cat leads with 67 %, between its corner and the centre"
    ]
    for logits, T, line in [
        ([2, 1, 0], 0.01, "T = 0.01: almost at the corner of cat"),
        ([2, 2, 0], 0.1, "T = 0.1: almost at the middle of the edge between cat and dog"),
        ([2, 1, 0], 50, "T = 50: almost at the centre, each class near 1/3"),
        ([1, 1, 1], 3, "T = 3: all logits are equal, so the point stays in the centre at any T"),
        (
            *([0, 2, 2], 2),
            "T = 2: dog and owl tie with 42 % each, between their edge and the centre",
        ),
    ]:
        page.evaluate(
            "([z, T]) => { models[0].set('logits', z); models[0].set('temperature', T) }",
            [logits, T],
        )
        assert shown(page, ".se-line") == [line]
        if T == 0.01:
            spoken = "cat over 99 %, dog under 1 %, owl under 1 %"
            expect(handle(page)).to_have_attribute("aria-valuetext", spoken)
    expect(page.locator("[aria-live=polite]")).to_have_text(line)


# ---- the other controls -------------------------------------------------------------------------


def test_each_logit_has_a_slider_and_a_number(visit):
    page = visit(SimplexExplorer([2, 1, 0], ["cat", "dog", "owl"]))
    page.get_by_role("slider", name="logit of dog").press("ArrowRight")
    assert state(page)["logits"] == [2, 1.1, 0]
    field = page.get_by_role("spinbutton", name="logit of owl")
    field.fill("-3.25")
    assert state(page)["logits"] == [2, 1.1, -3.25]
    assert_right(state(page))
    for bad in ("", "1e7"):
        field.fill(bad)
        assert shown(page, ".se-line") == [f"A logit is a number from {MINUS}1000000 to 1000000"]
        assert state(page)["logits"] == [2, 1.1, -3.25]


def test_a_common_constant_moves_nothing(visit):
    page = visit()
    before = state(page)
    at = point(page)
    page.evaluate("models[0].set('logits', [7, 6, 5])")
    says = state(page)
    assert says["probabilities"] == before["probabilities"]
    assert says["centred_logits"] == before["centred_logits"] == [1, 0, -1]
    np.testing.assert_array_equal(point(page), at)


def test_a_large_common_part_drowns_nothing(visit):
    z = [123456.7, 123456.1, 123450.3]
    page = visit(SimplexExplorer(z))
    with mpmath.workdps(40):
        mean = mpmath.fsum(z) / 3
        truth = [float(value - mean) for value in z]
    naive = [value - sum(z) / 3 for value in z]
    assert naive != pytest.approx(truth, rel=1e-14)
    assert state(page)["centred_logits"] == pytest.approx(truth, rel=1e-14)


def test_presets(visit):
    page = visit(SimplexExplorer([5, 4, 3], list("abc")))
    box = page.get_by_role("combobox", name="preset logits")
    presets = [[2, 1, 0], [2, 1.8, 0], [2, 2, 0], [2, 0, 0], [0, 0, 0]]
    names = box.locator("option").all_inner_texts()
    assert len(names) == 1 + len(presets)
    for i, logits in enumerate(presets, 1):
        box.select_option(index=i)
        says = state(page)
        assert says["logits"] == logits
        assert says["labels"] == list("abc")
        assert names[i].split(": ")[1] == ", ".join(map(str, logits))
        assert_right(says)
    handle(page).press("ArrowLeft")
    settle(page)
    expect(box).to_have_value("0")


def test_reset_goes_back_to_what_python_gave(visit):
    page = visit(SimplexExplorer([7, 5, 3], ["x", "y", "z"], 4))
    first = state(page)
    grab(page, [0.1, 0.1, 0.8])
    page.mouse.up()
    page.get_by_role("slider", name="temperature").press("Home")
    button(page, "Reset").click()
    assert state(page) == first


# ---- touch and looks ----------------------------------------------------------------------------


def test_touch(visit):
    page = visit(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 700})
    page.touchscreen.tap(*on_screen(page, [0.2, 0.2, 0.6]))
    assert state(page)["probabilities"] == pytest.approx([0.2, 0.2, 0.6], abs=0.01)
    # A drag by a finger: Playwright has no such gesture, so the browser's own protocol does it.
    touch = page.context.new_cdp_session(page)

    def send(kind, at=None, finger=0):
        points = [] if at is None else [{"x": float(at[0]), "y": float(at[1]), "id": finger}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    beside = np.array([16, 0])  # not quite on the point, as fingers are

    def drag(*path):
        send("touchStart", point(page) + beside)
        for p in path:
            send("touchMove", on_screen(page, p) + beside)
        assert state(page)["probabilities"] == pytest.approx(path[-1], abs=0.02)

    drag([0.3, 0.3, 0.4], [0.4, 0.4, 0.2], [0.5, 0.4, 0.1])
    send("touchEnd")
    assert page.evaluate("scrollY") == 0
    assert_right(state(page))
    # The browser may take the finger for a gesture of its own: the next one drags again.
    drag([0.3, 0.3, 0.4])
    send("touchCancel")
    drag([0.4, 0.4, 0.2])
    # A second finger, on the triangle or on the point itself, neither moves it nor ends the drag.
    now = [0.4, 0.4, 0.2]
    for other, then in ([0.1, 0.8, 0.1], [0.5, 0.4, 0.1]), ([0.5, 0.4, 0.1], [0.4, 0.4, 0.2]):
        place = on_screen(page, other)
        for kind, moved in [("Start", place), ("Move", place - [30, 0]), ("End", place - [30, 0])]:
            send(f"touch{kind}", moved, finger=1)
            assert state(page)["probabilities"] == pytest.approx(now, abs=0.02)
        send("touchMove", on_screen(page, then) + beside)
        assert state(page)["probabilities"] == pytest.approx(now := then, abs=0.02)
    send("touchEnd")
    # Beside the point the page scrolls, and the point stays.
    before = state(page)
    start = on_screen(page, [0.1, 0.1, 0.8])
    send("touchStart", start)
    for far in range(20, 200, 20):
        send("touchMove", start - [0, far])
    send("touchEnd")
    assert state(page) == before
    page.wait_for_function("scrollY > 0")  # the page's own script hears of it a little later
    size = page.locator(".se-reach").bounding_box()
    assert min(size["width"], size["height"]) >= 40


@pytest.mark.parametrize(
    "kwargs",
    [{}, {"labels": LONG, "logits": [1e6, 0, -1e6]}, {"labels": LONG, "temperature": 0.01}],
    ids=["plain", "huge", "cold"],
)
def test_nothing_overflows_or_overlaps(visit, kwargs):
    page = visit(SimplexExplorer(**kwargs))
    for width in at_each_width(page, 320, 360, 500, 700, 1280):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(FLAWS) == []
        inside = page.locator(".softmax-explorer").bounding_box()
        drawn = page.locator(".se-face").bounding_box()
        assert inside["x"] < drawn["x"]
        assert drawn["x"] + drawn["width"] < inside["x"] + inside["width"]


def test_the_temperature_moves_nothing_else(visit):
    page = visit()
    for _ in at_each_width(page, 320, 360, 700):
        heights = set()
        for T in (0.01, 0.1, 1, 10, 100):
            page.evaluate("(T) => models[0].set('temperature', T)", T)
            settle(page)
            heights.add(page.locator(".softmax-explorer").bounding_box()["height"])
        assert len(heights) == 1


def test_the_path_and_the_point_stand_out(visit):
    page = visit()
    colour = "([s, name]) => getComputedStyle(document.querySelector(s))[name]"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        face = page.evaluate(colour, [".se-face", "fill"])
        surface = page.evaluate(colour, [".softmax-explorer", "backgroundColor"])
        for behind in (face, surface):  # the face is half of each
            assert contrast(page.evaluate(colour, [".se-point", "fill"]), behind) >= 3
            for line in (".se-path", ".se-cold", ".se-hot"):
                assert contrast(page.evaluate(colour, [line, "stroke"]), behind) >= 3


def test_the_focus_of_the_point_is_seen(visit):
    page = visit()
    handle(page).focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    style, ring = handle(page).evaluate(
        "(e) => [getComputedStyle(e).outlineStyle, getComputedStyle(e).outlineColor]"
    )
    surface = page.locator(".softmax-explorer").evaluate(
        "(e) => getComputedStyle(e).backgroundColor"
    )
    assert style == "solid"
    assert contrast(ring, surface) >= 3


def test_the_triangle_stays_visible_in_forced_colours(visit):
    page = visit(forced_colors="active")
    surface = page.locator(".softmax-explorer").evaluate(
        "(e) => getComputedStyle(e).backgroundColor"
    )
    for name, part in ((".se-face", "stroke"), (".se-path", "stroke"), (".se-point", "fill")):
        colour = page.locator(name).evaluate("(e, part) => getComputedStyle(e)[part]", part)
        assert contrast(colour, surface) >= 3
    assert follows(page, ".se-point", "fill", "Highlight")


def test_labels_are_text(visit):
    page = visit(SimplexExplorer(labels=["<img src=x onerror=alert(1)>", "</script>", "c"]))
    assert shown(page, ".se-label") == ["<img src=x onerror=alert(1)>", "</script>", "c"]
    assert page.locator("img").count() == 0


def test_the_smallest_gaps_leave_a_path(visit):
    page = visit(SimplexExplorer([5e-324, 0, 0]))
    drawn = page.locator(".se-path").first.get_attribute("points")
    assert len(drawn.split()) >= 2
    assert "NaN" not in drawn


# On the book\'s page at 320 and at 360 it is as wide as at 290 and at 330.
@pytest.mark.parametrize("width", [290, 330, 700])
def test_the_line_has_room_for_a_tie(visit, width):
    page = visit(SimplexExplorer([2, 2, 0]), viewport={"width": width, "height": 800})
    assert "class 1 and class 2 tie with 47 % each" in page.locator(".se-line").inner_text()
    assert page.locator(".se-line").evaluate("e => e.scrollHeight <= e.clientHeight")

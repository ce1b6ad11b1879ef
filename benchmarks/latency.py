"""What an explorer costs for each input event: `make bench` writes latency.md.

Each slider of each explorer is moved by keys, and dragged by a mouse, in a page slowed down four
times. From a trace comes the work of the page's main thread from one key to the next (script,
style, layout and paint together), and which frames were dropped. Nothing is timed by a clock in the
page.
"""

import bisect
import json
import statistics
import sys
import tempfile
from pathlib import Path

from _machine import machine
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from softmax_lib import widgets  # noqa: E402 - the root has to be on the path first
from tests import browser  # noqa: E402
from tests.site.conftest import made  # noqa: E402
from tests.site.explorer_harness import write_page  # noqa: E402

SLOW_DOWN = 4
KEYS = 40  # a slider, half of them up and half down
PAUSE = 50  # ms between keys: faster than a keyboard repeats
MOVES = 60  # of the mouse in a drag, one a frame
BUDGET = 16  # ms, one frame
ROUNDS = 3  # of all explorers

# Script, style, layout and paint, by the names that the trace has for them.
WORK = {"EventDispatch", "FunctionCall", "FireAnimationFrame", "UpdateLayoutTree", "Layout"}
WORK |= {"PrePaint", "Paint", "Layerize", "Commit"}


# The least that an explorer could do, for comparison: a slider that moves one bar.
BARE_NAME = "a bare slider and a bar"
BARE = """<!doctype html><html lang="en"><title>Bare</title>
<main class="softmax-explorer" data-ready>
<input type="range" min="-6" max="6" step="0.1" aria-label="bar">
<div style="height: 1rem; background: currentcolor; transform-origin: left"></div></main>
<script>
const bar = document.querySelector("div");
document.querySelector("input").addEventListener("input", (event) => {
  bar.style.transform = `scaleX(${(6 + event.target.valueAsNumber) / 12})`;
});
</script>"""


def traced(page, act):
    """Return the trace events while the act is done, which begins and ends at rest."""
    browser_ = page.context.browser
    page.wait_for_timeout(200)
    browser_.start_tracing(
        page=page, categories=["devtools.timeline", "disabled-by-default-devtools.timeline.frame"]
    )  # fmt: skip
    act()
    return json.loads(browser_.stop_tracing())["traceEvents"]


def press_keys(page, slider):
    """Return the trace events while the slider is moved by keys."""

    def press():
        for i in range(KEYS):
            page.keyboard.press("ArrowUp" if i < KEYS / 2 else "ArrowDown")
            page.wait_for_timeout(PAUSE)

    slider.focus()
    return traced(page, press)


def drag(page, cdp, slider):
    """Return the trace events while the slider is dragged over the middle of its way.

    A page gets the moves of a mouse once a frame, at its beginning. Chromium answers each when the
    page has had it, so that the next one sent comes with the next frame. The moves are sent without
    Playwright's mouse, which at each would run a script in the page, to look for a drag and drop.
    """
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    upright = box["height"] > box["width"]

    def place(share):
        across, down = (0.5, 1 - share) if upright else (share, 0.5)
        return box["x"] + across * box["width"], box["y"] + down * box["height"]

    def move():
        for i in range(MOVES):
            x, y = place(0.3 + 0.4 * (i + 1) / MOVES)
            cdp.send(
                "Input.dispatchMouseEvent",
                {"type": "mouseMoved", "x": x, "y": y, "button": "left", "buttons": 1},
            )

    page.mouse.move(*place(0.3))
    page.mouse.down()
    events = traced(page, move)
    page.mouse.up()
    return events


def dispatched(events, kind):
    return [
        e for e in events
        if e.get("name") == "EventDispatch" and e["args"]["data"]["type"] == kind
    ]  # fmt: skip


def costs(events):
    """Return the milliseconds of work that each key made, and the number of dropped frames."""
    keys = dispatched(events, "keydown")
    (main,) = {(e["pid"], e["tid"]) for e in keys}
    work = sorted(
        (e["ts"], e["ts"] + e["dur"]) for e in events
        if e.get("name") in WORK and (e["pid"], e["tid"]) == main and "dur" in e
    )  # fmt: skip
    starts = [key["ts"] for key in keys]
    spent, busy_until = [0.0] * len(keys), 0
    for start, end in work:  # one may lie in another: a handler that asks for a layout
        key = bisect.bisect_right(starts, start) - 1
        if key >= 0:
            spent[key] += max(0, end - max(start, busy_until)) / 1000
        busy_until = max(busy_until, end)
    return spent, dropped_frames(events)


def dropped_frames(events):
    """Return how many frames showed nothing new although the page had something new to show.

    Chromium reports what became of each frame. Where nothing new was wanted it says so, and that is
    no loss. Of a dropped frame it says whether that breaks a movement: the picture came, and a
    frame late. A frame with two reports, of the page and of the compositor, counts once.
    """
    return len({frame for frame, report in dropped(events) if report["affects_smoothness"]})


def dropped_in_drag(events):
    """Return how many frames were dropped from the first new value to the last, of any kind."""
    inputs = dispatched(events, "input")
    within = [e for e in events if inputs[0]["ts"] <= e.get("ts", 0) <= inputs[-1]["ts"]]
    return len({frame for frame, _ in dropped(within)})


def dropped(events):
    """Return pairs of a dropped frame and a report on it."""
    reports = (e["args"].get("frame_reporter") for e in events if e["name"] == "PipelineReporter")
    return [
        ((report["layer_tree_host_id"], report["frame_source"], report["frame_sequence"]), report)
        for report in reports
        if report and report["state"] == "STATE_DROPPED"
    ]


def measure(page, cdp):
    """Return the number of sliders, the milliseconds of each key, and frames dropped both ways."""
    per_key, by_keys, by_drag = [], 0, 0
    sliders = page.locator(".softmax-explorer input[type=range]")
    for i in range(sliders.count()):
        some, lost = costs(press_keys(page, sliders.nth(i)))
        per_key += some
        by_keys += lost
    for i in range(sliders.count()):  # after all keys, since a drag leaves its slider elsewhere
        by_drag += dropped_in_drag(drag(page, cdp, sliders.nth(i)))
    return sliders.count(), per_key, by_keys, by_drag


def measure_all(running, folder):
    """Return what `measure` gives for the bare slider and each explorer, by name."""
    found = {}
    for name in [BARE_NAME, *widgets.__all__]:
        if name in widgets.__all__:
            path = write_page(folder, made(getattr(widgets, name)))
        else:
            path = folder / "bare.html"
            path.write_text(BARE, encoding="utf-8")
        page = running.new_page(viewport={"width": 1000, "height": 800})
        page.goto(path.as_uri())
        page.wait_for_selector("[data-ready]", state="attached")
        cdp = page.context.new_cdp_session(page)
        cdp.send("Emulation.setCPUThrottlingRate", {"rate": SLOW_DOWN})
        found[name] = measure(page, cdp)
        page.context.close()
        print(f"{name}: {p95(found[name]):.1f} ms at the 95th percentile", flush=True)
    return found


def p95(measured):
    _, per_key, _, _ = measured
    return statistics.quantiles(per_key, n=20)[-1]


def row(name, rounds):
    """Return a line of the table from what several rounds measured of one explorer."""
    middle = sorted(rounds, key=p95)[len(rounds) // 2]
    sliders, per_key, by_keys, by_drag = middle
    low, high = min(map(p95, rounds)), max(map(p95, rounds))
    return (
        f"| {name} | {sliders} | {len(per_key)} | {statistics.median(per_key):.1f} "
        f"| {p95(middle):.1f} | {low:.1f}, {high:.1f} | {by_keys} | {by_drag} |"
    )


def main():
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        running = playwright.chromium.launch(executable_path=browser.find(), args=browser.ARGUMENTS)
        where = machine([], f"Chromium {running.version}")
        rounds = [measure_all(running, Path(folder)) for _ in range(ROUNDS)]
        running.close()
    lines = "\n".join(row(name, [found[name] for found in rounds]) for name in rounds[0])
    (HERE / "latency.md").write_text(
        f"""# What an explorer costs for each input event

Milliseconds of the page's main thread for one key on a slider: script, style, layout and paint
together, from a trace, with the processor slowed down {SLOW_DOWN} times. The goal is {BUDGET} ms,
one frame, at the 95th percentile, and no dropped frame. What else a machine does comes and goes,
and moves that percentile more than most changes of the code. So all explorers are measured {ROUNDS}
times in turn, in a new page each time. The table has the middle round of each by its 95th
percentile, and that of the best and the worst.

A frame is dropped if what it had to show came a frame late. A key comes at any time within a frame,
so that even the first row, a slider that moves one bar and does nothing else, may drop some.
Chromium counts those only of a script that changes an element's style, as movements do. The bars of
AttentionExplorer are drawn by attributes, and so its 0 is no merit. A mouse that drags a slider
moves once a frame, at its beginning: the last column has the frames dropped in {MOVES} moves of
each slider, of any kind, from the first new value to the last. Here Chromium has no window and no
graphics card: what it draws, it draws with the same processor, outside the milliseconds below and
inside the frame.

{where}

| explorer | sliders | keys | median | 95th percentile | best, worst | dropped | dragged |
|---|--:|--:|--:|--:|--:|--:|--:|
{lines}
""",
        encoding="utf-8",
    )
    print(f"Written: {HERE / 'latency.md'}")


if __name__ == "__main__":
    main()

"""Widgets on a page that has no kernel behind it.

myst-nb puts the state of every widget of a notebook into its page, and leaves the drawing to
Jupyter's html-manager, a megabyte from a CDN. Here, while a notebook is read:

- the view of an anywidget becomes a ``<div class="static-widget">`` that
  ``static/static_widgets.js`` brings to life; until then it holds the widget's still picture,
  which its ``_repr_mimebundle_`` offers as SVG, titled with what it shows;
- the view of any other widget, whose callbacks are Python and cannot run in a page, becomes the
  picture that the notebook's own run left in its Output, with one line that says where it moves.

The state that stays in the page is that of the anywidgets shown there, under ids that do not
change from build to build.
"""

import hashlib
import json
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
SVG = "image/svg+xml"
STILL_NOTE = "A still picture: its slider comes alive when you run this page in Jupyter."


class WidgetError(Exception):
    """A widget that would not do on a static page what it does in a notebook."""


def replace_widget_views(app, doctree):
    """Swap each widget view of a freshly read notebook for what a static page can show."""
    docname = app.env.docname
    scripts = NbMetadataCollector.get_js_files(app.env, docname)
    if "ipywidgets_state" not in scripts:
        return
    models = json.loads(scripts["ipywidgets_state"][1]["body"])["state"]
    shown, seen = {}, set()
    for bundle in list(doctree.findall(is_mime_bundle)):
        by_type = {child["mime_type"]: child for child in bundle.children}
        if VIEW not in by_type:
            continue
        model_id = json.loads(text_of_script(by_type[VIEW]))["model_id"]
        model = models[model_id]
        if model["model_module"] == "anywidget":
            if model_id in seen:
                raise WidgetError(f"{docname}: two views of one explorer would not move together")
            seen.add(model_id)
            new_id = f"widget-{len(shown) + 1}"
            shown[new_id] = {"state": live_state(model["state"])}
            still = described(app, by_type.get(SVG, nodes.container()).children)
            replacement = live_view(new_id, still)
        else:
            replacement = still_view(app, docname, models, model_id)
        bundle.clear()
        bundle += nodes.container("", *replacement, mime_type="text/html")

    if shown:
        body = json.dumps({"version_major": 2, "version_minor": 0, "state": shown}, sort_keys=True)
        # "<" could end the script element early, or open a comment in it.
        body = body.replace("<", "\\u003c")
        scripts["ipywidgets_state"] = (None, {"type": STATE, "body": body})
        scripts["static_widgets"] = ("static_widgets.js", {"loading_method": "defer"})
    else:
        del scripts["ipywidgets_state"]


def is_mime_bundle(node):
    return isinstance(node, nodes.container) and node.get("nb_element") == "mime_bundle"


def text_of_script(container):
    """Return what stands between the tags of the script that myst-nb makes of a widget view."""
    html = container.children[0].astext()
    return html[html.index(">") + 1 : html.rindex("</script>")]


def live_state(state):
    """Keep what draws the widget: its script, its style and its own traits.

    Not its layout: that is another model, which is not in the page, and its id is a random one.
    """
    wanted = {"_esm", "_css"}
    return {
        name: value
        for name, value in state.items()
        if name in wanted or not (name[0] == "_" or name == "layout")
    }


def described(app, images):
    """Give each image node the title of its SVG as alternative text."""
    for image in images:
        svg = ElementTree.parse(app.srcdir / image["uri"].lstrip("/"))
        image["alt"] = svg.findtext("{http://www.w3.org/2000/svg}title")
    return images


def live_view(model_id, still):
    opening = f'<div class="static-widget" id="{model_id}" data-model="{model_id}">'
    words = "With JavaScript on, this picture is interactive."
    note = f'<noscript><p class="still-note">{words}</p></noscript>'
    return [raw(opening), *still, raw(f"{note}</div>")]


def still_view(app, docname, models, model_id):
    """Return the picture in the Output below a widget, as an image node and a note."""
    for output in outputs_below(models, model_id):
        if SVG in output.get("data", {}):
            alt = output["metadata"].get("alt")
            if not alt:
                raise WidgetError(f"{docname}: a widget's figure needs an alt text")
            image = nodes.image(uri=write_svg(app, output["data"][SVG]), alt=alt)
            return [image, raw(f'<p class="still-note">{STILL_NOTE}</p>')]
    raise WidgetError(f"{docname}: a widget with no picture in its Output would be a dead control")


def outputs_below(models, model_id):
    """Yield the outputs of a widget and of all that it contains."""
    state = models[model_id]["state"]
    yield from state.get("outputs", [])
    for child in state.get("children", []):
        yield from outputs_below(models, child.removeprefix("IPY_MODEL_"))


def write_svg(app, svg):
    folder = Path(app.env.mystnb_config.output_folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{hashlib.sha256(svg.encode()).hexdigest()}.svg"
    path.write_text(svg, encoding="utf-8")
    return "/" + path.relative_to(app.srcdir).as_posix()


def raw(html):
    return nodes.raw("", html, format="html")


def setup(app):
    # Before Sphinx collects the images of the page, which it does at the default priority, 500.
    app.connect("doctree-read", replace_widget_views, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

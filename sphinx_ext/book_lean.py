"""Pages that weigh little, and do not move while they load.

- The style sheets of the theme and of the extensions become one file, the scripts another; what a
  page has no use for is not loaded.
- The fonts that nearly all mathematics is set in are cut down to the characters that the book
  uses, and stand inside the style sheet. Mathematics is there, in its own type and size, with the
  first picture of the page: nothing is set twice, so nothing shifts. Rarer characters still come
  from KaTeX's full fonts, fetched by the pages that have them.
- A picture knows its size before it arrives, and is fetched only when the reader comes near.
"""

import hashlib
import io
import logging
import posixpath
import re
from base64 import b64encode
from pathlib import Path

import furo
from docutils import nodes
from fontTools import subset  # packs what it writes with brotli
from fontTools.ttLib import TTFont
from sphinx.errors import ExtensionError
from sphinx.util.images import get_image_size
from sphinx.writers.html5 import HTML5Translator

# Every page loads these scripts, in this order.
SCRIPTS = (
    "documentation_options.js",
    "scripts/furo.js",
    "clipboard.min.js",
    "copybutton.js",
    "book.js",
)
# The search page needs these too, ahead of Sphinx's own search.
SEARCH_SCRIPTS = ("doctools.js", "search_settings.js")
DROPPED_SCRIPTS = {
    "doctools.js",  # its one part in use here is a single-key shortcut, which gets in the way
    "sphinx_highlight.js",  # marks the words of a past search, which it keeps in the storage
    "design-tabs.js",  # keeps the last tab in the storage; tabs change without it
}
# Style sheets that a page gets only if its body has this in it.
OPTIONAL_STYLES = {"sphinx-design.min.css": 'class="sd-'}

# What nearly every page's mathematics is made of.
INLINE_FONTS = ("Main-Regular", "Math-Italic", *(f"Size{n}-Regular" for n in (1, 2, 3, 4)))
CHARACTERS = "".join(map(chr, range(0x20, 0x7F)))
CHARACTERS += "αβγδεζηθικλμνξοπρςστυφχψωϑϕϖϱϵ\N{NO-BREAK SPACE}"
CHARACTERS += "±×′…ˉˆ˙←→↦⇒⟶⟹⟺∂∀∃∇∈∑∏∫−∗√∝∞∣∥∧∨∩∪≈≡≤≥⊂⊆⊤⋅⋮⋯⋱⟨⟩⌈⌉⌊⌋"  # noqa: RUF001, symbols, not letters
CHARACTERS += "\ue020"  # the stroke that KaTeX lays over = for ≠


def mark_pictures(app, doctree):
    """Give each picture its size in pixels, and let all but the first wait for the reader."""
    for number, image in enumerate(doctree.findall(nodes.image)):
        uri = image["uri"]
        folder = Path(app.srcdir) if uri.startswith("/") else Path(doctree["source"]).parent
        image["pixels"] = get_image_size(str(folder / uri.lstrip("/")))
        image["loading"] = "lazy" if number else "link"


def visit_image(translator, image):
    HTML5Translator.visit_image(translator, image)
    if size := image.get("pixels"):
        width, height = size
        # As attributes: docutils would write a style, against which no style sheet can
        # scale the picture in proportion. The style sheet needs the width too.
        sized = f'<img width="{width}" height="{height}" style="--width: {width}px" '
        translator.body[-1] = translator.body[-1].replace("<img ", sized, 1)


def depart_image(translator, image):
    HTML5Translator.depart_image(translator, image)


def lighten(app, pagename, templatename, context, doctree):
    """Leave a page one style sheet, one script for all pages, and what it alone needs."""
    body = context.get("body", "")
    styles = tuple(
        (static_name(style), style.attributes.get("media"))
        for style in sorted(context["css_files"], key=lambda style: style.priority)
        if OPTIONAL_STYLES.get(static_name(style), "") in body
    )
    context["css_files"] = [joined(app, "css", styles)]

    own = [script for script in context["script_files"] if not is_joined(script)]
    names = (*SCRIPTS, *(SEARCH_SCRIPTS if templatename == "search.html" else ()))
    context["script_files"] = [joined(app, "js", names), *own]


def static_name(asset):
    """Return the name of a style sheet or script below _static, or None where it has no file."""
    return asset.filename and str(asset.filename).removeprefix("_static/")


def static_path(app, name):
    return Path(app.outdir, "_static", name)


def is_joined(script):
    return static_name(script) in {*SCRIPTS, *DROPPED_SCRIPTS}


def joined(app, kind, parts):
    """Return the address of the file that will hold these; it is new whenever they may be."""
    digest = hashlib.sha256(f"{app.config.execution_key} {parts}".encode()).hexdigest()[:12]
    app.book_joined[kind, f"book-{digest}.{kind}"] = parts
    return f"_static/book-{digest}.{kind}"


def write_joined(app, exception):
    """Write the joined files, once the extensions have copied their own."""
    for (kind, name), parts in app.book_joined.items() if exception is None else ():
        if kind == "css":
            texts = [*(style_sheet(app, *part) for part in parts), inline_fonts(app)]
        else:
            texts = [static_path(app, part).read_text(encoding="utf-8") for part in parts]
        # Each semicolon has a line of its own: a script may end in a comment.
        text = ("\n;\n" if kind == "js" else "\n").join(texts)
        static_path(app, name).write_text(text, encoding="utf-8")


def style_sheet(app, name, media):
    """Return the text of a style sheet, with addresses as seen from _static."""
    if name == "pygments.css":  # Furo adds its dark half to the file when the build is over
        css = furo.get_pygments_stylesheet()
    else:
        css = static_path(app, name).read_text(encoding="utf-8")
    if "@import" in css or "@charset" in css:
        raise ExtensionError(f"{name} has a rule that only works at the top of a style sheet")
    folder = posixpath.dirname(name)

    def address(match):
        return f"url({posixpath.join(folder, match[1])})"

    css = re.sub(r"""url\(["']?(?!["']?(?:data:|#))([^)"']+)["']?\)""", address, css)
    return f"@media {media} {{\n{css}\n}}" if media and media != "all" else css


def inline_fonts(app):
    """Return the rules of the small fonts; for their characters they come before the full ones."""
    folder = static_path(app, "katex")
    css = (folder / "katex.css").read_text(encoding="utf-8")
    rules = []
    for name in INLINE_FONTS:
        face = re.search(rf"@font-face\s*{{[^}}]*KaTeX_{name}\.woff2[^}}]*}}", css)[0]
        font = TTFont(folder / "fonts" / f"KaTeX_{name}.woff2")
        characters = sorted(set(map(ord, CHARACTERS)) & set(font.getBestCmap()))
        data = f"url(data:font/woff2;base64,{b64encode(cut_down(font, characters)).decode()})"
        codes = ", ".join(f"U+{code:x}" for code in characters)
        face = re.sub(r"url\([^)]*\)", lambda _, data=data: data, face)
        rules.append(f"{face[:-1]}; unicode-range: {codes}; }}")
    return "\n".join(rules)


def cut_down(font, characters):
    """Return the font with these characters only, and without hints, which screens now ignore."""
    options = subset.Options(flavor="woff2", hinting=False, name_IDs=[])
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    data = io.BytesIO()
    subset.save_font(font, data, options)
    return data.getvalue()


def setup(app):
    app.book_joined = {}
    # A package of code colours that Furo brings, a11y_pygments, has every logger print all it says.
    for talkative in ("fontTools", "traitlets"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    # After the still pictures of widgets are in place, before Sphinx collects the images.
    app.connect("doctree-read", mark_pictures, priority=450)
    app.add_node(nodes.image, override=True, html=(visit_image, depart_image))
    # After the extensions that add files of their own.
    app.connect("html-page-context", lighten, priority=900)
    app.connect("build-finished", write_joined, priority=900)
    # What `lighten` joins is known to its own process alone, and the main one writes it.
    return {"parallel_read_safe": True, "parallel_write_safe": False}

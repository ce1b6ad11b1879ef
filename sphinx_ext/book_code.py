"""Code that a phone can show whole: its long lines wrap, and what is wrapped hangs.

Without marks a line would end anywhere, in the middle of a name too, and go on at the left edge,
as if it stood outside of its loop. So each long line gets a class that says how far it is indented,
and places where it may end: after a parenthesis that opens, and in a long name after its dots and
underscores. The text stays what it is, for those who copy it.
"""

import math
import re
from html import unescape

CODE = re.compile(
    r'(<div class="(?:doctest )?highlight-(?:i?python|default).*?<pre>)(.*?)(</pre>)', re.DOTALL
)
LONG = 30  # characters that the narrowest phone has room for
OPENED = re.compile(r'(<span class="p">[^<)]*\([^<)]*</span>)(?!\n|$)')
DOT = re.compile(r'(<span class="o">\.</span>)')
LONG_NAME = re.compile(r"(?<=>)\w{24,}(?=<)")


def mark_long_lines(app, pagename, templatename, context, doctree):
    context["body"] = CODE.sub(mark_lines, context.get("body", ""))


def mark_lines(code):
    return code[1] + "\n".join(map(marked, code[2].split("\n"))) + code[3]


def marked(line):
    text = unescape(re.sub(r"<[^>]*>", "", line))
    if len(text) <= LONG:
        return line
    indent = len(text) - len(text.lstrip())
    line = OPENED.sub(r"\1<wbr>", line)
    if max(map(len, re.split(r"[ (]", text))) > LONG - 2:
        line = DOT.sub(r"\1<wbr>", line)
        line = LONG_NAME.sub(lambda name: name[0].replace("_", "_<wbr>"), line)
    return f'<span class="hangs hangs-{min(3, math.ceil(indent / 4))}">{line}</span>'


def setup(app):
    app.connect("html-page-context", mark_long_lines)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

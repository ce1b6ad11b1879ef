"""Folded code that a phone can show whole: its long lines wrap, and what is wrapped hangs.

Without marks a line would end anywhere, in the middle of a name too, and go on at the left edge,
as if it stood outside of its loop. So each long line gets a class that says how far it is indented,
and places where it may end. The text stays what it is, for those who copy it.
"""

import re
from html import unescape

FOLDED = re.compile(r'<details class="[^"]*\bhide\b.*?</details>', re.DOTALL)
CODE = re.compile(r'(<div class="cell_input.*?<pre>)(.*?)(</pre>)', re.DOTALL)
LONG = 30  # characters that the narrowest phone has room for
# A bracket or comma, a dot, an assignment: not a minus sign, which belongs to what follows.
ENDS = re.compile(r'(<span class="(?:p">[^<]*|o">[.=])</span>)(?!\n|$)')


def mark_long_lines(app, pagename, templatename, context, doctree):
    body = context.get("body", "")
    context["body"] = FOLDED.sub(lambda fold: CODE.sub(mark_lines, fold[0]), body)


def mark_lines(code):
    return code[1] + "\n".join(map(marked, code[2].split("\n"))) + code[3]


def marked(line):
    text = unescape(re.sub(r"<[^>]*>", "", line))
    if len(text) <= LONG:
        return line
    depth = (len(text) - len(text.lstrip())) // 4
    line = ENDS.sub(r"\1<wbr>", line)
    return f'<span class="hangs hangs-{depth}">{line}</span>'


def setup(app):
    app.connect("html-page-context", mark_long_lines)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

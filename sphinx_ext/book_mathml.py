r"""Corrections to what KaTeX writes.

It ends ``\max`` and its like with the invisible mark of function application. As an index, in
``\lambda_{\max}``, that mark becomes a third child of an element that takes two: the markup is
invalid, Firefox says so on its console, and no function is applied.

A formula is to a browser like a picture, before and after which a line may end. So the full stop
after one would begin the next line, and a bracket before one would stay behind.
"""

import re

from docutils import nodes

APPLICATION = re.compile("<mo>\N{FUNCTION APPLICATION}</mo>(?=</m(?:sub|sup|subsup)>)")


def correct_mathematics(app, pagename, templatename, context, doctree):
    if "body" in context:
        context["body"] = APPLICATION.sub("", context["body"])


def keep_together(app, doctree, docname):
    """Put a formula in a box with what touches it: at the edges of that no line may end."""
    for formula in list(doctree.findall(nodes.math)):
        parent, at = formula.parent, formula.parent.index(formula)
        before, after = "", ""
        if at > 0 and isinstance(parent[at - 1], nodes.Text):
            before = re.search(r"\S*\Z", parent[at - 1])[0]
            parent[at - 1] = nodes.Text(parent[at - 1].removesuffix(before))
        if at + 1 < len(parent) and isinstance(parent[at + 1], nodes.Text):
            after = re.match(r"\S*", parent[at + 1])[0]
            parent[at + 1] = nodes.Text(parent[at + 1].removeprefix(after))
        if before or after:
            texts = (nodes.Text(before), formula, nodes.Text(after))
            parent[at] = nodes.inline("", "", *texts, classes=["touched-math"])


def setup(app):
    app.connect("doctree-resolved", keep_together)
    app.connect("html-page-context", correct_mathematics)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

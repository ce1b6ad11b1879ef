r"""A correction to the MathML that KaTeX writes for screen readers.

KaTeX ends ``\max`` and its like with the invisible mark of function application. As an index, in
``\lambda_{\max}``, that mark becomes a third child of an element that takes two: the markup is
invalid, Firefox says so on its console, and no function is applied.
"""

import re

APPLICATION = re.compile("<mo>\N{FUNCTION APPLICATION}</mo>(?=</m(?:sub|sup|subsup)>)")


def correct_mathematics(app, pagename, templatename, context, doctree):
    if "body" in context:
        context["body"] = APPLICATION.sub("", context["body"])


def setup(app):
    app.connect("html-page-context", correct_mathematics)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

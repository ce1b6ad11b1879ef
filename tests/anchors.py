"""The anchors of the built book, and the list of those that others may have linked to.

``.venv/bin/python tests/anchors.py`` adds the new ones to the list. It takes none away: to give one
up, which breaks the links of others, delete its line by hand.
"""

import re
from pathlib import Path

from bs4 import BeautifulSoup

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
LIST = ROOT / "tests" / "data" / "anchors.txt"
# Not names: Sphinx's numbers, which move when a paragraph comes in, and what every page repeats.
NAMELESS = re.compile(r"id\d+|furo-main-content|exercise-content|proof-content")


def anchors_of(site):
    """Return the set of page#anchor of a built site, and each page alone."""
    found = set()
    for path in [site / "index.html", *site.glob("chapters/*.html")]:
        page = path.relative_to(site).as_posix()
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        found.add(page)
        for tag in soup.select("article [id]"):
            if not tag.find_parent("svg") and not NAMELESS.fullmatch(tag["id"]):
                found.add(f"{page}#{tag['id']}")
    return found


def published():
    return set(LIST.read_text(encoding="utf-8").split()) if LIST.is_file() else set()


if __name__ == "__main__":
    before, now = published(), anchors_of(SITE)
    LIST.write_text("\n".join(sorted(before | now)) + "\n", encoding="utf-8")
    print(f"{len(now - before)} anchors added, {len(before)} there before")

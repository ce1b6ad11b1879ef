"""Two clean builds of one book give the same bytes, wherever and in whatever order sets iterate."""

import hashlib
import shutil

from .test_build import PICTURE, book, build, write_page  # noqa: F401 (a fixture)

CELLS = [
    "from softmax_lib.widgets import TemperatureExplorer\nTemperatureExplorer([3.0, 1.0])",
    "import sympy\nsympy.Symbol('T') / 2",
    "from IPython.display import Math\nMath(r'p_{\\max}')",
    PICTURE,
]


def digests(site):
    return {
        path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in site.rglob("*")
        if path.is_file()
    }


def test_two_clean_builds_are_byte_identical(book, tmp_path_factory):  # noqa: F811
    write_page(book, *CELLS)
    other = tmp_path_factory.mktemp("elsewhere") / "the same book"
    shutil.copytree(book, other)
    built = []
    site = "https://book.example/below"
    here = {"PYTHONHASHSEED": "1", "TZ": "UTC", "BOOK_SITE": f"{site}/"}
    there = {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "BOOK_SITE": site, "MPLBACKEND": "Agg"}
    settings = tmp_path_factory.mktemp("settings") / "matplotlibrc"
    settings.write_text("font.family: monospace\naxes.facecolor: red\n")
    for place, set_before in ((book, here), (other, there | {"MATPLOTLIBRC": str(settings)})):
        result = build(place, **set_before)
        assert result.returncode == 0, result.stdout + result.stderr
        built.append(digests(place / "_build" / "html"))
    one, two = built
    made_last = {"sitemap.xml", "_static/card.png", "downloads/softmax-book.zip"}
    assert {"index.html", *made_last} <= set(one)
    assert {name for name in one | two if one.get(name) != two.get(name)} == set()

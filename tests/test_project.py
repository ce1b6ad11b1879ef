"""The promises that the repository's own files make."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import sphinxcontrib.katex
import yaml

import softmax_lib

from .conftest import ROOT


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, **options)


def test_importing_softmax_lib_imports_numpy_and_nothing_heavy():
    heavy = "{'matplotlib', 'sympy', 'ipywidgets', 'anywidget', 'IPython', 'scipy', 'mpmath'}"
    code = f"import sys, softmax_lib; print({heavy} & set(sys.modules))"
    assert run(sys.executable, "-c", code, check=True).stdout.strip() == "set()"


def test_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == softmax_lib.__version__


def test_requirements_are_pinned_but_jupyterlab_is_left_to_binder():
    pinned = dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "constraints.txt").read_text(), re.M))
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    names = [re.split(r"[<>=]", line)[0] for line in lines if re.match(r"\w", line)]
    assert {"jupyter-book", "numpy", "matplotlib", "ipywidgets", "sympy"} <= set(names)
    assert set(names) <= set(pinned)
    assert pinned["jupyter-book"].startswith("1.")
    assert not {"jupyterlab", "notebook"} & set(pinned)


def test_katex_style_is_of_the_version_that_typesets():
    """Another version's style sheet puts sub- and superscripts at the wrong size."""
    folder = ROOT / "sphinx_ext" / "static" / "katex"
    css = (folder / "katex.css").read_text()
    assert f'content: "{sphinxcontrib.katex.katex_version}"' in css
    fonts = set(re.findall(r"url\(([^)]+)\)", css))
    assert fonts == {f"fonts/{path.name}" for path in (folder / "fonts").iterdir()}


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("vendor.github-workflows", ".github/workflows/book.yml"),
        ("vendor.citation-file-format", "CITATION.cff"),
    ],
)
def test_file_is_valid_against_its_public_schema(schema, path):
    checker = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, path]
    result = run(*checker)
    assert result.returncode == 0, result.stdout


def test_binder_would_use_the_python_that_the_book_is_tested_with():
    """repo2docker prints the Dockerfile that it would build, and names the Python in it."""
    result = run(sys.executable, "-m", "repo2docker", "--no-build", "--debug", ".")
    version = (ROOT / "runtime.txt").read_text().strip().removeprefix("python-")
    text = result.stdout + result.stderr
    assert result.returncode == 0, text[-2000:]
    assert f"Building conda environment for python={version}\n" in text
    assert "requirements.txt" in text


def test_spelling():
    result = run(sys.executable, "-m", "codespell_lib")
    assert result.returncode == 0, result.stdout


def test_hooks_name_tools_that_exist():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    for hook in hooks:
        program, *arguments = hook["entry"].split()
        assert program.startswith(".venv/bin/")
        assert Path(sys.executable).with_name(Path(program).name).exists(), program
        for script in (word for word in arguments if word.endswith(".py")):
            assert (ROOT / script).is_file()


def test_ruff_exceptions_say_why():
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    for first, end in (("ignore = [", "]"), ("[tool.ruff.lint.per-file-ignores]", "")):
        start = lines.index(first) + 1
        exceptions = lines[start : lines.index(end, start)]
        assert exceptions
        for line in exceptions:
            assert "#" in line


def test_a_module_is_there_once_it_is_used_and_the_heavy_ones_not_before():
    code = """
import sys
import softmax_lib
assert "numpy" in sys.modules
assert not {"matplotlib", "sympy", "ipywidgets", "mpmath"} & set(sys.modules)
assert softmax_lib.losses.cross_entropy([0.0, 0.0], 0) > 0.69
assert "matplotlib" not in sys.modules
assert softmax_lib.figures.draw_probabilities
offered = dir(softmax_lib)
assert {"figures", "softmax"} <= set(offered) and len(offered) == len(set(offered))
try:
    softmax_lib.loses
except AttributeError as error:
    assert str(error) == "module 'softmax_lib' has no attribute 'loses'"
else:
    raise AssertionError
"""
    run(sys.executable, "-W", "error", "-c", code, check=True)

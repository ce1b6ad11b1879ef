"""Bring notebooks to the form in which they are committed: no outputs, and no stray metadata.

Editors add what they like to a notebook: execution counts, the exact Python, the state of widgets.
None of it belongs to the book, and all of it makes two versions differ for no reason.
"""

import sys
from pathlib import Path

import nbformat

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
CELL_METADATA = {"jupyter", "mystnb", "tags"}


def stripped(text):
    """Return the text of a notebook in its committed form."""
    notebook = nbformat.reads(text, as_version=4)
    notebook.metadata = {
        "kernelspec": KERNEL,
        "language_info": {"name": "python"},
        **({"myst": notebook.metadata["myst"]} if "myst" in notebook.metadata else {}),
    }
    for cell in notebook.cells:
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in CELL_METADATA}
        if cell.get("attachments"):  # to take it away would lose the picture
            raise ValueError(f"cell {cell.id} holds a pasted picture: make it a file")
        cell.pop("attachments", None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.validate(notebook)
    return nbformat.writes(notebook, indent=1, ensure_ascii=False).rstrip("\n") + "\n"


def main(names):
    """Strip the named notebooks in place; return 1 if any of them changed, as hooks do."""
    changed = 0
    for path in map(Path, names):
        before = path.read_text(encoding="utf-8")
        try:
            after = stripped(before)
        except (ValueError, nbformat.ValidationError) as error:
            print(f"not stripped {path}: {error}")
            changed = 1
            continue
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(f"stripped {path}")
            changed = 1
    return changed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Write a lesson as a Python file: cells begin ``# %%``, with slide type and tags beside them.

    python -m tests.tools.author to-py notebooks/07_digits_from_scratch.ipynb
    python -m tests.tools.author to-nb notebooks/07_digits_from_scratch.py

``to-py`` writes NAME.py beside the notebook. ``to-nb`` writes NAME.ipynb in the committed form: it
keeps the ids of cells whose text is unchanged, so that a diff shows the cells that changed, and
drops all outputs; run ``python -m tests.tools.refresh`` next. The Python file is a working copy:
delete it afterwards, the notebook is what is committed. jupytext does the translation.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path

import jupytext
from nbformat import NotebookNode

from tests.tools.normalise import dumps, normalise
from tests.tools.notebooks import NotebookError, read, write_text

FORMAT = "py:percent"


def to_py(notebook: Path) -> Path:
    """Write the notebook's cells as ``NAME.py``; returns its path."""
    nb = read(notebook)
    nb.metadata["jupytext"] = {
        "notebook_metadata_filter": "coursekit,rise,kernelspec,-jupytext",
        "cell_metadata_filter": "slideshow,tags,-all",
    }
    target = notebook.with_suffix(".py")
    write_text(target, jupytext.writes(nb, fmt=FORMAT))
    return target


def to_nb(script: Path) -> Path:
    """Write ``NAME.ipynb`` from ``NAME.py``, without outputs; returns its path."""
    try:
        text = script.read_text(encoding="utf-8")
    except OSError as e:
        raise NotebookError(f"{script} cannot be read: {e.strerror}.") from None
    nb = jupytext.reads(text, fmt=FORMAT)
    target = script.with_suffix(".ipynb")
    for cell in nb.cells:
        cell.pop("id", None)  # jupytext draws them at random
    if target.exists():
        _keep_ids(nb, read(target))
    write_text(target, dumps(normalise(nb)))
    return target


def _keep_ids(nb: NotebookNode, before: NotebookNode) -> None:
    """Give each cell of ``nb`` that ``before`` had, changed or not, the id it had there."""
    old = [(c.cell_type, c.source.rstrip()) for c in before.cells]
    new = [(c.cell_type, c.source.rstrip()) for c in nb.cells]
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind in ("equal", "replace"):
            for i, j in zip(range(i1, i2), range(j1, j2), strict=False):
                nb.cells[j].id = before.cells[i].id


def main(argv: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.author")
    parser.add_argument("direction", choices=("to-py", "to-nb"))
    parser.add_argument("file", type=Path)
    args = parser.parse_args(argv)
    wanted = ".ipynb" if args.direction == "to-py" else ".py"
    if args.file.suffix != wanted:
        parser.error(f"{args.direction} wants a file that ends in {wanted}, not {args.file.name}")
    try:
        print((to_py if args.direction == "to-py" else to_nb)(args.file))
    except NotebookError as e:
        print(e, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Find, read and write the course's notebooks: what all tools share.

Cells are numbered from 1, counting Markdown and code alike, in every message of every tool.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import nbformat

from coursekit import deck

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""

NOTEBOOKS = ROOT / "notebooks"
"""The lessons' folder."""

SLIDE_TYPES = ("slide", "subslide", "fragment", "notes", "skip", "-")
"""RISE's values of ``slide_type``; ``-`` continues the slide before it."""


class NotebookError(Exception):
    """A notebook cannot be read, found or run; the message tells its author what to do."""


def lesson_files() -> list[Path]:
    """The lessons in order: ``notebooks/NN_name.ipynb``."""
    return sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


def find(names: list[str]) -> list[Path]:
    """Notebooks by path or by number (``"07"``, ``"7"``); no names means every lesson.

    Raises NotebookError for a name that fits nothing.

    >>> find(["no_such_file.ipynb"])
    Traceback (most recent call last):
    tests.tools.notebooks.NotebookError: There is no notebook 'no_such_file.ipynb'. ...
    """
    if not names:
        return lesson_files()
    found = []
    for name in names:
        number = f"{int(name):02d}_" if name.isdigit() else None
        hits = [p for p in lesson_files() if number and p.name.startswith(number)]
        if not hits and Path(name).is_file():
            hits = [Path(name)]
        if not hits:
            have = ", ".join(p.stem[:2] for p in lesson_files()) or "none yet"
            raise NotebookError(f"There is no notebook {name!r}. Give a path or a number ({have}).")
        found += hits
    return found


def read(path: Path) -> nbformat.NotebookNode:
    """The notebook at ``path`` as nbformat 4; raises NotebookError when it is not one."""
    try:
        with path.open(encoding="utf-8") as file:
            return nbformat.read(file, as_version=4)
    except FileNotFoundError:
        raise NotebookError(f"There is no file {path}.") from None
    except (ValueError, TypeError, AttributeError, KeyError, nbformat.ValidationError) as e:
        raise NotebookError(
            f"{path} is not a notebook ({type(e).__name__}); restore it from git."
        ) from None


slide_type = deck.kind
"""RISE's type of a cell, ``""`` where there is none."""


def tags(cell: dict) -> list[str]:
    """A cell's tags."""
    return list(cell.get("metadata", {}).get("tags") or [])


def write_text(path: Path, text: str) -> None:
    """Put ``text`` into ``path`` at once or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        temporary.chmod(path.stat().st_mode if path.exists() else 0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise

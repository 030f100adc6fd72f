"""Which lessons are exported, where to, and what is said meanwhile."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit import workbook
from coursekit.errors import CourseError
from coursekit.export.page import ExportError, needs

if TYPE_CHECKING:
    from nbformat import NotebookNode


def parser(name: str, description: str) -> argparse.ArgumentParser:
    """The arguments that ``slides`` and ``handout`` share."""
    made = argparse.ArgumentParser(prog=f"coursekit {name}", description=description)
    made.add_argument("numbers", nargs="*", metavar="NB", help="lesson numbers; default: all")
    made.add_argument("--to", type=Path, metavar="FOLDER", help=f"default: build/{name}")
    return made


def chosen(numbers: Sequence[str]) -> list[Path]:
    """The notebooks of these lessons, of all lessons without numbers.

    Raises:
        WorkbookError: There is no such lesson, or there are no lessons here.
    """
    folder = workbook.lessons_folder()
    if not numbers:
        return sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    return [workbook.find_lesson(number, folder) for number in numbers]


def load(path: Path) -> NotebookNode:
    """The notebook at ``path`` with its outputs."""
    needs("nbconvert")
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, KeyError, AttributeError, nbformat.ValidationError):
        raise ExportError(
            f"{path.name} is not a notebook any more; restore it with: git checkout -- {path.name}"
        ) from None


def title(nb: NotebookNode, path: Path) -> str:
    """The lesson's heading, the file's name where it has none.

    Example:
        >>> import nbformat
        >>> cell = nbformat.v4.new_markdown_cell("# 07 · Digits from scratch\\n\\nHow?")
        >>> title(nbformat.v4.new_notebook(cells=[cell]), Path("07_x.ipynb"))
        '07 · Digits from scratch'
    """
    first = nb.cells[0].source if nb.cells else ""
    heading = re.match(r"#\s+(.+)", first)
    return heading[1].strip() if heading else path.stem


def export(
    paths: Sequence[Path], folder: Path, suffix: str, make: Callable[[Path, Path], str]
) -> None:
    """Call ``make(notebook, file)`` for each lesson, and say which is being made.

    Args:
        paths: The notebooks.
        folder: Where the files go; it is made.
        suffix: Of the files.
        make: Writes the file and returns what there is to say about it.

    Raises:
        ExportError: The folder or a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for i, path in enumerate(paths, 1):
            file = folder / f"{path.stem}{suffix}"
            print(f"[{i}/{len(paths)}] {file.name} … ", end="", flush=True)
            print(make(path, file), flush=True)
    except CourseError:
        print()  # the message stands on a line of its own
        raise
    except OSError as e:
        print()
        raise ExportError(f"{e.filename or folder} cannot be written: {e.strerror}.") from e
    print(f"They are in {folder}.")

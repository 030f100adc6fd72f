"""Working copies of the lessons, for students: without outputs, and never overwriting their work.

``work/`` beside ``notebooks/`` gets a copy of each lesson without outputs and without the speaker
notes, which give the answers away: nothing spoils the thinking. A copy in which nothing was
written or run follows the lesson when the lesson changes; one that holds a student's work is left
alone for ever.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coursekit import deck
from coursekit.errors import CourseError

__all__ = [
    "Report",
    "WorkbookError",
    "find_lesson",
    "fresh",
    "lessons_folder",
    "main",
    "outdated",
    "prepare",
    "stripped",
    "write",
]

RECORD = ".coursekit.json"
"""In ``work/``: the fingerprint of each copy as it was made."""

_LESSON = re.compile(r"(\d\d)_[^/]*\.ipynb")
"""A lesson's file name; only these can be asked for by number."""


class WorkbookError(CourseError):
    """The working copies cannot be made, or there is no such lesson."""


@dataclass
class Report:
    """What :func:`prepare` did, as lists of file names.

    Attributes:
        folder: Where the copies are.
        new: Copies made for the first time, or again because they were gone.
        refreshed: Copies without a student's work, replaced by a newer lesson.
        outdated: Copies left because a student changed them; the lesson has changed since.
        kept: Copies left because a student changed them; the lesson is the same as then.
        current: Copies that are already equal to their lesson.
        notes: The copies are for whoever presents, with the speaker notes.
    """

    folder: Path
    new: list[str] = field(default_factory=list)
    refreshed: list[str] = field(default_factory=list)
    outdated: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    notes: bool = False

    def __str__(self) -> str:
        """One line on what was written and one on what was left; empty when there is neither."""
        lines = []
        written = [("made", self.new), ("refreshed", self.refreshed)]
        if any(names for _, names in written):
            what = "; ".join(f"{verb} {_short(names)}" for verb, names in written if names)
            lines.append(f"Working copies in {self.folder.name}/: {what}.")
        if self.kept or self.outdated:
            line = f"Left as you changed them: {_short(self.kept + self.outdated)}."
            lines.append(line + self._newer())
        return "\n".join(lines)

    def _newer(self) -> str:
        """How to get the newer lessons that exist."""
        lessons = sorted(filter(_LESSON.fullmatch, self.outdated))
        if not lessons:
            return ""
        exists = f" A newer lesson exists for {_short(lessons)}; to get it"
        if self.notes:
            return f"{exists}, rename or delete {self.folder / lessons[0]} and start again."
        return f"{exists} beside yours: python -m coursekit workbook --fresh {lessons[0][:2]}"


def _short(names: Iterable[str]) -> str:
    """Lesson numbers where a name has one: ``00, 07, rise.css``."""
    return ", ".join(name[:2] if re.match(r"\d\d_", name) else name for name in sorted(names))


def lessons_folder(start: Path | None = None) -> Path:
    """Return the folder with the lessons' notebooks.

    It is the ``notebooks/`` of the checkout that coursekit was installed from with ``-e``, else
    the one in ``start`` (the current folder) or above it.

    Raises:
        WorkbookError: There is none: coursekit was installed without the course.
    """
    here = (start or Path.cwd()).resolve()
    for root in [Path(__file__).resolve().parents[2], here, *here.parents]:
        folder = root / "notebooks"
        if (root / "pyproject.toml").is_file() and any(folder.glob("[0-9][0-9]_*.ipynb")):
            return folder
    raise WorkbookError(
        "The lessons are not here: only the helper package is installed. Clone or download the "
        "course's repository and run the command inside it."
    )


def find_lesson(number: str, folder: Path) -> Path:
    """Return the notebook of lesson ``number`` (``"07"``, ``"7"``, or its file name) in ``folder``.

    Raises:
        WorkbookError: There is none; the message lists the lessons.

    Example:
        >>> find_lesson("7", lessons_folder()).name
        '07_digits_from_scratch.ipynb'
    """
    lessons = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    wanted = number.strip().removesuffix(".ipynb")
    prefix = f"{int(wanted):02d}_" if re.fullmatch(r"[0-9]+", wanted) else f"{wanted}.ipynb"
    for path in lessons:
        if path.name.startswith(prefix):
            return path
    have = ", ".join(path.stem for path in lessons) or "none"
    raise WorkbookError(f"There is no lesson {number!r}. Give a number: {have}.")


def prepare(
    lessons: Path | None = None, work: Path | None = None, *, notes: bool = False
) -> Report:
    """Make or refresh the working copies, and say which were written and which left.

    A copy is replaced only while it is as it was made: no cell typed in, added or run. Opening and
    saving it does not count. Nothing is ever deleted. Files beside the notebooks (``rise.css``,
    pictures) are treated alike. Each file is replaced at once or not at all.

    Args:
        lessons: Folder of the lessons; found by :func:`lessons_folder` if not given.
        work: Folder of the copies; ``work/`` beside ``lessons`` if not given.
        notes: Keep the speaker notes, for whoever presents.

    Raises:
        WorkbookError: There are no lessons, or ``work`` cannot be written.
    """
    lessons = lessons or lessons_folder()
    work = work or lessons.parent / "work"
    report = Report(work, notes=notes)
    try:
        work.mkdir(parents=True, exist_ok=True)
        record = _read_record(work)
        known = dict(record)
        try:
            for source in _sources(lessons):
                _copy(source, work / source.relative_to(lessons), known, report, notes)
        finally:  # what was copied before an error is remembered
            if known != record:
                text = json.dumps({"copies": known}, indent=1, sort_keys=True) + "\n"
                write(work / RECORD, text.encode())
    except OSError as e:
        raise WorkbookError(_advice(work, e)) from e
    return report


def outdated(lessons: Path, work: Path) -> list[str]:
    """Return which copies in ``work`` a student changed while their lesson has changed too.

    What lies beside the lessons does not count. Nothing is written.

    Raises:
        WorkbookError: A lesson or a copy cannot be read.
    """
    try:
        known, names = _read_record(work), []
        for source in _sources(lessons):
            target = work / source.relative_to(lessons)
            name = target.relative_to(work).as_posix()
            if target.is_file() and _LESSON.fullmatch(name):
                lesson = _fingerprint(name, stripped(source, notes=False))
                copy = _fingerprint(name, target.read_bytes())
                if lesson not in (copy, known.get(name)) and copy != known.get(name):
                    names.append(name)
    except OSError as e:
        raise WorkbookError(_advice(work, e)) from e
    return names


def _sources(lessons: Path) -> list[Path]:
    """The lessons and what lies beside them, without hidden files and the teacher's."""
    paths = [path for path in sorted(lessons.rglob("*")) if path.name != "INSTRUCTOR.md"]
    hidden = [any(part[0] in "._" for part in p.relative_to(lessons).parts) for p in paths]
    return [path for path, skip in zip(paths, hidden, strict=True) if path.is_file() and not skip]


def _copy(source: Path, target: Path, known: dict[str, str], report: Report, notes: bool) -> None:
    """Copy one file unless a student changed the target; note it in ``known`` and ``report``."""
    name = target.relative_to(report.folder).as_posix()
    content = stripped(source, notes)
    lesson = _fingerprint(name, content)
    if not os.path.lexists(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        write(target, content)
        known[name] = lesson
        report.new.append(name)
        return
    copy = _fingerprint(name, target.read_bytes()) if target.is_file() else ""
    if copy == lesson:
        known[name] = lesson
        report.current.append(name)
    elif copy == known.get(name) and not target.is_symlink():
        write(target, content)
        known[name] = lesson
        report.refreshed.append(name)
    elif known.get(name) == lesson:
        report.kept.append(name)
    else:
        report.outdated.append(name)


def stripped(source: Path, notes: bool) -> bytes:
    """The content of a file; of a notebook without outputs, counts and (unless asked) notes.

    Raises:
        WorkbookError: The notebook is none any more.

    Example:
        >>> import tempfile
        >>> cell = {"cell_type": "code", "metadata": {}, "source": "1 + 1", "outputs": ["2"]}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "07_small.ipynb")
        ...     write(path, json.dumps({"cells": [cell]}).encode())
        ...     json.loads(stripped(path, notes=False))["cells"][0]["outputs"]
        []
    """
    content = source.read_bytes()
    if source.suffix != ".ipynb":
        return content
    try:
        notebook = json.loads(content)
        if not notes:
            notebook["cells"] = [c for c in notebook["cells"] if deck.kind(c) != "notes"]
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise WorkbookError(
            f"{source} is not a notebook any more; restore it with: git checkout -- {source.name}"
        ) from None
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def _fingerprint(name: str, content: bytes) -> str:
    """A hash of what a student could have changed: of a notebook its cells and their outputs.

    Jupyter rewrites the rest (metadata, layout of the file) whenever it saves.
    """
    if name.endswith(".ipynb"):
        try:
            cells = [_essence(cell) for cell in json.loads(content)["cells"]]
            content = json.dumps(cells, sort_keys=True).encode()
        except (ValueError, KeyError, TypeError, AttributeError):
            pass  # not a notebook: hash what is there
    return hashlib.sha256(content).hexdigest()


def _essence(cell: dict[str, Any]) -> list[Any]:
    source = cell["source"]
    text = source if isinstance(source, str) else "".join(source)
    return [cell["cell_type"], text, cell.get("outputs") or [], cell.get("attachments") or {}]


def _read_record(work: Path) -> dict[str, str]:
    """Fingerprints of the copies as made; empty (so that all is left alone) when unreadable."""
    try:
        copies = json.loads((work / RECORD).read_text(encoding="utf-8"))["copies"]
        return {str(name): str(mark) for name, mark in copies.items()}
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def write(path: Path, content: bytes) -> None:
    """Put ``content`` into ``path`` at once or not at all; a file that was there keeps its mode."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        temporary.chmod(path.stat().st_mode if path.is_file() else 0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def fresh(number: str, lessons: Path | None = None, work: Path | None = None) -> Path:
    """Write a new copy of lesson ``number`` beside the student's own, and return its path.

    The new one is called ``07_…_fresh.ipynb``, the next ``07_…_fresh2.ipynb``, and so on.

    Raises:
        WorkbookError: There is no such lesson, or ``work`` cannot be written.
    """
    lessons = lessons or lessons_folder()
    work = work or lessons.parent / "work"
    source = find_lesson(number, lessons)
    content = stripped(source, notes=False)
    try:
        work.mkdir(parents=True, exist_ok=True)
        count, path = 1, work / f"{source.stem}_fresh.ipynb"
        while os.path.lexists(path):
            count += 1
            path = work / f"{source.stem}_fresh{count}.ipynb"
        write(path, content)
    except OSError as e:
        raise WorkbookError(_advice(work, e)) from e
    return path


def _advice(work: Path, error: OSError) -> str:
    """What is wrong with the folder of the copies, and what to do."""
    for path in (work, *work.parents):
        if path.is_file():
            return f"{path} is a file, and the working copies need a folder there: rename the file."
    if isinstance(error, PermissionError) or error.errno == 30:  # EROFS
        return (
            f"{error.filename or work} cannot be written or read: make it yours (for instance with "
            "chmod u+rwX), or copy the course into your home folder."
        )
    if shutil.disk_usage(work if work.exists() else work.parent).free < 2**20:
        return f"The disk is full: free some space, then try again ({work})."
    return f"The working copies in {work} cannot be made ({error}): move the course and try again."


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``python -m coursekit workbook [--fresh 07]``."""
    parser = argparse.ArgumentParser(
        prog="coursekit workbook",
        description="Make working copies of the lessons in work/, leaving those you changed.",
    )
    parser.add_argument("--fresh", metavar="NB", help="a new copy of lesson NB beside yours")
    args = parser.parse_args(argv)
    if args.fresh:
        print(f"A fresh copy: {fresh(args.fresh)}")
        return 0
    report = prepare()
    print(report if str(report) else f"Working copies in {report.folder.name}/ are up to date.")
    return 0

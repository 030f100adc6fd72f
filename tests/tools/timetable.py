"""What the speaker notes say about time: a lesson's plan, and what to cut when it gets late.

    python -m tests.tools.timetable 07

Every notes cell ends ``… 8 minutes.``, followed, where it applies, by ``Cut first.`` or by ``Never
cut.``. The sum is the lesson in class, without its exercises.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from nbformat import NotebookNode

from tests.tools.notebooks import NotebookError, find, read, slide_type

END = re.compile(r"\b(\d+) minutes\.(?: (Cut first|Never cut)\.)?$")


@dataclass
class Part:
    """A section of a lesson: its heading, its minutes in class, ``Cut first`` or ``Never cut``."""

    heading: str
    minutes: int = 0
    mark: str = ""


def ending(note: str) -> tuple[int, str] | None:
    """Minutes and mark with which a note ends; None when it does not end so.

    >>> ending("**Notes.** Take a vote. 5 minutes. Cut first.")
    (5, 'Cut first')
    """
    match = END.search(note.rstrip())
    return (int(match[1]), match[2] or "") if match else None


def parts(nb: NotebookNode) -> list[Part]:
    """The sections that have minutes, in order."""
    found: list[Part] = []
    for cell in nb.cells:
        if cell.cell_type == "markdown" and (m := re.match(r"##? (.+)", cell.source)):
            found.append(Part(m[1].strip()))
        if slide_type(cell) == "notes" and found and (end := ending(cell.source)):
            found[-1].minutes += end[0]
            found[-1].mark = end[1] or found[-1].mark
    return [part for part in found if part.minutes]


def total(nb: NotebookNode) -> int:
    """Minutes in class."""
    return sum(part.minutes for part in parts(nb))


def main(argv: Sequence[str] | None = None) -> int:
    """Print the plans of these lessons, of all without numbers."""
    try:
        paths = find(list(sys.argv[1:] if argv is None else argv))
    except NotebookError as e:
        print(e, file=sys.stderr)
        return 1
    for path in paths:
        nb = read(path)
        begun = 0
        print(f"{path.stem}: {total(nb)} minutes in class, {nb.metadata.coursekit.minutes} alone")
        for part in parts(nb):
            mark = f"   {part.mark.lower()}" if part.mark else ""
            print(f"  {begun:3d}  {part.minutes:3d}  {part.heading}{mark}")
            begun += part.minutes
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What the speaker notes say about time: a lesson's plan, and what to cut when it gets late.

    python -m tests.tools.timetable 07         one lesson's plan
    python -m tests.tools.timetable --write    the plans in notebooks/INSTRUCTOR.md

Every notes cell ends ``… 8 minutes.``, followed, where it applies, by ``Cut first.`` or by ``Never
cut.``. The sum is the lesson in class, without its exercises.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from nbformat import NotebookNode

from tests.tools.minutes import MINUTES_AN_EXERCISE
from tests.tools.notebooks import (
    NOTEBOOKS,
    NotebookError,
    find,
    lesson_files,
    read,
    slide_type,
    tags,
    write_text,
)

INSTRUCTOR = NOTEBOOKS / "INSTRUCTOR.md"
LESSONS = tuple(f"{n:02d}" for n in range(14))

#: Lesson, and the headings that are left out of it.
WORKSHOP = {
    "00": ("2 ·", "3 ·", "4 ·", "5 ·"),
    "03": ("4 ·", "5 ·", "6 ·", "7 ·", "Error clinic"),
    "07": ("7 ·", "Error clinic"),
}
TWO_DAYS = (("00", "01", "03", "05"), ("07", "08", "10", "12"))
TERM = (
    ("00", "01"),
    ("02", "exercises of 01 and 02"),
    ("03", "exercises of 03"),
    ("04", "05"),
    ("06", "exercises of 04 to 06"),
    ("07", "exercises of 07"),
    ("08", "09"),
    ("10", "exercises of 08 to 10"),
    ("11", "12"),
    ("13", "exercises of 11 to 13, and own data"),
)

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


def _lessons() -> dict[str, NotebookNode]:
    return {path.name[:2]: read(path) for path in lesson_files()}


def _exercises(nb: NotebookNode) -> int:
    return MINUTES_AN_EXERCISE * sum("exercise" in tags(cell) for cell in nb.cells)


def _row(*columns: object) -> str:
    return "| " + " | ".join(map(str, columns)) + " |\n"


def every_lesson(lessons: dict[str, NotebookNode]) -> str:
    """Minutes of each lesson, what goes first, what stays."""
    text = _row("lesson", "in class", "exercises", "cut first", "never cut") + _row(*["---"] * 5)
    for number in LESSONS:
        if not (nb := lessons.get(number)):
            continue
        marked = {m: [p for p in parts(nb) if p.mark == m] for m in ("Cut first", "Never cut")}
        said = ["; ".join(f"{p.heading} ({p.minutes})" for p in found) for found in marked.values()]
        name = f"{number} {nb.metadata.coursekit.title}"
        text += _row(name, total(nb), _exercises(nb), *said)
    return text


def workshop(lessons: dict[str, NotebookNode]) -> str:
    """Two hours."""
    text, begun = _row("begins", "minutes", "what") + _row("---", "---", "---"), 0
    for number, left_out in WORKSHOP.items():
        for part in parts(lessons[number]):
            if part.heading.startswith(left_out):
                continue
            heading = part.heading
            where = heading if heading.startswith(number) else f"{number}, section {heading}"
            text += _row(f"{begun // 60}:{begun % 60:02d}", part.minutes, where)
            begun += part.minutes
        if number == "03":
            text += _row(f"{begun // 60}:{begun % 60:02d}", 10, "break")
            begun += 10
    return text + _row(f"{begun // 60}:{begun % 60:02d}", "", "end, and time for questions")


def _name(number: str, lessons: dict[str, NotebookNode]) -> str:
    if number not in LESSONS:
        return number
    nb = lessons.get(number)
    return f"{number} {nb.metadata.coursekit.title} ({total(nb)})" if nb else f"{number}"


def two_days(lessons: dict[str, NotebookNode]) -> str:
    """Four lessons a day."""
    text = _row("", "before the break", "", "after the break", "") + _row(*["---"] * 5)
    for i, day in enumerate(TWO_DAYS, 1):
        text += _row(f"day {i}", *(_name(number, lessons) for number in day))
    return text


def term(lessons: dict[str, NotebookNode]) -> str:
    """Ten weeks of two sessions."""
    text = _row("week", "first session", "second session") + _row("---", "---", "---")
    for i, week in enumerate(TERM, 1):
        text += _row(i, *(_name(part, lessons) for part in week))
    return text


TABLES = {"lessons": every_lesson, "workshop": workshop, "two days": two_days, "term": term}


def updated(text: str) -> str:
    """The text of INSTRUCTOR.md with its tables made anew."""
    lessons = _lessons()
    for name, make in TABLES.items():
        begin, end = f"<!-- {name}: python -m tests.tools.timetable --write -->\n", "<!-- end -->"
        head, found, tail = text.partition(begin)
        assert found, f"INSTRUCTOR.md has lost its mark for the table {name}"
        text = f"{head}{begin}\n{make(lessons)}\n{tail[tail.index(end) :]}"
    return text


def main(argv: Sequence[str] | None = None) -> int:
    """Print the plans of these lessons, of all without numbers; or write INSTRUCTOR.md."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words == ["--write"]:
        write_text(INSTRUCTOR, updated(INSTRUCTOR.read_text(encoding="utf-8")))
        return 0
    try:
        paths = find(words)
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

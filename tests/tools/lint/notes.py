"""Rules on speaker notes: where they stand, how long it takes, what to cut."""

from __future__ import annotations

from collections.abc import Iterator

from tests.tools.lint.contract import CLASS_MINUTES, CLASS_TOLERANCE
from tests.tools.lint.model import Cell, Lesson
from tests.tools.lint.registry import Problem, rule
from tests.tools.timetable import ending


def _is_note(cell: Cell) -> bool:
    return cell.slide_type == "notes"


@rule("notes", "speaker notes begin with **Notes.**, and only they do")
def notes(lesson: Lesson) -> Iterator[Problem]:
    for cell in lesson.cells:
        marked = cell.is_markdown and cell.source.startswith("**Notes.**")
        if marked != _is_note(cell):
            yield cell, "slide_type notes and a beginning `**Notes.**` go together."


@rule("notes-last", "what stands on a slide comes before its notes")
def notes_last(lesson: Lesson) -> Iterator[Problem]:
    """JupyterLab's slides put a ``-`` cell after notes into the notes, where nothing runs."""
    for cell in lesson.cells:
        after = lesson.after(cell)
        joins = after and (
            after.slide_type == "-" or (after.is_code and after.slide_type == "skip")
        )
        if _is_note(cell) and joins:
            yield (
                after,
                "follows speaker notes and becomes a part of them; put it before them.",
            )


@rule("notes-minutes", "each note ends `… 8 minutes.`, and each numbered section has one")
def notes_minutes(lesson: Lesson) -> Iterator[Problem]:
    open_section: Cell | None = None
    for cell in lesson.cells:
        heading = next((h for h in cell.headings if h.level == 2), None)
        if heading:
            if open_section:
                yield open_section, "is a section without speaker notes."
            open_section = cell if heading.number is not None else None
        if _is_note(cell) or cell.source.startswith("**Notes.**"):
            open_section = None
            if not ending(cell.source):
                yield (
                    cell,
                    "must end with its minutes: `… 8 minutes.`, then nothing, or `Cut first.`, or "
                    "`Never cut.`",
                )
    if open_section:
        yield open_section, "is a section without speaker notes."


@rule(
    "notes-plan", f"the notes' minutes make the lesson's, at most {CLASS_MINUTES}; one is cut first"
)
def notes_plan(lesson: Lesson) -> Iterator[Problem]:
    ends = [end for c in lesson.cells if _is_note(c) and (end := ending(c.source))]
    total, stated = sum(minutes for minutes, _ in ends), lesson.nb.metadata.get("coursekit", {})
    stated = stated.get("minutes") if isinstance(stated, dict) else None
    if not ends or not isinstance(stated, int):
        return  # other rules speak
    if total > CLASS_MINUTES:
        yield None, f"takes {total} minutes by its notes; nobody sits over {CLASS_MINUTES}: cut."
    elif abs(total - stated) > CLASS_TOLERANCE:
        yield None, f"takes {total} minutes by its notes, but {stated} by its metadata."
    if not any(mark == "Cut first" for _, mark in ends):
        yield None, "has no section whose notes end with `Cut first.`: what goes when it gets late?"

"""Rules on slide types and on what stands on one slide."""

from __future__ import annotations

from collections.abc import Iterator

from coursekit.deck import plan
from tests.tools.lint.contract import MAX_SLIDE_CODE_LINES
from tests.tools.lint.model import Lesson
from tests.tools.lint.registry import Problem, rule
from tests.tools.notebooks import SLIDE_TYPES


@rule("slide-type", "every cell carries a slide_type")
def slide_type(lesson: Lesson) -> Iterator[Problem]:
    for cell in lesson.cells:
        if cell.slide_type not in SLIDE_TYPES:
            has = f"the slide_type {cell.slide_type!r}" if cell.slide_type else "no slide_type"
            yield cell, f"has {has}; give it one of {', '.join(SLIDE_TYPES)}."


@rule("slide-code", f"at most {MAX_SLIDE_CODE_LINES} lines of code on one slide")
def slide_code(lesson: Lesson) -> Iterator[Problem]:
    for slide in plan(lesson.nb):
        shown = [lesson.cells[i] for i in slide.cells]
        code = [c for c in shown if c.is_code and c.slide_type not in ("skip", "notes")]
        total = sum(c.code_lines for c in code)
        if total > MAX_SLIDE_CODE_LINES:
            yield code[0], f"begins a slide with {total} lines of code; put some on a subslide."


@rule("slide-table", "no formula in a table on a slide: classic RISE squeezes its columns")
def slide_table(lesson: Lesson) -> Iterator[Problem]:
    for cell in lesson.cells:
        if cell.is_code or cell.slide_type in ("skip", "notes"):
            continue
        if any(line.startswith("|") and "$" in line for line in cell.source.splitlines()):
            yield cell, "has a formula in a table; make the table a list."

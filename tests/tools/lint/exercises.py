"""Rules on exercises: the stub is the registry's, and a check follows it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.tools.lint.code import parse
from tests.tools.lint.contract import EXERCISES
from tests.tools.lint.model import Cell, Lesson
from tests.tools.lint.registry import Problem, rule


def _checked_name(cell: Cell | None) -> str | None:
    """``"f"`` for a cell that is nothing but ``check(f, …)`` or ``check("f", …)``."""
    body = parse(cell.source) if cell and cell.is_code else None
    if not body or len(body) != 1 or not isinstance(body[0], ast.Expr):
        return None
    call = body[0].value
    if not isinstance(call, ast.Call) or getattr(call.func, "id", "") != "check" or not call.args:
        return None
    first = call.args[0]
    return first.id if isinstance(first, ast.Name) else getattr(first, "value", None)


def _next_code(lesson: Lesson, cell: Cell) -> Cell | None:
    return next((c for c in lesson.code if c.number > cell.number), None)


@rule("exercise-check", "a cell tagged exercise is followed by check(name), tagged check")
def exercise_check(lesson: Lesson) -> Iterator[Problem]:
    for cell in lesson.code:
        if "exercise" in cell.tags:
            following = _next_code(lesson, cell)
            if _checked_name(following) is None or "check" not in following.tags:
                yield (
                    cell,
                    "is an exercise; `check(name)`, tagged check, must come next.",
                )
        elif "check" in cell.tags and _checked_name(cell) is None:
            yield cell, "is tagged check, but is not one `check(name)`."


@rule("exercise-stub", "an exercise holds exactly the stub of coursekit.exercises")
def exercise_stub(lesson: Lesson) -> Iterator[Problem]:
    if lesson.stubs is None:
        return
    for cell in lesson.code:
        name = _checked_name(_next_code(lesson, cell)) if "exercise" in cell.tags else None
        if name is None:
            continue
        stub = lesson.stubs(name)
        if stub is None:
            yield cell, f"is the exercise {name!r}, which coursekit.exercises does not know."
        elif stub.strip("\n") != cell.source:
            yield cell, f"is not the stub of {name!r} in coursekit.exercises; copy it from there."


@rule("exercise-count", f"{EXERCISES[0]} to {EXERCISES[1]} exercises (lesson 00: at least one)")
def exercise_count(lesson: Lesson) -> Iterator[Problem]:
    count = sum("exercise" in c.tags for c in lesson.code)
    low, high = (1, EXERCISES[1]) if lesson.is_start else EXERCISES
    if not low <= count <= high:
        yield None, f"has {count} exercises; {low} to {high} are wanted."


@rule("exercise-slide", "exercises and their checks are not on slides (slide_type skip)")
def exercise_slide(lesson: Lesson) -> Iterator[Problem]:
    for cell in lesson.code:
        if {"exercise", "check"} & set(cell.tags) and cell.slide_type != "skip":
            yield cell, f"is an exercise or its check with slide_type {cell.slide_type}; use skip."

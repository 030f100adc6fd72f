"""Re-run one student's notebook and judge its exercises; runs in a process of its own."""

from __future__ import annotations

import ast
import json
import re
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from coursekit.exercises import Exercise, every, examine
from coursekit.progress.cells import NotANotebook, Notebook, Runner, read_notebook
from coursekit.progress.sandbox import confine

Send = Callable[[dict[str, Any]], None]


def work(path: str, connection: Connection, memory_gb: float, folder: str) -> None:
    """Judge the notebook at ``path``; send what is found, message by message, as JSON.

    Nothing is written but in ``folder``.

    ``{"lesson", "exercises"}``, then ``{"exercise", "state", "note", "minutes"}`` for each,
    as soon as it is known, so that what a later crash leaves behind is not lost; or
    ``{"problem"}`` for a file that is no lesson; ``{"end"}`` when it got so far.
    """
    confine(memory_gb, Path(folder))
    start = time.monotonic()

    def send(message: dict[str, Any]) -> None:
        message = {"minutes": round((time.monotonic() - start) / 60, 3)} | message
        connection.send_bytes(json.dumps(message).encode())

    send({"running": True})
    try:
        judge(Path(path), send)
        send({"end": True})
    except NotANotebook as problem:
        send({"problem": str(problem), "end": True})


def judge(path: Path, send: Send) -> None:
    """Run the code cells of ``path`` in order and examine each exercise where it is checked.

    Raises NotANotebook for a file that is no notebook, or of no lesson with exercises.

    Example:
        >>> judge(Path("my_notes.ipynb"), print)
        Traceback (most recent call last):
        coursekit.progress.cells.NotANotebook: is not a notebook: FileNotFoundError
    """
    notebook = read_notebook(path)
    lesson = lesson_of(notebook, path)
    exercises = {e.name: e for e in every(lesson)} if lesson else {}
    if not exercises:
        raise NotANotebook(f"belongs to no lesson with exercises (lesson {lesson or 'unknown'})")
    send({"lesson": lesson, "exercises": list(exercises)})
    runner, seen = Runner(), set()
    first_error = ""
    for cell in notebook.cells:
        checks, alone = checks_in(cell.source)
        error = None if alone else runner.run(cell.source)
        if error is not None and not first_error and "raises-exception" not in cell.tags:
            first_error = f"cell {cell.number}: {_said(error)}"
        for name, answer in _answers(checks, exercises, runner):
            seen.add(name)
            _examine(exercises[name], answer, first_error, send)
    for name, exercise in exercises.items():
        if name in seen:
            continue
        if name in runner.namespace:
            _examine(exercise, runner.namespace[name], first_error, send)
        else:
            send({"exercise": name, "state": "missing", "note": first_error})


def lesson_of(notebook: Notebook, path: Path) -> str | None:
    """The lesson's two digits, from the metadata or else from the file's name.

    Example:
        >>> lesson_of(Notebook(cells=[]), Path("anna_07_digits.ipynb"))
        '07'
    """
    told = notebook.metadata.get("coursekit")
    lesson = told.get("lesson") if isinstance(told, dict) else None
    if isinstance(lesson, str) and re.fullmatch(r"\d\d", lesson):
        return lesson
    named = re.search(r"(?<!\d)(\d\d)_", path.name)
    return named[1] if named else None


def checks_in(source: str) -> tuple[list[ast.Call], bool]:
    """The calls of ``check`` in a cell, and whether the cell holds nothing else.

    >>> calls, alone = checks_in("check(nll)")
    >>> len(calls), alone
    (1, True)
    """
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # magics, or no Python at all
        return [], False
    calls = [
        node.value
        for node in body
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "check"
        and node.value.args
    ]
    return calls, bool(calls) and len(calls) == len(body)


def _answers(
    calls: list[ast.Call], exercises: dict[str, Exercise], runner: Runner
) -> Iterator[tuple[str, Any]]:
    """Name and answer of every check in a cell that is an exercise of this lesson."""
    for call in calls:
        first, last = call.args[0], call.args[-1]
        name = first.value if isinstance(first, ast.Constant) else getattr(first, "id", None)
        if name not in exercises:
            continue
        if isinstance(last, ast.Constant) and last is first:
            continue  # check("name") without an answer
        try:
            answer = eval(compile(ast.Expression(last), "<check>", "eval"), runner.namespace)
        except BaseException:  # not defined: "missing", unless it is later
            continue
        yield name, answer


def _examine(exercise: Exercise, answer: Any, first_error: str, send: Send) -> None:
    verdict = examine(exercise, answer)
    note = verdict.message if verdict.state in ("wrong", "stopped", "unusable") else ""
    if verdict.state == "not attempted":
        note = first_error
    send({"exercise": exercise.name, "state": verdict.state, "note": note})


def _said(error: BaseException) -> str:
    try:
        text = str(error).strip().partition("\n")[0][:150]
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


__all__ = ["checks_in", "judge", "lesson_of", "work"]

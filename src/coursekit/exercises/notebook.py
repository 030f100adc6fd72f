"""What a student calls in a notebook: ``check``, ``solution`` and ``progress``."""

from __future__ import annotations

from html import escape
from typing import Any

from IPython import get_ipython
from IPython.display import display

from coursekit.exercises.examine import examine
from coursekit.exercises.model import Exercise
from coursekit.exercises.registry import every, find
from coursekit.exercises.show import show
from coursekit.exercises.verdict import STATES, Verdict

_NOTHING = object()
_last: dict[str, str] = {}
"""State of each exercise at its last check in this kernel."""


def check(answer: Any, value: Any = _NOTHING, /) -> None:
    """Check your answer to an exercise and show what came of it.

    Args:
        answer: Your function or class; or the exercise's name.
        value: Your answer, where the exercise is given by its name.

    Example:
        >>> check("no_such_exercise", 3)
        ? no_such_exercise: cannot be checked. There is no exercise of this name; ...
    """
    verdict = _check(answer, value)
    if find(verdict.name):
        _last[verdict.name] = verdict.state
    display(verdict)


def _check(answer: Any, value: Any) -> Verdict:
    if isinstance(answer, str):
        name = answer[:60]
        if value is _NOTHING:
            return Verdict(name, "unusable", f'Give your answer too: check("{name}", {name}).')
        answer = value
    else:
        name = _name_of(answer)
        if name is None:
            return Verdict("check", "unusable", _nameless(answer))
    exercise = find(name)
    if exercise is None:
        return Verdict(
            name,
            "unusable",
            "There is no exercise of this name; to check a function under another name, "
            f'write check("name_of_the_exercise", {name}).',
        )
    return examine(exercise, answer)


def _nameless(answer: Any) -> str:
    if callable(answer):
        return (
            "This has no name of its own; name the exercise and then your answer: "
            'check("name_of_the_exercise", your_answer).'
        )
    return (
        f"This is {show(answer)}. Pass your function itself, without brackets behind it; a value "
        'comes with its exercise: check("name_of_the_exercise", value).'
    )


def _name_of(answer: Any) -> str | None:
    """The exercise that the notebook calls this answer, ``f = lambda x: ...``; else its name."""
    shell = get_ipython()
    called = [n for n, value in (shell.user_ns if shell else {}).items() if value is answer]
    own = getattr(answer, "__name__", None)
    own = own if isinstance(own, str) and own.isidentifier() else None
    return next((n for n in (own, *reversed(called)) if n and find(n)), own)


class Source:
    """Python source text, highlighted in a notebook."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        from pygments import highlight
        from pygments.formatters import HtmlFormatter
        from pygments.lexers import PythonLexer

        # Styles in the text itself, its own light background too: no style sheet reaches into it.
        box, text = "padding: 0.5em 0.8em", "background: inherit; color: #222222; margin: 0"
        formatter = HtmlFormatter(noclasses=True, cssstyles=box, prestyles=text)
        return highlight(self.text, PythonLexer(), formatter)


def solution(exercise: Any, /) -> None:
    """Show one correct answer to an exercise.

    Args:
        exercise: Its name, or your function.

    Example:
        >>> solution("no_such_exercise")
        ? no_such_exercise: cannot be checked. There is no exercise of ...
    """
    name = exercise if isinstance(exercise, str) else _name_of(exercise)
    found = find(name) if name else None
    if found is None:
        told = "There is no exercise of this name" if name else "This has no name of its own"
        display(Verdict((name or "solution")[:60], "unusable", f'{told}: solution("its_name").'))
    else:
        display(Source(found.solution))


class Table:
    """The state of some exercises, as a table."""

    def __init__(self, rows: list[tuple[str, str, str]]) -> None:
        self.rows = rows

    def __repr__(self) -> str:
        if not self.rows:
            return "No exercise has been checked here yet."
        wide = max(len(name) for _, name, _ in self.rows)
        return "\n".join(
            f"{lesson}  {name:{wide}}  {STATES[state][0]} {STATES[state][1]}"
            for lesson, name, state in self.rows
        )

    def _repr_html_(self) -> str:
        if not self.rows:
            return f"<p>{self!r}</p>"
        head = "".join(f'<th scope="col">{t}</th>' for t in ("Lesson", "Exercise", "State"))
        body = "".join(
            f'<tr><td>{lesson}</td><th scope="row">{escape(name)}</th>'
            f'<td><span aria-hidden="true">{STATES[state][0]} </span>{STATES[state][1]}</td></tr>'
            for lesson, name, state in self.rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def progress(lesson: str | int | None = None) -> None:
    """Show which exercises you have solved since the kernel was started.

    Args:
        lesson: Its number; by default every lesson of which something was checked.

    Example:
        >>> progress("99")
        No exercise has been checked here yet.
    """
    lesson = None if lesson is None else str(lesson).zfill(2)
    wanted: list[Exercise] = every(lesson)
    if lesson is None:
        lessons = {e.lesson for e in wanted if e.name in _last}
        wanted = [e for e in wanted if e.lesson in lessons]
    display(Table([(e.lesson, e.name, _last.get(e.name, "not attempted")) for e in wanted]))

"""Rows of the result: as CSV, and for the screen."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import groupby

#: State in the table: (symbol on the screen, meaning)
STATES = {
    "correct": ("✓", "correct"),
    "wrong": ("✗", "wrong"),
    "not attempted": ("○", "not attempted"),
    "stopped": ("■", "took too long"),
    "unusable": ("?", "not a function or value that can be checked"),
    "missing": ("–", "not in the notebook"),
    "not reached": ("!", "the notebook stopped before"),
    "unreadable": ("!", "not a notebook of a lesson"),
}


@dataclass(frozen=True)
class Row:
    """One exercise of one notebook; without an exercise for a file that is none.

    ``notebook`` is its path below the folder; ``minutes`` is how long the re-run had been going
    when the exercise was judged.
    """

    student: str
    notebook: str
    lesson: str
    exercise: str
    state: str
    minutes: float
    note: str = ""


def to_csv(rows: Iterable[Row]) -> str:
    """The table as CSV with a header line.

    Example:
        >>> print(to_csv([Row("anna", "anna/07_digits.ipynb", "07", "nll", "correct", 0.1)]))
        student,notebook,lesson,exercise,state,minutes,note
        anna,anna/07_digits.ipynb,07,nll,correct,0.1,
        <BLANKLINE>
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([f.name for f in fields(Row)])
    for row in rows:
        writer.writerow([_harmless(value) for value in asdict(row).values()])
    return text.getvalue()


def _harmless(value: object) -> object:
    """A text that a spreadsheet does not take for a formula."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value


def to_screen(rows: Sequence[Row]) -> str:
    """One line for each notebook, then how often each exercise is in which state.

    Where a student has several notebooks of a lesson, their names stand beside them.

    Example:
        >>> print(to_screen([Row("anna", "anna/07_digits.ipynb", "07", "nll", "correct", 0.1)]))
        anna  07    0.1 min  ✓ nll
        <BLANKLINE>
        07  nll  1 correct
        <BLANKLINE>
        ✓ correct
    """
    if not rows:
        return "No notebooks."
    wide = min(30, max(len(row.student) for row in rows))
    notebooks = Counter((s, n) for s, n, _ in {(r.student, r.lesson, r.notebook) for r in rows})
    lines = []
    for (student, lesson, notebook), group in groupby(
        rows, key=lambda r: (r.student, r.lesson, r.notebook)
    ):
        its = list(group)
        states = "  ".join(f"{STATES[r.state][0]} {r.exercise or r.note}" for r in its)
        notes = {r.note for r in its if r.state == "not reached"}
        note = f"  ({notes.pop()})" if notes else ""
        note += f"  [{notebook}]" if notebooks[student, lesson] > 1 else ""
        minutes = max(r.minutes for r in its)
        lines.append(f"{student:{wide}}  {lesson:2}  {minutes:5.1f} min  {states}{note}")
    return "\n".join([*lines, "", *_totals(rows), "", _legend(rows)])


def _totals(rows: Sequence[Row]) -> list[str]:
    counts: dict[tuple[str, str], Counter[str]] = {}
    for row in rows:
        if row.exercise:
            counts.setdefault((row.lesson, row.exercise), Counter())[row.state] += 1
    wide = max((len(name) for _, name in counts), default=0)
    return [
        f"{lesson}  {name:{wide}}  "
        + ", ".join(f"{n} {state}" for state, n in sorted(c.items(), key=lambda x: -x[1]))
        for (lesson, name), c in sorted(counts.items())
    ]


def _legend(rows: Sequence[Row]) -> str:
    used = {row.state for row in rows}
    return "   ".join(f"{STATES[s][0]} {STATES[s][1]}" for s in STATES if s in used)

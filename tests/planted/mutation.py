"""One wrong line, and putting it into a lesson."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coursekit.progress.cells import CodeCell


class NoSuchPlace(Exception):
    """A mutation fits nowhere, or in more than one place; the message says what to do."""


@dataclass(frozen=True)
class Mutation:
    """A bug planted in one line of a lesson.

    Attributes:
        old: The line as it stands in the lesson, without its indentation.
        new: What stands there instead, at the same indentation; may be several lines, or ``pass``.
        message: A piece of the message with which the lesson must stop.
        why: What the bug is, in a few words; the name of its test.
        index: Which occurrence is meant, counted from 0, where the lesson has the line more often.
        loud: torch itself must stop the lesson, with ``message``; by default an assert of the
            lesson must, and any other error is a failure.
    """

    old: str
    new: str
    message: str
    why: str
    index: int | None = None
    loud: bool = False

    def __post_init__(self) -> None:
        if not (self.message.strip() and self.why.strip()):
            raise ValueError("A mutation needs a message that must appear, and a why.")
        if self.old.strip() == self.new.strip():
            raise ValueError(f"This mutation changes nothing: {self.old!r}.")


def apply(mutation: Mutation, cells: Sequence[CodeCell]) -> tuple[int, str]:
    """The position in ``cells`` of the cell that is changed, and its new source.

    Raises NoSuchPlace unless exactly one line is meant.
    """
    places = [
        (c, i)
        for c, cell in enumerate(cells)
        for i, line in enumerate(cell.source.splitlines())
        if line.strip() == mutation.old.strip()
    ]
    if mutation.index is None and len(places) > 1:
        numbers = ", ".join(str(cells[c].number) for c, _ in places)
        raise NoSuchPlace(
            f"The line {mutation.old!r} is in the lesson {len(places)} times "
            f"(cells {numbers}); give an index."
        )
    if len(places) <= (mutation.index or 0):
        raise NoSuchPlace(
            f"The line {mutation.old!r} is in the lesson {len(places)} times; "
            "has it been changed? Bring the mutation up to date."
        )
    c, i = places[mutation.index or 0]
    lines = cells[c].source.splitlines()
    indent = lines[i][: len(lines[i]) - len(lines[i].lstrip())]
    lines[i : i + 1] = [indent + line for line in mutation.new.splitlines() or ["pass"]]
    return c, "\n".join(lines)

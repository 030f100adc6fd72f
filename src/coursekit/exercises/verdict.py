"""The answer of a check: a state and at most three lines, as HTML and as text."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from coursekit.palette import BLUE, GREEN, GREY, ORANGE

#: State: (symbol, words, colour). The words alone carry the meaning.
STATES = {
    "correct": ("✓", "correct", GREEN),
    "wrong": ("✗", "not yet", ORANGE),
    "not attempted": ("○", "not attempted yet", GREY),
    "stopped": ("■", "stopped", ORANGE),
    "unusable": ("?", "cannot be checked", BLUE),
}


@dataclass(frozen=True)
class Verdict:
    """What ``check`` found.

    Attributes:
        name: The exercise.
        state: A key of ``STATES``.
        message: What to know first.
        details: Up to two more lines: input, expected and got; the hint.

    Example:
        >>> Verdict("double", "correct", "Passes on 2 inputs.")
        ✓ double: correct. Passes on 2 inputs.
    """

    name: str
    state: str
    message: str
    details: tuple[str, ...] = ()

    def __repr__(self) -> str:
        symbol, words, _ = STATES[self.state]
        head = f"{symbol} {self.name}: {words}. {self.message}".strip()
        return "\n".join([head, *self.details])

    def _repr_html_(self) -> str:
        symbol, words, colour = STATES[self.state]
        head = f"<b>{escape(self.name)}: {words}.</b> {escape(self.message)}".strip()
        more = "".join(f"<br>{escape(line)}" for line in self.details)
        return (
            f'<div role="status" style="border-left: 5px solid {colour}; padding: 0.3em 0.8em; '
            f'margin: 0.3em 0"><span aria-hidden="true">{symbol} </span>{head}{more}</div>'
        )

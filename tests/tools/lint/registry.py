"""The list of rules, and running them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.tools.lint.model import Cell, Lesson

Problem = tuple[Cell | None, str]
"""Where (a cell, or None for the whole notebook) and what, with the remedy."""

Check = Callable[[Lesson], Iterator[Problem]]


@dataclass(frozen=True)
class Rule:
    """A rule's id, what it asks in one line, and the generator of its problems."""

    id: str
    asks: str
    check: Check


@dataclass(frozen=True)
class Finding:
    """One broken rule in one place."""

    rule: str
    notebook: str
    cell: Cell | None
    message: str

    def __str__(self) -> str:
        where = f"{self.notebook}, {self.cell.label}" if self.cell else self.notebook
        return f"{where}: [{self.rule}] {self.message}"


RULES: dict[str, Rule] = {}


def rule(id: str, asks: str) -> Callable[[Check], Check]:
    """Register a generator of ``(cell, message)`` as the rule ``id``."""

    def register(check: Check) -> Check:
        assert id not in RULES, f"two lint rules are called {id}"
        RULES[id] = Rule(id, asks, check)
        return check

    return register


def lint(lesson: Lesson) -> list[Finding]:
    """Everything that is wrong with ``lesson``, in the order of its cells."""
    findings = [
        Finding(one.id, lesson.path.name, cell, message)
        for one in RULES.values()
        for cell, message in one.check(lesson)
    ]
    return sorted(findings, key=lambda f: (f.cell.number if f.cell else 0, f.rule))

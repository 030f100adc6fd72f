"""A notebook as the rules see it: cells with their place, tags, code lines and headings."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from nbformat import NotebookNode

from tests.tools.notebooks import read, slide_type, tags

Stubs = Callable[[str], str | None]
"""The exercise registry as the lint needs it: name -> the stub's text, None if there is none."""

_FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Heading:
    """A Markdown heading: its level (1 to 6), its text, and its cell."""

    level: int
    text: str
    cell: Cell

    @property
    def name(self) -> str:
        """The text without its number: ``7 · Recap`` -> ``Recap``."""
        return re.sub(r"^\d+\s*·\s*", "", self.text)

    @property
    def number(self) -> int | None:
        """The section's number, if it has one."""
        match = re.match(r"(\d+)\s*·", self.text)
        return int(match[1]) if match else None

    @property
    def anchor(self) -> str:
        """What ``#…`` links to it in Jupyter: spaces become hyphens."""
        return self.text.replace(" ", "-")


@dataclass(frozen=True, eq=False)
class Cell:
    """One cell; ``number`` counts all cells from 1."""

    number: int
    node: NotebookNode = field(repr=False)

    @property
    def label(self) -> str:
        """How messages name the cell: ``cell 12 (In [5])``."""
        count = self.node.get("execution_count")
        return f"cell {self.number}" + (f" (In [{count}])" if count else "")

    @property
    def is_code(self) -> bool:
        return self.node.cell_type == "code"

    @property
    def is_markdown(self) -> bool:
        return self.node.cell_type == "markdown"

    @property
    def source(self) -> str:
        return self.node.source

    @property
    def slide_type(self) -> str:
        return slide_type(self.node)

    @property
    def tags(self) -> list[str]:
        return tags(self.node)

    @property
    def outputs(self) -> list[NotebookNode]:
        return self.node.get("outputs", [])

    @property
    def code_lines(self) -> int:
        """Lines that are not blank. Comments count: they are read and projected too."""
        return sum(bool(line.strip()) for line in self.source.splitlines())

    @cached_property
    def prose(self) -> str:
        """Markdown without fenced code, where a ``#`` or a link would mean something else."""
        return _FENCE.sub("", self.source) if self.is_markdown else ""

    @cached_property
    def headings(self) -> list[Heading]:
        found = re.findall(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$", self.prose, re.MULTILINE)
        return [Heading(len(marks), text, self) for marks, text in found]


@dataclass(frozen=True)
class Lesson:
    """A notebook with what it is checked against.

    ``stubs`` is None where no exercise registry can be asked. ``text`` is the file as it stands.
    """

    path: Path
    nb: NotebookNode = field(repr=False)
    text: str = field(repr=False)
    stubs: Stubs | None = None

    @classmethod
    def load(cls, path: Path, stubs: Stubs | None = None) -> Lesson:
        """The notebook at ``path``; raises NotebookError when it is not one."""
        nb = read(path)
        return cls(path, nb, path.read_text(encoding="utf-8"), stubs)

    @property
    def number(self) -> str:
        """``"07"``."""
        return self.path.name[:2]

    @property
    def is_start(self) -> bool:
        """Lesson 00 shows how the course works: it has nothing to recall and no errors to treat."""
        return self.number == "00"

    @cached_property
    def cells(self) -> list[Cell]:
        return [Cell(i, node) for i, node in enumerate(self.nb.cells, 1)]

    @cached_property
    def code(self) -> list[Cell]:
        return [c for c in self.cells if c.is_code]

    @cached_property
    def markdown(self) -> list[Cell]:
        return [c for c in self.cells if c.is_markdown]

    @cached_property
    def headings(self) -> list[Heading]:
        return [h for c in self.markdown for h in c.headings]

    def after(self, cell: Cell) -> Cell | None:
        """The cell that follows."""
        return self.cells[cell.number] if cell.number < len(self.cells) else None

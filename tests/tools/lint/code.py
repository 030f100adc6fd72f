"""Rules on the code of single cells."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.tools.lint.contract import MAX_LINE, SETUP
from tests.tools.lint.model import Lesson
from tests.tools.lint.registry import Problem, rule

_MAGIC = re.compile(r"^(\s*)([%!?].*|[\w.]+\?\??|\?\??[\w.]+)$", re.MULTILINE)


def without_magics(source: str) -> str:
    """``source`` with each shell line, magic and ``name?`` replaced by ``pass``."""
    if source.lstrip().startswith("%%"):
        return ""
    return _MAGIC.sub(r"\1pass", source)


def parse(source: str) -> list[ast.stmt] | None:
    """The statements of a cell, None where it is not Python."""
    try:
        return ast.parse(without_magics(source)).body
    except SyntaxError:
        return None


@rule("syntax", "every cell is Python, unless it shows a SyntaxError on purpose")
def syntax(lesson: Lesson) -> Iterator[Problem]:
    for cell in lesson.code:
        if parse(cell.source) is None and "raises-exception" not in cell.tags:
            yield cell, "is not valid Python."


@rule("star-import", "no `from … import *`: a reader must see where a name comes from")
def star_import(lesson: Lesson) -> Iterator[Problem]:
    for cell in lesson.code:
        for node in ast.walk(ast.Module(parse(cell.source) or [], [])):
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                yield cell, f"imports * from {node.module}; name what you use."


@rule("shell", "no shell lines, and %pip in the set-up cell only: lessons run on every system")
def shell(lesson: Lesson) -> Iterator[Problem]:
    pattern = r"^\s*(!.*|%%?(?:bash|sh|script|cmd|system|sx|cd|pip|conda|mamba|uv|writefile)\b.*)$"
    for cell in lesson.code:
        if cell.source != SETUP and (hit := re.search(pattern, cell.source, re.MULTILINE)):
            yield cell, f"has the line `{hit[1][:50]}`; do it in Python."


@rule("line-length", f"code lines of at most {MAX_LINE} characters (the set-up cell's apart)")
def line_length(lesson: Lesson) -> Iterator[Problem]:
    for cell in lesson.code:
        longest = max(cell.source.splitlines() or [""], key=len)
        if len(longest) > MAX_LINE and cell.source != SETUP:
            yield cell, f"has a line of {len(longest)} characters (`{longest[:40]}…`); break it."


@rule("once", "text beside a cell tagged once says what running it again does")
def once(lesson: Lesson) -> Iterator[Problem]:
    for cell in lesson.code:
        if "once" not in cell.tags:
            continue
        near = lesson.cells[max(cell.number - 3, 0) : cell.number + 2]
        said = " ".join(c.source for c in near if c.is_markdown and c.slide_type != "notes")
        if not re.search(r"\b(?:again|twice|once)\b", said):
            yield cell, "is tagged once; say beside it what happens when it is run again."

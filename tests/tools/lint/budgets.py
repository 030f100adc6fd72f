"""Rules on how much: code per cell, words per cell, checks per lesson.

Blank lines do not count, comments do. The set-up cell and ``check`` cells stay out of the median
and of "follows prose": they would make the first easier and the second harder for no reader's
good. An exercise's stub counts like any cell: its task stands before it. Speaker notes are prose
by their length, but do not count as an introduction to the code after them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from statistics import median

from tests.tools.lint import contract
from tests.tools.lint.code import parse
from tests.tools.lint.model import Cell, Lesson
from tests.tools.lint.registry import Problem, rule


def _own_code(lesson: Lesson) -> list[Cell]:
    """Code cells without the set-up and check cells."""
    return [c for c in lesson.code if c.source != contract.SETUP and "check" not in c.tags]


@rule("code-length", f"at most {contract.MAX_CODE_LINES} lines of code in a cell")
def code_length(lesson: Lesson) -> Iterator[Problem]:
    for cell in lesson.code:
        if cell.code_lines > contract.MAX_CODE_LINES:
            yield (
                cell,
                f"has {cell.code_lines} lines of code, over {contract.MAX_CODE_LINES}: split it.",
            )


@rule("code-median", f"half of the cells have at most {contract.MEDIAN_CODE_LINES} lines of code")
def code_median(lesson: Lesson) -> Iterator[Problem]:
    middle = median([c.code_lines for c in _own_code(lesson)] or [0])
    if middle > contract.MEDIAN_CODE_LINES:
        yield None, f"has a median of {middle:g} code lines per cell; split the long ones."


@rule("after-prose", f"at least {contract.AFTER_PROSE:.0%} of code cells directly follow prose")
def after_prose(lesson: Lesson) -> Iterator[Problem]:
    visible = [c for c in lesson.cells if c.slide_type != "notes"]
    own = set(_own_code(lesson))
    bare = [
        c
        for before, c in zip([None, *visible], visible, strict=False)
        if c in own and not (before and before.is_markdown)
    ]
    if own and 1 - len(bare) / len(own) < contract.AFTER_PROSE:
        share = f"{len(own) - len(bare)} of {len(own)}"
        where = ", ".join(str(c.number) for c in bare)
        yield None, f"has only {share} code cells after prose; say why before cells {where}."


@rule("code-run", f"at most {contract.MAX_CODE_RUN} code cells in a row")
def code_run(lesson: Lesson) -> Iterator[Problem]:
    run = 0
    for cell in lesson.cells:
        if cell.slide_type == "notes":
            continue
        run = run + 1 if cell.is_code else 0
        if run == contract.MAX_CODE_RUN + 1:
            yield cell, f"is the {run}th code cell in a row; put a sentence before it."


def words(markdown: str) -> int:
    """Words that a reader reads: no tags, link targets, code blocks or table rules."""
    text = re.sub(r"<[^>]+>|\]\([^)]*\)|https?://\S+", " ", markdown)
    return sum(bool(re.search(r"\w", token)) for token in text.split())


@rule("prose-length", f"at most {contract.MAX_PROSE_WORDS} words in a Markdown cell")
def prose_length(lesson: Lesson) -> Iterator[Problem]:
    for cell in lesson.markdown:
        if (count := words(cell.prose)) > contract.MAX_PROSE_WORDS:
            yield cell, f"has {count} words, over {contract.MAX_PROSE_WORDS}: split it or cut."


@rule("checks", f"at least {contract.CHECKED:.0%} of code cells assert or check something")
def checks(lesson: Lesson) -> Iterator[Problem]:
    cells = [c for c in lesson.code if c.source != contract.SETUP]
    checked = [c for c in cells if _checks(c)]
    if cells and len(checked) / len(cells) < contract.CHECKED:
        yield (
            None,
            f"checks something in {len(checked)} of {len(cells)} code cells; assert more.",
        )


def _checks(cell: Cell) -> bool:
    """Whether the cell holds an assert, a ``check(…)``, or an ``assert_…`` helper of a library."""
    for node in ast.walk(ast.Module(parse(cell.source) or [], [])):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name == "check" or name.startswith("assert_"):
                return True
    return False

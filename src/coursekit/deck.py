"""Which slides a notebook's cells make, and how to find one of them by its words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from coursekit.errors import CourseError

__all__ = ["Slide", "SlideError", "find", "kind", "plan"]

_HEADING = re.compile(r"^#{1,6}[ \t]+(?:(\d+)\s*·\s*)?(.+?)[ \t#]*$", re.MULTILINE)
_FENCED = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)


class SlideError(CourseError):
    """The lesson has no such slide, or more than one."""


@dataclass
class Slide:
    """One slide: its place (across, down), its type, the cells on it (from 0) and its fragments."""

    h: int
    v: int
    kind: str
    cells: list[int] = field(default_factory=list)
    fragments: int = 0

    @property
    def id(self) -> str:
        """The id that both RISEs give the slide's <section>."""
        return f"slide-{self.h}-{self.v}"


def plan(nb: dict[str, Any]) -> list[Slide]:
    """The slides of a notebook, in the order in which Reveal's next() reaches them.

    One rule holds in classic RISE, in jupyterlab-rise and in nbconvert. Cells that are hidden
    (``skip``) or only for the speaker (``notes``) belong to the slide before them. What comes
    before the first visible cell belongs to the first slide.

    Example:
        >>> def cell(kind):
        ...     return {"metadata": {"slideshow": {"slide_type": kind}}}
        >>> [(s.id, s.cells) for s in plan({"cells": [cell("slide"), cell("-"), cell("slide")]})]
        [('slide-0-0', [0, 1]), ('slide-1-0', [2])]
    """
    slides = [Slide(0, 0, "slide")]
    begun = False
    for i, cell in enumerate(nb["cells"]):
        its, last = kind(cell), slides[-1]
        if begun and its == "slide":
            slides.append(Slide(last.h + 1, 0, its))
        elif begun and its == "subslide":
            slides.append(Slide(last.h, last.v + 1, its))
        elif begun and its == "fragment":
            last.fragments += 1
        elif its not in ("notes", "skip"):
            begun = True
        slides[-1].cells.append(i)
    return slides


def kind(cell: dict[str, Any]) -> str:
    """The ``slide_type`` of a cell, ``""`` where there is none.

    Example:
        >>> kind({"metadata": {"slideshow": {"slide_type": "notes"}}}), kind({"metadata": {}})
        ('notes', '')
    """
    return (cell.get("metadata", {}).get("slideshow") or {}).get("slide_type") or ""


def find(nb: dict[str, Any], words: str) -> int:
    """The number (from 0) of the cell with which the wanted slide begins.

    Args:
        nb: The notebook.
        words: The number of a section (``"3"``), a heading or a part of it (``"error clinic"``),
            or the slide's place, across and down, as the page's address has it (``"6/1"``).

    Raises:
        SlideError: No slide fits, or several do; the message lists them.

    Example:
        >>> def cell(text):
        ...     shown = {"slideshow": {"slide_type": "slide"}}
        ...     return {"cell_type": "markdown", "metadata": shown, "source": text}
        >>> lesson = {"cells": [cell("# 07 · Digits"), cell("## 1 · The data")]}
        >>> find(lesson, "1"), find(lesson, "digits"), find(lesson, "1/0")
        (1, 0, 1)
    """
    cells, slides = nb["cells"], plan(nb)
    headings = [(slide, *pair) for slide in slides for pair in _headings(cells, slide)]
    wanted = words.strip()
    place = re.fullmatch(r"(?:#?/?slide-)?(\d+)[-/,](\d+)", wanted)
    if place:
        there = (int(place[1]), int(place[2]))
        hits = [s for s in slides if (s.h, s.v) == there and _shown(cells, s)]
    elif wanted.isdecimal():
        hits = [s for s, number, _ in headings if number == str(int(wanted))]
    else:
        low = wanted.casefold()
        hits = [s for s, _, name in headings if name.casefold() == low]
        hits = hits or [s for s, _, name in headings if low and low in name.casefold()]
    if len({id(hit) for hit in hits}) == 1:
        return _shown(cells, hits[0])[0]
    if hits:
        names = [_say(n, name) for s, n, name in headings if s in hits]
        raise SlideError(f"More than one slide fits {words!r}: {'; '.join(names)}. Say more.")
    sections = [_say(n, name) for _, n, name in headings]
    raise SlideError(
        f"There is no slide {words!r}. Give a section's number, a heading or a part of one "
        f"({'; '.join(sections)}), or a place, across/down: 0/0 to {slides[-1].h}/{slides[-1].v}."
    )


def _headings(cells: Sequence[dict[str, Any]], slide: Slide) -> list[tuple[str, str]]:
    """Number (or nothing) and text of each heading that the slide shows."""
    shown = [cells[i] for i in _shown(cells, slide)]
    sources = [c["source"] for c in shown if c["cell_type"] == "markdown"]
    texts = [source if isinstance(source, str) else "".join(source) for source in sources]
    return [found for text in texts for found in _HEADING.findall(_FENCED.sub("", text))]


def _shown(cells: Sequence[dict[str, Any]], slide: Slide) -> list[int]:
    """The numbers of the cells that are seen on the slide."""
    return [i for i in slide.cells if kind(cells[i]) not in ("notes", "skip")]


def _say(number: str, name: str) -> str:
    return f"{number} {name}".strip()

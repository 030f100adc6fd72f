"""Which slides RISE makes of a notebook's cells (one rule in both flavours)."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.tools.notebooks import slide_type


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


def plan(nb: dict) -> list[Slide]:
    """The slides of a notebook, in the order in which Reveal's next() reaches them.

    Cells that are hidden (``skip``) or only for the speaker (``notes``) belong to the slide before
    them. What comes before the first visible cell belongs to the first slide.
    """
    slides = [Slide(0, 0, "slide")]
    begun = False
    for i, cell in enumerate(nb["cells"]):
        kind, last = slide_type(cell), slides[-1]
        if begun and kind == "slide":
            slides.append(Slide(last.h + 1, 0, kind))
        elif begun and kind == "subslide":
            slides.append(Slide(last.h, last.v + 1, kind))
        elif begun and kind == "fragment":
            last.fragments += 1
        elif kind not in ("notes", "skip"):
            begun = True
        slides[-1].cells.append(i)
    return slides

"""What a walk found, as data and as text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


class DeckError(Exception):
    """The slide show did not come up or could not be driven: nothing is known about the deck."""


@dataclass
class View:
    """A slide in a window of one size. Sizes are px, ``over_*`` px outside the window or cut off.

    ``smallest`` is the smallest text of each part with its place, ``pictures`` where each picture
    is and how large.
    """

    over_x: float = 0.0
    over_y: float = 0.0
    where: list[str] = field(default_factory=list)
    overflows: bool = False
    body_px: float | None = None
    smallest: dict[str, dict] = field(default_factory=dict)
    pictures: list[dict] = field(default_factory=list)


@dataclass(kw_only=True)
class SlideResult(View):
    """One slide: what it shows, and ``larger``: the same in the larger window."""

    index: int
    id: str
    kind: str
    fragments: int = 0
    ran: int = 0
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    larger: View | None = None
    screenshot: bytes | None = field(default=None, repr=False)

    def problems(self) -> list[str]:
        """What is wrong with the slide, one line each."""
        told = list(self.errors)
        for view, size in ((self, ""), (self.larger, " in the larger window")):
            if view and view.overflows:
                places = "; ".join(view.where)
                told.append(
                    f"overflows by {view.over_x:.0f} x {view.over_y:.0f} px{size} ({places})"
                )
        return told


@dataclass
class DeckResult:
    """One deck in one flavour; ``growth`` is how much higher the larger window is."""

    notebook: Path
    flavour: str
    size: str
    ran: bool
    expected: int
    slides: list[SlideResult] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    barriers: list[str] = field(default_factory=list)
    growth: float = 1.0
    open_s: float = 0.0
    walk_s: float = 0.0

    def problems(self) -> list[str]:
        """What is wrong with the deck, one line each, with the slide."""
        told = [f"slide {s.index} ({s.id}) {p}" for s in self.slides for p in s.problems()]
        told += [f"{m} is in the notebook but was never reached" for m in self.missing]
        return told + self.barriers

    @property
    def good(self) -> bool:
        """Whether every slide was reached, fits, is legible and ran without an error."""
        return not self.problems()


def judge_fonts(deck: DeckResult, least_px: float, tolerance: float = 0.5) -> None:
    """Add an error to each slide whose text is too small, in either window.

    Nothing may be below ``least_px`` (more by ``deck.growth`` in the larger window), and code not
    below the size of the deck's running text.
    """
    windows = [([(s, s) for s in deck.slides], least_px, "")]
    larger = [(s, s.larger) for s in deck.slides if s.larger]
    windows.append((larger, least_px * deck.growth, " in the larger window"))
    for views, least, size in windows:
        sizes = Counter(v.body_px for _, v in views if v.body_px)
        body = sizes.most_common(1)[0][0] if sizes else 0.0
        for slide, view in views:
            for part, found in view.smallest.items():
                if found["px"] < least - 0.05:
                    slide.errors.append(f"text of {found['px']:.1f} px{size}: {found['where']}")
                elif part == "code" and found["px"] < body - tolerance:
                    px = f"code of {found['px']:.1f} px{size}, below the text's {body:.1f} px"
                    slide.errors.append(f"{px}: {found['where']}")


def judge_pictures(deck: DeckResult, share: float = 0.9) -> None:
    """Add an error for each picture that does not grow with the window."""
    for slide in deck.slides:
        large = slide.larger.pictures if slide.larger else []
        for before, after in zip(slide.pictures, large, strict=False):
            if (grown := after["height"] / before["height"]) < share * deck.growth:
                slide.errors.append(
                    f"{before['where']} grows {grown:.2f} times where the window grows "
                    f"{deck.growth:.2f} times"
                )


def as_text(deck: DeckResult) -> str:
    """The deck slide by slide, and a last line that says good or bad."""
    run = ", code executed" if deck.ran else ""
    lines = [f"== {deck.notebook.name} [{deck.flavour}, {deck.size}{run}]"]
    for s in deck.slides:
        sizes = " ".join(f"{part} {found['px']:.0f}" for part, found in sorted(s.smallest.items()))
        word = "BAD" if s.problems() else "ok"
        lines.append(
            f"{s.index:3d}  {s.id:<12} {s.kind:<9} fragments {s.fragments}  ran {s.ran}"
            f"  over {s.over_x:4.0f} x {s.over_y:4.0f} px  {sizes:<30} {word}"
        )
        lines += [f"       {p}" for p in s.problems()]
        lines += ["       note: " + " ".join(w.split())[:160] for w in s.warnings]
    lines += [f"     {m} is in the notebook but was never reached" for m in deck.missing]
    lines += [f"     {barrier}" for barrier in deck.barriers]
    lines += [f"     note: {n}" for n in deck.notes]
    bad = sum(bool(s.problems()) for s in deck.slides)
    lines.append(
        f"-- {len(deck.slides)} of {deck.expected} slides, {bad} bad; opened in {deck.open_s:.1f}"
        f" s, walked in {deck.walk_s:.1f} s: {'good' if deck.good else 'BAD'}"
    )
    return "\n".join(lines)

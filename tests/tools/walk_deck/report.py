"""What a walk found, as data and as text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


class DeckError(Exception):
    """The slide show did not come up or could not be driven: nothing is known about the deck."""


@dataclass
class SlideResult:
    """One slide. ``over_x`` and ``over_y`` are px outside the window or cut off; sizes are px."""

    index: int
    id: str
    kind: str
    fragments: int = 0
    ran: int = 0
    over_x: float = 0.0
    over_y: float = 0.0
    where: list[str] = field(default_factory=list)
    overflows: bool = False
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    body_px: float | None = None
    smallest: dict[str, dict] = field(default_factory=dict)
    screenshot: bytes | None = field(default=None, repr=False)

    def problems(self) -> list[str]:
        """What is wrong with the slide, one line each."""
        told = list(self.errors)
        if self.overflows:
            places = "; ".join(self.where)
            told.append(f"overflows by {self.over_x:.0f} x {self.over_y:.0f} px ({places})")
        return told


@dataclass
class DeckResult:
    """One deck in one flavour."""

    notebook: Path
    flavour: str
    size: str
    ran: bool
    expected: int
    slides: list[SlideResult] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    open_s: float = 0.0
    walk_s: float = 0.0

    def problems(self) -> list[str]:
        """What is wrong with the deck, one line each, with the slide."""
        told = [f"slide {s.index} ({s.id}) {p}" for s in self.slides for p in s.problems()]
        return told + [f"{m} is in the notebook but was never reached" for m in self.missing]

    @property
    def good(self) -> bool:
        """Whether every slide was reached, fits, is legible and ran without an error."""
        return not self.problems()


def judge_fonts(deck: DeckResult, least_px: float, tolerance: float = 0.5) -> None:
    """Add an error to each slide whose text is too small.

    Nothing may be below ``least_px``, and code not below the size of the deck's running text.
    """
    sizes = Counter(s.body_px for s in deck.slides if s.body_px)
    body = sizes.most_common(1)[0][0] if sizes else 0.0
    for slide in deck.slides:
        for part, found in slide.smallest.items():
            if found["px"] < least_px - 0.05:
                slide.errors.append(f"text of {found['px']:.1f} px: {found['where']}")
            elif part == "code" and found["px"] < body - tolerance:
                px = f"code of {found['px']:.1f} px, below the text's {body:.1f} px"
                slide.errors.append(f"{px}: {found['where']}")


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
    lines += [f"     note: {n}" for n in deck.notes]
    bad = sum(bool(s.problems()) for s in deck.slides)
    lines.append(
        f"-- {len(deck.slides)} of {deck.expected} slides, {bad} bad; opened in {deck.open_s:.1f}"
        f" s, walked in {deck.walk_s:.1f} s: {'good' if deck.good else 'BAD'}"
    )
    return "\n".join(lines)

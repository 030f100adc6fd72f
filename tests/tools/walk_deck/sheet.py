"""A contact sheet: every slide of a deck in one picture, to look a whole lesson over at once."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from tests.tools.walk_deck.report import DeckResult

COLUMNS, WIDTH, GAP, LABEL = 4, 480, 12, 22
GOOD, BAD = "#222222", "#D55E00"


def save_sheet(deck: DeckResult, folder: Path) -> Path:
    """Write ``folder/NAME.FLAVOUR.png``; slides with a problem have an orange frame.

    Raises ValueError when the deck was walked without screenshots.
    """
    shots = [(s, s.screenshot) for s in deck.slides if s.screenshot]
    if not shots:
        raise ValueError(f"{deck.notebook.name} was walked without screenshots")
    pictures = [Image.open(io.BytesIO(shot)) for _, shot in shots]
    height = WIDTH * pictures[0].height // pictures[0].width
    for picture in pictures:
        picture.draft("RGB", (WIDTH, height))  # a JPEG can be read at half its size
    cell_w, cell_h = WIDTH + GAP, height + LABEL + GAP
    columns = min(COLUMNS, len(shots))
    rows = -(-len(shots) // columns)
    sheet = Image.new("RGB", (GAP + columns * cell_w, GAP + rows * cell_h), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for n, ((slide, _), picture) in enumerate(zip(shots, pictures, strict=True)):
        x, y = GAP + n % columns * cell_w, GAP + n // columns * cell_h
        colour = BAD if slide.problems() else GOOD
        sheet.paste(picture.resize((WIDTH, height), Image.Resampling.LANCZOS), (x, y + LABEL))
        edge = 3 if slide.problems() else 1
        draw.rectangle((x - 1, y + LABEL - 1, x + WIDTH, y + LABEL + height), None, colour, edge)
        caption = f"{slide.index}  {slide.kind}" + "  ".join(["", *slide.problems()])[:60]
        draw.text((x, y + 2), caption, colour, font)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{deck.notebook.stem}.{deck.flavour}.png"
    sheet.save(path)
    return path

"""How much room text takes, in any monospaced font, without asking the machine for its fonts."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable

MAIN, SMALL = 18.0, 15.0  # font sizes, in the picture's own units
ADVANCE = 0.605  # width of a character, in font sizes (DejaVu: 0.602)
LEADING = 1.24  # height of a line, in font sizes

_SMALL_ROLES = {"small", "sent"}
_ZERO = re.compile(r"\.0(?!\d)")


def font_size(role: str) -> float:
    """Return the font size of a role: small for shapes and remarks, else the main size."""
    return SMALL if role in _SMALL_ROLES else MAIN


@functools.lru_cache(maxsize=4096)
def cells(words: str) -> int:
    """Return how many character cells a text takes: two for a wide East Asian one or an emoji.

    Example:
        >>> cells("∇x"), cells("漢字")
        (2, 4)
    """
    if words.isascii():
        return len(words)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in words)
    return len(words) - sum(unicodedata.combining(c) > 0 for c in words) + wide


def extent(spans: Iterable[tuple[str, str]]) -> tuple[float, float, float]:
    """Return width, height and font size of a line: pieces of text with their roles."""
    width, size = 0.0, 0.0
    for words, role in spans:
        font = font_size(role)
        width += cells(words) * font * ADVANCE
        size = max(size, font)
    size = size or MAIN
    return width, LEADING * size, size


def trimmed(numbers: str) -> str:
    """Return text in which numbers have one decimal, without the zeros that say nothing.

    Example:
        >>> trimmed("M1.0 20.5L10.0 0.1")
        'M1 20.5L10 0.1'
    """
    return _ZERO.sub("", numbers)

"""Draw a placed scene as one SVG picture, for a page, a slide, a dark theme and a grey print.

All text stands on a light box of its own, lines are mid-grey, the background is transparent:
legible on white and on black. Every kind of box differs in its border, not only in colour.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from coursekit.graph import model as m
from coursekit.graph.layout import PAD_X, PAD_Y, Placed, Point
from coursekit.graph.measure import ADVANCE, LEADING, MAIN, cells, font_size, trimmed
from coursekit.graph.scene import Box, Line, Tag
from coursekit.graph.text import printable
from coursekit.palette import BLACK, BLUE, GREEN, GREY, ORANGE

FONT = "DejaVu Sans Mono,Menlo,Consolas,Liberation Mono,monospace"
_MARGIN = 4.0


@dataclass(frozen=True)
class Look:
    """Fill, border colour, border width, corner radius and dashes of a kind of box."""

    fill: str
    stroke: str
    width: float
    radius: float
    dash: str = ""


LOOKS = {
    m.PARAMETER: Look("#E4F1FA", BLUE, 2.4, 0),
    m.INPUT: Look("#FFFFFF", BLUE, 2.4, 0),
    m.CONSTANT: Look("#F3F3F3", GREY, 1.6, 0, "5 3"),
    m.RESULT: Look("#FFFFFF", BLACK, 1.2, 7),
    m.OUTPUT: Look("#FFF6DD", BLACK, 3.0, 7),
    "op": Look("#E6E6E6", GREY, 1.0, 15),
    "module": Look("#EAF5F1", GREEN, 2.0, 7),
    "error": Look("#FDEAE2", ORANGE, 3.2, 0),
}
_LABEL = Look("#FFFFFF", ORANGE, 0.8, 4)

#: Text colours; gradients are bold and carry a nabla, so the colour is never the only sign.
_INK = {"grad": ORANGE, "sent": ORANGE, "error": ORANGE, "small": "#444444", "gradword": "#666666"}
_BOLD = {"name", "grad", "error", "op"}


@dataclass(frozen=True)
class Marks:
    """How a still picture or one that steps marks its parts.

    Attributes:
        attrs: Given a tag, and whether the element is a text, returns extra attributes for it
            (``' data-s="3"'``).
        hide: Given a tag, returns whether the text is covered by a question mark.
    """

    attrs: Callable[[Tag, bool], str] = lambda tag, is_text: ""
    hide: Callable[[Tag], bool] = lambda tag: False


def render(placed: Placed, title: str, desc: str, marks: Marks | None = None) -> str:
    """Return the SVG element; its ids come from its content, so a re-run gives the same bytes.

    Args:
        placed: The scene with coordinates.
        title: One short line: the picture's name for a screen reader.
        desc: A sentence or two with what the picture shows.
        marks: What steps and quizzes add.
    """
    marks = marks or Marks()
    parts = [_arrow(arrow.tag, paths, tip, marks) for arrow, paths, tip in placed.paths]
    for arrow, x, y, w, h in placed.labels:
        spot = (x, y, w, h)
        parts.append(_group("label", arrow.label, _LABEL, spot, "", arrow.label[0].tag, marks))
    for box, x, y, w, h in placed.boxes:
        parts.append(_box(box, (x, y, w, h), marks))
    return wrap("".join(parts), placed.width, placed.height, placed.text_px, title, desc)


def wrap(body: str, width: float, height: float, px: float, title: str, desc: str) -> str:
    """Put the drawing into an SVG element with its size, name, description and text height."""
    w, h = width + 2 * _MARGIN, height + 2 * _MARGIN
    name = "g" + hashlib.sha256(f"{title}{desc}{body}".encode("utf-8", "replace")).hexdigest()[:10]
    return (
        f'<svg class="ck-graph" xmlns="http://www.w3.org/2000/svg" role="img" '
        f'aria-labelledby="{name}-t {name}-d" '
        f'viewBox="{_n(-_MARGIN)} {_n(-_MARGIN)} {_n(w)} {_n(h)}" '
        f'preserveAspectRatio="xMinYMid meet" width="{_n(w)}" height="{_n(h)}" '
        f'font-family="{FONT}" data-text-px="{px:.1f}">'
        f'<title id="{name}-t">{_xml(title)}</title><desc id="{name}-d">{_xml(desc)}</desc>'
        f"{body}</svg>"
    )


def _box(box: Box, spot: tuple[float, float, float, float], marks: Marks) -> str:
    look = LOOKS[box.kind]
    return _group(box.kind, box.lines, look, spot, box.title, box.tag, marks, box.head)


def _group(
    kind: str,
    lines: list[Line],
    look: Look,
    spot: tuple[float, float, float, float],
    title: str,
    tag: Tag,
    marks: Marks,
    head: int = 0,
) -> str:
    x, y, w, h = spot
    parts = [
        f'<g class="ck-{kind}"{marks.attrs(tag, False)}>',
        f"<title>{_xml(title)}</title>" if title else "",
        f"<rect {_spot(x, y, w, h)} {_border(look)}/>",
    ]
    if kind == m.PARAMETER:  # a second line inside the border: a parameter also in grey
        parts.append(
            f"<rect {_spot(x + 3, y + 3, w - 6, h - 6)} "
            f'fill="none" stroke="{look.stroke}" stroke-width="0.8"/>'
        )
    if head:  # the operation's part of a box, in the grey of operations
        parts.append(_cap(x, y, w, sum([line.height for line in lines[:head]]) + PAD_Y, look))
    block = max([line.width for line in lines], default=0.0)
    # rows of a matrix keep their columns: they start where the widest line starts
    widest: dict[Tag, float] = {}
    for line in lines:
        if line.is_row:
            widest[line.tag] = max(widest.get(line.tag, 0.0), line.width)
    top = y + (1.0 if kind == "label" else PAD_Y)
    for line in lines:
        left = x + (w - (widest[line.tag] if line.is_row else line.width)) / 2
        left = max(left, x + (w - block) / 2)
        parts.append(_text(line, left, top + line.height * 0.5 + 0.35 * line.font, tag, marks))
        top += line.height
    return "".join(parts) + "</g>"


def _spot(x: float, y: float, w: float, h: float) -> str:
    return trimmed(f'x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}"')


@functools.lru_cache
def _border(look: Look) -> str:
    dash = f' stroke-dasharray="{look.dash}"' if look.dash else ""
    return (
        f'rx="{_n(look.radius)}" fill="{look.fill}" stroke="{look.stroke}" '
        f'stroke-width="{look.width}"{dash}'
    )


def _cap(x: float, y: float, w: float, h: float, look: Look) -> str:
    """Return the shaded top of a box, inside its border."""
    b, r = look.width / 2, max(look.radius - look.width / 2, 0.0)
    path = trimmed(
        f"M{x + b:.1f} {y + h:.1f}V{y + b + r:.1f}q0 {-r:.1f} {r:.1f} {-r:.1f}"
        f"H{x + w - b - r:.1f}q{r:.1f} 0 {r:.1f} {r:.1f}V{y + h:.1f}z"
    )
    return f'<path d="{path}" fill="{LOOKS["op"].fill}"/>'


def _text(line: Line, x: float, y: float, owner: Tag, marks: Marks) -> str:
    """Write one line; spaces become no-break spaces, which no page collapses."""
    attrs = marks.attrs(line.tag, True) if line.tag != owner or line.is_row else ""
    hidden = line.is_row and marks.hide(line.tag)
    parts = []
    for words, role in line.spans:
        shown = words.replace(" ", "\u00a0")
        if hidden:
            asked = words.lstrip("+∇ ")
            shown = shown[: len(words) - len(asked)] + "?" * min(1, len(asked))
        at = trimmed(f'x="{x:.1f}" y="{y:.1f}"')
        parts.append(f"<text {at} {_ink(role)}{attrs}>{_xml(shown)}</text>")
        x += cells(words) * font_size(role) * ADVANCE
    return "".join(parts)


@functools.lru_cache
def _ink(role: str) -> str:
    bold = ' font-weight="bold"' if role in _BOLD else ""
    return f'font-size="{_n(font_size(role))}" fill="{_INK.get(role, BLACK)}"{bold}'


_LINE = f'stroke="{GREY}" fill="none" stroke-width="1.8"'


def _arrow(tag: Tag, paths: list[str], tip: tuple[Point, Point] | None, marks: Marks) -> str:
    parts = [f'<g class="ck-arrow"{marks.attrs(tag, False)} {_LINE}>']
    parts += [f'<path d="{d}"/>' for d in paths]
    if tip is not None:
        (x, y), (dx, dy) = tip
        points = trimmed(
            f"{x + 8 * dx:.1f},{y + 8 * dy:.1f} {x - 3.6 * dy:.1f},{y + 3.6 * dx:.1f} "
            f"{x + 3.6 * dy:.1f},{y - 3.6 * dx:.1f}"
        )
        parts.append(f'<polygon points="{points}" fill="{GREY}" stroke="none"/>')
    return "".join(parts) + "</g>"


def legend() -> tuple[str, str, float]:
    """Return a small picture that names the kinds of boxes, its description and its width."""
    words = [
        (m.INPUT, "leaf, needs grad"),
        (m.PARAMETER, "parameter"),
        (m.CONSTANT, "no grad needed"),
        (m.RESULT, "result"),
        (m.OUTPUT, "output"),
        ("op", "operation"),
    ]
    x, parts = 0.0, []
    height = LEADING * MAIN + 2 * PAD_Y
    for kind, name in words:
        line = Line([(name, "small")])
        width = line.width + 2 * PAD_X
        parts.append(_group(kind, [line], LOOKS[kind], (x, 0, width, height), "", (), Marks()))
        x += width + 12
    line = Line([("∇ gradient", "grad")])
    parts.append(_text(line, x, height * 0.62, (), Marks()))
    x += line.width
    desc = "Borders of boxes: " + ", ".join(name for _, name in words)
    return wrap("".join(parts), x, height, 0.0, "Legend", desc), desc, x


def _xml(words: str) -> str:
    """Escape text for XML, which has no place for control characters."""
    return escape(printable(words, keep="\u00a0"), quote=False)


def _n(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")

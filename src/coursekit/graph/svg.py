"""Draw a placed scene as one SVG picture, for a page, a slide, a dark theme and a grey print.

All text stands on a light box of its own, lines are mid-grey, the background is transparent:
legible on white and on black. Every kind of box differs in its border, not only in colour.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from coursekit.graph import model as m
from coursekit.graph.layout import ADVANCE as _ADVANCE
from coursekit.graph.layout import (
    LEADING,
    MAIN,
    PAD_X,
    PAD_Y,
    Placed,
    Point,
    columns,
    font_size,
    line_size,
)
from coursekit.graph.scene import Box, Line, Tag
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
_ROWS = {"value", "grad", "gradword", "sent"}


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
    dash = f' stroke-dasharray="{look.dash}"' if look.dash else ""
    parts = [
        f'<g class="ck-{kind}"{marks.attrs(tag, False)}>',
        f"<title>{_xml(title)}</title>" if title else "",
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(w)}" height="{_n(h)}" rx="{_n(look.radius)}" '
        f'fill="{look.fill}" stroke="{look.stroke}" stroke-width="{look.width}"{dash}/>',
    ]
    if kind == m.PARAMETER:  # a second line inside the border: a parameter also in grey
        parts.append(
            f'<rect x="{_n(x + 3)}" y="{_n(y + 3)}" width="{_n(w - 6)}" height="{_n(h - 6)}" '
            f'fill="none" stroke="{look.stroke}" stroke-width="0.8"/>'
        )
    if head:  # the operation's part of a box, in the grey of operations
        parts.append(_cap(x, y, w, sum(line_size(line)[1] for line in lines[:head]) + PAD_Y, look))
    sizes = [line_size(line) for line in lines]
    block = max((width for width, _ in sizes), default=0.0)
    # rows of a matrix keep their columns: they start where the widest line starts
    widest: dict[Tag, float] = {}
    for line, (width, _) in zip(lines, sizes, strict=True):
        if _rowlike(line):
            widest[line.tag] = max(widest.get(line.tag, 0.0), width)
    top = y + (1.0 if kind == "label" else PAD_Y)
    for line, (width, height) in zip(lines, sizes, strict=True):
        left = x + (w - (widest[line.tag] if _rowlike(line) else width)) / 2
        left = max(left, x + (w - block) / 2)
        parts.append(_text(line, left, top + height * 0.5 + 0.35 * _size(line), tag, marks))
        top += height
    return "".join(parts) + "</g>"


def _cap(x: float, y: float, w: float, h: float, look: Look) -> str:
    """Return the shaded top of a box, inside its border."""
    b, r = look.width / 2, max(look.radius - look.width / 2, 0.0)
    return (
        f'<path d="M{_n(x + b)} {_n(y + h)}V{_n(y + b + r)}q0 {_n(-r)} {_n(r)} {_n(-r)}'
        f'H{_n(x + w - b - r)}q{_n(r)} 0 {_n(r)} {_n(r)}V{_n(y + h)}z" fill="{LOOKS["op"].fill}"/>'
    )


def _rowlike(line: Line) -> bool:
    """Return whether a line is a row of numbers, or stands in their place."""
    return line.spans[0][1] in _ROWS


def _size(line: Line) -> float:
    return max(font_size(role) for _, role in line.spans)


def _text(line: Line, x: float, y: float, owner: Tag, marks: Marks) -> str:
    """Write one line; spaces become no-break spaces, which no page collapses."""
    own = line.tag != owner or _rowlike(line)
    attrs = marks.attrs(line.tag, True) if own else ""
    parts, hidden = [], marks.hide(line.tag) and _rowlike(line)
    for words, role in line.spans:
        ink = _INK.get(role, BLACK)
        bold = ' font-weight="bold"' if role in _BOLD else ""
        shown = words.replace(" ", "\u00a0")
        if hidden:
            cells = columns(words.lstrip("+∇ "))
            kept = words[: len(words) - len(words.lstrip("+∇ "))].replace(" ", "\u00a0")
            shown = kept + "?" * min(1, cells)
        parts.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(font_size(role))}" '
            f'fill="{ink}"{bold}{attrs}>{_xml(shown)}</text>'
        )
        x += columns(words) * font_size(role) * _ADVANCE
    return "".join(parts)


def _arrow(tag: Tag, paths: list[str], tip: tuple[Point, Point] | None, marks: Marks) -> str:
    look = f'stroke="{GREY}" fill="none" stroke-width="1.8"'
    parts = [f'<g class="ck-arrow"{marks.attrs(tag, False)} {look}>']
    parts += [f'<path d="{d}"/>' for d in paths]
    if tip is not None:
        (x, y), (dx, dy) = tip
        a = (x + 8 * dx, y + 8 * dy)
        b, c = (x - 3.6 * dy, y + 3.6 * dx), (x + 3.6 * dy, y - 3.6 * dx)
        points = " ".join(f"{_n(px)},{_n(py)}" for px, py in (a, b, c))
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
        width = line_size(line)[0] + 2 * PAD_X
        parts.append(_group(kind, [line], LOOKS[kind], (x, 0, width, height), "", (), Marks()))
        x += width + 12
    line = Line([("∇ gradient", "grad")])
    parts.append(_text(line, x, height * 0.62, (), Marks()))
    x += line_size(line)[0]
    desc = "Borders of boxes: " + ", ".join(name for _, name in words)
    return wrap("".join(parts), x, height, 0.0, "Legend", desc), desc, x


def _xml(words: str) -> str:
    """Escape text for XML, which has no place for control characters."""
    if not words.replace("\u00a0", "").isprintable():
        words = "".join(c if c.isprintable() or c == "\u00a0" else " " for c in words)
    return escape(words, quote=False)


def _n(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")

"""Draw a placed scene with matplotlib, for PNG and PDF files: the SVG's boxes, lines and words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path

_SVG = "{http://www.w3.org/2000/svg}"
_TOKEN = re.compile(r"[A-Za-z]|-?\d*\.?\d+")


def figure(svg: str) -> Figure:
    """Return a matplotlib figure of a picture that :func:`.svg.render` wrote; one unit, one point.

    It reads the few elements that our own SVG uses, so that both pictures always agree.

    Example:
        >>> import torch
        >>> from coursekit.graph import draw
        >>> figure(draw(torch.ones(1, requires_grad=True) * 2).svg).axes[0].texts[0].get_text()
        '2'
    """
    from matplotlib.figure import Figure

    root = ElementTree.fromstring(svg)
    left, top, width, height = (float(x) for x in root.attrib["viewBox"].split())
    drawn = Figure(figsize=(width / 72, height / 72))
    axes = drawn.add_axes((0, 0, 1, 1), xlim=(left, left + width), ylim=(top + height, top))
    axes.axis("off")
    _group(axes, root, {})
    return drawn


def _group(axes: Axes, element: ElementTree.Element, inherited: dict[str, str]) -> None:
    for order, child in enumerate(element):
        look = {**inherited, **child.attrib}
        tag = child.tag.removeprefix(_SVG)
        if tag == "g":
            _group(axes, child, look)
        elif tag == "text":
            axes.text(
                float(look["x"]), float(look["y"]), child.text or "", color=look["fill"],
                fontsize=float(look["font-size"]), family="DejaVu Sans Mono",
                weight=look.get("font-weight", "normal"), zorder=3, parse_math=False,
            )  # fmt: skip
        elif tag in ("rect", "path", "polygon"):
            _shape(axes, tag, look, order)


def _shape(axes: Axes, tag: str, look: dict[str, str], order: int) -> None:
    from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon

    style = {
        "facecolor": look.get("fill", "none"), "edgecolor": look.get("stroke", "none"),
        "linewidth": float(look.get("stroke-width", 0)), "zorder": 1 + order / 1000,
    }  # fmt: skip
    if "stroke-dasharray" in look:
        style["linestyle"] = (0, [float(n) / style["linewidth"] for n in
                                  look["stroke-dasharray"].split()])  # fmt: skip
    if tag == "path":
        axes.add_patch(PathPatch(path(look["d"]), **style))
    elif tag == "polygon":
        points = [tuple(map(float, p.split(","))) for p in look["points"].split()]
        axes.add_patch(Polygon(points, **style))
    else:
        x, y, w, h, r = (float(look.get(k, 0)) for k in ("x", "y", "width", "height", "rx"))
        r = min(r, w / 2, h / 2)
        shape = f"round,pad=0,rounding_size={r}" if r else "square,pad=0"
        axes.add_patch(FancyBboxPatch((x, y), w, h, boxstyle=shape, **style))


def path(d: str) -> Path:
    """Return a matplotlib path for SVG path data with the commands M, L, C, H, V, q and z.

    Example:
        >>> path("M0 0H4q2 0 2 2").vertices.tolist()
        [[0.0, 0.0], [4.0, 0.0], [6.0, 0.0], [6.0, 2.0]]
    """
    from matplotlib.path import Path

    points: list[tuple[float, float]] = []
    codes: list[int] = []
    tokens, i, command = _TOKEN.findall(d), 0, ""
    sizes = {"M": 2, "L": 2, "C": 6, "H": 1, "V": 1, "q": 4, "z": 0}
    kinds = {"M": Path.MOVETO, "C": Path.CURVE4, "q": Path.CURVE3, "z": Path.CLOSEPOLY}
    while i < len(tokens):
        if tokens[i].isalpha():
            command, i = tokens[i], i + 1
        numbers = [float(n) for n in tokens[i : i + sizes[command]]]
        i += sizes[command]
        x, y = points[-1] if points else (0.0, 0.0)
        if command == "H":
            numbers = [numbers[0], y]
        elif command == "V":
            numbers = [x, numbers[0]]
        elif command == "z":
            numbers = [x, y]
        elif command == "q":
            numbers = [n + (y if k % 2 else x) for k, n in enumerate(numbers)]
        new = list(zip(numbers[::2], numbers[1::2], strict=True))
        points += new
        codes += [kinds.get(command, Path.LINETO)] * len(new)
    return Path(points, codes)

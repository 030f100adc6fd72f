"""Place the boxes of a scene, and fold a long graph into rows, like lines of text.

A slide is about twice as wide as high, but a network's graph is a long chain; squeezed into the
width it has unreadable letters. Folding cuts it between two columns where few arrows cross and
puts the rest below; an arrow that crosses goes round at the edges, like a line break.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from coursekit.graph.engine import Layout, Point, lay_out
from coursekit.graph.measure import MAIN, trimmed
from coursekit.graph.scene import Arrow, Box, Line, Scene

PAD_X, PAD_Y = 9.0, 6.0  # between a box and its text
SLIDE = (1180.0, 540.0)  # what a 1280 by 720 slide leaves to a picture, in pixels
TARGET = 18.0  # pixels of the main text that can be read from the last row

_GUTTER, _LANE = 22.0, 7.0
_APART = 10.0  # between the ends of two arrows from one box to another


@dataclass
class Placed:
    """A scene with coordinates: top left corner and size of boxes and labels, curves of arrows."""

    scene: Scene
    width: float
    height: float
    rows: int
    boxes: list[tuple[Box, float, float, float, float]] = field(default_factory=list)
    labels: list[tuple[Arrow, float, float, float, float]] = field(default_factory=list)
    paths: list[tuple[Arrow, list[str], tuple[Point, Point] | None]] = field(default_factory=list)

    @property
    def text_px(self) -> float:
        """Height of the main text in pixels when the picture is fitted to a slide."""
        return MAIN * fit(self.width, self.height)


def fit(width: float, height: float) -> float:
    """Return the factor by which a picture is enlarged on a slide; never more than 1.5."""
    return min(SLIDE[0] / max(width, 1), SLIDE[1] / max(height, 1), 1.5)


def box_size(lines: Iterable[Line], pad_x: float = PAD_X, pad_y: float = PAD_Y) -> Point:
    """Return width and height of a box around some lines."""
    lines = list(lines)
    return (
        max([line.width for line in lines], default=10.0) + 2 * pad_x,
        sum([line.height for line in lines]) + 2 * pad_y,
    )


def place(scene: Scene, engine: str | None = None, *, least: float = 0.0) -> Placed:
    """Give every box and arrow its place; fold if that makes the text clearly larger.

    Args:
        scene: What to draw.
        engine: The layout engine, by default the first that is installed.
        least: Do not bother to fold if the text will stay smaller than this many pixels.

    Raises:
        EngineError: No layout engine is installed.
    """
    net = _Net(scene)
    flat = net.lay(engine)
    flat_px = MAIN * fit(flat.width, flat.height)
    if flat_px < 1.15 * TARGET:
        for expected, rows in net.folds(flat):
            if expected > max(1.12 * flat_px, 0.9 * least):
                folded = net.lay_folded(rows, engine)
                if folded.text_px > 1.12 * flat_px:
                    return folded
    return net.placed(flat)


class _Net:
    """The scene as a graph of plain boxes; an arrow with a label becomes a box of its own."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.sizes: dict[str, Point] = {f"n{i}": _size(b) for i, b in enumerate(scene.boxes)}
        number = {box.id: f"n{i}" for i, box in enumerate(scene.boxes)}
        self.boxes = {f"n{i}": box for i, box in enumerate(scene.boxes)}
        self.labels: dict[str, Arrow] = {}
        # edge -> the arrows that it draws, and whether it carries the tip
        self.edges: dict[tuple[str, str], tuple[Arrow, bool]] = {}
        self.more: dict[tuple[str, str], list[Arrow]] = {}  # x * x: arrows beside the first one
        for i, arrow in enumerate(scene.arrows):
            tail, head = number[arrow.tail], number[arrow.head]
            if arrow.label:
                middle = f"l{i}"
                self.labels[middle] = arrow
                self.sizes[middle] = box_size(arrow.label, 3.0, 1.0)
                self.edges[tail, middle] = (arrow, False)
                self.edges[middle, head] = (arrow, True)
            elif (tail, head) in self.edges:
                self.more.setdefault((tail, head), []).append(arrow)
            else:
                self.edges[tail, head] = (arrow, True)

    # -- one row -----------------------------------------------------------------------------

    def lay(self, engine: str | None) -> Layout:
        """Lay out in one row."""
        heads = [edge for edge, (_, tip) in self.edges.items() if tip]
        return lay_out(self.sizes, self.edges, engine, heads=heads)

    def placed(self, flat: Layout) -> Placed:
        """Return the picture in one row."""
        placed = Placed(self.scene, flat.width, flat.height, 1)
        self._add(placed, flat, 0.0, 0.0)
        return _sorted(placed)

    def _add(self, placed: Placed, layout: Layout, dx: float, dy: float) -> None:
        for name, (x, y) in layout.nodes.items():
            if name not in self.sizes:
                continue
            width, height = self.sizes[name]
            spot = (x - width / 2 + dx, y - height / 2 + dy, width, height)
            if name in self.boxes:
                placed.boxes.append((self.boxes[name], *spot))
            elif name in self.labels:
                placed.labels.append((self.labels[name], *spot))
        halves: dict[str, list[Point]] = {}
        for (tail, head), curve in layout.edges.items():
            for middle, point in ((head, curve[-1]), (tail, curve[0])):
                if middle in self.labels:
                    halves.setdefault(middle, []).append(point)
        for middle, points in halves.items():  # the line goes on behind its label
            line = "L".join([f"{x + dx:.1f} {y + dy:.1f}" for x, y in points])
            placed.paths.append((self.labels[middle], [trimmed(f"M{line}")], None))
        for edge, curve in layout.edges.items():
            if edge in self.edges:
                self._add_curve(placed, edge, [(x + dx, y + dy) for x, y in curve])

    def _add_curve(
        self, placed: Placed, edge: tuple[str, str], curve: list[Point], *, stub: bool = False
    ) -> None:
        """Add what an edge draws: one arrow, or side by side those of a value used twice."""
        arrow, tip = self.edges[edge]
        arrows = [arrow, *self.more.get(edge, ())]
        for i, each in enumerate(arrows):
            moved = _beside(curve, _APART * (i - (len(arrows) - 1) / 2), stub=stub)
            placed.paths.append((each, [_bezier(moved)], _tip(moved) if tip else None))

    # -- rows --------------------------------------------------------------------------------

    def folds(self, flat: Layout) -> list[tuple[float, dict[str, int]]]:
        """Return ways to cut the graph into rows: expected text height, and each node's row."""
        column = _columns(flat)
        outline = self._outlines(flat, column)
        if len(outline) < 4:
            return []
        across = _across(list(outline), self._spans(column))
        options = []
        for rows in range(2, 7):
            cuts = _cut(rows, across, flat.width / rows)
            if cuts is not None:
                options.append((MAIN * _estimate(outline, cuts, across), cuts))
        options.sort(key=lambda option: -option[0])
        return [
            (expected, {name: bisect_right(cuts, x) for name, x in column.items()})
            for expected, cuts in options[:2]
        ]

    def _outlines(self, flat: Layout, column: dict[str, float]) -> dict[float, _Outline]:
        """Return left, right, top and bottom of each column, from left to right."""
        sides: dict[float, list[_Outline]] = {}
        for name, (x, y) in flat.nodes.items():
            w, h = self.sizes[name][0] / 2, self.sizes[name][1] / 2
            sides.setdefault(column[name], []).append((x - w, x + w, y - h, y + h))
        return {x: _around(sides[x]) for x in sorted(sides)}

    def _spans(self, column: dict[str, float]) -> list[tuple[float, float]]:
        """Return, for each node with an outgoing edge, the columns its edges reach across."""
        reach: dict[str, float] = {}
        for tail, head in self.edges:
            reach[tail] = max(reach.get(tail, column[tail]), column[head])
        return [(column[tail], end) for tail, end in reach.items()]

    def lay_folded(self, row_of: dict[str, int], engine: str | None) -> Placed:
        """Lay out each row by itself, with stubs where arrows leave and enter, and join them."""
        count = max(row_of.values()) + 1
        leaving: list[list[str]] = [[] for _ in range(count)]  # sources whose arrows go on below
        lowest: dict[str, int] = {}
        for tail, head in self.edges:
            lowest[tail] = max(lowest.get(tail, 0), row_of[head])
        for tail in self.sizes:
            for row in range(row_of[tail], lowest.get(tail, 0)):
                leaving[row].append(tail)
        layouts = [self._lay_row(row, row_of, leaving, engine) for row in range(count)]
        lanes = max(len(names) for names in leaving)
        margin = 14.0 + _LANE * lanes
        width = max(layout.width for layout in layouts)
        placed = Placed(self.scene, width + 2 * margin, 0.0, count)
        top = 0.0
        for row, layout in enumerate(layouts):
            gutter = _GUTTER + _LANE * len(leaving[row - 1]) if row else 0.0
            if row:
                for lane, name in enumerate(leaving[row - 1]):
                    y = top + 8.0 + lane * _LANE
                    x, into = layout.nodes[f"e{name}"]
                    left = margin - 8.0 - lane * _LANE
                    before = layouts[row - 1].nodes[f"x{name}"]
                    right = margin + width + 8.0 + lane * _LANE
                    start = (before[0] + margin, before[1] + top - layouts[row - 1].height)
                    out = _round_trip(start, right, y, left, into + top + gutter, x + margin)
                    placed.paths.append((self._first_arrow(name), [out], None))
            self._add(placed, layout, margin, top + gutter)
            self._add_stubs(placed, layout, margin, top + gutter)
            top += gutter + layout.height
        placed.height = top
        return _sorted(placed)

    def _first_arrow(self, name: str) -> Arrow:
        return next(arrow for (tail, _), (arrow, _) in self.edges.items() if tail == name)

    def _lay_row(
        self, row: int, row_of: dict[str, int], leaving: list[list[str]], engine: str | None
    ) -> Layout:
        sizes = {name: size for name, size in self.sizes.items() if row_of[name] == row}
        entering = leaving[row - 1] if row else []
        first, last = [f"e{name}" for name in entering], [f"x{name}" for name in leaving[row]]
        sizes.update(dict.fromkeys([*first, *last], (1.0, 1.0)))
        edges, heads = [], []
        for (tail, head), (_, tip) in self.edges.items():
            if row_of[head] != row:
                continue
            edge = (tail if row_of[tail] == row else f"e{tail}", head)
            edges.append(edge)
            if tip:
                heads.append(edge)
        for name in leaving[row]:
            edges.append((name if row_of[name] == row else f"e{name}", f"x{name}"))
        return lay_out(sizes, edges, engine, first=first, last=last, heads=heads)

    def _add_stubs(self, placed: Placed, layout: Layout, dx: float, dy: float) -> None:
        """Add the pieces of arrows between the boxes of a row and its ends."""
        for (tail, head), curve in layout.edges.items():
            if (tail, head) in self.edges:
                continue
            moved = [(x + dx, y + dy) for x, y in curve]
            source = tail.removeprefix("e")
            if (source, head) in self.edges:
                self._add_curve(placed, (source, head), moved, stub=True)
            else:
                placed.paths.append((self._first_arrow(source), [_bezier(moved)], None))


_Outline = tuple[float, float, float, float]


def _columns(flat: Layout) -> dict[str, float]:
    """Return each node's column: centres closer than a few points are one column."""
    near: dict[float, float] = {}
    previous = None
    for x in sorted({round(x, 1) for x, _ in flat.nodes.values()}):
        previous = near[x] = previous if previous is not None and x - previous < 6 else x
    return {name: near[round(x, 1)] for name, (x, _) in flat.nodes.items()}


def _across(columns: list[float], spans: list[tuple[float, float]]) -> dict[float, int]:
    """Return how many spans reach each column from a column on its left."""
    changes = [0] * (len(columns) + 1)
    for begin, end in spans:
        changes[bisect_right(columns, begin)] += 1
        changes[bisect_right(columns, end)] -= 1
    return dict(zip(columns, itertools.accumulate(changes), strict=False))


def _around(outlines: Sequence[_Outline]) -> _Outline:
    left, right, top, bottom = zip(*outlines, strict=True)
    return min(left), max(right), min(top), max(bottom)


def _cut(rows: int, across: dict[float, int], ideal: float) -> list[float] | None:
    """Choose columns at which a new row starts: equal widths, few arrows across."""
    prices = [(x, 0.12 * (count - 1)) for x, count in [*across.items()][1:] if count <= 4]
    cuts: list[float] = []
    for row in range(1, rows):
        best, cheapest = None, float("inf")
        for x, price in prices:
            off = abs(x - row * ideal) / ideal
            if off < 0.5 and off + price < cheapest and (not cuts or x > cuts[-1]):
                best, cheapest = x, off + price
        if best is None:
            return None
        cuts.append(best)
    return cuts


def _estimate(outline: dict[float, _Outline], cuts: list[float], across: dict[float, int]) -> float:
    """Return the expected enlargement on a slide."""
    width, height = 0.0, 0.0
    for low, high in itertools.pairwise([-1.0, *cuts, float("inf")]):
        inside = [sides for x, sides in outline.items() if low <= x < high]
        if not inside:
            return 0.0
        left, right, top, bottom = _around(inside)
        width = max(width, right - left)
        height += bottom - top + _GUTTER + across.get(high, 0) * _LANE
    return fit(width + 60, height)


def _size(box: Box) -> Point:
    width, height = box_size(box.lines)
    return max(width, 34.0), height


def _sorted(placed: Placed) -> Placed:
    """Put boxes and arrows back into the scene's order, whatever order the engine wrote."""
    order = {box.id: i for i, box in enumerate(placed.scene.boxes)}
    placed.boxes.sort(key=lambda entry: order[entry[0].id])
    arrows = {id(arrow): i for i, arrow in enumerate(placed.scene.arrows)}
    placed.labels.sort(key=lambda entry: arrows[id(entry[0])])
    placed.paths.sort(key=lambda entry: (arrows[id(entry[0])], entry[1]))
    return placed


def _bezier(points: list[Point]) -> str:
    start, *rest = [f"{x:.1f} {y:.1f}" for x, y in points]
    return trimmed(f"M{start}C{' '.join(rest)}")


def _beside(curve: list[Point], off: float, *, stub: bool) -> list[Point]:
    """Return a curve that runs beside another: apart at its ends, a little more in between.

    A stub starts where the line from the row above ends, so there it stays on the line.
    """
    if not off:
        return curve
    ends = {0: 0.0 if stub else off, len(curve) - 1: off}
    return [(x, y + ends.get(i, 1.3 * off)) for i, (x, y) in enumerate(curve)]


def _tip(points: list[Point]) -> tuple[Point, Point]:
    """Return end and direction of a curve, where the arrowhead goes."""
    (x, y) = points[-1]
    for a, b in reversed(points[:-1]):
        length = ((x - a) ** 2 + (y - b) ** 2) ** 0.5
        if length > 0.01:
            return (x, y), ((x - a) / length, (y - b) / length)
    return (x, y), (1.0, 0.0)


def _round_trip(
    start: Point, right: float, middle: float, left: float, y: float, end: float
) -> str:
    """Return a path that leaves a row at the right and enters the next one at the left."""
    x, high, low, r = start[0], start[1], y, 6.0
    return trimmed(
        f"M{x - 1:.1f} {high:.1f}H{right - r:.1f}q{r:.1f} 0 {r:.1f} {r:.1f}"
        f"V{middle - r:.1f}q0 {r:.1f} {-r:.1f} {r:.1f}"
        f"H{left + r:.1f}q{-r:.1f} 0 {-r:.1f} {r:.1f}"
        f"V{low - r:.1f}q0 {r:.1f} {r:.1f} {r:.1f}H{end + 1:.1f}"
    )

"""Lay out a tree of boxes that flows into one result, without an engine.

Most small graphs are such trees: a chain of operations, each with a leaf or a short branch that
flows into it. Where Graphviz would put their boxes can be written down: columns count back from
the result, an operation stands in the middle of its inputs, and inputs stand as close as the
boxes before them allow. That takes a tenth of the time, and a first picture need not wait for an
engine to start. Everything else, such as a value with two uses, is left to the engine.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence

Point = tuple[float, float]
Edge = tuple[str, str]

RANK_GAP, NODE_GAP = 26.0, 14.0  # between columns, and between the boxes of one, in points
ARROW = 9.6  # length of an arrowhead (10 points at arrowsize 0.8) and what it keeps off


def lay_tree(
    sizes: Mapping[str, Point],
    edges: Sequence[Edge],
    heads: Collection[Edge],
    first: Sequence[str] = (),
) -> tuple[float, float, dict[str, Point], dict[Edge, list[Point]]] | None:
    """Return width, height, middles of boxes and curves of edges; or None if it is no tree.

    Args:
        sizes: Width and height of each box, in points.
        edges: Pairs of names.
        heads: The edges that end in an arrowhead.
        first: Names that must be leftmost.

    Example:
        >>> sizes = {"a": (72, 20), "b": (72, 20), "c": (72, 20)}
        >>> _, _, middles, _ = lay_tree(sizes, [("a", "c"), ("b", "c")], ())
        >>> middles
        {'c': (134.0, 27.0), 'a': (36.0, 10.0), 'b': (36.0, 44.0)}
    """
    order = _from_the_result(sizes, edges)
    if order is None:
        return None
    depth = {order[0]: 0}
    into = dict(edges)
    for name in order[1:]:
        depth[name] = depth[into[name]] + 1
    deepest = max(depth.values())
    ends = depth.keys() - set(into.values())
    if first and any(depth[name] < deepest - (name not in first) for name in ends):
        return None
    x, right = _columns(sizes, depth)
    if not _simple(order, into):
        return None
    y = _heights(sizes, order, into, depth)
    middles = {name: (round(x[depth[name]], 2), round(y[name], 2)) for name in order}
    by_column: dict[int, list[str]] = {}
    for name in order:
        by_column.setdefault(depth[name], []).append(name)
    curves = {}
    for edge in edges:
        tail, head = edge
        boxes = [
            _box(middles[other], sizes[other])
            for other in (*by_column[depth[tail]], *by_column[depth[head]])
            if other not in edge
        ]
        gap = ARROW if edge in heads else 0.0
        ends = (middles[tail], sizes[tail], middles[head], sizes[head])
        curve = _curve(*ends, right[depth[tail]], gap, boxes)
        if curve is None:
            return None
        curves[edge] = curve
    height = max(y[name] + sizes[name][1] / 2 for name in order)
    return right[0], height, middles, curves


def _from_the_result(sizes: Mapping[str, Point], edges: Sequence[Edge]) -> list[str] | None:
    """Return the names, each after the one that it flows into, or None if it is no tree."""
    into = dict(edges)
    if len(edges) != len(sizes) - 1 or len(into) != len(edges):
        return None
    inputs: dict[str, list[str]] = {}
    for tail, head in edges:
        inputs.setdefault(head, []).append(tail)
    order = [name for name in sizes if name not in into]
    for name in order:
        order += inputs.get(name, ())
    return order if len(order) == len(sizes) else None


def _simple(order: list[str], into: Mapping[str, str]) -> bool:
    """Return whether at most one of the branches that meet in a box has branches of its own.

    Where two such branches meet, a picture is neater if all heights are weighed together.
    """
    inputs: dict[str, int] = {}
    branched: dict[str, int] = {}
    for name in reversed(order):
        if branched.get(name, 0) > 1:
            return False
        head = into.get(name, "")
        inputs[head] = inputs.get(head, 0) + 1
        if branched.get(name) or inputs.get(name, 0) > 1:
            branched[head] = branched.get(head, 0) + 1
    return True


def _columns(
    sizes: Mapping[str, Point], depth: Mapping[str, int]
) -> tuple[list[float], list[float]]:
    """Return the middle and the right side of each column, by depth."""
    half = [0.0] * (max(depth.values()) + 1)
    for name, d in depth.items():
        half[d] = max(half[d], sizes[name][0] / 2)
    x = [0.0] * len(half)
    left = 0.0
    for d in range(len(half) - 1, -1, -1):
        x[d] = left + half[d]
        left += 2 * half[d] + RANK_GAP
    return x, [middle + wide for middle, wide in zip(x, half, strict=True)]


def _heights(
    sizes: Mapping[str, Point], order: list[str], into: Mapping[str, str], depth: Mapping[str, int]
) -> dict[str, float]:
    """Return the middle of each box, downwards from the top of the picture."""
    number = {name: i for i, name in enumerate(sizes)}
    inputs: dict[str, list[str]] = {name: [] for name in order}
    above: dict[str, float] = {}  # the offset of a box from the one that it flows into
    outline: dict[str, dict[int, Point]] = {}  # top and bottom of a branch, by depth
    earliest: dict[str, int] = {}
    for name in reversed(order):
        branches = sorted(inputs[name], key=earliest.__getitem__)
        earliest[name] = earliest[branches[0]] if branches else number[name]
        outline[name] = _stacked(branches, above, outline)
        half = sizes[name][1] / 2
        outline[name][depth[name]] = (-half, half)
        if name in into:
            inputs[into[name]].append(name)
    top = min(high for high, _ in outline[order[0]].values())
    y = {order[0]: -top}
    for name in order[1:]:
        y[name] = y[into[name]] + above[name]
    return y


def _stacked(
    branches: list[str], above: dict[str, float], outline: dict[str, dict[int, Point]]
) -> dict[int, Point]:
    """Put branches below each other, around the middle of those in the middle."""
    if len(branches) < 2:
        for name in branches:
            above[name] = 0.0
            return outline.pop(name)
        return {}
    at, total = [0.0], outline.pop(branches[0])
    for name in branches[1:]:
        new = outline.pop(name)
        shift = max(total[d][1] + NODE_GAP - high for d, (high, _) in new.items() if d in total)
        for d, (high, low) in new.items():
            total[d] = (total[d][0] if d in total else high + shift, low + shift)
        at.append(shift)
    middle = (at[(len(at) - 1) // 2] + at[len(at) // 2]) / 2
    for name, place in zip(branches, at, strict=True):
        above[name] = place - middle
    return {d: (high - middle, low - middle) for d, (high, low) in total.items()}


# -- curves --------------------------------------------------------------------------------------

_Box = tuple[float, float, float, float]


def _box(middle: Point, size: Point) -> _Box:
    """Return left, right, top and bottom of a box, with a little air."""
    x, y, w, h = *middle, size[0] / 2 + 2, size[1] / 2 + 2
    return x - w, x + w, y - h, y + h


def _curve(
    tail: Point, tail_size: Point, head: Point, head_size: Point, right: float, gap: float,
    boxes: list[_Box],
) -> list[Point] | None:  # fmt: skip
    """Return a line between two boxes, or a curve around what is beside the first one, or None."""
    start = _border(tail, tail_size, head, 0.0)
    end = _border(head, head_size, tail, gap)
    if not any(_hits(start, end, box) for box in boxes):
        return _straight(start, end)
    out = (tail[0] + tail_size[0] / 2, tail[1])
    turn = (right + 0.2 * RANK_GAP, tail[1])
    end = _border(head, head_size, turn, gap)
    soft = [out, turn, turn, end]
    points = [_on(soft, t / 12) for t in range(13)]
    if not any(_hits(*pair, box) for pair in itertools.pairwise(points) for box in boxes):
        return soft
    if any(_hits(turn, end, box) or _hits(out, turn, box) for box in boxes):
        return None
    almost = (end[0] + 0.3 * (turn[0] - end[0]), end[1] + 0.3 * (turn[1] - end[1]))
    return [*_straight(out, (right, tail[1])), turn, almost, end]


def _on(curve: list[Point], t: float) -> Point:
    """Return a point of a Bezier curve."""
    shares = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    x, y = (sum([s * p[i] for s, p in zip(shares, curve, strict=True)]) for i in (0, 1))
    return x, y


def _straight(a: Point, b: Point) -> list[Point]:
    dx, dy = (b[0] - a[0]) / 3, (b[1] - a[1]) / 3
    return [a, (a[0] + dx, a[1] + dy), (b[0] - dx, b[1] - dy), b]


def _border(middle: Point, size: Point, other: Point, gap: float) -> Point:
    """Return where the line from a box's middle to another point leaves the box, and a gap."""
    dx, dy = other[0] - middle[0], other[1] - middle[1]
    share = min(
        size[0] / 2 / abs(dx) if dx else 1.0,
        size[1] / 2 / abs(dy) if dy else 1.0,
    )
    share += gap / (dx * dx + dy * dy) ** 0.5
    return middle[0] + share * dx, middle[1] + share * dy


def _hits(a: Point, b: Point, box: _Box) -> bool:
    """Return whether a line that runs to the right passes through a box."""
    left, right, top, bottom = box
    low, high = max(a[0], left), min(b[0], right)
    if low >= high:
        return False
    slope = (b[1] - a[1]) / (b[0] - a[0])
    one, two = a[1] + slope * (low - a[0]), a[1] + slope * (high - a[0])
    return max(one, two) > top and min(one, two) < bottom

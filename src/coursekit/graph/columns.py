"""Say which column Graphviz will put a box into, without asking it, where that is certain.

Graphviz chooses columns that make the arrows as short as possible. For most small graphs, a chain
of operations with leaves and short branches that flow into it, only one choice does that, and it
can be written down at once. Then a picture that has to be folded is folded without being laid out
in one row first, and a view that cannot be read is not laid out at all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from coursekit.graph.engine import NODE_GAP, RANK_GAP, Point


@dataclass
class Columns:
    """The columns of a graph that is laid out from left to right.

    Attributes:
        centres: Where the middle of each box is, from left to right, in points.
        width: How wide the layout is.
        height: How high it is at least.
    """

    centres: dict[str, float]
    width: float
    height: float


def known_columns(sizes: Mapping[str, Point], edges: Iterable[tuple[str, str]]) -> Columns | None:
    """Return the columns of a graph of boxes, or None where more than one choice is as good.

    Args:
        sizes: Width and height of each box, in points.
        edges: Pairs of names.

    Example:
        >>> known_columns({"a": (72, 36), "b": (72, 20)}, [("a", "b")]).centres
        {'a': 36.0, 'b': 134.0}
    """
    rank = _ranks(sizes, [*edges])
    if rank is None:
        return None
    gap, between = round(RANK_GAP), round(NODE_GAP)  # Graphviz takes whole points
    first = min(rank.values())
    half = [0.0] * (max(rank.values()) - first + 1)
    heights = [-between] * len(half)
    for name, (width, height) in sizes.items():
        r = rank[name] = rank[name] - first
        half[r] = max(half[r], width / 2)
        heights[r] += height + between
    x = [half[0]]
    for r in range(1, len(half)):
        x.append(x[-1] + half[r - 1] + gap + half[r])
    return Columns(
        {name: round(x[r], 2) for name, r in rank.items()}, x[-1] + half[-1], max(heights)
    )


def _ranks(names: Iterable[str], edges: list[tuple[str, str]]) -> dict[str, int] | None:
    """Return the number of each name's column, counted from the longest path's first box.

    Boxes on a longest path have no choice. A branch whose only way out is one arrow moves up to
    that arrow's head, a leaf up to the first of its heads. Anything else is left to Graphviz.
    """
    tails: dict[str, list[str]] = {name: [] for name in names}
    heads: dict[str, list[str]] = {name: [] for name in tails}
    for tail, head in edges:
        heads[tail].append(head)
        tails[head].append(tail)
    order = _forward(tails, heads)
    if len(order) < len(tails) or not _connected(tails, heads):
        return None
    early: dict[str, int] = {}
    branch: dict[str, bool] = {}
    for name in order:
        early[name] = max([early[tail] + 1 for tail in tails[name]], default=0)
        branch[name] = len(heads[name]) == 1 and all(branch[tail] for tail in tails[name])
    longest = max(early.values())
    late: dict[str, int] = {}
    rank: dict[str, int] = {}
    for name in reversed(order):
        late[name] = min([late[head] - 1 for head in heads[name]], default=longest)
        if late[name] == early[name]:
            rank[name] = early[name]
        elif branch[name] or (heads[name] and not tails[name]):
            rank[name] = min(rank[head] for head in heads[name]) - 1
        else:
            return None
    return rank


def _forward(tails: dict[str, list[str]], heads: dict[str, list[str]]) -> list[str]:
    """Return the names so that arrows point forward; those in a cycle are missing."""
    missing = {name: len(before) for name, before in tails.items()}
    ready = deque(name for name, count in missing.items() if not count)
    order = []
    while ready:
        order.append(ready.popleft())
        for head in heads[order[-1]]:
            missing[head] -= 1
            if not missing[head]:
                ready.append(head)
    return order


def _connected(tails: dict[str, list[str]], heads: dict[str, list[str]]) -> bool:
    todo = [next(iter(tails), "")]
    found = set(todo)
    while todo:
        name = todo.pop()
        for other in (*tails[name], *heads[name]):
            if other not in found:
                found.add(other)
                todo.append(other)
    return len(found) == len(tails)

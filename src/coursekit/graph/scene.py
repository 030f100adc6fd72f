"""What to put into the picture: boxes, their lines of text, and the arrows between them.

Three views of the same graph. *Full* draws a box for every value and one for every operation;
*compact* draws an operation and its result as one box and writes parameters into it; *modules*
draws one box for each module that the model calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from coursekit.graph import model as m
from coursekit.graph import text
from coursekit.graph.measure import extent

#: What a line or an arrow is about; the stepper finds out from it when to show it.
Tag = tuple[Any, ...]

_ROWS = {"value", "grad", "gradword", "sent"}


@dataclass
class Line:
    """A line of a box: pieces of text with their roles, and what it is about.

    Roles are ``"name"``, ``"op"``, ``"value"``, ``"grad"``, ``"gradword"`` (words in place of a
    gradient) and ``"error"`` in the main size, ``"small"`` for shapes and arguments, ``"sent"``
    for what an arrow contributes.
    """

    spans: list[tuple[str, str]]
    tag: Tag = ()

    def __post_init__(self) -> None:
        self.width, self.height, self.font = extent(self.spans)
        #: Whether the line is a row of numbers, or stands in their place.
        self.is_row = self.spans[0][1] in _ROWS


@dataclass
class Box:
    """A box of the picture; ``kind`` decides its look, ``title`` is its tooltip."""

    id: str
    kind: str
    lines: list[Line]
    title: str = ""
    tag: Tag = ()
    head: int = 0  # how many of the first lines belong to the operation


@dataclass
class Arrow:
    """An arrow; its label says what the gradient contributes along it, or the local derivative."""

    tail: str
    head: str
    label: list[Line] = field(default_factory=list)
    tag: Tag = ()


@dataclass
class Scene:
    """A picture before it is laid out."""

    view: str
    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)


@dataclass
class Options:
    """What the reader asked to see: values, gradients, local derivatives, details."""

    values: bool | None = None
    grads: bool | None = None
    local: bool = False
    details: bool = False
    depth: int = 1


def build(graph: m.Graph, view: str, options: Options) -> Scene:
    """Return the scene of one view, ``"full"``, ``"compact"`` or ``"modules"``."""
    return {"full": _full, "compact": _compact, "modules": _modules}[view](graph, options)


def least_boxes(graph: m.Graph, view: str, depth: int) -> int:
    """Return how many boxes a view has at least; quick, unlike building it."""
    if view == "full":
        return len(graph.ops) + len(graph.values)
    if view == "compact":
        return len(graph.ops)
    return len({_group(op, depth) for op in graph.ops})


# -- lines ---------------------------------------------------------------------------------------


def _header(value: m.Value) -> list[tuple[str, str]]:
    spans = [(text.short(value.name), "name")] if value.name else []
    shape = text.shape(value) if value.shape != () or value.dtype else ""
    if value.shape == () and value.dtype:
        shape = value.dtype
    if shape:
        spans.append((f" {shape}" if spans else shape, "small"))
    return spans


def _value_lines(value: m.Value, options: Options, *, scalars_only: bool = False) -> list[Line]:
    lines = []
    scalar = value.shape == () or value.shape == (1,)
    if options.values is not False and (options.values or not scalars_only or scalar):
        lines += [Line([(row, "value")], ("value", value.key)) for row in text.content(value)]
    grads = options.grads is not False and value.needs_grad
    asked = options.values if options.grads is None else options.grads
    if grads and (asked or not scalars_only or scalar):
        known = value.grad_state == m.KNOWN
        for i, row in enumerate(text.gradient(value)):
            mark = "∇ " if i == 0 else "  "
            role = "grad" if known and row != "computed" else "gradword"
            lines.append(Line([(mark + row, role)], ("grad", value.key)))
    return lines


def _value_box(value: m.Value, options: Options, name: str, *, scalars_only: bool = False) -> Box:
    header = _header(value)
    lines = [Line(header, ("value", value.key))] if header else []
    lines += _value_lines(value, options, scalars_only=scalars_only)
    if not lines:
        words = "no-grad input" if value.shape is None and value.is_leaf else "()"
        lines = [Line([(words, "small")], ("value", value.key))]
    title = f"{name}: {text.KINDS[value.kind]} {text.shape(value)}".strip()
    return Box(f"v{value.key}", value.kind, lines, title, ("value", value.key))


def _op_lines(op: m.Op, shown: str, options: Options) -> list[Line]:
    lines = [Line([(text.short(shown, 60), "op")], ("op", op.key))]
    if op.attrs:
        lines.append(Line([(text.short(op.attrs), "small")], ("op", op.key)))
    if options.details:
        facts = [op.backward, f"keeps {op.saved}" if op.saved else "", _place(op)]
        lines += [Line([(text.short(fact, 40), "small")], ("op", op.key)) for fact in facts if fact]
    if op.error:
        lines += [Line([(part, "error")], ("op", op.key)) for part in _wrapped(op.error, 44)]
    return lines


def _place(op: m.Op) -> str:
    return f"line {op.line}" if op.line else ""


def _op_title(op: m.Op, names: dict[int, str]) -> str:
    parts = [
        f"{text.short(op.name, 60)}({', '.join(names[key] for key in op.inputs)})",
        op.attrs,
        op.backward,
    ]
    return " · ".join(part for part in [*parts, _place(op)] if part)


def _wrapped(words: str, width: int) -> list[str]:
    lines, line = [], ""
    for word in words.split()[:40]:
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [text.short(line, width + 6) for line in [*lines, line] if line]


def _label(op: m.Op, place: int, uses: int, options: Options) -> list[Line]:
    """Return what an arrow says: what this use sends back, if the value is used more than once."""
    lines = []
    if options.local and place < len(op.locals) and op.locals[place] is not None:
        for row in text.entries(op.locals[place]):
            lines.append(Line([(f"∂ {row}", "small")], ("op", op.key)))
    if options.grads is False or uses < 2 or place >= len(op.contributions):
        return lines
    sent = op.contributions[place]
    if sent is not None:
        for i, row in enumerate(text.entries(sent)):
            lines.append(
                Line([(("+∇ " if i == 0 else "   ") + row, "sent")], ("sent", op.key, place))
            )
    return lines


# -- views ---------------------------------------------------------------------------------------


def _full(graph: m.Graph, options: Options) -> Scene:
    scene, names, uses = Scene("full"), text.labels(graph), graph.uses()
    makers = graph.makers()
    for key, value in graph.values.items():
        if key not in makers:
            scene.boxes.append(_value_box(value, options, names[key]))
    for op in graph.ops:
        lines = _op_lines(op, op.name, options)
        kind = "error" if op.error else "op"
        scene.boxes.append(Box(f"o{op.key}", kind, lines, _op_title(op, names), ("op", op.key)))
        for key in op.outputs:
            scene.boxes.append(_value_box(graph.values[key], options, names[key]))
            scene.arrows.append(Arrow(f"o{op.key}", f"v{key}", tag=("value", key)))
        for place, key in enumerate(op.inputs):
            label = _label(op, place, len(uses[key]), options)
            scene.arrows.append(Arrow(f"v{key}", f"o{op.key}", label, ("op", op.key)))
    return scene


def _inlined(graph: m.Graph) -> dict[int, set[int]]:
    """Return, per operation, the positions of inputs that are written into its box.

    A leaf that only one operation uses goes inside, unless it is what the operation works on:
    the first argument of a function, or the only tensor of ``3 * x``.
    """
    uses = graph.uses()
    inside: dict[int, set[int]] = {}
    for op in graph.ops:
        numbers = {i for i, key in enumerate(op.inputs) if text.is_number(graph.values[key])}
        single = {
            i
            for i, key in enumerate(op.inputs)
            if graph.values[key].is_leaf and len(uses[key]) == 1 and key not in graph.roots
        }
        tensors = [i for i in range(len(op.inputs)) if i not in numbers]
        if op.name.isidentifier() or all(i in single for i in tensors):
            single -= set(tensors[:1])
        inside[op.key] = single | numbers
    return inside


def _written(op: m.Op, inside: set[int], names: dict[int, str]) -> tuple[str, str]:
    """Return an operation with the inputs that are written into it, and a second, small line."""
    words = [text.short(names[op.inputs[i]], 24) for i in sorted(inside)]
    if not words or op.error:
        return op.name, ", ".join(words)
    if op.name.isidentifier() or len(op.inputs) != 2 or len(words) != 1:
        return op.name, ", ".join(words)
    return (f"{words[0]} {op.name}" if 0 in inside else f"{op.name} {words[0]}"), ""


def _compact(graph: m.Graph, options: Options) -> Scene:
    scene, names, uses = Scene("compact"), text.labels(graph), graph.uses()
    inside = _inlined(graph)
    hidden = {op.inputs[i] for op in graph.ops for i in inside[op.key]}
    makers = graph.makers()
    for key, value in graph.values.items():
        if key not in makers and key not in hidden:
            scene.boxes.append(_value_box(value, options, names[key], scalars_only=True))
    homes = {}
    for op in graph.ops:
        box = _op_box(graph, op, inside[op.key], names, options)
        scene.boxes.append(box)
        homes.update(dict.fromkeys(op.outputs, box.id))
        for place, key in enumerate(op.inputs):
            if place in inside[op.key]:
                continue
            shape = graph.values[key].shape
            label = []
            if options.values or shape in ((), (1,)):
                label = _label(op, place, len(uses[key]), options)
            tail = homes.get(key, f"v{key}")
            scene.arrows.append(Arrow(tail, box.id, label, ("op", op.key)))
    return scene


def _op_box(
    graph: m.Graph, op: m.Op, inside: set[int], names: dict[int, str], options: Options
) -> Box:
    shown, second = _written(op, inside, names)
    lines = _op_lines(op, shown, options)
    if second:
        lines.insert(1, Line([(text.short(second, 34), "small")], ("op", op.key)))
    head = 0 if op.error else len(lines)
    kind = "error" if op.error else "result"
    for key in op.outputs:
        value = graph.values[key]
        header = _header(value)
        if header:
            lines.append(Line(header, ("value", key)))
        lines += _value_lines(value, options, scalars_only=True)
        kind = value.kind if not op.error else kind
    return Box(f"o{op.key}", kind, lines, _op_title(op, names), ("op", op.key), head)


def _modules(graph: m.Graph, options: Options) -> Scene:
    scene, names = Scene("modules"), text.labels(graph)
    inside = _inlined(graph)
    groups: dict[Any, list[m.Op]] = {}
    for op in graph.ops:
        groups.setdefault(_group(op, options.depth), []).append(op)
    home: dict[int, str] = {}
    makers = graph.makers()
    drawn: set[tuple[str, str]] = set()
    boxes: dict[str, Box] = {}
    for group, ops in groups.items():
        box = _module_box(graph, group, ops, inside, names, options)
        boxes[box.id] = box
        for op in ops:
            home.update(dict.fromkeys(op.outputs, box.id))
    for ops in groups.values():
        for op in ops:
            here = _box_id(_group(op, options.depth), op)
            for place, key in enumerate(op.inputs):
                value = graph.values[key]
                if key not in makers:
                    counted = value.kind == m.PARAMETER and here.startswith("m")
                    if counted or place in inside[op.key]:
                        continue
                    if f"v{key}" not in boxes:
                        boxes[f"v{key}"] = _value_box(value, options, names[key], scalars_only=True)
                tail = home.get(key, f"v{key}")
                if tail != here and (tail, here) not in drawn:
                    drawn.add((tail, here))
                    scene.arrows.append(Arrow(tail, here, tag=("op", ops[-1].key)))
    leaves = [box for box in boxes.values() if box.id.startswith("v")]
    scene.boxes = leaves + [box for box in boxes.values() if not box.id.startswith("v")]
    return scene


def _group(op: m.Op, depth: int) -> Any:
    return ("call", op.scopes[depth].call) if len(op.scopes) > depth else ("op", op.key)


def _box_id(group: Any, op: m.Op) -> str:
    return f"m{group[1]}" if group[0] == "call" else f"o{op.key}"


def _module_box(
    graph: m.Graph,
    group: Any,
    ops: Sequence[m.Op],
    inside: dict[int, set[int]],
    names: dict[int, str],
    options: Options,
) -> Box:
    last = ops[-1]
    if group[0] == "op":
        return _op_box(graph, last, inside[last.key], names, options)
    scope = last.scopes[options.depth]
    tag = ("op", last.key)
    lines = [
        Line([(text.short(words), role)], tag)
        for words, role in ((scope.path, "name"), (scope.kind, "small"))
        if words  # a module in a plain list has no path, so no name: lesson 08 shows it
    ]
    used = {key for op in ops for key in op.inputs if graph.values[key].kind == m.PARAMETER}
    count = sum(_size(graph.values[key]) for key in used)
    facts = [f"{count:,} parameters"] if count else []
    facts += [f"{len(ops)} operations"] if len(ops) > 1 else []
    out = graph.values[last.outputs[0]] if last.outputs else None
    if facts:
        lines.append(Line([(facts[0], "small")], tag))
    if out is not None and out.shape is not None:
        lines.append(Line([(text.shape(out), "small")], tag))
    if last.error:
        lines += [Line([(part, "error")], tag) for part in _wrapped(last.error, 44)]
    kind = "error" if last.error else "module"
    title = f"{scope.path} ({scope.kind})" if scope.path else scope.kind
    title = f"{title}: {', '.join(facts)}" if facts else title
    return Box(f"m{group[1]}", kind, lines, title, tag)


def _size(value: m.Value) -> int:
    size = 1
    for n in value.shape or ():
        size *= n
    return size

"""What a computation graph is, whoever built it: values, and the operations between them.

Three readers fill these records, from a recorded block of PyTorch code (:mod:`.record`), from the
graph that autograd keeps (:mod:`.autograd`), or from a student's own nodes (:mod:`.nodes`).
Everything after that, the picture, the table and the steps, sees only what stands here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

#: A leaf's kind says where it came from; the others are results of an operation.
PARAMETER, INPUT, CONSTANT, RESULT, OUTPUT = "parameter", "input", "constant", "result", "output"

#: What is known about a gradient. An empty box would read as zero, so each state has words.
KNOWN, WAITING, FREED, UNNEEDED, NONE = "known", "waiting", "freed", "unneeded", "none"

GRAD_WORDS = {
    WAITING: "not computed yet",
    FREED: "not kept",
    UNNEEDED: "",
    NONE: "none arrives",
}


@dataclass
class Value:
    """One value (tensor, array or number) at one moment: an in-place change makes a new one.

    Attributes:
        key: Creation number, unique in its graph.
        kind: ``"parameter"``, ``"input"``, ``"constant"``, ``"result"`` or ``"output"``.
        name: The student's name for it, or ``""``.
        shape: Its shape, or ``None`` when nothing is known.
        dtype: Short name of the dtype, ``""`` for the usual float32 and for Python numbers.
        data: The entries as nested lists of Python numbers, if small; else ``None``.
        stats: ``(mean, standard deviation)`` of a large value, if asked for.
        grad: The gradient's entries, like ``data``.
        grad_stats: Like ``stats``, of the gradient.
        grad_state: ``"known"``, ``"waiting"`` (no backward pass yet), ``"freed"``, ``"unneeded"``,
            or ``"none"``: a backward pass sent nothing here, as behind a ``detach``.
        needs_grad: Whether a gradient is to reach it.
    """

    key: int
    kind: str
    name: str = ""
    shape: tuple[int, ...] | None = None
    dtype: str = ""
    data: Any = None
    stats: tuple[float, float] | None = None
    grad: Any = None
    grad_stats: tuple[float, float] | None = None
    grad_state: str = UNNEEDED
    needs_grad: bool = False

    @property
    def is_leaf(self) -> bool:
        """Whether no operation of this graph made it."""
        return self.kind in (PARAMETER, INPUT, CONSTANT)


@dataclass
class Scope:
    """One call of a module: its place in the model, its class, and the number of the call."""

    call: int
    path: str
    kind: str


@dataclass
class Op:
    """One operation, named as the student wrote it.

    Attributes:
        key: Creation number, in the order in which operations ran.
        name: ``"@"``, ``"tanh"``, ``"linear"``...
        inputs: Keys of the values that go in, in the order of the arguments.
        outputs: Keys of the values that come out.
        attrs: Other arguments, as short text (``"dim=1"``).
        contributions: Per input, what this use sends back to it (nested lists), or ``None``.
        locals: Per input, the local derivative, or ``None``; offered by a student's nodes.
        scopes: The module calls around it, outermost first.
        backward: Name of autograd's node for it.
        saved: What autograd keeps for its backward pass, as text; only with ``details``.
        line: Line of the student's code, 0 when unknown.
        error: Type and message of the exception it raised, else ``""``.
    """

    key: int
    name: str
    inputs: list[int]
    outputs: list[int]
    attrs: str = ""
    contributions: list[Any] = field(default_factory=list)
    locals: list[Any] = field(default_factory=list)
    scopes: tuple[Scope, ...] = ()
    backward: str = ""
    saved: str = ""
    line: int = 0
    error: str = ""


@dataclass
class Graph:
    """Values and operations, roots, the order of the backward pass, and remarks for the reader.

    Attributes:
        values: The values by key.
        ops: The operations in the order in which they ran.
        roots: Keys of the values that were asked for.
        backward_order: Keys of operations in the order in which autograd went through them.
        notes: Sentences to print under the picture: what is missing, and how to get it.
        cut: Whether there are more operations before these that were not read.
    """

    values: dict[int, Value] = field(default_factory=dict)
    ops: list[Op] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)
    backward_order: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cut: bool = False

    def uses(self) -> dict[int, list[tuple[Op, int]]]:
        """Return, for each value's key, the operations that use it and at which position."""
        uses: dict[int, list[tuple[Op, int]]] = {key: [] for key in self.values}
        for op in self.ops:
            for position, key in enumerate(op.inputs):
                uses[key].append((op, position))
        return uses

    def makers(self) -> dict[int, Op]:
        """Return the operation that made each value, by the value's key."""
        return {key: op for op in self.ops for key in op.outputs}

    def ancestors(self, roots: Iterable[int], *, failed: bool = False) -> Graph:
        """Return the part of the graph that the roots depend on. Does not recurse.

        An operation keeps only those of its outputs that are used or asked for.
        """
        roots = list(roots)
        makers, wanted, ops = self.makers(), set(), set()
        broken = [op for op in self.ops if op.error and failed]
        todo = [*roots, *(key for op in broken for key in op.inputs)]
        ops.update(op.key for op in broken)
        while todo:
            key = todo.pop()
            if key in wanted:
                continue
            wanted.add(key)
            op = makers.get(key)
            if op is not None and op.key not in ops:
                ops.add(op.key)
                todo.extend(op.inputs)
        kept = [op for op in self.ops if op.key in ops]
        for op in kept:
            op.outputs = [key for key in op.outputs if key in wanted] or op.outputs[:1]
            wanted.update(op.outputs)
        return Graph(
            values={key: value for key, value in self.values.items() if key in wanted},
            ops=kept,
            roots=roots,
            backward_order=[key for key in self.backward_order if key in ops],
            notes=list(self.notes),
        )

"""What a recorded block leaves behind: values, operations, and the gradients that came by since."""

from __future__ import annotations

import weakref
from typing import Any

import torch

from coursekit.graph import model as m
from coursekit.graph.tensors import (
    alive,
    dtype_name,
    is_small,
    shape_of,
    snapshot,
    summary,
    to_lists,
)
from coursekit.graph.text import labels


class Tape:
    """What one recorded block left: values, operations, and the gradients that came by since.

    Use :class:`record` to make one; ``tape.graph(...)`` turns it into a
    :class:`~coursekit.graph.model.Graph`.
    """

    def __init__(self, *, stats: bool = False) -> None:
        self.stats = stats
        self.values: list[m.Value] = []
        self.ops: list[m.Op] = []
        self.compiled = False
        self._data: dict[int, torch.Tensor | None] = {}
        self._stats: dict[int, torch.Tensor | None] = {}
        self._grads: dict[int, torch.Tensor | None] = {}
        self._grad_stats: dict[int, torch.Tensor | None] = {}
        self._sent: dict[tuple[int, int], torch.Tensor | None] = {}
        self._order: list[int] = []
        self._rank: dict[int, int] = {}
        self.leaves: dict[int, weakref.ref[torch.Tensor]] = {}
        self._before: dict[int, Any] = {}  # the stamps of the leaves' .grad when they were seen
        self.mark = object()  # put into the metadata of the nodes that this tape watches

    # -- filling: called by record while the block runs --------------------------------------

    def add_value(self, tensor: Any, kind: str) -> int:
        """Note one value, copying it only if it is small; return its number."""
        key = len(self.values)
        if not isinstance(tensor, torch.Tensor):
            value = m.Value(key, m.CONSTANT, shape=(), data=tensor)
        else:
            value = m.Value(
                key,
                kind,
                shape=shape_of(tensor),
                dtype=dtype_name(tensor.dtype),
                needs_grad=bool(tensor.requires_grad),
            )
            self._data[key] = snapshot(tensor)
            if self.stats and self._data[key] is None:
                self._stats[key] = summary(tensor)
        self.values.append(value)
        return key

    def begins_anew(self, tensor: torch.Tensor, key: int) -> bool:
        """Note the present entries of a tensor, if no operation has used the earlier ones."""
        if any(key in op.inputs for op in reversed(self.ops)):
            return False
        self.values[key].shape, self._data[key] = shape_of(tensor), snapshot(tensor)
        return True

    def follow(self, tensor: torch.Tensor, key: int) -> None:
        """Note that ``requires_grad_()`` has made a leaf of a tensor that is on the tape."""
        value = self.values[key]
        value.needs_grad = True
        value.kind = m.INPUT if value.kind == m.CONSTANT else value.kind
        if tensor.is_leaf:  # else torch itself did it, in a checkpoint
            self.add_leaf(tensor, key)

    def add_leaf(self, tensor: torch.Tensor, key: int) -> None:
        """Note a leaf, whose ``.grad`` is compared with what the recorded operations sent."""
        self.leaves[key] = weakref.ref(tensor)
        self._before[key] = _stamp(tensor.grad)

    def received(self, op: int, key: int, grad: torch.Tensor) -> None:
        """Note a gradient that arrived at a value; several passes add up, as in ``.grad``."""
        if op not in self._rank:
            self._rank[op] = len(self._order)
            self._order.append(op)
        self._add(self._grads, key, grad)
        if self.stats and not is_small(grad.shape):  # no sum of two passes without keeping both
            self._grad_stats[key] = None if key in self._grad_stats else summary(grad)

    def sent(self, op: int, position: int, grad: torch.Tensor) -> None:
        """Note what one use of a value sends back to it."""
        self._add(self._sent, (op, position), grad)

    @staticmethod
    def _add(store: dict[Any, Any], key: Any, grad: torch.Tensor) -> None:
        copy = snapshot(grad)
        old = store.get(key)
        store[key] = copy if old is None or copy is None else old + copy

    # -- reading -----------------------------------------------------------------------------

    def graph(self, roots: list[int] | None = None, names: dict[int, str] | None = None) -> m.Graph:
        """Return the recorded graph, or the part that the given values depend on.

        Args:
            roots: Numbers of values; by default the last values that nothing used.
            names: Names to use, by number; they win over the ones found in variables.
        """
        whole = roots is None
        ends = self._ends() if roots is None else []
        if roots is None:
            roots = self._last(ends)
        values = {v.key: m.Value(**vars(v)) for v in self.values}
        data = to_lists(self._data)
        numbers = to_lists(self._stats)
        for key, value in values.items():
            if value.data is None:
                value.data = data.get(key)
            value.stats = _pair(numbers.get(key))
            if names and key in names:
                value.name = names[key]
        graph = m.Graph(
            values=values,
            ops=[
                m.Op(**{**vars(op), "inputs": [*op.inputs], "outputs": [*op.outputs]})
                for op in self.ops
            ],
            roots=roots,
            backward_order=list(self._order),
        ).ancestors(roots, failed=whole)
        self._fill_gradients(graph)
        for key in roots:
            if not graph.values[key].is_leaf:
                graph.values[key].kind = m.OUTPUT
        graph.notes += self._left_out(graph, ends)
        if self.compiled:
            graph.notes.append("Compiled code was run uncompiled, to show what it does.")
        return graph

    def _ends(self) -> list[int]:
        """Return the results that no operation used."""
        used = {key for op in self.ops for key in op.inputs}
        return [key for op in self.ops for key in op.outputs if key not in used]

    def _last(self, ends: list[int]) -> list[int]:
        """Return the results to draw: the last four, of those that need a gradient if any does."""
        wanted = [key for key in ends if self.values[key].needs_grad]
        return (wanted or ends)[-4:] or [value.key for value in self.values[:1]]

    def _left_out(self, graph: m.Graph, ends: list[int]) -> list[str]:
        """Return a note on the results with a name of which the picture shows nothing."""
        drawn = {op.key for op in graph.ops}
        makers = {key: op.key for op in self.ops for key in op.outputs}
        left = [self.values[key].name for key in ends if makers[key] not in drawn]
        left = [name for name in left if name]
        if not left:
            return []
        names = [*dict.fromkeys(left)]
        some = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        count = "1 more result" if len(left) == 1 else f"{len(left)} more results"
        return [f"{count} that nothing used, not shown: {some}; draw({names[-1]}) shows that one."]

    def _fill_gradients(self, graph: m.Graph) -> None:
        sent, grads = to_lists(self._sent), to_lists(self._grads)
        stats = to_lists(self._grad_stats)
        parts: dict[int, list[torch.Tensor | None]] = {}
        for op in graph.ops:
            op.contributions = [sent.get((op.key, i)) for i in range(len(op.inputs))]
            for i, key in enumerate(op.inputs):
                if (op.key, i) in self._sent:
                    parts.setdefault(key, []).append(self._sent[op.key, i])
        passed = all(key in self._grads for key in graph.roots)
        sums = {k: sum(ps[1:], ps[0]) for k, ps in parts.items() if all(p is not None for p in ps)}
        leaf_grads = to_lists(sums)
        for key, value in graph.values.items():
            if not value.needs_grad:
                continue
            value.grad_state = m.NONE if passed else m.WAITING
            if key in self._grads:
                value.grad_state, value.grad = m.KNOWN, grads[key]
                value.grad_stats = _pair(stats.get(key))
            elif key in parts:
                value.grad_state, value.grad = m.KNOWN, leaf_grads.get(key)
                leaf = self._leaf(key)
                if self.stats and key not in sums and leaf is not None and leaf.grad is not None:
                    value.grad_stats = _pair(to_lists({0: summary(leaf.grad)})[0])
        self._compare(graph, sums)

    def _compare(self, graph: m.Graph, sums: dict[int, Any]) -> None:
        """Note where ``.grad``, or a result's gradient, is not what this picture's arrows bring."""
        names = labels(graph)
        beside, more, unseen = [], [], []
        told = {self.ops[op].inputs[i] for op, i in self._sent}
        for key, value in graph.values.items():
            leaf = self._leaf(key)
            grad = leaf.grad if leaf is not None else None
            if key in sums and value.grad_state == m.KNOWN:
                if self._grads.get(key) is not None and not _same(self._grads[key], sums[key]):
                    beside.append(names[key])
                if grad is not None and not _same(grad, sums[key]):
                    more.append(names[key])
            elif (
                value.grad_state == m.NONE and grad is not None and key not in told
                and _stamp(grad) != self._before.get(key)
            ):  # fmt: skip
                value.grad_state = m.FREED
                unseen.append(names[key])
        if beside:
            graph.notes.append(
                f"∇{', ∇'.join(beside[:3])} also holds what came from operations "
                "outside this picture, or a hook changed it."
            )
        if more:
            graph.notes.append(
                f"Now {', '.join(more[:3])}.grad differs from the ∇ shown here: "
                "it also holds other backward passes, or was reset since."
            )
        if unseen:
            graph.notes.append(
                f"{unseen[0]}.grad came by a way that was not recorded: by other code, or "
                "through checkpoint(..., use_reentrant=True)."
            )

    def _leaf(self, key: int) -> torch.Tensor | None:
        """Return the leaf that a value is, if it is one that still lives."""
        return alive(self.leaves[key]) if key in self.leaves else None


def _stamp(grad: torch.Tensor | None) -> Any:
    """Return what is different as soon as a gradient was replaced or changed."""
    return None if grad is None else (id(grad), grad._version)


def _same(a: torch.Tensor, b: torch.Tensor) -> bool:
    return torch.equal(a, b) or torch.allclose(a, b, equal_nan=True)


def _pair(numbers: Any) -> tuple[float, float] | None:
    return (numbers[0], numbers[1]) if numbers else None

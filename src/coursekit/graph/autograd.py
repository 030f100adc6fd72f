"""Read the graph that autograd keeps behind a tensor, after the fact and without touching it.

Everything comes from ``grad_fn``: operations, shapes, leaves, and, until ``backward()`` frees the
graph, every gradient (asked for with ``torch.autograd.grad``, which leaves ``.grad`` alone, but
goes through a student's own ``backward`` and through hooks that nobody's variable leads to). What
autograd does not keep cannot be read: the value of most intermediates, and inputs that need no
gradient and were not saved. Variables that the caller still holds fill in names and values.
"""

from __future__ import annotations

import contextlib
import heapq
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch.autograd.function import BackwardCFunction
from torch.autograd.graph import GradientEdge

from coursekit.graph import model as m
from coursekit.graph import opnames
from coursekit.graph.record import deaf
from coursekit.graph.tensors import dtype_name, shape_of, snapshot, to_lists
from coursekit.graph.text import is_number

#: Under which names autograd's nodes keep their inputs, by position; None: an input not kept.
_KEPT: dict[str, tuple[str | None, ...]] = {
    "Mul": ("self", "other"), "Div": ("self", "other"), "Mm": ("self", "mat2"),
    "Mv": ("self", "vec"), "Dot": ("self", "tensor"), "Bmm": ("self", "mat2"),
    "Addmm": (None, "mat1", "mat2"), "Pow": ("self", "exponent"), "MseLoss": ("self", "target"),
    "Add": (None, None), "Sub": (None, None), "Convolution": ("input", "weight"),
    "Atan2": ("self", "other"), "Maximum": ("self", "other"), "Minimum": ("self", "other"),
}  # fmt: skip

#: How many operations are read; a picture shows far fewer.
READ_LIMIT = 20_000

_Held = Mapping[Any, tuple[str, torch.Tensor]]


def read(
    roots: list[torch.Tensor],
    held: list[tuple[str, torch.Tensor]],
    *,
    grads: bool = True,
    saved: bool = False,
) -> m.Graph:
    """Return the graph of some tensors.

    Args:
        roots: The tensors to explain.
        held: Names and tensors of variables, which supply names and values.
        grads: Ask autograd for gradients, if it still can give them.
        saved: Note what each operation keeps for its backward pass.
    """
    reader = _Reader(roots, held, saved=saved)
    reader.walk()
    graph = reader.graph
    if grads:
        _fill_gradients(reader, roots)
    reader.fill_values()
    return graph


class _Reader:
    """Walks from the roots towards the leaves, newest operation first; never recurses."""

    def __init__(
        self,
        roots: list[torch.Tensor],
        held: list[tuple[str, torch.Tensor]],
        *,
        saved: bool = False,
    ) -> None:
        self.graph = m.Graph()
        self.saved = saved
        self.roots = roots
        self.held: dict[Any, tuple[str, torch.Tensor]] = {}
        for name, t in reversed(held):
            self.held[_identity(t)] = (name, t)
        self.by_memory = {
            _memory(t): name for name, t in reversed(held) if t.layout == torch.strided
        }
        self.keys: dict[Any, int] = {}  # (node, output number), or a leaf's identity -> key
        self.tensors: dict[int, torch.Tensor] = {}
        self.edges: dict[int, tuple[Any, int]] = {}
        self.nodes: dict[Any, m.Op] = {}

    def walk(self) -> None:
        """Read at most :data:`READ_LIMIT` operations, counted back from the roots."""
        todo: list[tuple[int, int, Any]] = []
        found: set[Any] = set()

        def push(node: Any) -> None:
            if node is not None and node not in found and not hasattr(node, "variable"):
                found.add(node)
                heapq.heappush(todo, (-node._sequence_nr(), len(found), node))

        for t in self.roots:
            self.graph.roots.append(self._tensor(t))
            push(t.grad_fn)
        ops: list[m.Op] = []
        while todo and len(ops) < READ_LIMIT:
            node = heapq.heappop(todo)[2]
            ops.append(self._op(node))
            for below, _ in node.next_functions:
                push(below)
        self.graph.cut = bool(todo)
        self.graph.ops = ops[::-1]
        for number, op in enumerate(self.graph.ops):
            op.key = number
        self._forward_order()
        for key in self.graph.roots:
            if not self.graph.values[key].is_leaf:
                self.graph.values[key].kind = m.OUTPUT

    def _forward_order(self) -> None:
        """Number the values in the order of the forward pass, leaves where they are first used."""
        order = [k for op in self.graph.ops for k in [*op.inputs, *op.outputs]] + self.graph.roots
        new = {key: i for i, key in enumerate(dict.fromkeys(order))}
        self.graph.values = {new[key]: self.graph.values[key] for key in new}
        for key, value in self.graph.values.items():
            value.key = key
        for op in self.graph.ops:
            op.inputs = [new[key] for key in op.inputs]
            op.outputs = [new[key] for key in op.outputs]
        self.graph.roots = [new[key] for key in self.graph.roots]
        self.tensors = {new[key]: t for key, t in self.tensors.items()}
        self.edges = {new[key]: edge for key, edge in self.edges.items()}

    def _op(self, node: Any) -> m.Op:
        name = node.name()
        custom = isinstance(node, BackwardCFunction) and name != "CompiledFunctionBackward"
        op = m.Op(0, opnames.from_backward(name, custom=custom), [], [], backward=name)
        if self.saved:
            op.saved = _kept(node)
        stem = name.split("::")[-1].split("Backward")[0]
        kept = () if custom else _KEPT.get(stem, ())
        for place, (below, nr) in enumerate(node.next_functions):
            if below is not None:
                op.inputs.append(self._edge(below, nr))
            elif place < len(kept):
                op.inputs.append(self._no_grad_input(node, kept[place]))
        if name == "PowBackward2":  # 2 ** x
            op.inputs.insert(0, self._no_grad_input(node, "self"))
        elif stem == "Pow" and len(node.next_functions) == 1:
            op.inputs.append(self._no_grad_input(node, "exponent"))
        elif stem == "Rsub":  # 1 - x; of two tensors, the second comes first
            op.inputs.reverse()
            if len(op.inputs) == 1:
                op.inputs.insert(0, self._no_grad_input(node, None))
        op.attrs = _factor(node)
        if stem == "Mul" and len(op.inputs) == 2 and is_number(self.graph.values[op.inputs[1]]):
            op.inputs.reverse()  # 3 * x, as in mathematics
        if stem == "CompiledFunction":
            self.graph.notes.append("Compiled code is one box: record() shows what is inside.")
        for nr in range(len(getattr(node, "_input_metadata", ()) or (1,))):
            if (node, nr) in self.keys:
                op.outputs.append(self.keys[node, nr])
        return op

    def _edge(self, node: Any, nr: int) -> int:
        leaf = getattr(node, "variable", None)
        if leaf is not None:
            key = self._tensor(leaf)
            self.edges.setdefault(key, (node, 0))
            return key
        held = self.held.get((node, nr))
        if (node, nr) in self.keys:
            return self.keys[node, nr]
        if held is not None:
            return self._tensor(held[1])
        shape, dtype = None, ""
        about = getattr(node, "_input_metadata", ())
        if nr < len(about):
            with contextlib.suppress(RuntimeError):  # nested tensors have no plain shape
                shape, dtype = tuple(about[nr].shape), dtype_name(about[nr].dtype)
        key = self._add(m.Value(0, m.RESULT, shape=shape, dtype=dtype, needs_grad=True))
        self.keys[node, nr] = key
        self.edges[key] = (node, nr)
        return key

    def _tensor(self, t: torch.Tensor) -> int:
        identity = _identity(t)
        if identity in self.keys:
            return self.keys[identity]
        kind = m.RESULT
        if t.grad_fn is None:
            kind = m.INPUT if t.requires_grad else m.CONSTANT
            kind = m.PARAMETER if isinstance(t, torch.nn.Parameter) else kind
        name = self.held[identity][0] if identity in self.held else ""
        value = m.Value(
            0, kind, name, shape_of(t), dtype_name(t.dtype), needs_grad=t.requires_grad
        )  # fmt: skip
        key = self.keys[identity] = self._add(value)
        self.tensors[key] = t
        if t.grad_fn is not None:
            self.edges[key] = (t.grad_fn, t.output_nr)
        return key

    def _no_grad_input(self, node: Any, attribute: str | None) -> int:
        saved = None
        if attribute is not None:
            with contextlib.suppress(RuntimeError, AttributeError):  # freed, or changed since
                saved = getattr(node, f"_saved_{attribute}")
        if isinstance(saved, torch.Tensor):
            name = self.by_memory.get(_memory(saved), "")
            if saved.dim() == 0 and not name and saved.numel() == 1 and not saved.is_complex():
                data = saved.item()
                data = int(data) if float(data).is_integer() else data
                return self._add(m.Value(0, m.CONSTANT, shape=(), data=data))
            key = self._add(
                m.Value(0, m.CONSTANT, name, tuple(saved.shape), dtype_name(saved.dtype))
            )
            self.tensors[key] = saved
            return key
        if isinstance(saved, (int, float)):
            return self._add(m.Value(0, m.CONSTANT, shape=(), data=saved))
        return self._add(m.Value(0, m.CONSTANT))

    def _add(self, value: m.Value) -> int:
        value.key = len(self.graph.values)
        self.graph.values[value.key] = value
        return value.key

    def fill_values(self) -> None:
        numbers = to_lists({key: snapshot(t) for key, t in self.tensors.items()})
        for key, data in numbers.items():
            if self.graph.values[key].data is None:
                self.graph.values[key].data = data
        if any(v.shape is None and v.kind == m.CONSTANT for v in self.graph.values.values()):
            self.graph.notes.append(
                "A “no-grad input” is a tensor or number that autograd did not keep: "
                "record() shows it."
            )


def _factor(node: Any) -> str:
    """Return the argument without which an operation reads as another: alpha, or reduction."""
    alpha, reduction = getattr(node, "_saved_alpha", 1), getattr(node, "_saved_reduction", 1)
    if alpha != 1:
        return f"alpha={alpha:.4g}"
    return "" if reduction == 1 else f"reduction={('none', 'mean', 'sum')[reduction]}"


def _kept(node: Any) -> str:
    """Return what a node keeps for its backward pass: ``"self 36 B, other 36 B"``."""
    found = []
    with contextlib.suppress(RuntimeError):  # freed, or changed since
        for name in dir(node):
            kept = getattr(node, name) if name.startswith("_saved_") else None
            if isinstance(kept, torch.Tensor):
                found.append(f"{name.removeprefix('_saved_')} {kept.nbytes:,} B")
        for i, kept in enumerate(getattr(node, "saved_tensors", ())):
            found.append(f"{i} {kept.nbytes:,} B")
    return ", ".join(found)


def _identity(t: torch.Tensor) -> Any:
    return id(t) if t.grad_fn is None else (t.grad_fn, t.output_nr)


def _memory(t: torch.Tensor) -> Any:
    """Return where a tensor's entries are: two tensors with the same answer are the same view."""
    try:
        return (t.data_ptr(), tuple(t.shape), t.stride())
    except (RuntimeError, NotImplementedError):
        return id(t)


def _fill_gradients(reader: _Reader, roots: list[torch.Tensor]) -> None:
    graph = reader.graph
    needing = [v for v in graph.values.values() if v.needs_grad]
    if not needing:
        return
    for value in needing:
        value.grad_state = m.WAITING
    root = roots[0]
    if len(roots) > 1 or root.numel() != 1 or not root.is_floating_point():
        if len(roots) == 1 and root.numel() != 1:
            graph.notes.append(
                f"No gradients: they need one number, and this has shape {shape_of(root)}."
            )
        _from_leaves(reader)
        return
    keys = [key for key in reader.edges if graph.values[key].needs_grad]
    edges = [GradientEdge(*reader.edges[key]) for key in keys]
    if root.device.type == "meta" or not edges:
        _from_leaves(reader)
        return
    try:
        with deaf(), _silent(reader.held), warnings.catch_warnings():
            # about a module's hook that autograd runs for our question, not for the student's
            warnings.filterwarnings("ignore", "Full backward hook is firing")
            found = torch.autograd.grad(root, edges, retain_graph=True, allow_unused=True)
    except RuntimeError as error:
        words = str(error)
        if "second time" in words or "freed" in words:
            for value in needing:
                value.grad_state = m.FREED
            _from_leaves(reader)
            graph.notes.append(
                "backward() freed this graph: autograd keeps the gradients of leaves only. "
                "Run the code inside `with graph.record():` to see them all."
            )
        else:
            graph.notes.append(f"No gradients: {words.splitlines()[0][:160]}")
        return
    numbers = to_lists(
        {k: None if g is None else snapshot(g) for k, g in zip(keys, found, strict=True)}
    )
    for key, grad in zip(keys, found, strict=True):
        value = graph.values[key]
        value.grad_state = m.NONE if grad is None else m.KNOWN
        value.grad = numbers[key]
    if not any(t.grad is not None for t in _leaves(reader)):
        graph.notes.append("∇ worked out for this picture; no .grad was changed.")


def _leaves(reader: _Reader) -> list[torch.Tensor]:
    return [t for t in reader.tensors.values() if t.is_leaf and t.requires_grad]


def _from_leaves(reader: _Reader) -> None:
    """Take the gradients that ``.grad`` holds, of leaves and of results that retain it."""
    kept = {
        key: t.grad
        for key, t in reader.tensors.items()
        if (t.is_leaf or t.retains_grad) and t.grad is not None
    }
    numbers = to_lists({key: snapshot(grad) for key, grad in kept.items()})
    for key in kept:
        value = reader.graph.values[key]
        value.grad_state, value.grad = m.KNOWN, numbers[key]


@contextlib.contextmanager
def _silent(held: _Held) -> Iterator[None]:
    """Keep the hooks and ``retain_grad`` of the student's tensors out of a gradient we ask for.

    Out of reach are hooks of tensors that no variable holds, and those of modules, which torch
    copies into the graph when the module runs.
    """
    tensors = [t for _, t in held.values()]
    retained = [(t, t.grad, None if t.grad is None else t.grad.clone())
                for t in tensors if t.retains_grad]  # fmt: skip
    hooks = [(t._backward_hooks, dict(t._backward_hooks)) for t in tensors if t._backward_hooks]
    for table, _ in hooks:
        table.clear()
    try:
        yield
    finally:
        for table, saved in hooks:
            table.update(saved)
        for t, grad, copy in retained:
            if grad is not None and copy is not None:
                with torch.no_grad():
                    grad.copy_(copy)
            t.grad = grad

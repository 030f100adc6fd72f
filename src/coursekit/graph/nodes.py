"""Read a graph of a student's own nodes, as lesson 01 builds them with NumPy.

The protocol: any object with

- ``value``: a number or an array;
- ``parents``: the nodes it was computed from, in order (empty for a leaf);
- ``op``: what computed it, such as ``"+"`` (``""`` or None for a leaf);

and, if there, ``grad`` (None before the backward pass), ``name``, and ``local_grads``: one local
derivative per parent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from coursekit.graph import model as m
from coursekit.graph.tensors import is_small


def is_node(thing: Any) -> bool:
    """Return whether an object follows the protocol."""
    return hasattr(thing, "value") and hasattr(thing, "parents") and hasattr(thing, "op")


def flatten(things: Iterable[Any], depth: int = 0) -> list[Any]:
    """Return the nodes in some things and in lists of them; [] if there is anything else.

    Example:
        >>> flatten([1.0])
        []
    """
    found: list[Any] = []
    for thing in things:
        deeper = isinstance(thing, (list, tuple)) and depth < 8
        inside = flatten(thing, depth + 1) if deeper else [thing]
        if not inside or not all(is_node(each) for each in inside):
            return []
        found += inside
    return found


def read(roots: list[Any], names: dict[int, str]) -> m.Graph:
    """Return the graph of some nodes. Does not recurse.

    Args:
        roots: Nodes that follow the protocol.
        names: Names of variables by ``id`` of the node, for nodes without a name of their own.

    Raises:
        ValueError: A node is its own ancestor.
    """
    order = _forward_order(roots)
    key = {id(node): i for i, node in enumerate(order)}
    graph = m.Graph(roots=[key[id(node)] for node in roots])
    waiting = all(getattr(node, "grad", None) is None for node in order)
    for node in order:
        graph.values[key[id(node)]] = _value(node, key[id(node)], names, waiting)
        parents = list(node.parents or ())
        if not parents:
            continue
        local = list(getattr(node, "local_grads", None) or ())
        op = m.Op(
            len(graph.ops), str(node.op or "?"), [key[id(p)] for p in parents], [key[id(node)]],
            contributions=_contributions(node, parents, local),
            locals=[_entries(d) for d in local],
        )  # fmt: skip
        graph.ops.append(op)
    if not waiting:
        graph.backward_order = [op.key for op in reversed(graph.ops)]
    for root in graph.roots:
        if not graph.values[root].is_leaf:
            graph.values[root].kind = m.OUTPUT
    return graph


def _forward_order(roots: list[Any]) -> list[Any]:
    """Return all ancestors, parents first. Raises ValueError if there is a cycle."""
    order: list[Any] = []
    done: set[int] = set()
    open_nodes: set[int] = set()
    todo: list[tuple[Any, bool]] = [(root, False) for root in reversed(roots)]
    while todo:
        node, ready = todo.pop()
        if ready:
            open_nodes.discard(id(node))
            done.add(id(node))
            order.append(node)
        elif id(node) not in done:
            if id(node) in open_nodes:
                raise ValueError(
                    f"The node {getattr(node, 'name', '') or node.op!r} is computed from itself: "
                    "follow its parents and you come back to it."
                )
            if not is_node(node):
                raise TypeError(
                    f"A parent is {node!r}, of type {type(node).__name__}; parents must be nodes "
                    "with value, parents and op. Wrap numbers in a node first."
                )
            open_nodes.add(id(node))
            todo.append((node, True))
            todo.extend((p, False) for p in reversed(list(node.parents or ())))
    return order


def _value(node: Any, key: int, names: dict[int, str], waiting: bool) -> m.Value:
    grad = getattr(node, "grad", None)
    name = getattr(node, "name", None) or names.get(id(node), "")
    value = m.Value(
        key, m.RESULT if node.parents else m.INPUT, str(name), _shape(node.value),
        data=_entries(node.value), needs_grad=getattr(node, "requires_grad", True),
    )  # fmt: skip
    if value.needs_grad:
        value.grad_state = m.KNOWN if grad is not None else m.WAITING if waiting else m.NONE
        value.grad = _entries(grad)
    elif not node.parents:
        value.kind = m.CONSTANT
    return value


def _contributions(node: Any, parents: list[Any], local: list[Any]) -> list[Any]:
    """Return what a node sends to each parent: gradient times local derivative, or None.

    For ``@`` it is a matrix product, which no local derivative of the parents' shape can say.
    """
    grad = getattr(node, "grad", None)
    if grad is None:
        return [None] * len(parents)
    try:
        if node.op == "@" and len(parents) == 2:
            sent = _back_through_matmul(grad, *(parent.value for parent in parents))
        else:
            sent = [None if d is None else grad * d for d in local]
    except (TypeError, ValueError):
        return [None] * len(parents)
    sent += [None] * (len(parents) - len(sent))
    return [
        _entries(s) if s is not None and _shape(s) == _shape(p.value) else None
        for s, p in zip(sent, parents, strict=False)
    ]


def _back_through_matmul(g: Any, a: Any, b: Any) -> list[Any]:
    """Return what ``a @ b`` sends back to vectors or matrices when ``g`` arrives."""
    if len(_shape(a)) == len(_shape(b)) == 1:
        return [g * b, g * a]
    if len(_shape(a)) == 1:
        return [b @ g, a[:, None] * g]
    if len(_shape(b)) == 1:
        return [g[:, None] * b, a.T @ g]
    return [g @ b.T, a.T @ g]


def _shape(x: Any) -> tuple[int, ...]:
    return tuple(getattr(x, "shape", ()))


def _entries(x: Any) -> Any:
    if x is None or not is_small(_shape(x)):
        return None
    return x.tolist() if hasattr(x, "tolist") else x

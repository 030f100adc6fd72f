"""Lesson 01, computation graphs: nodes that remember how they were made, and ``backward``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: The parents' values in, the node's value out: one row for each operation.
FORWARD: dict[str, Callable[..., Any]] = {
    "+": lambda *terms: sum(terms),
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "@": lambda a, b: a @ b,
    "**": lambda a, n: a**n,
    "T": lambda a: a.T,
    "tanh": np.tanh,
    "sum": np.sum,
    "mean": np.mean,
}


def apply_op(op: str, *args: Node | ArrayLike) -> Node:
    """Compute one operation and return a node that remembers it.

    Args:
        op: A key of ``FORWARD``.
        *args: Nodes; numbers and arrays become leaves. ``+`` takes any number of them.

    Raises:
        ValueError: The arguments of ``+``, ``-`` or ``*`` differ in shape (nothing broadcasts), or
            those of ``@`` do not fit.
        KeyError: ``FORWARD`` has no such operation.

    Example:
        >>> apply_op("+", Node(1), Node(2), 3)
        Node(6.0)
    """
    parents = [a if isinstance(a, Node) else Node(a) for a in args]
    values = [p.value for p in parents]
    shapes = [v.shape for v in values]
    if op in ("+", "-", "*") and len(set(shapes)) > 1:
        raise ValueError(f"{op} needs equal shapes, got {shapes}")
    return Node(FORWARD[op](*values), parents, op)


class Node:
    """A value, the operation that made it, and the nodes it was made from.

    Operators ``+ - * @ **`` and ``tanh``, ``sum``, ``mean``, ``T`` make new nodes; ``**`` takes a
    plain number as its exponent. The left operand must be a node: ``Node(2) * x``, or ``x * 2``.

    Args:
        value: A number or an array of any shape; kept as float64, not copied if it is one already.
        parents: The arguments of the operation, in their order; empty for a leaf.
        op: A key of ``FORWARD`` and ``BACKWARD``; empty for a leaf.
        name: For pictures.

    Attributes:
        grad: The derivative of the node on which ``backward`` was last called, with the shape of
            ``value``; ``None`` before.

    Example:
        >>> x = Node([1, 2, 3], name="x")
        >>> y = (x * x).sum()
        >>> y.backward()
        >>> y, x.grad
        (Node(14.0), array([2., 4., 6.]))
    """

    def __init__(
        self, value: ArrayLike, parents: Sequence[Node] = (), op: str = "", name: str = ""
    ) -> None:
        self.value, self.grad = np.asarray(value, dtype=float), None
        self.parents, self.op, self.name = tuple(parents), op, name

    def __repr__(self) -> str:
        return f"Node({self.value})"

    def __add__(self, other: Node | ArrayLike) -> Node:
        return apply_op("+", self, other)

    def __sub__(self, other: Node | ArrayLike) -> Node:
        return apply_op("-", self, other)

    def __mul__(self, other: Node | ArrayLike) -> Node:
        return apply_op("*", self, other)

    def __matmul__(self, other: Node | ArrayLike) -> Node:
        return apply_op("@", self, other)

    def __pow__(self, n: float) -> Node:
        return apply_op("**", self, float(n))

    def tanh(self) -> Node:
        """Return the hyperbolic tangent of each entry; same shape."""
        return apply_op("tanh", self)

    def sum(self) -> Node:
        """Return the sum of all entries; shape ()."""
        return apply_op("sum", self)

    def mean(self) -> Node:
        """Return the mean of all entries; shape ()."""
        return apply_op("mean", self)

    def backward(self) -> None:
        """Fill ``grad`` of every node that this one depends on; see :func:`backpropagate`."""
        backpropagate(self)

    T = property(lambda self: apply_op("T", self))


#: One row for each operation: the gradient of its result and the parents' values in, one
#: contribution for each parent out, of that parent's shape.
BACKWARD: dict[str, Callable[..., Sequence[Any]]] = {
    "+": lambda g, *terms: tuple(g for _ in terms),
    "-": lambda g, a, b: (g, -g),
    "*": lambda g, a, b: (g * b, g * a),
    "@": lambda g, a, b: matmul_back(g, a, b),
    "**": lambda g, a, n: (g * n * a ** (n - 1), 0 * n),  # n stays fixed
    "T": lambda g, a: (g.T,),
    "tanh": lambda g, a: (g * (1 - np.tanh(a) ** 2),),
    "sum": lambda g, a: (g * np.ones_like(a),),
    "mean": lambda g, a: (g * np.ones_like(a) / a.size,),
}


def matmul_back(g: NDArray, a: NDArray, b: NDArray) -> tuple[NDArray, NDArray]:
    """Return what ``a @ b`` sends back to ``a`` and to ``b``.

    Args:
        g: The gradient of the product, with the product's shape.
        a: (n,) or (n, m).
        b: (m,) or (m, k); (n,) or (n, k) where ``a`` is (n,).

    Returns:
        Two arrays with the shapes of ``a`` and ``b``.

    Example:
        >>> to_a, to_b = matmul_back(np.ones((2, 4)), np.ones((2, 3)), np.ones((3, 4)))
        >>> to_a.shape, to_b.shape
        ((2, 3), (3, 4))
    """
    if g.ndim == 0:  # vector @ vector is a number
        return g * b, g * a
    if a.ndim == 1:  # vector @ matrix
        return b @ g, np.outer(a, g)
    if b.ndim == 1:  # matrix @ vector
        return np.outer(g, b), a.T @ g
    return g @ b.T, a.T @ g  # matrix @ matrix


def topological_order(root: Node) -> list[Node]:
    """Return ``root`` and all that it depends on, each once, parents before their children.

    Example:
        >>> x = Node(3, name="x")
        >>> [node.op or node.name for node in topological_order(x * x + x)]
        ['x', '*', '+']
    """
    order = []

    def visit(node: Node) -> None:
        if node not in order:
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(root)
    return order


def contributions(node: Node) -> Sequence[Any]:
    """Return what ``node`` sends back: one array for each parent, of that parent's shape.

    Args:
        node: A node whose ``grad`` is complete. A leaf sends nothing.

    Example:
        >>> y = Node(2) * Node(5)
        >>> y.grad = np.array(1.0)
        >>> tuple(float(part) for part in contributions(y))
        (5.0, 2.0)
    """
    values = [p.value for p in node.parents]
    return BACKWARD[node.op](node.grad, *values) if values else ()


def backpropagate(root: Node) -> None:
    """Set ``grad`` of every node that ``root`` depends on: reverse-mode differentiation.

    All gradients start at zero at each call, unlike PyTorch's, which add up over calls. A node
    sends only when all its contributions have arrived, so each node is visited once, however many
    paths lead through it (Linnainmaa, 1970).

    Args:
        root: A node that holds one number, shape ().

    Raises:
        ValueError: ``root`` holds an array with axes.

    Example:
        >>> x = Node(3)
        >>> backpropagate(x * x)
        >>> float(x.grad)
        6.0
    """
    if root.value.ndim > 0:
        told = f"backward needs one number, not {root.value.shape}"
        raise ValueError(told + ": use sum() or mean()")
    order = topological_order(root)
    for node in order:
        node.grad = np.zeros_like(node.value)
    root.grad = np.ones_like(root.value)
    for node in reversed(order):
        for parent, part in zip(node.parents, contributions(node)):
            parent.grad += part


def numeric_gradient(f: Callable[[NDArray], Any], x: ArrayLike, h: float = 1e-5) -> NDArray:
    """Return the gradient of ``f`` at ``x`` by central differences, in float64.

    The error of each entry is about h²/6 times the third derivative, plus rounding of about
    1e-16 / h times the size of ``f``.

    Args:
        f: Takes an array like ``x``, returns one number.
        x: A number or an array of any shape; not changed.
        h: How far each entry is nudged up and down.

    Returns:
        An array with the shape of ``x``.

    Example:
        >>> numeric_gradient(lambda x: (x**2).sum(), [1.0, 3.0]).round(6)
        array([2., 6.])
    """
    x = np.asarray(x, dtype=float)
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        nudge = np.zeros_like(x)
        nudge[i] = h
        grad[i] = (f(x + nudge) - f(x - nudge)) / (2 * h)
    return grad


def check_gradient(f: Callable[..., Node], *args: ArrayLike, tol: float = 1e-6) -> bool:
    """Compare ``backward`` with :func:`numeric_gradient`, argument by argument.

    Args:
        f: Takes as many nodes as there are ``args``, returns a node that holds one number.
        *args: Numbers or arrays at which to compare.
        tol: Allowed difference, relative and absolute (numpy.allclose).

    Returns:
        True.

    Raises:
        AssertionError: An argument's gradients differ; the message shows both, and which operations
            are in the graph: the suspects. One that ``f`` does not use has the gradient None.

    Example:
        >>> check_gradient(lambda W, x: (W @ x).tanh().sum(), np.eye(2), [0.5, -1.0])
        True
        >>> check_gradient(lambda x, y: x * x, 1.0, 2.0)
        Traceback (most recent call last):
        AssertionError: argument 1 of ['*']: backward says None, nudging 0.0
    """
    leaves = [Node(a) for a in args]
    root = f(*leaves)
    root.backward()

    def value(k: int, x: NDArray) -> NDArray:  # f, with the leaf number k replaced by x
        return f(*leaves[:k], Node(x), *leaves[k + 1 :]).value

    for k, leaf in enumerate(leaves):
        nudged = numeric_gradient(partial(value, k), leaf.value)
        none = leaf.grad is None  # f does not use it, or only its value
        if none or not np.allclose(leaf.grad, nudged, rtol=tol, atol=tol):
            ops = sorted({node.op for node in topological_order(root)} - {""})
            told = f"backward says {leaf.grad}, nudging {nudged}"
            raise AssertionError(f"argument {k} of {ops}: {told}")
    return True

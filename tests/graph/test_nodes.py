"""Graphs of a student's own nodes, as lesson 01 builds them."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from coursekit import graph


@dataclass(eq=False)
class Node:
    value: Any
    parents: tuple = ()
    op: str = ""
    local_grads: tuple = ()
    grad: Any = None
    name: str = ""
    extra: list = field(default_factory=list)

    def __mul__(self, other):
        return Node(
            self.value * other.value, (self, other), "*", (other.value, self.value)
        )  # fmt: skip

    def __add__(self, other):
        return Node(self.value + other.value, (self, other), "+", (1.0, 1.0))


def example():
    x = Node(2.0, name="x")
    h = x * x
    y = h + x
    return x, h, y


def backward(x, h, y):
    y.grad, h.grad, x.grad = 1.0, 1.0, 5.0


def test_names_values_and_operations():
    x, h, y = example()
    drawing = graph.draw(y)
    assert [op.name for op in drawing.graph.ops] == ["*", "+"]
    assert {v.name: v.data for v in drawing.graph.values.values()} == {"x": 2.0, "h": 4.0, "y": 6.0}
    assert drawing.view == "full"
    assert "not computed yet" in drawing.table
    assert h.value + x.value == y.value


def test_gradients_and_contributions():
    nodes = example()
    backward(*nodes)
    g = graph.draw(nodes[2]).graph
    assert {v.name: v.grad for v in g.values.values()}["x"] == 5.0
    x = next(v for v in g.values.values() if v.name == "x")
    assert [op.contributions[i] for op, i in g.uses()[x.key]] == [2.0, 2.0, 1.0]


@pytest.mark.parametrize(("rows", "columns"), [((), ()), ((2,), ()), ((), (3,)), ((2,), (3,))])
def test_matrix_product_shows_what_it_sends_to_each_factor(rows, columns):
    """For vectors and matrices, against what autograd sends."""
    import torch

    rng = np.random.default_rng(0)
    a, b = Node(rng.normal(size=(*rows, 4))), Node(rng.normal(size=(4, *columns)))
    y = Node(a.value @ b.value, (a, b), "@", grad=rng.normal(size=(*rows, *columns)))
    a.grad = b.grad = 0.0
    ta, tb = (torch.tensor(node.value, requires_grad=True) for node in (a, b))
    (ta @ tb).backward(torch.tensor(y.grad))
    (op,) = graph.draw(y).graph.ops
    for sent, wanted in zip(op.contributions, (ta.grad, tb.grad), strict=True):
        np.testing.assert_allclose(sent, wanted.numpy())


def test_product_of_shapes_that_do_not_fit_is_drawn_without_contributions():
    a, b = Node(np.ones(3)), Node(np.ones((2, 2)))
    drawing = graph.draw(Node(np.ones(2), (a, b), "@", grad=np.ones(2)))
    assert drawing.graph.ops[0].contributions == [None, None]
    assert "<svg" in drawing.svg


def test_local_derivatives_on_request():
    nodes = example()
    assert "∂" not in graph.draw(nodes[2]).svg
    assert graph.draw(nodes[2], local=True).svg.count("∂") == 4


def test_arrays_and_bare_objects():
    class Bare:
        def __init__(self, value, parents=(), op=None):
            self.value, self.parents, self.op = value, parents, op

    w = Bare(np.arange(6.0).reshape(2, 3))
    out = Bare(w.value.sum(), (w,), "sum")
    drawing = graph.draw(out)
    assert "[[0 1 2] [3 4 5]]" in drawing.table
    assert [box.lines[0].spans[0][0] for box in drawing.placed.scene.boxes] == ["w", "sum", "out"]


def test_steps_of_nodes():
    x, h, y = example()
    backward(x, h, y)
    captions = graph.steps(y).captions
    assert captions[0] == "We start from x = 2."
    assert captions[1] == "h = x * x = 4"
    assert captions[-1] == "x is used 3 times, its contributions add up: ∇x = 5"


def test_nodes_in_a_list_are_drawn_and_a_mixture_is_explained():
    import torch

    x, h, y = example()
    assert len(graph.draw([h, y]).graph.roots) == 2
    assert graph.draw((y,)).alt == graph.draw(y).alt
    with pytest.raises(TypeError, match="A Node is drawn without anything else"):
        graph.draw(y, torch.ones(1))
    assert x.grad is None


def test_odd_values_are_drawn():
    rows = graph.draw(Node([[1, 2], [3]], name="rows"))
    assert "[[1 2] [3]]" in rows.table
    assert "[[1 2] [3]]" in graph.draw(Node([[1, 2], 3], name="rows")).table
    assert "1e400" in graph.draw(Node(10**400, name="big")).table
    assert "−1.23e405" in graph.draw(Node(-123456 * 10**400, name="big")).table
    long = graph.draw(Node(1.0, (Node(2.0),), "x" * 10_000))
    assert long.placed.width < 2000
    assert max(map(len, graph.steps(Node(1.0, (Node(2.0),), "x" * 10_000)).captions)) < 200


def test_only_numbers_to_start_from():
    zero = Node(2.0)
    y = Node(4.0, (zero, zero), "+")
    zero.requires_grad = False
    assert graph.steps(y).captions[0] == "We start from zero = 2."
    bare = Node(2.0, (Node(1.0), Node(3.0)), "+")
    for i in range(2):
        bare.parents[i].requires_grad = False
    assert graph.steps(bare).captions[0] == "We start from 1, 3."


def test_deep_chain_does_not_recurse():
    node = Node(0.0, name="start")
    one = Node(1.0, name="one")
    for _ in range(5000):
        node = node + one
    assert len(graph.draw(node, limit=20).placed.scene.boxes) <= 20


def test_cycle_and_bare_number_are_explained():
    a = Node(1.0, name="a")
    a.parents = (a,)
    with pytest.raises(ValueError, match="'a' is computed from itself"):
        graph.draw(a)
    with pytest.raises(TypeError, match=r"A parent is 2\.0"):
        graph.draw(Node(1.0, (2.0,), "+"))

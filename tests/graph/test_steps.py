"""Stepping: the order, the captions, one geometry for all frames, and the size of the figure."""

import re

import pytest
import torch
import torch.nn.functional as F

from coursekit import graph
from coursekit.graph.timeline import RULES
from tests.graph.works import WORKS


def stepped(name, **options):
    _, root = WORKS[name]()
    root.backward()
    return graph.steps(root, **options)


def test_captions_of_the_quadratic():
    assert stepped("quadratic").captions == [
        "We start from x = [1 2 −1], A, b = [1 1 1], c = 2.",
        "x @ A = [0 2 4]",
        "(x @ A) @ x = 0",
        "b @ x = 2",
        "((x @ A) @ x) + (b @ x) = 2",
        "y = (((x @ A) @ x) + (b @ x)) + c = 4",
        "Backward starts: ∇y = 1.",
        "Back through +: ∇(((x @ A) @ x) + (b @ x)) = ∇y = 1",
        "Back through +: ∇((x @ A) @ x) = ∇(((x @ A) @ x) + (b @ x)) = 1; "
        "∇(b @ x) = ∇(((x @ A) @ x) + (b @ x)) = 1",
        "Back through @: ∇x gets ∇(b @ x) × b = [1 1 1]",
        "Back through @: ∇(x @ A) = ∇((x @ A) @ x) × x = [1 2 −1]; "
        "∇x gets ∇((x @ A) @ x) × (x @ A) = [0 2 4]",
        "Back through @: ∇x gets ∇(x @ A) @ A.T = [0 6 12]",
        "x is used 3 times, its contributions add up: ∇x = [1 9 17]",
    ]


def test_backward_order_is_the_engines():
    recording, root = WORKS["quadratic"]()
    fired = []
    node = root.grad_fn
    todo, seen = [node], set()
    while todo:
        n = todo.pop()
        if n in seen or n is None or hasattr(n, "variable"):
            continue
        seen.add(n)
        name = n.name()
        n.register_hook(lambda gi, go, name=name: fired.append(name))
        todo += [below for below, _ in n.next_functions]
    root.backward()
    g = recording.tape.graph()
    named = {op.key: op.backward for op in g.ops}
    order = [named[key] for key in g.backward_order]
    assert order == [name for name in fired if name in order]


def test_every_frame_has_the_same_geometry():
    frames = stepped("quadratic").frames()
    boxes = [
        re.findall(r'<rect x="[^"]*" y="[^"]*" width="[^"]*" height="[^"]*"', f) for f in frames
    ]
    assert len(boxes) == 13
    assert all(found == boxes[0] for found in boxes)
    assert len(set(frames)) == 13


def test_frames_hide_what_comes_later():
    s = stepped("square")
    first, last = s[0].svg, s[-1].svg
    assert 'visibility="hidden"' in first
    assert 'visibility="hidden"' not in last
    assert s[0].caption == "We start from x = 2."
    assert repr(s[1]).startswith("Step 2 of 6")
    with pytest.raises(IndexError, match="Step 9 of 6"):
        s[9]
    assert [frame.caption for frame in s[-2:]] == s.captions[-2:]
    assert [frame.svg for frame in s[:1]] == [first]


def test_contribution_comes_before_the_sum():
    s = stepped("quadratic")
    when = s._when
    x = next(v.key for v in s.drawing.graph.values.values() if v.name == "x")
    sent = [i for tag, i in when.items() if tag[0] == "sent" and i < when["grad", x]]
    assert len(sent) >= 3


def test_before_backward_only_the_forward_steps():
    _, root = WORKS["square"]()
    assert len(graph.steps(root)) == 3


def test_predict_asks_before_each_result():
    captions = stepped("square", predict=True).captions
    assert captions[1:3] == ["Predict: x ** 2, which value?", "x ** 2 = 4"]
    assert sum(c.startswith("Predict") for c in captions) == 4
    values = stepped("square", predict="values").captions
    assert sum(c.startswith("Predict") for c in values) == 2


def test_too_many_frames_are_refused_with_the_number():
    s = stepped("cnn", view="full")
    with pytest.raises(ValueError, match=rf"frames\(limit={len(s)}\)"):
        s.frames(limit=3)
    assert len(s.frames(limit=len(s))) == len(s)


def test_size_of_the_figure():
    assert len(stepped("quadratic").html().encode()) < 20_000
    assert len(stepped("resnet18", view="compact").html().encode()) < 300_000


def test_module_view_steps_only_through_what_is_drawn():
    s = stepped("resnet18")
    assert s.drawing.view == "modules"
    assert 10 <= len(s) <= 20
    assert s.captions[-1].startswith("Backward starts: ∇loss = 1")


def test_same_bytes():
    assert stepped("softmax").html() == stepped("softmax").html()


def test_in_place_operations_are_written_as_in_the_code():
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    with graph.record():
        h = w * 1
        h *= 3
        h[0] = 5.0
        h -= 0.5 * torch.ones(2)
        y = h.sum()
    captions = graph.steps(y).captions
    assert captions[2:4] == ["h′: h ×= 3 = [3 6]", "h′′: h′[0] = 5 = [5 6]"]
    assert captions[5].startswith("h′′′: h′′ −= (0.5 × ")


def last(y):
    y.backward()
    return graph.steps(y).captions[-1].split(": ", 1)[1]


def test_no_formula_where_an_argument_changes_it():
    a, t = torch.tensor([[1.0, 2.0]], requires_grad=True), torch.tensor([0])
    with graph.record():
        plain = F.mse_loss(a, torch.zeros(1, 2))
        summed = F.mse_loss(a, torch.zeros(1, 2), reduction="sum")
        smooth = F.cross_entropy(a, t, label_smoothing=0.5)
        sharp = F.cross_entropy(a, t)
    assert last(plain) == "∇a = ∇plain × 2 (a − input) / n = [[1 2]]"
    assert last(summed) == "∇a = the derivative of mse_loss times ∇summed = [[2 4]]"
    assert last(smooth).startswith("∇a = the derivative of cross_entropy times ∇smooth")
    assert last(sharp).startswith("∇a = ∇sharp × (softmax(a) − one-hot t) / n")
    attrs = [graph.draw(loss).graph.ops[0].attrs for loss in (plain, summed, smooth, sharp)]
    assert attrs == ["", "reduction=sum", "label_smoothing=0.5", ""]


@pytest.mark.parametrize(
    ("left", "right"), [((2, 3), (3, 4)), ((3,), (3, 4)), ((2, 3), (3,)), ((3,), (3,)),
                        ((5, 2, 3), (5, 3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (3, 4))]
)  # fmt: skip
def test_what_a_product_sends_back_is_what_the_formula_says(left, right):
    torch.manual_seed(0)
    a, b = (torch.rand(shape, requires_grad=True) for shape in (left, right))
    with graph.record():
        out = a @ b
    g = torch.rand_like(out) if out.dim() else torch.tensor(1.5)
    out.backward(g)
    rules = graph.steps(out, view="full").captions[-1].split(": ", 1)[1].split("; ")
    formulas = [rule.split(" = ")[1] for rule in rules]
    for formula, leaf in zip(formulas, (a, b), strict=True):
        formula, *stack = formula.replace("∇out", "g").replace("×", "*").split(", summed")
        found = eval(formula, {"a": a, "b": b, "g": g, "outer": torch.outer})
        torch.testing.assert_close(found.sum(0) if stack else found, leaf.grad)


def test_a_stack_of_vectors_has_no_formula():
    a, b = torch.ones(5, 2, 3, requires_grad=True), torch.ones(3, requires_grad=True)
    with graph.record():
        out = a @ b
        y = out.sum()
    assert last(y).startswith("∇a = the derivative of @ times ∇out; ∇b = the derivative of @")


def test_linear_layer_of_one_row_has_no_formula_for_several():
    layer = torch.nn.Linear(2, 3)
    for shape, formula in (((2,), "the derivative of linear times"), ((4, 2), "∇out.T @ xb")):
        xb = torch.ones(shape)
        with graph.record():
            out = layer(xb)
            y = out.sum()
        assert last(y).startswith(f"∇weight = {formula}")


#: For each rule, a function to which it belongs, and where its inputs lie.
FUNCTIONS = {
    "+": lambda a, b: a + b, "−": lambda a, b: a - b, "×": lambda a, b: a * b,
    "*": lambda a, b: a * b, "/": lambda a, b: a / b, "**": lambda a, b: a**b, "neg": lambda a: -a,
    "tanh": torch.tanh, "exp": torch.exp, "log": torch.log, "sin": torch.sin, "cos": torch.cos,
    "sqrt": torch.sqrt, "relu": torch.relu, "sigmoid": torch.sigmoid, "mse_loss": F.mse_loss,
    "linear": F.linear, "cross_entropy": lambda a: F.cross_entropy(a, torch.tensor([2, 0])),
    "view": lambda a: a.view(3, 2), "reshape": lambda a: a.reshape(6), "flatten": torch.flatten,
    "squeeze": lambda a: a[None].squeeze(), "unsqueeze": lambda a: a.unsqueeze(1),
    "T": lambda a: a.T, "t": torch.t,
}  # fmt: skip


def as_code(formula):
    """Turn what a caption says into Python."""
    words = {
        "−": "-", "×": "*", "2 (": "2 * (", "(2 out)": "(2 * out)", "one-hot b": "hot",
        " where a > 0, else 0": " * (a > 0)", "softmax(a)": "a.softmax(1)",
        "g summed over the rows": "g.sum(0)", "g, in the old shape": "g.reshape(a.shape)",
    }  # fmt: skip
    for said, code in words.items():
        formula = formula.replace(said, code)
    return formula


@pytest.mark.parametrize("name", RULES)
def test_every_rule_that_is_written_down_holds(name):
    """Each formula of the captions, evaluated, is what autograd sends back."""
    torch.manual_seed(0)
    shapes = [(2, 3), (4, 3), (4,)] if name == "linear" else [(2, 3)] * 2
    inputs = [(torch.rand(s) + 0.5).requires_grad_() for s in shapes[: len(RULES[name])]]
    if name == "relu":
        inputs = [torch.tensor([[-1.0, 2.0, -3.0], [4.0, -5.0, 6.0]], requires_grad=True)]
    out = FUNCTIONS[name](*inputs)
    g = torch.rand_like(out) + 0.5
    wanted = torch.autograd.grad(out, inputs, g)
    hot = torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    known = {"log": torch.log, "cos": torch.cos, "sin": torch.sin, "hot": hot, "out": out, "g": g}
    known["n"] = {"cross_entropy": 2}.get(name, 6)
    for template, want in zip(RULES[name], wanted, strict=True):
        formula = template.format(a="a", b="b", c="c", out="out", g="g")
        found = eval(as_code(formula), {**dict(zip("abc", inputs, strict=False)), **known})
        torch.testing.assert_close(found, want)

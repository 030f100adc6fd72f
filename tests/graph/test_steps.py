"""Stepping: the order, the captions, one geometry for all frames, and the size of the figure."""

import re

import pytest
import torch

from coursekit import graph
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
    assert s.captions[-1].startswith("Backward starts: ∇loss = 1") or "∇" in s.captions[-1]


def test_same_bytes():
    assert stepped("softmax").html() == stepped("softmax").html()


def test_every_rule_that_is_written_down_holds():
    """Each formula of the captions, evaluated, is what autograd sends back."""
    from coursekit.graph.timeline import RULES

    torch.manual_seed(0)
    functions = {
        "+": lambda a, b: a + b, "−": lambda a, b: a - b, "×": lambda a, b: a * b,
        "/": lambda a, b: a / b, "**": lambda a, b: a**b, "neg": lambda a: -a,
        "tanh": torch.tanh, "exp": torch.exp, "log": torch.log, "sin": torch.sin,
        "cos": torch.cos, "sqrt": torch.sqrt, "relu": torch.relu, "sigmoid": torch.sigmoid,
        "mse_loss": torch.nn.functional.mse_loss,
    }  # fmt: skip
    math = {"log": torch.log, "cos": torch.cos, "sin": torch.sin, "n": 4}
    for name, func in functions.items():
        count = len(RULES[name])
        a, b = (torch.rand(4, requires_grad=True) + 0.5 for _ in "ab")
        args = (a, b)[: max(count, 1)]
        out = func(*args)
        g = torch.ones_like(out)
        wanted = torch.autograd.grad(out, args, g)
        for template, want in zip(RULES[name], wanted, strict=True):
            formula = template.format(a="a", b="b", out="out", g="g")
            formula = formula.replace("−", "-").replace("×", "*").replace("2 (", "2 * (")
            formula = formula.replace("(2 out)", "(2 * out)")
            if "where" in formula:
                formula = "g * (a > 0)"
            found = eval(formula, {"a": a, "b": b, "out": out, "g": g, **math})
            torch.testing.assert_close(found, want, msg=lambda m, n=name: f"{n}: {m}")

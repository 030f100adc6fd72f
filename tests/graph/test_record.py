"""Recording: what is seen, named and left alone."""

import gc
import threading
import weakref

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from coursekit import graph


def ops(recording: graph.record) -> list[str]:
    return [op.name for op in recording.tape.graph().ops]


def names(recording: graph.record) -> set[str]:
    return {v.name for v in recording.tape.graph().values.values() if v.name}


def leaf(*numbers: float) -> torch.Tensor:
    return torch.tensor(numbers, requires_grad=True)


# -- the table of special cases --------------------------------------------------------------------


def in_place(x):
    h = x * 1
    h += 2
    h.mul_(3)
    return h.sum()


def slice_and_set(x):
    h = x.clone()
    h[0] = 5.0
    return h[1:].sum()


def write_through_a_view(x):
    h = x.clone()
    v = h[1:]
    v *= 3
    return h.sum()


def shared(x):
    h = x * 2
    return (h * h + h).sum()


def same_twice(x):
    return (x * x).sum()


def several_outputs(x):
    a, b, _ = x.unbind()
    return a * b


def maximum(x):
    values, _indices = x.max(dim=0)
    return values * 2


def control_flow(x):
    return (x * 2).sum() if x.sum() > 0 else (x * 3).sum()


def einsum(x):
    return torch.einsum("i,i->", x, x)


def stacked(x):
    return torch.stack([x, x * 2], dim=1).sum()


def checkpointed(x):
    from torch.utils.checkpoint import checkpoint

    return checkpoint(lambda t: t.tanh() * 2, x, use_reentrant=False).sum()


class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, factor):
        return x * factor + 0 * x.exp()

    @staticmethod
    def backward(ctx, grad):
        return grad * 2, None


def custom_function(x):
    return Double.apply(x, 2).sum()


def reversed_operators(x):
    return (1 - x).sum() / 2 + (2 / x).sum() + (2**x).sum()


SPECIAL = {
    in_place: ["×", "+ =", "× =", "sum"],
    slice_and_set: ["clone", "[ ] =", "[ ]", "sum"],
    write_through_a_view: ["clone", "[ ]", "× =", "changed through a view", "sum"],
    shared: ["×", "×", "+", "sum"],
    same_twice: ["×", "sum"],
    several_outputs: ["unbind", "×"],
    maximum: ["max", "×"],
    control_flow: ["×", "sum"],
    einsum: ["einsum"],
    stacked: ["×", "stack", "sum"],
    checkpointed: ["tanh", "×", "sum"],
    custom_function: ["Double", "sum"],
    reversed_operators: ["−", "sum", "/", "/", "sum", "+", "**", "sum", "+"],
}


@pytest.mark.parametrize("func", SPECIAL, ids=lambda f: f.__name__)
def test_special_cases(func):
    x = leaf(1.0, 2.0, -3.0 if func is not reversed_operators else 3.0)
    if func is control_flow:
        x = leaf(1.0, 2.0, 3.0)
    expected = func(x)
    (wanted,) = torch.autograd.grad(expected, x)
    with graph.record() as g:
        y = func(x)
    y.backward()
    assert torch.equal(y, expected)
    assert ops(g) == SPECIAL[func]
    found = next(v for v in g.tape.graph().values.values() if v.name == "x")
    torch.testing.assert_close(torch.tensor(found.grad), wanted)
    for view in ("full", "compact", "modules"):
        assert "<svg" in graph.draw(y, view=view).svg


def test_post_hoc_special_cases_draw_too():
    for func in SPECIAL:
        y = func(leaf(1.0, 2.0, 3.0))
        assert "<svg" in graph.draw(y).svg, func.__name__


def test_order_of_operands_is_as_written():
    x = leaf(4.0)
    with graph.record() as g:
        y = 1 - x
    assert "− 1, x" in graph.draw(y).table
    assert "− 1, x" in graph.draw(g).table


def test_names_come_from_variables_modules_and_functions():
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))
    xb = torch.randn(4, 3)

    def loss_func(preds):
        squared = preds**2
        return squared.mean()

    with graph.record() as g:
        preds = model(xb)
        loss = loss_func(preds)
    assert loss.requires_grad
    assert names(g) == {
        "xb", "0.weight", "0.bias", "2.weight", "2.bias", "preds", "squared", "loss"
    }  # fmt: skip


def test_explicit_names_win():
    x = leaf(1.0)
    with graph.record() as g:
        y = x * 2
    assert "weight" in graph.draw(y, names={"weight": x}).table
    assert "weight" in graph.draw(g, names={"weight": x}).table
    assert "weight" in graph.draw(x * 2, names={"weight": x}).table


def test_two_in_place_changes_keep_their_versions_apart():
    w = torch.ones(2)
    with graph.record() as g:
        z = w.clone()
        z += 1
        z += 1
    assert names(g) == {"w", "z", "z′", "z′′"}


def test_no_grad_computation_is_drawn_without_gradients():
    x = torch.ones(2)
    with graph.record() as g:
        y = (x * 2).sum()
    assert not any(v.needs_grad for v in g.tape.graph().values.values())
    assert "gradient" not in graph.draw(y).table
    assert graph.draw(y).alt == "Computation graph of y = 4, 2 operations: ×, sum."


def test_tied_weights_are_one_value():
    linear = nn.Linear(2, 2)
    x = torch.ones(1, 2)
    with graph.record() as g:
        y = linear(linear(x)).sum()
    y.backward()
    weights = [v for v in g.tape.graph().values.values() if v.name == "weight"]
    assert len(weights) == 1
    assert torch.allclose(torch.tensor(weights[0].grad), linear.weight.grad)


def test_module_called_twice_is_two_boxes():
    linear = nn.Linear(2, 2)
    outer = nn.Module()
    outer.linear = linear
    outer.forward = lambda x: linear(linear(x))
    with graph.record():
        y = outer(torch.ones(1, 2))
    boxes = graph.draw(y, view="modules").placed.scene.boxes
    assert [box.kind for box in boxes] == ["constant", "module", "module"]


def test_two_passes_add_up_and_a_difference_from_grad_is_said():
    x = leaf(2.0)
    with graph.record():
        y = x**2
    y.backward(torch.ones(1), retain_graph=True)
    y.backward(torch.ones(1))
    drawing = graph.draw(y)
    assert drawing.graph.values[0].grad == [8.0]
    assert not drawing.notes
    x.grad = None
    x.grad = torch.tensor([1.0])
    assert "x.grad differs" in graph.draw(y).notes[0]


def test_waiting_known_and_unneeded_gradients_look_different():
    x, c = leaf(2.0), torch.tensor([3.0])
    with graph.record():
        y = (x * c).sum()
    assert "∇ not computed yet" in graph.draw(y).svg.replace("\u00a0", " ")
    y.backward()
    after = graph.draw(y).svg.replace("\u00a0", " ")
    assert "not computed" not in after
    assert "∇ [3]" in after
    box = next(b for b in graph.draw(y).placed.scene.boxes if b.title.startswith("c:"))
    assert box.kind == "constant"
    assert len(box.lines) == 2


def test_behind_a_detach_no_gradient_arrives():
    x, w = leaf(2.0), leaf(3.0)
    with graph.record():
        h = x * 2
        y = (h.detach() * w).sum()
    assert "none arrives" not in graph.draw(y).table
    y.backward()
    drawing = graph.draw(y)
    states = {v.name: v.grad_state for v in drawing.graph.values.values() if v.name}
    assert states == {"x": "none", "w": "known", "h": "none", "y": "known"}
    assert "∇ none arrives" in drawing.svg.replace("\u00a0", " ")


def test_another_loss_that_went_backward_leaves_this_one_waiting():
    x, w = leaf(2.0), leaf(3.0)
    with graph.record():
        a, b = (x * 2).sum(), (x * w).sum()
    a.backward()
    states = {v.name: v.grad_state for v in graph.draw(b).graph.values.values() if v.name}
    assert states == {"x": "waiting", "w": "waiting", "b": "waiting"}
    states = {v.name: v.grad_state for v in graph.draw(a).graph.values.values() if v.name}
    assert states == {"x": "known", "a": "known"}


def test_backward_inside_the_block_is_recorded():
    x = leaf(2.0)
    with graph.record() as g:
        y = (x**2).sum()
        y.backward()
    assert g.tape.graph().values[0].grad == [4.0]
    assert ops(g) == ["**", "sum"]


def test_autograd_grad_is_recorded_and_touches_no_grad():
    x = leaf(2.0)
    with graph.record() as g:
        y = (x**2).sum()
    torch.autograd.grad(y, x)
    assert g.tape.graph().values[0].grad == [4.0]
    assert x.grad is None


def test_failing_operation_is_drawn_and_the_exception_is_unchanged():
    a, b = torch.ones(2, 3), torch.ones(2, 3)
    with pytest.raises(RuntimeError, match="cannot be multiplied") as caught, graph.record() as g:
        h = a * 2
        h @ b
    assert type(caught.value) is RuntimeError
    assert ops(g) == ["×", "@"]
    drawing = graph.draw(g)
    assert [box.kind for box in drawing.placed.scene.boxes][-1] == "error"
    assert "cannot be multiplied" in drawing.svg.replace("\u00a0", " ")
    assert "RuntimeError" in drawing.table


def test_failing_module_shows_where():
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(3, 2))
    with pytest.raises(RuntimeError), graph.record() as g:
        model(torch.ones(1, 3))
    kinds = [b.kind for b in graph.draw(g, view="modules").placed.scene.boxes]
    assert kinds == ["constant", "module", "error"]


def test_torch_is_as_before_even_after_an_exception():
    hooks = torch.nn.modules.module
    apply = torch.autograd.Function.__dict__["apply"]
    with pytest.raises(ValueError, match="mine"), graph.record(), graph.record():
        raise ValueError("mine")
    assert torch.autograd.Function.__dict__["apply"] is apply
    assert not hooks._global_forward_hooks
    assert not hooks._global_forward_pre_hooks
    assert not torch.overrides._get_current_function_mode_stack()


def test_nested_recordings_see_their_own_block():
    x = leaf(1.0)
    with graph.record() as outer:
        h = x * 2
        with graph.record() as inner:
            y = h.exp() + Double.apply(h, 2)
        z = y.sum()
    z.backward()
    assert ops(inner) == ["exp", "Double", "+"]
    assert ops(outer) == ["×", "exp", "Double", "+", "sum"]
    found = next(v for v in outer.tape.graph().values.values() if v.name == "x")
    assert found.grad == pytest.approx(x.grad.tolist())


def test_decorator():
    g = graph.record()

    @g
    def f(x):
        return (x * 2).sum()

    f(leaf(1.0))
    assert ops(g) == ["×", "sum"]


def test_other_threads_are_not_recorded():
    with graph.record() as g:
        x = torch.ones(2)
        thread = threading.Thread(target=lambda: nn.Linear(2, 2)(torch.ones(2)).exp())
        thread.start()
        thread.join()
        _ = x + 1
    assert ops(g) == ["+"]


def test_memory_is_freed_without_the_garbage_collector():
    model = nn.Linear(300, 300)
    gc.collect()
    gc.disable()
    try:
        with graph.record() as g:
            hidden = model(torch.ones(7, 300))
            loss = hidden.pow(2).mean()
        loss.backward()
        watched = [weakref.ref(t) for t in (hidden, loss, model.weight)]
        tape = weakref.ref(g.tape)
        del hidden, loss, model
        assert [ref() for ref in watched] == [None, None, None]
        del g
        assert tape() is None
    finally:
        gc.enable()


def test_large_values_are_not_copied():
    with graph.record() as g:
        torch.ones(1000, 1000) * 2
    assert [t for t in g.tape._data.values() if t is not None and t.numel() > 16] == []


def test_stats_of_large_values_on_request():
    x = torch.full((10,), 2.0, requires_grad=True)
    with graph.record(stats=True):
        y = (x * 3).sum()
    y.backward()
    table = graph.draw(y).table
    assert "mean 2, sd 0" in table
    assert "mean 3, sd 0" in table


def test_compiled_function_is_drawn_as_written():
    import torch._dynamo  # what torch.compile imports

    @torch.compile(backend="eager")
    def f(x):
        return (x.sin() * 2).sum()

    x = leaf(0.5)
    with graph.record() as g:
        y = f(x)
    assert torch.isfinite(y)
    assert ops(g) == ["sin", "×", "sum"]
    assert "uncompiled" in graph.draw(g).notes[0]


def test_torch_without_stances_records_a_compiled_function_somehow(monkeypatch):
    import torch._dynamo  # what torch.compile imports

    monkeypatch.delattr(torch.compiler, "set_stance")
    x = leaf(0.5)
    with graph.record() as g:
        y = x.sin()
    assert ops(g) == ["sin"]
    assert "<svg" in graph.draw(y).svg


def test_more_operations_than_the_limit_are_drawn_as_modules_with_a_note():
    layers = [nn.Sequential(nn.Linear(2, 2), nn.Tanh()) for _ in range(4)]
    model = nn.Sequential(*layers)
    with graph.record():
        y = model(torch.ones(1, 2))
    drawing = graph.draw(y, limit=6)
    assert drawing.view == "modules"
    assert drawing.notes == ["8 operations are more than limit=6, so their modules are shown."]
    assert graph.draw(y, view="modules").notes == []


def test_optimizer_step_in_the_block_does_not_confuse():
    model = nn.Linear(2, 1)
    opt = torch.optim.SGD(model.parameters(), lr=0.1)
    with graph.record():
        for _ in range(2):
            loss = F.mse_loss(model(torch.ones(3, 2)), torch.zeros(3, 1))
            loss.backward()
            opt.step()
            opt.zero_grad()
    drawn = [(op.name, op.attrs) for op in graph.draw(loss).graph.ops]
    assert sorted(drawn) == [("+ =", "alpha=-0.1")] * 2 + [("linear", ""), ("mse_loss", "")]


def test_drawing_inside_the_block_records_nothing():
    x = leaf(1.0)
    with graph.record() as g:
        y = (x * 2).sum()
        assert "sum" in graph.draw(y).table
        z = y + 1
    assert z.requires_grad
    assert ops(g) == ["×", "sum", "+"]

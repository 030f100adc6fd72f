"""Recording what is rarer than a forward pass: updates, layers built in the block, threads."""

import sys
import threading
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from coursekit import graph


def leaf(*numbers: float) -> torch.Tensor:
    return torch.tensor(numbers, requires_grad=True)


def value(drawing: graph.Drawing, name: str):
    (found,) = (v for v in drawing.graph.values.values() if v.name == name)
    return found


def row(thing, start: str) -> str:
    """The row of a table that starts with a word, without the room between its columns."""
    (found,) = (
        line for line in graph.draw(thing).table.splitlines() if line.split()[:1] == [start]
    )
    return " ".join(found.split())


@pytest.fixture
def dynamo():
    import torch._dynamo  # what torch.compile imports

    yield
    torch._dynamo.reset()


# -- what an operation is called, and its arguments ------------------------------------------------


def test_factors_and_rounding_stay_in_sight():
    x, z = leaf(1.0), torch.tensor([10.0])
    with graph.record():
        y = torch.add(x, z, alpha=2)
        q = torch.div(z, 3, rounding_mode="floor")
    assert row(y, "y") == "y + x, z (alpha=2) (1,) [21] not computed yet"
    assert row(q, "q") == "q / z, 3 (rounding_mode=floor) (1,) [3]"
    y.backward()
    assert graph.steps(y).captions[-1] == (
        "Back through +: ∇x = the derivative of + times ∇y = [1]"
    )


def test_step_of_an_optimizer_says_how_much_of_the_gradient_it_adds():
    w = leaf(1.0, 2.0)
    opt = torch.optim.SGD([w], lr=0.1)
    with graph.record():
        for _ in range(2):
            opt.zero_grad()
            loss = (w**2).sum()
            loss.backward()
            opt.step()
    assert "w′ + = w, w.grad (alpha=-0.1) (2,) [0.8 1.6]" in row(loss, "w′")


def test_subtraction_by_name_has_its_operands_as_written():
    x, z = leaf(1.0), leaf(7.0)
    with graph.record():
        y = torch.rsub(x, z, alpha=2)
    assert row(y, "y").startswith("y − z, x (alpha=2)")
    assert "− z, x " in graph.draw(torch.rsub(x, z)).table


@pytest.mark.parametrize("number", [np.float32(3), np.int64(3), np.float64(3)])
def test_numpy_numbers_are_factors_like_others(number):
    x = leaf(1.0)
    with graph.record():
        y = x * number
    assert row(y, "y").startswith("y × 3, x (1,) [3]")


def test_shapes_are_written_whole_and_sizes_of_kernels_in_brackets():
    x = torch.arange(4.0)
    with graph.record():
        a, b = x.reshape((2, 2)), x.view(torch.Size([2, 2]))
        c = torch.ones(1, 1, requires_grad=True).expand((4, 4))
        d = F.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 3, 3), padding=(1, 0), stride=(2, 2))
    called = {op.name: op.attrs for y in (a, b, c, d) for op in graph.draw(y).graph.ops}
    assert called == {
        "reshape": "2, 2", "view": "2, 2", "expand": "4, 4", "conv2d": "padding=(1, 0), stride=2"
    }  # fmt: skip


# -- tensors and layers that change what they are --------------------------------------------------


def test_leaf_made_in_the_block_gets_its_gradient():
    with graph.record():
        W = torch.ones(2, 2) / 2
        W.requires_grad_()
        x = torch.ones(2)
        x.requires_grad_()
        y = (torch.ones(1, 2) @ W).sum() + x.sum()
    y.backward()
    drawing = graph.draw(y)
    assert value(drawing, "W").grad == [[1, 1], [1, 1]]
    assert (value(drawing, "x").kind, value(drawing, "x").grad) == ("input", [1, 1])


def test_layer_that_does_not_know_its_shape_yet_runs_and_is_drawn():
    lazy = nn.LazyLinear(2)
    with graph.record() as g:
        y = lazy(torch.ones(1, 3)).sum()
    y.backward()
    assert "linear" in [op.name for op in g.tape.graph().ops]
    assert "<svg" in graph.draw(y).svg


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.parametrize("layout", [torch.strided, torch.jagged])
def test_nested_tensors_are_recorded_and_drawn_without_a_shape(layout):
    parts = [torch.ones(2), torch.ones(3)]
    nested = torch.nested.nested_tensor(parts, requires_grad=True, layout=layout)
    with graph.record():
        doubled = nested * 2
    assert value(graph.draw(doubled), "doubled").shape is None
    assert value(graph.draw(nested * 2), "nested").shape is None


def test_argument_that_is_an_array_runs():
    x = torch.ones(2)
    with graph.record():
        y = x.new_tensor(np.array([1.0, 2.0]))
    assert y.tolist() == [1, 2]


def built() -> graph.Drawing:
    torch.manual_seed(0)
    with graph.record():
        model = nn.Sequential(nn.Linear(2, 1))
        y = model(torch.ones(1, 2)).sum()
    y.backward()
    return graph.draw(y)


def test_model_built_in_the_block_starts_from_its_parameters():
    drawing, again = built(), built()
    assert [op.name for op in drawing.graph.ops] == ["linear", "sum"]
    weight = value(drawing, "0.weight")
    torch.manual_seed(0)
    assert weight.kind == "parameter"
    torch.testing.assert_close(torch.tensor(weight.data), nn.Linear(2, 1).weight.detach())
    assert weight.grad == [[1, 1]]
    assert drawing.table == again.table


def test_parameter_of_before_the_block_is_changed_by_an_operation():
    w = nn.Parameter(torch.ones(2))
    with graph.record() as g:
        with torch.no_grad():
            w *= 3
        y = w.sum()
    assert [op.name for op in g.tape.graph().ops] == ["× =", "sum"]
    assert row(y, "w′").startswith("w′ × = w, 3 (2,) [3 3]")


def test_gradient_that_was_reset_is_not_said_to_be_a_view():
    w = leaf(1.0, 2.0)
    with graph.record() as g:
        for _ in range(2):
            if w.grad is not None:
                w.grad.zero_()
            (w**2).sum().backward()
            with torch.no_grad():
                w -= 0.1 * w.grad
    names = [op.name for op in g.tape.ops]
    assert "changed by other code" in names
    assert "changed through a view" not in names


def test_memory_written_through_a_view_still_is():
    with graph.record():
        h = torch.ones(3)
        v = h[1:]
        v *= 3
        y = h.sum()
    captions = graph.steps(y).captions
    assert captions[2] == "v′: v ×= 3 = [3 3]"
    assert captions[3] == "h′ = h changed through a view v′ = [1 3 3]"


# -- gradients -------------------------------------------------------------------------------------


def test_gradients_arrive_through_an_operation_of_hundreds_of_nodes():
    gru = nn.GRU(2, 2)
    with graph.record():
        y = gru(torch.ones(40, 1, 2))[0].sum()
    y.backward()
    states = {v.name: v.grad_state for v in graph.draw(y).graph.values.values()}
    assert states["weight_ih_l0"] == states["bias_ih_l0"] == states["weight_hh_l0"] == "known"


@pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad")
def test_gradient_that_came_by_another_way_is_not_said_to_be_missing():
    from torch.utils.checkpoint import checkpoint

    x, w = leaf(1.0, 2.0), leaf(3.0)
    w.grad = torch.ones(1)
    with graph.record():
        y = checkpoint(lambda t: t.tanh() * 2, x, use_reentrant=True).sum() + w.detach().sum()
        z = y + (w.detach() * w).sum() * 0 + w.detach().sum()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y.backward()
        drawing = graph.draw(y)
    assert value(drawing, "x").grad_state == "freed"
    assert drawing.notes[-1].startswith("x.grad came by a way that was not recorded")
    assert value(drawing, "w").grad_state == "none"  # its .grad is as old as it is
    assert z.requires_grad


def test_result_that_another_loss_uses_too_says_why_the_numbers_do_not_add_up():
    x = leaf(1.0, 2.0)
    with graph.record():
        h = x * 2
        a, b = h.sum(), (h * h).sum()
    a.backward(retain_graph=True)
    assert graph.draw(a).notes == []
    b.backward()
    assert "∇h also holds what came from operations outside this picture" in graph.draw(a).notes[0]


def test_statistics_of_one_pass_are_not_shown_for_the_sum_of_two():
    x = torch.ones(10, requires_grad=True)
    with graph.record(stats=True):
        h = x * 3
        y = h.sum()
    y.backward(retain_graph=True)
    assert value(graph.draw(y), "h").grad_stats == (1, 0)
    y.backward()
    drawing = graph.draw(y)
    assert value(drawing, "h").grad_stats is None
    assert value(drawing, "x").grad_stats == (6, 0)  # of x.grad, which holds both
    assert row(y, "h").endswith("computed")


# -- what is drawn of a block ----------------------------------------------------------------------


def test_failure_that_was_caught_is_drawn_with_the_block_only():
    x = leaf(2.0)
    with graph.record() as g:
        try:
            torch.ones(2, 3) @ torch.ones(2, 3)
        except RuntimeError:
            y = (x * 2).sum()
    assert graph.draw(y).alt.endswith("from x, 2 operations: ×, sum.")
    assert "@ failed: RuntimeError" in graph.draw(g).alt


def test_results_that_are_left_out_are_named():
    x = leaf(1.0)
    with graph.record() as g:
        a, b, c = x + 1, x + 2, x + 3
        d, e = x + 4, x + 5
        right = torch.ones(2) == torch.ones(2)
    assert len(g.tape.graph().roots) == 4
    assert graph.draw(g).notes == [
        "2 more results that nothing used, not shown: a, right; draw(right) shows that one."
    ]
    assert a.requires_grad and (b + c + d + e).requires_grad and right.all()


def test_second_output_of_a_drawn_operation_is_nothing_left_out():
    x = leaf(1.0, 3.0)
    with graph.record() as g:
        top, where = x.max(dim=0)
        y = top * 2
    assert where == 1 and y.requires_grad
    assert graph.draw(g).notes == []


def test_parameter_that_no_module_owns_alone_has_its_box_and_arrows():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear, self.scale = nn.Linear(2, 2), nn.Parameter(torch.ones(2))

        def forward(self, x):
            return self.linear(x) * self.scale + self.scale

    model = Scaled()
    with graph.record():
        y = model(torch.ones(1, 2))
    scene = graph.draw(y, view="modules").placed.scene
    (box,) = (box for box in scene.boxes if box.lines[0].spans[0][0] == "scale")
    assert len([arrow for arrow in scene.arrows if arrow.tail == box.id]) == 2


def test_module_in_a_plain_list_has_a_class_but_no_name():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = [nn.Sequential(nn.Linear(2, 2), nn.Tanh())]

        def forward(self, x):
            return self.parts[0](x)

    net = Net()
    with graph.record():
        y = net(torch.ones(1, 2))
    box = graph.draw(y, view="modules").placed.scene.boxes[-1]
    assert box.lines[0].spans == [("Sequential", "small")]
    assert box.lines[1].spans == [("6 parameters", "small")]
    assert box.title == "Sequential: 6 parameters, 2 operations"


# -- torch is left as it was -----------------------------------------------------------------------


def test_function_that_calls_itself_leaves_nothing_behind():
    g = graph.record()

    @g
    def f(n, x):
        return x if n == 0 else f(n - 1, x * 2)

    f(2, leaf(1.0))
    assert torch.overrides._get_current_function_mode_stack() == []
    assert not torch.nn.modules.module._global_forward_hooks
    assert [op.name for op in g.tape.ops] == ["×", "×"]


def test_start_that_fails_leaves_nothing_behind(monkeypatch):
    module = sys.modules["coursekit.graph.record"]  # the package has a class of this name
    g = graph.record()
    with monkeypatch.context() as patch:
        patch.setattr(module, "_eager", lambda recorder: 1 / 0)
        with pytest.raises(ZeroDivisionError), g:
            pass
    assert not torch.nn.modules.module._global_forward_hooks
    with g:
        leaf(1.0) * 2
    assert torch.overrides._get_current_function_mode_stack() == []
    assert [op.name for op in g.tape.ops] == ["×"]


class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, grad):
        return grad * 2


def test_two_threads_that_record_at_once_see_their_own_and_leave_torch_as_it_was(dynamo):
    from torch._dynamo import eval_frame

    stance = eval_frame._stance
    before = torch.autograd.Function.__dict__["apply"]
    inside, left = threading.Event(), threading.Event()
    other = graph.record()

    def work():
        with other:
            inside.set()
            left.wait(20)
            Twice.apply(leaf(1.0)).exp()

    thread = threading.Thread(target=work)
    with graph.record() as mine:
        thread.start()
        assert inside.wait(20)
        Twice.apply(leaf(1.0))
    left.set()
    thread.join(20)
    assert torch.autograd.Function.__dict__["apply"] is before
    assert eval_frame._stance == stance
    assert [op.name for op in mine.tape.ops] == ["Twice"]
    assert [op.name for op in other.tape.ops] == ["Twice", "exp"]


# -- compiled code ---------------------------------------------------------------------------------


def test_compiled_model_is_drawn_as_the_model_inside_and_without_a_warning(dynamo):
    compiled = torch.compile(nn.Sequential(nn.Linear(2, 2), nn.Tanh()), backend="eager")
    filters = list(warnings.filters)
    with warnings.catch_warnings(record=True) as heard, graph.record():
        y = compiled(torch.ones(1, 2))
    assert [str(w.message)[:40] for w in heard] == []
    assert list(warnings.filters) == filters
    drawing = graph.draw(y, view="modules")
    paths = [box.lines[0].spans[0][0] for box in drawing.placed.scene.boxes]
    assert paths[1:] == ["0", "1"]
    assert value(drawing, "0.weight").kind == "parameter"
    assert drawing.notes == ["Compiled code was run uncompiled, to show what it does."]


def test_compiled_function_that_is_not_called_is_not_talked_about(dynamo):
    @torch.compile(backend="eager")
    def f(x):
        return helper(x) * 2

    def helper(x):
        return x.sin()

    x = leaf(1.0)
    with graph.record() as plain:
        y = x * 2
    with graph.record() as called:
        z = f(x)
    assert y.requires_grad and z.requires_grad
    assert graph.draw(plain).notes == []
    assert graph.draw(called).notes == ["Compiled code was run uncompiled, to show what it does."]


def test_compiled_code_after_the_fact_is_one_box_with_a_note(dynamo):
    @torch.compile(backend="aot_eager")
    def f(x):
        return (x.sin() * 2).sum()

    y = f(leaf(1.0))
    drawing = graph.draw(y)
    assert [op.name for op in drawing.graph.ops] == ["compiled code"]
    assert "record() shows what is inside" in " ".join(drawing.notes)

"""Graphs read from autograd after the fact: what is shown, and that nothing is changed."""

import weakref

import pytest
import torch
from torch import nn

from coursekit import graph


def leaf(*numbers: float) -> torch.Tensor:
    return torch.tensor(numbers, requires_grad=True)


def test_gradients_of_everything_without_touching_grad():
    x = leaf(1.0, 2.0)
    h = x * 3
    y = (h**2).sum()
    drawing = graph.draw(y)
    grads = {v.name: v.grad for v in drawing.graph.values.values() if v.name}
    assert grads == {"x": [18.0, 36.0], "h": [6.0, 12.0], "y": 1.0}
    assert x.grad is None
    assert "no .grad was changed" in drawing.notes[0]
    y.backward()  # the graph is still whole
    assert x.grad.tolist() == [18.0, 36.0]


def test_values_come_from_variables_and_from_what_autograd_saved():
    x, c = leaf(1.0, 2.0), torch.tensor([5.0, 6.0])
    y = (x * c * 2).sum()
    table = graph.draw(y).table
    assert "[5 6]" in table
    assert "× 2," in table
    assert any(line.startswith("c ") for line in table.splitlines())


def test_freed_graph_says_what_is_gone_and_how_to_get_it():
    x = leaf(1.0, 2.0)
    h = x * 3
    y = (h**2).sum()
    y.backward()
    drawing = graph.draw(y)
    states = {v.name: v.grad_state for v in drawing.graph.values.values() if v.name}
    assert states == {"x": "known", "h": "freed", "y": "freed"}
    assert "record()" in drawing.notes[0]
    assert "not kept" in drawing.svg.replace("\u00a0", " ")


def test_retained_gradients_and_hooks_of_the_student_are_left_alone():
    x = leaf(1.0)
    h = x * 3
    h.retain_grad()
    calls = []
    h.register_hook(lambda grad: calls.append(grad))
    y = (h**2).sum()
    graph.draw(y)
    assert h.grad is None
    assert calls == []
    y.backward(retain_graph=True)
    first = h.grad.clone()
    graph.draw(y)
    assert torch.equal(h.grad, first)
    assert len(calls) == 1


def test_drawing_later_does_not_disturb_a_recording():
    x = leaf(2.0)
    with graph.record() as g:
        h = x * 3
    y = (h**2).sum()
    graph.draw(y)
    assert g.tape.graph().values[0].grad is None
    y.backward()
    grads = {v.name: v.grad for v in g.tape.graph().values.values()}
    assert grads["x"] == [36.0]
    assert grads["h"] == [12.0]


def test_not_a_single_number_has_no_gradients_and_says_so():
    drawing = graph.draw(leaf(1.0, 2.0) * 2)
    assert "one number" in drawing.notes[0]
    assert {v.grad_state for v in drawing.graph.values.values() if v.needs_grad} == {"waiting"}


def test_parameters_have_their_names():
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    assert "0.weight" in graph.draw(model(torch.ones(1, 2)).sum()).table


def test_details_say_what_is_kept_for_the_backward_pass():
    x, c = leaf(1.0, 2.0), torch.tensor([5.0, 6.0])
    y = (x * c).tanh().sum()
    kept = {op.name: op.saved for op in graph.draw(y, details=True).graph.ops}
    assert kept == {"×": "other 8 B", "tanh": "result 8 B", "sum": ""}
    assert "keeps result 8 B" in graph.draw(y, details=True).svg.replace("\u00a0", " ")
    assert "keeps" not in graph.draw(y).svg
    y.backward()
    assert "keeps" not in graph.draw(y, details=True).svg  # freed, and nothing is raised


def test_torch_without_facts_about_nodes_is_drawn_with_less(monkeypatch):
    """Older torch does not say the shape of a node's output: no shape, and nothing else lost."""
    from coursekit.graph import autograd

    def older(thing, name, *default):
        return default[0] if name == "_input_metadata" else getattr(thing, name, *default)

    monkeypatch.setattr(autograd, "getattr", older, raising=False)
    x = leaf(1.0, 2.0)
    drawing = graph.draw(((x * 3) ** 2).sum())
    assert "[18 36]" in drawing.table
    assert [v.shape for v in drawing.graph.values.values()].count(None) == 2
    assert "<svg" in drawing.svg


def test_custom_function_keeps_its_name_even_after_backward():
    from tests.graph.works import LogSoftmax

    x = leaf(1.0, 2.0)
    y = LogSoftmax.apply(x * 2)[0]
    y.backward()
    assert "LogSoftmax" in graph.draw(y).table


@pytest.mark.parametrize(
    ("func", "forward", "backward"),
    [
        (lambda x: 2**x, "y = 2 ** x = 8", "∇x = ∇y × y × log(2) = 5.55"),
        (lambda x: x**2, "y = x ** 2 = 9", "∇x = ∇y × 2 × x**(2 − 1) = 6"),
        (lambda x: 1 - x, "y = 1 − x = −2", "∇x = −∇y = −1"),
    ],
    ids=["2 ** x", "x ** 2", "1 - x"],
)
def test_number_and_tensor_keep_their_places_with_and_without_a_recording(func, forward, backward):
    x = torch.tensor(3.0, requires_grad=True)
    with graph.record():
        y = func(x)
    y.backward()
    recorded = graph.steps(y).captions
    assert (recorded[1], recorded[-1].split(": ")[1]) == (forward, backward)
    x.grad = None
    y = func(x)
    later = graph.steps(y).captions
    assert later[1].replace("no-grad input", "1") == forward  # autograd does not keep the 1
    assert later[-1].split(": ")[1] == backward


def test_arguments_without_which_an_operation_reads_as_another_are_read_from_autograd():
    x, z = leaf(1.0), torch.tensor([10.0])
    y, loss = torch.add(x, z, alpha=2), torch.nn.functional.mse_loss(x, z, reduction="sum")
    assert [op.attrs for op in graph.draw(y).graph.ops] == ["alpha=2"]
    assert [op.attrs for op in graph.draw(loss).graph.ops] == ["reduction=sum"]
    assert [op.attrs for op in graph.draw(x + z).graph.ops] == [""]


def test_scalar_leaf_shows_the_gradient_that_it_has():
    x = torch.tensor(3.0, requires_grad=True)
    (x * 2).backward()
    assert graph.draw(x).graph.values[0].grad == 2


def test_hooks_that_run_once_more_are_asked_for_and_make_no_warning(recwarn):
    model, calls = nn.Sequential(nn.Linear(2, 1)), []
    model[0].register_full_backward_hook(lambda *args: calls.append("hook"))
    loss = model(torch.ones(1, 2)).sum()
    graph.draw(loss, grads=False)
    assert calls == []
    graph.draw(loss)
    assert calls == ["hook"]  # torch has copied it into the graph, as draw's docstring says
    assert [str(w.message) for w in recwarn] == []


def test_variable_whose_object_is_gone_disturbs_nothing():
    class Thing:
        pass

    thing = Thing()
    gone = weakref.proxy(thing)
    del thing
    x = leaf(1.0)
    y = x * 2
    with graph.record():
        z = x * 3
    assert graph.draw(y).alt.startswith("Computation graph of y = [2], from x")
    assert graph.draw(z).alt.startswith("Computation graph of z = [3], from x")
    with pytest.raises(ReferenceError):
        _ = gone.x


def test_double_backward():
    x = leaf(2.0)
    y = (x**3).sum()
    (slope,) = torch.autograd.grad(y, x, create_graph=True)
    drawing = graph.draw(slope.sum())
    assert "**" in drawing.table
    assert x.grad is None


def test_several_outputs_in_a_list_and_a_dictionary():
    x = leaf(1.0)
    a, b = x * 2, x + 3
    for things in ([a, b], {"a": a, "b": b}, (a, [b])):
        drawing = graph.draw(things)
        assert len(drawing.graph.roots) == 2
        assert drawing.alt.startswith("Computation graph of a = [2] and b = [4], from x")


def test_long_chain_is_cut_without_recursion():
    x = leaf(1.0)
    for _ in range(10_000):
        x = x * 1.0001
    drawing = graph.draw(x, limit=40)
    assert len(drawing.placed.scene.boxes) <= 40
    assert "of 10,000 operations" in " ".join(drawing.notes)


def test_long_recorded_chain():
    with graph.record() as g:
        x = leaf(1.0)
        for _ in range(3000):
            x = x + 1
    x.backward()
    drawing = graph.draw(g, limit=30)
    assert len(drawing.placed.scene.boxes) <= 30
    assert "of 3,000 operations" in " ".join(drawing.notes)


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.ones(2, dtype=torch.complex64, requires_grad=True) * 1j,
        lambda: torch.ones(2, device="meta", requires_grad=True) * 2,
        lambda: torch.eye(3).to_sparse().requires_grad_() * 2,
        lambda: torch.ones(2, dtype=torch.float64, requires_grad=True) * 2,
        lambda: torch.ones(2, dtype=torch.bfloat16, requires_grad=True).sum(),
        lambda: torch.tensor(float("nan"), requires_grad=True) * 2,
        lambda: torch.ones(0, requires_grad=True) * 2,
    ],
    ids=["complex", "meta", "sparse", "float64", "bfloat16", "nan", "empty"],
)
def test_unusual_tensors_are_drawn(make):
    assert "<svg" in graph.draw(make()).svg
    with graph.record() as g:
        y = make()
    assert "<svg" in graph.draw(y).svg
    assert "<svg" in graph.draw(g, values=True).svg


def test_tensor_without_history_is_one_box_with_a_reason():
    drawing = graph.draw(torch.ones(2))
    assert len(drawing.placed.scene.boxes) == 1
    assert "requires_grad=True" in drawing.notes[0]
    assert "leaf" in graph.draw(leaf(1.0)).notes[0]


@pytest.mark.parametrize(
    ("things", "error", "words"),
    [
        ((), ValueError, "no tensor"),
        (((),), ValueError, "no tensor"),
        ((nn.Linear(2, 1),), TypeError, r"draw\(model\(xb\)\)"),
        ((3.5,), TypeError, "float 3.5"),
        ((leaf(1.0), "modules"), TypeError, r"by name: draw\(y, view='modules'\)"),
        ((leaf(1.0), 3.5), TypeError, "float 3.5"),
        ((leaf(1.0), graph.record()), TypeError, "A record is drawn without anything else"),
    ],
)
def test_nothing_to_draw(things, error, words):
    with pytest.raises(error, match=words):
        graph.draw(*things)


def test_bad_options_are_named():
    y = leaf(1.0) * 2
    with pytest.raises(ValueError, match="full, compact, modules"):
        graph.draw(y, view="wide")
    with pytest.raises(ValueError, match="'values', 'grads' or True"):
        graph.draw(y, predict="shapes")
    with pytest.raises(ValueError, match="limit=1"):
        graph.draw(y, limit=1)
    with pytest.raises(ValueError, match="depth=-1"):
        graph.draw(y, view="modules", depth=-1)
    with pytest.raises(TypeError, match="the name 'k' to int 3"):
        graph.draw(y, names={"k": 3})
    with pytest.raises(ValueError, match="Nothing was recorded"), graph.record() as g:
        graph.draw(g)
    with pytest.raises(ValueError, match=r"Cannot write '.gif'"):
        graph.draw(y).save("x.gif")

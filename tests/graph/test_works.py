"""The six works: what is drawn, what the gradients are, and whether it can be read on a slide."""

from pathlib import Path

import pytest
import torch

from coursekit import graph
from coursekit.graph.tensors import alive
from tests.graph.works import WORKS

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module", params=WORKS)
def work(request):
    """A work after its backward pass."""
    recording, root = WORKS[request.param]()
    root.backward()
    return request.param, recording, root


def structure(drawing: graph.Drawing) -> str:
    """What a picture contains, without numbers that differ between processors."""
    scene = drawing.placed.scene
    lines = [f"view {scene.view}"]
    for box in scene.boxes:
        words = [
            "".join(words for words, _ in line.spans)
            for line in box.lines
            if line.spans[0][1] in ("name", "op", "small")
        ]
        lines.append(f"{box.id} {box.kind}: {' | '.join(words)}")
    lines += [f"{arrow.tail} -> {arrow.head}" for arrow in scene.arrows]
    return "\n".join(lines) + "\n"


def test_picture_is_the_golden_one(work):
    name, _, root = work
    found = structure(graph.draw(root))
    assert found == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_automatic_view_can_be_read_from_the_last_row(work):
    assert graph.draw(work[2]).text_px >= 18


@pytest.mark.parametrize(
    ("name", "view"),
    [("square", "full"), ("quadratic", "full"), ("mlp", "compact"), ("softmax", "full"),
     ("cnn", "compact"), ("resnet18", "modules")],
)  # fmt: skip
def test_automatic_view(name, view):
    _, root = WORKS[name]()
    root.backward()
    assert graph.draw(root).view == view


@pytest.mark.parametrize("name", [n for n in WORKS if n != "resnet18"])
def test_gradients_are_those_that_autograd_retains(name):
    """Run the work, and compare each recorded gradient with `retain_grad` on the same tensors."""
    retained = {}
    apply = graph.record.__exit__

    recording, root = None, None

    def keep(self, *exc):  # just before the block ends, retain what its recorder has seen
        for ref, key, _ in self._recorder.seen.values():
            t = alive(ref)
            if t is not None and t.requires_grad:
                if t.grad_fn is not None:
                    t.retain_grad()
                retained[key] = t
        return apply(self, *exc)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph.record, "__exit__", keep)
        recording, root = WORKS[name]()
    root.backward()
    compared = 0
    drawn = recording.tape.graph().values
    for key, t in retained.items():
        if key in drawn and drawn[key].grad is not None:
            assert torch.equal(torch.tensor(drawn[key].grad), t.grad)
            compared += 1
        elif key in drawn:
            assert drawn[key].grad_state == "known"
    assert compared >= {"cnn": 1}.get(name, 2)


def test_contributions_add_up_to_the_gradient(work):
    _, recording, _ = work
    g = recording.tape.graph()
    for key, uses in g.uses().items():
        value = g.values[key]
        sent = [op.contributions[i] for op, i in uses]
        if value.needs_grad and value.grad is not None and sent and None not in sent:
            total = sum(torch.tensor(s) for s in sent)
            torch.testing.assert_close(total, torch.tensor(value.grad))


def test_value_used_three_times_shows_what_each_use_sends():
    recording, y = WORKS["quadratic"]()
    y.backward()
    g = recording.tape.graph()
    x = next(v for v in g.values.values() if v.name == "x")
    sent = [op.contributions[i] for op, i in g.uses()[x.key]]
    assert sent == [[0.0, 6.0, 12.0], [0.0, 2.0, 4.0], [1.0, 1.0, 1.0]]
    assert x.grad == [1.0, 9.0, 17.0]
    assert "+∇ [0 6 12]" in graph.draw(y).svg.replace("\u00a0", " ")


def test_recording_changes_nothing():
    """Loss, gradients, batch-norm statistics and random numbers: the same bit for bit."""
    from torch import nn

    def run(record: bool):
        torch.manual_seed(1)
        model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Linear(8, 2))
        xb = torch.randn(16, 6)
        if record:
            with graph.record():
                loss = model(xb).pow(2).mean()
            loss.backward()
            graph.draw(loss).html()
            graph.steps(loss).html()
        else:
            loss = model(xb).pow(2).mean()
            loss.backward()
        after = torch.rand(3)
        return [loss, after, *(p.grad for p in model.parameters()), *model.buffers()], model

    (plain, model), (recorded, _) = run(False), run(True)
    assert len(plain) == len(recorded) > 8
    assert all(torch.equal(a, b) for a, b in zip(plain, recorded, strict=True))
    assert model.training

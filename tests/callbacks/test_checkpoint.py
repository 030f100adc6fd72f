"""A checkpoint is whole or the one before, and a resumed run ends as if nothing had happened."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from coursekit.callbacks import (
    Checkpoint,
    EarlyStopping,
    History,
    Metrics,
    Schedule,
    Watch,
    load_checkpoint,
    warmup_cosine,
)
from coursekit.callbacks import checkpoint as module
from coursekit.callbacks.randomness import capture, generator_of, restore
from coursekit.errors import CourseError
from coursekit.recap import accuracy
from coursekit.recap.lesson_09 import SGD
from coursekit.recap.lesson_11 import Callback, fit
from tests.callbacks.runs import BATCHES, EPOCHS, Interrupt, loaders, net, same, train
from tests.tools.notebooks import ROOT


def guests():
    """Callbacks with a memory, and a schedule without one."""
    return [
        Metrics(accuracy=accuracy),
        History(),
        EarlyStopping(patience=99, restore=False),
        Watch(every=4),
        Schedule(warmup_cosine(0.1, EPOCHS * BATCHES)),
    ]


@pytest.mark.parametrize("step", [1, BATCHES, BATCHES + 1, 3 * BATCHES - 2, EPOCHS * BATCHES])
def test_resume_ends_with_the_same_bits(tmp_path, step):
    path = tmp_path / "deep" / "run.pt"
    uncut = guests()
    whole, metrics = train([*uncut, Checkpoint(tmp_path / "other.pt")])
    with pytest.raises(KeyboardInterrupt):
        train([*guests(), Interrupt(step), Checkpoint(path, resume=True)])
    resumed = guests()
    # another start, another state of every generator: all that counts must come from the file
    torch.manual_seed(123)
    model, again = train([*resumed, Checkpoint(path, resume=step > BATCHES)], seed=0)
    assert same(whole, model)
    assert again == metrics
    assert resumed[1].batches == uncut[1].batches
    assert resumed[1].epochs == uncut[1].epochs
    assert [s.step for s in resumed[3].weights["0.weight"]] == [
        s.step for s in uncut[3].weights["0.weight"]
    ]


def test_resume_does_not_depend_on_the_new_start(tmp_path):
    whole, _ = train([Checkpoint(tmp_path / "other.pt")])
    path = tmp_path / "run.pt"
    with pytest.raises(KeyboardInterrupt):
        train([Interrupt(step=2 * BATCHES + 3), Checkpoint(path)])
    model, _ = train([Checkpoint(path, resume=True)], seed=99)
    assert same(whole, model)


def test_a_finished_run_is_not_trained_again_but_can_be_prolonged(tmp_path, capsys):
    path, history = tmp_path / "run.pt", History()
    model, metrics = train([history, Checkpoint(path)], epochs=3)
    again, same_metrics = train([History(), Checkpoint(path, resume=True)], epochs=3, seed=1)
    assert same(model, again) and metrics == same_metrics
    longer, _ = train([History(), Checkpoint(path, resume=True)], epochs=EPOCHS)
    assert same(longer, train()[0])
    assert "resumed after epoch 3" in capsys.readouterr().out


def test_a_run_that_stopped_stays_stopped(tmp_path):
    path = tmp_path / "run.pt"

    class Stop(Callback):
        def on_epoch_end(self, run):
            run.stop = run.epoch == 2

    train([Stop(), Checkpoint(path)])
    history = History()
    with pytest.raises(CourseError, match="History"):
        train([history, Checkpoint(path, resume=True)])
    train([Checkpoint(path, resume=True)])
    assert load_checkpoint(path)["epoch"] == 2


def test_without_resume_a_run_starts_anew(tmp_path):
    path = tmp_path / "run.pt"
    train([Checkpoint(path)], epochs=4)
    train([Checkpoint(path)], epochs=1)
    assert load_checkpoint(path)["epoch"] == 1


def test_every_saves_rarely_and_the_last(tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr(module, "save_whole", lambda state, path: saved.append(state["epoch"]))
    train([Checkpoint(tmp_path / "run.pt", every=2)])
    assert saved == [2, 4, 5]


def test_interrupted_while_it_writes_the_one_before_stays(tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    train([Checkpoint(path)], epochs=2)
    before = path.read_bytes()

    def half(state, file):
        file.write(before[: len(before) // 2])
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(KeyboardInterrupt):
        train([Checkpoint(path)], epochs=1)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["run.pt"]


KILLED = """
import io, os, signal, sys
import torch
from pathlib import Path
from coursekit.callbacks import Checkpoint, History
from tests.callbacks.runs import train

save, calls = torch.save, []

def save_until_killed(state, file):
    calls.append(state["epoch"])
    if len(calls) < 3:
        return save(state, file)
    whole = io.BytesIO()
    save(state, whole)
    file.write(whole.getvalue()[: len(whole.getvalue()) // 2])
    file.flush()
    os._exit(137)  # what a killed kernel leaves: no finally, no clean-up

torch.save = save_until_killed
train([History(), Checkpoint(Path(sys.argv[1]))])
"""


def test_killed_while_it_writes_the_one_before_is_whole_and_resume_ends_the_same(tmp_path):
    path = tmp_path / "run.pt"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=ROOT, check=False)
    assert done.returncode == 137
    assert path.with_name("run.pt.tmp").exists(), "it was not in the middle of writing"
    assert load_checkpoint(path)["epoch"] == 2
    history = History()
    model, _ = train([history, Checkpoint(path, resume=True)])
    assert len(history.batches) == EPOCHS * BATCHES
    assert same(model, train()[0])
    assert [p.name for p in tmp_path.iterdir()] == ["run.pt"]


def test_a_file_from_a_stranger_cannot_run_code(tmp_path):
    class Evil:
        def __reduce__(self):
            return (Path(tmp_path / "owned").touch, ())

    path = tmp_path / "evil.pt"
    torch.save({"version": 1, "model": Evil()}, path)
    with pytest.raises(CourseError, match=r"evil\.pt is no checkpoint"):
        load_checkpoint(path)
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 half a zip"])
def test_what_is_no_checkpoint_is_said_in_a_sentence(tmp_path, content):
    path = tmp_path / "run.pt"
    path.write_bytes(content)
    with pytest.raises(CourseError, match="no checkpoint"):
        train([Checkpoint(path, resume=True)])


def test_other_files_of_torch_are_refused(tmp_path):
    torch.save(net().state_dict(), tmp_path / "weights.pt")
    with pytest.raises(CourseError, match="no checkpoint of this fit"):
        load_checkpoint(tmp_path / "weights.pt")
    with pytest.raises(CourseError, match=r"There is no checkpoint nowhere\.pt"):
        load_checkpoint(tmp_path / "nowhere.pt")


def test_another_model_or_list_of_callbacks_is_refused(tmp_path):
    path = tmp_path / "run.pt"
    train([Checkpoint(path)], epochs=1)
    model = nn.Linear(8, 3)
    opt = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(CourseError, match="another model"):
        fit(2, model, nn.CrossEntropyLoss(), opt, *loaders(), [Checkpoint(path, resume=True)])
    with pytest.raises(CourseError, match=r"callbacks \(none\); now there are History"):
        train([History(), Checkpoint(path, resume=True)])


def test_a_callback_with_a_memory_must_stand_before_it(tmp_path):
    with pytest.raises(CourseError, match="Put Checkpoint behind History"):
        train([Checkpoint(tmp_path / "run.pt"), History()])


def test_the_optimizer_of_lesson_09_has_no_state_and_needs_none(tmp_path):
    path, models = tmp_path / "run.pt", []
    for epochs, resume in ((4, False), (2, False), (4, True)):
        models.append(net())
        opt = SGD(models[-1].parameters(), 0.05)
        keep = Checkpoint(path, resume=resume)
        fit(epochs, models[-1], nn.CrossEntropyLoss(), opt, *loaders(), [keep])
    assert same(models[0], models[2])


def test_every_generator_comes_back(tmp_path):
    loader, _ = loaders()
    state = capture([loader])
    torch.save(state, tmp_path / "state.pt")

    def draws():
        order = torch.cat([yb for _, yb in loader]).tolist()
        return torch.rand(1).item(), np.random.rand(), random.random(), order  # noqa: NPY002

    first = draws()
    assert draws() != first
    restore(torch.load(tmp_path / "state.pt", weights_only=True), [loader])
    assert draws() == first


def test_the_generator_inside_a_wrapped_loader_is_found():
    class Wrapped:
        def __init__(self, dl):
            self.dl = dl

    loader, plain = loaders()
    assert generator_of(Wrapped(Wrapped(loader))) is loader.generator
    assert generator_of(Wrapped(plain)) is None
    assert generator_of([1, 2]) is None

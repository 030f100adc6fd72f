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
from torch.utils.data import BatchSampler, DataLoader, RandomSampler

from coursekit.callbacks import (
    Checkpoint,
    EarlyStopping,
    History,
    LivePlot,
    Metrics,
    Progress,
    Schedule,
    Watch,
    load_checkpoint,
    warmup_cosine,
)
from coursekit.callbacks import checkpoint as module
from coursekit.callbacks.randomness import capture, generators_of, restore
from coursekit.errors import CourseError
from coursekit.recap import accuracy
from coursekit.recap.lesson_09 import SGD, Adam, Momentum
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


def run_with(make, epochs, *guests):
    """Train a fresh net with an optimizer; return the net."""
    model = net()
    fit(epochs, model, nn.CrossEntropyLoss(), make(model.parameters(), 0.01), *loaders(), guests)
    return model


class Lazy(SGD):
    """Keeps what it needs from its first step on, and a list that is no list of tensors."""

    def step(self):
        if not hasattr(self, "velocities"):
            self.velocities, self.betas = [torch.zeros_like(p) for p in self.params], [0.5]
        with torch.no_grad():
            for p, v in zip(self.params, self.velocities, strict=True):
                p -= self.lr * v.mul_(self.betas[0]).add_(p.grad)


@pytest.mark.parametrize("make", [SGD, Momentum, Adam, Lazy])
def test_an_optimizer_without_state_dict_goes_on_too(tmp_path, make):
    path = tmp_path / "run.pt"
    uncut = run_with(make, 4)
    run_with(make, 2, Checkpoint(path))
    assert same(uncut, run_with(make, 4, Checkpoint(path, resume=True)))


def test_an_optimizer_that_cannot_be_kept_is_refused_before_the_run(tmp_path):
    class Own:
        def __init__(self, parameters, lr):
            self.parameters = list(parameters)

    with pytest.raises(CourseError, match=r"cannot keep Own: keep its parameters in a list self"):
        run_with(Own, 1, Checkpoint(tmp_path / "run.pt"))


MADE = {
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
    "torch SGD": lambda params, lr: torch.optim.SGD(params, lr, momentum=0.9),
    "SGD": SGD,
    "Momentum": Momentum,
}


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("Adam", "torch SGD"),
        ("Adam", "AdamW"),
        ("torch SGD", "SGD"),
        ("SGD", "torch SGD"),
        ("SGD", "Momentum"),
    ],
)
def test_another_optimizer_is_refused_before_anything_is_changed(tmp_path, then, now):
    path = tmp_path / "run.pt"
    run_with(MADE[then], 1, Checkpoint(path))
    model, untouched = net(5), net(5)
    opt = MADE[now](model.parameters(), 0.01)
    with pytest.raises(CourseError, match="another model or optimizer"):
        fit(2, model, nn.CrossEntropyLoss(), opt, *loaders(), [Checkpoint(path, resume=True)])
    assert same(model, untouched)


@pytest.mark.parametrize("make", [torch.optim.Adam, Momentum])
def test_other_parameters_are_refused_before_anything_is_changed(tmp_path, make):
    path = tmp_path / "run.pt"
    run_with(make, 1, Checkpoint(path))
    model, untouched = net(5), net(5)
    opt = make(model[0].parameters(), 0.5)
    with pytest.raises(CourseError, match="another model or optimizer"):
        fit(2, model, nn.CrossEntropyLoss(), opt, *loaders(), [Checkpoint(path, resume=True)])
    assert same(model, untouched)
    assert getattr(opt, "lr", None) == (0.5 if make is Momentum else None)


def test_numpys_numbers_are_kept_as_pythons(tmp_path):
    """What np.mean gives as a metric, np.cos as a rate, and a callback's state."""

    class Accuracy(Callback):
        def on_epoch_end(self, run):
            run.metrics["accuracy"] = np.mean([0.5, 0.75])

    path = tmp_path / "run.pt"
    stopper = EarlyStopping("accuracy", larger_is_better=True)
    guests = [Accuracy(), History(), stopper, Schedule(lambda step: np.cos(step / 100))]
    train([*guests, Checkpoint(path)], epochs=2)
    assert type(stopper.best) is np.float64, "this test must keep one"
    state = load_checkpoint(path)
    assert state["metrics"]["accuracy"] == 0.625
    assert dict(state["callbacks"])["History"]["epochs"]["accuracy"] == [0.625, 0.625]
    assert state["opt"][1]["param_groups"][0]["lr"] == np.cos(2 * BATCHES / 100)


def test_a_whole_file_that_cannot_be_read_is_not_called_a_part(tmp_path):
    class Own(Callback):
        def state_dict(self):
            return {"folder": Path("here")}

    path = tmp_path / "run.pt"
    train([Own(), Checkpoint(path)], epochs=1)
    with pytest.raises(CourseError, match=r"no tensor, number or text\. Look at what the callb"):
        load_checkpoint(path)


def test_a_folder_is_no_checkpoint(tmp_path):
    with pytest.raises(CourseError, match=f"{tmp_path.name} cannot be read"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize("make", [Checkpoint, Progress, Watch])
def test_every_is_one_or_more(make):
    path = ("run.pt",) if make is Checkpoint else ()
    with pytest.raises(ValueError, match="every must be 1 or more, not 0"):
        make(*path, every=0)


def test_a_resumed_run_stops_early_in_the_same_epoch(tmp_path):
    class Rising(Callback):
        def on_epoch_end(self, run):
            run.metrics["valid_loss"] = float(run.epoch)

    path = tmp_path / "run.pt"
    uncut, _ = train([Rising(), EarlyStopping(patience=2, restore=True)])
    guests = [Rising(), EarlyStopping(patience=2, restore=True), Interrupt(2 * BATCHES + 1)]
    with pytest.raises(KeyboardInterrupt):
        train([*guests, Checkpoint(path)])
    stopper = EarlyStopping(patience=2, restore=True)
    resumed, _ = train([Rising(), stopper, Checkpoint(path, resume=True)], seed=9)
    assert load_checkpoint(path)["epoch"] == 4
    assert (stopper.best, stopper.best_epoch) == (1.0, 1)
    assert same(uncut, resumed), "both end with the parameters of the first epoch"


def test_a_resumed_run_draws_the_whole_curve(tmp_path, capsys):
    path = tmp_path / "run.pt"
    train([LivePlot(), Checkpoint(path)], epochs=2)
    train([LivePlot(), Checkpoint(path, resume=True)], epochs=3)
    assert f"over 3 epochs: of {3 * BATCHES} batches" in capsys.readouterr().out


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
    assert generators_of(Wrapped(Wrapped(loader))) == [loader.generator]
    assert generators_of(Wrapped(plain)) == []
    assert generators_of([1, 2]) == []


def test_the_generators_of_samplers_are_found_beside_the_loaders_own():
    own, its = torch.Generator(), torch.Generator()
    sampler = RandomSampler(range(8), generator=its)
    batches = BatchSampler(sampler, 4, drop_last=False)
    assert generators_of(DataLoader(range(8), batch_sampler=batches)) == [its]
    loader = DataLoader(range(8), sampler=sampler, generator=own)
    assert generators_of(loader) == [own, its]

    state = capture([loader])
    first = torch.cat(list(loader)).tolist()
    assert torch.cat(list(loader)).tolist() != first
    restore(state, [loader])
    assert torch.cat(list(loader)).tolist() == first


def test_apples_generator_is_kept(monkeypatch):
    seeds = [torch.tensor([1]), torch.tensor([2])]
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "get_rng_state", lambda: seeds[0])
    monkeypatch.setattr(torch.mps, "set_rng_state", lambda new: seeds.append(new))
    restore(capture())
    assert seeds[2] is seeds[0]

"""The ready callbacks: none changes what is learned, each does its one job."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import types
from itertools import pairwise
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from coursekit import callbacks as ready
from coursekit.callbacks import optional
from coursekit.errors import CourseError
from coursekit.recap import accuracy
from coursekit.recap.lesson_09 import SGD
from coursekit.recap.lesson_11 import Callback, fit
from tests.callbacks.runs import BATCHES, EPOCHS, Interrupt, loaders, net, same, train


@pytest.fixture
def tools(monkeypatch):
    """Stand-ins for TensorBoard and W&B that write down what they are told."""
    told = SimpleNamespace(scalars=[], histograms=[], closed=0, init=None, logs=[], finished=0)

    class SummaryWriter:
        def __init__(self, folder, purge_step=None):
            told.folder, told.purge = folder, purge_step

        def add_scalar(self, name, value, step):
            told.scalars.append((name, value, step))

        def add_histogram(self, name, values, step):
            told.histograms.append(name)

        def flush(self):
            pass

        def close(self):
            told.closed += 1

    board = types.ModuleType("torch.utils.tensorboard")
    board.SummaryWriter = SummaryWriter
    run = SimpleNamespace(
        log=lambda row, step: told.logs.append((step, row)),
        watch=lambda model, **options: setattr(told, "watched", options),
        unwatch=lambda model: setattr(told, "unwatched", True),
        finish=lambda: setattr(told, "finished", told.finished + 1),
    )

    def init(**options):
        told.init = options
        return run

    wandb = types.ModuleType("wandb")
    wandb.init, wandb.Settings = init, lambda **options: options
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", board)
    monkeypatch.setitem(sys.modules, "tensorboard", types.ModuleType("tensorboard"))
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    return told


def everything(folder):
    return [
        ready.Metrics(accuracy=accuracy),
        ready.History(),
        ready.Progress(),
        ready.LivePlot(seconds=0.0),
        ready.Schedule(lambda step: 0.05),
        ready.EarlyStopping(patience=99),
        ready.Watch(every=1),
        ready.TensorBoard(folder / "runs", histograms=True),
        ready.WandB(folder=folder, watch=1),
        ready.Checkpoint(folder / "run.pt"),
    ]


def test_with_all_of_them_the_model_is_the_same_to_the_bit(tools, tmp_path):
    alone, metrics = train()
    random = torch.get_rng_state()
    accompanied, more = train(everything(tmp_path))
    assert same(alone, accompanied)
    assert metrics.items() <= more.items()
    assert torch.equal(random, torch.get_rng_state())


def test_an_interrupted_run_closes_every_log_and_bar(tools, tmp_path, capsys):
    guests = everything(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        train([*guests, Interrupt(step=8)])
    assert tools.closed == tools.finished == 1
    assert tools.unwatched
    assert guests[2].bar is None
    assert len(guests[1].batches) == 8
    assert "Losses over 1 epoch" in capsys.readouterr().out


# --- what is missing ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "package"),
    [(ready.TensorBoard, "tensorboard"), (ready.WandB, "wandb"), (ready.Progress, "tqdm")],
)
def test_a_missing_package_is_one_line_with_the_remedy(make, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(CourseError) as caught:
        make()
    (line,) = str(caught.value).splitlines()
    assert line.endswith(f"%pip install {package}")


def test_nothing_optional_is_imported_with_the_package():
    code = "import coursekit.callbacks, json, sys; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert not loaded & {"tensorboard", "wandb", "matplotlib", "IPython"}


def test_a_package_that_is_there_but_broken_is_not_called_missing(monkeypatch):
    def broken(name):
        raise ImportError("libsomething.so: no such file")

    monkeypatch.setattr(optional, "import_module", broken)
    with pytest.raises(ImportError, match="libsomething"):
        optional.need("wandb", "wandb", "Logging")


def test_a_package_that_misses_another_one_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "half_there.py").write_text("import no_such_module", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        optional.need("half_there", "half-there", "Logging")
    with pytest.raises(CourseError, match="%pip install no-such"):
        optional.need("no_such.part", "no-such", "Logging")


# --- one job each ---------------------------------------------------------------------------


def test_metrics_are_weighted_and_leave_the_mode():
    batch_a = torch.tensor([[5.0, 0.0]] * 4), torch.zeros(4, dtype=torch.int64)
    batch_b = torch.tensor([[5.0, 0.0]]), torch.ones(1, dtype=torch.int64)
    model = nn.Identity().train()
    run = SimpleNamespace(model=model, valid_dl=[batch_a, batch_b], metrics={})
    ready.Metrics(accuracy=accuracy).on_epoch_end(run)
    assert run.metrics["accuracy"] == pytest.approx(0.8)
    assert model.training


def test_history_shows_a_table_and_escapes():
    history = ready.History()
    assert "no epoch" in repr(history)
    history.epochs = {"train_loss": [1.0, 0.5], "<b>": [0.25]}
    assert repr(history).splitlines()[2].split() == ["2", "0.5000", "0.2500"]
    assert "&lt;b&gt;" in history._repr_html_() and "<b>" not in history._repr_html_()


def test_history_keeps_each_value_beside_its_epoch():
    model, history = net(), ready.History()
    opt = SGD(model.parameters(), 0.05)
    for guests in ([history], [ready.Metrics(accuracy=accuracy), history], [history]):
        fit(1, model, nn.CrossEntropyLoss(), opt, *loaders(), guests)
    assert [math.isnan(value) for value in history.epochs["accuracy"]] == [True, False, True]
    assert [len(values) for values in history.epochs.values()] == [3, 3, 3]
    _, *lines = repr(history).splitlines()
    assert [line.split()[-1] == "nan" for line in lines] == [True, False, True]


def test_what_is_not_a_loss_and_not_measured_is_in_no_picture_of_the_losses():
    from coursekit import plot

    history = ready.History()
    train([ready.Metrics(accuracy=accuracy), history], epochs=1)
    train([history], epochs=1)
    assert "nan" not in plot.training(history).alt


def test_progress_prints_every_nth_epoch_and_the_last(capsys):
    train([ready.Progress(every=2)])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["2/5", "4/5", "5/5"]


def test_progress_takes_loaders_without_a_length(capsys):
    class Endless:
        def __iter__(self):
            return iter([(torch.zeros(2, 8), torch.tensor([0, 1]))])

    model = nn.Linear(8, 3)
    opt = SGD(model.parameters(), 0.1)
    guests = [ready.Progress(), ready.LivePlot()]
    fit(1, model, nn.CrossEntropyLoss(), opt, Endless(), Endless(), guests)
    assert "epoch 1/1" in capsys.readouterr().out


@pytest.mark.parametrize("restore", [False, True])
def test_early_stopping_stops_and_restores(restore):
    class Losses(Callback):
        def on_epoch_end(self, run):
            run.metrics["valid_loss"] = [3.0, 1.0, math.nan, 2.0, 1.5, 0.5][run.epoch - 1]
            states.append({k: v.clone() for k, v in run.model.state_dict().items()})

    states = []
    stopper = ready.EarlyStopping(patience=2, restore=restore)
    model, _ = train([Losses(), stopper], epochs=6)
    assert (len(states), stopper.best, stopper.best_epoch) == (5, 1.0, 2)
    kept = states[1 if restore else 4]
    assert all(torch.equal(v, kept[k]) for k, v in model.state_dict().items())


def test_early_stopping_begins_anew_with_another_run():
    """A cell that is run again, without the one that makes the stopper."""
    stopper, history = ready.EarlyStopping(patience=0, restore=True), ready.History()
    first, _ = train([stopper])
    model = net(3)
    opt = torch.optim.SGD(model.parameters(), lr=0.0)
    fit(2, model, nn.CrossEntropyLoss(), opt, *loaders(), [stopper, history])
    assert len(history.batches) == 2 * BATCHES
    assert stopper.best == history.epochs["valid_loss"][stopper.best_epoch - 1]
    assert torch.equal(model[0].weight, net(3)[0].weight), "it has another run's parameters"
    assert not torch.equal(model[0].weight, first[0].weight)


def test_early_stopping_on_an_accuracy():
    stopper = ready.EarlyStopping("accuracy", patience=0, larger_is_better=True)
    run = SimpleNamespace(stop=False, epoch=1, metrics={"accuracy": 0.5})
    stopper.on_epoch_end(run)
    assert not run.stop
    stopper.on_epoch_end(run)
    assert run.stop and stopper.best == 0.5


def test_early_stopping_names_the_metrics_there_are():
    with pytest.raises(CourseError, match=r"'accuracy', but there are train_loss, valid_loss"):
        train([ready.EarlyStopping("accuracy")])


@pytest.mark.parametrize("make", [torch.optim.SGD, SGD])
def test_schedule_sets_the_rate_of_every_step(make):
    class Rates(Callback):
        def __init__(self):
            self.seen = []

        def on_epoch_begin(self, run):
            self.seen.append(getattr(run.opt, "lr", None) or run.opt.param_groups[0]["lr"])

    model, rates = net(), Rates()
    opt = make(model.parameters(), lr=9.0)
    guests = [ready.Schedule(lambda step: 1 / (10 + step)), rates]
    fit(3, model, nn.CrossEntropyLoss(), opt, *loaders(), guests)
    assert rates.seen == [1 / 10, 1 / (10 + BATCHES), 1 / (10 + 2 * BATCHES)]


def test_warmup_cosine_climbs_falls_and_stays_at_the_end():
    lr = ready.warmup_cosine(peak=1.0, steps=50, warmup=0.2)
    rates = [lr(step) for step in range(60)]
    assert rates[:10] == pytest.approx([0.1 * (i + 1) for i in range(10)])
    assert all(a >= b for a, b in pairwise(rates[9:]))
    assert max(rates) == 1.0 and rates[50:] == [0.0] * 10


@pytest.mark.parametrize("share", [-0.1, 2.0])
def test_warmup_is_a_share(share):
    with pytest.raises(ValueError, match=f"from 0 to 1, not {share}"):
        ready.warmup_cosine(1.0, 10, warmup=share)


def test_watch_takes_snapshots_with_the_zeros_counted():
    watch = ready.Watch(every=4)
    train([watch], epochs=2)
    steps = [s.step for s in watch.weights["0.weight"]]
    assert steps == [1, 5, 9]
    assert watch.gradients.keys() == watch.weights.keys()
    assert watch.weights["0.weight"][0].counts.sum() == 16 * 8
    assert "Distribution of the weights over steps 1 to 9." in watch.picture("weights").alt


LARGEST = [torch.finfo(torch.float32).max]


@pytest.mark.parametrize(
    "values", [[], [0.0], [math.nan], [1.0, math.inf], [2.5, 2.5], LARGEST, [-3e38, 3e38]]
)
def test_watch_survives_odd_tensors(values):
    from coursekit.callbacks.watch import snapshot

    shot = snapshot(1, torch.tensor(values))
    assert shot.low < shot.high
    assert shot.counts.sum() == sum(math.isfinite(v) for v in values)


def test_tensorboard_gets_every_batch_and_epoch(tools, tmp_path):
    train([ready.TensorBoard(tmp_path / "runs", histograms=True)])
    names = [name for name, _, _ in tools.scalars]
    assert names.count("batch/loss") == EPOCHS * BATCHES
    assert names.count("epoch/valid_loss") == EPOCHS
    assert tools.purge == 1
    assert {"weights/0.weight", "gradients/4.bias"} <= set(tools.histograms)


def test_tensorboard_that_cannot_count_does_not_end_the_run(tools, tmp_path, monkeypatch):
    def refuse(self, name, values, step):
        if name.startswith("weights"):
            raise ValueError("The histogram is empty, please file a bug report.")
        tools.histograms.append(name)

    board = sys.modules["torch.utils.tensorboard"]
    monkeypatch.setattr(board.SummaryWriter, "add_histogram", refuse)
    train([ready.TensorBoard(tmp_path, histograms=True)])
    assert tools.histograms.count("gradients/0.weight") == EPOCHS


def test_a_resumed_run_goes_on_in_the_logs(tools, tmp_path):
    path = tmp_path / "run.pt"
    loggers = [ready.TensorBoard(tmp_path), ready.WandB(folder=tmp_path)]
    train([*loggers, ready.Checkpoint(path)], epochs=2)
    train([*loggers, ready.Checkpoint(path, resume=True)])
    assert tools.purge == 2 * BATCHES + 1
    assert [step for step, row in tools.logs if "batch_loss" in row] == [
        *range(1, EPOCHS * BATCHES + 1)
    ]
    assert [step for step, row in tools.logs if "epoch" in row] == [
        BATCHES * epoch for epoch in range(1, EPOCHS + 1)
    ]
    assert (tools.closed, tools.finished) == (2, 2)


def test_no_log_is_left_open_when_a_callback_refuses_to_begin(tools, tmp_path):
    path = tmp_path / "run.pt"
    path.write_bytes(b"no checkpoint")
    loggers = [ready.TensorBoard(tmp_path), ready.WandB(folder=tmp_path)]
    with pytest.raises(CourseError, match="no checkpoint"):
        train([*loggers, ready.Checkpoint(path, resume=True)])
    assert tools.init is None and tools.finished == tools.closed == 0
    assert not hasattr(tools, "purge")


def test_wandb_is_offline_keeps_no_code_and_takes_a_config(tools, tmp_path):
    train([ready.WandB(folder=tmp_path, config={"lr": 0.05})])
    assert tools.init["mode"] == "offline"
    assert tools.init["save_code"] is False
    assert tools.init["config"] == {"epochs": EPOCHS, "optimizer": "SGD", "lr": 0.05}
    assert len(tools.logs) == EPOCHS * (BATCHES + 1)
    assert not hasattr(tools, "watched")


def test_wandb_is_online_only_when_asked_and_watches_both_kinds(tools, tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "online")
    train([ready.WandB(folder=tmp_path)], epochs=1)
    assert tools.init["mode"] == "offline"
    train([ready.WandB(folder=tmp_path, online=True, watch=7)], epochs=1)
    assert tools.init["mode"] == "online"
    assert tools.watched == {"log": "all", "log_freq": 7}


# --- the live plot --------------------------------------------------------------------------


def test_live_plot_draws_in_place_and_leaves_one_picture(monkeypatch):
    shown = []

    class Handle:
        def update(self, picture):
            shown[0] = picture

    def display(picture, display_id=None):
        assert display_id
        shown.append(picture)
        return Handle()

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr("coursekit.callbacks.live._in_notebook", lambda: True)
    live = ready.LivePlot(seconds=0.0)
    train([live], epochs=2)
    assert live.pictures > 1
    (picture,) = shown
    assert picture.alt.startswith(f"Losses over 2 epochs: of {2 * BATCHES} batches from ")


def test_live_plot_costs_a_fifth_of_the_time_at_most(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("coursekit.callbacks.live.time.monotonic", lambda: clock[0])
    monkeypatch.setattr("coursekit.callbacks.live._in_notebook", lambda: True)
    drawing = [0.0]

    def slow_picture(*args, **kwargs):
        clock[0] += 2.0
        drawing[0] += 2.0
        return "a picture"

    class Second(Callback):
        def on_batch_end(self, run):
            clock[0] += 0.5

    monkeypatch.setattr("coursekit.plot.training", slow_picture)
    monkeypatch.setattr(
        "IPython.display.display", lambda *a, **k: SimpleNamespace(update=lambda p: None)
    )
    train([ready.LivePlot(seconds=0.1), Second()], epochs=20)
    assert drawing[0] - 2.0 <= clock[0] / 5 + 2.0

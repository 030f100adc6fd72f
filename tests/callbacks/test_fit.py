"""What ``fit`` promises, whatever hangs onto it."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from coursekit.recap.lesson_09 import SGD
from coursekit.recap.lesson_10 import train_batches
from coursekit.recap.lesson_11 import Callback, History, fit, get_data, loss_batch, mean_loss
from tests.callbacks.runs import BATCHES, EPOCHS, Interrupt, datasets, loaders, net, same, train

LOSS = nn.CrossEntropyLoss()


def test_losses_are_those_of_lesson_10():
    data, history = DataLoader(datasets()[0], 8), History()
    one, other = (nn.Linear(8, 3) for _ in range(2))
    other.load_state_dict(one.state_dict())
    losses = train_batches(one, LOSS, SGD(one.parameters(), 0.1), data, epochs=4)
    fit(4, other, LOSS, SGD(other.parameters(), 0.1), data, data, [history])
    assert history.batches == losses
    assert same(one, other)


@pytest.mark.parametrize("mode", [True, False])
def test_validation_alters_nothing(mode):
    model, (_, valid_dl) = net().train(mode), loaders()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    mean_loss(model, LOSS, valid_dl)
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())
    assert model.training is mode


def test_validation_loss_does_not_depend_on_the_batch_size():
    model, (_, valid_ds) = net(), datasets()
    whole = mean_loss(model, LOSS, DataLoader(valid_ds, len(valid_ds)))
    for bs in (1, 2, 5, 12):
        assert mean_loss(model, LOSS, DataLoader(valid_ds, bs)) == pytest.approx(whole, abs=1e-6)


def test_train_loss_is_weighted_over_unequal_batches():
    class Sizes(Callback):
        def __init__(self):
            self.losses = []

        def on_batch_end(self, run):
            self.losses.append(run.loss)

    sizes = Sizes()
    _, metrics = train([sizes], epochs=1)
    weights = [8] * 5 + [4]
    wanted = sum(w * loss for w, loss in zip(weights, sizes.losses, strict=True)) / 44
    assert metrics["train_loss"] == pytest.approx(wanted)
    assert metrics["train_loss"] != pytest.approx(sum(sizes.losses) / len(sizes.losses), abs=1e-6)


@pytest.mark.parametrize("mode", [True, False])
@pytest.mark.parametrize("guest", [None, Interrupt(step=2), Interrupt(epoch=1)])
def test_the_mode_comes_back(mode, guest):
    model = net().train(mode)
    opt = torch.optim.SGD(model.parameters(), lr=0.1)
    try:
        fit(2, model, LOSS, opt, *loaders(), [guest] if guest else [])
    except KeyboardInterrupt:
        assert guest
    assert model.training is mode


def test_mode_in_an_epoch_and_gradients_after_a_step():
    class Look(Callback):
        def on_epoch_begin(self, run):
            assert run.model.training

        def on_batch_end(self, run):
            assert run.model.training
            assert all(p.grad is not None for p in run.model.parameters())

    train([Look()])


def test_moments_come_in_order():
    told = []

    class Tell(Callback):
        def __getattribute__(self, name):
            if name.startswith("on_"):
                told.append(name)
            return super().__getattribute__(name)

    train([Tell()], epochs=2)
    epoch = ["on_epoch_begin", *["on_batch_end"] * BATCHES, "on_epoch_end"]
    assert told == ["on_fit_begin", *epoch, *epoch, "on_fit_end"]


@pytest.mark.parametrize("step", [1, 7, 12])
def test_stop_ends_the_run_at_once(step):
    class Stop(Callback):
        def on_batch_end(self, run):
            run.stop = run.step == step

    history = History()
    train([Stop(), history])
    assert len(history.batches) == step


@pytest.mark.parametrize("step", [1, 8, EPOCHS * BATCHES])
def test_interrupted_it_leaves_a_usable_model_and_history(step):
    history = History()
    model = net()
    opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    with pytest.raises(KeyboardInterrupt):
        fit(EPOCHS, model, LOSS, opt, *loaders(), [history, Interrupt(step)])
    assert len(history.batches) == step
    assert len(history.epochs.get("valid_loss", [])) == (step - 1) // BATCHES
    assert all(p.isfinite().all() for p in model.parameters())
    again = fit(2, model, LOSS, opt, *loaders(), [history])  # and goes on
    assert again["valid_loss"] > 0
    assert len(history.batches) == step + 2 * BATCHES


def test_a_step_interrupted_before_it_was_taken_leaves_no_gradient_for_the_next():
    class Cut(SGD):
        def step(self):
            raise KeyboardInterrupt

    one, other = (nn.Linear(8, 3) for _ in range(2))
    other.load_state_dict(one.state_dict())
    xb, yb = datasets()[0][:8]
    with pytest.raises(KeyboardInterrupt):
        loss_batch(one, LOSS, xb, yb, Cut(one.parameters(), 0.1))
    for model in (one, other):
        loss_batch(model, LOSS, xb, yb, SGD(model.parameters(), 0.1))
    assert same(one, other)


def test_a_loader_that_is_used_up_is_refused():
    model = nn.Linear(8, 3)
    x, y = datasets()[0][:]
    once = zip(x.split(8), y.split(8), strict=True)
    with pytest.raises(ValueError, match="used up"):
        fit(2, model, LOSS, SGD(model.parameters(), 0.1), once, [(x, y)])


def test_get_data_shuffles_anew_and_the_same_in_every_run():
    orders = []
    for _ in range(2):
        train_dl, valid_dl = get_data(*datasets(), bs=8)
        orders.append([[xb for xb, _ in train_dl] for _ in range(2)])
    (first, second), (again, _) = orders
    assert all(map(torch.equal, first, again))
    assert not all(map(torch.equal, first, second))
    assert torch.equal(next(iter(valid_dl))[0], datasets()[1][:][0][:16])

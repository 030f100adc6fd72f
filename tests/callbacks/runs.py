"""Small training runs for the tests: shuffled, with dropout, so that every random number counts."""

from __future__ import annotations

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from coursekit.recap.lesson_11 import Callback, Run, fit, get_data

EPOCHS, BATCHES = 5, 6


def datasets() -> tuple[TensorDataset, TensorDataset]:
    """44 and 13 examples of 8 numbers in 3 classes: batches of 8 do not come out even."""
    generator = torch.Generator().manual_seed(1)
    x, y = torch.randn(57, 8, generator=generator), torch.arange(57) % 3
    return TensorDataset(x[:44], y[:44]), TensorDataset(x[44:], y[44:])


def loaders() -> tuple[DataLoader, DataLoader]:
    return get_data(*datasets(), bs=8)


def net(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 3))  # fmt: skip  # noqa: E501


def train(callbacks=(), epochs: int = EPOCHS, seed: int = 0, momentum: float = 0.9):
    """Train a fresh net on fresh loaders; return it with its metrics."""
    model = net(seed)
    opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=momentum)
    metrics = fit(epochs, model, nn.CrossEntropyLoss(), opt, *loaders(), callbacks)
    return model, metrics


def same(a: nn.Module, b: nn.Module) -> bool:
    """Whether two models agree in every bit of parameters and buffers."""
    one, other = a.state_dict(), b.state_dict()
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


class Interrupt(Callback):
    """Presses Ctrl-C after a step, or after an epoch's validation."""

    def __init__(self, step: int = 0, epoch: int = 0) -> None:
        self.step, self.epoch = step, epoch

    def on_batch_end(self, run: Run) -> None:
        if run.step == self.step:
            raise KeyboardInterrupt

    def on_epoch_end(self, run: Run) -> None:
        if run.epoch == self.epoch:
            raise KeyboardInterrupt

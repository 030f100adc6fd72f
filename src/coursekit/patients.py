"""Five training runs that went wrong, in sealed envelopes: lesson 11 shows their curves first.

A patient is a function that trains a model and returns what a doctor may examine. Its docstring
is the diagnosis. Everything is seeded; the caller's random generator is left alone.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import SGD, Adam, Optimizer
from torch.utils.data import DataLoader, TensorDataset

from coursekit.data import Digits
from coursekit.recap.lesson_11 import History, fit


class Patient(NamedTuple):
    """What can be examined: the losses, the model as it is now, and the batches it was fed."""

    history: History
    model: nn.Module
    train_dl: Iterable[tuple[Tensor, Tensor]]


def _net(hidden: int = 100) -> nn.Module:
    """A network with one hidden layer, for flat images and ten digits."""
    return nn.Sequential(nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, 10))


def _loader(x: Tensor, y: Tensor, bs: int = 64, shuffle: bool = True) -> DataLoader[Any]:
    generator = torch.Generator().manual_seed(0)
    return DataLoader(TensorDataset(x, y), bs, shuffle=shuffle, generator=generator)


def _train(
    model: nn.Module, opt: Optimizer, train_dl: DataLoader[Any], x: Tensor, y: Tensor, epochs: int
) -> Patient:
    history, valid_dl = History(), _loader(x, y, bs=128, shuffle=False)
    fit(epochs, model, cross_entropy, opt, train_dl, valid_dl, [history])
    return Patient(history, model, train_dl)


def _patient_a(data: Digits) -> Patient:
    """Underfitting: all that the net knows must pass through one number."""
    net = nn.Sequential(nn.Linear(784, 1), nn.Linear(1, 10))
    opt = SGD(net.parameters(), lr=0.05)
    train_dl = _loader(data.x_train, data.y_train)
    return _train(net, opt, train_dl, data.x_valid, data.y_valid, epochs=8)


def _patient_b(data: Digits) -> Patient:
    """Overfitting: 60 images, and a net that can learn them by heart."""
    net = _net(hidden=200)
    opt = Adam(net.parameters(), lr=0.01)
    train_dl = _loader(data.x_train[:60], data.y_train[:60], bs=20)
    return _train(net, opt, train_dl, data.x_valid, data.y_valid, epochs=30)


def _patient_c(data: Digits) -> Patient:
    """The learning rate is twenty times too high."""
    net = nn.Linear(784, 10)
    opt = SGD(net.parameters(), lr=5.0)
    train_dl = _loader(data.x_train, data.y_train)
    return _train(net, opt, train_dl, data.x_valid, data.y_valid, epochs=8)


def _patient_d(data: Digits) -> Patient:
    """The loader gives all zeros first, then all ones, and never shuffles."""
    net = nn.Linear(784, 10)
    opt = SGD(net.parameters(), lr=0.1)
    order = data.y_train.argsort(stable=True)
    train_dl = _loader(data.x_train[order], data.y_train[order], shuffle=False)
    return _train(net, opt, train_dl, data.x_valid, data.y_valid, epochs=8)


def _patient_e(data: Digits) -> Patient:
    """Dead ReLUs: pixels from 0 to 255, not to 1, and the first steps were far too long."""
    net = _net()
    opt = SGD(net.parameters(), lr=0.1)
    train_dl = _loader(255 * data.x_train, data.y_train)
    return _train(net, opt, train_dl, 255 * data.x_valid, data.y_valid, epochs=8)


_ENVELOPES: dict[str, Callable[[Digits], Patient]] = {
    "A": _patient_a,
    "B": _patient_b,
    "C": _patient_c,
    "D": _patient_d,
    "E": _patient_e,
}


def admit(data: Digits) -> dict[str, Patient]:
    """Train all five patients.

    Args:
        data: Images and labels, as ``load_digits`` returns them.

    Example:
        >>> from coursekit.data import load_digits
        >>> patients = admit(load_digits())
        digits: 1,437 training and 360 validation images (for MNIST: load_digits('mnist'))
        >>> list(patients)
        ['A', 'B', 'C', 'D', 'E']
    """
    patients = {}
    for letter, patient in _ENVELOPES.items():
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)  # not CUDA's, which nobody would restore
            patients[letter] = patient(data)
    return patients


def envelope(letter: str) -> None:
    """Print a patient's diagnosis and the code that made it ill.

    Raises:
        KeyError: There is no such patient.

    Example:
        >>> envelope("C")
        The learning rate is twenty times too high.
        <BLANKLINE>
        net = nn.Linear(784, 10)
        opt = SGD(net.parameters(), lr=5.0)
        train_dl = _loader(data.x_train, data.y_train)
    """
    if letter not in _ENVELOPES:
        raise KeyError(f"There is no patient {letter!r}; choose A to E.")
    patient = _ENVELOPES[letter]
    source = inspect.cleandoc(inspect.getsource(patient).split('"""')[2])
    print(inspect.getdoc(patient), "", *source.splitlines()[:-1], sep="\n")

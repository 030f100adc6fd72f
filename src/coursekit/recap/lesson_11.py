"""Lesson 11, fit, validate, log: one function that trains any model, and callbacks to watch it."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader, Dataset

from coursekit.recap.lesson_08 import LossFunc
from coursekit.recap.lesson_09 import SGD

#: What gives (xb, yb) pairs, anew in every epoch.
Loader = Iterable[tuple[Tensor, Tensor]]


def loss_batch(
    model: nn.Module,
    loss_func: LossFunc,
    xb: Tensor,
    yb: Tensor,
    opt: SGD | Optimizer | None = None,
) -> tuple[float, int]:
    """Return the loss of one batch and its size; with an optimizer, take one step.

    The gradients are zeroed before the backward pass, so that those of this batch can be looked at
    afterwards, and an interrupted step leaves nothing behind for the next one.

    Args:
        model: Maps xb to predictions.
        loss_func: Takes (preds, yb), returns the mean loss of the batch, a scalar tensor.
        xb: (n, ...) inputs.
        yb: (n, ...) targets.
        opt: Holds the model's parameters; None for data that must not train the model.

    Returns:
        The loss before the step, and n.

    Example:
        >>> model, xb, yb = nn.Linear(4, 4), torch.eye(4), torch.arange(4)
        >>> opt = SGD(model.parameters(), lr=1.0)
        >>> before, size = loss_batch(model, nn.CrossEntropyLoss(), xb, yb, opt)
        >>> after, size = loss_batch(model, nn.CrossEntropyLoss(), xb, yb)
        >>> after < before, size
        (True, 4)
    """
    loss = loss_func(model(xb), yb)
    if opt is not None:
        opt.zero_grad()
        loss.backward()
        opt.step()
    return loss.item(), len(xb)


def weighted_mean(results: Sequence[tuple[float, int]]) -> float:
    """Return the mean over examples from the means over batches: a small batch counts for less.

    Args:
        results: Pairs of a batch's mean and its size.

    Raises:
        ValueError: There is no batch, as in the second pass through a generator.

    Example:
        >>> weighted_mean([(1.0, 30), (2.0, 10)])
        1.25
    """
    if not results:
        raise ValueError("No batches: is the loader empty, or used up?")
    total = sum(loss * size for loss, size in results)
    return total / sum(size for _, size in results)


def mean_loss(model: nn.Module, loss_func: LossFunc, dl: Loader) -> float:
    """Return the mean loss over all examples of ``dl``, in evaluation mode, changing nothing.

    Args:
        model: Maps xb to predictions; its mode is as before afterwards.
        loss_func: Takes (preds, yb), returns the mean loss of the batch, a scalar tensor.
        dl: Gives (xb, yb) pairs.

    Raises:
        ValueError: ``dl`` gives no batch.

    Example:
        >>> model, x, y = nn.Linear(4, 4), torch.eye(4), torch.arange(4)
        >>> whole = mean_loss(model, nn.CrossEntropyLoss(), [(x, y)])
        >>> parts = mean_loss(model, nn.CrossEntropyLoss(), [(x[:3], y[:3]), (x[3:], y[3:])])
        >>> abs(whole - parts) < 1e-6
        True
    """
    mode = model.training
    model.eval()
    with torch.no_grad():
        results = [loss_batch(model, loss_func, xb, yb) for xb, yb in dl]
    model.train(mode)
    return weighted_mean(results)


def get_data(
    train_ds: Dataset[Any], valid_ds: Dataset[Any], bs: int, seed: int = 0
) -> tuple[DataLoader[Any], DataLoader[Any]]:
    """Return a loader that shuffles the training data and one that leaves the validation data be.

    Args:
        train_ds: Gives (x, y) pairs.
        valid_ds: Likewise, other examples.
        bs: Examples in a training batch; a validation batch has twice as many.
        seed: Of the generator that the training loader shuffles with, and nobody else uses.

    Example:
        >>> from torch.utils.data import TensorDataset
        >>> ds = TensorDataset(torch.arange(10), torch.arange(10))
        >>> train_dl, valid_dl = get_data(ds, ds, bs=4)
        >>> [len(xb) for xb, yb in train_dl], [len(xb) for xb, yb in valid_dl]
        ([4, 4, 2], [8, 2])
    """
    generator = torch.Generator().manual_seed(seed)
    train_dl = DataLoader(train_ds, batch_size=bs, shuffle=True, generator=generator)
    return train_dl, DataLoader(valid_ds, batch_size=2 * bs)


class Callback:
    """Called by :func:`fit` at five moments; each method does nothing until it is overridden.

    Every method gets the :class:`Run`: read what you need, set what you must.

    Example:
        >>> class Say(Callback):
        ...     def on_epoch_end(self, run):
        ...         print(run.epoch)
        >>> model, batch = nn.Linear(4, 4), (torch.eye(4), torch.arange(4))
        >>> opt = SGD(model.parameters(), lr=1.0)
        >>> _ = fit(2, model, nn.CrossEntropyLoss(), opt, [batch], [batch], [Say()])
        1
        2
    """

    def on_fit_begin(self, run: "Run") -> None:
        """Before the first epoch."""

    def on_epoch_begin(self, run: "Run") -> None:
        """Before the first batch of an epoch, the model in training mode."""

    def on_batch_end(self, run: "Run") -> None:
        """After a step; the gradients of the batch are still there."""

    def on_epoch_end(self, run: "Run") -> None:
        """After validation."""

    def on_fit_end(self, run: "Run") -> None:
        """At the end, also when the run was interrupted."""


class Run:
    """What is known about a training run, for callbacks to read and to set.

    Attributes:
        epochs: Epochs to train in all.
        model, loss_func, opt, train_dl, valid_dl, callbacks: As given to :func:`fit`.
        epoch: Epochs finished.
        step: Steps taken.
        loss: Loss of the last batch, measured before its step.
        metrics: Of the last finished epoch, by name: ``train_loss``, ``valid_loss``, and what
            callbacks add.
        stop: Set it to end the run after this batch or epoch.

    Example:
        >>> model, batch = nn.Linear(4, 4), (torch.eye(4), torch.arange(4))
        >>> opt = SGD(model.parameters(), lr=1.0)
        >>> run = Run(3, model, nn.CrossEntropyLoss(), opt, [batch], [batch])
        >>> run.epochs, run.epoch, run.step, run.metrics
        (3, 0, 0, {})
    """

    def __init__(
        self,
        epochs: int,
        model: nn.Module,
        loss_func: LossFunc,
        opt: SGD | Optimizer,
        train_dl: Loader,
        valid_dl: Loader,
        callbacks: Sequence[Callback] = (),
    ) -> None:
        self.epochs = epochs
        self.model, self.loss_func, self.opt = model, loss_func, opt
        self.train_dl, self.valid_dl = train_dl, valid_dl
        self.callbacks = callbacks
        self.epoch = self.step = 0
        self.loss = None
        self.metrics = {}
        self.stop = False

    def tell(self, hook: str) -> None:
        """Call the method ``hook`` of each callback, in the order of the list."""
        for callback in self.callbacks:
            getattr(callback, hook)(self)


def train_epoch(run: Run) -> float:
    """Train on each batch of ``run.train_dl`` once, unless a callback sets ``run.stop``.

    Returns:
        The mean of the losses, each measured before its step: of a model that kept changing.

    Raises:
        ValueError: The loader gives no batch.

    Example:
        >>> model, batch = nn.Linear(4, 4), (torch.eye(4), torch.arange(4))
        >>> opt = SGD(model.parameters(), lr=1.0)
        >>> run = Run(1, model, nn.CrossEntropyLoss(), opt, [batch, batch], [batch])
        >>> train_loss = train_epoch(run)
        >>> run.step, run.loss < train_loss
        (2, True)
    """
    run.model.train()
    run.tell("on_epoch_begin")
    results = []
    for xb, yb in run.train_dl:
        results.append(loss_batch(run.model, run.loss_func, xb, yb, run.opt))
        run.loss, _ = results[-1]
        run.step += 1
        run.tell("on_batch_end")
        if run.stop:
            break
    return weighted_mean(results)


def fit(
    epochs: int,
    model: nn.Module,
    loss_func: LossFunc,
    opt: SGD | Optimizer,
    train_dl: Loader,
    valid_dl: Loader,
    callbacks: Sequence[Callback] = (),
) -> dict[str, float]:
    """Train ``model`` and measure it on the validation data after each epoch.

    Interrupted by any exception, it tells the callbacks that it ends and passes the exception on;
    the model keeps what it has learned. The model is left in the mode in which it was given.

    Args:
        epochs: Passes through ``train_dl``.
        model: Maps xb to predictions.
        loss_func: Takes (preds, yb), returns the mean loss of the batch, a scalar tensor.
        opt: Holds the model's parameters; has ``step()`` and ``zero_grad()``.
        train_dl: Gives (xb, yb) pairs, anew in every epoch.
        valid_dl: Likewise; never trains the model.
        callbacks: Called at five moments, in the order of the list.

    Returns:
        The metrics of the last epoch: ``train_loss`` (running, over a model that keeps changing),
        ``valid_loss``, and what callbacks add.

    Raises:
        ValueError: A loader gives no batch.

    Example:
        >>> model, batch = nn.Linear(4, 4), (torch.eye(4), torch.arange(4))
        >>> opt, history = SGD(model.parameters(), lr=1.0), History()
        >>> metrics = fit(3, model, nn.CrossEntropyLoss(), opt, [batch], [batch], [history])
        >>> len(history.batches), metrics["valid_loss"] < history.batches[0]
        (3, True)
    """
    run = Run(epochs, model, loss_func, opt, train_dl, valid_dl, callbacks)
    mode = model.training
    run.tell("on_fit_begin")
    try:
        while run.epoch < run.epochs and not run.stop:
            train_loss = train_epoch(run)
            valid_loss = mean_loss(model, loss_func, valid_dl)
            run.epoch += 1
            run.metrics = {"train_loss": train_loss, "valid_loss": valid_loss}
            run.tell("on_epoch_end")
    finally:
        model.train(mode)
        run.tell("on_fit_end")
    return run.metrics


class History(Callback):
    """Keeps the loss of every batch and the metrics of every epoch.

    Attributes:
        batches: The loss of each batch, measured before its step.
        epochs: For each metric its values, one an epoch: ``epochs["valid_loss"]``.

    Example:
        >>> model, batch = nn.Linear(4, 4), (torch.eye(4), torch.arange(4))
        >>> history = History()
        >>> opt = SGD(model.parameters(), lr=1.0)
        >>> _ = fit(2, model, nn.CrossEntropyLoss(), opt, [batch] * 3, [batch], [history])
        >>> len(history.batches), {name: len(v) for name, v in history.epochs.items()}
        (6, {'train_loss': 2, 'valid_loss': 2})
    """

    def __init__(self) -> None:
        self.batches = []
        self.epochs = {}

    def on_batch_end(self, run: Run) -> None:
        """Keep the loss of the batch."""
        self.batches.append(run.loss)

    def on_epoch_end(self, run: Run) -> None:
        """Keep the metrics of the epoch."""
        for name, value in run.metrics.items():
            self.epochs.setdefault(name, []).append(value)

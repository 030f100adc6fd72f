"""Lesson 09, optim: optimizers, and a loop that leaves the step to one of them."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from coursekit.recap.lesson_08 import LossFunc


class SGD:
    """Stochastic gradient descent: ``p -= lr * p.grad`` for every parameter.

    Args:
        params: Leaf tensors; they are changed in place.
        lr: Learning rate.

    Example:
        >>> w = torch.tensor([1.0, -2.0], requires_grad=True)
        >>> opt = SGD([w], lr=0.5)
        >>> (w**2).sum().backward()
        >>> opt.step()
        >>> w.tolist(), opt.zero_grad(), w.grad
        ([0.0, 0.0], None, None)
    """

    def __init__(self, params: Iterable[Tensor], lr: float) -> None:
        self.params = list(params)
        self.lr = lr

    @torch.no_grad()
    def step(self) -> None:
        """Move every parameter that has a gradient against it."""
        for p in self.params:
            if p.grad is not None:
                p -= self.lr * p.grad

    def zero_grad(self) -> None:
        """Forget every gradient."""
        for p in self.params:
            p.grad = None


def train_opt(
    model: nn.Module,
    loss_func: LossFunc,
    opt: SGD | Optimizer,
    x: Tensor,
    y: Tensor,
    bs: int = 64,
    epochs: int = 5,
) -> list[float]:
    """Train ``model`` with ``opt``: predict, loss, backward, step, zero.

    Batches are taken in the order of the data, the same in every epoch.

    Args:
        model: Maps xb to predictions.
        loss_func: Takes (preds, yb), returns a scalar tensor.
        opt: Holds the model's parameters; has ``step()`` and ``zero_grad()``.
        x: (n, ...) inputs.
        y: (n, ...) targets.
        bs: Examples in a minibatch; the last one of an epoch may be smaller.
        epochs: Passes through the data.

    Returns:
        The loss of each minibatch, measured before its step.

    Example:
        >>> x, y = torch.eye(4), torch.arange(4)
        >>> model = nn.Linear(4, 4)
        >>> opt = SGD(model.parameters(), lr=1.0)
        >>> losses = train_opt(model, nn.CrossEntropyLoss(), opt, x, y, bs=2, epochs=3)
        >>> len(losses), losses[-1] < losses[0]
        (6, True)
    """
    history = []
    for _ in range(epochs):
        for xb, yb in zip(x.split(bs), y.split(bs)):
            preds = model(xb)
            loss = loss_func(preds, yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            history.append(loss.item())
    return history

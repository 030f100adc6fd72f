"""Lesson 10, Dataset and DataLoader: a loop that takes its minibatches as they come."""

from collections.abc import Iterable

from torch import Tensor, nn
from torch.optim import Optimizer

from coursekit.recap.lesson_08 import LossFunc
from coursekit.recap.lesson_09 import SGD


def train_batches(
    model: nn.Module,
    loss_func: LossFunc,
    opt: SGD | Optimizer,
    train_dl: Iterable[tuple[Tensor, Tensor]],
    epochs: int = 5,
) -> list[float]:
    """Train ``model`` on the minibatches of ``train_dl``: predict, loss, backward, step, zero.

    Args:
        model: Maps xb to predictions.
        loss_func: Takes (preds, yb), returns a scalar tensor.
        opt: Holds the model's parameters; has ``step()`` and ``zero_grad()``.
        train_dl: Gives (xb, yb) pairs, anew in every epoch; a generator would be empty in the
            second one.
        epochs: Passes through ``train_dl``.

    Returns:
        The loss of each minibatch, measured before its step.

    Example:
        >>> import torch
        >>> train_dl = [(torch.eye(4), torch.arange(4))]
        >>> model = nn.Linear(4, 4)
        >>> opt = SGD(model.parameters(), lr=1.0)
        >>> losses = train_batches(model, nn.CrossEntropyLoss(), opt, train_dl, epochs=3)
        >>> len(losses), losses[-1] < losses[0]
        (3, True)
    """
    history = []
    for _ in range(epochs):
        for xb, yb in train_dl:
            preds = model(xb)
            loss = loss_func(preds, yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            history.append(loss.item())
    return history

"""Lesson 08, nn.Module: the digit model as a module, and a loop that knows no tensor by name."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from coursekit.recap.lesson_07 import accuracy, init_params

#: A loss: (preds, yb) -> a scalar tensor.
LossFunc = Callable[[Tensor, Tensor], Tensor]


class Logistic(nn.Module):
    """Logistic regression on 784 pixels, from two parameters; starts where lesson 07 starts.

    Args:
        seed: Passed to :func:`coursekit.recap.init_params`.

    Example:
        >>> model = Logistic()
        >>> [name for name, p in model.named_parameters()]
        ['weights', 'bias']
        >>> tuple(model(torch.zeros(3, 784)).shape)
        (3, 10)
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        weights, bias = init_params(seed)
        self.weights = nn.Parameter(weights)
        self.bias = nn.Parameter(bias)

    def forward(self, xb: Tensor) -> Tensor:
        """Return (n, 10) logits for (n, 784) flat images."""
        return xb @ self.weights + self.bias


def linear_model(seed: int = 0) -> nn.Linear:
    """Return a linear layer from 784 pixels to 10 logits that starts where lesson 07 starts.

    ``nn.Linear`` stores its weight transposed, (10, 784), and computes ``xb @ weight.T + bias``.

    Args:
        seed: Passed to :func:`coursekit.recap.init_params`.

    Example:
        >>> model = linear_model()
        >>> tuple(model.weight.shape), tuple(model(torch.zeros(3, 784)).shape)
        ((10, 784), (3, 10))
    """
    weights, bias = init_params(seed)
    model = nn.Linear(784, 10)
    with torch.no_grad():
        model.weight.copy_(weights.T)
        model.bias.copy_(bias)
    return model


def train_module(
    model: nn.Module,
    loss_func: LossFunc,
    x: Tensor,
    y: Tensor,
    lr: float = 0.25,
    bs: int = 64,
    epochs: int = 5,
) -> list[float]:
    """Train every parameter of ``model`` in place: predict, loss, backward, step, zero.

    Batches are taken in the order of the data, the same in every epoch.

    Args:
        model: Maps xb to predictions.
        loss_func: Takes (preds, yb), returns a scalar tensor.
        x: (n, ...) inputs.
        y: (n, ...) targets.
        lr: Learning rate.
        bs: Examples in a minibatch; the last one of an epoch may be smaller.
        epochs: Passes through the data.

    Returns:
        The loss of each minibatch, measured before its step.

    Example:
        >>> x, y = torch.eye(784)[:20], torch.arange(20) % 10
        >>> losses = train_module(Logistic(), nn.CrossEntropyLoss(), x, y, lr=1.0, bs=10, epochs=2)
        >>> len(losses), losses[-1] < losses[0]
        (4, True)
    """
    history = []
    for _ in range(epochs):
        for xb, yb in zip(x.split(bs), y.split(bs)):
            preds = model(xb)
            loss = loss_func(preds, yb)
            loss.backward()
            with torch.no_grad():
                for p in model.parameters():
                    p -= lr * p.grad
            model.zero_grad()
            history.append(loss.item())
    return history


def validate(model: nn.Module, loss_func: LossFunc, x: Tensor, y: Tensor) -> tuple[float, float]:
    """Return loss and accuracy on ``x`` and ``y``, without recording gradients.

    Args:
        model: Maps x to (n, k) scores, one row per example.
        loss_func: Takes (preds, y), returns a scalar tensor.
        x: (n, ...) inputs.
        y: (n,) true classes.

    Returns:
        The loss and the accuracy between 0 and 1.

    Example:
        >>> x, y = torch.zeros(4, 784), torch.zeros(4).long()
        >>> loss, acc = validate(Logistic(), nn.CrossEntropyLoss(), x, y)
        >>> round(loss, 3), acc
        (2.303, 1.0)
    """
    with torch.no_grad():
        preds = model(x)
    return loss_func(preds, y).item(), accuracy(preds, y).item()

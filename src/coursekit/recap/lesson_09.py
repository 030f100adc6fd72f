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


class Momentum(SGD):
    """SGD with momentum: ``v = momentum * v + p.grad``, then ``p -= lr * v``.

    Equal to ``torch.optim.SGD(params, lr, momentum=momentum)``. With a constant gradient the
    velocity grows towards ``1 / (1 - momentum)`` gradients (B. T. Polyak, 1964).

    Args:
        params: Leaf tensors; they are changed in place.
        lr: Learning rate.
        momentum: The share of the velocity that each step keeps.

    Example:
        >>> w = torch.tensor([0.0], requires_grad=True)
        >>> opt = Momentum([w], lr=1.0)
        >>> for _ in range(2):
        ...     w.sum().backward()
        ...     opt.step()
        ...     opt.zero_grad()
        >>> round(w.item(), 4), round(opt.velocities[0].item(), 4)
        (-2.9, 1.9)
    """

    def __init__(self, params: Iterable[Tensor], lr: float, momentum: float = 0.9) -> None:
        super().__init__(params, lr)
        self.momentum = momentum
        self.velocities = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self) -> None:
        """Add the gradients to the velocities, and move every parameter against its velocity."""
        for p, v in zip(self.params, self.velocities):
            if p.grad is not None:
                v *= self.momentum
                v += p.grad
                p -= self.lr * v


def running_mean(mean: Tensor, new: Tensor, beta: float, steps: int) -> Tensor:
    """Move ``mean`` in place towards ``new``, and return it without its bias towards the start.

    ``mean`` starts at zero, so after ``steps`` values it holds only ``1 - beta**steps`` of their
    weight; dividing by that corrects it (Kingma and Ba, *Adam*, 2015, section 3).

    Args:
        mean: Any shape; changed in place.
        new: The next value, of the same shape.
        beta: The share of the mean that stays, from 0 up to, but not including, 1.
        steps: How many values there have been, this one included.

    Returns:
        The corrected mean, a new tensor.

    Example:
        >>> mean = torch.zeros(1)
        >>> running_mean(mean, torch.tensor([5.0]), beta=0.9, steps=1), mean
        (tensor([5.]), tensor([0.5000]))
    """
    mean += (1 - beta) * (new - mean)
    return mean / (1 - beta**steps)


class Adam(SGD):
    """Adam: a mean of the gradients, divided by the root of a mean of their squares.

    Equal to ``torch.optim.Adam(params, lr, betas)`` as long as every parameter has a gradient at
    every step: this class counts the steps of all parameters together, torch's those of each
    (Kingma and Ba, *Adam*, 2015).

    Args:
        params: Leaf tensors; they are changed in place.
        lr: Learning rate, and about the length of the first steps in every coordinate.
        betas: The share of the two means that each step keeps: gradients, squares.

    Example:
        >>> w = torch.tensor([0.0, 0.0], requires_grad=True)
        >>> opt = Adam([w], lr=0.1)
        >>> (w * torch.tensor([1.0, -1000.0])).sum().backward()
        >>> opt.step()
        >>> w
        tensor([-0.1000,  0.1000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
    ) -> None:
        super().__init__(params, lr)
        self.betas, self.steps = betas, 0
        self.means = [torch.zeros_like(p) for p in self.params]
        self.squares = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self) -> None:
        """Move every parameter by about ``lr``, against the mean of its gradients."""
        self.steps += 1
        for p, m, s in zip(self.params, self.means, self.squares):
            if p.grad is not None:
                mean = running_mean(m, p.grad, self.betas[0], self.steps)
                square = running_mean(s, p.grad**2, self.betas[1], self.steps)
                p -= self.lr * mean / (square.sqrt() + 1e-8)

"""Lesson 07, digits from scratch: a linear classifier and its training loop, from raw tensors."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

#: A model of this lesson: (xb, weights, bias) -> log-probabilities.
Model = Callable[[Tensor, Tensor, Tensor], Tensor]


def init_params(seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return random weights and a zero bias for 784 pixels and 10 digits, both leaves.

    Dividing by the square root of the number of inputs keeps the scores near 1
    (LeCun et al., *Efficient BackProp*, 1998). Seeds torch's global generator.

    Args:
        seed: The same seed gives the same weights.

    Returns:
        weights (784, 10) and bias (10,), both tracked by autograd.

    Example:
        >>> weights, bias = init_params()
        >>> tuple(weights.shape), weights.is_leaf
        ((784, 10), True)
    """
    torch.manual_seed(seed)
    weights = torch.randn(784, 10) / math.sqrt(784)
    bias = torch.zeros(10)
    return weights.requires_grad_(), bias.requires_grad_()


def log_softmax(x: Tensor) -> Tensor:
    """Return the logarithm of the softmax along the last axis, safe for large scores.

    Args:
        x: (..., k) scores.

    Returns:
        (..., k) log-probabilities: ``exp`` of each row adds up to 1.

    Example:
        >>> log_softmax(torch.tensor([100.0, 0.0, -5.0]))
        tensor([   0., -100., -105.])
    """
    x = x - x.max(dim=-1, keepdim=True).values
    return x - x.exp().sum(dim=-1, keepdim=True).log()


def model(xb: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    """Return the log-probabilities of the ten digits.

    Args:
        xb: (n, 784) flat images.
        weights: (784, 10).
        bias: (10,).

    Returns:
        (n, 10) log-probabilities.

    Example:
        >>> tuple(model(torch.zeros(3, 784), *init_params()).shape)
        (3, 10)
    """
    return log_softmax(xb @ weights + bias)


def nll(log_probs: Tensor, yb: Tensor) -> Tensor:
    """Return the negative log-likelihood: the mean surprise about the true classes, in nats.

    Args:
        log_probs: (n, k) log-probabilities.
        yb: (n,) true classes, int64.

    Returns:
        A scalar tensor.

    Example:
        >>> nll(torch.tensor([[0.5, 0.5]]).log(), torch.tensor([0]))
        tensor(0.6931)
    """
    return -log_probs[range(len(yb)), yb].mean()


def accuracy(preds: Tensor, yb: Tensor) -> Tensor:
    """Return the share of rows whose largest entry is at the true class.

    Args:
        preds: (n, k) scores, probabilities or their logarithms.
        yb: (n,) true classes.

    Returns:
        A scalar tensor between 0 and 1.

    Example:
        >>> accuracy(torch.tensor([[0.9, 0.1], [0.8, 0.2]]), torch.tensor([0, 1]))
        tensor(0.5000)
    """
    return (preds.argmax(dim=1) == yb).float().mean()


def train_raw(
    model: Model,
    weights: Tensor,
    bias: Tensor,
    x: Tensor,
    y: Tensor,
    lr: float = 0.25,
    bs: int = 64,
    epochs: int = 5,
) -> list[float]:
    """Train ``weights`` and ``bias`` in place: predict, loss, backward, step, zero.

    Batches are taken in the order of the data, the same in every epoch.

    Args:
        model: Takes (xb, weights, bias), returns log-probabilities (n, k).
        weights: (784, 10), a leaf that requires its gradient.
        bias: (10,), likewise.
        x: (n, 784) images.
        y: (n,) true classes.
        lr: Learning rate.
        bs: Images in a minibatch; the last one of an epoch may be smaller.
        epochs: Passes through the data.

    Returns:
        The loss of each minibatch, measured before its step.

    Example:
        >>> x, y = torch.eye(784)[:20], torch.arange(20) % 10
        >>> losses = train_raw(model, *init_params(), x, y, lr=1.0, bs=10, epochs=2)
        >>> len(losses), losses[-1] < losses[0]
        (4, True)
    """
    history = []
    for _ in range(epochs):
        for xb, yb in zip(x.split(bs), y.split(bs)):
            preds = model(xb, weights, bias)
            loss = nll(preds, yb)
            loss.backward()
            with torch.no_grad():
                for p in (weights, bias):
                    p -= lr * p.grad
                    p.grad.zero_()
            history.append(loss.item())
    return history


def evaluate(
    model: Model, weights: Tensor, bias: Tensor, x: Tensor, y: Tensor
) -> tuple[float, float]:
    """Return loss and accuracy on ``x`` and ``y``, without recording gradients.

    Args:
        model: Takes (x, weights, bias), returns log-probabilities (n, k).
        weights: (784, 10).
        bias: (10,).
        x: (n, 784) images.
        y: (n,) true classes.

    Returns:
        The mean loss in nats and the accuracy between 0 and 1.

    Example:
        >>> loss, acc = evaluate(model, *init_params(), torch.zeros(4, 784), torch.zeros(4).long())
        >>> round(loss, 3), acc
        (2.303, 1.0)
    """
    with torch.no_grad():
        preds = model(x, weights, bias)
    return nll(preds, y).item(), accuracy(preds, y).item()

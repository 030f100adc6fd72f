"""The six works on which graph tools were compared, smallest to largest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from coursekit import graph


def square() -> tuple[graph.record, torch.Tensor]:
    x = torch.tensor(2.0, requires_grad=True)
    with graph.record() as g:
        y = 3 * x**2
    return g, y


def quadratic() -> tuple[graph.record, torch.Tensor]:
    x = torch.tensor([1.0, 2.0, -1.0], requires_grad=True)
    A, b, c = torch.arange(9.0).reshape(3, 3), torch.ones(3), torch.tensor(2.0)
    with graph.record() as g:
        y = x @ A @ x + b @ x + c
    return g, y


def mlp() -> tuple[graph.record, torch.Tensor]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2))
    xb, yb = torch.randn(8, 4), torch.randn(8, 2)
    with graph.record() as g:
        preds = model(xb)
        loss = F.mse_loss(preds, yb)
    return g, loss


class LogSoftmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        out = x - x.logsumexp(-1, keepdim=True)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:
        (out,) = ctx.saved_tensors
        return grad - out.exp() * grad.sum(-1, keepdim=True)


def softmax() -> tuple[graph.record, torch.Tensor]:
    torch.manual_seed(0)
    xb, yb = torch.randn(8, 4), torch.arange(8) % 3
    W, b = torch.randn(4, 3, requires_grad=True), torch.zeros(3, requires_grad=True)
    with graph.record() as g:
        log_probs = LogSoftmax.apply(xb @ W + b)
        loss = -log_probs.gather(1, yb[:, None]).mean()
    return g, loss


class CNN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        sizes = ((1, 8), (8, 16), (16, 16))
        self.convs = nn.ModuleList([nn.Conv2d(i, o, 3, padding=1) for i, o in sizes])
        self.fc = nn.Linear(16, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for conv in self.convs:
            x = F.max_pool2d(F.relu(conv(x)), 2)
        return self.fc(x.flatten(1))


def cnn() -> tuple[graph.record, torch.Tensor]:
    torch.manual_seed(0)
    model, xb, yb = CNN(), torch.randn(4, 1, 8, 8), torch.arange(4)
    with graph.record() as g:
        loss = F.cross_entropy(model(xb), yb)
    return g, loss


def resnet18() -> tuple[graph.record, torch.Tensor]:
    from torchvision.models import resnet18 as make

    torch.manual_seed(0)
    model, xb, yb = make(), torch.randn(2, 3, 64, 64), torch.arange(2)
    with graph.record() as g:
        loss = F.cross_entropy(model(xb), yb)
    return g, loss


WORKS: dict[str, Callable[[], tuple[graph.record, torch.Tensor]]] = {
    "square": square,
    "quadratic": quadratic,
    "mlp": mlp,
    "softmax": softmax,
    "cnn": cnn,
    "resnet18": resnet18,
}

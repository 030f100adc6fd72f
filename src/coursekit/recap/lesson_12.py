"""Lesson 12, a convolutional network: windows that slide, layers from functions, and three nets."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def shift(x: Tensor, right: int, down: int = 0) -> Tensor:
    """Return images of 28 by 28 pixels, moved; what leaves the frame is lost, paper comes in.

    Args:
        x: (n, 784) flat images or (n, 1, 28, 28).
        right: Pixels to the right; negative ones to the left.
        down: Pixels down; negative ones up.

    Returns:
        A new tensor of the shape of ``x``.

    Example:
        >>> x = torch.zeros(1, 784)
        >>> x[0, 0] = 1.0
        >>> shift(x, right=2, down=1).argmax().item() == 28 + 2
        True
    """
    images = x.reshape(-1, 1, 28, 28)
    moved = F.pad(images, (right, -right, down, -down))
    return moved.reshape(x.shape)


def conv2d_by_hand(image: Tensor, kernel: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """Slide a window over an image; each answer is the weighted sum of the pixels under it.

    The kernel is not flipped: mathematicians call this a cross-correlation, torch a convolution.

    Args:
        image: (height, width).
        kernel: (k, k) weights.
        stride: Pixels from one place of the window to the next.
        padding: Zeros around the image, on each side.

    Returns:
        ((height + 2 * padding - k) // stride + 1, likewise for the width) answers.

    Example:
        >>> conv2d_by_hand(torch.ones(3, 3), torch.ones(2, 2))
        tensor([[4., 4.],
                [4., 4.]])
    """
    image = F.pad(image, [padding] * 4)
    k = len(kernel)
    rows = (image.shape[0] - k) // stride + 1
    cols = (image.shape[1] - k) // stride + 1
    answers = torch.zeros(rows, cols)
    for row in range(rows):
        for col in range(cols):
            top, left = row * stride, col * stride
            window = image[top : top + k, left : left + k]
            answers[row, col] = (window * kernel).sum()
    return answers


class CNN(nn.Module):
    """Three convolutions, each with a ReLU, and a mean over what is left of the image.

    The network of the lecture: 3,930 parameters. It wants flat images of 28 by 28 pixels, and its
    logits are never negative; see :func:`make_cnn` for a better one.

    Example:
        >>> model = CNN()
        >>> sum(p.numel() for p in model.parameters()), tuple(model(torch.zeros(3, 784)).shape)
        (3930, (3, 10))
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(16, 16, 3, stride=2, padding=1)
        self.conv3 = nn.Conv2d(16, 10, 3, stride=2, padding=1)

    def forward(self, xb: Tensor) -> Tensor:
        """Return (n, 10) logits for (n, 784) flat images."""
        xb = xb.view(-1, 1, 28, 28)
        xb = F.relu(self.conv1(xb))
        xb = F.relu(self.conv2(xb))
        xb = F.relu(self.conv3(xb))
        xb = F.avg_pool2d(xb, 4)
        return xb.view(-1, 10)


class Lambda(nn.Module):
    """A layer made from a function, without parameters.

    A model that holds a ``lambda`` cannot be pickled; its ``state_dict()`` can be saved.

    Args:
        func: Takes a tensor, returns a tensor.

    Example:
        >>> layer = Lambda(lambda x: x.view(-1, 1, 28, 28))
        >>> tuple(layer(torch.zeros(5, 784)).shape)
        (5, 1, 28, 28)
    """

    def __init__(self, func: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.func = func

    def forward(self, x: Tensor) -> Tensor:
        """Return ``func(x)``."""
        return self.func(x)


def to_images(xb: Tensor, yb: Tensor) -> tuple[Tensor, Tensor]:
    """Return flat images as (n, 1, 28, 28) images, and the labels as they are.

    Example:
        >>> xb, yb = to_images(torch.zeros(5, 784), torch.zeros(5))
        >>> tuple(xb.shape), tuple(yb.shape)
        ((5, 1, 28, 28), (5,))
    """
    return xb.view(-1, 1, 28, 28), yb


class WrappedDataLoader:
    """A loader whose batches go through a function first.

    A class, not a generator: each ``for`` starts a new iteration, so there is a second epoch.

    Args:
        dl: Gives batches, anew in every epoch.
        func: Takes what a batch holds, returns the new batch.

    Example:
        >>> dl = [(torch.zeros(64, 784), torch.zeros(64))] * 3
        >>> wrapped = WrappedDataLoader(dl, to_images)
        >>> len(wrapped), [tuple(xb.shape) for xb, yb in wrapped][0], len(list(wrapped))
        (3, (64, 1, 28, 28), 3)
    """

    def __init__(self, dl: Iterable[Any], func: Callable[..., Any]) -> None:
        self.dl = dl
        self.func = func

    def __len__(self) -> int:
        return len(self.dl)

    def __iter__(self) -> Iterator[Any]:
        for batch in self.dl:
            yield self.func(*batch)


def lecture_cnn() -> nn.Sequential:
    """Return the network of :class:`CNN` as a Sequential, for images of any size.

    From the same seed it starts with the same parameters as :class:`CNN`.

    Example:
        >>> model = lecture_cnn()
        >>> [tuple(model(torch.zeros(2, 1, side, side)).shape) for side in (20, 28, 64)]
        [(2, 10), (2, 10), (2, 10)]
    """
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 16, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 10, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )


def he_init(model: nn.Module) -> nn.Module:
    """Start every convolution so that signals keep their size behind a ReLU; changes ``model``.

    Kaiming He et al., *Delving Deep into Rectifiers*, 2015. Draws from torch's global generator.

    Args:
        model: Its ``Conv2d`` layers get new weights and a zero bias; all else stays.

    Returns:
        The same model.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> model = he_init(nn.Sequential(nn.Conv2d(16, 64, 3)))
        >>> abs(model[0].weight.std().item() - (2 / (16 * 9)) ** 0.5) < 0.01
        True
    """
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return model


def conv_block(n_in: int, n_out: int, stride: int) -> list[nn.Module]:
    """Return the layers of one block: convolution, BatchNorm, ReLU.

    Args:
        n_in: Maps that come in.
        n_out: Maps that go out.
        stride: Of the convolution; 2 halves height and width.

    Example:
        >>> block = nn.Sequential(*conv_block(1, 8, stride=2))
        >>> tuple(block(torch.zeros(5, 1, 28, 28)).shape)
        (5, 8, 14, 14)
    """
    return [
        nn.Conv2d(n_in, n_out, 3, stride, padding=1),
        nn.BatchNorm2d(n_out),
        nn.ReLU(),
    ]


def make_cnn(channels: Sequence[int] = (16, 32, 64), n_classes: int = 10) -> nn.Sequential:
    """Return a small CNN for grey images of any size: blocks that each halve height and width.

    Behind the blocks each map becomes its mean, and a linear layer weighs the means. Switch with
    ``train()`` and ``eval()``: it holds BatchNorm.

    Args:
        channels: Maps behind each block.
        n_classes: Logits.

    Returns:
        A model that maps (n, 1, height, width) images to (n, n_classes) logits.

    Example:
        >>> model, images = make_cnn(), torch.zeros(2, 1, 28, 28)
        >>> tuple(model(images).shape), sum(p.numel() for p in model.parameters())
        ((2, 10), 24170)
    """
    layers = []
    for n_in, n_out in zip((1, *channels), channels):
        layers += conv_block(n_in, n_out, stride=2)
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(channels[-1], n_classes))


def steady_cnn(n_classes: int = 10) -> nn.Sequential:
    """Return a CNN whose answers change little when the image is moved: it averages, then thins.

    No convolution has a stride; means over 2 by 2 pixels make the maps smaller instead (the idea
    of R. Zhang, *Making Convolutional Networks Shift-Invariant Again*, 2019).

    Args:
        n_classes: Logits.

    Returns:
        A model that maps (n, 1, height, width) images to (n, n_classes) logits.

    Example:
        >>> model, images = steady_cnn(), torch.zeros(2, 1, 28, 28)
        >>> tuple(model(images).shape), sum(p.numel() for p in model.parameters())
        ((2, 10), 14538)
    """
    return nn.Sequential(
        nn.AvgPool2d(2),
        *conv_block(1, 16, stride=1),
        nn.AvgPool2d(2),
        *conv_block(16, 32, stride=1),
        *conv_block(32, 32, stride=1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(32, n_classes),
    )

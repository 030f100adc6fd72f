"""Lesson 04, tensors: the shape of everything, at a glance."""

from torch import Tensor


def shapes(**tensors: Tensor) -> None:
    """Print the shape and the dtype of each tensor, one line for each name.

    Args:
        **tensors: Tensors or arrays of any shape, under the names to print.

    Example:
        >>> import torch
        >>> shapes(xb=torch.zeros(64, 784), yb=torch.arange(64))
              xb (64, 784)         torch.float32
              yb (64,)             torch.int64
    """
    for name, x in tensors.items():
        print(f"{name:>8} {tuple(x.shape)!s:17} {x.dtype}")

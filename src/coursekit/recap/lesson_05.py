"""Lesson 05, autograd: what a tensor remembers."""

from torch import Tensor


def operations(y: Tensor) -> list[str]:
    """Return the names of the operations that autograd has noted behind a tensor.

    Args:
        y: Any tensor; one without history, such as a leaf, gives an empty list.

    Returns:
        Autograd's names, each operation once, from ``y`` back to the leaves; ``AccumulateGrad``
        stands for a leaf that asks for its gradient.

    Example:
        >>> import torch
        >>> x = torch.tensor(2.0, requires_grad=True)
        >>> operations(3 * x**2)
        ['MulBackward0', 'PowBackward0', 'AccumulateGrad']
    """
    found, todo = [], [y.grad_fn]
    while todo:
        fn = todo.pop(0)
        if fn is not None and fn not in found:
            found.append(fn)
            todo += [parent for parent, _ in fn.next_functions]
    return [fn.name().split("::")[-1] for fn in found]

"""Lesson 02, broadcasting: the matrix product out of unit axes, a product and a sum."""

from numpy import ndarray


def matmul(a: ndarray, b: ndarray) -> ndarray:
    """Return the matrix product of two matrices, without a loop.

    All products ``a[i, k] * b[k, j]`` are made at once, in a block with axes (i, k, j), and then
    added up over k. The block is stored: ``a @ b`` is much faster and needs no room for it.
    An inner length of 1 is stretched here, where ``@`` would refuse.

    Args:
        a: (n, k) array or tensor.
        b: (k, m), likewise.

    Returns:
        (n, m): equal to ``a @ b`` up to rounding.

    Raises:
        ValueError: The inner lengths differ and neither is 1 (a RuntimeError for tensors).

    Example:
        >>> import numpy as np
        >>> matmul(np.array([[1, 2, 3]]), np.array([[10], [20], [30]]))
        array([[140]])
    """
    return (a[:, :, None] * b[None]).sum(axis=1)

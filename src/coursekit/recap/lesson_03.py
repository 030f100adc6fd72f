"""Lesson 03, SGD in NumPy: minibatches, the step, and a two-layer net with its backward pass.

A net is a list of its parameters, ``[w1, b1, w2, b2]``; all arrays are float64.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def mse(preds: Array, yb: Array) -> np.float64:
    """Return the mean squared error. Give both the same shape, or they broadcast.

    Args:
        preds: Predictions.
        yb: Targets.

    Example:
        >>> print(mse(np.array([[1.0], [3.0]]), np.array([[1.0], [1.0]])))
        2.0
    """
    return ((preds - yb) ** 2).mean()


def batches(
    x: Array, y: Array, bs: int, rng: np.random.Generator | None = None
) -> Iterator[tuple[Array, Array]]:
    """Go once through the data in minibatches; the last one may be smaller.

    Args:
        x: (n, ...) inputs.
        y: (n, ...) targets, in the same order.
        bs: Examples in a minibatch.
        rng: Shuffles the examples, ``x`` and ``y`` alike; without it they come as they are stored.

    Yields:
        A minibatch of each, (bs, ...).

    Example:
        >>> x = np.arange(5)
        >>> [xb.tolist() for xb, yb in batches(x, 10 * x, bs=2)]
        [[0, 1], [2, 3], [4]]
    """
    n = len(x)
    order = np.arange(n) if rng is None else rng.permutation(n)
    for start in range(0, n, bs):
        chosen = order[start : start + bs]
        yield x[chosen], y[chosen]


def init_tanh_net(n_hidden: int, rng: np.random.Generator) -> list[Array]:
    """Return random parameters for one input, ``n_hidden`` tanh units and one output.

    First-layer weights and biases are about as large as the inputs' range of -1 to 1 asks for, so
    that the units bend at different places; the second layer keeps the outputs near 1.

    Args:
        n_hidden: Number of hidden units, k.
        rng: Source of random numbers.

    Returns:
        ``[w1, b1, w2, b2]`` of shapes (1, k), (k,), (k, 1) and (1,).

    Example:
        >>> [p.shape for p in init_tanh_net(4, np.random.default_rng(0))]
        [(1, 4), (4,), (4, 1), (1,)]
    """
    w1 = 2 * rng.normal(size=(1, n_hidden))
    b1 = rng.normal(size=n_hidden)
    w2 = rng.normal(size=(n_hidden, 1)) / np.sqrt(n_hidden)
    return [w1, b1, w2, np.zeros(1)]


def tanh_net(params: Sequence[Array], xb: Array) -> tuple[Array, Array]:
    """Return what the net predicts, and its hidden values, which the backward pass needs.

    Args:
        params: ``[w1, b1, w2, b2]`` as :func:`init_tanh_net` makes them.
        xb: (n, 1) inputs.

    Returns:
        Predictions (n, 1) and hidden values (n, k).

    Example:
        >>> preds, h = tanh_net(init_tanh_net(4, np.random.default_rng(0)), np.zeros((3, 1)))
        >>> preds.shape, h.shape
        ((3, 1), (3, 4))
    """
    w1, b1, w2, b2 = params
    h = np.tanh(xb @ w1 + b1)
    return h @ w2 + b2, h


def tanh_net_grads(params: Sequence[Array], xb: Array, yb: Array) -> list[Array]:
    """Return the gradient of the mean squared error in each parameter, worked out by hand.

    The chain rule from the loss back to the first layer (Rumelhart, Hinton and Williams, *Nature*,
    1986).

    Args:
        params: ``[w1, b1, w2, b2]``.
        xb: (n, 1) inputs.
        yb: (n, 1) targets.

    Returns:
        ``[dw1, db1, dw2, db2]``, each of its parameter's shape.

    Example:
        >>> params = init_tanh_net(4, np.random.default_rng(0))
        >>> [g.shape for g in tanh_net_grads(params, np.ones((3, 1)), np.ones((3, 1)))]
        [(1, 4), (4,), (4, 1), (1,)]
    """
    w2 = params[2]
    preds, h = tanh_net(params, xb)
    dpreds = 2 * (preds - yb) / len(xb)
    dh = dpreds @ w2.T
    dz = dh * (1 - h**2)  # the derivative of tanh
    dw1, db1 = xb.T @ dz, dz.sum(axis=0)
    dw2, db2 = h.T @ dpreds, dpreds.sum(axis=0)
    return [dw1, db1, dw2, db2]


def sgd_step(params: Sequence[Array], grads: Sequence[Array], lr: float) -> None:
    """Take one step of gradient descent: change each parameter in place.

    Args:
        params: Float arrays.
        grads: Their gradients, of the same shapes.
        lr: Learning rate.

    Example:
        >>> w = np.array([4.0])
        >>> sgd_step([w], [2 * w], lr=0.25)
        >>> w
        array([2.])
    """
    for p, g in zip(params, grads):
        p -= lr * g

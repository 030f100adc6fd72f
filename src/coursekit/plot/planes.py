"""Decision regions: which class a classifier gives to each point of a plane."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import ListedColormap

from coursekit.palette import BLACK, BLUE, GREEN, ORANGE
from coursekit.plot.picture import Picture, drawn, new_axes, to_numpy

SIDE = 400  # points along each side of the plane that are asked for their class
COLOURS = (BLUE, ORANGE, GREEN)
MARKERS = ("o", "^", "s")
HATCHES = ("", "///", "...")  # told apart in grey, and by readers who see no colours


@drawn
def regions(
    x: Any,
    y: Any,
    predict: Callable[[Any], Any] | None = None,
    *,
    classes: Sequence[str] = ("0", "1"),
    xlabel: str = "first feature",
    ylabel: str = "second feature",
) -> Picture:
    """Draw points of up to three classes, and the region in which each class is predicted.

    A point on the wrong side has a black ring.

    Args:
        x: (n, 2) features, a tensor or an array.
        y: (n,) true classes, 0, 1 or 2.
        predict: Takes features (m, 2) of the kind and dtype of ``x``, returns m classes. Without
            it, only the points are drawn.
        classes: Names of the classes 0, 1 and so on.
        xlabel: What the first column of ``x`` is.
        ylabel: What the second column of ``x`` is.

    Raises:
        ValueError: ``x`` has not two columns, ``y`` or the predictions have another length, the
            predictions are no whole numbers, or there is a class without a name or more than three.

    Example:
        >>> x = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 1.0]])
        >>> regions(x, [0, 1, 1], lambda p: p[:, 0] > 1.5, classes=("left", "right"))
        Decision regions over first feature and second feature, 3 points: left 1 of 1 right, \
right 1 of 2 right.
    """
    points, truth = to_numpy(x), to_numpy(y).astype(int)
    _check(points, truth, len(classes))
    figure, ax = new_axes(8.0, 3.4)
    low, high = points.min(axis=0) - 0.5, points.max(axis=0) + 0.5
    said = truth
    if predict is not None:
        said = _ask(predict, x, points, len(classes))
        _draw_plane(ax, lambda grid: _ask(predict, x, grid, len(classes)), low, high, len(classes))
    told = []
    for k, name in enumerate(classes):
        own = truth == k
        ax.plot(
            *points[own].T, MARKERS[k], color=COLOURS[k], ms=7, mec="white", mew=0.8, label=name
        )
        right = int((said[own] == k).sum())
        told.append(f"{name} {right} of {own.sum()} right" if predict else f"{own.sum()} {name}")
    wrong = points[said != truth]
    if len(wrong):
        ax.plot(*wrong.T, "o", ms=13, mfc="none", mec=BLACK, mew=1.8, label="mistake")
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel=xlabel, ylabel=ylabel)
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    kind = "Decision regions" if predict else "Points"
    alt = f"{kind} over {xlabel} and {ylabel}, {len(points)} points: {', '.join(told)}."
    return Picture(figure, alt)


def _check(points: np.ndarray, truth: np.ndarray, n_classes: int) -> None:
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise ValueError(f"x has shape {points.shape}: a plane needs points of shape (n, 2).")
    if truth.shape != (len(points),):
        raise ValueError(f"{len(points)} points but y has shape {truth.shape}: give (n,) classes.")
    if not 1 <= n_classes <= len(COLOURS):
        raise ValueError(f"{n_classes} classes were named; 1 to {len(COLOURS)} can be drawn.")
    if truth.min() < 0 or truth.max() >= n_classes:
        raise ValueError(
            f"y runs from {truth.min()} to {truth.max()}, but {n_classes} classes have names."
        )


def _ask(predict: Callable[[Any], Any], x: Any, points: np.ndarray, n_classes: int) -> np.ndarray:
    """Return the classes predicted at ``points``, handed over in the kind and dtype of ``x``."""
    asked = x.new_tensor(points) if hasattr(x, "new_tensor") else points.astype(to_numpy(x).dtype)
    given = to_numpy(predict(asked))
    said = given.astype(int)
    if said.shape != (len(points),):
        raise ValueError(
            f"predict returned shape {said.shape} for {len(points)} points: one class for each."
        )
    if (said != given).any():
        example = given[said != given][0]
        raise ValueError(
            f"predict returned fractions, such as {example:.3g}: give classes, not probabilities."
        )
    if said.min() < 0 or said.max() >= n_classes:
        raise ValueError(
            f"predict returned classes from {said.min()} to {said.max()}; only 0 to "
            f"{n_classes - 1} exist."
        )
    return said


def _draw_plane(
    ax: Any,
    classify: Callable[[np.ndarray], np.ndarray],
    low: np.ndarray,
    high: np.ndarray,
    n_classes: int,
) -> None:
    """Shade each class's region, lightly, with a hatching of its own and a line between them."""
    across, up = (np.linspace(low[i], high[i], SIDE) for i in (0, 1))
    grid = np.stack(np.meshgrid(across, up), axis=-1)
    plane = classify(grid.reshape(-1, 2)).reshape(SIDE, SIDE)
    levels = np.arange(n_classes + 1) - 0.5
    # matplotlib 3.8 takes two colours in a tuple for one
    colours = ListedColormap(list(COLOURS[:n_classes]))
    ax.contourf(
        across, up, plane, levels=levels, cmap=colours, alpha=0.15, hatches=HATCHES[:n_classes]
    )
    if plane.min() < plane.max():
        ax.contour(across, up, plane, levels=levels[1:-1], colors=BLACK, linewidths=1.5)

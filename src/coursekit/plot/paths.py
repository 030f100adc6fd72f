"""Ways down a surface: the steps of one or several optimizers over the contours of a loss."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from coursekit.palette import BLUE, GREY, ORANGE
from coursekit.plot.picture import Picture, drawn, to_numpy

SIDE = 120  # points along each side of the grid on which the loss is asked
LEVELS = 9  # contours between the lowest and the highest loss


@drawn
def paths(
    loss: Callable[[Any], Any],
    routes: Mapping[str, Any],
    *,
    low: tuple[float, float] = (-5.0, -2.0),
    high: tuple[float, float] = (5.0, 2.0),
    names: tuple[str, str] = ("w0", "w1"),
) -> Picture:
    """Draw each optimizer's steps over the contours of a loss of two parameters, one panel each.

    A ring marks the start, a diamond the end, a cross the lowest point of the grid. Contours lie
    closer together near the bottom than the loss would have it, so that the bottom has some too.

    Args:
        loss: Takes positions (2, ...), returns losses (...).
        routes: Titles and positions (n, 2), one row a step and the start first.
        low: Left and lower end of the axes.
        high: Right and upper end of the axes.
        names: Names of the two parameters.

    Raises:
        ValueError: There is no route, one is not of shape (n, 2), or ``low`` is not below ``high``.

    Example:
        >>> bowl = lambda w: w[0] ** 2 + 9 * w[1] ** 2
        >>> paths(bowl, {"SGD": [(4, 1), (3.2, -0.8), (2.6, 0.6)]})
        Steps over the contours of a loss of w0 and w1: SGD, 2 steps from (4.00, 1.00) to \
(2.60, 0.60), loss 25 to 10, turning round 0 times in w0 and 1 time in w1.
    """
    if not routes:
        raise ValueError("There is nothing to draw: the mapping of routes is empty.")
    if not (low[0] < high[0] and low[1] < high[1]):
        raise ValueError(f"The axes would run from {low} to {high}: low must be below high.")
    walks = {str(title): _walk(title, steps) for title, steps in routes.items()}
    across, up = (np.linspace(low[i], high[i], SIDE) for i in (0, 1))
    heights = to_numpy(loss(np.stack(np.meshgrid(across, up)))).astype(float)
    figure = Figure(figsize=(max(5.0, min(11.0, 3.7 * len(walks))), 3.3))
    panels = figure.subplots(1, len(walks), sharex=True, sharey=True, squeeze=False)[0]
    stories = []
    for ax, (title, walk) in zip(panels, walks.items(), strict=True):
        _draw_surface(ax, across, up, heights)
        _draw_walk(ax, walk)
        losses = to_numpy(loss(walk.T)).astype(float)
        ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel=names[0])
        ax.set_title(f"{title}\nloss {_short(losses[-1])}")
        stories.append(_story(title, walk, losses, names))
    panels[0].set_ylabel(names[1])
    alt = f"Steps over the contours of a loss of {names[0]} and {names[1]}: {'; '.join(stories)}."
    return Picture(figure, alt)


def _walk(title: Any, steps: Any) -> NDArray[Any]:
    """Return a route as an array (n, 2), whether it is a tensor, an array or a list of those."""
    walk = to_numpy(steps).astype(float)
    if walk.ndim != 2 or walk.shape[1] != 2 or len(walk) == 0:
        raise ValueError(f"The route {title!r} has shape {walk.shape}: give (n, 2), a row a step.")
    return walk


def _draw_surface(ax: Axes, across: NDArray[Any], up: NDArray[Any], heights: NDArray[Any]) -> None:
    bottom, top = heights.min(), heights.max()
    levels = bottom + (top - bottom) * np.linspace(0, 1, LEVELS + 1)[1:] ** 2.5
    ax.contour(across, up, heights, levels=levels, colors=GREY, linewidths=0.9, linestyles="-")
    row, column = np.unravel_index(heights.argmin(), heights.shape)
    ax.plot(across[column], up[row], "x", color=BLUE, ms=11, mew=3)


def _draw_walk(ax: Axes, walk: NDArray[Any]) -> None:
    """Draw the steps; start and end differ in shape and filling, not in colour alone."""
    ax.plot(*walk.T, color=ORANGE, lw=1.6, ls="-", marker="o", ms=3.6)
    ax.plot(*walk[0], color=ORANGE, marker="o", ms=11, mfc="white", mew=2.4, ls="none")
    ax.plot(*walk[-1], color=ORANGE, marker="D", ms=8, mec="black", mew=1.3, ls="none")


def _story(title: str, walk: NDArray[Any], losses: NDArray[Any], names: tuple[str, str]) -> str:
    steps = len(walk) - 1
    turns = " and ".join(
        f"{n} time{'s' * (n != 1)} in {name}"
        for n, name in zip(map(_turns, walk.T), names, strict=True)
    )
    return (
        f"{title}, {steps} step{'s' * (steps != 1)} from {_point(walk[0])} to {_point(walk[-1])}, "
        f"loss {_short(losses[0])} to {_short(losses[-1])}, turning round {turns}"
    )


def _turns(values: NDArray[Any]) -> int:
    """How often a coordinate turns round; steps too short to see do not count."""
    steps = np.diff(values)
    steps = steps[np.abs(steps) > 1e-3 * (np.abs(steps).max(initial=0.0) or 1.0)]
    return int(np.sum(steps[:-1] * steps[1:] < 0))


def _point(position: NDArray[Any]) -> str:
    return "({:.2f}, {:.2f})".format(*(position.round(2) + 0.0))


def _short(loss: float) -> str:
    return f"{loss:,.0f}" if 100 <= loss < 1e6 else f"{loss:.2g}"

"""Learning by steps: the way down a curve, and the fit that grows with it."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from coursekit.palette import BLUE, GREY, ORANGE, SKY
from coursekit.plot.picture import LINES, Picture, drawn, to_numpy


def _panels(things: Any, name: str) -> dict[str, Any]:
    """Return one thing, or a mapping of them, as a mapping of titles to things."""
    if not isinstance(things, Mapping):
        return {name: things}
    if not things:
        raise ValueError("There is nothing to draw: the mapping is empty.")
    return {str(title): thing for title, thing in things.items()}


def _row(n: int, height: float) -> tuple[Figure, list[Axes]]:
    """Return a figure with ``n`` axes side by side that share their vertical axis."""
    width = 8.0 if n == 1 else min(11.0, 2.75 * n)
    figure = Figure(figsize=(width, height))
    return figure, list(figure.subplots(1, n, sharex=True, sharey=True, squeeze=False)[0])


def _story(path: NDArray[Any], inside: NDArray[Any]) -> str:
    """Say in words how a path went: where from, where to, how often over the bottom."""
    steps = len(path) - 1
    text = f"{steps} step{'s' * (steps != 1)} from {path[0]:.3g} to {path[-1]:.3g}"
    back = int(np.sum(np.diff(path)[:-1] * np.diff(path)[1:] < 0)) if steps > 1 else 0
    if back:
        text += f", turning round {back} time{'s' * (back != 1)}"
    if not inside.all():
        text += f", out of the picture at step {int(np.argmin(inside))}"
    return text


def _draw_steps(ax: Axes, x: NDArray[Any], y: NDArray[Any], top: float) -> None:
    """Draw a path's points and the steps between them; an arrow where it leaves the picture."""
    ax.plot(x, y, color=ORANGE, lw=1.4, ls="-", marker="o", ms=5.5, clip_on=True)
    ax.plot(x[:1], y[:1], color=ORANGE, marker="o", ms=10, mfc="white", mew=2.2, ls="none")
    # The last point is filled and dark-edged: start and end differ without colour.
    ax.plot(x[-1:], y[-1:], color=ORANGE, marker="D", ms=8, mec="black", mew=1.2, ls="none")
    if (y > top).any():
        ax.annotate(
            "", (0.5, 1.0), (0.5, 0.86), xycoords="axes fraction",
            arrowprops={"arrowstyle": "-|>", "color": ORANGE, "lw": 2},
        )  # fmt: skip


@drawn
def downhill(
    loss: Callable[[Any], Any],
    paths: Any,
    *,
    low: float = -5.0,
    high: float = 5.0,
    xlabel: str = "w",
    ylabel: str = "loss",
) -> Picture:
    """Draw the steps of a descent on the curve of a loss, or several descents side by side.

    A ring marks the start, a diamond the end. An arrow at the top says that the path leaves the
    picture.

    Args:
        loss: Takes an array of positions, returns as many losses.
        paths: A list of positions, one a step and the start first; or a mapping from titles to
            such lists, one panel each.
        low: Left end of the axis.
        high: Right end of the axis.
        xlabel: The parameter's name.
        ylabel: What is made smaller.

    Raises:
        ValueError: A path is empty or not a flat list, or ``low`` is not left of ``high``.

    Example:
        >>> downhill(np.square, {"lr 0.5": [4, 0], "lr 1.1": [4, -4.8, 5.76]})
        Steps on the curve of the loss against w, in 2 panels, w from -5 to 5: \
lr 0.5, 1 step from 4 to 0; \
lr 1.1, 2 steps from 4 to 5.76, turning round 1 time, out of the picture at step 2.
    """
    if not low < high:
        raise ValueError(f"The axis would run from {low} to {high}: low must be below high.")
    grid = np.linspace(low, high, 300)
    curve = to_numpy(loss(grid))
    room = 0.05 * (float(curve.max() - curve.min()) or 1.0)
    bottom, top = float(curve.min()) - room, float(curve.max()) + room
    panels = _panels(paths, "")
    figure, axes = _row(len(panels), 3.3)
    stories = []
    for ax, (title, given) in zip(axes, panels.items(), strict=True):
        path = to_numpy(given).astype(float)
        if path.ndim != 1 or len(path) == 0:
            raise ValueError(f"The path has shape {path.shape}: give a list of positions.")
        heights = to_numpy(loss(path)).astype(float)
        inside = np.isfinite(path) & (path >= low) & (path <= high)
        ax.plot(grid, curve, color=BLUE, ls="-")
        _draw_steps(ax, path, heights, top)
        ax.set(xlim=(low, high), ylim=(bottom, top), title=title)
        ax.set(xlabel=xlabel, ylabel=ylabel if ax is axes[0] else "")
        stories.append(f"{title}, {_story(path, inside)}" if title else _story(path, inside))
    several = f", in {len(panels)} panels" if len(panels) > 1 else ""
    return Picture(
        figure,
        f"Steps on the curve of the {ylabel} against {xlabel}{several}, "
        f"{xlabel} from {low:g} to {high:g}: {'; '.join(stories)}.",
    )


def _flat(values: Any, n: int, what: str) -> NDArray[Any]:
    """Return ``values`` of shape (n,) or (n, 1) as a flat array."""
    array = to_numpy(values).astype(float)
    if array.shape not in ((n,), (n, 1)):
        raise ValueError(f"{what} has shape {array.shape}: give ({n},) or ({n}, 1), as x has.")
    return array.reshape(n)


def _scale(y: NDArray[Any]) -> tuple[float, float]:
    """The vertical axis: what the data need and a little more, whatever a bad fit does."""
    room = 0.25 * (float(y.max() - y.min()) or 1.0)
    return float(y.min()) - room, float(y.max()) + room


@drawn
def fits(
    x: Any,
    y: Any,
    preds: Any,
    *,
    parts: Any = None,
    xlabel: str = "x",
    ylabel: str = "y",
) -> Picture:
    """Draw points and what a model says about them, for one model or several side by side.

    Args:
        x: (n,) or (n, 1) inputs.
        y: (n,) or (n, 1) targets, drawn as grey points.
        preds: (n,) or (n, 1) predictions; or a mapping from titles to predictions, one panel
            each; or from titles to such mappings, whose curves share a panel and carry their names.
        parts: (n, k): k curves that are drawn thin, in every panel, such as the pieces of a sum.
        xlabel: What goes in.
        ylabel: What comes out.

    Raises:
        ValueError: The lengths differ, or something is not one number for each point.

    Example:
        >>> x = np.array([-1.0, 0.0, 1.0])
        >>> fits(x, x**2, {"epoch 0": 0 * x, "epoch 9": x**2})
        3 points and the fit to them in 2 panels, x from -1 to 1: \
epoch 0, mean squared error 0.6667; epoch 9, mean squared error 0.0000.
    """
    count = to_numpy(x).size
    xs = _flat(x, count, "x")
    ys = _flat(y, count, "y")
    pieces = np.empty((count, 0)) if parts is None else to_numpy(parts).astype(float)
    if pieces.ndim != 2 or len(pieces) != count:
        raise ValueError(f"parts has shape {pieces.shape}: give ({count}, k), a column each.")
    order = np.argsort(xs, kind="stable")
    panels = _panels(preds, "")
    figure, axes = _row(len(panels), 3.3 if len(panels) == 1 else 3.0)
    stories = []
    for ax, (title, given) in zip(axes, panels.items(), strict=True):
        ax.plot(xs, ys, "o", color=GREY, ms=4, ls="none")
        if parts is not None:
            ax.plot(xs[order], pieces[order], color=SKY, lw=1.1, ls="-")
        curves = given if isinstance(given, Mapping) else {"": given}
        for i, (name, values) in enumerate(curves.items()):
            curve = _flat(values, count, name or title or "preds")
            colour = (ORANGE, BLUE)[i] if i < 2 else f"C{i}"
            style = LINES[i % len(LINES)]
            ax.plot(xs[order], curve[order], color=colour, lw=2.6, ls=style, label=name or None)
            error = f"mean squared error {_short(float(np.mean((curve - ys) ** 2)))}"
            stories.append(", ".join(filter(None, (title, name, error))))
        if any(curves):
            ax.legend(loc="upper center", fontsize=12)
        ax.set(xlabel=xlabel, ylabel=ylabel if ax is axes[0] else "", title=title)
        ax.set_ylim(_scale(np.concatenate([ys, pieces.ravel()])))
    several = f" in {len(panels)} panels" if len(panels) > 1 else ""
    thin = "" if parts is None else f" Thin: {pieces.shape[1]} curves, {_range(pieces)}."
    return Picture(
        figure,
        f"{count} points and the fit to them{several}, {xlabel} from {xs.min():g} to "
        f"{xs.max():g}: {'; '.join(stories)}.{thin}",
    )


def _range(values: NDArray[Any]) -> str:
    return f"from {values.min():.2f} to {values.max():.2f}"


def _short(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) and value < 1e4 else f"{value:.3g}"

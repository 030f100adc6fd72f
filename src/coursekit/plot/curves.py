"""Curves: losses over steps, and functions of one variable."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from coursekit.palette import GREY
from coursekit.plot.picture import Picture, drawn, new_axes, to_numpy


def named_histories(histories: Any) -> dict[str, np.ndarray]:
    """Return one history (named ""), or a mapping of them, as names with 1-D float arrays.

    Raises:
        ValueError: There is none, or one is empty or not a flat list.

    Example:
        >>> named_histories({"slow": [2, 1]})
        {'slow': array([2., 1.])}
    """
    many = histories if isinstance(histories, Mapping) else {"": histories}
    series = {str(key): to_numpy(values).astype(float) for key, values in many.items()}
    if not series:
        raise ValueError("There is nothing to draw: the mapping of histories is empty.")
    for key, values in series.items():
        if values.ndim != 1 or len(values) == 0:
            raise ValueError(f"{key!r} has shape {values.shape}: a curve needs a list of numbers.")
    return series


def _story(name: str, values: np.ndarray, digits: int) -> str:
    finite = np.isfinite(values)
    start = values[finite][0] if finite.any() else values[0]  # some measures begin late
    text = f"from {start:.{digits}f} to {values[-1]:.{digits}f}"
    if not finite.all():
        first = int(np.argmin(finite))
        for_good = " on" if not finite[first:].any() else ""
        text += f", not a number {'from' if for_good else 'at'} step {first + 1}{for_good}"
    return f"{name} {text}" if name else text


def _spread_labels(ax: Any, ends: Sequence[tuple[float, float, str, str]]) -> None:
    """Write each curve's name at its right end, moved apart where they would overlap."""
    low, high = ax.get_ylim()
    gap = 0.085 * (high - low)
    previous = -np.inf
    for x, y, name, colour in sorted(ends, key=lambda end: end[1]):
        y = max(y, previous + gap)
        previous = y
        ax.annotate(
            name, (x, y), xytext=(6, 0), textcoords="offset points", va="center", color=colour,
            annotation_clip=False,
        )  # fmt: skip


@drawn
def losses(
    histories: Any,
    *,
    level: tuple[str, float] | None = None,
    ylabel: str = "loss",
    xlabel: str = "step",
    ymax: float | None = None,
    digits: int = 2,
) -> Picture:
    """Draw one loss history, or several with their names at the ends of the curves.

    Args:
        histories: A list of numbers, one a step, or a mapping from names to such lists.
        level: A name and a value to compare with, drawn as a thin horizontal line.
        ylabel: What is measured; part of the alt text.
        xlabel: What is counted on the horizontal axis.
        ymax: Cut the picture off here, for curves that explode.
        digits: Decimals in the alt text.

    Raises:
        ValueError: A history is empty or not a flat list.

    Example:
        >>> losses({"right": [2.3, 0.5], "wrong": [4.2, 2.4]}, level=("guessing", 2.3))
        Line chart of the loss against step, 1 to 2: right from 2.30 to 0.50; \
wrong from 4.20 to 2.40. \
Thin line: guessing at 2.30.
    """
    series = named_histories(histories)
    figure, ax = new_axes()
    ends = []
    longest = max(len(values) for values in series.values())
    for name, values in series.items():
        steps = np.arange(1, len(values) + 1)
        (line,) = ax.plot(steps, values, lw=2.2 if len(values) < 400 else 1.2)
        if name:
            last = values[np.isfinite(values)][-1:]
            end = min(float(last[0]), ymax or np.inf) if len(last) else 0.0
            ends.append((steps[-1], end, name, line.get_color()))
    lowest = min(v[np.isfinite(v)].min(initial=0.0) for v in series.values())
    ax.set_ylim(bottom=lowest, top=ymax)
    if level is not None:
        ax.axhline(level[1], color=GREY, lw=1.2, ls=(0, (1, 2)))
        ends.append((longest, level[1], level[0], GREY))
    ax.set_xlim(0 if longest > 1 else 0.5, max(longest, 1.5))
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    _spread_labels(ax, ends)
    stories = "; ".join(_story(name, values, digits) for name, values in series.items())
    alt = f"Line chart of the {ylabel} against {xlabel}, 1 to {longest}: {stories}."
    if level is not None:
        alt += f" Thin line: {level[0]} at {level[1]:.{digits}f}."
    return Picture(figure, alt)


@drawn
def function(
    func: Callable[[Any], Any],
    low: float,
    high: float,
    *,
    xlabel: str = "x",
    ylabel: str = "y",
    points: Mapping[str, float] | None = None,
) -> Picture:
    """Draw a function of one variable and, if asked, some named points on it.

    Args:
        func: Takes an array of numbers, returns as many.
        low: Left end of the axis.
        high: Right end of the axis.
        xlabel: What goes in.
        ylabel: What comes out.
        points: Names and x positions of points to mark on the curve.

    Raises:
        ValueError: ``low`` is not left of ``high``.

    Example:
        >>> function(np.square, -1, 2, ylabel="x squared", points={"start": 2})
        Curve of x squared against x, x from -1 to 2: it starts at 1 and ends at 4. \
Marked: start at x = 2, 4.
    """
    if not low < high:
        raise ValueError(f"The axis would run from {low} to {high}: low must be below high.")
    x = np.linspace(low, high, 400)
    y = to_numpy(func(x))
    figure, ax = new_axes(7.0, 3.4)
    ax.plot(x, y)
    marks = []
    for name, at in (points or {}).items():
        value = float(to_numpy(func(np.asarray([float(at)])))[0])
        ax.plot([at], [value], "o", ms=9)
        ax.annotate(name, (at, value), xytext=(9, 7), textcoords="offset points")
        marks.append(f"{name} at {xlabel} = {at:.4g}, {value:.3g}")
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    alt = (
        f"Curve of {ylabel} against {xlabel}, {xlabel} from {low:g} to {high:g}: "
        f"it starts at {y[0] + 0.0:.3g} and ends at {y[-1] + 0.0:.3g}."
    )
    return Picture(figure, alt + (f" Marked: {'; '.join(marks)}." if marks else ""))

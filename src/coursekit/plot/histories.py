"""Loss histories that should be one: laid over each other, with their distance from the first."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from coursekit.palette import BLUE, GREY, ORANGE
from coursekit.plot.curves import named_histories
from coursekit.plot.picture import Picture, drawn

#: Below this the axis of differences ends; float32 cannot resolve smaller ones at a loss near 1.
SMALLEST = 1e-8


@drawn
def histories(
    stages: Mapping[str, Any], *, tolerance: float = 1e-5, xlabel: str = "minibatch"
) -> Picture:
    """Draw the loss histories of several versions of one training, and how far they are apart.

    On the left all curves: each is thinner than the one below it, so that none is hidden. On the
    right, for each version, the largest difference from the first one.

    Args:
        stages: Names and histories of equal length; the first one is the reference.
        tolerance: Differences up to here count as rounding.
        xlabel: What is counted on the horizontal axis.

    Raises:
        ValueError: There are fewer than two histories, or their lengths differ.

    Example:
        >>> histories({"by hand": [2.3, 0.5], "refactored": [2.3, 0.5]})
        2 loss histories over minibatch, 1 to 2, laid over each other, from 2.300 to 0.500. \
Largest difference from by hand: refactored at most 0.00001, which is rounding.
    """
    series = named_histories(stages)
    first, *others = series
    if not others:
        raise ValueError("One history cannot be compared: give the reference and another one.")
    lengths = {name: len(values) for name, values in series.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"The histories have different lengths: {lengths}.")
    gaps = {name: float(np.abs(series[name] - series[first]).max()) for name in others}
    figure = Figure(figsize=(9.6, max(3.3, 1.6 + 0.3 * len(gaps))))
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    _draw_curves(left, series, xlabel)
    _draw_gaps(right, gaps, tolerance, first)
    return Picture(figure, _alt(series, gaps, tolerance, xlabel))


def _draw_curves(ax: Any, series: Mapping[str, np.ndarray], xlabel: str) -> None:
    """Lay the curves over each other, each thinner than the last, like a road with its lanes."""
    widths = np.linspace(min(3.0 * len(series), 14.0), 1.5, len(series))
    shades = np.linspace(0.85, 0.0, len(series))
    for (name, values), width, shade in zip(series.items(), widths, shades, strict=True):
        ax.plot(
            np.arange(1, len(values) + 1), values, lw=width, ls="-", color=str(shade), label=name,
            solid_capstyle="round",
        )  # fmt: skip
    ax.set_ylim(bottom=0)
    ax.set_xlabel(xlabel)
    ax.set_ylabel("loss")
    ax.legend(loc="upper right", fontsize=11, handlelength=1.6)


def _draw_gaps(ax: Any, gaps: Mapping[str, float], tolerance: float, first: str) -> None:
    """One bar for each version, on an axis where each line is a hundred times the last."""
    values = [gap if np.isfinite(gap) else 1.0 for gap in gaps.values()]
    end = max([1.0, *values]) * 3
    drawing = ax.barh(list(gaps), values, left=SMALLEST / 10, height=0.5, color=BLUE)
    for bar, name in zip(drawing, gaps, strict=True):
        if not gaps[name] <= tolerance:
            bar.set(facecolor=ORANGE, hatch="//", edgecolor="white", linewidth=0)
        text = "identical" if gaps[name] == 0 else f"{gaps[name]:.0e}".replace("e-0", "e-")
        ax.annotate(
            text, (bar.get_x() + bar.get_width(), bar.get_y() + bar.get_height() / 2),
            xytext=(6, 0), textcoords="offset points", va="center", fontweight="bold",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip
    ax.axvline(tolerance, color=GREY, lw=1.5, ls="--")
    ax.set_xscale("log")
    ax.set_xlim(SMALLEST / 10, end)
    ax.set_xticks([1e-8, 1e-6, 1e-4, 1e-2, 1])
    ax.minorticks_off()
    ax.invert_yaxis()
    ax.set_xlabel(f"largest difference from {first}\n(left of the dashes: rounding)")


def _alt(
    series: Mapping[str, np.ndarray], gaps: Mapping[str, float], tolerance: float, xlabel: str
) -> str:
    """Say what is drawn; differences within rounding are not told by number, machines differ."""
    first, values = next(iter(series.items()))
    beyond = [f"{name} {gap:.2g}" for name, gap in gaps.items() if not gap <= tolerance]
    same = [name for name, gap in gaps.items() if gap <= tolerance]
    said = []
    if beyond:
        said.append(f"{', '.join(beyond)}, beyond rounding")
    if same:
        most = np.format_float_positional(tolerance, trim="-")
        said.append(f"{', '.join(same)} at most {most}, which is rounding")
    return (
        f"{len(series)} loss histories over {xlabel}, 1 to {len(values)}, laid over each other, "
        f"from {values[0]:.3f} to {values[-1]:.3f}. Largest difference from {first}: "
        f"{'; '.join(said)}."
    )

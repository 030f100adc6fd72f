"""Bars and heat maps: probabilities, counts, confusion."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from coursekit.palette import BLUE, ORANGE
from coursekit.plot.picture import Picture, drawn, new_axes, to_numpy


@drawn
def bars(
    values: Any,
    labels: Sequence[Any] | None = None,
    *,
    marked: int | None = None,
    xlabel: str = "class",
    ylabel: str = "probability",
    digits: int = 2,
) -> Picture:
    """Draw one bar for each value, with the value above it.

    Args:
        values: k numbers.
        labels: k names under the bars; 0, 1, 2 … if not given.
        marked: Index of the bar that stands out (hatched, and in another colour).
        xlabel: What the bars are.
        ylabel: What their height is.
        digits: Decimals of the numbers above the bars.

    Raises:
        ValueError: ``values`` is not a flat list, or ``labels`` has another length.

    Example:
        >>> bars([0.1, 0.7, 0.2], marked=1)
        Bar chart of probability by class: 0 0.10, 1 0.70 (marked), 2 0.20.
    """
    heights = to_numpy(values).astype(float)
    if heights.ndim != 1:
        raise ValueError(f"Values of shape {heights.shape}: bars need a flat list of numbers.")
    names = [str(i) for i in range(len(heights))] if labels is None else [str(s) for s in labels]
    if len(names) != len(heights):
        raise ValueError(f"{len(heights)} values but {len(names)} labels: give one for each.")
    figure, ax = new_axes(max(5.0, 0.75 * len(heights)), 2.8)
    drawing = ax.bar(range(len(names)), heights, tick_label=names, color=BLUE)
    ax.bar_label(drawing, fmt=f"%.{digits}f", fontsize=11)
    if marked is not None:
        drawing[marked].set(facecolor=ORANGE, edgecolor="white", hatch="//", linewidth=0)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    parts = [
        f"{name} {height:.{digits}f}" + (" (marked)" if i == marked else "")
        for i, (name, height) in enumerate(zip(names, heights, strict=True))
    ]
    return Picture(figure, f"Bar chart of {ylabel} by {xlabel}: {', '.join(parts)}.")


@drawn
def heatmap(
    values: Any,
    *,
    xlabel: str = "class",
    ylabel: str = "image",
    digits: int | None = None,
    sums: bool = False,
    width: float = 6.5,
    height: float = 3.0,
) -> Picture:
    """Draw a matrix as shades of blue, with the numbers and the sums of rows and columns if asked.

    Args:
        values: (rows, columns) of numbers that are not negative.
        xlabel: What the columns are.
        ylabel: What the rows are.
        digits: Write each number into its cell with so many decimals; none if not given.
        sums: Write the sum of each row at its right end and of each column below it.
        width: Width of the figure in inches.
        height: Height of the figure in inches.

    Raises:
        ValueError: ``values`` is not a matrix.

    Example:
        >>> heatmap([[0.5, 0.5], [0.1, 0.9]], sums=True)
        Heat map, 2 rows (image) by 2 columns (class), values from 0.10 to 0.90; \
row sums 1.00 to 1.00, column sums 0.60 to 1.40.
    """
    array = to_numpy(values).astype(float)
    if array.ndim != 2:
        raise ValueError(f"Values of shape {array.shape}: a heat map needs a matrix.")
    rows, cols = array.shape
    figure, ax = new_axes(width, height)
    ax.imshow(array, cmap="Blues", vmin=0, aspect="auto")
    if digits is not None:
        dark = array.max() / 2
        for (row, col), value in np.ndenumerate(array):
            colour = "white" if value > dark else "black"
            text = f"{value:.{digits}f}"
            ax.text(col, row, text, ha="center", va="center", color=colour, fontsize=11)
    ax.set_xticks(range(cols))
    ax.set_yticks(range(rows) if rows <= 12 else [0, rows - 1])
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    alt = (
        f"Heat map, {rows} rows ({ylabel}) by {cols} columns ({xlabel}), "
        f"values from {array.min():.2f} to {array.max():.2f}"
    )
    if sums:
        by_row, by_col = array.sum(1), array.sum(0)
        step = 1 if rows <= 12 else rows // 6
        for row in range(0, rows, step):
            ax.text(cols - 0.4, row, f"Σ {by_row[row]:.2f}", va="center", fontweight="bold")
        for col in range(cols):
            ax.text(col, -0.55, f"{by_col[col]:.2f}", ha="center", va="bottom", fontweight="bold")
        ax.text(cols - 0.4, -0.55, "Σ", va="bottom", fontweight="bold")
        alt += (
            f"; row sums {by_row.min():.2f} to {by_row.max():.2f}, "
            f"column sums {by_col.min():.2f} to {by_col.max():.2f}"
        )
    return Picture(figure, alt + ".")

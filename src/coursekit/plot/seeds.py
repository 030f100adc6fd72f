"""The same training from several seeds: one dot a seed, one row a recipe."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.ticker import PercentFormatter

from coursekit.palette import BLACK, BLUE, GREY
from coursekit.plot.picture import Picture, drawn, new_axes, to_numpy


@drawn
def seeds(
    results: Mapping[str, Any],
    *,
    xlabel: str = "validation accuracy",
    level: tuple[str, float] | None = None,
) -> Picture:
    """Draw how far the results of equal recipes with different seeds lie apart.

    Args:
        results: For each recipe its results between 0 and 1, one a seed.
        xlabel: What is measured.
        level: A name and a value to compare with, drawn as a thin vertical line.

    Raises:
        ValueError: There is no recipe, or one has no result.

    Example:
        >>> seeds({"before": [0.1, 0.7], "after": [0.9, 0.92]}, level=("guessing", 0.1))
        Dots for validation accuracy, one a seed. before: 10% to 70%; after: 90% to 92%. \
Thin line: guessing at 10%.
    """
    rows = {str(name): to_numpy(values).astype(float) for name, values in results.items()}
    if not rows or any(values.ndim != 1 or not len(values) for values in rows.values()):
        raise ValueError("Give at least one recipe, each with a list of results.")
    figure, ax = new_axes(9.0, 0.9 + 0.5 * len(rows))
    for y, values in enumerate(rows.values()):
        ax.plot([values.min(), values.max()], [y, y], color=BLUE, lw=7, alpha=0.25, ls="-")
        ax.plot(values, np.full(len(values), y), "o", ms=11, color=BLUE, mec="white", mew=1.2)
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set_ylim(len(rows) - 0.45, -0.55)
    ax.set_xlim(0, 1.02)
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(xlabel)
    alt = "; ".join(f"{name}: {v.min():.0%} to {v.max():.0%}" for name, v in rows.items())
    alt = f"Dots for {xlabel}, one a seed. {alt}."
    if level is not None:
        ax.axvline(level[1], color=GREY, lw=1.2, ls=(0, (1, 2)))
        ax.text(level[1] + 0.01, -0.5, level[0], color=BLACK, fontsize=11, va="top")
        alt += f" Thin line: {level[0]} at {level[1]:.0%}."
    return Picture(figure, alt)

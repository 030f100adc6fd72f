"""How the numbers of a tensor are distributed, step after step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.palette import BLACK
from coursekit.plot.picture import Picture, drawn, to_numpy

#: Rows of the picture that a histogram is spread over, and panels side by side.
LEVELS, COLUMNS, MOST = 80, 3, 12


@drawn
def distributions(series: Mapping[str, Sequence[Any]], *, ylabel: str = "value") -> Picture:
    """Draw histograms over steps, one panel a tensor: a column is a histogram, dark where many are.

    Args:
        series: For each name its histograms in time: objects with ``step``, ``low`` and ``high``
            (the range), ``counts`` (equal bars from low to high) and ``zeros`` (the share that is
            exactly 0).
        ylabel: What the numbers are.

    Raises:
        ValueError: There is no histogram, or there are more tensors than fit into a picture.

    Example:
        >>> from types import SimpleNamespace
        >>> shot = SimpleNamespace(step=1, low=-1.0, high=1.0, counts=[1, 2, 1], zeros=0.5)
        >>> distributions({"weight": [shot]}, ylabel="gradient")
        Distribution of the gradients over steps 1 to 1. weight: from -1 to 1, 50% exactly 0.
    """
    if not series or not all(len(shots) for shots in series.values()):
        raise ValueError("There are no histograms yet: train first.")
    if len(series) > MOST:
        raise ValueError(
            f"{len(series)} tensors are too many for one picture: give {MOST} or fewer."
        )
    columns = min(COLUMNS, len(series))
    rows = -(-len(series) // columns)
    figure = Figure(figsize=(max(4.6 * columns, 6.0), 3.0 * rows))
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    used, spare = panels[: len(series)], panels[len(series) :]
    for number, (ax, (name, shots)) in enumerate(zip(used, series.items(), strict=True)):
        _draw(ax, shots)
        ax.set_title(f"{name}: {shots[-1].zeros:.0%} exactly 0", fontsize=13)
        ax.set_xlabel("step")
        if number % columns == 0:
            ax.set_ylabel(ylabel)
    for ax in spare:
        ax.axis("off")
    first = next(iter(series.values()))
    told = " ".join(
        f"{name}: from {min(s.low for s in shots):.2g} to {max(s.high for s in shots):.2g}, "
        f"{shots[-1].zeros:.0%} exactly 0."
        for name, shots in series.items()
    )
    steps = f"steps {first[0].step} to {first[-1].step}"
    return Picture(figure, f"Distribution of the {ylabel}s over {steps}. {told}")


def _draw(ax: Axes, shots: Sequence[Any]) -> None:
    low, high = min(s.low for s in shots), max(s.high for s in shots)
    edges = np.linspace(low, high, LEVELS + 1)
    columns = np.stack([_spread(shot, edges) for shot in shots], axis=1)
    steps = [s.step for s in shots]
    width = (steps[-1] - steps[0]) / max(len(steps) - 1, 1) or 1.0
    at = np.append(np.asarray(steps) - width / 2, steps[-1] + width / 2)
    ax.pcolormesh(at, edges, np.sqrt(columns), cmap="Blues", vmin=0, rasterized=True)
    ax.axhline(0, color=BLACK, lw=0.8, ls=":")
    ax.set_ylim(low, high)


def _spread(shot: Any, edges: np.ndarray) -> np.ndarray:
    """Turn a histogram with bars of its own into shares on the picture's rows."""
    counts = to_numpy(shot.counts).astype(float)
    total = np.concatenate([[0.0], np.cumsum(counts)]) / max(counts.sum(), 1.0)
    own = np.linspace(shot.low, shot.high, len(counts) + 1)
    return np.diff(np.interp(edges, own, total, left=0.0, right=1.0))

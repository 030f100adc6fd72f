"""Learning rates: what became of the loss at each of them, on a logarithmic axis."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit.palette import CYCLE, GREY
from coursekit.plot.picture import LINES, Picture, drawn, new_axes, to_numpy

MARKERS = ("o", "s", "^", "D", "v", "P", "X")


@drawn
def rates(
    series: Any,
    *,
    chosen: tuple[float, float] | None = None,
    ymax: float | None = None,
    log: bool = False,
    ylabel: str = "loss",
) -> Picture:
    """Draw the loss against the learning rate: of one sweep, or of several with a curve each.

    A star marks the lowest point of each curve. What is above the picture, or not a number, ends
    in an arrow at its upper edge.

    Args:
        series: A mapping from learning rates to losses; or from names to such mappings.
        chosen: Lowest and highest rate of a region to shade.
        ymax: Cut the picture off here, for losses that explode.
        log: Whether the losses, too, are drawn on a logarithmic axis.
        ylabel: What is measured; part of the alt text.

    Raises:
        ValueError: A sweep is empty, or a rate or the chosen region is not above 0 and in order.

    Example:
        >>> rates({"SGD": {0.01: 2.0, 0.1: 0.5, 1.0: 9.0}}, chosen=(0.03, 0.3))
        Loss against the learning rate, from 0.01 to 1, logarithmic: SGD lowest at 0.1 with 0.5. \
Chosen: 0.03 to 0.3.
    """
    curves = {name: _curve(name, given) for name, given in _named(series).items()}
    if chosen is not None and not 0 < chosen[0] < chosen[1]:
        raise ValueError(f"The chosen region runs from {chosen[0]} to {chosen[1]}: give 0 < a < b.")
    figure, ax = new_axes(8.0, 3.3)
    ax.set_xscale("log")
    ax.set_yscale("log" if log else "linear")
    top = ymax or (3 if log else 1.1) * max(y[np.isfinite(y)].max() for _, y in curves.values())
    for i, (name, (x, y)) in enumerate(curves.items()):
        _draw_curve(ax, x, y, top, name, i)
    ax.set_ylim(top=top) if log else ax.set_ylim(0, top)
    if chosen is not None:
        ax.axvspan(*chosen, facecolor="none", edgecolor=GREY, hatch="//", alpha=0.35, lw=0)
        ax.text(
            float(np.sqrt(chosen[0] * chosen[1])), 0.03, "chosen", ha="center", va="bottom",
            transform=ax.get_xaxis_transform(),
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 2},
        )  # fmt: skip
    if any(curves):
        ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=12)
    lowest = min(x[0] for x, _ in curves.values())
    highest = max(x[-1] for x, _ in curves.values())
    ax.set_xlim(lowest / 1.5, highest * 1.5)  # what lies above the picture was tried as well
    ax.set_xlabel("learning rate")
    ax.set_ylabel(ylabel)
    return Picture(figure, _alt(curves, chosen, ylabel))


def _named(series: Any) -> dict[str, Any]:
    """Return one sweep (named ""), or a mapping of them, as names with sweeps."""
    if not isinstance(series, Mapping) or not series:
        raise ValueError("There is nothing to draw: give a mapping from learning rates to losses.")
    if all(isinstance(sweep, Mapping) for sweep in series.values()):
        return {str(name): sweep for name, sweep in series.items()}
    return {"": series}


def _curve(name: str, sweep: Mapping[float, Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return a sweep as rates in rising order and their losses."""
    if not sweep:
        raise ValueError(f"The sweep {name!r} is empty.")
    x = np.array([float(rate) for rate in sweep])
    y = np.array([float(to_numpy(loss)) for loss in sweep.values()])
    if not (x > 0).all():
        raise ValueError(f"A learning rate of {x.min():g} has no place on a logarithmic axis.")
    if not np.isfinite(y).any():
        raise ValueError(f"No loss of the sweep {name!r} is a number.")
    order = x.argsort()
    return x[order], y[order]


def _draw_curve(ax: Any, x: NDArray[Any], y: NDArray[Any], top: float, name: str, i: int) -> None:
    colour, marker = CYCLE[i % len(CYCLE)], MARKERS[i % len(MARKERS)]
    outside = ~(y <= top)
    few = len(x) <= 20
    ax.plot(
        x, _cut(y, outside, top), color=colour, ls=LINES[i % len(LINES)], label=name or None,
        marker=marker if few else "", ms=7, lw=2.2 if few else 1.8,
    )  # fmt: skip
    ax.plot(
        x[outside][:1], [top] * int(outside.any()), marker="^", color=colour, ms=12, ls="none",
        clip_on=False,
    )  # fmt: skip
    best = int(np.nanargmin(y))
    ax.plot(x[best], y[best], marker="*", color=colour, mec="black", ms=17, ls="none", zorder=5)


def _cut(y: NDArray[Any], outside: NDArray[Any], top: float) -> NDArray[Any]:
    """Let a curve end at the upper edge where it leaves the picture, and begin there again."""
    inside = np.pad(~outside, 1)
    near = inside[:-2] | inside[1:-1] | inside[2:]
    return np.where(outside, np.where(near, top, np.nan), y)


def _alt(
    curves: Mapping[str, tuple[NDArray[Any], NDArray[Any]]],
    chosen: tuple[float, float] | None,
    ylabel: str,
) -> str:
    rates_drawn = np.concatenate([x for x, _ in curves.values()])
    told = "; ".join(
        f"{name} lowest at {x[np.nanargmin(y)]:.2g} with {np.nanmin(y):.2g}".strip()
        for name, (x, y) in curves.items()
    )
    alt = (
        f"{ylabel[:1].upper()}{ylabel[1:]} against the learning rate, from "
        f"{rates_drawn.min():.2g} to {rates_drawn.max():.2g}, logarithmic: {told}."
    )
    return alt + (f" Chosen: {chosen[0]:.2g} to {chosen[1]:.2g}." if chosen else "")

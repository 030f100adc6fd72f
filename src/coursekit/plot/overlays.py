"""Several curves over the same x, one above the other."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from coursekit.palette import GREY
from coursekit.plot.picture import Picture, drawn, new_axes, to_numpy


@drawn
def overlay(x: Any, curves: Mapping[str, Any], *, xlabel: str = "x", ylabel: str = "y") -> Picture:
    """Draw curves over the same x, each named in the legend on the right.

    Tensors may be tracked by autograd: they are read, not changed.

    Args:
        x: (n,) positions, in rising order.
        curves: Names and (n,) heights.
        xlabel: What goes in.
        ylabel: What comes out.

    Raises:
        ValueError: There is no curve, or one has not one number for each x.

    Example:
        >>> overlay([0, 1, 2], {"square": [0, 1, 4], "double": [0, 2, 4]})
        2 curves of y over x, x from 0 to 2: square starts at 0.00, ends at 4.00, lies between \
0.00 and 4.00; double starts at 0.00, ends at 4.00, lies between 0.00 and 4.00.
    """
    xs = to_numpy(x).astype(float)
    if not curves:
        raise ValueError("There is nothing to draw: the mapping of curves is empty.")
    heights = {str(name): to_numpy(values).astype(float) for name, values in curves.items()}
    for name, values in heights.items():
        if xs.ndim != 1 or values.shape != xs.shape:
            raise ValueError(
                f"{name!r} has shape {values.shape} and x {xs.shape}: give one number for each x."
            )
    figure, ax = new_axes(8.0, 3.4)
    ax.axhline(0.0, color=GREY, lw=0.8, ls="-")
    for name, values in heights.items():
        ax.plot(xs, values, label=name)
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=2.6)
    ax.set_xlim(xs[0], xs[-1])
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    count = f"{len(heights)} curves" if len(heights) > 1 else "Curve"
    stories = "; ".join(_story(name, values) for name, values in heights.items())
    return Picture(
        figure, f"{count} of {ylabel} over {xlabel}, {xlabel} from {xs[0]:.3g} to {xs[-1]:.3g}: "
        f"{stories}.",
    )  # fmt: skip


def _story(name: str, values: np.ndarray) -> str:
    first, last, low, high = (
        f"{round(float(v), 2) + 0.0:.2f}"
        for v in (values[0], values[-1], values.min(), values.max())
    )
    return f"{name} starts at {first}, ends at {last}, lies between {low} and {high}"

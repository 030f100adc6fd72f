"""A small window that slides over an image: what a convolution looks at, and what it answers."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch, Rectangle

from coursekit.palette import BLACK, ORANGE
from coursekit.plot.grids import SIGNED_COLOURS
from coursekit.plot.picture import Picture, drawn, to_numpy


@drawn
def sliding(
    image: Any, kernel: Any, answers: Any, *, at: tuple[int, int] = (0, 0), stride: int = 1
) -> Picture:
    """Draw an image with one window framed, the window's weights, and the map of all answers.

    Args:
        image: (height, width), padding included.
        kernel: (k, k) weights.
        answers: (rows, columns), one number for each place of the window.
        at: Row and column of the answer whose window is framed.
        stride: Pixels from one place of the window to the next.

    Raises:
        ValueError: A shape is no matrix, or the window at ``at`` does not lie inside the image.

    Example:
        >>> sliding(np.eye(4), np.ones((3, 3)), np.full((2, 2), 3.0), at=(1, 0))
        An image of 4 by 4, a window of 3 by 3 and a map of 2 by 2 answers. \
The window at row 1, column 0 is framed.
    """
    picture, weights, out = (to_numpy(a).astype(float) for a in (image, kernel, answers))
    for name, array in (("image", picture), ("kernel", weights), ("answers", out)):
        if array.ndim != 2:
            raise ValueError(f"{name} has shape {array.shape}: give a matrix.")
    top, left = at[0] * stride, at[1] * stride
    high, wide = weights.shape
    inside = 0 <= at[0] < out.shape[0] and 0 <= at[1] < out.shape[1]
    if not inside or top + high > picture.shape[0] or left + wide > picture.shape[1]:
        raise ValueError(f"The window at {at} does not lie inside an image of {picture.shape}.")
    figure = Figure(figsize=(9.0, 3.3))
    axes = figure.subplots(1, 3, width_ratios=(4, 2, 4))
    axes[0].imshow(picture, cmap="gray_r", vmin=0)
    axes[0].set_title("image")
    limit = np.abs(weights).max() or 1.0
    axes[1].imshow(weights, cmap=SIGNED_COLOURS, vmin=-limit, vmax=limit)
    axes[1].set_title("weights")
    _write_numbers(axes[1], weights, limit)
    limit = np.abs(out).max() or 1.0
    axes[2].imshow(out, cmap=SIGNED_COLOURS, vmin=-limit, vmax=limit)
    axes[2].set_title("answers: yellow −, blue +")
    for ax in axes:
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[:].set_visible(True)
    frames = ((axes[0], left, top, wide, high), (axes[2], at[1], at[0], 1, 1))
    for ax, x, y, width, height in frames:
        corner = (x - 0.5, y - 0.5)
        ax.add_patch(Rectangle(corner, width, height, fill=False, ec=ORANGE, lw=3))
    ends = ((axes[0], left + wide - 0.5, top + high / 2 - 0.5), (axes[1], -0.5, (high - 1) / 2))
    _arrow(figure, *ends)
    ends = ((axes[1], wide - 0.5, (high - 1) / 2), (axes[2], at[1] - 0.5, at[0]))
    _arrow(figure, *ends)
    sizes = [f"{a.shape[0]} by {a.shape[1]}" for a in (picture, weights, out)]
    return Picture(
        figure,
        f"An image of {sizes[0]}, a window of {sizes[1]} and a map of {sizes[2]} answers. "
        f"The window at row {at[0]}, column {at[1]} is framed.",
    )


def _write_numbers(ax: Any, weights: np.ndarray, limit: float) -> None:
    for (row, col), value in np.ndenumerate(weights):
        colour = "white" if value > 0.4 * limit else BLACK
        text = f"{value:.2g}".replace("-", "−")
        ax.text(col, row, text, ha="center", va="center", color=colour, fontsize=14)


def _arrow(figure: Figure, start: tuple[Any, float, float], end: tuple[Any, float, float]) -> None:
    """Draw an arrow from a point of one panel to a point of another."""
    (first, *a), (second, *b) = start, end
    line = ConnectionPatch(
        a, b, "data", "data", axesA=first, axesB=second, color=ORANGE, lw=2, arrowstyle="-|>"
    )
    figure.add_artist(line)

"""Images: a grid of them, the numbers inside one, and weights looked at as images."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from coursekit.palette import BLACK, ORANGE
from coursekit.plot.picture import Picture, drawn, number, to_numpy

# Pale yellow for minus, grey for 0, ink blue for plus. Lightness falls all the way from minus to
# plus, so that the sign can be read in grey too (a map that is dark at both ends hides it).
SIGNED_COLOURS = LinearSegmentedColormap.from_list(
    "signed", ["#FFF3B0", "#F2DDA0", "#C9C9C9", "#5A6FB5", "#10206E"]
)


def as_images(x: Any) -> NDArray[Any]:
    """Return ``x`` as an array of shape (n, height, width).

    Args:
        x: (n, h, w) or (n, 1, h, w) images; (n, h*h) flat square images; or one image (h, w) whose
            w is no square number or equals h. In doubt add the axis: ``x[None]``.

    Raises:
        ValueError: The shape is none of these.

    Example:
        >>> as_images(np.zeros((5, 784))).shape
        (5, 28, 28)
    """
    array = to_numpy(x)
    if array.ndim == 4 and array.shape[1] == 1:
        return array[:, 0]
    if array.ndim == 3:
        return array
    if array.ndim == 2:
        side = math.isqrt(array.shape[1])
        if side * side == array.shape[1] and array.shape[0] != array.shape[1]:
            return array.reshape(-1, side, side)
        return array[None]
    raise ValueError(
        f"Cannot see images in an array of shape {array.shape}: "
        "give (n, height, width), (n, 1, height, width) or flat square images (n, height*height)."
    )


def _grid(n: int, ncols: int | None, cell: float, title_room: float) -> tuple[Figure, list[Any]]:
    """Return a figure with ``n`` bare axes, ``cell`` inches each, in rows of ``ncols``."""
    ncols = min(ncols or 10, n)
    nrows = math.ceil(n / ncols)
    figure = Figure(figsize=(cell * ncols, (cell + title_room) * nrows))
    axes = figure.subplots(nrows, ncols, squeeze=False).ravel()
    for ax in axes:
        ax.set_axis_off()
    return figure, list(axes[:n])


def _check_length(n: int, name: str, given: Sequence[Any] | None) -> None:
    if given is not None and len(given) != n:
        raise ValueError(f"There are {n} images but {len(given)} {name}: give one for each.")


def _plain(titles: Sequence[Any] | None) -> list[Any] | None:
    """The titles with numbers in the place of tensors, which print as ``tensor(4)``."""
    if titles is None:
        return None
    return [number(title.item()) if hasattr(title, "detach") else title for title in titles]


def _label_list(titles: Sequence[Any] | None) -> str:
    if titles is None:
        return ""
    words = [str(title).replace("\n", " ") for title in titles]
    shown = ", ".join(words[:20]) + (", …" if len(words) > 20 else "")
    return f", labelled {shown}"


@drawn
def images(
    x: Any,
    titles: Sequence[Any] | None = None,
    *,
    ncols: int | None = None,
    marked: Sequence[bool] | None = None,
    size: float = 0.85,
) -> Picture:
    """Draw a grid of grey images, dark ink on white.

    Args:
        x: Images as :func:`as_images` takes them. Each has a scale of its own: its smallest value
            is paper, its largest ink.
        titles: One title for each image, drawn above it.
        ncols: Images in a row, 10 if not given.
        marked: Which images get a thick frame, for example the ones a model got wrong.
        size: Width of one image in inches.

    Raises:
        ValueError: ``x`` does not have the shape of images or holds none, or ``titles`` another
            length.

    Example:
        >>> images(np.zeros((3, 784)), titles=[4, 0, 9])
        3 grey images of 28 by 28 pixels, labelled 4, 0, 9.
    """
    pictures = as_images(x)
    n = len(pictures)
    if n == 0:
        raise ValueError("There is no image to draw: x has length 0.")
    for name, given in (("titles", titles), ("marked", marked)):
        _check_length(n, name, given)
    titles = _plain(titles)
    lines = 1 + max(str(title).count("\n") for title in titles) if titles is not None else 0
    figure, axes = _grid(n, ncols, size, 0.27 * lines)
    for i, (ax, picture) in enumerate(zip(axes, pictures, strict=True)):
        ax.imshow(picture, cmap="gray_r", interpolation="nearest")
        if titles is not None:
            ax.set_title(str(titles[i]), fontsize=12, fontweight="normal", pad=3)
        if marked is not None and marked[i]:
            frame = Rectangle((0, 0), 1, 1, transform=ax.transAxes, fill=False, lw=4, ec=ORANGE)
            ax.add_patch(frame)
    height, width = pictures.shape[1:]
    framed = f"; {sum(map(bool, marked))} of them framed" if marked is not None else ""
    what = "grey image" if n == 1 else "grey images"
    return Picture(
        figure, f"{n} {what} of {height} by {width} pixels{_label_list(titles)}{framed}."
    )


@drawn
def pixels(image: Any, rows: slice, cols: slice, *, scale: int = 100) -> Picture:
    """Draw a part of one image with the number that each pixel holds.

    Args:
        image: One image (h, w), or a flat square one (h*h,).
        rows: Which rows to show, for example ``slice(4, 14)``.
        cols: Which columns to show.
        scale: What 1.0 is written as: 100 shows whole percents, which fit into a cell.

    Raises:
        ValueError: The part is empty, or ``image`` is not one image.

    Example:
        >>> pixels(np.eye(28), slice(0, 2), slice(0, 3))
        A part of an image, 2 by 3 pixels, each with its value in percent, from 0 to 100.
    """
    array = to_numpy(image)
    whole = array if array.ndim == 2 else as_images(array[None])[0]
    part = whole[rows, cols]
    if part.size == 0:
        raise ValueError(f"No pixels in rows {rows} and columns {cols} of a {whole.shape} image.")
    figure = Figure(figsize=(0.45 * part.shape[1], 0.25 * part.shape[0]))
    ax = figure.add_subplot()
    ax.set_axis_off()
    ax.imshow(part, cmap="gray_r", vmin=0, vmax=1, aspect="auto")
    for (row, col), value in np.ndenumerate(part):
        colour = "white" if value > 0.5 else BLACK
        number = f"{scale * value:.0f}"
        ax.text(col, row, number, ha="center", va="center", color=colour, fontsize=11)
    low, high = scale * part.min(), scale * part.max()
    return Picture(
        figure,
        f"A part of an image, {part.shape[0]} by {part.shape[1]} pixels, "
        f"each with its value in percent, from {low:.0f} to {high:.0f}.",
    )


@drawn
def templates(
    weights: Any,
    titles: Sequence[Any] | None = None,
    *,
    legend: tuple[str, str] = ("pixel speaks against", "pixel speaks for"),
    ncols: int = 5,
    size: float = 1.3,
) -> Picture:
    """Draw each column of a weight matrix as an image: what each output looks for.

    Pale yellow is negative, blue positive, grey 0; all images share one scale.

    Args:
        weights: (h*h, k): one column of h*h weights for each of k outputs.
        titles: One title for each of the k images; 0, 1, 2 … if not given.
        legend: What negative and positive mean here.
        ncols: Images in a row.
        size: Width of one image in inches.

    Raises:
        ValueError: The number of rows is not a square number, or ``titles`` has another length
            than k.

    Example:
        >>> templates(np.ones((784, 10)))
        10 weight images of 28 by 28 pixels, labelled 0, 1, 2, 3, 4, 5, 6, 7, 8, 9; \
weights from 1.00 to 1.00, yellow below 0, blue above.
    """
    array = to_numpy(weights)
    if array.ndim != 2 or math.isqrt(array.shape[0]) ** 2 != array.shape[0]:
        raise ValueError(
            f"Weights of shape {array.shape} are not images: give (height*height, outputs)."
        )
    side = math.isqrt(array.shape[0])
    columns = array.T.reshape(-1, side, side)
    _check_length(len(columns), "titles", titles)
    names = _plain(titles) or list(range(len(columns)))
    # Constrained layout keeps the colour bar beside the grid, not over it.
    figure, axes = _grid(len(columns), ncols, size, 0.27)
    largest = float(np.abs(columns).max()) or 1.0
    for ax, column, name in zip(axes, columns, names, strict=True):
        drawing = ax.imshow(column, cmap=SIGNED_COLOURS, vmin=-largest, vmax=largest)
        ax.set_title(str(name), fontsize=12, pad=3)
    bar = figure.colorbar(drawing, ax=list(figure.axes), shrink=0.8, aspect=14)
    bar.set_ticks([-largest, 0, largest], labels=[legend[0], "0", legend[1]])
    bar.outline.set_visible(False)
    figure.set_figwidth(figure.get_figwidth() + 2.6)
    return Picture(
        figure,
        f"{len(columns)} weight images of {side} by {side} pixels{_label_list(names)}; "
        f"weights from {array.min():.2f} to {array.max():.2f}, yellow below 0, blue above.",
    )

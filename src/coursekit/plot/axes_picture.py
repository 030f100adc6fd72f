"""A tensor's axes: which way each one runs, how long it is, and what it is called."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from coursekit.palette import BLACK, BLUE, GREY, ORANGE
from coursekit.plot.picture import Picture, drawn, number, shape_and_values

#: How many places are drawn along (down, across, rows, columns), for 0 to 4 axes of a tensor.
LIMITS = ((1, 1, 1, 1), (1, 1, 1, 10), (1, 1, 5, 9), (1, 4, 4, 4), (3, 4, 3, 4))

# Inches: the picture, the room for a name above, the gap between two sheets, the largest cell.
WIDTH, HEAD, GAP, LARGEST = 8.0, 0.42, 0.3, 0.62


class _Run(NamedTuple):
    """The places of one axis that are drawn, None for those left out, and how far they reach."""

    places: list[int | None]
    step: float
    size: float

    def start(self, slot: int) -> float:
        return slot * self.step

    @property
    def length(self) -> float:
        return (len(self.places) - 1) * self.step + self.size


def _places(n: int, most: int) -> list[int | None]:
    """Return the places to draw: all, or the first ones, a gap and the last."""
    return list(range(n)) if n <= most else [*range(most - 2), None, n - 1]


def _take(x: Any) -> tuple[tuple[int, ...], NDArray[Any] | None]:
    """The shape of ``x``, and its values if it is not itself a shape; at most 4 axes."""
    shape, values = shape_and_values(x)
    if len(shape) > 4:
        raise ValueError(f"{shape} has {len(shape)} axes: at most 4 can be drawn.")
    if any(n < 1 for n in shape):
        raise ValueError(f"{shape} holds no numbers: give each axis a length of at least 1.")
    return shape, values


def _text(value: Any) -> str:
    if isinstance(value, np.bool_):
        return "T" if value else "F"
    return number(value)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], gone: bool) -> None:
    ax.annotate(
        "", end, start,
        arrowprops={"arrowstyle": "-|>", "color": ORANGE if gone else BLUE,
                    "lw": 3.4 if gone else 1.8, "ls": "--" if gone else "-",
                    "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip


class _Sheet:
    """Layout of the whole picture: runs for down, across, rows and columns, in inches."""

    def __init__(self, shape: tuple[int, ...], wide: int, labels: float) -> None:
        limits = LIMITS[len(shape)]
        sizes = (1,) * (4 - len(shape)) + shape
        down, across, rows, cols = (_places(n, most) for n, most in zip(sizes, limits, strict=True))
        room = WIDTH - labels - 0.1 - GAP * (len(across) - 1)
        height = 2.2 - GAP * (len(down) - 1)
        cell = min(LARGEST, room / (len(across) * len(cols)), height / (len(down) * len(rows)))
        width = min(max(cell, 0.13 * wide + 0.12), room / (len(across) * len(cols)))
        self.rows, self.cols = _Run(rows, cell, cell), _Run(cols, width, width)
        self.across = _Run(across, self.cols.length + GAP, self.cols.length)
        self.down = _Run(down, self.rows.length + GAP, self.rows.length)

    def cells(self) -> list[tuple[tuple[int | None, ...], float, float]]:
        """Return place (four numbers), left and top of every cell."""
        found = []
        for d, p in enumerate(self.down.places):
            for a, q in enumerate(self.across.places):
                for r, i in enumerate(self.rows.places):
                    for c, j in enumerate(self.cols.places):
                        if (p is None or q is None) and (r, c) != (0, 0):
                            continue  # one cell of dots stands for a sheet left out
                        left = self.across.start(a) + self.cols.start(c)
                        top = self.down.start(d) + self.rows.start(r)
                        found.append(((p, q, i, j), left, top))
        return found


def _draw_cells(ax: Axes, sheet: _Sheet, x0: float, y0: float, values: NDArray[Any] | None) -> None:
    """Draw every cell; a cell that stands for places left out is white and holds dots."""
    four = None if values is None else values.reshape((1,) * (4 - values.ndim) + values.shape)
    width, height = sheet.cols.size, sheet.rows.size
    for place, left, top in sheet.cells():
        hidden = None in place
        if None in place[:2]:
            ax.text(
                x0 + left + sheet.cols.length / 2, y0 - top - sheet.rows.length / 2,
                "⋮" if place[0] is None else "⋯", ha="center", va="center", fontsize=20,
            )  # fmt: skip
            continue
        ax.add_patch(
            Rectangle((x0 + left, y0 - top - height), width, height, lw=1.2,
                      fc="white" if hidden else "#D6E9F5", ec=GREY if hidden else BLUE,
                      ls=":" if hidden else "-")
        )  # fmt: skip
        text = "…" if hidden else "" if four is None else _text(four[place])
        if text and (height > 0.2 or hidden):
            ax.text(
                x0 + left + width / 2, y0 - top - height / 2, text, ha="center",
                va="center_baseline", fontsize=13, color=GREY if hidden else BLACK,
            )  # fmt: skip


def _label(axis: int, shape: tuple[int, ...], names: Sequence[str] | None, between: str) -> str:
    name = f"{names[axis]}: " if names else ""
    return f"axis {axis}{between}{name}{shape[axis]}"


def _draw_labels(
    ax: Axes, sheet: _Sheet, x0: float, y0: float, shape: tuple[int, ...],
    names: Sequence[str] | None, gone: int | None, label: float,
) -> None:  # fmt: skip
    """Draw an arrow and a name for each axis: to the right above, downwards at the left."""
    n = len(shape)
    for axis in range(n):
        kind = axis + 4 - n  # 0 down, 1 across, 2 rows, 3 columns
        run = (sheet.down, sheet.across, sheet.rows, sheet.cols)[kind]
        colour, weight = (ORANGE, "bold") if axis == gone else (BLACK, "normal")
        style = {"fontsize": 13, "color": colour, "fontweight": weight}
        if kind in (1, 3):
            y = y0 + 0.14 + (HEAD if kind == 1 else 0)
            _arrow(ax, (x0, y), (x0 + run.length, y), axis == gone)
            text = _label(axis, shape, names, " · ")
            ax.text(x0, y + 0.05, text, va="bottom", ha="left", **style)
        else:
            x = x0 - 0.14 - (label if kind == 0 else 0)
            _arrow(ax, (x, y0), (x, y0 - run.length), axis == gone)
            text = _label(axis, shape, names, "\n")
            ax.text(x - 0.1, y0 - run.length / 2, text, va="center", ha="right", **style)


def _story(shape: tuple[int, ...], names: Sequence[str] | None, gone: int | None) -> str:
    if not shape:
        return "A tensor of shape (): one number, no axis."
    parts = ", ".join(_label(axis, shape, names, " · ") for axis in range(len(shape)))
    told = f"A tensor of shape {shape}: {parts}."
    if gone is not None:
        rest = shape[:gone] + shape[gone + 1 :]
        told += f" When axis {gone} vanishes, {rest} is left."
    return told


@drawn
def axes(x: Any, names: Sequence[str] | None = None, *, vanishing: int | None = None) -> Picture:
    """Draw a tensor's axes as arrows, each with its number, its name and its length.

    The last axis runs to the right and the one before it downwards. A third axis lays such sheets
    side by side, a fourth lays rows of sheets below each other. Long axes are shortened to dots.

    Args:
        x: A tensor, an array or a list, whose numbers are shown; or a shape, a tuple of lengths.
        names: What each axis counts, the first axis first.
        vanishing: The axis that a reduction or an index removes; its arrow is bold and dashed.

    Raises:
        ValueError: More than 4 axes, an axis without length, or names that do not fit the axes.
        IndexError: There is no axis ``vanishing``.

    Example:
        >>> axes((64, 3, 28, 28), names=("images", "colours", "rows", "columns"))
        A tensor of shape (64, 3, 28, 28): axis 0 · images: 64, axis 1 · colours: 3, \
axis 2 · rows: 28, axis 3 · columns: 28.
    """
    shape, values = _take(x)
    if names is not None and len(names) != len(shape):
        raise ValueError(f"{len(names)} names for {len(shape)} axes: shape {shape}.")
    if vanishing is not None:
        if not -len(shape) <= vanishing < len(shape):
            raise IndexError(f"Shape {shape} has no axis {vanishing}.")
        vanishing %= len(shape)
    wide = 0
    if values is not None:
        seen = values if values.size <= 400 else values.reshape(-1)[:400]
        wide = max(len(_text(value)) for value in seen.reshape(-1))
    label = 0.5 + 0.118 * max([6, *(len(f"{name}: 9999") for name in names or ())])
    x0 = label * (1 + (len(shape) == 4)) if len(shape) > 1 else 0.3
    sheet = _Sheet(shape, wide, x0)
    heads = 0.15 + HEAD * (0, 1, 1, 2, 2)[len(shape)]
    height = heads + sheet.down.length + 0.15
    figure = Figure(figsize=(WIDTH, height), layout="none")
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, WIDTH), ylim=(0, height))
    ax.axis("off")
    _draw_cells(ax, sheet, x0, height - heads, values)
    _draw_labels(ax, sheet, x0, height - heads, shape, names, vanishing, label)
    return Picture(figure, _story(shape, names, vanishing))

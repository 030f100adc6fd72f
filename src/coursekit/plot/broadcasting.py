"""Broadcasting: two shapes side by side, the axes that stretch, and the copies that nobody made."""

from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from coursekit.palette import BLACK, BLUE, GREY, ORANGE
from coursekit.plot.picture import Picture, drawn, number, shape_and_values

#: The operations that can be drawn: Python's sign, the sign in the picture, the function.
OPS = {
    "+": ("+", np.add),
    "-": ("−", np.subtract),
    "*": ("×", np.multiply),
    "/": ("/", np.divide),
    "<": ("<", np.less),
    ">": (">", np.greater),
    "==": ("=", np.equal),
}

#: Larger results are shown by their shapes alone.
MAX_ROWS, MAX_COLS, MAX_WIDTH = 6, 6, 9.0

# Inches. Cells hold numbers of 14 points, which are read from the last row.
BOX, STEP, MARGIN, GAP = 0.52, 0.64, 0.12, 0.58


class Axis(NamedTuple):
    """The sizes that meet on one axis of two shapes; None where a shape has no such axis.

    Example:
        >>> Axis(3, 1).size, Axis(None, 4).size, Axis(4, 3).size
        (3, 4, None)
    """

    first: int | None
    second: int | None

    @property
    def size(self) -> int | None:
        """The result's size, None if the two do not combine."""
        first, second = (1 if size is None else size for size in self)
        if first == second or second == 1:
            return first
        return second if first == 1 else None


def align(first: tuple[int, ...], second: tuple[int, ...]) -> list[Axis]:
    """Return the axes of two shapes, side by side, counted from the last.

    Example:
        >>> align((5, 3), (3,))
        [Axis(first=5, second=None), Axis(first=3, second=3)]
    """
    n = max(len(first), len(second))
    padded = ((None,) * (n - len(shape)) + tuple(shape) for shape in (first, second))
    return [Axis(*sizes) for sizes in zip(*padded, strict=True)]


class _Operand(NamedTuple):
    """What is drawn of one array: name, shape, and the numbers if there are any."""

    name: str
    shape: tuple[int, ...]
    values: NDArray[Any] | None


def _operand(x: Any, name: str) -> _Operand:
    """Take ``x`` as a shape if it is a tuple of whole numbers, else as an array."""
    shape, values = shape_and_values(x)
    if any(n < 0 for n in shape):
        raise ValueError(f"{x} is no shape: no axis has a negative size.")
    return _Operand(name, shape, values)


def _axis_name(position: int, n: int) -> str:
    return f"−{n - position}"


def _trouble(axes: list[Axis]) -> list[str]:
    """Say, for each axis that does not combine, what is wrong."""
    return [
        f"axis {_axis_name(i, len(axes))}: {axis.first} meets {axis.second}, and neither is 1"
        for i, axis in enumerate(axes)
        if axis.size is None
    ]


def _story(first: _Operand, second: _Operand, axes: list[Axis]) -> str:
    """Say what happens on each axis, the last one first."""
    both = f"Shapes {first.shape} and {second.shape}"
    if trouble := _trouble(axes):
        return f"{both} do not combine. On {'; on '.join(reversed(trouble))}."
    parts = []
    for i, axis in reversed(list(enumerate(axes))):
        words = [str(size) if size is not None else "none" for size in axis]
        part = f"axis {_axis_name(i, len(axes))}, {words[0]} and {words[1]}"
        for size, operand in zip(axis, (first, second), strict=True):
            if size in (None, 1) and axis.size != 1:
                part += f", {operand.name} is stretched to {axis.size}"
        parts.append(part)
    told = f", from the last axis: {'; '.join(parts)}" if parts else ""
    return f"{both} give {tuple(axis.size for axis in axes)}{told}."


def _box(
    ax: Axes, x: float, y: float, width: float, text: str, kind: str, height: float = BOX
) -> None:
    """Draw one box, lower left corner at (x, y): own, copy, missing, wrong or result.

    The kinds differ in frame and hatching, so that they can be told apart without colour.
    """
    face, edge, style, line, colour, hatch = {
        "own": ("#D6E9F5", BLUE, "-", 1.8, BLACK, None),
        "copy": ("white", GREY, (0, (3, 2)), 1.2, "#5F5F5F", None),
        "result": ("#EEEEEE", BLACK, "-", 1.0, BLACK, None),
        "missing": ("white", ORANGE, (0, (3, 2)), 1.8, BLACK, "////"),
        "wrong": ("#FBE3D3", ORANGE, "-", 3.2, BLACK, None),
    }[kind]
    ax.add_patch(Rectangle((x, y), width, height, fc=face, ec=edge, lw=line, ls=style, zorder=2))
    if hatch:
        ax.add_patch(
            Rectangle((x, y), width, height, fill=False, hatch=hatch, ec="#F0B48E", lw=0, zorder=2)
        )
    weight = "bold" if kind in ("own", "wrong") else "normal"
    ax.text(
        x + width / 2, y + height / 2, text, ha="center", va="center_baseline", fontsize=14,
        color=colour, fontweight=weight, zorder=3,
    )  # fmt: skip


def _table_widths(operands: list[_Operand], axes: list[Axis]) -> tuple[float, float]:
    """Return the width of the names and of one box of the table, in inches."""
    longest = max([len(str(size)) for axis in axes for size in (*axis, axis.size)], default=1)
    names = max(len(name) for name in [*(o.name for o in operands), "result"])
    return 0.14 * names + 0.22, max(0.86, 0.13 * (longest + 4) + 0.2)


def _draw_table(ax: Axes, top: float, operands: list[_Operand], axes: list[Axis]) -> None:
    """Draw the two shapes aligned from the right, and the result's shape below a line."""
    names, width = _table_widths(operands, axes)
    step = width + 0.1
    for i in range(len(axes)):
        text = f"axis {_axis_name(i, len(axes))}" if i == 0 else _axis_name(i, len(axes))
        middle = MARGIN + names + i * step + width / 2
        ax.text(middle, top - 0.16, text, ha="center", va="center", fontsize=13, color=GREY)
    for row, operand in enumerate(operands):
        y = top - 0.42 - BOX - row * STEP
        ax.text(MARGIN, y + BOX / 2, operand.name, va="center", fontsize=15, fontweight="bold")
        for i, axis in enumerate(axes):
            size, kind = axis[row], "own"
            text = str(size)
            if axis.size is None:
                kind = "wrong"
            elif size is None:
                kind, text = "copy", f"1 → {axis.size}" if axis.size != 1 else "1"
            elif size == 1 and axis.size != 1:
                text = f"1 → {axis.size}"
            _box(ax, MARGIN + names + i * step, y, width, text, kind)
    y = top - 0.42 - BOX - 2 * STEP - 0.12
    ax.plot([MARGIN, MARGIN + names + len(axes) * step - 0.1], [y + BOX + 0.12] * 2,
            color=BLACK, lw=1.2, ls="-")  # fmt: skip
    ax.text(MARGIN, y + BOX / 2, "result", va="center", fontsize=14)
    for i, axis in enumerate(axes):
        wrong = axis.size is None
        text = "✗" if wrong else str(axis.size)
        _box(ax, MARGIN + names + i * step, y, width, text, "wrong" if wrong else "result")


class _Grid(NamedTuple):
    """An operand, or the result, as it is drawn on the full grid of cells."""

    title: str
    texts: list[list[str]]
    kinds: list[list[str]]
    width: float
    height: float

    @property
    def slot(self) -> float:
        """The width that grid and title need."""
        return max(self.width * len(self.texts[0]), 0.118 * len(self.title))


def _grid(operand: _Operand, rows: int, cols: int, result: bool = False) -> _Grid:
    """Lay an operand of at most two axes out on ``rows`` by ``cols`` cells."""
    own_rows, own_cols = (1, 1, *operand.shape)[-2:]
    values = None if operand.values is None else operand.values.reshape(own_rows, own_cols)
    texts = [[""] * cols for _ in range(rows)]
    kinds = [[""] * cols for _ in range(rows)]
    for r, c in np.ndindex(rows, cols):
        # An axis of length 1 reaches everywhere, any other only as far as it is long.
        if (r >= own_rows > 1) or (c >= own_cols > 1):
            kinds[r][c], texts[r][c] = "missing", "?"
            continue
        own = r < own_rows and c < own_cols
        kinds[r][c] = "result" if result else "own" if own else "copy"
        if values is not None:
            texts[r][c] = number(values[min(r, own_rows - 1), min(c, own_cols - 1)])
    longest = max(len(text) for row in texts for text in row)
    title = f"{operand.name} {operand.shape}" if operand.name else str(operand.shape)
    cell = BOX if max(rows, cols) <= 4 else 0.44
    return _Grid(title, texts, kinds, max(cell, 0.125 * longest + 0.16), cell)


def _grids(first: _Operand, second: _Operand, axes: list[Axis], op: str | None) -> list[_Grid]:
    """Return the grids to draw: none if the result has too many axes or cells."""
    sizes = [axis.size if axis.size is not None else max(axis) for axis in axes]
    if len(sizes) > 2 or 0 in sizes:
        return []
    rows, cols = (1, 1, *sizes)[-2:]
    if rows > MAX_ROWS or cols > MAX_COLS:
        return []
    grids = [_grid(operand, rows, cols) for operand in (first, second)]
    if op is not None and not _trouble(axes):
        with np.errstate(all="ignore"):
            values = np.asarray(OPS[op][1](first.values, second.values))
        grids.append(_grid(_Operand("", values.shape, values), rows, cols, result=True))
    # What is too wide for a slide loses the result first.
    while sum(grid.slot + GAP for grid in grids) > MAX_WIDTH:
        grids = grids[:2] if len(grids) > 2 else []
    return grids


def _draw_grids(ax: Axes, left: float, middle: float, grids: list[_Grid], op: str | None) -> None:
    """Draw the grids in a row, with the operation's sign and an equals sign between them."""
    signs = ["", OPS[op][0] if op else "", "="]
    for grid, sign in zip(grids, signs, strict=False):
        rows, cols = len(grid.texts), len(grid.texts[0])
        if sign:
            ax.text(left - GAP / 2, middle, sign, ha="center", va="center", fontsize=22)
        top = middle + grid.height * rows / 2
        ax.text(left + grid.slot / 2, top + 0.24, grid.title, ha="center", va="center",
                fontsize=14, fontweight="bold")  # fmt: skip
        corner = left + (grid.slot - cols * grid.width) / 2
        # Own cells last: their solid frames lie on top of their copies' dashed ones.
        for r, c in sorted(
            np.ndindex(rows, cols), key=lambda rc: grid.kinds[rc[0]][rc[1]] == "own"
        ):
            x, y = corner + c * grid.width, top - (r + 1) * grid.height
            _box(ax, x, y, grid.width, grid.texts[r][c], grid.kinds[r][c], grid.height)
        left += grid.slot + GAP


@drawn
def broadcast(
    a: Any, b: Any, op: str | None = None, *, names: tuple[str, str] = ("a", "b")
) -> Picture:
    """Draw how two shapes combine, or which axis keeps them from it.

    On the left the shapes stand one below the other, aligned from the right, as the rule compares
    them. On the right, if the result has at most two axes and 6 by 6 cells: the numbers, with the
    copies that broadcasting pretends to make. Solid frames, blue: what is stored. Dashed: a
    pretended copy, or an axis that a shape does not have. Thick or hatched, orange: no fit.

    Args:
        a: An array, a tensor, a number, or a shape as a tuple of whole numbers.
        b: Likewise.
        op: One of ``+ - * / < > ==``: draw the result too. Needs numbers, not shapes.
        names: What ``a`` and ``b`` are called in the picture.

    Raises:
        ValueError: ``op`` is unknown, or given with a shape; or a shape has a negative size.

    Example:
        >>> broadcast(np.array([[1, 2], [3, 4]]), np.array([10, 20]), "+")
        Shapes (2, 2) and (2,) give (2, 2), from the last axis: axis −1, 2 and 2; \
axis −2, 2 and none, b is stretched to 2. a + b is [[11, 22], [13, 24]].
        >>> broadcast((3, 4), (3,))
        Shapes (3, 4) and (3,) do not combine. On axis −1: 4 meets 3, and neither is 1.
    """
    operands = [_operand(x, name) for x, name in zip((a, b), names, strict=True)]
    if op is not None and op not in OPS:
        raise ValueError(f"Cannot draw the operation {op!r}: choose one of {' '.join(OPS)}.")
    if op is not None and any(operand.values is None for operand in operands):
        raise ValueError(f"A shape has no numbers for {op!r}: give arrays, or leave op out.")
    axes = align(operands[0].shape, operands[1].shape)
    grids = _grids(*operands, axes, op)
    trouble = _trouble(axes)
    alt = _story(*operands, axes)
    if len(grids) == 3:
        rows = ", ".join(f"[{', '.join(row)}]" for row in grids[2].texts)
        rows = f"[{rows}]" if len(axes) == 2 else rows
        alt += f" {names[0]} {op} {names[1]} is {rows if axes else grids[2].texts[0][0]}."

    name_width, width = _table_widths(operands, axes)
    left = MARGIN + name_width + len(axes) * (width + 0.1) + 0.6
    grid_width = sum(grid.slot + GAP for grid in grids) - GAP
    has_copies = any(kind == "copy" for grid in grids for row in grid.kinds for kind in row)
    foot = 0.42 if trouble or has_copies else 0.0
    tall = max(
        0.42 + 3 * STEP + 0.12, max((g.height * len(g.texts) for g in grids), default=0) + 0.5
    )
    total = (left + grid_width if grids else left - 0.5) + 2 * MARGIN
    if trouble:
        total = max(total, 0.118 * len("; ".join(trouble)) + 0.6)
    figure = Figure(figsize=(total, tall + foot + 2 * MARGIN), layout="none")
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, total), ylim=(0, tall + foot + 2 * MARGIN))
    ax.set_axis_off()
    _draw_table(ax, tall + foot + MARGIN, operands, axes)
    _draw_grids(ax, left, MARGIN + foot + (tall - 0.45) / 2, grids, op)
    if trouble:
        ax.text(MARGIN, 0.3, "✗ " + "; ".join(trouble), va="center", fontsize=14, fontweight="bold")
    elif has_copies:
        ax.text(left, 0.3, "dashed: copies that nobody makes", va="center", fontsize=13,
                color="#5F5F5F")  # fmt: skip
    return Picture(figure, alt)

"""Memory: several tensors, and the rows of numbers that they read."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from coursekit.palette import BLACK, BLUE, GREEN, GREY, ORANGE
from coursekit.plot.picture import Picture, drawn, number

# Inches. Two shades and two frames tell two storages apart, without colour too.
BOX, WIDTH, LINE = 0.46, 8.0, 0.3
MOST = 15  # numbers in a storage
LOOKS = ((BLUE, "#D6E9F5", "-"), (ORANGE, "#FBE3D3", "--"), (GREEN, "#D5EFE6", "-."))


class _Tensor(NamedTuple):
    """What is drawn of one tensor."""

    name: str
    rows: list[list[str]]
    steps: str
    storage: int


def _numbers(tensor: Any) -> list[Any]:
    """Return all numbers of a tensor's storage, in the order in which they lie in memory."""
    return tensor.detach().as_strided((_size(tensor),), (1,), 0).tolist()


def _size(tensor: Any) -> int:
    return tensor.untyped_storage().nbytes() // tensor.element_size()


def _look_at(tensors: Mapping[str, Any]) -> tuple[list[_Tensor], list[list[str]]]:
    """Return what to draw of each tensor, and the numbers of each storage."""
    if not tensors:
        raise ValueError("There is nothing to draw: the mapping of tensors is empty.")
    looks, storages, addresses = [], [], []
    for name, x in tensors.items():
        if x.dim() not in (1, 2) or x.numel() == 0:
            raise ValueError(
                f"{name!r} has shape {tuple(x.shape)}: give 1 or 2 axes, each of length 1 or more."
            )
        if (size := _size(x)) > MOST:  # asked first: a real tensor holds millions
            raise ValueError(
                f"The storage of {name!r} holds {size:,} numbers; at most {MOST} numbers can be "
                "drawn: give a small example."
            )
        address = x.untyped_storage().data_ptr()
        if address not in addresses:
            addresses.append(address)
            storages.append([number(value) for value in _numbers(x)])
        table = x.detach() if x.dim() == 2 else x.detach()[None]
        rows = [[number(value) for value in row] for row in table.tolist()]
        words = ("right",) if x.dim() == 1 else ("down", "right")
        steps = ", ".join(f"{word} +{n}" for word, n in zip(words, x.stride(), strict=True))
        looks.append(_Tensor(name, rows, steps, addresses.index(address)))
    if len(storages) > len(LOOKS):
        raise ValueError(
            f"These tensors have {len(storages)} storages; at most {len(LOOKS)} can be drawn."
        )
    return looks, storages


def _draw_rows(ax: Axes, x: float, top: float, rows: list[list[str]], storage: int) -> None:
    edge, face, line = LOOKS[storage]
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            left, low = x + c * BOX, top - (r + 1) * BOX
            ax.add_patch(Rectangle((left, low), BOX, BOX, fc=face, ec=edge, lw=1.8, ls=line))
            ax.text(left + BOX / 2, low + BOX / 2, text, ha="center", va="center_baseline")


@drawn
def storage(tensors: Mapping[str, Any]) -> Picture:
    """Draw tensors of one or two axes above the memory that they read, storage by storage.

    Below each tensor stands its stride: how far to walk in memory for one step down or to the
    right. Tensors that share memory have the same frame and are named at the same row of numbers.

    Args:
        tensors: Names and torch tensors with one or two axes.

    Raises:
        ValueError: Nothing to draw, more than 15 numbers in a storage or more than 3 storages, or
            a tensor with other than 1 or 2 axes.

    Example:
        >>> import torch
        >>> x = torch.arange(4).reshape(2, 2)
        >>> storage({"x": x, "x.t()": x.t()})
        x, shape (2, 2): down +2, right +1. x.t(), shape (2, 2): down +1, right +2. \
One storage, read by x, x.t(): 0 1 2 3.
    """
    looks, storages = _look_at(tensors)
    tall = max(len(look.rows) for look in looks)
    widths = [max(len(look.rows[0]) * BOX, 0.125 * len(look.steps) + 0.2,
                  0.13 * len(look.name)) for look in looks]  # fmt: skip
    gap = 0.5
    readers = [
        ", ".join(look.name for look in looks if look.storage == i) for i in range(len(storages))
    ]
    lengths = [
        max(len(numbers) * BOX, 0.115 * (len(names) + 19)) + gap
        for numbers, names in zip(storages, readers, strict=True)
    ]
    lines = 1 if sum(lengths) <= WIDTH else len(storages)  # side by side where there is room
    height = 2 * LINE + tall * BOX + 0.3 + lines * (BOX + LINE + 0.18)
    figure = Figure(figsize=(max(WIDTH, sum(widths) + gap * len(looks)), height), layout="none")
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, figure.get_figwidth()), ylim=(0, height))
    ax.axis("off")
    x = 0.15
    for look, width in zip(looks, widths, strict=True):
        ax.text(x, height - LINE / 2, look.name, va="center", fontsize=14, fontweight="bold")
        _draw_rows(ax, x, height - LINE, look.rows, look.storage)
        below = height - LINE - len(look.rows) * BOX - 0.17
        ax.text(x, below, look.steps, va="center", color=BLACK)
        x += width + gap
    stories, left = [], 0.15
    top = height - 2 * LINE - tall * BOX - 0.3
    for i, numbers in enumerate(storages):
        ax.text(left, top - LINE / 2, f"in memory, read by {readers[i]}", va="center", color=GREY)
        _draw_rows(ax, left, top - LINE, [numbers], i)
        if lines == 1:
            left += lengths[i]
        else:
            top -= BOX + LINE + 0.18
        which = "One storage" if len(storages) == 1 else f"Storage {i + 1}"
        stories.append(f"{which}, read by {readers[i]}: {' '.join(numbers)}.")
    parts = [f"{look.name}, shape {tuple(tensors[look.name].shape)}: {look.steps}."
             for look in looks]  # fmt: skip
    return Picture(figure, " ".join(parts + stories))

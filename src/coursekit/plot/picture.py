"""A figure with alt text, and the style that all pictures of the course share."""

import base64
import html
import io
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from coursekit.palette import BLACK, CYCLE, GREY

P = ParamSpec("P")

#: Pixels of the screen per inch of figure. The PNG holds twice as many, for sharp displays.
SCREEN_DPI = 100

#: One line style for each colour of the cycle: solid, dashed, dash-dot, dotted, and mixtures.
LINES = ("-", "--", "-.", ":", (0, (7, 2)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 1)))

# Line styles change with the colours, so that curves can be told apart in grey as well.
STYLE = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same letters everywhere
    "font.size": 13,  # 18 px on the screen: readable from the last row
    "axes.titlesize": 14,
    "axes.titleweight": "bold",
    "axes.labelcolor": BLACK,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=CYCLE) + cycler(linestyle=LINES),
    "lines.linewidth": 2.2,
    "text.color": BLACK,
    "xtick.color": BLACK,
    "ytick.color": BLACK,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
}


class Picture:
    """A matplotlib figure and the sentence that says what it shows.

    A notebook shows the figure with the sentence as its alt text; a terminal shows the sentence.

    Args:
        figure: What to show.
        alt: What a reader who cannot see the figure should know, made from the numbers drawn.

    Example:
        >>> from matplotlib.figure import Figure
        >>> Picture(Figure(), "An empty figure.")
        An empty figure.
    """

    def __init__(self, figure: Figure, alt: str) -> None:
        self.figure = figure
        self.alt = alt

    def png(self) -> bytes:
        """Return the figure as a PNG at twice the screen's resolution."""
        buffer = io.BytesIO()
        # No software tag: the same figure gives the same bytes under another matplotlib release.
        self.figure.savefig(buffer, format="png", dpi=2 * SCREEN_DPI, metadata={"Software": None})
        return buffer.getvalue()

    def save(self, path: str | Path) -> None:
        """Write the figure to ``path``; the ending (.png, .svg, .pdf) says in which format."""
        self.figure.savefig(path, dpi=2 * SCREEN_DPI)

    def _repr_html_(self) -> str:
        wide, high = self.figure.get_size_inches()
        width = round(wide * SCREEN_DPI)
        data = base64.b64encode(self.png()).decode("ascii")
        return (  # the style is for slides: rise.css reads it
            f'<img class="coursekit-picture" width="{width}" '
            f'style="--natural:{width};--aspect:{wide / high:.3f}" '
            f'alt="{html.escape(self.alt)}" src="data:image/png;base64,{data}">'
        )

    def __repr__(self) -> str:
        return self.alt


def drawn(func: Callable[P, Picture]) -> Callable[P, Picture]:
    """Run a plotting function in the course's style, without touching matplotlib's settings."""

    @wraps(func)
    def in_style(*args: P.args, **kwargs: P.kwargs) -> Picture:
        with matplotlib.rc_context(STYLE):
            return func(*args, **kwargs)

    return in_style


def new_axes(width: float = 8.0, height: float = 3.4) -> tuple[Figure, Axes]:
    """Return a new figure of ``width`` by ``height`` inches with one pair of axes.

    Example:
        >>> figure, ax = new_axes(6.0, 2.5)
        >>> figure.get_size_inches().tolist()
        [6.0, 2.5]
    """
    figure = Figure(figsize=(width, height))
    return figure, figure.add_subplot()


def to_numpy(values: ArrayLike | Any) -> NDArray[Any]:
    """Return a tensor (on any device, tracked or not), an array or a list as a NumPy array.

    A list may hold tensors. NumPy has no bfloat16: such a tensor comes as float32.

    Example:
        >>> import torch
        >>> to_numpy([torch.tensor(2.0, requires_grad=True), torch.tensor(1.0)]).tolist()
        [2.0, 1.0]
    """
    if isinstance(values, list | tuple):
        values = [to_numpy(value) if hasattr(value, "detach") else value for value in values]
    elif hasattr(values, "detach"):
        values = values.detach().cpu()
        try:
            values = values.numpy()
        except TypeError:  # NumPy has no bfloat16
            values = values.float().numpy()
    return np.asarray(values)


def shape_and_values(x: Any) -> tuple[tuple[int, ...], NDArray[Any] | None]:
    """Take ``x`` as a shape, without values, if it is a tuple of whole numbers; else as an array.

    Example:
        >>> shape_and_values((2, 3))
        ((2, 3), None)
        >>> shape_and_values([2, 3])
        ((2,), array([2, 3]))
    """
    if isinstance(x, tuple) and all(isinstance(n, int | np.integer) for n in x):
        return tuple(int(n) for n in x), None
    values = to_numpy(x)
    return values.shape, values


def number(value: Any) -> str:
    """Return a number as it stands in a cell: three digits, and a true minus.

    Example:
        >>> number(-0.12345), number(-7)
        ('−0.123', '−7')
    """
    text = f"{value:.3g}" if isinstance(value, float | np.floating) else str(value)
    return text.replace("-", "−")

"""What a network makes of an image, layer by layer: stacks of maps, drawn to one scale."""

from collections.abc import Sequence

from matplotlib.patches import Rectangle

from coursekit.palette import BLACK, BLUE
from coursekit.plot.picture import Picture, drawn, new_axes

#: Maps of one stack that are drawn; more would not be seen.
MOST_DRAWN = 8
#: How far each map of a stack is set off from the one before; the gap between stacks, in pixels.
STEP, GAP = 1.1, 9.0


@drawn
def volumes(stages: Sequence[tuple[str, Sequence[int], int]]) -> Picture:
    """Draw shapes through a network: how many maps there are after each layer, and how large.

    Args:
        stages: For each layer its name, the shape after it without the batch axis, (channels,
            height, width) or (features,), and its number of parameters. A vector is drawn as a
            bar, not higher than the tallest map.

    Raises:
        ValueError: There is no stage, or a shape has neither three axes nor one.

    Example:
        >>> volumes([("image", (1, 28, 28), 0), ("conv", (16, 14, 14), 160)])
        Shapes through a network: image 1×28×28; conv 16×14×14, 160 parameters.
    """
    if not stages:
        raise ValueError("There is nothing to draw: give at least one stage.")
    for name, shape, _ in stages:
        if len(shape) not in (1, 3):
            raise ValueError(f"{name!r} has shape {tuple(shape)}: give 3 axes or 1, no batch axis.")
    figure, ax = new_axes(10.0, 3.1)
    ax.set_axis_off()
    ax.set_aspect("equal")
    tallest = max(shape[1] if len(shape) == 3 else 10 for _, shape, _ in stages)
    x, told = 0.0, []
    for name, shape, parameters in stages:
        channels, high, wide = shape if len(shape) == 3 else (1, min(shape[0], tallest), 1)
        drawn_maps = min(channels, MOST_DRAWN)
        shift = STEP * (drawn_maps - 1)
        for i in range(drawn_maps):
            corner = (x + i * STEP, i * STEP - high / 2 - shift / 2)
            ax.add_patch(Rectangle(corner, wide, high, fc="#D6E4F0", ec=BLUE, lw=1))
        middle = x + (wide + shift) / 2
        size = "×".join(map(str, shape))
        ax.text(middle, -tallest / 2 - 7, f"{name}\n{size}", ha="center", va="top", fontsize=13)
        if parameters:
            text = f"{parameters:,}"
            ax.text(middle, tallest / 2 + 7, text, ha="center", fontsize=13, color=BLACK)
        told.append(f"{name} {size}" + (f", {parameters:,} parameters" if parameters else ""))
        x += max(wide + shift, 6.0) + GAP
    ax.text(-2.0, tallest / 2 + 7, "parameters:", ha="right", fontsize=13, fontweight="bold")
    ax.set_xlim(-22, x - GAP + 3)
    ax.set_ylim(-tallest / 2 - 16, tallest / 2 + 12)
    return Picture(figure, f"Shapes through a network: {'; '.join(told)}.")

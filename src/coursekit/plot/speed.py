"""Speed: how many times as fast one way of computing is as another."""

from collections.abc import Mapping

from coursekit.palette import BLUE, GREY
from coursekit.plot.picture import Picture, drawn, new_axes


def _short(ratio: float) -> str:
    """Return a ratio with two digits that mean something: timings are not more exact."""
    if ratio < 10:
        return f"{ratio:.2g}" if ratio >= 1 else f"{ratio:.1g}"
    return f"{round(ratio, 2 - len(str(int(ratio)))):,.0f}"


@drawn
def speedups(ratios: Mapping[str, float], *, unit: str | None = None) -> Picture:
    """Draw one bar for each way of computing, on an axis where each line is ten times the last.

    Args:
        ratios: Names and how many times as fast each is as the unit; above 1 is faster.
        unit: What has the ratio 1, for the label of the axis; the first name if not given.

    Raises:
        ValueError: There is nothing to draw, or a ratio is not above 0.

    Example:
        >>> speedups({"three loops": 1, "two loops": 34.2, "@": 5210})
        Bar chart, logarithmic axis: times as fast as three loops. three loops 1, two loops 34, \
@ 5,200.
    """
    if not ratios:
        raise ValueError("There are no ratios to draw: the mapping is empty.")
    if bad := {name: ratio for name, ratio in ratios.items() if not ratio > 0}:
        raise ValueError(f"A ratio must be above 0, and these are not: {bad}.")
    names = list(ratios)
    unit = names[0] if unit is None else unit
    figure, ax = new_axes(8.0, 0.95 + 0.3 * len(names))
    values = [float(ratio) for ratio in ratios.values()]
    # A bar starts at 1: to the right is faster, to the left slower.
    drawing = ax.barh(names, [value - 1 for value in values], left=1, height=0.62, color=BLUE)
    for bar, value in zip(drawing, values, strict=True):
        if value < 1:
            bar.set(facecolor="white", edgecolor=BLUE, hatch="//")
        ax.annotate(
            _short(value), (max(value, 1), bar.get_y() + bar.get_height() / 2), xytext=(6, 0),
            textcoords="offset points", va="center", fontweight="bold",
        )  # fmt: skip
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter("{x:,g}")
    ax.minorticks_off()
    ax.spines["left"].set_visible(False)
    ax.set_xlim(min([0.8, *(value / 1.5 for value in values)]), max([10, *values]) * 6)
    ax.axvline(1, color=GREY, lw=1.5, ls="-")
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(f"times as fast as {unit}")
    parts = ", ".join(f"{name} {_short(value)}" for name, value in ratios.items())
    return Picture(figure, f"Bar chart, logarithmic axis: times as fast as {unit}. {parts}.")

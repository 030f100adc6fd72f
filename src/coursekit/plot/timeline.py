"""A timeline: who worked when, who waited, and for what."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from coursekit.palette import BLACK, CYCLE, GREY
from coursekit.plot.picture import Picture, drawn

#: Hatches, one for each kind of work, so that kinds can be told apart in grey.
HATCHES = ("", "//", "..", "\\\\", "xx", "oo")

#: Shares of the whole: narrower gaps are not framed, and less than this is not worth words.
NARROWEST = 0.005


class Event(NamedTuple):
    """One piece of work on a timeline.

    Attributes:
        row: Who does it.
        name: What is done.
        start: When it begins.
        length: How long it takes.

    Example:
        >>> Event("Python", "load", 0, 8).length
        8
    """

    row: str
    name: str
    start: float
    length: float


@drawn
def timeline(
    events: Iterable[Sequence[Any]], *, waits: str | None = None, unit: str = "ticks"
) -> Picture:
    """Draw who worked when, with the gaps of one row marked and named.

    A gap is named after what the other rows did most of that time: that is what was waited for.

    Args:
        events: Rows of (who, what, start, length); who comes first is drawn on top.
        waits: The row whose gaps are marked; the last row if not given.
        unit: What start and length are counted in.

    Raises:
        ValueError: There is no event or none takes any time, one has a negative length, or
            ``waits`` names no row.

    Example:
        >>> work = [("Python", "load", 0, 8), ("device", "compute", 8, 2)]
        >>> timeline(work)
        Timeline, 10 ticks long. Python: load, busy 80 %. device: compute, busy 20 %; waits for \
load 80 %.
    """
    work = [Event(*event) for event in events]
    rows = list(dict.fromkeys(event.row for event in work))
    waits = rows[-1] if waits is None and rows else waits
    _check(work, rows, waits)
    begin = min(event.start for event in work)
    end = max(event.start + event.length for event in work)
    gaps = _gaps(work, waits, begin, end)
    figure = Figure(figsize=(9.6, 1.15 + 0.68 * len(rows)))
    ax = figure.add_subplot()
    _draw_work(ax, work, rows, end - begin)
    for gap in gaps:
        if gap.length > NARROWEST * (end - begin):
            _draw_gap(ax, gap, rows.index(waits), end - begin)
    labels = [f"{row}\n{_busy(work, row, begin, end)}" for row in rows]
    labels[rows.index(waits)] += "".join(f"\n{part}" for part in _lost(gaps, end - begin))
    ax.set_yticks(range(len(rows)), labels)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(begin, end)
    ax.set_xlabel(unit)
    ax.tick_params(axis="y", length=0)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, fontsize=12)
    return Picture(figure, _alt(work, rows, waits, gaps, (begin, end, unit)))


def _check(work: list[Event], rows: list[str], waits: str | None) -> None:
    if not work:
        raise ValueError("There is nothing to draw: the list of events is empty.")
    if waits not in rows:
        raise ValueError(f"There is no row {waits!r} whose gaps could be marked: {rows}.")
    if bad := [event for event in work if not event.length >= 0]:
        raise ValueError(f"No work takes less than no time, but {tuple(bad[0])} does.")
    if not any(event.length for event in work):
        raise ValueError("There is nothing to draw: no event takes any time.")


def _gaps(work: list[Event], row: str, begin: float, end: float) -> list[Event]:
    """The times between ``begin`` and ``end`` when ``row`` did nothing, named by the culprit."""
    gaps, free = [], begin
    own = sorted((e for e in work if e.row == row), key=lambda event: event.start)
    for start, stop in [*((e.start, e.start + e.length) for e in own), (end, end)]:
        if start > free:
            gaps.append(Event(row, _culprit(work, row, free, start), free, start - free))
        free = max(free, stop)
    return gaps


def _culprit(work: list[Event], row: str, start: float, stop: float) -> str:
    """What the other rows did most between ``start`` and ``stop``."""
    shares: dict[str, float] = defaultdict(float)
    for event in work:
        if event.row != row:
            overlap = min(stop, event.start + event.length) - max(start, event.start)
            shares[event.name] += max(overlap, 0.0)
    best = max(shares, key=lambda name: shares[name], default="")
    return f"waits for {best}" if shares.get(best) else "idle"


def _draw_work(ax: Any, work: list[Event], rows: list[str], whole: float) -> None:
    for i, name in enumerate(dict.fromkeys(event.name for event in work)):
        color = CYCLE[i % len(CYCLE)]
        for j, row in enumerate(rows):
            spans = [(e.start, e.length) for e in work if (e.row, e.name) == (row, name)]
            place = (j - 0.35, 0.7)
            narrow = any(length < NARROWEST * whole for _, length in spans)
            if narrow:  # as a GPU's kernels are: white edges would hide them
                ax.broken_barh(spans, place, facecolor=color, edgecolor=color, lw=0.8)
            bars = ax.broken_barh(
                spans, place, facecolor=color, edgecolor="white", hatch=HATCHES[i % len(HATCHES)],
                lw=0 if narrow else 0.8,
            )  # fmt: skip
            if spans and name not in ax.get_legend_handles_labels()[1]:
                bars.set_label(name)


def _draw_gap(ax: Any, gap: Event, place: int, whole: float) -> None:
    ax.broken_barh(
        [(gap.start, gap.length)], (place - 0.35, 0.7), facecolor="none", edgecolor=GREY,
        ls=":", lw=1.5,
    )  # fmt: skip
    if gap.length > 0.13 * whole:  # else the words do not fit
        middle = gap.start + gap.length / 2
        ax.text(middle, place, gap.name.replace(" for ", " for\n"), ha="center", va="center",
                fontsize=11, color=BLACK)  # fmt: skip


def _lost(gaps: list[Event], whole: float) -> list[str]:
    """What was waited for, with the share of the time, the longest first."""
    shares: dict[str, float] = defaultdict(float)
    for gap in gaps:
        shares[gap.name] += gap.length / whole
    largest = sorted((n for n in shares if shares[n] > NARROWEST), key=lambda name: -shares[name])
    return [f"{name} {100 * shares[name]:.0f} %" for name in largest]


def _busy(work: list[Event], row: str, begin: float, end: float) -> str:
    """The share of the time without a gap: work at the same time counts once."""
    idle = sum(gap.length for gap in _gaps(work, row, begin, end))
    return f"busy {100 * (1 - idle / (end - begin)):.0f} %"


def _alt(work: list[Event], rows: list[str], waits: str, gaps: list[Event], axis: tuple) -> str:
    begin, end, unit = axis
    parts = []
    for row in rows:
        names = ", ".join(dict.fromkeys(e.name for e in work if e.row == row))
        text = f"{row}: {names}, {_busy(work, row, begin, end)}"
        if row == waits:
            text += "".join(f"; {part}" for part in _lost(gaps, end - begin))
        parts.append(text + ".")
    return f"Timeline, {end - begin:.3g} {unit} long. {' '.join(parts)}"

"""Training and validation losses of a run, or of several side by side, each where it was measured.

The training loss of an epoch is a mean over a model that kept changing, so it stands in the middle
of its epoch; the validation loss is measured at the end, and stands there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.palette import BLACK, BLUE, GREY, ORANGE
from coursekit.plot.picture import Picture, drawn, to_numpy

#: Panels side by side.
COLUMNS = 3


class _Run(NamedTuple):
    batches: np.ndarray
    train: np.ndarray
    valid: np.ndarray
    per_epoch: float

    @property
    def ends(self) -> float:
        """Epochs that the picture must reach."""
        return max(len(self.valid), len(self.batches) / self.per_epoch, 1e-9)


@drawn
def training(
    histories: Any,
    *,
    level: tuple[str, float] | None = None,
    per_epoch: int | None = None,
    ymax: float | None = None,
) -> Picture:
    """Draw the losses of a training run: of batches, of training epochs, of validation.

    Args:
        histories: A history of lesson 11 (``batches`` and ``epochs``), or a mapping from names to
            histories, one panel each.
        level: A name and a value to compare with, drawn as a thin horizontal line.
        per_epoch: Batches in an epoch; needed only while an epoch is unfinished.
        ymax: Cut the picture off here; without it each panel is cut off above its first losses,
            where curves explode.

    Raises:
        ValueError: There is nothing to draw.

    Example:
        >>> from types import SimpleNamespace
        >>> epochs = {"train_loss": [1.8, 0.7], "valid_loss": [0.9, 0.6]}
        >>> training(SimpleNamespace(batches=[2.3, 1.3, 0.8, 0.6], epochs=epochs))
        Losses over 2 epochs: of 4 batches from 2.30 to 0.60, training from 1.80 to 0.70, \
validation from 0.90 to 0.60.
    """
    many = histories if isinstance(histories, Mapping) else {"": histories}
    runs = {str(name): _take(history, per_epoch) for name, history in many.items()}
    if not runs or not all(len(r.batches) or len(r.valid) for r in runs.values()):
        raise ValueError("There is nothing to draw: train first.")
    columns = min(COLUMNS, len(runs))
    rows = -(-len(runs) // columns)
    size = (8.0, 3.3) if len(runs) == 1 else (max(3.3 * columns, 9.6), 2.6 * rows + 0.3)
    figure = Figure(figsize=size)
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    used, spare = panels[: len(runs)], panels[len(runs) :]
    for number, (ax, (name, run)) in enumerate(zip(used, runs.items(), strict=True)):
        _draw(ax, run, ymax)
        if level is not None:
            ax.axhline(level[1], color=BLACK, lw=1.2, ls=":", label=level[0])
        ax.set_title(name)
        if number + columns >= len(runs):
            ax.set_xlabel("epochs")
        if number % columns == 0:
            ax.set_ylabel("loss")
    for ax in spare:
        ax.axis("off")
    handles, labels = used[0].get_legend_handles_labels()
    if len(runs) == 1:
        used[0].legend(handles, labels, loc="upper right", fontsize=12)
    elif spare:
        spare[-1].legend(handles, labels, loc="center", fontsize=12)
    else:
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), fontsize=12)
    alt = " ".join(_story(name, run) for name, run in runs.items())
    if level is not None:
        alt += f" Thin line: {level[0]} at {level[1]:.2f}."
    return Picture(figure, alt)


def _take(history: Any, per_epoch: int | None) -> _Run:
    epochs = history.epochs
    train, valid = (to_numpy(epochs.get(f"{s}_loss", [])).astype(float) for s in ("train", "valid"))
    batches = to_numpy(history.batches).astype(float)
    guess = len(batches) / len(valid) if len(valid) else len(batches)
    return _Run(batches, train, valid, per_epoch or max(guess, 1.0))


def _draw(ax: Axes, run: _Run, ymax: float | None) -> None:
    if len(run.batches):
        at = np.arange(1, len(run.batches) + 1) / run.per_epoch
        ax.plot(at, run.batches, color="#A8A8A8", lw=1.0, ls="-", label="each batch", zorder=1)
    for values, shift, colour, style, marker, label in (
        (run.train, 0.5, ORANGE, "--", "o", "training, on the way"),
        (run.valid, 0.0, BLUE, "-", "s", "validation, after the epoch"),
    ):
        at = np.arange(1, len(values) + 1) - shift
        ax.plot(
            at, values, color=colour, ls=style, marker=marker if len(values) <= 12 else "",
            ms=7, lw=2.4, label=label,
        )  # fmt: skip
    everything = np.concatenate([run.batches, run.train, run.valid])
    finite = everything[np.isfinite(everything)]
    top = ymax
    if top is None and len(finite):
        start = float(finite[0])
        steady = float(np.quantile(finite, 0.98)) if np.isfinite(finite).all() else start
        top = 1.15 * max(start, min(steady, 4 * start))
    ax.set_ylim(0, top)
    ax.set_xlim(0, 1.03 * run.ends)  # room for the last marker
    if not np.isfinite(everything).all():
        ax.text(
            0.5, 0.5, "not a number", transform=ax.transAxes, ha="center", color=GREY, fontsize=13
        )


def _story(name: str, run: _Run) -> str:
    epochs = len(run.valid)
    head = f"Losses over {epochs} epoch{'s' if epochs != 1 else ''}"
    parts = [
        f"{said} from {values[0]:.2f} to {values[-1]:.2f}"
        for said, values in (
            (f"of {len(run.batches)} batches", run.batches),
            ("training", run.train),
            ("validation", run.valid),
        )
        if len(values)
    ]
    return f"{f'{name}: ' if name else ''}{head}: {', '.join(parts)}."

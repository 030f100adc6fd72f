"""Lesson 11's history, which can also be shown as a table and kept in a checkpoint."""

from __future__ import annotations

import html
import math
from typing import Any

from coursekit.recap.lesson_11 import History as PlainHistory
from coursekit.recap.lesson_11 import Run


class History(PlainHistory):
    """Keeps the loss of every batch and the metrics of every epoch; a notebook shows a table.

    Attributes:
        batches: The loss of each batch, measured before its step.
        epochs: For each metric its values, one an epoch: ``epochs["valid_loss"]``; nan in an epoch
            in which it was not measured.

    Example:
        >>> history = History()
        >>> history.epochs = {"train_loss": [1.5, 0.75], "valid_loss": [1.0, 0.5]}
        >>> history
        epoch  train_loss  valid_loss
            1      1.5000      1.0000
            2      0.7500      0.5000
    """

    def on_epoch_end(self, run: Run) -> None:
        """Keep the metrics of the epoch; a value stands in the line of its epoch in all columns."""
        done = max(map(len, self.epochs.values()), default=0)
        for name in [n for n in run.metrics if n not in self.epochs]:
            self.epochs[name] = [math.nan] * done
        super().on_epoch_end(run)
        for name in self.epochs.keys() - run.metrics.keys():
            self.epochs[name].append(math.nan)

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint must keep."""
        return {"batches": list(self.batches), "epochs": {k: list(v) for k, v in self._columns()}}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where another history stopped."""
        self.batches[:] = state["batches"]
        self.epochs.clear()
        self.epochs.update({name: list(values) for name, values in state["epochs"].items()})

    def _columns(self) -> list[tuple[str, list[float]]]:
        return list(self.epochs.items())

    def _rows(self) -> list[list[str]]:
        """One line an epoch; columns of unequal length, written by hand, end in the same line."""
        count = max((len(values) for _, values in self._columns()), default=0)
        padded = [[""] * (count - len(v)) + [f"{x:.4f}" for x in v] for _, v in self._columns()]
        return [[str(i + 1), *cells] for i, cells in enumerate(zip(*padded, strict=True))]

    def __repr__(self) -> str:
        if not self.epochs:
            return f"History: no epoch finished, {len(self.batches)} batches seen."
        head = ["epoch", *self.epochs]
        widths = [max(len(name), 6) if i else len(name) for i, name in enumerate(head)]
        lines = [head, *self._rows()]
        return "\n".join(
            "  ".join(f"{cell:>{w}}" for cell, w in zip(line, widths, strict=True))
            for line in lines
        )

    def _repr_html_(self) -> str:
        if not self.epochs:
            return f"<p>{html.escape(repr(self))}</p>"
        style = 'style="text-align:right;padding:2px 14px"'
        head = "".join(
            f'<th scope="col" {style}>{html.escape(s)}</th>' for s in ("epoch", *self.epochs)
        )
        body = "".join(
            "<tr>" + "".join(f"<td {style}>{cell}</td>" for cell in row) + "</tr>"
            for row in self._rows()
        )
        return (
            '<table class="coursekit-history" style="border-collapse:collapse;color:#222222;'
            f'background:white"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        )

"""A line for each epoch, and a bar while it lasts."""

from __future__ import annotations

import sys
from typing import Any

from coursekit.callbacks.optional import need
from coursekit.recap.lesson_11 import Callback, Run


class Progress(Callback):
    """Shows a bar (tqdm) while an epoch runs and leaves one line when it ends.

    The bar appears only when an epoch takes longer than half a second, and disappears without a
    trace, so that the saved notebook holds the lines alone.

    Args:
        every: Print the line of every so many epochs (and of the last).

    Raises:
        ValueError: ``every`` is less than 1.
        CourseError: tqdm is not installed.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from coursekit.recap import fit
        >>> model, batch = nn.Linear(4, 4), (torch.eye(4), torch.arange(4))
        >>> _ = torch.nn.init.zeros_(model.weight), torch.nn.init.zeros_(model.bias)
        >>> opt = torch.optim.SGD(model.parameters(), lr=1.0)
        >>> _ = fit(2, model, nn.CrossEntropyLoss(), opt, [batch], [batch], [Progress()])
        epoch 1/2  train_loss 1.3863  valid_loss 1.2049
        epoch 2/2  train_loss 1.2049  valid_loss 1.0473
    """

    def __init__(self, every: int = 1) -> None:
        if every < 1:
            raise ValueError(f"every must be 1 or more, not {every}.")
        self.every = every
        self.bar: Any = None
        self._tqdm = need("tqdm", "tqdm", "A progress bar").tqdm

    def on_epoch_begin(self, run: Run) -> None:
        """Start a bar."""
        total = len(run.train_dl) if hasattr(run.train_dl, "__len__") else None
        self.bar = self._tqdm(
            total=total, desc=f"epoch {run.epoch + 1}/{run.epochs}", unit="batch", delay=0.5,
            leave=False, file=sys.stdout, dynamic_ncols=True,
        )  # fmt: skip

    def on_batch_end(self, run: Run) -> None:
        """Move it."""
        self.bar.update()

    def on_epoch_end(self, run: Run) -> None:
        """Remove it and print the metrics."""
        self._close()
        last = run.epoch == run.epochs or run.stop
        if run.epoch % self.every == 0 or last:
            told = "".join(f"  {name} {value:.4f}" for name, value in run.metrics.items())
            print(f"epoch {run.epoch}/{run.epochs}{told}")

    def on_fit_end(self, run: Run) -> None:
        """Leave no bar behind when the run was interrupted."""
        self._close()

    def _close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None

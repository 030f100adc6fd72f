"""Write what a run measures where TensorBoard finds it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from coursekit.callbacks.optional import need
from coursekit.recap.lesson_11 import Callback, Run


class TensorBoard(Callback):
    """Writes losses, metrics and, if asked, histograms; look at them with ``tensorboard --logdir``.

    Everything stays on this machine.

    Args:
        folder: Where the run is written; give each run a folder of its own, to compare them.
        histograms: Write the distribution of weights and gradients after each epoch, too.

    Raises:
        CourseError: TensorBoard is not installed.

    Example:
        >>> from coursekit.errors import CourseError
        >>> try:
        ...     callbacks = [TensorBoard("runs/first", histograms=True)]
        ... except CourseError:  # it is not installed
        ...     callbacks = []
    """

    def __init__(self, folder: str | Path = "runs", histograms: bool = False) -> None:
        need("tensorboard", "tensorboard", "Logging to TensorBoard")
        self.folder = Path(folder)
        self.histograms = histograms
        self.writer: Any = None

    def on_epoch_begin(self, run: Run) -> None:
        """Open the log; what an earlier run wrote for the steps to come is not shown any more."""
        if self.writer is None:
            from torch.utils.tensorboard import SummaryWriter

            self.writer = SummaryWriter(str(self.folder), purge_step=run.step + 1)

    def on_batch_end(self, run: Run) -> None:
        """Write the loss of the batch."""
        self.writer.add_scalar("batch/loss", run.loss, run.step)

    def on_epoch_end(self, run: Run) -> None:
        """Write the metrics of the epoch."""
        for name, value in run.metrics.items():
            self.writer.add_scalar(f"epoch/{name}", value, run.step)
        if self.histograms:
            for name, p in run.model.named_parameters():
                for kind, values in (("weights", p), ("gradients", p.grad)):
                    if values is not None:
                        with suppress(ValueError):  # all nan or huge: TensorBoard counts nothing
                            self.writer.add_histogram(f"{kind}/{name}", values, run.step)
        self.writer.flush()

    def on_fit_end(self, run: Run) -> None:
        """Close the log, also of an interrupted run."""
        if self.writer is not None:
            self.writer.close()
            self.writer = None

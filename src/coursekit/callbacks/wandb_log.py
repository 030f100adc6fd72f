"""Write what a run measures for Weights & Biases, on this machine unless asked otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coursekit.callbacks.optional import need
from coursekit.recap.lesson_11 import Callback, Run


class WandB(Callback):
    """Logs losses and metrics to Weights & Biases; offline by default: no account, no network.

    An offline run lies in a folder ``wandb`` and can be sent later, with ``wandb sync FOLDER``.

    Args:
        project: Name that runs are collected under.
        config: What you want to know about the run in half a year: learning rate, batch size, …
        online: Send everything to wandb.ai while the run lasts; needs an account.
        watch: Also log histograms of gradients and weights, every so many steps; 0 for none.
        folder: Where the folder ``wandb`` is made.
        save_code: Keep the notebook's code with the run. Off: it may not be yours to send.

    Raises:
        CourseError: wandb is not installed.

    Example:
        >>> from coursekit.errors import CourseError
        >>> try:
        ...     callbacks = [WandB("digits", config={"lr": 0.25, "bs": 64})]
        ... except CourseError:  # it is not installed
        ...     callbacks = []
    """

    def __init__(
        self,
        project: str = "neural-networks-from-nothing",
        config: Mapping[str, Any] | None = None,
        online: bool = False,
        watch: int = 0,
        folder: str | Path = ".",
        save_code: bool = False,
    ) -> None:
        self.wandb = need("wandb", "wandb", "Logging to Weights & Biases")
        self.project, self.config = project, dict(config or {})
        self.mode = "online" if online else "offline"
        self.watch, self.folder, self.save_code = watch, Path(folder), save_code
        self.log: Any = None

    def on_epoch_begin(self, run: Run) -> None:
        """Open the run: not before, a callback behind this one may still refuse to begin."""
        if self.log is not None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.wandb.init(
            project=self.project,
            config={"epochs": run.epochs, "optimizer": type(run.opt).__name__, **self.config},
            mode=self.mode,
            dir=str(self.folder),
            save_code=self.save_code,
            settings=self.wandb.Settings(silent=self.mode == "offline"),
        )
        if self.watch:
            self.log.watch(run.model, log="all", log_freq=self.watch)

    def on_batch_end(self, run: Run) -> None:
        """Log the loss of the batch."""
        self.log.log({"batch_loss": run.loss}, step=run.step)

    def on_epoch_end(self, run: Run) -> None:
        """Log the metrics of the epoch."""
        self.log.log({"epoch": run.epoch, **run.metrics}, step=run.step)

    def on_fit_end(self, run: Run) -> None:
        """Close the run, also an interrupted one."""
        if self.log is not None:
            if self.watch:
                self.log.unwatch(run.model)
            self.log.finish()
            self.log = None

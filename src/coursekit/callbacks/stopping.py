"""Stop when nothing improves any more."""

from __future__ import annotations

import copy
import math
from typing import Any

from coursekit.errors import CourseError
from coursekit.recap.lesson_11 import Callback, Run


class EarlyStopping(Callback):
    """Ends the run when a metric has not improved for some epochs.

    Args:
        metric: A name in ``run.metrics``.
        patience: Epochs without improvement that are forgiven; one more ends the run.
        larger_is_better: For an accuracy; a loss should be small.
        restore: Give the model the parameters and buffers of the best epoch at the end.

    Attributes:
        best: Best value so far.
        best_epoch: Where it was reached, counted from 1.

    Raises:
        CourseError: The metric is not there.

    Example:
        >>> from types import SimpleNamespace
        >>> stopper, run = EarlyStopping(patience=1), SimpleNamespace(stop=False, epoch=0)
        >>> for loss in (0.5, 0.4, 0.45, 0.5):
        ...     run.epoch, run.metrics = run.epoch + 1, {"valid_loss": loss}
        ...     stopper.on_epoch_end(run)
        >>> run.stop, stopper.best, stopper.best_epoch
        (True, 0.4, 2)
    """

    def __init__(
        self,
        metric: str = "valid_loss",
        patience: int = 3,
        larger_is_better: bool = False,
        restore: bool = False,
    ) -> None:
        self.metric, self.patience, self.restore = metric, patience, restore
        self.sign = -1 if larger_is_better else 1
        self._forget()

    def _forget(self) -> None:
        self.best, self.best_epoch, self.waited = self.sign * math.inf, 0, 0
        self._kept: dict[str, Any] = {}

    def on_fit_begin(self, run: Run) -> None:
        """Begin anew: what another run reached, with another model perhaps, does not count."""
        self._forget()

    def on_epoch_end(self, run: Run) -> None:
        """Compare, count, and stop; nan is no improvement."""
        if self.metric not in run.metrics:
            raise CourseError(
                f"EarlyStopping waits for {self.metric!r}, but there are {', '.join(run.metrics)}. "
                "Put the callback that measures it before this one."
            )
        value = run.metrics[self.metric]
        if self.sign * value < self.sign * self.best:
            self.best, self.best_epoch, self.waited = value, run.epoch, 0
            if self.restore:
                self._kept = copy.deepcopy(run.model.state_dict())
            return
        self.waited += 1
        if self.waited > self.patience:
            run.stop = True

    def on_fit_end(self, run: Run) -> None:
        """Bring back the best epoch if that was asked for."""
        if self.restore and self._kept:
            run.model.load_state_dict(self._kept)

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint must keep."""
        return {
            "best": self.best,
            "best_epoch": self.best_epoch,
            "waited": self.waited,
            "kept": dict(self._kept),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on counting where another run stopped."""
        self.best, self.best_epoch = state["best"], state["best_epoch"]
        self.waited, self._kept = state["waited"], state["kept"]

"""A picture of the losses that grows while the model trains."""

from __future__ import annotations

import time
from typing import Any

from coursekit.callbacks.history import History
from coursekit.recap.lesson_11 import Callback, Run


class LivePlot(Callback):
    """Draws the losses while they come, in place; the saved notebook holds the last picture alone.

    Drawing takes at most about a fifth of the time: the slower the picture, the fewer of them.
    Outside a notebook only the last picture's text is printed.

    Args:
        seconds: Time between two pictures, at least.

    Attributes:
        history: What is drawn: all runs that this callback has seen.
        pictures: How many were drawn.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from coursekit.recap import fit
        >>> model, batch = nn.Linear(4, 4), (torch.eye(4), torch.arange(4))
        >>> _ = torch.nn.init.zeros_(model.weight), torch.nn.init.zeros_(model.bias)
        >>> opt = torch.optim.SGD(model.parameters(), lr=1.0)
        >>> _ = fit(2, model, nn.CrossEntropyLoss(), opt, [batch], [batch], [LivePlot()])
        Losses over 2 epochs: of 2 batches from 1.39 to 1.20, training from 1.39 to 1.20, \
validation from 1.20 to 1.05.
    """

    #: Drawing may take one part in so many of the time.
    SHARE = 5

    def __init__(self, seconds: float = 1.0) -> None:
        self.seconds = seconds
        self.history = History()
        self.pictures = 0
        self._handle: Any = None
        self._per_epoch: int | None = None
        self._next = 0.0

    def on_fit_begin(self, run: Run) -> None:
        """Show nothing yet."""
        self._handle = None
        self._per_epoch = len(run.train_dl) if hasattr(run.train_dl, "__len__") else None
        self._next = time.monotonic() + self.seconds

    def on_batch_end(self, run: Run) -> None:
        """Keep the loss, and draw when it is time."""
        self.history.on_batch_end(run)
        if time.monotonic() >= self._next and _in_notebook():
            self._show()

    def on_epoch_end(self, run: Run) -> None:
        """Keep the metrics."""
        self.history.on_epoch_end(run)

    def on_fit_end(self, run: Run) -> None:
        """Show the last picture, also of an interrupted run."""
        if self.history.batches:
            self._show()

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint must keep."""
        return self.history.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on with the curve of the run before."""
        self.history.load_state_dict(state)

    def _show(self) -> None:
        from IPython.display import display

        from coursekit import plot

        start = time.monotonic()
        picture = plot.training(self.history, per_epoch=self._per_epoch)
        if self._handle is None:
            self._handle = display(picture, display_id=True)
        else:
            self._handle.update(picture)
        self.pictures += 1
        now = time.monotonic()
        self._next = now + max(self.seconds, (self.SHARE - 1) * (now - start))


def _in_notebook() -> bool:
    """Whether there is a front end that can replace a picture by another."""
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None

"""Other measures than the loss, taken on the validation data."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from coursekit.recap.lesson_11 import Callback, Run, weighted_mean


class Metrics(Callback):
    """Measures functions of predictions and targets on ``run.valid_dl`` after each epoch.

    Means over examples, like the loss: batches of different sizes count by their size.
    torch's global generator is left as it was found, so measuring changes nothing.

    Args:
        **functions: Name and function: takes (preds, yb), returns the mean over the batch.

    Example:
        >>> from torch import nn
        >>> from coursekit.recap import accuracy, fit
        >>> model, batch = nn.Linear(4, 4), (torch.eye(4), torch.arange(4))
        >>> opt = torch.optim.SGD(model.parameters(), lr=10.0)
        >>> callbacks = [Metrics(accuracy=accuracy)]
        >>> fit(9, model, nn.CrossEntropyLoss(), opt, [batch], [batch], callbacks)["accuracy"]
        1.0
    """

    def __init__(self, **functions: Callable[[Tensor, Tensor], Tensor | float]) -> None:
        self.functions = functions

    @torch.no_grad()
    def on_epoch_end(self, run: Run) -> None:
        """Write each measure into ``run.metrics``."""
        mode = run.model.training
        run.model.eval()
        values: dict[str, list[tuple[float, int]]] = {name: [] for name in self.functions}
        with torch.random.fork_rng(devices=[]):  # a loader draws a seed each time it starts
            for xb, yb in run.valid_dl:
                preds = run.model(xb)
                for name, function in self.functions.items():
                    values[name].append((float(function(preds, yb)), len(xb)))
        run.model.train(mode)
        run.metrics |= {name: weighted_mean(pairs) for name, pairs in values.items()}

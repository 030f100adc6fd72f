"""A learning rate that changes from step to step."""

from __future__ import annotations

import math
from collections.abc import Callable

from coursekit.recap.lesson_11 import Callback, Run


class Schedule(Callback):
    """Sets the learning rate of every step from its number, counted from 0.

    Works with ``torch.optim`` (all parameter groups) and with lesson 09's ``SGD``. Nothing is kept
    between steps, so a resumed run goes on with the right rate.

    Args:
        lr_of_step: Takes the number of a step, returns its learning rate.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from coursekit.recap import fit
        >>> model, batch = nn.Linear(4, 4), (torch.eye(4), torch.arange(4))
        >>> opt = torch.optim.SGD(model.parameters(), lr=1.0)
        >>> halve = Schedule(lambda step: 0.5**step)
        >>> _ = fit(1, model, nn.CrossEntropyLoss(), opt, [batch] * 3, [batch], [halve])
        >>> opt.param_groups[0]["lr"]  # of the fourth step, which was not taken
        0.125
    """

    def __init__(self, lr_of_step: Callable[[int], float]) -> None:
        self.lr_of_step = lr_of_step

    def on_epoch_begin(self, run: Run) -> None:
        """Set the rate of the next step."""
        lr = self.lr_of_step(run.step)
        for group in getattr(run.opt, "param_groups", ()):
            group["lr"] = lr
        if hasattr(run.opt, "lr"):
            run.opt.lr = lr

    def on_batch_end(self, run: Run) -> None:
        """Set the rate of the next step."""
        self.on_epoch_begin(run)


def warmup_cosine(peak: float, steps: int, warmup: float = 0.3) -> Callable[[int], float]:
    """Return a rate that climbs in a straight line to ``peak`` and falls to 0 along half a cosine.

    Args:
        peak: The largest learning rate.
        steps: Steps of the whole run, ``epochs * len(train_dl)``.
        warmup: Share of the steps that climb, from 0 to 1.

    Raises:
        ValueError: ``warmup`` is no share.

    Example:
        >>> lr = warmup_cosine(peak=0.4, steps=100, warmup=0.2)
        >>> [round(lr(step), 3) for step in (0, 9, 19, 60, 99)]
        [0.02, 0.2, 0.4, 0.2, 0.0]
    """
    if not 0 <= warmup <= 1:
        raise ValueError(f"warmup is a share of the steps, from 0 to 1, not {warmup}.")
    climb = max(1, round(warmup * steps))

    def lr_of_step(step: int) -> float:
        if step < climb:
            return peak * (step + 1) / climb
        done = min(1.0, (step - climb) / max(1, steps - climb))
        return peak * (1 + math.cos(math.pi * done)) / 2

    return lr_of_step

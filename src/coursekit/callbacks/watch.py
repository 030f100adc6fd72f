"""How weights and gradients are distributed, and how that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from coursekit.recap.lesson_11 import Callback, Run

if TYPE_CHECKING:
    from coursekit.plot import Picture

#: Bars of one histogram.
BINS = 60


class Snapshot(NamedTuple):
    """One histogram: when, from which to which value, how many in each bar, share exactly zero."""

    step: int
    low: float
    high: float
    counts: Tensor
    zeros: float


class Watch(Callback):
    """Keeps histograms of every parameter and of its gradient, for a picture of them over time.

    Args:
        every: Take them after every so many steps (the first step always).

    Attributes:
        weights: For each parameter's name its histograms, one a snapshot.
        gradients: Likewise, of the gradients.

    Raises:
        ValueError: ``every`` is less than 1.

    Example:
        >>> from torch import nn
        >>> from coursekit.recap import fit
        >>> model, batch = nn.Linear(4, 4), (torch.eye(4), torch.arange(4))
        >>> opt, watch = torch.optim.SGD(model.parameters(), lr=1.0), Watch(every=2)
        >>> _ = fit(1, model, nn.CrossEntropyLoss(), opt, [batch] * 5, [batch], [watch])
        >>> [snapshot.step for snapshot in watch.gradients["weight"]]
        [1, 3, 5]
    """

    def __init__(self, every: int = 20) -> None:
        if every < 1:
            raise ValueError(f"every must be 1 or more, not {every}.")
        self.every = every
        self.weights: dict[str, list[Snapshot]] = {}
        self.gradients: dict[str, list[Snapshot]] = {}

    @torch.no_grad()
    def on_batch_end(self, run: Run) -> None:
        """Take the histograms when it is time; the gradients of the batch are still there."""
        if (run.step - 1) % self.every:
            return
        for name, parameter in run.model.named_parameters():
            self.weights.setdefault(name, []).append(snapshot(run.step, parameter))
            if parameter.grad is not None:
                self.gradients.setdefault(name, []).append(snapshot(run.step, parameter.grad))

    def picture(self, what: str = "gradients") -> Picture:
        """Draw the ``"gradients"`` or the ``"weights"`` over the steps, one panel a parameter."""
        from coursekit import plot

        return plot.distributions(getattr(self, what), ylabel=what.rstrip("s"))

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint must keep."""
        return {
            kind: {name: [tuple(s) for s in shots] for name, shots in getattr(self, kind).items()}
            for kind in ("weights", "gradients")
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on with the histograms of the run before."""
        for kind, all_shots in state.items():
            restored = {name: [Snapshot(*s) for s in shots] for name, shots in all_shots.items()}
            setattr(self, kind, restored)


def snapshot(step: int, values: Tensor) -> Snapshot:
    """Return the histogram of a tensor's finite values.

    Example:
        >>> snapshot(1, torch.tensor([0.0, 0.0, -1.0, 3.0])).zeros
        0.5
    """
    flat = values.detach().reshape(-1).cpu().double()
    zeros = (flat == 0).float().mean().item() if len(flat) else 0.0
    flat = flat[flat.isfinite()]
    low, high = (flat.min().item(), flat.max().item()) if len(flat) else (0.0, 0.0)
    if low == high:
        low, high = low - 1e-12 - abs(low) / 1e6, high + 1e-12 + abs(high) / 1e6
    counts = torch.histc(flat, BINS, low, high) if len(flat) else torch.zeros(BINS)
    return Snapshot(step, low, high, counts, zeros)

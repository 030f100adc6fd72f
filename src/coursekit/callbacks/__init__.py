"""Callbacks that plug into lesson 11's ``fit``: watch a training run, stop it, keep it, resume it.

They are called in the order of the list, so put what makes a metric before what reads it, and
:class:`Checkpoint` last. None of them changes what is learned, except those whose job it is
(:class:`Schedule`, :class:`EarlyStopping`): a test trains with and without them, to the same bits.

Example:
    >>> import torch
    >>> from torch import nn
    >>> from coursekit.callbacks import EarlyStopping, History
    >>> from coursekit.recap import fit
    >>> model, batch = nn.Linear(4, 4), (torch.eye(4), torch.arange(4))
    >>> opt = torch.optim.SGD(model.parameters(), lr=1.0)
    >>> history = History()
    >>> callbacks = [history, EarlyStopping(patience=3)]
    >>> _ = fit(5, model, nn.CrossEntropyLoss(), opt, [batch], [batch], callbacks)
    >>> history
    epoch  train_loss  valid_loss
    ...
"""

from coursekit.callbacks.checkpoint import Checkpoint, load_checkpoint
from coursekit.callbacks.history import History
from coursekit.callbacks.live import LivePlot
from coursekit.callbacks.metrics import Metrics
from coursekit.callbacks.progress import Progress
from coursekit.callbacks.schedule import Schedule, warmup_cosine
from coursekit.callbacks.stopping import EarlyStopping
from coursekit.callbacks.tensorboard_log import TensorBoard
from coursekit.callbacks.wandb_log import WandB
from coursekit.callbacks.watch import Watch

__all__ = [
    "Checkpoint",
    "EarlyStopping",
    "History",
    "LivePlot",
    "Metrics",
    "Progress",
    "Schedule",
    "TensorBoard",
    "WandB",
    "Watch",
    "load_checkpoint",
    "warmup_cosine",
]

"""Lesson 10, Dataset and DataLoader: a loop that takes its minibatches as they come."""

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader, Dataset, TensorDataset

from coursekit.recap.lesson_08 import LossFunc
from coursekit.recap.lesson_09 import SGD


class PairDataset(Dataset):
    """Inputs and targets in memory, row by row: ``torch.utils.data.TensorDataset`` for two.

    Args:
        x: (n, ...) inputs.
        y: (n, ...) targets.

    Raises:
        AssertionError: ``x`` and ``y`` differ in length.

    Example:
        >>> train_ds = PairDataset(torch.eye(4), torch.arange(4))
        >>> len(train_ds), train_ds[2]
        (4, (tensor([0., 0., 1., 0.]), tensor(2)))
    """

    def __init__(self, x: Tensor, y: Tensor) -> None:
        assert len(x) == len(y), "each row of x needs its own y"
        self.x, self.y = x, y

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, i: int | slice | Tensor) -> tuple[Tensor, Tensor]:
        return self.x[i], self.y[i]


def train_batches(
    model: nn.Module,
    loss_func: LossFunc,
    opt: SGD | Optimizer,
    train_dl: Iterable[tuple[Tensor, Tensor]],
    epochs: int = 5,
) -> list[float]:
    """Train ``model`` on the minibatches of ``train_dl``: predict, loss, backward, step, zero.

    Args:
        model: Maps xb to predictions.
        loss_func: Takes (preds, yb), returns a scalar tensor.
        opt: Holds the model's parameters; has ``step()`` and ``zero_grad()``.
        train_dl: Gives (xb, yb) pairs, anew in every epoch; a generator would be empty in the
            second one.
        epochs: Passes through ``train_dl``.

    Returns:
        The loss of each minibatch, measured before its step.

    Example:
        >>> import torch
        >>> train_dl = [(torch.eye(4), torch.arange(4))]
        >>> model = nn.Linear(4, 4)
        >>> opt = SGD(model.parameters(), lr=1.0)
        >>> losses = train_batches(model, nn.CrossEntropyLoss(), opt, train_dl, epochs=3)
        >>> len(losses), losses[-1] < losses[0]
        (3, True)
    """
    history = []
    for _ in range(epochs):
        for xb, yb in train_dl:
            preds = model(xb)
            loss = loss_func(preds, yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            history.append(loss.item())
    return history


class FastLoader(DataLoader):
    """A DataLoader for tensors in memory: it takes the rows of a minibatch all at once.

    ``DataLoader`` asks its dataset for one row after the other and stacks them, which lets a row
    be anything. Where all rows lie in a few tensors, ``index_select`` can copy them in one call.
    It replaces ``__iter__`` only, so there are no workers, no ``collate_fn`` and no pinned memory,
    and they cannot be asked for.

    Args:
        dataset: A ``TensorDataset``; its tensors are all on one device.
        batch_size: Rows in a minibatch; the last one of an epoch may be smaller.
        shuffle: Whether every epoch has a new order.
        generator: Draws that order, one ``torch.randperm(n)`` an epoch, which is not the order
            that ``DataLoader`` draws from it; None stands for torch's global generator.

    Example:
        >>> train_ds = TensorDataset(torch.arange(5), torch.arange(5) ** 2)
        >>> train_dl = FastLoader(train_ds, batch_size=2)
        >>> len(train_dl), [xb.tolist() for xb, yb in train_dl]
        (3, [[0, 1], [2, 3], [4]])
    """

    def __init__(
        self,
        dataset: TensorDataset,
        batch_size: int = 64,
        shuffle: bool = False,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(dataset, batch_size, shuffle, generator=generator)
        self.shuffle = shuffle

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        order = torch.arange(len(self.dataset))
        if self.shuffle:
            order = torch.randperm(len(order), generator=self.generator)
        order = order.to(self.dataset.tensors[0].device)
        for rows in order.split(self.batch_size):
            yield tuple(t.index_select(0, rows) for t in self.dataset.tensors)

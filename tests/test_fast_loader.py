"""Lesson 10's loader: every row once, orders that can be had again, nothing silently ignored."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from coursekit.recap import FastLoader, PairDataset

N, BS = 150, 64
TRAIN_DS = TensorDataset(torch.arange(N)[:, None] * torch.ones(1, 3), torch.arange(N))


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def order(loader: DataLoader) -> list[int]:
    """The rows of one epoch; in each, x and y must belong together."""
    rows: list[int] = []
    for xb, yb in loader:
        assert torch.equal(xb[:, 0], yb.float()), "x and y of different rows"
        rows += yb.tolist()
    return rows


def test_every_row_comes_once_in_an_epoch():
    loader = FastLoader(TRAIN_DS, batch_size=BS, shuffle=True)
    for _ in range(3):
        assert sorted(order(loader)) == list(range(N))


def test_every_epoch_has_another_order():
    loader = FastLoader(TRAIN_DS, batch_size=BS, shuffle=True, generator=seeded(0))
    epochs = [tuple(order(loader)) for _ in range(5)]
    assert len(set(epochs)) == 5
    assert tuple(range(N)) not in epochs


def test_the_same_seed_gives_the_same_epochs():
    one, two = (FastLoader(TRAIN_DS, shuffle=True, generator=seeded(7)) for _ in range(2))
    assert [order(one) for _ in range(3)] == [order(two) for _ in range(3)]
    other = FastLoader(TRAIN_DS, shuffle=True, generator=seeded(8))
    assert order(other) != order(FastLoader(TRAIN_DS, shuffle=True, generator=seeded(7)))


def test_without_a_generator_the_global_seed_decides():
    loader = FastLoader(TRAIN_DS, shuffle=True)
    torch.manual_seed(3)
    first = order(loader)
    torch.manual_seed(3)
    assert order(loader) == first


def test_with_a_generator_the_global_one_is_left_alone():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    order(FastLoader(TRAIN_DS, shuffle=True, generator=seeded(0)))
    assert torch.equal(torch.get_rng_state(), before)


def test_it_gives_what_one_writes_by_hand():
    x, y = TRAIN_DS.tensors
    rows = torch.randperm(N, generator=seeded(5)).split(BS)
    loader = FastLoader(TRAIN_DS, batch_size=BS, shuffle=True, generator=seeded(5))
    for i, (xb, yb) in zip(rows, loader, strict=True):
        assert torch.equal(xb, x[i]) and torch.equal(yb, y[i])


def test_unshuffled_it_gives_slices():
    x, y = TRAIN_DS.tensors
    loader = FastLoader(TRAIN_DS, batch_size=BS)
    for _ in range(2):
        for got, *slices in zip(loader, x.split(BS), y.split(BS), strict=True):
            assert all(torch.equal(a, b) for a, b in zip(got, slices, strict=True))


def test_a_batch_is_a_copy():
    x = torch.zeros(4, 2)
    (xb, _), *_ = FastLoader(TensorDataset(x, torch.arange(4)), batch_size=2)
    xb += 1
    assert not x.any(), "a change of the batch must not change the data"


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("bs", [1, 50, 64, 150, 1000])
def test_length_and_shapes_are_those_of_a_dataloader(bs, shuffle):
    fast = FastLoader(TRAIN_DS, batch_size=bs, shuffle=shuffle)
    plain = DataLoader(TRAIN_DS, batch_size=bs, shuffle=shuffle)
    assert isinstance(fast, DataLoader)
    assert (len(fast), fast.batch_size, fast.dataset) == (len(plain), bs, TRAIN_DS)
    shapes = [[(t.shape, t.dtype) for t in batch] for batch in plain]
    assert [[(t.shape, t.dtype) for t in batch] for batch in fast] == shapes


def test_two_walks_at_once_do_not_disturb_each_other():
    loader = FastLoader(TRAIN_DS, batch_size=BS)
    assert [torch.equal(a[1], b[1]) for a, b in zip(loader, loader, strict=True)] == [True] * 3


@pytest.mark.parametrize("count", [1, 3])
def test_any_number_of_tensors(count):
    loader = FastLoader(TensorDataset(*[torch.arange(5)] * count), batch_size=2, shuffle=True)
    assert {len(batch) for batch in loader} == {count}


@pytest.mark.parametrize(
    "option",
    [{"num_workers": 2}, {"collate_fn": list}, {"pin_memory": True}, {"drop_last": True}],
)
def test_what_it_does_not_do_it_refuses(option: dict[str, Any]):
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        FastLoader(TRAIN_DS, **option)


def test_pairs_are_rows():
    x, y = TRAIN_DS.tensors
    pairs = PairDataset(x, y)
    assert len(pairs) == N
    for i in (0, -1, slice(0, 64), torch.tensor([3, 1])):
        for mine, theirs in zip(pairs[i], TRAIN_DS[i], strict=True):
            assert torch.equal(mine, theirs)
    with pytest.raises(AssertionError, match="its own y"):
        PairDataset(x, y[:-1])


def test_pairs_make_the_batches_of_a_tensor_dataset():
    mine = DataLoader(PairDataset(*TRAIN_DS.tensors), batch_size=BS)
    for one, two in zip(mine, DataLoader(TRAIN_DS, batch_size=BS), strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))

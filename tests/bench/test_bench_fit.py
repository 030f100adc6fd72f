"""What `fit` costs, against a loop written out and against its peers; run by `make bench`.

One model, one data set in memory, the same batches; rounds of all are interleaved in one process,
CPU time is taken, ratios are medians over rounds. Lightning, skorch and fastai are compared where
they are installed; every one of them must have learned the same parameters.
"""

from __future__ import annotations

import logging
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

from coursekit.callbacks import History
from coursekit.recap.lesson_11 import fit

EPOCHS, BS, LR, ROUNDS = 3, 64, 0.125, 15
#: `fit` may take so much longer than the loop written out.
ALLOWED = 1.03

Loop = Callable[[nn.Module], None]


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def data() -> tuple[TensorDataset, TensorDataset]:
    """As many flat images as a small MNIST has, of noise: what they show does not matter here."""
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(4800, 784, generator=generator)
    y = torch.randint(10, (4800,), generator=generator)
    return TensorDataset(x[:4000], y[:4000]), TensorDataset(x[4000:], y[4000:])


@pytest.fixture
def dls(data) -> tuple[DataLoader, DataLoader]:
    return DataLoader(data[0], BS), DataLoader(data[1], 2 * BS)


def fresh() -> nn.Module:
    torch.manual_seed(0)
    return nn.Linear(784, 10)


def raw(train_dl: DataLoader, valid_dl: DataLoader) -> Loop:
    """What somebody would write who does without `fit`, and wants the same numbers."""

    def loop(model: nn.Module) -> None:
        opt = torch.optim.SGD(model.parameters(), lr=LR)
        batches, epochs = [], []
        for _ in range(EPOCHS):
            model.train()
            total = count = 0
            for xb, yb in train_dl:
                loss = cross_entropy(model(xb), yb)
                opt.zero_grad()
                loss.backward()
                opt.step()
                value = loss.item()
                batches.append(value)
                total, count = total + value * len(xb), count + len(xb)
            train_loss = total / count
            model.eval()
            total = count = 0
            with torch.no_grad():
                for xb, yb in valid_dl:
                    value = cross_entropy(model(xb), yb).item()
                    total, count = total + value * len(xb), count + len(xb)
            epochs.append((train_loss, total / count))

    return loop


def ours(train_dl: DataLoader, valid_dl: DataLoader) -> Loop:
    """`fit`, with the history kept."""

    def loop(model: nn.Module) -> None:
        opt = torch.optim.SGD(model.parameters(), lr=LR)
        fit(EPOCHS, model, cross_entropy, opt, train_dl, valid_dl, [History()])

    return loop


def lightning(train_dl: DataLoader, valid_dl: DataLoader) -> Loop:
    """Lightning without logger, checkpoint, bar and summary; losses logged, as `fit` keeps them."""
    L = pytest.importorskip("lightning", reason="lightning is not installed")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

    class Lit(L.LightningModule):
        def __init__(self, model: nn.Module) -> None:
            super().__init__()
            self.model = model

        def training_step(self, batch: Any, index: int) -> torch.Tensor:
            loss = cross_entropy(self.model(batch[0]), batch[1])
            self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(batch[0]))
            return loss

        def validation_step(self, batch: Any, index: int) -> None:
            loss = cross_entropy(self.model(batch[0]), batch[1])
            self.log("valid_loss", loss, batch_size=len(batch[0]))

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.model.parameters(), lr=LR)

    def loop(model: nn.Module) -> None:
        trainer = L.Trainer(
            max_epochs=EPOCHS, accelerator="cpu", logger=False, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0,
        )  # fmt: skip
        trainer.fit(Lit(model), train_dl, valid_dl)

    return loop


def skorch(train_dl: DataLoader, valid_dl: DataLoader) -> Loop:
    """skorch with its history and without its printed table; it makes the same loaders itself."""
    lib = pytest.importorskip("skorch", reason="skorch is not installed")
    from skorch.helper import predefined_split

    def loop(model: nn.Module) -> None:
        net = lib.NeuralNet(
            model, criterion=nn.CrossEntropyLoss, optimizer=torch.optim.SGD, lr=LR,
            max_epochs=EPOCHS, batch_size=BS, iterator_valid__batch_size=2 * BS,
            train_split=predefined_split(valid_dl.dataset), verbose=0,
            callbacks__print_log=None, warm_start=True,
        )  # fmt: skip
        net.fit(train_dl.dataset, y=None)

    return loop


def fastai(train_dl: DataLoader, valid_dl: DataLoader) -> Loop:
    """fastai's Learner with torch's SGD, its recorder, and no bar."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        basics = pytest.importorskip("fastai.basics", reason="fastai is not installed")
        from fastai.callback.progress import ProgressCallback

    def loop(model: nn.Module) -> None:
        dls = basics.DataLoaders(train_dl, valid_dl)
        learner = basics.Learner(
            dls, model, loss_func=nn.CrossEntropyLoss(), lr=LR, train_bn=False,
            opt_func=lambda params, lr, **_: basics.OptimWrapper(params, torch.optim.SGD, lr=lr),
        )  # fmt: skip
        learner.remove_cbs(ProgressCallback)
        with learner.no_logging():
            learner.fit(EPOCHS)

    return loop


def interleaved(*loops: Loop) -> list[float]:
    """Median CPU seconds of each loop; a round runs each once, in turns, on a fresh model."""
    times: list[list[float]] = [[] for _ in loops]
    for number in range(ROUNDS + 1):
        order = list(range(len(loops)))
        for i in order[number % len(order) :] + order[: number % len(order)]:
            model = fresh()
            start = time.process_time()
            loops[i](model)
            times[i].append(time.process_time() - start)
    return [statistics.median(t[1:]) for t in times]  # the first round warms up


def trained(loop: Loop) -> torch.Tensor:
    model = fresh()
    loop(model)
    return model.weight.detach()


def test_fit_against_the_loop_written_out(benchmark, dls):
    """Measured in November 2026: MEASURED_FIT."""
    mine, plain = ours(*dls), raw(*dls)
    assert torch.equal(trained(mine), trained(plain))
    fit_s, raw_s = interleaved(mine, plain)
    benchmark.pedantic(lambda: mine(fresh()), rounds=3, warmup_rounds=1)
    benchmark.extra_info.update(fit_s=fit_s, raw_s=raw_s, ratio=fit_s / raw_s)
    assert fit_s <= ALLOWED * raw_s


@pytest.mark.parametrize("peer", [lightning, skorch, fastai], ids=lambda peer: peer.__name__)
def test_fit_against_a_peer(benchmark, dls, peer):
    """Measured in November 2026, times `fit`: MEASURED_PEERS."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mine, theirs = ours(*dls), peer(*dls)
        torch.testing.assert_close(trained(mine), trained(theirs))
        fit_s, peer_s = interleaved(mine, theirs)
    benchmark.pedantic(lambda: mine(fresh()), rounds=3, warmup_rounds=1)
    benchmark.extra_info.update(fit_s=fit_s, peer_s=peer_s, ratio=peer_s / fit_s)
    assert fit_s < peer_s


IMPORT = "import sys, time, torch; t = time.process_time(); import {}; print(time.process_time()-t)"


def import_seconds(module: str) -> float:
    """CPU seconds of an import on top of torch's, the median of three new processes."""
    command = [sys.executable, "-W", "ignore", "-c", IMPORT.format(module)]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(3)]
    return statistics.median(float(run.stdout.split()[-1]) for run in runs)


@pytest.mark.parametrize("peer", ["lightning", "skorch", "fastai.basics"])
def test_import_time(benchmark, peer):
    """Measured in November 2026, on top of torch: MEASURED_IMPORT."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip(peer, reason=f"{peer} is not installed")
    peer_s = import_seconds(peer)
    mine = import_seconds("coursekit.callbacks")
    benchmark.pedantic(import_seconds, args=("coursekit.callbacks",), rounds=1)
    benchmark.extra_info.update(coursekit_s=mine, peer_s=peer_s)
    assert mine < peer_s

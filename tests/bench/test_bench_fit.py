"""What `fit` costs, against a loop written out and against its peers; run by `make bench`.

One model, one data set in memory, the same batches. Rounds are interleaved in one process, CPU time
is taken, and the ratio is the median of the rounds' own ratios, so that other work on the machine,
which slows neighbours alike, matters little. Lightning, skorch and fastai are compared where
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

EPOCHS, BS, LR = 3, 64, 0.125
#: `fit` may take so much longer than the loop written out.
ALLOWED = 1.03

Loop = Callable[[nn.Module], None]


def loaders(n: int) -> tuple[DataLoader, DataLoader]:
    """Loaders of n and n / 5 flat images, of noise: what they show does not matter here."""
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(n + n // 5, 784, generator=generator)
    y = torch.randint(10, (len(x),), generator=generator)
    train, valid = TensorDataset(x[:n], y[:n]), TensorDataset(x[n:], y[n:])
    return DataLoader(train, BS), DataLoader(valid, 2 * BS)


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


def ratio(one: Loop, other: Loop, rounds: int) -> float:
    """How many times the CPU time of ``other`` one loop takes, each on a fresh model."""

    def seconds(loop: Loop) -> float:
        model = fresh()
        start = time.process_time()
        loop(model)
        return time.process_time() - start

    ratios = []
    for number in range(rounds + 1):
        if number % 2:
            first, second = seconds(one), seconds(other)
        else:
            second, first = seconds(other), seconds(one)
        ratios.append(first / second)
    return statistics.median(ratios[1:])  # the first round warms up


def trained(loop: Loop) -> torch.Tensor:
    model = fresh()
    loop(model)
    return model.weight.detach()


def test_fit_against_the_loop_written_out(benchmark):
    """At most 3 % more. Measured in November 2026 on two cores, loaded: 1.006 and 1.017."""
    dls = loaders(1000)
    mine, plain = ours(*dls), raw(*dls)
    assert torch.equal(trained(mine), trained(plain))
    found = ratio(mine, plain, rounds=41)
    benchmark.pedantic(lambda: mine(fresh()), rounds=3, warmup_rounds=1)
    benchmark.extra_info.update(ratio=round(found, 3))
    assert found <= ALLOWED


@pytest.mark.parametrize("peer", [lightning, skorch, fastai], ids=lambda peer: peer.__name__)
def test_fit_against_a_peer(benchmark, peer):
    """Ahead of each. Measured in November 2026 on two cores, loaded, times `fit`: Lightning 2.7,
    skorch 1.12, fastai 1.95."""
    dls = loaders(4000)  # so many that a trainer's start does not count
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mine, theirs = ours(*dls), peer(*dls)
        torch.testing.assert_close(trained(mine), trained(theirs))
        found = ratio(theirs, mine, rounds=9)
    benchmark.pedantic(lambda: mine(fresh()), rounds=3, warmup_rounds=1)
    benchmark.extra_info.update(ratio=round(found, 3))
    assert found > 1


IMPORT = "import sys, time, torch; t = time.process_time(); import {}; print(time.process_time()-t)"


def import_seconds(module: str) -> float:
    """CPU seconds of an import on top of torch's, the median of three new processes."""
    command = [sys.executable, "-W", "ignore", "-c", IMPORT.format(module)]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(3)]
    return statistics.median(float(run.stdout.split()[-1]) for run in runs)


@pytest.mark.parametrize("peer", ["lightning", "skorch", "fastai.basics"])
def test_import_time(benchmark, peer):
    """Less than each. Measured in November 2026, CPU seconds on top of torch: ours 0.02,
    skorch 1.5, fastai 2.7."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip(peer, reason=f"{peer} is not installed")
    peer_s = import_seconds(peer)
    mine = import_seconds("coursekit.callbacks")
    benchmark.pedantic(import_seconds, args=("coursekit.callbacks",), rounds=1)
    benchmark.extra_info.update(coursekit_s=mine, peer_s=peer_s)
    assert mine < peer_s

"""Lesson 13, a GPU used well: honest clocks, who waits for whom, and a ladder of speeds."""

import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.flop_counter import FlopCounterMode
from torchvision.transforms.functional import to_tensor

from coursekit.device import timed
from coursekit.recap.lesson_10 import FastLoader

#: One piece of work: (who, what, start, length), in ticks.
Work = tuple[str, str, float, float]


class PretendGPU:
    """A second worker that takes notes of work and does them one after the other.

    Example:
        >>> gpu, done = PretendGPU(), []
        >>> gpu.launch(done.append, "work")
        >>> gpu.synchronize()
        >>> done
        ['work']
    """

    def __init__(self) -> None:
        self.pile = ThreadPoolExecutor(max_workers=1)
        self.last: Future[Any] | None = None

    def launch(self, work: Callable[..., Any], *args: Any) -> None:
        """Put ``work(*args)`` on the pile and return at once."""
        self.last = self.pile.submit(work, *args)

    def synchronize(self) -> None:
        """Return when all work is done; an exception of the last piece is raised here."""
        if self.last is not None:
            self.last.result()


def median_seconds(
    work: Callable[[], object],
    synchronize: Callable[[], object],
    repeats: int = 5,
    warmup: int = 1,
) -> float:
    """Return the median time of ``work()`` in seconds, waiting for the device before and after.

    Args:
        work: A function without arguments.
        synchronize: Returns when the device has done all that it was asked.
        repeats: Runs that count.
        warmup: Runs before them that do not.

    Example:
        >>> median_seconds(lambda: time.sleep(0.01), lambda: None, repeats=3) >= 0.01
        True
    """
    seconds = []
    for _ in range(warmup + repeats):
        synchronize()
        begin = time.perf_counter()
        work()
        synchronize()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds[warmup:])


def simulate(
    batches: int,
    load: float,
    launch: float,
    compute: float,
    ask: bool = False,
    workers: bool = False,
) -> list[Work]:
    """Return who works when while ``batches`` batches are loaded, launched and computed.

    Python does not wait for the device; the device does one batch after the other.

    Args:
        batches: How many.
        load: Ticks to load one.
        launch: Ticks until Python has told the device what to do.
        compute: Ticks that the device needs.
        ask: Whether Python waits for the result of each batch, as ``loss.item()`` does.
        workers: Whether another process loads, beside Python.

    Example:
        >>> simulate(1, load=8, launch=1, compute=3)
        [('Python', 'load', 0, 8), ('Python', 'launch', 8, 1), ('device', 'compute', 9, 3)]
    """
    loader = python = gpu = 0
    events = []
    for _ in range(batches):
        who, start = ("loader", loader) if workers else ("Python", python)
        events.append((who, "load", start, load))
        loader = start + load
        python = max(python, loader)
        events.append(("Python", "launch", python, launch))
        python += launch
        gpu = max(gpu, python)
        events.append(("device", "compute", gpu, compute))
        gpu += compute
        python = gpu if ask else python
    return events


def busy_share(events: Iterable[Work], who: str = "device") -> float:
    """Return the share of the whole time, from 0 on, in which ``who`` works.

    Example:
        >>> busy_share([("Python", "load", 0, 8), ("device", "compute", 8, 2)])
        0.2
    """
    end = max(start + length for _, _, start, length in events)
    return sum(length for w, _, _, length in events if w == who) / end


class OneByOne:
    """Images as a dataset that turns one picture after the other into a tensor.

    So does torchvision's own MNIST with ``ToTensor``: convenient, and slow.

    Args:
        x: (n, 784) images between 0 and 1.
        y: (n,) classes.

    Example:
        >>> image, label = OneByOne(torch.zeros(2, 784), torch.arange(2))[1]
        >>> tuple(image.shape), label
        ((1, 28, 28), tensor(1))
    """

    def __init__(self, x: Tensor, y: Tensor) -> None:
        self.pictures = (255 * x.reshape(-1, 28, 28)).byte().numpy()
        self.y = y

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        return to_tensor(Image.fromarray(self.pictures[i])), self.y[i]


def rates(device: torch.device) -> tuple[float, float]:
    """Return how many operations and how many bytes a device does in a second, in 32 bits.

    Operations are those of a large matrix product, bytes those of a copy, once read and once
    written: what a device does at best, measured and not read off its data sheet.

    Args:
        device: The one to measure.

    Example:
        >>> min(rates(torch.device("cpu"))) > 1e8
        True
    """
    n = 1024 if device.type == "cpu" else 2048  # long against a launch
    a = torch.randn(n, n, device=device)
    b = torch.zeros(16 * n * n, device=device)
    c = torch.empty_like(b)
    operations = 2 * n**3 / timed(lambda: a @ a, device).best
    moved = 2 * 4 * b.numel() / timed(lambda: c.copy_(b), device).best
    return operations, moved


def train_pass(
    model: nn.Module,
    opt: Optimizer,
    train_dl: Iterable[tuple[Tensor, Tensor]],
    device: torch.device,
    ask: bool = False,
    half: bool = False,
    layout: torch.memory_format = torch.contiguous_format,
) -> None:
    """Train once through ``train_dl``, with switches for what makes it faster.

    Args:
        model: Maps (n, 1, 28, 28) images to (n, k) logits; on ``device`` already.
        opt: Holds its parameters.
        train_dl: Gives (xb, yb) pairs, anew each time.
        device: Where to compute.
        ask: Whether to wait for the loss of each batch.
        half: Whether products are computed in ``bfloat16``.
        layout: How images and weights lie in memory.

    Example:
        >>> model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
        >>> opt = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> batch = torch.rand(4, 1, 28, 28), torch.arange(4)
        >>> train_pass(model, opt, [batch], torch.device("cpu"))
    """
    model.to(memory_format=layout).train()
    for xb, yb in train_dl:
        xb = xb.to(device, memory_format=layout)
        yb = yb.to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            loss = F.cross_entropy(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if ask:
            loss.item()


#: For each rung what it adds to the one below: to the loader, and to the pass.
LADDER: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "one by one, asking": ({}, {"ask": True}),
    "on the device": ({"resident": True}, {}),
    "batch of 256": ({"bs": 256}, {}),
    "not asking": ({}, {"ask": False}),
    "channels last": ({}, {"layout": torch.channels_last}),
    "16 bits": ({}, {"half": True}),
}


def make_loader(
    x: Tensor, y: Tensor, device: torch.device, bs: int = 64, resident: bool = False
) -> DataLoader[Any]:
    """Return a shuffled loader of images: one picture after the other, or rows of the device.

    Args:
        x: (n, 784) images between 0 and 1.
        y: (n,) classes.
        device: Where ``resident`` data lie.
        bs: Images in a batch.
        resident: Whether all data are put on the device first.

    Example:
        >>> x, y = torch.rand(5, 784), torch.arange(5)
        >>> train_dl = make_loader(x, y, torch.device("cpu"), bs=2, resident=True)
        >>> [tuple(xb.shape) for xb, yb in train_dl]
        [(2, 1, 28, 28), (2, 1, 28, 28), (1, 1, 28, 28)]
    """
    if not resident:
        return DataLoader(OneByOne(x, y), bs, shuffle=True)
    images = x.reshape(-1, 1, 28, 28).to(device)
    return FastLoader(TensorDataset(images, y.to(device)), bs, shuffle=True)


def climb(
    ladder: Mapping[str, Sequence[dict[str, Any]]],
    make_model: Callable[[], nn.Module],
    x: Tensor,
    y: Tensor,
    device: torch.device,
    repeats: int = 3,
) -> dict[str, float]:
    """Measure the images a second on each rung, with all changes up to it.

    Args:
        ladder: For each rung what it adds, to :func:`make_loader` and to :func:`train_pass`.
        make_model: Returns a fresh model for (n, 1, 28, 28) images.
        x: (n, 784) images between 0 and 1.
        y: (n,) classes.
        device: Where to compute.
        repeats: Passes through the images that count.

    Example:
        >>> make_model = partial(nn.Sequential, nn.Flatten(), nn.Linear(784, 10))
        >>> x, y = torch.rand(8, 784), torch.arange(8)
        >>> speeds = climb(LADDER, make_model, x, y, torch.device("cpu"), repeats=1)
        >>> list(speeds) == list(LADDER), min(speeds.values()) > 0
        (True, True)
    """
    speeds, loading, switches = {}, {}, {}
    for name, (new_loading, new_switches) in ladder.items():
        loading |= new_loading
        switches |= new_switches
        train_dl = make_loader(x, y, device, **loading)
        model = make_model().to(device)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        one_pass = partial(train_pass, model, opt, train_dl, device, **switches)
        speeds[name] = len(x) / timed(one_pass, device, repeats).median
    return speeds


def work_of(make_model: Callable[[], nn.Sequential], xb: Tensor, yb: Tensor) -> tuple[float, float]:
    """Return how many operations and bytes training on one image takes, in 32 bits.

    Bytes are those of the activations: each is written and read in the forward pass, and its
    gradient in the backward pass. Weights are not counted, a batch shares them.

    Args:
        make_model: Returns a fresh model.
        xb: (n, 1, 28, 28) images, where the model shall be.
        yb: (n,) their classes.

    Example:
        >>> xb, yb = torch.zeros(4, 784), torch.arange(4)
        >>> work_of(lambda: nn.Sequential(nn.Linear(784, 10)), xb, yb)
        (31360.0, 160.0)
    """
    model, numbers = make_model().to(xb.device), []
    for layer in model:
        layer.register_forward_hook(lambda layer, inputs, out: numbers.append(out.numel()))
    with FlopCounterMode(display=False) as counter:
        F.cross_entropy(model(xb), yb).backward()
    moved = 4 * 4 * sum(numbers)  # 4 bytes a number, moved 4 times
    return counter.get_total_flops() / len(xb), moved / len(xb)


def limit(device_can: Sequence[float], image_needs: Sequence[float]) -> float:
    """Return how many images a second a device can train on at most.

    It can calculate and move bytes at the same time: what takes longer decides. This is the
    *roofline* of S. Williams, A. Waterman and D. Patterson (2009).

    Args:
        device_can: Operations and bytes a second, as :func:`rates` measures them.
        image_needs: Operations and bytes an image, as :func:`work_of` counts them.

    Example:
        >>> limit((10, 8), (2, 4))
        2.0
    """
    return min(can / need for can, need in zip(device_can, image_needs))


#: Two rungs for CUDA, on top of the ladder, with torch.compile's name for each.
MODES: dict[str, str] = {"compiled": "default", "CUDA graph": "reduce-overhead"}


def compiled(make_model: Callable[[], nn.Module], device: torch.device, mode: str) -> Any:
    """Return a fresh model on ``device`` that is compiled when it is first called.

    Args:
        make_model: Returns a fresh model.
        device: Where to compute.
        mode: One of torch.compile's.

    Example:
        >>> model = compiled(lambda: nn.Linear(3, 2), torch.device("cpu"), "default")
        >>> tuple(next(model.parameters()).shape)
        (2, 3)
    """
    return torch.compile(make_model().to(device), mode=mode)


def climb_compiled(
    make_model: Callable[[], nn.Module], x: Tensor, y: Tensor, device: torch.device
) -> dict[str, float]:
    """Measure the images a second of compiled models, with all changes of the ladder.

    It needs a compiler: ``triton`` on CUDA, a C++ compiler on a CPU. The first call of each model
    takes up to a minute, which is not counted.

    Args:
        make_model: Returns a fresh model for (n, 1, 28, 28) images.
        x: (n, 784) images between 0 and 1.
        y: (n,) classes.
        device: Where to compute.
    """
    speeds, loading = {}, {"resident": True, "bs": 256}
    switches = {"layout": torch.channels_last, "half": True}
    for name, mode in MODES.items():
        make = partial(compiled, make_model, device, mode)
        speeds |= climb({name: (loading, switches)}, make, x, y, device)
    return speeds

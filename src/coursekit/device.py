"""Where to compute: choose a device, describe it, move a batch to it, time work on it honestly."""

from __future__ import annotations

import copy
import dataclasses
import os
import platform
import statistics
import time
from collections import OrderedDict, UserList, deque
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from coursekit.errors import CourseError

__all__ = [
    "DeviceError",
    "Timing",
    "choose",
    "describe",
    "stopwatch",
    "timed",
    "to_device",
    "wait_for",
]

Batch = TypeVar("Batch")

ENV = "COURSEKIT_DEVICE"
"""Environment variable that chooses the device where a program does not."""


class DeviceError(CourseError):
    """The device asked for does not exist here, or is none that the course knows."""


def choose(prefer: str | torch.device | None = None) -> torch.device:
    """Return the device to compute on: the one asked for, else the fastest that works here.

    Args:
        prefer: ``"cuda"`` (also ``"cuda:1"``), ``"mps"`` or ``"cpu"``. Without it the
            environment variable ``COURSEKIT_DEVICE`` decides, and without that the first
            of the three that this machine has.

    Raises:
        DeviceError: The name is unknown or the machine has no such device. A request is
            never silently replaced by another device.

    Note:
        ``torch.accelerator.current_accelerator()`` names what torch was *built* for: the CUDA
        build says ``cuda`` on a machine without a GPU. So the devices are asked themselves.

    Example:
        >>> choose("cpu")
        device(type='cpu')
    """
    asked, source = prefer, ""
    if asked is None:
        asked, source = os.environ.get(ENV, "").strip() or None, f" (from {ENV})"
    if asked is None:
        return torch.device(next(kind for kind in _WHY_NOT if not _WHY_NOT[kind](None)))
    device = _parse(asked, source)
    problem = _WHY_NOT[device.type](device.index)
    if problem:
        raise DeviceError(
            f"Device {str(device)!r}{source} is not available: {problem}. Here you can choose "
            f"{_choices()}."
        )
    return device


def _parse(asked: str | torch.device, source: str) -> torch.device:
    try:
        device = torch.device(asked.strip().lower() if isinstance(asked, str) else asked)
    except (RuntimeError, TypeError):
        device = None
    if device is None or device.type not in _WHY_NOT:
        raise DeviceError(
            f"{str(asked)!r}{source} is no device of this course. Here you can choose {_choices()}."
        )
    return device


def _why_not_cuda(index: int | None) -> str:
    if torch.version.cuda is None and getattr(torch.version, "hip", None) is None:
        return f"torch {torch.__version__} is a build without CUDA"
    if not torch.cuda.is_available():
        return "torch finds no NVIDIA GPU or no driver for it"
    if index is not None and index >= torch.cuda.device_count():
        return f"there are {torch.cuda.device_count()} GPUs, counted from 0"
    return _does_not_compute(index or 0)


def _does_not_compute(index: int) -> str:
    """Why a GPU that the driver knows cannot be used: older than this torch, or full, perhaps."""
    try:
        torch.ones(1, device=f"cuda:{index}").add(1).item()
    except RuntimeError as e:
        said = (str(e).splitlines() or [type(e).__name__])[0]
        return f"the GPU does not compute with this torch ({said})"
    return ""


def _why_not_mps(index: int | None) -> str:
    if not torch.backends.mps.is_available():
        return "it needs a Mac with an Apple GPU and a torch built for it"
    return "there is one Apple GPU, number 0" if index else ""


def _why_not_cpu(index: int | None) -> str:
    return "there is one CPU, number 0" if index else ""


#: Device kinds, fastest first, each with a function that says why it cannot be used ("" if it can)
_WHY_NOT: dict[str, Callable[[int | None], str]] = {
    "cuda": _why_not_cuda,
    "mps": _why_not_mps,
    "cpu": _why_not_cpu,
}


def _choices() -> str:
    return " or ".join(repr(kind) for kind, why_not in _WHY_NOT.items() if not why_not(None))


def describe(device: str | torch.device | None = None) -> str:
    """Return one line on a device: its name, memory or threads, and the torch that drives it.

    Args:
        device: As for :func:`choose`.

    Raises:
        DeviceError: As for :func:`choose`.

    Example:
        >>> describe("cpu").startswith("cpu: ")
        True
    """
    device = choose(device)
    if device.type == "cuda":
        gpu = torch.cuda.get_device_properties(device)
        build = f"CUDA {torch.version.cuda}" if torch.version.cuda else "ROCm"
        about = f"{gpu.name}, {gpu.total_memory / 2**30:.0f} GiB, {build}"
    elif device.type == "mps":
        about = "Apple GPU, memory shared with the CPU"
    else:
        threads, cores = torch.get_num_threads(), os.cpu_count() or 1
        about = f"{platform.machine()}, {threads} of {cores} threads"
    return f"{device}: {about}, torch {torch.__version__}"


def to_device(batch: Batch, device: str | torch.device, *, non_blocking: bool = False) -> Batch:
    """Return ``batch`` with every tensor in it on ``device``; the rest is passed through.

    Looks into tuples, named tuples, lists, dicts and dataclasses, however nested, and makes them
    anew: the batch itself is not changed. A tensor that is already there is not copied.

    Args:
        batch: What a loader yields, for instance ``(xb, yb)`` of shapes (bs, 784) and (bs,).
        device: Where to.
        non_blocking: Do not wait for a copy from pinned memory to a CUDA GPU. With MPS the batch
            can be freed before it is copied: leave it off there.

    Raises:
        DeviceError: ``batch`` contains a model (``model.to(device)`` changes the model itself,
            which nothing here does unasked), or a tensor in a container of another kind.

    Example:
        >>> xb, yb = to_device((torch.zeros(64, 784), torch.zeros(64)), "cpu")
        >>> xb.shape
        torch.Size([64, 784])
    """

    def move(part: Any) -> Any:
        if isinstance(part, torch.Tensor | PackedSequence):  # a PackedSequence is a tuple, too
            return part.to(device, non_blocking=non_blocking)
        if isinstance(part, nn.Module):
            raise DeviceError(
                f"to_device moves batches, and this is a model ({type(part).__name__}). "
                "Write model.to(device)."
            )
        if isinstance(part, _CONTAINERS):
            return _container(part, move)
        if dataclasses.is_dataclass(part) and not isinstance(part, type):
            return _dataclass(part, move)
        return part

    return move(batch)


_CONTAINERS = (tuple, list, Mapping, Set, deque, UserList)
"""What is looked into; not all of it can be made anew."""


def _container(part: Any, move: Callable[[Any], Any]) -> Any:
    """A container of the same kind with what ``move`` makes of its items."""
    kind = type(part)
    if kind in (tuple, list) or kind.__module__ == "torch.return_types":  # what torch.max gives
        return kind([move(item) for item in part])
    if isinstance(part, tuple) and hasattr(kind, "_make"):
        return kind._make(move(item) for item in part)
    if isinstance(part, dict) and kind.__setitem__ in (dict.__setitem__, OrderedDict.__setitem__):
        items = {key: move(value) for key, value in part.items()}
        result = copy.copy(part)
        for key, value in items.items():  # not update(), with which a Counter would add
            result[key] = value
        return result
    if _has_tensor(part):
        raise DeviceError(
            f"to_device cannot make a {kind.__name__} anew, and this one holds a tensor. Give its "
            "content as a dict, a list or a tuple, or move the tensors in it yourself."
        )
    return part


def _dataclass(part: Any, move: Callable[[Any], Any]) -> Any:
    """A copy with moved fields. Not by its ``__init__``, which may do more than keep them."""
    result = copy.copy(part)
    for field in dataclasses.fields(part):
        if hasattr(part, field.name):
            object.__setattr__(result, field.name, move(getattr(part, field.name)))  # frozen too
    return result


def _has_tensor(part: Any) -> bool:
    if isinstance(part, _CONTAINERS):
        return any(map(_has_tensor, part.values() if isinstance(part, Mapping) else part))
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        return any(_has_tensor(getattr(part, f.name, None)) for f in dataclasses.fields(part))
    return isinstance(part, torch.Tensor | nn.Module)


@dataclasses.dataclass(frozen=True)
class Timing:
    """How long repeated runs of one piece of work took.

    Attributes:
        seconds: One wall-clock time per run, in the order they ran.

    Example:
        >>> print(Timing((0.001, 0.002, 0.012)))
        median 2 ms of 3 runs (1 ms to 12 ms)
    """

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle time in seconds; one slow run does not move it."""
        return statistics.median(self.seconds)

    @property
    def best(self) -> float:
        """The shortest time in seconds."""
        return min(self.seconds)

    @property
    def worst(self) -> float:
        """The longest time in seconds."""
        return max(self.seconds)

    def __str__(self) -> str:
        """For instance ``median 1.2 ms of 10 runs (1.1 ms to 3.4 ms)``."""
        spread = f"{_readable(self.best)} to {_readable(self.worst)}"
        return f"median {_readable(self.median)} of {len(self.seconds)} runs ({spread})"


def _readable(seconds: float) -> str:
    for factor, unit in ((1e6, "µs"), (1e3, "ms")):
        if seconds * factor < 999.5:  # what is above is 1e+03 in three digits
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds:.3g} s" if seconds < 999.5 else f"{seconds:,.0f} s"


def timed(
    work: Callable[[], object],
    device: str | torch.device = "cpu",
    repeats: int = 10,
    warmup: int = 2,
) -> Timing:
    """Time ``work()`` on ``device``, repeatedly, waiting for the device before and after.

    A GPU works in the background: without waiting, the clock would only see how long it took to
    *ask*. The first runs load and compile code, so ``warmup`` runs are not counted.

    Args:
        work: A function without arguments.
        device: Where its work happens.
        repeats: Counted runs, at least 1.
        warmup: Runs before them that are not counted.

    Raises:
        DeviceError: ``repeats`` is below 1 or ``warmup`` below 0.

    Example:
        >>> a = torch.ones(64, 64)
        >>> timed(lambda: a @ a, repeats=3).median > 0
        True
    """
    if repeats < 1 or warmup < 0:
        raise DeviceError(
            f"timed needs repeats of at least 1 and warmup of at least 0, got repeats={repeats}, "
            f"warmup={warmup}."
        )
    for _ in range(warmup):
        work()
    seconds = []
    for _ in range(repeats):
        with stopwatch(device) as watch:
            work()
        seconds.append(watch.seconds)
    return Timing(tuple(seconds))


class Stopwatch:
    """Holds the time that a ``with stopwatch(device)`` block took."""

    seconds: float | None = None
    """Wall-clock seconds; None while the block runs."""


@contextmanager
def stopwatch(device: str | torch.device = "cpu") -> Iterator[Stopwatch]:
    """Time the block below, waiting for ``device`` to finish before and after it.

    Example:
        >>> with stopwatch("cpu") as watch:
        ...     total = sum(range(1000))
        >>> watch.seconds >= 0
        True
    """
    watch = Stopwatch()
    wait_for(device)
    begun = time.perf_counter()
    yield watch
    wait_for(device)
    watch.seconds = time.perf_counter() - begun


def wait_for(device: str | torch.device) -> None:
    """Return when the device has done all that it was asked.

    Example:
        >>> wait_for("cpu")  # which never is behind
    """
    device = torch.device(device)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()

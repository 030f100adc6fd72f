"""Who worked when: torch's profiler, read as rows for :func:`coursekit.plot.timeline`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile, record_function, schedule

from coursekit.device import wait_for

__all__ = ["part", "timeline_of"]

PREFIX = "coursekit: "
"""Marks the parts that a program named itself among the thousands that torch records."""


@contextmanager
def part(name: str) -> Iterator[None]:
    """Name what Python does in this block, for :func:`timeline_of`.

    Example:
        >>> with part("load"):
        ...     xb = torch.zeros(64, 784)
    """
    with record_function(PREFIX + name):
        yield


def timeline_of(
    work: Callable[[], object], device: str | torch.device = "cpu"
) -> list[tuple[str, str, float, float]]:
    """Run ``work()`` under the profiler and return who worked when, in milliseconds.

    It runs twice, and the second run counts: a profiler starts slowly, a GPU's above all.

    Args:
        work: A function without arguments that marks what it does with :func:`part`.
        device: Where its tensors are. With CUDA the row ``device`` holds the GPU's kernels and
            copies; elsewhere (with MPS too) the tensor operations outside of parts called
            ``"load"``.

    Raises:
        ValueError: ``work`` has marked no part.

    Returns:
        Rows of (who, what, start, length): ``"Python"`` with the parts, ``"device"`` with
        ``"compute"``.

    Example:
        >>> def work():
        ...     with part("load"):
        ...         xb = torch.zeros(64, 784)
        ...     with part("step"):
        ...         xb @ xb.T
        >>> events = timeline_of(work)
        >>> sorted({(who, what) for who, what, start, length in events})
        [('Python', 'load'), ('Python', 'step'), ('device', 'compute')]
    """
    device = torch.device(device)
    activities = [ProfilerActivity.CPU]
    if device.type == "cuda":
        activities.append(ProfilerActivity.CUDA)
    second_run = schedule(wait=0, warmup=1, active=1, repeat=1)
    # acc_events: some versions of torch warn without it, even of a single cycle
    profiler = profile(activities=activities, schedule=second_run, acc_events=True)
    with _without_chatter(), profiler as prof:
        for _ in range(2):
            work()
            wait_for(device)
            prof.step()
    found = [*_parts(prof), *(_kernels(prof) if device.type == "cuda" else _operations(prof))]
    if not any(who == "Python" for who, *_ in found):
        raise ValueError('No part is marked: write `with part("load"):` around what loads a batch.')
    begin = min(event.time_range.start for _, _, event in found)
    return [
        (who, what, (e.time_range.start - begin) / 1000, e.time_range.elapsed_us() / 1000)
        for who, what, e in sorted(found, key=lambda item: (item[0] != "Python", _start(item[2])))
    ]


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Send the file descriptor of stderr nowhere: the profiler's library logs each start there."""
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _start(event: Any) -> float:
    return event.time_range.start


def _is_kernel(event: Any) -> bool:
    return event.device_type != torch.autograd.DeviceType.CPU


def _is_mark(event: Any) -> bool:
    """Whether an event is a name that somebody gave to a stretch of the program, and no work."""
    return event.name.startswith(PREFIX) or bool(event.is_user_annotation)


def _is_outermost(event: Any) -> bool:
    """Whether an operation was called by the program, not by another operation."""
    caller = event.cpu_parent
    while caller is not None and _is_mark(caller):
        caller = caller.cpu_parent
    return caller is None


def _parts(prof: profile) -> Iterator[tuple[str, str, Any]]:
    for event in prof.events():
        if event.name.startswith(PREFIX) and not _is_kernel(event):
            yield "Python", event.name.removeprefix(PREFIX), event


def _kernels(prof: profile) -> Iterator[tuple[str, str, Any]]:
    """What a GPU did; the profiler repeats all marks there, the optimizer's own among them."""
    for event in prof.events():
        if _is_kernel(event) and not _is_mark(event):
            yield "device", "compute", event


def _operations(prof: profile) -> Iterator[tuple[str, str, Any]]:
    """The outermost tensor operations on the CPU, those of the backward pass's thread included."""
    loads = [e.time_range for _, what, e in _parts(prof) if what == "load"]
    for event in prof.events():
        inside = any(t.start <= _start(event) <= t.end for t in loads)
        if _is_outermost(event) and not inside and not _is_mark(event):
            yield "device", "compute", event

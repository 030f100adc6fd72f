"""Every random generator that a training run may draw from, as plain data."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch


def capture(loaders: Iterable[Any] = ()) -> dict[str, Any]:
    """Return the state of torch's, NumPy's and Python's generators, and of each loader's own.

    torch has one for the CPU and one for each GPU, Apple's included. Only tensors, numbers,
    strings, lists and tuples: ``torch.load(weights_only=True)`` reads it.

    Example:
        >>> state = capture()
        >>> first = torch.rand(1), random.random()
        >>> restore(state)
        >>> first == (torch.rand(1), random.random())
        True
    """
    name, keys, *rest = np.random.get_state()  # noqa: NPY002 (libraries draw from it)
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [],
        "mps": torch.mps.get_rng_state() if torch.backends.mps.is_available() else None,
        "numpy": (str(name), torch.tensor(keys.astype(np.int64)), *(float(r) for r in rest)),
        "python": random.getstate(),
        "loaders": [[g.get_state() for g in generators_of(loader)] for loader in loaders],
    }


def restore(state: dict[str, Any], loaders: Iterable[Any] = ()) -> None:
    """Set every generator as :func:`capture` found it."""
    torch.set_rng_state(state["torch"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])
    if state["mps"] is not None and torch.backends.mps.is_available():
        torch.mps.set_rng_state(state["mps"])
    name, keys, place, has_gauss, gauss = state["numpy"]
    numpys = (name, keys.numpy().astype(np.uint32), int(place), int(has_gauss), gauss)
    np.random.set_state(numpys)  # noqa: NPY002
    random.setstate(state["python"])
    for loader, saved in zip(loaders, state["loaders"], strict=False):
        for generator, its in zip(generators_of(loader), saved, strict=False):
            generator.set_state(its)


def generators_of(loader: Any) -> list[torch.Generator]:
    """Return the generators that a loader draws from: its own and its samplers', each once.

    Those of a loader inside wrappers (``.dl``) count, too.

    Example:
        >>> from torch.utils.data import DataLoader
        >>> generator = torch.Generator()
        >>> generators_of(DataLoader([1, 2], shuffle=True, generator=generator)) == [generator]
        True
    """
    found: list[torch.Generator] = []
    waiting = [loader]
    while waiting:
        owner = waiting.pop(0)
        generator = getattr(owner, "generator", None)
        if isinstance(generator, torch.Generator) and generator not in found:
            found.append(generator)
        inside = (getattr(owner, name, None) for name in ("sampler", "batch_sampler", "dl"))
        waiting += [part for part in inside if part is not None]
    return found

"""Every random generator that a training run may draw from, as plain data."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch


def capture(loaders: Iterable[Any] = ()) -> dict[str, Any]:
    """Return the state of torch's, NumPy's and Python's generator, and of each loader's own.

    Only tensors, numbers, strings, lists and tuples: ``torch.load(weights_only=True)`` reads it.

    Example:
        >>> state = capture()
        >>> first = torch.rand(1), random.random()
        >>> restore(state)
        >>> first == (torch.rand(1), random.random())
        True
    """
    name, keys, *rest = np.random.get_state()  # noqa: NPY002 (libraries draw from it)
    generators = [generator_of(loader) for loader in loaders]
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [],
        "numpy": (str(name), torch.tensor(keys.astype(np.int64)), *(float(r) for r in rest)),
        "python": random.getstate(),
        "loaders": [None if g is None else g.get_state() for g in generators],
    }


def restore(state: dict[str, Any], loaders: Iterable[Any] = ()) -> None:
    """Set every generator as :func:`capture` found it."""
    torch.set_rng_state(state["torch"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])
    name, keys, place, has_gauss, gauss = state["numpy"]
    numpys = (name, keys.numpy().astype(np.uint32), int(place), int(has_gauss), gauss)
    np.random.set_state(numpys)  # noqa: NPY002
    random.setstate(state["python"])
    for loader, saved in zip(loaders, state["loaders"], strict=False):
        generator = generator_of(loader)
        if generator is not None and saved is not None:
            generator.set_state(saved)


def generator_of(loader: Any) -> torch.Generator | None:
    """Return the generator that a loader shuffles with, also one inside wrappers (``.dl``).

    Example:
        >>> from torch.utils.data import DataLoader
        >>> generator = torch.Generator()
        >>> generator_of(DataLoader([1, 2], shuffle=True, generator=generator)) is generator
        True
    """
    while loader is not None:
        for owner in (loader, getattr(loader, "sampler", None)):
            generator = getattr(owner, "generator", None)
            if isinstance(generator, torch.Generator):
                return generator
        loader = getattr(loader, "dl", None)
    return None

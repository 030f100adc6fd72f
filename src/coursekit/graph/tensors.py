"""Small facts about tensors, read without changing them: kind, dtype, entries, names in frames."""

from __future__ import annotations

import functools
import inspect
import sys
import weakref
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch.nn.parameter import UninitializedTensorMixin

_TORCH = str(Path(torch.__file__).parent)
_HERE = str(Path(__file__).parent)
_SKIP = (_TORCH, _HERE, "<frozen", "<eval_with_key>")
_SKIP_ENDS = ("contextlib.py",)


def alive(ref: weakref.ref[torch.Tensor]) -> torch.Tensor | None:
    """Return the tensor of a weak reference, None if it is gone.

    While only a graph holds a tensor, older versions of torch (2.6 does) count its Python object
    wrongly once a weak reference has given it out, unless they are told.
    """
    tensor = ref()
    if tensor is not None and hasattr(tensor, "_fix_weakref"):
        tensor._fix_weakref()
    return tensor


def caller() -> FrameType:
    """Return the frame of the code that called us: the first one outside torch and this package."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_back is not None:
        if _is_students(frame.f_code.co_filename):
            break
        frame = frame.f_back
    assert frame is not None
    return frame


@functools.lru_cache(maxsize=1024)
def _is_students(filename: str) -> bool:
    return not filename.startswith(_SKIP) and not filename.endswith(_SKIP_ENDS)


def variables(frame: FrameType) -> Iterable[tuple[str, Any]]:
    """Return the variables of a frame that a student named: none that starts with an underscore."""
    for _ in range(50):
        try:
            names = frame.f_locals
            found = [(k, v) for k, v in list(names.items()) if not k.startswith("_")]
        except RuntimeError:  # another thread changed the dictionary while we looked
            continue
        # Up to Python 3.12 a function's frame keeps the copy that it made for us, and with it
        # every tensor in it; empty the copy, unless the student holds it too.
        function = frame.f_code.co_flags & inspect.CO_OPTIMIZED
        if function and sys.version_info < (3, 13) and sys.getrefcount(names) <= 3:
            names.clear()
        return found
    return []


def named_tensors(frame: FrameType) -> list[tuple[str, torch.Tensor]]:
    """Return a frame's tensors and their names; a module's parameters as ``model.weight``."""
    found: list[tuple[str, torch.Tensor]] = []
    # a weak proxy raises an error at every question once its object is gone
    named = [(n, thing) for n, thing in variables(frame) if type(thing) not in weakref.ProxyTypes]
    for name, thing in named:
        if isinstance(thing, torch.Tensor):
            found.append((name, thing))
        elif isinstance(thing, (list, tuple)) and 0 < len(thing) <= 16:
            found += [(f"{name}[{i}]", t) for i, t in enumerate(thing) if is_tensor(t)]
        elif isinstance(thing, dict) and 0 < len(thing) <= 16 and type(thing) is dict:
            found += [(f"{name}[{k!r}]", t) for k, t in thing.items() if is_tensor(t)]
    for _, thing in named:
        if isinstance(thing, torch.nn.Module):
            found += module_tensors(thing)
    return found


def is_compiled(module: torch.nn.Module) -> bool:
    """Return whether a module is what ``torch.compile`` makes: a wrapper around the model."""
    return "_orig_mod" in module._modules


def module_tensors(module: torch.nn.Module) -> list[tuple[str, torch.Tensor]]:
    """Return a module's parameters and buffers with their dotted names."""
    if is_compiled(module):
        module = module.get_submodule("_orig_mod")
    return [*module.named_parameters(), *module.named_buffers()]


def is_tensor(x: Any) -> bool:
    """Return whether something is a tensor."""
    return isinstance(x, torch.Tensor)


def flatten(tree: Any, depth: int = 0) -> list[torch.Tensor]:
    """Return the tensors in nested lists, tuples and dictionaries, in order."""
    if isinstance(tree, torch.Tensor):
        return [tree]
    if depth > 8:
        return []
    if isinstance(tree, Mapping):
        tree = tree.values()
    elif not isinstance(tree, (list, tuple)):
        return []
    return [t for branch in tree for t in flatten(branch, depth + 1)]


def dtype_name(dtype: torch.dtype) -> str:
    """Return a dtype's short name, empty for the usual float32."""
    return "" if dtype == torch.float32 else str(dtype).removeprefix("torch.")


def is_small(shape: Iterable[int]) -> bool:
    """Return whether a value of this shape is shown: at most 5 entries, or at most 4 by 4."""
    shape = tuple(shape)
    if len(shape) <= 1:
        return not shape or 0 < shape[0] <= 5
    return len(shape) == 2 and 0 < shape[0] <= 4 and 0 < shape[1] <= 4


def shape_of(t: torch.Tensor) -> tuple[int, ...] | None:
    """Return a tensor's shape, None where it has no plain one: nested, or not yet initialized."""
    if t.is_nested or isinstance(t, UninitializedTensorMixin):
        return None
    return tuple(t.shape)


def readable(t: torch.Tensor) -> bool:
    """Return whether a tensor has entries that can be read: no "meta", sparse or nested ones."""
    return t.layout == torch.strided and not t.is_meta and shape_of(t) is not None


def snapshot(t: torch.Tensor) -> torch.Tensor | None:
    """Copy a small tensor on its own device; large ones are not copied."""
    shape = shape_of(t)
    if shape is None or not is_small(shape) or not readable(t):
        return None
    try:
        return t.detach().clone()
    except (RuntimeError, NotImplementedError):  # a wrapper without storage, as in torch.func
        return None


def summary(t: torch.Tensor) -> torch.Tensor | None:
    """Return mean and standard deviation of a floating-point tensor, as a tensor of two."""
    if not readable(t) or not t.is_floating_point() or t.numel() < 2:
        return None
    flat = t.detach().float()
    return torch.stack((flat.mean(), flat.std()))


def to_lists(tensors: Mapping[Any, torch.Tensor | None]) -> dict[Any, Any]:
    """Turn small tensors into nested lists, with one transfer per device and dtype."""
    result: dict[Any, Any] = {}
    remote: dict[tuple[torch.device, torch.dtype], list[Any]] = {}
    for key, t in tensors.items():
        if t is None:
            result[key] = None
        elif _on_cpu(t):
            result[key] = _as_list(t)
        else:
            remote.setdefault((t.device, t.dtype), []).append(key)
    for keys in remote.values():
        parts = [t for key in keys if (t := tensors[key]) is not None]
        pieces = torch.cat([t.reshape(-1) for t in parts]).cpu().split([t.numel() for t in parts])
        for key, t, piece in zip(keys, parts, pieces, strict=True):
            result[key] = _as_list(piece.reshape(t.shape))
    return result


def _on_cpu(t: torch.Tensor) -> bool:
    return t.device.type == "cpu"


def _as_list(t: torch.Tensor) -> Any:
    try:
        return t.tolist()
    except (RuntimeError, NotImplementedError, TypeError):
        return None

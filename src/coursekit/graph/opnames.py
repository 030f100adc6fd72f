"""What operations are called: as a student writes them, not as autograd's classes are named."""

from __future__ import annotations

import functools
import re
from typing import Any

#: Python's and torch's function names that have an operator in the language.
SYMBOLS = {
    "add": "+", "sub": "−", "mul": "×", "div": "/", "pow": "**", "matmul": "@", "mm": "@",
    "mv": "@", "bmm": "@", "dot": "@", "neg": "neg", "truediv": "/", "subtract": "−",
    "multiply": "×", "divide": "/", "true_divide": "/", "floordiv": "//", "floor_divide": "//",
    "mod": "%", "remainder": "%", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">",
    "ge": ">=", "negative": "neg", "getitem": "[ ]", "setitem": "[ ] =", "and": "&", "or": "|",
    "xor": "^", "invert": "~", "bitwise_not": "~",
}  # fmt: skip

#: Operators whose number on the left or right is drawn as a constant of its own.
ARITHMETIC = {"+", "−", "×", "/", "**", "//", "%", "==", "!=", "<", "<=", ">", ">="}

#: Names of positional arguments that are worth showing, with torch's defaults left out.
_POSITIONAL: dict[str, tuple[tuple[str, Any], ...]] = {
    **dict.fromkeys(
        ("sum", "mean", "max", "min", "argmax", "argmin", "logsumexp", "var", "std", "prod", "any",
         "all", "norm", "cumsum", "median", "amax", "amin"),
        (("", None), ("dim", None), ("keepdim", False)),
    ),
    **dict.fromkeys(("softmax", "log_softmax", "unsqueeze", "squeeze", "gather", "index_select",
                     "unbind"),
                    (("", None), ("dim", None))),
    **dict.fromkeys(("stack", "cat"), (("", None), ("dim", 0))),
    "conv1d": (("", None), ("", None), ("", None), ("stride", 1), ("padding", 0), ("dilation", 1),
               ("groups", 1)),
    "max_pool2d": (("", None), ("kernel_size", None), ("stride", None), ("padding", 0),
                   ("dilation", 1), ("ceil_mode", False), ("return_indices", False)),
    "avg_pool2d": (("", None), ("kernel_size", None), ("stride", None), ("padding", 0)),
    "dropout": (("", None), ("p", 0.5), ("training", True), ("inplace", False)),
    "relu": (("", None), ("inplace", False)),
    "cross_entropy": (("", None), ("", None), ("", None), ("", None), ("ignore_index", -100),
                      ("", None), ("reduction", "mean"), ("label_smoothing", 0.0)),
    "nll_loss": (("", None), ("", None), ("", None), ("", None), ("ignore_index", -100)),
    "flatten": (("", None), ("start_dim", 0), ("end_dim", -1)),
}  # fmt: skip
_POSITIONAL["conv2d"] = _POSITIONAL["conv3d"] = _POSITIONAL["conv1d"]

#: Keyword arguments that say nothing to a reader of the picture.
_DULL = {"_stacklevel", "dtype", "inplace", "training", "return_indices", "ceil_mode", "out",
         "weight", "size_average", "reduce", "memory_format", "use_input_stats", "eps",
         "cudnn_enabled"}  # fmt: skip

#: Operators whose operands stand the other way round (``1 - x`` is ``x.__rsub__(1)``).
_REVERSED = {"__rsub__", "__rtruediv__", "__rdiv__", "__rpow__", "__rmatmul__", "__rmul__",
             "__radd__", "__rfloordiv__", "__rmod__", "rsub"}  # fmt: skip


def is_reversed(func: Any) -> bool:
    """Return whether a function takes its operands in the opposite order of the written code."""
    return getattr(func, "__name__", "") in _REVERSED


def plain(func: Any) -> str:
    """Return a torch function's name without underscores and operator prefixes: ``"add"``."""
    name = getattr(func, "__name__", type(func).__name__)
    if name in ("__get__", "__set__"):  # a property such as x.T
        owner = getattr(func, "__self__", None)
        return getattr(owner, "__name__", name)
    return _bare(name)


@functools.lru_cache(maxsize=1024)
def _bare(name: str) -> str:
    bare = name.strip("_")
    if name.startswith("__"):
        for prefix in ("r", "i"):
            if bare.startswith(prefix) and bare[1:] in SYMBOLS and bare not in SYMBOLS:
                return bare[1:]
    return "sub" if bare == "rsub" else bare


def shown(func: Any) -> str:
    """Return the name to draw: ``"@"`` for ``torch.matmul``, ``"× ="`` for ``x *= 2``.

    Example:
        >>> import torch
        >>> shown(torch.matmul), shown(torch.Tensor.__rsub__), shown(torch.tanh)
        ('@', '−', 'tanh')
    """
    bare = plain(func)
    symbol = SYMBOLS.get(bare)
    name = getattr(func, "__name__", "")
    in_place = name.endswith("_") and not name.endswith("__")
    in_place = in_place or (name.startswith("__i") and bare != name.strip("_"))
    if symbol is None:
        return f"{bare}_" if in_place else bare
    return f"{symbol} =" if in_place and not symbol.endswith("=") else symbol


def _small(x: Any, *, sides: bool = False) -> str | None:
    """Write one argument, or return None when it is not short enough to show.

    With ``sides``, a size that is the same along all axes is written once: 2 for ``(2, 2)``.
    """
    if isinstance(x, float):
        return f"{x:.4g}"
    if isinstance(x, (bool, int, str)) or x is None or x is Ellipsis:
        return "…" if x is Ellipsis else str(x)
    if isinstance(x, slice):
        a, b, c = ("" if v is None else _small(v) for v in (x.start, x.stop, x.step))
        return None if None in (a, b, c) else f"{a}:{b}" + (f":{c}" if c else "")
    if isinstance(x, (tuple, list)):
        if sides and isinstance(x, tuple) and len(x) > 1 and len(set(map(str, x))) == 1:
            return _small(x[0])
        parts = [_small(v) for v in x]
        text = None if None in parts else ", ".join(parts)
        return text if text is not None and len(text) <= 16 else None
    return None


def attributes(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Return the arguments that are no tensors, as short text; defaults and dull ones left out.

    Example:
        >>> import torch
        >>> attributes(torch.sum, (torch.ones(2), 1), {"keepdim": True})
        'dim=1, keepdim=True'
    """
    name = plain(func)
    if name == "getitem":
        return index(args[1])
    if name == "setitem":
        return index(args[1])
    if SYMBOLS.get(name) in ARITHMETIC:
        args = ()  # they are drawn; what stays is alpha=2, rounding_mode="floor"
    known = _POSITIONAL.get(name)
    parts = []
    for i, x in enumerate(args):
        if i == 0 and name not in ("zeros", "ones", "full", "einsum"):
            continue
        if _has_tensor(x) or x is None:
            continue
        label, default = known[i] if known and i < len(known) else ("", None)
        text = _small(x, sides=bool(label))
        if text is None or x == default:
            continue
        if isinstance(x, (tuple, list)) and all(v == default for v in x):
            continue
        if not (isinstance(x, bool) and not label):
            parts.append(f"{label}={_bracketed(x, text)}" if label else text)
    for key, x in kwargs.items():
        if key in _DULL or x is None or _has_tensor(x) or (key == "reduction" and x == "mean"):
            continue
        defaults = dict(known or ())
        text = _small(x, sides=True)
        if text is not None and not (key in defaults and defaults[key] == x):
            parts.append(f"{key}={_bracketed(x, text)}")
    return ", ".join(parts)


def _bracketed(x: Any, text: str) -> str:
    """Return the text of a labelled argument, so that a tuple's parts stay together."""
    return f"({text})" if isinstance(x, (tuple, list)) and "," in text else text


def index(where: Any) -> str:
    """Write what stands between the brackets of an index; a tensor or long list becomes ``…``."""
    parts = where if isinstance(where, tuple) else (where,)
    return ", ".join(
        "idx" if _has_tensor(p) else "None" if p is None else (_small(p) or "…") for p in parts
    )


def _has_tensor(x: Any) -> bool:
    if isinstance(x, (list, tuple)):
        return any(_has_tensor(v) for v in x)
    return hasattr(x, "grad_fn") and hasattr(x, "shape")


#: autograd's names that differ from what is written.
_BACKWARD = {
    "Addmm": "addmm", "Mm": "@", "Mv": "@", "Bmm": "@", "Dot": "@", "T": "T", "Permute": "permute",
    "NllLoss": "nll_loss", "Convolution": "conv", "Select": "[ ]", "Slice": "[ ]", "Index": "[ ]",
    "CopySlices": "[ ] =", "IndexPut": "[ ] =", "MaxPool2DWithIndices": "max_pool2d",
    "NativeBatchNorm": "batch_norm", "CudnnBatchNorm": "batch_norm", "Rsub": "−", "Sub": "−",
    "UnsafeView": "view", "AsStrided": "as_strided", "CompiledFunction": "compiled code",
    "AdaptiveAvgPool2D": "adaptive_avg_pool2d",
}  # fmt: skip


def from_backward(name: str, *, custom: bool = False) -> str:
    """Return the name to draw for one of autograd's nodes.

    Args:
        name: As ``grad_fn.name()`` gives it.
        custom: A student's own ``autograd.Function``, which keeps its name.

    Example:
        >>> from_backward("MulBackward0"), from_backward("LogSoftmaxBackward0")
        ('×', 'log_softmax')
    """
    stem = re.sub(r"Backward\d*$", "", name.split("::")[-1])
    if custom:
        return stem
    if stem in _BACKWARD:
        return _BACKWARD[stem]
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", stem).lower()
    return SYMBOLS.get(snake, snake)

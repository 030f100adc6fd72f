"""Values in words: short, the same on every machine, and safe whatever the object does.

No ``__repr__`` or ``__str__`` of the student's objects is ever called: an object of an unknown
class is named, not printed, so that no address, no endless ``__repr__`` and no page of numbers can
get into a message.
"""

from __future__ import annotations

import sys
from typing import Any

MOST = 8
"""Numbers of a tensor, or items of a list, that are written out."""


def number(x: float, digits: int = 4) -> str:
    """A float with ``digits`` significant digits, always recognisable as a float.

    >>> number(2.302585), number(3.0), number(-0.0), number(1e-7)
    ('2.303', '3.0', '0.0', '1e-07')
    """
    text = format(x + 0.0, f".{digits}g")
    return text if set(text) & set(".en") else text + ".0"


def is_tensor(value: Any) -> bool:
    """Whether ``value`` is a torch tensor; loads no torch to find out."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def is_array(value: Any) -> bool:
    """Whether ``value`` is a NumPy array; loads no NumPy to find out."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


def is_number(value: Any) -> bool:
    """Whether ``value`` is a Python or NumPy number; a bool is none."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.number):
        return True
    return isinstance(value, int | float) and not isinstance(value, bool)


def plain_bool(value: Any) -> Any:
    """NumPy's bool as Python's, anything else unchanged."""
    numpy = sys.modules.get("numpy")
    return bool(value) if numpy is not None and isinstance(value, numpy.bool_) else value


def type_name(value: Any) -> str:
    """What a value is, in a student's words, with its article.

    >>> type_name(None), type_name([1]), type_name(2.5)
    ('None', 'a list', 'a float')
    """
    if value is None:
        return "None"
    if is_tensor(value):
        return "a torch tensor"
    if is_array(value):
        return "a NumPy array"
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        return f"a NumPy {dtype(value)}"
    if isinstance(value, type):
        return f"the class {_class_name(value)}"
    name = _class_name(type(value))
    if name in ("function", "builtin_function_or_method", "method"):
        return "a function"
    return f"{'an' if name[:1].lower() in tuple('aeiou') else 'a'} {name}"


def _class_name(cls: type) -> str:
    return type.__dict__["__name__"].__get__(cls)


def shape(value: Any) -> tuple[int, ...]:
    """A tensor's or array's shape as a plain tuple."""
    return tuple(int(n) for n in value.shape)


def dtype(value: Any) -> str:
    """A tensor's or array's dtype without its library: ``"float32"``."""
    return str(value.dtype).removeprefix("torch.")


def show(value: Any, digits: int = 4, most: int = MOST) -> str:
    """One line that says what ``value`` is.

    >>> show([1, 2.5, "a", None])
    "[1, 2.5, 'a', None]"
    """
    try:
        return _show(value, digits, most, depth=0)
    except Exception:  # an object that lies about itself
        return type_name(value)


def _show(value: Any, digits: int, most: int, depth: int) -> str:
    value = plain_bool(value)
    if value is None or isinstance(value, bool):
        return str(value)
    if is_tensor(value) or is_array(value):
        return _show_tensor(value, digits, most)
    if is_number(value):
        plain = value.item() if hasattr(value, "item") else value
        if isinstance(plain, int):
            return format(int(plain), "d") if abs(plain) < 10**20 else "a very large int"
        return number(float(plain), digits)
    if isinstance(value, str):
        text = str.__str__(value)
        return repr(text if len(text) <= 60 else text[:57] + "...")
    if isinstance(value, list | tuple) and depth < 3:
        opening, closing = "[]" if isinstance(value, list) else "()"
        items = [_show(v, digits, most, depth + 1) for v in value[:most]]
        items += ["..."] if len(value) > most else []
        comma = "," if closing == ")" and len(value) == 1 else ""
        return f"{opening}{', '.join(items)}{comma}{closing}"
    if isinstance(value, dict) and depth < 3:
        items = [
            f"{_show(k, digits, most, depth + 1)}: {_show(v, digits, most, depth + 1)}"
            for k, v in list(value.items())[:most]
        ]
        return "{" + ", ".join(items + ["..."] * (len(value) > most)) + "}"
    if isinstance(value, set | frozenset) and not value:
        return "an empty set"
    if isinstance(value, set | frozenset) and depth < 3:
        items = sorted(_show(v, digits, most, depth + 1) for v in value)  # a set has no order
        return "{" + ", ".join(items[:most] + ["..."] * (len(items) > most)) + "}"
    return type_name(value)


def _show_tensor(value: Any, digits: int, most: int) -> str:
    kind = "tensor" if is_tensor(value) else "array"
    if dtype(value) != ("float32" if kind == "tensor" else "float64"):
        kind = f"{dtype(value)} {kind}"
    size = shape(value)
    plain = value.detach().cpu() if is_tensor(value) else value
    if not size:
        return f"{kind} {_show(plain.item(), digits, most, 0)}"
    if 0 in size:
        return f"empty {kind} of shape {size}"
    count = 1
    for n in size:
        count *= n
    if count <= most:
        return f"{kind} {_show(plain.tolist(), digits, most, 0)}"
    first = plain.reshape(-1)[:4].tolist()
    numbers = ", ".join(_show(x, digits, most, 0) for x in first)
    return f"{kind} of shape {size}, first {numbers}"

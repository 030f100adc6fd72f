"""Compare a student's result with the wanted one, and say the first thing that differs."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import Any

from coursekit.exercises.show import (
    dtype,
    is_array,
    is_number,
    is_tensor,
    plain_bool,
    shape,
    show,
    type_name,
)

_NO_RETURN = "Does the function end with `return` and a value?"


@dataclass(frozen=True)
class Difference:
    """The first difference between two results.

    Attributes:
        problem: What is wrong, to follow the exercise's name: ``"the shape is wrong"``.
        expected: What was wanted, in words.
        got: What came, in words.
        hint: What usually causes it; may be empty.
    """

    problem: str
    expected: str
    got: str
    hint: str = ""


def compare(
    got: Any,
    want: Any,
    *,
    rtol: float = 1e-4,
    atol: float = 1e-6,
    loose: bool = False,
    what: str = "the result",
) -> Difference | None:
    """The first difference, or None where ``got`` is as good as ``want``.

    Tensors and arrays are compared by type, shape, dtype and values, in this order; numbers with
    the tolerance ``|got - want| <= atol + rtol * |want|`` (numpy.allclose), integers and
    bools exactly. A NumPy number, also an array without axes, is as good as a Python number, a list
    as good as a tuple; NaN equals NaN. Of anything else the type must be the same, and ``==`` true
    where it tells more than ``is``.

    Args:
        got: The student's result: anything at all.
        want: The solution's result.
        rtol: Relative tolerance.
        atol: Absolute tolerance.
        loose: Take a float for an int where it is near enough (predictions).
        what: How to call the thing compared.

    Example:
        >>> compare((1, 2.0), (1, 2.0)) is None
        True
        >>> compare(None, 3).problem
        'the result is None'
    """
    rules = {"rtol": rtol, "atol": atol, "loose": loose}
    got, want = _scalar(plain_bool(got)), _scalar(plain_bool(want))
    if got is None and want is not None:
        return Difference(f"{what} is None", _kind(want), "None", _NO_RETURN)
    if is_tensor(want) or is_array(want):
        return _compare_tensor(got, want, rules, what)
    if is_number(want):
        return _compare_number(got, want, rules, what)
    if isinstance(want, list | tuple):
        return _compare_sequence(got, want, rules, what)
    if isinstance(want, dict):
        return _compare_dict(got, want, rules, what)
    if isinstance(want, set | frozenset):
        return _compare_set(got, want, rules, what)
    same_type = type(got) is type(want) or (isinstance(want, type) and isinstance(got, type))
    if not same_type:
        return _wrong_type(got, want, what)
    if _says_what_is_equal(want) and got != want:
        return Difference(f"{what} is wrong", show(want), show(got))
    return None


def _scalar(value: Any) -> Any:
    """A NumPy array without axes as NumPy's number: NumPy itself gives now one, now the other."""
    return value[()] if is_array(value) and not value.ndim else value


def _says_what_is_equal(want: Any) -> bool:
    """Whether ``==`` tells more than ``is``: not for models, functions and iterators."""
    if isinstance(want, type) or type(want).__eq__ is not object.__eq__:
        return True
    return not (callable(want) or hasattr(want, "__dict__") or hasattr(want, "__next__"))


def _kind(want: Any) -> str:
    """What is wanted, told by type and shape only: enough where the type is wrong."""
    if is_tensor(want) or is_array(want):
        return f"{type_name(want)} of shape {shape(want)}"
    return type_name(want)


def _wrong_type(got: Any, want: Any, what: str, hint: str = "") -> Difference:
    return Difference(f"{what} is {type_name(got)}", _kind(want), _kind(got), hint)


def _compare_set(got: Any, want: Any, rules: dict, what: str) -> Difference | None:
    if type(got) is not type(want):
        return _wrong_type(got, want, what)
    rest = list(got)
    for member in want:
        alike = (i for i, m in enumerate(rest) if compare(m, member, **rules) is None)
        place = next(alike, None)
        if place is None:
            break
        del rest[place]
    if len(got) != len(want) or rest:
        return Difference(f"{what} has wrong members", *_apart(want, got))
    return None


def _compare_tensor(got: Any, want: Any, rules: dict, what: str) -> Difference | None:
    if not (is_tensor(got) if is_tensor(want) else is_array(got)):
        hint = ""
        if is_tensor(want) and is_array(got):
            hint = "Use torch's own functions all the way; NumPy's give arrays."
        elif is_tensor(want) and is_number(got):
            hint = "A plain number is no tensor: is there an .item() or a float() in the way?"
        return _wrong_type(got, want, what, hint)
    if _storage(got) != _storage(want):  # before anything that such a tensor cannot tell
        return Difference(f"{what} is of another kind", _storage(want), _storage(got))
    if shape(got) != shape(want):
        return Difference(
            f"the shape of {what} is wrong", f"shape {shape(want)}", f"shape {shape(got)}"
        )
    if dtype(got) != dtype(want):
        return Difference(f"the dtype of {what} is wrong", dtype(want), dtype(got))
    if is_tensor(want) and want.requires_grad and not got.requires_grad:
        return Difference(
            f"{what} has no gradient",
            "a tensor that autograd tracks",
            "a tensor that it does not track",
            "What cuts it off: .detach(), .item(), .data, no_grad() or torch.tensor(...)?",
        )
    return _compare_values(got, want, rules, what)


def _storage(value: Any) -> str:
    """How a tensor or array keeps its numbers: those of different kinds cannot be compared."""
    if is_array(value):
        return "a masked array" if hasattr(value, "mask") else "an array"
    if value.is_meta:
        return "a meta tensor, which holds no numbers"
    if value.is_nested:
        return "a nested tensor"
    layout = str(value.layout).removeprefix("torch.").removesuffix("_coo")
    return f"a {'plain' if layout == 'strided' else layout.replace('_', ' ')} tensor"


def _compare_values(got: Any, want: Any, rules: dict, what: str) -> Difference | None:
    got_flat, want_flat = _flat(got), _flat(want)
    exact = "float" not in dtype(want) and "complex" not in dtype(want)
    close = (lambda a, b: a == b) if exact else (lambda a, b: _close(a, b, rules))
    wrong = [i for i, (a, b) in enumerate(zip(got_flat, want_flat, strict=True)) if not close(a, b)]
    if not wrong:
        return None
    bad = [x for x in got_flat if isinstance(x, float) and not math.isfinite(x)]
    good = all(not isinstance(x, float) or math.isfinite(x) for x in want_flat)
    problem = f"{what} contains {show(bad[0])}" if bad and good else f"{what} has wrong values"
    if not shape(want) or len(want_flat) <= 8:
        expected, came = _apart(want, got)
        return Difference(problem, expected, came)
    place = _place(wrong[0], shape(want))
    expected, came = _apart(want_flat[wrong[0]], got_flat[wrong[0]])
    return Difference(problem, f"{expected} at {place}", came)


def _flat(value: Any) -> list:
    return (value.detach().cpu() if is_tensor(value) else value).reshape(-1).tolist()


def _place(index: int, size: tuple[int, ...]) -> str:
    at = []
    for n in reversed(size):
        index, rest = divmod(index, n)
        at.append(rest)
    return f"[{', '.join(map(str, reversed(at)))}]"


def _close(a: Any, b: Any, rules: dict) -> bool:
    if isinstance(a, complex) or isinstance(b, complex):
        return abs(a - b) <= rules["atol"] + rules["rtol"] * abs(b)
    if math.isnan(b) or math.isinf(b):
        return a == b or (math.isnan(a) and math.isnan(b))
    return abs(a - b) <= rules["atol"] + rules["rtol"] * abs(b)


def _apart(want: Any, got: Any) -> tuple[str, str]:
    """Both values, with as many digits as it takes to see that they differ."""
    for digits in (4, 7, 10, 17):
        expected, came = show(want, digits), show(got, digits)
        if expected != came:
            break
    return expected, came


def _compare_number(got: Any, want: Any, rules: dict, what: str) -> Difference | None:
    if not is_number(got):
        hint = "`.item()` takes the number out of a tensor." if is_tensor(got) else ""
        return _wrong_type(got, want, what, hint)
    exact = isinstance(want, numbers.Integral) and not rules["loose"]
    same = got == want if exact else _close(_float(got), _float(want), rules)
    return None if same else Difference(f"{what} is wrong", *_apart(want, got))


def _float(value: Any) -> float:
    """A number as a float; an int too large for one as infinity."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _compare_sequence(got: Any, want: Any, rules: dict, what: str) -> Difference | None:
    if not isinstance(got, list | tuple):
        return _wrong_type(got, want, what)
    if len(got) != len(want):
        return Difference(
            f"{what} has the wrong length",
            f"{len(want)} item{'s' * (len(want) != 1)}",
            f"{len(got)}",
        )
    plain = all(is_number(v) for v in want) and len(want) <= 8
    for i, (a, b) in enumerate(zip(got, want, strict=True)):
        found = compare(a, b, **rules, what=f"item {i} of {what}")
        if found and plain and is_number(a):
            return Difference(f"{what} is wrong", *_apart(want, got))
        if found:
            return found
    return None


def _compare_dict(got: Any, want: dict, rules: dict, what: str) -> Difference | None:
    if not isinstance(got, dict):
        return _wrong_type(got, want, what)
    missing = [k for k in want if k not in got]
    surplus = [k for k in got if k not in want]
    if missing or surplus:
        name, there = (missing[0], False) if missing else (surplus[0], True)
        said = (f"key {show(name)}", "no such key")
        return Difference(f"the keys of {what} are wrong", *(said[::-1] if there else said))
    for key, value in want.items():
        # The parts that an exercise's `observe` names speak for themselves: "the new weights".
        label = str(key) if what == "the result" else f"{show(key)} of {what}"
        found = compare(got[key], value, **rules, what=label)
        if found:
            return found
    return None

"""Call an answer on one set of inputs and keep everything that can be compared."""

from __future__ import annotations

import builtins
import inspect
import random
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from IPython.utils.capture import capture_output

from coursekit.exercises.compare import Difference, compare
from coursekit.exercises.limit import TimeUp
from coursekit.exercises.model import Case, Exercise
from coursekit.exercises.show import is_array, is_tensor, show


@dataclass(frozen=True)
class Raised:
    """An answer raised an exception: its class, the first line of its text, and where."""

    type: str
    text: str
    line: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.type}: {self.text}" if self.text else self.type


@dataclass(frozen=True)
class Seen:
    """What one call did: its result or what it raised, and the inputs afterwards."""

    result: Any
    inputs: dict[str, Any]


def parameter_names(exercise: Exercise, answer: Callable, case: Case) -> tuple[str, ...]:
    """The names of the positional inputs, as the solution or ``observe`` calls them."""
    try:
        names = list(inspect.signature(exercise.observe or answer).parameters)
        names = names[1:] if exercise.observe else names
    except (TypeError, ValueError):
        names = []
    names += [f"input {i + 1}" for i in range(len(names), len(case.args))]
    return tuple(names[: len(case.args)])


def look(exercise: Exercise, answer: Any, case: Case, names: tuple[str, ...]) -> Seen:
    """Call ``answer`` on ``case`` and return what was to be seen; only TimeUp is let through."""
    try:
        observe = exercise.observe or (lambda f, *args, **kwargs: f(*args, **kwargs))
        seed()
        result = observe(answer, *case.args, **case.kwargs)
    except TimeUp:
        raise
    except BaseException as error:  # also SystemExit and KeyboardInterrupt raised by the answer
        result = raised(error)
    return Seen(result, inputs_of(case, names))


def inputs_of(case: Case, names: tuple[str, ...]) -> dict[str, Any]:
    """The inputs by name, those that can be compared."""
    inputs = dict(zip(names, case.args, strict=True)) | case.kwargs
    return {k: v for k, v in inputs.items() if _is_comparable(v)}


def raised(error: BaseException) -> Raised:
    """Describe an exception without trusting it: its own ``__str__`` may fail."""
    try:
        text = str(error).strip().split("\n")[0]
    except Exception:
        text = ""
    if "0x" in text:  # an address differs from run to run
        text = ""
    if isinstance(error, SyntaxError):
        return Raised(type(error).__name__, error.msg or "", error.lineno)
    return Raised(type(error).__name__, text[:120], _line(error))


def _line(error: BaseException) -> int | None:
    """The line of the student's function, counted from its ``def``, that raised."""
    line = None
    for frame, number in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        in_a_cell = any(mark in code.co_filename for mark in ("ipykernel", "ipython-input"))
        if in_a_cell and code.co_name != "<module>":
            line = number - code.co_firstlineno + 1
    return line


def differs(exercise: Exercise, got: Seen, want: Seen, before: dict[str, Any]) -> Difference | None:
    """The first difference between what the answer and what the solution did."""
    if isinstance(got.result, Raised) and not isinstance(want.result, Raised):
        where = f" in its line {got.result.line}" if got.result.line else ""
        return Difference(f"it raises {got.result.type}{where}", "", str(got.result))
    if isinstance(want.result, Raised):
        if not isinstance(got.result, Raised):
            return Difference(
                "it raises no error", f"a {want.result.type}", f"the result {show(got.result)}"
            )
        if got.result.type != want.result.type:
            return Difference("it raises another error", want.result.type, str(got.result))
    else:
        rules = {"rtol": exercise.rtol, "atol": exercise.atol}
        loose = exercise.kind == "predict"
        found = compare(got.result, want.result, **rules, loose=loose)
        if found:
            return found
    return _damage(exercise, got, want, before)


def _damage(exercise: Exercise, got: Seen, want: Seen, before: dict) -> Difference | None:
    rules = {"rtol": exercise.rtol, "atol": exercise.atol}
    for name, value in want.inputs.items():
        found = _input_difference(got.inputs.get(name), value, rules, f"`{name}` after the call")
        if not found:
            continue
        if _input_difference(value, before[name], rules, name) is None:  # left alone
            problem = f"the input `{name}` is changed by the call"
            hint = "Operations that end in _ and those like `-=` change their input in place."
            return Difference(problem, found.expected, found.got, hint)
        return found
    return None


def _input_difference(got: Any, want: Any, rules: dict, what: str) -> Difference | None:
    found = compare(got, want, **rules, what=what)
    if found or not is_tensor(want) or not want.is_leaf:
        return found
    if got.grad is None and want.grad is None:
        return None
    return compare(got.grad, want.grad, **rules, what=f"the gradient of {what}")


def _is_comparable(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_comparable(v) for v in value)
    if isinstance(value, dict):
        return all(_is_comparable(v) for v in value.values())
    return is_tensor(value) or is_array(value) or isinstance(value, int | float | str | None)


def seed() -> None:
    """Start every call from the same random numbers."""
    random.seed(0)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(0)
    if torch := sys.modules.get("torch"):
        torch.default_generator.manual_seed(0)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Leave the notebook as it was: its random generators, its output; no waiting for input."""
    states = _random_states()
    real_input, builtins.input = builtins.input, _no_input
    try:
        with capture_output():
            yield
    finally:
        builtins.input = real_input
        for restore, state in states:
            restore(state)


def _no_input(*_: Any) -> str:
    raise EOFError("input() cannot be used in an exercise")


def _random_states() -> list[tuple[Callable, Any]]:
    states: list[tuple[Callable, Any]] = [(random.setstate, random.getstate())]
    if numpy := sys.modules.get("numpy"):
        states.append((numpy.random.set_state, numpy.random.get_state()))
    if torch := sys.modules.get("torch"):
        states.append((torch.set_rng_state, torch.get_rng_state()))
    return states

"""Call an answer on one set of inputs and keep everything that can be compared."""

from __future__ import annotations

import builtins
import functools
import inspect
import random
import sys
import traceback
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import FunctionType
from typing import Any

from IPython.utils.capture import capture_output

from coursekit.exercises.compare import Difference, compare
from coursekit.exercises.limit import TimeUp
from coursekit.exercises.model import Case, Exercise
from coursekit.exercises.show import is_array, is_tensor, show

NOTHING = object()
"""In place of a result, where there is none."""


@dataclass(frozen=True)
class Raised:
    """An answer raised an exception: its class, the first line of its text, and where.

    ``line`` is that of a text which is no Python, ``where`` the place in a student's function.
    """

    type: str
    text: str
    line: int | None = field(default=None, compare=False)
    where: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.type}: {self.text}" if self.text else self.type


@dataclass(frozen=True)
class Seen:
    """What one call did.

    Attributes:
        result: What is compared, or what was raised.
        inputs: The inputs afterwards, by name.
        settings: torch's settings that are no longer what they were.
        returned: What the answer returned last; NOTHING where it raised, or is no function.
    """

    result: Any
    inputs: dict[str, Any]
    settings: tuple[str, ...] = ()
    returned: Any = NOTHING


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
    watched = _Watched(answer)
    before = _settings()
    try:
        observe = exercise.observe or (lambda f, *args, **kwargs: f(*args, **kwargs))
        seed()
        result = observe(watched.answer, *case.args, **case.kwargs)
    except TimeUp:
        raise
    except BaseException as error:  # also SystemExit and KeyboardInterrupt raised by the answer
        result = raised(error, exercise.name)
    finally:
        after = _settings()
        _restore(before)
    changed = tuple(name for name, value in after.items() if value != before.get(name, value))
    return Seen(result, inputs_of(case, names), changed, watched.returned)


class _Watched:
    """A function, and what it returned last: what is raised after that is not its own doing."""

    def __init__(self, answer: Any) -> None:
        self.returned: Any = NOTHING
        self.answer = self._watch(answer) if isinstance(answer, FunctionType) else answer

    def _watch(self, answer: FunctionType) -> Callable:
        @functools.wraps(answer)
        def watched(*args: Any, **kwargs: Any) -> Any:
            self.returned = NOTHING
            self.returned = answer(*args, **kwargs)
            return self.returned

        return watched


def _settings() -> dict[str, Any]:
    """torch's settings that outlive a call and change the results of the next one."""
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "get_default_dtype"):
        return {}
    return {
        "whether torch records gradients": torch.is_grad_enabled(),
        "torch's default dtype": torch.get_default_dtype(),
    }


def _restore(settings: dict[str, Any]) -> None:
    if settings:
        torch = sys.modules["torch"]
        torch.set_grad_enabled(settings["whether torch records gradients"])
        torch.set_default_dtype(settings["torch's default dtype"])


def inputs_of(case: Case, names: tuple[str, ...]) -> dict[str, Any]:
    """The inputs by name, those that can be compared."""
    inputs = dict(zip(names, case.args, strict=True)) | case.kwargs
    return {k: v for k, v in inputs.items() if _is_comparable(v)}


def raised(error: BaseException, name: str = "") -> Raised:
    """Describe an exception of the function ``name``; without trust: ``__str__`` may fail."""
    try:
        text = str(error).strip().split("\n")[0]
    except Exception:
        text = ""
    if "0x" in text:  # an address differs from run to run
        text = ""
    if isinstance(error, SyntaxError):
        return Raised(type(error).__name__, error.msg or "", error.lineno)
    text = text.partition(", but expected one of:")[0]  # a list follows, on lines of its own
    text = text if len(text) <= 120 else f"{text[:117]}..."
    return Raised(type(error).__name__, text, where=_where(error, name))


def _where(error: BaseException, name: str) -> str:
    """The line of the student's function or method, counted from its ``def``, that went wrong."""
    for frame, number in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        in_a_cell = any(mark in code.co_filename for mark in ("ipykernel", "ipython-input"))
        if in_a_cell and code.co_name != "<module>":
            line = number - code.co_firstlineno + 1
            own = code.co_name in (name, "<lambda>")
            return f" in its line {line}" if own else f" in line {line} of {code.co_name}"
    return ""


def differs(exercise: Exercise, got: Seen, want: Seen, before: dict[str, Any]) -> Difference | None:
    """The first difference between what the answer and what the solution did."""
    rules = {"rtol": exercise.rtol, "atol": exercise.atol}
    if isinstance(got.result, Raised) and not isinstance(want.result, Raised):
        if (
            got.returned is not NOTHING and want.returned is not NOTHING
        ):  # raised by `observe`, which was misled
            found = compare(got.returned, want.returned, **rules)
            if found:
                return found
        return Difference(f"it raises {got.result.type}{got.result.where}", "", str(got.result))
    if isinstance(want.result, Raised):
        if not isinstance(got.result, Raised):
            return Difference(
                "it raises no error", f"a {want.result.type}", f"the result {show(got.result)}"
            )
        if got.result.type != want.result.type:
            return Difference("it raises another error", want.result.type, str(got.result))
    else:
        found = compare(got.result, want.result, **rules)
        if found:
            return found
    for name in got.settings:
        if name not in want.settings:
            hint = "`with torch.no_grad():` ends by itself." if "gradients" in name else ""
            return Difference(f"the call changes {name}, for good", "", "it was put back", hint)
    return _damage(got, want, before, rules)


def _damage(got: Seen, want: Seen, before: dict, rules: dict) -> Difference | None:
    for name, value in want.inputs.items():
        found = _input_difference(got.inputs.get(name), value, rules, f"`{name}` after the call")
        if not found:
            continue
        if _input_difference(value, before[name], rules, name) is None:  # left alone
            if found.problem.startswith("the gradient of"):
                problem = f"the call leaves a gradient in `{name}`"
                return Difference(problem, "", "its .grad was written", "What calls backward()?")
            problem = f"the input `{name}` is changed by the call"
            return Difference(problem, found.expected, found.got, _what_changes(value))
        return replace(found, hint="")  # `compare` gives the hints of a result
    return None


def _what_changes(value: Any) -> str:
    """What may have changed an input of this kind: a tensor, or a list, of tensors perhaps."""
    if is_tensor(value) or is_array(value):
        return (
            "Operations that end in _, those like `-=`, and `x[...] =` change their input in place."
        )
    return (
        "Methods such as append and sort, those that end in _, `+=`, and `x[...] =` change their "
        "input in place."
    )


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
    states, loaded = _random_states(), set(sys.modules)
    real_input, builtins.input = builtins.input, _no_input
    try:
        with capture_output():
            yield
    finally:
        builtins.input = real_input
        for restore, state in states:
            restore(state)
        _start_anew(sys.modules.keys() - loaded)


def _no_input(*_: Any) -> str:
    raise EOFError("input() cannot be used in an exercise")


def _random_states() -> list[tuple[Callable, Any]]:
    states: list[tuple[Callable, Any]] = [(random.setstate, random.getstate())]
    if numpy := sys.modules.get("numpy"):
        states.append((numpy.random.set_state, numpy.random.get_state()))
    if torch := sys.modules.get("torch"):
        states.append((torch.set_rng_state, torch.get_rng_state()))
    return states


def _start_anew(loaded: Set[str]) -> None:
    """Undo our :func:`seed` in libraries that the check was the first to load."""
    if "numpy" in loaded:
        sys.modules["numpy"].random.seed()
    if "torch" in loaded:
        sys.modules["torch"].default_generator.seed()

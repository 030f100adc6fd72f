"""From source text to answers, and: has the student touched the stub?"""

from __future__ import annotations

import dis
import inspect
from collections import Counter
from types import CodeType, FunctionType
from typing import Any

from coursekit.exercises.model import Exercise
from coursekit.exercises.show import show


class NotAnAnswer(Exception):
    """The student's object cannot be an answer; the message says why and what to do."""


def answer_in(exercise: Exercise, text: str) -> Any:
    """The object called ``exercise.name`` after running ``exercise.given`` and ``text``.

    >>> one = Exercise("f", "07", "predict", stub="f = ...", solution="f = 3")
    >>> answer_in(one, one.solution)
    3
    """
    # A name of its own, so that classes and dataclasses defined in the text find a module.
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for part in (exercise.given, text):
        exec(compile(part, f"<{exercise.name}>", "exec"), namespace)
    return namespace[exercise.name]


def is_untouched(exercise: Exercise, answer: Any) -> bool:
    """Whether ``answer`` is still the stub, whatever comments, docstrings and layout were added.

    Functions and classes are compared by their compiled instructions, so that no source text is
    needed: it works in every front end and for answers that were never in a cell. A line of a
    stub that is still ``...`` counts as untouched too.
    """
    if answer is ... or answer is None:
        return True
    stub = answer_in(exercise, exercise.stub)
    if exercise.kind in ("predict", "order"):
        return type(answer) is type(stub) and show(answer, most=99) == show(stub, most=99)
    if not isinstance(answer, FunctionType | type):
        return False
    if _instructions(answer) == _instructions(stub):
        return True
    return _has_gap(answer) and not _has_gap(answer_in(exercise, exercise.solution))


def _instructions(answer: Any) -> Any:
    """What a function or class does, comparable; without names of files and line numbers."""
    if isinstance(answer, type):
        kept = {k: v for k, v in vars(answer).items() if _is_written(k, v)}
        return {k: _instructions(inspect.unwrap(v)) for k, v in kept.items() if callable(v)}
    answer = inspect.unwrap(answer) if isinstance(answer, FunctionType) else answer
    if not isinstance(answer, FunctionType):
        return show(answer)
    return (_steps(answer.__code__), show(answer.__defaults__), show(answer.__kwdefaults__))


def _is_written(name: str, value: Any) -> bool:
    """Whether a class's author wrote this member, ``__len__`` say, or Python put it there."""
    dunder = name.startswith("__")
    return not dunder or (isinstance(value, FunctionType) and not name.startswith("__annotate"))


def _steps(code: CodeType) -> list[tuple[str, Any]]:
    steps = []
    for step in dis.get_instructions(code):
        if step.opname in ("NOP", "EXTENDED_ARG", "CACHE"):
            continue
        value = step.argval
        steps.append((step.opname, _steps(value) if isinstance(value, CodeType) else repr(value)))
    return [(code.co_argcount, code.co_kwonlyargcount), *steps]


def _has_gap(answer: Any) -> bool:
    """Whether some line still uses ``...`` as a value."""
    if isinstance(answer, type):
        return any(_has_gap(v) for v in vars(answer).values() if isinstance(v, FunctionType))
    answer = inspect.unwrap(answer) if isinstance(answer, FunctionType) else answer
    return isinstance(answer, FunctionType) and _code_has_gap(answer.__code__)


def _code_has_gap(code: CodeType) -> bool:
    inner = (c for c in code.co_consts if isinstance(c, CodeType))
    loaded = (i.argval is ... for i in dis.get_instructions(code) if i.opname.startswith("LOAD"))
    return any(loaded) or any(_code_has_gap(c) for c in inner)


def usable(exercise: Exercise, answer: Any) -> Any:
    """The object to try: the answer itself, or for lines in order what the lines define.

    Raises NotAnAnswer, or whatever running the lines in this order raises.
    """
    if exercise.kind == "predict":
        return answer
    if exercise.kind == "order":
        return answer_in(exercise, _joined(exercise, answer))
    if not callable(answer):
        raise NotAnAnswer(
            f"this is {show(answer)}, not a function; "
            f"pass the function itself, without brackets: check({exercise.name})."
        )
    return answer


def _joined(exercise: Exercise, lines: Any) -> str:
    if not isinstance(lines, list | tuple) or not all(isinstance(line, str) for line in lines):
        raise NotAnAnswer("the answer must stay a list of lines; move them, change nothing else.")
    offered = Counter(answer_in(exercise, exercise.stub))
    used, wanted = Counter(lines), Counter(answer_in(exercise, exercise.solution))
    strange = list((used - offered).elements())
    if strange:
        raise NotAnAnswer(
            f"the line {show(strange[0])} is changed or there twice; use each line as it is, once."
        )
    # With a distractor among the lines, naming what is missing would give it away.
    if offered == wanted and (missing := len(list((wanted - used).elements()))):
        raise NotAnAnswer(f"{missing} line{'s are' * (missing > 1) or ' is'} missing.")
    # The lines define a function under any name; the last definition at the left edge is meant.
    names = [line.split("(")[0][4:].strip() for line in lines if line.startswith("def ")]
    name = names[-1] if names else exercise.name
    return "\n".join([*lines, f"{exercise.name} = {name}"])

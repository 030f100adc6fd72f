"""From source text to answers, and: has the student touched the stub?"""

from __future__ import annotations

import dis
import inspect
import itertools
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
        exec(compile(part, f"<{exercise.name}>", "exec", dont_inherit=True), namespace)
    return namespace[exercise.name]


def is_untouched(exercise: Exercise, answer: Any) -> bool:
    """Whether ``answer`` is still the stub, whatever comments, docstrings and layout were added.

    Functions and classes are compared by their compiled instructions, so that no source text is
    needed: it works in every front end and for answers that were never in a cell. A line of a
    stub that is still ``...`` counts as untouched too; ``x[...]`` in an answer is none.
    """
    if answer is ... or answer is None:
        return True
    stub = answer_in(exercise, exercise.stub)
    if exercise.kind in ("predict", "order"):
        return type(answer) is type(stub) and show(answer, most=99) == show(stub, most=99)
    if not isinstance(answer, FunctionType | type):
        return False
    if exercise.kind == "fix" and hasattr(answer, "__wrapped__"):
        return False  # a decorator, such as @torch.no_grad(), can be the whole repair
    if _instructions(answer) == _instructions(stub):
        return True
    return bool(_gaps(answer) & _gaps(stub))


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


def _gaps(answer: Any) -> set[str]:
    """What is done with each ``...`` that a function or class uses as a value.

    In ``total = ...`` it is stored, in ``x[...]`` it is an index: an answer has left a gap of the
    stub where it does with a ``...`` what the stub does.
    """
    if isinstance(answer, type):
        methods = (v for v in vars(answer).values() if isinstance(v, FunctionType))
        return set().union(*map(_gaps, methods))
    answer = inspect.unwrap(answer) if isinstance(answer, FunctionType) else answer
    return _gaps_in(answer.__code__) if isinstance(answer, FunctionType) else set()


def _gaps_in(code: CodeType) -> set[str]:
    steps = [step for step in dis.get_instructions(code) if step.opname != "CACHE"]
    inner = (c for c in code.co_consts if isinstance(c, CodeType))
    used = {
        "RETURN" if step.opname.startswith("RETURN") else _deed(then)
        for step, then in itertools.pairwise([*steps, steps[-1]])
        if step.argval is ...
    }
    return used.union(*map(_gaps_in, inner))


def _deed(step: dis.Instruction) -> str:
    """What an instruction does first: newer Pythons join two, STORE_FAST_LOAD_FAST."""
    first = "_".join(step.opname.split("_")[:2])
    return f"{first} {step.argrepr}" if first == "BINARY_OP" else first


def usable(exercise: Exercise, answer: Any) -> Any:
    """The object to try: the answer itself, or for lines in order what the lines define.

    Raises NotAnAnswer, or whatever running the lines in this order raises.
    """
    if exercise.kind == "predict":
        return answer
    if exercise.kind == "order":
        return answer_in(exercise, _joined(exercise, answer))
    if not callable(answer):
        stub = answer_in(exercise, exercise.stub)
        kind = "class" if isinstance(stub, type) else "function"
        raise NotAnAnswer(
            f"this is {show(answer)}, not a {kind}; run the cell that defines {exercise.name} "
            f"again, and pass it without brackets: check({exercise.name})."
        )
    return answer


def _joined(exercise: Exercise, lines: Any) -> str:
    if not isinstance(lines, list | tuple) or not all(isinstance(line, str) for line in lines):
        raise NotAnAnswer("the answer must stay a list of lines; move them, change nothing else.")
    lines = _filled(lines)
    offered = Counter(answer_in(exercise, exercise.stub))
    used, wanted = Counter(lines), Counter(answer_in(exercise, exercise.solution))
    strange = list((used - offered).elements())
    if strange:
        raise NotAnAnswer(
            f"the line {show(strange[0])} is changed or there twice, or a comma is missing; "
            "use each line as it is, once."
        )
    # With a distractor among the lines, naming what is missing would give it away.
    if offered == wanted and (missing := len(list((wanted - used).elements()))):
        raise NotAnAnswer(f"{missing} line{'s are' * (missing > 1) or ' is'} missing.")
    # The lines define a function under any name; the last definition at the left edge is meant.
    names = [line.split("(")[0][4:].strip() for line in lines if line.startswith("def ")]
    if not names:
        raise NotAnAnswer("the line that begins with def is missing.")
    return "\n".join([*lines, f"{exercise.name} = {names[-1]}"])


def _filled(lines: Any) -> list[str]:
    return [line for line in lines if line.strip()]


def surplus(exercise: Exercise, answer: Any) -> int:
    """How many lines too many an order that works has; 0 for other kinds."""
    if exercise.kind != "order":
        return 0
    return len(_filled(answer)) - len(answer_in(exercise, exercise.solution))

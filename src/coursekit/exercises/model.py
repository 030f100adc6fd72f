"""What an exercise is: plain data that an author writes down, nothing that runs by itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

#: The kinds of exercise, and what an untouched one asks the student to do.
KINDS = {
    "write": "Write your code in the cell above, run it, then run this cell again.",
    "fill": "Replace the ... in the cell above, run it, then run this cell again.",
    "order": "Put the lines above in order, run the cell, then run this cell again.",
    "predict": "Replace the ... above by your prediction, run it, then run this cell again.",
    "fix": "Find the mistake in the cell above, repair it, run it, then run this cell again.",
}


class Case:
    """One set of inputs to try an answer on.

    Args:
        *args: Passed to the student's function.
        about: What is special about it, ready to follow "also on": ``"an empty batch"``.
        **kwargs: Passed by name.

    Example:
        >>> Case(3, about="a small number").args
        (3,)
    """

    def __init__(self, *args: Any, about: str = "", **kwargs: Any) -> None:
        self.args = args
        self.kwargs = kwargs
        self.about = about


@dataclass(frozen=True)
class Wrong:
    """A wrong answer seen in practice.

    Attributes:
        code: Source text, as a student would write it.
        hint: What to tell a student whose answer gives the same result: points at the cause,
            does not give the correction.

    Example:
        >>> Wrong("def double(x): return x + 2", hint="And the double of 3?").hint
        'And the double of 3?'
    """

    code: str
    hint: str


@dataclass(frozen=True)
class Exercise:
    """One exercise, in one place: stub, inputs to try, solution, wrong answers.

    What is right is never written down twice: the solution runs on the same inputs as the student's
    answer and the results are compared, with type, shape, dtype and a tolerance, and so are the
    inputs after the call (an answer may change an input only if the solution does).
    Nor are hints programmed: a student whose result on the first failing case is that of one of the
    ``wrong`` answers is shown its hint.

    Attributes:
        name: The name that stub and solution define; unique in the course.
        lesson: Two digits, ``"07"``.
        kind: A key of ``KINDS``.
        stub: The notebook cell, exactly.
        solution: Source text that replaces the stub.
        cases: Returns the inputs to try, fresh ones at each call; not used by ``predict``.
        wrong: Wrong answers, each with its own hint. None of them may run forever.
        given: Source text of what the lesson has defined by then; runs before the solution, the
            stub and the wrong answers (the student's answer runs in the student's notebook).
        observe: ``observe(answer, *args, **kwargs)`` returns what is compared, by default the
            result of ``answer(*args, **kwargs)``. A dict compares several things by name.
        why: One sentence shown with success; for ``predict`` the reason.
        rtol: Relative tolerance of numbers.
        atol: Absolute tolerance of numbers.
        seconds: Time limit of one check.

    Raises:
        ValueError: The name is no Python name, the kind is unknown, or the cases are missing.

    Example:
        >>> double = Exercise(
        ...     "double", "00", "write", stub="def double(x): ...",
        ...     solution="def double(x): return 2 * x", cases=lambda: [Case(3)],
        ... )
        >>> double.kind, double.seconds
        ('write', 5.0)
    """

    name: str
    lesson: str
    kind: str
    _: KW_ONLY
    stub: str
    solution: str
    cases: Callable[[], Sequence[Case]] | None = None
    wrong: Sequence[Wrong] = ()
    given: str = ""
    observe: Callable[..., Any] | None = None
    why: str = ""
    rtol: float = 1e-4
    atol: float = 1e-6
    seconds: float = 5.0

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(f"An exercise's name must be a Python name, not {self.name!r}.")
        if self.kind not in KINDS:
            raise ValueError(f"{self.name}: kind {self.kind!r} is none of {', '.join(KINDS)}.")
        if (self.cases is None) != (self.kind == "predict"):
            raise ValueError(f"{self.name}: give cases, except for a prediction.")
        object.__setattr__(self, "stub", self.stub.strip("\n"))
        object.__setattr__(self, "solution", self.solution.strip("\n"))


def instead(text: str, *changes: tuple[str, str]) -> str:
    """A source text with some parts replaced: a wrong answer that is nearly the solution.

    Args:
        text: The solution, say.
        *changes: Pairs of what stands there, one or several times, and what shall.

    Raises:
        ValueError: Something to be replaced is not there.

    Example:
        >>> instead("return 2 * x", ("2", "3"))
        'return 3 * x'
    """
    for old, new in changes:
        if old not in text:
            raise ValueError(f"There is no {old!r} in {text!r}.")
        text = text.replace(old, new)
    return text


def in_order(name: str, lines: Sequence[str], *chosen: int | str) -> str:
    """The source text of lines put in order: the answer to an exercise of that kind.

    Args:
        name: The exercise's.
        lines: The lines of the solution.
        *chosen: Places of some of these lines, and other lines, in their order; by default all.

    Example:
        >>> print(in_order("f", ["def f():", "    return 1"], 0, "    return 2"))
        f = [
            "def f():",
            "    return 2",
        ]
    """
    picked = [lines[c] if isinstance(c, int) else c for c in chosen] or lines
    rows = "".join(f"    {json.dumps(line, ensure_ascii=False)},\n" for line in picked)
    return f"{name} = [\n{rows}]"

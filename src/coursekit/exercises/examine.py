"""Judge an answer: try it on every case, stop at the first that goes wrong."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from coursekit.exercises.compare import Difference, compare
from coursekit.exercises.limit import TimedOut, run_limited
from coursekit.exercises.model import KINDS, Case, Exercise
from coursekit.exercises.observe import (
    Raised,
    Seen,
    differs,
    inputs_of,
    look,
    parameter_names,
    raised,
    seed,
    undisturbed,
)
from coursekit.exercises.show import is_array, is_number, is_tensor, show
from coursekit.exercises.source import NotAnAnswer, answer_in, is_untouched, surplus, usable
from coursekit.exercises.verdict import Verdict


def examine(exercise: Exercise, answer: Any, seconds: float | None = None) -> Verdict:
    """Try ``answer`` and say what came of it; raises nothing, prints nothing, always returns.

    The answer's prints are swallowed, every call starts from the same random numbers, and
    the notebook's own random generators are as before afterwards.

    Args:
        exercise: What is asked.
        answer: The student's object, whatever it is.
        seconds: Time limit; by default the exercise's own.

    Example:
        >>> from coursekit.exercises.model import Wrong
        >>> one = Exercise("n", "07", "predict", stub="n = ...", solution="n = 3", why="1 + 2.")
        >>> examine(one, 3)
        ✓ n: correct. It is 3. 1 + 2.
        >>> examine(one, ...).state
        'not attempted'
    """
    limit = exercise.seconds if seconds is None else seconds
    at: list[str] = []  # what is being tried: all that is known when time is up

    def work() -> Verdict:
        if is_untouched(exercise, answer):
            return Verdict(exercise.name, "not attempted", KINDS[exercise.kind])
        if exercise.kind == "predict":
            return _judge_value(exercise, answer)
        return _judge_calls(exercise, answer, at)

    try:
        with undisturbed():
            # Our own part first, without a limit: imports take long the first time, and one that
            # is cut short by the limit would leave the kernel with half a torch.
            try:
                run_limited(lambda: _warm_up(exercise), None)
            except Exception as error:
                return _not_theirs(exercise, raised(error))
            return run_limited(work, limit)
    except TimedOut as late:
        return _late(exercise, limit, at, late.stopped)
    except NotAnAnswer as problem:
        return Verdict(exercise.name, "unusable", _sentence(str(problem)))
    except KeyboardInterrupt:
        return Verdict(exercise.name, "stopped", "You interrupted the check.", tuple(at[-1:]))
    except BaseException as error:  # an object that breaks whatever touches it
        return Verdict(
            exercise.name,
            "unusable",
            f"Looking at the answer raised {raised(error)}.",
            ("If it is what is asked for, restart the kernel, run the cells above, check again.",),
        )


def _warm_up(exercise: Exercise) -> None:
    """Try the solution on the first case."""
    solution = usable(exercise, answer_in(exercise, exercise.solution))
    for case in _cases(exercise)[:1]:
        look(exercise, solution, case, parameter_names(exercise, solution, case))


def _not_theirs(exercise: Exercise, error: Raised) -> Verdict:
    return Verdict(
        exercise.name,
        "unusable",
        f"The check itself does not run here; your answer was not looked at. It says: {error}.",
        ("Restart the kernel and check again. If that does not help: python -m coursekit doctor",),
    )


def _late(exercise: Exercise, limit: float, at: list[str], stopped: bool) -> Verdict:
    rest = "" if stopped else " It could not be ended: restart the kernel."
    return Verdict(
        exercise.name,
        "stopped",
        f"No result within {limit:g} seconds.{rest}",
        (*at[-1:], "Hint: Is there a loop that never ends, or much more work than needed?"),
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _judge_value(exercise: Exercise, answer: Any) -> Verdict:
    """Compare a predicted value or shape; what is right stays hidden."""
    want = answer_in(exercise, exercise.solution)
    rules = {"rtol": exercise.rtol, "atol": exercise.atol, "loose": True}
    found = compare(_plain(answer), want, **rules)
    if found is None:
        return Verdict(exercise.name, "correct", f"It is {show(want)}. {exercise.why}".strip())
    hint = ""
    for wrong in exercise.wrong:
        value = answer_in(exercise, wrong.code)
        if compare(_plain(answer), value, **rules) is None:
            hint = wrong.hint
            break
    else:
        if is_number(want) and not is_number(_plain(answer)):
            hint = "One number is wanted, written without a comma: 12345.6"
    lines = (f"Hint: {hint}",) if hint else ()
    return Verdict(exercise.name, "wrong", f"Your answer is {show(answer)}.", lines)


def _plain(answer: Any) -> Any:
    """A prediction in Python's own numbers: Fraction(1, 3) and a tensor with two are as good."""
    if is_tensor(answer) or is_array(answer):
        return answer.item() if answer.shape in ((), (1,)) else answer.tolist()
    if isinstance(answer, numbers.Rational | Decimal) and not isinstance(answer, int):
        return float(answer)
    return answer


def _judge_calls(exercise: Exercise, answer: Any, at: list[str]) -> Verdict:
    """Compare with the solution, call by call."""
    try:
        given = usable(exercise, answer)
    except NotAnAnswer:
        raise
    except Exception as error:  # only lines in an order that is no Python
        return _no_python(exercise, raised(error))
    solution = usable(exercise, answer_in(exercise, exercise.solution))
    cases = _cases(exercise)
    for i, case in enumerate(cases):
        names = parameter_names(exercise, solution, case)
        at.append(_input_line(case, names))
        before = inputs_of(_cases(exercise)[i], names)
        want = look(exercise, solution, _cases(exercise)[i], names)
        got = look(exercise, given, _cases(exercise)[i], names)
        found = differs(exercise, got, want, before)
        if found:
            hint = _hint(exercise, given, got, i, names)
            return _wrong(exercise, found, at[-1], hint or found.hint)
    if more := surplus(exercise, answer):
        lines, them = ("1 line is", "it") if more == 1 else (f"{more} lines are", "them")
        return Verdict(
            exercise.name, "wrong", f"It works, but {lines} not needed: leave {them} out."
        )
    return Verdict(exercise.name, "correct", f"{_tried(cases)} {exercise.why}".strip())


def _cases(exercise: Exercise) -> list[Case]:
    """The inputs to try, fresh: no call ever sees what another call did to them."""
    seed()
    return list(exercise.cases()) if exercise.cases else []


def _wrong(exercise: Exercise, found: Difference, inputs: str, hint: str) -> Verdict:
    came = f"expected {found.expected}, got {found.got}." if found.expected else found.got
    lines = [f"{inputs}: {came}"] + ([f"Hint: {hint}"] if hint else [])
    return Verdict(exercise.name, "wrong", f"{_sentence(found.problem)}.", tuple(lines))


def _no_python(exercise: Exercise, error: Raised) -> Verdict:
    failures = ((wrong.hint, _failure(exercise, wrong.code)) for wrong in exercise.wrong)
    same = (hint for hint, failure in failures if failure == error and failure.line == error.line)
    hint = next(same, "Each line must be as far in as the block that it belongs to.")
    where = f"line {error.line}: " if error.line else ""
    return Verdict(
        exercise.name,
        "wrong",
        f"In this order the lines are no Python, {where}{error.text}.",
        (f"Hint: {hint}",),
    )


def _failure(exercise: Exercise, code: str) -> Raised | None:
    try:
        usable(exercise, answer_in(exercise, code))
    except Exception as error:
        return raised(error)
    return None


def _hint(exercise: Exercise, given: Any, got: Seen, i: int, names: tuple[str, ...]) -> str:
    """The hint of the wrong answer that does what the student's does on case ``i``.

    Where several do, the following cases decide; where they cannot, the first one listed.
    """
    alike = [
        (wrong, answer)
        for wrong in exercise.wrong
        if (answer := _built(exercise, wrong.code)) is not None
    ]
    for j in range(i, len(_cases(exercise))):
        seen = got if j == i else look(exercise, given, _cases(exercise)[j], names)
        still = [pair for pair in alike if _same(exercise, seen, pair[1], j, names)]
        alike = still if still or j == i else alike
        if len(alike) < 2:
            break
    return alike[0][0].hint if alike else ""


def _built(exercise: Exercise, code: str) -> Any:
    """The wrong answer ready to be called; None for lines that are no Python in this order."""
    try:
        return usable(exercise, answer_in(exercise, code))
    except Exception:
        return None


def _same(exercise: Exercise, seen: Seen, answer: Any, j: int, names: tuple[str, ...]) -> bool:
    """Whether ``answer`` does on case ``j`` what was seen."""
    its = look(exercise, answer, _cases(exercise)[j], names)
    raised = [isinstance(result, Raised) for result in (seen.result, its.result)]
    if any(raised):  # an array beside a Raised would be compared element by element
        return all(raised) and seen.result == its.result
    return differs(exercise, seen, its, its.inputs) is None


def _input_line(case: Case, names: Sequence[str]) -> str:
    """``With x = 2 (a small number)``: short enough to read."""
    inputs = {**dict(zip(names, case.args, strict=True)), **case.kwargs}
    about = f" ({case.about})" if case.about else ""
    for most in (8, 2, 0):
        said = ", ".join(f"{name} = {show(value, most=most)}" for name, value in inputs.items())
        if len(said) <= 160:
            break
    said = said if len(said) <= 200 else f"{said[:197]}..."
    return f"With {said}{about}" if said else f"Called without inputs{about}"


def _tried(cases: Sequence[Case]) -> str:
    """``Passes on 3 inputs, also on zeros and an empty batch.``"""
    about = [case.about for case in cases if case.about]
    listed = " and ".join(part for part in (", ".join(about[:-1]), *about[-1:]) if part)
    also = f", also on {listed}" if listed else ""
    return f"Passes on {len(cases)} input{'s' * (len(cases) != 1)}{also}."

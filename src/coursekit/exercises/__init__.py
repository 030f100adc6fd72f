'''Exercises that check themselves.

Students use three functions::

    from coursekit.exercises import check, solution, progress

    check(log_softmax)            # a function or class, found by its name
    check("first_loss", 2.3)      # a value, a shape, a list of lines: the exercise's name first
    solution("log_softmax")       # one correct answer, highlighted
    progress()                    # what is solved in this kernel

Authors write one module per lesson, ``lesson_07.py``, with a tuple ``EXERCISES``. An exercise is
its stub, the inputs to try, the solution, and wrong answers with a hint each. **No expected values
and no rules for hints are written**: the solution gives the first, running the wrong answers
the second (see :class:`Exercise`). Import torch inside ``cases``, not at the top.

Write a function (``kind="write"``; with one line missing, ``"fill"``; with a mistake in it,
``"fix"``)::

    def mse_cases():
        import torch

        return [
            Case(torch.tensor([1.0, 3.0]), torch.tensor([1.0, 1.0])),
            Case(torch.tensor([2.0]), torch.tensor([5.0]), about="a batch of one"),
        ]

    mse = Exercise(
        name="mse",
        lesson="03",
        kind="write",
        stub="""
    def mse(preds, yb):
        ...
    """,
        given="import torch",
        solution="""
    def mse(preds, yb):
        return ((preds - yb) ** 2).mean()
    """,
        cases=mse_cases,
        wrong=[
            Wrong("def mse(preds, yb): return ((preds - yb) ** 2).sum()",
                  hint="The batch size must not matter: which step is between sum and mean?"),
        ],
    )

(In a module the texts start at the left edge, without this indentation.)
A wrong answer that is nearly the solution is written as what is different in it:
``Wrong(instead(MSE, (".mean()", ".sum()")), hint=...)``, with ``instead`` from ``model``.

Put lines in order (``"order"``): stub and solution assign a list of lines to ``name``; the lines
define a function, which is tried on ``cases`` like any other, so every order that works is right.
A line that the solution does not use is a distractor.

Predict a value, a shape or a choice (``"predict"``): ``stub="first_loss = ..."``,
``solution="first_loss = 2.3026"``, ``rtol=0.05``, no cases, ``why="..."``.

More than a return value counts? ``observe(answer, *args)`` returns what is compared, best as a
dict that names its parts, ``{"the new weights": w}``. For a class, build and use it there.
Two listed wrong answers must differ on the first case that fails, or on one behind it.
'''

from coursekit.exercises.examine import examine
from coursekit.exercises.model import KINDS, Case, Exercise, Wrong
from coursekit.exercises.notebook import check, progress, solution
from coursekit.exercises.registry import every, extra, find
from coursekit.exercises.verdict import Verdict

__all__ = [
    "KINDS",
    "Case",
    "Exercise",
    "Verdict",
    "Wrong",
    "check",
    "every",
    "examine",
    "extra",
    "find",
    "progress",
    "solution",
]

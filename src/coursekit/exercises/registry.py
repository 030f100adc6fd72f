"""Find exercises by name: one module ``lesson_NN.py`` per lesson, each with ``EXERCISES``."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module

from coursekit.exercises.model import Exercise

_extra: list[Exercise] = []


@lru_cache(maxsize=1)
def _shipped() -> tuple[Exercise, ...]:
    """The exercises of all lesson modules; they are imported at the first question."""
    package = import_module("coursekit.exercises")
    names = sorted(m.name for m in pkgutil.iter_modules(package.__path__))
    return tuple(
        exercise
        for name in names
        if re.fullmatch(r"lesson_\d\d", name)
        for exercise in import_module(f"coursekit.exercises.{name}").EXERCISES
    )


def every(lesson: str | None = None) -> list[Exercise]:
    """All exercises, or those of one lesson, in the order of lessons and of their modules.

    Raises ValueError if two exercises have the same name.

    Example:
        >>> [exercise.name for exercise in every("00")]
        ['runs_after', 'average', 'mean_of_squares']
    """
    found: dict[str, Exercise] = {}
    for exercise in (*_shipped(), *_extra):
        if exercise.name in found:
            raise ValueError(f"Two exercises are called {exercise.name!r}; rename one of them.")
        found[exercise.name] = exercise
    return [e for e in found.values() if lesson is None or e.lesson == lesson]


def find(name: str) -> Exercise | None:
    """The exercise called ``name``, or None.

    Example:
        >>> find("softmax").lesson, find("no_such_exercise")
        ('07', None)
    """
    return next((e for e in every() if e.name == name), None)


@contextmanager
def extra(exercises: Iterable[Exercise]) -> Iterator[None]:
    """Add exercises for the duration of a ``with`` block: for tests and for trying out new ones.

    Example:
        >>> new = Exercise("new", "00", "predict", stub="new = ...", solution="new = 3")
        >>> with extra([new]):
        ...     find("new") is new
        True
        >>> find("new") is None
        True
    """
    before = list(_extra)
    _extra.extend(exercises)
    try:
        yield
    finally:
        _extra[:] = before

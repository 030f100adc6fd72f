"""What ``coursekit.recap`` offers is what the student wrote, line for line."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect

import pytest

from tests.tools.lint import Lesson
from tests.tools.lint.code import without_magics
from tests.tools.notebooks import lesson_files
from tests.tools.recap import definitions, differences

LESSONS = [Lesson.load(p) for p in lesson_files()]


def provides(lesson: Lesson) -> list[str]:
    """The names that the lesson announces for recap."""
    return list(lesson.nb.metadata.get("coursekit", {}).get("provides", []))


def written(lesson: Lesson) -> dict[str, str]:
    """What the lesson's recap cells define; a later definition replaces an earlier one."""
    cells = [c for c in lesson.code if "recap" in c.tags]
    return definitions("\n\n".join(without_magics(c.source) for c in cells))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.path.stem)
def test_recap_is_the_notebook(lesson):
    name = f"coursekit.recap.lesson_{lesson.number}"
    if not provides(lesson):
        assert importlib.util.find_spec(name) is None, (
            f"{name} exists, but the lesson provides nothing"
        )
        return
    module = importlib.import_module(name)
    told = differences(written(lesson), definitions(inspect.getsource(module)))
    assert not told, "\n".join(told)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.path.stem)
def test_what_a_lesson_imports_from_recap_was_built_in_an_earlier_one(lesson):
    built = {"ORIGIN"}  # the list of what was built where, which lesson 00 shows
    built |= {name for other in LESSONS if other.number < lesson.number for name in provides(other)}
    for cell in lesson.code:
        if "raises-exception" in cell.tags:
            continue
        for node in ast.walk(ast.parse(without_magics(cell.source))):
            if isinstance(node, ast.ImportFrom) and node.module == "coursekit.recap":
                late = {a.name for a in node.names} - built
                assert not late, f"{cell.label} imports {late}, which no earlier lesson builds"


def test_recap_offers_exactly_what_the_lessons_provide():
    recap = importlib.import_module("coursekit.recap")
    provided = {name: lesson.number for lesson in LESSONS for name in provides(lesson)}
    assert provided == recap.ORIGIN
    assert all(hasattr(recap, name) for name in provided)


NOTEBOOK = """
def accuracy(preds, yb):
    # how many of the largest predictions are right
    return (preds.argmax(dim=1) == yb).float().mean()

class Linear:
    def __init__(self, n):
        self.n = n

lr = 0.5
"""


def test_docstrings_annotations_comments_and_layout_may_differ():
    module = '''
"""Lesson 7."""

import torch
from torch import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]

__all__ = ["accuracy"]

class Linear:
    """A layer."""

    n: int

    def __init__(self, n: int) -> None:
        """Make it."""
        self.n = n

def accuracy(preds: Tensor, yb: Tensor) -> Tensor:
    """Share of right answers."""
    return (
        preds.argmax(dim=1) == yb
    ).float().mean()

lr: float = 0.5
'''
    assert differences(definitions(NOTEBOOK), definitions(module)) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("dim=1", "dim=0", "accuracy differs"),
        ("preds, yb", "preds, yb, k=1", "accuracy differs"),
        ("self.n = n", "self.n = n + 1", "Linear differs"),
        ("lr = 0.5", "lr = 0.1", "lr differs"),
        ("lr = 0.5", "", "lr is in the notebook but not in the module"),
        ("lr = 0.5", "lr = 0.5\nbs = 64", "bs is in the module but not in the notebook"),
    ],
)
def test_code_may_not_differ(old, new, says):
    assert old in NOTEBOOK
    (told,) = differences(definitions(NOTEBOOK), definitions(NOTEBOOK.replace(old, new)))
    assert told.startswith(says)

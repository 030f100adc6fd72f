"""The harness itself, on a small lesson: what it must call caught, and everything it must not."""

from __future__ import annotations

import os

import nbformat
import pytest

from coursekit.progress.cells import CodeCell
from tests.planted.mutation import Mutation, NoSuchPlace, apply
from tests.planted.walk import LessonBroken, plant

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork; Windows has none")

CELLS = [
    ("try:\n    import json\nexcept ModuleNotFoundError:\n    %pip install json", []),
    ("def step(w, lr):\n    w = w - lr * 2 * w\n    return w", []),
    ("seen = []", []),
    ("1 / 0", ["raises-exception"]),
    ("w = 1.0\nfor _ in range(5):\n    w = step(w, lr=0.25)\n    seen.append(w)", []),
    ('assert w < 0.1, "w did not shrink: check sign and lr"', []),
    ('assert len(seen) == 5, "five steps"', []),
    ("unused = 3", []),
]


def write_lesson(folder, cells):
    """A lesson of ``cells`` in ``folder``."""
    nb = nbformat.v4.new_notebook()
    nb.cells = [nbformat.v4.new_markdown_cell("# A lesson")] + [
        nbformat.v4.new_code_cell(source, metadata={"tags": tags}) for source, tags in cells
    ]
    path = folder / "05_small_lesson.ipynb"
    nbformat.write(nb, path)
    return path


FATES = {
    "caught": (
        Mutation("w = w - lr * 2 * w", "w = w + lr * 2 * w", "check sign", "wrong sign"),
        True,
        "caught in cell 7: AssertionError: w did not shrink: check sign and lr",
    ),
    "caught later, in another cell": (
        Mutation("seen.append(w)", "pass", "five steps", "nothing recorded"),
        True,
        "caught in cell 8: AssertionError: five steps",
    ),
    "survived": (
        Mutation("unused = 3", "unused = 4", "anything", "does not matter"),
        False,
        "survived: the lesson ran to its end",
    ),
    "wrong message": (
        Mutation("return w", "return 7 * w", "five", "grows"),
        False,
        "stopped without 'five', cell 7: AssertionError: w did not shrink: check sign and lr",
    ),
    "crash": (
        Mutation("return w", "return v", "check sign", "typing error"),
        False,
        "crashed before any assert noticed, cell 6: NameError: name 'v' is not defined",
    ),
    "death": (
        Mutation("unused = 3", "import os; os._exit(3)", "check sign", "kills the process"),
        False,
        "the process died with status",
    ),
    "hang": (
        Mutation("unused = 3", "while True: pass", "check sign", "never ends"),
        False,
        "hung: stopped after 3 seconds",
    ),
    "gone": (
        Mutation("w = w - lr * w", "pass", "check sign", "line changed since"),
        False,
        "The line 'w = w - lr * w' is in the lesson 0 times; has it been changed?",
    ),
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """What became of all mutations, planted in one walk."""
    path = write_lesson(tmp_path_factory.mktemp("lesson"), CELLS)
    found = plant(path, [mutation for mutation, _, _ in FATES.values()], seconds=3)
    return dict(zip(FATES, found, strict=True))


@pytest.mark.parametrize("fate", FATES)
def test_the_fate_of_a_planted_bug(fate, outcomes):
    _, caught, story = FATES[fate]
    assert outcomes[fate].caught == caught
    assert outcomes[fate].story.startswith(story)


def test_a_lesson_that_fails_without_a_bug_proves_nothing(tmp_path):
    broken = write_lesson(tmp_path, [*CELLS, ("assert False, 'always'", [])])
    with pytest.raises(LessonBroken, match="Cell 10 fails without any bug: AssertionError: always"):
        plant(broken, [FATES["caught"][0]], seconds=10)


def cells(*sources: str) -> list[CodeCell]:
    return [CodeCell(2 * i + 2, source) for i, source in enumerate(sources)]


def test_a_line_keeps_its_indentation_and_may_become_several():
    there = cells("a = 1", "def f():\n    return a")
    position, source = apply(Mutation("return a", "b = a\nreturn b", "m", "w"), there)
    assert (position, source) == (1, "def f():\n    b = a\n    return b")


def test_an_empty_line_in_its_place_is_pass():
    assert apply(Mutation("a = 1", "", "m", "w"), cells("a = 1")) == (0, "pass")


def test_two_places_need_an_index():
    there = cells("a = 1", "a = 1")
    with pytest.raises(NoSuchPlace, match=r"2 times \(cells 2, 4\); give an index"):
        apply(Mutation("a = 1", "a = 2", "m", "w"), there)
    assert apply(Mutation("a = 1", "a = 2", "m", "w", index=1), there) == (1, "a = 2")
    with pytest.raises(NoSuchPlace, match="Bring the mutation up to date"):
        apply(Mutation("a = 1", "a = 2", "m", "w", index=2), there)


def test_part_of_a_line_is_no_place():
    with pytest.raises(NoSuchPlace):
        apply(Mutation("a = 1", "a = 2", "m", "w"), cells("aa = 1", "a = 1  # one"))


@pytest.mark.parametrize("bad", [("a", "a", "m", "w"), ("a", "b", "", "w"), ("a", "b", "m", " ")])
def test_a_mutation_that_says_nothing_is_refused(bad):
    with pytest.raises(ValueError):
        Mutation(*bad)

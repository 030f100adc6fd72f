"""Every lesson keeps what a lesson promises: the lint of ``tests/tools/lint``, rule by rule."""

from __future__ import annotations

import pytest

from tests.tools.lint import Lesson, lint
from tests.tools.lint.stubs import registry_stubs
from tests.tools.notebooks import NOTEBOOKS, lesson_files


def test_there_are_lessons():
    assert lesson_files(), f"no lesson in {NOTEBOOKS.name}/"


def test_lesson_numbers_are_unique():
    numbers = [p.name[:2] for p in lesson_files()]
    assert len(set(numbers)) == len(numbers), numbers


def test_every_notebook_is_a_lesson():
    """A notebook with another name would be shown to students and checked by nothing."""
    assert sorted(NOTEBOOKS.glob("*.ipynb")) == lesson_files()


@pytest.mark.parametrize("path", lesson_files(), ids=lambda p: p.stem)
def test_lesson_breaks_no_rule(path):
    findings = lint(Lesson.load(path, registry_stubs))
    assert not findings, "\n" + "\n".join(map(str, findings))

"""Every lesson as slides in classic RISE; the rest of the deck tests is in test_decks.py.

Classic RISE shows the stored outputs here. That code runs live on its slides is shown by the lesson
on computation graphs; by all lessons, and in the larger window, with ``make test-all``.
"""

from __future__ import annotations

import pytest

from tests.test_decks import LARGER, check_lesson, stage
from tests.tools.notebooks import find, lesson_files

__all__ = ["stage"]  # a fixture: one server and one browser for this file too


@pytest.mark.browser
@pytest.mark.parametrize("path", lesson_files(), ids=lambda p: p.stem)
def test_lesson_is_a_good_deck_in_classic_rise(stage, path):
    check_lesson(stage, path, "classic", run=False)


@pytest.mark.browser
def test_code_runs_live_on_classic_slides(stage):
    (path,) = find(["01"])
    check_lesson(stage, path, "classic", larger=LARGER, access=True)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("path", lesson_files(), ids=lambda p: p.stem)
def test_every_lesson_runs_live_on_classic_slides(stage, path):
    check_lesson(stage, path, "classic", larger=LARGER, access=True)

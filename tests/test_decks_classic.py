"""The first lessons as slides in classic RISE; the others are in test_decks_classic_later.py.

At 1280x720 here, and in the larger window by ``make test-all``. axe-core reads each lesson then in
classic's notebook view, where every cell is shown: those that no slide has, too.
"""

from __future__ import annotations

import pytest

from tests.test_decks import HALF, LARGER, check_lesson, stage
from tests.tools.notebooks import lesson_files

__all__ = ["stage"]  # a fixture: one server and one browser for this file too


@pytest.mark.browser
@pytest.mark.parametrize("path", lesson_files()[:HALF], ids=lambda p: p.stem)
def test_lesson_is_a_good_deck_in_classic_rise(stage, path):
    check_lesson(stage, path, "classic", access=True)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("path", lesson_files(), ids=lambda p: p.stem)
def test_lesson_is_a_good_deck_in_a_larger_classic_window(stage, path):
    check_lesson(stage, path, "classic", larger=LARGER)

"""Every lesson as slides in classic RISE; the rest of the deck tests is in test_decks.py.

At 1280x720 here; in the larger window, and with axe-core, by ``make test-all``.
"""

from __future__ import annotations

import pytest

from tests.test_decks import LARGER, check_lesson, stage
from tests.tools.notebooks import lesson_files

__all__ = ["stage"]  # a fixture: one server and one browser for this file too


@pytest.mark.browser
@pytest.mark.parametrize("path", lesson_files(), ids=lambda p: p.stem)
def test_lesson_is_a_good_deck_in_classic_rise(stage, path):
    check_lesson(stage, path, "classic")


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("path", lesson_files(), ids=lambda p: p.stem)
def test_lesson_is_a_good_deck_in_a_larger_classic_window(stage, path):
    check_lesson(stage, path, "classic", larger=LARGER, access=True)

"""The later lessons as slides in classic RISE; the first ones are in test_decks_classic.py."""

from __future__ import annotations

import pytest

from tests.test_decks import HALF, check_lesson, stage
from tests.tools.notebooks import lesson_files

__all__ = ["stage"]  # a fixture: one server and one browser for this file too


@pytest.mark.browser
@pytest.mark.parametrize("path", lesson_files()[HALF:], ids=lambda p: p.stem)
def test_lesson_is_a_good_deck_in_classic_rise(stage, path):
    check_lesson(stage, path, "classic", access=True)

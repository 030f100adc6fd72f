"""Every lesson notices the bugs planted in it.

Measured on two idle cores: the 24 bugs of lesson 07 take 13 s.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

import pytest

from tests.planted.walk import plant
from tests.tools.notebooks import lesson_files

LISTED = sorted(p.stem[-2:] for p in Path(__file__).parent.glob("lesson_[0-9][0-9].py"))
LESSONS = {path.name[:2]: path for path in lesson_files()}
FEWEST = 5


def test_every_lesson_but_the_first_brings_its_bugs():
    assert set(LISTED) == set(LESSONS) - {"00"}
    for lesson in LISTED:
        assert len(import_module(f"tests.planted.lesson_{lesson}").MUTATIONS) >= FEWEST, lesson


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork; Windows has none")
@pytest.mark.parametrize("lesson", LISTED)
def test_each_bug_stops_the_lesson_with_a_message_that_names_the_cause(lesson):
    mutations = import_module(f"tests.planted.lesson_{lesson}").MUTATIONS
    outcomes = plant(LESSONS[lesson], mutations)
    missed = [
        f"{mutation.why}: {outcome.story}"
        for mutation, outcome in zip(mutations, outcomes, strict=True)
        if not outcome.caught
    ]
    assert not missed, "\n".join(missed)

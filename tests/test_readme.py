"""The README tells the truth: lessons, minutes, commands, links."""

import re

import pytest

from tests.tools import lesson_table, minutes
from tests.tools.notebooks import ROOT, lesson_files, read

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_lesson_table_is_made_from_the_notebooks():
    assert lesson_table.updated(README) == README, "run python -m tests.tools.lesson_table"


def test_there_are_lessons():
    assert {"00", "07"} <= {path.name[:2] for path in lesson_files()}


@pytest.mark.parametrize("path", lesson_files(), ids=lambda path: path.name[:2])
def test_minutes_are_estimated_the_same_way_everywhere(path):
    nb = read(path)
    stated = nb.metadata.coursekit.minutes
    assert stated == minutes.estimate(nb), "set metadata.coursekit.minutes to the estimate"
    assert f"About {stated} minutes" in nb.cells[0].source


def test_links_and_pictures_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target


def test_every_make_command_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`?make ([a-z]+)", README)):
        assert re.search(rf"^{target}:", makefile, re.M), f"README names make {target}"

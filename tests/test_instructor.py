"""notebooks/INSTRUCTOR.md tells the truth: tables, links, commands, keys."""

from __future__ import annotations

import re

import pytest

from coursekit.__main__ import COMMANDS
from tests.tools import timetable
from tests.tools.lint.contract import CLASS_MINUTES
from tests.tools.notebooks import ROOT, lesson_files, read

TEXT = timetable.INSTRUCTOR.read_text(encoding="utf-8")


def test_the_tables_are_made_from_the_notes():
    assert timetable.updated(TEXT) == TEXT, "run python -m tests.tools.timetable --write"


def test_the_workshop_takes_two_hours():
    (end,) = re.findall(r"\| (\d):(\d\d) \|  \| end", TEXT)
    assert 105 <= 60 * int(end[0]) + int(end[1]) <= 120


def test_the_plans_name_every_lesson_that_they_promise():
    term = [part for week in timetable.TERM for part in week if part in timetable.LESSONS]
    assert sorted(term) == list(timetable.LESSONS)
    days = [number for day in timetable.TWO_DAYS for number in day]
    assert len(set(days)) == len(days)
    assert {path.name[:2] for path in lesson_files()} <= set(timetable.LESSONS)


@pytest.mark.parametrize("path", lesson_files(), ids=lambda path: path.stem)
def test_a_plan_adds_up_and_says_what_to_cut(path, capsys):
    nb = read(path)
    assert sum(part.minutes for part in timetable.parts(nb)) == timetable.total(nb) <= CLASS_MINUTES
    assert timetable.main([path.name[:2]]) == 0
    said = capsys.readouterr().out
    assert f"{timetable.total(nb)} minutes in class" in said
    assert "cut first" in said


def test_links_exist():
    targets = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert targets
    for target in targets:
        assert target.startswith("http") or (ROOT / "notebooks" / target).exists(), target


def test_commands_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`make ([a-z]+)", TEXT)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target}"
    named = set(re.findall(r"python -m coursekit (\w+)", TEXT))
    assert {"progress", "handout"} <= named <= set(COMMANDS)
    for module in set(re.findall(r"python -m (tests[\w.]+)", TEXT)):
        assert (ROOT / f"{module.replace('.', '/')}.py").exists(), module
    for option in ("--students", "--answers"):
        source = (ROOT / "src" / "coursekit" / "export" / "handout.py").read_text(encoding="utf-8")
        assert option in source
    for variable in set(re.findall(r"\b([A-Z]+)=", TEXT)) - {"COURSEKIT_DATASET"}:
        assert f"$({variable})" in makefile, variable


def test_what_it_says_of_other_files():
    environment = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert "-c constraints.txt" in environment
    assert not (ROOT / "postBuild").exists()
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "coursekit publish" in makefile and "coursekit bundle" in makefile

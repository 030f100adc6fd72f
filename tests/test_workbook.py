"""coursekit.workbook: copies without outputs; a student's work is never lost."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from coursekit import workbook
from coursekit.workbook import WorkbookError, find_lesson, fresh, lessons_folder, main, prepare

NAME = "07_digits.ipynb"
STUB = "def accuracy(preds, yb):\n    ...  # your code"


def cell(source: str, outputs: list | None = None, count: int | None = None) -> dict:
    return {
        "cell_type": "code",
        "id": "c1",
        "metadata": {"tags": ["exercise"], "slideshow": {"slide_type": "skip"}},
        "execution_count": count,
        "outputs": outputs or [],
        "source": source.splitlines(keepends=True),
    }


def notebook(*cells: dict) -> dict:
    title = {"cell_type": "markdown", "id": "t", "metadata": {}, "source": ["# 07 · Größe"]}
    return {"cells": [title, *cells], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def save(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def load(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


OUTPUT = [{"output_type": "stream", "name": "stdout", "text": ["0.91\n"]}]


@pytest.fixture
def course(tmp_path) -> Path:
    """A checkout with two lessons and a style sheet."""
    root = tmp_path / "my course"
    (root / "notebooks" / ".ipynb_checkpoints").mkdir(parents=True)
    (root / "pyproject.toml").write_text("")
    (root / "notebooks" / ".ipynb_checkpoints" / NAME).write_text("{}")
    save(root / "notebooks" / NAME, notebook(cell(STUB, OUTPUT, 3)))
    save(root / "notebooks" / "00_start.ipynb", notebook(cell("print(1)", OUTPUT, 1)))
    (root / "notebooks" / "rise.css").write_text(".reveal {}\n")
    return root


@pytest.fixture
def copy(course) -> Path:
    prepare(course / "notebooks")
    return course / "work" / NAME


def again(course: Path) -> workbook.Report:
    return prepare(course / "notebooks")


def new_lesson(course: Path) -> None:
    save(course / "notebooks" / NAME, notebook(cell(STUB + "\n# better", OUTPUT, 3)))


def note() -> dict:
    return {
        "cell_type": "markdown",
        "id": "n1",
        "metadata": {"slideshow": {"slide_type": "notes"}},
        "source": ["**Notes.** The answer is 3."],
    }


def test_speaker_notes_are_for_the_speaker(course):
    save(course / "notebooks" / NAME, notebook(cell(STUB, OUTPUT, 3), note()))
    lessons = course / "notebooks"
    prepare(lessons)
    prepare(lessons, course / "work" / "present", notes=True)
    fresh = workbook.fresh("07", lessons)
    students = load(course / "work" / NAME)["cells"]
    assert [c["id"] for c in students] == ["t", "c1"]
    assert load(fresh)["cells"] == students
    assert [c["id"] for c in load(course / "work" / "present" / NAME)["cells"]] == ["t", "c1", "n1"]


def test_copies_have_no_outputs_and_everything_else(course):
    report = again(course)
    made = load(course / "work" / NAME)
    expected = notebook(cell(STUB))
    assert made == expected
    assert report.new == ["00_start.ipynb", NAME, "rise.css"]
    assert (course / "work" / "rise.css").read_text() == ".reveal {}\n"
    assert sorted(p.name for p in (course / "work").iterdir()) == [
        ".coursekit.json",
        "00_start.ipynb",
        NAME,
        "rise.css",
    ]


def test_the_teachers_guide_is_for_the_teacher(course, copy):
    (course / "notebooks" / "INSTRUCTOR.md").write_text("Ask first.")
    report = workbook.prepare(course / "notebooks")
    assert not (report.folder / "INSTRUCTOR.md").exists()


def test_a_second_time_writes_nothing(course, copy):
    before = {p: p.stat().st_mtime_ns for p in (course / "work").iterdir()}
    report = again(course)
    assert str(report) == ""
    assert report.current == ["00_start.ipynb", NAME, "rise.css"]
    assert {p: p.stat().st_mtime_ns for p in (course / "work").iterdir()} == before


def test_an_untouched_copy_follows_its_lesson(course, copy):
    new_lesson(course)
    report = again(course)
    assert report.refreshed == [NAME]
    assert "better" in copy.read_text()
    assert str(report) == "Working copies in work/: refreshed 07."


def test_opening_and_saving_is_no_change(course, copy):
    saved = load(copy)
    saved["metadata"] = {"language_info": {"name": "python", "version": "3.12.1"}}
    saved["cells"][0]["source"] = "# 07 · Größe"  # Jupyter may write lines as one text
    copy.write_text(json.dumps(saved, indent=4))
    new_lesson(course)
    assert again(course).refreshed == [NAME]


@pytest.mark.parametrize(
    "change",
    [
        lambda nb: nb["cells"][1].update(source="def accuracy(): return 1"),
        lambda nb: nb["cells"][1].update(outputs=OUTPUT),
        lambda nb: nb["cells"].append(cell("my_own = 1")),
        lambda nb: nb["cells"].pop(),
        lambda nb: nb["cells"][0].update(source="# My notes"),
        lambda nb: nb["cells"][1].update(cell_type="markdown"),
    ],
    ids=["typed", "run", "added", "deleted", "note", "kind"],
)
def test_work_of_a_student_stays(course, copy, change):
    mine = load(copy)
    change(mine)
    save(copy, mine)
    assert again(course).kept == [NAME]
    new_lesson(course)
    for _ in range(2):  # and stays for ever
        report = again(course)
        assert report.outdated == [NAME]
        assert load(copy) == mine
    assert "Left as you changed them: 07. A newer lesson exists for 07" in str(report)
    assert "workbook --fresh 07" in str(report)


def test_a_student_back_at_the_lesson_is_up_to_date_again(course, copy):
    mine = load(copy)
    mine["cells"][1]["source"] = "x"
    save(copy, mine)
    again(course)
    save(copy, notebook(cell(STUB)))
    assert again(course).current == ["00_start.ipynb", NAME, "rise.css"]
    new_lesson(course)
    assert again(course).refreshed == [NAME]


def test_a_changed_style_sheet_stays_too(course, copy):
    (course / "work" / "rise.css").write_text("mine")
    (course / "notebooks" / "rise.css").write_text("newer")
    report = again(course)
    assert report.outdated == ["rise.css"]
    assert str(report) == "Left as you changed them: rise.css.", "no number asks for it"
    assert workbook.outdated(course / "notebooks", course / "work") == []
    assert (course / "work" / "rise.css").read_text() == "mine"


def test_who_presents_is_told_how_to_get_the_newer_lesson(course):
    work = course / "work" / "present"
    prepare(course / "notebooks", work, notes=True)
    save(work / NAME, notebook(cell("mine")))
    new_lesson(course)
    told = str(prepare(course / "notebooks", work, notes=True))
    assert told.endswith(f"to get it, rename or delete {work / NAME} and start again.")
    (work / NAME).unlink()
    assert prepare(course / "notebooks", work, notes=True).new == [NAME]


def test_a_cell_without_a_slide_type_is_no_note(course):
    plain = {**cell("x = 1"), "metadata": {"slideshow": None}}
    save(course / "notebooks" / NAME, notebook(plain))
    prepare(course / "notebooks")
    assert load(course / "work" / NAME)["cells"][1] == plain


@pytest.mark.parametrize("record", ["", "{", "[]", '{"copies": 3}', None])
def test_without_its_record_nothing_that_differs_is_touched(course, copy, record):
    path = course / "work" / ".coursekit.json"
    path.unlink() if record is None else path.write_text(record)
    new_lesson(course)
    text = copy.read_text()
    assert again(course).outdated == [NAME]
    assert copy.read_text() == text


@pytest.mark.parametrize("content", ["", "no json", '{"cells": 1}', '{"cells": [1]}', "[]"])
def test_a_broken_copy_is_left(course, copy, content):
    copy.write_text(content)
    new_lesson(course)
    assert again(course).outdated == [NAME]
    assert copy.read_text() == content


def test_a_deleted_copy_is_made_again_and_own_files_stay(course, copy):
    own = course / "work" / "notes.ipynb"
    own.write_text("mine")
    copy.unlink()
    assert again(course).new == [NAME]
    assert own.read_text() == "mine"


def test_a_lesson_that_left_the_course_stays_with_the_student(course, copy):
    (course / "notebooks" / NAME).unlink()
    again(course)
    assert copy.exists()


def test_a_link_is_left_alone(course, copy, tmp_path):
    elsewhere = tmp_path / "elsewhere.ipynb"
    copy.replace(elsewhere)
    try:
        copy.symlink_to(elsewhere)
    except OSError:
        pytest.skip("this system lets nobody make links")
    new_lesson(course)
    assert again(course).outdated == [NAME]
    assert copy.is_symlink()


def test_a_folder_in_the_place_of_a_copy_is_left(course, copy):
    copy.unlink()
    copy.mkdir()
    assert again(course).kept == [NAME]
    assert copy.is_dir()


def test_work_is_a_file(course):
    (course / "work").write_text("my work")
    with pytest.raises(WorkbookError, match="is a file"):
        again(course)
    with pytest.raises(WorkbookError, match=r"work is a file, and .* rename the file"):
        prepare(course / "notebooks", course / "work" / "present", notes=True)
    assert (course / "work").read_text() == "my work"


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (PermissionError(13, "Permission denied", "work"), "make it yours"),
        (OSError(30, "Read-only file system"), "make it yours"),
        (OSError(5, "Input/output error"), "move the course"),
    ],
)
def test_a_folder_that_cannot_be_written(course, monkeypatch, error, advice):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(workbook.tempfile, "mkstemp", refuse)
    with pytest.raises(WorkbookError, match=advice):
        again(course)


def test_a_full_disk_leaves_the_copy_whole_and_the_next_try_works(course, copy, monkeypatch):
    new_lesson(course)
    before = copy.read_bytes()
    real = os.fdopen

    class Full:
        def __init__(self, handle, mode):
            self.file = real(handle, mode)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, content):
            self.file.write(content[:10])
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(workbook.os, "fdopen", Full)
        patch.setattr(workbook.shutil, "disk_usage", lambda _: type("U", (), {"free": 0}))
        with pytest.raises(WorkbookError, match="disk is full"):
            again(course)
    assert copy.read_bytes() == before
    assert not list((course / "work").glob("*.tmp"))
    assert not list((course / "work").glob(".*.tmp"))
    assert again(course).refreshed == [NAME]


def test_what_was_copied_before_an_error_is_remembered(course, monkeypatch):
    (course / "notebooks" / NAME).write_text("broken")
    with pytest.raises(WorkbookError, match="not a notebook any more"):
        again(course)
    record = json.loads((course / "work" / ".coursekit.json").read_text())
    assert list(record["copies"]) == ["00_start.ipynb"]


def test_a_fresh_copy_beside_the_old_one(course, copy):
    mine = copy.read_text() + " "
    copy.write_text(mine)
    names = [fresh("7", course / "notebooks").name for _ in range(3)]
    assert names == [f"07_digits_fresh{n}.ipynb" for n in ("", "2", "3")]
    assert load(course / "work" / names[0]) == notebook(cell(STUB))
    assert copy.read_text() == mine


@pytest.mark.parametrize("number", ["07", "7", "07_digits", "07_digits.ipynb", " 7 "])
def test_find_a_lesson(course, number):
    assert find_lesson(number, course / "notebooks").name == NAME


@pytest.mark.parametrize("number", ["42", "seven", "", "-1", "07_", "7.0", "../x"])
def test_a_lesson_that_is_not_there_is_answered_with_the_list(course, number):
    with pytest.raises(WorkbookError, match="00_start, 07_digits"):
        find_lesson(number, course / "notebooks")


def test_the_lessons_of_a_checkout_are_found_from_inside(course, monkeypatch, tmp_path):
    monkeypatch.setattr(workbook, "__file__", str(tmp_path / "site" / "a" / "b" / "workbook.py"))
    assert lessons_folder(course / "notebooks") == course / "notebooks"
    with pytest.raises(WorkbookError, match="Clone or download"):
        lessons_folder(tmp_path)


def test_the_command_says_what_it_did(course, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(workbook, "lessons_folder", lambda: course / "notebooks")
    assert main([]) == 0
    assert main([]) == 0
    assert main(["--fresh", "0"]) == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert first == "Working copies in work/: made 00, 07, rise.css."
    assert second == "Working copies in work/ are up to date."
    assert third.endswith("00_start_fresh.ipynb")

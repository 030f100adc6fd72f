"""The instructor's view on notebooks that are broken in every way."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from coursekit.errors import CourseError
from coursekit.exercises import every
from coursekit.progress import batch, main
from coursekit.progress.batch import Limits, notebooks_in, rerun, student_of
from coursekit.progress.cells import NotANotebook, read_notebook
from coursekit.progress.student import checks_in
from coursekit.progress.table import Row, to_csv, to_screen

LESSON = "00"
NAMES = [e.name for e in every(LESSON)]
SOLVED = {e.name: e.solution for e in every(LESSON)}
STUBS = {e.name: e.stub for e in every(LESSON)}
IMPORT = "from coursekit.exercises import check"
FIRST, *_, LAST = NAMES


def notebook(path: Path, cells: list[str], lesson: str | None = LESSON) -> None:
    nb = nbformat.v4.new_notebook()
    if lesson:
        nb.metadata["coursekit"] = {"lesson": lesson}
    nb.cells = [nbformat.v4.new_code_cell(c) for c in cells]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nb, path)


def lesson(answers: dict[str, str], *, first: str = "", between: str = "", checks=True) -> list:
    """Code cells of the lesson, with ``between`` after the first exercise."""
    cells = [IMPORT, first]
    for name in NAMES:
        cells.append(answers.get(name, ""))
        if checks:
            cells.append(f'check("{name}", {name})')
        cells.append(between if name == FIRST else "")
    return [c for c in cells if c]


LOOP = f"def {LAST}(*args):\n    while True:\n        pass"
ONLINE = """\
import socket
said = set()
for attempt in (
    lambda: socket.create_connection(("192.0.2.1", 80), timeout=2),
    lambda: socket.socket().connect_ex(("192.0.2.1", 80)),
    lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 9)),
    lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", 0, ("192.0.2.1", 9)),
    lambda: socket.gethostbyname("example.org"),
    lambda: socket.gethostbyname_ex("example.org"),
    lambda: socket.getaddrinfo("example.org", 80),
):
    try:
        said.add(f"got {attempt()}")
    except OSError as error:
        said.add(str(error))
raise RuntimeError("; ".join(sorted(said)))"""
OUTSIDE = """\
import os, pathlib, subprocess, tempfile
pathlib.Path("inside.txt").write_text("x")
tempfile.TemporaryFile().write(b"x")
outside = os.environ["OUTSIDE"]
refused = 0
for attempt in (
    lambda: pathlib.Path(outside, "written.txt").write_text("x"),
    lambda: pathlib.Path(outside, "solved", "00_start_here.ipynb").write_text("x"),
    lambda: os.remove(pathlib.Path(outside, "text.ipynb")),
    lambda: os.rename("inside.txt", pathlib.Path(outside, "moved.txt")),
    lambda: pathlib.Path(outside, "made").mkdir(),
    lambda: subprocess.run(["touch", outside + "/touched_too"], check=True),
):
    try:
        attempt()
    except (OSError, subprocess.CalledProcessError):
        refused += 1
raise RuntimeError(f"{refused} refused")"""
COMMANDS = """\
!touch touched
import os
raise RuntimeError(os.path.exists("touched"))"""
CALM = {
    "solved": lesson(SOLVED),
    "untouched": lesson(STUBS),
    "half": lesson({**STUBS, FIRST: SOLVED[FIRST]}),
    "no_checks": lesson(SOLVED, checks=False),
    "deleted": lesson({k: v for k, v in SOLVED.items() if k != LAST}),
    "forged": lesson(STUBS, first="check = lambda *a: print('correct')"),
    "loop": lesson({**SOLVED, LAST: LOOP}),
    "exits": lesson(SOLVED, between="import sys; sys.exit(1)"),
    "raises": lesson(SOLVED, between="1 / 0"),
    "syntax": lesson(SOLVED, between="def f(:"),
    "magics": lesson(SOLVED, between="%pip install none\n!touch touched\n%matplotlib inline"),
    "commands": lesson(STUBS, first=COMMANDS),
    "no_module": lesson(STUBS, first="import no_such_module"),
    "chatty": lesson(SOLVED, between="for _ in range(10**5): print('x' * 50)"),
    "greedy": lesson(STUBS, first="big = bytearray(8 * 2**30)"),
    "asks": lesson(SOLVED, between="name = input('Who are you?')"),
    "online": lesson(STUBS, first=ONLINE),
    "writes": lesson(STUBS, first=OUTSIDE),
    "dies": lesson(SOLVED, between="import os; os._exit(0)"),
    "crashes": lesson(SOLVED, between="import ctypes; ctypes.string_at(0)"),
}  # fmt: skip
TOUCHED = 'import os\nraise RuntimeError(os.path.exists("touched"))'
LEFT_BEHIND = "import threading, time\nthreading.Thread(target=time.sleep, args=[10**6]).start()"
ODD = {
    "surrogate": lesson(STUBS, first="raise ValueError('\\ud800')"),
    "thread": lesson(SOLVED, between=LEFT_BEHIND),
    "scripts": ["%%python\nopen('touched', 'w')", *lesson(STUBS, first=TOUCHED)],
    "solved": lesson(SOLVED),
    "copied": lesson(SOLVED),
}
LINUX = sys.platform == "linux"
if LINUX:  # other systems have no such names and no such signals
    ODD["real_time"] = lesson(SOLVED, between="import os; os.kill(os.getpid(), 40)")
    ODD[os.fsdecode(b"M\xfcller")] = lesson(STUBS)
WILD = {
    "hangs": lesson(SOLVED, between="while True: pass"),
    "sleeps": lesson(SOLVED, between="import time; time.sleep(10**6)"),
    "solved": lesson(SOLVED),
}
FILES = {
    "empty": b"",
    "text": b"no notebook",
    "binary": bytes(range(256)),
    "list": b"[1, 2, 3]",
    "deep": b"[" * 100_000,
    "no_cells": b'{"metadata": {}}',
    "odd_cells": b'{"cells": [1, null, {"cell_type": "code", "source": [1, "x"]}], "metadata": []}',
}


def temporary(folder: Path) -> Path:
    """The folder for temporary files of a run."""
    place = folder.with_name(folder.name + "-tmp")
    place.mkdir(exist_ok=True)
    return place


def run(folder: Path, *more: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "coursekit", "progress", str(folder), "--jobs", "2", *more],
        capture_output=True, text=True, encoding="utf-8", timeout=300,
        env=os.environ | {"OUTSIDE": str(folder), "TMPDIR": str(temporary(folder))},
    )  # fmt: skip


def table(folder: Path) -> dict[str, dict[str, dict]]:
    """Student: exercise: row."""
    with (folder / "progress.csv").open(encoding="utf-8-sig", newline="") as file:
        found: dict = {}
        for row in csv.DictReader(file):
            found.setdefault(row["student"], {})[row["exercise"]] = row
    return found


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    """All notebooks that end by themselves."""
    folder = tmp_path_factory.mktemp("calm")
    for student, cells in CALM.items():
        notebook(folder / student / "00_start_here.ipynb", cells)
    for student, content in FILES.items():
        (folder / f"{student}.ipynb").write_bytes(content)
    notebook(folder / "guest" / "my_notes.ipynb", ["x = 1"], lesson=None)
    notebook(folder / "solved" / ".ipynb_checkpoints" / "00_start_here.ipynb", [])
    done = run(folder)
    assert done.returncode == 0, done.stderr
    return folder, done


def states(row_of: dict[str, dict]) -> list[str]:
    return [row_of[name]["state"] for name in NAMES]


@pytest.mark.parametrize(
    ("student", "expected"),
    [
        ("solved", ["correct"] * 3),
        ("untouched", ["not attempted"] * 3),
        ("half", ["correct", "not attempted", "not attempted"]),
        ("no_checks", ["correct"] * 3),
        ("deleted", ["correct", "correct", "missing"]),
        ("forged", ["not attempted"] * 3),
        ("loop", ["correct", "correct", "stopped"]),
        *[(s, ["correct"] * 3) for s in ("exits", "raises", "syntax", "magics", "chatty")],
        ("asks", ["correct"] * 3),
        *[
            (s, ["not attempted"] * 3)
            for s in ("no_module", "greedy", "online", "writes", "commands")
        ],
        ("dies", ["correct", "not reached", "not reached"]),
        ("crashes", ["correct", "not reached", "not reached"]),
    ],
)
def test_every_notebook_has_its_rows(student, expected, calm):
    assert states(table(calm[0])[student]) == expected


@pytest.mark.parametrize("student", [*FILES, "guest"])
def test_a_file_that_is_no_lesson_has_one_row_that_says_so(student, calm):
    (row,) = table(calm[0])[student].values()
    assert row["state"] == "unreadable"
    assert row["note"].startswith(("is not a notebook", "belongs to no lesson"))


def test_no_other_rows(calm):
    assert set(table(calm[0])) == {*CALM, *FILES, "guest"}


def test_notes_say_what_happened(calm):
    notes = {s: {r["note"] for r in rows.values()} for s, rows in table(calm[0]).items()}
    assert notes["no_module"] == {"cell 2: ModuleNotFoundError: No module named 'no_such_module'"}
    assert notes["dies"] == {"", "the process ended with status 0"}
    assert any("No result within 5 seconds" in note for note in notes["loop"])
    assert notes["solved"] == {""}


def test_the_network_is_off(calm):
    notes = {row["note"] for row in table(calm[0])["online"].values()}
    assert notes == {"cell 2: RuntimeError: There is no network while exercises are checked."}


@pytest.mark.skipif(sys.platform != "linux", reason="writing is limited on Linux only")
def test_nothing_is_written_outside_its_own_folder(calm):
    notes = {row["note"] for row in table(calm[0])["writes"].values()}
    assert notes == {"cell 2: RuntimeError: 6 refused"}
    assert not [n for n in ("written.txt", "moved.txt", "made") if (calm[0] / n).exists()]
    assert (calm[0] / "text.ipynb").read_bytes() == FILES["text"]


def test_no_folder_is_left_behind(calm):
    assert not list(temporary(calm[0]).glob("progress-*"))


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_memory_is_limited(calm):
    notes = {row["note"] for row in table(calm[0])["greedy"].values()}
    assert notes == {"cell 2: MemoryError"}


def test_no_command_of_the_system_is_run(calm):
    notes = {row["note"] for row in table(calm[0])["commands"].values()}
    assert notes == {"cell 2: RuntimeError: False"}


def test_the_screen_shows_each_notebook_once_and_what_signs_mean(calm):
    out = calm[1].stdout
    lines = [line for line in out.splitlines() if line.startswith("solved ")]
    assert len(lines) == 1
    assert all(f"✓ {name}" in lines[0] for name in NAMES)
    assert "✓ correct" in out
    assert f"{len(CALM) * 3 + len(FILES) + 1} rows in" in out


def test_the_second_run_only_reads_what_is_known(calm):
    folder, _ = calm
    before = (folder / "progress.csv").read_bytes()
    store = folder / "progress.csv.jsonl"
    size = store.stat().st_size
    assert run(folder).returncode == 0
    assert (folder / "progress.csv").read_bytes() == before
    assert store.stat().st_size == size


def test_a_run_that_was_stopped_goes_on_and_a_changed_notebook_runs_again(calm, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(calm[0], folder)
    (folder / "progress.csv").unlink()
    store = folder / "progress.csv.jsonl"
    kept = store.read_text().splitlines()[:-1]
    store.write_text("\n".join([*kept, '{"key": "12']))  # stopped while writing
    notebook(folder / "solved" / "00_start_here.ipynb", CALM["half"])
    assert run(folder).returncode == 0
    found = table(folder)
    assert set(found) == set(table(calm[0]))
    assert states(found["solved"]) == ["correct", "not attempted", "not attempted"]
    assert store.read_text().splitlines()[: len(kept)] == kept


def test_time_limits_end_a_notebook_and_keep_what_was_known(tmp_path):
    for student, cells in WILD.items():
        notebook(tmp_path / student / "00_start_here.ipynb", cells)
    assert run(tmp_path, "--minutes", "0.1").returncode == 0
    found = table(tmp_path)
    assert states(found["hangs"]) == ["correct", "not reached", "not reached"]
    assert found["sleeps"][LAST]["note"] == "stopped after 0.1 minutes"


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """Notebooks, names and messages that once ended the batch, or held it up for ten minutes."""
    folder = tmp_path_factory.mktemp("odd")
    for student, cells in ODD.items():
        notebook(folder / student / "00_start_here.ipynb", cells)
    shutil.copy(folder / "solved" / "00_start_here.ipynb", folder / "copied")
    if LINUX:
        notebook(folder / "solved" / os.fsdecode(b"00_f\xfcr_mich.ipynb"), lesson(STUBS))
    notebook(folder / "solved" / "00_start_here (1).ipynb", lesson(STUBS))
    done = run(folder)
    assert done.returncode == 0, done.stderr
    return folder, done


def test_an_error_message_that_is_no_text_loses_no_table(odd):
    found = table(odd[0])
    assert found["surrogate"][FIRST]["note"] == "cell 2: ValueError: \\ud800"
    assert states(found["copied"]) == ["correct"] * 3


@pytest.mark.skipif(not LINUX, reason="elsewhere every name is text")
def test_a_name_that_is_no_text_loses_no_table(odd):
    found = table(odd[0])
    assert states(found["M\\udcfcller"]) == ["not attempted"] * 3
    with (odd[0] / "progress.csv").open(encoding="utf-8-sig", newline="") as file:
        names = {row["notebook"] for row in csv.DictReader(file)}
    assert "solved/00_f\\udcfcr_mich.ipynb" in names


@pytest.mark.skipif(not LINUX, reason="real-time signals")
def test_a_signal_without_a_name_ends_one_notebook_only(odd):
    last = table(odd[0])["real_time"][LAST]
    assert (last["state"], last["note"].split(" (")[0]) == (
        "not reached",
        "the process was ended by signal 40",
    )


def test_a_thread_that_is_left_behind_holds_nothing_up(odd):
    """If it did, the batch would take ten minutes, and ``run`` gives up after five."""
    assert states(table(odd[0])["thread"]) == ["correct"] * 3


def test_cells_for_other_programs_are_not_run(odd):
    assert table(odd[0])["scripts"][FIRST]["note"] == "cell 3: RuntimeError: False"


def test_two_notebooks_of_one_lesson_are_told_apart(odd):
    with (odd[0] / "progress.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["student"] == "solved"]
    mine, other = "solved/00_start_here.ipynb", "solved/00_start_here (1).ipynb"
    assert {row["state"] for row in rows if row["notebook"] == mine} == {"correct"}
    assert {row["state"] for row in rows if row["notebook"] == other} == {"not attempted"}
    lines = [line for line in odd[1].stdout.splitlines() if line.startswith("solved ")]
    assert len(lines) == len({row["notebook"] for row in rows})
    assert [line.count("✓") for line in lines if line.endswith(f"[{mine}]")] == [3]
    assert [line.count("○") for line in lines if line.endswith(f"[{other}]")] == [3]


TOLD = {"lesson": LESSON, "exercises": [], "found": {}, "problem": "", "minutes": 0.0}


def test_equal_files_are_run_once_and_a_line_cut_short_swallows_no_result(tmp_path, monkeypatch):
    for student in ("a", "b"):
        notebook(tmp_path / student / "00_start_here.ipynb", [IMPORT])
    shutil.copy(tmp_path / "a" / "00_start_here.ipynb", tmp_path / "b")
    notebook(tmp_path / "c" / "00_start_here.ipynb", ["x = 1"])
    ran, ticks, store = [], [], tmp_path / "store.jsonl"

    def judged(paths, limits):
        for path in paths:
            ran.append(path.parent.name)
            yield path, TOLD

    monkeypatch.setattr(batch, "_run_all", judged)
    store.write_text('{"key": "12', encoding="utf-8")  # stopped while it wrote
    for _ in range(2):
        rows = rerun(tmp_path, store, Limits(), lambda *done: ticks.append(done))
        assert [row.student for row in rows] == ["a", "b", "c"]
    assert len(ran) == 2 and "c" in ran
    assert [ticks[0], *ticks[-2:]] == [(0, 3), (3, 3), (3, 3)]


def test_results_are_forgotten_when_the_exercises_or_their_checks_change(tmp_path, monkeypatch):
    source = Path(batch.coursekit.__file__).parent
    package = tmp_path / "coursekit"
    shutil.copytree(source / "exercises", package / "exercises")
    store = tmp_path / "store.jsonl"
    monkeypatch.setattr(batch.coursekit, "__file__", str(package / "__init__.py"))
    entry = {"key": "k", "checks": batch._checks(LESSON), "told": TOLD}
    store.write_text(json.dumps(entry), encoding="utf-8")

    def known_after_a_change_of(name: str) -> bool:
        path = package / "exercises" / name
        before = path.read_bytes()
        path.write_bytes(before + b"# changed\n")
        known = batch._load(store)
        path.write_bytes(before)
        return known == {"k": TOLD}

    assert known_after_a_change_of("lesson_01.py")
    assert not known_after_a_change_of(f"lesson_{LESSON}.py")
    assert not known_after_a_change_of("compare.py")


def test_again_forgets_results_and_other_files_are_left_alone(tmp_path):
    folder, out = tmp_path / "in", tmp_path / "grades.csv"
    greedy = lesson(STUBS, first="big = bytearray(3 * 2**30)")
    notebook(folder / "anna" / "00_start_here.ipynb", greedy)
    mine = tmp_path / "grades.jsonl"
    mine.write_text("my own", encoding="utf-8")
    options = ("--out", str(out), "--memory", "2")

    def first() -> dict:
        with out.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.DictReader(file))

    assert run(folder, *options).returncode == 0
    if LINUX:
        assert first()["note"] == "cell 2: MemoryError"
    store = tmp_path / "grades.csv.jsonl"
    forged = store.read_text(encoding="utf-8").replace('"not attempted"', '"correct"')
    store.write_text(forged, encoding="utf-8")
    assert run(folder, *options).returncode == 0
    assert first()["state"] == "correct", "what is known is not run again"
    assert run(folder, *options, "--again").returncode == 0
    assert first()["state"] == "not attempted"
    assert mine.read_text(encoding="utf-8") == "my own"
    assert not (folder / "progress.csv").exists()


@pytest.mark.parametrize("option", ["--jobs", "--minutes", "--memory"])
@pytest.mark.parametrize("value", ["0", "-1", "nan", "many"])
def test_a_limit_that_is_none_is_refused_in_a_sentence(option, value, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(tmp_path), option, value])
    said = capsys.readouterr().err.splitlines()[-1]
    assert f"argument {option}: " in said
    assert value in said


def test_a_folder_that_is_not_there_and_one_without_notebooks_get_a_sentence(tmp_path):
    with pytest.raises(CourseError, match="There is no folder"):
        main([str(tmp_path / "none")])
    with pytest.raises(CourseError, match="There is no notebook"):
        main([str(tmp_path)])


def test_whose_notebook_it_is():
    folder = Path("in")
    for name, student in {
        "in/anna/07_digits.ipynb": "anna",
        "in/anna/week 3/07_digits.ipynb": "anna",
        "in/anna_07_digits.ipynb": "anna",
        "in/Anna Berg-07_digits.ipynb": "Anna Berg",
        "in/07_digits.ipynb": "07_digits",
    }.items():
        assert student_of(Path(name), folder) == student


def test_hidden_folders_are_left_out(tmp_path):
    for name in ("a/07_x.ipynb", "a/.ipynb_checkpoints/07_x.ipynb", ".trash/07_y.ipynb"):
        notebook(tmp_path / name, [])
    assert [p.relative_to(tmp_path).as_posix() for p in notebooks_in(tmp_path)] == ["a/07_x.ipynb"]


def test_checks_are_found_wherever_they_stand():
    assert len(checks_in("x = 1\ncheck(f)\ncheck('g', 3)")[0]) == 2
    assert checks_in("check(f)")[1]
    assert not checks_in("x = 1\ncheck(f)")[1]
    assert checks_in("%magic\ncheck(f)") == ([], False)
    assert checks_in("check()\nprint(check(f))") == ([], False)


def test_reading_keeps_numbers_and_tags(tmp_path):
    nb = nbformat.v4.new_notebook()
    nb.cells = [
        nbformat.v4.new_markdown_cell("a"),
        nbformat.v4.new_code_cell("b\nc", metadata={"tags": ["raises-exception"]}),
    ]
    nbformat.write(nb, tmp_path / "x.ipynb")
    (cell,) = read_notebook(tmp_path / "x.ipynb").cells
    assert (cell.number, cell.source, cell.tags) == (2, "b\nc", ("raises-exception",))
    with pytest.raises(NotANotebook):
        read_notebook(tmp_path / "y.ipynb")


def test_a_spreadsheet_takes_no_name_for_a_formula():
    text = to_csv([Row("=cmd|' /C calc'!A0", "a.ipynb", "07", "nll", "correct", 0.1)])
    assert "'=cmd" in text
    assert text.splitlines()[0] == "student,notebook,lesson,exercise,state,minutes,note"


def test_the_totals_say_which_exercise_is_hard():
    rows = [
        Row(s, "a.ipynb", "07", "nll", state, 0.1)
        for s, state in [("a", "correct"), ("b", "wrong")]
    ]
    assert "07  nll  1 correct, 1 wrong" in to_screen(rows)
    assert to_screen([]) == "No notebooks."

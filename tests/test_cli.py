"""python -m coursekit: each command reaches its module; errors are sentences."""

from __future__ import annotations

import os
import subprocess
import sys
import types

import pytest

from coursekit import __main__ as cli
from coursekit import serve, workbook
from coursekit.errors import CourseError


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_hands_its_arguments_to_its_function(monkeypatch, command):
    module, function, _ = cli.COMMANDS[command]
    seen = []

    def stub(argv):
        seen.append(argv)
        return 3

    fake = types.SimpleNamespace(**{function: stub})
    monkeypatch.setattr(cli.importlib, "import_module", lambda name: {module: fake}[name])
    assert cli.main([command, "07", "--flag", "x"]) == 3
    assert seen == [["07", "--flag", "x"]]


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_exists_and_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main([command, "--help"])
    assert end.value.code == 0
    assert "usage:" in capsys.readouterr().out


def test_help_lists_every_command(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    text = capsys.readouterr().out
    for name, (_, _, about) in cli.COMMANDS.items():
        assert name in text
        assert about in text


@pytest.mark.parametrize("argv", [[], ["dance"]])
def test_a_wrong_command_is_answered_with_usage(argv, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(argv)
    assert end.value.code == 2
    assert "python -m coursekit COMMAND" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [(CourseError("Do this."), 1, "Do this.\n"), (KeyboardInterrupt(), 130, "Stopped.\n")],
)
def test_an_error_for_students_is_its_message_alone(monkeypatch, capsys, error, status, says):
    def fail(_):
        raise error

    monkeypatch.setattr(cli.importlib, "import_module", lambda _: types.SimpleNamespace(main=fail))
    assert cli.main(["doctor"]) == status
    captured = capsys.readouterr()
    assert captured.err == says
    assert captured.out == ""


def test_in_a_real_process():
    done = subprocess.run(
        [sys.executable, "-m", "coursekit", "present", "42", "--no-browser"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("There is no lesson '42'. Give a number: ")
    assert "07_digits_from_scratch" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.fixture
def served(monkeypatch, tmp_path):
    """Lessons in a folder, and what would have been served."""
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    for name in ("00_start_here", "07_digits"):
        (notebooks / f"{name}.ipynb").write_text('{"cells": []}')
    calls = []
    monkeypatch.setattr(workbook, "lessons_folder", lambda: notebooks)
    monkeypatch.setattr(serve, "serve", lambda *args, **kwargs: calls.append((args, kwargs)) or 0)
    return tmp_path / "work", calls


@pytest.mark.parametrize(
    ("argv", "name", "page", "browser", "port"),
    [
        (["lab"], "00_start_here.ipynb", "notebook", True, None),
        (["lab", "--no-browser"], "00_start_here.ipynb", "notebook", False, None),
        (["present", "7", "--port", "9000"], "07_digits.ipynb", "lab", True, 9000),
        (["present", "07", "--flavour", "classic"], "07_digits.ipynb", "classic", True, None),
    ],
)
def test_lab_and_present_serve_the_working_copies(served, capsys, argv, name, page, browser, port):
    work, calls = served
    # a lecture has its own copies, with speaker notes
    folder = work if page == "notebook" else work / "present"
    assert cli.main(argv) == 0
    options = {"cell": 0, "browser": browser, "port": port}
    assert calls == [((folder, name, page), options)]
    assert capsys.readouterr().out == f"Working copies in {folder.name}/: made 00, 07.\n"
    assert (folder / name).exists()


def test_a_lesson_that_does_not_exist_makes_nothing(served, capsys):
    work, calls = served
    assert cli.main(["present", "03"]) == 1
    assert "00_start_here, 07_digits" in capsys.readouterr().err
    assert not calls
    assert not work.exists()


def test_a_console_that_knows_few_letters_is_no_error():
    """Windows writes to a file in an old code page; ✓ and – become question marks there."""
    code = (
        "import sys, types; from coursekit import __main__ as m\n"
        "m.COMMANDS['doctor'] = ('stand_in', 'main', '')\n"
        "sys.modules['stand_in'] = types.SimpleNamespace(main=lambda a: print('✓ – Übung'))\n"
        "sys.exit(m.main(['doctor']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode("cp1252").strip() == "? – Übung"

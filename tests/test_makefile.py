"""The two commands: what make runs, and what the installer says when something is wrong."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pytest

from coursekit import install
from coursekit.install import InstallError
from tests.tools.notebooks import ROOT

MAKE = shutil.which("make")
needs_make = pytest.mark.skipif(MAKE is None, reason="make is not installed")
TARGETS = [
    *("help", "lab", "present", "slides", "handout", "doctor", "mnist"),
    *("publish", "bundle", "test", "test-all", "refresh", "bench", "gpu", "clean"),
]


def make(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess:
    """Run make without what an outer ``make test`` hands down."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    options = {"capture_output": True, "text": True, "timeout": 60, "env": env, "cwd": cwd}
    return subprocess.run([MAKE, *words], **options)


@needs_make
def test_make_alone_explains_every_target():
    done = make()
    assert done.returncode == 0
    listed = re.findall(r"^  ([a-z-]+) +\S", done.stdout, flags=re.M)
    assert set(TARGETS) <= set(listed)
    phony = re.search(r"^\.PHONY: (.*)", (ROOT / "Makefile").read_text(), flags=re.M)
    assert set(listed) == set(phony[1].split())


@needs_make
@pytest.mark.parametrize(
    ("words", "runs"),
    [
        (["lab"], ["install.py lab", "coursekit lab"]),
        (["lab", "NO_BROWSER=1"], ["install.py lab", "coursekit lab --no-browser"]),
        (["lab", "TORCH=cpu"], ['install.py lab --torch "cpu"', "coursekit lab"]),
        (["present", "NB=07"], ["install.py lab", 'coursekit present "07"']),
        (
            ["present", "NB=7", "FLAVOUR=classic", "NO_BROWSER=1"],
            ["install.py lab", 'coursekit present "7" --flavour "classic"', "--no-browser"],
        ),
        (
            ["present", "NB=07", "SLIDE=Error clinic"],
            ["install.py lab", 'coursekit present "07"', '--slide "Error clinic"'],
        ),
        (["slides"], ["install.py lab", "coursekit slides"]),
        (["handout", "NB=07"], ["install.py lab", "coursekit handout 07"]),
        (["doctor"], ["install.py lab", "coursekit doctor"]),
        (["mnist"], ["install.py lab", "coursekit mnist"]),
        (
            ["publish", "REPO=https://github.com/a/b"],
            ["install.py lab", 'coursekit publish "https://github.com/a/b"'],
        ),
        (["refresh", "NB=07"], ["install.py test", "tests.tools.refresh 07"]),
        (["test"], ["install.py test", "ruff check", "ruff format", "pytest"]),
        (["test-all"], ["install.py test", "ruff check", "ruff format", "pytest", "--slow"]),
        (["bundle"], ["install.py lab", "coursekit bundle"]),
        (["bench"], ["install.py test", "pytest tests/bench --benchmark-only"]),
        (
            ["gpu", "NAME=h100"],
            [
                "install.py test",
                'COURSEKIT_DEVICE=cuda .venv/bin/python -m tests.tools.measure_speeds "h100"',
                "pytest -v -m gpu",
                'tests.tools.refresh 12 13 --device "cuda" --to build/gpu',
                "pytest tests/bench/test_bench_gpu.py --benchmark-only",
            ],
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value[0], str) else None,
)
def test_a_target_runs_these_in_this_order(words, runs):
    done = make("--dry-run", *words)
    assert done.returncode == 0, done.stderr
    places = [done.stdout.find(text) for text in runs]
    assert -1 not in places, done.stdout
    assert places == sorted(places)


@needs_make
def test_present_without_a_number_says_so():
    done = make("present")
    assert done.returncode != 0
    assert "make present NB=07" in done.stderr


@needs_make
def test_gpu_without_a_name_says_so():
    done = make("gpu")
    assert done.returncode != 0
    assert "make gpu NAME=rtx4090" in done.stderr


@needs_make
def test_publish_without_an_address_says_so():
    done = make("publish")
    assert done.returncode != 0
    assert "make publish REPO=https://" in done.stderr


@needs_make
def test_without_python_a_sentence():
    done = make("lab", "PYTHON=no-such-python")
    assert done.returncode != 0
    assert done.stderr.startswith("There is no no-such-python. Install Python 3.11 or newer")


@needs_make
def test_clean_leaves_what_is_the_students(tmp_path):
    course = tmp_path / "my course"
    keep = ["work/07.ipynb", "data/mnist/MNIST/raw/x", "notebooks/07.ipynb", "src/a.py"]
    gone = [".venv/bin/python", "build/x", "src/__pycache__/a.pyc", ".pytest_cache/x"]
    for name in [*keep, *gone, "tests/t.py"]:
        (course / name).parent.mkdir(parents=True, exist_ok=True)
        (course / name).write_text("")
    shutil.copy(ROOT / "Makefile", course)
    assert make("clean", cwd=course).returncode == 0
    assert all((course / name).exists() for name in keep)
    assert not any((course / name).exists() for name in gone)


def test_ci_runs_make_test():
    script = ROOT / ".ci" / "run"
    text = script.read_text(encoding="utf-8")
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in text
    assert text.rstrip().endswith("make test")
    if os.name == "posix":
        assert os.access(script, os.X_OK)
        assert subprocess.run(["bash", "-n", str(script)]).returncode == 0


# --- the installer -------------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path) -> Path:
    root = tmp_path / "the course"
    root.mkdir()
    for name in install.INPUTS:
        (root / name).write_text(name)
    return root


@pytest.fixture
def machine(checkout, monkeypatch):
    """The installer with stand-ins for the environment and for pip: the list of what was run."""
    ran = []

    def make_venv(root, venv, torch):
        python = install._python_of(venv)
        python.parent.mkdir(parents=True, exist_ok=True)
        python.write_text("")

    monkeypatch.setattr(install, "_make_venv", make_venv)
    monkeypatch.setattr(install, "_run", lambda words, root: ran.append(" ".join(words)))
    return ran


def test_the_first_time_installs_with_the_pins(checkout, machine):
    assert install.install(checkout, "lab") is True
    first, second = machine
    assert "pip install" in first
    assert "hatchling editables" in first
    assert second.endswith("--no-build-isolation -e .[lab]")
    assert all("-c constraints.txt" in words for words in machine)


def test_the_second_time_does_nothing_and_says_nothing(checkout, machine, capsys):
    install.install(checkout, "lab")
    capsys.readouterr()
    machine.clear()
    assert install.install(checkout, "lab") is False
    assert machine == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", install.INPUTS)
def test_new_pins_install_again(checkout, machine, name):
    install.install(checkout, "lab")
    (checkout / name).write_text("changed")
    assert install.install(checkout, "lab") is True


def test_a_course_that_was_moved_is_installed_again(checkout, machine):
    """What -e installed holds the old place."""
    install.install(checkout, "lab")
    there = checkout.rename(checkout.parent / "elsewhere")
    assert install.install(there, "lab") is True
    assert install.install(there, "lab") is False


@pytest.mark.parametrize(("oldest", "made"), [((3, 9), False), ((3, 99), True)])
def test_an_environment_of_a_python_that_does_not_fit_is_made_again(
    checkout, monkeypatch, oldest, made
):
    monkeypatch.setattr(install, "OLDEST", oldest)
    monkeypatch.setattr(install, "NEWEST", (3, 99))
    monkeypatch.setattr(install, "_python_of", lambda venv: Path(sys.executable))
    monkeypatch.setattr(install, "NEEDED_GIB", 0)
    calls = []
    builder = types.SimpleNamespace(create=lambda folder: calls.append(folder))
    monkeypatch.setattr("venv.EnvBuilder", lambda **_: builder)
    install._make_venv(checkout, checkout / ".venv", "default")
    assert bool(calls) is made


def test_an_environment_for_tests_serves_students_and_stays_one(checkout, machine):
    install.install(checkout, "lab")
    assert install.install(checkout, "test") is True
    assert install.install(checkout, "lab") is False
    (checkout / "constraints.txt").write_text("changed")
    install.install(checkout, "lab")
    assert machine[-1].endswith(".[test]")


def test_the_cpu_build_is_chosen_once_and_kept(checkout, machine):
    install.install(checkout, "lab", "cpu")
    assert "-m uv pip install" in machine[-1]
    assert "--torch-backend=cpu" in machine[-1]
    assert "-c constraints.txt" in machine[-1]
    assert install.install(checkout, "lab") is False
    (checkout / "pyproject.toml").write_text("changed")
    install.install(checkout, "lab")
    assert "--torch-backend=cpu" in machine[-1]
    assert install.install(checkout, "lab", "default") is True
    assert "torch-backend" not in machine[-1]


def test_what_failed_half_way_is_tried_again(checkout, machine, monkeypatch):
    install.install(checkout, "lab")
    (checkout / "pyproject.toml").write_text("changed")
    with monkeypatch.context() as patch, pytest.raises(InstallError):
        patch.setattr(install, "_run", lambda *_: (_ for _ in ()).throw(InstallError("no")))
        install.install(checkout, "lab")
    (checkout / "pyproject.toml").write_text("pyproject.toml")  # as it was at first
    assert install.install(checkout, "lab") is True


@pytest.mark.parametrize("stamp", ["", "[]", "{}", '{"extra": ["lab"]}', '{"extra": "other"}'])
def test_a_broken_stamp_counts_as_none(checkout, machine, stamp):
    install.install(checkout, "lab")
    (checkout / ".venv" / install.STAMP).write_text(stamp)
    assert install.install(checkout, "lab") is True


def test_an_environment_without_its_python_is_made_again(checkout, machine):
    install.install(checkout, "lab")
    install._python_of(checkout / ".venv").unlink()
    assert install.install(checkout, "lab") is True


def test_the_files_that_say_what_to_install_are_missing(checkout, machine):
    (checkout / "constraints.txt").unlink()
    with pytest.raises(InstallError, match="get the course again"):
        install.install(checkout, "lab")


OUTPUTS = [
    ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left", "disk"),
    (
        "WARNING: Retrying after connection broken by 'NewConnectionError(...: Temporary "
        "failure in name resolution')': /simple/torch/\nERROR: Could not find a version that "
        "satisfies the requirement torch\nERROR: No matching distribution found for torch",
        "network",
    ),
    ("ERROR: No matching distribution found for torch==2.14.1", "no torch for this machine"),
    ("ReadTimeoutError: Read timed out.", "network"),
    ("error sending request for url\n dns error", "network"),
    ("SSLError(SSLCertVerificationError(1, 'CERTIFICATE_VERIFY_FAILED'))", "certificate"),
    ("ERROR: [Errno 13] Permission denied: '/usr/lib/x'", "cannot be written"),
    (
        "ERROR: Could not install packages due to an OSError: [Errno 2] No such file or directory: "
        "'C:\\x'\nHINT: This error might have occurred since this system does not have Windows "
        "Long Path support enabled. See https://pip.pypa.io/warnings/enable-long-paths",
        "too long for Windows",
    ),
    ("ERROR: [WinError 32] The process cannot access the file: 'c10.dll'", "A file is in use"),
    (
        "WARNING: Retrying after connection broken by 'ReadTimeoutError(...)': /simple/numpy/\n"
        "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/x'",
        "move the course to your home",
    ),
]


@pytest.mark.parametrize(("output", "advice"), OUTPUTS, ids=[a for _, a in OUTPUTS])
def test_a_failure_ends_in_one_line_of_advice(checkout, capfd, output, advice):
    (checkout / ".venv").mkdir()
    script = f"import sys; print({output!r}); sys.exit(1)"
    with pytest.raises(InstallError, match=advice) as error:
        install._run([sys.executable, "-c", script], checkout)
    assert "\n" not in str(error.value)
    assert capfd.readouterr().out == ""
    assert output in (checkout / ".venv" / install.LOG).read_text()


def test_a_failure_of_unknown_cause_names_the_log(checkout):
    (checkout / ".venv").mkdir()
    script = "import sys; print('ERROR: the moon is full'); print('bye'); sys.exit(1)"
    with pytest.raises(InstallError, match=r"the moon is full.*install\.log"):
        install._run([sys.executable, "-c", script], checkout)


def test_a_full_disk_is_seen_before_anything_is_downloaded(checkout, monkeypatch):
    monkeypatch.setattr(install.sys, "platform", "linux")
    usage = types.SimpleNamespace(free=2 * 2**30)
    monkeypatch.setattr(install.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(InstallError, match=r"Only 2\.0 GiB are free"):
        install.install(checkout, "lab")
    assert not (checkout / ".venv").exists()


def test_debian_without_its_venv_package(checkout, monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(InstallError, match=r"sudo apt install python3\.\d+-venv"):
        install.install(checkout, "lab")


def test_a_file_where_the_environment_goes(checkout):
    (checkout / ".venv").write_text("mine")
    with pytest.raises(InstallError, match="is in the way"):
        install.install(checkout, "lab")
    assert (checkout / ".venv").read_text() == "mine"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (InstallError("Do this."), "Do this."),
        (OSError(28, "No space left on device"), "The disk is full"),
        (OSError(5, "Input/output error"), "The installation failed ([Errno 5]"),
    ],
)
def test_errors_are_sentences_on_the_command_line(monkeypatch, capsys, error, says):
    def fail(*_):
        raise error

    monkeypatch.setattr(install, "install", fail)
    assert install.main(["lab"]) == 1
    message = capsys.readouterr().err
    assert message.startswith(says)
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("version", [(3, 10, 14), (3, 6, 8), (3, 15, 0)])
def test_a_python_that_does_not_fit_looks_for_one_that_does(monkeypatch, version):
    called = []
    monkeypatch.setattr(install.sys, "version_info", version)
    monkeypatch.setattr(install.shutil, "which", lambda n: n if n == "python3.12" else None)
    monkeypatch.setattr(install, "_works", lambda _: True)
    monkeypatch.setattr(install.subprocess, "call", lambda words: called.append(words) or 0)
    assert install.main(["lab", "--torch", "cpu"]) == 0
    (words,) = called
    assert words[0] == "python3.12"
    assert words[2:] == ["lab", "--torch", "cpu"]


def test_an_old_python_alone_is_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr(install.sys, "version_info", (3, 10, 14))
    monkeypatch.setattr(install.shutil, "which", lambda _: None)
    assert install.main(["lab"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("Python 3.10.14 does not fit: the course needs 3.11 to 3.14.")


def test_on_windows_the_new_python_alone_is_told_how_to_start_an_older_one(monkeypatch, capsys):
    monkeypatch.setattr(install.sys, "version_info", (3, 15, 0))
    monkeypatch.setattr(install.shutil, "which", lambda _: None)
    monkeypatch.setattr(install, "os", types.SimpleNamespace(name="nt"))
    assert install.main(["lab"]) == 1
    assert r"name it: py -3.12 src\coursekit\install.py lab" in capsys.readouterr().err


def test_an_old_python_can_read_the_installer():
    """No syntax newer than Python 3.6: there would be a SyntaxError instead of the sentence."""
    import ast

    text = Path(install.__file__).read_text(encoding="utf-8")
    ast.parse(text, feature_version=(3, 6))
    assert "from __future__" not in text

"""A full disk and a course that cannot be written, real ones: mounts of our own, on Linux.

Even root cannot write there. Elsewhere the same faults are simulated: ``test_workbook.py``,
``test_doctor.py``, ``test_makefile.py`` and ``data/test_download.py``.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.rough import can_unshare
from tests.tools.notebooks import ROOT, lesson_files

pytestmark = pytest.mark.skipif(not can_unshare(), reason="needs mounts of its own: Linux only")

FULL = (
    'mount -t tmpfs -o size=300k none "$1"; cp -r "$2"/. "$1"; cat /dev/zero >"$1"/x 2>&- || true'
)
READ_ONLY = 'mount --bind "$1" "$1"; cp -r "$2"/. "$1"; mount -o remount,ro,bind "$1"'


def run(trouble: str, place: Path, course: Path, *words: str) -> subprocess.CompletedProcess:
    """Run ``python -m coursekit …`` in a copy of ``course`` at ``place``, which is in trouble."""
    script = f'set -e; {trouble}; cd "$1"; shift 2; exec "$@"'
    unshare = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
    command = [sys.executable, "-c", COMMAND, str(place), *words]
    return subprocess.run(
        [*unshare, str(place), str(course), *command], capture_output=True, text=True, timeout=300
    )


COMMAND = """\
import sys
from pathlib import Path
from coursekit import __main__, workbook
place = Path(sys.argv[1])
workbook.lessons_folder = lambda start=None: place / "notebooks"
sys.exit(__main__.main(sys.argv[2:]))
"""


@pytest.fixture
def course(tmp_path) -> Path:
    """A small course to copy."""
    folder = tmp_path / "course"
    (folder / "notebooks").mkdir(parents=True)
    shutil.copy(lesson_files()[0], folder / "notebooks")
    for name in ("pyproject.toml", "README.md", "CITATION.cff"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture
def place(tmp_path) -> Path:
    """Where the copy is, in trouble."""
    folder = tmp_path / "place with spaces"
    folder.mkdir()
    return folder


COMMANDS = {
    "workbook": ["workbook"],
    "workbook --fresh": ["workbook", "--fresh", "0"],
    "lab": ["lab", "--no-browser"],
    "publish": ["publish", "https://github.com/ada/course-with-a-longer-name-than-before"],
    "progress": ["progress", "notebooks"],
    "mnist": ["mnist", "--folder", "mnist", "--mirror", "http://127.0.0.1:9/mnist"],
}


TROUBLES = {
    "full": (FULL, "disk is full|No space left"),
    "read-only": (READ_ONLY, "cannot be written|Cannot write|cannot be read or written"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", TROUBLES)
def test_a_command_that_cannot_write_says_so_in_a_sentence(command, kind, course, place):
    if (command, kind) == ("mnist", "full"):
        pytest.skip("data/test_download.py fills the disk while a server sends")
    trouble, says = TROUBLES[kind]
    done = run(trouble, place, course, *COMMANDS[command])
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(says, done.stderr), done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_names_a_read_only_course(course, place):
    done = run(READ_ONLY, place, course, "doctor")
    line = next(line for line in done.stdout.splitlines() if " folders " in line)
    assert line.startswith("NOTE") and "copy the course into a folder of yours" in line

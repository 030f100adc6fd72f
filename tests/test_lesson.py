"""The set-up call: the same numbers everywhere, and no warning where the home is read-only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from coursekit import lesson, places
from tests.faults.rough import can_unshare

DRAW = """\
from coursekit import lesson
lesson.start()
import matplotlib.font_manager, torch
print(torch.get_num_threads(), repr(torch.tensor([1 / 3])))
"""


def run(env: dict[str, str], *before: str) -> subprocess.CompletedProcess:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MPL", "XDG_"))}
    words = [*before, sys.executable, "-c", DRAW]
    return subprocess.run(words, capture_output=True, text=True, env=clean | env, timeout=300)


def test_four_threads_are_one():
    done = run({"OMP_NUM_THREADS": "4"})
    assert (done.stdout, done.stderr) == ("1 tensor([0.3333])\n", "")


@pytest.mark.skipif(os.name != "posix", reason="Windows finds the home elsewhere")
def test_a_home_that_is_none_gives_no_warning(tmp_path):
    (tmp_path / "file").write_text("")
    done = run({"HOME": str(tmp_path / "file" / "home")})
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not can_unshare(), reason="needs mounts of its own: Linux only")
def test_a_read_only_home_gives_no_warning(tmp_path):
    script = 'mount --bind "$1" "$1"; mount -o remount,ro,bind "$1"; shift; exec "$@"'
    unshare = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", script, "sh"]
    done = run({"HOME": str(tmp_path)}, *unshare, str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert not list(tmp_path.iterdir())


def test_a_folder_of_the_users_for_matplotlib_is_left(monkeypatch):
    monkeypatch.setenv("MPLCONFIGDIR", "mine")
    monkeypatch.setattr(lesson, "writable", lambda folder: False)
    lesson.start()
    assert os.environ["MPLCONFIGDIR"] == "mine"


def test_writable(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    assert places.writable(tmp_path)
    assert places.writable(tmp_path / "not" / "yet")
    assert not places.writable(tmp_path / "file")
    assert not places.writable(tmp_path / "file" / "in it")
    monkeypatch.setattr(places.os, "access", lambda path, mode: mode == os.F_OK)
    assert not places.writable(tmp_path)


def test_a_home_that_may_not_be_searched(monkeypatch):
    """Another user's, as in some containers. Before Python 3.14 exists() raises there."""

    def refuse(path, **_):
        raise PermissionError(13, "Permission denied", str(path))

    home = Path(Path.cwd().anchor, "root")
    monkeypatch.setattr(Path, "exists", refuse)
    monkeypatch.setattr(places.os, "access", lambda path, mode: path == home.parent and mode == 0)
    assert not places.writable(home / ".config" / "matplotlib")


def test_a_home_that_nobody_knows(monkeypatch):
    def unknown():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", unknown)
    assert not places.home_is_writable()
    assert lesson._matplotlib_folders()

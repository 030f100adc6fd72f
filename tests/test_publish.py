"""`make publish`: a fork's address everywhere, nothing else touched, and back again."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from coursekit import publish
from coursekit.publish import Address, PublishError
from tests.tools.lint import contract
from tests.tools.notebooks import ROOT, lesson_files, read

FORK = "https://github.com/ada-l/maschinen.lernen"
YEAR = FORK + "/tree/2026"
ELSEWHERE = "https://github.com/b/c"


@pytest.fixture
def course(tmp_path) -> Path:
    """A copy of everything that publishing may touch, and of what it must not."""
    root = tmp_path / "my course"
    shutil.copytree(ROOT / "notebooks", root / "notebooks", ignore=shutil.ignore_patterns(".*"))
    for name in ("README.md", "CITATION.cff", "pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, root)
    return root


def contents(root: Path) -> dict[str, bytes]:
    files = [path for path in root.rglob("*") if path.is_file()]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def names_in(root: Path) -> set[str]:
    """Every repository of GitHub that a badge, an installation, a clone or the citation names."""
    found = set()
    for text in (content.decode() for content in contents(root).values()):
        found |= set(
            re.findall(r"colab\.research\.google\.com/github/([\w.-]+/[\w.-]+)/blob", text)
        )
        found |= set(re.findall(r"git\+https://github\.com/([\w.-]+/[\w.-]+)", text))
        found |= set(re.findall(r"git clone .*https://github\.com/([\w.-]+/[\w.-]+)", text))
        found |= set(re.findall(r'repository-code: "https://github\.com/([\w.-]+/[\w.-]+)', text))
    return found


@pytest.mark.parametrize("path", lesson_files(), ids=lambda p: p.stem)
def test_every_badge_points_at_its_own_notebook(path):
    badges = re.findall(r"https://colab\.[^\s)\"]+", path.read_text(encoding="utf-8"))
    assert badges == [Address.of(ROOT).badge + path.name]


def test_the_address_stands_in_one_place_and_all_else_agrees():
    assert names_in_checkout() == {f"{contract.ADDRESS.owner}/{contract.ADDRESS.repository}"}


def names_in_checkout() -> set[str]:
    found = set()
    for path in [*lesson_files(), ROOT / "README.md", ROOT / "CITATION.cff"]:
        found |= set(
            re.findall(r"github(?:\.com)?/([\w-]+/[\w.-]+?)(?=[/\"\\\s])", path.read_text())
        )
    return {name for name in found if not name.startswith("you/")}


@pytest.mark.parametrize("address", [FORK, YEAR, FORK + "/", FORK + ".git"])
def test_a_fork_gets_its_address_everywhere_and_keeps_all_else(course, address):
    before = contents(course)
    changed = publish.publish(Address.parse(address), course)
    after = contents(course)
    wanted = {f"notebooks/{path.name}" for path in lesson_files()} | {"README.md", "CITATION.cff"}
    assert {path.relative_to(course).as_posix() for path in changed} == wanted
    assert {name for name in after if after[name] != before.get(name)} == wanted
    assert names_in(course) == {"ada-l/maschinen.lernen"}
    for name in wanted:
        lines = [before[name].splitlines(), after[name].splitlines()]
        different = [pair for pair in zip(*lines, strict=True) if pair[0] != pair[1]]
        assert len(different) == (2 if name.startswith("notebooks") else 1), name


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://github.com/ada/course?tab=readme-ov-file", "https://github.com/ada/course"),
        ("https://github.com/ada/course#readme", "https://github.com/ada/course"),
        (YEAR + "?tab=readme-ov-file#data", YEAR),
        ("https://github.com/ada/_course", "https://github.com/ada/_course"),
    ],
)
def test_an_address_as_the_browser_shows_it(text, url):
    assert Address.parse(text).url == url


@pytest.mark.parametrize("path", lesson_files(), ids=lambda p: p.stem)
def test_the_lint_accepts_a_published_lesson_and_no_other_address(course, path, monkeypatch):
    from tests.tools.lint import Lesson, anatomy, code, lint

    address = Address.parse(YEAR)
    publish.publish(address, course)
    lesson = Lesson.load(course / "notebooks" / path.name)
    ours = {finding.rule for finding in lint(lesson)}
    assert {"title", "setup"} <= ours
    cell = contract.SETUP.replace(contract.ADDRESS.requirement, address.requirement)
    for module in (anatomy, code, sys.modules["tests.tools.lint.budgets"].contract):
        monkeypatch.setattr(module, "SETUP", cell)
    monkeypatch.setattr(anatomy, "COLAB_URL", address.badge + "{name}")
    assert [str(f) for f in lint(lesson) if f.rule != "links"] == []


def test_the_setup_cell_of_a_published_course_is_the_same_in_every_lesson(course):
    publish.publish(Address.parse(YEAR), course)
    cells = set()
    for path in sorted((course / "notebooks").glob("*.ipynb")):
        cells.add(next(c.source for c in read(path).cells if c.cell_type == "code"))
    (cell,) = cells
    assert (
        '%pip install -q "coursekit @ git+https://github.com/ada-l/maschinen.lernen@2026"' in cell
    )


def test_there_and_back_gives_every_byte_back(course):
    before = contents(course)
    for address in (FORK, YEAR, ELSEWHERE):
        publish.publish(Address.parse(address), course)
        assert Address.of(course).url == address
    assert names_in(course) == {"b/c"}
    publish.publish(Address.of(ROOT), course)
    assert contents(course) == before


def test_windows_line_ends_stay(course):
    path = course / "README.md"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    before = path.read_bytes()
    publish.publish(Address.parse(FORK), course)
    assert b"\n" not in path.read_bytes().replace(b"\r\n", b"")
    publish.publish(Address.of(ROOT), course)
    assert path.read_bytes() == before


def test_a_second_time_writes_nothing(course):
    publish.publish(Address.parse(FORK), course)
    stamps = {path: path.stat().st_mtime_ns for path in course.rglob("*")}
    assert publish.publish(Address.parse(FORK), course) == []
    assert {path: path.stat().st_mtime_ns for path in course.rglob("*")} == stamps


def test_a_lesson_that_came_later_from_elsewhere_is_brought_into_line(course):
    publish.publish(Address.parse(FORK), course)
    new = course / "notebooks" / lesson_files()[-1].name
    shutil.copy(lesson_files()[-1], new)
    assert publish.publish(Address.parse(FORK), course) == [new]
    assert names_in(course) == {"ada-l/maschinen.lernen"}


def test_what_a_student_or_teacher_wrote_beside_it_stays(course):
    own = "see git+https://github.com/x/y and https://github.com/your-org/other\n"
    (course / "notebooks" / "own.ipynb").write_text(own)
    (course / "notebooks" / "rise.css").write_text(own)
    path = lesson_files()[1].name
    nb = json.loads((course / "notebooks" / path).read_text(encoding="utf-8"))
    nb["cells"][3]["source"] = [own]
    (course / "notebooks" / path).write_text(json.dumps(nb), encoding="utf-8")
    publish.publish(Address.parse(FORK), course)
    assert (course / "notebooks" / "own.ipynb").read_text() == own
    assert (course / "notebooks" / "rise.css").read_text() == own
    nb = json.loads((course / "notebooks" / path).read_text(encoding="utf-8"))
    assert nb["cells"][3]["source"] == [own]


def test_stopped_half_way_it_is_finished_by_doing_it_again(course, monkeypatch):
    written = []
    real = publish.workbook.write

    def until_full(path, content):
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        written.append(path)
        real(path, content)

    before = contents(course)
    with monkeypatch.context() as patch:
        patch.setattr(publish.workbook, "write", until_full)
        with pytest.raises(PublishError, match="No space left"):
            publish.publish(Address.parse(FORK), course)
    assert Address.of(course) == Address.of(ROOT)
    publish.publish(Address.parse(FORK), course)
    assert names_in(course) == {"ada-l/maschinen.lernen"}
    publish.publish(Address.of(ROOT), course)
    assert contents(course) == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not the address of a repository"),
        ("course", "not the address"),
        ("http://github.com/a/b", "Write it as the browser shows it"),
        ("github.com/a/b", "not the address"),
        ("git@github.com:a/b.git", "not the address"),
        ("https://github.com/a", "not the address"),
        ("https://github.com/a/b/blob/main/README.md", "not the address"),
        ("https://github.com/a/b/tree/feature/x", "not the address"),
        ("https://github.com/a/b c", "not the address"),
        ("https://github.com/a/b/tree/..", "not the address"),
        ('https://github.com/a/b"; rm -rf', "not the address"),
        ("https://github.com/-/b\nx", "not the address"),
        ("https://ghp_secret@github.com/a/b", "holds a name or password"),
        ("https://ada:secret@github.com/a/b", "holds a name or password"),
        ("https://gitlab.com/a/b", "from GitHub only"),
        ("https://github.com.evil.org/a/b", "from GitHub only"),
    ],
)
def test_an_odd_address_is_refused_with_a_sentence(course, text, says):
    before = contents(course)
    with pytest.raises(PublishError, match=says) as error:
        Address.parse(text)
    assert "secret" not in str(error.value)
    assert contents(course) == before


def test_without_an_address_the_command_says_the_present_one(course, monkeypatch, capsys):
    monkeypatch.setattr(publish.workbook, "lessons_folder", lambda: course / "notebooks")
    assert publish.main([]) == 0
    assert publish.main([YEAR]) == 0
    assert publish.main([YEAR]) == 0
    present, first, commit, second = capsys.readouterr().out.splitlines()
    assert present == Address.of(ROOT).url
    count = len(lesson_files()) + 2
    assert first == f"The course names {YEAR} (files changed: {count})."
    assert "Commit and push" in commit
    assert second == f"The course names {YEAR} (files changed: 0)."


def test_a_course_without_its_citation_is_a_sentence(course):
    (course / "CITATION.cff").unlink()
    with pytest.raises(PublishError, match="names no repository-code"):
        Address.of(course)


def test_in_a_real_process_an_odd_address_is_one_line():
    done = subprocess.run(
        [sys.executable, "-m", "coursekit", "publish", "https://gitlab.com/a/b"],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1

"""Nothing here runs what a file or a server says, keeps a secret, or opens a door."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from coursekit import download
from tests.tools.lint import contract
from tests.tools.lint.code import parse
from tests.tools.notebooks import ROOT, lesson_files, read

PACKAGE = sorted((ROOT / "src" / "coursekit").rglob("*.py"))
TOOLS = [ROOT / "data" / "build.py", *sorted((ROOT / "tests" / "tools").rglob("*.py"))]

#: Reading such a file runs what it says.
UNPICKLERS = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"}

#: Of ``pickle``, what reads nothing: its exceptions, and writing (lesson 12 shows what it refuses).
READS_NOTHING = {"pickle.PicklingError", "pickle.UnpicklingError", "pickle.dumps"}

#: Where a student's own code is run, which is the point there; nowhere else is text run as code.
RUNS_STUDENTS_CODE = {"exercises/source.py", "progress/student.py"}


def trees() -> Iterator[tuple[str, ast.AST]]:
    """Every module of the package and the tools, and every code cell of every lesson."""
    for path in [*PACKAGE, *TOOLS]:
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))
    for path in lesson_files():
        for number, cell in enumerate(read(path).cells, 1):
            if cell.cell_type == "code":
                yield f"{path.name}, cell {number}", ast.Module(parse(cell.source) or [], [])


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Each call with the dotted name of what is called: ``("torch.load", …)``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def keywords(call: ast.Call) -> dict[str, str]:
    return {k.arg: ast.unparse(k.value) for k in call.keywords if k.arg}


def unsafe(where: str, tree: ast.AST) -> Iterator[str]:
    """What must not be in a piece of code."""
    used = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    used = {name for name in used if name.startswith("pickle.")}
    harmless = used and used <= READS_NOTHING
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            if name == "pickle" and harmless and ast.unparse(node) == "import pickle":
                continue
            if name.split(".")[0] in UNPICKLERS:
                yield f"{where}: imports {name}, which runs what a file says"
    for name, call in calls(tree):
        given = keywords(call)
        if name == "torch.load" and given.get("weights_only") != "True":
            yield f"{where}: {name} without weights_only=True"
        if given.get("weights_only") == "False" or given.get("allow_pickle") == "True":
            yield f"{where}: {name} loads more than numbers"
        if given.get("shell") == "True" or name in (
            "os.system",
            "os.popen",
            "subprocess.getoutput",
        ):
            yield f"{where}: {name} runs a line in a shell"
        if name in ("yaml.load", "yaml.unsafe_load"):
            yield f"{where}: {name} builds any object; use yaml.safe_load"
        in_exercises = where.removeprefix("src/coursekit/") in RUNS_STUDENTS_CODE
        if name in ("eval", "exec") and where.startswith("src/") and not in_exercises:
            yield f"{where}: {name} of text"


def test_no_code_of_the_course_runs_what_a_file_says_or_a_shell():
    assert [problem for where, tree in trees() for problem in unsafe(where, tree)] == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from joblib import load",
        "torch.load('x.pt')",
        "torch.load('x.pt', weights_only=False)",
        "np.load('x.npy', allow_pickle=True)",
        "subprocess.run('ls', shell=True)",
        "os.system('ls')",
        "yaml.load(text)",
    ],
)
def test_each_of_these_would_be_found(code):
    assert list(unsafe("src/coursekit/x.py", ast.parse(code)))
    assert list(unsafe("07_x.ipynb, cell 3", ast.parse(code)))


def test_weights_that_are_loaded_as_weights_pass():
    code = "state = torch.load(path, weights_only=True)\nmodel.load_state_dict(state)"
    assert not list(unsafe("07_x.ipynb, cell 3", ast.parse(code)))


@pytest.mark.parametrize("path", lesson_files(), ids=lambda p: p.stem)
def test_a_lesson_has_no_shell_line_but_the_set_up_cells(path):
    """Counted here from the text alone, apart from the lint's rule."""
    found = []
    for cell in read(path).cells:
        if cell.cell_type == "code" and cell.source != contract.SETUP:
            found += re.findall(
                r"^\s*(?:!|%%?(?:pip|bash|sh|script|cmd|sx|system|conda)\b).*", cell.source, re.M
            )
            found += re.findall(r"get_ipython\(\)\.(?:system|getoutput)\b.*", cell.source)
    assert not found
    assert len(re.findall(r"^\s*[!%]", contract.SETUP, re.M)) == 1


# ---- downloads


def test_nothing_is_fetched_without_a_checksum():
    assert inspect.signature(download.fetch).parameters["sha256"].default is inspect.Parameter.empty
    for where, tree in trees():
        for name, call in calls(tree):
            if name in ("fetch", "download.fetch") and where.startswith("src/"):
                assert len(call.args) >= 3 or "sha256" in keywords(call), where


#: Where the package opens an address: downloads, and the question whether our own server is up.
OPENS_ADDRESSES = {"src/coursekit/download.py", "src/coursekit/serve.py"}


def test_addresses_are_opened_in_two_places_only():
    opening = r"urlopen|urlretrieve|build_opener|requests\.|httpx|aiohttp|http\.client\.HTTP|ftplib"
    opening += r"|load_state_dict_from_url|download=True"
    found = {
        path.relative_to(ROOT).as_posix()
        for path in PACKAGE
        if re.search(opening, path.read_text(encoding="utf-8"))
    }
    assert found == OPENS_ADDRESSES
    for path in lesson_files():
        for cell in read(path).cells:
            assert cell.cell_type != "code" or not re.search(opening, cell.source), path.name


# ---- secrets


SECRETS = re.compile(
    r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bhf_[A-Za-z]{20,}|\bsk-[A-Za-z0-9-]{20,}"
    r"|\bAKIA[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY|\bxox[abp]-\d+"
)
ASKING = re.compile(
    r"getpass|\bkeyring\b|\bnetrc\b|wandb\.login|notebook_login|userdata\.get|auth\.authenticate_user"
    r"|environ\S*(?:TOKEN|SECRET|PASSWORD|API_KEY)"
)


def text_files() -> list[Path]:
    kinds = {".py", ".ipynb", ".md", ".toml", ".yml", ".cff", ".txt", ".css", ".js", ".cfg", ""}
    folders = [ROOT / name for name in ("src", "tests", "notebooks", ".github", ".ci")]
    inside = [p for folder in folders for p in folder.rglob("*") if p.is_file()]
    return [p for p in [*inside, *ROOT.glob("*.*")] if p.suffix in kinds and p.is_file()]


def test_no_secret_is_in_any_file():
    found = [p.name for p in text_files() if SECRETS.search(p.read_text("utf-8", "replace"))]
    assert found == []


def test_nothing_asks_for_a_secret():
    """No log-in anywhere: not for data, not for logging, not for a hub."""
    found = {p.name for p in PACKAGE if ASKING.search(p.read_text(encoding="utf-8"))}
    found |= {
        path.name
        for path in lesson_files()
        for cell in read(path).cells
        if cell.cell_type == "code" and ASKING.search(cell.source)
    }
    assert found == set()


# ---- encodings: what a file says must not depend on whose computer reads it


def test_every_text_file_is_opened_with_its_encoding():
    words = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--preview",
        "--isolated",
        "--select",
        "PLW1514",
    ]
    done = subprocess.run([*words, "src"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout

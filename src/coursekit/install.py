"""Make the course's environment: ``.venv`` with the pinned packages; again when they change.

Runs before anything is installed, as a file (``python3 src/coursekit/install.py lab``), with the
standard library only. An old Python gets a sentence too, so no syntax here is newer than 3.6.
"""

import argparse
import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["InstallError", "advice", "install", "main"]

ROOT = Path(__file__).resolve().parents[2]
OLDEST, NEWEST = (3, 11), (3, 14)  # the oldest that the course promises, the newest with a torch
NEEDED_GIB = 7  # the environment and pip's temporary copy of its largest package; Linux with CUDA
EXTRAS = {"lab": {"lab"}, "test": {"lab", "test"}}  # what each extra brings along
INPUTS = ("pyproject.toml", "constraints.txt")
STAMP = "coursekit-stamp.json"
LOG = "install.log"


class InstallError(Exception):
    """The environment cannot be made; the message says why and what to do."""


def main(argv=None) -> int:
    """Run ``install.py lab`` or ``install.py test``; ``--torch cpu`` is the small download."""
    parser = argparse.ArgumentParser(description="Make the course's environment in .venv.")
    parser.add_argument("extra", choices=sorted(EXTRAS), help="for students: lab; for tests: test")
    parser.add_argument("--torch", choices=("default", "cpu"), help="cpu: without CUDA")
    args = parser.parse_args(argv)
    if sys.version_info[:2] < OLDEST or sys.version_info[:2] > NEWEST:
        return _hand_over(argv if argv is not None else sys.argv[1:])
    try:
        install(ROOT, args.extra, args.torch)
    except InstallError as e:
        print(e, file=sys.stderr)
        return 1
    except OSError as e:
        print(advice(str(e)) or f"The installation failed ({e}).", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. The next try goes on from here.", file=sys.stderr)
        return 130
    return 0


def _hand_over(argv) -> int:
    """Run this file with a Python that fits, if the machine has one; return its exit status."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and _works(found):
            return subprocess.call([found, str(Path(__file__).resolve()), *argv])
    have = ".".join(map(str, sys.version_info[:3]))
    how = "make lab PYTHON=/path/to/python3.12"
    if os.name == "nt":  # no make there, and `py` alone starts the newest Python
        how = r"py -3.12 src\coursekit\install.py lab"
    print(
        f"Python {have} does not fit: the course needs 3.{OLDEST[1]} to 3.{NEWEST[1]}. Install one "
        f"of these, then name it: {how}",
        file=sys.stderr,
    )
    return 1


def _works(python) -> bool:
    """Whether a Python starts at all (a version manager's launcher may not), and fits."""
    code = f"import sys; sys.exit(not {OLDEST} <= sys.version_info[:2] <= {NEWEST})"
    return subprocess.call([str(python), "-c", code], **_silent()) == 0


def _silent() -> dict:
    return {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def install(root: Path, extra: str, torch: "str | None" = None) -> bool:
    """Bring ``root/.venv`` up to date with the pins; return whether anything was done.

    Args:
        root: The checkout.
        extra: ``"lab"`` or ``"test"``; an environment for tests serves as ``lab`` too.
        torch: ``"cpu"`` for the build without CUDA, ``"default"`` for pip's choice. None keeps
            what is there.

    Raises:
        InstallError: With the advice for the reader.
    """
    venv = root / ".venv"
    stamp = _read_stamp(venv)
    build = torch or stamp.get("torch", "default")
    wanted = {"inputs": _hash(root), "extra": extra, "torch": build, "root": str(root)}
    if _serves(stamp, wanted) and _python_of(venv).exists():
        return False
    if extra == "lab" and stamp.get("extra") == "test":
        wanted["extra"] = "test"
    _make_venv(root, venv, wanted["torch"])
    (venv / STAMP).unlink(missing_ok=True)
    print("Installing the course into .venv: some minutes, once.", flush=True)
    python = str(_python_of(venv))
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "-c", "constraints.txt"]
    _run([*pip, "hatchling", "editables", *(["uv"] if wanted["torch"] == "cpu" else [])], root)
    what = ["--no-build-isolation", "-e", f".[{wanted['extra']}]"]
    if wanted["torch"] == "cpu":
        # uv knows where PyTorch keeps its CPU builds; pip would have to be told an address
        uv = [python, "-m", "uv", "pip", "install", "--python", python, "--torch-backend=cpu"]
        swap = ["--reinstall-package=torch", "--reinstall-package=torchvision"]
        _run([*uv, *swap, "-c", "constraints.txt", *what], root)
    else:
        _run([*pip, *what], root)
    (venv / STAMP).write_text(json.dumps(wanted) + "\n", encoding="utf-8")
    print("Installed.", flush=True)
    return True


def _hash(root: Path) -> str:
    """A hash of the files that say what to install."""
    try:
        contents = [(root / name).read_bytes() for name in INPUTS]
    except OSError as e:
        raise InstallError(f"{e.filename} cannot be read; get the course again.") from None
    return hashlib.sha256(b"\0".join(contents)).hexdigest()


def _read_stamp(venv: Path) -> dict:
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _serves(stamp: dict, wanted: dict) -> bool:
    """Whether what the stamp says is installed is enough."""
    same = all(stamp.get(key) == wanted[key] for key in ("inputs", "torch", "root"))
    return same and wanted["extra"] in EXTRAS.get(stamp.get("extra"), ())


def _python_of(venv: Path) -> Path:
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _make_venv(root: Path, venv: Path, torch: str) -> None:
    """Create the virtual environment, unless there is one that works."""
    python = _python_of(venv)
    if venv.exists() and not venv.is_dir():
        raise InstallError(f"{venv} is in the way: rename it, then try again.")
    if python.exists() and _works(python) and _has_pip(python):
        return
    _check_venv_module()
    free = shutil.disk_usage(str(root)).free / 2.0**30
    if sys.platform == "linux" and torch != "cpu" and free < NEEDED_GIB:
        raise InstallError(
            f"Only {free:.1f} GiB are free here and the packages need about {NEEDED_GIB}: free "
            "some space, or take the build of torch without CUDA: make lab TORCH=cpu"
        )
    import venv as module

    try:
        module.EnvBuilder(clear=True, with_pip=True, symlinks=os.name != "nt").create(str(venv))
    except (OSError, subprocess.CalledProcessError) as e:
        text = f"{e}\n{getattr(e, 'output', '') or ''}"
        raise InstallError(advice(text) or f"{venv} cannot be made: {e}.") from None


def _has_pip(python: Path) -> bool:
    return subprocess.call([str(python), "-m", "pip", "--version"], **_silent()) == 0


def _check_venv_module() -> None:
    try:
        import ensurepip
        import venv

        assert ensurepip and venv
    except ImportError:
        raise InstallError(
            "This Python has no venv module. On Debian and Ubuntu: sudo apt install "
            f"python3.{sys.version_info[1]}-venv. Without root rights: conda env create -f "
            "environment.yml"
        ) from None


def _run(words: list, root: Path) -> None:
    """Run an installer in ``root``; on a terminal show where it is; keep its log if it fails."""
    lines = []
    process = subprocess.Popen(
        words,
        cwd=str(root),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    for raw in process.stdout:
        lines.append(raw.decode("utf-8", "replace").rstrip())
        _show(lines[-1])
    _show("")
    if process.wait():
        text = "\n".join(lines)
        log = root / ".venv" / LOG
        with contextlib.suppress(OSError):  # the disk may be what is full
            log.write_text(text + "\n", encoding="utf-8")
        raise InstallError(advice(text) or _last_error(lines, log))


def _show(line: str) -> None:
    """Overwrite the terminal's last line with what is being done now."""
    if not sys.stdout.isatty():
        return
    width = shutil.get_terminal_size().columns - 1
    if not line or re.match(r" *(Collecting|Downloading|Installing|Using cached|Building)", line):
        print("\r" + line.strip()[:width].ljust(width) + ("" if line else "\r"), end="", flush=True)


#: What an installer's output says about the cause, most certain first: (pattern, advice).
CAUSES = (
    (
        r"No space left on device|\[Errno 28\]|Errno 122|not enough space on the disk",
        "The disk is full: free some space (also by: python3 -m pip cache purge), then try again.",
    ),
    (
        r"NewConnectionError|NameResolutionError|ConnectTimeoutError|name resolution|getaddrinfo"
        r"|Network is unreachable|Max retries exceeded|Connection (refused|reset|aborted|broken)"
        r"|ReadTimeoutError|[Rr]ead timed out|ProxyError|dns error|error sending request",
        "The packages could not be downloaded: check the network (or proxy), then try again; it "
        "goes on from here.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLError",
        "A certificate was refused, often by a proxy: ask your network's administrator, or try "
        "another network.",
    ),
    (
        r"No matching distribution found for torch|no wheels? with a matching",
        "There is no torch for this machine or this Python: take 64-bit Python 3.11 to 3.14 on "
        "Linux, Windows or a Mac with an Apple chip, or run the lessons in Colab.",
    ),
    (
        r"enable-long-paths|WinError 206",
        "A path is too long for Windows: move the course to a short folder, for instance "
        "C:\\course, then try again.",
    ),
    (
        r"WinError (5|32)\b",
        "A file is in use, or this folder is not yours: close Jupyter and every Python, then try "
        "again; if that does not help, move the course to your home folder.",
    ),
    (
        r"Permission denied|\[Errno 13\]|Read-only file system|\[Errno 30\]",
        "This folder cannot be written: move the course to your home folder, then try again.",
    ),
)


def advice(text: str) -> str:
    """Return what to do about an installer's output, empty when its cause is not known.

    The last error is asked first: what was warned of before it may have been overcome.

    >>> advice("OSError: [Errno 28] No space left on device")[:17]
    'The disk is full:'
    """
    last = text.rpartition("\nERROR")[2]
    if "No matching distribution" in last:  # a download that failed ends in this, too
        last = text
    for said in (last, text):
        for pattern, remedy in CAUSES:
            if re.search(pattern, said):
                return remedy
    return ""


def _last_error(lines: list, log: Path) -> str:
    errors = [line for line in lines if re.match(r"(ERROR|error)\b", line.strip())]
    last = (errors or [line for line in lines if line.strip()] or ["no message"])[-1].strip()
    return f"The installation failed ({last[:200]}). All messages: {log}"


if __name__ == "__main__":
    sys.exit(main())

"""Many notebooks: a few processes at a time, nothing lost when one dies or all are stopped."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import coursekit
from coursekit.progress.student import work
from coursekit.progress.table import Row


@dataclass(frozen=True)
class Limits:
    """What one notebook may use, and how many run at the same time."""

    minutes: float = 10.0
    memory_gb: float = 4.0
    jobs: int = 1


def notebooks_in(folder: Path) -> list[Path]:
    """All notebooks below ``folder``, without hidden folders and checkpoints.

    Example:
        >>> with tempfile.TemporaryDirectory() as name:
        ...     _ = (Path(name) / "07_digits.ipynb").write_text("{}", encoding="utf-8")
        ...     [path.name for path in notebooks_in(Path(name))]
        ['07_digits.ipynb']
    """
    found = folder.rglob("*.ipynb")
    hidden = [p for p in found if not any(n.startswith(".") for n in p.relative_to(folder).parts)]
    return sorted(p for p in hidden if p.is_file())


def student_of(path: Path, folder: Path) -> str:
    """Whose notebook it is: the first folder below ``folder``, or the file's name.

    >>> student_of(Path("in/anna/07_digits.ipynb"), Path("in"))
    'anna'
    >>> student_of(Path("in/anna_07_digits.ipynb"), Path("in"))
    'anna'
    """
    parts = path.relative_to(folder).parts
    if len(parts) > 1:
        return parts[0]
    return re.sub(r"(?<=.)[-_ ]+\d\d_.*$", "", path.stem)


def rerun(folder: Path, store: Path, limits: Limits, tick: Callable[[int, int], None]) -> list[Row]:
    """Judge every notebook below ``folder``.

    Args:
        folder: Where the notebooks are.
        store: Results so far, one line of JSON for each notebook: read first, then appended to. A
            notebook is run again only if it, the exercises or the limits have changed. Equal files
            of one name are run once.
        limits: For each notebook.
        tick: Called with how many are done and how many there are.

    Returns:
        The rows of all notebooks, in the order of their paths.

    Example:
        >>> with tempfile.TemporaryDirectory() as name:
        ...     rerun(Path(name), Path(name) / "store.jsonl", Limits(), tick=print)
        0 0
        []
    """
    paths = notebooks_in(folder)
    keys = {path: _key(path, limits) for path in paths}
    known = _load(store)
    todo = list({keys[path]: path for path in paths if keys[path] not in known}.values())
    tick(sum(k in known for k in keys.values()), len(paths))
    with store.open("a", encoding="utf-8") as file:
        for path, told in _run_all(todo, limits):
            known[keys[path]] = told
            entry = {"key": keys[path], "checks": _checks(told["lesson"]), "told": told}
            file.write("\n" + json.dumps(entry))  # first: a line cut short must not swallow it
            file.flush()
            tick(sum(k in known for k in keys.values()), len(paths))
    return [row for path in paths for row in _rows(path, folder, known[keys[path]])]


def _key(path: Path, limits: Limits) -> str:
    """Changes with the notebook and the limits."""
    digest = hashlib.sha256(os.fsencode(path.name))
    with suppress(OSError):
        digest.update(path.read_bytes())
    digest.update(repr((limits.minutes, limits.memory_gb)).encode())
    return digest.hexdigest()


def _checks(lesson: str) -> str:
    """Changes with the exercises of a lesson, and with the code that checks them."""
    digest = hashlib.sha256(coursekit.__version__.encode())
    for path in sorted((Path(coursekit.__file__).parent / "exercises").glob("*.py")):
        if path.stem == f"lesson_{lesson}" or not path.stem.startswith("lesson_"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _load(store: Path) -> dict[str, dict]:
    known = {}
    checks = cache(_checks)  # of a lesson once, not for each of its notebooks
    with suppress(FileNotFoundError):
        for line in store.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError, KeyError, TypeError):  # the line being written at the end
                entry = json.loads(line)
                if entry["checks"] == checks(entry["told"]["lesson"]):
                    known[entry["key"]] = entry["told"]
    return known


@dataclass
class _Running:
    """A notebook in its process, and what it has said so far."""

    path: Path
    process: Any
    connection: Connection
    folder: str
    start: float = field(default_factory=time.monotonic)
    messages: list[dict] = field(default_factory=list)
    ended: bool = False

    def listen(self) -> None:
        """Read what has arrived; note the end."""
        dead = not self.process.is_alive()  # asked first: what it said last is then there to read
        try:
            while self.connection.poll():
                with suppress(ValueError):
                    self.messages.append(json.loads(self.connection.recv_bytes()))
                if len(self.messages) == 1:
                    self.start = time.monotonic()  # loading torch is not the student's time
        except (EOFError, OSError):
            dead = True
        self.ended = dead

    def end(self) -> None:
        """End the process and everything that it has started."""
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        with suppress(ValueError, AttributeError):
            self.process.kill()
        self.process.join()
        self.connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def finished(self) -> bool:
        """Whether the notebook was judged to its end."""
        return any("end" in m for m in self.messages)

    def told(self, problem: str) -> dict:
        """What is kept: the messages as a dict, and what stopped the notebook, if anything."""
        head = next((m for m in self.messages if "lesson" in m), {})
        broken = next((m["problem"] for m in self.messages if "problem" in m), "")
        return {
            "lesson": head.get("lesson", ""),
            "exercises": head.get("exercises", []),
            "found": {m["exercise"]: m for m in self.messages if "exercise" in m},
            "problem": broken or problem,
            "minutes": round((time.monotonic() - self.start) / 60, 3),
        }


def _run_all(paths: list[Path], limits: Limits) -> Iterator[tuple[Path, dict]]:
    context = _context()
    waiting, running = list(reversed(paths)), []
    try:
        while waiting or running:
            while waiting and len(running) < limits.jobs:
                running.append(_start(context, waiting.pop(), limits))
            wait([w for r in running for w in (r.connection, r.process.sentinel)], timeout=0.2)
            for one in list(running):
                one.listen()
                late = time.monotonic() - one.start > limits.minutes * 60
                if not (one.ended or one.finished or late):
                    continue
                if one.ended:
                    one.process.join(5)
                problem = _problem(one, late, limits)
                one.end()
                running.remove(one)
                yield one.path, one.told(problem)
    finally:
        for one in running:
            one.end()


LONGEST_TEMPORARY = 70
"""Bytes in the name of the folder for temporary files: a fork server's socket lies below it, and
Linux allows such a socket 107 in all."""


def _context() -> Any:
    """How processes start: forked from one that has torch loaded, where that is sound."""
    long = len(os.fsencode(tempfile.gettempdir())) > LONGEST_TEMPORARY
    if sys.platform != "linux" or long:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["coursekit.progress.preload"])
    return context


def _start(context: Any, path: Path, limits: Limits) -> _Running:
    reading, writing = context.Pipe(duplex=False)
    folder = tempfile.mkdtemp(prefix="progress-")
    task = (str(path.resolve()), writing, limits.memory_gb, folder)
    process = context.Process(target=work, args=task)
    process.start()
    writing.close()
    return _Running(path, process, reading, folder)


def _problem(one: _Running, late: bool, limits: Limits) -> str:
    if one.finished:
        return ""
    if late and not one.ended:
        return f"stopped after {limits.minutes:g} minutes"
    code = one.process.exitcode
    if code is not None and code < 0:
        named = -code in set(signal.Signals)  # real-time signals have no name
        name = signal.Signals(-code).name if named else f"signal {-code}"
        return f"the process was ended by {name} (out of memory, or a crash in compiled code)"
    return f"the process ended with status {code}"


def _rows(path: Path, folder: Path, told: dict) -> Iterator[Row]:
    """The rows of one notebook; at least one."""
    whose = student_of(path, folder), path.relative_to(folder).as_posix()
    lesson, problem, minutes = told["lesson"], told["problem"], told["minutes"]
    if not told["exercises"]:
        yield Row(*whose, lesson, "", "unreadable", minutes, problem or "nothing was found")
    for name in told["exercises"]:
        found = told["found"].get(name)
        if found:
            yield Row(*whose, lesson, name, found["state"], found["minutes"], found["note"])
        else:
            yield Row(*whose, lesson, name, "not reached", minutes, problem)


__all__ = ["Limits", "notebooks_in", "rerun", "student_of"]

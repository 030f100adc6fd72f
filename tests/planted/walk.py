"""Walk through a lesson once; at each planted bug a copy of the process takes the wrong way.

The walker runs the lesson's code cells as they are. Before a cell with planted bugs it forks: each
child has everything that the lesson has defined so far, runs its own version of the cell
and goes on to the first failure. So nothing before the bug runs twice, and torch is
imported once. That the walker itself gets to the end proves that the lesson is sound without bugs.
Forking needs a process that never used a GPU and computes with one thread; ``plant`` starts one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from coursekit.progress.cells import CodeCell, Runner, read_notebook
from tests.planted.mutation import Mutation, NoSuchPlace, apply

ROOT = Path(__file__).resolve().parents[2]


class LessonBroken(Exception):
    """The lesson fails without any bug planted."""


@dataclass(frozen=True)
class Outcome:
    """What became of one planted bug.

    Attributes:
        caught: Whether the lesson stopped as wanted, with the wanted message.
        story: What happened, in one sentence.
        cell: The cell that failed, counted from 1 over all cells of the notebook.
        seconds: From the bug to the end.
    """

    caught: bool
    story: str
    cell: int | None = None
    seconds: float = 0.0


def plant(
    notebook: Path, mutations: Sequence[Mutation], seconds: float = 120, jobs: int = 2
) -> list[Outcome]:
    """Plant each bug, alone, into a copy of the lesson, and say what became of it.

    Args:
        notebook: The lesson; its folder is the working directory.
        mutations: The bugs.
        seconds: Time limit for each bug.
        jobs: Bugs tried at the same time.

    Raises LessonBroken if the lesson does not even run without a bug.
    """
    task = {
        "notebook": str(notebook.resolve()),
        "mutations": [asdict(m) for m in mutations],
        "seconds": seconds,
        "jobs": jobs,
    }
    environment = os.environ | {
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "MPLBACKEND": "Agg",
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.planted.walk"],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        cwd=notebook.resolve().parent,
        env=environment,
        timeout=seconds * (len(mutations) + 1),
    )
    if done.returncode:
        raise LessonBroken(done.stderr.strip()[-2000:])
    return [Outcome(**o) for o in json.loads(done.stdout.splitlines()[-1])]


def _walk(task: dict) -> list[Outcome]:
    """What the started process does."""
    cells = read_notebook(Path(task["notebook"])).cells
    mutations = [Mutation(**m) for m in task["mutations"]]
    outcomes: dict[int, Outcome] = {}
    versions: dict[int, list[tuple[int, str]]] = {}
    for number, mutation in enumerate(mutations):
        try:
            position, source = apply(mutation, cells)
            versions.setdefault(position, []).append((number, source))
        except NoSuchPlace as problem:
            outcomes[number] = Outcome(False, str(problem))

    runner = Runner()
    children = _Children(task["seconds"], task["jobs"])
    for position, cell in enumerate(cells):
        for number, source in versions.get(position, []):
            children.start(number, lambda p=position, s=source: _follow(runner, cells, p, s))
        problem = _failure(runner, cell, cell.source)
        if problem:
            raise LessonBroken(f"Cell {cell.number} fails without any bug: {problem}")
    children.wait()
    for number, seen in children.seen.items():
        outcomes[number] = _judge(mutations[number], seen)
    return [outcomes[number] for number in range(len(mutations))]


def _failure(runner: Runner, cell: CodeCell, source: str) -> str | None:
    """``"AssertionError: …"`` for a cell that fails unwanted, None for any other."""
    error = runner.run(source)
    if error is None or "raises-exception" in cell.tags:
        return None
    return f"{type(error).__name__}: {error}"


def _follow(runner: Runner, cells: Sequence[CodeCell], position: int, source: str) -> dict:
    """Run the changed cell and all after it, to the first failure."""
    for i, cell in enumerate(cells[position:], start=position):
        error = runner.run(source if i == position else cell.source)
        if error is not None and "raises-exception" not in cell.tags:
            return {
                "cell": cell.number,
                "assertion": isinstance(error, AssertionError),
                "error": type(error).__name__,
                "message": str(error)[:5000],  # fits into a pipe that is read only at the end
            }
    return {}


def _judge(mutation: Mutation, seen: dict) -> Outcome:
    """Whether what was seen is what the mutation's author wanted."""
    cell, seconds = seen.get("cell"), seen.get("seconds", 0.0)
    if "problem" in seen:
        return Outcome(False, seen["problem"], cell, seconds)
    if cell is None:
        return Outcome(False, "survived: the lesson ran to its end", None, seconds)
    where = f"cell {cell}: {seen['error']}: {seen['message'].partition(chr(10))[0][:200]}"
    if mutation.loud == seen["assertion"]:
        if mutation.loud:
            return Outcome(False, f"torch let it pass, an assert noticed, {where}", cell, seconds)
        return Outcome(False, f"crashed before any assert noticed, {where}", cell, seconds)
    if mutation.message not in seen["message"]:
        return Outcome(False, f"stopped without {mutation.message!r}, {where}", cell, seconds)
    return Outcome(True, f"caught in {where}", cell, seconds)


class _Children:
    """Forked copies of this process, a few at a time, each with a time limit."""

    def __init__(self, seconds: float, jobs: int) -> None:
        self.seconds, self.jobs = seconds, jobs
        self.seen: dict[int, dict] = {}
        self._running: dict[int, tuple[int, int, float]] = {}  # pid: number, pipe, start

    def start(self, number: int, work) -> None:
        """Fork a child that does ``work`` and reports its result under ``number``."""
        while len(self._running) >= self.jobs:
            self._collect()
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                os.close(reading)
                with os.fdopen(writing, "w", encoding="utf-8") as pipe:
                    json.dump(work(), pipe)
                status = 0
            finally:
                os._exit(status)  # never run the parent's clean-up
        os.close(writing)
        self._running[pid] = (number, reading, time.monotonic())

    def wait(self) -> None:
        """Wait for all of them."""
        while self._running:
            self._collect()

    def _collect(self) -> None:
        for pid, (number, pipe, start) in list(self._running.items()):
            late = time.monotonic() - start > self.seconds
            if late:
                os.kill(pid, 9)
            ended, status = os.waitpid(pid, 0 if late else os.WNOHANG)
            if not ended:
                continue
            del self._running[pid]
            with os.fdopen(pipe, encoding="utf-8") as file:
                said = file.read()
            if late:
                seen = {"problem": f"hung: stopped after {self.seconds:g} seconds"}
            elif status or not said:
                seen = {"problem": f"the process died with status {status}"}
            else:
                seen = json.loads(said)
            self.seen[number] = seen | {"seconds": round(time.monotonic() - start, 2)}
        time.sleep(0.01)


if __name__ == "__main__":
    try:
        print(json.dumps([asdict(outcome) for outcome in _walk(json.load(sys.stdin))]))
    except LessonBroken as broken:
        sys.exit(str(broken))

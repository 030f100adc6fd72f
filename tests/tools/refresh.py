"""Run notebooks from top to bottom, normalise them, and save what changed.

    python -m tests.tools.refresh            every lesson
    python -m tests.tools.refresh 07 x.ipynb these
    python -m tests.tools.refresh --check    save nothing, say what would change (exit status 1)
    python -m tests.tools.refresh 13 --device cuda --to build/gpu    run it there, keep it apart

Each notebook runs in a fresh kernel, in its own folder, on one thread, with the default data and
on the CPU, so that the stored outputs are those that every reader gets. A cell that fails is
named, and its notebook is left as it was.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from tests.tools.lint.contract import SETUP
from tests.tools.normalise import dumps, normalise
from tests.tools.notebooks import NotebookError, find, read, tags, write_text

CELL_TIMEOUT = 300
ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True)
class Refreshed:
    """What refreshing one notebook did: whether its file differs, the seconds, and remarks."""

    path: Path
    changed: bool
    seconds: float
    remarks: list[str]


def refresh(
    path: Path,
    *,
    check: bool = False,
    cell_timeout: int = CELL_TIMEOUT,
    device: str = "cpu",
    to: Path | None = None,
) -> Refreshed:
    """Execute and normalise the notebook at ``path``; save it, or into the folder ``to``.

    With ``check`` nothing is saved. Raises NotebookError, naming the cell, when one fails;
    the file is then untouched.
    """
    begun = time.perf_counter()
    nb = execute(_with_setup(normalise(read(path))), path, cell_timeout, device)
    text = dumps(normalise(nb))
    changed = text != path.read_text(encoding="utf-8")
    if to is not None:
        to.mkdir(parents=True, exist_ok=True)
        write_text(to / path.name, text)
    elif changed and not check:
        write_text(path, text)
    return Refreshed(path, changed, time.perf_counter() - begun, _remarks(nb))


def _with_setup(nb: NotebookNode) -> NotebookNode:
    """Bring a lesson's set-up cell into the form that all have now; returns ``nb``."""
    first = next((cell for cell in nb.cells if cell.cell_type == "code"), None)
    if first is not None and first.source.startswith(SETUP.partition("except")[0]):
        first.source = SETUP
    return nb


def execute(
    nb: NotebookNode, path: Path, cell_timeout: int = CELL_TIMEOUT, device: str = "cpu"
) -> NotebookNode:
    """Run every cell of ``nb`` in a fresh kernel in the folder of ``path``; returns ``nb``."""
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        nb,
        timeout=cell_timeout,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(path.resolve().parent)}},
    )
    with _plain_environment(device):
        try:
            client.execute()
        except CellExecutionError as e:
            raise NotebookError(f"{_where(nb, path)} failed.\n{_indent(e.traceback)}") from None
        except CellTimeoutError:
            raise NotebookError(f"{_where(nb, path)} ran for over {cell_timeout} s.") from None
        except DeadKernelError:
            raise NotebookError(f"{_where(nb, path)} killed the kernel (memory?).") from None
    return nb


@contextlib.contextmanager
def _plain_environment(device: str) -> Iterator[None]:
    """One thread, default data, one device, and no IPython configuration of the author's."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="refresh_") as home:
        for name in [n for n in os.environ if n.startswith("COURSEKIT_")]:
            del os.environ[name]
        os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
        os.environ.update(IPYTHONDIR=home, COURSEKIT_DEVICE=device, PYTHONHASHSEED="0")
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def _where(nb: NotebookNode, path: Path) -> str:
    """``07_x.ipynb, cell 12: `loss.backward()` ``: the last cell that was started."""
    number, cell = 0, None
    for i, c in enumerate(nb.cells, 1):
        started = c.cell_type == "code" and (c.get("execution_count") or c.outputs)
        failed = started and any(o.output_type == "error" for o in c.outputs)
        if started:
            number, cell = i, c
        if failed and "raises-exception" not in tags(c):
            break
    first = cell.source.splitlines()[0] if cell is not None else "the first one"
    return f"{path.name}, cell {number}: `{first}`"


def _indent(text: str, lines: int = 12) -> str:
    """The end of a traceback, without colours."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text).strip().splitlines()
    return "\n".join(f"    {line}" for line in plain[-lines:])


def _remarks(nb: NotebookNode) -> list[str]:
    """What ran but will not pass the lint; said here because the author is looking here."""
    return [
        f"cell {i} writes to stderr: {o.text.strip().splitlines()[-1][:100]}"
        for i, cell in enumerate(nb.cells, 1)
        for o in cell.get("outputs", [])
        if o.output_type == "stream" and o.name == "stderr" and o.text.strip()
    ]


def main(argv: list[str] | None = None) -> int:
    """Command line; exit status 1 when a cell failed or, with ``--check``, a file would change."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.tools.refresh", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("notebooks", nargs="*", metavar="NB", help="path or number; default: all")
    parser.add_argument("--check", action="store_true", help="save nothing, say what would change")
    parser.add_argument("--cell-timeout", type=int, default=CELL_TIMEOUT, metavar="S")
    parser.add_argument("--device", default="cpu", help="where lessons compute; with --to")
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="save there, not in place")
    args = parser.parse_args(argv)
    if args.device != "cpu" and args.to is None:
        parser.error("stored outputs are those of a CPU: say where to keep others, --to build/gpu")
    try:
        paths = find(args.notebooks)
    except NotebookError as e:
        print(e, file=sys.stderr)
        return 2
    status = 0
    for path in paths:
        try:
            done = refresh(
                path,
                check=args.check,
                cell_timeout=args.cell_timeout,
                device=args.device,
                to=args.to,
            )
        except NotebookError as e:
            print(f"{path.name}: not refreshed. {e}", file=sys.stderr)
            status = 1
            continue
        word = ("would change" if args.check else "refreshed") if done.changed else "unchanged"
        word = f"saved in {args.to}" if args.to else word
        print(f"{path.name}: {word} ({done.seconds:.1f} s)", flush=True)
        for remark in done.remarks:
            print(f"    {remark}")
        if args.check and done.changed:
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())

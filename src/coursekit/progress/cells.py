"""Run a notebook's code cells in this process, without a kernel and without a trace on screen.

A Jupyter kernel is IPython's shell behind a network connection. The shell alone understands
the same cells, magics included, and needs neither the connection nor its own start.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class NotANotebook(Exception):
    """The file holds no notebook; the message says why."""


@dataclass(frozen=True)
class CodeCell:
    """A code cell: its number in the notebook, counted from 1 over all cells, source and tags."""

    number: int
    source: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Notebook:
    """What running needs of a notebook file."""

    cells: list[CodeCell]
    metadata: dict[str, Any] = field(default_factory=dict)


def read_notebook(path: Path) -> Notebook:
    """Read the code cells of ``path``; raises NotANotebook with the reason.

    Example:
        >>> read_notebook(Path("no_such.ipynb"))
        Traceback (most recent call last):
        coursekit.progress.cells.NotANotebook: is not a notebook: FileNotFoundError
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise NotANotebook(f"is not a notebook: {type(error).__name__}") from None
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list):
        raise NotANotebook("is not a notebook: it has no cells")
    found = []
    for number, cell in enumerate(cells, start=1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", "")
        source = "".join(map(str, source)) if isinstance(source, list) else str(source)
        metadata = cell.get("metadata")
        tags = metadata.get("tags") if isinstance(metadata, dict) else None
        found.append(CodeCell(number, source, tuple(tags) if isinstance(tags, list) else ()))
    metadata = content.get("metadata")
    return Notebook(found, metadata if isinstance(metadata, dict) else {})


class Runner:
    """An IPython shell that shows nothing and runs no command of the system.

    There is one shell in a process, so make one Runner in a process: the next one clears it.

    Example:
        >>> runner = Runner()
        >>> runner.run("x = 1 / 0")
        ZeroDivisionError('division by zero')
        >>> runner.run("x = 5"), runner.namespace["x"]
        (None, 5)
    """

    def __init__(self) -> None:
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        self._shell = InteractiveShell.instance(config=config)
        self._shell.reset(new_session=False)
        self._shell._showtraceback = lambda *args: None
        self._shell.system = self._shell.system_raw = lambda command: None
        self._shell.enable_gui = self._shell.ask_exit = lambda *args: None
        self._shell.getoutput = lambda *args, **kwargs: []
        for name in ("pip", "conda", "system", "sx"):
            self._shell.register_magic_function(lambda line: None, magic_name=name)
        scripts = self._shell.magics_manager.registry["ScriptMagics"]
        for name in (*scripts.magics["cell"], "system"):  # %%bash, %%python, %%perl, ...
            self._shell.register_magic_function(
                lambda line, cell=None: None, magic_kind="cell", magic_name=name
            )

    @property
    def namespace(self) -> dict[str, Any]:
        """The notebook's variables."""
        return self._shell.user_ns

    def run(self, source: str) -> BaseException | None:
        """Run one cell and return what it raised, or None; also SystemExit is returned."""
        with _silence():
            result = self._shell.run_cell(source, store_history=False)
            if pyplot := sys.modules.get("matplotlib.pyplot"):
                pyplot.close("all")  # as a notebook does after each cell
        return result.error_before_exec or result.error_in_exec


@contextmanager
def _silence() -> Iterator[None]:
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nothing,
        redirect_stdout(nothing),
        redirect_stderr(nothing),
    ):
        yield

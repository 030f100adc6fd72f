"""What every test and every notebook runs with, the same on each machine."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).parent / "bench"
OFFLINE = Path(__file__).parent / "faults" / "offline"

#: For this process and all that it starts (kernels, command lines, worker processes).
PLAIN = {
    "OMP_NUM_THREADS": "1",  # sums in one order, and several workers side by side
    "MPLBACKEND": "agg",
    "COURSEKIT_DEVICE": "cpu",
}
#: What a developer may have set for their own runs.
PRIVATE = ("COURSEKIT_DATA", "COURSEKIT_DATASET", "JUPYTER_TOKEN")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also the tests that take minutes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the slow tests unless they are asked for; begin with what takes longest.

    A worker takes a file at a time, and walks through a file of decks for minutes, mostly waiting
    for a browser: begun first, they leave no worker alone at the end.
    """
    items.sort(key=lambda item: not item.path.name.startswith("test_decks"))
    if config.getoption("slow"):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if not item.get_closest_marker("slow")]


def pytest_configure() -> None:
    os.environ.update(PLAIN)
    for name in PRIVATE:
        os.environ.pop(name, None)
    places = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(OFFLINE) not in places:  # workers inherit it
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(OFFLINE), *places]))
    runpy.run_path(str(OFFLINE / "sitecustomize.py"))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the benchmarks to ``make bench``."""
    wanted = config.getoption("benchmark_only", default=False)
    return True if collection_path == BENCH and not wanted else None


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An IPython in this process. It takes the place of ``__main__``, which is put back."""
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    InteractiveShell.clear_instance()
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium without a window; without one skip, or fail where CI is set."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    from tests.tools.walk_deck.report import DeckError
    from tests.tools.walk_deck.stage import launch

    with api.sync_playwright() as playwright:
        try:
            one = launch(playwright)
        except DeckError as e:
            if os.environ.get("CI"):
                raise
            pytest.skip(str(e))
        yield one
        one.close()

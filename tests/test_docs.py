"""The examples in docstrings run and print what they say."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

import coursekit

TOOLS = ["tests.tools.notebooks", "tests.tools.recap", "tests.tools.timetable"]
"""The tools with examples."""
MODULES = TOOLS + sorted(
    info.name
    for info in pkgutil.walk_packages(coursekit.__path__, "coursekit.")
    if not info.name.endswith("__main__")
)


def test_no_module_is_forgotten():
    assert {"coursekit.data", "coursekit.plot.curves", "coursekit.recap.lesson_07"} <= set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    failed, tried = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS)
    assert not failed, f"{failed} examples of {name} print something else; see above"
    assert tried or name not in TOOLS

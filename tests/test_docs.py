"""The examples in docstrings run and print what they say."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

import coursekit

MODULES = sorted(
    info.name
    for info in pkgutil.walk_packages(coursekit.__path__, "coursekit.")
    if not info.name.endswith("__main__")
)


def test_no_module_is_forgotten():
    assert {"coursekit.data", "coursekit.plot.curves", "coursekit.recap.lesson_07"} <= set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    failed, _ = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS)
    assert not failed, f"{failed} examples of {name} print something else; see above"

"""Code side by side: changes are marked by signs, not by colour alone, and found in notebooks."""

import functools

import pytest
import torch

from coursekit.changes import changes, source_of

OLD = "def f(x):\n    y = 1\n    return x < y"
NEW = "def f(x):\n    y = 2\n    z = 3\n    return x < y"


def test_text_says_what_changed():
    assert repr(changes(OLD, NEW, titles=("one", "two"))).splitlines() == [
        "one -> two",
        "  def f(x):",
        "-     y = 1",
        "+     y = 2",
        "+     z = 3",
        "      return x < y",
    ]


def test_html_marks_lines_by_sign_and_escapes_code():
    page = changes(OLD, NEW)._repr_html_()
    assert page.count("−") == 1 and page.count("+ ") == 2
    assert "x &lt; y" in page and "x < y" not in page


def test_a_line_that_only_moved_to_the_right_is_neither_lost_nor_new():
    shown = changes("a = 1\nb = 2", "a = 1\nif a:\n    b = 2", titles=("one", "two"))
    assert repr(shown).splitlines()[1:] == ["  a = 1", "+ if a:", ">     b = 2"]
    assert (shown.removed, shown.added) == ([], ["if a:"])
    assert "→   b = 2" in shown._repr_html_()


def test_removed_and_added():
    shown = changes(OLD, NEW)
    assert (shown.removed, shown.added) == (["y = 1"], ["y = 2", "z = 3"])
    assert (changes(NEW, OLD).removed, changes(NEW, OLD).added) == (["y = 2", "z = 3"], ["y = 1"])


def test_the_same_text_has_no_changes():
    assert not changes(OLD, OLD).removed and not changes(OLD, OLD).added


def test_functions_and_classes_are_found():
    class Small:
        def method(self):
            return 1

    assert source_of(Small).splitlines()[0] == "class Small:"
    assert source_of(Small).splitlines()[-1] == "        return 1"
    assert source_of(test_the_same_text_has_no_changes).startswith("def test_the_same_text")


def kept(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)

    return wrapper


@torch.no_grad()
def quiet():
    return 1


@kept
def wrapped():
    return 2


class Decorated:
    @torch.no_grad()
    def method(self):
        return 3


class Attributes:
    @property
    def one(self):
        return 1

    @staticmethod
    def two():
        return 2


@pytest.mark.parametrize(
    ("thing", "begins", "ends"),
    [
        (quiet, "@torch.no_grad()\ndef quiet():", "    return 1"),
        (wrapped, "@kept\ndef wrapped():", "    return 2"),
        (Decorated, "class Decorated:\n    @torch.no_grad()", "        return 3"),
        (Decorated().method, "@torch.no_grad()\ndef method(self):", "    return 3"),
        (Attributes, "class Attributes:\n    @property", "    def two():\n        return 2"),
    ],
)
def test_decorated_code_is_found_with_its_decorators(thing, begins, ends):
    assert source_of(thing).startswith(begins) and source_of(thing).endswith(ends)


def test_the_class_of_a_cell_that_was_run_twice_is_the_last_one(shell):
    for number in (1, 2):
        shell.run_cell(f"class Cell:\n    def f(self):\n        return {number}\n")
    assert source_of(shell.user_ns["Cell"]).endswith("return 2")


def test_what_has_no_source_is_named():
    with pytest.raises(ValueError, match="code of len cannot be found"):
        changes(len, len)


def test_equal_lines_find_each_other_before_lines_that_only_moved():
    shown = changes("if a:\n    if b:\n        c = 1\nif b:\n    d = 2", "if b:\n    d = 2")
    assert [kind for kind, _, _ in shown.rows] == ["-", "-", "-", " ", " "]

"""What differs between two functions or classes: their code side by side.

Example:
    >>> changes("a = 1\\nb = 2", "a = 1\\nb = 3", titles=("before", "after"))
    before -> after
      a = 1
    - b = 2
    + b = 3
"""

from __future__ import annotations

import ast
import html
import inspect
import linecache
import textwrap
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import zip_longest
from types import CodeType
from typing import Any

#: One line of the comparison: its kind, the old line and the new one. The kinds are " " the same,
#: ">" the same but indented otherwise, "-" old only, "+" new only, "!" one replaced by the other.
Row = tuple[str, str, str]

OLD = "background:#fbe6da;border-left:4px solid #d55e00"
NEW = "background:#dcebf6;border-left:4px solid #0072b2"
MOVED = "border-left:4px dotted #767676"
SAME = "border-left:4px solid transparent"

#: For each kind of row: the sign, whether the line is bold, and the style; left and right column.
LEFT = {
    " ": (" ", False, SAME),
    ">": (" ", False, SAME),
    "-": ("−", True, OLD),
    "+": (" ", False, SAME),
    "!": ("−", True, OLD),
}
RIGHT = LEFT | {
    ">": ("→", False, MOVED),
    "-": (" ", False, SAME),
    "+": ("+", True, NEW),
    "!": ("+", True, NEW),
}


class Changes:
    """Two texts, compared line by line: a table in a notebook, marked lines in a terminal.

    Attributes:
        titles: Names of the old and the new text.
        rows: The lines, see :data:`Row`.

    Example:
        >>> Changes("a = 1", "a = 2", ("old", "new")).rows
        [('!', 'a = 1', 'a = 2')]
    """

    def __init__(self, old: str, new: str, titles: tuple[str, str]) -> None:
        self.titles = titles
        self.rows = list(_rows(old.splitlines(), new.splitlines()))

    @property
    def removed(self) -> list[str]:
        """The lines that only the old text has, without their indentation."""
        return [old.strip() for kind, old, _ in self.rows if kind in "-!"]

    @property
    def added(self) -> list[str]:
        """The lines that only the new text has, without their indentation."""
        return [new.strip() for kind, _, new in self.rows if kind in "+!"]

    def __repr__(self) -> str:
        lines = [" -> ".join(self.titles)]
        waiting: list[str] = []  # new lines come after the old ones that they replace
        for kind, old, new in self.rows:
            if kind in " >":
                lines, waiting = [*lines, *waiting, f"{kind} {new}"], []
                continue
            if kind in "-!":
                lines.append(f"- {old}")
            if kind in "+!":
                waiting.append(f"+ {new}")
        return "\n".join([*lines, *waiting])

    def _repr_html_(self) -> str:
        head = "".join(
            f'<th scope="col" style="text-align:left;padding:2px 8px">{html.escape(t)}</th>'
            for t in self.titles
        )
        body = "".join(
            f"<tr>{_cell(old, *LEFT[kind])}{_cell(new, *RIGHT[kind])}</tr>"
            for kind, old, new in self.rows
        )
        return (
            '<table class="coursekit-changes" style="border-collapse:collapse;color:#222222;'
            f'background:white"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        )


def changes(old: Any, new: Any, *, titles: tuple[str, str] | None = None) -> Changes:
    """Show what has to change in ``old`` to get ``new``.

    Args:
        old: A function or class, or source text.
        new: Likewise.
        titles: What stands above the columns; the names, if not given.

    Raises:
        ValueError: The code of a function or class cannot be found.

    Example:
        >>> shown = changes("x = 1\\ny = x", "x = 2\\ny = x", titles=("one", "two"))
        >>> shown.removed, shown.added
        (['x = 1'], ['x = 2'])
    """
    names = titles or (_name(old, "old"), _name(new, "new"))
    return Changes(source_of(old), source_of(new), names)


def source_of(thing: Any) -> str:
    """Return the source text of a function or class, wherever it was defined; text as it is.

    In a notebook :func:`inspect.getsource` finds functions only; this finds classes as well,
    through the code of their methods.

    Raises:
        ValueError: There is no source, as for a built-in or code typed at a bare prompt.

    Example:
        >>> print(source_of("a = 1"))
        a = 1
    """
    if isinstance(thing, str):
        return thing
    name = _name(thing, "this object")
    for code in _codes(thing):
        text = "".join(linecache.getlines(code.co_filename))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                if first <= code.co_firstlineno <= (node.end_lineno or 0):
                    lines = text.splitlines()[first - 1 : node.end_lineno]
                    return textwrap.dedent("\n".join(lines))
    raise ValueError(f"The code of {name} cannot be found: run the cell that defines it first.")


def _codes(thing: Any) -> Iterator[CodeType]:
    """The code of a function, or of a class's methods, below all decorators."""
    for member in vars(thing).values() if isinstance(thing, type) else [thing]:
        function = getattr(member, "fget", None) or getattr(member, "__func__", member)
        function = inspect.unwrap(function)  # a property's, a static method's, a decorated one
        if inspect.isfunction(function):
            yield function.__code__


def _name(thing: Any, otherwise: str) -> str:
    return getattr(thing, "__name__", otherwise)


def _rows(old: list[str], new: list[str]) -> Iterator[Row]:
    """Pair equal lines first; between those, lines that differ in their indentation only."""
    for tag, left, right in _blocks(old, new, old, new):
        if tag == "equal":
            yield from ((" ", here, there) for here, there in zip(left, right, strict=True))
            continue
        for inner, here, there in _blocks(left, right, _stripped(left), _stripped(right)):
            if inner == "equal":
                yield from ((">", one, two) for one, two in zip(here, there, strict=True))
            else:
                yield from _replaced(here, there)


def _blocks(
    old: list[str], new: list[str], old_keys: list[str], new_keys: list[str]
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Cut both texts into pieces that are equal, by their keys, and pieces that are not."""
    matcher = SequenceMatcher(None, old_keys, new_keys, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        yield tag, old[i1:i2], new[j1:j2]


def _replaced(left: list[str], right: list[str]) -> Iterator[Row]:
    """Pair lines that have nothing in common, side by side as far as both go."""
    for here, there in zip_longest(left, right):
        kind = "+" if here is None else "-" if there is None else "!"
        yield kind, here or "", there or ""


def _stripped(lines: list[str]) -> list[str]:
    return [line.strip() for line in lines]


def _cell(line: str, sign: str, bold: bool, style: str) -> str:
    """One side of a row: the sign says what the colour says.

    Two columns share a slide, so the indentation is halved, and what is too long hangs.
    """
    code = line.lstrip(" ")
    text = " " * ((len(line) - len(code)) // 2) + html.escape(code)
    return (
        '<td style="text-align:left;white-space:pre-wrap;font-family:monospace;line-height:1.25;'
        f'padding:0 8px 0 9ch;text-indent:-8ch;{style}">'
        f"{sign} {f'<b>{text}</b>' if bold else text}</td>"
    )

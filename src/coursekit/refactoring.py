"""What a refactoring of a training loop was good for, counted from its code.

Example:
    >>> before = "for xb in x.split(bs):\\n    w -= lr * grad(w, xb)"
    >>> after = "for xb in train_dl:\\n    step(xb)"
    >>> costs({"by hand": before, "with helpers": after}, {"another rate": ["lr"]})
                  lines of code  names to know  lines to edit for another rate
    by hand                   2              5                               1
    with helpers              2              2                               0
"""

from __future__ import annotations

import ast
import builtins
import html
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from coursekit.changes import source_of

__all__ = ["Costs", "costs", "lines_of_code", "lines_that_mention", "names_to_know"]


def costs(loops: Mapping[str, Any], wishes: Mapping[str, Iterable[str]] | None = None) -> Costs:
    """Compare training loops: how long each is, what it must know, what a change would cost.

    Args:
        loops: Names and functions (or source text) that hold a loop.
        wishes: What somebody may want to change, and the names that this would touch in a loop:
            ``{"another model": ["weights", "bias"]}``.

    Raises:
        ValueError: There is nothing to compare, or the code of a function cannot be found.

    Returns:
        A table; ``rows[loop]`` holds its numbers.

    Example:
        >>> costs({"by hand": "for xb in x.split(bs):\\n    w -= lr * grad(w, xb)"})
                 lines of code  names to know
        by hand              2              5
    """
    if not loops:
        raise ValueError("There is nothing to compare: the mapping of loops is empty.")
    wishes = dict(wishes or {})
    columns = ("lines of code", "names to know", *(f"lines to edit for {w}" for w in wishes))
    rows = {
        name: (
            len(lines_of_code(loop)),
            len(names_to_know(loop)),
            *(len(lines_that_mention(loop, words)) for words in wishes.values()),
        )
        for name, loop in loops.items()
    }
    return Costs(columns, rows)


def lines_of_code(loop: Any) -> list[str]:
    """Return the lines of the outermost ``for`` or ``while`` of a function, or of all its body.

    Blank lines, comments and the function's docstring do not count.

    Example:
        >>> lines_of_code("for x in xs:\\n    # say it\\n    print(x)")
        ['for x in xs:', '    print(x)']
    """
    lines = source_of(loop).splitlines()
    part = _loop(loop)
    first, last = part[0].lineno, part[-1].end_lineno or part[-1].lineno
    return [s for s in lines[first - 1 : last] if s.strip() and not s.strip().startswith("#")]


def names_to_know(loop: Any) -> list[str]:
    """Return the names that the loop uses and does not make itself, in the order of the alphabet.

    Python's own names do not count.

    Example:
        >>> names_to_know("for xb, yb in train_dl:\\n    preds = model(xb)\\n    print(preds)")
        ['model', 'train_dl']
    """
    nodes = list(_nodes(loop))
    names = [n for n in nodes if isinstance(n, ast.Name)]
    in_place = [n.target for n in nodes if isinstance(n, ast.AugAssign)]  # w -= … needs a w
    made = {n.id for n in names if isinstance(n.ctx, ast.Store) and n not in in_place}
    made |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    named = ast.FunctionDef | ast.ClassDef | ast.ExceptHandler
    made |= {n.name for n in nodes if isinstance(n, named) and n.name}
    made |= {n.asname or n.name.split(".")[0] for n in nodes if isinstance(n, ast.alias)}
    return sorted({n.id for n in names} - made - set(dir(builtins)))


def lines_that_mention(loop: Any, words: Iterable[str]) -> list[str]:
    """Return the lines of the loop in which one of the names or attributes stands.

    Example:
        >>> lines_that_mention("for x in xs:\\n    p -= lr * p.grad\\n    print(x)", ["lr", "grad"])
        ['    p -= lr * p.grad']
    """
    wanted = set(words)
    lines = source_of(loop).splitlines()
    hit = {
        node.lineno
        for node in _nodes(loop)
        if (getattr(node, "id", None) or getattr(node, "attr", None)) in wanted
    }
    return [lines[number - 1] for number in sorted(hit)]


@dataclass(frozen=True, repr=False)
class Costs:
    """A small table of counts; a notebook shows it as one.

    Attributes:
        columns: What was counted.
        rows: For each loop its counts, in the order of the columns.
    """

    columns: tuple[str, ...]
    rows: dict[str, tuple[int, ...]]

    def __repr__(self) -> str:
        width = max(map(len, self.rows))
        head = "  ".join([" " * width, *self.columns])
        body = [
            "  ".join(
                [
                    f"{name:{width}}",
                    *(f"{n:{len(c)}}" for n, c in zip(row, self.columns, strict=True)),
                ]
            )
            for name, row in self.rows.items()
        ]
        return "\n".join([head, *body])

    def _repr_html_(self) -> str:
        style = 'style="text-align:right;padding:4px 14px"'
        left = 'style="text-align:left;padding:4px 14px"'
        head = "".join(f'<th scope="col" {style}>{html.escape(c)}</th>' for c in self.columns)
        body = "".join(
            f'<tr><th scope="row" {left}>{html.escape(name)}</th>'
            + "".join(f"<td {style}>{n}</td>" for n in row)
            + "</tr>"
            for name, row in self.rows.items()
        )
        return (
            '<table class="coursekit-costs" style="border-collapse:collapse;color:#222222;'
            f'background:white"><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table>'
        )


def _loop(loop: Any) -> list[ast.stmt]:
    """The outermost loop of a function or text, else the whole body."""
    body = ast.parse(source_of(loop)).body
    if len(body) == 1 and isinstance(body[0], ast.FunctionDef):
        documented = ast.get_docstring(body[0]) is not None
        body = body[0].body[1 if documented else 0 :] or body[0].body
    loops = [s for s in body if isinstance(s, ast.For | ast.While)]
    return loops[:1] or body


def _nodes(loop: Any) -> Iterator[ast.AST]:
    for statement in _loop(loop):
        yield from ast.walk(statement)

"""Small mistakes put into a solution by machine: another operator, a line less, a number more.

Authors list the wrong answers that students give; these are the ones that nobody thought of.
Written here, because the tools that make mutants (mutmut, cosmic-ray) change files and run a whole
test suite for each, where one check of an exercise takes milliseconds.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator

Change = Callable[[ast.AST], object]

OPERATORS: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt,),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt,),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
    ast.USub: (ast.UAdd,),
}
NAMES = [
    ("sum", "mean"),
    ("max", "min"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("train", "eval"),
    ("exp", "log"),
    ("any", "all"),
    ("values", "indices"),
    ("append", "extend"),
]
OTHER_NAME = dict(NAMES) | {new: old for old, new in NAMES}


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """For each single change of ``source`` what it is, and the changed text, none of them twice.

    Example:
        >>> [what for what, text in mutants("y = x + 1")]
        ['Add -> Sub: y = x + 1', '1 -> 2: y = x + 1', '1 -> 0: y = x + 1']
    """
    written, tree = source.splitlines(), ast.parse(source)
    seen = {ast.unparse(tree)}
    for i, node in enumerate(ast.walk(tree)):
        for what, change in changes(node):
            changed = copy.deepcopy(tree)
            change(list(ast.walk(changed))[i])
            text = ast.unparse(ast.fix_missing_locations(changed))
            if text not in seen:
                seen.add(text)
                line = written[node.lineno - 1].strip() if hasattr(node, "lineno") else ""
                yield f"{what}: {line}", text


def changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """All changes of one node, each a function that does it to the same node of a copy."""
    yield from operators(node)
    yield from numbers(node)
    yield from names_and_arguments(node)
    yield from lines(node)


def operators(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """+ for -, < for <=, and for or, x for -x."""
    op = getattr(node, "op", None)
    for new in OPERATORS.get(type(op), ()):
        yield f"{type(op).__name__} -> {new.__name__}", setter("op", new())
    if isinstance(node, ast.Compare):
        for new in OPERATORS.get(type(node.ops[0]), ()):
            yield f"{type(node.ops[0]).__name__} -> {new.__name__}", setter("ops", [new()])


def numbers(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """One more and one less, twice as much and nothing, True for False."""
    value = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
    new: tuple = ()
    if isinstance(value, bool):
        new = (not value,)
    elif isinstance(value, int):
        new = (value + 1, value - 1)
    elif isinstance(value, float):
        new = (2 * value, 0.0)
    for other in new:
        yield f"{value} -> {other}", setter("value", other)


def names_and_arguments(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """mean for sum, ``keepdim=True`` left out, two arguments or results exchanged."""
    if isinstance(node, ast.Attribute) and node.attr in OTHER_NAME:
        other = OTHER_NAME[node.attr]
        yield f"{node.attr} -> {other}", setter("attr", other)
    if isinstance(node, ast.Call):
        for k, keyword in enumerate(node.keywords):
            yield f"without {keyword.arg}=", lambda copied, k=k: copied.keywords.pop(k)
        if len(node.args) == 2:
            yield "arguments exchanged", lambda copied: copied.args.reverse()
    if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and len(node.elts) == 2:
        yield "pair exchanged", lambda copied: copied.elts.reverse()


def lines(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """A statement left out, a block without its ``if`` or ``with``, no decorator."""
    if getattr(node, "decorator_list", ()):
        yield "without decorator", setter("decorator_list", [])
    body = getattr(node, "body", ())
    for j, line in enumerate(body if isinstance(body, list) else ()):
        first = ast.unparse(line).splitlines()[0]
        if not isinstance(line, ast.FunctionDef | ast.ClassDef):
            yield f"without `{first}`", setter_at("body", j, [ast.Pass()])
        if isinstance(line, ast.If | ast.With):
            yield f"not inside `{first}`", setter_at("body", j, line.body)


def setter(field: str, value: object) -> Change:
    return lambda copied: setattr(copied, field, value)


def setter_at(field: str, place: int, new: list) -> Change:
    return lambda copied: getattr(copied, field).__setitem__(slice(place, place + 1), new)

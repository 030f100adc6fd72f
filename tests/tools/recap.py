"""Is the code in ``coursekit.recap`` the code that the student wrote in the notebooks?

Docstrings, annotations, comments and layout may differ (the package documents what the notebook
explains in prose); the code that runs may not.
"""

from __future__ import annotations

import ast


class _Plain(ast.NodeTransformer):
    """Drop docstrings and annotations."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self._strip_docstring(node)
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self._strip_docstring(node)
        self.generic_visit(node)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return self.visit(ast.Assign([node.target], node.value))

    @staticmethod
    def _strip_docstring(node: ast.FunctionDef | ast.ClassDef) -> None:
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]


def definitions(source: str) -> dict[str, str]:
    """Each name that the top level of ``source`` defines, with its plain code.

    Functions, classes and assignments count; imports, names with a leading underscore, asserts
    and expressions do not.

    >>> definitions("def f(x: int) -> int:\\n    'Double.'\\n    return 2 * x")
    {'f': 'def f(x):\\n    return 2 * x'}
    """
    found: dict[str, str] = {}
    for node in ast.parse(source).body:
        names = []
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            names = [node.target.id]
        plain = _Plain().visit(node) if names else None
        for name in names:
            if not name.startswith("_"):
                found[name] = ast.unparse(ast.fix_missing_locations(plain))
    return found


def differences(notebook: dict[str, str], module: dict[str, str]) -> list[str]:
    """What keeps ``module`` from being what the notebook wrote; empty when it is the same.

    The module may name types for its annotations (``Model = Callable[…]``).
    """
    extra = [n for n in module if n not in notebook and not _only_annotates(n, module)]
    told = [f"{n} is in the notebook but not in the module" for n in notebook if n not in module]
    told += [f"{n} is in the module but not in the notebook" for n in extra]
    for name in notebook:
        if name in module and notebook[name] != module[name]:
            told.append(f"{name} differs:\n{notebook[name]}\n--- but in the module\n{module[name]}")
    return told


def _only_annotates(name: str, module: dict[str, str]) -> bool:
    """Whether ``name`` is assigned, and no code that is left without annotations uses it."""
    if module[name].startswith(("def ", "class ", "@")):
        return False
    others = "\n".join(code for n, code in module.items() if n != name)
    used = {n.id for n in ast.walk(ast.parse(others)) if isinstance(n, ast.Name)}
    return name not in used and name[0].isupper() and not name.isupper()

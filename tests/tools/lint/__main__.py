"""Command line of the lint: ``python -m tests.tools.lint [NB …]``."""

from __future__ import annotations

import argparse
import sys

from tests.tools.lint import RULES, Lesson, lint
from tests.tools.lint.stubs import registry_stubs
from tests.tools.notebooks import NotebookError, find


def main(argv: list[str] | None = None) -> int:
    """Exit status 1 when a rule is broken, 2 when a notebook cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.lint")
    parser.add_argument("notebooks", nargs="*", metavar="NB", help="path or number; default: all")
    parser.add_argument("--rules", action="store_true", help="list the rules")
    args = parser.parse_args(argv)
    if args.rules:
        print("\n".join(f"{one.id:16} {one.asks}" for one in RULES.values()))
        return 0
    status = 0
    try:
        for path in find(args.notebooks):
            findings = lint(Lesson.load(path, registry_stubs))
            print("\n".join(map(str, findings)) or f"{path.name}: nothing found")
            status = max(status, int(bool(findings)))
    except NotebookError as e:
        print(e, file=sys.stderr)
        return 2
    return status


if __name__ == "__main__":
    sys.exit(main())

"""The notebook lint: what a lesson promises its readers, checked from the file alone.

    python -m tests.tools.lint            every lesson
    python -m tests.tools.lint 07 x.ipynb these
    python -m tests.tools.lint --rules    the rules, one line each

Every finding names the notebook, the cell (counted from 1, Markdown and code alike), the rule, and
what to do. Rules live in the modules ``files``, ``outputs``, ``anatomy``, ``notes``, ``slides``,
``budgets``, ``code``, ``exercises`` and ``links``; each is a generator decorated with ``@rule``.
"""

from tests.tools.lint import (
    anatomy,
    budgets,
    code,
    exercises,
    files,
    links,
    notes,
    outputs,
    slides,
)
from tests.tools.lint.model import Lesson
from tests.tools.lint.registry import RULES, Finding, lint

RULE_MODULES = (files, outputs, anatomy, notes, slides, budgets, code, exercises, links)
"""Importing a module registers its rules."""

__all__ = ["RULES", "RULE_MODULES", "Finding", "Lesson", "lint"]

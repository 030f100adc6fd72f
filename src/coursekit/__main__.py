"""The command line: ``python -m coursekit lab``, ``present 07``, ``doctor`` and others.

A command's module is imported only when the command is called, so ``--help`` is instant and
``doctor`` works where much else is broken.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from coursekit.errors import CourseError

#: Command: (module, its function that takes the remaining arguments, what it does)
COMMANDS = {
    "lab": ("coursekit.serve", "lab_main", "open JupyterLab on your working copies"),
    "present": ("coursekit.serve", "present_main", "show a lesson as live slides: present 07"),
    "slides": ("coursekit.export.slides", "main", "write HTML slides for use without a network"),
    "handout": ("coursekit.export.handout", "main", "print lessons as PDF files with their notes"),
    "doctor": ("coursekit.doctor", "main", "check that this machine can run the course"),
    "workbook": ("coursekit.workbook", "main", "make or refresh your working copies"),
    "mnist": ("coursekit.data", "mnist_main", "fetch the full MNIST digits"),
    "publish": ("coursekit.publish", "main", "put your copy's address into badges: publish URL"),
    "bundle": ("coursekit.bundle", "main", "make one zip to hand out without a repository"),
    "progress": ("coursekit.progress", "main", "say which exercises are solved in a folder"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    A :class:`~coursekit.errors.CourseError` ends in its message alone and status 1.

    Args:
        argv: The words after ``python -m coursekit``; the process's own if None.
    """
    lines = [f"  {name:<10}{text}" for name, (_, _, text) in COMMANDS.items()]
    parser = argparse.ArgumentParser(
        prog="coursekit",
        usage="python -m coursekit COMMAND [options]",
        description="Neural networks, built up from nothing: the course's commands.",
        epilog="commands:\n" + "\n".join(lines) + "\n\nCOMMAND --help says more on each.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, help=argparse.SUPPRESS, metavar="COMMAND")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    for stream in (sys.stdout, sys.stderr):  # a Windows console may not know ✓ or –
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    module, function, _ = COMMANDS[args.command]
    try:
        return getattr(importlib.import_module(module), function)(args.arguments) or 0
    except CourseError as e:
        print(e, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())

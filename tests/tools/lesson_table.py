"""Write the README's table of lessons from the notebooks' own metadata.

python -m tests.tools.lesson_table
"""

from __future__ import annotations

import re

from tests.tools.notebooks import ROOT, lesson_files, read

README = ROOT / "README.md"
BEGIN = "<!-- lessons: python -m tests.tools.lesson_table -->\n"
END = "<!-- end of lessons -->"


def rows() -> str:
    """Return one table row for each lesson there is, in order."""
    lines = []
    for path in lesson_files():
        about = read(path).metadata.coursekit
        link = f"[{about.title}](notebooks/{path.name})"
        lines.append(f"| {about.lesson} | {link} | {about.question} | {about.minutes} |\n")
    return "".join(lines)


def updated(text: str) -> str:
    """Return the README ``text`` with its table made anew."""
    table = f"| | lesson | the question it answers | minutes |\n|---|---|---|---|\n{rows()}"
    head, found, tail = re.split(f"({re.escape(BEGIN)})", text)
    return head + found + "\n" + table + "\n" + tail[tail.index(END) :]


if __name__ == "__main__":
    README.write_text(updated(README.read_text(encoding="utf-8")), encoding="utf-8")

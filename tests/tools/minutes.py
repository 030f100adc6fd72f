"""How long a lesson takes, estimated the same way for every lesson.

    python -m tests.tools.minutes

Until classes have been timed: a student reads 150 words a minute, spends 40 seconds on every cell
of code (predict, run, look) and five minutes on every exercise. Rounded to five minutes.
"""

from __future__ import annotations

import re

from nbformat import NotebookNode

from tests.tools.notebooks import lesson_files, read, slide_type, tags

WORDS_A_MINUTE = 150
MINUTES_A_CELL = 2 / 3
MINUTES_AN_EXERCISE = 5


def estimate(nb: NotebookNode) -> int:
    """Return the minutes that a student needs for the lesson, notes for the teacher left out."""
    words = cells = exercises = 0
    for cell in nb.cells:
        if cell.cell_type == "markdown" and slide_type(cell) != "notes":
            words += len(re.findall(r"\w+", re.sub(r"<[^>]+>|\]\([^)]+\)", " ", cell.source)))
        elif cell.cell_type == "code":
            exercises += "exercise" in tags(cell)
            cells += not {"exercise", "check"} & set(tags(cell))
    total = words / WORDS_A_MINUTE + cells * MINUTES_A_CELL + exercises * MINUTES_AN_EXERCISE
    return max(5, 5 * round(total / 5))


def main() -> None:
    """Print the estimate for every lesson beside what its metadata says."""
    for path in lesson_files():
        nb = read(path)
        print(f"{path.name}: {estimate(nb)} minutes, says {nb.metadata.coursekit.minutes}")


if __name__ == "__main__":
    main()

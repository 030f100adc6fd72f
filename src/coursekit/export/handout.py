"""A lesson on paper: all its cells and outputs, the speaker notes in boxes, as a PDF file."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit import deck, workbook
from coursekit.export import chromium, lessons
from coursekit.export.page import cells, page, read

if TYPE_CHECKING:
    from nbformat import NotebookNode

BODY = "<body>\n<main>\n{cells}\n{answers}\n</main>\n</body>"


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``python -m coursekit handout [07 …] [--students] [--answers]``."""
    parser = lessons.parser("handout", "Write lessons as PDF files, with their speaker notes.")
    parser.add_argument("--students", action="store_true", help="no speaker notes, answers folded")
    parser.add_argument(
        "--answers", action="store_true", help="solutions of the exercises at the end"
    )
    args = parser.parse_args(argv)
    paths = lessons.chosen(args.numbers)
    chromium.find()
    folder = args.to or workbook.lessons_folder().parent / "build" / "handout"
    make = partial(write, notes=not args.students, answers=args.answers)
    lessons.export(paths, folder, "_students.pdf" if args.students else ".pdf", make)
    return 0


def write(notebook: Path, file: Path, *, notes: bool = True, answers: bool = False) -> str:
    """Print ``notebook`` into ``file``; returns the size in words.

    Raises:
        ExportError: The file is not a notebook, a package or the browser is missing.
    """
    # beside it, for some browsers may not read temporary folders; the deck may lie there too
    source = file.with_suffix(".print.html")
    try:
        source.write_text(sheet(notebook, notes=notes, answers=answers), encoding="utf-8")
        chromium.to_pdf(source, file)
    finally:
        source.unlink(missing_ok=True)
    pages = len(re.findall(rb"/Type\s*/Page\b", file.read_bytes()))
    return f"{pages} pages, {file.stat().st_size / 1e6:.1f} MB"


def sheet(notebook: Path, *, notes: bool = True, answers: bool = False) -> str:
    """The handout as an HTML page.

    Args:
        notebook: The lesson, with its outputs.
        notes: Print the speaker notes and open the folded answers: for the teacher.
        answers: Print the exercises' solutions at the end.
    """
    nb = lessons.load(notebook)
    if not notes:
        nb.cells = [cell for cell in nb.cells if deck.kind(cell) != "notes"]
    text = _on_paper(cells(nb, "coursekit_handout", notebook.parent), unfold=notes)
    body = BODY.format(cells=text, answers=_answers(nb) if answers else "")
    return page(lessons.title(nb, notebook), body, read("handout.css"), "")


def _on_paper(text: str, *, unfold: bool) -> str:
    """Take the scripts out (a figure that steps shows its last step), open what is folded."""
    text = re.sub(r"<script\b.*?</script>", "", text, flags=re.DOTALL)
    return re.sub(r"<details\b(?![^>]*\bopen\b)", "<details open", text) if unfold else text


def _answers(nb: NotebookNode) -> str:
    """The solutions of this lesson's exercises, as a section of its own."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    from coursekit.exercises import every

    parts = []
    for exercise in every(nb.metadata.get("coursekit", {}).get("lesson", "none")):
        code = highlight(exercise.solution.strip(), PythonLexer(), HtmlFormatter())
        parts.append(f"<h3>{html.escape(exercise.name)}</h3>\n{code}")
    if not parts:
        return ""
    heading = "<h2>Answers to the exercises</h2>"
    return "\n".join(['<section class="answers">', heading, *parts, "</section>"])

"""A lesson's deck as one HTML file: slides with their stored outputs, for any browser, offline."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from coursekit import workbook
from coursekit.export import lessons
from coursekit.export.page import cells, needs, page, read

BODY = """\
<body class="rise-enabled">
<main class="reveal"><div class="slides">
{cells}
</div></main>
</body>"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``python -m coursekit slides [07 …]``."""
    parser = lessons.parser("slides", "Write lessons as HTML slides that need no network.")
    args = parser.parse_args(argv)
    paths = lessons.chosen(args.numbers)
    folder = args.to or workbook.lessons_folder().parent / "build" / "slides"
    lessons.export(paths, folder, ".html", write)
    return 0


def write(notebook: Path, file: Path) -> str:
    """Write the deck of ``notebook`` into ``file``; returns its size in words."""
    text = deck(notebook)
    file.write_text(text, encoding="utf-8")
    stacks = len(re.findall(r"</section>\s*</section>", text))
    slides = text.count("</section>") - stacks
    return f"{slides} slides, {len(text.encode()) / 1e6:.1f} MB"


def deck(notebook: Path) -> str:
    """The deck as HTML.

    Raises:
        ExportError: The file is not a notebook, or a package is missing.
    """
    nb = lessons.load(notebook)
    body = BODY.format(cells=_links(cells(nb, "coursekit_slides", notebook.parent)))
    look = notebook.with_name("rise.css")
    rise = look.read_text(encoding="utf-8") if look.exists() else ""
    style = "\n".join([_reveal("css/reveal.css"), rise, read("deck.css")])
    script = "\n".join([_reveal("js/reveal.js"), read("deck.js")])
    return page(lessons.title(nb, notebook), body, style, script)


def _links(text: str) -> str:
    """Let links to other lessons lead to their decks."""
    return re.sub(r'(href="\d\d_\w+)\.ipynb', r"\1.html", text)


@cache
def _reveal(name: str) -> str:
    """A file of Reveal, the program of slides that comes with the classic RISE."""
    needs("rise")
    found = importlib.util.find_spec("rise")  # to import it would need the old notebook server
    folder = Path(found.submodule_search_locations[0]) / "static" / "reveal.js"
    return (folder / name).read_text(encoding="utf-8")

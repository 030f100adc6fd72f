"""Rules on links and pictures in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from tests.tools.lint.contract import MIN_ALT_WORDS
from tests.tools.lint.model import Cell, Lesson
from tests.tools.lint.outputs import html_pictures
from tests.tools.lint.registry import Problem, rule
from tests.tools.notebooks import NotebookError

_LINK = re.compile(r"""(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)""")
_INLINE_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)


def _text(cell: Cell) -> str:
    """The Markdown without code, fenced or inline."""
    return _INLINE_CODE.sub("", cell.prose)


def _targets(cell: Cell) -> list[str]:
    """Where the links and pictures of a cell lead, in Markdown and in HTML."""
    html = re.findall(r"""<(?:a|img)\b[^>]*?\b(?:href|src)=["']([^"']+)""", _text(cell), re.I)
    return [target for _, _, target in _LINK.findall(_text(cell))] + html


@rule("links", "files and anchors that a lesson links to exist")
def links(lesson: Lesson) -> Iterator[Problem]:
    for cell in lesson.markdown:
        for target in _targets(cell):
            parts = urlsplit(target)
            if parts.scheme == "attachment" or parts.scheme == "data":
                yield cell, "holds a picture inside the notebook; keep it in a file of its own."
            elif parts.scheme in ("http", "https"):
                if "." not in parts.netloc:
                    yield cell, f"links to {target}, which only this machine has."
            elif parts.scheme != "mailto":
                yield from ((cell, m) for m in _broken(lesson, unquote(parts.path), parts.fragment))


def _broken(lesson: Lesson, path: str, fragment: str) -> Iterator[str]:
    target = lesson.path.parent / path if path else lesson.path
    if path.startswith("/") or not target.exists():
        yield f"links to {path}, which does not exist; name coming lessons without a link."
        return
    if fragment:
        try:
            other = Lesson.load(target) if path else lesson
        except NotebookError:
            return  # an anchor in a file that is no notebook
        if unquote(fragment) not in {h.anchor for h in other.headings}:
            yield f"links to #{fragment}, but {target.name} has no such heading."


@rule("alt-text", f"every picture in Markdown has alt text of at least {MIN_ALT_WORDS} words")
def alt_text(lesson: Lesson) -> Iterator[Problem]:
    for cell in lesson.markdown:
        for bang, alt, _ in _LINK.findall(_text(cell)):
            if bang and len(alt.split()) < MIN_ALT_WORDS:
                yield cell, f"has a picture whose alt text is {alt!r}; say what it shows."
        yield from ((cell, message) for message in html_pictures(cell.prose))

"""Rules on the file itself: its form and its metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.tools.lint.code import without_magics
from tests.tools.lint.contract import LESSON_FIELDS, TAGS
from tests.tools.lint.model import Lesson
from tests.tools.lint.registry import Problem, rule
from tests.tools.normalise import KEPT_METADATA, KERNELSPEC, LANGUAGE_INFO, dumps, normalise
from tests.tools.recap import definitions


@rule("form", "the file is in the form in which notebooks are committed")
def form(lesson: Lesson) -> Iterator[Problem]:
    if lesson.text != dumps(normalise(lesson.nb)):
        yield None, "is not in the committed form; run `make refresh`."


@rule("metadata", "notebook metadata: kernelspec, language_info, coursekit, rise, nothing else")
def metadata(lesson: Lesson) -> Iterator[Problem]:
    found = lesson.nb.metadata
    for key in sorted(set(found) - {"kernelspec", "language_info", *KEPT_METADATA}):
        yield None, f"has metadata {key!r} from an editor; run `make refresh`."
    if found.get("kernelspec") != KERNELSPEC or found.get("language_info") != LANGUAGE_INFO:
        yield None, "has another kernelspec or language_info; run `make refresh`."


@rule("lesson-data", "metadata 'coursekit' describes the lesson as its title cell does")
def lesson_data(lesson: Lesson) -> Iterator[Problem]:
    data = lesson.nb.metadata.get("coursekit")
    if not isinstance(data, dict) or set(data) != set(LESSON_FIELDS):
        yield None, f"metadata 'coursekit' must have exactly {', '.join(LESSON_FIELDS)}."
        return
    for key, kind in LESSON_FIELDS.items():
        if type(data[key]) is not kind:
            yield None, f"metadata coursekit.{key} is {data[key]!r}, not of type {kind.__name__}."
            return
    if data["lesson"] != lesson.number:
        yield (
            None,
            f"coursekit.lesson is {data['lesson']!r}, the file's {lesson.number!r}.",
        )
    for needed in data["needs"]:
        if not re.fullmatch(r"\d\d", str(needed)) or needed >= lesson.number:
            yield None, f"metadata coursekit.needs has {needed!r}: only earlier lessons, as '03'."
    title = lesson.cells[0] if lesson.cells else None
    for key, pattern in (("title", r"# (?:\d\d · )?{}$"), ("question", r"\*\*{}\*\*$")):
        wanted = pattern.format(re.escape(data[key]))
        if title and not re.search("^" + wanted, title.source, re.MULTILINE):
            yield title, f"does not have the {key} of metadata coursekit.{key}: {data[key]!r}."
    if title and f"About {data['minutes']} minutes" not in title.source:
        yield title, f"does not say `About {data['minutes']} minutes.` as coursekit.minutes does."


@rule("cell-metadata", "cells carry slideshow.slide_type and known tags, nothing else")
def cell_metadata(lesson: Lesson) -> Iterator[Problem]:
    for cell in lesson.cells:
        extra = set(cell.node.metadata) - {"slideshow", "tags"}
        extra |= set(cell.node.metadata.get("slideshow") or {}) - {"slide_type"}
        for key in sorted(extra):
            yield cell, f"has metadata {key!r}; run `make refresh`."
        for tag in sorted(set(cell.tags) - TAGS):
            yield (
                cell,
                f"has the unknown tag {tag!r}; there are {', '.join(sorted(TAGS))}.",
            )
        if cell.is_markdown and cell.tags:
            yield cell, "is Markdown and has tags; tags belong to code cells."


@rule("recap", "cells tagged recap define exactly the names in coursekit.provides")
def recap(lesson: Lesson) -> Iterator[Problem]:
    provides = (lesson.nb.metadata.get("coursekit") or {}).get("provides") or []
    defined: list[str] = []
    for cell in lesson.code:
        if "recap" not in cell.tags:
            continue
        try:
            names = list(definitions(without_magics(cell.source)))
        except SyntaxError:
            continue  # rule `syntax` says so
        if not names:
            yield cell, "is tagged recap but defines nothing; remove the tag."
        defined += names
    for name in sorted(set(defined) - set(provides)):
        yield None, f"defines {name} for recap, but coursekit.provides lacks it."
    for name in sorted(set(provides) - set(defined)):
        yield None, f"coursekit.provides names {name}, but no cell tagged recap defines it."

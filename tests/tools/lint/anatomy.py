"""Rules on a lesson's parts: title, set-up, sections, predictions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.tools.lint.contract import COLAB_URL, FIXED_SECTIONS, NOT_IN_START, SETUP
from tests.tools.lint.model import Lesson
from tests.tools.lint.registry import Problem, rule


@rule("title", "the first cell: title, question, 3 objectives, needs, minutes, Colab link")
def title(lesson: Lesson) -> Iterator[Problem]:
    first = lesson.cells[0] if lesson.cells else None
    if first is None or not first.is_markdown or first.slide_type != "slide":
        yield first, "must be the title: Markdown with slide_type slide."
        return
    if not re.match(rf"# {lesson.number} · \S", first.source):
        yield first, f"must begin `# {lesson.number} · Title`."
    if not re.search(r"^\*\*[^*]+\?\*\*$", first.source, re.MULTILINE):
        yield first, "must have the lesson's question in bold on a line of its own."
    if not re.search(r"^After this lesson you can", first.source, re.MULTILINE):
        yield first, "must say `After this lesson you can`."
    bullets = re.findall(r"^[-*] +(\S+)", first.source, re.MULTILINE)
    if len(bullets) != 3:
        yield first, f"must have exactly 3 objectives as bullets, not {len(bullets)}."
    nouns = [b for b in bullets if not re.match(r"\*{0,2}[a-z]", b)]
    if nouns:
        yield (
            first,
            f"has the objective {nouns[0]!r} …; begin with a verb in small letters.",
        )
    if not re.search(r"^Needs: .+\. About \d+ minutes\.", first.source, re.MULTILINE):
        yield first, "must have a line `Needs: …. About 60 minutes.`"
    link = f"[**Open in Colab**]({COLAB_URL.format(name=lesson.path.name)})"
    if link not in first.source:
        yield first, f"must link to its own copy: {link}"


@rule("setup", "the first code cell is the set-up cell, the same in every lesson to the byte")
def setup(lesson: Lesson) -> Iterator[Problem]:
    first = lesson.code[0] if lesson.code else None
    if first is None or first.source != SETUP:
        yield first, "the first code cell must be the set-up cell; copy it from another lesson."
    for cell in lesson.code[1:]:
        if "coursekit.lesson.start" in cell.source:
            yield cell, "sets the lesson up a second time; remove it."


@rule("sections", "Recall, Error clinic, Exercises, Recap: each once, in this order, Recap last")
def sections(lesson: Lesson) -> Iterator[Problem]:
    wanted = [s for s in FIXED_SECTIONS if not (lesson.is_start and s in NOT_IN_START)]
    names = [h.name for h in lesson.headings if h.level == 2]
    found = [n for n in names if n in wanted]
    for name in wanted:
        if found.count(name) != 1:
            yield None, f"has {found.count(name) or 'no'} sections `## {name}`; it needs one."
            return
    if found != wanted:
        yield None, f"has its sections in the order {', '.join(found)}, not {', '.join(wanted)}."
    elif names[-1] != "Recap":
        yield None, f"ends with `## {names[-1]}`; Recap must be the last section."
    elif "Recall" in wanted and names[0] != "Recall":
        yield None, f"starts with `## {names[0]}`; Recall comes first, after the set-up cell."


@rule("headings", "one H1, at the top; no level left out; numbered sections count 1, 2, 3 …")
def headings(lesson: Lesson) -> Iterator[Problem]:
    level, number = 0, 0
    for i, heading in enumerate(lesson.headings):
        if heading.level == 1 and i:
            yield heading.cell, f"has a second H1, `{heading.text}`; use ##."
        elif heading.level > level + 1:
            yield heading.cell, f"goes from H{level} to H{heading.level} (`{heading.text}`)."
        level = heading.level
        if level == 2 and heading.number is not None:
            if heading.number != number + 1:
                yield heading.cell, f"is section {heading.number}, {number + 1} expected."
            number = heading.number


@rule("predict", "a **Predict.** cell is directly followed by the code that answers it")
def predict(lesson: Lesson) -> Iterator[Problem]:
    for cell in lesson.markdown:
        following = lesson.after(cell)
        if cell.source.startswith("**Predict.**") and not (following and following.is_code):
            yield cell, "asks for a prediction, but no code cell follows directly."

"""Which slides there are, and how to ask for one."""

from __future__ import annotations

import json

import pytest

from coursekit import serve
from coursekit.deck import SlideError, find, plan
from tests.lint.good import code, md
from tests.sample_decks import deck_of
from tests.tools.notebooks import lesson_files, read


def lesson():
    return deck_of(
        md("# 07 · Small"),
        md("**Notes.** Wait. 2 minutes.", "notes"),
        md("## 1 · Look at the data"),
        code("1 + 1"),
        md("### A picture", "subslide"),
        md("## 2 · Look again", "slide"),
        md("## Error clinic"),
        md("## Exercises", "skip"),
        md("## Recap"),
    )


@pytest.mark.parametrize(
    ("words", "cell"),
    [
        ("1", 2),
        ("02", 5),
        ("Error clinic", 6),
        ("error CLINIC ", 6),
        ("clinic", 6),
        ("Look again", 5),
        ("a picture", 4),
        ("Small", 0),
        ("0/0", 0),
        ("1/1", 4),
        ("1,0", 2),
        ("slide-4-0", 8),
    ],
)
def test_a_slide_is_found_by_number_heading_or_place(words, cell):
    assert find(lesson(), words) == cell


@pytest.mark.parametrize("words", ["3", "9/9", "Exercises", "nonsense", " ", "07", "²"])
def test_a_slide_that_is_not_there_lists_what_there_is(words):
    with pytest.raises(SlideError) as error:
        find(lesson(), words)
    message = str(error.value)
    assert message.startswith(f"There is no slide {words!r}.")
    assert "(07 Small; 1 Look at the data; A picture; 2 Look again; Error clinic; Recap)" in message
    assert message.endswith("across/down: 0/0 to 4/0.")


def test_a_comment_in_code_is_no_heading():
    nb = deck_of(
        md("# 07 · Small\n\n```python\n# a comment\n```\n\n~~~\n# more\n~~~"), md("## End")
    )
    with pytest.raises(SlideError, match=r"\(07 Small; End\)"):
        find(nb, "a comment")


@pytest.mark.parametrize("cells", [[], [md("# Hidden", "skip")]])
def test_a_notebook_that_shows_nothing_has_no_slide(cells):
    with pytest.raises(SlideError, match="There is no slide '0/0'"):
        find(deck_of(*cells), "0/0")


def test_words_that_fit_two_slides():
    with pytest.raises(SlideError, match="More than one slide fits 'look': 1 Look at"):
        find(lesson(), "look")


@pytest.mark.parametrize("path", lesson_files(), ids=lambda path: path.stem)
def test_every_numbered_section_of_a_lesson_can_be_asked_for(path):
    nb = json.loads(path.read_text(encoding="utf-8"))  # sources are lists of lines here
    cells = [find(nb, str(n)) for n in range(1, 4)]
    assert cells == sorted(set(cells))
    assert [find(read(path), f"{s.h}/{s.v}") for s in plan(nb)]


def test_the_plan_follows_rise():
    kinds = ["skip", "slide", "notes", "-", "fragment", "subslide", "skip", "slide", "slide"]
    slides = plan(deck_of(*(md(f"cell {i}", kind) for i, kind in enumerate(kinds))))
    assert [(s.id, s.cells, s.fragments) for s in slides] == [
        ("slide-0-0", [0, 1, 2, 3, 4], 1),
        ("slide-0-1", [5, 6], 0),
        ("slide-1-0", [7], 0),
        ("slide-2-0", [8], 0),
    ]


def test_present_looks_the_slide_up_in_the_copy_that_it_shows(tmp_path, monkeypatch):
    shown = {}
    monkeypatch.setattr(serve, "serve", lambda *args, **options: shown.update(options) or 0)
    monkeypatch.setattr(serve.workbook, "prepare", _copy_into(tmp_path))
    assert serve.present_main(["00", "--slide", "2"]) == 0
    nb = json.loads((tmp_path / "00_start_here.ipynb").read_text(encoding="utf-8"))
    assert nb["cells"][shown["cell"]]["source"][0].startswith("## 2 ·")
    with pytest.raises(SlideError, match="There is no slide '77'"):
        serve.present_main(["00", "--slide", "77"])
    with pytest.raises(SlideError, match="There is no slide '²'"):  # a key of some keyboards
        serve.present_main(["00", "--slide", "²"])
    (tmp_path / "00_start_here.ipynb").write_text("[]")
    with pytest.raises(serve.ServeError, match="is not a notebook any more"):
        serve.present_main(["00", "--slide", "2"])


def _copy_into(folder):
    real = serve.workbook.prepare

    def prepare(lessons, work, *, notes):
        return real(lessons, folder, notes=notes)

    return prepare

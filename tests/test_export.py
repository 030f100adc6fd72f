"""Decks as HTML and handouts as PDF: opened in a browser that has no network, nothing missing."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pypdf
import pytest
from playwright.sync_api import Browser, Page

from coursekit.deck import plan
from coursekit.export import chromium, handout, lessons, page, slides
from coursekit.export.page import ExportError
from coursekit.workbook import WorkbookError
from tests.lint.good import code, md
from tests.sample_decks import deck_of
from tests.tools.normalise import dumps
from tests.tools.notebooks import find, lesson_files, read, slide_type
from tests.tools.walk_deck import access
from tests.tools.walk_deck.walker import SCRIPTS

LESSONS = pytest.mark.parametrize("path", lesson_files(), ids=lambda path: path.stem)
READY = "() => window.Reveal && Reveal.isReady()"


class Offline:
    """A page of a browser without a network, and all that went wrong on it."""

    def __init__(self, browser: Browser, file: Path) -> None:
        self.troubles: list[str] = []
        context = browser.new_context(offline=True, viewport={"width": 1280, "height": 720})
        self.page: Page = context.new_page()
        for script in SCRIPTS:
            self.page.add_init_script(path=script)
        self.page.on("request", self._asked)
        self.page.on("requestfailed", lambda r: self.troubles.append(f"failed: {r.url[:80]}"))
        self.page.on("pageerror", lambda e: self.troubles.append(f"error: {e}"))
        self.page.on("console", lambda m: self.troubles.append(f"console: {m.text[:80]}"))
        self.address = file.resolve().as_uri()
        self.page.goto(self.address)

    def _asked(self, request) -> None:
        if not request.url.startswith(("data:", "blob:", self.address)):
            self.troubles.append(f"asks for {request.url[:80]}")

    def close(self) -> None:
        self.page.context.close()


@pytest.fixture
def offline(browser):
    """Open a file without a network; close it at the end."""
    opened = []

    def open_file(file: Path) -> Offline:
        opened.append(Offline(browser, file))
        return opened[-1]

    yield open_file
    for one in opened:
        one.close()


def formulas_are_set(shown: Page) -> None:
    assert shown.locator(".katex-error").count() == 0
    left = "es => es.map(e => e.innerText).filter(t => /\\$[^$\\n]+\\$/.test(t))"
    assert shown.eval_on_selector_all(".jp-MarkdownCell p, .jp-MarkdownCell li", left) == []


@pytest.mark.browser
@LESSONS
def test_a_deck_needs_nothing_but_itself(tmp_path, offline, path):
    file = tmp_path / f"{path.stem}.html"
    said = slides.write(path, file)
    expected = plan(read(path))
    assert said.startswith(f"{len(expected)} slides")
    opened = offline(file)
    shown = opened.page
    shown.wait_for_function(READY)
    assert shown.evaluate("Reveal.getTotalSlides()") == len(expected)
    formulas_are_set(shown)
    broken = "is => is.filter(i => !i.complete || !i.naturalWidth || !i.alt).map(i => i.outerHTML)"
    assert shown.eval_on_selector_all(".slides img", broken) == []
    out = []
    for i, slide in enumerate(expected, 1):
        shown.evaluate("([h, v]) => Reveal.slide(h, v, 99)", [slide.h, slide.v])
        over = shown.evaluate("__walk.overflow(2)")
        px = max(over[k] for k in ("right", "bottom", "left", "top", "clipX", "clipY"))
        if px > 2:
            out.append(f"slide {i} overflows by {px:.0f} px: {over['who']}")
        small = shown.evaluate("__walk.fonts()")["smallest"]
        out += [f"slide {i}: {v}" for v in small.values() if v["px"] < 17.9]
    assert out == []
    assert opened.troubles == []
    assert access.troubles(shown) == []


def test_code_keeps_a_contrast_of_four_and_a_half():
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05

    behind = light(re.search(r"\.highlight \{ background: (#\w{6})", page.read("cells.css"))[1])
    colours = set(re.findall(r"[^-]color: (#[0-9A-Fa-f]{6})", page.highlight_style()))
    assert len(colours) > 10
    assert {c: round(behind / light(c), 2) for c in colours if behind / light(c) < 4.5} == {}


@pytest.mark.browser
def test_a_deck_is_used_with_keys_alone(tmp_path, offline):
    (path,) = find(["01"])
    file = tmp_path / "deck.html"
    slides.write(path, file)
    shown = offline(file).page
    shown.wait_for_function(READY)
    for _ in range(3):
        shown.keyboard.press("Space")
    assert shown.evaluate("Reveal.getIndices().h + Reveal.getIndices().v") > 0
    notes = shown.locator(".speaker-notes")
    assert not notes.is_visible()
    shown.keyboard.press("s")
    assert "Notes." in notes.inner_text()
    shown.keyboard.press("s")
    assert not notes.is_visible()
    where = "s => { const i = Reveal.getIndices(s.closest('section')); Reveal.slide(i.h, i.v, 99) }"
    steps = shown.locator(".ck-steps").first
    steps.evaluate(where)
    steps.get_by_role("button", name="next step").focus()
    before = shown.evaluate("location.hash")
    shown.keyboard.press("Enter")
    shown.keyboard.press("ArrowRight")
    assert steps.get_attribute("data-step") == "2"
    assert shown.evaluate("location.hash") == before, "the figure's arrow keys change no slide"


@pytest.mark.browser
@LESSONS
def test_a_handout_needs_nothing_but_itself_and_prints(tmp_path, offline, path):
    file = tmp_path / "handout.html"
    file.write_text(handout.sheet(path, answers=True), encoding="utf-8")
    opened = offline(file)
    shown = opened.page
    formulas_are_set(shown)
    nb = read(path)
    notes = sum(slide_type(cell) == "notes" for cell in nb.cells)
    assert shown.locator("aside.notes").count() == notes > 0
    assert shown.locator("details:not([open])").count() == 0
    assert shown.locator(".jp-Cell").count() == len(nb.cells)
    assert access.troubles(shown, slides=False) == []
    pdf = pypdf.PdfReader(io.BytesIO(shown.pdf(prefer_css_page_size=True)))
    assert opened.troubles == []
    pages = [one.extract_text() for one in pdf.pages]
    assert 4 < len(pages) < 40
    assert all(f"{i} / {len(pages)}" in text for i, text in enumerate(pages, 1))
    assert "Notes." in "".join(pages)
    assert "Answers to the exercises" in "".join(pages)
    width, height = (float(x) * 25.4 / 72 for x in pdf.pages[0].mediabox[2:])
    assert (round(width), round(height)) == (210, 297)


# ---- the commands


@pytest.fixture
def small(tmp_path) -> Path:
    """A lesson with a note, a folded answer and a link to another lesson."""
    answer = "<details><summary>Answer</summary>\n\nFour.\n\n</details>"
    cells = [
        md("# 07 · Small & short\n\n[before](06_before.ipynb)"),
        md("**Notes.** Ask for it. 2 minutes.", "notes"),
        md(f"## 1 · Two\n\nWhat is $2 + 2$?\n\n{answer}"),
        code("'</script><!--'"),
    ]
    path = tmp_path / "07_small.ipynb"
    path.write_text(dumps(deck_of(*cells)), encoding="utf-8")
    return path


@pytest.mark.browser
def test_the_commands_write_files_and_say_so(tmp_path, browser, capsys):
    assert slides.main(["00", "--to", str(tmp_path / "a")]) == 0
    said = capsys.readouterr().out
    assert said.startswith("[1/1] 00_start_here.html … ")
    assert said.endswith(f"They are in {tmp_path / 'a'}.\n")
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["00_start_here.html"]
    assert handout.main(["00", "--students", "--to", str(tmp_path / "b")]) == 0
    assert "pages" in capsys.readouterr().out
    (pdf,) = (tmp_path / "b").iterdir()
    assert pdf.name == "00_start_here_students.pdf"
    text = "".join(p.extract_text() for p in pypdf.PdfReader(pdf).pages)
    assert "Start here" in text
    assert "Notes." not in text


def test_students_get_no_notes_and_answers_stay_folded(small):
    teacher, students = handout.sheet(small), handout.sheet(small, notes=False)
    assert "Ask for it" in teacher
    assert "<details open>" in teacher
    assert "Ask for it" not in students
    assert "<details>" in students


def test_a_deck_links_to_decks_and_survives_what_looks_like_a_script(small):
    text = slides.deck(small)
    assert 'href="06_before.html"' in text
    assert "<title>07 · Small &amp; short</title>" in text
    assert page.inline("a('</script><!--')") == r"a('<\/script><\!--')"


def test_a_lesson_that_is_not_there_and_one_that_is_broken(small):
    with pytest.raises(WorkbookError, match="There is no lesson '77'"):
        slides.main(["77"])
    small.write_text("{}")
    with pytest.raises(ExportError, match="git checkout"):
        slides.deck(small)


def test_without_a_browser_a_sentence(monkeypatch):
    monkeypatch.setenv("CHROMIUM", "/no/such/browser")
    with pytest.raises(ExportError, match=r"CHROMIUM names /no/such/browser.*Install one"):
        handout.main(["00"])
    monkeypatch.delenv("CHROMIUM")
    monkeypatch.setattr(chromium.shutil, "which", lambda _: None)
    with pytest.raises(ExportError, match=r"^A handout is printed by Chromium"):
        handout.main(["00"])


def test_a_browser_that_prints_nothing(monkeypatch, small, tmp_path):
    monkeypatch.setattr(chromium, "find", lambda: "/bin/false")
    with pytest.raises(ExportError, match=r"false printed no 07_small\.pdf: it said nothing"):
        handout.write(small, tmp_path / "07_small.pdf")
    assert [p.name for p in tmp_path.iterdir()] == ["07_small.ipynb"]


def test_a_deck_and_a_handout_lie_in_one_folder(monkeypatch, small, tmp_path):
    def to_pdf(source, pdf):
        assert source.is_file()
        pdf.write_bytes(b"/Type /Page")

    monkeypatch.setattr(chromium, "to_pdf", to_pdf)
    slides.write(small, tmp_path / "07_small.html")
    deck = (tmp_path / "07_small.html").read_text(encoding="utf-8")
    assert handout.write(small, tmp_path / "07_small.pdf") == "1 pages, 0.0 MB"
    assert (tmp_path / "07_small.html").read_text(encoding="utf-8") == deck
    names = ["07_small.html", "07_small.ipynb", "07_small.pdf"]
    assert sorted(p.name for p in tmp_path.iterdir()) == names


@pytest.mark.skipif(os.name != "posix", reason="the stand-in for the browser is a shell script")
def test_a_browser_that_says_what_is_no_text(monkeypatch, small, tmp_path):
    script = tmp_path / "browser"
    script.write_text("#!/bin/sh\nprintf 'no fonts \\377' >&2\n")
    script.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(script))
    with pytest.raises(ExportError, match=r"browser printed no .*: no fonts \ufffd"):
        handout.write(small, tmp_path / "07_small.pdf")


def test_packages_that_are_missing(monkeypatch, small):
    with monkeypatch.context() as patch, pytest.raises(ExportError, match=r"nbconvert.*\[lab\]"):
        patch.setattr("importlib.util.find_spec", lambda name: None)
        slides.deck(small)


def test_a_folder_that_cannot_be_made(small, tmp_path):
    with pytest.raises(ExportError, match="cannot be written"):
        lessons.export([small], small / "below", ".html", slides.write)

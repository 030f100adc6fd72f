"""Every lesson as live slides in a real browser, in both flavours, and the walker itself.

A deck is opened as students and instructors open it, its code runs slide by slide, and each slide
must then fit 1280x720 and 1920x1080, be legible, and show no error. Contact sheets of what was
seen are left in ``build/decks/``.

The lessons are in four files, so that several workers share the walking: in JupyterLab here and in
``test_decks_later.py``, in classic RISE in ``test_decks_classic.py`` and
``test_decks_classic_later.py``. What the keyboard does is in ``test_decks_keys.py``.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coursekit.deck import plan
from tests.lint.good import code, md, stream
from tests.sample_decks import FIFTEEN_LINES, bad_deck, deck_of, full_deck, hard_to_read
from tests.tools.lint.contract import MAX_LINE, MAX_SLIDE_CODE_LINES
from tests.tools.normalise import dumps
from tests.tools.notebooks import NOTEBOOKS, ROOT, lesson_files, read, write_text
from tests.tools.walk_deck.__main__ import main
from tests.tools.walk_deck.report import (
    DeckError,
    DeckResult,
    SlideResult,
    as_text,
    judge_fonts,
)
from tests.tools.walk_deck.sheet import save_sheet
from tests.tools.walk_deck.stage import Stage, open_stage
from tests.tools.walk_deck.walker import Options

FLAVOURS = ("lab", "classic")
SHEETS = ROOT / "build" / "decks"
LARGER = (1920, 1080)


@pytest.fixture(scope="module")
def samples() -> Path:
    """A folder (below the server's root) with the sample decks and the course's slide style."""
    folder = SHEETS / "samples"
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "rise.css", (NOTEBOOKS / "rise.css").read_text(encoding="utf-8"))
    write_text(folder / "full.ipynb", dumps(full_deck()))
    write_text(folder / "bad.ipynb", dumps(bad_deck()))
    return folder


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One server and one browser for all decks; without a browser skip, or fail where CI is set."""
    with contextlib.ExitStack() as stack:
        try:
            one = stack.enter_context(open_stage(ROOT))
        except DeckError as e:
            if os.environ.get("CI") or not str(e).startswith("no browser"):
                pytest.fail(str(e))
            pytest.skip(str(e))
        yield one


#: The first seven lessons are walked in one file, the others in another, in both flavours.
HALF = 7


@pytest.mark.browser
@pytest.mark.parametrize("path", lesson_files()[:HALF], ids=lambda p: p.stem)
def test_lesson_is_a_good_deck_in_jupyterlab(stage, path):
    check_lesson(stage, path, "lab", larger=LARGER, access=True)


def check_lesson(stage: Stage, path: Path, flavour: str, **options: Any) -> None:
    """Walk the lesson's deck and save its contact sheet; every slide must be good."""
    before = path.read_bytes()
    deck = walk(stage, path, flavour, Options(screenshots=True, **options))
    save_sheet(deck, SHEETS)
    assert deck.good, "\n" + "\n".join(deck.problems())
    assert len(deck.slides) == len(plan(read(path)))
    assert path.read_bytes() == before


def walk(stage: Stage, path: Path, flavour: str, options: Options) -> DeckResult:
    """Walk the deck; where the walker loses hold of the browser, once more and with a warning.

    A DeckError is no verdict on the slides: it says that the walker could not go on. What is bad
    about a slide is in the result, and is never tried twice.
    """
    try:
        return stage.walk(path, flavour, options)
    except DeckError as lost:
        warnings.warn(f"{path.stem} in {flavour}, walked again: {lost}", stacklevel=2)
        return stage.walk(path, flavour, options)


@pytest.mark.browser
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_slides_as_full_as_the_lint_allows_fit(stage, samples, flavour):
    deck = stage.walk(samples / "full.ipynb", flavour, Options(screenshots=True, larger=LARGER))
    sheet = save_sheet(deck, SHEETS / "samples")
    assert deck.good, "\n" + "\n".join(deck.problems())
    code = [c for c in full_deck().cells if c.cell_type == "code"]
    assert sum(s.ran for s in deck.slides) == len(code), "hidden cells run as well"
    assert sum(s.fragments for s in deck.slides) == 1
    sizes = [s.smallest["code"]["px"] for s in deck.slides if "code" in s.smallest]
    assert max(map(len, FIFTEEN_LINES.splitlines())) == MAX_LINE
    assert sum(map(bool, FIFTEEN_LINES.splitlines())) == MAX_SLIDE_CODE_LINES
    assert min(sizes) > 20, "smaller code than rise.css sets: is rise.css loaded?"
    assert sheet.stat().st_size > 10_000


@pytest.mark.browser
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_slide_style_holds_on_an_old_projector(stage, samples, flavour):
    small = Options(run=False, width=1024, height=768, least_font=14.4)
    deck = stage.walk(samples / "full.ipynb", flavour, small)
    assert deck.good, "\n" + "\n".join(deck.problems())


@pytest.mark.browser
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_picture_takes_the_room_that_the_text_leaves(stage, samples, flavour):
    draws = "from coursekit import plot\nplot.losses([2.3, 1.1, 0.6])"
    many = "\n".join(f"x{i} = {i}" for i in range(9))
    slides = {
        "short": [md("One sentence."), code(draws)],
        "hidden": [  # what is not on the slide takes no room
            md("One sentence.", "subslide"),
            code(draws),
            md("**Notes.** Ask.\n\n- one\n- two", "notes"),
            md("### More\n\n- three\n- four", "skip"),
            code(many, slide="skip"),
        ],
        "long": [md("One sentence.", "subslide"), code(f"{many}\n{draws}")],
        "list": [md("- one\n- two", "subslide"), code(draws)],
    }
    path = samples / "room.ipynb"
    write_text(path, dumps(deck_of(*(cell for cells in slides.values() for cell in cells))))
    deck = stage.walk(path, flavour, Options(larger=LARGER))
    assert deck.good, "\n" + "\n".join(deck.problems())
    pictures = [slide.pictures[0] for slide in deck.slides]
    short, hidden, long, listed = (picture["height"] / 720 for picture in pictures)
    assert short > 0.6 and hidden == pytest.approx(short, abs=0.01)
    assert long == pytest.approx(0.41, abs=0.01) == listed
    for picture in pictures:
        assert picture["width"] / picture["height"] == pytest.approx(8 / 3.4, rel=0.02)


FAULTS = {
    "fine": "",
    "too tall": "overflows by 0 x",
    "too wide": "clipX: cell 5 code",
    "cell fails": "cell 7: ZeroDivisionError: division by zero",
    "too small": "text of 12.0 px: cell 9 output <p>",
    "picture missing": "cell 10: picture not loaded",
    "picture too tall": "bottom: cell 12 output",
    "says too much": "bottom: cell 13 text",
    "answer too long": "px when it is unfolded",
    "too tall when it is large": "px in the larger window (bottom: cell 16 output",
    "stays small": "times where the window grows 1.50 times",
    "drawn too small": "% of its size",
    "letters too small": "has letters of 1",
    "fine again": "",
}


@pytest.mark.browser
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_each_fault_is_found_on_its_slide_and_nowhere_else(stage, samples, flavour):
    deck = stage.walk(samples / "bad.ipynb", flavour, Options(larger=LARGER))
    assert not deck.good
    assert len(deck.slides) == len(FAULTS)
    for slide, (name, says) in zip(deck.slides, FAULTS.items(), strict=True):
        problems = slide.problems()
        if says:
            assert any(says in p for p in problems), (name, problems)
        else:
            assert problems == [], name
    tiny = "text of 19.0 px in the larger window"
    assert any(tiny in p for p in deck.slides[-4].problems())
    assert not any("text of 19" in p and tiny not in p for p in deck.slides[-4].problems())


@pytest.mark.browser
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_each_barrier_is_found_in_its_cell_and_nowhere_else(stage, samples, flavour):
    write_text(samples / "hard.ipynb", dumps(hard_to_read()))
    deck = stage.walk(samples / "hard.ipynb", flavour, Options(access=True))
    found = [tuple(barrier.split(": ")[:2]) for barrier in deck.barriers]
    expected = {
        ("cell 3", "color-contrast"),
        ("cell 5", "image-alt"),
        ("cell 7", "button-name"),
        ("cell 8", "heading-order"),
    }
    if flavour == "lab":  # it calls such a picture "Image" itself; the lint looks at the output
        expected.remove(("cell 5", "image-alt"))
    assert set(found) == expected


@pytest.mark.browser
def test_stored_outputs_are_measured_when_nothing_runs(stage, samples):
    nb = bad_deck()
    nb.cells[2].outputs = [stream("a line\n" * 40)]
    path = samples / "stored.ipynb"
    path.write_text(dumps(nb), encoding="utf-8")
    deck = stage.walk(path, "classic", Options(run=False))
    assert sum(s.ran for s in deck.slides) == 0
    assert deck.slides[1].overflows
    assert not deck.slides[3].errors, "the failing cell was not run"


@pytest.mark.browser
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_cell_that_hangs_or_asks_is_named(stage, samples, flavour):
    path = samples / "hangs.ipynb"
    cells = [md("# hangs"), code("while True:\n    pass"), md("# asks"), code("input('name? ')")]
    path.write_text(dumps(deck_of(*cells)), encoding="utf-8")
    deck = stage.walk(path, flavour, Options(cell_timeout=6))
    assert deck.slides[0].errors == ["cell 2: did not finish in 6 s"]
    assert deck.slides[1].errors == ["cell 4: waits for input()"]


@pytest.mark.browser
def test_a_cell_that_keeps_the_focus_but_is_not_selected_any_more_starts(stage, samples):
    nb = deck_of(md("# A"), code("hidden = 7", slide="skip"), code("hidden", slide="fragment"))
    path = samples / "focus.ipynb"
    write_text(path, dumps(nb))
    with stage.show(path, "lab", nb) as walker:
        page, start = walker.page, walker.flavour.start
        not_laid_out = ".jp-InputArea-editor {display: none}"  # the cell has the focus itself
        page.add_style_tag(content=not_laid_out)
        start(1)
        page.evaluate("__walk.reveal('next')")  # the show selects the fragment's cell
        page.wait_for_function("__walk.isActive(2)")
        assert "active: 3, with the focus: 2" in page.evaluate("__walk.whoIsActive()")
        start(1)


# ---- without a browser


def result(**slide) -> DeckResult:
    """A deck of one slide with running text of 22 px."""
    one = SlideResult(index=1, id="slide-0-0", kind="slide", body_px=22.0, **slide)
    return DeckResult(Path("07_x.ipynb"), "lab", "1280x720", True, 1, [one])


@pytest.mark.parametrize(
    ("part", "px", "says"),
    [
        ("code", 22.0, None),
        ("code", 21.0, "code of 21.0 px, below the text's 22.0 px"),
        ("code", 17.0, "text of 17.0 px"),
        ("output", 18.0, None),
        ("output", 17.9, "text of 17.9 px"),
        ("text", 17.0, "text of 17.0 px"),
    ],
)
def test_code_is_as_large_as_text_and_nothing_is_tiny(part, px, says):
    deck = result(smallest={part: {"px": px, "where": "cell 2"}})
    judge_fonts(deck, least_px=18)
    assert deck.good is (says is None)
    assert (says or "good") in as_text(deck)


def test_a_deck_is_walked_twice_only_where_the_walker_lost_hold_of_it():
    class Loses:
        def __init__(self, *answers: DeckResult | DeckError) -> None:
            self.answers = list(answers)

        def walk(self, *_: Any) -> DeckResult:
            if isinstance(answer := self.answers.pop(0), DeckError):
                raise answer
            return answer

    bad, lost = result(errors=["bad"]), DeckError("no such cell")
    assert walk(Loses(bad, result()), bad.notebook, "lab", Options()) is bad
    with pytest.warns(UserWarning, match="07_x in lab, walked again: no such cell"):
        assert walk(Loses(lost, bad), bad.notebook, "lab", Options()) is bad
    with pytest.warns(UserWarning), pytest.raises(DeckError):
        walk(Loses(lost, lost), bad.notebook, "lab", Options())


def test_a_slide_that_was_never_reached_makes_the_deck_bad():
    deck = result()
    assert deck.good
    deck.missing = ["slide-1-0"]
    assert deck.problems() == ["slide-1-0 is in the notebook but was never reached"]


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["99"], "There is no notebook '99'"),
        (["no/such.ipynb"], "There is no notebook 'no/such.ipynb'"),
    ],
)
def test_the_command_says_what_is_wrong(argv, says, capsys):
    assert main(argv) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(("ci", "outcome"), [("", "1 skipped"), ("true", "1 error")])
def test_without_a_browser_decks_are_skipped_but_fail_in_ci(tmp_path, ci, outcome):
    env = os.environ | {"CHROMIUM": str(tmp_path / "no-chromium"), "CI": ci}
    test = f"{__file__}::test_stored_outputs_are_measured_when_nothing_runs"
    command = [sys.executable, "-m", "pytest", "-q", "-rsE", "-p", "no:cacheprovider", test]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome in done.stdout, done.stdout
    assert "no browser: " in done.stdout
    assert "Install Chromium" in done.stdout

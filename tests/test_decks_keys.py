"""Live decks with the keyboard alone: turn slides, run and change cells, step a figure.

What is tested here is what ``notebooks/INSTRUCTOR.md`` says under *Keys*. Whoever writes that a key
does something adds it here.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from coursekit.deck import plan
from tests.lint.good import code, md
from tests.sample_decks import deck_of
from tests.test_decks import FLAVOURS, samples, stage
from tests.tools.normalise import dumps
from tests.tools.notebooks import write_text
from tests.tools.walk_deck.walker import Walker

__all__ = ["samples", "stage"]  # fixtures: one server and one browser for this file too

STEPS = """\
import torch
from coursekit import graph

x = torch.tensor(3.0, requires_grad=True)
y = (x * x + x) * 2
y.backward()
graph.steps(y)"""

SLIDER = """\
start = 0.5
class At(float):
    def _repr_html_(self):
        return f"at {self:.2f}"

from coursekit.explore import slider
slider(At, "rate", 0.0, 1.0, start, step=0.05)"""

DECK = deck_of(
    md("# Start"),
    md("## Run"),
    code("20 + 22"),
    md("## Step"),
    code(STEPS),
    md("## Slide"),
    code(SLIDER),
    md("## End"),
)
FIGURE = "figure.ck-steps"


class Hands:
    """Somebody who has a keyboard and no mouse, in front of one deck."""

    def __init__(self, walker: Walker, flavour: str) -> None:
        self.page, self.walker, self.flavour = walker.page, walker, flavour

    def go_on(self, key: str, slide: int) -> None:
        """Press ``key``; the show must then stand on that slide."""
        self.page.keyboard.press(key)
        self.stands_on(slide)

    def stands_on(self, slide: int) -> None:
        at = "p => __walk.place() === p"
        self.page.wait_for_function(at, arg=f"{plan(DECK)[slide].id}/0")

    def run(self, i: int) -> None:
        """Run cell ``i``, the only one with code on its slide, once it is the active one."""
        selected = f"Jupyter.notebook.get_selected_index() === {i}"
        active = selected if self.flavour == "classic" else f"__walk.isActive({i})"
        self.page.wait_for_function(f"() => {active}")
        self.into_cell()
        self.press_and_wait("Control+Enter")

    def into_cell(self) -> None:
        """Put the focus on the active cell."""
        if self.flavour == "lab":
            self.tab_to(".jp-CodeCell")
        else:  # the heading above it, and back
            self.page.keyboard.press("ArrowUp")
            self.page.keyboard.press("ArrowDown")

    def press_and_wait(self, key: str) -> None:
        """Press a key that runs a cell, and wait until it has run."""
        kernel = self.walker.kernel
        before = kernel.asked
        self.page.keyboard.press(key)
        assert kernel.finishes(before, seconds=60), f"{key} runs nothing"

    def has_a_cursor(self) -> None:
        editing = "() => !!document.activeElement.closest('.CodeMirror, .cm-editor')"
        self.page.wait_for_function(editing)

    def steps_to(self, step: int) -> None:
        self.page.wait_for_selector(f"{FIGURE}[data-step='{step}']")

    def sees(self, i: int, words: str) -> None:
        """Wait until these words stand in cell ``i``."""
        seen = "([i, words]) => __walk.cells()[i].innerText.includes(words)"
        self.page.wait_for_function(seen, arg=[i, words])

    def tab_to(self, selector: str) -> None:
        """Press Tab until the focus is in such an element."""
        inside = "s => !!document.activeElement && !!document.activeElement.closest(s)"
        for _ in range(12):
            if self.page.evaluate(inside, selector):
                return
            self.page.keyboard.press("Tab")
            self.page.wait_for_timeout(100)  # the focus moves after the key
        pytest.fail(f"twelve presses of Tab do not reach {selector}")


@pytest.fixture(params=FLAVOURS)
def hands(request, stage, samples) -> Iterator[Hands]:
    """The deck, open on its first slide."""
    path = samples / "keys.ipynb"
    write_text(path, dumps(DECK))
    with stage.show(path, request.param, DECK) as walker:
        yield Hands(walker, request.param)


@pytest.mark.browser
def test_a_deck_is_given_with_keys_alone(hands):
    press = hands.page.keyboard.press
    hands.go_on("Space", 1)
    hands.run(2)
    hands.sees(2, "42")
    hands.stands_on(1)  # Ctrl+Enter stays: everybody sees the answer

    press("Escape")
    hands.go_on("PageDown", 2)
    hands.run(4)
    hands.steps_to(0)
    hands.into_cell()
    hands.tab_to(f"{FIGURE} button[title='next step']")
    for key, step in {"Enter": 1, "Space": 2, "ArrowLeft": 1, "ArrowRight": 2, "End": 3}.items():
        press(key)
        hands.steps_to(step)
    hands.stands_on(2)  # none of these keys turned the slide

    press("Escape")
    hands.go_on("PageDown", 3)
    hands.run(6)
    hands.sees(6, "at 0.50")
    hands.into_cell()
    press("Enter")
    hands.has_a_cursor()
    for key in ("Control+Home", "End", "5"):
        press(key)
    hands.press_and_wait("Control+Enter")
    hands.sees(6, "at 0.55")
    hands.stands_on(3)

    press("Escape")
    hands.go_on("PageDown", 4)
    hands.go_on("Shift+Space", 3)

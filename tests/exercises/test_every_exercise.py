"""What holds for every exercise of the course, and for one of each kind."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from coursekit.exercises import every, examine
from coursekit.exercises.model import Exercise
from coursekit.exercises.source import answer_in, usable
from tests.exercises.example import EXERCISES

ALL = [*EXERCISES, *every()]
CALLED = [e for e in ALL if e.kind in ("write", "fill", "fix")]
WRONG = [(e, i) for e in ALL for i in range(len(e.wrong))]

each = pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.name)
each_called = pytest.mark.parametrize("exercise", CALLED, ids=lambda e: e.name)
each_wrong = pytest.mark.parametrize(
    ("exercise", "i"), WRONG, ids=[f"{e.name}-{i}" for e, i in WRONG]
)


class Text(HTMLParser):
    """What a screen reader reads of a verdict; fails where tags do not close."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.open, self.hidden = "", [], 0
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        if tag != "br":
            self.open.append((tag, ("aria-hidden", "true") in attrs))
            self.hidden += self.open[-1][1]
        else:
            self.text += "\n"

    def handle_endtag(self, tag):
        name, hidden = self.open.pop()
        assert name == tag
        self.hidden -= hidden

    def handle_data(self, data):
        if not self.hidden:
            self.text += data


def verdicts(exercise: Exercise) -> list:
    """The verdicts on stub, solution and all wrong answers."""
    texts = [exercise.stub, exercise.solution, *(w.code for w in exercise.wrong)]
    return [examine(exercise, answer_in(exercise, text)) for text in texts]


@each
def test_the_untouched_stub_is_not_attempted_and_says_so_the_same_way_each_time(exercise):
    said = {repr(examine(exercise, answer_in(exercise, exercise.stub))) for _ in range(2)}
    assert len(said) == 1
    assert f"{exercise.name}: not attempted yet" in said.pop()


@each_called
def test_comments_and_docstrings_do_not_make_an_attempt(exercise):
    head, body = exercise.stub.split("\n", 1)
    changed = f'# mine\n{head}\n    """Mine."""\n    # later\n\n{body}'
    assert examine(exercise, answer_in(exercise, changed)).state == "not attempted"


@each
def test_the_solution_is_correct_every_time(exercise):
    answer = answer_in(exercise, exercise.solution)
    assert [examine(exercise, answer).state for _ in range(2)] == ["correct", "correct"]


@each
def test_there_are_wrong_answers_and_their_hints_differ(exercise):
    hints = [w.hint for w in exercise.wrong]
    assert hints
    assert len(set(hints)) == len(hints)


@each_wrong
def test_each_wrong_answer_fails_with_its_own_hint(exercise, i):
    verdict = examine(exercise, answer_in(exercise, exercise.wrong[i].code))
    assert verdict.state == "wrong", verdict
    assert verdict.details[-1] == f"Hint: {exercise.wrong[i].hint}", verdict


SINGULAR = {"loss", "class", "bias", "axis"}
BEHIND_THE_NOUN = re.compile(
    r" (?:of|in|after|at|for|from|with|without|that|on|to|as|while|when|\()"
)


@each
def test_what_is_observed_is_named_so_that_is_wrong_can_follow(exercise):
    """As in "the list of losses is wrong": never "the losses is wrong" or "W.grad is wrong"."""
    if exercise.observe is None:
        return
    case = exercise.cases()[0]
    answer = usable(exercise, answer_in(exercise, exercise.solution))
    seen = exercise.observe(answer, *case.args, **case.kwargs)
    for name in seen if isinstance(seen, dict) else ():
        noun = BEHIND_THE_NOUN.split(name)[0].split()[-1].strip(",")
        assert name.startswith("the "), name
        assert not noun.endswith("s") or noun in SINGULAR, name


@each
def test_a_verdict_has_three_lines_at_most_and_reads_the_same_as_html(exercise):
    for verdict in verdicts(exercise):
        plain = repr(verdict)
        assert len(plain.splitlines()) <= 3
        assert Text(verdict._repr_html_()).text == plain.split(" ", 1)[1]


@each
def test_no_verdict_contains_a_line_of_the_solution_or_an_address(exercise):
    lines = {line.strip() for line in exercise.solution.splitlines()}
    secret = {line for line in lines if len(line) > 6 and line not in exercise.stub}
    for verdict in verdicts(exercise):
        assert not re.search(r"0x[0-9a-f]{4}", repr(verdict))
        if verdict.state != "correct":
            assert not [line for line in secret if line in repr(verdict)]


@each_called
def test_an_endless_loop_is_stopped(exercise):
    def endless(*args, **kwargs):
        while True:
            pass

    assert examine(exercise, endless, seconds=0.2).state == "stopped"


@each
def test_a_stub_fits_a_slide_and_runs(exercise):
    assert all(len(line) <= 79 for line in exercise.stub.splitlines())
    assert len(exercise.stub.splitlines()) <= 20
    answer_in(exercise, exercise.stub)


def test_the_examples_show_every_kind():
    assert {e.kind for e in EXERCISES} == {"write", "fill", "order", "predict", "fix"}


def test_the_registry_knows_its_exercises_by_lesson_and_none_of_the_examples():
    names = [e.name for e in every()]
    assert len(names) == len(set(names))
    assert not set(names) & {e.name for e in EXERCISES}
    assert all(e.name in {x.name for x in every(e.lesson)} for e in every())

"""No small mistake in a solution is taken for right."""

from __future__ import annotations

import pytest

from coursekit.exercises import every, examine
from coursekit.exercises.model import Exercise
from coursekit.exercises.source import answer_in
from tests.exercises.mutants import mutants

WRITTEN = [e for e in every() if e.kind in ("write", "fill", "fix")]

#: Changes that are no mistakes, with the reason.
HARMLESS = {
    "relu_back": {"Gt -> GtE: return (g * (a > 0),)": "at 0 both slopes are as good"},
    "witness": {"1e-05 -> 2e-05: def witness(f, x, h=1e-5):": "any small step will do"},
    "softmax": {
        "USub -> UAdd: e = (x - x.max(dim=-1, keepdim=True).values).exp()": "-1 is axis 1, too",
        "USub -> UAdd: return e / e.sum(dim=-1, keepdim=True)": "the same",
    },
    "top_k_accuracy": {"without dim=: best = preds.topk(k, dim=1).indices": "the default is -1"},
    "HiddenNet": {
        "zeros -> ones: self.b1 = nn.Parameter(torch.zeros(n_hidden))": "biases may begin anywhere",
        "zeros -> ones: self.b2 = nn.Parameter(torch.zeros(n_out))": "the same",
    },
    "StopEarly": {
        '0 -> 1: self.best, self.waited = float("inf"), 0': "the first epoch sets it to 0",
        '0 -> -1: self.best, self.waited = float("inf"), 0': "the same",
    },
}


def survivors(exercise: Exercise) -> dict[str, str]:
    """The changed solutions that pass, by what was changed; what the stub gives stays."""
    given = {line.strip() for line in exercise.stub.splitlines() if exercise.kind == "fill"}
    found = {}
    for what, text in mutants(exercise.solution):
        if what.partition(": ")[2] in given:
            continue
        try:
            answer = answer_in(exercise, text)
        except Exception:  # no answer at all
            continue
        if examine(exercise, answer, seconds=1).state == "correct":
            found[what] = text
    return found


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # mistakes divide by zero
@pytest.mark.parametrize("exercise", WRITTEN, ids=lambda e: e.name)
def test_no_small_mistake_passes(exercise):
    passed = survivors(exercise)
    harmless = HARMLESS.get(exercise.name, {})
    told = "\n\n".join(f"{what}\n{text}" for what, text in passed.items() if what not in harmless)
    assert not told, told
    assert set(harmless) == set(passed), "this is noticed by now: strike it from HARMLESS"


def test_the_mistakes_are_many():
    counts = [sum(1 for _ in mutants(e.solution)) for e in WRITTEN]
    assert min(counts) >= 1 and sum(counts) > 400

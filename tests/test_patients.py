"""The patients of lesson 11 are ill as their envelopes say, each time in the same way."""

from __future__ import annotations

import pytest
import torch

from coursekit.data import load_digits
from coursekit.patients import admit, envelope


@pytest.fixture(scope="module")
def data():
    return load_digits("digits")


def test_same_illness_each_time_and_no_random_number_spent(data):
    torch.manual_seed(7)
    before = torch.get_rng_state()
    first, second = admit(data), admit(data)
    assert torch.equal(before, torch.get_rng_state())
    for letter in "ABCDE":
        assert first[letter].history.batches == second[letter].history.batches


def test_no_gpus_generator_is_touched(data, monkeypatch):
    """``torch.manual_seed`` would set it, too, and nobody would bring it back."""
    seeded = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeded.append)
    torch.manual_seed(3)
    assert seeded == [3], "this test must see what torch.manual_seed does"
    admit(data)
    assert seeded == [3]


def test_every_hidden_unit_of_patient_e_is_dead(data):
    model = admit(data)["E"].model
    assert not model[:2](255 * data.x_train).any()


def test_an_envelope_holds_the_diagnosis_and_the_cause(capsys):
    for letter, said in {"A": "nn.Linear(784, 1)", "B": "[:60]", "D": "shuffle=False"}.items():
        envelope(letter)
        assert said in capsys.readouterr().out
    with pytest.raises(KeyError, match="There is no patient 'c'; choose A to E"):
        envelope("c")

"""Measured speeds are kept as data: complete, readable, and refused when damaged."""

import json

import pytest

from coursekit import speeds
from coursekit.data import shipped_folder
from coursekit.recap import LADDER, MODES

FACTS = {"device": "a laptop", "kind": "cpu", "date": "2026-11-25", "torch": "2.14.1"}
RUN = speeds.Speeds(**FACTS, images_per_second={"start": 812.3, "faster": 24567.0}, limit=1234567.0)


def test_what_is_saved_is_read_again(tmp_path):
    speeds.save(RUN, tmp_path / "deep" / "laptop.json")
    assert speeds.load(tmp_path / "deep" / "laptop.json") == RUN


def test_a_run_shows_three_digits_and_ratios():
    assert repr(RUN).splitlines() == [
        "a laptop (cpu), measured 2026-11-25 with torch 2.14.1",
        "  start                   812 images a second   1.0 times",
        "  faster               24,600 images a second  30.2 times",
        "  limit in 32 bits  1,230,000 images a second 1519.8 times",
    ]


def test_the_shipped_runs_climbed_the_ladder_of_the_lesson():
    runs = speeds.measured()
    assert runs, "the course ships at least one run"
    for run in runs:
        rungs = list(run.images_per_second)
        compiled = list(MODES) if run.kind == "cuda" else []
        assert rungs in (list(LADDER), [*LADDER, *compiled]), run.device
        assert run.kind in ("cpu", "cuda", "mps") and run.device and run.torch
    files = list((shipped_folder() / "speeds").iterdir())
    assert len(files) == len(runs), "nothing else lies there"


def test_a_slow_run_shows_its_speed_too():
    slow = speeds.Speeds(**FACTS, images_per_second={"start": 0.4321, "faster": 1.2}, limit=3.0)
    assert [line.split()[1] for line in repr(slow).splitlines()[1:3]] == ["0.432", "1"]


LIST_OF_SPEEDS = json.dumps({**RUN.__dict__, "images_per_second": [1.0]})


@pytest.mark.parametrize("text", ["", "{", "[]", '{"device": "x"}', '{"speed": 3}', LIST_OF_SPEEDS])
def test_a_damaged_file_is_a_sentence(tmp_path, text):
    path = tmp_path / "broken.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(speeds.SpeedsError, match=r"broken\.json holds no speeds"):
        speeds.load(path)


@pytest.mark.parametrize(
    "bad",
    [
        {"images_per_second": {}},
        {"images_per_second": {"start": 0.0}},
        {"images_per_second": {"start": -1.0}},
        {"images_per_second": {"start": float("nan")}},
        {"limit": 0.0},
    ],
)
def test_speeds_that_cannot_be_are_refused(bad, tmp_path):
    facts = {**RUN.__dict__, **bad}
    with pytest.raises(ValueError, match="above 0"):
        speeds.Speeds(**facts)
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(speeds.SpeedsError):
        speeds.load(path)

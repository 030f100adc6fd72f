"""Timelines: gaps are found, named after what was waited for, and told in words."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb

from coursekit import plot
from coursekit.palette import CYCLE

WORK = [
    ("Python", "load", 0, 8),
    ("Python", "launch", 8, 1),
    ("device", "compute", 9, 3),
    ("Python", "load", 9, 8),
    ("device", "compute", 18, 2),
]


def texts(picture):
    return [text.get_text() for text in picture.figure.axes[0].texts]


def test_gaps_are_named_after_what_the_others_did_meanwhile():
    picture = plot.timeline(WORK)
    assert texts(picture) == ["waits for\nload", "waits for\nload"]
    assert "device: compute, busy 25 %; waits for load 75 %." in picture.alt


def test_a_gap_in_which_nobody_works_is_idle():
    picture = plot.timeline([("device", "compute", 0, 1), ("device", "compute", 3, 1)])
    assert texts(picture) == ["idle"]
    assert picture.alt.endswith("busy 50 %; idle 50 %.")


def test_other_rows_can_be_asked_for_and_rows_keep_their_order():
    picture = plot.timeline(WORK, waits="Python", unit="hours")
    assert picture.alt.startswith("Timeline, 20 hours long. Python: load, launch, busy 85 %; ")
    labels = [label.get_text() for label in picture.figure.axes[0].get_yticklabels()]
    assert labels[0].startswith("Python") and labels[1].startswith("device")


def test_overlapping_work_leaves_no_gap_between():
    picture = plot.timeline([("device", "a", 0, 5), ("device", "b", 3, 1), ("device", "a", 5, 2)])
    assert "waits" not in picture.alt and "idle" not in picture.alt
    assert "busy 100 %" in picture.alt, "what is done at the same time counts once"


def test_tiny_gaps_are_neither_framed_nor_told():
    work = [("device", "compute", i, 0.999) for i in range(300)]
    picture = plot.timeline([*work, ("Python", "load", 0, 300)], waits="device")
    assert "waits" not in picture.alt


def test_kinds_of_work_differ_in_grey_as_well():
    picture = plot.timeline(WORK)
    looks = {bars.get_hatch() for bars in picture.figure.axes[0].collections if bars.get_hatch()}
    assert len(looks) >= 2


@pytest.mark.parametrize(
    ("work", "options", "says"),
    [
        ([], {}, "nothing to draw"),
        (WORK, {"waits": "GPU"}, "no row 'GPU'"),
        ([("device", "compute", 3, -1)], {}, "less than no time"),
        ([("device", "compute", 3, 0)], {}, "no event takes any time"),
    ],
)
def test_bad_input_is_a_sentence(work, options, says):
    with pytest.raises(ValueError, match=says):
        plot.timeline(work, **options)


def test_work_too_short_for_an_edge_is_seen():
    """A GPU's kernels take microseconds: white edges around them would hide them all."""
    kernels = [("device", "compute", 10 + i / 10, 0.01) for i in range(300)]
    figure = plot.timeline([("Python", "step", 0, 50), *kernels]).figure
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[:, :, :3] / 255
    seen = np.abs(pixels - to_rgb(CYCLE[1])).max(axis=2) < 0.02
    assert seen.sum() > 1000

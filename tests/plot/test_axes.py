"""Axes and storage: what is told, what is drawn, what is refused."""

import numpy as np
import pytest
import torch

from coursekit import plot


@pytest.mark.parametrize("shape", [(), (3,), (5, 7), (3, 2, 2), (64, 3, 28, 28), (1, 1, 1, 1)])
def test_every_number_of_axes_is_told_and_drawn(shape):
    picture = plot.axes(torch.zeros(shape))
    assert str(shape) in picture.alt
    assert all(f"axis {i} · {n}" in picture.alt for i, n in enumerate(shape))
    assert picture.png()


def test_everything_drawn_lies_inside_the_picture():
    for x in ((64, 3, 28, 28), (1000, 784), (9, 4, 4), torch.arange(-9999, -9969).reshape(5, 6)):
        names = ["a rather long name"] * (len(x) if isinstance(x, tuple) else x.dim())
        figure = plot.axes(x, names).figure
        width = figure.get_figwidth()
        boxes = [patch.get_bbox() for patch in figure.axes[0].patches if hasattr(patch, "get_bbox")]
        assert boxes and min(box.x0 for box in boxes) >= 0
        assert max(box.x1 for box in boxes) <= width


def test_the_numbers_stand_in_the_cells():
    texts = {t.get_text() for t in plot.axes([[1, -2], [3, 4]]).figure.axes[0].texts}
    assert {"1", "−2", "3", "4"} <= texts


def test_a_vanishing_axis_leaves_the_others():
    assert "axis 0 vanishes, (7,)" in plot.axes((5, 7), vanishing=0).alt
    assert plot.axes((5, 7), vanishing=-1).alt == plot.axes((5, 7), vanishing=1).alt


def test_a_transpose_shares_the_storage_and_its_copy_does_not():
    x = torch.arange(6).reshape(2, 3)
    assert (
        "One storage, read by x, x.t(): 0 1 2 3 4 5" in plot.storage({"x": x, "x.t()": x.t()}).alt
    )
    told = plot.storage({"view": x.t(), "copy": x.t().reshape(6)}).alt
    assert "Storage 1, read by view" in told and "Storage 2, read by copy: 0 3 1 4 2 5" in told


def test_a_real_tensor_is_refused_before_its_numbers_are_written(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "tolist", lambda _: pytest.fail("millions of strings"))
    with pytest.raises(ValueError, match="'x' holds 4,704,000 numbers; at most 15 numbers"):
        plot.storage({"x": torch.zeros(6000, 784)})


def test_a_part_of_a_storage_shows_the_whole_storage():
    told = plot.storage({"column": torch.arange(6).reshape(2, 3)[:, 1]}).alt
    assert "right +3" in told and "0 1 2 3 4 5" in told


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: plot.axes(np.zeros((1,) * 5)), ValueError, "at most 4"),
        (lambda: plot.axes((2, 0)), ValueError, "holds no numbers"),
        (lambda: plot.axes((2, 3), ["rows"]), ValueError, "1 names for 2 axes"),
        (lambda: plot.axes((2, 3), vanishing=2), IndexError, "no axis 2"),
        (lambda: plot.storage({}), ValueError, "nothing to draw"),
        (lambda: plot.storage({"x": torch.zeros(2, 2, 2)}), ValueError, r"\(2, 2, 2\)"),
        (lambda: plot.storage({"x": torch.zeros(4, 4)}), ValueError, "15 numbers"),
        (lambda: plot.storage({"x": torch.empty(0, 2)}), ValueError, r"\(0, 2\)"),
        (lambda: plot.storage({c: torch.ones(1) for c in "abcd"}), ValueError, "4 storages"),
    ],
)
def test_bad_input_says_what_came_and_what_is_wanted(call, error, words):
    with pytest.raises(error, match=words):
        call()

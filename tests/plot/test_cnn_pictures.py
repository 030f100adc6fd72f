"""Pictures of lesson 12: the sliding window, shapes through a network, seeds."""

import numpy as np
import pytest

from coursekit import plot


def test_the_framed_window_is_the_one_that_made_the_answer():
    picture = plot.sliding(np.eye(6), np.ones((3, 3)), np.ones((2, 2)), at=(1, 0), stride=2)
    image, _, answers = picture.figure.axes
    window, answer = image.patches[0], answers.patches[0]
    assert (window.get_x(), window.get_y(), window.get_width()) == (-0.5, 1.5, 3)
    assert (answer.get_x(), answer.get_y()) == (-0.5, 0.5)
    assert "row 1, column 0" in picture.alt and picture.png()


def test_a_window_outside_the_image_is_a_sentence():
    with pytest.raises(ValueError, match=r"at \(2, 0\) does not lie inside"):
        plot.sliding(np.eye(6), np.ones((3, 3)), np.ones((3, 3)), at=(2, 0), stride=2)
    with pytest.raises(ValueError, match=r"kernel has shape \(3,\)"):
        plot.sliding(np.eye(6), np.ones(3), np.ones((4, 4)))


def test_weights_are_written_with_a_true_minus():
    picture = plot.sliding(np.eye(3), [[-1.0, 0.5]], np.ones((3, 2)))
    assert [text.get_text() for text in picture.figure.axes[1].texts] == ["−1", "0.5"]


def test_shapes_are_drawn_to_one_scale_and_counted():
    picture = plot.volumes([("image", (1, 28, 28), 0), ("conv", (16, 14, 14), 160)])
    widths = {patch.get_width() for patch in picture.figure.axes[0].patches}
    assert widths == {28, 14}
    assert picture.alt.endswith("conv 16×14×14, 160 parameters.") and picture.png()


def test_a_long_vector_is_cut_to_the_height_of_the_maps():
    picture = plot.volumes(
        [("image", (1, 28, 28), 0), ("flatten", (784,), 0), ("linear", (10,), 9)]
    )
    heights = [patch.get_height() for patch in picture.figure.axes[0].patches]
    assert heights == [28, 28, 10]
    assert "flatten 784;" in picture.alt


def test_a_batch_axis_is_refused():
    with pytest.raises(ValueError, match="no batch axis"):
        plot.volumes([("image", (64, 1, 28, 28), 0)])
    with pytest.raises(ValueError, match="nothing to draw"):
        plot.volumes([])


def test_every_seed_has_its_dot():
    picture = plot.seeds({"before": [0.1, 0.7, 0.5], "after": [0.9, 0.92]}, level=("linear", 0.9))
    ax = picture.figure.axes[0]
    dots = [len(line.get_xdata()) for line in ax.lines if line.get_marker() == "o"]
    assert dots == [3, 2]
    assert "before: 10% to 70%" in picture.alt and picture.png()


def test_no_result_is_a_sentence():
    with pytest.raises(ValueError, match="at least one recipe"):
        plot.seeds({"before": []})

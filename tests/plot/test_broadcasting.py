"""The picture of broadcasting says what NumPy does, for every small pair of shapes."""

from itertools import product

import numpy as np
import pytest
import torch
from matplotlib.patches import Rectangle

from coursekit import plot
from coursekit.plot.broadcasting import OPS, align

SHAPES = [shape for n in range(4) for shape in product((1, 2, 3), repeat=n)]


@pytest.mark.parametrize("first", SHAPES, ids=str)
def test_the_rule_is_numpys(first):
    for second in SHAPES:
        sizes = tuple(axis.size for axis in align(first, second))
        try:
            assert sizes == np.broadcast_shapes(first, second)
        except ValueError:
            assert None in sizes


def texts(picture):
    """All words in a picture."""
    return [text.get_text() for text in picture.figure.axes[0].texts]


def test_the_alt_text_names_the_axis_that_fails():
    alt = plot.broadcast((3, 256, 256), (3,), names=("image", "means")).alt
    assert alt.endswith("do not combine. On axis −1: 256 meets 3, and neither is 1.")


def test_every_axis_that_fails_is_named_in_words_and_in_the_picture():
    picture = plot.broadcast((3, 2), (2, 3))
    assert "On axis −1: 2 meets 3" in picture.alt and "on axis −2: 3 meets 2" in picture.alt
    assert texts(picture).count("✗") == 2
    assert texts(picture).count("?") == 6  # 3 cells that a lacks, 3 that b lacks


@pytest.mark.parametrize("op", OPS)
def test_the_result_is_what_the_operation_gives(op):
    a, b = np.array([1.0, 2.0]), np.array([[1.0], [4.0]])
    expected = {
        "+": "[[2, 3], [5, 6]]",
        "-": "[[0, 1], [−3, −2]]",
        "*": "[[1, 2], [4, 8]]",
        "/": "[[1, 2], [0.25, 0.5]]",
        "<": "[[False, False], [True, True]]",
        ">": "[[False, True], [False, False]]",
        "==": "[[True, False], [False, False]]",
    }
    picture = plot.broadcast(a, b, op)
    assert picture.alt.endswith(f"a {op} b is {expected[op]}.")


def test_numbers_are_drawn_once_for_every_cell_of_the_result():
    picture = plot.broadcast(np.array([[10], [20]]), np.array([7, 8, 9]))
    for number, times in {"10": 3, "20": 3, "7": 2, "8": 2, "9": 2}.items():
        assert texts(picture).count(number) == times


def test_stored_cells_and_copies_differ_without_colour():
    def frames(picture):
        boxes = [p for p in picture.figure.axes[0].patches if isinstance(p, Rectangle)]
        return {str(p.get_linestyle()) for p in boxes if p.get_fill()}

    assert len(frames(plot.broadcast((2, 2), (2, 2)))) == 1
    assert len(frames(plot.broadcast((2, 2), (2,)))) == 2


def test_tensors_numbers_and_lists_are_arrays_and_tuples_of_whole_numbers_are_shapes():
    tracked = torch.ones(2, requires_grad=True)
    assert "a * b is [3, 3]" in plot.broadcast(tracked, 3, "*").alt
    assert plot.broadcast([1, 2, 3], (3,)).alt.startswith("Shapes (3,) and (3,) give (3,)")
    assert plot.broadcast(torch.Size([5, 1]), (1, 4)).alt.startswith("Shapes (5, 1) and (1, 4)")


def test_two_scalars():
    assert plot.broadcast(2, 3, "+").alt == "Shapes () and () give (). a + b is 5."


@pytest.mark.parametrize("shapes", [((7, 1), (1, 2)), ((2, 3, 4), (4,)), ((0, 3), (3,))])
def test_what_does_not_fit_is_shown_by_its_shape_alone(shapes):
    picture = plot.broadcast(*shapes)
    assert "give" in picture.alt and picture.png()
    assert not [text for text in texts(picture) if text.startswith("a (")]


def test_a_picture_is_no_wider_than_a_slide():
    square = np.arange(36).reshape(6, 6) - 100
    for picture in (plot.broadcast(square[:5, :5], square[0, :5], "+"), plot.broadcast(square, 1)):
        assert picture.figure.get_figwidth() <= 12
        assert picture.figure.get_figheight() <= 3.8


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: plot.broadcast(1, 2, "@"), "operation '@': choose one of"),
        (lambda: plot.broadcast((3,), (3,), "+"), "A shape has no numbers"),
        (lambda: plot.broadcast((-1, 3), (3,)), "negative size"),
        (lambda: plot.speedups({}), "empty"),
        (lambda: plot.speedups({"a": 1, "b": 0}), "'b': 0"),
    ],
)
def test_bad_input_says_what_came(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_speedups_keeps_two_digits():
    ratios = {"a": 1, "b": 2.55, "c": 34.7, "d": 98765, "e": 0.0321}
    alt = plot.speedups(ratios, unit="a loop").alt
    assert alt.endswith("times as fast as a loop. a 1, b 2.5, c 35, d 99,000, e 0.03.")

"""Descents and fits: what the alt text says, what bad input is told."""

import numpy as np
import pytest

from coursekit import plot

X = np.array([-1.0, 0.0, 1.0])


def test_a_descent_tells_its_steps():
    alt = plot.downhill(np.square, [4, 2, 1]).alt
    assert alt.endswith("2 steps from 4 to 1.")
    assert "panels" not in alt


def test_turning_round_is_counted():
    alt = plot.downhill(np.square, {"a": [4, -3, 2, -1], "b": [4, 3]}).alt
    assert "a, 3 steps from 4 to -1, turning round 2 times; b, 1 step from 4 to 3." in alt


@pytest.mark.parametrize("last", [6.0, float("inf"), float("nan")])
def test_leaving_the_picture_is_said_and_still_drawn(last):
    picture = plot.downhill(np.square, [4, -4.5, last])
    assert "out of the picture at step 2" in picture.alt
    assert picture.png()


def test_panels_share_their_axes_and_are_labelled():
    axes = plot.downhill(np.square, {"a": [4, 3], "b": [4, 9]}).figure.axes
    assert len(axes) == 2
    assert axes[0].get_xlim() == axes[1].get_xlim() == (-5, 5)
    assert axes[0].get_ylabel() == "loss"
    assert all(ax.get_xlabel() == "w" for ax in axes)


def test_a_fit_tells_its_error():
    assert "mean squared error 0.6667" in plot.fits(X, X**2, 0 * X).alt


def test_two_curves_in_one_panel_are_named():
    picture = plot.fits(X, X**2, {"": {"line": 0 * X, "best": 0 * X + 2 / 3}})
    assert "line, mean squared error 0.6667; best, mean squared error 0.2222" in picture.alt
    assert len(picture.figure.axes) == 1
    assert picture.figure.axes[0].get_legend() is not None


def test_columns_are_as_good_as_flat_arrays_and_order_does_not_matter():
    mixed = [2, 0, 1]
    one = plot.fits(X, X**2, X)
    other = plot.fits(X[mixed, None], X[mixed, None] ** 2, X[mixed, None])
    assert one.png() == other.png()


def test_a_wild_fit_does_not_hide_the_points():
    low, high = plot.fits(X, X**2, 1e6 * X).figure.axes[0].get_ylim()
    assert low > -1 and high < 2


def test_parts_are_counted():
    picture = plot.fits(X, X**2, X, parts=np.full((3, 4), 7.0))
    assert "Thin: 4 curves, from 7.00 to 7.00" in picture.alt
    assert picture.figure.axes[0].get_ylim()[1] > 7


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: plot.downhill(np.square, []), "list of positions"),
        (lambda: plot.downhill(np.square, {}), "nothing to draw"),
        (lambda: plot.downhill(np.square, [[1, 2]]), r"\(1, 2\)"),
        (lambda: plot.downhill(np.square, [1], low=2, high=2), "low must be below high"),
        (lambda: plot.fits(X, X, np.zeros((3, 3))), r"preds has shape \(3, 3\)"),
        (lambda: plot.fits(X, np.zeros(4), X), r"y has shape \(4,\)"),
        (lambda: plot.fits(X, X, X, parts=np.zeros((4, 3))), r"parts has shape \(4, 3\)"),
    ],
)
def test_bad_input_says_what_came_and_what_is_wanted(call, words):
    with pytest.raises(ValueError, match=words):
        call()

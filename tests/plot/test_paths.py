"""Ways down a surface: the picture tells where each began, ended and turned round."""

import numpy as np
import pytest

from coursekit import plot

STEPS = [(4.0, 1.0), (3.2, -0.8), (2.6, 0.6)]


def bowl(w):
    return w[0] ** 2 + 9 * w[1] ** 2


def test_each_route_has_a_panel_with_its_last_loss():
    picture = plot.paths(bowl, {"SGD": STEPS, "Adam": STEPS[:2]})
    assert [ax.get_title() for ax in picture.figure.axes] == ["SGD\nloss 10", "Adam\nloss 16"]
    assert "SGD, 2 steps from (4.00, 1.00) to (2.60, 0.60), loss 25 to 10" in picture.alt
    assert "Adam, 1 step from" in picture.alt


def test_start_end_and_bottom_differ_in_shape_not_only_in_colour():
    axes = plot.paths(bowl, {"SGD": STEPS}).figure.axes[0]
    bottom, _, start, end = axes.lines
    assert [line.get_marker() for line in (bottom, start, end)] == ["x", "o", "D"]
    assert start.get_markerfacecolor() == "white"
    assert abs(bottom.get_xdata()[0]) < 0.1 and abs(bottom.get_ydata()[0]) < 0.1


@pytest.mark.parametrize("kind", [np.array, lambda steps: [np.array(step) for step in steps]])
def test_a_route_may_be_an_array_or_a_list_of_positions(kind):
    assert plot.paths(bowl, {"SGD": kind(STEPS)}).alt == plot.paths(bowl, {"SGD": STEPS}).alt


def test_a_route_may_be_tensors_that_are_tracked():
    torch = pytest.importorskip("torch")
    steps = [torch.tensor(step, requires_grad=True) for step in STEPS]
    assert plot.paths(bowl, {"SGD": steps}).alt == plot.paths(bowl, {"SGD": STEPS}).alt


def test_turning_round_is_counted_but_not_below_what_one_sees():
    tiny = [*STEPS, (2.6, 0.6 + 1e-6), (2.6, 0.6)]
    assert "turning round 0 times in w0 and 1 time in w1" in plot.paths(bowl, {"SGD": STEPS}).alt
    assert "and 1 time in w1" in plot.paths(bowl, {"SGD": tiny}).alt


def test_a_route_that_leaves_the_picture_is_drawn():
    far = plot.paths(bowl, {"SGD": [(4, 1), (-40, 10), (400, -100)]})
    assert far.png()
    assert far.figure.axes[0].get_xlim() == (-5, 5)


@pytest.mark.parametrize("bad", [[], [1.0, 2.0], [(1, 2, 3)]])
def test_what_is_no_route_is_a_sentence(bad):
    with pytest.raises(ValueError, match="'SGD' has shape"):
        plot.paths(bowl, {"SGD": bad})


def test_nothing_to_draw_is_a_sentence():
    with pytest.raises(ValueError, match="nothing to draw"):
        plot.paths(bowl, {})
    with pytest.raises(ValueError, match="low must be below high"):
        plot.paths(bowl, {"SGD": STEPS}, low=(5, 0), high=(-5, 1))

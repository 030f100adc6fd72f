"""Learning rates on a logarithmic axis: the best of each sweep is marked and told."""

import numpy as np
import pytest

from coursekit import plot

SWEEP = {0.1: 0.5, 0.01: 2.0, 1.0: 9.0}


def test_rates_are_sorted_and_the_best_is_told():
    picture = plot.rates(SWEEP)
    axes = picture.figure.axes[0]
    assert axes.get_xscale() == "log" and axes.get_yscale() == "linear"
    assert list(axes.lines[0].get_xdata()) == [0.01, 0.1, 1.0]
    assert picture.alt == (
        "Loss against the learning rate, from 0.01 to 1, logarithmic: lowest at 0.1 with 0.5."
    )


def test_several_sweeps_differ_in_line_and_marker():
    axes = plot.rates({"SGD": SWEEP, "Adam": SWEEP}).figure.axes[0]
    sgd, adam = axes.lines[0], axes.lines[3]
    assert sgd.get_linestyle() != adam.get_linestyle()
    assert sgd.get_marker() != adam.get_marker()
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["SGD", "Adam"]


def test_the_chosen_region_is_hatched_and_told():
    picture = plot.rates(SWEEP, chosen=(0.03, 0.3))
    assert picture.alt.endswith("Chosen: 0.03 to 0.3.")
    assert picture.figure.axes[0].patches[0].get_hatch()


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e9])
@pytest.mark.parametrize("log", [False, True])
def test_what_explodes_ends_at_the_edge(bad, log):
    picture = plot.rates({0.1: 0.5, 1.0: bad, 10.0: bad}, ymax=3, log=log)
    assert picture.png()
    curve, arrow, _ = picture.figure.axes[0].lines
    np.testing.assert_array_equal(curve.get_ydata(), [0.5, 3, np.nan])
    assert list(arrow.get_xdata()) == [1.0]


def test_what_cannot_be_drawn_is_a_sentence():
    with pytest.raises(ValueError, match="nothing to draw"):
        plot.rates({})
    with pytest.raises(ValueError, match="'SGD' is empty"):
        plot.rates({"SGD": {}})
    with pytest.raises(ValueError, match="no place on a logarithmic axis"):
        plot.rates({0.0: 1.0})
    with pytest.raises(ValueError, match="is a number"):
        plot.rates({0.1: np.nan})
    with pytest.raises(ValueError, match="0 < a < b"):
        plot.rates(SWEEP, chosen=(0.3, 0.03))

"""Curves of a run stand where they were measured; histograms over time keep their mass."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from coursekit import plot
from coursekit.plot.distributions import _spread


def run(batches=(2.3, 1.5, 0.9, 0.7), train=(1.9, 0.8), valid=(1.2, 0.6)):
    epochs = {"train_loss": list(train), "valid_loss": list(valid)}
    return SimpleNamespace(batches=list(batches), epochs=epochs)


def test_each_loss_stands_where_it_was_measured():
    ax = plot.training(run()).figure.axes[0]
    batches, train, valid = (line.get_xdata().tolist() for line in ax.lines)
    assert batches == [0.5, 1.0, 1.5, 2.0]
    assert train == [0.5, 1.5]
    assert valid == [1.0, 2.0]


def test_train_and_validation_differ_without_colour():
    _, train, valid = plot.training(run()).figure.axes[0].lines
    assert train.get_linestyle() != valid.get_linestyle()
    assert train.get_marker() != valid.get_marker()


def test_an_unfinished_epoch_is_drawn_up_to_where_it_is():
    history = SimpleNamespace(batches=[2.0, 1.0, 0.5], epochs={})
    picture = plot.training(history, per_epoch=6)
    assert picture.figure.axes[0].lines[0].get_xdata()[-1] == 0.5
    assert picture.alt == "Losses over 0 epochs: of 3 batches from 2.00 to 0.50."


@pytest.mark.parametrize("count", range(1, 8))
def test_panels_one_a_run_and_none_besides(count):
    picture = plot.training({f"run {i}": run() for i in range(count)}, level=("guessing", 2.3))
    shown = [ax for ax in picture.figure.axes if ax.axison]
    assert [ax.get_title() for ax in shown] == [f"run {i}" for i in range(count)]
    assert picture.alt.count("Losses over") == count
    assert picture.alt.endswith("Thin line: guessing at 2.30.")
    legends = [*picture.figure.legends, *(ax.get_legend() for ax in picture.figure.axes)]
    assert sum(legend is not None for legend in legends) == 1


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e30])
def test_curves_that_explode_are_cut_off_where_the_rest_can_be_seen(bad):
    picture = plot.training(run(batches=[2.3, bad, bad, bad], train=(bad, bad), valid=(bad, bad)))
    assert 2 < picture.figure.axes[0].get_ylim()[1] < 20
    assert picture.png()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_run_that_begins_with_no_number_is_drawn_from_the_first_one_on(bad):
    picture = plot.training(run(batches=[bad, 2.0, 1.0], train=[1.5], valid=[1.0]))
    assert 2 < picture.figure.axes[0].get_ylim()[1] < 20
    assert picture.png()


def test_nothing_to_draw_is_a_sentence():
    for nothing in ({}, SimpleNamespace(batches=[], epochs={})):
        with pytest.raises(ValueError, match="nothing to draw: train first"):
            plot.training(nothing)


def shot(step=1, low=-1.0, high=1.0, counts=(1, 2, 1), zeros=0.25):
    return SimpleNamespace(step=step, low=low, high=high, counts=list(counts), zeros=zeros)


@pytest.mark.parametrize("edges", [np.linspace(-1, 1, 9), np.linspace(-4, 2, 50)])
def test_histograms_keep_their_mass_on_other_bars(edges):
    assert _spread(shot(), edges).sum() == pytest.approx(1)


def test_distributions_tell_range_and_zeros():
    picture = plot.distributions(
        {"w": [shot(), shot(step=9, high=3.0, zeros=0.5)]}, ylabel="weight"
    )
    assert picture.alt == (
        "Distribution of the weights over steps 1 to 9. w: from -1 to 3, 50% exactly 0."
    )
    assert picture.png()


def test_distributions_refuse_nothing_and_too_much():
    with pytest.raises(ValueError, match="no histograms"):
        plot.distributions({})
    with pytest.raises(ValueError, match="13 tensors are too many"):
        plot.distributions({str(i): [shot()] for i in range(13)})

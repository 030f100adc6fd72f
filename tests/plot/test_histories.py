"""Histories laid over each other: what rounds is told from what differs."""

from itertools import pairwise

import numpy as np
import pytest

from coursekit import plot

REFERENCE = [2.3, 1.1, 0.6]


def shifted(by):
    return [value + by for value in REFERENCE]


def labels(picture):
    return [text.get_text() for text in picture.figure.axes[1].texts]


def test_rounding_and_identity_are_told_apart_in_the_picture():
    picture = plot.histories({"raw": REFERENCE, "same": REFERENCE, "rounded": shifted(2e-7)})
    assert labels(picture) == ["identical", "2e-7"]
    assert "same, rounded at most 0.00001, which is rounding." in picture.alt


def test_a_real_difference_is_told_by_number_and_hatched():
    picture = plot.histories({"raw": REFERENCE, "fine": REFERENCE, "bug": shifted(0.25)})
    assert "bug 0.25, beyond rounding; fine at most 0.00001, which is rounding." in picture.alt
    fine, bug = picture.figure.axes[1].patches
    assert bug.get_hatch() and not fine.get_hatch()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_history_that_breaks_is_not_rounding(bad):
    picture = plot.histories({"raw": REFERENCE, "broken": [2.3, bad, bad]})
    assert "beyond rounding" in picture.alt
    assert picture.png()


def test_the_tolerance_is_told_as_it_is():
    picture = plot.histories({"raw": REFERENCE, "same": REFERENCE}, tolerance=1e-6)
    assert picture.alt.endswith("same at most 0.000001, which is rounding.")


def test_every_curve_shows():
    picture = plot.histories({str(i): REFERENCE for i in range(9)})
    widths = [line.get_linewidth() for line in picture.figure.axes[0].lines]
    assert all(below - above > 1 for below, above in pairwise(widths))


def test_nothing_to_compare_is_a_sentence():
    with pytest.raises(ValueError, match="cannot be compared"):
        plot.histories({"raw": REFERENCE})
    with pytest.raises(ValueError, match=r"different lengths: \{'raw': 3, 'short': 2\}"):
        plot.histories({"raw": REFERENCE, "short": REFERENCE[:2]})

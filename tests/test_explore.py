"""The slider: one line where nobody can move it, a live picture where somebody can."""

import sys

import numpy as np
import pytest

from coursekit import explore, plot


def draw(lr: float) -> plot.Picture:
    return plot.downhill(np.square, [4, 4 - lr * 8])


@pytest.fixture
def shown(monkeypatch):
    """What is displayed; and no front end, wherever the tests run."""
    displayed = []
    monkeypatch.setattr("IPython.display.display", displayed.append)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    return displayed


def test_without_a_front_end_one_line_and_no_widget(shown, capsys):
    explore.slider(draw, "learning rate", 0.0, 1.0, start=0.1, step=0.1)
    assert capsys.readouterr().out == explore.ABSENT + "\n"
    assert shown == []


def test_with_a_front_end_moving_it_redraws(shown, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "03_sgd_in_numpy.ipynb")
    explore.slider(draw, "learning rate", 0.0, 1.0, start=0.1, step=0.1)
    (box,) = shown
    handle, picture = box.children
    assert handle.description == "learning rate"
    assert "from 4 to 3.2" in picture.value
    handle.value = 0.5
    assert "from 4 to 0." in picture.value


def test_without_ipywidgets_the_remedy_is_named(shown, monkeypatch, capsys):
    monkeypatch.setenv("JPY_SESSION_NAME", "03_sgd_in_numpy.ipynb")
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    explore.slider(draw, "learning rate", 0.0, 1.0, start=0.1, step=0.1)
    assert "%pip install ipywidgets" in capsys.readouterr().out


def test_a_start_outside_is_refused():
    with pytest.raises(ValueError, match=r"from 0\.0 to 1\.0, but would start at 2\.0"):
        explore.slider(draw, "learning rate", 0.0, 1.0, start=2.0, step=0.1)

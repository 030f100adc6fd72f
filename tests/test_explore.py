"""The slider: one line where nobody can move it, a live picture where somebody can."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from coursekit import explore, plot


def draw(lr: float) -> plot.Picture:
    return plot.downhill(np.square, [4, 4 - lr * 8])


@pytest.fixture
def nobody(monkeypatch):
    """No front end, wherever the tests run."""
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)


@pytest.fixture
def somebody(monkeypatch):
    """A kernel that a Jupyter server started; returns what is displayed."""
    displayed = []
    monkeypatch.setenv("JPY_SESSION_NAME", "03_sgd_in_numpy.ipynb")
    monkeypatch.setattr("IPython.display.display", lambda data, raw: displayed.append(data))
    return displayed


def test_without_a_front_end_one_line_and_no_widget(nobody, capsys):
    explore.slider(draw, "learning rate", 0.0, 1.0, start=0.1, step=0.1)
    assert capsys.readouterr().out == explore.ABSENT + "\n"


@pytest.mark.parametrize("where", ["VS Code", "Colab"])
def test_other_front_ends_are_known(nobody, monkeypatch, where):
    assert not explore._somebody_is_there()
    if where == "Colab":
        monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    else:
        shell = SimpleNamespace(user_ns={"__vsc_ipynb_file__": "03.ipynb"})
        monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    assert explore._somebody_is_there()


def test_the_first_picture_is_drawn_once(somebody):
    drawn = []

    def count(lr: float) -> plot.Picture:
        drawn.append(lr)
        return draw(lr)

    explore.slider(count, "learning rate", 0.0, 1.0, start=0.1, step=0.1)
    assert drawn == [0.1]
    assert len(somebody) == 1


def test_where_widgets_cannot_be_shown_the_picture_stands_in(somebody):
    explore.slider(draw, "learning rate", 0.0, 1.0, start=0.1, step=0.1)
    (bundle,) = somebody
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert bundle["text/plain"] == draw(0.1).alt
    assert bundle["text/html"] == draw(0.1)._repr_html_() + f"<p>{explore.STILL}</p>"


def test_moving_the_slider_redraws(somebody, monkeypatch):
    shown = []
    monkeypatch.setattr(explore, "_display", lambda widget, picture: shown.append(widget))
    explore.slider(draw, "learning rate", 0.0, 1.0, start=0.1, step=0.1)
    handle, picture = shown[0].children
    assert handle.description == "learning rate"
    assert picture.value == draw(0.1)._repr_html_()
    handle.value = 0.5
    assert picture.value == draw(0.5)._repr_html_() != draw(0.1)._repr_html_()


def test_without_ipywidgets_the_remedy_is_named(somebody, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    explore.slider(draw, "learning rate", 0.0, 1.0, start=0.1, step=0.1)
    assert "%pip install ipywidgets" in capsys.readouterr().out


def test_a_start_outside_is_refused():
    with pytest.raises(ValueError, match=r"from 0\.0 to 1\.0, but would start at 2\.0"):
        explore.slider(draw, "learning rate", 0.0, 1.0, start=2.0, step=0.1)

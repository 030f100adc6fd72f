"""Pictures: right alt text, safe input, unchanged settings, readable in grey."""

import re
from itertools import pairwise
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb

from coursekit import palette, plot
from coursekit.plot.grids import SIGNED_COLOURS, as_images
from coursekit.plot.picture import STYLE, to_numpy

RUN = SimpleNamespace(
    batches=[2.3, 1.3, 0.8, 0.6], epochs={"train_loss": [1.8, 0.7], "valid_loss": [0.9, 0.6]}
)
SHOT = SimpleNamespace(step=1, low=-1.0, high=1.0, counts=[1, 2, 1], zeros=0.5)

EVERY = {
    "images": lambda: plot.images(torch.rand(12, 784), titles=range(12), marked=[True] * 12),
    "pixels": lambda: plot.pixels(torch.rand(28, 28), slice(0, 3), slice(0, 4)),
    "templates": lambda: plot.templates(torch.randn(784, 10)),
    "losses": lambda: plot.losses({"a": [3, 2, 1], "b": [3, 4, 5]}, level=("ln 10", 2.3)),
    "function": lambda: plot.function(np.square, -1, 1, points={"start": 0.5}),
    "bars": lambda: plot.bars(torch.rand(10), marked=3),
    "heatmap": lambda: plot.heatmap(torch.rand(4, 5), digits=2, sums=True),
    "histories": lambda: plot.histories({"a": [2.0, 1.0], "b": [2.0, 1.0], "c": [2.0, 1.5]}),
    "timeline": lambda: plot.timeline([("Python", "load", 0, 8), ("device", "compute", 8, 2)]),
    "sliding": lambda: plot.sliding(torch.eye(4), torch.ones(3, 3), torch.ones(2, 2), at=(1, 0)),
    "seeds": lambda: plot.seeds({"a": [0.1, 0.7], "b": [0.9, 0.92]}, level=("guessing", 0.1)),
    "volumes": lambda: plot.volumes([("image", (1, 28, 28), 0), ("conv", (16, 14, 14), 160)]),
    "training": lambda: plot.training(RUN),
    "distributions": lambda: plot.distributions({"weight": [SHOT]}, ylabel="gradient"),
    "downhill": lambda: plot.downhill(np.square, {"crawls": [4, 3.9], "flies off": [4, -4.8, 5.8]}),
    "fits": lambda: plot.fits(np.arange(3), np.arange(3) ** 2, {"a": np.ones(3), "b": np.zeros(3)}),
    "overlay": lambda: plot.overlay(np.arange(3), {"a": [0, 1, 4], "b": torch.ones(3)}),
    "paths": lambda: plot.paths(lambda w: w[0] ** 2 + w[1] ** 2, {"a": np.eye(2), "b": -np.eye(2)}),
    "rates": lambda: plot.rates({"a": {0.1: 2.0, 1.0: 1.0}, "b": {0.1: 1.0}}, chosen=(0.2, 0.5)),
    "broadcast": lambda: plot.broadcast(np.ones((2, 3)), np.arange(3), "+"),
    "regions": lambda: plot.regions(torch.eye(2), [0, 1], lambda x: x[:, 0] > 0.5),
    "axes": lambda: plot.axes((64, 3, 28, 28), ("images", "colours", "rows", "columns")),
    "storage": lambda: plot.storage({"x": torch.ones(2, 3), "y": torch.ones(2, 3).t()}),
    "speedups": lambda: plot.speedups({"loop": 1, "array": 88.0, "slow": 0.2}),
}


def lightness(colour: str | tuple[float, ...]) -> float:
    """Relative luminance, as WCAG defines it."""
    rgb = np.asarray(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("name", EVERY)
def test_html_carries_the_alt_text_and_a_png(name):
    picture = EVERY[name]()
    html = picture._repr_html_()
    assert 'alt="' + picture.alt in html
    assert re.search(r'width="\d+"', html)
    assert picture.png().startswith(b"\x89PNG")
    assert repr(picture) == picture.alt
    assert len(picture.alt.split()) >= 6


@pytest.mark.parametrize("name", EVERY)
def test_same_numbers_same_bytes(name):
    def draw():
        torch.manual_seed(0)
        return EVERY[name]()

    assert draw().png() == draw().png()


@pytest.mark.parametrize("name", EVERY)
def test_global_settings_stay_as_they_were(name):
    before = dict(matplotlib.rcParams)
    EVERY[name]()
    assert dict(matplotlib.rcParams) == before


def test_every_public_function_is_tested_here():
    assert set(EVERY) == set(plot.__all__) - {"Picture"}


def test_axes_are_labelled():
    for name in ("losses", "function", "bars", "heatmap"):
        for ax in EVERY[name]().figure.axes:
            assert ax.get_xlabel() and ax.get_ylabel(), name


def test_tracked_tensors_are_drawn_without_touching_them():
    w = torch.zeros(784, 10, requires_grad=True)
    plot.templates(w)
    assert w.requires_grad and w.grad is None


def test_signed_colours_fall_in_lightness_so_the_sign_is_seen_in_grey():
    steps = [lightness(SIGNED_COLOURS(x)[:3]) for x in np.linspace(0, 1, 33)]
    assert all(a > b for a, b in pairwise(steps))


def test_every_colour_of_the_cycle_has_a_line_style_of_its_own():
    styles = [str(entry["linestyle"]) for entry in STYLE["axes.prop_cycle"]]
    assert len(set(styles)) == len(styles) == len(palette.CYCLE)


def test_text_colours_are_readable_on_white():
    for colour in (palette.BLACK, palette.GREY, palette.BLUE):
        assert 1.05 / (lightness(colour) + 0.05) >= 4.5, colour


@pytest.mark.parametrize("shape", [(5, 784), (5, 28, 28), (5, 1, 28, 28)])
def test_images_come_in_three_shapes(shape):
    assert as_images(np.zeros(shape)).shape == (5, 28, 28)


def test_one_square_image_stays_one_image():
    assert as_images(np.zeros((28, 28))).shape == (1, 28, 28)


def test_a_part_of_an_image_that_is_not_square():
    image = np.arange(500).reshape(20, 25) / 500
    picture = plot.pixels(image, slice(0, 4), slice(0, 20))
    assert "4 by 20 pixels" in picture.alt and picture.alt.endswith("from 0 to 19.")
    assert plot.pixels(image[None], slice(0, 4), slice(0, 20)).alt == picture.alt
    assert "2 by 2 pixels" in plot.pixels(np.zeros(784), slice(0, 2), slice(0, 2)).alt


@pytest.mark.parametrize("titles", [torch.tensor([4, 0]), [torch.tensor(4), torch.tensor(0)]])
def test_titles_from_a_tensor_are_numbers(titles):
    assert plot.images(torch.zeros(2, 784), titles=titles).alt.endswith("labelled 4, 0.")
    assert ", labelled 4, 0;" in plot.templates(torch.ones(784, 2), titles=titles).alt


def test_a_label_that_comes_twice_has_two_bars():
    ax = plot.bars([0.1, 0.7, 0.2], labels=["3", "8", "3"]).figure.axes[0]
    assert [round(bar.get_x(), 1) for bar in ax.patches] == [-0.4, 0.6, 1.6]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["3", "8", "3"]


@pytest.mark.parametrize(
    "losses",
    [
        [torch.tensor(2.0, requires_grad=True), torch.tensor(1.0, requires_grad=True)],
        torch.tensor([2.0, 1.0], dtype=torch.bfloat16),
        (torch.tensor(2.0), 1.0),
    ],
)
def test_losses_that_still_are_tensors(losses):
    assert to_numpy(losses).tolist() == [2.0, 1.0]
    assert plot.losses(losses).alt.endswith("from 2.00 to 1.00.")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: plot.images(torch.zeros(0, 784)), "no image to draw"),
        (lambda: plot.images(torch.zeros(0, 784), titles=[]), "no image to draw"),
        (lambda: plot.templates(torch.zeros(784, 3), titles=["a"]), "3 images but 1 titles"),
        (lambda: plot.losses({}), "nothing to draw"),
        (lambda: plot.histories({}), "nothing to draw"),
        (lambda: plot.regions(torch.eye(2), [0, 1], lambda x: x[:, 0] * 2 - 1), "from -1 to 1"),
        (lambda: plot.regions(torch.eye(2), [0, 1], lambda x: x[:, 0] / 3), "such as 0.333: give"),
        (lambda: plot.images(torch.zeros(784)), r"\(784,\)"),
        (lambda: plot.images(torch.zeros(3, 784), titles=[1]), "3 images but 1 titles"),
        (lambda: plot.pixels(torch.zeros(28, 28), slice(30, 40), slice(0, 2)), "No pixels"),
        (lambda: plot.templates(torch.zeros(783, 10)), r"\(783, 10\)"),
        (lambda: plot.losses([]), "list of numbers"),
        (lambda: plot.losses(torch.zeros(3, 2)), r"\(3, 2\)"),
        (lambda: plot.function(np.square, 1, 1), "below"),
        (lambda: plot.bars(torch.zeros(2, 2)), r"\(2, 2\)"),
        (lambda: plot.bars([1, 2], labels=["a"]), "2 values but 1 labels"),
        (lambda: plot.heatmap([1, 2]), r"\(2,\)"),
        (lambda: plot.regions(torch.ones(3), [0, 1, 1]), r"\(3,\)"),
        (lambda: plot.regions(torch.eye(2), [0, 2]), "2 classes have names"),
        (lambda: plot.regions(torch.eye(2), [0]), r"\(1,\)"),
        (lambda: plot.regions(torch.eye(2), [0, 1], lambda x: x), r"\(2, 2\) for 2 points"),
        (lambda: plot.overlay([1, 2], {}), "nothing to draw"),
        (lambda: plot.overlay([1, 2], {"a": [1]}), r"\(1,\) and x \(2,\)"),
    ],
)
def test_bad_input_says_what_came_and_what_is_wanted(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_history_that_exploded_is_still_drawn():
    picture = plot.losses({"lr too large": [2.3, 90.0, float("inf"), float("nan")]})
    assert picture.alt.endswith("not a number from step 3 on.")
    assert picture.png()


def test_a_history_of_nothing_but_nan_is_drawn():
    assert "not a number from step 1" in plot.losses([float("nan")] * 3).alt


def test_a_history_that_came_back_was_no_number_at_one_step():
    told = plot.losses([1.0, float("nan"), 0.5]).alt
    assert told.endswith("from 1.00 to 0.50, not a number at step 2.")


def test_save(tmp_path):
    EVERY["bars"]().save(tmp_path / "bars.svg")
    assert (tmp_path / "bars.svg").stat().st_size > 1000

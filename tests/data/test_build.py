"""The files in data/ are what data/build.py makes of scikit-learn's, byte for byte."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from torchvision.datasets import MNIST

DATA = Path(__file__).parents[2] / "data"
BUILT = ("SHA256SUMS", "iris.csv", "digits")


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build", DATA / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def files(folder: Path) -> dict[str, bytes]:
    paths = [path for name in BUILT for path in [folder / name, *(folder / name).rglob("*")]]
    return {str(p.relative_to(folder)): p.read_bytes() for p in paths if p.is_file()}


def test_rebuilt_byte_for_byte(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="the data is rebuilt from scikit-learn's")
    subprocess.run([sys.executable, DATA / "build.py", tmp_path], check=True)
    assert files(tmp_path) == files(DATA)
    assert len(files(DATA)) == 6


def test_scaling_is_torchs(build: ModuleType) -> None:
    """Up to rounding: half a grey level, and a little for torch's own arithmetic."""
    images = np.random.default_rng(0).integers(0, 17, (50, 8, 8))
    images[0], images[1] = 0, 16
    scaled = F.interpolate(torch.tensor(images[:, None] / 16), (20, 20), mode="bilinear")
    wanted = F.pad(scaled[:, 0], (4, 4, 4, 4)) * 255
    got = torch.tensor(build.like_mnist(images))
    assert got.dtype == torch.uint8
    assert (got - wanted).abs().max() <= 0.5 + 1e-9
    assert got[0].max() == 0
    assert got[1].max() == 255


@pytest.mark.parametrize(("old", "new"), [(8, 20), (8, 28), (3, 3), (1, 4), (5, 2)])
def test_weights_share_one_whole(build: ModuleType, old: int, new: int) -> None:
    weights, unit = build.scale_weights(old, new)
    assert weights.shape == (new, old)
    assert (weights.sum(1) == unit).all()
    assert (weights >= 0).all()


def test_torchvision_reads_them_without_coursekit() -> None:
    train, valid = MNIST(DATA / "digits", train=True), MNIST(DATA / "digits", train=False)
    assert (len(train), len(valid)) == (1437, 360)
    image, label = train[0]
    assert image.size == (28, 28)
    assert label == train.targets[0]


def test_every_image_is_one_of_scikit_learns_with_its_label(build: ModuleType) -> None:
    """The scaling undone: each of the 1,797 is found again, once, in another order."""
    datasets = pytest.importorskip("sklearn.datasets", reason="compares with scikit-learn's")
    source = datasets.load_digits()
    place = {row.astype(np.int64).tobytes(): i for i, row in enumerate(source.data)}
    parts = [MNIST(DATA / "digits", train=part) for part in (True, False)]
    pixels = torch.cat([part.data for part in parts])[:, 4:-4, 4:-4].numpy()
    weights, unit = build.scale_weights(8, 20)
    undo = np.linalg.pinv(weights / unit)
    small = (undo @ (pixels / 255 * 16) @ undo.T).round().astype(np.int64)
    found = [place[image.tobytes()] for image in small]
    labels = torch.cat([part.targets for part in parts]).numpy()
    assert sorted(found) == list(range(1797))
    assert found != sorted(found)
    assert (source.target[found] == labels).all()


def test_readme_names_sources_and_licences() -> None:
    text = (DATA / "README.md").read_text(encoding="utf-8")
    for word in ("CC BY 4.0", "Alpaydin", "Fisher", "SHA256SUMS", "build.py", "1,437", "360"):
        assert word in text

"""Loading: what comes out, which data is chosen, and bad input."""

from __future__ import annotations

import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from coursekit import data
from coursekit.data import DataError, Digits, load_digits, load_iris
from coursekit.errors import CourseError

DATA = Path(__file__).parents[2] / "data"


def idx(array: np.ndarray, magic: int | None = None) -> bytes:
    """A file in MNIST's format."""
    head = [0x0800 + array.ndim if magic is None else magic, *array.shape]
    return np.array(head, dtype=">u4").tobytes() + array.astype(np.uint8).tobytes()


def write_mnist(raw: Path, n_train: int = 30, n_valid: int = 10) -> Path:
    """Write a small dataset in torchvision's layout; image i is grey i everywhere."""
    raw.mkdir(parents=True)
    for part, n in (("train", n_train), ("t10k", n_valid)):
        images = np.arange(n)[:, None, None] * np.ones((1, 28, 28), dtype=int)
        (raw / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(idx(np.arange(n) % 10))
    return raw


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with the files of a small MNIST, found through the environment."""
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "downloads"))
    return write_mnist(tmp_path / "downloads" / "MNIST" / "raw")


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the data that comes with the course, to be damaged."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    for name in ("SHA256SUMS", "iris.csv"):
        shutil.copy(DATA / name, folder)
    shutil.copytree(DATA / "digits", folder / "digits")
    monkeypatch.setattr(data, "shipped_folder", lambda: folder)
    return folder


class TestDigits:
    def test_what_comes(self, capsys: pytest.CaptureFixture) -> None:
        digits = load_digits()
        assert digits.x_train.shape == (1437, 784)
        assert digits.x_valid.shape == (360, 784)
        assert digits.y_train.shape == (1437,)
        assert digits.y_valid.shape == (360,)
        assert {digits.x_train.dtype, digits.x_valid.dtype} == {torch.float32}
        assert {digits.y_train.dtype, digits.y_valid.dtype} == {torch.int64}
        assert digits.x_train.min() == 0
        assert digits.x_train.max() == 1
        assert sorted(set(digits.y_valid.tolist())) == list(range(10))
        assert digits.name == "digits"
        assert "CC BY 4.0" in digits.source
        line = "digits: 1,437 training and 360 validation images (for MNIST: load_digits('mnist'))"
        assert capsys.readouterr().out == line + "\n"

    def test_short_repr(self) -> None:
        assert repr(load_digits()) == "<Digits digits: 1,437 training and 360 validation images>"

    def test_frozen(self) -> None:
        with pytest.raises(AttributeError):
            load_digits().name = "other"

    def test_float32_whatever_the_default(self) -> None:
        torch.set_default_dtype(torch.float64)
        try:
            assert load_digits().x_train.dtype == torch.float32
            assert load_iris().X.dtype == torch.float32
        finally:
            torch.set_default_dtype(torch.float32)

    def test_loads_are_independent(self) -> None:
        load_digits().x_train.zero_()
        assert load_digits().x_train.max() == 1

    def test_a_linear_model_learns_them(self) -> None:
        """The labels belong to the images."""
        digits = load_digits()
        means = torch.stack([digits.x_train[digits.y_train == k].mean(0) for k in range(10)])
        nearest = torch.cdist(digits.x_valid, means).argmin(1)
        assert (nearest == digits.y_valid).float().mean() > 0.85


class TestChoice:
    def test_by_environment(self, raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COURSEKIT_DATASET", "mnist")
        assert load_digits().name == "mnist"
        assert load_digits("digits").name == "digits"

    @pytest.mark.parametrize("name", ["", " "])
    def test_empty_environment(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COURSEKIT_DATASET", name)
        assert load_digits().name == "digits"

    @pytest.mark.parametrize("name", ["MNIST", " mnist "])
    def test_spelling(self, raw: Path, name: str) -> None:
        assert load_digits(name).name == "mnist"

    @pytest.mark.parametrize("name", ["cifar", "", 5, ["mnist"], b"mnist", True])
    def test_unknown(self, name: object) -> None:
        with pytest.raises(DataError) as caught:
            load_digits(name)
        assert str(caught.value) == f"There is no dataset {name!r}; choose 'digits' or 'mnist'."

    def test_unknown_in_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COURSEKIT_DATASET", "emnist")
        with pytest.raises(DataError, match=r"'emnist' \(from COURSEKIT_DATASET\)"):
            load_digits()

    def test_the_error_is_the_courses_and_a_value_error(self) -> None:
        assert issubclass(DataError, CourseError)
        assert issubclass(DataError, ValueError)


class TestMnist:
    def test_what_comes(self, raw: Path, capsys: pytest.CaptureFixture) -> None:
        digits = load_digits("mnist")
        assert isinstance(digits, Digits)
        assert digits.x_train.shape == (30, 784)
        assert digits.x_valid.shape == (10, 784)
        assert torch.equal(digits.x_train[:, 0], torch.arange(30) / 255)
        assert digits.y_valid.tolist() == list(range(10))
        out = capsys.readouterr().out
        assert out == (
            "mnist: 30 training and 10 validation images "
            "(for the small digits: load_digits('digits'))\n"
        )

    def test_real_images(self, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = os.environ.get("COURSEKIT_TEST_MNIST")
        if not folder:
            pytest.skip("COURSEKIT_TEST_MNIST names no folder with real MNIST images")
        monkeypatch.setenv("COURSEKIT_DATA", folder)
        digits = load_digits("mnist")
        assert 0.12 < digits.x_train.mean() < 0.14  # MNIST's own: 0.1307
        assert sorted(set(digits.y_train.tolist())) == list(range(10))

    def test_missing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path))
        with pytest.raises(DataError) as caught:
            load_digits("mnist")
        message = str(caught.value)
        assert "train-images-idx3-ubyte is missing." in message
        assert "python -m coursekit mnist" in message
        assert list(tmp_path.iterdir()) == []


LABELS, IMAGES = "train-labels-idx1-ubyte", "train-images-idx3-ubyte"


def cut(raw: Path) -> None:
    (raw / IMAGES).write_bytes((raw / IMAGES).read_bytes()[:-1])


def longer(raw: Path) -> None:
    (raw / LABELS).write_bytes((raw / LABELS).read_bytes() + b"\0")


def swap(raw: Path) -> None:
    images, labels = (raw / IMAGES).read_bytes(), (raw / LABELS).read_bytes()
    (raw / IMAGES).write_bytes(labels)
    (raw / LABELS).write_bytes(images)


def swap_parts(raw: Path) -> None:
    (raw / IMAGES).write_bytes((raw / "t10k-images-idx3-ubyte").read_bytes())


def as_folder(raw: Path) -> None:
    (raw / LABELS).unlink()
    (raw / LABELS).mkdir()


def old_version(raw: Path) -> None:
    folder = raw.parent / "processed"
    folder.mkdir()
    for name in ("training.pt", "test.pt"):
        torch.save((torch.zeros(2, 28, 28, dtype=torch.uint8), torch.zeros(2)), folder / name)


DAMAGE = {
    "one file gone": (lambda raw: (raw / LABELS).unlink(), "labels-idx1-ubyte is missing"),
    "other part gone": (lambda raw: (raw / "t10k-images-idx3-ubyte").unlink(), "is missing"),
    "cut off": (cut, "is damaged: it has 23,535 bytes, its head says 23,536"),
    "too long": (longer, "is damaged: it has 39 bytes, its head says 38"),
    "empty": (lambda raw: (raw / IMAGES).write_bytes(b""), "is cut off after 0 bytes"),
    "head only": (lambda raw: (raw / IMAGES).write_bytes(b"\0\0\x08\x03\0"), "after 5 bytes"),
    "no items": (lambda raw: (raw / LABELS).write_bytes(idx(np.zeros(0))), "is damaged"),
    "swapped": (swap, "begins with 2049 instead of 2051 (images and labels swapped?)"),
    "parts swapped": (swap_parts, "holds 10 images, but train-labels-idx1-ubyte 30 labels"),
    "wrong magic": (
        lambda raw: (raw / LABELS).write_bytes(idx(np.zeros(30), magic=7)),
        "begins with 7 instead of 2049",
    ),
    "packed": (
        lambda raw: (raw / IMAGES).write_bytes(b"\x1f\x8b\x08" + bytes(50)),
        "still packed with gzip",
    ),
    "other size": (
        lambda raw: (raw / IMAGES).write_bytes(idx(np.zeros((30, 32, 32)))),
        "holds images of 32×32 pixels, not 28×28",
    ),
    "wrong label": (
        lambda raw: (raw / LABELS).write_bytes(idx(np.arange(30))),
        "has the label 29, but digits end at 9",
    ),
    "a folder": (as_folder, "cannot be read"),
    "old version": (old_version, "files of an old version"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_mnist(raw: Path, damage: str) -> None:
    change, words = DAMAGE[damage]
    load_digits("mnist")
    change(raw)
    with pytest.raises(DataError) as caught:
        load_digits("mnist")
    message = str(caught.value)
    assert words in message
    assert str(raw.parent) in message
    assert message.endswith(".")
    assert "\n" not in message


class TestShipped:
    @pytest.mark.parametrize("name", ["digits/MNIST/raw/" + IMAGES, "SHA256SUMS", "iris.csv"])
    @pytest.mark.parametrize("damage", ["gone", "changed"])
    def test_damaged(self, shipped: Path, name: str, damage: str) -> None:
        path = shipped / name
        if damage == "gone":
            path.unlink()
        else:
            content = bytearray(path.read_bytes())
            content[60] ^= 1
            path.write_bytes(content)
        load = load_iris if name != "digits/MNIST/raw/" + IMAGES else load_digits
        with pytest.raises(DataError) as caught:
            load()
        assert ("is missing" if damage == "gone" else "is damaged") in str(caught.value)
        assert "git checkout -- data" in str(caught.value)

    def test_needs_no_write_access(self, shipped: Path) -> None:
        for path in [shipped, *shipped.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        before = {path: path.stat().st_mtime_ns for path in [shipped, *shipped.rglob("*")]}
        try:
            load_digits()
            load_iris()
            assert before == {p: p.stat().st_mtime_ns for p in [shipped, *shipped.rglob("*")]}
        finally:
            for path in before:
                path.chmod(0o755)


def test_iris() -> None:
    iris = load_iris()
    assert iris.X.shape == (150, 4)
    assert (iris.X.dtype, iris.y.dtype) == (torch.float32, torch.int64)
    assert iris.y.bincount().tolist() == [50, 50, 50]
    assert iris.class_names == ("setosa", "versicolor", "virginica")
    assert iris.feature_names[0] == "sepal length (cm)"
    # the two flowers that differ at UCI, by Fisher's values
    torch.testing.assert_close(iris.X[34], torch.tensor([4.9, 3.1, 1.5, 0.2]))
    torch.testing.assert_close(iris.X[37], torch.tensor([4.9, 3.6, 1.4, 0.1]))


def test_iris_is_scikit_learns() -> None:
    datasets = pytest.importorskip("sklearn.datasets", reason="compares with scikit-learn's")
    source, iris = datasets.load_iris(), load_iris()
    assert np.array_equal(iris.X.numpy(), source.data.astype(np.float32))
    assert np.array_equal(iris.y.numpy(), source.target)


class TestFolders:
    def test_checkout(self) -> None:
        assert data.shipped_folder() == DATA
        assert data.downloads_folder() == DATA / "mnist"

    def test_wheel(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """In a wheel the data is beside the modules, and downloads go to the user's cache."""
        package = tmp_path / "site-packages" / "coursekit"
        (package / "_data").mkdir(parents=True)
        monkeypatch.setattr(data, "__file__", str(package / "data.py"))
        monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
        for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
            monkeypatch.delenv(name, raising=False)
        assert data.shipped_folder() == package / "_data"
        found = {}
        for platform in ("linux", "darwin", "win32"):
            monkeypatch.setattr(sys, "platform", platform)
            found[platform] = data.downloads_folder().relative_to(tmp_path / "home").as_posix()
        assert found == {
            "linux": ".cache/coursekit",
            "darwin": "Library/Caches/coursekit",
            "win32": "AppData/Local/coursekit",
        }

    def test_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COURSEKIT_DATA", "~/here")
        assert data.downloads_folder() == Path.home() / "here"

    def test_no_home(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        def homeless() -> Path:
            raise RuntimeError("Could not determine home directory.")

        monkeypatch.setattr(data, "shipped_folder", lambda: tmp_path / "_data")
        monkeypatch.setattr(Path, "home", homeless)
        with pytest.raises(DataError, match="set COURSEKIT_DATA"):
            data.downloads_folder()


def test_importing_it_loads_no_torch() -> None:
    code = "import sys, coursekit.data, coursekit.download; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_public_thing_is_documented() -> None:
    for name in data.__all__:
        assert len(inspect.getdoc(getattr(data, name))) > 30, name

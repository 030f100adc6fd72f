"""The course's data: handwritten digits, small ones that come along or the full MNIST, and Iris.

Both sets of digits lie in MNIST's own file format and are read by the same code,
``torchvision.datasets.MNIST``. Nothing is ever fetched unasked.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from coursekit.errors import CourseError

if TYPE_CHECKING:
    import torch

__all__ = [
    "DataError",
    "Digits",
    "Iris",
    "downloads_folder",
    "fetch_mnist",
    "load_digits",
    "load_iris",
    "mnist_main",
    "shipped_folder",
]

DATASET = "COURSEKIT_DATASET"
"""Environment variable: the digits that a lesson reads, ``digits`` (the default) or ``mnist``."""
FOLDER = "COURSEKIT_DATA"
"""Environment variable: the folder for downloads; MNIST is in its ``MNIST/raw``."""

SIDE = 28
"""Height and width of an image in pixels."""

SOURCES = {
    "digits": "scikit-learn's digits (UCI optdigits, CC BY 4.0) in MNIST's size and format",
    "mnist": "MNIST (Y. LeCun, C. Cortes, C. Burges)",
}
REMEDIES = {
    "digits": "Restore it with git checkout -- data, or install coursekit again.",
    "mnist": "Fetch MNIST with python -m coursekit mnist, or use load_digits('digits').",
}
SWITCHES = {
    "digits": "for MNIST: load_digits('mnist')",
    "mnist": "for the small digits: load_digits('digits')",
}

#: Of the unpacked files; public record, the same in many projects.
MNIST_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
#: Besides torchvision's own: a copy kept by the Common Visual Data Foundation.
MORE_MIRRORS = ("https://storage.googleapis.com/cvdf-datasets/mnist/",)


class DataError(CourseError, ValueError):
    """Data is missing, damaged or unknown; the message says what to do."""


@dataclass(frozen=True, eq=False, repr=False)
class Digits:
    """Images of handwritten digits, and which digit was meant.

    Attributes:
        x_train: Training images, float32, shape (n, 784): 28 rows of 28 pixels, one after the
            other; 0 is paper, 1 is full ink.
        y_train: The digits they show, int64, shape (n,).
        x_valid: Validation images, shape (m, 784).
        y_valid: Their digits, shape (m,).
        name: ``"digits"`` or ``"mnist"``.
        source: Where they come from.
    """

    x_train: torch.Tensor
    y_train: torch.Tensor
    x_valid: torch.Tensor
    y_valid: torch.Tensor
    name: str
    source: str

    def __repr__(self) -> str:
        """For instance ``<Digits digits: 1,437 training and 360 validation images>``."""
        return f"<Digits {self}>"

    def __str__(self) -> str:
        """For instance ``digits: 1,437 training and 360 validation images``."""
        n, m = len(self.y_train), len(self.y_valid)
        return f"{self.name}: {n:,} training and {m:,} validation images"


class Iris(NamedTuple):
    """Fisher's flowers.

    Attributes:
        X: Lengths in cm, float32, shape (150, 4).
        y: Species, as an index into ``class_names``, int64, shape (150,); 50 of each, in order.
        feature_names: What the four columns are.
        class_names: The three species.
    """

    X: torch.Tensor
    y: torch.Tensor
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]


def shipped_folder() -> Path:
    """Return the folder of the data that comes with the course: in a wheel, or in the checkout.

    Example:
        >>> (shipped_folder() / "README.md").is_file()
        True
    """
    package = Path(__file__).resolve().parent / "_data"
    return package if package.is_dir() else package.parents[2] / "data"


def downloads_folder() -> Path:
    """Return the folder for downloads.

    It is what ``$COURSEKIT_DATA`` names, else ``data/mnist`` in a checkout of the course, else the
    user's cache: ``~/.cache/coursekit`` (``$XDG_CACHE_HOME`` counts), on macOS
    ``~/Library/Caches/coursekit``, on Windows ``%LOCALAPPDATA%\\coursekit``.

    Raises:
        DataError: The system does not know the user's home folder.
    """
    try:
        if chosen := os.environ.get(FOLDER, "").strip():
            return Path(chosen).expanduser()
        if (data := shipped_folder()).name == "data":
            return data / "mnist"
        home = Path.home()
    except RuntimeError:
        raise DataError(f"Your home folder is unknown: set {FOLDER} to another folder.") from None
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "coursekit"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "coursekit"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "coursekit"


def load_digits(name: str | None = None) -> Digits:
    """Load handwritten digits, and print which and how to switch.

    The files named ``train`` are the training set, those named ``t10k`` the validation set.

    Args:
        name: ``"digits"``: 1,797 images that come with the course. ``"mnist"``: the 70,000 of
            MNIST, which must have been fetched. If None, ``$COURSEKIT_DATASET`` decides, else it is
            ``"digits"``.

    Raises:
        DataError: The name is unknown, or a file is missing or damaged.

    Example:
        >>> data = load_digits("digits")
        digits: 1,437 training and 360 validation images (for MNIST: load_digits('mnist'))
        >>> data.x_train.shape
        torch.Size([1437, 784])
    """
    name = _dataset_name(name)
    if name == "digits":
        root = shipped_folder() / "digits"
        for file in MNIST_SHA256:
            _check_shipped(f"digits/MNIST/raw/{file}")
    else:
        root = downloads_folder()
    try:
        data = Digits(*_read_mnist(root), name=name, source=SOURCES[name])
    except DataError as e:
        raise DataError(f"{e}. {REMEDIES[name]}") from e
    print(f"{data} ({SWITCHES[name]})")
    return data


def load_iris() -> Iris:
    """Load Fisher's Iris: four lengths in cm of 150 flowers of three species.

    The values are Fisher's own, as in scikit-learn; the copy at UCI differs in two flowers.

    Raises:
        DataError: The file is missing or damaged.

    Example:
        >>> X, y, feature_names, class_names = load_iris()
        >>> X.shape, class_names[y[0]]
        (torch.Size([150, 4]), 'setosa')
    """
    import torch

    path = _check_shipped("iris.csv")
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    class_names = tuple(dict.fromkeys(row[-1] for row in rows))
    return Iris(
        torch.tensor([[float(x) for x in row[:-1]] for row in rows], dtype=torch.float32),
        torch.tensor([class_names.index(row[-1]) for row in rows]),
        tuple(header[:-1]),
        class_names,
    )


def _dataset_name(name: str | None) -> str:
    """Return the name asked for, by the argument or the environment, as a known one."""
    asked, source = name, ""
    if asked is None:
        asked, source = os.environ.get(DATASET, "").strip() or "digits", f" (from {DATASET})"
    known = asked.strip().lower() if isinstance(asked, str) else ""
    if known not in SOURCES:
        raise DataError(f"There is no dataset {asked!r}{source}; choose 'digits' or 'mnist'.")
    return known


def _check_shipped(name: str) -> Path:
    """Return the path of a file in ``data/`` after comparing it with its checksum."""
    from coursekit.download import sha256_of

    folder = shipped_folder()
    path = folder / name
    try:
        lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
        right = f"{sha256_of(path)}  {name}" in lines
    except (OSError, UnicodeDecodeError) as e:
        raise DataError(f"{_unreadable(path, e)}. {REMEDIES['digits']}") from e
    if not right:
        raise DataError(f"{path} is damaged (wrong checksum). {REMEDIES['digits']}")
    return path


def _unreadable(path: Path, error: Exception) -> str:
    """Say which file cannot be read; ``error`` may name another than ``path``."""
    path = Path(getattr(error, "filename", None) or path)
    if isinstance(error, FileNotFoundError):
        return f"{path} is missing"
    return f"{path} cannot be read ({getattr(error, 'strerror', None) or error})"


def _read_mnist(root: Path) -> tuple[torch.Tensor, ...]:
    """Read the four files below ``root``: x_train, y_train, x_valid, y_valid.

    Raises:
        DataError: They cannot be read or are not what they should be; without a full stop.
    """
    import torch
    from torchvision.datasets import MNIST

    raw = root / "MNIST" / "raw"
    for part in ("train", "t10k"):
        _check_counts(raw / f"{part}-images-idx3-ubyte", raw / f"{part}-labels-idx1-ubyte")
    old = root / "MNIST" / "processed" / "training.pt"
    if old.exists():  # torchvision would read it in place of the files that were checked
        raise DataError(f"{old.parent} holds files of an old version: move it away")
    tensors = []
    for train in (True, False):
        dataset = MNIST(root, train=train, download=False)
        if dataset.targets.max() > 9:
            label = dataset.targets.max().item()
            raise DataError(f"{raw} has the label {label}, but digits end at 9")
        x = dataset.data.reshape(len(dataset), SIDE * SIDE)
        tensors += [x.to(torch.float32).div_(255), dataset.targets]
    return tuple(tensors)


def _check_counts(images: Path, labels: Path) -> None:
    n, n_labels = count_items(images), count_items(labels)
    if n != n_labels:
        raise DataError(
            f"{images} holds {n:,} images, but {labels.name} {n_labels:,} labels: "
            "they do not belong together"
        )


def count_items(path: Path) -> int:
    """Return how many images or labels a file in MNIST's format holds.

    The format is described with MNIST: a magic number (2051 for images, 2049 for labels), the
    sizes, then one byte a value. The numbers have four bytes, the highest first.

    Args:
        path: A file whose name ends in ``images-idx3-ubyte`` or ``labels-idx1-ubyte``.

    Raises:
        DataError: The file cannot be read, is of another kind, or its length is not what its
            sizes say. The message is a clause without a full stop.

    Example:
        >>> raw = shipped_folder() / "digits" / "MNIST" / "raw"
        >>> count_items(raw / "t10k-labels-idx1-ubyte")
        360
    """
    axes = 3 if "images" in path.name else 1
    try:
        with path.open("rb") as file:
            head = file.read(4 * (1 + axes))
        length = path.stat().st_size
    except OSError as e:
        raise DataError(_unreadable(path, e)) from e
    if len(head) < 4 * (1 + axes):
        raise DataError(f"{path} is cut off after {length} bytes")
    magic, *sizes = (int.from_bytes(head[i : i + 4], "big") for i in range(0, len(head), 4))
    expected = 0x0800 + axes
    if magic != expected:
        swapped = " (images and labels swapped?)" if magic in (2049, 2051) else ""
        packed = " (still packed with gzip)" if head[:2] == b"\x1f\x8b" else ""
        raise DataError(f"{path} begins with {magic} instead of {expected}{swapped}{packed}")
    if sizes[1:] not in ([], [SIDE, SIDE]):
        raise DataError(f"{path} holds images of {sizes[1]}×{sizes[2]} pixels, not {SIDE}×{SIDE}")
    promised = len(head) + sizes[0] * (SIDE * SIDE if axes == 3 else 1)
    if length != promised or not sizes[0]:
        raise DataError(f"{path} is damaged: it has {length:,} bytes, its head says {promised:,}")
    return sizes[0]


def fetch_mnist(
    folder: str | os.PathLike[str] | None = None,
    mirrors: str | Sequence[str] | None = None,
    *,
    progress: bool = True,
) -> Path:
    """Fetch the full MNIST (12 MB, 55 MB unpacked) and return the folder it is in.

    Files that are there are not fetched again, and an interrupted download goes on where it
    stopped. Every file is verified before it gets its name.

    Args:
        folder: The files go to its ``MNIST/raw``; :func:`downloads_folder` if None.
        mirrors: Addresses (or one) of folders with the four ``.gz`` files; those that torchvision
            knows and one more if None, encrypted ones first.
        progress: Show a progress bar.

    Raises:
        DataError: The folder holds other data than MNIST, which is left as it is.
        DownloadError: No mirror delivered, or the folder cannot be written.

    Example:
        >>> fetch_mnist()  # doctest: +SKIP
        PosixPath('data/mnist')
    """
    from coursekit.download import fetch

    folder = Path(folder) if folder is not None else downloads_folder()
    raw = folder / "MNIST" / "raw"
    _refuse_other_data(raw)
    mirrors = [mirrors] if isinstance(mirrors, str) else mirrors or _mirrors()
    mirrors = [mirror.rstrip("/") for mirror in mirrors]
    for name, sha256 in MNIST_SHA256.items():
        fetch([f"{mirror}/{name}.gz" for mirror in mirrors], raw / name, sha256, progress=progress)
    return folder


def _mirrors() -> list[str]:
    from torchvision.datasets import MNIST

    mirrors = [*MNIST.mirrors, *MORE_MIRRORS]
    return sorted(mirrors, key=lambda url: not url.startswith("https:"))


def _refuse_other_data(raw: Path) -> None:
    """Raise DataError if a sound file in ``raw`` is not MNIST's; damaged ones may be replaced."""
    from coursekit.download import sha256_of

    for name, sha256 in MNIST_SHA256.items():
        try:
            n = count_items(raw / name)
        except DataError:
            continue
        if sha256_of(raw / name) != sha256:
            raise DataError(
                f"{raw / name} holds {n:,} items that are not MNIST's. Move the folder away, or "
                f"choose another one: python -m coursekit mnist --folder FOLDER"
            )


def mnist_main(argv: Sequence[str] | None = None) -> int:
    """Run ``python -m coursekit mnist [--folder FOLDER] [--mirror URL]``."""
    parser = argparse.ArgumentParser(
        prog="coursekit mnist", description="Fetch the full MNIST digits (12 MB)."
    )
    parser.add_argument(
        "--folder",
        type=Path,
        help=f"where to put them (default: what ${FOLDER} names, else data/mnist in the course's "
        "folder)",
    )
    parser.add_argument(
        "--mirror", action="append", help="address of a folder with the four .gz files"
    )
    args = parser.parse_args(argv)
    folder = fetch_mnist(args.folder, args.mirror)
    print(f"MNIST is in {folder}. Use it with load_digits('mnist') or {DATASET}=mnist.")
    if args.folder and args.folder != downloads_folder():
        print(f"For the lessons to find it there, set {FOLDER}={folder.resolve()}")
    return 0

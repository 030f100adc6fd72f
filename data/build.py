"""Make the course's data from scikit-learn's copies, byte for byte the same on every machine.

    python data/build.py [FOLDER]

writes `digits/`, `iris.csv` and `SHA256SUMS` into FOLDER (by default the one this file is in).
Needs scikit-learn, which the course itself does not. All arithmetic is in whole numbers, so no
library's rounding can change a byte. What the files hold, and whose they are: README.md.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np

N_TRAIN = 1437
"""Training images; the other 360 of the 1,797 (one in five) are for validation."""


def scale_weights(old: int, new: int) -> tuple[np.ndarray, int]:
    """Return the whole-number matrix of a bilinear scaling from `old` to `new` pixels.

    Row i holds the parts of pixel i, in units of 1/(2·new): its centre lies at
    (i + ½)·old/new − ½ of the old image, and the two pixels around it share in inverse
    proportion to their distance. Beyond the outermost centres the outermost pixel counts
    alone. These are the weights of `interpolate(mode="bilinear", align_corners=False)`.

    Returns:
        The weights, shape (new, old), and the sum of each row, 2·new.
    """
    unit = 2 * new
    weights = np.zeros((new, old), dtype=np.int64)
    for i in range(new):
        centre = min(max((2 * i + 1) * old - new, 0), (old - 1) * unit)
        left, part = divmod(centre, unit)
        weights[i, left] += unit - part
        weights[i, min(left + 1, old - 1)] += part
    return weights, unit


def like_mnist(images: np.ndarray) -> np.ndarray:
    """Scale 8×8 images of 0..16 to 20×20 of 0..255, in a frame of 4 empty pixels.

    Args:
        images: Whole numbers, shape (n, 8, 8).

    Returns:
        uint8, shape (n, 28, 28).
    """
    weights, unit = scale_weights(8, 20)
    scaled = weights @ images.astype(np.int64) @ weights.T  # 0..16·unit², shape (n, 20, 20)
    full = 16 * unit**2
    grey = (scaled * 255 + full // 2) // full  # rounded to the nearest, halves up
    return np.pad(grey, ((0, 0), (4, 4), (4, 4))).astype(np.uint8)


def to_idx(array: np.ndarray) -> bytes:
    """Return a uint8 array in MNIST's file format: magic number, sizes (big-endian), values."""
    head = np.array([0x0800 + array.ndim, *array.shape], dtype=">u4")
    return head.tobytes() + array.astype(np.uint8).tobytes()


def digits_files() -> dict[str, bytes]:
    """Return the four digits files; their first 1,437 images in mixed order are for training.

    Neighbours in the original are of the same few writers, so the order is mixed first.
    """
    from sklearn.datasets import load_digits

    source = load_digits()
    # the one generator whose numbers NumPy promises never to change
    order = np.random.RandomState(0).permutation(len(source.target))
    images, labels = like_mnist(source.images[order]), source.target[order]
    files = {}
    for part, rows in (("train", slice(N_TRAIN)), ("t10k", slice(N_TRAIN, None))):
        files[f"digits/MNIST/raw/{part}-images-idx3-ubyte"] = to_idx(images[rows])
        files[f"digits/MNIST/raw/{part}-labels-idx1-ubyte"] = to_idx(labels[rows])
    return files


def iris_file() -> dict[str, bytes]:
    """Return Iris as a table: four lengths in cm and the species, one flower a line."""
    from sklearn.datasets import load_iris

    source = load_iris()
    lines = [",".join([*source.feature_names, "species"])]
    for lengths, species in zip(source.data, source.target, strict=True):
        lines.append(",".join([*(f"{x:.1f}" for x in lengths), source.target_names[species]]))
    return {"iris.csv": ("\n".join(lines) + "\n").encode()}


def build(folder: Path) -> None:
    """Write all files and their checksums into `folder`."""
    files = iris_file() | digits_files()
    sums = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()]
    files["SHA256SUMS"] = "".join(sums).encode()
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)

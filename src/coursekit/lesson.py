"""Start a lesson: the one call in every lesson's set-up cell."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

from coursekit.places import writable

__all__ = ["start"]


def start() -> None:
    """Make printed results the same on every machine: one CPU thread, short tidy numbers.

    With several threads torch adds up long sums in another order, and the last digits change.
    The tensors of this course are so small that more threads would not make it faster either;
    lesson 13 says when they would. Nothing is seeded here: a lesson that draws random
    numbers shows its seed. Where the home folder cannot be written, matplotlib gets a temporary
    folder for its cache: it would make one itself, and warn below the first picture.

    Example:
        >>> from coursekit import lesson
        >>> lesson.start()
    """
    if "MPLCONFIGDIR" not in os.environ and not all(map(writable, _matplotlib_folders())):
        folder = tempfile.mkdtemp(prefix="coursekit-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ["MPLCONFIGDIR"] = folder

    import numpy as np
    import torch

    torch.set_num_threads(1)
    torch.set_printoptions(precision=4, sci_mode=False, linewidth=79)
    np.set_printoptions(precision=4, suppress=True, linewidth=79)


def _matplotlib_folders() -> list[Path]:
    """Where matplotlib keeps its settings and its cache; a file's path for an unknown home."""
    try:
        home = Path.home()
    except RuntimeError:
        home = Path(os.devnull)
    if sys.platform in ("win32", "darwin"):
        return [home / ".matplotlib"]
    kinds = (("XDG_CONFIG_HOME", ".config"), ("XDG_CACHE_HOME", ".cache"))
    return [Path(os.environ.get(name) or home / usual, "matplotlib") for name, usual in kinds]

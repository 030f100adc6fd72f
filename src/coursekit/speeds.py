"""Speeds that were measured once, kept as data with the machine's name, date and versions.

The files lie in ``data/speeds``, one a machine; ``python -m tests.tools.measure_speeds`` writes
them, by running the code of lesson 13.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from coursekit.data import shipped_folder
from coursekit.errors import CourseError

__all__ = ["Speeds", "SpeedsError", "load", "measured", "save"]


class SpeedsError(CourseError):
    """A file of measured speeds cannot be read; the message says which and why."""


@dataclass(frozen=True, repr=False)
class Speeds:
    """How fast one machine trained, after each change.

    Attributes:
        device: What computed, by name, for instance ``"AMD EPYC, 1 thread"``.
        kind: ``"cpu"``, ``"cuda"`` or ``"mps"``.
        date: When, as year-month-day.
        torch: The version of torch that drove it.
        images_per_second: For each change its speed, in the order in which they were made.
        limit: Images a second that its rates of operations and bytes allow, in 32 bits.

    Example:
        >>> speeds = {"start": 800.0, "faster": 2400.0}
        >>> Speeds("a laptop", "cpu", "2026-11-25", "2.14.1", speeds, limit=6400.0)
        a laptop (cpu), measured 2026-11-25 with torch 2.14.1
          start                   800 images a second   1.0 times
          faster                2,400 images a second   3.0 times
          limit in 32 bits      6,400 images a second   8.0 times
    """

    device: str
    kind: str
    date: str
    torch: str
    images_per_second: Mapping[str, float]
    limit: float

    def __post_init__(self) -> None:
        speeds = self.images_per_second
        if not speeds or not all(speed > 0 for speed in [*speeds.values(), self.limit]):
            raise ValueError(
                f"Speeds must be above 0, and one at least: {speeds}, limit {self.limit}."
            )

    def __repr__(self) -> str:
        rows = {**self.images_per_second, "limit in 32 bits": self.limit}
        first = next(iter(rows.values()))
        width = max(map(len, rows))
        lines = [
            f"  {name:{width}} {_short(speed):>10} images a second {speed / first:5.1f} times"
            for name, speed in rows.items()
        ]
        head = f"{self.device} ({self.kind}), measured {self.date} with torch {self.torch}"
        return "\n".join([head, *lines])


def _short(speed: float) -> str:
    """Three digits: a time measured twice does not agree in more."""
    if speed < 1:
        return f"{speed:.3g}"
    digits = 3 - len(str(int(speed)))
    return f"{round(speed, min(digits, 0)):,.0f}"


def measured(kind: str | None = None) -> list[Speeds]:
    """Return the runs that ship with the course, by file name, all or those of one kind.

    Args:
        kind: ``"cpu"``, ``"cuda"`` or ``"mps"``.

    Raises:
        SpeedsError: A file is damaged.

    Example:
        >>> {run.kind for run in measured("cpu")}
        {'cpu'}
    """
    runs = [load(path) for path in sorted((shipped_folder() / "speeds").glob("*.json"))]
    return [run for run in runs if kind is None or run.kind == kind]


def load(path: Path) -> Speeds:
    """Read one file.

    Raises:
        SpeedsError: It cannot be read or holds something else.
    """
    try:
        return Speeds(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, AttributeError) as e:
        raise SpeedsError(f"{path.name} holds no speeds ({e}): restore or delete it.") from None


def save(run: Speeds, path: Path) -> None:
    """Write one run as a file that :func:`load` reads.

    Example:
        >>> import tempfile
        >>> run = Speeds("a laptop", "cpu", "2026-11-25", "2.14.1", {"start": 800.0}, limit=6400.0)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save(run, Path(folder, "laptop.json"))
        ...     load(Path(folder, "laptop.json")) == run
        True
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(run), indent=2) + "\n", encoding="utf-8")

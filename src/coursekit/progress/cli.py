"""``python -m coursekit progress FOLDER``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from coursekit.errors import CourseError


def main(argv: Sequence[str] | None = None) -> int:
    """Judge the notebooks of a folder, print the table and write it as CSV; return 0.

    Raises CourseError for a folder that is not there, or that cannot be written to.

    Args:
        argv: The words after ``progress``; the process's own if None.
    """
    args = _parser().parse_args(argv)
    folder = args.folder
    if not folder.is_dir():
        raise CourseError(f"There is no folder {str(folder)!r}; give the one with the notebooks.")
    out = args.out or folder / "progress.csv"
    store = out.with_name(out.name + ".jsonl")
    # For this process and those that it starts: one thread each, no windows, no GPU to fight for.
    os.environ.update({"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg", "CUDA_VISIBLE_DEVICES": ""})

    from coursekit.progress.batch import Limits, notebooks_in, rerun
    from coursekit.progress.table import to_csv, to_screen

    if not notebooks_in(folder):
        raise CourseError(f"There is no notebook (*.ipynb) in {str(folder)!r}.")
    limits = Limits(args.minutes, args.memory, args.jobs)
    try:
        if args.again:
            store.unlink(missing_ok=True)
        with _bar() as tick:
            rows = rerun(folder, store, limits, tick)
        partial = out.with_name(out.name + ".part")
        # the mark is for Excel; names and notes may hold what is no text
        partial.write_text(to_csv(rows), encoding="utf-8-sig", errors="backslashreplace")
        partial.replace(out)
    except OSError as error:
        raise CourseError(
            f"Cannot write to {str(error.filename or out)!r} ({error.strerror or error}); "
            "choose another place with --out."
        ) from None
    print(to_screen(rows))
    print(f"\n{len(rows)} rows in {out}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="coursekit progress",
        description="Re-run the checks in students' notebooks and write who has solved what.",
        epilog="FOLDER/anna/07_….ipynb and FOLDER/anna_07_….ipynb both belong to anna. "
        "The same command goes on where it was stopped.",
    )
    parser.add_argument("folder", type=Path, help="folder with the students' notebooks")
    parser.add_argument("--out", type=Path, help="table to write (default FOLDER/progress.csv)")
    parser.add_argument(
        "--minutes", type=_positive(float), default=10, help="time limit (default 10)"
    )
    parser.add_argument(
        "--memory", type=_positive(float), default=4, help="memory limit in GB (default 4)"
    )
    cores = os.cpu_count() or 1
    parser.add_argument(
        "--jobs", type=_positive(int), default=cores, help=f"at a time (default {cores})"
    )
    parser.add_argument("--again", action="store_true", help="forget earlier results")
    return parser


def _positive(kind: type) -> Callable[[str], float]:
    """A number that makes sense as a limit; argparse turns the ValueError into a sentence."""

    def number(text: str) -> float:
        value = kind(text)
        if not value > 0:
            raise argparse.ArgumentTypeError(f"must be more than 0, not {text}")
        return value

    number.__name__ = kind.__name__  # argparse: "invalid int value"
    return number


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal; with tqdm if it is there."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    try:
        from tqdm import tqdm
    except ImportError:
        yield lambda done, total: print(f"\r{done} of {total}", end="", file=sys.stderr)
        print(file=sys.stderr)
        return
    with tqdm(unit="notebook") as bar:

        def tick(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield tick

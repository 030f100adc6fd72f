"""``python -m tests.planted 07``: plant a lesson's bugs and say what became of each."""

import sys
import time
from importlib import import_module

from tests.planted.walk import plant
from tests.tools.notebooks import find


def main(lessons: list[str]) -> int:
    """Print one line for each bug; return how many were not caught."""
    missed = 0
    for path in find(lessons):
        try:
            mutations = import_module(f"tests.planted.lesson_{path.name[:2]}").MUTATIONS
        except ModuleNotFoundError:
            print(f"{path.name}: no list of planted bugs")
            continue
        start = time.perf_counter()
        for mutation, outcome in zip(mutations, plant(path, mutations), strict=True):
            missed += not outcome.caught
            mark = "caught" if outcome.caught else "MISSED"
            print(f"{mark}  {outcome.seconds:5.1f} s  {mutation.why}: {outcome.story}")
        print(f"{path.name}: {len(mutations)} bugs in {time.perf_counter() - start:.0f} s")
    return missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

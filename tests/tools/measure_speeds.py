"""Measure lesson 13's ladder on this machine and keep the result with the course.

    python -m tests.tools.measure_speeds laptop-cpu "AMD Ryzen 7 7840U, 1 thread"
    COURSEKIT_DEVICE=cuda python -m tests.tools.measure_speeds h100

It runs the functions of ``coursekit.recap.lesson_13``, which are those of the notebook, on the
digits that come with the course, and writes ``data/speeds/NAME.json``. On CUDA it climbs the two
rungs of compiled models too. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import datetime
import platform
import sys
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from coursekit import device as devices
from coursekit import lesson, speeds
from coursekit.data import load_digits, shipped_folder
from coursekit.recap import LADDER, climb, climb_compiled, limit, make_cnn, rates, work_of

IMAGES = 1024
"""As many as in the notebook."""


def measure(name: str, repeats: int = 15) -> speeds.Speeds:
    """Climb the ladder on the device that is chosen; ``name`` is the hardware's."""
    device = devices.choose()
    data = load_digits("digits")
    x, y = data.x_train[:IMAGES], data.y_train[:IMAGES]
    climbed = climb(LADDER, make_cnn, x, y, device, repeats)
    if device.type == "cuda" and find_spec("triton"):
        climbed |= climb_compiled(make_cnn, x, y, device)
    return speeds.Speeds(
        device=name,
        kind=device.type,
        date=datetime.date.today().isoformat(),
        torch=torch.__version__,
        images_per_second=climbed,
        limit=possible(x, y, device),
    )


def possible(x: Tensor, y: Tensor, device: torch.device) -> float:
    """How many images a second the device's rates allow, for the lesson's model in 32 bits."""
    xb, yb = x[:8].reshape(-1, 1, 28, 28).to(device), y[:8].to(device)
    return limit(rates(device), work_of(make_cnn, xb, yb))


def hardware() -> str:
    """The device's name, as torch or the system gives it."""
    device = devices.choose()
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).name
    return platform.processor() or platform.machine()


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.measure_speeds")
    parser.add_argument("file", help="name of the file in data/speeds, without its ending")
    parser.add_argument(
        "device", nargs="?", help="name of the device, if the system has no good one"
    )
    args = parser.parse_args(argv)
    lesson.start()
    try:
        run = measure(args.device or hardware())
    except devices.DeviceError as e:
        sys.exit(str(e))
    path: Path = shipped_folder() / "speeds" / f"{args.file}.json"
    speeds.save(run, path)
    print(run)


if __name__ == "__main__":
    main()

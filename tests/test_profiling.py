"""The profiler's notes, read as a timeline."""

import subprocess
import sys
import time

import pytest
import torch
from torch.profiler import record_function

from coursekit import plot
from coursekit.profiling import part, timeline_of

weights = torch.ones(64, 10, requires_grad=True)


def loop(batches=3):
    for _ in range(batches):
        with part("load"):
            xb = torch.rand(32, 64)
        with part("step"):
            (xb @ weights).sum().backward()


def test_parts_are_rows_in_the_order_in_which_they_ran():
    events = timeline_of(loop)
    python = [(what, start) for who, what, start, _ in events if who == "Python"]
    assert [what for what, _ in python] == ["load", "step"] * 3
    assert sorted(python, key=lambda item: item[1]) == python
    assert min(start for _, _, start, _ in events) == 0


def test_the_device_computes_during_steps_only_and_the_backward_pass_counts():
    events = timeline_of(loop)
    steps = [(s, s + n) for who, what, s, n in events if what == "step"]
    compute = [(s, s + n) for who, _, s, n in events if who == "device"]
    assert len(compute) >= 3 * 3
    inside = [any(a <= s and e <= b + 0.1 for a, b in steps) for s, e in compute]
    assert all(inside)


def test_a_name_that_a_library_gave_to_a_stretch_of_the_program_is_no_work():
    """As `opt.step()` does; the operations inside of it are work all the same."""

    def work():
        with part("step"), record_function("Optimizer.step#SGD.step"):
            time.sleep(0.05)
            weights.detach() @ weights.detach().T

    (_, _, begin, _), *compute = timeline_of(work)
    assert compute and all(start >= begin + 50 for _, _, start, _ in compute)


def test_the_first_run_only_warms_up():
    pauses = iter([0.0, 0.2])

    def work():
        with part("load"):
            time.sleep(next(pauses))

    ((who, what, _, length),) = timeline_of(work)
    assert (who, what) == ("Python", "load") and length >= 200


def test_it_draws():
    assert "device: compute" in plot.timeline(timeline_of(loop), unit="milliseconds").alt


def test_without_a_part_the_reader_is_told_how():
    with pytest.raises(ValueError, match='with part\\("load"\\)'):
        timeline_of(lambda: torch.ones(3) + 1)


def test_an_error_in_the_work_passes_and_stderr_is_back():
    """In a child process, where nothing but its own streams is captured."""
    script = (
        "import sys\n"
        "from coursekit.profiling import timeline_of\n"
        "try:\n"
        "    timeline_of(lambda: 1 / 0)\n"
        "except ZeroDivisionError:\n"
        "    print('still here', file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr == "still here\n"

"""Run something for a limited time, in any front end and on any system.

The work is done in a thread of its own while the caller waits: signals exist neither on Windows nor
outside the main thread, and another process could not see the student's variables. When time is up
the thread is sent an exception (``PyThreadState_SetAsyncExc``), which ends every loop written in
Python, also one that catches ``Exception``. Work that never comes back to Python code (a
``time.sleep``, one huge matrix product) or that catches everything goes on in the background; the
caller is told so and goes on anyway. What nothing inside one process can stop is a single C
call that keeps the interpreter lock, such as ``sum(range(10**12))``: then interrupt or restart
the kernel.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class TimeUp(BaseException):
    """Sent into the working thread; no Exception, so that ``except Exception`` lets it through."""


class TimedOut(Exception):
    """The work took too long. ``stopped`` says whether it is really over."""

    def __init__(self, stopped: bool) -> None:
        super().__init__(stopped)
        self.stopped = stopped


def run_limited(work: Callable[[], T], seconds: float, patience: float = 1.0) -> T:
    """Return ``work()``; raise TimedOut after ``seconds``.

    What ``work`` raises, ``KeyboardInterrupt`` and ``SystemExit`` included, is raised here.

    Args:
        work: Called without arguments, in another thread.
        seconds: Time limit.
        patience: How long to try, after that, to stop it.

    Example:
        >>> run_limited(lambda: 6 * 7, seconds=1)
        42
    """
    result: list[T] = []
    failure: list[BaseException] = []
    done = threading.Event()

    def worker() -> None:
        try:
            result.append(work())
        except BaseException as error:
            failure.append(error)
        finally:
            done.set()

    thread = threading.Thread(target=worker, daemon=True, name="coursekit check")
    thread.start()
    try:
        in_time = done.wait(seconds)
    except BaseException:  # the student pressed "interrupt"
        _stop(thread, done, patience)
        raise
    if not in_time:
        raise TimedOut(_stop(thread, done, patience))
    if failure:
        raise failure[0]
    return result[0]


def _stop(thread: threading.Thread, done: threading.Event, patience: float) -> bool:
    """Send TimeUp until the thread ends or patience does; say whether it ended."""
    step = 0.02
    for _ in range(max(1, round(patience / step))):
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(TimeUp)
        )
        if done.wait(step):
            return True
    return False

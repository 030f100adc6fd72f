"""Run something for a limited time, in any front end and on any system.

The work is done in a thread of its own while the caller waits: signals exist neither on Windows nor
outside the main thread, and another process could not see the student's variables. When time is up
the thread is sent an exception (``PyThreadState_SetAsyncExc``), which ends every loop written in
Python, also one that catches ``Exception``. Work that never comes back to Python code (a
``time.sleep``, one huge matrix product) or that catches everything goes on in the background; the
caller is told so and goes on anyway. What nothing inside one process can stop is a single C
call that keeps the interpreter lock, such as ``sum(range(10**12))``: then restart the kernel.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import sys
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LONGEST_IMPORT = 60.0
"""Seconds: what imports for longer is an endless loop in a module."""
PATIENCE = 1.0
"""Seconds: how long to try to stop what took too long."""
IMPORTER = "<frozen importlib._bootstrap>"
"""What Python calls the file of its own import function."""


class TimeUp(BaseException):
    """Sent into the working thread; no Exception, so that ``except Exception`` lets it through."""


class TimedOut(Exception):
    """The work took too long. ``stopped`` says whether it is really over."""

    def __init__(self, stopped: bool) -> None:
        super().__init__(stopped)
        self.stopped = stopped


def run_limited(work: Callable[[], T], seconds: float | None) -> T:
    """Return ``work()``; raise TimedOut after ``seconds``.

    What ``work`` raises, ``KeyboardInterrupt`` and ``SystemExit`` included, is raised here.

    Args:
        work: Called without arguments, in another thread.
        seconds: Time limit, not counting imports; None for none.

    Example:
        >>> run_limited(lambda: 6 * 7, seconds=1)
        42
    """
    result: list[T] = []
    failure: list[BaseException] = []
    sending = _Sending()

    def worker() -> None:
        try:
            try:
                result.append(work())
            except BaseException as error:
                failure.append(error)
        except TimeUp:  # it came after the work, between these lines
            pass
        while not sending.closed:
            with contextlib.suppress(TimeUp):
                sending.close()

    thread = threading.Thread(target=worker, daemon=True, name="coursekit check")
    thread.start()
    try:
        _wait(thread, seconds)
    except BaseException:  # the student pressed "interrupt"
        sending.stop(thread)
        raise
    if thread.is_alive():
        raise TimedOut(sending.stop(thread))
    if failure:
        raise failure[0]
    return result[0]


def _wait(thread: threading.Thread, seconds: float | None) -> None:
    """Wait for the thread to end, in short turns: on Windows an interrupt ends no wait.

    The clock stands still while the thread imports something. That can take long the first time,
    and a module that is cut short stays behind, broken for everything that imports it later.
    """
    left = math.inf if seconds is None else seconds
    importing = 0.0
    while thread.is_alive() and left > 0:
        begin = time.monotonic()
        thread.join(min(left, 0.1))
        passed = time.monotonic() - begin
        if _imports(thread) and importing < LONGEST_IMPORT:
            importing += passed
        else:
            left -= passed


def _imports(thread: threading.Thread) -> bool:
    """Whether the thread is inside an import."""
    frame = sys._current_frames().get(thread.ident or 0)
    while frame is not None:
        if frame.f_code.co_filename == IMPORTER:
            return True
        frame = frame.f_back
    return False


class _Sending:
    """Sends TimeUp into a thread, but never into one that has finished its work.

    A late TimeUp would land in the thread's own clean-up and print a traceback.
    """

    def __init__(self) -> None:
        self.closed = False
        self._lock = threading.Lock()

    def close(self) -> None:
        """Called by the thread itself when its work is over; TimeUp may still arrive in here."""
        with self._lock:
            self.closed = True
        for _ in range(10):  # Python delivers it when a loop goes round: now, not later
            pass

    def stop(self, thread: threading.Thread) -> bool:
        """Send TimeUp until the thread ends or PATIENCE does; say whether it ended."""
        step = 0.05
        for _ in range(round(PATIENCE / step)):
            with self._lock:
                if not self.closed:
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(
                        ctypes.c_ulong(thread.ident or 0), ctypes.py_object(TimeUp)
                    )
            thread.join(step)
            if not thread.is_alive():
                return True
        return False

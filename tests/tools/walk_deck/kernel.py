"""What the kernel says, read off the page's websocket: the same for every front end."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page, WebSocket

Message = dict[str, Any]


def decode(frame: str | bytes) -> Message | None:
    """A frame's header, parent_header and content, None when it is no kernel message.

    Frames are JSON text, or binary by the protocol v1.kernel.websocket.jupyter.org: a count of
    offsets, the offsets (8 bytes each, little endian), then channel, header, parent header,
    metadata and content at those offsets.
    """
    try:
        if isinstance(frame, str):
            return json.loads(frame)
        count = int.from_bytes(frame[:8], "little")
        at = [int.from_bytes(frame[8 * i : 8 * i + 8], "little") for i in range(1, count + 1)]
        return {
            "header": json.loads(frame[at[1] : at[2]]),
            "parent_header": json.loads(frame[at[2] : at[3]]),
            "content": json.loads(frame[at[4] : at[5]]),
        }
    except (ValueError, IndexError, KeyError):
        return None


class KernelWatch:
    """Counts executions of a page's kernel, and keeps what went wrong since last asked."""

    def __init__(self, page: Page) -> None:
        self.asked = 0  # executions that the page has sent for
        self.finished = 0
        self.errors: list[str] = []
        self.stderr: list[str] = []
        self.asks_input = False
        self.code = ""  # what the kernel last began to run
        self._seen: dict[str, set[str]] = {}
        self._page = page
        self._socket: WebSocket | None = None
        page.on("websocket", self._follow)

    def forget(self) -> None:
        """Start a new cell: drop what earlier cells left."""
        self.errors.clear()
        self.stderr.clear()
        self.asks_input = False

    def finishes(self, before: int, seconds: float) -> bool:
        """Wait until all has run that the page sent since ``asked`` was ``before``.

        False when that takes longer than ``seconds``, or the kernel asks for input.
        """
        limit = time.monotonic() + seconds
        while not before < self.asked <= self.finished:
            if self.asks_input or time.monotonic() > limit:
                return False
            self._wait(most_ms=500)
        return True

    def _wait(self, most_ms: float) -> None:
        """Return when the kernel says something, after ``most_ms`` at the latest."""
        if self._socket is None or self._socket.is_closed():
            self._page.wait_for_timeout(20)
            return
        with contextlib.suppress(BrowserError):  # silent that long, or closed meanwhile
            self._socket.wait_for_event("framereceived", timeout=most_ms)

    def _follow(self, socket: WebSocket) -> None:
        if "/channels" in socket.url:
            self._socket = socket
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._frame)

    def _sent(self, frame: str | bytes) -> None:
        message = decode(frame)
        if message and message.get("header", {}).get("msg_type") == "execute_request":
            self.asked += not message["content"].get("silent")

    def _frame(self, frame: str | bytes) -> None:
        message = decode(frame)
        if not message or not isinstance(message.get("content"), dict):
            return
        kind, content = message.get("header", {}).get("msg_type"), message["content"]
        if kind == "error":
            self.errors.append(f"{content.get('ename')}: {content.get('evalue')}"[:200])
        elif kind == "stream" and content.get("name") == "stderr":
            self.stderr.append(content.get("text", "")[-200:])
        elif kind == "execute_input":
            self.code = content.get("code", "")
        elif kind == "input_request":
            self.asks_input = True
        elif kind == "status" and content.get("execution_state") != "idle":
            return
        if kind == "execute_reply" and content.get("status") == "aborted":
            self.finished += 1  # it stood in the queue behind a cell that failed, and never ran
        elif kind in ("execute_input", "execute_reply", "status"):
            self._count(message.get("parent_header", {}).get("msg_id", ""), kind)

    def _count(self, request: str, kind: str) -> None:
        """A run is over when its input was echoed, its reply came, and the kernel is idle again."""
        seen = self._seen.setdefault(request, set())
        before = len(seen)
        seen.add(kind)
        if before == 2 and len(seen) == 3:
            self.finished += 1

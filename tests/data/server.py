"""A local web server that fails on command."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FaultyServer(ThreadingHTTPServer):
    """Serves `files` at the paths `/BEHAVIOUR/NAME`; see the methods of `Handler`.

    `requests` lists what was asked: (behaviour, name, the Range header or "").
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = files
        self.requests: list[tuple[str, str, str]] = []
        self.over = threading.Event()

    def url(self, behaviour: str, name: str = "file") -> str:
        return f"http://127.0.0.1:{self.server_port}/{behaviour}/{name}"

    def ranges(self, behaviour: str) -> list[str]:
        """The Range headers of all requests for one behaviour."""
        return [asked for kind, _, asked in self.requests if kind == behaviour]

    def handle_error(self, request, client_address) -> None:
        """A client that hangs up is what many tests are about."""


@contextmanager
def serving(**files: bytes) -> Iterator[FaultyServer]:
    with FaultyServer(files) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FaultyServer

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        _, behaviour, name = self.path.split("/")
        self.asked = self.headers.get("Range", "")
        self.server.requests.append((behaviour, name, self.asked))
        self.body = self.server.files[name]
        self.close_connection = True
        getattr(self, behaviour)()

    def head(self, code: int = 200, **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Connection", "close")
        self.end_headers()

    def good(self) -> None:
        """The file, or its rest from the byte asked for."""
        begin = int(self.asked.removeprefix("bytes=").removesuffix("-") or 0)
        n = len(self.body)
        if begin >= n:
            self.head(416, Content_Range=f"bytes */{n}")
            return
        code = 206 if self.asked else 200
        rest = {"Content_Range": f"bytes {begin}-{n - 1}/{n}"} if self.asked else {}
        self.head(code, Content_Length=str(n - begin), **rest)
        self.wfile.write(self.body[begin:])

    def whole(self) -> None:
        """A server that knows no ranges."""
        self.head(Content_Length=str(len(self.body)))
        self.wfile.write(self.body)

    def half(self) -> None:
        """The connection ends after half of what is missing."""
        begin = int(self.asked.removeprefix("bytes=").removesuffix("-") or 0)
        rest = self.body[begin:]
        code, headers = (206, {"Content_Range": f"bytes {begin}-/*"}) if begin else (200, {})
        self.head(code, Content_Length=str(len(rest)), **headers)
        self.wfile.write(rest[: len(rest) // 2])

    def stall(self) -> None:
        """Half, then silence."""
        self.half()
        self.wfile.flush()
        self.server.over.wait()

    def drip(self) -> None:
        """A byte at a time: never silent, never done."""
        self.head(Content_Length=str(len(self.body)))
        for i in range(len(self.body)):
            self.wfile.write(self.body[i : i + 1])
            if self.server.over.wait(0.01):
                return

    def silent(self) -> None:
        """Not even a status line."""
        self.server.over.wait()

    def slow(self) -> None:
        """All of it, after a moment."""
        self.server.over.wait(0.5)
        self.good()

    def chunks(self, end: bytes = b"0\r\n\r\n") -> None:
        """Length not known before."""
        self.head(Transfer_Encoding="chunked")
        for piece in (self.body[:7], self.body[7:]):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(end)

    def half_chunks(self) -> None:
        self.chunks(end=b"")

    def other(self) -> None:
        """As long as the file, and not the file."""
        self.body = bytes(255 - byte for byte in self.body)
        self.good()

    def login(self) -> None:
        """What a hotel's network answers."""
        self.body = b"<html>Please log in</html>"
        self.whole()

    def empty(self) -> None:
        self.head(Content_Length="0")

    def error503(self) -> None:
        self.head(503, Content_Length="0")

    def error404(self) -> None:
        self.head(404, Content_Length="0")

    def refused_range(self) -> None:
        """416 to every resumption."""
        if self.asked:
            self.head(416, Content_Range="bytes */1")
        else:
            self.good()

    def from_the_start(self) -> None:
        """A part, as asked, but not the one asked for: all of it."""
        if self.asked:
            n = len(self.body)
            self.head(206, Content_Length=str(n), Content_Range=f"bytes 0-{n - 1}/{n}")
            self.wfile.write(self.body)
        else:
            self.good()

    def moved(self) -> None:
        self.head(302, Location=self.server.url("good"), Content_Length="0")

    def circle(self) -> None:
        self.head(302, Location=self.server.url("circle"), Content_Length="0")

    def to_disk(self) -> None:
        self.head(302, Location="file:///etc/hostname", Content_Length="0")

    def hang_up(self) -> None:
        """Closes without an answer."""

    def nonsense(self) -> None:
        self.wfile.write(b"I am a teapot\r\n\r\n")

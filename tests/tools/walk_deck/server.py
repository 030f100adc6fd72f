"""A Jupyter server of our own: private configuration, random token, loopback only."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.tools.walk_deck.report import DeckError

PRIVATE = {
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "JUPYTER_DATA_DIR": "data",
    "IPYTHONDIR": "ipython",
}

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Asks without a proxy, which knows another 127.0.0.1 and would be told the token."""


def free_port() -> int:
    """A port nobody listens on."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class JupyterServer:
    """JupyterLab and classic Jupyter over the files in ``root``; stop it with ``stop()``.

    Raises DeckError when the server does not answer within ``timeout`` seconds.
    """

    def __init__(self, root: Path, timeout: float = 90) -> None:
        self.root = root.resolve()
        self.token = secrets.token_hex(16)
        self.base = f"http://127.0.0.1:{free_port()}"
        self.home = Path(tempfile.mkdtemp(prefix="walk_deck_"))
        self._log = (self.home / "server.log").open("w")
        self._process = self._launch()
        atexit.register(self.stop)
        try:
            self._wait(timeout)
        except BaseException:
            self.stop()
            raise

    def _launch(self) -> subprocess.Popen:
        env = dict(os.environ)
        for name, folder in PRIVATE.items():
            (self.home / folder).mkdir()
            env[name] = str(self.home / folder)
        for name in ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"):
            env.pop(name, None)
        env |= {"OMP_NUM_THREADS": "1", "COURSEKIT_DEVICE": "cpu"}
        port = self.base.rsplit(":", 1)[1]
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
        command += [f"--port={port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1"]
        command += [f"--IdentityProvider.token={self.token}", f"--ServerApp.root_dir={self.root}"]
        group = {"start_new_session": True} if os.name == "posix" else {}
        return subprocess.Popen(
            command, stdout=self._log, stderr=subprocess.STDOUT, env=env, cwd=self.root, **group
        )

    def _wait(self, timeout: float) -> None:
        end = time.monotonic() + timeout
        while True:
            if self._process.poll() is not None:
                raise DeckError("the Jupyter server died:\n" + self._tail())
            try:
                self.api("/api/status")
                return
            except (urllib.error.URLError, OSError):
                if time.monotonic() > end:
                    raise DeckError(
                        f"the Jupyter server is not up after {timeout:.0f} s:\n{self._tail()}"
                    ) from None
                time.sleep(0.1)

    def api(self, path: str, method: str = "GET") -> Any:
        """The answer of the server's REST interface, None where it has none."""
        request = urllib.request.Request(
            self.base + path,
            method=method,
            headers={"Authorization": f"token {self.token}"},
            data=b"{}" if method == "POST" else None,
        )
        with DIRECT.open(request, timeout=20) as response:
            body = response.read()
        return json.loads(body) if body else None

    def interrupt_kernels(self) -> None:
        """Stop whatever cell is running."""
        for kernel in self.api("/api/kernels"):
            with contextlib.suppress(OSError):
                self.api(f"/api/kernels/{kernel['id']}/interrupt", "POST")

    def end_sessions(self) -> None:
        """End every kernel, so that the next deck has the machine to itself."""
        with contextlib.suppress(OSError):
            for session in self.api("/api/sessions"):
                self.api(f"/api/sessions/{session['id']}", "DELETE")

    def _tail(self) -> str:
        self._log.flush()
        text = (self.home / "server.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-15:])

    def stop(self) -> None:
        """End the server and its kernels, and remove its folder."""
        atexit.unregister(self.stop)
        for sig, wait in ((signal.SIGTERM, 15), (getattr(signal, "SIGKILL", signal.SIGTERM), 5)):
            if self._process.poll() is not None:
                break
            with contextlib.suppress(ProcessLookupError):
                if os.name == "posix":
                    os.killpg(self._process.pid, sig)  # the group made above: server and kernels
                else:
                    self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(wait)
        self._log.close()
        shutil.rmtree(self.home, ignore_errors=True)

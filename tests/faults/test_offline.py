"""No test and no lesson needs the network: none has one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

ASK = """\
import socket, urllib.request
for ask in (
    lambda: socket.create_connection(("192.0.2.1", 80), timeout=2),
    lambda: socket.getaddrinfo("example.org", 443),
    lambda: urllib.request.urlopen("http://example.org", timeout=2),
):
    try:
        ask()
    except OSError as error:
        print("offline" in str(error))
"""


def test_this_process_has_no_network():
    with socket.socket() as here, pytest.raises(OSError, match="offline: nobody may connect"):
        here.connect(("192.0.2.1", 80))
    with pytest.raises(socket.gaierror, match="offline: nobody may ask"):
        socket.getaddrinfo("example.org", 443)


def test_neither_has_what_it_starts():
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["True"] * 3, done.stderr


def test_nor_the_kernels_in_which_every_lesson_is_run():
    """nbval starts its kernels with the environment of this process, as this does."""
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(ASK)])
    NotebookClient(nb, timeout=60, kernel_name="python3").execute()
    assert nb.cells[0].outputs[0].text.split() == ["True"] * 3


def test_this_machine_itself_can_be_reached():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        with socket.create_connection(server.getsockname(), timeout=5):
            pass


@pytest.mark.parametrize("command", ["doctor", "workbook", "bundle"])
def test_a_command_needs_no_network_on_its_first_start(command, tmp_path):
    """In a home where nothing was ever fetched or cached."""
    words = ["--out", str(tmp_path / "course.zip")] if command == "bundle" else []
    words += ["--help"] if command == "workbook" else []  # it would write into this checkout
    env = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "JUPYTER"))}
    done = subprocess.run(
        [sys.executable, "-m", "coursekit", command, *words],
        capture_output=True, text=True, timeout=120, env=env | {"HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "offline" not in done.stdout + done.stderr

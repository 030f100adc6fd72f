"""Limits for a process that runs somebody else's notebook, as far as the system has them."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from contextlib import suppress
from typing import Any

LOCAL = ("127.0.0.1", "::1", "localhost")
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # CLONE_NEWUSER, CLONE_NEWNET of <sched.h>


def confine(memory_gb: float) -> None:
    """Limit this process's memory, take its network away, silence it; there is no way back.

    Memory is limited on Linux only (``RLIMIT_DATA``). The network is taken away by a namespace
    of its own where Linux lets an ordinary user have one; everywhere, Python's sockets
    refuse to leave the machine. On Linux and macOS the process leads a group of its own, so that
    what it starts can be ended with it.
    """
    if hasattr(os, "setsid"):
        os.setsid()
    _limit_memory(memory_gb)
    _cut_network()
    socket.socket.connect = _refusing(socket.socket.connect)
    socket.socket.connect_ex = _refusing(socket.socket.connect_ex)
    socket.getaddrinfo = _refusing_names(socket.getaddrinfo)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115


def _limit_memory(gigabytes: float) -> None:
    if sys.platform != "linux":
        return
    import resource

    size = int(gigabytes * 2**30)
    with suppress(ValueError, OSError):  # a smaller limit of the system's own stays
        resource.setrlimit(resource.RLIMIT_DATA, (size, size))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _cut_network() -> None:
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).unshare(_NEW_USER | _NEW_NETWORK)


def _refusing(connect: Any) -> Any:
    def refuse(self: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and address[0] not in LOCAL:
            raise OSError("There is no network while exercises are checked.")
        return connect(self, address)

    return refuse


def _refusing_names(getaddrinfo: Any) -> Any:
    def refuse(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host is not None and host not in LOCAL:
            raise socket.gaierror("There is no network while exercises are checked.")
        return getaddrinfo(host, *args, **kwargs)

    return refuse

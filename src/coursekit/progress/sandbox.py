"""Limits for a process that runs somebody else's notebook, as far as the system has them."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

LOCAL = ("127.0.0.1", "::1", "localhost")
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # CLONE_NEWUSER, CLONE_NEWNET of <sched.h>


# From the kernel's Landlock: numbers of its calls, and kinds of writing.
_CREATE_RULES, _ADD_RULE, _RESTRICT = 444, 445, 446
_WRITE_FILE, _REMOVE_OR_MAKE = 1 << 1, 0b1_1111_1111 << 4
_MOVE, _TRUNCATE = 1 << 13, 1 << 14
_NO_NEW_PRIVILEGES = 38


def confine(memory_gb: float, folder: Path) -> None:
    """Limit this process's memory, take its network away, silence it; there is no way back.

    It may write in ``folder``, which also becomes its current and temporary folder, and nowhere
    else: on Linux, whose Landlock holds for all that it starts, too. Memory is limited on Linux
    only (``RLIMIT_DATA``). The network is taken away by a namespace of its own where Linux lets an
    ordinary user have one; everywhere, Python's sockets refuse to connect to another machine, to
    send to it, and to look up its name. On Linux and macOS the process leads a group of its own, so
    that what it starts can be ended with it.
    """
    if hasattr(os, "setsid"):
        os.setsid()
    os.chdir(folder)
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
    _limit_memory(memory_gb)
    _cut_network()
    _limit_writes(folder)
    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, _refusing(getattr(socket.socket, name)))
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        setattr(socket, name, _refusing_names(getattr(socket, name)))
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


def _limit_writes(folder: Path) -> None:
    if sys.platform != "linux":
        return
    system = ctypes.CDLL(None, use_errno=True)

    def call(number: int, *args: Any) -> int:
        return system.syscall(ctypes.c_long(number), *args)

    version = call(_CREATE_RULES, None, ctypes.c_size_t(0), ctypes.c_long(1))
    if version < 1:  # an older kernel
        return
    kinds = _WRITE_FILE | _REMOVE_OR_MAKE
    kinds |= (_MOVE if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    asked = struct.pack("=Q", kinds)
    rules = call(_CREATE_RULES, asked, ctypes.c_size_t(len(asked)), ctypes.c_long(0))
    if rules < 0:
        return
    devices = _WRITE_FILE | (kinds & _TRUNCATE)
    # /dev/shm: where torch hands tensors from process to process
    for place, allowed in ((str(folder), kinds), ("/dev/shm", kinds), ("/dev", devices)):
        with suppress(OSError):
            handle = os.open(place, os.O_PATH | os.O_CLOEXEC)
            rule = struct.pack("=Qi", allowed, handle)
            call(_ADD_RULE, ctypes.c_long(rules), ctypes.c_long(1), rule, ctypes.c_long(0))
            os.close(handle)
    nothing = ctypes.c_long(0)
    system.prctl(_NO_NEW_PRIVILEGES, ctypes.c_long(1), nothing, nothing, nothing)
    call(_RESTRICT, ctypes.c_long(rules), nothing)
    os.close(rules)


def _refusing(method: Any) -> Any:
    def refuse(self: socket.socket, *args: Any) -> Any:
        address = args[-1] if args else None  # behind what is sent, and its flags
        if isinstance(address, tuple) and address[0] not in LOCAL:
            raise OSError("There is no network while exercises are checked.")
        return method(self, *args)

    return refuse


def _refusing_names(look_up: Any) -> Any:
    def refuse(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host is not None and host not in LOCAL:
            raise socket.gaierror("There is no network while exercises are checked.")
        return look_up(host, *args, **kwargs)

    return refuse

"""No network for any Python that the tests start: kernels, servers, commands, worker processes.

Python runs this before anything else where this folder is on PYTHONPATH; ``tests/conftest.py`` puts
it there, and guards its own process too. What asks for the network is told that there is none,
at once and by name. This machine itself can be reached.
"""

import errno
import socket

LOCAL = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "", None)


def _reachable(host):
    host = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    return host in LOCAL or str(host).startswith("127.")


def cut():
    """Refuse every connection and name that leads away from this machine."""
    if getattr(socket, "offline", False):
        return
    socket.offline = True
    names, links = socket.getaddrinfo, (socket.socket.connect, socket.socket.connect_ex)

    def getaddrinfo(host, *args, **kwargs):
        if not _reachable(host):
            raise socket.gaierror(socket.EAI_NONAME, f"offline: nobody may ask for {host}")
        return names(host, *args, **kwargs)

    def refusing(connect):
        def refuse(self, address):
            if isinstance(address, tuple) and not _reachable(address[0]):
                raise OSError(errno.ENETUNREACH, f"offline: nobody may connect to {address[0]}")
            return connect(self, address)

        return refuse

    socket.getaddrinfo = getaddrinfo
    socket.socket.connect, socket.socket.connect_ex = map(refusing, links)


cut()

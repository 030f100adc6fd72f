"""Fetch one file from the web so that it is there complete and right, or not at all.

Written here, on the standard library, because neither torchvision's downloader nor pooch goes on
where an interrupted download stopped, gives up on a server that stalls, or tries another mirror
when one sends wrong content.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import http.client
import os
import shutil
import ssl
import sys
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock, Timeout

from coursekit.errors import CourseError

__all__ = ["DownloadError", "fetch", "sha256_of"]

CHUNK = 1 << 16
SLOWEST = 1000
"""Bytes a second. A server that sends less during a whole time-out is given up."""
WAIT = 600
"""Seconds to wait for another process that fetches the same file."""


class DownloadError(CourseError, OSError):
    """A file could not be fetched; the message says why and what to do."""


class _Failed(Exception):
    """This mirror did not deliver; the message is the reason, and the next one is tried."""


class _WrongContent(_Failed):
    """What came is complete, but not the file."""


def fetch(
    urls: str | Sequence[str],
    target: str | os.PathLike[str],
    sha256: str,
    *,
    timeout: float = 20,
    progress: bool = True,
) -> Path:
    """Put the file that one of ``urls`` sends at ``target``, and return ``target``.

    The bytes go to ``target`` + ``.part`` first. Only a complete file with the right checksum
    takes the name ``target``, in one step. After an interruption the ``.part`` stays, and the next
    try goes on from there; what was joined is verified like the rest. Of two processes that fetch
    the same file, the second waits (the empty file ``target`` + ``.lock`` is theirs) and then finds
    it there. An address that ends in ``.gz`` is unpacked unless ``target`` ends so too.

    Args:
        urls: Addresses (``http`` or ``https``) of the same file, tried in this order.
        target: The file to make, with its folders. If its content is right, nothing is fetched; if
            it is wrong, it is replaced.
        sha256: The SHA-256 of the target's content, in hexadecimal.
        timeout: Seconds without an answer, or with less than 1 kB a second, after which a server
            is given up.
        progress: Show a progress bar (of tqdm where it is installed, else plain text).

    Raises:
        DownloadError: No address delivered the file, or it cannot be written here.

    Example:
        >>> fetch("https://example.org/digits.gz", "digits", sha256="9f86d081…")  # doctest: +SKIP
        PosixPath('digits')
    """
    urls = [urls] if isinstance(urls, str) else list(urls)
    target, sha256 = Path(target), sha256.lower()
    try:
        if _is_there(target, sha256):
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        with _one_at_a_time(target):
            if not _is_there(target, sha256):  # another process may have fetched it meanwhile
                _fetch_any(urls, target, sha256, timeout, progress)
    except DownloadError:
        raise
    except OSError as e:  # the network's own have become _Failed: this one is of the disk
        raise DownloadError(_disk_advice(target, e)) from e
    return target


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal.

    Example:
        >>> len(sha256_of(Path(__file__)))
        64
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _is_there(target: Path, sha256: str) -> bool:
    return target.is_file() and sha256_of(target) == sha256


@contextmanager
def _one_at_a_time(target: Path) -> Iterator[None]:
    """Hold the target's lock; the system frees it even when the process is killed."""
    lock = FileLock(f"{target}.lock")
    try:
        lock.acquire(timeout=WAIT)
    except Timeout:
        raise DownloadError(
            f"Another process has been fetching {target.name} for {WAIT // 60} minutes. "
            "Wait for it or stop it, then try again."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _fetch_any(urls: list[str], target: Path, sha256: str, timeout: float, progress: bool) -> None:
    """Try each address until one has delivered."""
    reasons = []
    for url in urls:
        try:
            _fetch_one(url, target, sha256, timeout, progress)
            return
        except _Failed as reason:
            reasons.append(f"  {url}: {reason}")
    raise DownloadError(
        f"{target.name} could not be fetched:\n"
        + "\n".join(reasons or ["  no address was given"])
        + "\nCheck the network connection and try again; what has come is kept."
    )


def _fetch_one(url: str, target: Path, sha256: str, timeout: float, progress: bool) -> None:
    """Fetch from one address. What was begun earlier may be of no use: then once more in full."""
    part = target.with_name(target.name + ".part")
    resumed = part.is_file() and part.stat().st_size > 0
    try:
        _receive(url, part, timeout, progress)
        _finish(url, part, target, sha256)
    except _WrongContent:
        part.unlink(missing_ok=True)
        if not resumed:
            raise
        _fetch_one(url, target, sha256, timeout, progress)
    except OSError as e:
        if e.errno in _FULL:
            part.unlink(missing_ok=True)  # give the space back
        raise


def _receive(url: str, part: Path, timeout: float, progress: bool) -> None:
    """Append what is missing to ``part``."""
    have = part.stat().st_size if part.is_file() else 0
    try:
        response = _open(url, have, timeout)
    except urllib.error.HTTPError as e:
        e.close()
        if e.code == 416 and have:  # nothing is missing, or the rest is of another file
            return
        reason = str(e.reason).strip().partition("\n")[0]
        raise _Failed(f"the server answered {e.code} {reason}") from e
    except (OSError, http.client.HTTPException, ValueError) as e:
        raise _Failed(_network_reason(e, timeout)) from e
    with response:
        if response.status != 206 or not _continues(response, have):
            have = 0
        length = response.headers.get("Content-Length", "")
        total = have + int(length) if length.isdigit() else None
        name = part.name.removesuffix(".part")
        with part.open("ab" if have else "wb") as file, _bar(name, total, have, progress) as bar:
            received = have + _copy(response, file, bar, timeout)
    if received == 0:
        part.unlink()
    if total is not None and received < total:
        raise _Failed(f"the connection ended after {received:,} of {total:,} bytes")


def _open(url: str, have: int, timeout: float) -> http.client.HTTPResponse:
    """Ask for the file from byte ``have`` on."""
    if not url.lower().startswith(("http://", "https://")):
        raise ValueError("the address must begin with http:// or https://")
    headers = {"User-Agent": "coursekit", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(url, headers=headers)
    return urllib.request.urlopen(request, timeout=timeout)


def _continues(response: http.client.HTTPResponse, have: int) -> bool:
    return response.headers.get("Content-Range", "").startswith(f"bytes {have}-")


def _copy(response: http.client.HTTPResponse, file: BinaryIO, bar: Any, timeout: float) -> int:
    """Write the answer to ``file`` as it comes, and return its length in bytes."""
    received, checked, since = 0, 0, time.monotonic()
    while True:
        try:
            chunk = response.read1(CHUNK)
        except (OSError, http.client.HTTPException) as e:
            raise _Failed(_network_reason(e, timeout)) from e
        if not chunk:
            return received
        file.write(chunk)
        file.flush()
        received += len(chunk)
        bar.update(len(chunk))
        now = time.monotonic()
        if now - since >= timeout:
            if received - checked < SLOWEST * (now - since):
                raise _Failed(f"too slow: {received - checked:,} bytes in {now - since:.0f} s")
            checked, since = received, now


def _finish(url: str, part: Path, target: Path, sha256: str) -> None:
    """Verify what came, and give it the target's name."""
    if not part.is_file():
        raise _WrongContent("the server sent nothing")
    if url.lower().endswith(".gz") and target.suffix != ".gz":
        unpacked = target.with_name(target.name + ".new")
        try:
            _unpack(part, unpacked)
            _verify(unpacked, sha256)
            unpacked.replace(target)
        finally:
            unpacked.unlink(missing_ok=True)
        part.unlink()
    else:
        _verify(part, sha256)
        part.replace(target)


def _unpack(archive: Path, target: Path) -> None:
    try:
        with gzip.open(archive) as source, target.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise _WrongContent(_WRONG) from None


def _verify(path: Path, sha256: str) -> None:
    if sha256_of(path) != sha256:
        raise _WrongContent(_WRONG)


_WRONG = "what it sent is not the file (wrong checksum; perhaps a log-in page of the network)"


def _network_reason(error: Exception, timeout: float) -> str:
    """Say in the reader's words why a server could not be heard."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return f"no answer for {timeout:g} s"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            "Python does not trust its certificate (on macOS, run 'Install Certificates.command' "
            "in Python's folder)"
        )
    if isinstance(cause, OSError) and cause.strerror:
        return f"no connection ({cause.strerror})"
    if isinstance(cause, http.client.IncompleteRead):
        return "the connection ended early"
    if isinstance(cause, http.client.HTTPException) and not isinstance(cause, OSError):
        return f"its answer is no HTTP ({type(cause).__name__})"
    return str(cause) or type(cause).__name__


_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG}


def _disk_advice(target: Path, error: OSError) -> str:
    """Say what is wrong with the place of the target, and what to do."""
    folder = target.parent
    if error.errno in _FULL:
        return f"The disk is full: free some space for {folder}, then try again."
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        return f"{error.filename or folder} is a file where a folder is needed: rename it."
    if isinstance(error, IsADirectoryError) or target.is_dir():
        return f"{target} is a folder where a file is needed: rename it."
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return f"{folder} cannot be written: choose another folder, or make this one yours."
    return f"{target} cannot be written ({error.strerror or error})."


@contextmanager
def _bar(name: str, total: int | None, have: int, show: bool) -> Iterator[Any]:
    """A progress bar in bytes: tqdm's, or plain text, or none."""
    if not show:
        yield _Plain(name, None)
        return
    try:
        from tqdm import tqdm
    except ModuleNotFoundError:
        yield _Plain(name, total, have)
        return
    with tqdm(total=total, initial=have, desc=name, unit="B", unit_scale=True) as bar:
        yield bar


class _Plain:
    """Prints a line at each tenth of the way."""

    def __init__(self, name: str, total: int | None, have: int = 0) -> None:
        self.name, self.total, self.have = name, total, have
        self.tenth = 0

    def update(self, count: int) -> None:
        self.have += count
        if self.total and self.have * 10 // self.total > self.tenth:
            self.tenth = self.have * 10 // self.total
            print(f"{self.name}: {self.tenth * 10} % of {self.total:,} bytes", file=sys.stderr)

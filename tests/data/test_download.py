"""A download ends complete and right, or in a sentence; and the next try succeeds."""

from __future__ import annotations

import errno
import gzip
import hashlib
import multiprocessing
import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from coursekit import download
from coursekit.download import DownloadError, fetch
from coursekit.errors import CourseError
from tests.data.server import FaultyServer, serving

BODY = bytes(range(256)) * 800  # several chunks
SHA = hashlib.sha256(BODY).hexdigest()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with serving(**{"file": BODY, "file.gz": gzip.compress(BODY)}) as server:
        yield server


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "new" / "folder" / "file"


def get(urls: str | list[str], target: Path, timeout: float = 0.3, sha256: str = SHA) -> Path:
    return fetch(urls, target, sha256, timeout=timeout, progress=False)


def left(target: Path) -> set[str]:
    """The endings of what lies beside the target, its lock aside."""
    names = {path.name.removeprefix("file") for path in target.parent.iterdir()}
    return names - {".lock"}


@pytest.mark.parametrize("behaviour", ["good", "whole", "chunks", "moved", "slow"])
def test_complete(server: FaultyServer, target: Path, behaviour: str) -> None:
    assert get(server.url(behaviour), target, timeout=5) == target
    assert target.read_bytes() == BODY
    assert left(target) == {""}


def test_a_checksum_in_capitals(server: FaultyServer, target: Path) -> None:
    assert get(server.url("good"), target, sha256=SHA.upper()) == target
    get(server.url("good"), target, sha256=SHA.upper())
    assert len(server.requests) == 1


def test_what_is_there_is_not_fetched_again(server: FaultyServer, target: Path) -> None:
    get(server.url("good"), target)
    get(server.url("good"), target)
    assert len(server.requests) == 1


def test_wrong_content_on_disk_is_replaced(server: FaultyServer, target: Path) -> None:
    target.parent.mkdir(parents=True)
    target.write_bytes(BODY[:-1])
    get(server.url("good"), target)
    assert target.read_bytes() == BODY


#: behaviour: (the reason given, what stays on disk)
FAULTS = {
    "error503": ("the server answered 503", set()),
    "error404": ("the server answered 404", set()),
    "half": ("the connection ended after 102,400 of 204,800 bytes", {".part"}),
    "half_chunks": ("the connection ended early", {".part"}),
    "other": ("wrong checksum", set()),
    "login": ("wrong checksum", set()),
    "empty": ("sent nothing", set()),
    "stall": ("no answer for 0.3 s", {".part"}),
    "drip": ("too slow", {".part"}),
    "silent": ("no answer for 0.3 s", set()),
    "circle": ("infinite loop", set()),
    "to_disk": ("not allowed", set()),
    "hang_up": ("without response", set()),
    "nonsense": ("no HTTP", set()),
}


@pytest.mark.parametrize("behaviour", FAULTS)
def test_fault_then_success(server: FaultyServer, target: Path, behaviour: str) -> None:
    reason, stays = FAULTS[behaviour]
    with pytest.raises(DownloadError) as caught:
        get(server.url(behaviour), target)
    message = str(caught.value)
    assert reason in message
    assert server.url(behaviour) in message
    assert "try again" in message
    assert left(target) == stays
    get(server.url("good"), target)
    assert target.read_bytes() == BODY
    assert left(target) == {""}
    assert server.ranges("good")[0].startswith("bytes=") == (".part" in stays)


@pytest.mark.parametrize("behaviour", FAULTS)
def test_next_mirror_takes_over(server: FaultyServer, target: Path, behaviour: str) -> None:
    get([server.url(behaviour), server.url("good")], target)
    assert target.read_bytes() == BODY
    assert left(target) == {""}


def test_all_mirrors_are_named(server: FaultyServer, target: Path) -> None:
    urls = [server.url("error503"), server.url("login"), "gopher://example.org/file"]
    with pytest.raises(DownloadError) as caught:
        get(urls, target)
    assert all(url in str(caught.value) for url in urls)
    assert "must begin with http" in str(caught.value)


def test_no_address(target: Path) -> None:
    with pytest.raises(DownloadError, match="no address was given"):
        get([], target)


def test_no_network(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    with pytest.raises(DownloadError, match=r"no connection \(Name or service not known\)"):
        get("https://example.org/file", target)
    assert left(target) == set()


def test_nobody_listens(target: Path) -> None:
    with socket.socket() as taken:  # bound, so that nobody else gets it, and not listening
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(DownloadError, match=r"no connection|no answer"):
            get(f"http://127.0.0.1:{taken.getsockname()[1]}/file", target)


def test_the_error_is_the_courses_and_the_systems() -> None:
    assert issubclass(DownloadError, CourseError)
    assert issubclass(DownloadError, OSError)


class TestResume:
    """A `.part` of any kind leads to the right file."""

    def begin(self, target: Path, content: bytes) -> None:
        target.parent.mkdir(parents=True)
        target.with_name("file.part").write_bytes(content)

    @pytest.mark.parametrize("behaviour", ["good", "whole", "refused_range", "from_the_start"])
    @pytest.mark.parametrize(
        "content",
        [BODY[:1000], BODY, BODY + b"more", b"of another file", b""],
        ids=["begun", "complete", "too long", "wrong", "empty"],
    )
    def test_from(self, server: FaultyServer, target: Path, content: bytes, behaviour: str) -> None:
        self.begin(target, content)
        get(server.url(behaviour), target)
        assert target.read_bytes() == BODY
        assert left(target) == {""}

    def test_only_the_rest_is_asked_for(self, server: FaultyServer, target: Path) -> None:
        self.begin(target, BODY[:1000])
        get(server.url("good"), target)
        assert server.ranges("good") == ["bytes=1000-"]

    @pytest.mark.parametrize("behaviour", ["whole", "from_the_start"])
    def test_all_of_it_comes_instead(
        self, server: FaultyServer, target: Path, behaviour: str
    ) -> None:
        self.begin(target, BODY[:1000])
        get(server.url(behaviour), target)
        assert len(server.requests) == 1

    def test_an_error_keeps_what_came(self, server: FaultyServer, target: Path) -> None:
        self.begin(target, BODY[:1000])
        with pytest.raises(DownloadError):
            get(server.url("error503"), target)
        assert target.with_name("file.part").read_bytes() == BODY[:1000]

    def test_half_by_half(self, server: FaultyServer, target: Path) -> None:
        with pytest.raises(DownloadError):
            get([server.url("half")] * 3, target)
        assert target.with_name("file.part").read_bytes() == BODY[: len(BODY) * 7 // 8]
        get(server.url("good"), target)
        assert target.read_bytes() == BODY


class TestUnpack:
    """An address that ends in .gz is unpacked; the checksum is that of the content."""

    def test_unpacked(self, server: FaultyServer, target: Path) -> None:
        get(server.url("good", "file.gz"), target)
        assert target.read_bytes() == BODY
        assert left(target) == {""}

    def test_left_packed(self, server: FaultyServer, tmp_path: Path) -> None:
        packed = server.files["file.gz"]
        path = tmp_path / "file.gz"
        get(server.url("good", "file.gz"), path, sha256=hashlib.sha256(packed).hexdigest())
        assert path.read_bytes() == packed

    @pytest.mark.parametrize(
        "damage",
        [
            lambda packed: packed[:-20],
            lambda packed: b"not gzip at all" + packed,
            lambda packed: packed[:50] + bytes(20) + packed[70:],
            lambda packed: gzip.compress(b"something else"),
        ],
        ids=["cut off", "no gzip", "damaged", "other"],
    )
    def test_damaged(self, server: FaultyServer, target: Path, damage) -> None:
        packed = server.files["file.gz"]
        server.files["file.gz"] = damage(packed)
        with pytest.raises(DownloadError, match="wrong checksum"):
            get(server.url("good", "file.gz"), target)
        assert left(target) == set()
        server.files["file.gz"] = packed
        get(server.url("good", "file.gz"), target)
        assert target.read_bytes() == BODY


class TestDisk:
    """Trouble with the place where the file should go."""

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
    def test_full(self, server: FaultyServer, target: Path) -> None:
        target.parent.mkdir(parents=True)
        target.with_name("file.part").symlink_to("/dev/full")
        with pytest.raises(DownloadError, match="disk is full: free some space"):
            get([server.url("good"), server.url("whole")], target)
        assert len(server.requests) == 1  # another mirror would not help
        assert left(target) == set()
        get(server.url("good"), target)
        assert target.read_bytes() == BODY

    def test_full_while_unpacking(
        self, server: FaultyServer, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*args: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(download.shutil, "copyfileobj", full)
            with pytest.raises(DownloadError, match="disk is full"):
                get(server.url("good", "file.gz"), target)
        assert left(target) == set()
        get(server.url("good", "file.gz"), target)
        assert target.read_bytes() == BODY

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no read-only folders")
    def test_read_only(self, server: FaultyServer, read_only: Path) -> None:
        with pytest.raises(DownloadError, match="cannot be written: choose another folder"):
            get(server.url("good"), read_only / "file")
        assert server.requests == []
        assert list(read_only.iterdir()) == [read_only / "there"]

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no read-only folders")
    def test_read_only_and_there(self, read_only: Path) -> None:
        assert get("http://127.0.0.1:9/none", read_only / "there") == read_only / "there"

    def test_file_in_the_way_of_the_folder(self, server: FaultyServer, target: Path) -> None:
        target.parent.parent.touch()
        with pytest.raises(DownloadError, match="is a file where a folder is needed"):
            get(server.url("good"), target)

    def test_folder_in_the_way_of_the_file(self, server: FaultyServer, target: Path) -> None:
        target.mkdir(parents=True)
        with pytest.raises(DownloadError, match="is a folder where a file is needed"):
            get(server.url("good"), target)
        assert target.is_dir()


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A folder with a file that this process, even if it is root's, can read and not write to."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "there").write_bytes(BODY)
        folder.chmod(0o555)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            if root:
                os.seteuid(0)
            folder.chmod(0o755)


class TestProcesses:
    """Several processes, and one that is killed."""

    context = multiprocessing.get_context("spawn")

    def start(self, url: str, target: Path) -> multiprocessing.process.BaseProcess:
        process = self.context.Process(target=get, args=(url, target, 30))
        process.start()
        return process

    def test_two_at_once(self, server: FaultyServer, target: Path) -> None:
        processes = [self.start(server.url("slow"), target) for _ in range(2)]
        for process in processes:
            process.join()
        assert [process.exitcode for process in processes] == [0, 0]
        assert target.read_bytes() == BODY
        assert len(server.requests) == 1
        assert left(target) == {""}

    def test_killed(self, server: FaultyServer, target: Path) -> None:
        process = self.start(server.url("stall"), target)
        part = target.with_name("file.part")
        while not (part.is_file() and part.stat().st_size >= len(BODY) // 2):
            assert process.is_alive()
            time.sleep(0.01)
        process.kill()
        process.join()
        assert left(target) == {".part"}
        get(server.url("good"), target)
        assert server.ranges("good") == [f"bytes={len(BODY) // 2}-"]
        assert target.read_bytes() == BODY

    def test_waiting_has_an_end(
        self, server: FaultyServer, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(download, "WAIT", 0)
        target.parent.mkdir(parents=True)
        with (
            download.FileLock(f"{target}.lock"),
            pytest.raises(DownloadError, match="Another process"),
        ):
            get(server.url("good"), target)


class TestProgress:
    def test_tqdm(self, server: FaultyServer, target: Path, capsys) -> None:
        pytest.importorskip("tqdm")
        fetch(server.url("good"), target, SHA)
        assert "file: 100%" in capsys.readouterr().err

    def test_plain(
        self, server: FaultyServer, target: Path, capsys, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "tqdm", None)
        fetch(server.url("good"), target, SHA)
        assert "file: 100 % of 204,800 bytes" in capsys.readouterr().err

    def test_none(self, server: FaultyServer, target: Path, capsys) -> None:
        fetch(server.url("good"), target, SHA, progress=False)
        assert capsys.readouterr() == ("", "")

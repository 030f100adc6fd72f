"""Fetching MNIST, from a local server with a small one."""

from __future__ import annotations

import gzip
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from torchvision.datasets import MNIST

from coursekit import __main__ as command_line
from coursekit import data, download
from coursekit.data import DataError, fetch_mnist, load_digits
from tests.data.server import FaultyServer, serving
from tests.data.test_load import write_mnist


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    raw = write_mnist(tmp_path / "source")
    return {path.name: path.read_bytes() for path in raw.iterdir()}


@pytest.fixture
def server(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    monkeypatch.setenv("no_proxy", "*")
    sums = {name: hashlib.sha256(files[name]).hexdigest() for name in data.MNIST_SHA256}
    monkeypatch.setattr(data, "MNIST_SHA256", sums)
    with serving(**{f"{name}.gz": gzip.compress(files[name]) for name in files}) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "downloads"
    monkeypatch.setenv("COURSEKIT_DATA", str(folder))
    return folder


def mirror(server: FaultyServer, behaviour: str = "good") -> str:
    return server.url(behaviour, "")


def test_fetched_and_read(server: FaultyServer, folder: Path) -> None:
    assert fetch_mnist(mirrors=[mirror(server)], progress=False) == folder
    digits = load_digits("mnist")
    assert (len(digits.x_train), len(digits.x_valid)) == (30, 10)
    left = {path.name for path in (folder / "MNIST" / "raw").iterdir()}
    assert {name for name in left if not name.endswith(".lock")} == set(data.MNIST_SHA256)


def test_one_mirror_needs_no_list(server: FaultyServer, folder: Path) -> None:
    assert fetch_mnist(mirrors=mirror(server), progress=False) == folder


def test_second_time_needs_no_network(server: FaultyServer, folder: Path) -> None:
    fetch_mnist(mirrors=[mirror(server)], progress=False)
    before = len(server.requests)
    fetch_mnist(mirrors=[mirror(server, "error503")], progress=False)
    assert len(server.requests) == before == 4


def test_damaged_file_is_fetched_again(server: FaultyServer, folder: Path) -> None:
    fetch_mnist(mirrors=[mirror(server)], progress=False)
    path = folder / "MNIST" / "raw" / "t10k-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:100])
    fetch_mnist(mirrors=[mirror(server)], progress=False)
    assert len(server.requests) == 5
    assert len(load_digits("mnist").x_valid) == 10


def test_other_data_is_left_alone(server: FaultyServer, folder: Path) -> None:
    raw = write_mnist(folder / "MNIST" / "raw", n_train=20)
    before = {path: path.read_bytes() for path in raw.iterdir()}
    with pytest.raises(DataError, match="20 items that are not MNIST's"):
        fetch_mnist(mirrors=[mirror(server)], progress=False)
    assert {path: path.read_bytes() for path in raw.iterdir()} == before
    assert server.requests == []


def test_known_mirrors(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(download, "fetch", lambda urls, *args, **kwargs: asked.append(urls))
    fetch_mnist()
    assert len(asked) == 4
    for urls, (archive, _) in zip(asked, MNIST.resources, strict=True):
        assert {base + archive for base in MNIST.mirrors} < set(urls)
        assert all(url.endswith(f"/{archive}") for url in urls)
        plain = [url.startswith("http://") for url in urls]
        assert plain == sorted(plain)  # encrypted first


class TestCommand:
    def run(self, *arguments: str) -> int:
        return command_line.main(["mnist", *arguments])

    def test_success(self, server: FaultyServer, folder: Path, capsys) -> None:
        assert self.run("--mirror", mirror(server)) == 0
        assert f"MNIST is in {folder}" in capsys.readouterr().out

    def test_other_folder(self, server: FaultyServer, folder: Path, capsys) -> None:
        other = folder.with_name("other")
        assert self.run("--mirror", mirror(server), "--folder", str(other)) == 0
        assert f"set COURSEKIT_DATA={other}" in capsys.readouterr().out

    def test_failure_is_a_sentence(self, server: FaultyServer, folder: Path, capsys) -> None:
        assert self.run("--mirror", mirror(server, "error503")) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert "503" in err
        assert "Traceback" not in err

    def test_plain_progress(
        self, server: FaultyServer, folder: Path, capsys, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "tqdm", None)
        assert self.run("--mirror", mirror(server)) == 0
        assert "train-images-idx3-ubyte: 100 % of" in capsys.readouterr().err

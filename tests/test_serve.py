"""`lab` and `present` in a real browser, started and stopped as a person does it."""

from __future__ import annotations

import http.server
import os
import re
import signal
import subprocess
import sys
import threading
import types
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from coursekit import serve
from tests.faults.rough import can_unshare
from tests.lint.good import code, md
from tests.sample_decks import deck_of
from tests.tools.normalise import dumps

START = "import sys; from coursekit.serve import serve; sys.exit(serve({}, browser=False))"


@pytest.fixture
def folder(tmp_path) -> Path:
    work = tmp_path / "Übung für Anfänger (1) 50 %"
    work.mkdir()
    slides = [md("# First"), md("## Second"), code("1 + 1")]
    (work / "07_small.ipynb").write_text(dumps(deck_of(*slides)), encoding="utf-8")
    return work


@pytest.fixture
def started(folder):
    """Start a server as the command does, with a user's folder of its own; stop it at the end."""
    running = []

    def start(
        page: str, cell: int = 0, before: tuple[str, ...] = ()
    ) -> tuple[subprocess.Popen, str]:
        env = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER")}
        env |= {"HOME": str(folder.parent), "JUPYTER_CONFIG_DIR": str(folder.parent / "config")}
        call = (
            f"__import__('pathlib').Path({str(folder)!r}), '07_small.ipynb', {page!r}, cell={cell}"
        )
        process = subprocess.Popen(
            [*before, sys.executable, "-c", START.format(call)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=env,
        )
        running.append(process)
        line = process.stdout.readline()
        address = re.fullmatch(r"07_small\.ipynb is at (http://localhost:\d+/\S+)\n", line)
        assert address, line + process.stdout.read()
        assert process.stdout.readline() == "Ctrl-C stops the server.\n"
        return process, address[1]

    yield start
    for process in running:
        process.terminate()
        process.wait(30)


def open_page(browser: Browser, url: str) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.set_default_timeout(90_000)
    page.goto(url)
    return page


@pytest.mark.browser
def test_lab_opens_on_the_lesson_without_a_pop_up(browser, started):
    _, url = started("notebook")
    page = open_page(browser, url)
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_timeout(4000)  # the question about news came within a second or two
    assert page.locator(".Toastify__toast, .jp-Dialog").count() == 0
    assert page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab").all_inner_texts() == [
        "07_small.ipynb"
    ]
    assert page.locator("[data-jp-item-name='RISE-button']").count() == 1
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("flavour", ["lab", "classic"])
def test_present_shows_slides_by_itself(browser, started, flavour):
    _, url = started(flavour)
    page = open_page(browser, url)
    section = ".reveal .slides section.present h1"
    page.wait_for_selector(section, state="visible")
    assert page.inner_text(section).startswith("First")
    if flavour == "classic":
        page.wait_for_selector("body.rise-enabled")
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("flavour", ["lab", "classic"])
def test_present_begins_with_the_slide_that_was_asked_for(browser, started, flavour):
    _, url = started(flavour, cell=1)
    page = open_page(browser, url)
    heading = (
        ".reveal .slides section.present section.present h2, .reveal .slides > section.present h2"
    )
    page.wait_for_selector(heading, state="visible")
    assert page.locator(heading).first.inner_text().startswith("Second")
    page.close()


OPEN = """\
c.ServerApp.token = c.IdentityProvider.token = ''
c.ServerApp.password = ''
c.ServerApp.ip = '0.0.0.0'
c.ServerApp.allow_origin = '*'
c.ServerApp.disable_check_xsrf = True
"""


def answer(url: str) -> int:
    """The status with which a server answers."""
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return response.status
    except urllib.error.HTTPError as e:
        with e:
            return e.code


def test_no_setting_of_the_machine_opens_the_server_to_others(started, folder):
    """Classroom images often switch the token off for everybody."""
    (folder.parent / "config").mkdir()
    (folder.parent / "config" / "jupyter_server_config.py").write_text(OPEN, encoding="utf-8")
    _, url = started("notebook")
    server, _, token = re.fullmatch(r"(http://localhost:\d+)(/.*)\?token=(\w+)", url).groups()
    assert len(token) == 48
    assert answer(f"{server}/api/contents") == 403
    assert answer(f"{server}/api/contents?token={'0' * 48}") == 403
    assert answer(f"{server}/api/contents?token={token}") == 200
    (secret,) = (folder / ".jupyter").rglob("jupyter_server_config.json")
    if os.name == "posix":
        assert secret.stat().st_mode & 0o077 == 0, "only its owner may read the token"
    port = int(server.rpartition(":")[2])
    for address in other_addresses():  # it listens on this machine's own address only
        with serve.socket.socket() as probe:
            probe.settimeout(2)
            assert OWN.connect_ex(probe, (address, port)) != 0, address


def other_addresses() -> set[str]:
    """This machine's addresses in networks, if it is in any."""
    try:
        found = serve.socket.gethostbyname_ex(serve.socket.gethostname())[2]
    except OSError:
        return set()
    return {address for address in found if not address.startswith("127.")}


OWN = serve.socket.socket.__mro__[1]
"""The socket without the guard that keeps the tests off the network."""


@pytest.mark.skipif(not can_unshare(), reason="needs mounts of its own, which only Linux gives")
def test_a_home_that_cannot_be_written_is_no_hindrance(started, folder):
    home = folder.parent
    script = (
        'mount --bind "$1" "$1"; mount --bind "$2" "$2"; mount -o remount,ro,bind "$1"; '
        'shift 2; exec "$@"'
    )
    unshare = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", script, "sh")
    _, url = started("notebook", before=(*unshare, str(home), str(folder)))
    server = re.match(r"http://localhost:\d+", url)[0]
    assert answer(f"{server}/api/contents?{url.partition('?')[2]}") == 200
    assert not (home / ".local").exists()


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C cannot be sent to one process here")
def test_two_ctrl_c_stop_it_and_one_only_asks(started):
    process, url = started("notebook")
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "\n"
    assert process.stdout.readline().startswith("Stop the server and everything that runs in it?")
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert is_free(url)


@pytest.mark.skipif(os.name != "posix", reason="Windows ends a process without telling it")
def test_a_closed_terminal_ends_the_server_too(started):
    process, url = started("notebook")
    process.send_signal(signal.SIGHUP)
    assert process.wait(30) == 128 + signal.SIGHUP
    assert is_free(url)


def is_free(url: str) -> bool:
    """Whether nothing listens any more at the port of an address."""
    port = int(re.search(r":(\d+)/", url)[1])
    return serve._port(port) == port


def test_ctrl_c_is_heard_while_the_server_runs(monkeypatch, capsys):
    """On Windows no Ctrl-C gets through to a wait() for a child: there it must not be called."""

    class Server:
        presses, ended = 2, None

        def poll(self):
            if self.presses:
                self.presses -= 1
                signal.raise_signal(signal.SIGINT)
            return self.ended

        def terminate(self):
            self.ended = 0

        def wait(self):
            raise AssertionError("nothing gets through to it")

    monkeypatch.setattr(serve.time, "sleep", lambda _: None)
    assert serve._until_it_ends(Server(), "Here.") == 0
    asked, stopped = capsys.readouterr().out.splitlines()[2::2]
    assert (asked[:15], stopped) == ("Stop the server", "Stopped.")


def test_a_proxy_is_not_asked_for_this_machine(monkeypatch, tmp_path):
    """Schools set one for all addresses. It would refuse, and read the token."""
    seen = []

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.path)
            self.send_error(403 if self.path.startswith("http") else 200)

        def log_message(self, *_):
            pass

    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(urllib.request, "_opener", None)  # else it keeps the proxies of before
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{listening.server_port}"
        monkeypatch.setenv("http_proxy", address)
        monkeypatch.setattr(serve, "START_SECONDS", 5)
        server = types.SimpleNamespace(poll=lambda: None)
        serve._wait(server, f"{address}/api/status?token=SECRET", tmp_path / "server.log")
        listening.shutdown()
    assert seen == ["/api/status?token=SECRET"]


@pytest.mark.parametrize("port", [0, -1, 65536, 99999])
def test_a_port_that_cannot_be(port):
    with pytest.raises(serve.ServeError, match=f"no port {port}: choose one from 1 to 65535"):
        serve._port(port)


def test_a_package_that_is_missing(monkeypatch, folder):
    monkeypatch.setattr(serve.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(serve.ServeError, match=r"jupyterlab is not installed.*make lab"):
        serve.serve(folder, "07_small.ipynb", "lab")


def test_a_port_that_is_taken():
    with serve.socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(serve.ServeError, match=r"is taken\. Stop the other server"):
            serve._port(other.getsockname()[1])


def test_a_server_that_dies_says_where_its_words_are(monkeypatch, folder, capfd):
    words = [sys.executable, "-c", "print('no such extension'); raise SystemExit(1)"]
    monkeypatch.setattr(serve, "command", lambda *_, **__: words)
    monkeypatch.setattr(serve, "_end_with_the_terminal", lambda: None)
    with pytest.raises(serve.ServeError, match=r"server\.log"):
        serve.serve(folder, "07_small.ipynb", "lab")
    assert "no such extension" in (folder / ".jupyter" / "server.log").read_text()
    assert capfd.readouterr().out == ""


def test_only_this_machine_is_served(folder):
    words = serve.command(folder, "/lab", 8888, browser=False)
    assert "--ServerApp.ip=localhost" in words
    assert "--no-browser" in words
    assert not [word for word in words if "token" in word]  # anyone may list a machine's processes

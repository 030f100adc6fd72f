"""Start JupyterLab on the working copies, for students (``lab``) and for a lecture (``present``).

The settings of this server are kept in ``work/.jupyter``: no news pop-up, no tabs restored from
other projects. Your own settings (theme, font size, shortcuts) apply as everywhere.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from coursekit import deck, workbook
from coursekit.errors import CourseError
from coursekit.places import home_is_writable

__all__ = ["ServeError", "command", "lab_main", "present_main", "serve"]

#: Where a server shows a notebook: in JupyterLab, as slides in JupyterLab, as classic slides.
PAGES = {
    "notebook": "/lab/tree/{}",
    "lab": "/rise/{}",
    "classic": "/nbclassic/notebooks/{}",
}

NO_NEWS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}
"""Defaults of JupyterLab for this server; the user's own settings still win."""

LOCKED: dict[str, dict[str, Any]] = {
    "ServerApp": {"ip": "localhost", "allow_origin": "", "disable_check_xsrf": False}
}
"""Settings of this server that no setting of the user's changes."""

CLASSIC_SLIDES = """
// Starts the slides as soon as the notebook is there. RISE's own autolaunch looks for slides before
// the cells are loaded, and often finds none.
define(['base/js/namespace'], Jupyter => ({
  load_ipython_extension: () => {
    const actions = Jupyter.keyboard_manager.actions;
    const timer = setInterval(() => {
      if (!Jupyter.notebook._fully_loaded || !actions.exists('RISE:slideshow')) return;
      clearInterval(timer);
      const start = () => {
        if (document.body.classList.contains('rise-enabled')) return;
        Jupyter.notebook.select(%d);  // the slides begin with the selected cell's
        actions.call('RISE:slideshow');
      };
      // formulas first: MathJax measures wrongly while RISE changes the size of the text
      setTimeout(start, 5000);
      if (window.MathJax && MathJax.Hub) MathJax.Hub.Queue(start); else start();
    }, 100);
  },
}));
"""

START_SECONDS = 90
AGAIN_SECONDS = 5
"""How long a second Ctrl-C counts as a yes to the question that the first one asks."""


class ServeError(CourseError):
    """JupyterLab cannot be started."""


def lab_main(argv: Sequence[str]) -> int:
    """Run ``coursekit lab``: refresh the working copies, open JupyterLab on the first lesson."""
    args = _parser("lab", "Open JupyterLab on your working copies.").parse_args(argv)
    return _open(None, "notebook", args)


def present_main(argv: Sequence[str]) -> int:
    """Run ``coursekit present 07``: show a working copy as live slides."""
    parser = _parser("present", "Show a lesson as live slides; the cells can be run and edited.")
    parser.add_argument("number", metavar="NB", help="number of the lesson, for instance 07")
    parser.add_argument(
        "--flavour",
        choices=("lab", "classic"),
        default="lab",
        help="slides in JupyterLab (default) or in the classic notebook",
    )
    parser.add_argument(
        "--slide",
        metavar="WHICH",
        help="slide to begin with: a section's number, a heading, or its place, across/down (6/1)",
    )
    args = parser.parse_args(argv)
    return _open(args.number, args.flavour, args, args.slide)


def _parser(name: str, description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"coursekit {name}", description=description)
    parser.add_argument("--no-browser", action="store_true", help="only serve, open no browser")
    parser.add_argument("--port", type=int, help="port to use; else the first free from 8888")
    return parser


def _open(number: str | None, page: str, args: argparse.Namespace, slide: str | None = None) -> int:
    lessons = workbook.lessons_folder()
    first = min(lessons.glob("[0-9][0-9]_*.ipynb"))
    lesson = workbook.find_lesson(number, lessons) if number else first
    presenting = page != "notebook"
    # a lecture has copies of its own, with the speaker notes; students get theirs without
    work = lessons.parent / "work" / "present" if presenting else None
    report = workbook.prepare(lessons, work, notes=presenting)
    if str(report):
        print(report)
    cell = _first_cell(report.folder / lesson.name, slide) if slide else 0
    return serve(
        report.folder, lesson.name, page, cell=cell, browser=not args.no_browser, port=args.port
    )


def _first_cell(notebook: Path, slide: str) -> int:
    """The cell with which a slide begins, in the copy that will be shown."""
    try:
        return deck.find(json.loads(notebook.read_text(encoding="utf-8")), slide)
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError):
        raise ServeError(
            f"{notebook} is not a notebook any more; delete it, then it is made again."
        ) from None


def serve(
    folder: Path,
    name: str,
    page: str,
    *,
    cell: int = 0,
    browser: bool = True,
    port: int | None = None,
) -> int:
    """Serve ``folder`` on this machine only, show ``name``, return when the server ends.

    The address that is printed holds a random token: without it nobody else on the machine can
    use the server.

    Args:
        folder: Root of what the server shows.
        name: A notebook in it.
        page: A key of ``PAGES``: how to show the notebook.
        cell: Slides begin with the slide of this cell, counted from 0.
        browser: Open the page in a browser too.
        port: Port to use; None takes the first free one from 8888.

    Raises:
        ServeError: JupyterLab is not installed, the port is taken, or the server does not come up.
    """
    for module in ("jupyterlab", "nbclassic" if page == "classic" else "jupyterlab_rise"):
        if importlib.util.find_spec(module) is None:
            raise ServeError(
                f"The package {module} is not installed in this Python. Start the course with "
                "make lab, or install the extra: python -m pip install -c constraints.txt -e .[lab]"
            )
    port = _port(port)
    path = PAGES[page].format(quote(name))
    if page == "lab" and cell:
        path += f"?activeCellIndex={cell}"
    token = secrets.token_hex(24)
    settings = _settings(folder, token, classic_slides=page == "classic", cell=cell)
    log = folder / ".jupyter" / "server.log"
    _end_with_the_terminal()
    with log.open("w", encoding="utf-8") as output:
        server = subprocess.Popen(
            command(folder, path, port, browser=browser),
            cwd=folder,
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            **_out_of_reach(),
        )
    try:
        _wait(server, f"http://localhost:{port}/api/status?token={token}", log)
        sign = "&" if "?" in path else "?"
        where = f"{name} is at http://localhost:{port}{path}{sign}token={token}"
        return _until_it_ends(server, f"{where}\nCtrl-C stops the server.")
    finally:
        if server.poll() is None:
            # on Linux and macOS it ends the kernels first; on Windows they notice that it is gone
            server.terminate()
            server.wait()


def command(folder: Path, path: str, port: int, *, browser: bool) -> list[str]:
    """The words that start JupyterLab on ``folder`` and open the page ``path``.

    Example:
        >>> "--ServerApp.port=8888" in command(Path("work"), "/lab", 8888, browser=False)
        True
    """
    words = [sys.executable, "-m", "jupyterlab", "--log-level=WARN"]
    words += ["--ServerApp.ip=localhost", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    words += [f"--ServerApp.root_dir={folder}", f"--LabApp.default_url={path}"]
    if not browser:
        words += ["--no-browser"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        words += ["--allow-root"]  # containers; without it Jupyter refuses to start
    return words


def _settings(folder: Path, token: str, *, classic_slides: bool, cell: int = 0) -> dict[str, str]:
    """Write the settings of this server; return the environment that makes Jupyter read them.

    They come before the user's own, which on some classroom machines switch the token off.
    """
    home = folder / ".jupyter"
    settings = home / ("classic" if classic_slides else "lab")
    files = {"labconfig/default_setting_overrides.json": json.dumps(NO_NEWS)}
    if classic_slides:
        files["nbextensions/classic_slides.js"] = CLASSIC_SLIDES.lstrip() % cell
        files["nbconfig/rise.json"] = json.dumps({"start_slideshow_at": "selected"})
        files["nbconfig/notebook.json"] = json.dumps({"load_extensions": {"classic_slides": True}})
    try:
        for name, content in files.items():
            file = settings / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        secret = settings / "jupyter_server_config.json"
        secret.unlink(missing_ok=True)
        owner_only = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(owner_only, "w", encoding="utf-8") as file:  # noqa: PTH123
            json.dump(LOCKED | {"IdentityProvider": {"token": token}}, file)
    except OSError as e:
        raise ServeError(f"{e.filename or home} cannot be written: {e.strerror}.") from e
    return {
        "JUPYTER_CONFIG_PATH": _first(settings, "JUPYTER_CONFIG_PATH"),
        "JUPYTER_PATH": _first(settings, "JUPYTER_PATH"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        **_homeless(home),
    }


def _homeless(folder: Path) -> dict[str, str]:
    """Where Jupyter keeps its own files if the user's home cannot be written; else nothing."""
    if home_is_writable():
        return {}
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    return {name: str(folder / name.lower()) for name in names if not os.environ.get(name)}


def _first(folder: Path, variable: str) -> str:
    """``folder`` before what an environment variable with a list of folders holds."""
    return os.pathsep.join(filter(None, [str(folder), os.environ.get(variable)]))


def _end_with_the_terminal() -> None:
    """Let a closed terminal or a ``kill`` end this process by an exception, and so the server."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda number, _: sys.exit(128 + number))


def _out_of_reach() -> dict[str, Any]:
    """How to start the server where the terminal's Ctrl-C does not reach it: we ask first."""
    if os.name == "nt":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _port(wanted: int | None) -> int:
    """A free port on this machine: the one wanted, else the first from 8888."""
    if wanted is not None and not 0 < wanted < 65536:
        raise ServeError(f"There is no port {wanted}: choose one from 1 to 65535.")
    for port in [wanted] if wanted else range(8888, 8988):
        taken = False
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            with contextlib.suppress(OSError), socket.socket(family) as probe:  # no IPv6: skipped
                probe.settimeout(1)
                taken = taken or probe.connect_ex((host, port)) == 0
        if not taken:
            return port
    which = f"Port {wanted} is" if wanted else "The ports 8888 to 8987 are"
    raise ServeError(f"{which} taken. Stop the other server, or choose another with --port.")


def _wait(server: subprocess.Popen, url: str, log: Path) -> None:
    """Return when the server answers."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never by a proxy
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            raise ServeError(
                f"JupyterLab stopped at once; why is said in {log}. Try also: python -m coursekit "
                "doctor"
            )
        with contextlib.suppress(OSError), direct.open(url, timeout=5):
            return
        time.sleep(0.1)
    raise ServeError(
        f"JupyterLab did not answer within {START_SECONDS} s; its messages are in {log}. Try again."
    )


def _until_it_ends(server: subprocess.Popen, said: str) -> int:
    """Say ``said``, wait for the server; two Ctrl-C within seconds stop it, one alone asks.

    A handler, not ``except KeyboardInterrupt``: who reads a line may press Ctrl-C at once, while
    it is still being printed.
    """
    asked = -float("inf")

    def interrupted(*_: Any) -> None:
        nonlocal asked
        if time.monotonic() - asked < AGAIN_SECONDS:
            print("\nStopped.")
            server.terminate()
            return
        asked = time.monotonic()
        print(
            "\nStop the server and everything that runs in it? Ctrl-C again means yes.",
            flush=True,
        )

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        print(said, flush=True)
        while server.poll() is None:
            time.sleep(0.2)  # not wait(): on Windows no Ctrl-C gets through to it
        return 0
    finally:
        signal.signal(signal.SIGINT, before)

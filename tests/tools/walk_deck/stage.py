"""One server and one browser, for as many decks as are to be walked."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright
from playwright.sync_api import Error as BrowserError

from coursekit.deck import plan
from tests.tools.notebooks import read
from tests.tools.walk_deck.report import DeckError, DeckResult, judge_fonts, judge_pictures
from tests.tools.walk_deck.server import JupyterServer
from tests.tools.walk_deck.walker import Options, Walker

BROWSER_ARGS = [
    "--no-sandbox",  # a browser as root, in a container, shows our own pages only
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]
SYSTEM_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def system_chromium() -> str | None:
    """``$CHROMIUM``, or a Chromium on the path; None leaves it to playwright's own."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, SYSTEM_CHROMIUMS)), None)


def launch(playwright: Playwright) -> Browser:
    """A Chromium without a window.

    Raises DeckError when there is none; its message begins ``no browser``.
    """
    try:
        return playwright.chromium.launch(args=BROWSER_ARGS, executable_path=system_chromium())
    except BrowserError as e:
        first = str(e).strip().splitlines()[0]
        raise DeckError(
            f"no browser: {first} Install Chromium, or run `playwright install chromium`."
        ) from None


class Stage:
    """Walks decks below ``root``, one after the other."""

    def __init__(self, root: Path, server: JupyterServer, browser: Browser) -> None:
        self.root, self.server, self.browser = root.resolve(), server, browser

    @contextlib.contextmanager
    def show(
        self, path: Path, flavour: str, nb: dict, options: Options | None = None
    ) -> Iterator[Walker]:
        """A walker on the first slide of the notebook at ``path``; its page and kernel end with it.

        Raises DeckError when the show does not come up.
        """
        options = options or Options()
        size = {"width": options.width, "height": options.height}
        page = self.browser.new_page(viewport=size)  # and a context: its saves end with the page
        try:
            walker = Walker(page, self.server, flavour, nb, options)
            walker.open(path.resolve().relative_to(self.root).as_posix())
            yield walker
        finally:
            page.close()
            self.server.end_sessions()

    def walk(self, path: Path, flavour: str, options: Options | None = None) -> DeckResult:
        """Walk the notebook at ``path``; raises DeckError when its show does not come up."""
        options = options or Options()
        nb = read(path)
        slides = plan(nb)
        sizes = " and ".join(
            f"{w}x{h}" for w, h in filter(None, [(options.width, options.height), options.larger])
        )
        deck = DeckResult(path, flavour, sizes, options.run, len(slides))
        if options.larger:
            deck.growth = options.larger[1] / options.height
        begun = time.perf_counter()
        with self.show(path, flavour, nb, options) as walker:
            opened = time.perf_counter()
            deck.slides = walker.walk(slides)
            deck.open_s, deck.walk_s = opened - begun, time.perf_counter() - opened
            deck.barriers = walker.barriers() if options.access else []
        reached = {s.id for s in deck.slides}
        deck.missing = [s.id for s in slides if s.id not in reached]
        deck.notes = [f"page error: {e}" for e in sorted(set(walker.page_errors))[:3]]
        judge_fonts(deck, options.least_font)
        judge_pictures(deck)
        return deck


@contextlib.contextmanager
def open_stage(root: Path, timeout: float = 90) -> Iterator[Stage]:
    """A Stage for notebooks below ``root``.

    Raises DeckError when there is no browser or no server.
    """
    with sync_playwright() as playwright:
        browser = launch(playwright)
        try:
            server = JupyterServer(root, timeout)
            try:
                yield Stage(root, server, browser)
            finally:
                server.stop()
        finally:
            browser.close()

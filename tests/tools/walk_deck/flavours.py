"""What classic RISE (nbclassic) and jupyterlab-rise do differently: open, enter, run a cell."""

from __future__ import annotations

from abc import ABC, abstractmethod

from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page

from tests.tools.walk_deck.report import DeckError

# MathJax 2 (classic) sleeps about half a second per cell with a formula; the result is the same
FAST_MATHJAX = """
const timer = setInterval(() => {
  const hub = window.MathJax && MathJax.Hub;
  const jax = window.MathJax && MathJax.OutputJax && MathJax.OutputJax['HTML-CSS'];
  if (!hub || hub.processSectionDelay === undefined || !jax || !jax.config) return;
  hub.processSectionDelay = hub.processUpdateDelay = 0;
  jax.EQNCHUNKDELAY = jax.config.EqnChunkDelay = 0;
  clearInterval(timer);
}, 20);
"""


class Flavour(ABC):
    """A way to show a notebook as slides, on one page."""

    name: str
    init_script = ""

    def __init__(self, page: Page) -> None:
        self.page = page
        if self.init_script:
            page.add_init_script(self.init_script)

    @staticmethod
    @abstractmethod
    def url(path: str) -> str:
        """Where the server shows the notebook at ``path`` (quoted, relative to its root)."""

    @abstractmethod
    def enter(self, timeout_ms: float) -> None:
        """Wait for the notebook, start the slide show, wait until it is ready."""

    @abstractmethod
    def start(self, i: int) -> None:
        """Begin to execute cell ``i`` (from 0)."""

    def leave(self) -> bool:
        """Go back to the notebook, where that can be done on this page; whether slides are left."""
        return True


class Classic(Flavour):
    """RISE 5 in nbclassic."""

    name = "classic"
    init_script = FAST_MATHJAX

    @staticmethod
    def url(path: str) -> str:
        return f"/nbclassic/notebooks/{path}"

    def enter(self, timeout_ms: float) -> None:
        page = self.page
        page.wait_for_function(
            "() => window.Jupyter && Jupyter.notebook && Jupyter.notebook._fully_loaded &&"
            " Jupyter.notebook.kernel && Jupyter.notebook.kernel.is_connected() &&"
            " Jupyter.notebook.keyboard_manager.actions.exists('RISE:slideshow')",
            timeout=timeout_ms,
        )
        page.evaluate("Jupyter.notebook.set_autosave_interval(0)")
        # MathJax 2 mis-measures what it sets while RISE changes the font size: let it finish
        page.evaluate(
            "new Promise(f => { setTimeout(f, 30000);"
            " window.MathJax && MathJax.Hub && MathJax.Hub.Queue ? MathJax.Hub.Queue(f) : f(); })"
        )
        page.wait_for_timeout(300)
        if not page.evaluate("document.body.classList.contains('rise-enabled')"):
            page.evaluate("Jupyter.notebook.keyboard_manager.actions.call('RISE:slideshow')")
        page.wait_for_function(
            "() => window.Reveal && Reveal.isReady && Reveal.isReady()", timeout=timeout_ms
        )

    def start(self, i: int) -> None:
        self.page.evaluate("i => __walk.start(i)", i)

    def leave(self) -> bool:
        self.page.evaluate("Jupyter.notebook.keyboard_manager.actions.call('RISE:slideshow')")
        gone = "() => !document.body.classList.contains('rise-enabled')"
        self.page.wait_for_function(gone, timeout=20_000)
        return False


class Lab(Flavour):
    """jupyterlab-rise."""

    name = "lab"

    @staticmethod
    def url(path: str) -> str:
        return f"/rise/{path}"

    def enter(self, timeout_ms: float) -> None:
        self.page.wait_for_selector(
            ".reveal.ready .slides section.present", timeout=timeout_ms, state="attached"
        )

    def start(self, i: int) -> None:
        # a cell that is not laid out yet takes no focus: offer it until it does (by the clock, for
        # a busy machine draws no frames)
        focused = "i => { __walk.start(i); return __walk.isActive(i); }"
        try:
            self.page.wait_for_function(focused, arg=i, timeout=60_000, polling=50)
        except BrowserError:
            now = self.page.evaluate("__walk.whoIsActive()")
            raise DeckError(f"cell {i + 1} does not become the active cell ({now})") from None
        self.page.keyboard.press("Control+Enter")


FLAVOURS: dict[str, type[Flavour]] = {"lab": Lab, "classic": Classic}

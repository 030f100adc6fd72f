"""One deck in one flavour, from its first slide to its last."""

from __future__ import annotations

import contextlib
import re
import time
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page, Route

from coursekit.deck import Slide
from tests.tools.notebooks import slide_type, tags
from tests.tools.walk_deck import access
from tests.tools.walk_deck.flavours import FLAVOURS
from tests.tools.walk_deck.kernel import KernelWatch
from tests.tools.walk_deck.report import DeckError, SlideResult, View
from tests.tools.walk_deck.server import JupyterServer

SCRIPTS = [Path(__file__).with_name(name) for name in ("drive.js", "measure.js")]

TRIES = 4
"""How often a cell is started before the walker gives up."""

STYLED = """() => getComputedStyle(document.documentElement).getPropertyValue('--slide-text')"""

FREEZE = (
    "*, *::before, *::after {transition: none !important; animation: none !important;"
    " caret-color: transparent !important;}"
)


@dataclass(frozen=True)
class Options:
    """How to walk. Sizes in px, times in seconds unless the name says otherwise."""

    run: bool = True
    width: int = 1280
    height: int = 720
    larger: tuple[int, int] | None = None
    tolerance: float = 2.0
    least_font: float = 18.0
    least_scale: float = 0.8
    quiet_ms: int = 80
    timeout: float = 90.0
    cell_timeout: float = 120.0
    screenshots: bool = False
    access: bool = False


class Walker:
    """Drives one page through one deck.

    Args:
        page: A fresh page.
        server: Where the notebook is served.
        flavour: ``"lab"`` or ``"classic"``.
        nb: The notebook as stored.
        options: How to walk.
    """

    def __init__(
        self, page: Page, server: JupyterServer, flavour: str, nb: dict, options: Options
    ) -> None:
        self.page, self.server, self.nb, self.options = page, server, nb, options
        self.page_errors: list[str] = []
        self._ran: set[int] = set()
        self._blocked = ""  # why no cell can be run any more
        page.on("pageerror", lambda e: self.page_errors.append(str(e)[:200]))
        page.on("dialog", lambda d: d.accept())
        for script in SCRIPTS:
            page.add_init_script(path=script)
        page.route("**/api/contents/**", self._contents)
        self.kernel = KernelWatch(page)
        self.flavour = FLAVOURS[flavour](page)

    # ---- the files stay as they are

    def _contents(self, route: Route) -> None:
        """Answer saves without saving; with ``run``, hand the notebook out without outputs."""
        request, now = route.request, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        if "/checkpoints" in request.url:  # jupyterlab-rise does not start when this fails
            one = {"id": "checkpoint", "last_modified": now}
            answer = {"GET": (200, [one]), "POST": (201, one)}.get(request.method, (200, one))
            return route.fulfill(status=answer[0], json=answer[1])
        if request.method != "GET":
            path = urllib.parse.urlsplit(request.url).path.split("/api/contents/", 1)[-1]
            path = urllib.parse.unquote(path)
            return route.fulfill(
                json={
                    "name": Path(path).name,
                    "path": path,
                    "type": "notebook",
                    "writable": True,
                    "created": now,
                    "last_modified": now,
                    "content": None,
                    "format": None,
                    "mimetype": None,
                    "size": 1,
                }
            )
        if not self.options.run or ".ipynb" not in request.url:
            return route.continue_()
        response = route.fetch()
        body = response.json() if response.ok else {}
        if not body.get("content"):
            return route.fulfill(response=response)
        for cell in body["content"]["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
        return route.fulfill(response=response, json=body)

    # ---- the show

    def open(self, path: str) -> None:
        """Open the notebook (relative to the server's root) and stand on its first slide."""
        page, limit = self.page, self.options.timeout * 1000
        url = self.server.base + self.flavour.url(urllib.parse.quote(path))
        try:
            page.goto(f"{url}?token={self.server.token}", timeout=limit)
            self.flavour.enter(limit)
            if "--slide-text" in _style_of(self.server.root / path):  # RISE does not wait for it
                page.wait_for_function(STYLED, timeout=limit)
        except BrowserError as e:
            first = str(e).splitlines()[0]
            raise DeckError(
                f"the slide show did not start: {first}; page errors: {self.page_errors[:3]}"
            ) from None
        page.add_style_tag(content=FREEZE)
        page.wait_for_timeout(400)  # both RISEs call Reveal.sync() 250 ms after they start
        still = "{transition: 'none', backgroundTransition: 'none', history: false}"
        page.evaluate(f"__walk.reveal('configure', {still})")
        page.evaluate("__walk.reveal('slide', 0, 0, -1)")
        self._wait_for("slide-0-0/0")
        if (count := page.evaluate("__walk.cells().length")) != len(self.nb["cells"]):
            raise DeckError(f"the page has {count} cells, the notebook {len(self.nb['cells'])}")

    def walk(self, expected: list[Slide]) -> list[SlideResult]:
        """Step through every slide and fragment; run and measure on the way."""
        page, by_id = self.page, {s.id: s for s in expected}
        results: list[SlideResult] = []
        last = page.evaluate("__walk.slideIds()")[-1]
        state = page.evaluate("__walk.here()")
        while True:
            if not results or results[-1].id != state["id"]:
                results.append(
                    SlideResult(
                        index=len(results) + 1,
                        id=state["id"],
                        kind=by_id[state["id"]].kind if state["id"] in by_id else "?",
                        fragments=state["fragments"],
                    )
                )
            slide = results[-1]
            if self.options.run:
                self._run_visible(slide, state)
            if state["shown"] >= state["fragments"]:
                self._measure(slide, by_id[slide.id].cells if slide.id in by_id else [])
                if slide.id == last:
                    return results
            state = page.evaluate("__walk.next(5000)")
            if state is None:
                slide.errors.append(f"next() does not leave {page.evaluate('__walk.place()')}")
                return results

    def _wait_for(self, place: str) -> None:
        with contextlib.suppress(BrowserError):  # what is wrong then is said by what comes next
            self.page.wait_for_function("p => __walk.place() === p", arg=place, timeout=5000)

    # ---- cells

    def _run_visible(self, slide: SlideResult, state: dict[str, Any]) -> None:
        """Run the code cells now in view (RISE's hidden cells with them), each once."""
        ran = slide.ran
        for i in state["cells"]:
            cell = self.nb["cells"][i]
            if i in self._ran or cell["cell_type"] != "code" or not cell["source"].strip():
                continue
            self._ran.add(i)
            slide.ran += 1
            slide.errors += [f"cell {i + 1}: {problem}" for problem in self._run_cell(i)]
            slide.warnings += [f"cell {i + 1}, stderr: {text}" for text in self.kernel.stderr]
        here = f"{state['id']}/{state['shown']}"
        if (
            slide.ran > ran and self.page.evaluate("__walk.place()") != here
        ):  # Lab's show follows the active cell
            h, v = state["id"].split("-")[1:]
            step = f"__walk.reveal('slide', {h}, {v}, {state['shown'] - 1})"
            self.page.evaluate(step)
            self._wait_for(here)

    def _run_cell(self, i: int) -> list[str]:
        """Execute cell ``i`` and wait for it; what went wrong."""
        if self._blocked:
            return [f"not run: {self._blocked}"]
        cell = self.nb["cells"][i]
        # Lab's show may give the focus back to another cell of the slide just before the key
        # press, and then runs that one once more: try again, until the kernel ran this one
        for _ in range(TRIES):
            problems = self._execute(i)
            if problems or self._ran_code_of(cell):
                break
        if not problems and not self._ran_code_of(cell):
            ran = self.kernel.code.strip()[:40]
            problems = [f"was not run, but `{ran}` (did the file change?)"]
        elif not problems and "raises-exception" not in tags(cell):
            problems = list(self.kernel.errors)
        self.page.evaluate("([i, h]) => __walk.finish(i, h)", [i, slide_type(cell) == "skip"])
        return problems

    def _execute(self, i: int) -> list[str]:
        """Start cell ``i`` and wait until the kernel has finished all it was sent; why it did not.

        All of it: where another cell's run is still to come, a second start would be one too many.
        """
        self.kernel.forget()
        before = self.kernel.asked
        self.flavour.start(i)
        if self.kernel.finishes(before, self.options.cell_timeout):
            return []
        if self.kernel.asks_input:
            problem = "waits for input()"
            self._blocked = f"cell {i + 1} waited for input()"
        else:
            problem = f"did not finish in {self.options.cell_timeout:.0f} s"
        if dialog := self.page.evaluate("__walk.dialog()"):
            problem += f" (dialog: {dialog})"
            self.page.keyboard.press("Escape")
        self.server.interrupt_kernels()
        self.page.wait_for_timeout(1500)
        self.kernel.finished = self.kernel.asked
        return [problem]

    def _ran_code_of(self, cell: dict[str, Any]) -> bool:
        return self.kernel.code.strip() == cell["source"].strip()

    # ---- for everybody

    def barriers(self) -> list[str]:
        """What keeps somebody out, found by axe: JupyterLab's slides, classic's notebook view."""
        return [*access.troubles(self.page, slides=self.flavour.leave())]

    # ---- measuring

    def _measure(self, slide: SlideResult, cells: list[int]) -> None:
        """Everything that can be seen on the slide now, in both windows."""
        page, options = self.page, self.options
        math = [i for i in cells if _has_formula(self.nb["cells"][i])]
        seen = self._look(slide, math)
        slide.errors += [*seen["unfolded"], *seen["broken"], *seen["shrunk"]]
        if not options.run:
            slide.errors += _stored_errors(self.nb, cells)
        if options.screenshots:
            slide.screenshot = page.screenshot(type="jpeg", quality=85)
        if options.larger:
            page.set_viewport_size(dict(zip(("width", "height"), options.larger, strict=True)))
            slide.larger = View()
            seen = self._look(slide.larger, math)
            slide.errors += [f"in the larger window: {p}" for p in seen["unfolded"]]
            page.set_viewport_size({"width": options.width, "height": options.height})

    def _look(self, view: View, math: list[int]) -> dict[str, Any]:
        """Measure the slide at the window's present size, once it stands still."""
        tolerance = self.options.tolerance
        wanted = {"quiet": self.options.quiet_ms, "scale": self.options.least_scale}
        seen = self.page.evaluate(
            "o => __walk.look(o)", wanted | {"tolerance": tolerance, "math": math}
        )
        over = seen["over"]
        view.over_x = max(over["right"], over["left"], over["clipX"], 0)
        view.over_y = max(over["bottom"], over["top"], over["clipY"], 0)
        view.overflows = max(view.over_x, view.over_y) > tolerance
        view.where = [f"{k}: {v}" for k, v in over["who"].items() if over[k] > tolerance]
        view.body_px, view.smallest = seen["fonts"]["body"], seen["fonts"]["smallest"]
        view.pictures = seen["pictures"]
        return seen


def _style_of(notebook: Path) -> str:
    """The ``rise.css`` that both RISEs load from the notebook's folder."""
    style = notebook.with_name("rise.css")
    return style.read_text(encoding="utf-8") if style.exists() else ""


def _has_formula(cell: dict) -> bool:
    """Whether a visible Markdown cell has a displayed formula."""
    hidden = cell["cell_type"] != "markdown" or slide_type(cell) in ("skip", "notes")
    source = re.sub(r"```.*?```", "", cell["source"], flags=re.DOTALL)
    return not hidden and bool(re.search(r"\$\$|\\begin\{", source))


def _stored_errors(nb: dict, cells: list[int]) -> list[str]:
    """Exceptions among the stored outputs of cells that are not meant to raise one."""
    return [
        f"cell {i + 1}: {output.get('ename')}: {output.get('evalue')} (stored)"
        for i in cells
        if "raises-exception" not in tags(nb["cells"][i])
        for output in nb["cells"][i].get("outputs", [])
        if output["output_type"] == "error"
    ]

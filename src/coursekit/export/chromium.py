"""Print a page into a PDF file with the Chromium or Chrome of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from coursekit.export.page import ExportError

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
SECONDS = 180


def find() -> str:
    """Path of the browser: ``$CHROMIUM``, else one on the path or in its usual place.

    Raises:
        ExportError: There is none.
    """
    named = os.environ.get("CHROMIUM")
    for name in (named,) if named else (*NAMES, *PLACES):
        if path := shutil.which(name):
            return path
    raise ExportError(
        (f"CHROMIUM names {named}, which cannot be run. " if named else "")
        + "A handout is printed by Chromium, Chrome or Edge, and none was found. Install one, or "
        "say where it is: CHROMIUM=/path/to/chrome make handout"
    )


def to_pdf(page: Path, pdf: Path) -> None:
    """Print the HTML file ``page`` into ``pdf``.

    Raises:
        ExportError: There is no browser, or it printed nothing.
    """
    browser = find()
    with tempfile.TemporaryDirectory(prefix=".print-", dir=pdf.parent) as profile:
        words = [browser, "--headless", "--disable-gpu", f"--user-data-dir={profile}"]
        words += ["--no-first-run", "--disable-background-networking", "--disable-sync"]
        words += ["--no-pdf-header-footer", "--generate-pdf-document-outline"]
        words += ["--virtual-time-budget=20000", f"--print-to-pdf={pdf}", page.resolve().as_uri()]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            words.insert(1, "--no-sandbox")  # a container's root: our own page only
        pdf.unlink(missing_ok=True)
        try:
            done = subprocess.run(
                words, capture_output=True, encoding="utf-8", errors="replace", timeout=SECONDS
            )
            said = (done.stderr or done.stdout).strip().splitlines()
        except subprocess.TimeoutExpired:
            said = [f"no answer in {SECONDS} s"]
        except OSError as e:
            said = [str(e)]
    if not pdf.is_file() or not pdf.stat().st_size:
        last = said[-1] if said else "it said nothing"
        raise ExportError(f"{Path(browser).name} printed no {pdf.name}: {last}")

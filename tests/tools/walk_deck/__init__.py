"""Walk notebooks as live RISE slides in a real browser, and say what does not fit or fails.

    python -m tests.tools.walk_deck 07 --run            both flavours, code executed
    python -m tests.tools.walk_deck 07 --run --sheet    and a contact sheet in build/decks/

One job per module: ``server`` (a private Jupyter server), ``access`` (axe-core on the page),
``flavours`` (what classic RISE and jupyterlab-rise do differently), ``kernel`` (what the kernel
said, read off the websocket), ``drive.js`` and ``measure.js`` (in the page), ``walker`` (one deck
from first to last slide), ``stage`` (server and browser for many decks), ``report`` (results as
data and as text), ``sheet`` (all slides in one picture).

The notebook files are never written: saves are answered by the walker. With ``run`` the stored
outputs are dropped on the way to the browser, so that what is measured is what the kernel just
produced.
"""

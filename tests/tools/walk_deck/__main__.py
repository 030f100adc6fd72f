"""Command line of the deck walker: ``python -m tests.tools.walk_deck NB … [--run] [--sheet]``."""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

from tests.tools.notebooks import ROOT, NotebookError, find
from tests.tools.walk_deck.flavours import FLAVOURS
from tests.tools.walk_deck.report import DeckError, as_text
from tests.tools.walk_deck.sheet import save_sheet
from tests.tools.walk_deck.stage import open_stage
from tests.tools.walk_deck.walker import Options


def parse(argv: list[str] | None) -> tuple[argparse.Namespace, Options]:
    """The arguments, and the walk's options made of them."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.tools.walk_deck",
        description="Walk notebooks as live slides; exit status 1 when a deck is bad.",
    )
    parser.add_argument("notebooks", nargs="*", metavar="NB", help="path or number; default: all")
    parser.add_argument("--flavour", choices=list(FLAVOURS), help="default: both")
    parser.add_argument(
        "--size", default="1280x720", help="the window, WxH; 1280x720 means 1920x1080 as well"
    )
    parser.add_argument("--run", action="store_true", help="execute the code, slide by slide")
    parser.add_argument("--sheet", action="store_true", help="contact sheets into build/decks/")
    parser.add_argument("--access", action="store_true", help="ask axe-core as well")
    parser.add_argument("--cell-timeout", type=float, default=120, metavar="S")
    args = parser.parse_args(argv)
    if not (size := re.fullmatch(r"(\d+)x(\d+)", args.size)):
        parser.error("--size wants WxH, as 1280x720")
    return args, Options(
        run=args.run,
        width=int(size[1]),
        height=int(size[2]),
        larger=(1920, 1080) if args.size == "1280x720" else None,
        least_font=min(int(size[2]), int(size[1]) * 9 / 16) / 40,
        cell_timeout=args.cell_timeout,
        screenshots=args.sheet,
        access=args.access,
    )


def server_root(paths: list[Path]) -> Path:
    """The checkout, or for notebooks outside it the folder that they share."""
    if all(p.resolve().is_relative_to(ROOT) for p in paths):
        return ROOT
    return Path(os.path.commonpath([p.resolve().parent for p in paths]))


def main(argv: list[str] | None = None) -> int:
    """Exit status 0: all good; 1: a slide is bad; 2: a show, the browser or the server failed."""
    args, options = parse(argv)
    status = 0
    try:
        paths = find(args.notebooks)
        if not paths:
            raise NotebookError("There are no notebooks yet.")
        with open_stage(server_root(paths)) as stage:
            for path in paths:
                for flavour in [args.flavour] if args.flavour else FLAVOURS:
                    deck = stage.walk(path, flavour, options)
                    print(as_text(deck), flush=True)
                    if args.sheet:
                        print(f"   {save_sheet(deck, ROOT / 'build' / 'decks')}", flush=True)
                    status |= not deck.good
    except (DeckError, NotebookError) as e:
        print(e, file=sys.stderr)
        return 2
    return int(status)


if __name__ == "__main__":
    sys.exit(main())

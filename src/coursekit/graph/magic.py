"""The cell magic ``%%graph``: run a cell inside :class:`~coursekit.graph.record`, and draw it."""

from __future__ import annotations

from typing import Any

import torch

from coursekit.graph.drawing import Drawing, check_view, draw
from coursekit.graph.model import PARAMETER
from coursekit.graph.record import record, tape_of


def load_ipython_extension(shell: Any) -> None:
    """Register ``%%graph`` after ``%load_ext coursekit.graph``.

    The cell stays plain PyTorch and its variables are the notebook's own. A word after the magic
    chooses the view, as in ``%%graph compact``. A cell that raises is drawn as far as it ran.
    """

    def graph(line: str, cell: str) -> Drawing | None:
        """Record this cell's torch operations and draw them: ``%%graph [view]``."""
        view = line.strip() or "auto"
        check_view(view)
        with record() as recording:
            result = shell.run_cell(cell)
        if not recording.tape.ops:
            if result.success:
                print("%%graph drew nothing: the cell ran no torch operation.")
            return None
        return draw(recording, view=view, names=_names(recording, shell.user_ns))

    shell.register_magic_function(graph, "cell", "graph")


def _names(recording: record, space: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Return the notebook's names of recorded tensors that have no name, or only a function's."""
    found = {}
    for name, thing in space.items():
        if name.startswith("_") or not issubclass(type(thing), torch.Tensor):
            continue
        at = tape_of(thing)
        if at is not None and at[0] is recording.tape:
            value = recording.tape.values[at[1]]
            if value.kind != PARAMETER and value.name.rstrip("′") != name:
                found[name] = thing
    return found

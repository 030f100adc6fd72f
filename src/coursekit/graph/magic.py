"""The cell magic ``%%graph``: run a cell inside :class:`~coursekit.graph.record`, and draw it."""

from __future__ import annotations

from typing import Any

import torch

from coursekit.graph.drawing import VIEWS, Drawing, draw
from coursekit.graph.record import record


def load_ipython_extension(shell: Any) -> None:
    """Register ``%%graph`` after ``%load_ext coursekit.graph``.

    The cell stays plain PyTorch and its variables are the notebook's own. A word after the magic
    chooses the view, as in ``%%graph compact``. A cell that raises is drawn as far as it ran.
    """

    def graph(line: str, cell: str) -> Drawing | None:
        """Record this cell's torch operations and draw them: ``%%graph [view]``."""
        view = line.strip() or "auto"
        if view not in VIEWS:
            raise ValueError(f"There is no view {view!r}; the choices are {', '.join(VIEWS)}.")
        with record() as recording:
            result = shell.run_cell(cell)
        if not recording.tape.ops:
            if result.success:
                print("%%graph drew nothing: the cell ran no torch operation.")
            return None
        found = shell.user_ns.items()
        mine = {k: v for k, v in found if isinstance(v, torch.Tensor) and not k.startswith("_")}
        return draw(recording, view=view, names=mine)

    shell.register_magic_function(graph, "cell", "graph")

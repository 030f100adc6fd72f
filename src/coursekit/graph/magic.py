"""The cell magic ``%%graph``: run a cell inside :class:`~coursekit.graph.record`, and draw it."""

from __future__ import annotations

from typing import Any

from coursekit.graph.drawing import Drawing, draw
from coursekit.graph.record import record


def load_ipython_extension(shell: Any) -> None:
    """Register ``%%graph`` after ``%load_ext coursekit.graph``.

    The cell stays plain PyTorch and its variables are the notebook's own. A word after the magic
    chooses the view, as in ``%%graph compact``. A cell that raises is drawn as far as it ran.
    """

    def graph(line: str, cell: str) -> Drawing | None:
        """Record this cell's torch operations and draw them: ``%%graph [view]``."""
        with record() as recording:
            result = shell.run_cell(cell)
        if not recording.tape.ops:
            if result.success:
                print("%%graph drew nothing: the cell ran no torch operation.")
            return None
        return draw(recording, view=line.strip() or "auto")

    shell.register_magic_function(graph, "cell", "graph")

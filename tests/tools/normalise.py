"""The one form in which a notebook is committed, whichever editor saved it last.

JupyterLab, classic Jupyter, VS Code and Colab each add their own metadata, split streams
differently and renumber cells. ``normalise`` keeps what the course means and drops the rest, so
that a diff shows what an author changed and nothing else.
"""

from __future__ import annotations

import hashlib
import re

import nbformat
from nbformat import NotebookNode

from coursekit.deck import kind

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE_INFO = {"name": "python"}
COLABS_BADGE = "view-in-github"
"""The id of the cell that Colab puts on top of a notebook when it saves it to GitHub."""
KEPT_METADATA = ("coursekit", "rise")
"""Notebook metadata that is the course's own; everything else is set or dropped."""

# A path on the author's machine, up to the part that every reader has; once cut, left alone.
_MACHINE_PATH = re.compile(
    r"""(?<!\.\.\.)(?:~|/|[A-Za-z]:[/\\])[^\s\x1b"'<>]*?[/\\]"""
    r"""(?=(?:site-packages|coursekit|python3\.\d+(?![/\\]site-packages))[/\\])"""
)


def normalise(nb: NotebookNode) -> NotebookNode:
    """A copy of ``nb`` in the committed form; execution counts are left to ``refresh``.

    Metadata as the course defines it, stable cell ids, streams merged, no trailing blank lines,
    no machine's paths in tracebacks. Normalising twice gives the same as once.
    """
    out = nbformat.v4.new_notebook()
    out.nbformat_minor = 5
    out.metadata = NotebookNode(kernelspec=dict(KERNELSPEC), language_info=dict(LANGUAGE_INFO))
    for key in KEPT_METADATA:
        if key in nb.metadata:
            out.metadata[key] = nb.metadata[key]
    taken: set[str] = set()
    out.cells = [_cell(cell, taken) for cell in nb.cells if cell.metadata.get("id") != COLABS_BADGE]
    return out


def dumps(nb: NotebookNode) -> str:
    """The text of a notebook file: sorted keys, one space of indent, one newline at the end."""
    return nbformat.writes(nb).rstrip("\n") + "\n"


def _cell(cell: NotebookNode, taken: set[str]) -> NotebookNode:
    metadata = NotebookNode()
    if slide_type := kind(cell):
        metadata.slideshow = NotebookNode(slide_type=slide_type)
    if cell.metadata.get("tags"):
        metadata.tags = list(dict.fromkeys(cell.metadata["tags"]))
    source = cell.source.replace("\r\n", "\n").rstrip()
    out = NotebookNode(
        cell_type=cell.cell_type, id=_identity(cell, taken), metadata=metadata, source=source
    )
    if cell.cell_type == "code":
        out.execution_count = cell.get("execution_count")
        out.outputs = _outputs(cell)
    elif cell.get("attachments"):
        out.attachments = cell.attachments
    return out


def _identity(cell: NotebookNode, taken: set[str]) -> str:
    """The cell's own id; for editors that keep none, one that follows from its text."""
    wanted = cell.get("id") or cell.metadata.get("id") or ""
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", wanted) or wanted in taken:
        digest, n = hashlib.sha256(cell.source.encode()).hexdigest()[:8], 0
        wanted = digest
        while wanted in taken:
            n += 1
            wanted = f"{digest}-{n}"
    taken.add(wanted)
    return wanted


def _outputs(cell: NotebookNode) -> list[NotebookNode]:
    merged: list[NotebookNode] = []
    for output in cell.outputs:
        last = merged[-1] if merged else None
        if output.output_type == "stream":
            if last is not None and last.output_type == "stream" and last.name == output.name:
                last.text += output.text
                continue
            merged.append(NotebookNode(output_type="stream", name=output.name, text=output.text))
        elif output.output_type == "error":
            traceback = [_MACHINE_PATH.sub(".../", line) for line in output.traceback]
            said = {key: output[key] for key in ("output_type", "ename", "evalue")}
            merged.append(NotebookNode(said, traceback=traceback))
        else:
            kept = {k: v for k, v in output.metadata.items() if k in output.data}
            fresh = NotebookNode({**output, "metadata": NotebookNode(kept)})
            fresh.pop("transient", None)
            if output.output_type == "execute_result":
                fresh.execution_count = cell.get("execution_count")
            merged.append(fresh)
    return merged

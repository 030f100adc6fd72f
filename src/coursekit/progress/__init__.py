"""The instructor's view: re-run the checks in a folder of students' notebooks.

``python -m coursekit progress FOLDER`` runs each notebook in its own process: with a time and a
memory limit, without a network, and (on Linux) with one folder to write in. It checks the exercises
itself (a check cell that was deleted or forged changes nothing) and writes ``progress.csv``. A
notebook that crashes, hangs or is none gets its row like any other. Stopped half-way, the same
command goes on where it was.

The limits guard against accidents, not against attacks: students' code runs with your rights, so
run what strangers wrote in a container or on a machine of its own.
"""

from coursekit.progress.cli import main

__all__ = ["main"]

"""Every lesson shows the same in a rough place: see ``rough.py`` for what is rough about it."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_notebook, new_output

from tests.faults.rough import rough
from tests.lint.good import code, md, number
from tests.tools.normalise import dumps
from tests.tools.notebooks import lesson_files

#: In every run; the others where all faults are tried (make test-all, every week).
REPRESENTATIVE = "06"


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(
            path,
            id=path.stem,
            marks=[] if path.name.startswith(REPRESENTATIVE) else [pytest.mark.slow],
        )
        for path in lesson_files()
    ],
)
def test_a_lesson_shows_the_same_where_everything_else_differs(path):
    differences = rough(path)
    assert not differences, "\n" + "\n".join(differences)


def printed(text: str):
    return new_output("stream", name="stdout", text=text)


FOUND = {
    "counts on": (["x = 0", "x += 1\nassert x < 2, 'once too often'"], "", "once too often"),
    "the hash": (["print(hash('a'))"], "1\n", "instead of"),
    "the clock": (["import time\nprint(time.strftime('%Z'))"], "UTC\n", "instead of"),
    "the network": (["import socket\nsocket.create_connection(('192.0.2.1', 80))"], "", "offline"),
    "a file": (["open('x.txt', 'w')"], "", "Read-only|Permission"),
    "the home": (
        ["from pathlib import Path\nPath('~/x').expanduser().mkdir()"],
        "",
        "Read-only|Per",
    ),
    "the locale": (["import locale\nprint(locale.getlocale()[0])"], "en_US\n", "instead of"),
    "the threads": (["import torch\nprint(torch.get_num_threads())"], "1\n", "'4|'2|instead of"),
}


@pytest.mark.slow
def test_each_roughness_is_noticed(tmp_path):
    """The proof is not empty: a lesson that depends on any of these is found out."""
    nb = new_notebook(cells=[md("# A lesson")])
    for sources, output, _ in FOUND.values():
        nb.cells += [code(s) for s in sources[:-1]]
        nb.cells.append(code(sources[-1], *([printed(output)] if output else [])))
    path = tmp_path / "07_small.ipynb"
    path.write_text(dumps(number(nb)), encoding="utf-8")
    story = "\n".join(rough(path))
    import re

    missed = [name for name, (_, _, says) in FOUND.items() if not re.search(says, story)]
    assert not missed, story

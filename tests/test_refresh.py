"""Refresh, normal form, authoring form, and what nbval then proves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.lint.good import code, good_lesson, md, stream
from tests.tools import author, refresh
from tests.tools.lint.contract import SETUP
from tests.tools.normalise import dumps, normalise
from tests.tools.notebooks import ROOT, NotebookError, find, read

SANITIZE = ROOT / "tests" / "nbval_sanitize.cfg"

DRAW = """\
import base64, random
from IPython.display import HTML
noise = base64.b64encode(random.randbytes(30)).decode()
HTML(f'<img alt="The loss falls to {loss}." src="data:image/png;base64,{noise}">')"""


@pytest.fixture
def notebook(tmp_path):
    """Write cells as a notebook; returns its path."""

    def write(*cells, name="07_test.ipynb") -> Path:
        nb = nbformat.v4.new_notebook(cells=list(cells))
        for i, cell in enumerate(nb.cells):
            cell.id = f"c{i}"
        path = tmp_path / name
        path.write_text(dumps(nb), encoding="utf-8")
        return path

    return write


def small(notebook):
    return notebook(
        md("# Test"),
        code("loss = 1 / 3\nprint('a')\nprint('b')"),
        code("loss"),
        code("[] + 1", tags=("raises-exception",)),
        code(DRAW),
    )


def test_another_device_is_kept_apart(notebook, tmp_path, capsys):
    path = notebook(code("import os\nprint(os.environ['COURSEKIT_DEVICE'])"))
    before = path.read_bytes()
    with pytest.raises(SystemExit):
        refresh.main([str(path), "--device", "mps"])
    assert "say where to keep others" in capsys.readouterr().err
    assert refresh.main([str(path), "--device", "mps", "--to", str(tmp_path / "deep/gpu")]) == 0
    assert read(tmp_path / "deep/gpu" / path.name).cells[0].outputs == [stream("mps\n")]
    assert path.read_bytes() == before


def test_refresh_runs_numbers_and_stores(notebook, capsys):
    path = small(notebook)
    assert refresh.main([str(path)]) == 0
    assert "07_test.ipynb: refreshed (" in capsys.readouterr().out
    cells = read(path).cells
    assert [c.execution_count for c in cells[1:]] == [1, 2, 3, 4]
    assert cells[1].outputs == [stream("a\nb\n")]
    assert cells[2].outputs[0].data["text/plain"] == "0.3333333333333333"
    assert cells[3].outputs[0].ename == "TypeError"
    assert [c.id for c in cells] == ["c0", "c1", "c2", "c3", "c4"]


def test_refresh_twice_changes_nothing(notebook, capsys):
    path = notebook(md("# Test"), code("1 + 1"))
    refresh.main([str(path)])
    before, stamp = path.read_bytes(), path.stat().st_mtime_ns
    assert refresh.main([str(path)]) == 0
    assert "unchanged" in capsys.readouterr().out
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, stamp)


def test_check_saves_nothing_and_says_so(notebook, capsys):
    path = notebook(md("# Test"), code("1 + 1"))
    before = path.read_bytes()
    assert refresh.main(["--check", str(path)]) == 1
    assert "07_test.ipynb: would change" in capsys.readouterr().out
    assert path.read_bytes() == before


def test_a_failing_cell_is_named_and_the_file_is_left_alone(notebook, capsys):
    path = notebook(
        md("# Test"), code("[] + 1", tags=("raises-exception",)), code("x = 0\n1 / x"), code("2")
    )
    other = notebook(code("3"), name="08_test.ipynb")
    before = path.read_bytes()
    assert refresh.main([str(path), str(other)]) == 1
    out, err = capsys.readouterr()
    assert "07_test.ipynb: not refreshed. 07_test.ipynb, cell 3: `x = 0` failed." in err
    assert "ZeroDivisionError: division by zero" in err
    assert "08_test.ipynb: refreshed" in out, "one bad notebook must not stop the others"
    assert path.read_bytes() == before
    assert sorted(p.name for p in path.parent.iterdir()) == ["07_test.ipynb", "08_test.ipynb"]


def test_a_cell_that_never_ends_is_named(notebook):
    path = notebook(code("1"), code("import time\ntime.sleep(60)"))
    with pytest.raises(NotebookError, match=r"cell 2: `import time` ran for over 1 s"):
        refresh.refresh(path, cell_timeout=1)


def test_a_killed_kernel_is_named(notebook):
    path = notebook(code("1"), code("import os\nos._exit(9)"))
    with pytest.raises(NotebookError, match=r"cell \d: .* killed the kernel"):
        refresh.refresh(path)


def test_an_older_setup_cell_becomes_the_present_one(notebook):
    old = (
        "try:\n    import coursekit.lesson\nexcept ModuleNotFoundError:\n    %pip install coursekit"
    )
    path = notebook(code(old), code("1 + 1"))
    refresh.refresh(path)
    assert [cell.source for cell in read(path).cells] == [SETUP, "1 + 1"]


def test_stderr_is_kept_for_the_lint_and_remarked(notebook, capsys):
    path = notebook(code("import sys\nprint('oh', file=sys.stderr)"))
    assert refresh.main([str(path)]) == 0
    assert "cell 1 writes to stderr: oh" in capsys.readouterr().out
    assert read(path).cells[0].outputs[0].name == "stderr"


def test_cells_run_on_one_thread_with_default_settings_in_their_folder(notebook, monkeypatch):
    monkeypatch.setenv("COURSEKIT_DATASET", "mnist")
    path = notebook(
        code("import os, pathlib\nprint(os.environ['OMP_NUM_THREADS'])"),
        code("'COURSEKIT_DATASET' in os.environ, pathlib.Path('07_test.ipynb').exists()"),
    )
    refresh.refresh(path)
    cells = read(path).cells
    assert cells[0].outputs[0].text == "1\n"
    assert cells[1].outputs[0].data["text/plain"] == "(False, True)"
    assert os.environ["COURSEKIT_DATASET"] == "mnist"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', "\xff"])
def test_what_is_no_notebook_gets_one_sentence(tmp_path, capsys, text):
    path = tmp_path / "07_broken.ipynb"
    path.write_bytes(text.encode("latin-1"))
    assert refresh.main([str(path)]) == 1
    err = capsys.readouterr().err
    assert "is not a notebook" in err
    assert "Traceback" not in err


def test_an_unknown_notebook_gets_one_sentence(capsys):
    assert refresh.main(["99"]) == 2
    assert "There is no notebook '99'" in capsys.readouterr().err


def test_no_names_mean_every_lesson():
    assert find([]) == sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


# ---- the committed form, whoever saved the notebook


def saved_by(editor: str) -> str:
    """The good lesson as another program writes it, as JSON."""
    nb = json.loads(dumps(good_lesson()))
    nb["metadata"]["language_info"] |= {"version": "3.12.1", "file_extension": ".py"}
    for cell in nb["cells"]:
        if editor == "lab":
            cell["metadata"] |= {"editable": True, "jupyter": {"outputs_hidden": False}}
            cell["metadata"]["execution"] = {"iopub.execute_input": "2025-01-01T00:00:00Z"}
        elif editor == "classic":
            cell["metadata"] |= {"collapsed": False, "scrolled": True}
        elif editor == "vscode":
            cell["metadata"]["vscode"] = {"languageId": "python"}
            cell["source"] = "".join(cell["source"]).replace("\n", "\r\n")
        elif editor == "colab":
            cell["metadata"] |= {"id": cell["id"], "outputId": "3f", "colab": {"height": 35}}
            del cell["id"]
        if editor == "streams split" and cell.get("outputs"):
            first = cell["outputs"][0]
            if first["output_type"] == "stream":
                lines = "".join(first["text"])
                cell["outputs"] = [first | {"text": lines[:3]}, first | {"text": lines[3:]}]
    if editor == "colab":
        nb["metadata"] |= {"colab": {"provenance": []}, "accelerator": "GPU"}
        nb["nbformat_minor"] = 0
    return json.dumps(nb, indent=2 if editor == "colab" else 1)


@pytest.mark.parametrize("editor", ["lab", "classic", "vscode", "colab", "streams split"])
def test_every_editor_comes_back_to_the_same_text(tmp_path, editor):
    path = tmp_path / "07.ipynb"
    path.write_text(saved_by(editor), encoding="utf-8")
    assert dumps(normalise(read(path))) == dumps(good_lesson())


def test_cells_without_ids_get_stable_unique_ones():
    cells = [md("same"), md("same"), md("other")]
    for cell in cells:
        del cell["id"]
    nb = nbformat.v4.new_notebook()
    nb.cells = cells
    ids = [c.id for c in normalise(nb).cells]
    assert len(set(ids)) == 3
    assert ids == [c.id for c in normalise(nb).cells]


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/home/ada/.venv/lib/python3.11/site-packages/torch/nn/x.py:7", "torch/nn/x.py:7"),
        ("~/course/src/coursekit/data.py:12", "coursekit/data.py:12"),
        (r"C:\Users\ada\venv\Lib\site-packages\torch\x.py:7", r"torch\x.py:7"),
    ],
)
def test_tracebacks_lose_the_machine(path, kept):
    nb = good_lesson()
    nb.cells[13].outputs[0].traceback = [f"File \x1b[32m{path}\x1b[39m, in f(x)"]
    once = normalise(nb)
    assert normalise(once) == once
    (line,) = once.cells[13].outputs[0].traceback
    assert kept in line
    assert "ada" not in line
    assert "course/src" not in line


# ---- the authoring form


def test_a_lesson_survives_the_authoring_form(tmp_path):
    path = tmp_path / "07_test.ipynb"
    path.write_text(dumps(good_lesson()), encoding="utf-8")
    script = author.to_py(path)
    text = script.read_text(encoding="utf-8")
    assert '# %% slideshow={"slide_type": "skip"} tags=["exercise"]' in text
    author.to_nb(script)
    expected = good_lesson()
    for cell in expected.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    assert path.read_text(encoding="utf-8") == dumps(expected)


def test_an_edited_cell_keeps_its_id(tmp_path):
    path = tmp_path / "07_test.ipynb"
    path.write_text(dumps(good_lesson()), encoding="utf-8")
    script = author.to_py(path)
    text = script.read_text(encoding="utf-8").replace("You can double.", "You can double well.")
    script.write_text(text + "\n# %% [markdown]\n# New.\n", encoding="utf-8")
    author.to_nb(script)
    ids = [c.id for c in read(path).cells]
    assert ids[:-1] == [c.id for c in good_lesson().cells]
    assert ids[-1] not in ids[:-1]


# ---- what nbval makes of it


def nbval(path: Path) -> subprocess.CompletedProcess:
    """Run nbval as `make test` does."""
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "-p", "no:cacheprovider"]
    command += ["--nbval-sanitize-with", str(SANITIZE), "--rootdir", str(path.parent), str(path)]
    return subprocess.run(command, capture_output=True, text=True, cwd=path.parent, check=False)


def test_nbval_passes_a_refreshed_notebook_with_other_pixels(notebook):
    path = small(notebook)
    refresh.refresh(path)
    done = nbval(path)
    assert "4 passed" in done.stdout, done.stdout


@pytest.mark.parametrize(
    ("number", "old", "new"),
    [
        (1, "a\\n", "z\\n"),  # printed text
        (2, "0.3333333333333333", "0.3333333333333334"),  # a stored number
        (3, "can only concatenate", "cannot concatenate"),  # an error's message
        (4, "falls to", "rises to"),  # a picture's alt text
    ],
)
def test_nbval_fails_when_a_stored_output_is_wrong(notebook, number, old, new):
    path = small(notebook)
    refresh.refresh(path)
    nb = json.loads(path.read_text(encoding="utf-8"))
    before = json.dumps(nb["cells"][number]["outputs"])
    assert old in before
    nb["cells"][number]["outputs"] = json.loads(before.replace(old, new))
    path.write_text(json.dumps(nb), encoding="utf-8")
    done = nbval(path)
    assert "1 failed, 3 passed" in done.stdout, done.stdout

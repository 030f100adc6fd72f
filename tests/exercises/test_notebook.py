"""What a student calls: check, solution, progress; in plain Python and in a real kernel."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest
import torch
from nbclient import NotebookClient

from coursekit.exercises import check, every, extra, find, notebook, progress, solution
from coursekit.exercises.source import answer_in
from tests.exercises.example import EXERCISES, MSE, SGD


@pytest.fixture(autouse=True)
def examples(monkeypatch):
    monkeypatch.setattr(notebook, "_last", {})
    with extra(EXERCISES):
        yield


def shown(capsys) -> str:
    return capsys.readouterr().out.strip()


def test_a_function_is_found_by_its_name(capsys):
    assert check(answer_in(MSE, MSE.solution)) is None
    assert shown(capsys).startswith("✓ ex_mse: correct. Passes on 3 inputs, also on a batch of one")


def test_a_value_or_lines_come_with_the_exercises_name(capsys):
    check("ex_shape", (64, 10))
    check("ex_sgd_step", answer_in(SGD, SGD.solution))
    assert shown(capsys).count("correct") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ex_mse",), 'Give your answer too: check("ex_mse", ex_mse).'),
        ((lambda x: x,), "This has no name of its own"),
        ((3.25,), "This is 3.25. Pass your function itself, without brackets behind it"),
        ((None,), "This is None. Pass your function itself"),
        (("ex_msee", 3), "There is no exercise of this name"),
        ((print,), "There is no exercise of this name"),
    ],
)
def test_a_call_that_cannot_be_meant_gets_one_sentence(arguments, message, capsys):
    check(*arguments)
    assert message in shown(capsys)


def test_in_a_kernel_an_answer_is_found_by_what_the_notebook_calls_it(monkeypatch, capsys):
    right, other = answer_in(MSE, MSE.solution), lambda preds, yb: ((preds - yb) ** 2).mean()
    shell = SimpleNamespace(user_ns={"x": 1, "ex_mse": other, "again": other})
    monkeypatch.setattr(notebook, "get_ipython", lambda: shell)
    check(other)
    check(right)
    assert shown(capsys).count("✓ ex_mse: correct") == 2
    shell.user_ns["ex_mse"] = torch.ones(3)
    check(shell.user_ns["ex_mse"])
    assert "run the cell that defines ex_mse again" in shown(capsys)


def test_the_solution_is_shown_highlighted_and_as_text(capsys):
    solution("ex_mse")
    assert shown(capsys) == MSE.solution
    html = notebook.Source(MSE.solution)._repr_html_()
    assert "<span style=" in html
    assert "<style" not in html


def test_a_solution_is_found_by_what_the_notebook_calls_the_answer(monkeypatch, capsys):
    mine = lambda preds, yb: preds  # noqa: E731
    shell = SimpleNamespace(user_ns={"ex_mse": mine})
    monkeypatch.setattr(notebook, "get_ipython", lambda: shell)
    solution(mine)
    assert shown(capsys) == MSE.solution
    for nameless in (3, lambda x: x):
        solution(nameless)
        assert 'This has no name of its own: solution("its_name").' in shown(capsys)


def test_progress_tells_what_is_solved_here(capsys):
    progress()
    assert shown(capsys) == "No exercise has been checked here yet."
    check("ex_shape", (64, 10))
    check("ex_first_loss", 5)
    shown(capsys)
    progress()
    lines = shown(capsys).splitlines()
    assert len(lines) == len(EXERCISES)
    assert "90  ex_shape       ✓ correct" in lines
    assert "90  ex_first_loss  ✗ not yet" in lines
    assert "90  ex_mse         ○ not attempted yet" in lines


def test_progress_tells_the_last_state_not_the_first(capsys):
    for value in ((10, 64), (64, 10)):
        check("ex_shape", value)
    shown(capsys)
    progress()
    assert "90  ex_shape       ✓ correct" in shown(capsys).splitlines()
    check("ex_shape", (10, 64))
    shown(capsys)
    progress()
    assert "90  ex_shape       ✗ not yet" in shown(capsys).splitlines()


@pytest.mark.parametrize("lesson", ["07", "7", 7])
def test_a_lesson_may_be_asked_for_by_its_number(lesson, capsys):
    progress(lesson)
    lines = shown(capsys).splitlines()
    assert len(lines) == len(every("07"))
    assert all(line.startswith("07  ") for line in lines)


def test_the_table_is_a_table_with_headers_for_screen_readers():
    html = notebook.Table([("90", "a<b", "correct")])._repr_html_()
    assert html.count('scope="col"') == 3
    assert '<th scope="row">a&lt;b</th>' in html


def test_exercises_of_two_names_are_an_authors_error():
    with extra([MSE]), pytest.raises(ValueError, match="Two exercises are called 'ex_mse'"):
        find("ex_mse")


def test_importing_the_exercises_loads_neither_torch_nor_matplotlib():
    code = (
        "import sys; from coursekit.exercises import every; every();"
        "print([m for m in ('torch', 'matplotlib', 'numpy') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


PREPARE = """\
from coursekit.exercises import check, notebook, registry
from coursekit.exercises.examine import examine
from tests.exercises.example import EXERCISES
registry._extra.extend(EXERCISES)
import functools
notebook.examine = functools.partial(examine, seconds=0.5)"""


@pytest.fixture(scope="module")
def kernel_outputs():
    """Outputs of some cells, run in a real kernel."""
    cells = {
        "stub": MSE.stub,
        "stub checked": "check(ex_mse)",
        "loop": "def ex_mse(preds, yb):\n    while True:\n        pass\ncheck(ex_mse)",
        "error": "def ex_mse(preds, yb):\n    n = 1\n    return preds / missing\ncheck(ex_mse)",
        "method": "class ex_mse:\n    def __init__(self, preds, yb):\n"
        "        self.x = [n for n in missing]\ncheck(ex_mse)",
        "print": "def ex_mse(preds, yb):\n    display(preds)\n    print(preds)\ncheck(ex_mse)",
        "alive": "6 * 7",
    }
    nb = nbformat.v4.new_notebook()
    nb.cells = [nbformat.v4.new_code_cell(c) for c in (PREPARE, *cells.values())]
    NotebookClient(nb, timeout=60).execute()
    return dict(zip(cells, (c.outputs for c in nb.cells[1:]), strict=True))


def plain(outputs) -> str:
    assert [o.output_type for o in outputs] == ["display_data"]
    assert set(outputs[0].data) == {"text/plain", "text/html"}
    return outputs[0].data["text/plain"]


def test_in_a_kernel_a_stub_is_not_attempted(kernel_outputs):
    assert plain(kernel_outputs["stub checked"]).startswith("○ ex_mse: not attempted yet.")


def test_in_a_kernel_a_loop_is_stopped_and_the_kernel_lives(kernel_outputs):
    assert plain(kernel_outputs["loop"]).startswith("■ ex_mse: stopped. No result within 0.5 s")
    assert kernel_outputs["alive"][0].data["text/plain"] == "42"


def test_in_a_kernel_an_error_names_the_students_line_without_a_traceback(kernel_outputs):
    said = plain(kernel_outputs["error"])
    assert "It raises NameError in its line 3." in said
    assert "name 'missing' is not defined" in said


def test_in_a_kernel_an_error_in_a_method_names_the_method(kernel_outputs):
    assert "NameError in line 2 of __init__" in plain(kernel_outputs["method"])


def test_in_a_kernel_what_the_answer_prints_or_displays_is_swallowed(kernel_outputs):
    assert "The result is None." in plain(kernel_outputs["print"])

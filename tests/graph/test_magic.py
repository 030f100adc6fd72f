"""The cell magic, in a real IPython shell."""

import pytest

from coursekit.graph import Drawing


@pytest.fixture
def shell(shell):
    shell.run_line_magic("load_ext", "coursekit.graph")
    shell.run_cell("import torch\nx = torch.tensor(2.0, requires_grad=True)")
    return shell


def test_cell_is_drawn_and_its_variables_are_the_notebooks(shell):
    drawing = shell.run_cell_magic("graph", "", "y = 3 * x**2\ny.backward()\n")
    assert isinstance(drawing, Drawing)
    assert drawing.alt.startswith("Computation graph of y = 12, from x")
    assert float(shell.user_ns["x"].grad) == 12
    assert drawing.graph.values[drawing.graph.roots[0]].name == "y"


def test_result_of_the_last_line_has_its_name(shell):
    drawing = shell.run_cell_magic("graph", "", "h = x**2\ny = 3 * h\n")
    assert drawing.alt.startswith("Computation graph of y = 12, from x")


def test_value_that_was_changed_in_place_keeps_its_prime(shell):
    drawing = shell.run_cell_magic("graph", "", "h = x * 1\nh += 2\ny = h * 3\n")
    assert [v.name for v in drawing.graph.values.values() if v.name] == ["x", "h", "h′", "y"]


def test_unknown_view_is_refused_before_the_cell_runs(shell):
    with pytest.raises(ValueError, match="no view 'modles'"):
        shell.run_cell_magic("graph", "modles", "late = x * x\n")
    assert "late" not in shell.user_ns


def test_word_chooses_the_view(shell):
    assert shell.run_cell_magic("graph", "compact", "y = x * x\n").view == "compact"


def test_cell_that_raises_is_drawn_as_far_as_it_ran(shell, capsys):
    drawing = shell.run_cell_magic("graph", "", "y = x * x\ny @ torch.ones(2)\n")
    assert any("RuntimeError" in op.error for op in drawing.graph.ops)
    assert "RuntimeError" in capsys.readouterr().out


def test_cell_without_torch_says_so(shell, capsys):
    assert shell.run_cell_magic("graph", "", "1 + 1\n") is None
    assert "no torch operation" in capsys.readouterr().out

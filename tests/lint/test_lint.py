"""The lint finds what it should: a good lesson passes, one change breaks exactly one rule."""

from __future__ import annotations

import pytest

from tests.lint import good
from tests.lint.breaks import BREAKS, Break
from tests.tools.lint import RULES, Lesson, lint
from tests.tools.normalise import dumps


@pytest.fixture
def lesson_from(tmp_path):
    """Make a Lesson of a notebook, in a folder with the files that it links to."""
    (tmp_path / good.EARLIER).write_text(dumps(good.good_lesson()), encoding="utf-8")
    (tmp_path / "line.png").touch()

    def make(nb, name: str = good.NAME) -> Lesson:
        path = tmp_path / name
        path.write_text(dumps(nb), encoding="utf-8")
        return Lesson.load(path, good.stubs)

    return make


def test_the_good_lesson_breaks_no_rule(lesson_from):
    assert [str(f) for f in lint(lesson_from(good.good_lesson()))] == []


@pytest.mark.parametrize("broken", BREAKS, ids=lambda b: b.name)
def test_one_change_breaks_its_rule_and_no_other(lesson_from, broken: Break):
    nb = good.good_lesson()
    findings = lint(lesson_from(broken.change(nb) or nb))
    messages = [str(f) for f in findings]
    assert {f.rule for f in findings} == broken.rules, messages
    assert any(broken.says in m for m in messages), messages
    assert all(m.startswith(good.NAME) for m in messages)


def test_every_rule_has_a_change_that_breaks_it():
    assert set(RULES) == set().union(*(b.rules for b in BREAKS))


def test_a_cell_that_counts_on_passes_where_the_text_says_so(lesson_from):
    nb = good.good_lesson()
    one = next(c for c in nb.cells if c.source == "double(21)")
    one.metadata.tags = ["once"]
    after = nb.cells[nb.cells.index(one) + 1]
    after.source += " Run it again, and it counts on."
    assert [str(f) for f in lint(lesson_from(nb))] == []


def test_a_stripped_notebook_fails(lesson_from):
    """nbval passes it without comparing anything: the lint is what makes that impossible."""
    nb = good.good_lesson()
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    assert {"run-order", "output-missing", "errors"} <= {f.rule for f in lint(lesson_from(nb))}


def test_a_message_names_notebook_cell_and_remedy(lesson_from):
    nb = good.good_lesson()
    nb.cells[11].outputs = []
    (finding,) = lint(lesson_from(nb))
    assert str(finding) == (
        "07_good_lesson.ipynb, cell 12 (In [5]): [output-missing] "
        "shows something, but no output is stored; run `make refresh`."
    )


@pytest.mark.parametrize(
    "text",
    [
        "loss 2.3026, accuracy 0.94",
        "torch.Size([64, 784])",
        "epoch 3: 5 s are many",  # a whole number of s may be a plural or a name
        "7/8 of the images, and/or 3:1, x[0:64:2] /2/3",
        "tensor([0.5000, 0.2500], dtype=torch.float64)",
        "File .../site-packages/torch/nn/modules/linear.py:134, in Linear.forward",
        "see https://pytorch.org/docs/stable/index.html",
        "cpu, cuda and mps are devices",
        "</b></td><td>text/html</td>",
    ],
)
def test_what_every_machine_shows_alike_passes(lesson_from, text):
    nb = good.good_lesson()
    nb.cells[8].outputs.insert(0, good.stream(text + "\n"))
    assert [str(f) for f in lint(lesson_from(nb))] == []


def test_a_machine_dependent_output_is_excused_by_its_tag(lesson_from):
    nb = good.good_lesson()
    nb.cells[8].metadata.tags = ["nbval-ignore-output"]
    nb.cells[8].outputs.insert(0, good.stream("12.5 ms on cuda:0\n"))
    assert [str(f) for f in lint(lesson_from(nb))] == []


def test_lesson_00_needs_no_recall_no_clinic_and_one_exercise(lesson_from):
    nb = good.good_lesson()
    name = "00_good_lesson.ipynb"
    nb.metadata.coursekit.update(lesson="00", needs=[])
    nb.cells[0].source = nb.cells[0].source.replace("# 07", "# 00").replace(good.NAME, name)
    nb.cells[2].source = "Hello."
    nb.cells[3].source = "## 1 · Double\n\nTwice."
    nb.cells[12].source = "And now an error."
    del nb.cells[17:23], nb.cells[11]
    assert [str(f) for f in lint(lesson_from(good.number(nb), name))] == []


@pytest.mark.parametrize("gone", range(len(good.good_lesson().cells)))
def test_the_lint_survives_any_missing_cell(lesson_from, gone):
    nb = good.good_lesson()
    del nb.cells[gone]
    assert all(f.message for f in lint(lesson_from(nb)))


def test_an_empty_notebook_is_told_what_it_lacks(lesson_from):
    nb = good.good_lesson()
    nb.cells = []
    assert {"title", "setup", "sections", "exercise-count"} <= {
        f.rule for f in lint(lesson_from(nb))
    }


def test_the_command_lists_rules_and_reports(lesson_from, capsys, monkeypatch):
    from tests.tools.lint import __main__ as command

    monkeypatch.setattr(command, "registry_stubs", good.stubs)
    nb = good.good_lesson()
    path = str(lesson_from(nb).path)
    assert command.main([path]) == 0
    assert "07_good_lesson.ipynb: nothing found" in capsys.readouterr().out
    nb.cells[11].outputs = []
    lesson_from(nb)
    assert command.main([path]) == 1
    assert "cell 12 (In [5]): [output-missing]" in capsys.readouterr().out
    assert command.main(["--rules"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(RULES)
    assert command.main(["99"]) == 2

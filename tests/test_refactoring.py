"""Counting what a loop costs: from its code, not from anybody's opinion."""

import pytest

from coursekit.refactoring import costs, lines_of_code, lines_that_mention, names_to_know

LOOP = """
def train(model, w, x, lr):
    history = []

    for xb in x.split(2):  # minibatches
        # one step
        loss = model(xb, w)

        w -= lr * w.grad
        history.append(float(loss))
    return history
"""


def test_only_the_loop_counts_without_blank_lines_and_comments():
    lines = [line.strip() for line in lines_of_code(LOOP)]
    assert len(lines) == 4
    assert lines[0].startswith("for xb") and lines[-1] == "history.append(float(loss))"


def test_without_a_loop_the_body_counts():
    assert lines_of_code("def f(x):\n    y = x\n    return y") == ["    y = x", "    return y"]


def test_names_made_in_the_loop_and_pythons_own_need_not_be_known():
    assert names_to_know(LOOP) == ["history", "lr", "model", "w", "x"]


def test_a_name_that_is_only_changed_in_place_must_exist_before():
    assert "w" in names_to_know("for x in xs:\n    w -= x")
    assert "w" not in names_to_know("for x in xs:\n    w = x\n    w -= x")


@pytest.mark.parametrize(
    ("body", "known"),
    [
        ("f = lambda z: z + i\n    print(f(i))", ["xs"]),
        ("try:\n        step(i)\n    except ValueError as e:\n        print(e)", ["step", "xs"]),
        ("def g(a, *b, c=1):\n        return a, b, c\n    g(i)", ["xs"]),
        ("import math as mm, os.path\n    mm.pi, os.sep", ["xs"]),
        ("class C:\n        pass\n    C()", ["xs"]),
    ],
)
def test_names_that_are_made_in_other_ways_need_not_be_known(body, known):
    assert names_to_know(f"for i in xs:\n    {body}") == known


def test_a_docstring_is_no_code():
    """As in recap's ``fit``, whose loop stands in a ``try``: its whole body counts."""
    told = 'def f(x):\n    """Say.\n\n    More.\n    """\n'
    assert lines_of_code(f"{told}    y = x\n    return y") == ["    y = x", "    return y"]
    assert names_to_know(f"{told}    return x") == ["x"]
    assert lines_of_code('def f(x):\n    """Say."""') == ['    """Say."""']


def test_lines_are_found_by_name_or_attribute_not_by_text():
    assert lines_that_mention(LOOP, ["w"]) == [
        "        loss = model(xb, w)",
        "        w -= lr * w.grad",
    ]
    assert lines_that_mention(LOOP, ["split"]) == ["    for xb in x.split(2):  # minibatches"]
    assert lines_that_mention(LOOP, ["minibatches", "l"]) == []


def test_functions_are_read_too_and_the_table_has_both_forms():
    from coursekit.recap import train_raw
    from coursekit.recap.lesson_08 import train_module

    table = costs(
        {"raw": train_raw, "<Module>": train_module}, {"another model": ["weights", "bias"]}
    )
    assert table.columns[-1] == "lines to edit for another model"
    assert [row[-1] for row in table.rows.values()] == [2, 0]
    page = table._repr_html_()
    assert "&lt;Module&gt;" in page and "<Module>" not in page
    assert len({len(line) for line in repr(table).splitlines()}) == 1


def test_nothing_to_compare_is_a_sentence():
    with pytest.raises(ValueError, match="nothing to compare"):
        costs({})

"""A small lesson that breaks no rule: what the lint's tests change in one place each."""

from __future__ import annotations

from itertools import count

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests.tools.lint.contract import COLAB_URL, SETUP
from tests.tools.normalise import normalise

NAME = "07_good_lesson.ipynb"
EARLIER = "03_sgd_in_numpy.ipynb"

TITLE = f"""\
# 07 · A good lesson

**Can a lesson be good?**

After this lesson you can

- double a number,
- read an error message,
- check your own answer.

Needs: [03 SGD in NumPy]({EARLIER}), 05 Autograd. About 60 minutes.

[**Open in Colab**]({COLAB_URL.format(name=NAME)})"""

ALT = "The line y = 2x, through the origin."
PICTURE = f'<img width="800" alt="{ALT}" src="data:image/png;base64,iVBORw0KGgo=">'
DRAWING = '<svg role="img" aria-label="A dot in a square."><circle r="3"/></svg>'
ANSWER = "<details><summary>Answer</summary>\n\nThe slope.\n\n</details>"
DATA = {
    "lesson": "07",
    "title": "A good lesson",
    "question": "Can a lesson be good?",
    "minutes": 60,
    "needs": ["03", "05"],
    "provides": ["double"],
}
STUBS = {
    "triple": "def triple(x):\n    ...",
    "halve": "def halve(x):\n    ...",
    "square": "def square(x):\n    ...",
}


def stubs(name: str) -> str | None:
    """The exercise registry of this lesson."""
    return STUBS.get(name)


def md(source: str, slide: str = "slide") -> NotebookNode:
    """A Markdown cell."""
    return new_markdown_cell(source, metadata={"slideshow": {"slide_type": slide}})


def code(
    source: str, *outputs: NotebookNode, slide: str = "-", tags: tuple[str, ...] = ()
) -> NotebookNode:
    """A code cell with stored outputs."""
    metadata = {"slideshow": {"slide_type": slide}}
    if tags:
        metadata["tags"] = list(tags)
    return new_code_cell(source, metadata=metadata, outputs=list(outputs))


def stream(text: str, name: str = "stdout") -> NotebookNode:
    """Printed text."""
    return new_output("stream", name=name, text=text)


def result(plain: str, **mimes: str) -> NotebookNode:
    """The value of a cell's last line; ``html=…`` adds text/html."""
    data = {"text/plain": plain} | {f"text/{k}": v for k, v in mimes.items()}
    return new_output("execute_result", data=data)


def good_lesson() -> NotebookNode:
    """The lesson, as if it had just been refreshed."""
    error = new_output(
        "error",
        ename="TypeError",
        evalue="unsupported operand",
        traceback=["TypeError", "Cell In[6], line 1"],
    )
    nb = new_notebook(metadata={"coursekit": dict(DATA)})
    nb.cells = [
        md(TITLE),
        code(SETUP, slide="skip"),
        md("## Recall\n\nWhat does a gradient say?\n\n" + ANSWER),
        md("## 1 · Double\n\nTwice is enough. See [the clinic](#Error-clinic)."),
        code("def double(x):\n    return 2 * x", tags=("recap",)),
        md("Twice two is four.", "subslide"),
        md("**Notes.** They say 42; some say 2121. 60 minutes. Cut first.", "notes"),
        md("**Predict.** What comes out?", "subslide"),
        code("double(21)", result("42")),
        md(
            "### The picture\n\n![A line through the origin](line.png)\n\nIt is straight.",
            "subslide",
        ),
        code("assert double(3) == 6\nplot_line(double)", result(ALT, html=PICTURE)),
        code("double.drawing", result("A dot in a square.", html=DRAWING)),
        md("## Error clinic\n\nAdd a word to a number."),
        code("1 + 'one'", error, tags=("raises-exception",)),
        md("## Exercises\n\nWrite `triple`.", "skip"),
        code(STUBS["triple"], slide="skip", tags=("exercise",)),
        code("check(triple)", stream("triple: not attempted yet\n"), slide="skip", tags=("check",)),
        md("Write `halve`.", "skip"),
        code(STUBS["halve"], slide="skip", tags=("exercise",)),
        code("check(halve)", stream("halve: not attempted yet\n"), slide="skip", tags=("check",)),
        md("Write `square`.", "skip"),
        code(STUBS["square"], slide="skip", tags=("exercise",)),
        code("check(square)", stream("square: not attempted yet\n"), slide="skip", tags=("check",)),
        md("## Recap\n\nYou can double."),
    ]
    return number(nb)


def number(nb: NotebookNode) -> NotebookNode:
    """Count the runs 1, 2, 3 … as ``refresh`` does, and bring ``nb`` into the committed form."""
    runs = count(1)
    for i, cell in enumerate(nb.cells):
        cell.id = f"cell-{i}"
        if cell.cell_type == "code":
            cell.execution_count = next(runs)
    return normalise(nb)

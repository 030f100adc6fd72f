"""Small decks for the walker's tests: one as full as slides may be, and one that is bad."""

from __future__ import annotations

import nbformat
from nbformat import NotebookNode

from tests.lint.good import code, md
from tests.tools.normalise import normalise

FIFTEEN_LINES = """\
import numpy as np

def sgd(x, y, lr=0.1, epochs=20, bs=16):
    \"\"\"Fit y = w x + b by minibatch gradient descent.\"\"\"
    w, b = 0.0, 0.0
    for epoch in range(epochs):
        for start in range(0, len(x), bs):
            xb, yb = x[start:start + bs], y[start:start + bs]
            error = w * xb + b - yb
            w -= lr * 2 * (error * xb).mean()
            b -= lr * 2 * error.mean()
    # A line of seventy-nine characters: the longest that the lint lets pass...
    return w, b

x = np.linspace(-1, 1, 64)
w, b = sgd(x, 3 * x + 1)
print(round(w, 2), round(b, 2))"""

PICTURE = """\
import coursekit.plot as plot

losses = [2.3, 1.1, 0.6, 0.4]
assert losses == sorted(losses, reverse=True), "the loss must fall"
plot.losses(losses)"""

TABLE = """\
from IPython.display import HTML
row = "<tr><td>{}</td><td>{}</td><td>{}</td></tr>"
rows = "".join(row.format(i, i * i, i**3) for i in range(1, 7))
HTML(f"<table><tr><th>n</th><th>square</th><th>cube</th></tr>{rows}</table>")"""

SVG = """\
from IPython.display import HTML
HTML('<svg role="img" aria-label="Two nodes." viewBox="0 0 400 300"'
     ' style="width: 40vw"><circle cx="60" cy="150" r="40"/><text x="140" y="160"'
     ' font-size="24">x → loss</text></svg>')"""


def full_deck() -> NotebookNode:
    """Every kind of slide that a lesson has, as full as the lint lets it be."""
    return deck_of(
        md(
            "# 99 · A full deck\n\n**Does all of this fit on a slide?**\n\nAfter this lesson you "
            "can\n\n- see every line,\n- read every number,\n- trust the projector.\n\n"
            "Needs: 98 Nothing. About 60 minutes.\n\n[**Open in Colab**](https://example.org)"
        ),
        code("%matplotlib inline\nimport numpy", slide="skip"),
        md("## 1 · Text\n\n" + "\n".join(f"- point {i} with `code` in it" for i in range(8))),
        md(
            "A sentence that comes later, with $w = 3$ and\n\n$$L = \\frac12 (wx - y)^2$$",
            "fragment",
        ),
        md("**Notes.** Ask first. Two minutes.", "notes"),
        md("## 2 · Code"),
        code(FIFTEEN_LINES),
        md("**Predict.** What will it print?", "subslide"),
        code("for i in range(12):\n    print(i, 'a line of output ' * 4)"),
        md("## 3 · Pictures\n\nThe loss, epoch by epoch."),
        code(PICTURE),
        md("### Drawn in the page", "subslide"),
        code(SVG),
        md("## 4 · Tables"),
        code(TABLE),
        md("A formula, a table and an answer:\n\n| a | b |\n|---|---|\n| 1 | 2 |", "subslide"),
        md("<details><summary>Answer</summary>\n\nThe slope is `3`.\n\n</details>", "-"),
        md("## 5 · Error clinic"),
        code("np.ones(3) @ np.ones(4)", tags=("raises-exception",)),
        md("A hidden exercise.", "skip"),
        code("hidden = 7", slide="skip"),
        md("## Recap\n\nIt fits."),
        code("assert hidden == 7, 'hidden cells run too'\nhidden"),
    )


def bad_deck() -> NotebookNode:
    """One fault per slide; the fault is the slide's heading."""
    return deck_of(
        md("# fine"),
        md("## too tall"),
        code("for i in range(40):\n    print(i)"),
        md("## too wide"),
        code("x = '" + "a long line " * 12 + "'"),
        md("## cell fails"),
        code("1 / 0"),
        md("## too small"),
        code(
            "from IPython.display import HTML\nHTML('<p style=\"font-size: 12px\">small print</p>')"
        ),
        md("## picture missing\n\n![A picture that is not there](nowhere.png)"),
        md("## picture too tall"),
        code(
            "HTML('<div style=\"height: 900px; background: tan\"><button>far</button>'\n"
            "     '<p style=\"margin-top: 850px\">down</p></div>')"
        ),
        md("## says too much\n\n" + "\n\n".join(["A long paragraph of words. " * 16] * 6)),
        md(
            "## answer too long\n\n<details><summary>Answer</summary>\n\n"
            + "\n\n".join(["A long paragraph of words. " * 16] * 6)
            + "\n\n</details>"
        ),
        md("## too tall when it is large"),
        code(
            "HTML('<div style=\"height: calc(2 * (100vw - 1280px))\"></div><p>down</p>')",
        ),
        md("## stays small"),
        code(
            'HTML(\'<svg role="img" aria-label="A dot that does not grow." width="400"\'\n'
            '     \' height="300"><circle cx="60" cy="150" r="40"/></svg>\'\n'
            "     '<p style=\"font-size: 19px\">nor do I</p>')"
        ),
        md("## drawn too small"),
        code("from coursekit import plot\nplot.heatmap([[1, 2], [3, 4]], height=6)"),
        md("## letters too small"),
        code(
            'HTML(\'<svg role="img" aria-label="A word, written small." viewBox="0 0 900 90"\'\n'
            '     \' style="width: 40vw"><text y="45" font-size="18">loss</text></svg>\')'
        ),
        md("## fine again"),
        code("print('still running')"),
    )


def hard_to_read() -> NotebookNode:
    """One barrier per slide; the word that axe has for it is the slide's heading."""
    return deck_of(
        md("# fine\n\nA [link](https://example.org) and `code`."),
        md("## color-contrast"),
        code("from IPython.display import HTML\nHTML('<p style=\"color: #aaa\">pale grey</p>')"),
        md("## image-alt"),
        code('HTML(\'<img width="90" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">\')'),
        md("## button-name"),
        code("HTML('<button style=\"width: 2em\"></button>')"),
        md("## heading-order\n\n#### Two levels down"),
    )


def deck_of(*cells: NotebookNode) -> NotebookNode:
    """A notebook of these cells."""
    nb = nbformat.v4.new_notebook(cells=list(cells))
    for i, cell in enumerate(nb.cells):
        cell.id = f"cell-{i}"
    return normalise(nb)

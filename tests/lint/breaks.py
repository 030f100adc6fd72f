"""One change to the good lesson per way of breaking a rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from nbformat import NotebookNode
from nbformat.v4 import new_output

from tests.lint.good import PICTURE, code, md, number, result, stream

Change = Callable[[NotebookNode], NotebookNode | None]


@dataclass(frozen=True)
class Break:
    """A change that must make exactly ``rules`` fire; ``says`` must be in a message."""

    name: str
    rules: set[str]
    says: str
    change: Change = field(repr=False)


BREAKS: list[Break] = []


def breaks(rules: str, says: str) -> Callable[[Change], Change]:
    """Register a change; the function's name is the test's."""

    def register(change: Change) -> Change:
        BREAKS.append(Break(change.__name__, set(rules.split()), says, change))
        return change

    return register


def cell(nb: NotebookNode, begins: str) -> NotebookNode:
    """The one cell whose text begins so."""
    (found,) = (c for c in nb.cells if c.source.startswith(begins))
    return found


def edit(nb: NotebookNode, begins: str, old: str, new: str) -> None:
    """Replace ``old`` by ``new`` in the cell that begins so."""
    one = cell(nb, begins)
    assert old in one.source
    one.source = one.source.replace(old, new)


def insert(nb: NotebookNode, begins: str, *cells: NotebookNode) -> NotebookNode:
    """Put cells before the one that begins so, and count anew."""
    at = nb.cells.index(cell(nb, begins))
    nb.cells[at:at] = cells
    return number(nb)


def remove(nb: NotebookNode, begins: str) -> NotebookNode:
    """Take the cell that begins so out, and count anew."""
    nb.cells.remove(cell(nb, begins))
    return number(nb)


def shows(nb: NotebookNode, text: str, *, tag: str = "") -> None:
    """Let ``double(21)`` print ``text``."""
    one = cell(nb, "double(21)")
    one.outputs.insert(0, stream(text + "\n"))
    if tag:
        one.metadata.tags = [tag]


# ---- files


@breaks("metadata form", "'colab'")
def editor_metadata(nb):
    nb.metadata.colab = {"provenance": []}


@breaks("metadata form", "kernelspec")
def other_kernel(nb):
    nb.metadata.kernelspec = {"name": "torch", "display_name": "torch", "language": "python"}


@breaks("cell-metadata form", "'ExecuteTime'")
def cell_metadata_of_an_editor(nb):
    cell(nb, "double(21)").metadata.ExecuteTime = {"start": 1}


@breaks("cell-metadata", "'recapp'")
def unknown_tag(nb):
    cell(nb, "double(21)").metadata.tags = ["recapp"]


@breaks("cell-metadata", "Markdown")
def tagged_markdown(nb):
    cell(nb, "## Recap").metadata.tags = ["recap"]


@breaks("form", "committed form")
def trailing_blank_line(nb):
    cell(nb, "double(21)").source += "\n"


@breaks("lesson-data", "exactly")
def no_lesson_data(nb):
    del nb.metadata.coursekit["needs"]


@breaks("lesson-data", "of type int")
def minutes_as_text(nb):
    nb.metadata.coursekit.minutes = "60"


@breaks("lesson-data", "the file's '07'")
def wrong_number(nb):
    nb.metadata.coursekit.lesson = "06"


@breaks("lesson-data", "only earlier lessons")
def needs_a_later_lesson(nb):
    nb.metadata.coursekit.needs = ["08"]


@breaks("lesson-data", "title")
def other_title(nb):
    nb.metadata.coursekit.title = "A bad lesson"


@breaks("lesson-data", "question")
def other_question(nb):
    nb.metadata.coursekit.question = "Why?"


@breaks("lesson-data", "About 55 minutes")
def other_minutes(nb):
    nb.metadata.coursekit.minutes = 55


@breaks("recap", "lacks it")
def recap_name_not_announced(nb):
    nb.metadata.coursekit.provides = []


@breaks("recap", "no cell tagged recap")
def recap_name_not_defined(nb):
    nb.metadata.coursekit.provides = ["double", "treble"]


@breaks("recap", "defines nothing")
def recap_tag_without_definition(nb):
    cell(nb, "double(21)").metadata.tags = ["recap"]


# ---- outputs


@breaks("run-order", "was not run")
def one_cell_not_run(nb):
    cell(nb, "def double").execution_count = None


@breaks("run-order output-count form", "18")
def run_twice(nb):
    for one in nb.cells[4:]:
        if one.cell_type == "code":
            one.execution_count += 16


@breaks("run-order output-count form", "another run")
def outputs_without_counts(nb):
    """What nbdev and many other cleaners leave."""
    for one in nb.cells:
        if one.cell_type == "code":
            one.execution_count = None


@breaks("output-count form", "another run")
def output_of_an_earlier_run(nb):
    cell(nb, "double(21)").outputs[0].execution_count = 99


@breaks("output-missing", "no output is stored")
def output_removed(nb):
    cell(nb, "double.drawing").outputs = []


@breaks("output-missing", "no output is stored")
def print_without_output(nb):
    edit(nb, "def double", "def double", "print('two')\n\ndef double")


@breaks("errors", "ended in TypeError")
def error_without_tag(nb):
    del cell(nb, "1 + 'one'").metadata["tags"]


@breaks("errors", "stores no error")
def tag_without_error(nb):
    cell(nb, "double(21)").metadata.tags = ["raises-exception"]


@breaks("address", "0x7f3a2b1c")
def memory_address(nb):
    shows(nb, "<function double at 0x7f3a2b1c>")


@breaks("timing", "12.5 ms")
def timing_in_ms(nb):
    shows(nb, "it took 12.5 ms")


@breaks("timing", "140.2it/s")
def progress_bar(nb):
    shows(nb, "100% 20/20, 140.2it/s")


@breaks("timing", "12:30:59")
def time_of_day(nb):
    shows(nb, "finished at 12:30:59")


@breaks("device", "cuda:0")
def device_name(nb):
    shows(nb, "tensor([1.], device='cuda:0')")


@breaks("path", "/home/ada/course/data.csv")
def path_of_linux(nb):
    shows(nb, "read /home/ada/course/data.csv")


@breaks("path", r"C:\Users\ada")
def path_of_windows(nb):
    shows(nb, r"read C:\Users\ada\data.csv")


@breaks("path", "~/course/data.csv")
def path_from_home(nb):
    shows(nb, "read ~/course/data.csv")


@breaks("stderr", "careful")
def text_on_stderr(nb):
    cell(nb, "double(21)").outputs.insert(0, stream("careful\n", "stderr"))


@breaks("stderr", "UserWarning")
def printed_warning(nb):
    shows(nb, "double.py:7: UserWarning: careful")


@breaks("widget", "IntSlider(")
def dead_widget(nb):
    cell(nb, "double(21)").outputs = [result("IntSlider(value=3)")]
    return number(nb)


@breaks("uncompared", "leaves 3 of 12")
def too_much_uncompared(nb):
    for begins in ("double(21)", "double.drawing", "def double"):
        cell(nb, begins).metadata.setdefault("tags", []).append("nbval-ignore-output")


@breaks("uncompared", "NBVAL_SKIP")
def comment_marker(nb):
    edit(nb, "double(21)", "double(21)", "# NBVAL_SKIP\ndouble(21)")


@breaks("picture", "image/png without alt text")
def raw_figure(nb):
    data = {"image/png": "iVBORw0KGgo=", "text/plain": "A line."}
    cell(nb, "double(21)").outputs = [new_output("display_data", data=data)]


@breaks("picture", "alt text is ''")
def picture_without_alt(nb):
    html = PICTURE.replace("alt=", "title=")
    cell(nb, "double(21)").outputs = [result("A line.", html=html)]
    return number(nb)


@breaks("picture", "<svg>")
def svg_without_label(nb):
    cell(nb, "double(21)").outputs = [result("A dot.", html="<svg><circle r='3'/></svg>")]
    return number(nb)


@breaks("picture", "<Figure size 640x480")
def no_text_for_the_picture(nb):
    plain = "<Figure size 640x480 with 1 Axes>"
    cell(nb, "double(21)").outputs = [result(plain, html=PICTURE)]
    return number(nb)


# ---- anatomy


@breaks("title", "# 07 ·")
def title_without_number(nb):
    edit(nb, "# 07", "# 07 · ", "# ")


@breaks("title", "Markdown with slide_type slide")
def title_on_no_slide(nb):
    nb.cells[0].metadata.slideshow.slide_type = "skip"


@breaks("title", "in bold")
def question_is_no_question(nb):
    edit(nb, "# 07", "good?", "good.")
    nb.metadata.coursekit.question = "Can a lesson be good."


@breaks("title", "exactly 3 objectives")
def four_objectives(nb):
    edit(nb, "# 07", "- read", "- read well,\n- read")


@breaks("title", "'Doubling'")
def objective_without_verb(nb):
    edit(nb, "# 07", "- double", "- Doubling")


@breaks("title", "After this lesson")
def objectives_not_announced(nb):
    edit(nb, "# 07", "After this lesson you can", "Objectives")


@breaks("title", "Needs:")
def needs_missing(nb):
    edit(nb, "# 07", "Needs:", "Prerequisites:")


@breaks("title", "its own copy")
def colab_link_of_another_lesson(nb):
    edit(nb, "# 07", "notebooks/07_good", "notebooks/08_good")


@breaks("setup shell line-length", "must be the set-up cell")
def setup_changed(nb):
    """What the set-up cell is excused from, a changed one is not."""
    edit(nb, "try:", "# on Colab", "# On Colab")


@breaks("setup", "second time")
def setup_twice(nb):
    edit(nb, "def double", "def double", "coursekit.lesson.start()\n\ndef double")


@breaks("sections", "no sections `## Recall`")
def recall_missing(nb):
    edit(nb, "## Recall", "## Recall", "## Remember")


@breaks("sections", "2 sections")
def two_recaps(nb):
    return insert(nb, "## Recap", md("## Recap\n\nAlmost."))


@breaks("sections", "in the order")
def sections_out_of_order(nb):
    edit(nb, "## Error clinic", "## Error clinic", "### Error-clinic\n\n## Exercises")
    edit(nb, "## Exercises\n\nWrite", "## Exercises", "## Error clinic")


@breaks("sections", "Recap must be the last")
def section_after_recap(nb):
    nb.cells.append(md("## Thanks\n\nTo all."))
    return number(nb)


@breaks("sections", "Recall comes first")
def section_before_recall(nb):
    return insert(nb, "## Recall", md("## Hello\n\nTo all."))


@breaks("headings", "second H1")
def second_h1(nb):
    edit(nb, "## 1 ·", "## 1 ·", "# 1 ·")


@breaks("headings", "from H2 to H4")
def level_left_out(nb):
    edit(nb, "### The picture", "###", "####")


@breaks("headings", "1 expected")
def section_number_wrong(nb):
    edit(nb, "## 1 ·", "## 1 ·", "## 2 ·")


@breaks("predict", "no code cell follows")
def prediction_without_answer(nb):
    return insert(nb, "double(21)", md("Think first.", "-"))


@breaks("notes", "go together")
def notes_on_a_slide(nb):
    cell(nb, "**Notes.**").metadata.slideshow.slide_type = "-"


@breaks("notes", "go together")
def notes_without_their_word(nb):
    edit(nb, "**Notes.**", "**Notes.**", "Say:")


@breaks("notes-last", "becomes a part of them")
def code_after_notes(nb):
    cell(nb, "**Predict.**").metadata.slideshow.slide_type = "-"


@breaks("notes-last", "put it before them")
def hidden_code_after_notes(nb):
    return insert(nb, "**Predict.**", code("six = 6", slide="skip"))


@breaks("notes-minutes", "must end with its minutes")
def notes_that_end_otherwise(nb):
    edit(nb, "**Notes.**", "Cut first.", "Cut first. But not always.")
    return insert(nb, "**Predict.**", md("**Notes.** Wait. 60 minutes. Cut first.", "notes"))


@breaks("notes-minutes", "a section without speaker notes")
def section_without_notes(nb):
    return insert(nb, "## Error clinic", md("## 2 · Triple\n\nThrice."))


@breaks("notes-plan", "but 60 by its metadata")
def notes_of_another_length(nb):
    edit(nb, "**Notes.**", "60 minutes", "49 minutes")


@breaks("notes-plan", "nobody sits over 90")
def notes_longer_than_a_class(nb):
    edit(nb, "**Notes.**", "60 minutes", "91 minutes")


@breaks("notes-plan", "what goes when it gets late")
def nothing_to_cut(nb):
    edit(nb, "**Notes.**", " Cut first.", "")


# ---- slides


@breaks("slide-type", "no slide_type")
def no_slide_type(nb):
    cell(nb, "double(21)").metadata = {}


@breaks("slide-type", "'page'")
def unknown_slide_type(nb):
    cell(nb, "double(21)").metadata.slideshow.slide_type = "page"


@breaks("slide-table", "make the table a list")
def formula_in_a_table(nb):
    cell(nb, "**Predict.**").source += "\n\n| a | b |\n|---|---|\n| 1 | $x^2$ |"


@breaks("slide-code", "16 lines of code")
def slide_full_of_code(nb):
    cell(nb, "def double").source += "\n    # why" * 14


# ---- budgets


@breaks("code-length", "21 lines of code")
def long_cell(nb):
    long = code("# why\n" * 20 + "n = 1", slide="skip")
    return insert(nb, "## Error clinic", md("More.", "skip"), long)


@breaks("code-median", "median of 6")
def long_median(nb):
    long = "# why\n" * 5 + "assert 1"
    new = [c for _ in range(9) for c in (md("More.", "skip"), code(long, slide="skip"))]
    return insert(nb, "## Error clinic", *new)


@breaks("after-prose", "before cells")
def code_without_prose(nb):
    return insert(nb, "double(21)", code("six = 6", slide="-"), code("ten = 10", slide="-"))


@breaks("code-run", "4th code cell in a row")
def four_code_cells_in_a_row(nb):
    new = [code(f"assert {i}", slide="skip", tags=()) for i in range(1, 3)]
    prose = [
        c for i in range(12) for c in (md("More.", "skip"), code(f"assert {i} < 99", slide="skip"))
    ]
    return insert(nb, "## Error clinic", *new, *prose)


@breaks("prose-length", "91 words")
def long_prose(nb):
    cell(nb, "## Recap").source = "## Recap\n\n" + "word " * 89 + "end"


@breaks("checks", "3 of 20 code cells")
def too_few_checks(nb):
    new = [c for i in range(9) for c in (md("More.", "skip"), code(f"n = {i}", slide="skip"))]
    edit(nb, "assert", "assert double(3) == 6", "double(3) == 6")
    return insert(nb, "## Error clinic", *new)


# ---- code


@breaks("syntax", "not valid Python")
def broken_code(nb):
    edit(nb, "def double", "return 2 * x", "return 2 x")
    nb.metadata.coursekit.provides = []


@breaks("star-import", "imports * from math")
def star_import(nb):
    edit(nb, "def double", "def double", "from math import *\n\ndef double")


@breaks("shell", "!ls")
def shell_line(nb):
    edit(nb, "def double", "def double", "!ls\n\ndef double")


@breaks("shell", "%pip")
def pip_outside_setup(nb):
    edit(nb, "def double", "def double", "%pip install torch\n\ndef double")


@breaks("line-length", "80 characters")
def long_line(nb):
    cell(nb, "def double").source += "  # " + "x" * (80 - 20)


# ---- exercises


@breaks("exercise-check", "must come next")
def exercise_without_check(nb):
    return remove(nb, "check(triple)")


@breaks("exercise-check", "not one `check(name)`")
def check_with_more(nb):
    cell(nb, "double(21)").metadata.tags = ["check"]
    cell(nb, "double(21)").metadata.slideshow.slide_type = "skip"


@breaks("exercise-stub", "is not the stub")
def stub_changed(nb):
    cell(nb, "def triple").source = "def triple(x):\n    return 3 * x"


@breaks("exercise-stub", "does not know")
def unknown_exercise(nb):
    edit(nb, "check(triple)", "triple", "treble")


@breaks("exercise-count", "has 2 exercises")
def too_few_exercises(nb):
    nb = remove(nb, "check(square)")
    return remove(nb, "def square")


@breaks("exercise-slide", "use skip")
def exercise_on_a_slide(nb):
    cell(nb, "def triple").metadata.slideshow.slide_type = "slide"


# ---- links


@breaks("links", "does not exist")
def link_to_a_missing_file(nb):
    edit(nb, "## Recap", "double.", "[double](08_nn_module.ipynb).")


@breaks("links", "no such heading")
def link_to_a_missing_heading(nb):
    edit(nb, "## 1 ·", "#Error-clinic", "#Error-cinema")


@breaks("links", "only this machine")
def link_to_localhost(nb):
    edit(nb, "## Recap", "double.", "[double](http://localhost:8888/lab).")


@breaks("links", "inside the notebook")
def attached_picture(nb):
    edit(nb, "### The picture", "line.png", "attachment:line.png")


@breaks("alt-text", "alt text is ''")
def markdown_picture_without_alt(nb):
    edit(nb, "### The picture", "A line through the origin", "")


@breaks("alt-text", "alt text is 'line'")
def html_picture_with_short_alt(nb):
    edit(
        nb,
        "### The picture",
        "![A line through the origin](line.png)",
        '<img src="line.png" alt="line">',
    )


@breaks("once", "what happens when it is run again")
def run_once_without_a_word(nb):
    cell(nb, "double(21)").metadata.tags = ["once"]

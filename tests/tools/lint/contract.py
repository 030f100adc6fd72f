"""What is the same in every lesson."""

from coursekit.publish import Address
from tests.tools.notebooks import ROOT

ADDRESS = Address.of(ROOT)
"""Where this copy of the course is published; ``make publish`` changes it."""

COLAB_URL = ADDRESS.badge + "{name}"

SETUP = f"""\
try:
    import coursekit.lesson
except ModuleNotFoundError:  # on Colab: fetch the course's helper package
    import site

    %pip install -q "coursekit @ {ADDRESS.requirement}"
    site.addsitedir(site.getusersitepackages())  # where pip may not write elsewhere
    import coursekit.lesson

coursekit.lesson.start()"""

FIXED_SECTIONS = ("Recall", "Error clinic", "Exercises", "Recap")
"""H2 titles that every lesson has, in this order, Recap last."""

NOT_IN_START = ("Recall", "Error clinic")
"""Lesson 00 needs neither."""

TAGS = {"check", "exercise", "nbval-ignore-output", "once", "raises-exception", "recap"}
"""The tags that mean something here. ``once``: run twice, the cell gives another result."""

LESSON_FIELDS = {
    "lesson": str,
    "title": str,
    "question": str,
    "minutes": int,
    "needs": list,
    "provides": list,
}
"""The notebook metadata ``coursekit``, and the type of each value."""

# Budgets
MEDIAN_CODE_LINES = 5
MAX_CODE_LINES = 20
MAX_SLIDE_CODE_LINES = 15
MAX_CODE_RUN = 3
MAX_LINE = 79
MAX_PROSE_WORDS = 90
AFTER_PROSE = 0.85
CHECKED = 0.20
MAX_UNCOMPARED = 0.10
EXERCISES = (3, 6)
MIN_ALT_WORDS = 3
CLASS_MINUTES = 90
CLASS_TOLERANCE = 10
"""A lesson in class, by its notes: at most so many minutes, and so near to what it states."""

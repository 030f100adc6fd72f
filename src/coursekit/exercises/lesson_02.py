"""Exercises of lesson 02, broadcasting."""

import dis
import inspect

from coursekit.exercises.model import Case, Exercise, Wrong, in_order

STRETCHED_SHAPE = Exercise(
    name="stretched_shape",
    lesson="02",
    kind="predict",
    stub="""
# x has shape (5, 1, 4) and y has shape (3, 1).
# Which shape does x + y have? Write a tuple, or "no" if they do not combine.
stretched_shape = ...
""",
    solution="""
stretched_shape = (5, 3, 4)
""",
    wrong=[
        Wrong("stretched_shape = 'no'", hint="They do. From the right: 4 over 1, then 1 over 3."),
        Wrong("stretched_shape = (5, 1, 4)", hint="The 1 in the middle meets a 3. Which one wins?"),
        Wrong("stretched_shape = (5, 3, 1)", hint="On the last axis 4 meets 1. Which one wins?"),
        Wrong("stretched_shape = (5, 1, 4, 3, 1)", hint="Shapes are compared, not joined."),
        Wrong("stretched_shape = (5, 4)", hint="Count the axes: the result has as many as x."),
        Wrong("stretched_shape = (3, 4)", hint="What meets the 5 of x, and what becomes of it?"),
    ],
    why="From the right: 4 and 1 give 4, 1 and 3 give 3, 5 and nothing give 5.",
)


def center_channels_cases():
    import numpy as np

    rng = np.random.default_rng(0)
    return [
        Case(np.arange(12.0).reshape(2, 2, 1, 3), about="2 colours of 1 by 3 pixels"),
        Case(rng.random((4, 3, 5, 3)), about="images as wide as there are colours"),
        Case(rng.random((1, 1, 2, 2)), about="one grey image"),
    ]


def centred(center_channels, images):
    """Name the result: it says more than "the result" in the verdict."""
    return {"the centred batch": center_channels(images)}


CENTER_CHANNELS = Exercise(
    name="center_channels",
    lesson="02",
    kind="fill",
    stub="""
def center_channels(images):
    # (n, c, h, w): subtract from each colour its mean over all images
    means = images.mean(axis=(0, 2, 3))  # (c,)
    return images - ...
""",
    given="import numpy as np",
    solution="""
def center_channels(images):
    means = images.mean(axis=(0, 2, 3))
    return images - means[:, None, None]
""",
    cases=center_channels_cases,
    observe=centred,
    wrong=[
        Wrong(
            "def center_channels(images):\n    means = images.mean(axis=(0, 2, 3))\n"
            "    return images - means",
            hint="At the right, the colours' means meet the columns of pixels. Move them left.",
        ),
        Wrong(
            "def center_channels(images):\n    means = images.mean(axis=(0, 2, 3))\n"
            "    return images - means[:, None]",
            hint="Now the means meet the rows of pixels. One more axis to the left.",
        ),
        Wrong(
            "def center_channels(images):\n    means = images.mean(axis=(0, 2, 3))\n"
            "    return images - means[:, None, None, None]",
            hint="Now the means meet the images. That is one axis too far.",
        ),
        Wrong(
            "def center_channels(images):\n    return images - images.mean()",
            hint="One mean for everything. Each colour has its own.",
        ),
        Wrong(
            "def center_channels(images):\n"
            "    return images - images.mean(axis=(2, 3), keepdims=True)",
            hint="That is a mean for each image. A colour has one mean over all images.",
        ),
    ],
)


def distances_cases():
    import numpy as np

    p = np.array([[0.0, 0.0], [3.0, 4.0], [1.0, 1.0]])
    # Not two points in q: the shape must tell its points from the two coordinates.
    return [
        Case(p, np.array([[0.0, 0.0], [6.0, 8.0], [-2.0, 1.0], [4.0, 0.0]])),
        Case(p, p, about="the way from each point to itself"),
        Case(p[:1], p[1:2], about="a single pair"),
    ]


def all_distances(distances, p, q):
    """Count the loops, first: whoever has one need not repair it. Name the result, as above."""
    code = getattr(inspect.unwrap(distances), "__code__", None)
    return {"the number of loops": loops_in(code), "the matrix of distances": distances(p, q)}


def loops_in(code):
    """How many times compiled code says ``for``, comprehensions included."""
    if not inspect.iscode(code):
        return 0
    own = sum(step.opname == "FOR_ITER" for step in dis.get_instructions(code))
    return own + sum(loops_in(inner) for inner in code.co_consts)


DISTANCES = Exercise(
    name="distances",
    lesson="02",
    kind="write",
    stub="""
def distances(p, q):
    # (n, 2) and (m, 2) points -> (n, m) distances, without a loop
    ...
""",
    given="import numpy as np",
    solution="""
def distances(p, q):
    apart = p[:, None] - q[None]
    return ((apart**2).sum(axis=-1)) ** 0.5
""",
    cases=distances_cases,
    observe=all_distances,
    wrong=[
        Wrong(
            "def distances(p, q):\n    return ((p - q) ** 2).sum(axis=-1) ** 0.5",
            hint="Every point with every point: which shapes must meet, to give (n, m, 2)?",
        ),
        Wrong(
            "def distances(p, q):\n    return ((p[:, None] - q[None]) ** 2).sum(axis=-1)",
            hint="Pythagoras is not finished: that is the square of the distance.",
        ),
        Wrong(
            "def distances(p, q):\n    return ((q[:, None] - p[None]) ** 2).sum(axis=-1) ** 0.5",
            hint="The points of p belong to the rows of the result.",
        ),
        Wrong(
            "def distances(p, q):\n    return np.abs(p[:, None] - q[None]).sum(axis=-1)",
            hint="That is the way along the streets of a town. You want the straight line.",
        ),
        Wrong(
            "def distances(p, q):\n    return ((p[:, None] - q[None]) ** 2).sum(axis=0) ** 0.5",
            hint="The points of p are gone from the result. What is to be added up?",
        ),
        Wrong(
            "def distances(p, q):\n    return ((p[:, None] - q[None]) ** 2).sum(axis=1) ** 0.5",
            hint="The points of q are gone from the result. Which axis must vanish?",
        ),
        Wrong(
            "def distances(p, q):\n    return ((p[:, None] - q[None]) ** 2).sum() ** 0.5",
            hint="One number for everything: along which axis are the squares added up?",
        ),
        Wrong(
            "def distances(p, q):\n"
            "    return np.array([[((a - b) ** 2).sum() ** 0.5 for b in q] for a in p])",
            hint="The distances are right. Now let broadcasting make the pairs, not `for`.",
        ),
        Wrong(
            "def distances(p, q):\n"
            "    return np.array([((a - q) ** 2).sum(axis=-1) ** 0.5 for a in p])",
            hint="The distances are right, with one loop. Which shapes meet if there is none?",
        ),
    ],
    why="(n, 1, 2) meets (1, m, 2): every pair, and the coordinates are added up.",
)


def product_in_order_cases():
    import numpy as np

    return [
        Case(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([[1.0], [0.0], [2.0]])),
        Case(np.eye(2), np.array([[1.0, 2.0], [3.0, 4.0]]), about="the unit matrix"),
    ]


def product(product_in_order, a, b):
    """Name the result, as above."""
    return {"the product": product_in_order(a, b)}


_PRODUCT_IN_ORDER = [
    "def product_in_order(a, b):",
    "    result = np.zeros((a.shape[0], b.shape[1]))",
    "    for i in range(a.shape[0]):",
    "        for j in range(b.shape[1]):",
    "            result[i, j] = (a[i] * b[:, j]).sum()",
    "    return result",
]

PRODUCT_IN_ORDER = Exercise(
    name="product_in_order",
    lesson="02",
    kind="order",
    stub="""
product_in_order = [
    "            result[i, j] = (a[i] * b[j]).sum()",
    "    return result",
    "        for j in range(b.shape[1]):",
    "def product_in_order(a, b):",
    "            result[i, j] = (a[i] * b[:, j]).sum()",
    "    for i in range(a.shape[0]):",
    "    result = np.zeros((a.shape[0], b.shape[1]))",
]
""",
    given="import numpy as np",
    solution=in_order("product_in_order", _PRODUCT_IN_ORDER),
    cases=product_in_order_cases,
    observe=product,
    wrong=[
        Wrong(
            in_order(
                "product_in_order",
                _PRODUCT_IN_ORDER,
                0,
                1,
                2,
                3,
                "            result[i, j] = (a[i] * b[j]).sum()",
                5,
            ),
            hint="b[j] is a row of b. A row of a meets what of b?",
        ),
        Wrong(
            in_order("product_in_order", _PRODUCT_IN_ORDER, 0, 2, 3, 4, 1, 5),
            hint="The result must be there before the first number is put into it.",
        ),
        Wrong(
            in_order("product_in_order", _PRODUCT_IN_ORDER, 0, 1, 5, 2, 3, 4),
            hint="The zeros are still there. Does any line run after return?",
        ),
    ],
)


def above_average_cases():
    import numpy as np

    square = np.array([[1.0, 2.0, 3.0], [4.0, 8.0, 9.0], [7.0, 7.0, 1.0]])
    return [
        Case(square, about="as many students as exams"),
        Case(np.array([[1.0, 2.0, 6.0], [5.0, 3.0, 4.0]]), about="2 students with 3 exams"),
        # Mean 2.85: rounded, cut off or half way from 1 to 5 it would give other answers.
        Case(np.array([[1.0, 2.5, 2.9, 5.0]]), about="one student"),
    ]


def which_exams(above_average, scores):
    """Name the result, as above."""
    return {"the answer": above_average(scores)}


ABOVE_AVERAGE = Exercise(
    name="above_average",
    lesson="02",
    kind="fix",
    stub="""
def above_average(scores):
    # (students, exams) points -> the same shape of True and False:
    # which exams were above the student's own average?
    return scores > scores.mean(axis=1)
""",
    given="import numpy as np",
    solution="""
def above_average(scores):
    return scores > scores.mean(axis=1, keepdims=True)
""",
    cases=above_average_cases,
    observe=which_exams,
    wrong=[
        Wrong(
            "def above_average(scores):\n    return scores > scores.mean(axis=0)",
            hint="That is the average of each exam. axis names the axis that vanishes.",
        ),
        Wrong(
            "def above_average(scores):\n    return scores > scores.mean()",
            hint="That is the average of everybody. Each student has one average.",
        ),
        Wrong(
            "def above_average(scores):\n    return scores >= scores.mean(axis=1)[:, None]",
            hint="An exam exactly at the average is not above it.",
        ),
        Wrong(
            "def above_average(scores):\n    return scores - scores.mean(axis=1)[:, None]",
            hint="You have the distance from the average. True or false: is it above?",
        ),
        Wrong(
            "def above_average(scores):\n    return scores > scores.mean(axis=1)[None]",
            hint="The averages lie along the exams, but each belongs to a student.",
        ),
        Wrong(
            "def above_average(scores):\n    return 1 * (scores > scores.mean(axis=1)[:, None])",
            hint="These are numbers. What does a comparison give by itself?",
        ),
        Wrong(
            "def above_average(scores):\n"
            "    return (scores > scores.mean(axis=1)[:, None]).tolist()",
            hint="Two arrays compared give an array: is there more to do?",
        ),
    ],
)

EXERCISES = (STRETCHED_SHAPE, CENTER_CHANNELS, DISTANCES, PRODUCT_IN_ORDER, ABOVE_AVERAGE)

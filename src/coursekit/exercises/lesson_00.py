"""Exercises of lesson 00, start here: what an exercise is."""

from coursekit.exercises.model import Case, Exercise, Wrong

RUNS_AFTER = Exercise(
    name="runs_after",
    lesson="00",
    kind="predict",
    stub="""
# You run: the reset cell, the counting cell, the counting cell,
# the reset cell, the counting cell. What is `runs` now?
runs_after = ...
""",
    solution="""
runs_after = 1
""",
    wrong=[
        Wrong("runs_after = 3", hint="What does the reset cell do the second time?"),
        Wrong("runs_after = 0", hint="The counting cell runs once more after the last reset."),
        Wrong("runs_after = 5", hint="Only one of the two cells counts."),
    ],
    why="Only what ran after the last reset counts: the kernel remembers the order of running.",
)


def average_cases():
    return [
        Case([2, 4]),
        Case([1.5], about="a single number"),
        Case(list(range(10)), about="ten numbers"),
    ]


AVERAGE = Exercise(
    name="average",
    lesson="00",
    kind="fix",
    stub="""
def average(numbers):
    total = 0
    for number in numbers:
        total = total + number
    return total / 10
""",
    solution="""
def average(numbers):
    total = 0
    for number in numbers:
        total = total + number
    return total / len(numbers)
""",
    cases=average_cases,
    wrong=[
        Wrong(
            "def average(numbers):\n    return sum(numbers)",
            hint="That is the sum. How many numbers share it?",
        ),
        Wrong(
            "def average(numbers):\n    return sum(numbers) // len(numbers) + 1",
            hint="Is this the division that keeps the part behind the point?",
        ),
        Wrong(
            "def average(numbers):\n    return sum(numbers) / 10",
            hint="It is right for ten numbers only. What should stand there instead of 10?",
        ),
    ],
)


def mean_of_squares_cases():
    return [
        Case([1.0, 3.0]),
        Case([-2.0], about="a negative number"),
        Case([0.0, 0.0, 0.0], about="zeros"),
    ]


MEAN_OF_SQUARES = Exercise(
    name="mean_of_squares",
    lesson="00",
    kind="write",
    stub="""
def mean_of_squares(numbers):
    # square each number, then take the mean of the squares
    ...
""",
    solution="""
def mean_of_squares(numbers):
    return sum(number**2 for number in numbers) / len(numbers)
""",
    cases=mean_of_squares_cases,
    wrong=[
        Wrong(
            "def mean_of_squares(numbers):\n    return (sum(numbers) / len(numbers)) ** 2",
            hint="Which comes first, squaring or the mean? The order changes the result.",
        ),
        Wrong(
            "def mean_of_squares(numbers):\n    return sum(n**2 for n in numbers)",
            hint="That is the sum of the squares. Twice the numbers must not give twice as much.",
        ),
        Wrong(
            "def mean_of_squares(numbers):\n    return sum(n * 2 for n in numbers) / len(numbers)",
            hint="Squaring is not doubling.",
        ),
    ],
    why="You will meet it again as the mean squared error, the first loss of this course.",
)

EXERCISES = (RUNS_AFTER, AVERAGE, MEAN_OF_SQUARES)

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
        Wrong("runs_after = 2", hint="It was 2 just before the second reset. What came then?"),
        Wrong("runs_after = 5", hint="Only one of the two cells counts."),
    ],
    why="Only what ran after the last reset counts: the kernel remembers the order of running.",
)


def average_cases():
    return [
        # Uneven, with a repeated and a negative number: median, middle, set and abs differ.
        Case([2, 2, 9, -1]),
        Case([1.5], about="a single number"),
        Case(list(range(10)), about="ten numbers"),
        Case([1, 1, 2], about="a result with many digits"),
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
            "def average(numbers):\n    return sum(numbers) // len(numbers)",
            hint="The part behind the point is lost. Which step drops it?",
        ),
        Wrong(
            "def average(numbers):\n    return sum(numbers) / 10",
            hint="It is right for ten numbers only. What should stand there instead of 10?",
        ),
        Wrong(
            "def average(numbers):\n    for number in numbers:\n"
            "        return number / len(numbers)",
            hint="Only the first number was added. When does the function return?",
        ),
    ],
)


def mean_of_squares_cases():
    return [
        Case([1.0, 2.0, 4.0]),
        Case([-3.0], about="a negative number"),
        Case([0.5, 0.0, -1.5], about="numbers that are not whole"),
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
        Wrong(
            "def mean_of_squares(numbers):\n    return sum(n ^ 2 for n in numbers) / len(numbers)",
            hint="In Python ^ is not the sign for a power.",
        ),
        Wrong(
            "def mean_of_squares(numbers):\n    return sum(numbers**2) / len(numbers)",
            hint="A list cannot be squared as a whole, only its numbers can.",
        ),
        Wrong(
            "def mean_of_squares(numbers):\n    for n in numbers:\n"
            "        return n**2 / len(numbers)",
            hint="Only the first number was squared and added. When does the function return?",
        ),
    ],
    why="You will meet it again as the mean squared error, the first loss of this course.",
)

EXERCISES = (RUNS_AFTER, AVERAGE, MEAN_OF_SQUARES)

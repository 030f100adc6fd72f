"""Exercises of lesson 04, tensors."""

from coursekit.exercises.model import Case, Exercise, Wrong, in_order

VANISHED_SHAPE = Exercise(
    name="vanished_shape",
    lesson="04",
    kind="predict",
    stub="""
# images has shape (64, 3, 28, 20): images, colours, rows, columns
# Which shape does images[:, 0].mean(dim=1) have?
vanished_shape = ...
""",
    solution="""
vanished_shape = (64, 20)
""",
    wrong=[
        Wrong("vanished_shape = (64, 28)", hint="After [:, 0] the axes are counted anew."),
        Wrong("vanished_shape = (64, 28, 20)", hint="That is images[:, 0]. Then comes the mean."),
        Wrong("vanished_shape = (64, 1, 20)", hint="Without keepdim the axis is gone."),
        Wrong("vanished_shape = (3, 20)", hint="Which axis does the 0 stand for in [:, 0]?"),
        Wrong("vanished_shape = (64, 3, 20)", hint="An index of one number removes its axis, too."),
    ],
    why="[:, 0] leaves (64, 28, 20), and of these axis 1, the 28 rows, vanishes in the mean.",
)


def relabel_cases():
    import numpy as np

    return [
        Case(np.array([3, 7, 7, 3])),
        Case(np.array([7, 7, 3]), about="another order"),
        Case(np.array([3]), about="a single 3"),
        Case(np.array([7]), about="a single 7"),
    ]


def labels_left(relabel, labels):
    """Name the tensor, and what became of the array that the plot still needs."""
    import torch

    y = relabel(labels)
    # Which of the whole numbers does not matter; on some machines the labels are int32, too.
    if torch.is_tensor(y) and y.dtype in (torch.int32, torch.int16, torch.int8, torch.uint8):
        y = y.long()
    return {"the tensor for the model": y, "the array for the plot": labels}


RELABEL = Exercise(
    name="relabel",
    lesson="04",
    kind="fix",
    stub="""
def relabel(labels):
    # labels: array of 3s and 7s, also used for the colours of a plot
    # returns a tensor of whole numbers: 0 for each 3, 1 for each 7
    y = torch.from_numpy(labels)
    y[y == 3] = 0
    y[y == 7] = 1
    return y
""",
    given="import torch",
    solution="""
def relabel(labels):
    y = torch.tensor(labels)
    y[y == 3] = 0
    y[y == 7] = 1
    return y
""",
    cases=relabel_cases,
    observe=labels_left,
    wrong=[
        Wrong(
            "def relabel(labels):\n    y = torch.as_tensor(labels)\n    y[y == 3] = 0\n"
            "    y[y == 7] = 1\n    return y",
            hint="Something still writes into the array's memory. (as_tensor shares it, too.)",
        ),
        Wrong(
            "def relabel(labels):\n    y = torch.from_numpy(labels.copy())\n    y[y == 3] = 1\n"
            "    y[y == 7] = 0\n    return y",
            hint="The plot is right again. But which of the two becomes 1?",
        ),
        Wrong(
            "def relabel(labels):\n    y = torch.tensor(labels)\n    return y == 7",
            hint="True and False: as whole numbers, please.",
        ),
        Wrong(
            "def relabel(labels):\n    y = torch.tensor(labels).float()\n    y[y == 3] = 0\n"
            "    y[y == 7] = 1\n    return y",
            hint="The values are right, but 0.0 and 1.0 are floats. Labels are whole numbers.",
        ),
    ],
    why="A copy of its own: torch.tensor, or clone(). The plot keeps its colours.",
)


def standardize_cases():
    import torch

    rng = torch.Generator().manual_seed(0)
    return [
        Case(torch.rand(5, 3, generator=rng) * 10),
        Case(torch.rand(6, 4, generator=rng), about="four measurements"),
        Case(torch.rand(3, 3, generator=rng), about="a square table, which hides mistakes"),
    ]


STANDARDIZE = Exercise(
    name="standardize",
    lesson="04",
    kind="write",
    stub="""
def standardize(x):
    # x: (n, k), n examples of k measurements
    # each measurement gets mean 0 and standard deviation 1 (torch's std)
    ...
""",
    given="import torch",
    solution="""
def standardize(x):
    return (x - x.mean(dim=0)) / x.std(dim=0)
""",
    cases=standardize_cases,
    wrong=[
        Wrong(
            "def standardize(x):\n    return (x - x.mean()) / x.std()",
            hint="One mean for everything. Each measurement needs its own.",
        ),
        Wrong(
            "def standardize(x):\n"
            "    return (x - x.mean(dim=1, keepdim=True)) / x.std(dim=1, keepdim=True)",
            hint="The axis that you name vanishes. Here each example got mean 0.",
        ),
        Wrong(
            "def standardize(x):\n    return x - x.mean(dim=0)",
            hint="The means are 0. What about the standard deviations?",
        ),
        Wrong(
            "def standardize(x):\n    return x / x.std(dim=0) - x.mean(dim=0)",
            hint="Only one of the two terms was divided. A pair of brackets is missing.",
        ),
        Wrong(
            "def standardize(x):\n    return x - x.mean(dim=0) / x.std(dim=0)",
            hint="Python divides before it subtracts. What was divided here?",
        ),
        Wrong(
            "def standardize(x):\n    return (x - x.mean(dim=0)) / x.std()",
            hint="The means are right. But one standard deviation served all measurements.",
        ),
        Wrong(
            "def standardize(x):\n    x -= x.mean(dim=0)\n    x /= x.std(dim=0)\n    return x",
            hint="This writes into the caller's table.",
        ),
        Wrong(
            "def standardize(x):\n    return (x - x.mean(dim=1)) / x.std(dim=1)",
            hint="One number for each example does not line up with x. Which axis must vanish?",
        ),
        Wrong(
            "def standardize(x):\n    return (x - x.mean(dim=0)) / x.var(dim=0)",
            hint="This divides by the square of the standard deviation.",
        ),
        Wrong(
            "def standardize(x):\n    return (x - x.mean(dim=0)) / x.std(dim=0, correction=0)",
            hint="Your std divides by n, as NumPy's does. torch's own divides by n - 1.",
        ),
    ],
    rtol=1e-3,  # std + 1e-5 is fine, too
    why="Axis 0, the examples, vanishes: (k,) means, and broadcasting does the rest.",
)


def side_by_side_cases():
    import torch

    def images(n, h, w):
        # Floats, and no pixel is 0: what rounds them or writes zeros over them shows.
        return torch.arange(1.0, n * h * w + 1).reshape(n, h, w) / 2

    return [
        Case(images(2, 2, 3)),
        Case(images(4, 3, 5), about="four images"),
        Case(images(2, 3, 3), about="square images"),
        Case(images(1, 2, 3), about="a single image"),
    ]


SIDE_BY_SIDE = Exercise(
    name="side_by_side",
    lesson="04",
    kind="fill",
    stub="""
def side_by_side(images):
    # (n, h, w) images -> one wide image (h, n * w), left to right
    n, h, w = images.shape
    in_order = ...
    return in_order.reshape(h, n * w)
""",
    given="import torch",
    solution="""
def side_by_side(images):
    n, h, w = images.shape
    in_order = images.permute(1, 0, 2)
    return in_order.reshape(h, n * w)
""",
    cases=side_by_side_cases,
    wrong=[
        Wrong(
            "def side_by_side(images):\n    n, h, w = images.shape\n"
            "    return images.reshape(h, n * w)",
            hint="reshape keeps the order of reading: image by image. What must be read first?",
        ),
        Wrong(
            "def side_by_side(images):\n    n, h, w = images.shape\n"
            "    return images.permute(1, 2, 0).reshape(h, n * w)",
            hint="Now the images are mixed pixel by pixel. Which axis runs fastest to the right?",
        ),
        Wrong(
            "def side_by_side(images):\n    n, h, w = images.shape\n"
            "    return images.permute(2, 0, 1).reshape(h, n * w)",
            hint="A row of the result is a row of pixels: which axis must come first?",
        ),
        Wrong(
            "def side_by_side(images):\n    n, h, w = images.shape\n"
            "    return images.permute(0, 2, 1).reshape(h, n * w)",
            hint="This swaps the rows and columns of each image. Which two axes must trade places?",
        ),
        Wrong(
            "def side_by_side(images):\n    n, h, w = images.shape\n"
            "    return images.permute(0, 2, 1, 3).reshape(h, n * w)",
            hint="The mosaic had four axes. images has three: n, h, w.",
        ),
    ],
    why="Read row by row, within a row image by image: the axes h, n, w, in this order.",
)


def pad_cases():
    return [
        Case([[1, 2, 3], [4, 5]]),
        Case([[7], [8, 9], [1, 2, 3, 4]], about="the longest last"),
        Case([[5, 6]], about="a single list"),
    ]


_PAD = [
    "def pad(rows):",
    "    longest = max(len(row) for row in rows)",
    "    padded = torch.zeros(len(rows), longest, dtype=torch.int64)",
    "    for i, row in enumerate(rows):",
    "        padded[i, : len(row)] = torch.tensor(row)",
    "    return padded",
]

PAD = Exercise(
    name="pad",
    lesson="04",
    kind="order",
    stub="""
pad = [
    "    longest = min(len(row) for row in rows)",
    "        padded[i, : len(row)] = torch.tensor(row)",
    "    return padded",
    "    longest = max(len(row) for row in rows)",
    "    for i, row in enumerate(rows):",
    "def pad(rows):",
    "    padded = torch.zeros(len(rows), longest, dtype=torch.int64)",
]
""",
    given="import torch",
    solution=in_order("pad", _PAD),
    cases=pad_cases,
    wrong=[
        Wrong(
            in_order("pad", _PAD, 0, "    longest = min(len(row) for row in rows)", 2, 3, 4, 5),
            hint="Is there room for the longest list?",
        ),
        Wrong(
            in_order("pad", _PAD, 0, 1, 3, 4, 2, 5),
            hint="Something is used before it is made.",
        ),
        Wrong(
            in_order("pad", _PAD, 0, 2, 1, 3, 4, 5),
            hint="How long the rows get must be known before they are made.",
        ),
        Wrong(
            in_order("pad", _PAD, 0, 1, 2, 5, 3, 4),
            hint="Only zeros came back. Which lines are reached before the return?",
        ),
    ],
    why="Room for the longest, zeros everywhere, then each list at the left of its row.",
)

EXERCISES = (VANISHED_SHAPE, RELABEL, STANDARDIZE, SIDE_BY_SIDE, PAD)

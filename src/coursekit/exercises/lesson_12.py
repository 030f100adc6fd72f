"""Exercises of lesson 12, a convolutional network."""

from coursekit.exercises.model import Case, Exercise, Wrong, in_order


def conv_size_cases():
    return [
        Case(28, 3),
        Case(28, 3, padding=1, about="padding"),
        Case(28, 3, stride=2, padding=1, about="stride 2"),
        Case(7, 3, stride=2, about="stride 2 without padding"),
        Case(10, 4, stride=3, padding=1, about="a place that does not fit"),
        Case(5, 5, about="a window as large as the image"),
        Case(10, 4, about="an even window"),
    ]


CONV_SIZE = Exercise(
    name="conv_size",
    lesson="12",
    kind="write",
    stub="""
def conv_size(n, k, stride=1, padding=0):
    # n pixels, a window of k -> how many answers along this axis
    ...
""",
    solution="""
def conv_size(n, k, stride=1, padding=0):
    return (n + 2 * padding - k) // stride + 1
""",
    cases=conv_size_cases,
    wrong=[
        Wrong(
            "def conv_size(n, k, stride=1, padding=0):\n    return (n + 2 * padding - k) // stride",
            hint="The window also has a first place, before it has moved at all.",
        ),
        Wrong(
            "def conv_size(n, k, stride=1, padding=0):\n    return (n + padding - k) // stride + 1",
            hint="Padding is put on both sides.",
        ),
        Wrong(
            "def conv_size(n, k, stride=1, padding=0):\n"
            "    return (n + 2 * padding - k) / stride + 1",
            hint="Half a place is no place, and a count is an int: which division rounds down?",
        ),
        Wrong(
            "def conv_size(n, k, stride=1, padding=0):\n    return n // stride",
            hint="That is true only where padding makes up for the window. What does k cost?",
        ),
    ],
)


def blur_cases():
    import torch

    dot = torch.zeros(1, 1, 5, 5)
    dot[0, 0, 2, 2] = 9.0
    return [
        Case(dot, about="a single 9 in the middle"),
        Case(torch.arange(30.0).reshape(2, 1, 3, 5), about="two images that are not square"),
    ]


BLUR = Exercise(
    name="blur",
    lesson="12",
    kind="fill",
    stub="""
def blur(images):
    # (n, 1, h, w) -> (n, 1, h, w)
    kernel = ...
    return F.conv2d(images, kernel, padding=1)
""",
    given="import torch\nimport torch.nn.functional as F",
    solution="""
def blur(images):
    kernel = torch.full((1, 1, 3, 3), 1 / 9)
    return F.conv2d(images, kernel, padding=1)
""",
    cases=blur_cases,
    wrong=[
        Wrong(
            "def blur(images):\n    kernel = torch.ones(1, 1, 3, 3)\n"
            "    return F.conv2d(images, kernel, padding=1)",
            hint="This is the sum of nine pixels. The weights of a mean add up to 1.",
        ),
        Wrong(
            "def blur(images):\n    kernel = torch.full((3, 3), 1 / 9)\n"
            "    return F.conv2d(images, kernel, padding=1)",
            hint="The weights are right. A convolution's weight has four axes: (out, in, k, k).",
        ),
        Wrong(
            "def blur(images):\n    kernel = torch.full((1, 1, 3, 3), 1 / 8)\n"
            "    kernel[0, 0, 1, 1] = 0\n    return F.conv2d(images, kernel, padding=1)",
            hint="Here the pixel itself does not count.",
        ),
        Wrong(
            "def blur(images):\n    kernel = torch.full((1, 1, 3, 3), 1 / 3)\n"
            "    return F.conv2d(images, kernel, padding=1)",
            hint="How many pixels lie under the window?",
        ),
        Wrong(
            "def blur(images):\n    kernel = torch.full((1, 1, 3, 3), 1 / 8)\n"
            "    return F.conv2d(images, kernel, padding=1)",
            hint="Nine weights of 1/8 are more than a whole. How many pixels lie under the window?",
        ),
        Wrong(
            "import numpy as np\n\n\ndef blur(images):\n    kernel = np.full((1, 1, 3, 3), 1 / 9)\n"
            "    return F.conv2d(images, kernel, padding=1)",
            hint="A convolution in torch wants tensors; this kernel is a NumPy array.",
        ),
        Wrong(
            "def blur(images):\n    kernel = [[1 / 9] * 3] * 3\n"
            "    return F.conv2d(images, kernel, padding=1)",
            hint="A convolution in torch wants tensors; this kernel is a list.",
        ),
        Wrong(
            "def blur(images):\n    return F.conv2d(images, 1 / 9, padding=1)",
            hint="The weight is right. A kernel has one for each place under the window.",
        ),
        Wrong(
            "def blur(images):\n    kernel = torch.full((1, 1, 3, 3), 1 / 9, dtype=torch.float64)\n"
            "    return F.conv2d(images, kernel, padding=1)",
            hint="Torch says Double for float64. Which dtype do the images have?",
        ),
    ],
)


def to_rows_cases():
    import torch

    return [
        Case(torch.arange(40.0).reshape(2, 5, 2, 2), about="maps of 2 by 2"),
        Case(torch.arange(24.0).flip(0).reshape(2, 2, 2, 3), about="maps of 2 by 3"),
        Case(torch.arange(30.0).reshape(3, 10, 1, 1), about="maps of one pixel"),
        Case(torch.arange(20.0).reshape(1, 5, 2, 2), about="a batch of one"),
    ]


TO_ROWS = Exercise(
    name="to_rows",
    lesson="12",
    kind="fix",
    stub="""
def to_rows(maps):
    # (n, channels, h, w) -> one row for each image, with all its numbers
    return maps.view(-1, maps.size(1))
""",
    given="import torch",
    solution="""
def to_rows(maps):
    return maps.flatten(1)
""",
    cases=to_rows_cases,
    wrong=[
        Wrong(
            "def to_rows(maps):\n    return maps.flatten()",
            hint="Now all images are in one row. Which axis must stay?",
        ),
        Wrong(
            "def to_rows(maps):\n    return maps.mean(dim=(2, 3))",
            hint="The means are a fine idea, but this function must keep every number.",
        ),
        Wrong(
            "def to_rows(maps):\n    return maps.squeeze()",
            hint="squeeze drops axes of length 1 and no others, a batch of one included.",
        ),
    ],
)


def small_cnn_cases():
    import torch

    return [Case(torch.rand(3, 784) - 0.5)]


def logits_of(small_cnn, images):
    """Return what the network makes of flat images; the engine has set the seed."""
    return {"the tensor of logits": small_cnn()(images)}


def network(*layers):
    """Source text of an answer with these layers."""
    lines = [f"        nn.{layer}," for layer in layers]
    return in_order("small_cnn", ["def small_cnn():", "    return nn.Sequential(", *lines, "    )"])


IMAGES, CONV = "Unflatten(1, (1, 28, 28))", "Conv2d(1, 8, 3, stride=2, padding=1)"
RELU, POOL, ROWS = "ReLU()", "AdaptiveAvgPool2d(1)", "Flatten()"
LINEAR, TOO_MANY = "Linear(8, 10)", "Linear(784, 10)"

SMALL_CNN = Exercise(
    name="small_cnn",
    lesson="12",
    kind="order",
    stub="""
small_cnn = [
    "        nn.Flatten(),",
    "        nn.Conv2d(1, 8, 3, stride=2, padding=1),",
    "    )",
    "        nn.Linear(8, 10),",
    "def small_cnn():",
    "        nn.ReLU(),",
    "        nn.Unflatten(1, (1, 28, 28)),",
    "        nn.Linear(784, 10),",
    "        nn.AdaptiveAvgPool2d(1),",
    "    return nn.Sequential(",
]
""",
    given="from torch import nn",
    solution=network(IMAGES, CONV, RELU, POOL, ROWS, LINEAR),
    cases=small_cnn_cases,
    observe=logits_of,
    wrong=[
        Wrong(
            network(IMAGES, CONV, POOL, ROWS, LINEAR, RELU),
            hint="A ReLU at the end: these logits can never be negative, and may die.",
        ),
        Wrong(
            network(IMAGES, CONV, POOL, RELU, ROWS, LINEAR),
            hint="It runs, but something else stands between the convolution and its ReLU.",
        ),
        Wrong(
            network(ROWS, TOO_MANY),
            hint="That is the linear model of lesson 07. Where does the window slide?",
        ),
        Wrong(
            network(IMAGES, RELU, CONV, POOL, ROWS, LINEAR),
            hint="Here the ReLU cuts the pixels, not the answers of the convolution.",
        ),
        Wrong(
            network(IMAGES, POOL, CONV, RELU, ROWS, LINEAR),
            hint="After pooling, one pixel is left of an image. Which layer needs to see more?",
        ),
        Wrong(
            network(IMAGES, CONV, POOL, ROWS, LINEAR),
            hint="With no ReLU, a convolution, pooling and a linear layer are one linear step.",
        ),
        Wrong(
            network(IMAGES, CONV, RELU, POOL, LINEAR),
            hint="A linear layer wants one row for each image. Which shape does pooling leave?",
        ),
        Wrong(
            network(IMAGES, CONV, RELU, ROWS, TOO_MANY),
            hint="There are 8 maps of 14 by 14 numbers here: more than this linear layer expects.",
        ),
    ],
)

EXERCISES = (CONV_SIZE, BLUR, TO_ROWS, SMALL_CNN)

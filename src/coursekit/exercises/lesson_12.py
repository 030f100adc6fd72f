"""Exercises of lesson 12, a convolutional network."""

from coursekit.exercises.model import Case, Exercise, Wrong

COLOUR_PARAMETERS = Exercise(
    name="colour_parameters",
    lesson="12",
    kind="predict",
    stub="""
# How many parameters has nn.Conv2d(3, 32, 5), for colour images?
colour_parameters = ...
""",
    solution="""
colour_parameters = 2432
""",
    wrong=[
        Wrong("colour_parameters = 32 * 3 * 25", hint="Each of the 32 maps also has a bias."),
        Wrong("colour_parameters = 32 * 25 + 32", hint="A window reaches through all 3 colours."),
        Wrong("colour_parameters = 32 * 3 * 5 + 32", hint="The window has 5 rows and 5 columns."),
        Wrong("colour_parameters = 3 * 32", hint="How many weights has one window?"),
    ],
    rtol=1e-9,
    why="32 windows of 3 by 5 by 5 weights, and 32 biases.",
)


def conv_size_cases():
    return [
        Case(28, 3),
        Case(28, 3, padding=1, about="padding"),
        Case(28, 3, stride=2, padding=1, about="stride 2"),
        Case(7, 3, stride=2, about="stride 2 without padding"),
        Case(10, 4, stride=3, padding=1, about="a place that does not fit"),
        Case(5, 5, about="a window as large as the image"),
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
        Case(dot),
        Case(torch.arange(32.0).reshape(2, 1, 4, 4), about="a batch of two"),
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
    ],
)


def to_rows_cases():
    import torch

    return [
        Case(torch.arange(40.0).reshape(2, 5, 2, 2), about="maps of 2 by 2"),
        Case(torch.arange(30.0).reshape(3, 10, 1, 1), about="maps of one pixel"),
        Case(torch.arange(20.0).reshape(1, 5, 2, 2), about="a batch of one"),
    ]


TO_ROWS = Exercise(
    name="to_rows",
    lesson="12",
    kind="fix",
    stub="""
def to_rows(maps):
    # (n, channels, h, w) -> one row for each image
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
    return [Case()]


def layers_and_shape(small_cnn):
    """Return which layers the network has, and what it makes of three flat images."""
    import torch

    torch.manual_seed(0)
    model = small_cnn()
    return {
        "the layers": [type(layer).__name__ for layer in model],
        "the shape of the logits": tuple(model(torch.zeros(3, 784)).shape),
    }


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
    solution="""
small_cnn = [
    "def small_cnn():",
    "    return nn.Sequential(",
    "        nn.Unflatten(1, (1, 28, 28)),",
    "        nn.Conv2d(1, 8, 3, stride=2, padding=1),",
    "        nn.ReLU(),",
    "        nn.AdaptiveAvgPool2d(1),",
    "        nn.Flatten(),",
    "        nn.Linear(8, 10),",
    "    )",
]
""",
    cases=small_cnn_cases,
    observe=layers_and_shape,
    wrong=[
        Wrong(
            """
small_cnn = [
    "def small_cnn():",
    "    return nn.Sequential(",
    "        nn.Unflatten(1, (1, 28, 28)),",
    "        nn.Conv2d(1, 8, 3, stride=2, padding=1),",
    "        nn.AdaptiveAvgPool2d(1),",
    "        nn.Flatten(),",
    "        nn.Linear(8, 10),",
    "        nn.ReLU(),",
    "    )",
]
""",
            hint="A ReLU at the end: these logits can never be negative, and may die.",
        ),
        Wrong(
            """
small_cnn = [
    "def small_cnn():",
    "    return nn.Sequential(",
    "        nn.Unflatten(1, (1, 28, 28)),",
    "        nn.Conv2d(1, 8, 3, stride=2, padding=1),",
    "        nn.AdaptiveAvgPool2d(1),",
    "        nn.ReLU(),",
    "        nn.Flatten(),",
    "        nn.Linear(8, 10),",
    "    )",
]
""",
            hint="It runs, but the mean is taken first: the ReLU belongs behind the convolution.",
        ),
        Wrong(
            """
small_cnn = [
    "def small_cnn():",
    "    return nn.Sequential(",
    "        nn.Flatten(),",
    "        nn.Linear(784, 10),",
    "    )",
]
""",
            hint="That is the linear model of lesson 07. Where does the window slide?",
        ),
    ],
)

EXERCISES = (COLOUR_PARAMETERS, CONV_SIZE, BLUR, TO_ROWS, SMALL_CNN)

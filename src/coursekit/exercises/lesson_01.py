"""Exercises of lesson 01, computation graphs."""

from coursekit.exercises.model import Case, Exercise, Wrong, in_order

SLOPE_OF_SINE = Exercise(
    name="slope_of_sine",
    lesson="01",
    kind="predict",
    stub="""
# dy/dx of y = sin(x**2) at x = 2
slope_of_sine = ...
""",
    solution="""
slope_of_sine = -2.6146
""",
    given="import numpy as np",
    wrong=[
        Wrong("slope_of_sine = np.cos(4)", hint="That is dy/du. How fast does u grow with x?"),
        Wrong("slope_of_sine = np.cos(4) + 4", hint="Along a chain, rates multiply."),
        Wrong(
            "slope_of_sine = np.cos(2) * 4",
            hint="The cosine is taken where the sine was taken: at u, not at x.",
        ),
        Wrong("slope_of_sine = np.sin(4) * 4", hint="The derivative of the sine is the cosine."),
        Wrong(
            "slope_of_sine = np.cos(np.radians(4)) * 4",  # as near to 4 as makes no difference
            hint="Is that du/dx alone? Or a cosine in degrees? Calculus measures in radians.",
        ),
        Wrong("slope_of_sine = 2.6146", hint="The size is right. Is cos 4 above or below 0?"),
    ],
    rtol=0.01,
    why="dy/du = cos 4 and du/dx = 4, and along a chain they multiply.",
)


def relu_cases():
    import numpy as np

    return [
        Case(np.array([1.0, 1.0, 1.0]), np.array([2.0, -3.0, 0.5])),
        Case(
            np.array([0.5, 4.0, -2.0]), np.array([2.0, -3.0, 0.5]), about="a negative number in g"
        ),
        Case(np.array([[3.0, 1.0]]), np.array([[-0.5, 4.0]]), about="a matrix"),
        Case(np.array(2.0), np.array(-1.0), about="a single number"),
    ]


RELU_BACK = Exercise(
    name="relu_back",
    lesson="01",
    kind="write",
    stub="""
def relu_back(g, a):
    # forward was np.maximum(a, 0); g has the shape of a
    # return a tuple with one contribution
    ...
""",
    solution="""
def relu_back(g, a):
    return (g * (a > 0),)
""",
    cases=relu_cases,
    given="import numpy as np",
    wrong=[
        Wrong(
            "def relu_back(g, a):\n    return g * (a > 0)",
            hint="One contribution for each arrow, in a tuple: a comma makes one.",
        ),
        Wrong(
            "def relu_back(g, a):\n    return (1.0 * (a > 0),)",
            hint="That is relu's own derivative. What arrives from the end is g.",
        ),
        Wrong(
            "def relu_back(g, a):\n    return (g * np.maximum(a, 0),)",
            hint="That multiplies by the value of relu. By which factor does a positive a pass on?",
        ),
        Wrong(
            "def relu_back(g, a):\n    return (np.maximum(g, 0),)",
            hint="It is a, not g, that decides what passes. A gradient may be negative.",
        ),
        Wrong(
            "def relu_back(g, a):\n    return (g * (a < 0),)",
            hint="Where a is negative, relu is flat: nothing passes there.",
        ),
        Wrong(
            "def relu_back(g, a):\n    return (np.maximum(g, 0) * (a > 0),)",
            hint="Where a is positive, what becomes of a negative g?",
        ),
        Wrong(
            "def relu_back(g, a):\n    return (g if a > 0 else 0 * g,)",
            hint="`if` wants one answer. An array compared with 0 gives one for each number.",
        ),
    ],
    why="Where a is positive the gradient passes unchanged, elsewhere nothing does.",
)


def divide_cases():
    import numpy as np

    a, b = np.array([6.0, 1.0, -3.0]), np.array([2.0, 4.0, 0.5])
    return [
        Case(np.ones(3), a, b),
        Case(np.array([2.0, -1.0, 0.5]), a, b, about="another g"),
        Case(np.array(3.0), np.array(1.0), np.array(-2.0), about="single numbers"),
    ]


DIVIDE_BACK = Exercise(
    name="divide_back",
    lesson="01",
    kind="fill",
    stub="""
def divide_back(g, a, b):
    # forward was a / b
    to_a = g / b
    to_b = ...
    return to_a, to_b
""",
    solution="""
def divide_back(g, a, b):
    to_a = g / b
    to_b = -g * a / b**2
    return to_a, to_b
""",
    cases=divide_cases,
    given="import numpy as np",
    wrong=[
        Wrong(
            "def divide_back(g, a, b):\n    return g / b, g * a / b**2",
            hint="A larger b makes a / b smaller, where a is positive. Which sign is that?",
        ),
        Wrong(
            "def divide_back(g, a, b):\n    return g / b, -a / b**2",
            hint="The own derivative is right. Times what?",
        ),
        Wrong(
            "def divide_back(g, a, b):\n    return g / b, -g / b**2",
            hint="That would be right for 1 / b.",
        ),
        Wrong(
            "def divide_back(g, a, b):\n    return g / b, -g * a / b",
            hint="The derivative of 1 / b has b squared below.",
        ),
        Wrong(
            "def divide_back(g, a, b):\n    return g / b, g / a",
            hint="The two arguments do not play the same part: a / b is not b / a.",
        ),
    ],
    why="check_gradient would say the same: add both rows to FORWARD and BACKWARD and ask it.",
)


def send_back_cases():
    import numpy as np

    from coursekit.recap import Node

    def chain():
        return Node(2, name="x").tanh()

    def fan_out():
        x = Node([1, 2, 3], name="x")
        return x @ Node([[2, 0, 1], [0, 1, 0], [1, 0, 3]]) @ x

    def waits():
        x = Node(3, name="x")
        y = x * x
        return y * x + y

    return [
        Case(chain, about="a chain of one operation"),
        Case(fan_out, about="a value that is used twice"),
        Case(waits, about="a node that must wait for two contributions"),
        Case(lambda: Node(np.array(1.5), name="x"), about="a leaf alone"),
    ]


def gradient_of_x(send_back, make):
    """Build the graph, send a gradient through it, return what arrived at the leaf ``x``."""
    from coursekit.recap import topological_order

    root = make()
    send_back(root)
    (x,) = (node for node in topological_order(root) if node.name == "x")
    return {"the gradient of x": x.grad}


_SEND_BACK = [
    "def send_back(root):",
    "    order = topological_order(root)",
    "    for node in order:",
    "        node.grad = np.zeros_like(node.value)",
    "    root.grad = np.ones_like(root.value)",
    "    for node in reversed(order):",
    "        for parent, part in zip(node.parents, contributions(node)):",
    "            parent.grad += part",
]

SEND_BACK = Exercise(
    name="send_back",
    lesson="01",
    kind="order",
    stub="""
send_back = [
    "            parent.grad += part",
    "    for node in reversed(order):",
    "            parent.grad = part",
    "    root.grad = np.ones_like(root.value)",
    "        for parent, part in zip(node.parents, contributions(node)):",
    "    order = topological_order(root)",
    "        node.grad = np.zeros_like(node.value)",
    "def send_back(root):",
    "    for node in order:",
]
""",
    solution=in_order("send_back", _SEND_BACK),
    cases=send_back_cases,
    observe=gradient_of_x,
    given="import numpy as np\nfrom coursekit.recap import contributions, topological_order",
    wrong=[
        Wrong(
            in_order(
                "send_back", _SEND_BACK, 0, 1, 2, 3, 4, 5, 6, "            parent.grad = part"
            ),
            hint="Where paths meet, contributions add. Here the last one wins.",
        ),
        Wrong(
            in_order("send_back", _SEND_BACK, 0, 1, 4, 2, 3, 5, 6, 7),
            hint="Zeros travel back. Is the 1 at the end still there when they start?",
        ),
        Wrong(
            in_order("send_back", _SEND_BACK, 0, 1, 5, 3, 4, 2, 6, 7),
            hint="This walks from the leaves to the end. Where does the gradient start?",
        ),
        Wrong(
            in_order("send_back", _SEND_BACK, 0, 2, 3, 1, 4, 5, 6, 7),
            hint="A line uses `order` before it is made.",
        ),
        Wrong(
            in_order("send_back", _SEND_BACK, 0, 1, 4, 5, 6, 7),
            hint="A contribution is added to a gradient that is not there yet.",
        ),
    ],
    why="All start at 0, the end at 1; then from the end, each node sends when it has everything.",
)


def witness_cases():
    return [
        Case(lambda x: x**2, 3.0),
        Case(lambda x: 2 * x + 1, -1.0, about="a straight line"),
        Case(lambda x: x**3, 0.5, 1e-3, about="another h"),
        Case(lambda x: 1 - x**3, 1.0, about="a function that falls"),
    ]


WITNESS = Exercise(
    name="witness",
    lesson="01",
    kind="fix",
    stub="""
def witness(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / h
""",
    solution="""
def witness(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / (2 * h)
""",
    cases=witness_cases,
    wrong=[
        Wrong(
            "def witness(f, x, h=1e-5):\n    return (f(x + h) - f(x - h)) / 2 * h",
            hint="That is almost 0. Does Python divide by h here, or multiply by it?",
        ),
        Wrong(
            "def witness(f, x, h=1e-5):\n    return (f(x + h) - f(x)) / (2 * h)",
            hint="From x to x + h is one h, not two.",
        ),
        Wrong(
            "def witness(f, x, h=1e-5):\n    return (f(x + h) - f(x)) / h",
            hint="That looks at one side only. Keep both: their errors cancel.",
        ),
        Wrong(
            "def witness(f, x, h=1e-5):\n    return (f(x - h) - f(x + h)) / (2 * h)",
            hint="The sign is wrong. Is that what f gains on the way up, from x - h to x + h?",
        ),
    ],
    rtol=1e-7,
    why="From x - h to x + h the input moves by 2h.",
)

EXERCISES = (SLOPE_OF_SINE, RELU_BACK, DIVIDE_BACK, SEND_BACK, WITNESS)

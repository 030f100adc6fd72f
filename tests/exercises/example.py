"""One exercise of every kind, written as in a lesson's module."""

from coursekit.exercises import Case, Exercise, Wrong


def mse_cases():
    import torch

    return [
        Case(torch.tensor([1.0, 3.0, 4.0]), torch.tensor([1.0, 1.0, 1.0])),
        Case(torch.tensor([2.0]), torch.tensor([5.0]), about="a batch of one"),
        Case(torch.tensor([[2.0, 1.0]]), torch.tensor([[2.0, 1.0]]), about="perfect predictions"),
    ]


MSE = Exercise(
    name="ex_mse",
    lesson="90",
    kind="write",
    stub="""
def ex_mse(preds, yb):
    # the mean of the squared differences
    ...
""",
    given="import torch",
    solution="""
def ex_mse(preds, yb):
    return ((preds - yb) ** 2).mean()
""",
    cases=mse_cases,
    wrong=[
        Wrong(
            "def ex_mse(preds, yb):\n    return ((preds - yb) ** 2).sum()",
            hint="Twice as many examples must not give twice the loss.",
        ),
        Wrong(
            "def ex_mse(preds, yb):\n    return (preds - yb).abs().mean()",
            hint="Is each difference squared?",
        ),
        Wrong(
            "def ex_mse(preds, yb):\n    preds -= yb\n    return (preds ** 2).mean()",
            hint="This writes into the caller's predictions.",
        ),
        Wrong(
            "def ex_mse(preds, yb):\n    return ((preds - yb) ** 2).mean().item()",
            hint="A number cannot be differentiated any more.",
        ),
    ],
)


def softmax_cases():
    import torch

    return [
        Case(torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 5.0]])),
        Case(torch.zeros(0, 3), about="an empty batch"),
    ]


SOFTMAX = Exercise(
    name="ex_softmax",
    lesson="90",
    kind="fill",
    stub="""
def ex_softmax(x):
    e = x.exp()
    total = ...
    return e / total
""",
    given="import torch",
    solution="""
def ex_softmax(x):
    e = x.exp()
    total = e.sum(dim=1, keepdim=True)
    return e / total
""",
    cases=softmax_cases,
    wrong=[
        Wrong(
            "def ex_softmax(x):\n    e = x.exp()\n    return e / e.sum()",
            hint="Each row must add up to 1, not the whole batch.",
        ),
        Wrong(
            "def ex_softmax(x):\n    e = x.exp()\n    return e / e.sum(dim=1)",
            hint="Print the shape of total: does it line up with the rows?",
        ),
    ],
)


def sgd_cases():
    import torch

    def leaf(*values):
        p = torch.tensor(values, requires_grad=True)
        (p**2).sum().backward()
        return p

    return [
        Case(leaf(1.0, 2.0), lr=0.5),
        Case(leaf(-1.0), lr=0.0, about="a learning rate of zero"),
    ]


SGD = Exercise(
    name="ex_sgd_step",
    lesson="90",
    kind="order",
    stub="""
ex_sgd_step = [
    "        p.grad.zero_()",
    "    with torch.no_grad():",
    "        p -= lr * p.grad",
    "def ex_sgd_step(p, lr):",
    "        p += lr * p.grad",
]
""",
    given="import torch",
    solution="""
ex_sgd_step = [
    "def ex_sgd_step(p, lr):",
    "    with torch.no_grad():",
    "        p -= lr * p.grad",
    "        p.grad.zero_()",
]
""",
    cases=sgd_cases,
    wrong=[
        Wrong(
            "ex_sgd_step = ['def ex_sgd_step(p, lr):', '    with torch.no_grad():', "
            "'        p.grad.zero_()', '        p -= lr * p.grad']",
            hint="When the step is taken, what is in p.grad?",
        ),
        Wrong(
            "ex_sgd_step = ['    with torch.no_grad():', 'def ex_sgd_step(p, lr):', "
            "'        p -= lr * p.grad', '        p.grad.zero_()']",
            hint="A function starts with its def.",
        ),
        Wrong(
            "ex_sgd_step = ['def ex_sgd_step(p, lr):', '    with torch.no_grad():', "
            "'        p += lr * p.grad', '        p.grad.zero_()']",
            hint="This step goes uphill.",
        ),
    ],
)

LOSS = Exercise(
    name="ex_first_loss",
    lesson="90",
    kind="predict",
    stub="ex_first_loss = ...",
    solution="ex_first_loss = 2.3026",
    rtol=0.02,
    why="Ten equally likely digits: -log(1/10).",
    wrong=[Wrong("ex_first_loss = 0.1", hint="That is the probability; what is its surprise?")],
)

SHAPE = Exercise(
    name="ex_shape",
    lesson="90",
    kind="predict",
    stub="ex_shape = ...",
    solution="ex_shape = (64, 10)",
    wrong=[Wrong("ex_shape = (10, 64)", hint="Rows are examples.")],
)


def accuracy_cases():
    import torch

    preds = torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
    return [
        Case(preds, torch.tensor([0, 0, 0])),
        Case(preds[:1], torch.tensor([1]), about="a batch that is all wrong"),
    ]


ACCURACY = Exercise(
    name="ex_accuracy",
    lesson="90",
    kind="fix",
    stub="""
def ex_accuracy(preds, yb):
    return (preds.argmax(dim=0) == yb).float().mean()
""",
    given="import torch",
    solution="""
def ex_accuracy(preds, yb):
    return (preds.argmax(dim=1) == yb).float().mean()
""",
    cases=accuracy_cases,
    wrong=[
        Wrong(
            "def ex_accuracy(preds, yb):\n    return (preds.argmax(dim=1) == yb).mean()",
            hint="What is the mean of True and False?",
        ),
    ],
)


def counter_cases():
    return [Case(3), Case(0, about="no step at all")]


def use_counter(counter, steps):
    """Build and use the class: what is compared are the two things that it does."""
    one = counter()
    for _ in range(steps):
        one.step()
    return {"the number of steps": one.steps}


COUNTER = Exercise(
    name="ExCounter",
    lesson="90",
    kind="write",
    stub="""
class ExCounter:
    def __init__(self):
        ...

    def step(self):
        ...
""",
    solution="""
class ExCounter:
    def __init__(self):
        self.steps = 0

    def step(self):
        self.steps += 1
""",
    cases=counter_cases,
    observe=use_counter,
    wrong=[
        Wrong(
            "class ExCounter:\n    steps = 0\n    def step(self):\n        self.steps = 1",
            hint="What does a second step do?",
        ),
        Wrong(
            "class ExCounter:\n    def step(self):\n        self.steps += 1",
            hint="Where do the steps start?",
        ),
    ],
)

EXERCISES = (MSE, SOFTMAX, SGD, LOSS, SHAPE, ACCURACY, COUNTER)

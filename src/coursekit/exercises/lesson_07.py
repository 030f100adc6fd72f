"""Exercises of lesson 07, digits from scratch."""

from coursekit.exercises.model import Case, Exercise, Wrong, in_order

FIRST_LOSS_LETTERS = Exercise(
    name="first_loss_letters",
    lesson="07",
    kind="predict",
    stub="""
# An untrained model reads the 26 letters instead of 10 digits.
# Which first loss do you expect, to one decimal?
first_loss_letters = ...
""",
    solution="""
first_loss_letters = 3.258
""",
    given="import math",
    wrong=[
        Wrong("first_loss_letters = math.log(10)", hint="That would be right for ten classes."),
        Wrong("first_loss_letters = math.log(64)", hint="The number of images does not matter."),
        Wrong("first_loss_letters = 1 / 26", hint="That is the probability. What is its surprise?"),
        Wrong(
            "first_loss_letters = math.log2(26)", hint="Right in bits. The lesson counts in nats."
        ),
        Wrong(
            "first_loss_letters = math.log10(26)",
            hint="This logarithm has the base 10. Which one is in the lesson's loss?",
        ),
        Wrong(
            "first_loss_letters = math.log(1 / 26)",
            hint="A surprise is never negative. Which sign stands before the logarithm?",
        ),
        Wrong(
            "first_loss_letters = 26",
            hint="So many classes there are. How surprising is it to guess among them?",
        ),
    ],
    rtol=0.02,
    why="Who knows nothing gives each of k classes 1/k, and is surprised by ln k.",
)


def softmax_cases():
    import torch

    return [
        Case(torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 5.0]])),
        # Two large scores in a row: cutting large numbers off would make them equal.
        Case(
            torch.tensor([[1000.0, 999.0, 0.0], [-1000.0, -1001.0, -2000.0]]),
            about="very large scores",
        ),
        Case(torch.zeros(1, 4), about="a batch of one"),
    ]


SOFTMAX = Exercise(
    name="softmax",
    lesson="07",
    kind="write",
    stub="""
def softmax(x):
    # (n, k) scores -> (n, k) probabilities, safe for large scores
    ...
""",
    given="import torch",
    solution="""
def softmax(x):
    e = (x - x.max(dim=-1, keepdim=True).values).exp()
    return e / e.sum(dim=-1, keepdim=True)
""",
    cases=softmax_cases,
    wrong=[
        Wrong(
            "def softmax(x):\n    e = (x - x.max(dim=0, keepdim=True).values).exp()\n"
            "    return e / e.sum(dim=0, keepdim=True)",
            hint="Here the images share the probability of a class. Which axis are the classes?",
        ),
        Wrong(
            "def softmax(x):\n    e = (x - x.max()).exp()\n    return e / e.sum()",
            hint="Each row must add up to 1, not the whole batch.",
        ),
        Wrong(
            "def softmax(x):\n    return x.exp() / x.exp().sum(dim=-1, keepdim=True)",
            hint="exp of a large score is inf. What did the lesson subtract first?",
        ),
        Wrong(
            "def softmax(x):\n    return x / x.sum(dim=-1, keepdim=True)",
            hint="Where is the exponential? Without it a probability can be negative.",
        ),
        Wrong(
            "def softmax(x):\n    x = x - x.max(dim=-1, keepdim=True).values\n"
            "    return x - x.exp().sum(dim=-1, keepdim=True).log()",
            hint="These are logarithms of probabilities.",
        ),
        Wrong(
            "def softmax(x):\n    e = (x - x.max(dim=-1).values).exp()\n"
            "    return e / e.sum(dim=-1)",
            hint="One number for each row, (n,), must meet (n, k) row by row. What keeps the axis?",
        ),
        Wrong(
            "def softmax(x):\n    e = (x - x.max(dim=-1, keepdim=True)).exp()\n"
            "    return e / e.sum(dim=-1, keepdim=True)",
            hint="max along an axis returns two things: the largest scores, and where they are.",
        ),
        Wrong(
            "def softmax(x):\n    e = (x - x.max()).exp()\n"
            "    return e / e.sum(dim=-1, keepdim=True)",
            hint="In a row of very small scores every exponential is 0 here, and 0 / 0 is nan.",
        ),
        Wrong(
            "def softmax(x):\n    return x.sigmoid()",
            hint="Each score is judged alone here. The classes of one image must share 1.",
        ),
    ],
)


def top_k_cases():
    import torch

    scores = torch.tensor(
        [[0.1, 0.5, 0.4], [0.6, 0.3, 0.1], [0.2, 0.3, 0.5], [0.3, 0.1, 0.6], [0.7, 0.1, 0.2]]
    )
    yb = torch.tensor([2, 0, 0, 2, 1])
    return [
        Case(scores, yb, 2),
        Case(scores, yb, 1, about="k = 1, which is the accuracy"),
        Case(scores, yb, 3, about="k = all classes"),
        Case(
            torch.tensor([[0.1, 0.3, 0.2, 0.15, 0.25], [0.3, 0.1, 0.25, 0.2, 0.15]]),
            torch.tensor([4, 4]),
            4,
            about="another batch size",
        ),
    ]


TOP_K_ACCURACY = Exercise(
    name="top_k_accuracy",
    lesson="07",
    kind="fill",
    stub="""
def top_k_accuracy(preds, yb, k):
    # the share of images whose true class is among the k best guesses
    best = preds.topk(k, dim=1).indices  # (n, k) classes
    hits = ...  # (n,) True or False: is yb among them?
    return hits.float().mean()
""",
    given="import torch",
    solution="""
def top_k_accuracy(preds, yb, k):
    best = preds.topk(k, dim=1).indices
    hits = (best == yb[:, None]).any(dim=1)
    return hits.float().mean()
""",
    cases=top_k_cases,
    wrong=[
        Wrong(
            "def top_k_accuracy(preds, yb, k):\n    best = preds.topk(k, dim=1).indices\n"
            "    return (best[:, 0] == yb).float().mean()",
            hint="Only the best guess counts here. Look at all k columns.",
        ),
        Wrong(
            "def top_k_accuracy(preds, yb, k):\n    best = preds.topk(k, dim=1).indices\n"
            "    return (best == yb[:, None]).float().mean()",
            hint="The mean runs over all n times k comparisons. First: one answer for each image.",
        ),
        Wrong(
            "def top_k_accuracy(preds, yb, k):\n    best = preds.topk(k, dim=1).indices\n"
            "    return (best == yb[:, None]).any(dim=1).float().sum()",
            hint="That is how many. What share is it?",
        ),
        Wrong(
            "def top_k_accuracy(preds, yb, k):\n    best = preds.topk(k, dim=1).indices\n"
            "    return (best == yb).any(dim=1).float().mean()",
            hint="Lined up at the last axis, k meets n here. What shape must yb have?",
        ),
        Wrong(
            "def top_k_accuracy(preds, yb, k):\n    best = preds.topk(k, dim=1).indices\n"
            "    return (yb in best).float().mean()",
            hint="Lined up at the last axis, n meets k here. Give each row its own class.",
        ),
        Wrong(
            "def top_k_accuracy(preds, yb, k):\n    best = preds.topk(k, dim=1).indices\n"
            "    return torch.isin(best, yb).any(dim=1).float().mean()",
            hint="Every image counts as a hit here. Is each row compared with its own class alone?",
        ),
    ],
)


def train_step_cases():
    import torch

    def leaf(values):
        return torch.tensor(values, requires_grad=True)

    x = torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    y = torch.tensor([0, 1, 1])
    return [
        Case(leaf([[0.1, 0.2], [0.3, -0.4]]), x, y, lr=0.5),
        Case(leaf([[0.0, 0.0], [0.0, 0.0]]), x[:1], y[:1], lr=0.1, about="a batch of one"),
    ]


def two_steps(train_step, weights, xb, yb, lr):
    """Take two steps: only the second one shows whether the gradient was cleared."""
    first = train_step(weights, xb, yb, lr)
    second = train_step(weights, xb, yb, lr)
    return {
        "the loss of the first step": first,
        "the loss of the second step": second,
        "the tensor of weights after two steps": weights.detach().clone(),
    }


_TRAIN_STEP = [
    "def train_step(weights, xb, yb, lr):",
    "    preds = log_softmax(xb @ weights)",
    "    loss = nll(preds, yb)",
    "    loss.backward()",
    "    with torch.no_grad():",
    "        weights -= lr * weights.grad",
    "        weights.grad.zero_()",
    "    return loss",
]

TRAIN_STEP = Exercise(
    name="train_step",
    lesson="07",
    kind="order",
    stub="""
train_step = [
    "        weights -= lr * weights.grad",
    "    loss.backward()",
    "        weights.grad.zero_()",
    "def train_step(weights, xb, yb, lr):",
    "    return loss",
    "    preds = log_softmax(xb @ weights)",
    "    loss = nll(preds, yb)",
    "    with torch.no_grad():",
]
""",
    given="import torch\nfrom coursekit.recap import log_softmax, nll",
    solution=in_order("train_step", _TRAIN_STEP),
    cases=train_step_cases,
    observe=two_steps,
    wrong=[
        Wrong(
            in_order("train_step", _TRAIN_STEP, 0, 1, 2, 3, 4, 6, 5, 7),
            hint="The gradient is cleared before it is used: this step goes nowhere.",
        ),
        Wrong(
            in_order("train_step", _TRAIN_STEP, 0, 1, 2, 3, 4, 5, 7, 6),
            hint="The last line is indented. Which line above opens a block for it?",
        ),
        Wrong(
            in_order("train_step", _TRAIN_STEP, 0, 1, 2, 4, 5, 6, 3, 7),
            hint="The step needs a gradient. Who makes it?",
        ),
        Wrong(
            in_order("train_step", _TRAIN_STEP, 0, 1, 2, 7, 3, 4, 5, 6),
            hint="A function ends at return: here three of the five steps never run.",
        ),
        Wrong(
            in_order("train_step", _TRAIN_STEP, 0, 1, 2, 3, 7, 4, 5, 6),
            hint="A function ends at return: here the weights never take their step.",
        ),
        Wrong(
            in_order("train_step", _TRAIN_STEP, 0, 1, 3, 2, 4, 5, 6, 7),
            hint="`loss` is used above the line that makes it.",
        ),
        Wrong(
            in_order("train_step", _TRAIN_STEP, 0, 2, 1, 3, 4, 5, 6, 7),
            hint="`preds` is used above the line that makes it.",
        ),
        Wrong(
            in_order("train_step", _TRAIN_STEP, 0, 1, 2, 4, 6, 5, 3, 7),
            hint="There is no gradient to clear yet. Which line makes it?",
        ),
    ],
)


def take_step_cases():
    import torch

    def leaf(values, power=2):
        p = torch.tensor(values, requires_grad=True)
        (p**power).sum().backward()
        return p

    return [
        Case(leaf([1.0, -2.0]), lr=0.25),
        # Of another loss: the gradient is not twice the weights.
        Case(leaf([[1.0, 2.0], [-1.0, 0.5]], 3), lr=0.1, about="a matrix of weights"),
        Case(leaf([3.0]), lr=0.0, about="a learning rate of zero"),
    ]


def changed_in_place(take_step, weights, lr):
    """Return the caller's own weights after the step: the answer must have changed them."""
    take_step(weights, lr)
    return {
        "the caller's tensor after the call": weights.detach().clone(),
        "the flag requires_grad of weights after the call": weights.requires_grad,
    }


TAKE_STEP = Exercise(
    name="take_step",
    lesson="07",
    kind="fix",
    stub="""
def take_step(weights, lr):
    with torch.no_grad():
        weights = weights - lr * weights.grad
""",
    given="import torch",
    solution="""
def take_step(weights, lr):
    with torch.no_grad():
        weights -= lr * weights.grad
""",
    cases=take_step_cases,
    observe=changed_in_place,
    wrong=[
        Wrong(
            "def take_step(weights, lr):\n    return weights - lr * weights.grad",
            hint="The caller's tensor is as before. What gets the new numbers instead?",
        ),
        Wrong(
            "def take_step(weights, lr):\n    weights -= lr * weights.grad",
            hint="Torch wants to record this step as a part of the model. Tell it not to.",
        ),
        Wrong(
            "def take_step(weights, lr):\n    with torch.no_grad():\n"
            "        weights += lr * weights.grad",
            hint="This goes uphill.",
        ),
        Wrong(
            "def take_step(weights, lr):\n    with torch.no_grad():\n"
            "        weights -= lr * weights.grad\n        weights.grad.zero_()",
            hint="The step is right. Clearing the gradient is the loop's next job, not the step's.",
        ),
    ],
)

EXERCISES = (FIRST_LOSS_LETTERS, SOFTMAX, TOP_K_ACCURACY, TRAIN_STEP, TAKE_STEP)

"""Exercises of lesson 03, SGD in NumPy."""

from typing import Any

from coursekit.exercises.model import Case, Exercise, Wrong

LARGEST_LR = Exercise(
    name="largest_lr",
    lesson="03",
    kind="predict",
    stub="""
# The loss is 3 * w**2. At which learning rate does descent
# stop coming closer to the bottom, and jump back and forth forever?
largest_lr = ...
""",
    solution="""
largest_lr = 1 / 3
""",
    rtol=0.02,
    why="One step is w - lr * 6w, and 1 - 6/3 is -1.",
    wrong=[
        Wrong("largest_lr = 1.0", hint="That is the limit for w**2. This valley is steeper."),
        Wrong("largest_lr = 1 / 6", hint="There the factor is 0: one step lands at the bottom."),
        Wrong("largest_lr = 2 / 3", hint="What is the slope of 3 * w**2? Mind the square."),
        Wrong("largest_lr = 3.0", hint="A steeper loss needs smaller steps, not larger ones."),
    ],
)


def mae_cases() -> list[Case]:
    import numpy as np

    x = np.array([[-1.0], [0.0], [2.0], [3.0]])
    return [
        Case(1.0, 0.5, x, x**2),
        Case(0.0, -1.0, x[:1], x[:1] ** 2, about="a batch of one"),
        Case(2.0, 5.0, x, x**2, about="a line above all points"),
    ]


MAE = Exercise(
    name="mae_grads",
    lesson="03",
    kind="write",
    stub="""
def mae_grads(w, b, xb, yb):
    # The loss is now np.abs(w * xb + b - yb).mean().
    # Return its two slopes, for w and for b.
    ...
""",
    given="import numpy as np",
    solution="""
def mae_grads(w, b, xb, yb):
    side = np.sign(w * xb + b - yb)
    return (side * xb).mean(), side.mean()
""",
    cases=mae_cases,
    why="Far or near, every point pulls equally hard: that is why outliers matter less here.",
    wrong=[
        Wrong(
            "def mae_grads(w, b, xb, yb):\n    error = w * xb + b - yb\n"
            "    return (2 * error * xb).mean(), (2 * error).mean()",
            hint="This is the slope of the square. What is the slope of |e|, left and right of 0?",
        ),
        Wrong(
            "def mae_grads(w, b, xb, yb):\n    error = np.abs(w * xb + b - yb)\n"
            "    return (error * xb).mean(), error.mean()",
            hint="|e| is the loss itself, not its slope. On which side of 0 does |e| fall?",
        ),
        Wrong(
            "def mae_grads(w, b, xb, yb):\n    side = np.sign(w * xb + b - yb)\n"
            "    return (side * xb).sum(), side.sum()",
            hint="The loss is a mean over the points.",
        ),
        Wrong(
            "def mae_grads(w, b, xb, yb):\n    side = np.sign(w * xb + b - yb)\n"
            "    return side.mean(), side.mean()",
            hint="A little more w moves the line at x by how much? Chain rule.",
        ),
        Wrong(
            "def mae_grads(w, b, xb, yb):\n    side = np.sign(yb - w * xb - b)\n"
            "    return (side * xb).mean(), side.mean()",
            hint="This step would go uphill: check the sign of the error.",
        ),
    ],
)


def shuffle_cases() -> list[Case]:
    import numpy as np

    x = np.arange(8.0)
    rows = np.arange(12.0).reshape(6, 2)
    return [
        Case(x, 10 * x, np.random.default_rng(0)),
        Case(rows, rows[:, :1], np.random.default_rng(1), about="rows of two numbers"),
    ]


def shuffled_pairs(shuffle: Any, x: Any, y: Any, rng: Any) -> dict[str, Any]:
    """What counts: which pairs came out, and whether their order changed. Any order is fine."""
    before = x.tolist()
    xs, ys = shuffle(x, y, rng)
    pairs = sorted(zip(xs.tolist(), ys.tolist(), strict=False))
    return {"whether the order changed": xs.tolist() != before, "the pairs, sorted": pairs}


SHUFFLE = Exercise(
    name="shuffle_pairs",
    lesson="03",
    kind="fix",
    stub="""
def shuffle_pairs(x, y, rng):
    # With this in front of every epoch, the loss never gets near 0.
    x = rng.permutation(x)
    y = rng.permutation(y)
    return x, y
""",
    given="import numpy as np",
    solution="""
def shuffle_pairs(x, y, rng):
    order = rng.permutation(len(x))
    return x[order], y[order]
""",
    cases=shuffle_cases,
    observe=shuffled_pairs,
    why="One order for both: each input keeps its own target.",
    wrong=[
        Wrong(
            "def shuffle_pairs(x, y, rng):\n"
            "    return x[rng.permutation(len(x))], y[rng.permutation(len(y))]",
            hint="Two calls draw two different orders.",
        ),
        Wrong(
            "def shuffle_pairs(x, y, rng):\n    return rng.permutation(x), y",
            hint="Now the inputs move and their targets stay.",
        ),
        Wrong(
            "def shuffle_pairs(x, y, rng):\n    return x, y",
            hint="The pairs are whole again, but still in stored order.",
        ),
    ],
)


def epoch_cases() -> list[Case]:
    import numpy as np

    def case(seed: int, lr: float, about: str = "") -> Case:
        rng = np.random.default_rng(seed)
        params = [rng.normal(size=s) for s in ((1, 3), (3,), (3, 1), (1,))]
        x = np.linspace(-1, 1, 25).reshape(25, 1)
        return Case(params, x, x**2, lr, np.random.default_rng(seed), about=about)

    return [case(0, 0.1), case(1, 0.0, about="a learning rate of zero")]


EPOCH = Exercise(
    name="train_epoch",
    lesson="03",
    kind="order",
    stub="""
# One epoch of training, its lines out of order.
# Two of them are not needed.
train_epoch = [
    "        sgd_step(params, grads, lr)",
    "    return mse(tanh_net(params, x)[0], y)",
    "        grads = tanh_net_grads(params, x, y)",
    "    for xb, yb in batches(x, y, 10, rng):",
    "        sgd_step(grads, params, lr)",
    "def train_epoch(params, x, y, lr, rng):",
    "        grads = tanh_net_grads(params, xb, yb)",
]
""",
    given="from coursekit.recap import batches, mse, sgd_step, tanh_net, tanh_net_grads",
    solution="""
train_epoch = [
    "def train_epoch(params, x, y, lr, rng):",
    "    for xb, yb in batches(x, y, 10, rng):",
    "        grads = tanh_net_grads(params, xb, yb)",
    "        sgd_step(params, grads, lr)",
    "    return mse(tanh_net(params, x)[0], y)",
]
""",
    cases=epoch_cases,
    why="Batch, gradient, step: the rhythm of every training loop.",
    wrong=[
        Wrong(
            "train_epoch = ["
            "'def train_epoch(params, x, y, lr, rng):', "
            "'    for xb, yb in batches(x, y, 10, rng):', "
            "'        grads = tanh_net_grads(params, x, y)', "
            "'        sgd_step(params, grads, lr)', "
            "'    return mse(tanh_net(params, x)[0], y)']",
            hint="The batch is drawn, and then who looks at it?",
        ),
        Wrong(
            "train_epoch = ["
            "'def train_epoch(params, x, y, lr, rng):', "
            "'    for xb, yb in batches(x, y, 10, rng):', "
            "'        grads = tanh_net_grads(params, xb, yb)', "
            "'        sgd_step(grads, params, lr)', "
            "'    return mse(tanh_net(params, x)[0], y)']",
            hint="Here the gradients take a step along the parameters.",
        ),
        Wrong(
            "train_epoch = ["
            "'def train_epoch(params, x, y, lr, rng):', "
            "'    for xb, yb in batches(x, y, 10, rng):', "
            "'        sgd_step(params, grads, lr)', "
            "'        grads = tanh_net_grads(params, xb, yb)', "
            "'    return mse(tanh_net(params, x)[0], y)']",
            hint="What is in grads when the first step is taken?",
        ),
        Wrong(
            "train_epoch = ["
            "'    for xb, yb in batches(x, y, 10, rng):', "
            "'def train_epoch(params, x, y, lr, rng):', "
            "'        grads = tanh_net_grads(params, xb, yb)', "
            "'        sgd_step(params, grads, lr)', "
            "'    return mse(tanh_net(params, x)[0], y)']",
            hint="A function begins with its def.",
        ),
    ],
)

EXERCISES = (LARGEST_LR, SHUFFLE, EPOCH, MAE)

"""Exercises of lesson 03, SGD in NumPy."""

from collections.abc import Callable
from typing import Any

from coursekit.exercises.model import Case, Exercise, Wrong, in_order

LARGEST_LR = Exercise(
    name="largest_lr",
    lesson="03",
    kind="predict",
    stub="""
# The loss is 3 * w**2. Up to which learning rate does descent come
# closer to the bottom? (At that rate, w jumps back and forth forever.)
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

    # Not on the curve y = x**2, and with large and small errors: only their signs may count.
    x = np.array([[-1.0], [0.0], [2.0], [5.0]])
    y = np.array([[-1.0], [-0.3], [2.2], [5.6]])
    return [
        Case(1.0, 0.5, x, y),
        Case(0.0, -2.0, x[:1], y[:1], about="a batch of one"),
        Case(2.0, 5.0, x[:3], y[:3], about="a line above all points"),
    ]


def two_slopes(mae_grads: Callable, w: float, b: float, xb: Any, yb: Any) -> dict[str, Any]:
    """Each slope by its name: two plain numbers are as good as numeric_gradient's array of two."""
    dw, db = mae_grads(w, b, xb, yb)
    return {"the slope for w": plain(dw), "the slope for b": plain(db)}


def plain(slope: Any) -> Any:
    """The number in an array of one, which loops over rows of a batch end in."""
    import numpy as np

    array = np.asarray(slope)
    return array.item() if array.size == 1 else slope


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
    observe=two_slopes,
    why="Near or far, each point pulls equally hard. With squares, the far ones pull hardest.",
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
        Wrong(
            "def mae_grads(w, b, xb, yb):\n    error = w * xb + b - yb\n"
            "    return (error * xb).mean(), error.mean()",
            hint="These slopes grow with the error. Does the slope of |e| grow?",
        ),
        Wrong(
            "def mae_grads(w, b, xb, yb):\n    side = np.sign(w * xb + b - yb)\n"
            "    return (2 * side * xb).mean(), (2 * side).mean()",
            hint="Both are twice too large. Which loss does a factor of 2 come from?",
        ),
        Wrong(
            "def mae_grads(w, b, xb, yb):\n    side = np.sign(w * xb + b - yb)\n"
            "    return side.mean(), (side * xb).mean()",
            hint="Both numbers are there. In which order are they asked for?",
        ),
        Wrong(
            "def mae_grads(w, b, xb, yb):\n    side = np.sign(w * xb + b - yb)\n"
            "    return side * xb, side",
            hint="That is one slope for each point. The whole loss has one for w and one for b.",
        ),
        Wrong(
            "def mae_grads(w, b, xb, yb):\n    side = np.sign(w * xb + b - yb)\n"
            "    return (side.T * xb).mean(), side.mean()",
            hint="A point's own x goes with its own error, and with no other point's.",
        ),
    ],
)


def shuffle_cases() -> list[Case]:
    import numpy as np

    x = np.array([3.0, 8.0, 7.0, 1.0, 5.0, 2.0, 6.0, 4.0])  # not sorted: sorting is no way back
    rows = np.stack([x, x**2], axis=1)[:7]
    return [
        Case(x, -10 * x, np.random.default_rng(0)),
        Case(rows, -rows[:, :1], np.random.default_rng(1), about="rows of two numbers"),
    ]


def shuffled_pairs(shuffle_pairs: Callable, x: Any, y: Any, rng: Any) -> dict[str, Any]:
    """What two epochs get: any order is fine that is new, with whole pairs."""
    import numpy as np

    stored = x.copy()
    xs, ys = map(np.array, shuffle_pairs(x, y, rng))  # copies: x itself may come back, reordered
    again, _ = map(np.array, shuffle_pairs(x, y, rng))
    return {
        "the shape of the new x": str(xs.shape),
        "the shape of the new y": str(ys.shape),
        "the order of x": "as before" if np.array_equal(xs, stored) else "new",
        "the order in the next epoch": "the same" if np.array_equal(xs, again) else "another",
        "the sorted list of pairs": sorted(zip(xs.tolist(), ys.tolist(), strict=False)),
    }


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
        Wrong(
            "def shuffle_pairs(x, y, rng):\n    return x[::-1], y[::-1]",
            hint="Every epoch gets the same order: ask rng for a new one.",
        ),
        Wrong(
            "def shuffle_pairs(x, y, rng):\n    order = rng.permutation(x)\n"
            "    return x[order], y[order]",
            hint="An index is a place: 0, 1, 2, ... What does your order consist of?",
        ),
        Wrong(
            "def shuffle_pairs(x, y, rng):\n    order = rng.shuffle(np.arange(len(x)))\n"
            "    return x[order], y[order]",
            hint="This is x[None]. Print your order: what is in it?",
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


_EPOCH = [
    "def train_epoch(params, x, y, lr, rng):",
    "    for xb, yb in batches(x, y, 10, rng):",
    "        grads = tanh_net_grads(params, xb, yb)",
    "        sgd_step(params, grads, lr)",
    "    return mse(tanh_net(params, x)[0], y)",
]

EPOCH = Exercise(
    name="train_epoch",
    lesson="03",
    kind="order",
    stub="""
# One epoch of training, its lines out of order.
# Two of them are not needed: leave them out.
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
    solution=in_order("train_epoch", _EPOCH),
    cases=epoch_cases,
    why="Batch, gradient, step: the rhythm of every training loop.",
    wrong=[
        Wrong(
            in_order(
                "train_epoch", _EPOCH, 0, 1, "        grads = tanh_net_grads(params, x, y)", 3, 4
            ),
            hint="The batch is drawn, and then who looks at it?",
        ),
        Wrong(
            in_order("train_epoch", _EPOCH, 0, 1, 2, "        sgd_step(grads, params, lr)", 4),
            hint="The parameters are as before. Which line moves them? Is it reached in time?",
        ),
        Wrong(
            in_order("train_epoch", _EPOCH, 0, 1, 2, "        sgd_step(grads, params, lr)", 3, 4),
            hint="Here the gradients are moved, too. Which of the two lists is to change?",
        ),
        Wrong(
            in_order("train_epoch", _EPOCH, 0, 1, 3, 2, 4),
            hint="What is in grads when the first step is taken?",
        ),
        Wrong(
            in_order("train_epoch", _EPOCH, 1, 0, 2, 3, 4),
            hint="A function begins with its def.",
        ),
    ],
)

EXERCISES = (LARGEST_LR, SHUFFLE, EPOCH, MAE)

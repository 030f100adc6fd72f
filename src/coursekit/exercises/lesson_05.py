"""Exercises of lesson 05, autograd."""

import weakref

from coursekit.exercises.model import Case, Exercise, Wrong, in_order

LEFT_IN_GRAD = Exercise(
    name="left_in_grad",
    lesson="05",
    kind="predict",
    stub="""
# x = torch.tensor(3.0, requires_grad=True)
# (x**2).backward()
# (4 * x).backward()
# torch.autograd.grad(x**3, x)
# (x * x.detach()).backward()
# What is x.grad now?
left_in_grad = ...
""",
    solution="""
left_in_grad = 13.0
""",
    wrong=[
        Wrong("left_in_grad = 3.0", hint="The last call does not replace what was there."),
        Wrong("left_in_grad = 6.0", hint="More than one of these calls writes into x.grad."),
        Wrong(
            "left_in_grad = 37.0",
            hint="Two lines to read again: where does grad put its result? What does the last add?",
        ),
        Wrong("left_in_grad = 40.0", hint="Where does torch.autograd.grad put its result?"),
        Wrong("left_in_grad = 43.0", hint="Read the last two lines again: grad, and detach."),
        Wrong("left_in_grad = 16.0", hint="No gradient passes a detach: count only one of the x."),
        Wrong("left_in_grad = 10.0", hint="In the last formula one of the two x is not detached."),
    ],
    rtol=1e-6,
    why="6 and 4 and 3 add up; autograd.grad writes nothing, and a detach lets nothing through.",
)


def slopes_cases():
    import torch

    return [
        Case(lambda x: x**2, torch.tensor([1.0, -2.0, 3.0])),
        Case(torch.sin, torch.tensor([0.0, 1.0]), about="the sine"),
        Case(torch.exp, torch.tensor([2.0]), about="a single point"),
        # No nudge is short enough here, and `x.double()` is no tensor of one's own.
        Case(
            lambda x: (40 * x).cos(),
            torch.linspace(0, 1, 4).double(),
            about="a steep curve in float64",
        ),
    ]


def slopes_and_flags(slopes, f, x):
    """Return the slopes and two flags; that ``x.grad`` stays empty is looked at anyway."""
    result = slopes(f, x)
    return {
        "the result": result,
        "the flag requires_grad of x after the call": x.requires_grad,
        "the flag requires_grad of the result": getattr(result, "requires_grad", None),
    }


SLOPES = Exercise(
    name="slopes",
    lesson="05",
    kind="write",
    stub="""
def slopes(f, x):
    # f works entry by entry; x is a (n,) tensor that asks for nothing
    # return the slope of f at each entry, by autograd:
    # (n,), same dtype as x, without history
    ...
""",
    given="import torch",
    solution="""
def slopes(f, x):
    x = x.detach().clone().requires_grad_()
    f(x).sum().backward()
    return x.grad
""",
    cases=slopes_cases,
    observe=slopes_and_flags,
    wrong=[
        Wrong(
            "def slopes(f, x):\n    x.requires_grad_()\n    f(x).sum().backward()\n"
            "    return x.grad",
            hint="The caller's x now has a flag and a gradient. Whose tensor should carry them?",
        ),
        Wrong(
            "def slopes(f, x):\n    x.requires_grad_()\n"
            "    return torch.autograd.grad(f(x).sum(), x)[0]",
            hint="The flag that was set on the caller's x is still set.",
        ),
        Wrong(
            "def slopes(f, x):\n    x.requires_grad_()\n    f(x).sum().backward()\n"
            "    x.requires_grad_(False)\n    return x.grad",
            hint="The flag is off again, but a gradient stays beside the caller's x.",
        ),
        Wrong(
            "def slopes(f, x):\n    x = x.detach().clone().requires_grad_()\n"
            "    f(x).backward()\n    return x.grad",
            hint="backward needs one number. How do you make one in which every entry counts 1?",
        ),
        Wrong(
            "def slopes(f, x):\n    x = x.detach().clone().requires_grad_()\n"
            "    f(x).mean().backward()\n    return x.grad",
            hint="In a mean, each entry counts 1/n.",
        ),
        Wrong(
            "def slopes(f, x):\n    f(x).sum().backward()\n    return x.grad",
            hint="Nobody asked for a gradient. Which flag is missing?",
        ),
        Wrong(
            "def slopes(f, x):\n    x = x.detach().clone().requires_grad_()\n"
            "    return torch.autograd.grad(f(x).sum(), x)",
            hint="torch.autograd.grad returns a tuple, one gradient for each tensor asked for.",
        ),
        Wrong(
            "def slopes(f, x):\n    return (f(x + 1e-3) - f(x)) / 1e-3",
            hint="That is nudging, and inexact. Let autograd do it.",
        ),
    ],
    why="A leaf of its own, one number, and .grad: nothing of it is left at the caller's.",
)


def parts_cases():
    import torch

    def data(n, seed):
        rng = torch.Generator().manual_seed(seed)
        x, y = torch.rand(n, 3, generator=rng), torch.rand(n, generator=rng)
        return torch.tensor([0.5, -1.0, 2.0], requires_grad=True), x, y

    return [
        Case(*data(7, 0), 3),
        Case(*data(8, 1), 4, about="parts of equal size"),
        Case(*data(3, 2), 5, about="everything in one part"),
    ]


def gradient_left(backward_in_parts, w, x, y, bs):
    """Return what the call leaves in ``w.grad``."""
    backward_in_parts(w, x, y, bs)
    return {"the tensor w.grad after the call": None if w.grad is None else w.grad.clone()}


BACKWARD_IN_PARTS = Exercise(
    name="backward_in_parts",
    lesson="05",
    kind="fill",
    stub="""
def backward_in_parts(w, x, y, bs):
    # leaves in w.grad the gradient of the mean loss over all of x, y
    for xb, yb in zip(x.split(bs), y.split(bs)):
        loss = ((xb @ w - yb) ** 2).mean()
        share = ...
        (loss * share).backward()
""",
    given="import torch",
    solution="""
def backward_in_parts(w, x, y, bs):
    for xb, yb in zip(x.split(bs), y.split(bs)):
        loss = ((xb @ w - yb) ** 2).mean()
        share = len(xb) / len(x)
        (loss * share).backward()
""",
    cases=parts_cases,
    observe=gradient_left,
    wrong=[
        Wrong(
            "def backward_in_parts(w, x, y, bs):\n"
            "    for xb, yb in zip(x.split(bs), y.split(bs)):\n"
            "        ((xb @ w - yb) ** 2).mean().backward()",
            hint="The means are added up in full: with three parts, three times too much.",
        ),
        Wrong(
            "def backward_in_parts(w, x, y, bs):\n"
            "    n = len(x.split(bs))\n"
            "    for xb, yb in zip(x.split(bs), y.split(bs)):\n"
            "        (((xb @ w - yb) ** 2).mean() / n).backward()",
            hint="Here each part counts the same. The last one may hold fewer examples.",
        ),
        Wrong(
            "def backward_in_parts(w, x, y, bs):\n"
            "    for xb, yb in zip(x.split(bs), y.split(bs)):\n"
            "        (((xb @ w - yb) ** 2).mean() * bs / len(x)).backward()",
            hint="bs is how many examples you asked for. The last part may hold fewer.",
        ),
        Wrong(
            "def backward_in_parts(w, x, y, bs):\n"
            "    for xb, yb in zip(x.split(bs), y.split(bs)):\n"
            "        (((xb @ w - yb) ** 2).mean() * len(xb)).backward()",
            hint="That is the gradient of the sum over all examples. The mean was asked for.",
        ),
        Wrong(
            "def backward_in_parts(w, x, y, bs):\n"
            "    return torch.autograd.grad(((x @ w - y) ** 2).mean(), w)[0]",
            hint="The gradient is not to be returned: backward leaves it in w.grad.",
        ),
    ],
    why="A part with k of n examples counts k/n.",
)


def minimise_cases():
    import torch

    return [
        Case(lambda w: (w**2).sum(), torch.tensor([4.0]), 0.1, 5),
        Case(lambda w: ((w - 1) ** 4).sum(), torch.tensor([3.0, 0.5]), 0.02, 4, about="another f"),
        Case(lambda w: w.sum(), torch.tensor([1.0]), 0.5, 0, about="no steps at all"),
    ]


def where_it_ends(minimise, f, start, lr, steps):
    """Return where the descent ends, and that it leaves nothing behind."""
    w = minimise(f, start, lr, steps)
    return {
        "the result": w,
        "the flag requires_grad of the result": getattr(w, "requires_grad", None),
    }


_MINIMISE = [
    "def minimise(f, start, lr, steps):",
    "    w = start.clone().requires_grad_()",
    "    for _ in range(steps):",
    "        f(w).backward()",
    "        with torch.no_grad():",
    "            w -= lr * w.grad",
    "        w.grad = None",
    "    return w.detach()",
]

MINIMISE = Exercise(
    name="minimise",
    lesson="05",
    kind="order",
    stub="""
minimise = [
    "            w -= lr * w.grad",
    "        w = w - lr * w.grad",
    "    for _ in range(steps):",
    "    return w.detach()",
    "        w.grad = None",
    "        f(w).backward()",
    "def minimise(f, start, lr, steps):",
    "    w.grad.zero_()",
    "        with torch.no_grad():",
    "    w = start.clone().requires_grad_()",
]
""",
    given="import torch",
    solution=in_order("minimise", _MINIMISE),
    cases=minimise_cases,
    observe=where_it_ends,
    wrong=[
        Wrong(
            in_order("minimise", _MINIMISE, 0, 1, 2, 3, 4, 5, 7),
            hint="Old gradients stay and push again in the next step. What is missing?",
        ),
        Wrong(
            in_order("minimise", _MINIMISE, 0, 1, 2, 3, "        w = w - lr * w.grad", 6, 7),
            hint="At the step w.grad is None. Is w still a leaf? Was it cleared too early?",
        ),
        Wrong(
            in_order("minimise", _MINIMISE, 0, 1, "    w.grad.zero_()", 2, 3, 4, 5, 7),
            hint="Before the first backward there is no gradient to fill with zeros.",
        ),
    ],
    why="Backward, step under no_grad, clear: each once in a step, and w stays the same leaf.",
)


def mean_loss_cases():
    import torch

    rng = torch.Generator().manual_seed(0)
    x, y = torch.rand(6, 2, generator=rng), torch.rand(6, generator=rng)
    w = torch.tensor([1.0, -1.0], requires_grad=True)
    return [
        Case(w, list(zip(x.split(2), y.split(2), strict=True))),
        Case(w, [(x, y)], about="a single batch"),
    ]


def remembers(mean_loss, w, batches):
    """Return the mean, and whether it or the loop holds on to the graphs of all batches."""
    import torch

    alive, counts = weakref.WeakSet(), []

    def keep(tensor):  # torch calls it for each tensor that a graph keeps for the way back
        def kept():
            return tensor

        alive.add(kept)
        counts.append(len(alive))
        return kept

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda kept: kept()):
        mean = mean_loss(w, batches)
    grows = len(batches) > 1 and counts[-1:] == [len(counts)]  # none was let go on the way
    return {
        "the result": mean.item() if getattr(mean, "shape", None) == () else mean,
        "the flag requires_grad of the result": getattr(mean, "requires_grad", False),
        "the memory in use": "grows with every batch" if grows else "does not grow",
        "the flag requires_grad of w after the call": w.requires_grad,
    }


MEAN_LOSS = Exercise(
    name="mean_loss",
    lesson="05",
    kind="fix",
    stub="""
def mean_loss(w, batches):
    total = 0.0
    for xb, yb in batches:
        total += ((xb @ w - yb) ** 2).mean()
    return total / len(batches)
""",
    given="import torch",
    solution="""
def mean_loss(w, batches):
    total = 0.0
    for xb, yb in batches:
        total += ((xb @ w - yb) ** 2).mean().item()
    return total / len(batches)
""",
    cases=mean_loss_cases,
    observe=remembers,
    wrong=[
        Wrong(
            "def mean_loss(w, batches):\n    total = 0.0\n    for xb, yb in batches:\n"
            "        total += ((xb @ w - yb) ** 2).mean().item()\n    return total",
            hint="Now it forgets well. But a sum was not asked for.",
        ),
        Wrong(
            "def mean_loss(w, batches):\n    w.requires_grad_(False)\n    total = 0.0\n"
            "    for xb, yb in batches:\n        total += ((xb @ w - yb) ** 2).mean()\n"
            "    return total / len(batches)",
            hint="This changes the caller's w, and it will never train again.",
        ),
        Wrong(
            "def mean_loss(w, batches):\n    total = 0.0\n    for xb, yb in batches:\n"
            "        total += ((xb @ w - yb) ** 2).mean()\n        total.detach()\n"
            "    return total / len(batches)",
            hint="The result still has its history, and with it torch keeps every batch.",
        ),
        Wrong(
            "def mean_loss(w, batches):\n    total = 0.0\n    for xb, yb in batches:\n"
            "        total += ((xb @ w - yb) ** 2).mean()\n"
            "    return total.item() / len(batches)",
            hint="After the loop it is too late: by then every batch has been remembered.",
        ),
    ],
    why="Each loss gives its number and is forgotten. detach, or no_grad around the loop, also do.",
)

EXERCISES = (LEFT_IN_GRAD, SLOPES, BACKWARD_IN_PARTS, MINIMISE, MEAN_LOSS)

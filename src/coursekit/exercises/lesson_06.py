"""Exercises of lesson 06, Adaline three ways."""

from coursekit.exercises.model import Case, Exercise, Wrong, in_order
from coursekit.exercises.show import is_number

N_STEPS = Exercise(
    name="n_steps",
    lesson="06",
    kind="predict",
    stub="""
# 70 flowers, 20 epochs, minibatches of 16.
# How often does opt.step() run?
n_steps = ...
""",
    solution="""
n_steps = 100
""",
    wrong=[
        Wrong("n_steps = 16 * 20", hint="16 is how many flowers a minibatch holds. How many fit?"),
        Wrong("n_steps = 4 * 20", hint="Six flowers are left over. They make a batch too."),
        Wrong("n_steps = 20", hint="That is once an epoch. There is a step for each minibatch."),
        Wrong("n_steps = 70 * 20", hint="That would be minibatches of one flower."),
        Wrong("n_steps = 5", hint="That is one epoch."),
        Wrong("n_steps = 87.5", hint="A batch is whole or short, but it is one batch."),
        Wrong("n_steps = 88", hint="No batch holds flowers of two epochs: count within one epoch."),
        Wrong("n_steps = 87", hint="Each epoch begins a new batch, and a short batch counts too."),
    ],
    why="70 flowers make 4 full minibatches and a short one: 5 steps an epoch, 20 epochs.",
)


def shrinking_cases():
    import torch

    xb = torch.tensor([[1.0, 2.0], [0.0, -1.0], [3.0, 1.0]])
    yb = torch.tensor([1.0, 0.0, 2.0])
    w, b = torch.tensor([0.5, -0.25]), torch.tensor(0.1)
    return [
        Case(xb, yb, w, b, 0.1),
        Case(xb, yb, w, b, 0.0, about="lam = 0 as in the lesson"),
        Case(xb[2:], yb[2:], -2 * w, -3 * b, 2.0, about="a batch of one"),
    ]


def by_hand(shrinking_grads, xb, yb, w, b, lam):
    """Return both gradients, found without autograd; a plain number is as good for b's."""
    import torch

    with torch.no_grad():
        grads = shrinking_grads(xb, yb, w, b, lam)
    if isinstance(grads, list | tuple) and is_number(grads[-1]):
        return (*grads[:-1], torch.tensor(float(grads[-1])))
    return grads


SHRINKING_GRADS = Exercise(
    name="shrinking_grads",
    lesson="06",
    kind="write",
    stub="""
def shrinking_grads(xb, yb, w, b, lam):
    # xb (n, 2), yb (n,), w (2,), b ()
    # loss = ((preds - yb) ** 2).mean() + lam * (w ** 2).sum(),
    # with preds = xb @ w + b (compute it)
    # return the pair (gradient in w, gradient in b), by hand: no autograd
    ...
""",
    given="import torch",
    solution="""
def shrinking_grads(xb, yb, w, b, lam):
    slope = 2 * (xb @ w + b - yb) / len(yb)
    return xb.T @ slope + 2 * lam * w, slope.sum()
""",
    cases=shrinking_cases,
    observe=by_hand,
    wrong=[
        Wrong(
            "def shrinking_grads(xb, yb, w, b, lam):\n"
            "    slope = 2 * (xb @ w + b - yb) / len(yb)\n"
            "    return xb.T @ slope, slope.sum()",
            hint="The loss has a second part that depends on w. What is its slope?",
        ),
        Wrong(
            "def shrinking_grads(xb, yb, w, b, lam):\n"
            "    slope = 2 * (xb @ w + b - yb) / len(yb)\n"
            "    return xb.T @ slope + lam * w, slope.sum()",
            hint="Look at the second part again: what is the slope of w squared?",
        ),
        Wrong(
            "def shrinking_grads(xb, yb, w, b, lam):\n"
            "    slope = 2 * (xb @ w + b - yb) / len(yb)\n"
            "    return xb.T @ slope - 2 * lam * w, slope.sum()",
            hint="The two parts of the loss are added. What does that mean for their slopes?",
        ),
        Wrong(
            "def shrinking_grads(xb, yb, w, b, lam):\n"
            "    slope = (xb @ w + b - yb) / len(yb)\n"
            "    return xb.T @ slope + 2 * lam * w, slope.sum()",
            hint="Look at the first part again: what is the slope of a square?",
        ),
        Wrong(
            "def shrinking_grads(xb, yb, w, b, lam):\n"
            "    slope = 2 * (xb @ w + b - yb)\n"
            "    return xb.T @ slope + 2 * lam * w, slope.sum()",
            hint="A mean has 1/n in front, and so has its gradient.",
        ),
        Wrong(
            "def shrinking_grads(xb, yb, w, b, lam):\n"
            "    slope = 2 * (yb - xb @ w - b) / len(yb)\n"
            "    return xb.T @ slope + 2 * lam * w, slope.sum()",
            hint="Which comes first, the prediction or the truth? The sign depends on it.",
        ),
        Wrong(
            "def shrinking_grads(xb, yb, w, b, lam):\n"
            "    slope = 2 * (xb @ w + b - yb) / len(yb)\n"
            "    return xb.T @ slope + 2 * lam * w, slope.sum() + 2 * lam * b",
            hint="Only w is squared in the second part, b is not.",
        ),
        Wrong(
            "def shrinking_grads(xb, yb, w, b, lam):\n"
            "    slope = 2 * (xb @ w + b - yb) / len(yb)\n"
            "    return xb.T @ slope + 2 * lam * w, slope.mean()",
            hint="The gradient in b is n times too small: is 1/n in it twice?",
        ),
        Wrong(
            "def shrinking_grads(xb, yb, w, b, lam):\n"
            "    w, b = w.clone().requires_grad_(), b.clone().requires_grad_()\n"
            "    loss = ((xb @ w + b - yb) ** 2).mean() + lam * (w ** 2).sum()\n"
            "    return torch.autograd.grad(loss, (w, b))",
            hint="Here autograd was asked, and for this check it is off. Use your formula.",
        ),
    ],
)


def both_cases():
    import torch

    def leaf(values):
        values = torch.tensor(values, requires_grad=True)
        values.grad = torch.full_like(values, 7.0)  # so that clearing is seen, too
        return values

    xb = torch.tensor([[1.0, 2.0], [0.0, -1.0], [3.0, 1.0]])
    return [
        Case(xb[:2], torch.tensor([1.0, 0.0]), leaf([0.5, 0.5]), leaf(0.5)),
        Case(xb, torch.tensor([0.0, 3.0, 1.0]), leaf([0.0, -1.0]), leaf(0.2), about="three rows"),
    ]


def asked(both_grads, xb, yb, w, b):
    """Return the gradients, and whether autograd was asked for them, and left ``.grad`` alone."""
    came = []
    w.register_hook(came.append)
    grads = both_grads(xb, yb, w, b)
    pair = grads if isinstance(grads, list | tuple) else ()
    alone = all(leaf.grad is not None and (leaf.grad == 7).all() for leaf in (w, b))
    return {
        "the result": grads,
        "the state of .grad after the call": "left alone" if alone else "changed",
        "the number of times that autograd worked out the gradient in w": len(came),
        "the flag requires_grad of a gradient": any(getattr(g, "requires_grad", 0) for g in pair),
    }


BOTH_GRADS = Exercise(
    name="both_grads",
    lesson="06",
    kind="fill",
    stub="""
def both_grads(xb, yb, w, b):
    # ask torch.autograd.grad for both gradients at once, return the pair
    loss = ((xb @ w + b - yb) ** 2).mean()
    grads = ...
    return grads
""",
    given="import torch\nfrom torch.autograd import grad",
    solution="""
def both_grads(xb, yb, w, b):
    loss = ((xb @ w + b - yb) ** 2).mean()
    grads = torch.autograd.grad(loss, (w, b))
    return grads
""",
    cases=both_cases,
    observe=asked,
    wrong=[
        Wrong(
            "def both_grads(xb, yb, w, b):\n    loss = ((xb @ w + b - yb) ** 2).mean()\n"
            "    return grad(loss, w)",
            hint="Here is only the first of the two. Ask for a tuple.",
        ),
        Wrong(
            "def both_grads(xb, yb, w, b):\n    loss = ((xb @ w + b - yb) ** 2).mean()\n"
            "    return grad(loss, w, b)",
            hint="Two tensors to ask for, but one place in the call: what holds two things?",
        ),
        Wrong(
            "def both_grads(xb, yb, w, b):\n    loss = ((xb @ w + b - yb) ** 2).mean()\n"
            "    return grad(loss, w)[0], grad(loss, b)[0]",
            hint="The first call uses the graph up. One call can answer for both.",
        ),
        Wrong(
            "def both_grads(xb, yb, w, b):\n    loss = ((xb @ w + b - yb) ** 2).mean()\n"
            "    return grad(loss, (b, w))",
            hint="The answers come in the order in which you ask: w first.",
        ),
        Wrong(
            "def both_grads(xb, yb, w, b):\n    loss = ((xb @ w + b - yb) ** 2).mean()\n"
            "    loss.backward()\n    return w.grad.clone(), b.grad.clone()",
            hint="A 7 was in each .grad before, and it is in your result. What adds to .grad?",
        ),
        Wrong(
            "def both_grads(xb, yb, w, b):\n    w.grad = b.grad = None\n"
            "    loss = ((xb @ w + b - yb) ** 2).mean()\n    loss.backward()\n"
            "    return w.grad, b.grad",
            hint="Right numbers, but in .grad is not what was there before the call.",
        ),
        Wrong(
            "def both_grads(xb, yb, w, b):\n    loss = ((xb @ w + b - yb) ** 2).mean()\n"
            "    loss.backward()\n    grads = w.grad, b.grad\n    w.grad = b.grad = None\n"
            "    return grads",
            hint="A 7 was in each .grad before. It went into your result, and then it was lost.",
        ),
        Wrong(
            "def both_grads(xb, yb, w, b):\n    loss = ((xb @ w + b - yb) ** 2).mean()\n"
            "    return loss.backward()",
            hint="Asked like this, torch writes into .grad and returns nothing.",
        ),
        Wrong(
            "def both_grads(xb, yb, w, b):\n    error = xb @ w + b - yb\n"
            "    return 2 * xb.T @ error / len(yb), 2 * error.mean()",
            hint="Right numbers, but autograd was not asked for them.",
        ),
    ],
)


def step_cases():
    import torch

    xb = torch.tensor([[1.0, 2.0], [0.0, -1.0], [3.0, 1.0]])
    return [
        Case(xb, torch.tensor([1.0, 0.0, 1.0])),
        Case(xb[:1], torch.tensor([1.0]), about="a batch of one"),
    ]


def three_steps(opt_step, xb, yb):
    """Take three steps from zero weights: only the second shows whether gradients were cleared."""
    import torch

    linear = torch.nn.Linear(2, 1)
    with torch.no_grad():
        linear.weight.zero_()
        linear.bias.zero_()
    opt = torch.optim.SGD(linear.parameters(), lr=0.1)
    return {
        "the list of losses of three steps": [opt_step(linear, opt, xb, yb) for _ in range(3)],
        "the weight after three steps": linear.weight.detach().clone(),
    }


_OPT_STEP = [
    "def opt_step(linear, opt, xb, yb):",
    "    preds = linear(xb).view(-1)",
    "    loss = F.mse_loss(preds, yb)",
    "    opt.zero_grad()",
    "    loss.backward()",
    "    opt.step()",
    "    return loss.item()",
]

OPT_STEP = Exercise(
    name="opt_step",
    lesson="06",
    kind="order",
    stub="""
opt_step = [
    "    opt.step()",
    "    return loss.item()",
    "    loss.backward()",
    "    preds = linear(xb)",
    "def opt_step(linear, opt, xb, yb):",
    "    opt.zero_grad()",
    "    loss = F.mse_loss(preds, yb)",
    "    preds = linear(xb).view(-1)",
]
""",
    given="import torch\nimport torch.nn.functional as F",
    solution=in_order("opt_step", _OPT_STEP),
    cases=step_cases,
    observe=three_steps,
    wrong=[
        Wrong(
            in_order("opt_step", _OPT_STEP, 0, 1, 2, 4, 3, 5, 6),
            hint="The weights never move. Is step reached, and does it find a gradient there?",
        ),
        Wrong(
            in_order("opt_step", _OPT_STEP, 0, 1, 2, 4, 5, 6),
            hint="From the second step on, old gradients are in the sum. Which line is missing?",
        ),
        Wrong(
            in_order("opt_step", _OPT_STEP, 0, "    preds = linear(xb)", 2, 3, 4, 5, 6),
            hint="(n, 1) and (n,) broadcast to a table of n times n. Which line flattens?",
        ),
    ],
)


def loss_cases():
    import torch

    def linear(weight, bias):
        layer = torch.nn.Linear(len(weight), 1)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor([weight]))
            layer.bias.fill_(bias)
        return layer

    rows = [[1.0, 2.0], [0.0, -1.0], [3.0, 1.0], [2.0, 0.0], [-1.0, 1.0], [0.0, 2.0]]
    xb, yb = torch.tensor(rows), torch.tensor([1.0, 0.0, 1.0, 0.0, 0.0, 1.0])
    return [
        Case(linear([1.0, 0.0], 0.0), xb[:3], xb[:3, 0].clone(), about="perfect weights"),
        Case(linear([0.5, -1.0], 0.25), xb, yb),
        Case(linear([0.5, -1.0], 0.25), xb[:1], yb[:1], about="a batch of one"),
    ]


def loss_and_layer(linear_loss, linear, xb, yb):
    """Return the loss, and that the layer was used, but neither changed nor given gradients."""
    return {
        "the result": linear_loss(linear, xb, yb),
        "the tensor linear.weight after the call": linear.weight.detach().clone(),
        "the answer to `linear.weight.grad is None` after the call": linear.weight.grad is None,
    }


LINEAR_LOSS = Exercise(
    name="linear_loss",
    lesson="06",
    kind="fix",
    stub="""
def linear_loss(linear, xb, yb):
    preds = linear(xb)
    return ((preds - yb) ** 2).mean()
""",
    given="import torch\nimport torch.nn.functional as F",
    solution="""
def linear_loss(linear, xb, yb):
    preds = linear(xb).view(-1)
    return ((preds - yb) ** 2).mean()
""",
    cases=loss_cases,
    observe=loss_and_layer,
    wrong=[
        Wrong(
            "def linear_loss(linear, xb, yb):\n    preds = linear(xb).view(-1)\n"
            "    return (preds - yb).mean() ** 2",
            hint="Square first, then take the mean: here errors of both signs cancel.",
        ),
        Wrong(
            "def linear_loss(linear, xb, yb):\n    preds = linear(xb).view(-1)\n"
            "    return ((preds - yb) ** 2).sum()",
            hint="The loss must not grow with the batch.",
        ),
        Wrong(
            "def linear_loss(linear, xb, yb):\n    preds = linear(xb)[0]\n"
            "    return ((preds - yb) ** 2).mean()",
            hint="That is the first flower's prediction only. You want all n, as (n,).",
        ),
        Wrong(
            "def linear_loss(linear, xb, yb):\n    preds = linear(xb).view(-1, 1)\n"
            "    return ((preds - yb) ** 2).mean()",
            hint="Print both shapes before the minus: is it still (n, 1) minus (n,)?",
        ),
    ],
)

EXERCISES = (N_STEPS, SHRINKING_GRADS, BOTH_GRADS, OPT_STEP, LINEAR_LOSS)

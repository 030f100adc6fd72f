"""Exercises of lesson 09, optim."""

from coursekit.exercises.model import Case, Exercise, Wrong

HEAVY_STEPS = Exercise(
    name="heavy_steps",
    lesson="09",
    kind="predict",
    stub="""
# The gradient is 1 at every step, lr is 0.01, momentum is 0.9.
# How long will each step be, after many of them?
heavy_steps = ...
""",
    solution="""
heavy_steps = 0.1
""",
    wrong=[
        Wrong("heavy_steps = 0.01", hint="That is SGD, and the first step. What is v later on?"),
        Wrong("heavy_steps = 0.019", hint="That is the second step. It goes on growing."),
        Wrong("heavy_steps = 10", hint="That is v. A step is lr times v."),
        Wrong("heavy_steps = 0.009", hint="v keeps nine tenths of itself, and g comes on top."),
    ],
    rtol=0.02,
    why="v stops growing where v = 0.9 v + 1, at 10: momentum 0.9 makes lr ten times as large.",
)


def scale_lr_cases():
    from torch import nn, optim

    def optimizer(*rates):
        groups = [{"params": nn.Linear(2, 1).parameters(), "lr": lr} for lr in rates]
        return optim.SGD(groups, lr=1.0, momentum=0.9)

    return [
        Case(optimizer(0.5), factor=0.1),
        Case(optimizer(0.5, 0.25), factor=0.1, about="two groups"),
        Case(optimizer(0.5, 0.25), factor=1.0, about="a factor of 1"),
    ]


def rates_after(scale_lr, opt, factor):
    """Return what the optimizer is set to afterwards."""
    scale_lr(opt, factor)
    return {
        "the learning rates": [float(group["lr"]) for group in opt.param_groups],
        "the momenta": [float(group["momentum"]) for group in opt.param_groups],
    }


SCALE_LR = Exercise(
    name="scale_lr",
    lesson="09",
    kind="fix",
    stub="""
def scale_lr(opt, factor):
    # opt is one of torch's optimizers, with one or more groups
    for group in opt.param_groups:
        lr = group["lr"]
        lr *= factor
""",
    solution="""
def scale_lr(opt, factor):
    for group in opt.param_groups:
        group["lr"] *= factor
""",
    cases=scale_lr_cases,
    observe=rates_after,
    wrong=[
        Wrong(
            "def scale_lr(opt, factor):\n    for group in opt.param_groups:\n"
            '        group["lr"] = factor',
            hint="This sets the rate to the factor. It should be multiplied by it.",
        ),
        Wrong(
            'def scale_lr(opt, factor):\n    opt.param_groups[0]["lr"] *= factor',
            hint="There may be more than one group.",
        ),
        Wrong(
            "def scale_lr(opt, factor):\n    opt.lr = factor",
            hint="Torch's optimizers do not look at opt.lr. Where does each group keep its rate?",
        ),
    ],
)


def add_up_cases():
    import torch
    import torch.nn.functional as F
    from torch import nn

    def classifier():
        torch.manual_seed(0)
        return nn.Linear(3, 4)

    torch.manual_seed(1)
    xb, yb = torch.randn(12, 3), torch.arange(12) % 4
    return [
        Case(classifier(), F.cross_entropy, xb, yb, 4),
        Case(classifier(), F.cross_entropy, xb[:10], yb[:10], 4, about="a smaller last part"),
        Case(classifier(), F.cross_entropy, xb, yb, 64, about="a part that holds everything"),
    ]


def gradients_left(add_up, model, loss_func, xb, yb, size):
    """Return the gradients that the answer leaves, for a fresh model."""
    add_up(model, loss_func, xb, yb, size)
    return {
        f"the gradient of the {name}": None if p.grad is None else p.grad.clone()
        for name, p in model.named_parameters()
    }


ADD_UP = Exercise(
    name="add_up",
    lesson="09",
    kind="write",
    stub="""
def add_up(model, loss_func, xb, yb, size):
    # loss_func is a mean. Take parts of at most `size` rows, and
    # leave in .grad what the whole batch would have left there.
    ...
""",
    solution="""
def add_up(model, loss_func, xb, yb, size):
    for xs, ys in zip(xb.split(size), yb.split(size)):
        loss = loss_func(model(xs), ys) * len(ys) / len(yb)
        loss.backward()
""",
    cases=add_up_cases,
    observe=gradients_left,
    wrong=[
        Wrong(
            "def add_up(model, loss_func, xb, yb, size):\n"
            "    for xs, ys in zip(xb.split(size), yb.split(size)):\n"
            "        loss_func(model(xs), ys).backward()",
            hint="Several means are added. How much of the batch is each part?",
        ),
        Wrong(
            "def add_up(model, loss_func, xb, yb, size):\n"
            "    parts = list(zip(xb.split(size), yb.split(size)))\n"
            "    for xs, ys in parts:\n"
            "        (loss_func(model(xs), ys) / len(parts)).backward()",
            hint="Right for equal parts. The last part is smaller, but counts as much.",
        ),
        Wrong(
            "def add_up(model, loss_func, xb, yb, size):\n"
            "    for xs, ys in zip(xb.split(size), yb.split(size)):\n"
            "        model.zero_grad()\n"
            "        (loss_func(model(xs), ys) * len(ys) / len(yb)).backward()",
            hint="Only the last part is left. Who clears the others?",
        ),
        Wrong(
            "def add_up(model, loss_func, xb, yb, size):\n"
            "    for xs, ys in zip(xb.split(size), yb.split(size)):\n"
            "        (loss_func(model(xs), ys) * len(ys)).backward()",
            hint="That is the gradient of a sum. The loss is a mean over the whole batch.",
        ),
        Wrong(
            "def add_up(model, loss_func, xb, yb, size):\n"
            "    return [loss_func(model(xs), ys) for xs, ys in zip(xb.split(size), "
            "yb.split(size))]",
            hint="There are losses, but no gradients. Who computes them?",
        ),
    ],
    why="Its memory need is that of one part, its step that of the whole batch.",
)


def rmsprop_cases():
    return [
        Case([1.0, -2.0], lr=0.1, steps=1, about="one step"),
        Case([1.0, -2.0], lr=0.01, steps=20),
        Case([3.0], lr=0.1, steps=3, alpha=0.9, about="another alpha"),
    ]


def ways_down(opt_class, start, lr, steps, **settings):
    """Walk down a parabola and return where the walk ends."""
    import torch

    w = torch.tensor(start, requires_grad=True)
    opt = opt_class([w], lr=lr, **settings)
    for _ in range(steps):
        (w**2).sum().backward()
        opt.step()
        opt.zero_grad()
    return {f"the parameters after {steps} step{'s' * (steps > 1)}": w.detach().clone()}


RMSPROP = Exercise(
    name="RMSprop",
    lesson="09",
    kind="write",
    stub="""
class RMSprop(SGD):
    def __init__(self, params, lr, alpha=0.99):
        super().__init__(params, lr)
        self.alpha = alpha
        self.squares = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        # s: alpha of it stays, the rest is the squared gradient
        # p goes by lr times gradient over (root of s, plus 1e-8)
        ...
""",
    given="import torch\nfrom coursekit.recap import SGD, running_mean",
    solution="""
class RMSprop(SGD):
    def __init__(self, params, lr, alpha=0.99):
        super().__init__(params, lr)
        self.alpha = alpha
        self.squares = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, s in zip(self.params, self.squares):
            if p.grad is not None:
                s += (1 - self.alpha) * (p.grad**2 - s)
                p -= self.lr * p.grad / (s.sqrt() + 1e-8)
""",
    cases=rmsprop_cases,
    observe=ways_down,
    wrong=[
        Wrong(
            """
class RMSprop(SGD):
    def __init__(self, params, lr, alpha=0.99):
        super().__init__(params, lr)
        self.alpha, self.steps = alpha, 0
        self.squares = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        self.steps += 1
        for p, s in zip(self.params, self.squares):
            s_hat = running_mean(s, p.grad**2, self.alpha, self.steps)
            p -= self.lr * p.grad / (s_hat.sqrt() + 1e-8)
""",
            hint="This corrects the bias of the mean, as Adam does. RMSprop came before that.",
        ),
        Wrong(
            """
class RMSprop(SGD):
    def __init__(self, params, lr, alpha=0.99):
        super().__init__(params, lr)
        self.alpha = alpha
        self.squares = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, s in zip(self.params, self.squares):
            s += (1 - self.alpha) * (p.grad**2 - s)
            p -= self.lr * p.grad / (s + 1e-8)
""",
            hint="Divided by the mean square itself. What is missing?",
        ),
        Wrong(
            """
class RMSprop(SGD):
    def __init__(self, params, lr, alpha=0.99):
        super().__init__(params, lr)
        self.alpha = alpha
        self.squares = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, s in zip(self.params, self.squares):
            s = self.alpha * s + (1 - self.alpha) * p.grad**2
            p -= self.lr * p.grad / (s.sqrt() + 1e-8)
""",
            hint="The first step is right, later ones forget: s is a new tensor in every step.",
        ),
        Wrong(
            """
class RMSprop(SGD):
    def __init__(self, params, lr, alpha=0.99):
        super().__init__(params, lr)
        self.alpha = alpha
        self.squares = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, s in zip(self.params, self.squares):
            s += self.alpha * (p.grad**2 - s)
            p -= self.lr * p.grad / (s.sqrt() + 1e-8)
""",
            hint="alpha is the share that stays. Here it is the share that comes.",
        ),
    ],
    why="torch.optim.RMSprop is this.",
)


EXERCISES = (HEAVY_STEPS, SCALE_LR, ADD_UP, RMSPROP)

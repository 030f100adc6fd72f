"""Exercises of lesson 09, optim."""

from coursekit.exercises.model import Case, Exercise, Wrong, instead

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
    import torch
    from torch import nn, optim

    def running(kind, *rates, **settings):
        """An optimizer with a memory: one step is done, the gradients are still there."""
        groups = [{"params": list(nn.Linear(2, 1).parameters()), "lr": lr} for lr in rates]
        opt = kind(groups, lr=1.0, **settings)
        for group in groups:
            for p in group["params"]:
                p.grad = torch.ones_like(p)
        opt.step()
        return opt

    return [
        Case(running(optim.SGD, 0.5, momentum=0.9), factor=0.1),
        Case(running(optim.SGD, 0.5, 0.25, 0.002, momentum=0.9), factor=0.1, about="three groups"),
        Case(running(optim.Adam, 0.5, 0.25), factor=4.0, about="a factor above 1 for Adam"),
    ]


def rates_and_all_else(scale_lr, opt, factor):
    """Call twice: what is set the second time must be scaled again, and all else stay."""
    scale_lr(opt, factor)
    once = [group["lr"] for group in opt.param_groups]
    scale_lr(opt, factor)
    params = [p for group in opt.param_groups for p in group["params"]]
    no_other = ("params", "lr", "initial_lr")  # the last one is written by torch's schedulers
    return {
        "the list of rates after the call": once,
        "the list of rates after a second call": [group["lr"] for group in opt.param_groups],
        "the list of other settings after the call": [
            {k: v for k, v in group.items() if k not in no_other} for group in opt.param_groups
        ],
        "the list of parameters after the call": [p.detach() for p in params],
        "the number of gradients after the call": sum(p.grad is not None for p in params),
        "the memory of the optimizer after the call": [dict(opt.state[p]) for p in params],
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
    observe=rates_and_all_else,
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
            hint="No group has another rate now. Where is it kept, and which line writes there?",
        ),
        Wrong(
            "def scale_lr(opt, factor):\n    opt.lr *= factor",
            hint="Torch's optimizers have no lr of their own. Where does a group keep its rate?",
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
    xb, yb, targets = torch.randn(12, 3), torch.arange(12) % 4, torch.randn(12, 4)
    return [
        Case(classifier(), F.cross_entropy, xb, yb, 4),
        Case(classifier(), F.cross_entropy, xb[:9], yb[:9], 4, about="a last part of one row"),
        Case(classifier(), F.mse_loss, xb[:11], targets[:11], 3, about="another loss"),
        Case(classifier(), F.cross_entropy, xb, yb, 64, about="a part that holds everything"),
    ]


def gradients_and_memory(add_up, model, loss_func, xb, yb, size):
    """Return the gradients that the answer leaves, and how much it needed at once for that."""
    rows, waiting, most = [], set(), [1]

    def watched(preds, targets):
        loss = loss_func(preds, targets)
        rows.append(len(targets))
        number = len(rows)
        if loss.requires_grad:  # until its backward, all that it was computed from is kept
            waiting.add(number)
            most.append(len(waiting))
            loss.register_hook(lambda grad: waiting.discard(number))
        return loss

    hook = model.register_forward_hook(lambda model, args, preds: rows.append(len(preds)))
    add_up(model, watched, xb, yb, size)
    hook.remove()
    seen = {"the list of parameters with a gradient": []}  # first: it says what is missing
    for name, p in model.named_parameters():
        if p.grad is not None:
            seen["the list of parameters with a gradient"].append(name)
        seen[f"the gradient of the {name}"] = p.grad
        seen[f"the {name} after the call"] = p.detach()
    return seen | {
        # Smaller parts are as good: the limits count.
        "the number of rows that go through at once": max(size, *rows),
        "the number of losses that wait for backward": max(most),
    }


ADD_UP = Exercise(
    name="add_up",
    lesson="09",
    kind="write",
    stub="""
def add_up(model, loss_func, xb, yb, size):
    # loss_func is a mean, and every .grad is empty. Take parts of at most
    # `size` rows, each forward and backward before the next one comes.
    # Leave in .grad what the whole batch would have left there.
    ...
""",
    solution="""
def add_up(model, loss_func, xb, yb, size):
    for xs, ys in zip(xb.split(size), yb.split(size)):
        loss = loss_func(model(xs), ys) * len(ys) / len(yb)
        loss.backward()
""",
    cases=add_up_cases,
    observe=gradients_and_memory,
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
            "        (loss_func(model(xs), ys) * size / len(yb)).backward()",
            hint="Right for full parts. Has every part `size` rows?",
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
        Wrong(
            "def add_up(model, loss_func, xb, yb, size):\n"
            "    for xs, ys in zip(xb.split(size), yb.split(size)):\n"
            "        (loss_func(model(xs), ys) * len(ys) / len(yb)).backward()\n"
            "    model.zero_grad()",
            hint="Afterwards `.grad` is empty. Who fills it, and does anybody clear it?",
        ),
        Wrong(
            "def add_up(model, loss_func, xb, yb, size):\n"
            "    for xs, ys in zip(xb.split(size), yb.split(size)):\n"
            "        loss = loss_func(model(xs), ys) * len(ys) / len(yb)\n"
            "    loss.backward()",
            hint="Only the loss of the last part went backward. When should each of them go?",
        ),
        Wrong(
            "def add_up(model, loss_func, xb, yb, size):\n    loss_func(model(xb), yb).backward()",
            hint="The gradients are right, but all rows were in memory at the same time.",
        ),
        Wrong(
            "def add_up(model, loss_func, xb, yb, size):\n"
            "    total = 0\n"
            "    for xs, ys in zip(xb.split(size), yb.split(size)):\n"
            "        total = total + loss_func(model(xs), ys) * len(ys) / len(yb)\n"
            "    total.backward()",
            hint="The gradients are right, but until backward each part stays in memory.",
        ),
    ],
    why="Its memory need is that of one part, its step that of the whole batch.",
)


def rmsprop_cases():
    return [
        Case([1.0, -2.0], lr=0.01, steps=20),
        Case([1.0, -2.0], lr=0.05, steps=1, about="one step"),
        Case([3.0], lr=0.1, steps=3, alpha=0.9, about="another alpha"),
        Case([3.0], lr=0.1, steps=2, idle=True, about="a parameter without a gradient"),
    ]


def ways_down(opt_class, start, lr, steps, idle=False, **settings):
    """Walk down a valley and return where the walk ends."""
    import torch

    w = torch.tensor(start, requires_grad=True)
    b = torch.tensor([0.5, 0.5, 0.5], requires_grad=True)
    no_part = [torch.ones(1, requires_grad=True)] if idle else []
    opt = opt_class(iter([w, b, *no_part]), lr=lr, **settings)  # parameters() can be read once
    for _ in range(steps):
        opt.zero_grad()
        # b[1] has the gradient 0, and that of b[2] is so small that 1e-8 counts.
        loss = ((w - 3.5) ** 2).sum() + (b[0] + 1) ** 2 + 0 * b[1] + 1e-7 * b[2]
        loss.backward()
        before = w.grad.clone()
        opt.step()
    same = w.grad is not None and torch.equal(w.grad, before)
    after = f"after {steps} step{'s' * (steps > 1)}"
    return {
        f"the first parameter {after}": w.detach().clone(),
        f"the second parameter {after}": b.detach().clone(),
        "the gradient after step": "as before" if same else "changed",
    }


_RMSPROP = """
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
"""

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
        # without a gradient p stays, as in SGD
        ...
""",
    given="import torch\nfrom coursekit.recap import SGD, running_mean",
    solution=_RMSPROP,
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
            if p.grad is not None:
                s_hat = running_mean(s, p.grad**2, self.alpha, self.steps)
                p -= self.lr * p.grad / (s_hat.sqrt() + 1e-8)
""",
            hint="This corrects the bias of the mean, as Adam does. RMSprop came before that.",
        ),
        Wrong(
            instead(
                _RMSPROP,
                ("p -= self.lr * p.grad / (s.sqrt() + 1e-8)", "p -= self.lr * p.grad / (s + 1e-8)"),
            ),
            hint="Divided by the mean square itself. What is missing?",
        ),
        Wrong(
            instead(
                _RMSPROP,
                (
                    "s += (1 - self.alpha) * (p.grad**2 - s)",
                    "s = self.alpha * s + (1 - self.alpha) * p.grad**2",
                ),
            ),
            hint="The first step is right, later ones forget: does s outlive the step?",
        ),
        Wrong(
            instead(
                _RMSPROP,
                ("s += (1 - self.alpha) * (p.grad**2 - s)", "s += self.alpha * (p.grad**2 - s)"),
            ),
            hint="alpha is the share that stays. Here it is the share that comes.",
        ),
        Wrong(
            instead(_RMSPROP, ("s += (1 - self.alpha) * (p.grad**2 - s)", "s += p.grad**2")),
            hint="This adds up all squares and forgets none. How much of s stays?",
        ),
        Wrong(
            instead(
                _RMSPROP,
                ("p -= self.lr * p.grad / (s.sqrt() + 1e-8)", "p -= self.lr * p.grad / s.sqrt()"),
            ),
            hint="A gradient of 0 gives 0 divided by 0, and that is nan. What prevents it?",
        ),
        Wrong(
            instead(
                _RMSPROP,
                (
                    "p -= self.lr * p.grad / (s.sqrt() + 1e-8)",
                    "p -= self.lr * p.grad / (s + 1e-8).sqrt()",
                ),
            ),
            hint="Look where the root ends: what is under it?",
        ),
        Wrong(
            instead(
                _RMSPROP,
                (
                    "p -= self.lr * p.grad / (s.sqrt() + 1e-8)",
                    "p = p - self.lr * p.grad / (s.sqrt() + 1e-8)",
                ),
            ),
            hint="Nothing has moved. Does step reach the parameters, or does it make new ones?",
        ),
        Wrong(
            _RMSPROP.rstrip() + "\n                return\n",
            hint="Only the first parameter has moved. When does the loop end?",
        ),
        Wrong(
            instead(_RMSPROP, ("p.grad is not None", "p.requires_grad")),
            hint="A parameter that took no part has no gradient. What did SGD do with it?",
        ),
    ],
    why="torch.optim.RMSprop is this.",
)


EXERCISES = (HEAVY_STEPS, SCALE_LR, ADD_UP, RMSPROP)

"""Exercises of lesson 08, nn.Module."""

from coursekit.exercises.model import Case, Exercise, Wrong

NUMBERS_TO_LEARN = Exercise(
    name="numbers_to_learn",
    lesson="08",
    kind="predict",
    stub="""
# nn.Sequential(nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10))
# How many numbers does this net learn?
numbers_to_learn = ...
""",
    solution="""
numbers_to_learn = 79510
""",
    wrong=[
        Wrong("numbers_to_learn = 79400", hint="Each output of a Linear layer has a bias too."),
        Wrong("numbers_to_learn = 78500", hint="That is the first layer. And the last one?"),
        Wrong("numbers_to_learn = 79610", hint="A ReLU has nothing to learn."),
        Wrong("numbers_to_learn = 4", hint="Four tensors. How many numbers are in them?"),
        Wrong("numbers_to_learn = 7850", hint="That is lesson 07's model, without a hidden layer."),
    ],
    rtol=0.0,
    why="(784 + 1) times 100, and (100 + 1) times 10: the 1 is the bias.",
)


def my_linear_cases():
    import torch

    return [
        Case(3, 2, torch.tensor([[1.0, 2.0, 3.0], [0.0, -1.0, 0.5]])),
        Case(2, 2, torch.tensor([[1.0, 2.0], [3.0, 4.0]]), about="as many outputs as inputs"),
        Case(3, 2, torch.ones(4, 5, 3), about="an input with three axes"),
    ]


def with_counted_parameters(layer_class, n_in, n_out, xb):
    """Fill the parameters with 0.1, 0.2, … before the call: what is random cannot be compared."""
    import torch

    layer = layer_class(n_in, n_out)
    with torch.no_grad():
        for p in layer.parameters():
            p.copy_(torch.arange(1.0, p.numel() + 1).view_as(p) / 10)
    return {
        "the parameters": [f"{name} {tuple(p.shape)}" for name, p in layer.named_parameters()],
        "the output": layer(xb).detach(),
    }


MY_LINEAR = Exercise(
    name="MyLinear",
    lesson="08",
    kind="fill",
    stub="""
class MyLinear(nn.Module):
    # nn.Linear, by hand: the weight has the shape (n_out, n_in)
    def __init__(self, n_in, n_out):
        super().__init__()
        w = torch.empty(n_out, n_in)
        self.weight = nn.Parameter(w.uniform_(-1, 1) / n_in**0.5)
        self.bias = nn.Parameter(torch.zeros(n_out))

    def forward(self, xb):
        return ...  # (n, n_in) -> (n, n_out)
""",
    given="import torch\nfrom torch import nn",
    solution="""
class MyLinear(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        w = torch.empty(n_out, n_in)
        self.weight = nn.Parameter(w.uniform_(-1, 1) / n_in**0.5)
        self.bias = nn.Parameter(torch.zeros(n_out))

    def forward(self, xb):
        return xb @ self.weight.T + self.bias
""",
    cases=my_linear_cases,
    observe=with_counted_parameters,
    wrong=[
        Wrong(
            """
class MyLinear(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        w = torch.empty(n_out, n_in)
        self.weight = nn.Parameter(w.uniform_(-1, 1) / n_in**0.5)
        self.bias = nn.Parameter(torch.zeros(n_out))

    def forward(self, xb):
        return xb @ self.weight + self.bias
""",
            hint="xb is (n, n_in), the weight (n_out, n_in): the inner numbers must agree.",
        ),
        Wrong(
            """
class MyLinear(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        w = torch.empty(n_out, n_in)
        self.weight = nn.Parameter(w.uniform_(-1, 1) / n_in**0.5)
        self.bias = nn.Parameter(torch.zeros(n_out))

    def forward(self, xb):
        return xb @ self.weight.T
""",
            hint="One of the two parameters is never used.",
        ),
        Wrong(
            """
class MyLinear(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        w = torch.empty(n_out, n_in)
        self.weight = nn.Parameter(w.uniform_(-1, 1) / n_in**0.5)
        self.bias = nn.Parameter(torch.zeros(n_out))

    def forward(self, xb):
        return (self.weight @ xb.T + self.bias[:, None]).T
""",
            hint="Right for a matrix. With more axes .T turns over all: keep xb on the left.",
        ),
        Wrong(
            """
class MyLinear(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        w = torch.empty(n_in, n_out)
        self.weight = nn.Parameter(w.uniform_(-1, 1) / n_in**0.5)
        self.bias = nn.Parameter(torch.zeros(n_out))

    def forward(self, xb):
        return xb @ self.weight + self.bias
""",
            hint="This works, but nn.Linear keeps one row for each output.",
        ),
    ],
)


def count_trainable_cases():
    from torch import nn

    frozen = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    frozen[0].weight.requires_grad_(False)
    nested = nn.Sequential(nn.Sequential(nn.Linear(2, 2)), nn.BatchNorm1d(2))
    return [
        Case(nn.Linear(4, 3)),
        Case(nested, about="modules in modules, and buffers"),
        Case(frozen, about="a net with a frozen weight"),
        Case(nn.ReLU(), about="a module without parameters"),
    ]


COUNT_TRAINABLE = Exercise(
    name="count_trainable",
    lesson="08",
    kind="write",
    stub="""
def count_trainable(model):
    # how many numbers a training would change: frozen ones do not count
    ...
""",
    given="import torch\nfrom torch import nn",
    solution="""
def count_trainable(model):
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
""",
    cases=count_trainable_cases,
    wrong=[
        Wrong(
            "def count_trainable(model):\n    return len(list(model.parameters()))",
            hint="These are tensors. How many numbers does each hold?",
        ),
        Wrong(
            "def count_trainable(model):\n    return sum(p.numel() for p in model.parameters())",
            hint="A frozen parameter is still a parameter. Which attribute says that it is frozen?",
        ),
        Wrong(
            "def count_trainable(model):\n"
            "    return sum(p.numel() for p in model.state_dict().values())",
            hint="state_dict holds buffers too, and nobody learns those.",
        ),
        Wrong(
            "def count_trainable(model):\n    return sum(len(p) for p in model.parameters())",
            hint="len counts along the first axis only.",
        ),
    ],
)


def hidden_net_cases():
    import torch

    return [
        Case(3, 2, 2, torch.tensor([[1.0, -2.0, 3.0], [-9.0, -1.0, 0.5]])),
        Case(2, 4, 3, torch.tensor([[0.5, -4.0]]), about="a batch of one"),
    ]


def with_signed_parameters(net_class, n_in, n_hidden, n_out, xb):
    """Name the shapes, then give every parameter fixed values of both signs and call."""
    import torch

    net = net_class(n_in, n_hidden, n_out)
    found = sorted(f"{tuple(p.shape)}" for p in net.parameters())
    values = torch.cos(torch.arange(40.0))
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(values[: p.numel()].view_as(p))
    return {"the shapes of the parameters": found, "the output": net(xb).detach()}


HIDDEN_NET = Exercise(
    name="HiddenNet",
    lesson="08",
    kind="write",
    stub="""
class HiddenNet(nn.Module):
    # Like Logistic, from parameters of your own, w1, b1, w2, b2:
    # xb (n, n_in) -> ReLU of (n, n_hidden) -> logits (n, n_out)
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()

    def forward(self, xb):
        ...
""",
    given="import torch\nimport torch.nn.functional as F\nfrom torch import nn",
    solution="""
class HiddenNet(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(n_in, n_hidden) / n_in**0.5)
        self.b1 = nn.Parameter(torch.zeros(n_hidden))
        self.w2 = nn.Parameter(torch.randn(n_hidden, n_out) / n_hidden**0.5)
        self.b2 = nn.Parameter(torch.zeros(n_out))

    def forward(self, xb):
        h = F.relu(xb @ self.w1 + self.b1)
        return h @ self.w2 + self.b2
""",
    cases=hidden_net_cases,
    observe=with_signed_parameters,
    wrong=[
        Wrong(
            """
class HiddenNet(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(n_in, n_hidden) / n_in**0.5)
        self.b1 = nn.Parameter(torch.zeros(n_hidden))
        self.w2 = nn.Parameter(torch.randn(n_hidden, n_out) / n_hidden**0.5)
        self.b2 = nn.Parameter(torch.zeros(n_out))

    def forward(self, xb):
        return (xb @ self.w1 + self.b1) @ self.w2 + self.b2
""",
            hint="Without a bend these two layers are one.",
        ),
        Wrong(
            """
class HiddenNet(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(n_in, n_hidden) / n_in**0.5)
        self.b1 = nn.Parameter(torch.zeros(n_hidden))
        self.w2 = nn.Parameter(torch.randn(n_hidden, n_out) / n_hidden**0.5)
        self.b2 = nn.Parameter(torch.zeros(n_out))

    def forward(self, xb):
        h = F.relu(xb @ self.w1 + self.b1)
        return F.relu(h @ self.w2 + self.b2)
""",
            hint="A logit may be negative. The ReLU belongs between the layers, not after both.",
        ),
        Wrong(
            """
class HiddenNet(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(n_in, n_hidden) / n_in**0.5)
        self.b1 = nn.Parameter(torch.zeros(n_hidden))
        self.w2 = nn.Parameter(torch.randn(n_hidden, n_out) / n_hidden**0.5)
        self.b2 = nn.Parameter(torch.zeros(n_out))

    def forward(self, xb):
        h = F.relu(xb @ self.w1 + self.b1)
        return (h @ self.w2 + self.b2).softmax(dim=1)
""",
            hint="These are probabilities. F.cross_entropy wants logits.",
        ),
        Wrong(
            """
class HiddenNet(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.w1 = torch.randn(n_in, n_hidden, requires_grad=True)
        self.b1 = torch.zeros(n_hidden, requires_grad=True)
        self.w2 = torch.randn(n_hidden, n_out, requires_grad=True)
        self.b2 = torch.zeros(n_out, requires_grad=True)

    def forward(self, xb):
        return F.relu(xb @ self.w1 + self.b1) @ self.w2 + self.b2
""",
            hint="parameters() finds nothing: plain tensors are not registered.",
        ),
        Wrong(
            """
class HiddenNet(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        self.w1 = nn.Parameter(torch.randn(n_in, n_hidden) / n_in**0.5)

    def forward(self, xb):
        return xb @ self.w1
""",
            hint="The first line of __init__ must build the part that nn.Module brings.",
        ),
    ],
)


def deep_net_cases():
    return [
        Case((3, 4, 2)),
        Case((2, 5, 5, 1), about="three layers"),
        Case((3, 2), about="a single layer"),
    ]


def built_and_called(net_class, widths):
    """Build the net, list its parameters, call it with fixed numbers in them."""
    import torch

    net = net_class(*widths)
    found = [tuple(p.shape) for p in net.parameters()]
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.cos(torch.arange(float(p.numel()))).view_as(p))
    xb = torch.sin(torch.arange(2.0 * widths[0])).view(2, -1)
    return {"the shapes of the parameters": found, "the output": net(xb).detach()}


DEEP_NET = Exercise(
    name="DeepNet",
    lesson="08",
    kind="fix",
    stub="""
class DeepNet(nn.Module):
    # Linear layers of the given widths, a ReLU after each but the last
    def __init__(self, *widths):
        super().__init__()
        self.layers = []
        for n_in, n_out in zip(widths, widths[1:]):
            self.layers.append(nn.Linear(n_in, n_out))

    def forward(self, xb):
        for layer in self.layers:
            xb = F.relu(layer(xb))
        return xb
""",
    given="import torch\nimport torch.nn.functional as F\nfrom torch import nn",
    solution="""
class DeepNet(nn.Module):
    def __init__(self, *widths):
        super().__init__()
        self.layers = nn.ModuleList()
        for n_in, n_out in zip(widths, widths[1:]):
            self.layers.append(nn.Linear(n_in, n_out))

    def forward(self, xb):
        *hidden, last = self.layers
        for layer in hidden:
            xb = F.relu(layer(xb))
        return last(xb)
""",
    cases=deep_net_cases,
    observe=built_and_called,
    wrong=[
        Wrong(
            """
class DeepNet(nn.Module):
    def __init__(self, *widths):
        super().__init__()
        self.layers = nn.ModuleList()
        for n_in, n_out in zip(widths, widths[1:]):
            self.layers.append(nn.Linear(n_in, n_out))

    def forward(self, xb):
        for layer in self.layers:
            xb = F.relu(layer(xb))
        return xb
""",
            hint="All layers are registered now. But read the comment: not after the last one.",
        ),
        Wrong(
            """
class DeepNet(nn.Module):
    def __init__(self, *widths):
        super().__init__()
        self.layers = []
        for n_in, n_out in zip(widths, widths[1:]):
            self.layers.append(nn.Linear(n_in, n_out))

    def forward(self, xb):
        *hidden, last = self.layers
        for layer in hidden:
            xb = F.relu(layer(xb))
        return last(xb)
""",
            hint="forward is right now. Count the parameters of a DeepNet: who hides them?",
        ),
        Wrong(
            """
class DeepNet(nn.Module):
    def __init__(self, *widths):
        super().__init__()
        self.layers = nn.ModuleList()
        for n_in, n_out in zip(widths, widths[1:]):
            self.layers.append(nn.Linear(n_in, n_out))

    def forward(self, xb):
        for layer in self.layers:
            xb = layer(xb)
        return xb
""",
            hint="Now there is no bend at all: the layers are one.",
        ),
    ],
)

EXERCISES = (NUMBERS_TO_LEARN, MY_LINEAR, COUNT_TRAINABLE, HIDDEN_NET, DEEP_NET)

"""Exercises of lesson 08, nn.Module."""

from coursekit.exercises.model import Case, Exercise, Wrong, instead

NUMBERS_TO_LEARN = Exercise(
    name="numbers_to_learn",
    lesson="08",
    kind="predict",
    stub="""
# nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
# How many numbers does this net learn?
numbers_to_learn = ...
""",
    solution="""
numbers_to_learn = 50890
""",
    wrong=[
        Wrong("numbers_to_learn = 50816", hint="Each output of a Linear layer has a bias too."),
        Wrong(
            "numbers_to_learn = 50826",
            hint="You are 64 short. What has each of the 64 hidden numbers besides its weights?",
        ),
        Wrong(
            "numbers_to_learn = 50880",
            hint="You are 10 short. What has each of the ten outputs besides its weights?",
        ),
        Wrong("numbers_to_learn = 50818", hint="A layer has more than one bias."),
        Wrong("numbers_to_learn = 50240", hint="That is the first layer. And the last one?"),
        Wrong("numbers_to_learn = 50954", hint="A ReLU has nothing to learn."),
        Wrong("numbers_to_learn = 4", hint="Four tensors. How many numbers are in them?"),
        Wrong("numbers_to_learn = 7850", hint="That is lesson 07's model, without a hidden layer."),
        Wrong("numbers_to_learn = 79510", hint="That is section 6's net. This one is narrower."),
    ],
    rtol=0.0,
    why="(784 + 1) times 64, and (64 + 1) times 10: the 1 is the bias.",
)


def fill_parameters(net):
    """Give every parameter fixed values of both signs: what is random cannot be compared."""
    import torch

    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.cos(torch.arange(float(p.numel()))).view_as(p))


def gradient_count(net, out):
    """Count the parameters that ``backward()`` reaches from ``out``: the others never learn."""
    import torch

    if torch.is_tensor(out) and out.requires_grad:
        out.sum().backward()
    return sum(p.grad is not None for p in net.parameters())


def my_linear_cases():
    import torch

    return [
        Case(3, 2, torch.tensor([[1.0, 2.0, 3.0], [0.0, -4.0, 0.5]])),
        Case(2, 2, torch.tensor([[1.0, 2.0], [3.0, 4.0]]), about="as many outputs as inputs"),
        Case(2, 3, torch.tensor([[0.5, -1.0]]), about="a batch of one"),
    ]


def names_and_output(layer_class, n_in, n_out, xb):
    """Build the layer, name its parameters, call it with fixed numbers in them."""
    layer = layer_class(n_in, n_out)
    found = sorted(f"{name} {tuple(p.shape)}" for name, p in layer.named_parameters())
    fill_parameters(layer)
    out = layer(xb)
    return {
        "the list of parameters": ", ".join(found) or "empty",
        "the output": out,
        "the number of parameters that get a gradient": gradient_count(layer, out),
    }


_MY_LINEAR = """
class MyLinear(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        w = torch.empty(n_out, n_in)
        self.weight = nn.Parameter(w.uniform_(-1, 1) / n_in**0.5)
        self.bias = nn.Parameter(torch.zeros(n_out))

    def forward(self, xb):
        return xb @ self.weight.T + self.bias
"""

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
    solution=_MY_LINEAR,
    cases=my_linear_cases,
    observe=names_and_output,
    wrong=[
        Wrong(
            instead(_MY_LINEAR, ("self.weight.T", "self.weight")),
            hint="xb is (n, n_in), the weight (n_out, n_in): the inner numbers must agree.",
        ),
        Wrong(
            instead(_MY_LINEAR, (" + self.bias", "")),
            hint="One of the two parameters is never used.",
        ),
        Wrong(
            instead(_MY_LINEAR, ("xb @ self.weight.T", "self.weight @ xb.T")),
            hint="Each row of the output must belong to a row of xb. What do the rows mean here?",
        ),
        Wrong(
            instead(_MY_LINEAR, ("weight.T", "weight.data.T")),
            hint="One of the two would never learn. What cuts it off from the output?",
        ),
        Wrong(
            instead(
                _MY_LINEAR, ("empty(n_out, n_in)", "empty(n_in, n_out)"), ("weight.T", "weight")
            ),
            hint="The numbers are right. But nn.Linear's weight has one row for each output.",
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


def count_and_flags(count_trainable, model):
    """Counting must leave the model as it was, frozen or not."""
    return {
        "the result": count_trainable(model),
        "the list of requires_grad flags after the call": [
            p.requires_grad for p in model.parameters()
        ],
    }


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
    observe=count_and_flags,
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


def spread_of_weights(net_class):
    """Say how far the weights of a large fresh net spread, compared with 1 / sqrt(inputs).

    In this unit `randn` as in `init_params` has 1, Kaiming's start 1.4, nn.Linear's own 0.58.
    """
    big = net_class(100, 400, 100)
    sizes = [p.std().item() * len(p) ** 0.5 for p in big.parameters() if p.dim() == 2]
    if all(0.54 < size < 1.6 for size in sizes):
        return "about 1 / sqrt(inputs)"
    return "too large" if max(sizes) > 1.6 else "too small"


def shapes_output_and_spread(net_class, n_in, n_hidden, n_out, xb):
    """Call the net, if its shapes are right, with fixed numbers; look at its random ones too."""
    net = net_class(n_in, n_hidden, n_out)
    found = sorted(tuple(p.shape) for p in net.parameters())
    fits = found == sorted([(n_in, n_hidden), (n_hidden,), (n_hidden, n_out), (n_out,)])
    fill_parameters(net)
    out = net(xb) if fits else None
    return {
        "the list of parameter shapes": ", ".join(map(str, found)) or "empty",
        "the output": out,
        "the number of parameters that get a gradient": gradient_count(net, out),
        "the spread of fresh weights in a large net": spread_of_weights(net_class) if fits else "",
    }


_HIDDEN_NET = """
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
"""

HIDDEN_NET = Exercise(
    name="HiddenNet",
    lesson="08",
    kind="write",
    stub="""
class HiddenNet(nn.Module):
    # Like Logistic, from parameters of your own:
    # w1 (n_in, n_hidden), b1 (n_hidden,), w2 (n_hidden, n_out), b2 (n_out,)
    # xb (n, n_in) -> ReLU of (n, n_hidden) -> logits (n, n_out)
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()

    def forward(self, xb):
        ...
""",
    given="import torch\nimport torch.nn.functional as F\nfrom torch import nn",
    solution=_HIDDEN_NET,
    cases=hidden_net_cases,
    observe=shapes_output_and_spread,
    wrong=[
        Wrong(
            instead(_HIDDEN_NET, ("F.relu(xb @ self.w1 + self.b1)", "xb @ self.w1 + self.b1")),
            hint="Without a bend these two layers are one.",
        ),
        Wrong(
            instead(_HIDDEN_NET, ("h @ self.w2 + self.b2", "F.relu(h @ self.w2 + self.b2)")),
            hint="A logit may be negative. The ReLU belongs between the layers, not after both.",
        ),
        Wrong(
            instead(
                _HIDDEN_NET, ("h @ self.w2 + self.b2", "(h @ self.w2 + self.b2).softmax(dim=1)")
            ),
            hint="These are probabilities. F.cross_entropy wants logits.",
        ),
        Wrong(
            instead(_HIDDEN_NET, ("nn.Parameter", "")),
            hint="parameters() finds nothing. What must be assigned to self to be registered?",
        ),
        Wrong(
            instead(_HIDDEN_NET, ("        super().__init__()\n", "")),
            hint="The first line of __init__ must build the part that nn.Module brings.",
        ),
        Wrong(
            instead(_HIDDEN_NET, (" / n_in**0.5", ""), (" / n_hidden**0.5", "")),
            hint="Fresh weights spread too far. What does init_params do to them?",
        ),
        Wrong(
            instead(_HIDDEN_NET, ("**0.5", "")),
            hint="Fresh weights spread too little. Compare how init_params makes and scales them.",
        ),
        Wrong(
            instead(_HIDDEN_NET, ("nn.Parameter(torch.zeros", "(torch.zeros")),
            hint="Only the weights are registered. The biases must be learned too.",
        ),
        Wrong(
            instead(
                _HIDDEN_NET,
                ("n_hidden) / n_in**0.5)", "n_hidden)) / n_in**0.5"),
                ("n_out) / n_hidden**0.5)", "n_out)) / n_hidden**0.5"),
            ),
            hint="Only the biases are registered. Is w1 a Parameter when it is assigned to self?",
        ),
        Wrong(
            instead(
                _HIDDEN_NET,
                ("randn(n_in, n_hidden)", "randn(n_hidden, n_in)"),
                ("randn(n_hidden, n_out)", "randn(n_out, n_hidden)"),
                ("self.w1 +", "self.w1.T +"),
                ("self.w2 +", "self.w2.T +"),
            ),
            hint="These weights lie as in nn.Linear. Which shapes does the comment ask for?",
        ),
    ],
)


def deep_net_cases():
    import torch

    three = torch.tensor([[3.0, -3.0, -2.0], [2.0, -1.0, -4.0]])
    return [
        Case((3, 4, 2), three),
        Case((2, 5, 5, 1), torch.tensor([[1.0, -2.0], [-3.0, 0.5]]), about="three layers"),
        Case((3, 2), three, about="a single layer"),
        Case((3, 2, 2), three, about="a hidden layer as wide as the last"),
    ]


def shapes_and_output(net_class, widths, xb):
    """Build the net, list its parameters, call it with fixed numbers in them."""
    net = net_class(*widths)
    found = [str(tuple(p.shape)) for p in net.parameters()]
    fill_parameters(net)
    out = net(xb)
    return {
        "the list of parameter shapes": ", ".join(found) or "empty",
        "the output": out,
        "the number of parameters that get a gradient": gradient_count(net, out),
    }


_DEEP_NET = """
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
"""

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
    solution=_DEEP_NET,
    cases=deep_net_cases,
    observe=shapes_and_output,
    wrong=[
        Wrong(
            instead(_DEEP_NET, ("return last(xb)", "return F.relu(last(xb))")),
            hint="All layers are registered now. But read the comment: not after the last one.",
        ),
        Wrong(
            instead(_DEEP_NET, ("nn.ModuleList()", "[]")),
            hint="forward is right now. Count the parameters of a DeepNet: who hides them?",
        ),
        Wrong(
            instead(_DEEP_NET, ("F.relu(layer(xb))", "layer(xb)")),
            hint="Now there is no bend at all: the layers are one.",
        ),
    ],
)

EXERCISES = (NUMBERS_TO_LEARN, MY_LINEAR, COUNT_TRAINABLE, HIDDEN_NET, DEEP_NET)

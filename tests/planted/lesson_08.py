"""Bugs for lesson 08, nn.Module."""

from tests.planted.mutation import Mutation

MUTATIONS = [
    Mutation(
        "theirs = F.cross_entropy(logits, yb)",
        "theirs = F.cross_entropy(logits.softmax(dim=1), yb)",
        "cross_entropy wants logits",
        "probabilities where the loss wants logits",
    ),
    Mutation(
        "at_once = F.cross_entropy(extreme, truth)",
        "at_once = F.nll_loss(extreme.softmax(dim=1).log(), truth)",
        "subtract the largest score",
        "the loss in steps, not at once",
    ),
    Mutation(
        "return xb @ weights + bias",
        "return (xb @ weights + bias).softmax(dim=1)",
        "the model returns logits",
        "softmax left in the model",
    ),
    Mutation(
        "loss = F.cross_entropy(preds, yb)",
        'loss = F.cross_entropy(preds, yb, reduction="sum")',
        "the loss is a mean",
        "sum over the batch for its mean",
    ),
    Mutation(
        "self.weights = nn.Parameter(weights)",
        "self.weights = weights",
        "load the numbers into parameters",
        "a plain tensor for a parameter",
    ),
    Mutation(
        "weights, bias = init_params(seed)",
        "weights, bias = init_params(seed + 1)",
        "start, parameters",
        "another start",
        index=0,
    ),
    Mutation(
        "return xb @ self.weights + self.bias",
        "return xb @ self.weights + 2 * self.bias",
        "start, parameters",
        "the bias counted twice",
    ),
    Mutation(
        "self.in_a_list = [nn.Parameter(torch.zeros(2))]",
        "self.in_a_list = nn.ParameterList([torch.zeros(2)])",
        "only registered ones",
        "the hidden parameter is not hidden",
    ),
    Mutation(
        "forwarded = model.forward(xb)",
        "forwarded = model(xb)",
        "only the call runs the hooks",
        "a call where forward is meant",
    ),
    Mutation(
        "def train_module(model, loss_func, x, y, lr=0.25, bs=64, epochs=5):",
        "def train_module(model, loss_func, x, y, lr=0.2, bs=64, epochs=5):",
        "lr",
        "another learning rate",
    ),
    Mutation(
        "for xb, yb in zip(x.split(bs), y.split(bs)):",
        "for xb, yb in zip(x.split(bs), y.flip(0).split(bs)):",
        "batches",
        "labels in another order than the images",
        index=1,
    ),
    Mutation(
        "for p in model.parameters():",
        "for p in list(model.parameters())[1:]:",
        "start, parameters",
        "one parameter left out of the step",
    ),
    Mutation("p -= lr * p.grad", "p += lr * p.grad", "sign", "step uphill", index=1),
    Mutation(
        "p -= lr * p.grad", "p = p - lr * p.grad", "start, parameters", "no step at all", index=1
    ),
    Mutation("model.zero_grad()", "pass", "zeroing", "gradient never zeroed"),
    Mutation(
        "return loss_func(preds, y).item(), accuracy(preds, y).item()",
        "return loss_func(preds, y).item(), accuracy(-preds, y).item()",
        "validate must judge like evaluate",
        "least likely digit for the most likely",
    ),
    Mutation(
        "return loss_func(preds, y).item(), accuracy(preds, y).item()",
        "return loss_func(preds.softmax(dim=1), y).item(), accuracy(preds, y).item()",
        "validate must judge like evaluate",
        "probabilities for logits in validation",
    ),
    Mutation(
        "model.weight.copy_(weights.T)",
        "pass",
        "does Linear start at the same weights",
        "weights not copied",
    ),
    Mutation(
        "model.weight.copy_(weights.T)",
        "model.weight.copy_(weights.reshape(10, 784))",
        "does Linear start at the same weights",
        "reshaped where transposed is meant",
    ),
    Mutation(
        "model.bias.copy_(bias)",
        "pass",
        "does Linear start at the same weights",
        "bias not copied",
    ),
    Mutation(
        "calm, wild = two_ways(lr=0.25), two_ways(lr=4)",
        "calm, wild = two_ways(lr=0.25), two_ways(lr=0.25)",
        "rounding is blown up",
        "no wild run",
    ),
    Mutation(
        "exact = two_ways(lr=4, dtype=torch.float64)",
        "exact = two_ways(lr=4, dtype=torch.float32)",
        "in float64 the same code agrees",
        "float32 for float64",
    ),
    Mutation(
        "one.bias.copy_(second.weight @ first.bias + second.bias)",
        "one.bias.copy_(second.bias)",
        "b = W2 b1 + b2",
        "the first bias forgotten",
    ),
    Mutation(
        "flat, flat_acc = train_plane()",
        "flat, flat_acc = train_plane(nn.ReLU())",
        "only a bend can close a ring",
        "a ReLU where there should be none",
    ),
    Mutation(
        "bent, bent_acc = train_plane(nn.ReLU())",
        "bent, bent_acc = train_plane(nn.Identity())",
        "only a bend can close a ring",
        "no bend between the layers",
    ),
    Mutation(
        "self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in pairs])",
        "self.layers = [nn.Linear(a, b) for a, b in pairs]",
        "a ModuleList registers all three layers",
        "layers in a Python list",
    ),
    Mutation(
        "self.hidden = [nn.Linear(a, b) for a, b in pairs]",
        "self.hidden = nn.ModuleList([nn.Linear(a, b) for a, b in pairs])",
        "it looks like learning, but worse",
        "the bug that the lesson shows is not there",
    ),
    Mutation(
        "cured.hidden = nn.ModuleList(cured.hidden)",
        "cured.hidden = list(cured.hidden)",
        "now all layers learn",
        "the cure is a Python list again",
    ),
    Mutation(
        "return F.cross_entropy(preds.softmax(dim=1), yb)",
        "return F.cross_entropy(preds, yb)",
        "probabilities in, and it never gets good",
        "the silent bug is not there",
    ),
    Mutation(
        "state = torch.load(saved(model.state_dict()), weights_only=True)",
        "state = torch.load(saved(other.state_dict()), weights_only=True)",
        "load the numbers into parameters",
        "the new model loads its own numbers",
    ),
    Mutation(
        "return nn.Linear(784, 10)(xb)",
        "return linear(xb)",
        "new weights at each call",
        "the silent bug is not there: one layer, always the same",
    ),
]

"""Bugs for lesson 05, autograd."""

from tests.planted.mutation import Mutation

MUTATIONS = [
    Mutation(
        "yt.backward(torch.ones(100))",
        "yt.backward(torch.full((100,), 2.0))",
        "does each output count 1?",
        "each output counts double",
    ),
    Mutation(
        "(v**2).sum().backward()",
        "(v**2).mean().backward()",
        "sum() lets every output count 1",
        "mean for sum",
    ),
    Mutation(
        "f(**nodes).backward()",
        "(f(**nodes) * 2).backward()",
        "Node and torch differ on",
        "Node differentiates another formula",
    ),
    Mutation(
        "if fn is not None and fn not in found:",
        "if fn is not None:",
        "an operation must be listed once",
        "shared operations listed again",
    ),
    Mutation(
        "todo += [parent for parent, _ in fn.next_functions]",
        "todo += [parent for parent, _ in fn.next_functions[:1]]",
        "two leaves ask",
        "only the first parent followed",
    ),
    Mutation(
        "square = a**2",
        "square = a.detach() ** 2 + 0 * a",
        "2ab and a²",
        "a detached square",
        index=0,
    ),
    Mutation(
        "square.retain_grad()",
        "(square * 2).retain_grad()",
        "retain_grad() must come before backward()",
        "the wrong tensor's gradient retained",
    ),
    Mutation(
        "z = 3 * x**2",
        "z, x.grad = 3 * x**2, None",
        "backward must add",
        "cleared between two calls that should add",
    ),
    Mutation(
        "xt.grad = None",
        "pass",
        "clear before each backward",
        "gradient never cleared",
    ),
    Mutation(
        "((xb @ w - yb) ** 2).sum().backward()",
        "((xb @ w - yb) ** 2).mean().backward()",
        "Tensor-likes are not close",
        "means added up as if they were sums",
    ),
    Mutation(
        "(dy,) = torch.autograd.grad(y, x)",
        "y.backward(retain_graph=True)\n(dy,) = torch.autograd.grad(y, x)",
        "autograd.grad must write nothing",
        "backward beside autograd.grad",
    ),
    Mutation(
        "loss.backward(retain_graph=True)",
        "loss.backward(retain_graph=True), setattr(v, 'grad', None)",
        "2v from each call",
        "cleared between two calls on one graph",
    ),
    Mutation(
        "safe = w.detach().clone()",
        "safe = w.detach()",
        "detach().clone() must not",
        "a copy that is none",
    ),
    Mutation(
        "fixed = square.detach()",
        "fixed = square",
        "no gradient may pass a detach",
        "detach forgotten",
    ),
    Mutation(
        "with torch.no_grad():",
        "if True:",
        "under no_grad nothing must be kept",
        "no_grad forgotten where the network only answers",
        index=0,
    ),
    Mutation(
        "if in_place:",
        "if not in_place:",
        "step in place",
        "the history grows where it should not",
    ),
    Mutation(
        "w = w - lr * slope",
        "w = w - lr.item() * slope",
        "element 0 of tensors does not require grad",
        "item() cuts the learning rate off",
        loud=True,
    ),
    Mutation(
        "w = w - lr * slope",
        "w = w + lr * slope",
        "a larger lr must help here",
        "training uphill",
    ),
    Mutation(
        "lr -= 0.005 * lr.grad",
        "lr += 0.005 * lr.grad",
        "lr must find 0.5",
        "the learning rate walks uphill",
    ),
    Mutation("lr.grad = None", "pass", "check step and clearing", "lr.grad never cleared"),
    Mutation(
        "if clear:",
        "if not clear:",
        "cleared: it must come to rest at 0",
        "cleared at the wrong time",
        index=1,
    ),
    Mutation(
        "if clear:",
        "if True:",
        "it must swing",
        "the shown bug is not there",
        index=1,
    ),
]

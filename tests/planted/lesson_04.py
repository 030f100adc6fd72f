"""Bugs for lesson 04, tensors."""

from tests.planted.mutation import Mutation

MUTATIONS = [
    Mutation(
        "r = torch.arange(1, 10)",
        "r = torch.arange(1, 11)",
        "arange ends before 10",
        "one number too many",
    ),
    Mutation(
        "y = torch.from_numpy(labels)",
        "y = torch.tensor(labels)",
        "from_numpy must share",
        "a copy where sharing is the point",
        index=0,
    ),
    Mutation(
        '"torch.tensor": torch.tensor(A),',
        '"torch.tensor": torch.as_tensor(A),',
        "torch.tensor must copy",
        "as_tensor taken for a copy",
    ),
    Mutation("b, safe = a, a.clone()", "b, safe = a, a", "clone() must copy", "clone forgotten"),
    Mutation("b += 1", "b = b + 1", "write in place", "a new tensor instead of in place"),
    Mutation(
        "part, picked = matr[0:2], matr[[3, 4]]",
        "part, picked = matr[[0, 1]], matr[[3, 4]]",
        "a slice must share",
        "a list for a slice",
    ),
    Mutation(
        "part, picked = matr[0:2], matr[[3, 4]]",
        "part, picked = matr[0:2], matr[3:5]",
        "a list must copy",
        "a slice for a list",
    ),
    Mutation(
        "means, stds = table.mean(dim=0), table.std(dim=0)",
        "means, stds = table.mean(), table.std()",
        "each column has mean 0",
        "one mean for everything",
    ),
    Mutation(
        "scaled = (table - means) / stds",
        "scaled = table - means",
        "and deviation 1",
        "standard deviation forgotten",
    ),
    Mutation(
        "total = table.sum(dim=1, keepdim=True)",
        "total = table.sum(dim=0, keepdim=True)",
        "keep the axis: keepdim",
        "the wrong axis, kept",
    ),
    Mutation(
        "v, s = r.view(5, 3), r.reshape(5, 3)",
        "v, s = r.view(5, 3), r.reshape(5, 3).clone()",
        "all three must share",
        "a copy among views",
    ),
    Mutation(
        "flat = x.t().reshape(6)",
        "flat = x.reshape(6)",
        "this one must copy",
        "transpose forgotten",
    ),
    Mutation(
        "turned = tiles.permute(0, 2, 1, 3)",
        "turned = tiles.reshape(4, 28, 4, 28)",
        "rows before across: permute",
        "reshape for permute",
    ),
    Mutation(
        "turned = tiles.permute(0, 2, 1, 3)",
        "turned = tiles.permute(2, 0, 1, 3)",
        "rows before across: permute",
        "axes in the wrong order",
    ),
    Mutation(
        "loop = torch.stack([c @ r for c, r in zip(columns, rows)])",
        "loop = torch.stack([columns[0] @ r for r in rows])",
        "one product each",
        "the first matrix for all",
    ),
    Mutation(
        "honest = (padded * mask).sum(dim=1) / mask.sum(dim=1)",
        "honest = (padded * mask).sum(dim=1) / padded.shape[1]",
        "divide by the real ones only",
        "padding counted in the mean",
    ),
    Mutation(
        "means = x.mean(dim=0)",
        "means = x.mean(dim=1)",
        "(64,) means",
        "the wrong axis vanishes",
    ),
]

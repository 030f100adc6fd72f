"""Bugs planted in lesson 02, broadcasting."""

from tests.planted.mutation import Mutation

MUTATIONS = [
    Mutation(
        "steps = tuple(n // c.itemsize for n in stretched.strides)  # from bytes",
        "steps = tuple(n // c.itemsize for n in stretched.copy().strides)",
        "must have stride 0",
        "the copies are made after all",
    ),
    Mutation(
        "copied = np.array([c, c, c])",
        "copied = np.array([c, c, c]).T",
        "c must be repeated as rows",
        "a vector laid down as columns",
    ),
    Mutation(
        "first = (1,) * (n - len(first)) + first",
        "first = first + (1,) * (n - len(first))",
        "align at the right",
        "shapes aligned at the left",
    ),
    Mutation(
        "return tuple(q if p == 1 else p for p, q in zip(first, second))",
        "return first",
        "our rule is not NumPy's",
        "only the second shape is stretched",
    ),
    Mutation(
        "centred_t = image_t - means_t[:, None, None]",
        "centred_t = image_t - means_t.mean()",
        "each colour must have mean 0",
        "one mean for all colours",
    ),
    Mutation(
        "means = image.mean(axis=(0, 1))",
        "means = image.mean(axis=(1, 2))[:3]",
        "each colour has mean 0",
        "means over the wrong axes",
    ),
    Mutation(
        "by_hand = (m * c).sum(axis=1)",
        "by_hand = (m * c).sum(axis=0)",
        "add along the axis",
        "the sum of m * c over the wrong axis",
    ),
    Mutation(
        "result[i, j] = (a[i] * b[:, j]).sum()",
        "result[i, j] = (a[i] + b[:, j]).sum()",
        "row times column",
        "a sum of sums in the matrix product",
    ),
    Mutation(
        "result[i] = (a[i][:, None] * b).sum(axis=0)",
        "result[i] = (a[i][:, None] * b).max(axis=0)",
        "the sum runs over k, axis 0",
        "the largest product instead of the sum",
    ),
    Mutation(
        "return (a[:, :, None] * b[None]).sum(axis=1)",
        "return (a.T[:, :, None] * b[None]).sum(axis=1)",
        "the middle axis",
        "the first matrix transposed, hidden by a square",
    ),
    Mutation(
        "column = y[:, None]",
        "column = y",
        "a column minus a column",
        "the right loss made as wrong as the broken one",
    ),
    Mutation(
        "total = m.sum(axis=1, keepdims=True)",
        "total = m.sum(axis=1)",
        "keepdims=True",
        "rows divided by a flat vector of sums",
    ),
]

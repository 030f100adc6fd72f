"""Bugs for lesson 03, SGD in NumPy."""

from tests.planted.mutation import Mutation

MUTATIONS = [
    Mutation(
        "new_w = w - lr * slope(w)",
        "new_w = w + lr * slope(w)",
        "a small step against the slope must go down",
        "one step uphill",
    ),
    Mutation(
        "lr, w = 0.1, 4.0",
        "lr, w = 1.5, 4.0",
        "a small step against the slope must go down",
        "one step across the valley",
    ),
    Mutation(
        "w = w - lr * slope(w)",
        "w = w + lr * slope(w)",
        "downhill: w minus lr times slope",
        "a path uphill",
    ),
    Mutation("return 2 * w", "return 3 * w", "is the slope 2w?", "the wrong slope"),
    Mutation(
        "return ((preds - yb) ** 2).mean()",
        "return ((preds - yb) ** 2).sum()",
        "line_grads is not the slope of mse",
        "sum over the points for their mean",
    ),
    Mutation(
        "return (2 * error * xb).mean(), (2 * error).mean()",
        "return (error * xb).mean(), error.mean()",
        "line_grads is not the slope of mse",
        "the factor 2 forgotten",
    ),
    Mutation(
        "return (2 * error * xb).mean(), (2 * error).mean()",
        "return (2 * error).mean(), (2 * error).mean()",
        "line_grads is not the slope of mse",
        "the chain rule forgotten",
    ),
    Mutation(
        "w, b, lr = 1.0, 0.0, 0.3",
        "w, b, lr = 1.0, 0.0, 0.003",
        "not at the bottom",
        "a learning rate that crawls",
    ),
    Mutation(
        "w, b, lr = 1.0, 0.0, 0.3",
        "w, b, lr = 1.0, 0.0, 1.1",
        "not at the bottom",
        "a learning rate that diverges",
    ),
    Mutation(
        "yield x[chosen], y[chosen]",
        "yield x[chosen], y[start : start + bs]",
        "x and y must be shuffled together",
        "x shuffled, y not",
    ),
    Mutation(
        "for start in range(0, n, bs):",
        "for start in range(0, n - bs, bs):",
        "an epoch sees each point exactly once",
        "the last batch forgotten",
    ),
    Mutation(
        "chosen = order[start : start + bs]",
        "chosen = order[start : start + bs + 1]",
        "an epoch sees each point exactly once",
        "batches that overlap",
    ),
    Mutation(
        "order = np.arange(n) if rng is None else rng.permutation(n)",
        "order = np.arange(n)",
        "shuffled should do well",
        "nobody shuffles",
    ),
    Mutation(
        "dpreds = 2 * (preds - yb) / len(xb)",
        "dpreds = 2 * (preds - yb)",
        "the backward pass is wrong",
        "the mean forgotten",
        index=0,
    ),
    Mutation(
        "dz = dh * (1 - h**2)  # the derivative of tanh",
        "dz = dh * (1 - h)",
        "the backward pass is wrong",
        "the square forgotten",
    ),
    Mutation(
        "dw1, db1 = xb.T @ dz, dz.sum(axis=0)",
        "dw1, db1 = xb.T @ dz, dz.mean(axis=0)",
        "the backward pass is wrong",
        "the mean of the bias gradients for their sum",
        index=0,
    ),
    Mutation(
        "dw1, db1 = xb.T @ dz, dz.sum(axis=0)",
        "dw1, db1 = xb.T @ dz, dz.sum(axis=1)",
        "a gradient has the shape of its parameter",
        "sum along the wrong axis",
        index=0,
    ),
    Mutation("p -= lr * g", "p += lr * g", "no learning", "training uphill"),
    Mutation("p -= lr * g", "p = p - lr * g", "no learning", "a step that changes nothing"),
    Mutation(
        "dz = dpreds @ w2.T",
        "dz = dpreds @ w2.T * (1 - h**2)",
        "the colleague's bug is not there",
        "the bug that the lesson shows is not there",
    ),
    Mutation(
        "def train(params, grads_func, epochs, rng, lr=0.1, bs=10):",
        "def train(params, grads_func, epochs, rng, lr=0.0, bs=10):",
        "no learning",
        "learning rate zero",
    ),
    Mutation(
        "def train(params, grads_func, epochs, rng, lr=0.1, bs=10):",
        "def train(params, grads_func, epochs, rng, lr=5.0, bs=10):",
        "no learning",
        "learning rate far too large",
    ),
]

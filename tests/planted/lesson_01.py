"""Bugs planted into lesson 01, computation graphs."""

from tests.planted.mutation import Mutation

MUTATIONS = [
    Mutation(
        '"+": lambda *terms: sum(terms),',
        '"+": lambda *terms: sum(terms[:2]),',
        "the sum must take all three terms",
        "a sum that forgets its third term",
    ),
    Mutation(
        '"*": lambda g, a, b: (g * b, g * a),',
        '"*": lambda g, a, b: (g * a, g * b),',
        "g times the other factor",
        "each factor is sent its own value",
    ),
    Mutation(
        "if node not in order:",
        "if True:",
        "each node must be in the order once",
        "shared nodes visited again and again",
    ),
    Mutation(
        "for node in reversed(order):",
        "for node in order:",
        "walk in reverse",
        "backward walks forward",
    ),
    Mutation(
        "root.grad = np.ones_like(root.value)",
        "root.grad = np.zeros_like(root.value)",
        "start with 1",
        "a gradient of zero at the end",
        index=0,
    ),
    Mutation(
        "parent.grad += part",
        "parent.grad = part",
        "contributions must be added",
        "the last path wins",
    ),
    Mutation(
        "grad[i] = (f(x + nudge) - f(x - nudge)) / (2 * h)",
        "grad[i] = (f(x + nudge) - f(x - nudge)) / h",
        "it is 2h",
        "central difference over one h",
    ),
    Mutation(
        '"-": lambda g, a, b: (g, -g),',
        '"-": lambda g, a, b: (g, g),',
        "of ['*', '+', '-', 'mean']",
        "minus without its sign",
    ),
    Mutation(
        '"mean": lambda g, a: (g * np.ones_like(a) / a.size,),',
        '"mean": lambda g, a: (g * np.ones_like(a),),',
        "'mean']: backward says",
        "a mean that is a sum",
    ),
    Mutation(
        '"tanh": lambda g, a: (g * (1 - np.tanh(a) ** 2),),',
        '"tanh": lambda g, a: (g * (1 + np.tanh(a) ** 2),),',
        "['@', 'sum', 'tanh']: backward says",
        "a wrong sign in the derivative of tanh",
    ),
    Mutation(
        "return np.outer(g, b), a.T @ g",
        "return np.outer(g, b), a.T @ (g * g)",
        "['@', 'sum', 'tanh']: backward says",
        "a wrong case of the matrix product",
    ),
]

"""The order of events: inputs, each operation forward, then each gradient as autograd found it."""

from __future__ import annotations

from dataclasses import dataclass, field

from coursekit.graph import model as m
from coursekit.graph import text
from coursekit.graph.scene import Tag

#: What an operation sends to its inputs. a, b, c: inputs; out: result; g: the result's gradient.
RULES: dict[str, tuple[str, ...]] = {
    "+": ("{g}", "{g}"),
    "−": ("{g}", "−{g}"),
    "×": ("{g} × {b}", "{g} × {a}"),
    "*": ("{g} × {b}", "{g} × {a}"),
    "/": ("{g} / {b}", "−{g} × {a} / {b}**2"),
    "**": ("{g} × {b} × {a}**({b} − 1)", "{g} × {out} × log({a})"),
    "neg": ("−{g}",),
    "tanh": ("{g} × (1 − {out}**2)",),
    "exp": ("{g} × {out}",),
    "log": ("{g} / {a}",),
    "sin": ("{g} × cos({a})",),
    "cos": ("−{g} × sin({a})",),
    "sqrt": ("{g} / (2 {out})",),
    "relu": ("{g} where {a} > 0, else 0",),
    "sigmoid": ("{g} × {out} × (1 − {out})",),
    "linear": ("{g} @ {b}", "{g}.T @ {a}", "{g} summed over the rows"),
    "mse_loss": ("{g} × 2 ({a} − {b}) / n", "{g} × 2 ({b} − {a}) / n"),
    "cross_entropy": ("{g} × (softmax({a}) − one-hot {b}) / n",),
    **dict.fromkeys(
        ("view", "reshape", "flatten", "squeeze", "unsqueeze"), ("{g}, in the old shape",)
    ),
    **dict.fromkeys(("T", "t"), ("{g}.T",)),
}


#: Rules that hold only for the default arguments.
_PLAIN = {"+", "−", "/", "mse_loss", "cross_entropy"}


@dataclass
class Step:
    """One step: what it says, and the tags that it shows for the first time."""

    kind: str
    caption: str
    shows: list[Tag] = field(default_factory=list)


def steps(graph: m.Graph, *, ask_values: bool = False, ask_grads: bool = False) -> list[Step]:
    """Return the steps of a graph: forward, then backward if gradients are known.

    Args:
        graph: The graph.
        ask_values: Put a question before each forward result.
        ask_grads: Put a question before each gradient.
    """
    names = expressions(graph)
    made = graph.makers()
    leaves = [key for key in graph.values if key not in made]
    start = Step("inputs", _start(graph, leaves, names))
    start.shows = [("value", key) for key in leaves]
    result = [start]
    for op in graph.ops:
        result += _forward(graph, op, names, ask=ask_values)
    result += _backward(graph, names, ask=ask_grads)
    return result


def expressions(graph: m.Graph) -> dict[int, str]:
    """Return a name for every value, or the expression that made it (``x ** 2``)."""
    names = text.labels(graph)
    for op in graph.ops:
        call = _call(op, names)
        for key in op.outputs:
            if not graph.values[key].name:
                names[key] = text.short(f"({call})" if " " in call else call, 26)
    return names


def _call(op: m.Op, names: dict[int, str]) -> str:
    words = [names[key] for key in op.inputs]
    name = text.short(op.name, 60)
    if not op.name.isidentifier() and len(words) == 2 and "[" not in op.name:
        symbol = f"{name[:-2]}=" if name.endswith(" =") else name  # h ×= 3
        return f"{words[0]} {symbol} {words[1]}"
    if op.name == "[ ] =" and len(words) > 1:
        return f"{words[0]}[{op.attrs}] = {words[1]}"
    if op.name == "[ ]" and words:
        return f"{words[0]}[{op.attrs}]"
    return f"{name}({', '.join(words)})"


def _start(graph: m.Graph, leaves: list[int], names: dict[int, str]) -> str:
    numbers = {k for k in leaves if text.is_number(graph.values[k])}
    shown = [k for k in leaves if k not in numbers] or leaves
    words = [
        names[key] + ("" if key in numbers else _equals(text.content(graph.values[key])))
        for key in shown[:6]
    ]
    more = f" and {len(shown) - 6} more" if len(shown) > 6 else ""
    return f"We start from {', '.join(words)}{more}."


def _equals(lines: list[str]) -> str:
    return f" = {lines[0]}" if len(lines) == 1 and len(lines[0]) <= 34 else ""


def _forward(graph: m.Graph, op: m.Op, names: dict[int, str], *, ask: bool) -> list[Step]:
    call = _call(op, names)
    if op.error:
        return [Step("error", f"{call} fails. {op.error}", [("op", op.key)])]
    named = [names[k] for k in op.outputs if graph.values[k].name]
    equals = ": " if op.name.endswith(" =") else " = "
    left = equals.join([", ".join(named), call] if named else [call])
    first = graph.values[op.outputs[0]] if op.outputs else None
    answer = _equals(text.content(first)) if first is not None else ""
    if not answer and first is not None and first.shape is not None:
        answer = f", shape {text.shape(first)}"
    shows: list[Tag] = [("op", op.key)]
    values: list[Tag] = [("value", key) for key in op.outputs]
    if ask and answer:
        question = "which value" if answer.startswith(" = ") else "which shape"
        return [
            Step("ask", f"Predict: {left}, {question}?", shows),
            Step("forward", f"{left}{answer}", values),
        ]
    return [Step("forward", f"{left}{answer}", [*shows, *values])]


def _backward(graph: m.Graph, names: dict[int, str], *, ask: bool) -> list[Step]:
    known = [key for key, v in graph.values.items() if v.grad_state == m.KNOWN]
    if not known:
        return []
    ops = {op.key: op for op in graph.ops}
    order = [ops[key] for key in graph.backward_order if key in ops] or [
        op for op in reversed(graph.ops) if any(k in known for k in op.outputs)
    ]
    waiting = dict.fromkeys(known, 0)
    for op in order:
        for key in op.inputs:
            if key in waiting:
                waiting[key] += 1
    total = dict(waiting)
    result: list[Step] = []
    first = [key for key in graph.roots if key in known]
    if first:
        result.append(
            Step(
                "grad",
                "Backward starts: " + ", ".join(_gradient(graph, k, names) for k in first) + ".",
                [("grad", key) for key in first],
            )
        )
    for op in order:
        targets = [(i, key) for i, key in enumerate(op.inputs) if key in waiting]
        if not targets:
            continue
        step = Step("grad", "", [("sent", op.key, i) for i, _ in targets])
        sums: list[int] = []
        for _, key in targets:
            waiting[key] -= 1
            if waiting[key] == 0 and key not in first:
                (sums if total[key] > 1 else step.shows).append(
                    key if total[key] > 1 else ("grad", key)  # type: ignore[arg-type]
                )
        rules = [_rule(graph, op, i, key, names, total[key]) for i, key in targets]
        step.caption = f"Back through {op.name}: " + "; ".join(rules)
        if ask:
            wanted = ", ".join(dict.fromkeys(f"∇{names[key]}" for _, key in targets))
            result.append(Step("ask", f"Predict: back through {op.name}, what reaches {wanted}?"))
        result.append(step)
        for key in dict.fromkeys(sums):
            words = f"{names[key]} is used {total[key]} times, its contributions add up: "
            result.append(Step("grad", words + _gradient(graph, key, names), [("grad", key)]))
    return result


def _gradient(graph: m.Graph, key: int, names: dict[int, str]) -> str:
    return f"∇{names[key]}" + _equals(text.gradient(graph.values[key]))


def _rule(graph: m.Graph, op: m.Op, place: int, key: int, names: dict[int, str], uses: int) -> str:
    out = op.outputs[0]
    g = f"∇{names[out]}"
    words = dict(zip("abc", [names[k] for k in op.inputs], strict=False), out=names[out], g=g)
    name = op.name.removesuffix(" =")
    changed = op.attrs and name in _PLAIN  # alpha=2, reduction="sum": another rule
    templates = () if changed else RULES.get(name, ())
    shapes = [graph.values[k].shape for k in [*op.inputs, out]]
    dims = [len(s) if s is not None else 2 for s in shapes]
    if op.name == "linear" and dims[0] != 2:
        templates = ()  # its rule is written for rows of a matrix
    if op.name == "@" and len(op.inputs) == 2:
        formula = _matmul(place, dims, words)
    elif op.name == "sum":
        formula = f"{g} for every entry"
    elif op.name == "mean":
        formula = f"{g} / n for every entry"
    elif place < len(templates):
        formula = templates[place].format(**{"a": "a", "b": "b", "c": "c", **words})
        if (
            name in ("+", "−", "×", "/")
            and shapes[place] != shapes[-1]
            and shapes[place] is not None
        ):
            formula += f", summed to shape {shapes[place]}"
    else:
        formula = f"the derivative of {op.name} times {g}"
    sent = op.contributions[place] if place < len(op.contributions) else None
    result = _equals(text.entries(sent)) if sent is not None else ""
    if not result and uses == 1:
        lines = text.gradient(graph.values[key])
        result = _equals(lines) if lines != ["computed"] else ""
    return f"∇{names[key]} {'gets' if uses > 1 else '='} {formula}{result}"


def _matmul(place: int, dims: list[int], words: dict[str, str]) -> str:
    a, b, g = words["a"], words["b"], words["g"]
    if max(dims) > 2:
        return f"the derivative of @ times {g}" if 1 in dims else _batched(place, dims, a, b, g)
    if dims[0] == 1 and dims[1] == 1:
        return f"{g} × {b if place == 0 else a}"
    if place == 0:
        return f"outer({g}, {b})" if dims[1] == 1 else f"{g} @ {b}.T"
    return f"outer({a}, {g})" if dims[0] == 1 else f"{a}.T @ {g}"


def _batched(place: int, dims: list[int], a: str, b: str, g: str) -> str:
    """Return what a product of stacks of matrices sends back."""
    formula = f"{g} @ {b}.mT" if place == 0 else f"{a}.mT @ {g}"
    return f"{formula}, summed over the stack" if dims[place] < dims[2] else formula

"""How a graph is put in words: numbers, shapes, a table, and the alternative text of a picture."""

from __future__ import annotations

import math
from itertools import zip_longest
from typing import Any

from coursekit.graph.model import (
    CONSTANT,
    GRAD_WORDS,
    INPUT,
    KNOWN,
    OUTPUT,
    PARAMETER,
    RESULT,
    Graph,
    Value,
)

#: What kinds of values are called in the table and in tooltips.
KINDS = {
    PARAMETER: "parameter", INPUT: "leaf, needs grad", CONSTANT: "no grad needed",
    RESULT: "result", OUTPUT: "output",
}  # fmt: skip

_CAP = 28  # characters of a name or an attribute before it is cut


def number(x: Any) -> str:
    """Write one number with three significant digits and a real minus sign.

    Example:
        >>> number(-1234.5), number(0.1 + 0.2), number(2.0), number(True), number(10**400)
        ('−1.23e3', '0.3', '2', 'True', '1e400')
    """
    if isinstance(x, bool) or not isinstance(x, (int, float, complex)):
        return str(x)
    if isinstance(x, complex):
        sign = "−" if math.copysign(1, x.imag) < 0 else "+"
        return f"{number(x.real)}{sign}{number(abs(x.imag))}i"
    if isinstance(x, int) and abs(x) < 10**6:
        return str(x).replace("-", "−")
    if x == 0:
        return "0"
    if isinstance(x, int):
        from decimal import Decimal  # also holds what is too large for a float

        text = f"{Decimal(x):.3g}"
    else:
        text = f"{x:.0f}" if x.is_integer() and abs(x) < 1000 else f"{x:.3g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        text = f"{float(mantissa):g}e{int(exponent)}"
    return text.replace("-", "−")


def entries(data: Any) -> list[str]:
    """Write a number, a vector or a matrix (nested lists), one line per row, columns aligned.

    Example:
        >>> entries([[1, -2], [0.5, 10]])
        ['[[  1 −2]', ' [0.5 10]]']
    """
    if not isinstance(data, (list, tuple)):
        return [number(data)]
    if not any(isinstance(row, (list, tuple)) for row in data):
        return ["[" + " ".join(number(x) for x in data) + "]"]
    data = [row if isinstance(row, (list, tuple)) else [row] for row in data]
    if any(isinstance(x, (list, tuple)) for row in data for x in row):
        return [f"{len(data)} matrices"]
    cells = [[number(x) for x in row] for row in data]
    widths = [max(map(len, column)) for column in zip_longest(*cells, fillvalue="")]
    rows = [" ".join(c.rjust(w) for c, w in zip(row, widths, strict=False)) for row in cells]
    rows = [f" [{row}]" for row in rows]
    rows[0] = "[" + rows[0][1:]
    rows[-1] += "]"
    return rows


def shape(value: Value) -> str:
    """Write a shape as Python does, with the dtype when it is not float32: ``(8, 3) int64``."""
    if value.shape is None:
        return value.dtype
    text = (
        "(" + ", ".join(str(n) for n in value.shape) + ("," if len(value.shape) == 1 else "") + ")"
    )
    return f"{text} {value.dtype}".strip()


def printable(text: str, keep: str = "") -> str:
    r"""Put a space for each character that cannot be shown, other than ``keep``.

    Example:
        >>> printable("loss\x07 rate")
        'loss  rate'
    """
    if text.replace(keep, "").isprintable():
        return text
    return "".join(c if c.isprintable() or c == keep else " " for c in text)


def short(text: str, cap: int = _CAP) -> str:
    """Cut a long text in the middle, so that both of its ends stay readable.

    Example:
        >>> short("encoder.layers.11.self_attention.weight", 20)
        'encoder.l…ion.weight'
    """
    text = " ".join(printable(str(text)).split())
    if len(text) <= cap:
        return text
    half = (cap - 1) // 2
    return text[:half] + "…" + text[len(text) - (cap - 1 - half) :]


def stats(pair: tuple[float, float]) -> str:
    """Write mean and standard deviation of a large value."""
    return f"mean {number(pair[0])}, sd {number(pair[1])}"


def content(value: Value) -> list[str]:
    """Return the lines that show a value's entries, or its statistics, or nothing."""
    if value.data is not None:
        return entries(value.data)
    return [stats(value.stats)] if value.stats else []


def gradient(value: Value) -> list[str]:
    """Return the lines that show a value's gradient, or the words that say why there is none."""
    if value.grad_state == KNOWN:
        if value.grad is not None:
            return entries(value.grad)
        if value.grad_stats:
            return [stats(value.grad_stats)]
        return ["computed"]
    words = GRAD_WORDS.get(value.grad_state, "")
    return [words] if words else []


def is_number(value: Value) -> bool:
    """Return whether a value is a plain number in the code, such as the 2 of ``x ** 2``."""
    plain = value.kind == CONSTANT and not value.name
    return plain and value.data is not None and not isinstance(value.data, list)


def labels(graph: Graph) -> dict[int, str]:
    """Return a label for every value; unnamed results are told apart by numbers, as in a proof."""
    makers = graph.makers()
    result, unnamed = {}, 0
    for key, value in graph.values.items():
        if value.name:
            result[key] = short(value.name, 60)
        elif is_number(value):
            result[key] = number(value.data)
        elif key in makers:
            unnamed += 1
            result[key] = f"t{unnamed}"
        else:
            result[key] = "no-grad input" if value.shape is None else "input"
    return result


def table(graph: Graph, *, values: bool = True, grads: bool = True) -> str:
    """Return the graph as a table, one operation a row: the picture's fallback in plain text.

    Args:
        graph: What to write down.
        values: Show the values.
        grads: Show the gradients.
    """
    names = labels(graph)

    def described(key: int) -> tuple[str, str, str]:
        value = graph.values[key]
        data = " ".join(" ".join(content(value)).split()) if values else ""
        grad = " ".join(" ".join(gradient(value)).split()) if grads else ""
        return shape(value), data, grad

    rows = [("name", "from", "shape", "value", "gradient")]
    makers = graph.makers()
    for key, value in graph.values.items():
        if key not in makers and not is_number(value):
            rows.append((names[key], KINDS[value.kind], *described(key)))
    for op in graph.ops:
        call = f"{op.name} {', '.join(names[key] for key in op.inputs)}"
        if op.attrs:
            call += f" ({op.attrs})"
        if op.error:
            rows.append(("✗", call, "", op.error, ""))
        for key in op.outputs:
            rows.append((names[key], call, *described(key)))
    widths = [min(60, max(len(row[i]) for row in rows)) for i in range(5)]
    if not any(row[4] for row in rows[1:]):
        rows[0] = (*rows[0][:4], "")
    if not any(row[3] for row in rows[1:]):
        rows[0] = (*rows[0][:3], "", rows[0][4])
        widths[3] = 0
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True) if w).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, *graph.notes])


def alt(graph: Graph, *, values: bool = True, grads: bool = True) -> str:
    """Return one or two sentences that stand for the picture."""
    names = labels(graph)
    leaves = [names[k] for k, v in graph.values.items() if v.is_leaf and v.kind != CONSTANT]
    roots = " and ".join(_equation(names[k], graph.values[k], values) for k in graph.roots)
    ran = [op.name for op in graph.ops]
    if len(ran) > 8:
        ran = [*ran[:4], "…", *ran[-3:]]
    text = f"Computation graph of {roots or 'a block of code'}"
    if leaves:
        text += f", from {', '.join(leaves[:6])}{'…' if len(leaves) > 6 else ''}"
    plural = "" if len(graph.ops) == 1 else "s"
    text += f", {len(graph.ops)} operation{plural}{': ' if ran else ''}{', '.join(ran)}."
    known = [
        f"{names[k]} {entries(v.grad)[0]}"
        for k, v in graph.values.items()
        if v.is_leaf and v.grad_state == KNOWN and v.grad is not None and len(entries(v.grad)) == 1
    ]
    if grads and known:
        text += f" Gradients: {', '.join(known[:4])}."
    failed = [op for op in graph.ops if op.error]
    if failed:
        text += f" {failed[-1].name} failed: {failed[-1].error}"
    return text


def _equation(name: str, value: Value, shown: bool) -> str:
    lines = content(value) if shown and value.data is not None else []
    return f"{name} = {lines[0]}" if len(lines) == 1 else name

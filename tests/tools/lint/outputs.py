"""Rules on stored outputs: there, tied to a run, and the same anywhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.tools.lint.code import parse
from tests.tools.lint.contract import MAX_UNCOMPARED, MIN_ALT_WORDS
from tests.tools.lint.model import Cell, Lesson
from tests.tools.lint.registry import Problem, rule

_PAYLOAD = re.compile(r"data:image/[\w.+-]+;base64,[A-Za-z0-9+/=\s]*")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def texts(cell: Cell) -> Iterator[str]:
    """Everything a reader sees below ``cell``, without picture payloads and colour codes."""
    for output in cell.outputs:
        if output.output_type == "stream":
            parts = [output.text]
        elif output.output_type == "error":
            parts = [output.ename + ": " + output.evalue, "\n".join(output.traceback)]
        else:
            parts = [v for k, v in output.data.items() if isinstance(v, str) and "image/" not in k]
        yield from (_COLOUR.sub("", _PAYLOAD.sub("", part)) for part in parts)


@rule("run-order", "code cells are numbered 1, 2, 3 …: run top to bottom in a fresh kernel")
def run_order(lesson: Lesson) -> Iterator[Problem]:
    for wanted, cell in enumerate((c for c in lesson.code if c.source.strip()), 1):
        count = cell.node.execution_count
        if count != wanted:
            has = f"has execution count {count}" if count else "was not run"
            yield cell, f"{has}, {wanted} expected; run `make refresh`."
            return


@rule("output-count", "an output belongs to the run that its cell's count names")
def output_count(lesson: Lesson) -> Iterator[Problem]:
    for cell in lesson.code:
        for output in cell.outputs:
            count = output.get("execution_count", cell.node.execution_count)
            if count is None or count != cell.node.execution_count:
                yield cell, "has an output of another run; run `make refresh`."
                break


@rule("output-missing", "a cell that shows something has its output stored")
def output_missing(lesson: Lesson) -> Iterator[Problem]:
    for cell in lesson.code:
        if not cell.outputs and "raises-exception" not in cell.tags and _shows(cell.source):
            yield cell, "shows something, but no output is stored; run `make refresh`."


def _shows(source: str) -> bool:
    """Whether running ``source`` displays something for certain (a final call may give None)."""
    body = parse(source)
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ast.Expr) and not isinstance(last.value, ast.Call):
        nothing = isinstance(last.value, ast.Constant) and last.value.value is None
        return not nothing and not source.rstrip().endswith(";")
    calls = [n.value for n in body if isinstance(n, ast.Expr) and isinstance(n.value, ast.Call)]
    return any(getattr(c.func, "id", "") in ("print", "display", "check") for c in calls)


@rule("errors", "a cell shows an error if and only if it is tagged raises-exception")
def errors(lesson: Lesson) -> Iterator[Problem]:
    for cell in lesson.code:
        names = [o.ename for o in cell.outputs if o.output_type == "error"]
        if names and "raises-exception" not in cell.tags:
            yield cell, f"ended in {names[0]}; mend it, or tag it raises-exception if it is meant."
        elif not names and "raises-exception" in cell.tags:
            yield cell, "is tagged raises-exception but stores no error; remove the tag or refresh."


@rule("uncompared", "few outputs are left out of the comparison, and no cell out of the run")
def uncompared(lesson: Lesson) -> Iterator[Problem]:
    ignored = [c for c in lesson.code if "nbval-ignore-output" in c.tags]
    if len(ignored) > max(1, MAX_UNCOMPARED * len(lesson.code)):
        share = f"{len(ignored)} of {len(lesson.code)}"
        yield None, f"leaves {share} outputs uncompared; at most {MAX_UNCOMPARED:.0%} may be."
    for cell in lesson.code:
        if mark := re.search(r"^\s*#\s*(NBVAL_\w+|PYTEST_VALIDATE\w+)", cell.source, re.MULTILINE):
            yield cell, f"has the comment {mark[1]}; use the tag nbval-ignore-output instead."


def _forbid(id: str, asks: str, pattern: str, remedy: str, tag_excuses: bool = False) -> None:
    """A rule against ``pattern`` in what is stored below a cell."""
    compiled = re.compile(pattern)

    @rule(id, asks)
    def check(lesson: Lesson) -> Iterator[Problem]:
        for cell in lesson.code:
            if tag_excuses and "nbval-ignore-output" in cell.tags:
                continue
            hit = next(filter(None, map(compiled.search, texts(cell))), None)
            if hit:
                yield cell, f"shows `{hit[0].strip()[:60]}`; {remedy}"


_forbid(
    "address",
    "no memory address in a stored output",
    r"\b0x[0-9a-fA-F]{6,}\b",
    "print something that is the same in every run.",
)
_forbid(
    "timing",
    "no time in a stored output, except in cells tagged nbval-ignore-output",
    r"\d+(?:\.\d+)? ?(?:ms|µs|μs|us|ns|s/it|it/s|it/sec)\b|\b\d+\.\d+ ?s(?:ec(?:onds)?)?\b"
    r"|\b\d+ sec(?:onds)?\b|\b\d{1,2}:\d{2}(?::\d{2}|<)|Wall time|CPU times|per loop",
    "assert what it shows (a ratio), or tag the cell nbval-ignore-output.",
    tag_excuses=True,
)
_forbid(
    "device",
    "no device name in a stored output, except in cells tagged nbval-ignore-output",
    r"(?m)\b(?:cuda|mps|xpu):\d+|^(?:cuda|mps|xpu)$|\b(?:NVIDIA|GeForce|Tesla|Apple M\d)\b"
    r"|\bdevice\W{1,3}(?:type=)?['\"]?(?:cuda|mps|xpu)(?::\d+)?\b",
    "show it in words that hold on every machine, or tag the cell nbval-ignore-output.",
    tag_excuses=True,
)
_forbid(
    "path",
    "no path of somebody's machine in a stored output",
    r"(?<![\w./:<>~-])~?/[A-Za-z_.][\w.+-]*/[\w./+-]*\w|\b[A-Z]:\\\w[\w\\.+-]*",
    "print the file's name only.",
)
_forbid(
    "widget",
    "no widget that is dead without its kernel",
    r"\b(?:VBox|HBox|FloatProgress|IntProgress|IntSlider|FloatSlider|interactive)\(",
    "show a picture or text as well, and let the widget be the extra.",
)


@rule("stderr", "no warning and nothing on stderr")
def stderr(lesson: Lesson) -> Iterator[Problem]:
    for cell in lesson.code:
        streams = [o for o in cell.outputs if o.output_type == "stream"]
        loud = [o.text for o in streams if o.name == "stderr"]
        loud += [o.text for o in streams if re.search(r":\d+: \w*Warning: ", o.text)]
        if loud:
            last = loud[0].strip().splitlines()[-1:] or [""]
            yield (
                cell,
                f"stores a warning ({last[0][:60]}); remove the cause, or catch and print it.",
            )


@rule("picture", "pictures are text/html with alt text and a text/plain that says the same")
def picture(lesson: Lesson) -> Iterator[Problem]:
    for cell in lesson.code:
        for data in (o.data for o in cell.outputs if "data" in o):
            raw = [k for k in data if k.startswith("image/")]
            if raw and "text/html" not in data:
                yield cell, f"shows {raw[0]} without alt text; draw it with coursekit.plot."
            if "text/html" in data:
                yield from ((cell, m) for m in html_pictures(data["text/html"]))
            plain = data.get("text/plain", "")
            if not plain.strip() or re.search(r"<(?:Figure size|IPython\.)", plain):
                yield cell, f"has no text for readers without pictures (text/plain is {plain!r})."


def html_pictures(html: str) -> Iterator[str]:
    """What is wrong with the pictures in a piece of HTML."""
    for tag in re.findall(r"<img\b[^>]*>", html, re.IGNORECASE):
        alt = re.search(r"""\balt=(?:"([^"]*)"|'([^']*)')""", tag, re.IGNORECASE)
        text = (alt[1] or alt[2] or "") if alt else ""
        if len(text.split()) < MIN_ALT_WORDS:
            yield f"has a picture whose alt text is {text!r}; say what it shows."
    for svg in re.findall(r"<svg\b.*?</svg>", html, re.IGNORECASE | re.DOTALL):
        head = svg[: svg.index(">")]
        labelled = "aria-label" in head and re.search(r"""role=["']img["']""", head)
        if not labelled and "aria-hidden" not in head:
            yield 'has an <svg> without role="img" and aria-label or aria-labelledby.'

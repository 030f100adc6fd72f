"""Trees that are laid out without an engine: where Graphviz would put them, nothing in the way."""

import itertools
import random

import pytest

from coursekit.graph import engine, scene, tree
from coursekit.graph.layout import _Net
from coursekit.graph.scene import Options
from tests.graph.works import WORKS


def random_tree(seed):
    """A chain of boxes of random sizes, into which leaves and short chains flow."""
    rnd = random.Random(seed)
    length = rnd.randint(3, 14)
    edges = [(f"n{i}", f"n{i + 1}") for i in range(length - 1)]
    for i in range(1, length):
        for branch in range(rnd.choice([0, 0, 1, 1, 2])):
            names = [f"b{i}{branch}{j}" for j in range(rnd.choice([1, 1, 2, 3]))]
            edges += itertools.pairwise([*names, f"n{i}"])
    names = dict.fromkeys(name for edge in edges for name in edge)
    sizes = {name: (rnd.uniform(30, 260), rnd.uniform(20, 120)) for name in names}
    return sizes, edges


def net(name, view):
    recording, root = WORKS[name]()
    root.backward()
    return _Net(scene.build(recording.tape.graph(), view, Options()))


def outline(layout, sizes, name):
    (x, y), (w, h) = layout.nodes[name], sizes[name]
    return x - w / 2, x + w / 2, y - h / 2, y + h / 2


@pytest.mark.parametrize(("name", "view"), [("square", "full"), ("mlp", "full"),
                                            ("softmax", "full"), ("cnn", "full")])  # fmt: skip
def test_boxes_are_where_graphviz_puts_them(name, view):
    drawn = net(name, view)
    heads = [edge for edge, (_, tip) in drawn.edges.items() if tip]
    ours = engine.lay_out(drawn.sizes, drawn.edges, heads=heads)
    theirs = engine.run(engine.dot_source(drawn.sizes, drawn.edges, heads=heads))
    assert tree.lay_tree(drawn.sizes, list(drawn.edges), heads) is not None
    assert ours.width == pytest.approx(theirs.width, abs=4)
    assert ours.height == pytest.approx(theirs.height, abs=4)
    for box, (x, y) in theirs.nodes.items():
        assert ours.nodes[box] == pytest.approx((x, y), abs=4)


#: Seeds of trees in which every arrow has a way; the others are left to the engine.
TREES = [seed for seed in range(40) if tree.lay_tree(*random_tree(seed), ())]


@pytest.mark.parametrize("seed", TREES)
def test_no_two_boxes_touch_and_no_arrow_crosses_a_box(seed):
    sizes, edges = random_tree(seed)
    found = tree.lay_tree(sizes, edges, ())
    assert found is not None
    layout = engine.Layout(*found)
    boxes = {name: outline(layout, sizes, name) for name in sizes}
    for a, b in itertools.combinations(boxes.values(), 2):
        assert a[1] < b[0] or b[1] < a[0] or a[3] < b[2] or b[3] < a[2]
    for left, right, top, bottom in boxes.values():
        assert left > -0.01 and right < layout.width + 0.01
        assert top > -0.01 and bottom < layout.height + 0.01
    for edge, curve in layout.edges.items():
        for start in range(0, len(curve) - 1, 3):
            for t in range(41):
                x, y = tree._on(curve[start : start + 4], t / 40)
                for name, (left, right, top, bottom) in boxes.items():
                    if name not in edge:
                        assert not (left < x < right and top < y < bottom), (edge, name)


def test_most_random_trees_need_no_engine():
    assert len(TREES) >= 30


@pytest.mark.parametrize(
    "edges",
    [[("a", "b"), ("a", "c")], [("a", "b"), ("b", "a")], [("a", "b")], [],
     [("a", "b"), ("b", "c"), ("a", "c")]],
    ids=["two results", "cycle", "two parts", "no arrows", "value used twice"],
)  # fmt: skip
def test_what_is_no_tree_is_refused(edges):
    assert tree.lay_tree(dict.fromkeys("abc", (10, 10)), edges, ()) is None


def test_where_two_branched_branches_meet_the_engine_weighs_all_heights():
    sizes = dict.fromkeys("abcdefg", (10, 10))
    edges = [("a", "c"), ("b", "c"), ("d", "f"), ("e", "f"), ("c", "g"), ("f", "g")]
    assert tree.lay_tree(sizes, edges, ()) is None


def test_an_end_that_must_be_leftmost_but_is_not_is_refused():
    sizes = dict.fromkeys("abcd", (10, 10))
    edges = [("a", "b"), ("b", "c"), ("d", "c")]
    assert tree.lay_tree(sizes, edges, ()) is not None
    assert tree.lay_tree(sizes, edges, (), first=["a"]) is not None
    assert tree.lay_tree(sizes, edges, (), first=["d"]) is None


def test_a_long_chain_with_leaves_does_not_recurse():
    sizes = {f"n{i}": (10, 10) for i in range(1200)}
    edges = [(f"n{i}", f"n{i + 1}") for i in range(598)]
    edges += [(f"n{i + 600}", f"n{i}") for i in range(599)]
    sizes = {name: sizes[name] for name in dict.fromkeys(n for edge in edges for n in edge)}
    assert tree.lay_tree(sizes, edges, ()) is not None

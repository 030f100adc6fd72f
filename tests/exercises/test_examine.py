"""The engine on answers that go wrong in every way it promises to survive."""

from __future__ import annotations

import _thread
import builtins
import contextlib
import dataclasses
import random
import signal
import subprocess
import sys
import time
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coursekit.exercises import Case, Exercise, Wrong, examine, limit
from coursekit.exercises.source import answer_in, is_untouched
from coursekit.exercises.verdict import STATES
from tests.exercises.example import COUNTER, EXERCISES, LOSS, MSE, SGD, SHAPE, SOFTMAX


def one(cases, solution, **more):
    """An exercise called f."""
    return Exercise(
        "f", "90", "write", stub="def f(x):\n    ...", solution=solution, cases=cases, **more
    )


DOUBLE = one(lambda: [Case(3), Case(0, about="nothing")], "def f(x): return 2 * x")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda p, y: print(p), "The result is None."),
        (lambda p, y: ((p - y) ** 2).mean().item(), "The result is a float."),
        (lambda p, y: ((p - y) ** 2).mean().numpy(), "The result is a NumPy"),
        (lambda p, y: ((p - y) ** 2).mean()[None], "The shape of the result is wrong."),
        (lambda p, y: ((p - y) ** 2).mean().double(), "The dtype of the result is wrong."),
        (lambda p, y: ((p - y) ** 2).mean() * float("nan"), "The result contains nan."),
        (lambda p, y: p.sub_(y).pow(2).mean(), "The input `preds` is changed by the call."),
        (lambda p, y: [p], "The result is a list."),
        (lambda p, y: p @ torch.ones(7), "It raises RuntimeError."),
        (lambda p: p, "It raises TypeError."),
        (lambda p, y: exit(), "It raises SystemExit."),
        (lambda p, y: input("?"), "It raises EOFError."),
        (lambda p, y: undefined, "It raises NameError."),  # noqa: F821
    ],
)
def test_the_first_thing_that_is_wrong_is_named(answer, message):
    verdict = examine(MSE, answer)
    assert verdict.state == "wrong"
    assert verdict.message.startswith(message)
    assert verdict.details[0].startswith("With preds = tensor [1.0, 3.0, 4.0], yb = ")


def test_a_failing_case_shows_input_expected_and_got():
    assert repr(examine(DOUBLE, lambda x: x + 3)) == (
        "✗ f: not yet. The result is wrong.\nWith x = 0 (nothing): expected 0, got 3."
    )


def test_sets_are_compared_by_their_members_and_shown_in_one_order():
    exercise = one(lambda: [Case("ba")], "def f(x): return set(x)")
    assert examine(exercise, lambda x: set("ab")).state == "correct"
    said = repr(examine(exercise, lambda x: {"c", "a"}))
    assert "The result has wrong members" in said
    assert "expected {'a', 'b'}, got {'a', 'c'}" in said
    assert "The result is a list" in repr(examine(exercise, list))


@pytest.mark.parametrize(
    ("right", "near", "wrong"),
    [
        ({1.0}, {1.0 + 1e-9}, {1.00002}),
        ({1}, {1.0}, {2}),
        ({(1, 2.0), "a"}, {(1, 2.0 + 1e-9), "a"}, {(1, 2.1), "a"}),
        ({"a" * 60 + "b"}, {"a" * 60 + "b"}, {"a" * 60 + "c"}),
        ({1, 2}, {2, 1}, {1, 2, 3}),
        ({1, 2}, {2, 1}, {1}),
    ],
)
def test_members_of_sets_are_compared_like_items_of_lists(right, near, wrong):
    exercise = one(lambda: [Case(3)], f"def f(x): return {right!r}", rtol=1e-5)
    assert examine(exercise, lambda x: near).state == "correct"
    assert examine(exercise, lambda x: wrong).message == "The result has wrong members."


def test_a_key_that_is_missing_and_one_too_many_are_told_apart():
    exercise = one(lambda: [Case(3)], "def f(x): return {'lr': x}")
    assert "expected key 'lr', got no such key" in repr(examine(exercise, lambda x: {}))
    surplus = repr(examine(exercise, lambda x: {"lr": x, "bs": 4}))
    assert "expected no such key, got key 'bs'" in surplus


def test_the_place_of_a_wrong_value_in_a_large_tensor_is_named():
    def last_is_wrong(x):
        return torch.arange(12.0).reshape(3, 4).index_put((torch.tensor(1), torch.tensor(3)), x)

    big = one(
        lambda: [Case(torch.tensor(0.5))],
        "import torch\ndef f(x): return torch.arange(12.0).reshape(3, 4)",
    )
    assert "expected 7.0 at [1, 3], got 0.5." in repr(examine(big, last_is_wrong))


@pytest.mark.parametrize("number", [2**53 + 1, 2**60 + 1, 10**400, -(10**400)])
def test_whole_numbers_are_compared_exactly_however_large(number):
    big = one(lambda: [Case(number)], "def f(x): return x")
    assert examine(big, lambda x: x).state == "correct"
    assert examine(big, lambda x: x + 1).message == "The result is wrong."


def test_numpys_whole_numbers_are_compared_exactly_too():
    total = one(lambda: [Case(1000)], "import numpy as np\ndef f(n): return np.arange(n).sum()")
    assert examine(total, lambda n: n * (n - 1) // 2).state == "correct"
    assert examine(total, lambda n: n * (n - 1) / 2).state == "correct"
    assert examine(total, lambda n: n * (n - 1) // 2 + 40).message == "The result is wrong."


@pytest.mark.parametrize("number", [10**400, -(10**400)])
def test_a_number_too_large_for_a_float_is_wrong_like_any_other(number):
    half = one(lambda: [Case(3)], "def f(x): return x / 2")
    assert examine(half, lambda x: number).message == "The result is wrong."
    assert examine(LOSS, number).state == "wrong"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (torch.Tensor.to_sparse, "a sparse tensor"),
        (lambda x: x.to("meta"), "a meta tensor, which holds no numbers"),
        (lambda x: torch.nested.nested_tensor([x], layout=torch.jagged), "a nested tensor"),
    ],
)
def test_a_tensor_that_keeps_its_numbers_in_another_way_is_wrong(change, kind):
    twice = one(lambda: [Case(torch.ones(2, 3))], "def f(x): return 2 * x")
    verdict = examine(twice, lambda x: change(2 * x))
    assert verdict.message == "The result is of another kind."
    assert verdict.details[0].endswith(f"expected a plain tensor, got {kind}.")


def test_a_masked_array_is_wrong():
    twice = one(lambda: [Case(np.ones(3))], "def f(x): return 2 * x")
    verdict = examine(twice, lambda x: np.ma.masked_array(2 * x, [0, 1, 0]))
    assert verdict.details[0].endswith("expected an array, got a masked array.")


def test_an_answer_that_breaks_the_comparison_is_named_with_what_it_says():
    class Hostile:
        def __eq__(self, other):
            raise RuntimeError("leave me alone")

        __hash__ = None

    same = one(lambda: [Case(Hostile())], "def f(x): return x")
    verdict = examine(same, lambda x: x)
    assert verdict.state == "unusable"
    assert verdict.message == "Looking at the answer raised RuntimeError: leave me alone."


@pytest.mark.parametrize(
    ("make", "change", "hint"),
    [
        (lambda: torch.ones(2), lambda x: x.sub_(1), "Operations that end in _, those like `-=`,"),
        (lambda: np.ones(2), lambda x: x.fill(3), "Operations that end in _, those like `-=`,"),
        (lambda: [1, 2], lambda x: x.append(3), "Methods such as append and sort,"),
        (lambda: [torch.ones(2)], lambda x: x[0].sub_(1), "Methods such as append and sort,"),
    ],
)
def test_the_hint_on_a_changed_input_fits_its_kind(make, change, hint):
    def careless(x):
        change(x)
        return 3

    verdict = examine(one(lambda: [Case(make())], "def f(x): return 3"), careless)
    assert verdict.message == "The input `x` is changed by the call."
    assert verdict.details[-1].startswith(f"Hint: {hint}")


def test_cases_that_share_an_object_do_not_see_each_others_calls():
    def shared():
        x = torch.ones(2)
        return [Case(x), Case(x, about="the same once more")]

    inplace = one(shared, "def f(x): return x.add_(1)")
    assert examine(inplace, lambda x: x.add_(1)).state == "correct"
    assert examine(inplace, lambda x: x.mul_(2)).state == "correct"


def test_a_check_that_does_not_run_does_not_blame_the_answer():
    def broken():
        import no_such_module

        return [Case(no_such_module)]

    verdict = examine(one(broken, "def f(x): return x"), lambda x: x)
    assert verdict.state == "unusable"
    assert "does not run here; your answer was not looked at" in verdict.message
    assert "ModuleNotFoundError: No module named 'no_such_module'." in verdict.message
    unloadable = dataclasses.replace(DOUBLE, given="import no_such_module")
    assert "your answer was not looked at" in examine(unloadable, lambda x: 2 * x).message


def test_texts_are_run_without_our_own_future_imports():
    """They would turn annotations into strings, in the stub and not in the student's cell."""
    stub = "def f(x):\n    def g(y: int) -> int:\n        ...\n    ..."
    nested = dataclasses.replace(DOUBLE, stub=stub)
    cell = {}
    exec(compile(stub, "<cell>", "exec", dont_inherit=True), cell)
    assert is_untouched(nested, cell["f"])
    assert answer_in(nested, "class f:\n    x: type(3) = 3").__annotations__ == {"x": int}


def test_endless_recursion_is_an_error_like_any_other():
    def f(x):
        return f(x + 1)

    assert "RecursionError" in repr(examine(DOUBLE, f))


def test_a_result_that_is_almost_right_is_right_and_a_near_miss_shows_enough_digits():
    third = one(lambda: [Case(1.0)], "def f(x): return x / 3", rtol=1e-5)
    assert examine(third, lambda x: 0.333334).state == "correct"
    assert "expected 0.3333333, got 0.33334." in repr(examine(third, lambda x: 0.33334))


def test_a_lost_gradient_is_noticed():
    def cases():
        return [Case(torch.ones(2, requires_grad=True))]

    total = one(cases, "def f(x): return x.sum()")
    assert examine(total, lambda x: x.sum()).state == "correct"
    assert examine(total, lambda x: x.detach().sum()).message == "The result has no gradient."


@pytest.mark.parametrize(
    ("wanted", "right", "wrong"),
    [
        ("range(x)", lambda x: range(x), lambda x: range(x + 1)),
        ("slice(x)", lambda x: slice(x), lambda x: slice(x, None)),
        ("torch.device('cpu')", lambda x: torch.device("cpu"), lambda x: torch.device("meta")),
        ("torch.float32", lambda x: torch.float32, lambda x: torch.float64),
        ("torch.nn.ReLU", lambda x: torch.nn.ReLU, lambda x: torch.nn.Tanh),
    ],
)
def test_what_defines_its_own_equality_is_compared_by_it(wanted, right, wrong):
    exercise = one(lambda: [Case(3)], f"import torch\ndef f(x): return {wanted}")
    assert examine(exercise, right).state == "correct"
    assert examine(exercise, wrong).state == "wrong"


@pytest.mark.parametrize("made", ["torch.nn.ReLU()", "abs", "iter('a')", "(i for i in 'a')"])
def test_what_knows_only_itself_is_as_good_as_another_of_its_type(made):
    exercise = one(lambda: [Case(3)], f"import torch\ndef f(x): return {made}")
    assert examine(exercise, lambda x: eval(made)).state == "correct"


def test_the_gradients_left_behind_are_compared():
    verdict = examine(SGD, [line for line in answer_in(SGD, SGD.solution) if "zero" not in line])
    assert verdict.message == "The gradient of `p` after the call has wrong values."


def test_a_gradient_that_is_gone_says_nothing_of_return():
    def forget(p, lr):
        p.grad = None

    slope = dataclasses.replace(SGD, kind="write", stub="def ex_sgd_step(p, lr):\n    ...")
    slope = dataclasses.replace(
        slope, solution="def ex_sgd_step(p, lr):\n    p.grad.mul_(2)", wrong=[]
    )
    verdict = examine(slope, forget)
    assert verdict.message == "The gradient of `p` after the call is None."
    assert "Hint" not in repr(verdict)


def test_a_gradient_that_is_left_behind_is_named():
    slope = one(lambda: [Case(torch.ones(2, requires_grad=True))], "def f(x): return (x**2).sum()")

    def backward_too(x):
        loss = (x**2).sum()
        loss.backward()
        return loss

    assert examine(slope, backward_too).message == "The call leaves a gradient in `x`."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda: torch.set_grad_enabled(False), "whether torch records gradients, for good"),
        (lambda: torch.set_default_dtype(torch.float64), "torch's default dtype, for good"),
    ],
)
def test_a_setting_that_a_call_leaves_changed_is_named_and_put_back(change, said):
    def careless(x):
        change()
        return 2 * x

    verdict = examine(DOUBLE, careless)
    assert verdict.message == f"The call changes {said}."
    assert torch.is_grad_enabled() and torch.get_default_dtype() == torch.float32
    assert examine(DOUBLE, lambda x: 2 * x).state == "correct"


def test_what_misleads_the_checks_own_code_is_not_called_the_students_error():
    def sum_of_pair(f, x):
        a, b = f(x)
        return {"the sum": a.item() + b}

    pair = one(
        lambda: [Case(torch.ones(()))], "def f(x): return x, 2 * x.item()", observe=sum_of_pair
    )
    assert examine(pair, lambda x: [x, 2]).state == "correct", "a list is as good as a tuple"
    none = examine(pair, lambda x: print(x))
    assert none.message == "The result is None." and "`return`" in none.details[-1]
    assert examine(pair, lambda x: (x,)).message == "The result has the wrong length."
    assert examine(pair, lambda x: (1.0, 2.0)).message == "Item 0 of the result is a float."
    assert examine(pair, lambda x: 1 / 0).message == "It raises ZeroDivisionError."


def test_a_long_error_text_is_cut_visibly():
    def conv(x):
        return torch.nn.functional.conv2d(torch.zeros(1, 1, 3, 3), np.zeros(3))

    said = repr(examine(DOUBLE, conv))
    assert "invalid combination of arguments" in said and "expected one of" not in said

    def long(x):
        raise ValueError("x" * 300)

    assert examine(DOUBLE, long).details[0].endswith("xxx...")


def test_numpy_answers_are_compared_as_arrays():
    ones = one(lambda: [Case(2)], "import numpy as np\ndef f(x): return np.ones(x)")
    assert examine(ones, lambda x: np.ones(x)).state == "correct"
    assert examine(ones, lambda x: np.ones(x, dtype="float32")).message.startswith("The dtype")
    assert examine(ones, lambda x: torch.ones(x)).message == "The result is a torch tensor."
    assert examine(ones, lambda x: [1.0, 1.0]).message == "The result is a list."


@pytest.mark.parametrize("made", ["np.float64(x)", "np.array(x)"])
def test_an_array_without_axes_is_a_numpy_number(made):
    three = one(lambda: [Case(3.0)], f"import numpy as np\ndef f(x): return {made}, [{made}]")
    assert examine(three, lambda x: (np.array(x), [np.float64(x)])).state == "correct"
    assert examine(three, lambda x: (np.float64(x), [np.array(x)])).state == "correct"
    assert examine(three, lambda x: (np.array([x]), [x])).state == "wrong"


def test_a_numpy_number_is_as_good_as_a_python_one_but_a_tensor_is_not():
    assert examine(DOUBLE, lambda x: np.int64(2 * x)).state == "correct"
    assert examine(DOUBLE, lambda x: torch.tensor(2 * x)).message == "The result is a torch tensor."
    assert examine(DOUBLE, lambda x: 2.0 * x).state == "correct"
    assert examine(DOUBLE, lambda x: str(2 * x)).message == "The result is a str."


def test_an_expected_error_must_be_raised():
    strict = one(lambda: [Case(-1)], "def f(x): raise ValueError('negative')")
    assert examine(strict, answer_in(strict, "def f(x): raise ValueError(x)")).state == "correct"
    assert examine(strict, lambda x: 0).message == "It raises no error."
    assert examine(strict, lambda x: {}[x]).message == "It raises another error."


def test_an_answer_cannot_be_confused_by_names_redefined_in_the_notebook():
    namespace = {"torch": 5, "len": None, "isinstance": None}
    exec("def ex_mse(preds, yb): return torch.mean(preds)", namespace)
    assert "It raises AttributeError" in repr(examine(MSE, namespace["ex_mse"]))


def test_neither_prints_nor_random_numbers_of_the_notebook_are_touched(capsys):
    def noisy(preds, yb):
        print("hello")
        torch.manual_seed(3)
        np.random.seed(3)  # noqa: NPY002
        random.seed(3)
        return ((preds - yb) ** 2).mean()

    def draws():
        return torch.rand(1).item(), np.random.rand(), random.random()  # noqa: NPY002

    seeds = (torch.manual_seed, np.random.seed, random.seed)
    [seed(1) for seed in seeds]
    undisturbed = draws()
    [seed(1) for seed in seeds]
    assert examine(MSE, noisy).state == "correct"
    assert draws() == undisturbed
    assert capsys.readouterr().out == ""


LOADED_FIRST = """
import sys
from coursekit.exercises import Case, Exercise, examine

double = Exercise(
    "double", "90", "write", stub="def double(x): ...", given="import numpy, torch",
    solution="def double(x): return 2 * x", cases=lambda: [Case(3)],
)
assert "torch" not in sys.modules
assert examine(double, lambda x: 2 * x).state == "correct"
import numpy, torch
print(torch.initial_seed() == 0, numpy.random.rand() == numpy.random.RandomState(0).rand())
"""


def test_libraries_that_the_check_loads_first_are_not_left_with_its_seed():
    words = [sys.executable, "-c", LOADED_FIRST]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_input_works_again_after_a_check():
    before = builtins.input
    assert "EOFError" in repr(examine(DOUBLE, lambda x: input("?")))
    assert builtins.input is before


def test_random_answers_are_repeatable():
    rand = one(lambda: [Case(3)], "import torch\ndef f(n): return torch.rand(n)")
    assert examine(rand, lambda n: torch.rand(n)).state == "correct"
    assert examine(rand, lambda n: torch.rand(n) + 1).state == "wrong"


def test_a_check_inside_no_grad_still_sees_gradients():
    with torch.no_grad():
        assert examine(SGD, answer_in(SGD, SGD.solution)).state == "correct"


# --- time limit


def test_catching_everything_does_not_escape_the_limit():
    def stubborn(preds, yb):
        while True:
            with contextlib.suppress(Exception):
                pass

    verdict = examine(MSE, stubborn, seconds=0.2)
    assert verdict.state == "stopped"
    assert verdict.message == "No result within 0.2 seconds."


@pytest.mark.parametrize(("longest", "state"), [(60.0, "correct"), (0.0, "stopped")])
def test_an_import_is_not_cut_short(longest, state, tmp_path, monkeypatch):
    name = f"slow_{state}"
    (tmp_path / f"{name}.py").write_text(
        "import time\nfor _ in range(50):\n    time.sleep(0.02)\nwhole = True\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(limit, "LONGEST_IMPORT", longest)

    def answer(x):
        return 2 * x if __import__(name).whole else None

    assert examine(DOUBLE, answer, seconds=0.3).state == state


def test_waiting_outside_python_is_left_behind_and_the_student_is_told():
    verdict = examine(MSE, lambda p, y: time.sleep(3), seconds=0.1)
    assert verdict.state == "stopped"
    assert "restart the kernel" in verdict.message


def test_a_generator_that_never_ends_is_stopped_too():
    def endless(x):
        while True:
            yield x

    listed = one(lambda: [Case(1)], "def f(x): return [x]", observe=lambda f, x: list(f(x))[:5])
    assert examine(listed, endless, seconds=0.2).state == "stopped"


@pytest.fixture
def kernel_signals():
    """Ctrl-C as in a kernel: what runs in the background of a shell may ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_interrupting_the_kernel_ends_the_check_and_nothing_else(kernel_signals):
    def endless(preds, yb):
        time.sleep(0.3)  # until the check waits
        _thread.interrupt_main()  # what the stop button of a notebook does
        while True:
            pass

    verdict = examine(MSE, endless)
    assert verdict.state == "stopped"
    assert verdict.message == "You interrupted the check."
    assert len(verdict.details) == 1


# --- the kinds


def test_a_prediction_never_shows_what_is_right():
    verdict = examine(LOSS, 7.5)
    assert repr(verdict) == "✗ ex_first_loss: not yet. Your answer is 7.5."
    assert "2.3" not in repr(examine(LOSS, 0.1))


@pytest.mark.parametrize(
    "shape", [(64, 10), [64, 10], torch.Size([64, 10]), (64.0, 10), torch.tensor([64, 10])]
)
def test_a_shape_may_be_written_in_any_way(shape):
    assert examine(SHAPE, shape).state == "correct"


@pytest.mark.parametrize(
    "value",
    [
        2.3,
        np.float32(2.3),
        torch.tensor(2.3),
        torch.tensor([2.3]),
        Fraction(23, 10),
        Decimal("2.3"),
    ],
)
def test_a_value_may_be_any_kind_of_number(value):
    assert examine(LOSS, value).state == "correct"


@pytest.mark.parametrize("value", [(2, 3), "2.3", [2.3]])
def test_a_number_written_with_a_comma_is_told_so(value):
    hint = "Hint: One number is wanted, written without a comma: 12345.6"
    assert examine(LOSS, value).details == (hint,)
    assert examine(LOSS, 7.5).details == ()


@pytest.mark.parametrize("value", [(10, 64), "64, 10", 640, True, {}, (64, 10, 1), object()])
def test_a_wrong_prediction_is_wrong_whatever_it_is(value):
    assert examine(SHAPE, value).state == "wrong"


def test_a_gap_that_is_left_is_no_attempt_though_other_lines_changed():
    text = SOFTMAX.stub.replace("x.exp()", "2 ** x")
    assert is_untouched(SOFTMAX, answer_in(SOFTMAX, text))
    text = text.replace("...", "e.sum()")
    assert not is_untouched(SOFTMAX, answer_in(SOFTMAX, text))


def test_a_changed_default_is_an_attempt_to_fix():
    fix = Exercise(
        "f", "90", "fix", stub="def f(x, k=1):\n    return x * k",
        solution="def f(x, k=2):\n    return x * k", cases=lambda: [Case(2)],
    )  # fmt: skip
    assert examine(fix, answer_in(fix, fix.stub)).state == "not attempted"
    assert examine(fix, answer_in(fix, fix.solution)).state == "correct"


def test_an_answer_may_consist_of_special_methods():
    stub = "class f:\n    def __init__(self, x):\n        self.x = x"
    written = stub + "\n\n    def __len__(self):\n        return len(self.x)"
    length = Exercise("f", "90", "write", stub=stub, solution=written, cases=lambda: [Case([1])])
    assert is_untouched(length, answer_in(length, stub))
    assert not is_untouched(length, answer_in(length, written))


def test_a_decorated_stub_is_still_untouched():
    text = "import torch\n@torch.no_grad()\n" + MSE.stub
    assert is_untouched(MSE, answer_in(MSE, text))


def test_a_decorator_can_be_the_whole_repair():
    fix = one(
        lambda: [Case(torch.ones(2, requires_grad=True))],
        "import torch\n@torch.no_grad()\ndef f(x):\n    return 2 * x",
    )
    fix = dataclasses.replace(fix, kind="fix", stub="def f(x):\n    return 2 * x", observe=tracks)
    assert examine(fix, answer_in(fix, fix.stub)).state == "not attempted"
    assert examine(fix, torch.no_grad()(answer_in(fix, fix.stub))).state == "correct"
    assert examine(fix, torch.enable_grad()(answer_in(fix, fix.stub))).state == "wrong"


def tracks(f, x):
    return {"the flag requires_grad of the result": f(x).requires_grad}


@pytest.mark.parametrize("line", ["e[...]", "e[..., :]", "e[..., n, :]", "e[n, ...]", "f(e)[...]"])
def test_dots_as_an_index_are_no_gap(line):
    text = SOFTMAX.stub.replace("total = ...", f"n = 0; f = torch.abs; total = {line}.sum()")
    assert not is_untouched(SOFTMAX, answer_in(SOFTMAX, text))
    text = SOFTMAX.stub.replace("total = ...", "e[...] = 1; total = ...")
    assert is_untouched(SOFTMAX, answer_in(SOFTMAX, text))


def test_a_returned_gap_is_a_gap():
    gap = one(
        lambda: [Case(1)],
        "def f(x):\n    y = x\n    return 2 * y",
    )
    gap = dataclasses.replace(gap, kind="fill", stub="def f(x):\n    y = x\n    return ...")
    assert is_untouched(gap, answer_in(gap, "def f(x):\n    z = 3 * x\n    return ..."))
    assert not is_untouched(gap, answer_in(gap, "def f(x):\n    return x[...]"))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("def ex_sgd_step(p, lr): pass", "The answer must stay a list of lines"),
        ([1, 2], "The answer must stay a list of lines"),
        (["    pass"], "The line '    pass' is changed or there twice"),
        ([], "The line that begins with def is missing."),
        (["        p -= lr * p.grad"], "The line that begins with def is missing."),
    ],
)
def test_lines_that_are_not_the_given_ones_are_refused_in_a_sentence(lines, message):
    verdict = examine(SGD, lines)
    assert verdict.state == "unusable"
    assert verdict.message.startswith(message)


def test_every_order_that_works_is_right():
    lines = Exercise(
        "f", "90", "order",
        stub='f = ["    return a + b", "    b = 2", "    a = 1", "def f():"]',
        solution='f = ["def f():", "    a = 1", "    b = 2", "    return a + b"]',
        cases=lambda: [Case()],
    )  # fmt: skip
    both = ["def f():", "    b = 2", "    a = 1", "    return a + b"]
    assert examine(lines, both).state == "correct"
    assert "1 line is missing" in repr(examine(lines, both[:3]))


def test_a_trap_that_does_no_harm_must_still_go():
    right = answer_in(SGD, SGD.solution)
    trap = next(line for line in answer_in(SGD, SGD.stub) if line not in right)
    assert examine(SGD, [*right, "", " "]).state == "correct", "blank lines are no lines"
    after = dataclasses.replace(SGD, stub=SGD.stub.replace(trap, "    return"))
    verdict = examine(after, [*right, "    return"])
    assert repr(verdict) == (
        "✗ ex_sgd_step: not yet. It works, but 1 line is not needed: leave it out."
    )


def test_lines_that_are_no_python_say_where_and_get_the_hint_of_the_same_line_only():
    right = answer_in(SGD, SGD.solution)
    early = Wrong(f"ex_sgd_step = {right[1:] + right[:1]!r}", "A function begins with its def.")
    hinted = dataclasses.replace(SGD, wrong=[early])
    assert examine(hinted, right[1:] + right[:1]).details == (f"Hint: {early.hint}",)
    late = examine(hinted, [right[0], right[2], right[1], *right[3:]])
    assert late.message.startswith("In this order the lines are no Python, line 3: ")
    assert "as far in as the block" in late.details[0]


def test_one_wrong_class_is_told_apart_from_another():
    assert examine(COUNTER, int).state == "wrong"
    verdict = examine(COUNTER, 3)
    assert verdict.state == "unusable"
    assert f"not a class; run the cell that defines {COUNTER.name} again" in verdict.message


def test_the_hint_is_that_of_the_wrong_answer_with_the_same_result():
    hinted = one(
        lambda: [Case(3)],
        "def f(x): return x ** 2",
        wrong=[Wrong("def f(x): return 2 * x", "doubled"), Wrong("def f(x): return 1 / 0", "zero")],
    )
    assert examine(hinted, lambda x: x + x).details[-1] == "Hint: doubled"
    assert examine(hinted, lambda x: x / 0).details[-1] == "Hint: zero"
    assert len(examine(hinted, lambda x: x + 1).details) == 1


def test_a_later_case_decides_between_two_mistakes_with_the_same_first_result():
    hinted = one(
        lambda: [Case(1), Case(3)],
        "def f(x): return x + 2",
        wrong=[Wrong("def f(x): return 2 * x", "double"), Wrong("def f(x): return x + 1", "one")],
    )
    assert examine(hinted, lambda x: x + x).details[-1] == "Hint: double"
    assert examine(hinted, lambda x: 1 + x).details[-1] == "Hint: one"


# --- whatever a student may hand in


class Evil:
    """Raises at every touch."""

    def __getattribute__(self, name):
        raise RuntimeError("do not touch")

    __repr__ = __eq__ = __len__ = __iter__ = __bool__ = __hash__ = __call__ = __getattribute__


class Liar:
    """Claims to be a tensor."""

    @property
    def __class__(self):
        return torch.Tensor


class Silent(BaseException):
    """Cannot even be printed."""

    def __str__(self):
        raise RuntimeError


THINGS = [
    ..., NotImplemented, Evil(), Liar(), Evil, Liar, type, int, print, abs, object(), iter([]),
    np.ones(3), np.array("a"), np.array([None]), np.float16(2), np.bool_(True),
    torch.ones(2, 3), torch.ones(()), torch.empty(0), torch.ones(3).to_sparse(),
    torch.ones(2, dtype=torch.complex64), torch.ones(2, requires_grad=True),
    torch.nn.Linear(2, 3), torch.Size([3]), torch.float32, torch,
    float("nan"), 10**400, ["def f():"], [[[[[1]]]]],
]  # fmt: skip
ERRORS = [ValueError("x"), KeyError(), SystemExit(), Silent(), StopIteration(),
          KeyboardInterrupt(), GeneratorExit(), MemoryError()]  # fmt: skip

plain = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.binary(),
    st.lists(st.integers(), max_size=4), st.dictionaries(st.text(max_size=3), st.floats()),
    st.tuples(st.integers(), st.none()), st.complex_numbers(),
)  # fmt: skip
# Behind a function: hypothesis itself would trip over things that raise at every touch.
garbage = plain.map(lambda value: lambda: value) | st.integers(0, len(THINGS) - 1).map(
    lambda i: lambda: THINGS[i]
)


@st.composite
def functions(draw):
    """Functions of any arguments that return or raise anything, and may damage their inputs."""
    result, error = draw(garbage), draw(st.none() | st.sampled_from(ERRORS))
    damages = draw(st.booleans())

    def answer(*args, **kwargs):
        for value in args:
            if damages and isinstance(value, torch.Tensor):
                value.data.zero_()
        if error is not None:
            raise error
        return result()

    return lambda: answer


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(make=garbage | functions())
def test_nothing_that_a_student_hands_in_breaks_the_check(exercise, make):
    verdict = examine(exercise, make())
    assert verdict.state in STATES
    assert len(repr(verdict).splitlines()) <= 3
    assert "0x" not in repr(verdict).replace("0x'", "")
    assert len(repr(verdict)) < 1500
    assert verdict._repr_html_()


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(value=plain | st.sampled_from([10**400, [[[[[1]]]]], {1: {2: {3: {}}}}, {1, 2.5}]))
def test_plain_values_never_make_the_comparison_fail(exercise, value):
    """ "unusable" alone would also be said of a check that is broken."""
    for answer in (value, lambda *args, **kwargs: value):
        assert "Looking at the answer raised" not in repr(examine(exercise, answer))

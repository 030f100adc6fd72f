"""coursekit.device: choosing, describing, moving, timing; other machines are simulated."""

from __future__ import annotations

import dataclasses
from collections import Counter, OrderedDict, UserDict, defaultdict, deque
from typing import NamedTuple

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_sequence

from coursekit import device
from coursekit.device import DeviceError, Timing, choose, describe, stopwatch, timed, to_device


@pytest.fixture(autouse=True)
def no_request(monkeypatch):
    monkeypatch.delenv("COURSEKIT_DEVICE", raising=False)


@pytest.fixture
def machine(monkeypatch):
    """Pretend to have some GPUs, an Apple GPU, or a torch built without CUDA."""

    def pretend(gpus: int = 0, mps: bool = False, cuda_build: bool = True) -> None:
        monkeypatch.setattr(torch.version, "cuda", "13.0" if cuda_build else None)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
        monkeypatch.setattr(device, "_does_not_compute", lambda index: "")

    return pretend


@pytest.mark.parametrize(
    ("gpus", "mps", "expected"),
    [(0, False, "cpu"), (0, True, "mps"), (2, False, "cuda"), (1, True, "cuda")],
)
def test_without_a_request_the_fastest_that_works(machine, gpus, mps, expected):
    machine(gpus, mps)
    assert choose() == torch.device(expected)


def test_the_cuda_build_without_a_gpu_is_a_cpu(machine, monkeypatch):
    machine(gpus=0, cuda_build=True)
    accelerator = getattr(torch, "accelerator", None)
    if accelerator is not None:
        monkeypatch.setattr(accelerator, "current_accelerator", lambda *_: torch.device("cuda"))
    assert choose() == torch.device("cpu")


@pytest.mark.parametrize("asked", ["cuda", "cuda:1", " CUDA:1 ", torch.device("cuda", 1), "cpu"])
def test_a_request_that_can_be_met_is_met(machine, asked):
    machine(gpus=2)
    name = str(asked).strip().lower()
    assert choose(asked) == torch.device(name)


@pytest.mark.parametrize(
    ("asked", "here", "reason"),
    [
        ("cuda", {"cuda_build": False}, "without CUDA"),
        ("cuda", {"gpus": 0}, "no NVIDIA GPU"),
        ("cuda:2", {"gpus": 2}, "2 GPUs, counted from 0"),
        ("mps", {}, "Apple GPU"),
        ("mps:1", {"mps": True}, "one Apple GPU"),
        ("cpu:3", {}, "one CPU"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused(machine, asked, here, reason):
    machine(**here)
    with pytest.raises(DeviceError, match="not available") as error:
        choose(asked)
    assert reason in str(error.value)
    assert str(error.value).endswith("'cpu'.")


def test_a_gpu_too_old_for_this_torch_is_not_chosen(monkeypatch):
    """The driver knows it, so it counts as available; its first kernel fails."""
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)

    def fail(*_, **__):
        raise RuntimeError("CUDA error: no kernel image is available\nCompile with ...")

    monkeypatch.setattr(torch, "ones", fail)
    assert choose() == torch.device("cpu")
    with pytest.raises(DeviceError, match=r"not compute with .* no kernel image is available\)"):
        choose("cuda")


@pytest.mark.parametrize("asked", ["gpu", "", "cuda:x", "xpu", "meta", 3.5])
def test_an_unknown_name_is_refused_with_the_choices(machine, asked):
    machine(mps=True)
    with pytest.raises(DeviceError, match="is no device of this course") as error:
        choose(asked)
    assert "'mps' or 'cpu'" in str(error.value)


def test_the_environment_decides_where_the_program_does_not(machine, monkeypatch):
    machine(gpus=1)
    monkeypatch.setenv("COURSEKIT_DEVICE", "cpu")
    assert choose() == torch.device("cpu")
    assert choose("cuda") == torch.device("cuda")
    monkeypatch.setenv("COURSEKIT_DEVICE", "")
    assert choose() == torch.device("cuda")


def test_a_wrong_environment_is_named(machine, monkeypatch):
    machine()
    monkeypatch.setenv("COURSEKIT_DEVICE", "tpu")
    with pytest.raises(DeviceError, match="from COURSEKIT_DEVICE"):
        choose()


def test_describe_a_cpu_is_one_line():
    line = describe("cpu")
    assert line.startswith("cpu: ")
    assert torch.__version__ in line
    assert "\n" not in line


def test_describe_a_gpu_and_an_apple_gpu(machine, monkeypatch):
    machine(gpus=1, mps=True)

    class Properties:
        name, total_memory = "Example GPU", 24 * 2**30

    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: Properties)
    assert "Example GPU, 24 GiB, CUDA 13.0" in describe("cuda:0")
    assert describe("mps").startswith("mps: Apple GPU")


class Pair(NamedTuple):
    xb: torch.Tensor
    yb: torch.Tensor


class Named(dict):
    """A plain dict with a name."""


@dataclasses.dataclass(frozen=True)
class Words:
    ids: torch.Tensor
    text: str
    length: int = dataclasses.field(init=False, default=0)


def tensors_in(part):
    if isinstance(part, torch.Tensor):
        yield part
    elif isinstance(part, Words):
        yield part.ids
    elif isinstance(part, dict):
        for value in part.values():
            yield from tensors_in(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from tensors_in(value)


@pytest.mark.parametrize(
    "make",
    [
        lambda t: t,
        lambda t: (t, t),
        lambda t: [t, [t]],
        lambda t: Pair(t, t),
        lambda t: {"xb": t, "more": (t, "name", 3)},
        lambda t: OrderedDict(b=t, a=t),
        lambda t: defaultdict(list, a=t),
        lambda t: Counter(a=t, b=t),
        lambda t: Named(a=t),
        lambda t: Words(t, "the cat"),
        lambda t: (Pair(t, t), [Words(t, "x"), {"a": [t]}], None),
    ],
)
def test_every_tensor_moves_and_the_batch_keeps_its_kind(make):
    batch = make(torch.arange(3))
    moved = to_device(batch, "meta")  # a device that every machine has
    assert type(moved) is type(batch)
    assert [t.device.type for t in tensors_in(moved)] == ["meta"] * len([*tensors_in(batch)])
    assert all(t.device.type == "cpu" for t in tensors_in(batch))


def test_what_is_no_tensor_passes_through():
    batch = {"name": "seven", "n": 7, "kind": int}
    assert to_device(batch, "meta") == batch
    assert list(to_device(OrderedDict(b=1, a=2), "cpu")) == ["b", "a"]


def test_a_counter_is_not_added_to_itself():
    words = Counter(the=2, cat=1)
    assert to_device({"words": words, "xb": torch.zeros(1)}, "meta")["words"] == words


def test_a_packed_sequence_moves_as_torch_moves_it():
    packed = pack_sequence([torch.ones(3), torch.ones(2)])
    moved = to_device({"words": packed}, "meta")["words"]
    assert (moved.data.device.type, moved.batch_sizes.device.type) == ("meta", "cpu")
    assert packed.data.device.type == "cpu"


def test_what_torch_returns_by_name_stays_so():
    moved = to_device(torch.ones(2, 3).max(dim=1), "meta")
    assert (moved.values.device.type, moved.indices.device.type) == ("meta", "meta")


def test_a_dataclass_is_copied_with_what_it_computed_and_nothing_runs_again():
    runs = []

    @dataclasses.dataclass
    class Masked:
        xb: torch.Tensor
        mask: torch.Tensor = dataclasses.field(init=False)

        def __post_init__(self):
            runs.append(1)
            self.mask = self.xb > 0

    batch = Masked(torch.ones(2))
    moved = to_device(batch, "meta")
    assert (moved.xb.device.type, moved.mask.device.type) == ("meta", "meta")
    assert (batch.xb.device.type, batch.mask.device.type, runs) == ("cpu", "cpu", [1])


class Loud(dict):
    """A dict that does more than keep what it is given."""

    def __setitem__(self, key, value):
        super().__setitem__(key, value)
        print("set")


@pytest.mark.parametrize(
    "make",
    [
        lambda t: UserDict(a=t),
        lambda t: Loud(a=t),
        lambda t: {t},
        lambda t: deque([t]),
        lambda t: deque([Words(t, "x")]),
        lambda t: type("Rows", (list,), {})([t]),
        lambda t: [UserDict(a=(1, [t]))],
    ],
)
@pytest.mark.parametrize("where", ["cpu", "meta"])
def test_another_container_with_a_tensor_is_refused_and_left(make, where):
    t = torch.zeros(2)
    with pytest.raises(DeviceError, match=r"cannot make a \w+ anew.* as a dict, a list or a tuple"):
        to_device(make(t), where)
    assert t.device.type == "cpu"


def test_another_container_without_a_tensor_passes_through():
    batch = [UserDict(a=1), {1, 2}, deque("ab"), Loud(), torch.Size([2])]
    assert all(new is old for new, old in zip(to_device(batch, "meta"), batch, strict=True))


def test_a_tensor_already_there_is_not_copied():
    xb = torch.zeros(2)
    assert to_device((xb,), "cpu")[0] is xb


def test_a_model_is_never_moved():
    model = nn.Linear(2, 2)
    with pytest.raises(DeviceError, match=r"model\.to\(device\)"):
        to_device([model], "meta")
    assert model.weight.device.type == "cpu"


@pytest.fixture
def clock(monkeypatch):
    """A clock that moves only when told to."""
    now = [0.0]
    monkeypatch.setattr(device.time, "perf_counter", lambda: now[0])
    return now


def test_timed_counts_the_runs_after_the_warm_up(clock):
    durations = iter([100, 100, 1, 5, 2])

    def work():
        clock[0] += next(durations)

    timing = timed(work, repeats=3, warmup=2)
    assert timing.seconds == (1, 5, 2)
    assert (timing.median, timing.best, timing.worst) == (2, 1, 5)


def test_the_clock_runs_from_an_idle_device_to_an_idle_device(clock, monkeypatch):
    asked, pending = [], [7.0]  # work of before that is still running

    def synchronize(which):
        asked.append(which)
        clock[0] += sum(pending)
        pending.clear()

    monkeypatch.setattr(torch.cuda, "synchronize", synchronize)
    with stopwatch("cuda:1") as watch:
        pending.append(3.0)  # asked for, not yet done
        assert watch.seconds is None
    assert watch.seconds == 3.0
    assert asked == [torch.device("cuda", 1)] * 2


def test_an_apple_gpu_is_waited_for(clock, monkeypatch):
    waits = []
    monkeypatch.setattr(torch.mps, "synchronize", lambda: waits.append(1))
    timed(lambda: None, "mps", repeats=2, warmup=0)
    assert len(waits) == 4


@pytest.mark.parametrize("wrong", [{"repeats": 0}, {"warmup": -1}])
def test_impossible_counts_are_refused(wrong):
    with pytest.raises(DeviceError, match="at least"):
        timed(lambda: None, **wrong)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (2.5, "2.5 s"),
        (0.0123, "12.3 ms"),
        (0.00000456, "4.56 µs"),
        (0.9996, "1 s"),
        (0.0009996, "1 ms"),
        (1234.0, "1,234 s"),
        (0.0, "0 µs"),
    ],
)
def test_a_timing_reads_well(seconds, text):
    assert str(Timing((seconds,))) == f"median {text} of 1 runs ({text} to {text})"

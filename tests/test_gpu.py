"""What lesson 13 says of GPUs, on a GPU: runs only where there is one."""

from __future__ import annotations

import contextlib
import itertools
from importlib.util import find_spec

import pytest
import torch
import torch.nn.functional as F

from coursekit import device as devices
from coursekit.profiling import part, timeline_of
from coursekit.recap import (
    LADDER,
    MODES,
    climb,
    climb_compiled,
    make_cnn,
    make_loader,
    train_pass,
    work_of,
)


def gpu() -> torch.device | None:
    """This machine's GPU; the tests' environment asks for the CPU, so it is asked for by name."""
    for kind in ("cuda", "mps"):
        with contextlib.suppress(devices.DeviceError):
            return devices.choose(kind)
    return None


pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(gpu() is None, reason="there is no GPU on this machine"),
]


@pytest.fixture
def device() -> torch.device:
    return gpu()


@pytest.fixture(autouse=True)
def full_precision(monkeypatch) -> None:
    """Newer NVIDIA GPUs round what a convolution multiplies to TF32 unless told not to."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


@pytest.fixture
def digits() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(256, 784, generator=generator)
    return x, torch.randint(10, (256,), generator=generator)


def weights_after_training(device: torch.device, digits, **switches) -> torch.Tensor:
    torch.manual_seed(0)
    model = make_cnn().to(device)
    opt = torch.optim.SGD(model.parameters(), lr=0.05)
    images, y = digits[0].reshape(-1, 1, 28, 28), digits[1]
    batches = list(zip(images.split(64), y.split(64), strict=True))
    train_pass(model, opt, batches, device, **switches)
    return torch.cat([p.detach().cpu().flatten() for p in model.parameters()])


def test_the_same_weights_as_on_the_cpu(device, digits):
    on_cpu = weights_after_training(torch.device("cpu"), digits)
    torch.testing.assert_close(weights_after_training(device, digits), on_cpu, rtol=1e-3, atol=1e-4)


def test_channels_last_changes_nothing_but_rounding(device, digits):
    plain = weights_after_training(device, digits)
    last = weights_after_training(device, digits, layout=torch.channels_last)
    torch.testing.assert_close(last, plain, rtol=1e-3, atol=1e-4)


def test_resident_batches_are_on_the_device(device, digits):
    xb, yb = next(iter(make_loader(*digits, device, resident=True)))
    assert xb.device.type == yb.device.type == device.type


def test_the_ladder_is_climbed(device, digits):
    speeds = climb(LADDER, make_cnn, *digits, device, repeats=1)
    assert list(speeds) == list(LADDER) and min(speeds.values()) > 0


def test_compiled_models_are_climbed(device, digits):
    if device.type != "cuda" or not find_spec("triton"):
        pytest.skip("the lesson compiles on CUDA, with triton")
    speeds = climb_compiled(make_cnn, *digits, device)
    assert list(speeds) == list(MODES) and min(speeds.values()) > 0


def test_the_work_of_an_image_is_the_same_everywhere(device, digits):
    xb, yb = digits[0][:8].reshape(-1, 1, 28, 28), digits[1][:8]
    assert work_of(make_cnn, xb.to(device), yb.to(device)) == work_of(make_cnn, xb, yb)


def test_an_honest_clock_waits(device):
    a = torch.randn(4096, 4096, device=device)

    def work():
        for _ in range(10):
            a @ a

    honest = devices.timed(work, device, repeats=3).median
    operations = 10 * 2 * 4096**3
    assert operations / honest < 1e15, "no device calculates so fast: the clock did not wait"


def test_the_profiler_sees_the_kernels(device):
    if device.type != "cuda":
        pytest.skip("torch's profiler reads kernels of CUDA only")
    model = make_cnn().to(device)
    opt = torch.optim.SGD(model.parameters(), lr=0.1)

    def work():
        with part("load"):
            xb = torch.rand(64, 1, 28, 28)
        with part("step"):
            F.cross_entropy(model(xb.to(device)), torch.zeros(64).long().to(device)).backward()
            opt.step()

    events = timeline_of(work, device)
    own = sorted((start, length) for who, _, start, length in events if who == "device")
    assert own, "no kernel was seen"
    pairs = itertools.pairwise(own)
    assert all(a + length <= b + 1e-3 for (a, length), (b, _) in pairs), "marks taken for work"

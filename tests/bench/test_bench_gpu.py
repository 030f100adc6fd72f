"""How much faster a GPU trains than the lecture's structure on the same GPU (`make bench`)."""

from __future__ import annotations

import pytest
import torch

from coursekit import device as devices
from coursekit.data import load_digits
from coursekit.recap import LADDER, climb, make_cnn
from tests.tools.measure_speeds import possible

FACTOR = 30
"""One picture after the other, batches of 64 in 32 bits, against the top of the ladder."""


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
def test_the_ladder_on_a_gpu(benchmark):
    device = devices.choose("cuda")
    data = load_digits("digits")
    x, y = data.x_train.repeat(8, 1), data.y_train.repeat(8)
    ladder = LADDER | {"batch of 2,048": ({"bs": 2048}, {})}
    speeds = benchmark.pedantic(climb, args=(ladder, make_cnn, x, y, device), rounds=1)
    first, top = speeds["one by one, asking"], max(speeds.values())
    benchmark.extra_info.update({name: round(speed / first, 1) for name, speed in speeds.items()})
    benchmark.extra_info["share of the limit in 32 bits"] = round(top / possible(x, y, device), 3)
    assert top >= FACTOR * first

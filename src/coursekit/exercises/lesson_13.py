"""Exercises of lesson 13, a GPU used well."""

from coursekit.exercises.model import Case, Exercise, Wrong, in_order

FASTER_DEVICE = Exercise(
    name="faster_device",
    lesson="13",
    kind="predict",
    stub="""
# Loading a batch takes 40 ticks, computing 10. Python asks for the
# loss after each batch, so the two never overlap. You buy a device
# that computes ten times as fast. How many times as fast do you train?
faster_device = ...
""",
    solution="""
faster_device = (40 + 10) / (40 + 1)
""",
    wrong=[
        Wrong("faster_device = 10", hint="That is the device alone. Does loading get faster too?"),
        Wrong("faster_device = 50 / 40", hint="So fast would an infinitely fast device be."),
        Wrong("faster_device = 41 / 50", hint="That is how much time is left. How many times as"
              " fast is it?"),
        Wrong("faster_device = 5", hint="Of 50 ticks, how many are left after the purchase?"),
    ],
    rtol=0.02,
    why="Only the computing shrinks: 50 ticks become 41 (this is Amdahl's law).",
)  # fmt: skip


def device_cases():
    import torch
    from torch import nn

    class OnGPU(torch.Tensor):  # it says so, where there is no GPU as well
        device = torch.device("cuda", 0)

    mixed = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2, device="meta"))
    left_behind = nn.BatchNorm1d(3, device="meta")
    left_behind.register_buffer("running_mean", torch.zeros(3))
    frozen = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2, device="meta").requires_grad_(False))
    inner = nn.Linear(2, 2, device="meta")
    inner.register_buffer("known", torch.zeros(2).as_subclass(OnGPU))
    centred = nn.Linear(2, 2, device="meta")
    centred.mean = torch.zeros(2)
    return [
        Case(nn.Linear(2, 3)),
        Case(mixed, about="a model of which one half was moved"),
        Case(left_behind, about="a layer whose buffer stayed behind"),
        Case(nn.Sequential(nn.ReLU()), about="a model without any tensor"),
        Case(frozen, about="a part that is not trained"),
        Case(nn.Sequential(inner), about="a buffer of its own on cuda:0"),
        Case(centred, about="a plain attribute, which would not move"),
    ]


DEVICES_OF = Exercise(
    name="devices_of",
    lesson="13",
    kind="write",
    stub="""
def devices_of(model):
    # the set of device types, such as {"cpu"}, of all that would
    # move with the model
    ...
""",
    solution="""
def devices_of(model):
    return {t.device.type for t in [*model.parameters(), *model.buffers()]}
""",
    cases=device_cases,
    wrong=[
        Wrong(
            "def devices_of(model):\n    return {p.device.type for p in model.parameters()}",
            hint="Parameters are not all that moves. What else does a BatchNorm, say, keep?",
        ),
        Wrong(
            "def devices_of(model):\n    return next(model.parameters()).device.type",
            hint="A set was asked for: there may be several types.",
        ),
        Wrong(
            "def devices_of(model):\n"
            "    first = next(model.parameters(), None)\n"
            "    return set() if first is None else {first.device.type}",
            hint="Does one parameter speak for all of them?",
        ),
        Wrong(
            "def devices_of(model):\n"
            "    return {str(t.device) for t in [*model.parameters(), *model.buffers()]}",
            hint='A GPU has a number, as in "cuda:0". Only the type was asked for.',
        ),
        Wrong(
            "def devices_of(model):\n    return [p.device.type for p in model.parameters()]",
            hint="Each device once: a set, not a list.",
        ),
        Wrong(
            "def devices_of(model):\n"
            "    return {t.device for t in [*model.parameters(), *model.buffers()]}",
            hint='A device is more than its type. Where does it keep the word, such as "cpu"?',
        ),
    ],
)


def idle_cases():
    return [
        Case([("Python", "load", 0, 5), ("device", "compute", 5, 2), ("device", "compute", 10, 2)]),
        Case([("device", "compute", 0, 4), ("device", "compute", 4, 4)], about="no gap"),
        Case(
            [("device", "compute", 2, 2), ("device", "compute", 6, 1), ("Python", "save", 7, 9)],
            about="Python going on when the device is done",
        ),
        Case(
            [
                ("device", "compute", 0.5, 1),
                ("device", "compute", 2, 1),
                ("device", "compute", 6, 2),
            ],
            about="two gaps",
        ),
    ]


IDLE_TICKS = Exercise(
    name="idle_ticks",
    lesson="13",
    kind="fill",
    stub="""
def idle_ticks(events):
    # events: (who, what, start, length); count from the device's first
    # piece of work to the end of its last
    own = [(start, length) for who, _, start, length in events
           if who == "device"]
    begin = min(start for start, _ in own)
    end = ...
    return end - begin - sum(length for _, length in own)
""",
    solution="""
def idle_ticks(events):
    own = [(start, length) for who, _, start, length in events
           if who == "device"]
    begin = min(start for start, _ in own)
    end = max(start + length for start, length in own)
    return end - begin - sum(length for _, length in own)
""",
    cases=idle_cases,
    wrong=[
        Wrong(
            "def idle_ticks(events):\n"
            "    own = [(s, n) for who, _, s, n in events if who == 'device']\n"
            "    return max(s for s, _ in own) - min(s for s, _ in own) - sum(n for _, n in own)",
            hint="That is where the last piece of work begins. When does it end?",
        ),
        Wrong(
            "def idle_ticks(events):\n"
            "    own = [(s, n) for who, _, s, n in events if who == 'device']\n"
            "    end = max(s + n for _, _, s, n in events)\n"
            "    return end - min(s for s, _ in own) - sum(n for _, n in own)",
            hint="Python may go on after the device. Look at the device's own work only.",
        ),
        Wrong(
            "def idle_ticks(events):\n"
            "    own = [(s, n) for who, _, s, n in events if who == 'device']\n"
            "    return max(s + n for s, n in own) - sum(n for _, n in own)",
            hint="Before its first piece of work the device does not count as idle here.",
        ),
    ],
)


def clock_cases():
    return [
        Case(7, about="a device that needs 7 ticks, and 1 to be asked"),
        Case(0, about="work that takes no time"),
    ]


class Ticking:
    """A device whose clock goes on only while somebody waits for it; its first work is slow."""

    def __init__(self, ticks: float) -> None:
        self.now, self.ticks, self.waiting, self.first = 100.0, ticks, 0.0, True

    def work(self) -> None:
        """Ask for one piece of work; the first one takes 50 ticks more."""
        self.waiting += self.ticks + (50 if self.first else 0)
        self.first = False
        self.now += 1

    def synchronize(self) -> None:
        """Wait until all is done."""
        self.now += self.waiting
        self.waiting = 0.0

    def clock(self) -> float:
        """What the clock says."""
        return self.now


def measured_ticks(honest_time, ticks):
    """Return what the answer measures for a device that needs ``ticks`` and one to be asked."""
    device = Ticking(ticks)
    return honest_time(device.work, device.synchronize, device.clock)


_HONEST_TIME = [
    "def honest_time(work, synchronize, clock):",
    "    work()",
    "    synchronize()",
    "    begin = clock()",
    "    work()",
    "    synchronize()",
    "    return clock() - begin",
]

HONEST_TIME = Exercise(
    name="honest_time",
    lesson="13",
    kind="order",
    stub="""
honest_time = [
    "    synchronize()",
    "    return clock() - begin",
    "    begin = clock()",
    "    work()",
    "def honest_time(work, synchronize, clock):",
    "    work()",
    "    synchronize()",
    "    return begin - clock()",
]
""",
    solution=in_order("honest_time", _HONEST_TIME),
    cases=clock_cases,
    observe=measured_ticks,
    wrong=[
        Wrong(
            in_order("honest_time", _HONEST_TIME, 0, 1, 3, 2, 4, 5, 6),
            hint="The clock starts while the first run is still at work. Wait for it before.",
        ),
        Wrong(
            in_order("honest_time", _HONEST_TIME, 0, 2, 3, 1, 5, 6, 4),
            hint="The first run of anything is slow. Which run do you measure here?",
        ),
        Wrong(
            in_order("honest_time", _HONEST_TIME, 0, 3, 1, 2, 4, 5, 6),
            hint="Two runs are measured here, and the first run of anything is slow.",
        ),
        Wrong(
            in_order("honest_time", _HONEST_TIME, 0, 1, 2, 3, 4, 6, 5),
            hint="This measures how long it takes to ask. Wait before you read the clock.",
        ),
        Wrong(
            in_order("honest_time", _HONEST_TIME, 0, 1, 2, 3, 4, 5, "    return begin - clock()"),
            hint="Later minus earlier: a time is never negative.",
        ),
    ],
)


def loss_cases():
    import torch

    def losses(*values):
        return [torch.tensor(v, dtype=torch.bfloat16) for v in values]

    return [
        Case(losses(*[3.0] * 1500), about="1500 batches"),
        Case(losses(1.0, 2.0, 6.5), about="three batches"),
        Case(losses(2.0), about="a single batch"),
    ]


MEAN_LOSS_OF = Exercise(
    name="mean_loss_of",
    lesson="13",
    kind="fix",
    stub="""
def mean_loss_of(losses):
    # losses: a list of bfloat16 tensors
    total = torch.zeros((), dtype=torch.bfloat16)
    for loss in losses:
        total += loss
    return (total / len(losses)).item()
""",
    given="import torch",
    solution="""
def mean_loss_of(losses):
    return sum(loss.item() for loss in losses) / len(losses)
""",
    cases=loss_cases,
    wrong=[
        Wrong(
            "def mean_loss_of(losses):\n    return torch.stack(losses).mean().item()",
            hint="The mean is nearly right: at the end it is rounded to a number of 16 bits.",
        ),
        Wrong(
            "def mean_loss_of(losses):\n    return (sum(losses) / len(losses)).item()",
            hint="It is still added up in bfloat16. Which numbers have enough digits?",
        ),
        Wrong(
            "def mean_loss_of(losses):\n    return (sum(losses).float() / len(losses)).item()",
            hint="More digits at the end are too late: the sum was stuck by then.",
        ),
        Wrong(
            "def mean_loss_of(losses):\n    return sum(loss.item() for loss in losses)",
            hint="That is the sum. What is the mean?",
        ),
        Wrong(
            "def mean_loss_of(losses):\n    return losses[-1].item()",
            hint="That is the last batch. Count them all.",
        ),
    ],
)

EXERCISES = (FASTER_DEVICE, DEVICES_OF, IDLE_TICKS, HONEST_TIME, MEAN_LOSS_OF)

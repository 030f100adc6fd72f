"""Exercises of lesson 10, Dataset and DataLoader."""

from coursekit.exercises.model import Case, Exercise, Wrong

NEVER_SEEN = Exercise(
    name="never_seen",
    lesson="10",
    kind="predict",
    stub="""
# 1,000 images, batch_size=64, drop_last=True, shuffle=False, 5 epochs.
# How many images does the model never see?
never_seen = ...
""",
    solution="""
never_seen = 40
""",
    wrong=[
        Wrong("never_seen = 0", hint="drop_last drops something, and nothing is shuffled."),
        Wrong("never_seen = 64 - 40", hint="That is how many are missing to fill the last batch."),
        Wrong("never_seen = 64", hint="The last batch is dropped because it is not that long."),
        Wrong("never_seen = 5 * 40", hint="Which images are dropped in the second epoch?"),
        Wrong("never_seen = 15", hint="That is the number of full batches."),
        Wrong("never_seen = 960", hint="Those are the images that it does see."),
    ],
    why="15 full batches take 960; unshuffled, the same last 40 are dropped in every epoch.",
)


def windows_cases():
    import torch

    series = torch.tensor([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    return [
        Case(series, 2),
        Case(series, 3, about="longer windows"),
        Case(series, 5, about="a single item"),
    ]


def items_and_batches(SlidingWindows, series, k):
    """Use the dataset as a DataLoader does: its length, items, and what collating them gives."""
    from torch.utils.data import DataLoader

    windows = SlidingWindows(series, k)
    n = len(windows)
    xb, yb = next(iter(DataLoader(windows, batch_size=n)))
    return {
        "len(windows)": n,
        "windows[0]": tuple(windows[0]),
        "the last item": tuple(windows[n - 1]),
        "xb of a batch of all items": xb,
        "yb of a batch of all items": yb,
    }


WINDOWS_GIVEN = "import torch\nfrom torch.utils.data import DataLoader, Dataset, TensorDataset"

_WINDOWS = """
class SlidingWindows(Dataset):
    def __init__(self, series, k):
        self.series, self.k = series, k

    def __len__(self):
        return {length}

    def __getitem__(self, i):
        return {x}, {y}
"""


def _windows(
    length: str = "len(self.series) - self.k",
    x: str = "self.series[i : i + self.k]",
    y: str = "self.series[i + self.k]",
) -> str:
    return _WINDOWS.format(length=length, x=x, y=y)


WINDOWS = Exercise(
    name="SlidingWindows",
    lesson="10",
    kind="write",
    stub="""
class SlidingWindows(Dataset):
    # item i of a series (n,): k values in a row from place i on, shape (k,),
    # and the one value that comes after them, shape ()
    def __init__(self, series, k):
        self.series, self.k = series, k
""",
    given=WINDOWS_GIVEN,
    solution=_windows(),
    cases=windows_cases,
    observe=items_and_batches,
    wrong=[
        Wrong(
            _windows(length="len(self.series)"),
            hint="At the end no value is left after the window. How many items are complete?",
        ),
        Wrong(
            _windows(length="len(self.series) - self.k - 1"),
            hint="One item too few: the last value of the series is a target as well.",
        ),
        Wrong(
            _windows(y="self.series[i + self.k : i + self.k + 1]"),
            hint="A slice keeps its axis. One number has no axis.",
        ),
        Wrong(
            _windows(y="self.series[i + self.k - 1]"),
            hint="This target is the last value of the window: nothing is left to predict.",
        ),
        Wrong(
            _windows(x="self.series[i * self.k : (i + 1) * self.k]"),
            hint="The next item starts one place later, not k places.",
        ),
    ],
)


def batch_cases():
    import torch

    items = [
        (torch.tensor([3, 1]), 0),
        (torch.tensor([4, 1, 5, 9]), 1),
        (torch.tensor([2]), 1),
    ]
    return [
        Case(items),
        Case(items[:1], about="a batch of one"),
        Case(items[::-1], about="another order"),
    ]


PAD_BATCH = Exercise(
    name="pad_batch",
    lesson="10",
    kind="fill",
    stub="""
def pad_batch(items):
    # items: a list of (tensor (length,), label)
    xs, ys = zip(*items)
    xb = pad_sequence(xs, batch_first=True)
    real = ...  # (n, longest) True where xb holds data, False where padding
    return xb, torch.tensor(ys), real
""",
    given="import torch\nfrom torch.nn.utils.rnn import pad_sequence",
    solution="""
def pad_batch(items):
    xs, ys = zip(*items)
    xb = pad_sequence(xs, batch_first=True)
    lengths = torch.tensor([len(x) for x in xs])
    real = torch.arange(xb.shape[1]) < lengths[:, None]
    return xb, torch.tensor(ys), real
""",
    cases=batch_cases,
    wrong=[
        Wrong(
            "def pad_batch(items):\n    xs, ys = zip(*items)\n"
            "    xb = pad_sequence(xs, batch_first=True)\n"
            "    return xb, torch.tensor(ys), torch.tensor([len(x) for x in xs])",
            hint="These are the lengths. Compare each with the places 0, 1, 2, …",
        ),
        Wrong(
            "def pad_batch(items):\n    xs, ys = zip(*items)\n"
            "    xb = pad_sequence(xs, batch_first=True)\n"
            "    lengths = torch.tensor([len(x) for x in xs])\n"
            "    return xb, torch.tensor(ys), torch.arange(xb.shape[1]) <= lengths[:, None]",
            hint="Places are counted from 0: the last real one is at length - 1.",
        ),
        Wrong(
            "def pad_batch(items):\n    xs, ys = zip(*items)\n"
            "    xb = pad_sequence(xs, batch_first=True)\n"
            "    lengths = torch.tensor([len(x) for x in xs])\n"
            "    return xb, torch.tensor(ys), torch.arange(xb.shape[1]) >= lengths[:, None]",
            hint="This marks the padding. Wanted is the data.",
        ),
        Wrong(
            "def pad_batch(items):\n    xs, ys = zip(*items)\n"
            "    xb = pad_sequence(xs, batch_first=True)\n"
            "    lengths = torch.tensor([len(x) for x in xs])\n"
            "    return xb, torch.tensor(ys), torch.arange(xb.shape[1])[:, None] < lengths",
            hint="Right, but lying on its side: rows are items, columns are places.",
        ),
    ],
)


def take_cases():
    return [
        Case([1, 2, 3], 2),
        Case([1, 2, 3], 7, about="more steps than an epoch has"),
        Case([1, 2], 4, about="exactly two epochs"),
    ]


def as_loader(take, batches, steps):
    """Hand over a DataLoader: something to walk through, but no iterator."""
    from torch.utils.data import DataLoader

    return [int(b) for b in take(DataLoader(batches, batch_size=None), steps)]


TAKE_RIGHT = [
    "def take(train_dl, steps):",
    "    taken, batches = [], iter(train_dl)",
    "    while len(taken) < steps:",
    "        try:",
    "            taken.append(next(batches))",
    "        except StopIteration:",
    "            batches = iter(train_dl)",
    "    return taken",
]


def _lines(*lines: str) -> str:
    rows = "".join(f"    {line!r},\n" for line in lines)
    return f"take = [\n{rows}]\n".replace("'", '"')


TAKE = Exercise(
    name="take",
    lesson="10",
    kind="order",
    stub="""
take = [
    "            taken.append(next(train_dl))",
    "        try:",
    "    return taken",
    "            batches = iter(train_dl)",
    "    while len(taken) < steps:",
    "            taken.append(next(batches))",
    "def take(train_dl, steps):",
    "        except StopIteration:",
    "    taken, batches = [], iter(train_dl)",
]
""",
    solution=_lines(*TAKE_RIGHT),
    cases=take_cases,
    observe=as_loader,
    wrong=[
        Wrong(
            _lines(*TAKE_RIGHT[:4], "            taken.append(next(train_dl))", *TAKE_RIGHT[5:]),
            hint="A loader can be walked through, but it has no next batch. Who has?",
        ),
        Wrong(
            _lines(*TAKE_RIGHT[:3], TAKE_RIGHT[7], *TAKE_RIGHT[3:7]),
            hint="The loop has no body left. What is tried as long as batches are missing?",
        ),
        Wrong(
            _lines(*TAKE_RIGHT[:2], TAKE_RIGHT[7], *TAKE_RIGHT[2:7]),
            hint="It returns before it has taken anything.",
        ),
    ],
)


def cut_cases():
    import torch

    x = torch.arange(10.0).reshape(5, 2)
    return [
        Case(x, torch.arange(5), 2),
        Case(x, torch.arange(5), 5, about="one batch"),
    ]


def three_epochs(Batches, x, y, bs):
    """Walk through the same object three times."""
    batches = Batches(x, y, bs)
    return {
        name: [(xb.clone(), yb.clone()) for xb, yb in batches]
        for name in ("the first epoch", "the second epoch", "the third epoch")
    }


BATCHES = Exercise(
    name="Batches",
    lesson="10",
    kind="fix",
    stub="""
class Batches:
    def __init__(self, x, y, bs):
        self.pairs = zip(x.split(bs), y.split(bs))

    def __iter__(self):
        return self.pairs
""",
    given="import torch",
    solution="""
class Batches:
    def __init__(self, x, y, bs):
        self.x, self.y, self.bs = x, y, bs

    def __iter__(self):
        return zip(self.x.split(self.bs), self.y.split(self.bs))
""",
    cases=cut_cases,
    observe=three_epochs,
    wrong=[
        Wrong(
            "class Batches:\n    def __init__(self, x, y, bs):\n"
            "        self.pairs = zip(x.split(bs), y.split(bs))\n\n"
            "    def __iter__(self):\n        return iter(self.pairs)",
            hint="iter() of a zip is the same zip, already empty. Make a new one for each epoch.",
        ),
        Wrong(
            "class Batches:\n    def __init__(self, x, y, bs):\n"
            "        self.pairs = list(zip(x.split(bs), y.split(bs)))\n\n"
            "    def __iter__(self):\n        return self.pairs",
            hint="__iter__ must return an iterator. A list is not one; what makes one of it?",
        ),
        Wrong(
            "class Batches:\n    def __init__(self, x, y, bs):\n"
            "        self.x, self.y, self.bs = x, y, bs\n\n"
            "    def __iter__(self):\n        yield self.x, self.y",
            hint="All rows come as a single batch. Where are they cut?",
        ),
    ],
)

EXERCISES = (NEVER_SEEN, WINDOWS, PAD_BATCH, TAKE, BATCHES)

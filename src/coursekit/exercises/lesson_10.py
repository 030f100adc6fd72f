"""Exercises of lesson 10, Dataset and DataLoader."""

from coursekit.exercises.model import Case, Exercise, Wrong, in_order

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
    import torch
    from torch.utils.data import DataLoader

    windows = SlidingWindows(series, k)
    n, first = len(windows), windows[0]
    seen = {"the length of the dataset": n, "the first pair": first}
    rest = ["the memory of the first pair", "the last pair", "the batch of all pairs"]
    is_pair = isinstance(first, tuple | list) and all(map(torch.is_tensor, first))
    if n != len(series) - k or not is_pair:
        return seen | dict.fromkeys(rest)  # the rest would raise what says less

    owners = {part.untyped_storage().data_ptr() for part in first}
    shared = owners == {series.untyped_storage().data_ptr()}
    batch = next(iter(DataLoader(windows, batch_size=n)))
    values = ("that of the series" if shared else "its own", windows[n - 1], batch)
    return seen | dict(zip(rest, values, strict=True))


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
            hint="Not every place begins an item: what is missing near the end?",
        ),
        Wrong(
            _windows(length="len(self.series) - self.k + 1"),
            hint="One item too many: after the last window no value is left.",
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
        Wrong(
            _windows(x="self.series[i : i + self.k].clone()"),
            hint="The values are right, but copied. Which ways of taking a part copy nothing?",
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
        Case([(torch.tensor([0, 7, 0]), 1), (torch.tensor([0]), 0)], about="zeros in the data"),
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
        Wrong(
            "def pad_batch(items):\n    xs, ys = zip(*items)\n"
            "    xb = pad_sequence(xs, batch_first=True)\n"
            "    return xb, torch.tensor(ys), xb != 0",
            hint="A 0 in the data is data too. What tells how many places of a row are real?",
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


_TAKE = [
    "def take(train_dl, steps):",
    "    taken, batches = [], iter(train_dl)",
    "    while len(taken) < steps:",
    "        try:",
    "            taken.append(next(batches))",
    "        except StopIteration:",
    "            batches = iter(train_dl)",
    "    return taken",
]

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
    solution=in_order("take", _TAKE),
    cases=take_cases,
    observe=as_loader,
    wrong=[
        Wrong(
            in_order(
                "take", _TAKE, 0, 1, 2, 3, "            taken.append(next(train_dl))", 5, 6, 7
            ),
            hint="A loader can be walked through, but it has no next batch. Who has?",
        ),
        Wrong(
            in_order("take", _TAKE, 0, 1, 2, 7, 3, 4, 5, 6),
            hint="The loop has no body left. What is tried as long as batches are missing?",
        ),
        Wrong(
            in_order("take", _TAKE, 0, 1, 7, 2, 3, 4, 5, 6),
            hint="It returns before it has taken anything.",
        ),
    ],
    seconds=3.0,  # with next and iter exchanged the loop never ends
)


def cut_cases():
    import torch

    x = torch.arange(10.0).reshape(5, 2)
    return [
        Case(x, torch.arange(5), 2),
        Case(x, torch.arange(5), 5, about="one batch"),
    ]


def four_epochs(Batches, x, y, bs):
    """Walk through one object three times, and through another after a look at one batch."""
    from itertools import islice

    def epoch(batches):
        return list(islice(batches, len(x) + 1))  # one that never ends, ends here

    batches, looked_at = Batches(x, y, bs), Batches(x, y, bs)
    names = ("the first epoch", "the second epoch", "the third epoch")
    seen = {name: epoch(batches) for name in names}
    next(iter(looked_at), None)
    return seen | {"the epoch after a look at one batch": epoch(looked_at)}


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
    observe=four_epochs,
    wrong=[
        Wrong(
            "class Batches:\n    def __init__(self, x, y, bs):\n"
            "        self.pairs = zip(x.split(bs), y.split(bs))\n\n"
            "    def __iter__(self):\n        return iter(self.pairs)",
            hint="iter() of an iterator is the same iterator, empty by now. What begins anew?",
        ),
        Wrong(
            "class Batches:\n    def __init__(self, x, y, bs):\n"
            "        self.pairs = zip(x.split(bs), y.split(bs))\n\n"
            "    def __iter__(self):\n        return iter(list(self.pairs))",
            hint="The first epoch uses up all there is. What can be walked through again?",
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
        Wrong(
            "class Batches:\n    def __init__(self, x, y, bs):\n"
            "        self.x, self.y, self.bs = x, y, bs\n        self.renew()\n\n"
            "    def renew(self):\n"
            "        self.pairs = zip(self.x.split(self.bs), self.y.split(self.bs))\n\n"
            "    def __iter__(self):\n        yield from self.pairs\n        self.renew()",
            hint="An epoch that was left early goes on where it stopped. Where should it begin?",
        ),
    ],
)

EXERCISES = (NEVER_SEEN, WINDOWS, PAD_BATCH, TAKE, BATCHES)

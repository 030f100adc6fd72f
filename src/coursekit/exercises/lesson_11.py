"""Exercises of lesson 11, fit, validate, log."""

from coursekit.exercises.model import Case, Exercise, Wrong

MEAN_OF_ALL = Exercise(
    name="mean_of_all",
    lesson="11",
    kind="predict",
    stub="""
# Three validation batches of 100, 100 and 1 images have the mean losses
# 0.4, 0.4 and 2.4. What is the mean loss over all images?
mean_of_all = ...
""",
    solution="""
mean_of_all = (100 * 0.4 + 100 * 0.4 + 1 * 2.4) / 201
""",
    wrong=[
        Wrong(
            "mean_of_all = (0.4 + 0.4 + 2.4) / 3",
            hint="Here one image has as much to say as a hundred others.",
        ),
        Wrong(
            "mean_of_all = (100 * 0.4 + 100 * 0.4 + 1 * 2.4) / 3",
            hint="That is the sum over all images, divided by the number of batches.",
        ),
        Wrong("mean_of_all = 0.4", hint="Nearly, but the last image counts too, as one of 201."),
        Wrong("mean_of_all = 2.4", hint="That is the last batch alone."),
    ],
    rtol=0.005,
    why="Each image counts once: multiply each mean by the size of its batch, divide by all.",
)


def smooth_cases():
    return [
        Case([2.0, 1.0, 4.0], 0.5),
        Case([3.0, 1.0, 2.0], 0.9, about="a heavy memory"),
        Case([5.0, 1.0, 2.0], 0.0, about="no memory at all"),
        Case([1.5], 0.9, about="a single loss"),
    ]


SMOOTH = Exercise(
    name="smooth",
    lesson="11",
    kind="fill",
    stub="""
def smooth(losses, memory):
    # each smoothed value is memory * the smoothed value before it
    # plus (1 - memory) * the new loss; the first loss stays as it is
    smoothed = [losses[0]]
    for loss in losses[1:]:
        smoothed.append(...)
    return smoothed
""",
    solution="""
def smooth(losses, memory):
    smoothed = [losses[0]]
    for loss in losses[1:]:
        smoothed.append(memory * smoothed[-1] + (1 - memory) * loss)
    return smoothed
""",
    cases=smooth_cases,
    wrong=[
        Wrong(
            "def smooth(losses, memory):\n    smoothed = [losses[0]]\n"
            "    for before, loss in zip(losses, losses[1:]):\n"
            "        smoothed.append(memory * before + (1 - memory) * loss)\n    return smoothed",
            hint="This remembers the raw loss before, not the smoothed one: it forgets at once.",
        ),
        Wrong(
            "def smooth(losses, memory):\n    smoothed = [losses[0]]\n"
            "    for loss in losses[1:]:\n"
            "        smoothed.append((1 - memory) * smoothed[-1] + memory * loss)\n"
            "    return smoothed",
            hint="A long memory should make the curve calmer. Which of the two does memory weigh?",
        ),
        Wrong(
            "def smooth(losses, memory):\n    smoothed = [losses[0]]\n"
            "    for loss in losses[1:]:\n"
            "        smoothed.append(memory * smoothed[0] + (1 - memory) * loss)\n"
            "    return smoothed",
            hint="smoothed[0] is the first value of all. You want the latest.",
        ),
        Wrong(
            "def smooth(losses, memory):\n    smoothed = [losses[0]]\n"
            "    for loss in losses[1:]:\n"
            "        smoothed.append(memory * smoothed[-1] + loss)\n    return smoothed",
            hint="The two weights must add up to 1, otherwise the curve climbs.",
        ),
    ],
)


def stop_early_cases():
    return [
        Case([0.9, 0.7, 0.8, 0.75, 0.72, 0.6], 2),
        Case([0.9, 0.8, 0.7, 0.6], 1, about="a loss that always falls"),
        Case([0.5, 0.6, 0.4, 0.5, 0.6], 2, about="a setback that is made good"),
        Case([0.5, 0.5, 0.5], 2, about="a loss that stands still"),
    ]


def epochs_until_stop(StopEarly, valid_losses, patience):
    """Play epochs with these losses to the callback; return how many it allowed."""
    from types import SimpleNamespace

    callback = StopEarly(patience)
    run = SimpleNamespace(stop=False, epoch=0, metrics={})
    for loss in valid_losses:
        run.epoch += 1
        run.metrics = {"train_loss": 0.1, "valid_loss": loss}
        callback.on_epoch_end(run)
        if run.stop:
            break
    return {"the epochs trained": run.epoch, "run.stop": run.stop}


STOP_EARLY = Exercise(
    name="StopEarly",
    lesson="11",
    kind="write",
    stub="""
class StopEarly(Callback):
    # end the run when the validation loss has not been lower than
    # its best value for `patience` epochs in a row
    def __init__(self, patience):
        self.patience = patience
        self.best, self.waited = float("inf"), 0

    def on_epoch_end(self, run):
        ...
""",
    given="from coursekit.recap import Callback",
    solution="""
class StopEarly(Callback):
    def __init__(self, patience):
        self.patience = patience
        self.best, self.waited = float("inf"), 0

    def on_epoch_end(self, run):
        loss = run.metrics["valid_loss"]
        self.waited += 1
        if loss < self.best:
            self.best, self.waited = loss, 0
        if self.waited >= self.patience:
            run.stop = True
""",
    cases=stop_early_cases,
    observe=epochs_until_stop,
    wrong=[
        Wrong(
            """
class StopEarly(Callback):
    def __init__(self, patience):
        self.patience = patience
        self.best, self.waited = float("inf"), 0

    def on_epoch_end(self, run):
        loss = run.metrics["train_loss"]
        self.waited += 1
        if loss < self.best:
            self.best, self.waited = loss, 0
        if self.waited >= self.patience:
            run.stop = True
""",
            hint="Which loss says whether the model is any good on new images?",
        ),
        Wrong(
            """
class StopEarly(Callback):
    def __init__(self, patience):
        self.patience = patience
        self.best, self.waited = float("inf"), 0

    def on_epoch_end(self, run):
        loss = run.metrics["valid_loss"]
        self.waited += 1
        if loss < self.best:
            self.waited = 0
        self.best = loss
        if self.waited >= self.patience:
            run.stop = True
""",
            hint="This compares with the epoch before, not with the best of all epochs.",
        ),
        Wrong(
            """
class StopEarly(Callback):
    def __init__(self, patience):
        self.patience = patience
        self.best, self.waited = float("inf"), 0

    def on_epoch_end(self, run):
        loss = run.metrics["valid_loss"]
        self.waited += 1
        if loss < self.best:
            self.best, self.waited = loss, 0
        if self.waited >= self.patience:
            self.stop = True
""",
            hint="Nobody looks at self.stop. Which object does fit read its orders from?",
        ),
        Wrong(
            """
class StopEarly(Callback):
    def __init__(self, patience):
        self.patience = patience
        self.best, self.waited = float("inf"), 0

    def on_epoch_end(self, run):
        loss = run.metrics["valid_loss"]
        if loss < self.best:
            self.best = loss
        else:
            self.waited += 1
        if self.waited >= self.patience:
            run.stop = True
""",
            hint="In a row: an epoch that improves must set the count back.",
        ),
    ],
)


def epoch_accuracy_cases():
    import torch
    from torch import nn

    def batch(n, right):
        yb = torch.zeros(n, dtype=torch.int64)
        yb[right:] = 1
        return torch.tensor([[5.0, 0.0]]).repeat(n, 1), yb

    model = nn.Sequential(nn.Identity(), nn.Dropout(0.0))
    return [
        Case(model, [batch(4, 4), batch(4, 2), batch(1, 0)]),
        Case(model, [batch(5, 3)], about="a single batch"),
        Case(model, [batch(2, 2), batch(6, 0)], about="batches of very different sizes"),
    ]


def accuracy_and_mode(epoch_accuracy, model, dl):
    model.train()
    value = epoch_accuracy(model, dl)
    return {"the accuracy": float(value), "model.training afterwards": model.training}


EPOCH_ACCURACY = Exercise(
    name="epoch_accuracy",
    lesson="11",
    kind="fix",
    stub="""
def epoch_accuracy(model, dl):
    # share of images read correctly, over all batches
    model.eval()
    with torch.no_grad():
        shares = [accuracy(model(xb), yb) for xb, yb in dl]
    model.train()
    return sum(shares) / len(shares)
""",
    given="import torch\nfrom coursekit.recap import accuracy, weighted_mean",
    solution="""
def epoch_accuracy(model, dl):
    model.eval()
    with torch.no_grad():
        shares = [(accuracy(model(xb), yb), len(xb)) for xb, yb in dl]
    model.train()
    return weighted_mean(shares)
""",
    cases=epoch_accuracy_cases,
    observe=accuracy_and_mode,
    wrong=[
        Wrong(
            "def epoch_accuracy(model, dl):\n    model.eval()\n    with torch.no_grad():\n"
            "        shares = [accuracy(model(xb), yb) for xb, yb in dl]\n"
            "    return sum(shares) / len(shares)",
            hint="Now the model stays in evaluation mode as well: put model.train() back.",
        ),
        Wrong(
            "def epoch_accuracy(model, dl):\n    model.eval()\n    with torch.no_grad():\n"
            "        shares = [accuracy(model(xb), yb) * len(xb) for xb, yb in dl]\n"
            "    model.train()\n    return sum(shares) / len(shares)",
            hint="Each share has its weight now. By what must their sum be divided?",
        ),
        Wrong(
            "def epoch_accuracy(model, dl):\n    model.eval()\n    with torch.no_grad():\n"
            "        shares = [accuracy(model(xb), yb) * len(xb) for xb, yb in dl]\n"
            "    model.train()\n    return sum(shares)",
            hint="That is how many are right. What share is it?",
        ),
    ],
)


EXERCISES = (MEAN_OF_ALL, SMOOTH, STOP_EARLY, EPOCH_ACCURACY)

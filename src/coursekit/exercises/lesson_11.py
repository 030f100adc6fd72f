"""Exercises of lesson 11, fit, validate, log."""

from coursekit.exercises.model import Case, Exercise, Wrong, instead

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
        Wrong("mean_of_all = 82.4 / 200", hint="Nearly. How many images are there in all?"),
        Wrong("mean_of_all = 0.4", hint="Nearly, but the last image counts too, as one of 201."),
        Wrong("mean_of_all = 2.4", hint="That is the last batch alone."),
    ],
    rtol=0.003,
    why="Each image counts once: multiply each mean by the size of its batch, divide by all.",
)


def smooth_cases():
    return [
        Case([2.0, 1.0, 4.0], 0.5),
        Case([3.0, 1.0, 2.0], 0.9, about="a heavy memory"),
        Case([5.0, 1.0, 2.0], 0.0, about="no memory at all"),
        Case([1.5], 0.9, about="a single loss"),
        Case([2.137, 1.0, 1.0, 2.137, 0.501], 0.83, about="losses that come again"),
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
    longer = [0.5, 0.4, 0.3, 0.6, 0.2, 0.21, 0.1999, 0.3, 0.3, 0.3, 0.1]
    return [
        Case([0.9, 0.7, 0.8, 0.75, 0.72, 0.6], 2),
        Case([0.9, 0.8, 0.7, 0.6], 1, about="a loss that always falls"),
        Case([0.5, 0.6, 0.4, 0.5, 0.6, 0.7], 2, about="a setback that is made good"),
        Case([0.5, 0.5, 0.5, 0.5], 2, about="a loss that stands still"),
        Case(longer, 3, about="a longer patience"),
    ]


def epochs_until_stop(StopEarly, valid_losses, patience):
    """Play a run with these losses to the callback, as `fit` does; return how long it lasts."""
    import torch
    from torch import nn

    from coursekit.recap import SGD, Run

    model, batch = nn.Linear(1, 1), (torch.zeros(1, 1), torch.zeros(1, 1))
    opt = SGD(model.parameters(), lr=0.1)
    given = (model, nn.functional.mse_loss, opt, [batch], [batch], [StopEarly(patience)])
    run = Run(len(valid_losses), *given)
    run.tell("on_fit_begin")
    while run.epoch < run.epochs and not run.stop:
        run.tell("on_epoch_begin")
        run.loss, run.step = 0.1, run.step + 1
        run.tell("on_batch_end")
        run.epoch += 1
        run.metrics = {"train_loss": 0.1, "valid_loss": valid_losses[run.epoch - 1]}
        run.tell("on_epoch_end")
    run.tell("on_fit_end")
    return {"the number of epochs": run.epoch}


_STOP_EARLY = """
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
"""

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
    solution=_STOP_EARLY,
    cases=stop_early_cases,
    observe=epochs_until_stop,
    wrong=[
        Wrong(
            instead(_STOP_EARLY, ("loss < self", "loss <= self")),
            hint="A loss that only equals the best one is not lower: does it count as waiting?",
        ),
        Wrong(
            instead(_STOP_EARLY, (">= self.patience", "> self.patience")),
            hint="Too late: this is as patient as ours. Which bad epoch in a row ends the run?",
        ),
        Wrong(
            instead(_STOP_EARLY, (">= self.patience", "> 0")),
            hint="Here the first bad epoch ends the run. What is self.waited for?",
        ),
        Wrong(
            instead(_STOP_EARLY, ("valid_loss", "train_loss")),
            hint="Which loss says whether the model is any good on new images?",
        ),
        Wrong(
            instead(
                _STOP_EARLY,
                (
                    "            self.best, self.waited = loss, 0\n",
                    "            self.waited = 0\n        self.best = loss\n",
                ),
            ),
            hint="This compares with the epoch before, not with the best of all epochs.",
        ),
        Wrong(
            instead(_STOP_EARLY, ("run.stop", "self.stop")),
            hint="It never stops. Does the order reach `run`, and can the count reach `patience`?",
        ),
        Wrong(
            instead(
                _STOP_EARLY,
                ("        self.waited += 1\n", ""),
                (
                    "self.best, self.waited = loss, 0",
                    "self.best = loss\n        else:\n            self.waited += 1",
                ),
            ),
            hint="In a row: an epoch that improves must set the count back.",
        ),
    ],
)


def epoch_accuracy_cases():
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    # The model swaps two columns: who forgets to call it measures something else.
    model = nn.Linear(2, 2, bias=False)
    model.weight.data = torch.tensor([[0.0, 1.0], [1.0, 0.0]])

    def loader(bs, *right):
        """Batches of bs images; image i is read correctly where right[i] is 1."""
        yb = torch.arange(len(right)) % 2
        read = torch.where(torch.tensor(right) == 1, yb, 1 - yb)
        return DataLoader(TensorDataset(nn.functional.one_hot(1 - read, 2).float(), yb), bs)

    return [
        Case(model, loader(4, 1, 1, 1, 1, 1, 1, 0, 0, 0), about="batches of 4, 4 and 1"),
        Case(model, loader(5, 1, 1, 1, 0, 0), about="a single batch"),
        Case(model, loader(6, 1, 1, 0, 0, 0, 0, 1, 0), about="batches of 6 and 2"),
    ]


def accuracy_and_modes(epoch_accuracy, model, dl):
    """Return the accuracy, and in which modes the model worked and was left."""
    training, recording = [], []

    def note(model, inputs, output):
        training.append(model.training)
        recording.append(output.requires_grad)

    hook = model.register_forward_hook(note)
    model.train()
    value = epoch_accuracy(model, dl)
    hook.remove()
    return {
        "the accuracy": value if value is None or isinstance(value, str) else float(value),
        "the model's training mode while it measures": any(training),
        "the recording of gradients while it measures": any(recording),
        "the model's training mode after the call": model.training,
    }


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
    observe=accuracy_and_modes,
    wrong=[
        Wrong(
            "def epoch_accuracy(model, dl):\n    model.eval()\n    with torch.no_grad():\n"
            "        shares = [accuracy(model(xb), yb) for xb, yb in dl]\n    model.train()\n"
            "    return torch.stack(shares).mean()",
            hint="Has the batch of one image as much to say as a batch of four?",
        ),
        Wrong(
            "def epoch_accuracy(model, dl):\n    model.eval()\n    with torch.no_grad():\n"
            "        shares = [accuracy(model(xb), yb) for xb, yb in dl]\n"
            "    return sum(shares) / len(shares)",
            hint="The accuracy is as before, and now the model also stays in evaluation mode.",
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
        Wrong(
            "def epoch_accuracy(model, dl):\n    with torch.no_grad():\n"
            "        shares = [(accuracy(model(xb), yb), len(xb)) for xb, yb in dl]\n"
            "    model.train()\n    return weighted_mean(shares)",
            hint="The accuracy is right here, but with a dropout layer it would not be. Why?",
        ),
        Wrong(
            "def epoch_accuracy(model, dl):\n    model.eval()\n"
            "    shares = [(accuracy(model(xb), yb), len(xb)) for xb, yb in dl]\n"
            "    model.train()\n    return weighted_mean(shares)",
            hint="Two switches, two jobs: which of them says what autograd keeps?",
        ),
        Wrong(
            "def epoch_accuracy(model, dl):\n    model.eval()\n    with torch.no_grad():\n"
            "        shares = [(accuracy(model(xb), yb), len(xb)) for xb, yb in dl]\n"
            "    return weighted_mean(shares)",
            hint="The accuracy is right. In which mode will the next epoch find the model?",
        ),
    ],
)


EXERCISES = (MEAN_OF_ALL, SMOOTH, STOP_EARLY, EPOCH_ACCURACY)

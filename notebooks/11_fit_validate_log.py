# ---
# jupyter:
#   coursekit:
#     lesson: '11'
#     minutes: 90
#     needs:
#     - '08'
#     - '09'
#     - '10'
#     provides:
#     - loss_batch
#     - weighted_mean
#     - mean_loss
#     - get_data
#     - Callback
#     - Run
#     - train_epoch
#     - fit
#     - History
#     question: How do I train anything, and know that it works?
#     title: Fit, validate, log
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 11 · Fit, validate, log
#
# **How do I train anything, and know that it works?**
#
# After this lesson you can
#
# - train any model with three lines, and measure it honestly after each epoch
# - hang logging, stopping and saving onto a loop without touching it
# - read a pair of curves like a doctor, and name the disease
#
# Needs: [08 nn.Module](08_nn_module.ipynb), [09 optim](09_optim.ipynb), [10 DataLoader](10_dataset_and_dataloader.ipynb). About 90 minutes.
#
# [**Open in Colab**](https://colab.research.google.com/github/your-org/neural-networks-from-nothing/blob/main/notebooks/11_fit_validate_log.ipynb)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** From 07 to 10 we refactored: the same training in fewer words. Today we add something for the first time. Ask: "Your
# boss wants to know whether the model got better since last week. What do you show?" The five patients of section 8 are the heart
# of the lesson: keep 15 minutes for them. 3 minutes.

# %% slideshow={"slide_type": "skip"}
try:
    import coursekit.lesson
except ModuleNotFoundError:  # on Colab: fetch the course's helper package
    # %pip install -q "coursekit @ git+https://github.com/your-org/neural-networks-from-nothing"
    import coursekit.lesson

coursekit.lesson.start()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recall
#
# Answer from memory first. Nobody is counting.
#
# 1. How many batches of 64 does a `DataLoader` make of 1,000 examples, and how many are in the last one? (lesson 10)
# 2. What does `opt.zero_grad()` do to `p.grad`? (lesson 09)
# 3. Which two lines of lesson 07's loop knew every tensor by name? (lesson 08)
# 4. An untrained model reads ten digits. Which loss do you expect? (lesson 07)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Answers</summary>
#
# 1. 16 batches, 40 examples in the last.
# 2. It sets it to `None`: the old gradient is forgotten, the next `backward()` starts afresh.
# 3. The prediction, `model(xb, weights, bias)`, and the step, `for p in (weights, bias)`.
# 4. About ln 10 = 2.30.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 1 · Keep the evidence
#
# We know how to train. First the data, as in lesson 10.

# %% slideshow={"slide_type": "-"}
from torch.utils.data import DataLoader, TensorDataset

from coursekit.data import load_digits

data = load_digits()
train_ds = TensorDataset(data.x_train, data.y_train)
valid_ds = TensorDataset(data.x_valid, data.y_valid)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Ask who has ever watched losses scroll by and closed the window. Everybody. 4 minutes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# A model and its optimizer belong together, so one function makes both. Then lesson 10's loop:

# %% slideshow={"slide_type": "-"}
import torch

from coursekit.recap import linear_model


def get_model(lr=0.25):
    model = linear_model()
    return model, torch.optim.SGD(model.parameters(), lr=lr)


# %% slideshow={"slide_type": "-"}
import torch.nn.functional as F

from coursekit.recap import train_batches

model, opt = get_model()
losses = train_batches(model, F.cross_entropy, opt, DataLoader(train_ds, 64))
print(losses[-1])

# %% [markdown] slideshow={"slide_type": "-"}
# A printed number is no evidence. You cannot compare it with last week's, you cannot show it in a meeting, and in three
# months *you* will not know which model it came from. Training computes hundreds of losses. Keep them, with what belongs
# to them:

# %% slideshow={"slide_type": "fragment"}
log = [{"step": i + 1, "loss": loss} for i, loss in enumerate(losses)]
print(len(log), "entries, the first:", log[0])
worst = max(log, key=lambda entry: entry["loss"])
print("the worst batch came at step", worst["step"])
assert len(log) == 5 * len(DataLoader(train_ds, 64)), "an entry for each step"

# %% [markdown] slideshow={"slide_type": "subslide"}
# A list of dicts is a logbook already. Questions that nobody had in mind when it was written can still be asked.
#
# But look at *what* we logged: losses of batches on which the model had just trained. Does it read digits, or does it only
# know these ones?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2 · Data that the model never trains on
#
# The **validation set** is never used to change a parameter. It plays the part of tomorrow: new users, new handwriting.
# Only there can we see what a model is worth.
#
# So one function must serve two masters. With an optimizer it trains, without one it only measures:

# %% slideshow={"slide_type": "-"} tags=["recap"]
def loss_batch(model, loss_func, xb, yb, opt=None):
    loss = loss_func(model(xb), yb)
    if opt is not None:
        opt.zero_grad()
        loss.backward()
        opt.step()
    return loss.item(), len(xb)


# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Ask: "Why does it return len(xb)?" Leave the answer open; the next slides give it. Some will miss the old order
# "backward, step, zero": zeroing first is the same arithmetic, and it leaves the gradients in place to be looked at. 12 minutes
# for sections 2 and 3.

# %% [markdown] slideshow={"slide_type": "-"}
# `zero_grad` now comes *before* `backward`. It is the same arithmetic, with two gifts: after the step the gradients are still there to be
# looked at, and a step that was interrupted leaves nothing behind for the next one.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** We call it on the same batch three times: measure, train, measure. Which of the three numbers are equal?

# %% slideshow={"slide_type": "fragment"}
model, opt = get_model()
xb, yb = train_ds[:64]
for step in (None, opt, None):
    loss, size = loss_batch(model, F.cross_entropy, xb, yb, step)
    print(f"loss {loss:.4f} on {size} images")

# %% [markdown] slideshow={"slide_type": "-"}
# Training reports the loss *before* its step. Remember that: it will explain a riddle in section 5.

# %% [markdown] slideshow={"slide_type": "skip"}
# Two tests of what we claimed. Without an optimizer no parameter moves:

# %% slideshow={"slide_type": "skip"}
before = [p.clone() for p in model.parameters()]
loss_batch(model, F.cross_entropy, xb, yb)
assert all(map(torch.equal, before, model.parameters())), (
    "measuring must not train: step only when there is an optimizer"
)

# %% [markdown] slideshow={"slide_type": "skip"}
# And each batch starts with clean gradients. We put the parameters back in between, so both calls must find the same ones:

# %% slideshow={"slide_type": "skip"}
grads = []
for _ in range(2):
    with torch.no_grad():
        for p, start in zip(model.parameters(), before):
            p.copy_(start)
    loss_batch(model, F.cross_entropy, xb, yb, opt)
    grads.append(model.weight.grad.clone())
assert torch.equal(*grads), (
    "the gradients of two batches were added up: zero them before backward"
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Now the mean over a whole validation set, batch by batch. The last batch is often smaller. Let us make that extreme: all images
# but one in the first batch, and a single image in the second.
#
# **Predict.** Is the mean of the two batch means the mean over all images?

# %% slideshow={"slide_type": "fragment"}
n = len(valid_ds)
with torch.no_grad():
    parts = [
        loss_batch(model, F.cross_entropy, xb, yb)
        for xb, yb in DataLoader(valid_ds, batch_size=n - 1)
    ]
    true_mean = F.cross_entropy(model(data.x_valid), data.y_valid).item()

# %% slideshow={"slide_type": "-"}
plain_mean = sum(loss for loss, size in parts) / len(parts)
print("losses and sizes:", [(round(loss, 3), size) for loss, size in parts])
print(f"mean of means {plain_mean:.3f}   true mean {true_mean:.3f}")
assert abs(plain_mean - true_mean) > 0.02, "here the difference must show"

# %% [markdown] slideshow={"slide_type": "subslide"}
# One image had as much to say as all the others together. The cure: let each batch count for its size.
#
# $$\text{mean} \;=\; \frac{\sum_b n_b\,\ell_b}{\sum_b n_b}$$

# %% slideshow={"slide_type": "-"} tags=["recap"]
def weighted_mean(results):
    if not results:
        raise ValueError("No batches: is the loader empty, or used up?")
    total = sum(loss * size for loss, size in results)
    return total / sum(size for _, size in results)


# %% slideshow={"slide_type": "fragment"}
print(f"weighted mean {weighted_mean(parts):.3f}   true mean {true_mean:.3f}")
assert abs(weighted_mean(parts) - true_mean) < 1e-4, (
    "a batch must count for its size: weigh by it, divide by all images"
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3 · Training mode, evaluation mode
#
# Some layers behave in one way while a model learns and in another when it is used. The two that you will meet everywhere:
#
# - **Dropout** sets random inputs to zero while training, so that no single one is relied upon.
# - **BatchNorm** shifts and scales by the mean and the spread *of the batch* while training, and by remembered ones later.
#
# `model.train()` and `model.eval()` switch every layer inside.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Eight ones go through a dropout of one half. What comes out in training mode, and what in evaluation mode?

# %% slideshow={"slide_type": "fragment"}
from torch import nn

torch.manual_seed(0)
drop = nn.Dropout(0.5)
print("train", drop.train()(torch.ones(8)))
print("eval ", drop.eval()(torch.ones(8)))

# %% [markdown] slideshow={"slide_type": "-"}
# The survivors are doubled, so that the expected sum stays the same. In evaluation mode nothing happens at all.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** A batch of two numbers, 1 and 3, meets a fresh BatchNorm. Its memory starts at mean 0 and variance 1, and takes in a
# tenth of each batch.

# %% slideshow={"slide_type": "fragment"}
norm = nn.BatchNorm1d(1)
pair = torch.tensor([[1.0], [3.0]])
print("train", norm.train()(pair).detach().flatten())
print(f"now remembered: mean {norm.running_mean.item():.2f}", end=", ")
print(f"variance {norm.running_var.item():.2f}")
print("eval ", norm.eval()(pair).detach().flatten())
assert norm.eval()(pair).allclose((pair - 0.2) / 1.1**0.5, atol=1e-3)

# %% [markdown] slideshow={"slide_type": "-"}
# In training mode an answer depends on *who else is in the batch*. You met that bug in lesson 07. For a measurement it is poison, so we
# measure in evaluation mode.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** The usual misunderstanding, in every class: "eval() switches gradients off." It does not; the next slide shows it. Let
# them vote first.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** In evaluation mode, does torch still take notes for `backward`?

# %% slideshow={"slide_type": "fragment"}
model.eval()
print("eval only:   ", model(xb).requires_grad)
with torch.no_grad():
    print("with no_grad:", model(xb).requires_grad)
assert model(xb).requires_grad, "eval() does not stop the recording"

# %% [markdown] slideshow={"slide_type": "-"}
# Two switches, two jobs. `eval()` changes what layers **compute**, `no_grad()` what autograd **keeps**. To measure, use both.

# %% [markdown] slideshow={"slide_type": "subslide"}
# What does it keep? For `backward` each layer saves what it needs, mostly its input. We count the bytes (parameters and
# the batch itself left out, they are there anyway).

# %% slideshow={"slide_type": "-"}
def kept_for_backward(model, xb):
    own = {t.data_ptr() for t in (xb, *model.parameters())}
    kept = {}

    def note(t):
        if t.data_ptr() not in own:
            kept[t.data_ptr()] = t.numel() * t.element_size()
        return t

    with torch.autograd.graph.saved_tensors_hooks(note, lambda t: t):
        preds = model(xb)  # the name keeps the notes alive while we count
    return sum(kept.values())


# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Networks of 1, 5 and 20 layers, 512 wide, 64 images. How does what is kept grow with depth? And under `no_grad`?

# %% slideshow={"slide_type": "fragment"}
def deep(layers):
    return nn.Sequential(
        *[nn.Sequential(nn.Linear(512, 512), nn.ReLU()) for _ in range(layers)]
    )


# %% slideshow={"slide_type": "-"}
images = torch.rand(64, 512)
for layers in (1, 5, 20):
    kept = kept_for_backward(deep(layers), images)
    with torch.no_grad():
        unrecorded = kept_for_backward(deep(layers), images)
    print(f"{layers:2} layers: {kept // 1024:4} kB, no_grad {unrecorded} kB")
    assert kept >= layers * 64 * 512 * 4 and unrecorded == 0

# %% [markdown] slideshow={"slide_type": "subslide"}
# Training keeps **every layer's output** until `backward`; then come one gradient for each parameter and the optimizer's memory. Measuring
# under `no_grad` drops each output as soon as the next layer has read it.
#
# That is why a validation batch may be larger. Twice as large is a handy choice, no law: the deeper the net, the more room there
# is. (And without `no_grad` there is none.)

# %% [markdown] slideshow={"slide_type": "subslide"}
# All of this in one function. It leaves the model in the mode in which it found it.

# %% slideshow={"slide_type": "-"} tags=["recap"]
def mean_loss(model, loss_func, dl):
    mode = model.training
    model.eval()
    with torch.no_grad():
        results = [loss_batch(model, loss_func, xb, yb) for xb, yb in dl]
    model.train(mode)
    return weighted_mean(results)


# %% [markdown] slideshow={"slide_type": "subslide"}
# Claims are tested: whatever the batch size, the loss is the same; the parameters stay; the mode comes back. For the test we take a
# model with dropout, in training mode.

# %% slideshow={"slide_type": "-"}
torch.manual_seed(0)
dropper = nn.Sequential(nn.Dropout(0.5), nn.Linear(784, 10)).train()
before = [p.clone() for p in dropper.parameters()]
found = [
    mean_loss(dropper, F.cross_entropy, DataLoader(valid_ds, bs))
    for bs in (1, 50, 64, n)
]
print([round(loss, 4) for loss in found])
assert max(found) - min(found) < 1e-4, "measure in evaluation mode, weighted"
assert all(map(torch.equal, before, dropper.parameters())), "it trained!"
assert dropper.training, "put the mode back as it was"

# %% [markdown] slideshow={"slide_type": "skip"}
# And nothing is recorded: a *hook* on the model looks at every output.

# %% slideshow={"slide_type": "skip"}
seen = []
dropper.register_forward_hook(lambda m, i, out: seen.append(out.requires_grad))
mean_loss(dropper, F.cross_entropy, DataLoader(valid_ds, 64))
assert not any(seen), "measuring must not record: use no_grad"

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 4 · Three lines train anything
#
# Two loaders. The training data are **shuffled**, anew in every epoch, otherwise the model may see all zeros, then all ones
# (patient D will show what comes of that). The validation data need no shuffling, for nothing is learned from their order.

# %% slideshow={"slide_type": "-"} tags=["recap"]
def get_data(train_ds, valid_ds, bs, seed=0):
    generator = torch.Generator().manual_seed(seed)
    train_dl = DataLoader(
        train_ds, batch_size=bs, shuffle=True, generator=generator
    )
    return train_dl, DataLoader(valid_ds, batch_size=2 * bs)


# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Why a generator of its own? Without one the loaders draw from the global generator: adding a validation loader then changes
# the order of the training data. Lesson 10's readers know. 10 minutes for this section.

# %% [markdown] slideshow={"slide_type": "skip"}
# Tests again: two epochs differ in their order, two runs do not.

# %% slideshow={"slide_type": "skip"}
shuffled_dl, straight_dl = get_data(train_ds, valid_ds, bs=64)
firsts = [next(iter(shuffled_dl))[1].tolist() for _ in range(2)]
again = next(iter(get_data(train_ds, valid_ds, bs=64)[0]))[1].tolist()
assert firsts[0] != firsts[1], "shuffle the training data, in every epoch"
assert firsts[0] == again, "give the loader a seeded generator of its own"

# %% slideshow={"slide_type": "skip"}
first_images = next(iter(straight_dl))[0]
assert len(first_images) == 128, "2 * bs to validate"
assert torch.equal(first_images, data.x_valid[:128]), (
    "do not shuffle the validation data"
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# And the function that gives this lesson its name. In each epoch: train on all batches, then measure.

# %% slideshow={"slide_type": "-"}
def fit(epochs, model, loss_func, opt, train_dl, valid_dl):
    history = {"batches": [], "train_loss": [], "valid_loss": []}
    for _ in range(epochs):
        model.train()
        results = [
            loss_batch(model, loss_func, xb, yb, opt) for xb, yb in train_dl
        ]
        history["batches"] += [loss for loss, _ in results]
        history["train_loss"].append(weighted_mean(results))
        valid_loss = mean_loss(model, loss_func, valid_dl)
        history["valid_loss"].append(valid_loss)
    return history


# %% [markdown] slideshow={"slide_type": "subslide"}
# Data, model, fit. Whatever you will train, these are the three lines:

# %% slideshow={"slide_type": "-"}
train_dl, valid_dl = get_data(train_ds, valid_ds, bs=64)
model, opt = get_model()
history = fit(5, model, F.cross_entropy, opt, train_dl, valid_dl)

# %% slideshow={"slide_type": "fragment"}
for name in ("train_loss", "valid_loss"):
    print(f"{name}:", [round(loss, 3) for loss in history[name]])
assert history["valid_loss"][-1] < history["valid_loss"][0] < 2.3, (
    "no learning: does loss_batch take its step?"
)

# %% [markdown] slideshow={"slide_type": "-"}
# This is the level at which Keras, Lightning, fastai or Hugging Face let you work. Now you know what is inside.

# %% [markdown] slideshow={"slide_type": "subslide"}
# But is it still *the same* training as in lesson 07? Same start, same order of batches (no shuffling, for once), and five ways to
# write the loop:

# %% slideshow={"slide_type": "-"}
from coursekit.recap import Logistic, init_params, train_module, train_opt
from coursekit.recap import model as raw_model
from coursekit.recap import train_raw

x, y = data.x_train, data.y_train

# %% slideshow={"slide_type": "-"}
stages = {"raw tensors": train_raw(raw_model, *init_params(), x, y)}
stages["Module"] = train_module(Logistic(), F.cross_entropy, x, y)
model, opt = get_model()
stages["optim"] = train_opt(model, F.cross_entropy, opt, x, y)
in_order = DataLoader(train_ds, 64)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The last two take their batches from a loader, one that does not shuffle:

# %% slideshow={"slide_type": "-"}
model, opt = get_model()
stages["DataLoader"] = train_batches(model, F.cross_entropy, opt, in_order)
model, opt = get_model()
straight = fit(5, model, F.cross_entropy, opt, in_order, valid_dl)
stages["fit"] = straight["batches"]

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** How far apart are the curves? On the left all five lie over each other.

# %% slideshow={"slide_type": "fragment"}
from coursekit import plot

reference = torch.tensor(stages["raw tensors"])
for name, losses in stages.items():
    gap = (torch.tensor(losses) - reference).abs().max()
    assert gap < 1e-5, f"{name} trains otherwise: zero, backward, step?"
plot.histories(stages)

# %% [markdown] slideshow={"slide_type": "-"}
# Five lessons, five programs, one training. That is what *refactoring* means, and here it is proved.

# %% [markdown] slideshow={"slide_type": "subslide"}
# What was it good for? We count, for each stage, what you must read, what you must know, and what you must edit.

# %% slideshow={"slide_type": "-"}
from coursekit.refactoring import costs

three_lines = """
train_dl, valid_dl = get_data(train_ds, valid_ds, bs)
model, opt = get_model(lr)
fit(epochs, model, loss_func, opt, train_dl, valid_dl)
"""
loops = {"raw tensors": train_raw, "Module": train_module, "optim": train_opt}
loops |= {"DataLoader": train_batches, "fit": three_lines}
costs(loops, {
    "other parameters": ["weights", "bias"],
    "another kind of step": ["grad", "zero_grad", "lr", "no_grad"],
    "other batches": ["split", "bs"],
})

# %% [markdown] slideshow={"slide_type": "-"}
# And the last row does more than all the others: it shuffles and it validates.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 5 · Better on data it never saw?
#
# Look at the two losses of that straight run. In the first epochs validation is far *below* training:

# %% slideshow={"slide_type": "-"}
for epoch in range(3):
    train_loss = straight["train_loss"][epoch]
    valid_loss = straight["valid_loss"][epoch]
    print(f"epoch {epoch + 1}: train {train_loss:.3f}  valid {valid_loss:.3f}")
assert straight["valid_loss"][0] < straight["train_loss"][0]

# %% [markdown] slideshow={"slide_type": "-"}
# Can a model be better on images that it never saw than on those it trained on? If not, what is wrong with the numbers? Think first.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Expected answers: "the validation set is easier", "luck". Ask *when* each number was measured; go back to the slide with
# the three calls of loss_batch. In a recorded lecture this very picture was read as "good, not overfitting". 6 minutes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# They were measured at different times. The training loss is a mean over the whole epoch, of a model that began the epoch as a
# worse one. The validation loss belongs to the model at its end. Let us measure the *training* data again at the end, too.

# %% slideshow={"slide_type": "-"}
model, opt = get_model()
on_the_way, after, validation = [], [], []
for _ in range(5):
    now = fit(1, model, F.cross_entropy, opt, in_order, valid_dl)
    on_the_way += now["train_loss"]
    validation += now["valid_loss"]
    after.append(mean_loss(model, F.cross_entropy, in_order))

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Where will the third curve lie: the training data, measured after each epoch?

# %% slideshow={"slide_type": "fragment"}
riddle = on_the_way[0] - validation[0]
assert abs(after[0] - validation[0]) < 0.2 * riddle, (
    "measured at the same time, the riddle is gone"
)
when = {"training, on the way": on_the_way, "training, after": after}
plot.losses(when | {"validation": validation}, xlabel="epoch")

# %% [markdown] slideshow={"slide_type": "-"}
# Measured at the same time, the two nearly agree: the riddle was an artefact. So "validation below training" proves nothing. Overfitting
# shows in the **trend** of the gap, as patient B will demonstrate.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 6 · Hooks in the loop
#
# Now you want a progress bar. Next week a plot, then early stopping, then saving. Shall `fit` grow ten arguments?
#
# No. `fit` names five **moments**, and calls whoever wants to be called. Whoever is called may look at everything and change what it
# must. Such a guest is named a *callback*. Off or on, the loop stays the same.

# %% slideshow={"slide_type": "-"} tags=["recap"]
class Callback:
    def on_fit_begin(self, run):
        """Before the first epoch."""

    def on_epoch_begin(self, run):
        """Before the first batch of an epoch, the model in training mode."""

    def on_batch_end(self, run):
        """After a step; the gradients of the batch are still there."""

    def on_epoch_end(self, run):
        """After validation."""

    def on_fit_end(self, run):
        """At the end, also when the run was interrupted."""


# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** The simplest hook is a function that is passed in: `fit(…, on_batch=print)`, and None for nothing. Ask what it lacks: a memory, and a
# second moment. Hence objects. Draw the five moments on a line on the board. 12 minutes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# All that is known about the run stands in one object, `run`. Callbacks read it, and they may set it: `run.stop = True` ends the
# training.

# %% slideshow={"slide_type": "-"} tags=["recap"]
class Run:
    def __init__(
        self, epochs, model, loss_func, opt, train_dl, valid_dl, callbacks=()
    ):
        self.epochs = epochs
        self.model, self.loss_func, self.opt = model, loss_func, opt
        self.train_dl, self.valid_dl = train_dl, valid_dl
        self.callbacks = callbacks
        self.epoch = self.step = 0
        self.loss = None
        self.metrics = {}
        self.stop = False

    def tell(self, hook):
        for callback in self.callbacks:
            getattr(callback, hook)(self)


# %% [markdown] slideshow={"slide_type": "subslide"}
# The same `fit`, in two pieces, with the five moments. First the epoch.

# %% slideshow={"slide_type": "-"} tags=["recap"]
def train_epoch(run):
    run.model.train()
    run.tell("on_epoch_begin")
    results = []
    for xb, yb in run.train_dl:
        results.append(loss_batch(run.model, run.loss_func, xb, yb, run.opt))
        run.loss, _ = results[-1]
        run.step += 1
        run.tell("on_batch_end")
        if run.stop:
            break
    return weighted_mean(results)


# %% [markdown] slideshow={"slide_type": "subslide"}
# `finally` keeps a promise: whatever happens in between, your Ctrl-C included, the mode is put back and every callback hears that the run is
# over.

# %% slideshow={"slide_type": "-"} tags=["recap"]
def fit(epochs, model, loss_func, opt, train_dl, valid_dl, callbacks=()):
    run = Run(epochs, model, loss_func, opt, train_dl, valid_dl, callbacks)
    mode = model.training
    run.tell("on_fit_begin")
    try:
        while run.epoch < run.epochs and not run.stop:
            train_loss = train_epoch(run)
            valid_loss = mean_loss(model, loss_func, valid_dl)
            run.epoch += 1
            run.metrics = {"train_loss": train_loss, "valid_loss": valid_loss}
            run.tell("on_epoch_end")
    finally:
        model.train(mode)
        run.tell("on_fit_end")
    return run.metrics


# %% [markdown] slideshow={"slide_type": "subslide"}
# The first guest: the history, which `fit` used to keep itself.

# %% slideshow={"slide_type": "-"} tags=["recap"]
class History(Callback):
    def __init__(self):
        self.batches = []
        self.epochs = {}

    def on_batch_end(self, run):
        self.batches.append(run.loss)

    def on_epoch_end(self, run):
        for name, value in run.metrics.items():
            self.epochs.setdefault(name, []).append(value)


# %% [markdown] slideshow={"slide_type": "subslide"}
# The second one adds a measure of its own. It stands *before* the history in the list, so that the history finds what it wrote.

# %% slideshow={"slide_type": "-"}
from coursekit.recap import accuracy


class Accuracy(Callback):
    def on_epoch_end(self, run):
        run.model.eval()
        with torch.no_grad():
            shares = [
                (accuracy(run.model(xb), yb).item(), len(xb))
                for xb, yb in run.valid_dl
            ]
        run.metrics["accuracy"] = weighted_mean(shares)


# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Which three lists will `history.epochs` hold, and how long is each?

# %% slideshow={"slide_type": "fragment"}
train_dl, valid_dl = get_data(train_ds, valid_ds, bs=64)
model, opt = get_model()
history = History()
callbacks = [Accuracy(), history]
fit(3, model, F.cross_entropy, opt, train_dl, valid_dl, callbacks)
for name, values in history.epochs.items():
    print(f"{name:>10}:", [round(value, 3) for value in values])
assert len(history.batches) == 3 * len(train_dl), "a loss for each batch"
assert len(history.epochs["accuracy"]) == 3, "metrics for each epoch"

# %% [markdown] slideshow={"slide_type": "subslide"}
# Guests must not spoil the dinner. Same start, once alone and once with guests: is the model the same **to the last bit**? And is it still the
# training of lesson 07?

# %% slideshow={"slide_type": "-"}
models = []
history = History()
for callbacks in ((), (Accuracy(), history)):
    model, opt = get_model()
    fit(5, model, F.cross_entropy, opt, in_order, valid_dl, callbacks)
    models.append(model)
gap = (torch.tensor(history.batches) - reference).abs().max().item()
assert torch.equal(models[0].weight, models[1].weight), "a callback trained"
assert gap < 1e-5, "fit is another training than lesson 07's"
print("bit for bit the same model, and still lesson 07's losses")

# %% [markdown] slideshow={"slide_type": "skip"}
# A spy tests the rest: training mode, gradients left in place, an end at once, the mode put back.

# %% slideshow={"slide_type": "skip"}
class Spy(Callback):
    def on_epoch_begin(self, run):
        assert run.model.training, "train in training mode: model.train()"

    def on_batch_end(self, run):
        assert run.model.weight.grad.any(), "the gradients must still be there"
        run.stop = run.step == 30

    def on_fit_end(self, run):
        self.epoch, self.step = run.epoch, run.step


spy = Spy()
model, opt = get_model()
model.eval()
fit(9, model, F.cross_entropy, opt, in_order, valid_dl, [spy])
assert spy.step == 30, "run.stop must end the run at once"
assert not model.training, "leave the model in the mode it came in"

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 7 · Guests that come ready-made
#
# You know how they are written, so now you may use ours. They hang onto *your* `fit`.
#
# | callback | what it does |
# |---|---|
# | `History`, `Metrics`, `Progress` | keep, measure, print a line for each epoch |
# | `LivePlot` | the curves, while they grow |
# | `EarlyStopping`, `Schedule` | end in time, change the learning rate |
# | `Checkpoint` | save, and go on after a crash |
# | `Watch` | histograms of weights and gradients |
# | `TensorBoard`, `WandB` | write for the two well-known tools |

# %% [markdown] slideshow={"slide_type": "subslide"}
# `Progress` prints a line for each epoch, and in a slow epoch it shows a bar. The ready-made history shows itself as a table.

# %% slideshow={"slide_type": "-"}
from coursekit.callbacks import History, LivePlot, Metrics, Progress

model, opt = get_model()
history = History()
callbacks = [Metrics(accuracy=accuracy), history, Progress()]
fit(3, model, F.cross_entropy, opt, train_dl, valid_dl, callbacks)
history

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Set epochs to 300 for the live plot, so that the room sees it move; the picture redraws at most once a second. Everything
# here is optional: cut freely, but keep the power cut. 12 minutes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# The curves, live. Each batch in grey; training as a mean, drawn in the *middle* of its epoch, where it belongs; validation at its end. Try 300 epochs to see it move.

# %% slideshow={"slide_type": "-"} tags=["nbval-ignore-output"]
model, opt = get_model()
live = LivePlot()
fit(8, model, F.cross_entropy, opt, train_dl, valid_dl, [live])
assert len(live.history.epochs["valid_loss"]) == 8

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Stop in time.** Ask for 200 epochs and go for coffee. `EarlyStopping` ends the run when validation has not improved for five
# epochs, and with `restore=True` it brings back the best model. (We train on 100 images only, to make it happen.)

# %% slideshow={"slide_type": "-"}
from coursekit.callbacks import EarlyStopping

few_dl, _ = get_data(TensorDataset(x[:100], y[:100]), valid_ds, bs=20)

# %% slideshow={"slide_type": "-"}
model, opt = get_model(lr=0.5)
stopper = EarlyStopping(patience=5, restore=True)
fit(200, model, F.cross_entropy, opt, few_dl, valid_dl, [stopper])
now = mean_loss(model, F.cross_entropy, valid_dl)
assert stopper.best_epoch < 195 and abs(now - stopper.best) < 1e-6

# %% [markdown] slideshow={"slide_type": "subslide"}
# **A power cut.** This guest is not nice: it pulls the plug in the middle of an epoch.

# %% slideshow={"slide_type": "-"}
class PowerCut(Callback):
    def __init__(self, step):
        self.step = step

    def on_batch_end(self, run):
        if run.step == self.step:
            raise KeyboardInterrupt


# %% [markdown] slideshow={"slide_type": "-"}
# `Checkpoint` saves model, optimizer, epoch, callbacks and the state of every random generator after each epoch. It writes to a file
# beside, then renames it: at any moment the name stands for a *whole* checkpoint.

# %% [markdown] slideshow={"slide_type": "subslide"}
# A training that saves itself, and can go on from where it was:

# %% slideshow={"slide_type": "-"}
import tempfile
from pathlib import Path

from coursekit.callbacks import Checkpoint


def train(epochs, *callbacks, resume=False):
    model, opt = get_model()
    loaders = get_data(train_ds, valid_ds, bs=64)
    keep = Checkpoint(Path(folder) / "run.pt", resume=resume)
    fit(epochs, model, F.cross_entropy, opt, *loaders, [*callbacks, keep])
    return model


# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** The cut comes in the middle of epoch 3. How many epochs are saved? And can the resumed run end with the very same bits as
# one that was never cut, though the data are shuffled?

# %% slideshow={"slide_type": "fragment"}
folder = tempfile.mkdtemp()
uncut = train(5, History())
history = History()
try:
    train(5, history, PowerCut(step=len(train_dl) * 5 // 2))
except KeyboardInterrupt:
    print("cut after", len(history.batches), "batches")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Now start again, as in a new kernel: new model, new optimizer, new loaders, new history, and `resume=True`.

# %% slideshow={"slide_type": "-"}
history = History()
resumed = train(5, history, resume=True)
assert torch.equal(resumed.weight, uncut.weight), "not the same to the bit"
print("same bits;", len(history.batches), "batches in the history")

# %% [markdown] slideshow={"slide_type": "-"}
# The half epoch is lost, nothing else is. Even the new kernel's history begins with the old one's losses.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Watch the numbers inside.** Are gradients too big, too small, odd? `Watch` takes histograms of weights and gradients. Time runs to
# the right, dark is where many are.

# %% slideshow={"slide_type": "-"}
from coursekit.callbacks import Watch

model, opt = get_model()
watch = Watch(every=5)
fit(5, model, F.cross_entropy, opt, train_dl, valid_dl, [watch])
watch.picture("gradients")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** In a recorded lecture such a panel was first read as *weights*: "many are zero, we could compress the network". It showed
# gradients. Hence the axis label. Ask which 784 inputs can never move their weight.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Many gradients are **exactly** 0. Before you call it a disease: the gradient of a weight is a sum of terms, each of them times a pixel.
#
# **Predict.** Which weights have gradient 0, then?

# %% slideshow={"slide_type": "fragment"}
model, opt = get_model()
loss_batch(model, F.cross_entropy, *train_ds[:64], opt)
no_gradient = (model.weight.grad == 0).all(dim=0)
no_ink = (x[:64] == 0).all(dim=0)
never_ink = (x == 0).all(dim=0)
assert torch.equal(no_gradient, no_ink), "exactly where no image has ink"
titles = ["no gradient", "no ink in batch", "no ink, ever"]
masks = torch.stack([no_gradient, no_ink, never_ink]).float()
plot.images(masks, titles=titles)

# %% [markdown] slideshow={"slide_type": "-"}
# Dead border pixels: no image has ink there, so the weight has nothing to say and nothing to learn. A healthy zero.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Tools.** TensorBoard and Weights & Biases keep runs in a form in which they can be compared, smoothed and shown to others. We
# require neither: if one is missing, the cell says how to get it.

# %% slideshow={"slide_type": "-"} tags=["nbval-ignore-output"]
from coursekit.callbacks import TensorBoard, WandB
from coursekit.errors import CourseError

folder = Path(tempfile.mkdtemp())
loggers = []
for logger, options in (
    (TensorBoard, {"folder": folder / "runs"}),
    (WandB, {"folder": folder, "config": {"lr": 0.25, "bs": 64}}),
):
    try:
        loggers.append(logger(**options))
    except CourseError as missing:
        print(missing)

# %% [markdown] slideshow={"slide_type": "-"}
# What is there takes part in the run and leaves a folder of its own:

# %% slideshow={"slide_type": "-"} tags=["nbval-ignore-output"]
model, opt = get_model()
fit(5, model, F.cross_entropy, opt, train_dl, valid_dl, loggers)
print("written:", sorted(path.name for path in folder.iterdir()))

# %% [markdown] slideshow={"slide_type": "skip"}
# To look: `%load_ext tensorboard`, then `%tensorboard --logdir runs`.
#
# `WandB` works **offline**: no account, no network, a folder on your disk. `WandB(online=True)` sends the run to a server,
# with charts beside your notebook, reports to share, and things you would not have thought of: settings, versions, the machine's load. In half a
# year, you will want them. Source code is sent only with `save_code=True`: it may not be yours to give.
#
# Its `watch` logs gradients only, every 1,000 batches, unless told otherwise; ours asks for both.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 8 · Be the doctor
#
# Five patients. Each is a training run with **one** thing wrong; the rest is as it should be. Their files are sealed: you see the
# curves, as you will with your own runs.
#
# Candidates: *learning rate too high, overfitting, underfitting, dead ReLUs (units that always give 0), data not shuffled.*

# %% slideshow={"slide_type": "-"}
from coursekit.patients import admit, envelope

patients = admit(data)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Pairs, five minutes, each writes five letters and five diseases *before* anybody speaks. Collect votes for each patient on the
# board, let the minority argue first. Then open the envelopes one by one. A and E are confused most often: which one ever
# learned anything? C and D: look at the *regularity* of the grey line. 15 minutes, do not cut.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Write down a diagnosis for each of the five, before you go on. (Guessing among ten digits is at 2.3.)

# %% slideshow={"slide_type": "-"} tags=["nbval-ignore-output"]
plot.training({f"patient {name}": p.history for name, p in patients.items()})

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Patient A.** Both curves together, both high, and hardly falling. It is no better on the images it trains on. Your diagnosis?

# %% slideshow={"slide_type": "fragment"}
envelope("A")
epochs = patients["A"].history.epochs
train_loss, valid_loss = epochs["train_loss"][-1], epochs["valid_loss"][-1]
assert train_loss > 1.2 and abs(train_loss - valid_loss) < 0.2

# %% [markdown] slideshow={"slide_type": "-"}
# **Underfitting.** The model is too small for the task. Cure: a larger model, or more patience.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Patient B.** Training falls to nothing. Validation falls, stops, and climbs again: the gap **grows**. Your diagnosis?

# %% slideshow={"slide_type": "fragment"}
envelope("B")
epochs = patients["B"].history.epochs
best = min(epochs["valid_loss"])
assert epochs["train_loss"][-1] < 0.05, "learned by heart"
assert epochs["valid_loss"][-1] > 1.1 * best, "and worse than it has been"

# %% [markdown] slideshow={"slide_type": "-"}
# **Overfitting.** It learned sixty images by heart. Cure: more data, a smaller model, early stopping, dropout.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Patient C.** It explodes, recovers, jumps, with no rhythm. The loss is worse than *guessing* long after the start. Your diagnosis?

# %% slideshow={"slide_type": "fragment"}
envelope("C")
batches = patients["C"].history.batches
assert max(batches) > 10 * batches[0], "worse than at the start, by far"

# %% [markdown] slideshow={"slide_type": "-"}
# **Learning rate too high.** Each step jumps across the valley. Cure: divide by ten, and look again.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Patient D.** The grey line has a *rhythm*: it falls and jumps up, ten times in each epoch. Validation is far above training.
# Your diagnosis? Ask the loader for its first labels.

# %% slideshow={"slide_type": "fragment"}
envelope("D")
patient = patients["D"]
print("labels of the first batch:", next(iter(patient.train_dl))[1].unique())
epochs = patient.history.epochs
assert epochs["valid_loss"][-1] > 1.5 * epochs["train_loss"][-1]

# %% [markdown] slideshow={"slide_type": "-"}
# **Not shuffled.** While it sees only zeros, "always say 0" is a fine answer. It unlearns the others. Cure: `shuffle=True`.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Patient E.** Flat at 2.3 after one terrible moment: it guesses, for ever. Your diagnosis? Look at the gradients of the last batch.

# %% slideshow={"slide_type": "fragment"}
envelope("E")
weights = patients["E"].model.named_parameters()
alive = {name: bool(p.grad.any()) for name, p in weights}
print("any gradient?", alive)
assert not alive["0.weight"] and alive["2.bias"], "only the last bias learns"

# %% [markdown] slideshow={"slide_type": "-"}
# **Dead ReLUs.** The first steps, far too long for pixels up to 255, threw every hidden unit below zero for every image. A ReLU that
# always gives 0 passes no gradient: it can never come back. Cure: scale the inputs, lower the rate, start again.

# %% [markdown] slideshow={"slide_type": "subslide"}
# And this is what health looks like: patient E's network with pixels from 0 to 1, all images, shuffled. Both curves fall, side
# by side, and the gap stays small.

# %% slideshow={"slide_type": "-"}
def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10))


# %% slideshow={"slide_type": "-"}
model, history = net(), History()
opt = torch.optim.SGD(model.parameters(), lr=0.1)
train_dl, valid_dl = get_data(train_ds, valid_ds, bs=64)
cured = fit(8, model, F.cross_entropy, opt, train_dl, valid_dl, [history])
assert cured["valid_loss"] < 0.5
assert abs(cured["train_loss"] - cured["valid_loss"]) < 0.1
plot.training(history)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### First aid: overfit one batch
#
# Before you train on everything, train on **one** batch. A list with one batch is a loader, too. Whatever cannot even learn 64 images by heart has a
# bug in its model, its loss or its step.
#
# Here is the test as a function.

# %% slideshow={"slide_type": "-"}
def loss_on_one_batch(model, xb, yb, lr=0.5, steps=300):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    batch = [(xb, yb)]
    return fit(steps, model, F.cross_entropy, opt, batch, batch)["valid_loss"]


# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Three candidates: our net; the net with patient E's pixels; our net with wrong labels, each image that of its
# neighbour. Which of them pass?

# %% slideshow={"slide_type": "fragment"}
xb, yb = train_ds[:64]
healthy = loss_on_one_batch(net(), xb, yb)
dead = loss_on_one_batch(net(), 255 * xb, yb)
nonsense = loss_on_one_batch(net(), xb, yb.roll(1))
for name, loss in (("net", healthy), ("dead", dead), ("nonsense", nonsense)):
    print(f"{name:>8}: {'passes' if loss < 0.1 else 'fails'}")
assert healthy < 0.1 and nonsense < 0.1 and dead > 1.5

# %% [markdown] slideshow={"slide_type": "-"}
# The third one passes! Wrong labels can be learned by heart as well. The test finds a broken model, never broken data. For those: look
# at a batch.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The patient next to you
#
# Two students, one notebook, two results. **Predict.** We run one training cell twice, without the line that makes the model. What does the second
# run print?

# %% slideshow={"slide_type": "fragment"}
model, opt = get_model()
results = []
for _ in range(2):  # as if the next line were a cell, run twice
    told = fit(1, model, F.cross_entropy, opt, in_order, valid_dl)
    results.append(round(told["valid_loss"], 3))
assert results[1] < results[0], "not the same"
results

# %% [markdown] slideshow={"slide_type": "-"}
# It went on from where it was. A notebook's result depends on every cell you ran, in the order in which you ran it; the numbers `[12]` beside the cells tell, and so does
# the session history that W&B keeps. Make the model in the cell that trains it. And before you believe a result: **Restart & Run All.**

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Error clinic
#
# **Predict.** `zip` gives batches as well. What happens in the *second* epoch?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
model, opt = get_model()
once_only = zip(x.split(64), y.split(64))
fit(2, model, F.cross_entropy, opt, once_only, valid_dl)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** For each: predict, run, read the last line aloud, fix. The stale optimizer is the most frequent one in real notebooks; never cut
# it. 8 minutes.

# %% [markdown] slideshow={"slide_type": "-"}
# An iterator is used up after one pass (lesson 10). Without our check the second epoch would train on nothing, silently.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** `loss_batch` returns `loss.item()`. Can we call `backward` on what it returns?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
loss, size = loss_batch(model, F.cross_entropy, xb, yb)
loss.backward()

# %% [markdown] slideshow={"slide_type": "-"}
# `item()` makes a plain number. That is right for a log: a list of loss *tensors* would keep the notes of every batch.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Silent: the stale optimizer
#
# A new model, but the cell that makes the optimizer was not run again. **Predict** the validation loss after one epoch.

# %% slideshow={"slide_type": "fragment"}
model, opt = get_model()
model = linear_model()  # a new model; opt still holds the old one's parameters
before = mean_loss(model, F.cross_entropy, valid_dl)
after = fit(1, model, F.cross_entropy, opt, in_order, valid_dl)["valid_loss"]
print(f"before {before:.3f}   after {after:.3f}")
assert before == after, "nothing may have moved"

# %% [markdown] slideshow={"slide_type": "-"}
# Gradients went into the new parameters, steps were taken with the old ones. Make model and optimizer in *one* place, as `get_model` does.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Silent: a dropout that never ends
#
# `F.dropout` is a function. It does not know your model's mode. **Predict:** two answers for the same image, in evaluation mode.

# %% slideshow={"slide_type": "fragment"}
class Dropping(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(784, 10)

    def forward(self, xb):
        return self.linear(F.dropout(xb, 0.5))


# %% slideshow={"slide_type": "-"}
torch.manual_seed(0)
model = Dropping().eval()
same = torch.equal(model(xb), model(xb))
print("same answer twice:", same)
assert not same, "the bug must show"

# %% [markdown] slideshow={"slide_type": "-"}
# Say `F.dropout(xb, 0.5, self.training)`, or use the layer `nn.Dropout`.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises
#
# Replace `...` with your answer, run the cell, then run the check below it. `solution("name")` shows one way to do it, when
# you want to see one.

# %% slideshow={"slide_type": "skip"}
from coursekit.exercises import check, progress, solution

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Predict
#
# Means of means, on paper.

# %% slideshow={"slide_type": "skip"} tags=["exercise"]
# Three validation batches of 100, 100 and 1 images have the mean losses
# 0.4, 0.4 and 2.4. What is the mean loss over all images?
mean_of_all = ...

# %% slideshow={"slide_type": "skip"} tags=["check"]
check("mean_of_all", mean_of_all)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Fill in
#
# Losses of batches are noisy. Logging tools have a slider that smooths them. This is what it does:

# %% slideshow={"slide_type": "skip"} tags=["exercise"]
def smooth(losses, memory):
    # each smoothed value is memory * the smoothed value before it
    # plus (1 - memory) * the new loss; the first loss stays as it is
    smoothed = [losses[0]]
    for loss in losses[1:]:
        smoothed.append(...)
    return smoothed

# %% slideshow={"slide_type": "skip"} tags=["check"]
check(smooth)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Write
#
# Your own early stopping. Write the one method that is missing.

# %% slideshow={"slide_type": "skip"} tags=["exercise"]
class StopEarly(Callback):
    # end the run when the validation loss has not been lower than
    # its best value for `patience` epochs in a row
    def __init__(self, patience):
        self.patience = patience
        self.best, self.waited = float("inf"), 0

    def on_epoch_end(self, run):
        ...

# %% slideshow={"slide_type": "skip"} tags=["check"]
check(StopEarly)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Find the mistake
#
# This measures an accuracy. On most data it is a little wrong. Why?

# %% slideshow={"slide_type": "skip"} tags=["exercise"]
def epoch_accuracy(model, dl):
    # share of images read correctly, over all batches
    model.eval()
    with torch.no_grad():
        shares = [accuracy(model(xb), yb) for xb, yb in dl]
    model.train()
    return sum(shares) / len(shares)

# %% slideshow={"slide_type": "skip"} tags=["check"]
check(epoch_accuracy)

# %% [markdown] slideshow={"slide_type": "skip"}
# And this is how far you are:

# %% slideshow={"slide_type": "skip"}
progress()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recap
#
# You can now
#
# - train anything in three lines: `get_data`, a model with its optimizer, `fit`
# - measure honestly: other data, evaluation mode, no recording, each image counted once
# - hang callbacks onto the loop: keep, stop, save, resume, watch, log
# - tell five diseases by their curves, and overfit one batch first
#
# Into `coursekit.recap` went what you built: `loss_batch`, `weighted_mean`, `mean_loss`, `get_data`, `Callback`, `Run`, `train_epoch`,
# `fit`, `History`.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Still unsolved:
#
# - The model reads pixels one by one; a shifted digit is a stranger to it: lesson 12, with this very `fit`
# - Everything runs on the CPU: lesson 13
# - One machine, one process: lesson 14
#
# **Take home:** first loss near ln(classes), one batch overfitted, two curves side by side, Restart & Run All.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Sources.** `loss_batch`, `fit` and `get_data` follow Jeremy Howard's tutorial *What is torch.nn really?*; callbacks with one run object are known from Keras and
# fastai. Dropout: N. Srivastava et al., 2014. BatchNorm: S. Ioffe and C. Szegedy, 2015. "Overfit one batch" is A. Karpathy's advice (*A Recipe
# for Training Neural Networks*, 2019). On `wandb.watch`: the documentation of Weights & Biases.

# ---
# jupyter:
#   coursekit:
#     lesson: '12'
#     minutes: 90
#     needs:
#     - '07'
#     - '08'
#     - '11'
#     provides:
#     - shift
#     - conv2d_by_hand
#     - CNN
#     - Lambda
#     - to_images
#     - WrappedDataLoader
#     - lecture_cnn
#     - he_init
#     - conv_block
#     - make_cnn
#     - steady_cnn
#     question: How does a network look at an image?
#     title: A convolutional network
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 12 · A convolutional network
#
# **How does a network look at an image?**
#
# After this lesson you can
#
# - slide a window over an image by hand, and predict every shape and parameter count
# - build one network in four ways and prove that the numbers stay the same
# - tell bad luck from a bad design, and cure the design
#
# Needs: [07 digits](07_digits_from_scratch.ipynb), [08 nn.Module](08_nn_module.ipynb), [11 fit](11_fit_validate_log.ipynb).
# About 90 minutes.
#
# [**Open in Colab**](https://colab.research.google.com/github/your-org/neural-networks-from-nothing/blob/main/notebooks/12_cnn.ipynb)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Ask first: "You read this line while the slide moved. Did you have to learn each letter again for each place?" Today's
# network shares what it learned in one place with all others. Two surprises to protect: the spread over seeds (section 5) and the
# last picture (section 7), where the network everybody trusts fails the test it was invented for. 3 minutes.

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
# 1. What does `model.eval()` change, and what does it not change? (lesson 11)
# 2. Why does a generator serve for one epoch only? (lesson 10)
# 3. Which shape has `nn.Linear(784, 10).weight`? (lesson 08)
# 4. How big should random weights be, so that scores stay near 1? (lesson 07)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Answers</summary>
#
# 1. What layers such as Dropout and BatchNorm compute. It does not stop autograd: that is `no_grad`.
# 2. It remembers where it is. At the end it stays at the end.
# 3. (10, 784): one row for each output.
# 4. About one over the square root of the number of inputs.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 1 · A digit moves
#
# Lesson 07 left a question open. Its model reads digits well. Each pixel has weights of its own. What if the writer
# had put the digit a little further to the right?

# %% slideshow={"slide_type": "-"}
from coursekit.data import load_digits

data = load_digits()
x_train, y_train = data.x_train[:1500], data.y_train[:1500]
x_valid, y_valid = data.x_valid[:1000], data.y_valid[:1000]

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** 1,500 images at most, also of MNIST: we shall train more than twenty networks today, and nobody wants to wait. 5 minutes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# A function that moves images. `F.pad` adds columns of paper on one side; a negative number cuts as many off on the other.

# %% slideshow={"slide_type": "-"} tags=["recap"]
import torch.nn.functional as F


def shift(x, right, down=0):
    images = x.reshape(-1, 1, 28, 28)
    moved = F.pad(images, (right, -right, down, -down))
    return moved.reshape(x.shape)

# %% [markdown] slideshow={"slide_type": "skip"}
# Two tests: the ink goes where we said, and what comes in is paper.

# %% slideshow={"slide_type": "skip"}
probe = shift(x_valid, right=3, down=1).reshape(-1, 28, 28)
assert probe[:, 1:, 3:].equal(x_valid.reshape(-1, 28, 28)[:, :-1, :-3]), (
    "right must move ink to the right, down must move it down"
)
assert not probe[:, :, :3].any(), "what comes in must be paper"

# %% [markdown] slideshow={"slide_type": "subslide"}
# The model of lessons 07 to 11, trained with `fit`. Accuracy is a mean over a batch, as a loss is. So `mean_loss` can
# measure it.

# %% slideshow={"slide_type": "-"}
import torch
from torch.utils.data import TensorDataset

from coursekit.recap import accuracy, fit, get_data, linear_model, mean_loss

train_ds = TensorDataset(x_train, y_train)
valid_ds = TensorDataset(x_valid, y_valid)
train_dl, valid_dl = get_data(train_ds, valid_ds, bs=64)
linear = linear_model()
opt = torch.optim.SGD(linear.parameters(), lr=0.25)
fit(8, linear, F.cross_entropy, opt, train_dl, valid_dl)
print(f"{mean_loss(linear, accuracy, valid_dl):.0%} right")

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** The same images, moved right by 1, 2, 3 and 4 pixels. You hardly see the difference. How many does
# it still read?

# %% slideshow={"slide_type": "-"}
def accuracies(model, x, steps=range(5)):
    return [
        mean_loss(model, accuracy, [(shift(x, right), y_valid)])
        for right in steps
    ]

# %% slideshow={"slide_type": "fragment"}
falling = accuracies(linear, x_valid)
for right, share in enumerate(falling):
    print(f"{right} pixels: {share:.0%}")
assert falling[0] > 0.8 and falling[3] < 0.6, "a small shift must hurt it"

# %% [markdown] slideshow={"slide_type": "subslide"}
# One digit, five places, and above each what the model says.

# %% slideshow={"slide_type": "-"}
from coursekit import plot

read = linear(x_valid).argmax(dim=1) == y_valid
lost = linear(shift(x_valid, 3)).argmax(dim=1) != y_valid
which = (read & lost).nonzero()[0, 0]
moved = torch.stack([shift(x_valid[which], right) for right in range(5)])
said = linear(moved).argmax(dim=1)
plot.images(moved, titles=[f"said {k}" for k in said], size=1.6)

# %% [markdown] slideshow={"slide_type": "-"}
# It has not learned what a digit looks like. It has learned which *places* are dark. We need a model that looks for the same
# thing everywhere.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2 · A window slides
#
# Take a small window, 3 by 3 weights. Lay it on the image, multiply each weight with the pixel under it, add up. That is one
# answer. Move on by one pixel: the next answer. The *same nine weights* everywhere.

# %% slideshow={"slide_type": "-"} tags=["recap"]
def conv2d_by_hand(image, kernel, stride=1, padding=0):
    image = F.pad(image, [padding] * 4)
    k = len(kernel)
    rows = (image.shape[0] - k) // stride + 1
    cols = (image.shape[1] - k) // stride + 1
    answers = torch.zeros(rows, cols)
    for row in range(rows):
        for col in range(cols):
            top, left = row * stride, col * stride
            window = image[top : top + k, left : left + k]
            answers[row, col] = (window * kernel).sum()
    return answers

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Draw a window on paper and slide it by hand before you show code. Ask: "What is the answer on empty paper?" (0, whatever
# the weights.) Usual wrong idea: the window cuts the image into tiles. It overlaps. 12 minutes for this section.

# %% [markdown] slideshow={"slide_type": "subslide"}
# These weights subtract what is above from what is below.
#
# **Predict.** The image has 28 rows. How many rows of answers are there? And where in the digit are they large?

# %% slideshow={"slide_type": "fragment"}
image = x_train[0].reshape(28, 28)
edge = torch.tensor([[-1.0, -1, -1], [0, 0, 0], [1, 1, 1]])
answers = conv2d_by_hand(image, edge)
print(tuple(image.shape), "->", tuple(answers.shape))
where = divmod(answers.argmax().item(), answers.shape[1])
plot.sliding(image, edge, answers, at=where)

# %% [markdown] slideshow={"slide_type": "-"}
# Blue where ink begins below, yellow where it ends, grey on paper *and* inside a thick stroke: an edge finder.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Torch has this as `F.conv2d`. It wants a batch of images with *channels*, and a batch of windows: four axes each.
#
# **Predict.** Mathematicians turn the window upside down before they slide it. Does torch?

# %% slideshow={"slide_type": "fragment"}
batch, kernels = image[None, None], edge[None, None]
print(tuple(batch.shape), tuple(kernels.shape))
torchs = F.conv2d(batch, kernels)[0, 0]
upside_down = conv2d_by_hand(image, edge.flip(0, 1))
assert answers.allclose(torchs, atol=1e-5), (
    "torch adds up the window times the weights, as they lie: no flip"
)
assert not upside_down.allclose(torchs, atol=0.1), "flipped differs"

# %% [markdown] slideshow={"slide_type": "-"}
# No flip. The strict name is *cross-correlation*; everybody says convolution. For learned weights it is all the same.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Two knobs. **Stride**: how far the window moves each time. **Padding**: zeros around the image. A window of $k$ on $n$ pixels
# fits this often:
#
# $$\left\lfloor \frac{n + 2\,\text{padding} - k}{\text{stride}} \right\rfloor + 1$$
#
# **Predict.** Three answers for $n = 28$, $k = 3$: padding 1; then stride 2 with padding 1; then stride 2 without.

# %% slideshow={"slide_type": "fragment"}
for stride, padding in ((1, 1), (2, 1), (2, 0)):
    mine = conv2d_by_hand(image, edge, stride, padding)
    torchs = F.conv2d(batch, kernels, stride=stride, padding=padding)[0, 0]
    print(f"stride {stride}, padding {padding}:", tuple(mine.shape))
    assert mine.shape == torchs.shape, "count the places: stride, padding"
    assert mine.allclose(torchs, atol=1e-5), "stride moves the window"

# %% [markdown] slideshow={"slide_type": "subslide"}
# Now the reason for all this.
#
# **Predict.** We move the digit by 3 pixels, then slide. Or we slide first, then move the *answers*. What is the difference? (At the frame's
# edge ink may be cut off; we leave those columns out.)

# %% slideshow={"slide_type": "fragment"}
move_first = F.conv2d(shift(batch, 3), kernels, padding=1)[..., 4:-1]
slide_first = shift(F.conv2d(batch, kernels, padding=1), 3)[..., 4:-1]
print("same answers:", move_first.allclose(slide_first, atol=1e-6))
assert move_first.allclose(slide_first, atol=1e-6), "same weights everywhere"

# %% [markdown] slideshow={"slide_type": "-"}
# None. Move the image, and the answers move along: convolution is *equivariant*. A pattern learned in one place is
# known in all places. Keep this promise in mind; in section 7 we collect it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3 · Many windows: a layer
#
# `nn.Conv2d(1, 16, 3)` slides 16 windows over 1 channel and makes 16 maps. We do not choose the weights any more: they are
# parameters, and training finds them.
#
# **Predict.** The next layer gets those 16 maps and makes 16 new ones. Which shape has its weight?

# %% slideshow={"slide_type": "fragment"}
from torch import nn

first = nn.Conv2d(1, 16, 3, stride=2, padding=1)
second = nn.Conv2d(16, 16, 3, stride=2, padding=1)
for layer in (first, second):
    n = sum(p.numel() for p in layer.parameters())
    print(tuple(layer.weight.shape), tuple(layer.bias.shape), n)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Usual wrong answer: (16, 3, 3), one flat window for each map. A window goes through *all* channels: 16 × 3 × 3 weights
# give one number. Let somebody compute 16·16·9 + 16 aloud. 10 minutes for this section.

# %% [markdown] slideshow={"slide_type": "-"}
# (out, in, k, k): each window reaches through *all* channels. And a layer that answers as much without sharing?

# %% slideshow={"slide_type": "fragment"}
n_in, n_out = 28 * 28, 16 * 14 * 14
print(f"Linear(784, {n_out}): {n_in * n_out + n_out:,} parameters")
print(f"Conv2d(1, 16, 3):    {1 * 16 * 9 + 16:,} parameters")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The network of the lecture. Three convolutions, each halves the image and is followed by a ReLU. The last has one map
# for each digit, and the mean of a map is the digit's logit: *global average pooling*. The sizes are copied from
# others, as one does. Start from what works, change slowly.

# %% slideshow={"slide_type": "-"} tags=["recap"]
class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(16, 16, 3, stride=2, padding=1)
        self.conv3 = nn.Conv2d(16, 10, 3, stride=2, padding=1)

    def forward(self, xb):
        xb = xb.view(-1, 1, 28, 28)
        xb = F.relu(self.conv1(xb))
        xb = F.relu(self.conv2(xb))
        xb = F.relu(self.conv3(xb))
        xb = F.avg_pool2d(xb, 4)
        return xb.view(-1, 10)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** There is something odd in this class. Do not tell; ask who sees it, and write the guesses down for section 5.
# (Expected: the last ReLU. A logit can never be negative.)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** How many parameters has it, compared with the linear model's 7,850? And the first loss?

# %% slideshow={"slide_type": "fragment"}
torch.manual_seed(0)
model = CNN()
xb, yb = x_train[:64], y_train[:64]
preds = model(xb)
first_loss = F.cross_entropy(preds, yb).item()
print(tuple(xb.shape), "->", tuple(preds.shape), f"loss {first_loss:.3f}")
n_params = sum(p.numel() for p in model.parameters())
print(f"{n_params:,} parameters")
assert preds.shape == (64, 10), "one row for each image, one logit a digit"
assert 2.29 < first_loss < 2.32, "it knows nothing yet: ln 10"

# %% [markdown] slideshow={"slide_type": "-"}
# Half the parameters. But each weight is used in many places: the network is small, not fast.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Where do the shapes come from? The picture shows how many maps there are behind each layer, and how large.

# %% slideshow={"slide_type": "skip"}
def count(layer):
    return sum(p.numel() for p in layer.parameters())

# %% slideshow={"slide_type": "-"}
stages, maps = [("image", (1, 28, 28), 0)], xb.view(-1, 1, 28, 28)
for name, layer in model.named_children():
    maps = layer(maps).relu()
    stages.append((name, tuple(maps.shape[1:]), count(layer)))
stages.append(("mean", (10,), 0))
plot.volumes(stages)

# %% [markdown] slideshow={"slide_type": "skip"}
# What does it cost? Each answer of a convolution takes one multiplication for each weight of its window.

# %% slideshow={"slide_type": "skip"}
times = 0
for (_, shape, _), layer in zip(stages[1:], model.children()):
    times += layer.weight.numel() * shape[1] * shape[2]
print(f"CNN {times:,} multiplications an image, linear {784 * 10:,}")
assert times > 20 * 7840, "every weight is used at every place"

# %% [markdown] slideshow={"slide_type": "subslide"}
# Now train it, with lesson 11's `fit`. **Not one line of it has changed**: it never knew which model it trains.
#
# **Predict.** Two epochs, with plain SGD. The linear model had most digits right by then.

# %% slideshow={"slide_type": "fragment"}
import coursekit.recap
from coursekit.recap import History


def train_lecture(momentum, epochs=8):
    torch.manual_seed(0)
    model, history = CNN(), History()
    opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=momentum)
    train_dl, valid_dl = get_data(train_ds, valid_ds, bs=64)
    fit(epochs, model, F.cross_entropy, opt, train_dl, valid_dl, [history])
    return history


# %% [markdown] slideshow={"slide_type": "skip"}
# The same `fit`: the very function of lesson 11, nothing redefined.

# %% slideshow={"slide_type": "-"}
assert fit is coursekit.recap.fit, "the same fit as in lesson 11"
plain = train_lecture(momentum=0.0)
print(f"after 2 epochs: {plain.epochs['valid_loss'][1]:.2f}")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** 2.30 is ln 10: it has learned nothing yet. Usual guess: "the learning rate is too small", "there is a bug". Wait for
# momentum. A word on honesty: the lecture showed 50,000 images, 782 steps an epoch; we have a few dozen. 5 minutes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Nothing learned: still ln 10. A deep network begins on a plateau, where gradients are small. **Momentum** helps across: steps in the same
# direction add up (lesson 09). For `fit` it is one keyword in `opt`.

# %% slideshow={"slide_type": "-"} tags=["nbval-ignore-output"]
import math

rolling = train_lecture(momentum=0.9)
plot.losses(
    {"plain": plain.batches, "momentum 0.9": rolling.batches},
    level=("ln 10", math.log(10)), xlabel="minibatch",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# The claim of the picture, as a test:

# %% slideshow={"slide_type": "skip"}
assert rolling.epochs["valid_loss"][-1] < plain.epochs["valid_loss"][-1], (
    "momentum must help across the plateau"
)

# %% [markdown] slideshow={"slide_type": "-"}
# It helps, but look at the axis: what counts is *steps*, not epochs. With few images an epoch has few steps, so the plateau
# takes several epochs.

# %% slideshow={"slide_type": "skip"}
print(f"we take {len(train_dl)} steps an epoch")
print(f"with 50,000 images it would be {math.ceil(50_000 / 64)}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 4 · One network, four ways to write it
#
# Its `forward` is a straight chain: no `if`, no loop, nothing used twice. Then `nn.Sequential` writes it for us. But `view` is no layer.
# So we make a layer from any function:

# %% slideshow={"slide_type": "-"} tags=["recap"]
class Lambda(nn.Module):
    def __init__(self, func):
        super().__init__()
        self.func = func

    def forward(self, x):
        return self.func(x)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** The pace of a refactoring: change, prove, next. Ask at each step: "Bit for bit, or up to rounding?" 14 minutes for
# this section.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** We build it with the same seed. Will the losses of the first epoch be equal to the last bit?

# %% slideshow={"slide_type": "-"}
def convolutions():
    sizes = (1, 16, 16, 10)
    for n_in, n_out in zip(sizes, sizes[1:]):
        yield nn.Conv2d(n_in, n_out, 3, stride=2, padding=1)
        yield nn.ReLU()

# %% slideshow={"slide_type": "-"}
def with_lambda():
    return nn.Sequential(
        Lambda(lambda x: x.view(-1, 1, 28, 28)),
        *convolutions(),
        nn.AvgPool2d(4),
        Lambda(lambda x: x.view(x.size(0), -1)),
    )

# %% [markdown] slideshow={"slide_type": "subslide"}
# One epoch of a model, from seed 0, and the loss of each of its batches:

# %% slideshow={"slide_type": "-"}
def first_epoch(make_model, wrap=lambda dl: dl):
    torch.manual_seed(0)
    model, history = make_model(), History()
    opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    train_dl, valid_dl = map(wrap, get_data(train_ds, valid_ds, bs=64))
    fit(1, model, F.cross_entropy, opt, train_dl, valid_dl, [history])
    return history.batches

# %% slideshow={"slide_type": "fragment"}
losses = {"class": first_epoch(CNN), "Lambda": first_epoch(with_lambda)}
print("equal to the last bit:", losses["Lambda"] == losses["class"])
assert losses["Lambda"] == losses["class"], "the same layers, the same order"

# %% [markdown] slideshow={"slide_type": "-"}
# Equal. `Sequential` is not faster either: its `forward` is a `for` loop over its children.

# %% slideshow={"slide_type": "skip"}
model, out = with_lambda(), xb
for layer in model:
    out = layer(out)
assert torch.equal(out, model(xb)), "Sequential is this loop"

# %% [markdown] slideshow={"slide_type": "subslide"}
# What did we gain? The model can be *seen* as a whole. A `relu` or a `view` inside `forward` is invisible from outside; a
# module is not.
#
# **Predict.** How many lines has `print(CNN())`, and what is missing?

# %% slideshow={"slide_type": "fragment"}
print(CNN())

# %% slideshow={"slide_type": "fragment"}
print(with_lambda())

# %% [markdown] slideshow={"slide_type": "subslide"}
# Our `Lambda` says nothing about what it does. Today torch has layers for both jobs: `Unflatten` and `Flatten`.

# %% slideshow={"slide_type": "-"}
def with_flatten():
    return nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)),
        *convolutions(),
        nn.AvgPool2d(4),
        nn.Flatten(),
    )

# %% slideshow={"slide_type": "fragment"}
losses["Flatten"] = first_epoch(with_flatten)
assert losses["Flatten"] == losses["class"], "only the names may change"

# %% [markdown] slideshow={"slide_type": "subslide"}
# Two assumptions still hide in it: the input has 784 numbers, and the last maps are 4 by 4. Whoever runs a web app does not want to tell
# people "please upload exactly 28 by 28".
#
# The shape of the input is the loader's business, not the model's. So we move the `view` there:

# %% slideshow={"slide_type": "-"} tags=["recap"]
def to_images(xb, yb):
    return xb.view(-1, 1, 28, 28), yb

# %% slideshow={"slide_type": "fragment"} tags=["recap"]
class WrappedDataLoader:
    def __init__(self, dl, func):
        self.dl = dl
        self.func = func

    def __len__(self):
        return len(self.dl)

    def __iter__(self):
        for batch in self.dl:
            yield self.func(*batch)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Why a class? A generator expression says the same in one line. We count the batches of two epochs.

# %% slideshow={"slide_type": "fragment"}
short = (to_images(*batch) for batch in train_dl)
print("generator:", [sum(1 for _ in short) for epoch in range(2)])
wrapped = WrappedDataLoader(train_dl, to_images)
print("class:    ", [sum(1 for _ in wrapped) for epoch in range(2)])
assert len(list(wrapped)) == len(list(wrapped)) == len(wrapped), (
    "each epoch must start afresh: __iter__ makes a new generator"
)

# %% [markdown] slideshow={"slide_type": "-"}
# A generator is empty the second time. The class makes a new one for each `for`.

# %% [markdown] slideshow={"slide_type": "subslide"}
# And the pooling: instead of "windows of 4 by 4" we say which *output* we want, 1 by 1. That is `AdaptiveAvgPool2d(1)`, and the
# model is done:

# %% slideshow={"slide_type": "-"} tags=["recap"]
def lecture_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 16, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 10, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )

# %% [markdown] slideshow={"slide_type": "skip"}
# For the comparison, the same with the fixed pooling that it replaces; and a short name for wrapping:

# %% slideshow={"slide_type": "skip"}
def as_images(dl):
    return WrappedDataLoader(dl, to_images)


def fixed_pooling():
    return nn.Sequential(*convolutions(), nn.AvgPool2d(4), nn.Flatten())

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Which of these steps leaves every bit as it was, and which may round differently?

# %% slideshow={"slide_type": "fragment"}
losses["wrapped"] = first_epoch(fixed_pooling, as_images)
losses["adaptive"] = first_epoch(lecture_cnn, as_images)
assert losses["wrapped"] == losses["class"], "the view only moved"
torch.testing.assert_close(
    torch.tensor(losses["adaptive"]), torch.tensor(losses["class"])
)
plot.histories(losses)

# %% [markdown] slideshow={"slide_type": "-"}
# Adaptive pooling adds the sixteen numbers in another order. That is rounding. After some hundred steps a CNN blows
# rounding up to a visible difference, so we compare the first epoch only.

# %% [markdown] slideshow={"slide_type": "subslide"}
# A claim about *any* size deserves a test at other sizes. The lecture made the claim, and admitted to have never tried.

# %% slideshow={"slide_type": "fragment"}
torch.manual_seed(0)
model = lecture_cnn()
for side in (20, 28, 64):
    images = torch.rand(2, 1, side, side)
    print(f"{side} pixels:", tuple(model(images).shape))
    assert model(images).shape == (2, 10), "ten logits, whatever the size"

# %% [markdown] slideshow={"slide_type": "subslide"}
# And the whole model as torch sees it, recorded while it runs:

# %% slideshow={"slide_type": "-"}
from coursekit import graph

with graph.record():
    loss = F.cross_entropy(model(to_images(xb, yb)[0]), yb)
graph.draw(loss, view="modules", values=False)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 5 · Luck, or design?
#
# So far we used seed 0. Same data, same code, same number of epochs: now five seeds.
#
# **Predict.** The linear model differs by a percent or two from seed to seed. Write down a lowest and a highest accuracy for the CNN.

# %% slideshow={"slide_type": "-"}
def train(make_model, seed, epochs=8, lr=0.1):
    torch.manual_seed(seed)
    model = make_model()
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    loaders = map(as_images, get_data(train_ds, valid_ds, bs=64, seed=seed))
    fit(epochs, model, F.cross_entropy, opt, *loaders)
    return model

# %% [markdown] slideshow={"slide_type": "skip"}
# And the accuracy of each of several models:

# %% slideshow={"slide_type": "skip"}
def measure(models, x=x_valid, y=y_valid):
    batch = to_images(x, y)
    return [mean_loss(model, accuracy, [batch]) for model in models]

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Collect the guesses on the board, lowest and highest, before you run. Hardly anybody goes below 80 %. Then let them
# diagnose in pairs: overfitting? bad data? too few epochs? The next slides rule them out one by one. 15 minutes, the heart of the lesson.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Five networks, eight epochs each. The thin line is the linear model.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-ignore-output"]
lecture_nets = [train(lecture_cnn, seed) for seed in range(5)]
results = {"the lecture's": measure(lecture_nets)}
linear_acc = mean_loss(linear, accuracy, valid_dl)
plot.seeds(results, level=("linear", linear_acc))

# %% [markdown] slideshow={"slide_type": "skip"}
# What the picture shows, as tests that hold on both data sets:

# %% slideshow={"slide_type": "skip"}
lecture = results["the lecture's"]
assert max(lecture) - min(lecture) > 0.12, "the seeds must differ widely"
assert max(lecture) < linear_acc, "here it loses against the linear model"

# %% [markdown] slideshow={"slide_type": "-"}
# None beats the linear model, and they differ widely. One run would have told us *one* of these numbers, and we would have believed
# it. **Never judge a design by one seed.**

# %% [markdown] slideshow={"slide_type": "subslide"}
# Diagnosis. Is it overfitting? Then training images would be read much better. And remember the oddity: a ReLU behind the *last*
# convolution. Is there a digit whose score is 0 for **every** training image?

# %% slideshow={"slide_type": "fragment"} tags=["nbval-ignore-output"]
trained_on = measure(lecture_nets, x_train, y_train)
for net, train_acc, valid_acc in zip(lecture_nets, trained_on, lecture):
    with torch.no_grad():
        scores = net(to_images(x_train, y_train)[0])
    dead = (scores == 0).all(dim=0).sum()
    print(f"train {train_acc:.0%}  valid {valid_acc:.0%}  dead digits {dead}")

# %% [markdown] slideshow={"slide_type": "skip"}
# And for all five:

# %% slideshow={"slide_type": "skip"}
for train_acc, valid_acc in zip(trained_on, lecture):
    assert train_acc - valid_acc < 0.12, "this is no overfitting"

# %% [markdown] slideshow={"slide_type": "subslide"}
# No overfitting: it reads its own training images as badly. It *under*-fits. And some digits may be **dead**: their score is 0 for all images.
# A ReLU passes no gradient where it is 0, so nothing can wake them. We kill one on purpose:

# %% slideshow={"slide_type": "fragment"}
torch.manual_seed(0)
model = lecture_cnn()
with torch.no_grad():
    model[4].bias[3] = -10.0  # the map of digit 3 is now below 0
xb, yb = to_images(x_train[:64], y_train[:64])
F.cross_entropy(model(xb), yb).backward()
alive = model[4].bias.grad != 0
print("digit 3 gets a gradient:", alive[3].item())
assert not alive[3] and alive.any(), "a dead output cannot learn"

# %% [markdown] slideshow={"slide_type": "subslide"}
# Second suspect: the start. "How big are the numbers?" (lesson 07). We follow a batch through the untrained network.

# %% slideshow={"slide_type": "-"}
def spreads(model):
    out, found = xb, []
    for layer in model:
        out = layer(out)
        if isinstance(layer, nn.Conv2d):
            found.append((out - out.mean(dim=(0, 2, 3), keepdim=True)).std())
    return torch.stack(found)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** How does the spread of the maps change from the first to the third convolution?

# %% slideshow={"slide_type": "fragment"}
torch.manual_seed(0)
model = lecture_cnn()
with torch.no_grad():
    print("torch's default:", spreads(model))

# %% [markdown] slideshow={"slide_type": "-"}
# The signal fades on its way. With nothing to tell the images apart at the end, there is nothing to learn from: the plateau.

# %% [markdown] slideshow={"slide_type": "subslide"}
# *He initialisation* draws weights of size $\sqrt{2/n}$, where $n$ is the number of inputs of a window. The 2 makes up for the half
# that a ReLU cuts away.

# %% slideshow={"slide_type": "-"} tags=["recap"]
def he_init(model):
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return model

# %% slideshow={"slide_type": "fragment"}
torch.manual_seed(0)
model = he_init(lecture_cnn())
with torch.no_grad():
    print("He:", spreads(model))
    kept = spreads(model)
assert kept[2] > kept[0] / 4, "the signal must come through: weights too small"

# %% [markdown] slideshow={"slide_type": "subslide"}
# Third: *BatchNorm* keeps the size right during training too (lesson 11). And ten maps are few: let a linear layer weigh 64 of
# them. So our own network gets blocks:

# %% slideshow={"slide_type": "-"} tags=["recap"]
def conv_block(n_in, n_out, stride):
    return [
        nn.Conv2d(n_in, n_out, 3, stride, padding=1),
        nn.BatchNorm2d(n_out),
        nn.ReLU(),
    ]

# %% slideshow={"slide_type": "fragment"} tags=["recap"]
def make_cnn(channels=(16, 32, 64), n_classes=10):
    layers = []
    for n_in, n_out in zip((1, *channels), channels):
        layers += conv_block(n_in, n_out, stride=2)
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(channels[-1], n_classes))

# %% [markdown] slideshow={"slide_type": "skip"}
# The last ReLU is gone in it: the logits come from a linear layer. To judge each cure by itself, we also take the lecture's
# network and remove only that ReLU; then only start it better.

# %% slideshow={"slide_type": "skip"}
def no_last_relu():
    return nn.Sequential(*(m for i, m in enumerate(lecture_cnn()) if i != 5))


def he_start():
    return he_init(no_last_relu())

# %% [markdown] slideshow={"slide_type": "skip"}
# A test of our own network, before it costs us five trainings:

# %% slideshow={"slide_type": "skip"}
torch.manual_seed(0)
logits = make_cnn()(xb)
assert logits.shape == (64, 10), "one logit for each digit"
assert (logits < 0).any(), "logits may be negative: no ReLU at the end"

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Four recipes, five seeds each. Which cure raises the mean, and which narrows the spread?

# %% slideshow={"slide_type": "fragment"} tags=["nbval-ignore-output"]
recipes = {
    "no last ReLU": no_last_relu,
    "+ He start": he_start,
    "our blocks": make_cnn,
}
for name, make_model in recipes.items():
    nets = [train(make_model, seed) for seed in range(5)]
    results[name] = measure(nets)
plot.seeds(results, level=("linear", linear_acc))

# %% [markdown] slideshow={"slide_type": "skip"}
# How far apart the best and the worst seed are:

# %% slideshow={"slide_type": "skip"}
def spread(name):
    return max(results[name]) - min(results[name])


assert spread("our blocks") < spread("the lecture's"), (
    "a good design does not depend on luck"
)
assert min(results["our blocks"]) > max(lecture), "check the blocks"
assert min(results["our blocks"]) > 0.7, "check the blocks"

# %% [markdown] slideshow={"slide_type": "-"}
# It was the design. Every seed of our network beats the best of the lecture's. Luck that a design needs is a fault of the design.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 6 · What does it see?
#
# The windows of the first layer: 16 of them, 3 by 3.

# %% slideshow={"slide_type": "-"} tags=["nbval-ignore-output"]
net = nets[0].eval()
windows = net[0].weight.reshape(16, 9).T
plot.templates(
    windows, legend=("subtracts", "adds"), ncols=8, size=0.95
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Ask: "Which one is like our edge finder?" Then cover the title and let them say what each map of the next slide answers to.
# 8 minutes for this section.

# %% [markdown] slideshow={"slide_type": "-"}
# Nobody told it to look for edges. Some of these windows do: dark on one side, light on the other.

# %% [markdown] slideshow={"slide_type": "subslide"}
# What the 16 windows answer to one digit: its *feature maps*, behind the ReLU.

# %% slideshow={"slide_type": "-"}
one = to_images(x_valid[:1], y_valid[:1])[0]
with torch.no_grad():
    maps = net[:3](one)[0]
print("label", y_valid[0].item(), " maps", tuple(maps.shape))
plot.images(maps, ncols=8, size=1.0)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Deeper maps are too small to read. We ask another way: **which image would excite an output most?** Start from grey and let gradient
# *ascent* change the pixels, not the weights.
#
# **Predict.** Will it look like a digit?

# %% slideshow={"slide_type": "-"}
def dream(model, digit, steps=40):
    image = torch.full((1, 1, 28, 28), 0.1, requires_grad=True)
    for _ in range(steps):
        score = model(image)[0, digit]
        (grad,) = torch.autograd.grad(score, image)
        with torch.no_grad():
            image += 0.05 * grad / grad.abs().mean()
            image.clamp_(0, 1)
    return image.detach()[0, 0]

# %% slideshow={"slide_type": "fragment"}
dreams = torch.stack([dream(net, digit) for digit in range(10)])
with torch.no_grad():
    loved = net(dreams[:, None]).argmax(dim=1).tolist()
print("read as:", loved)
plot.images(dreams, titles=range(10), ncols=10, size=0.95)

# %% [markdown] slideshow={"slide_type": "-"}
# Strokes and corners all over the place, not one digit in the middle. It adds up *evidence*, wherever it lies: the mean over the map has
# forgotten where. And yet it is sure of each.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Which pixels mattered** for an answer? Lesson 05's tool: the gradient of a score, with respect to the *input*. It is called *saliency*.

# %% slideshow={"slide_type": "-"}
picks = to_images(x_valid[:6], y_valid[:6])[0].requires_grad_()
scores = net(picks)
scores.max(dim=1).values.sum().backward()
saliency = picks.grad.abs()[:, 0]
print("one gradient for each pixel:", tuple(saliency.shape))
shown = torch.cat([picks.detach()[:, 0], saliency / saliency.amax()])
plot.images(shown, ncols=6, size=1.3)

# %% [markdown] slideshow={"slide_type": "-"}
# Dark below: change this pixel, and the score changes most. The dark places hug the strokes and the gaps that tell one digit from
# another.

# %% [markdown] slideshow={"slide_type": "subslide"}
# What does it still get wrong, and would the linear model have known? Above each image: truth, CNN, linear.

# %% slideshow={"slide_type": "-"} tags=["nbval-ignore-output"]
with torch.no_grad():
    ours = net(to_images(x_valid, y_valid)[0]).argmax(dim=1)
    theirs = linear(x_valid).argmax(dim=1)
wrong = (ours != y_valid).nonzero()[:8, 0]
names = [f"{y_valid[i]}: {ours[i]}, {theirs[i]}" for i in wrong]
plot.images(x_valid[wrong], titles=names, ncols=8, size=1.15)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 7 · The digit moves again
#
# Convolution is equivariant: section 2 proved it. The mean at the end forgets the place.
#
# **Predict.** Our CNN has never seen a shifted digit. Moved by 4 pixels, how many will it read?

# %% slideshow={"slide_type": "fragment"}
def image_accuracies(model):
    return accuracies(model, to_images(x_valid, y_valid)[0])

# %% slideshow={"slide_type": "-"}
strided = image_accuracies(net)
print("still as good at 3 pixels:", strided[3] > strided[0] - 0.1)
assert strided[0] - strided[3] > 0.15, "the surprise must be there"

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Silence. Everybody, textbooks included, says that CNNs do not mind shifts. Ask: "Which step of ours is *not* equivariant?"
# Give them two minutes. The stride: it looks at every second place, so after a shift by one it looks at other places. 10 minutes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# It fails as the linear model did! So where was the promise broken? Check it, for one layer with a stride of 2 and for one
# without, and take the mean of each map: untrained, random windows.

# %% slideshow={"slide_type": "fragment"}
torch.manual_seed(0)
for stride in (1, 2):
    layer = nn.Conv2d(1, 8, 3, stride=stride, padding=1)
    with torch.no_grad():
        here = layer(one).relu().mean(dim=(2, 3))
        there = layer(shift(one, 1)).relu().mean(dim=(2, 3))
    print(f"stride {stride}: the same means:", here.allclose(there, atol=1e-6))

# %% [markdown] slideshow={"slide_type": "-"}
# The **stride**. It looks at every second place. Move the digit by one pixel, and it looks at the places that it skipped before. Three strides
# of 2, and only shifts by 8 pixels would go unnoticed.

# %% [markdown] slideshow={"slide_type": "subslide"}
# The cure: let the window visit every place, and make maps smaller by taking *means* over 2 by 2. Nothing is skipped any more.

# %% slideshow={"slide_type": "-"} tags=["recap"]
def steady_cnn(n_classes=10):
    return nn.Sequential(
        nn.AvgPool2d(2),
        *conv_block(1, 16, stride=1),
        nn.AvgPool2d(2),
        *conv_block(16, 32, stride=1),
        *conv_block(32, 32, stride=1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(32, n_classes),
    )

# %% [markdown] slideshow={"slide_type": "subslide"}
# Trained on the same digits in the same places. None of the three has ever seen a shifted one.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-ignore-output"]
steady_net = train(steady_cnn, seed=0, epochs=12, lr=0.03)
steady = image_accuracies(steady_net)
plot.overlay(
    range(5),
    {"linear": falling, "CNN, strides": strided, "CNN, means": steady},
    xlabel="pixels to the right", ylabel="accuracy",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# The picture in numbers:

# %% slideshow={"slide_type": "skip"}
assert steady[4] > falling[4] + 0.3, "sharing must pay off"
assert steady[0] - steady[4] < (strided[0] - strided[4]) / 2, (
    "without strides a shift must hurt less"
)

# %% [markdown] slideshow={"slide_type": "-"}
# *This* is what convolution promised. It holds as long as we do not throw places away. (The other usual cure is to train on shifted copies as
# well: a function for your `WrappedDataLoader`.)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Error clinic
#
# Errors you will meet, raised on purpose. Read the *last* line first. Then the shapes in it.
#
# **Predict.** Flat images meet a convolution.

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
first(x_train[:64])

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** The two silent ones, 64 pixels and the forgotten eval, are the ones to keep. 10 minutes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** 28 by 28, but the channel axis is missing. For what does torch take the 64?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
first(x_train[:64].view(64, 28, 28))

# %% [markdown] slideshow={"slide_type": "-"}
# For *one* image with 64 channels. `images[:, None]` inserts the axis.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Fixed pooling, windows of 4 by 4, meets images of 16 pixels. How large are the last maps?

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
fixed = fixed_pooling()
fixed(torch.rand(2, 1, 16, 16))

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Silent: 64 pixels
#
# **Predict.** Two images of 64 pixels through fixed pooling: which shape comes out, and does the loss complain?

# %% slideshow={"slide_type": "fragment"}
large = torch.rand(2, 1, 64, 64)
out = fixed(large)
loss = F.cross_entropy(out, torch.tensor([3, 7]))
print("logits", tuple(out.shape), f" loss {loss.item():.2f}")
assert out.shape == (2, 40), "the silent error must show"

# %% [markdown] slideshow={"slide_type": "-"}
# Forty "classes" for ten digits, and no error. The class of section 3 ended with `view(-1, 10)`. It does worse:

# %% slideshow={"slide_type": "fragment"}
print(f"ln 40 = {math.log(40):.2f}")
with torch.no_grad():
    rows = F.avg_pool2d(fixed[:6](large), 4).view(-1, 10)
print("with view(-1, 10):", tuple(rows.shape))

# %% [markdown] slideshow={"slide_type": "-"}
# Eight rows for two images. Only the first loss tells, ln 40 for ten digits. Use adaptive pooling, and `flatten(1)`, which never touches the
# batch axis.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Silent: the forgotten eval()
#
# **Predict.** Our network is still in training mode. We ask it about the same image, first among 63 others, then among 7.

# %% slideshow={"slide_type": "fragment"}
net.train()
crowd = to_images(x_valid[:64], y_valid[:64])[0]
with torch.no_grad():
    answers = net(crowd)[0], net(crowd[:8])[0]
print("train: the same scores:", answers[0].allclose(answers[1], atol=1e-3))
net.eval()
with torch.no_grad():
    answers = net(crowd)[0], net(crowd[:8])[0]
print("eval:  the same scores:", answers[0].allclose(answers[1], atol=1e-3))

# %% [markdown] slideshow={"slide_type": "-"}
# In training mode BatchNorm uses the mean of *this* batch: what it says about you depends on who else is in the room. That was the bug of
# lesson 07's lecture hall, by another door.

# %% [markdown] slideshow={"slide_type": "subslide"}
# `view` never copies. A transposed tensor lies in memory in another order, so its rows cannot be walked in one go:

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
torch.arange(6).view(2, 3).t().view(-1)

# %% [markdown] slideshow={"slide_type": "-"}
# `reshape` is NumPy's: it copies if it must.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** We want to keep a whole model that holds a `Lambda`.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-ignore-output"]
import io
import pickle

try:
    pickle.dumps(with_lambda())
except (pickle.PicklingError, AttributeError) as error:
    print(f"{type(error).__name__}: {str(error).split(' at 0x')[0]}")
torch.save(with_lambda().state_dict(), io.BytesIO())
print("its state_dict can be saved")

# %% [markdown] slideshow={"slide_type": "-"}
# A pickle stores a function by its name, and a lambda has none. The numbers can always be saved: keep the `state_dict`.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises
#
# Replace `...` with your answer, run the cell, then run the check below it. `solution("name")` shows one way to do it, when
# you want to see one.

# %% slideshow={"slide_type": "skip"}
from coursekit.exercises import check, solution

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Predict
#
# Count before you build.

# %% slideshow={"slide_type": "skip"} tags=["exercise"]
# How many parameters has nn.Conv2d(3, 32, 5), for colour images?
colour_parameters = ...

# %% slideshow={"slide_type": "skip"} tags=["check"]
check("colour_parameters", colour_parameters)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Write
#
# How many places are there for a window?

# %% slideshow={"slide_type": "skip"} tags=["exercise"]
def conv_size(n, k, stride=1, padding=0):
    # n pixels, a window of k -> how many answers along this axis
    ...

# %% slideshow={"slide_type": "skip"} tags=["check"]
check(conv_size)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Fill in
#
# A blur: each answer is the mean of a pixel and its eight neighbours, and the image keeps its size.

# %% slideshow={"slide_type": "skip"} tags=["exercise"]
def blur(images):
    # (n, 1, h, w) -> (n, 1, h, w)
    kernel = ...
    return F.conv2d(images, kernel, padding=1)

# %% slideshow={"slide_type": "skip"} tags=["check"]
check(blur)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Find the mistake
#
# It worked for years, until somebody sent larger images.

# %% slideshow={"slide_type": "skip"} tags=["exercise"]
def to_rows(maps):
    # (n, channels, h, w) -> one row for each image
    return maps.view(-1, maps.size(1))

# %% slideshow={"slide_type": "skip"} tags=["check"]
check(to_rows)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Put in order
#
# A small network, its lines shuffled. It takes flat images and has 10 logits, which may be negative. One line is too many.

# %% slideshow={"slide_type": "skip"} tags=["exercise"]
small_cnn = [
    "        nn.Flatten(),",
    "        nn.Conv2d(1, 8, 3, stride=2, padding=1),",
    "    )",
    "        nn.Linear(8, 10),",
    "def small_cnn():",
    "        nn.ReLU(),",
    "        nn.Unflatten(1, (1, 28, 28)),",
    "        nn.Linear(784, 10),",
    "        nn.AdaptiveAvgPool2d(1),",
    "    return nn.Sequential(",
]

# %% slideshow={"slide_type": "skip"} tags=["check"]
check("small_cnn", small_cnn)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recap
#
# You can now
#
# - slide a window by hand, and predict shapes and parameter counts
# - write a network as a class or a chain, move the `view` into the loader, and prove that nothing changed
# - train several seeds before you believe a design; check dead outputs, signal size and the last layer
#
# Into `coursekit.recap` went what you built: `shift`, `conv2d_by_hand`, `CNN`, `Lambda`, `to_images`, `WrappedDataLoader`,
# `lecture_cnn`, `he_init`, `conv_block`, `make_cnn`, `steady_cnn`.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Still unsolved:
#
# - Twenty-odd small networks took a while, and real ones are a thousand times larger: lesson 13, the GPU
# - The loader copies images one by one while the network waits: lesson 13
#
# What you need no more: a `forward` for a chain, a fixed image size, a lucky seed.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Sources.** The three-convolution network and the wrapped loader follow Jeremy Howard's tutorial *What is torch.nn really?*;
# He initialisation: K. He et al., *Delving Deep into Rectifiers* (2015); BatchNorm: S. Ioffe and C. Szegedy (2015); strides and shifts:
# R. Zhang, *Making Convolutional Networks Shift-Invariant Again* (2019).

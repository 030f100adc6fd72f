# ---
# jupyter:
#   coursekit:
#     lesson: '10'
#     minutes: 90
#     needs:
#     - '07'
#     - '08'
#     - '09'
#     provides:
#     - PairDataset
#     - train_batches
#     - FastLoader
#     question: How do batches reach the loop, and at what cost?
#     title: Dataset and DataLoader
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 10 · Dataset and DataLoader
#
# **How do batches reach the loop, and at what cost?**
#
# After this lesson you can
#
# - write a dataset, and hand it to the loop in batches
# - shuffle, and get the same order again whenever you want
# - measure what a loader costs, and build a faster one
#
# Needs: [08 nn.Module](08_nn_module.ipynb), [09 optim](09_optim.ipynb). About 90 minutes.
#
# [**Open in Colab**](https://colab.research.google.com/github/your-org/neural-networks-from-nothing/blob/main/notebooks/10_dataset_and_dataloader.ipynb)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Write lesson 09's loop on the board and underline its first line, `for xb, yb in zip(...)`. Ask: "What does this line have
# to know?" (Two arrays, how they are cut, in which order, and that they fit in memory.) Today that line goes, and nothing else.
# The two moments to protect: the training that stops without a word (section 4) and the sorted data (section 5). 3 minutes.

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
# 1. Which two methods of an optimizer does the loop call, and what do they do? (lesson 09)
# 2. `model(xb)` or `model.forward(xb)`: which of them do you write, and why? (lesson 08)
# 3. Ten classes, an untrained model: near which number is the first loss? (lesson 07)
# 4. When you shuffle inputs, what has to move with them? (lesson 06)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Answers</summary>
#
# 1. `step()` moves every parameter against its gradient, `zero_grad()` forgets the gradients.
# 2. `model(xb)`: the call runs `forward` and everything else that a module does when it is called.
# 3. ln 10, about 2.3.
# 4. The targets, by the same permutation. Otherwise each input gets somebody else's answer.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 1 · What the loop still knows
#
# The model became an object, and so did the step. One line of the loop still does things by hand:
#
# `for xb, yb in zip(x.split(bs), y.split(bs)):`
#
# It knows two arrays by name, how to cut them, and that everything is in memory, in this order. We move that knowledge
# out. First the data, and the histories of three versions that you know.

# %% slideshow={"slide_type": "-"}
from coursekit.data import load_digits

data = load_digits()
x_train, y_train = data.x_train, data.y_train
x_valid, y_valid = data.x_valid, data.y_valid

# %% [markdown] slideshow={"slide_type": "subslide"}
# Every version starts from the same weights and takes the same batches. `fresh` gives the same start whenever we train.

# %% slideshow={"slide_type": "-"}
import torch
import torch.nn.functional as F
from torch import optim

from coursekit.recap import linear_model

bs = 64


def fresh(lr=0.25):
    model = linear_model()
    return model, optim.SGD(model.parameters(), lr=lr)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Lesson 07's loop of raw tensors, lesson 08's, lesson 09's: how far apart are the losses of all their
# minibatches?

# %% slideshow={"slide_type": "fragment"}
from coursekit.recap import init_params, train_module, train_opt, train_raw
from coursekit.recap import model as raw_model

model, opt = fresh()
history = {
    "raw": train_raw(raw_model, *init_params(), x_train, y_train),
    "Linear": train_module(linear_model(), F.cross_entropy, x_train, y_train),
    "optim.SGD": train_opt(model, F.cross_entropy, opt, x_train, y_train),
}
losses = torch.tensor(list(history.values()))
print(tuple(losses.shape), "losses: versions, minibatches")
assert (losses - losses[0]).abs().max() < 1e-5, "the loops differ"

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Expected: equal up to rounding, less than 0.00001. Recall why not exactly: another order of additions inside the matrix
# product. Today, from `optim.SGD` on, we shall ask for *exactly*. 5 minutes.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2 · A dataset: a length and an item
#
# Python's syntax is open to your own classes. `len(s)` calls a method with a strange name, and so do square brackets.
#
# **Predict.** Which pairs are equal?

# %% slideshow={"slide_type": "fragment"}
s = "some string"
print(len(s), s.__len__())
print(s[0], s.__getitem__(0))

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Say "dunder len": double underscore. Ask for other dunders they have met (`__init__`, and `__call__` behind `model(xb)`).
# 10 minutes for this section.

# %% [markdown] slideshow={"slide_type": "subslide"}
# These *dunder* methods (double underscore) are the sockets for your own classes. Two of them make a dataset: how many
# rows are there, and what is row `i`?

# %% slideshow={"slide_type": "-"} tags=["recap"]
from torch.utils.data import Dataset


class PairDataset(Dataset):
    def __init__(self, x, y):
        assert len(x) == len(y), "each row of x needs its own y"
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Which shapes have the two parts of `train_ds[0]`, and of `train_ds[0:64]`?

# %% slideshow={"slide_type": "fragment"}
train_ds = PairDataset(x_train, y_train)
for name, (x, y) in {"[0]": train_ds[0], "[0:64]": train_ds[0:64]}.items():
    print(f"{name:>6}", tuple(x.shape), tuple(y.shape))
assert len(train_ds) == len(x_train), "one item for each image"

# %% [markdown] slideshow={"slide_type": "subslide"}
# PyTorch has this class ready, for any number of tensors: `TensorDataset`. Is it the same? Claims are tested.

# %% slideshow={"slide_type": "-"}
from torch.utils.data import TensorDataset

tensor_ds = TensorDataset(x_train, y_train)
for i in (0, -1, slice(0, 64)):
    for ours, theirs in zip(train_ds[i], tensor_ds[i]):
        assert torch.equal(ours, theirs), "x[i] and y[i]: the same rows?"

# %% [markdown] slideshow={"slide_type": "subslide"}
# In the loop, two slices become one. Note `i : i + bs`: slicing forgives an end beyond the end, so the short last batch
# comes for free.

# %% slideshow={"slide_type": "-"}
train_ds = TensorDataset(x_train, y_train)
model, opt = fresh()
losses = []
for epoch in range(5):
    for i in range(0, len(train_ds), bs):
        xb, yb = train_ds[i : i + bs]
        loss = F.cross_entropy(model(xb), yb)
        loss.backward()
        opt.step()
        opt.zero_grad()
        losses.append(loss.item())
history["TensorDataset"] = losses

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Compared with lesson 09's history: equal up to rounding, or equal to the last bit?

# %% slideshow={"slide_type": "fragment"}
def exactly_equal(one, two):
    return torch.equal(torch.tensor(one), torch.tensor(two))


reference = history["optim.SGD"]
print("to the last bit:", exactly_equal(losses, reference))
assert exactly_equal(losses, reference), "other rows, or other steps"

# %% [markdown] slideshow={"slide_type": "-"}
# To the last bit. Rounding depends on the order in which numbers are added. `nn.Linear` changed that order. A dataset
# only *hands over* the same rows, and the same operations on the same numbers give the same bits.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### An item can be made when it is asked for
#
# That is the real gain. A dataset need not *hold* its rows. It may open a file, cut, turn, translate, and then hand over
# the item. The loop never learns of it, and the data may be larger than the memory.
#
# `torchvision` has such a class for the files that come with this course.

# %% slideshow={"slide_type": "-"}
from torchvision.datasets import MNIST

from coursekit.data import shipped_folder

files = shipped_folder() / "digits"
image, label = MNIST(files)[0]
print(type(image).__name__, image.size, "label", label)

# %% [markdown] slideshow={"slide_type": "subslide"}
# An item is a picture object, made at this moment, and an `int`. A *transform* turns it into a tensor on the way out.
#
# **Predict.** Shape, and the smallest and largest number?

# %% slideshow={"slide_type": "fragment"}
from torchvision.transforms import ToTensor

image_ds = MNIST(files, transform=ToTensor())
x, y = image_ds[0]
print(tuple(x.shape), x.dtype, f"from {x.min():.2f} to {x.max():.2f}")
assert torch.equal(x[0], image_ds.data[0] / 255), "ToTensor: bytes to 0 … 1"

# %% [markdown] slideshow={"slide_type": "skip"}
# Many courses add a second transform that moves the pixels to mean 0 and standard deviation 1, with MNIST's numbers.
#
# **Predict.** A lecturer printed such a batch and asked: most pixels are background, so why are they not 0?

# %% slideshow={"slide_type": "skip"}
from torchvision.transforms import Compose, Normalize

shift = Compose([ToTensor(), Normalize((0.1307,), (0.3081,))])
x, y = MNIST(files, transform=shift)[0]
print(f"paper is now {x.min():.3f}")
assert abs(x.min() - (0 - 0.1307) / 0.3081) < 1e-4

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3 · A loader: give me another batch
#
# The index arithmetic is still in our loop. A `DataLoader` takes it over. You tell it the dataset and the batch size, and
# from then on you only ask: another one, please.

# %% slideshow={"slide_type": "-"}
from torch.utils.data import DataLoader

train_dl = DataLoader(train_ds, batch_size=bs)
print(len(train_ds), "images in", len(train_dl), "batches")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** "Separation of concerns" is the phrase: the loader decides how to batch, the loop consumes. Ask: "What would you have to
# change in the loop for another batch size? For files on disk?" (Nothing.) 12 minutes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Here is the loop. It consumes batches and knows nothing about where they come from.

# %% slideshow={"slide_type": "-"} tags=["recap"]
def train_batches(model, loss_func, opt, train_dl, epochs=5):
    history = []
    for _ in range(epochs):
        for xb, yb in train_dl:
            preds = model(xb)
            loss = loss_func(preds, yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            history.append(loss.item())
    return history

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** How many lines inside lesson 09's loop had to change?

# %% slideshow={"slide_type": "fragment"}
from coursekit.changes import changes
from coursekit.refactoring import lines_of_code

old, new = ["\n".join(lines_of_code(f)) for f in (train_opt, train_batches)]
shown = changes(old, new, titles=("09 train_opt", "10 train_batches"))
new_lines = ["for xb, yb in train_dl:"]
assert shown.added == new_lines, "one line is new: is a step missing?"
shown

# %% [markdown] slideshow={"slide_type": "subslide"}
# And did the behaviour change?

# %% slideshow={"slide_type": "-"}
model, opt = fresh()
history["DataLoader"] = train_batches(model, F.cross_entropy, opt, train_dl)
print("to the last bit:", exactly_equal(reference, history["DataLoader"]))
assert exactly_equal(reference, history["DataLoader"]), "other batches, steps"

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What it does inside
#
# We plant a witness: a dataset that writes down what it is asked for.
#
# **Predict.** For one batch of 64 images, how often will the loader ask?

# %% slideshow={"slide_type": "fragment"}
class Watched(TensorDataset):
    def __getitem__(self, i):
        asked.append(i)
        return super().__getitem__(i)


asked = []
watched_ds = Watched(x_train, y_train)
xb, yb = next(iter(DataLoader(watched_ds, batch_size=bs)))
print(len(asked), "times:", asked[:3], "…", asked[-1])
assert asked == list(range(bs)), "one question for each row"

# %% [markdown] slideshow={"slide_type": "subslide"}
# Sixty-four times: one row, another row, another row. Then it stacks the rows. That second half is called *collate*.

# %% slideshow={"slide_type": "-"}
xs, ys = zip(*[train_ds[i] for i in range(bs)])
print(len(xs), "images, stacked:", tuple(torch.stack(xs).shape))
assert torch.equal(xb, torch.stack(xs)), "stack the images"
assert torch.equal(yb, torch.stack(ys)), "stack the labels"

# %% [markdown] slideshow={"slide_type": "-"}
# Slow? We shall measure it in section 7. But it never slices a dataset, so it works for *any* class with `__len__` and
# `__getitem__`.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 4 · The book, the bookmark and the story
#
# `for xb, yb in train_dl` hides some machinery. Let us do without the `for`.
#
# **Predict.** What does `next(train_dl)` give?

# %% slideshow={"slide_type": "fragment"} tags=["raises-exception"]
next(train_dl)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Take a real book and a real bookmark with you. The loader is the book. `iter` puts a bookmark in at page one, `next` reads
# a page. Two readers, two bookmarks, one book. A generator has no book: somebody tells a story, once. 12 minutes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# A loader is an **iterable**: like a book, it can be read. `iter` makes an **iterator**, the bookmark. Only a bookmark
# knows what comes next.

# %% slideshow={"slide_type": "-"}
batches = iter(train_dl)
first, second = next(batches), next(batches)
print(type(first).__name__, "of", [tuple(t.shape) for t in first])
assert torch.equal(second[1], y_train[bs : 2 * bs]), "the second page"

# %% [markdown] slideshow={"slide_type": "subslide"}
# A `for` loop is sugar for exactly this: put the bookmark in at the start, turn pages, stop after the last.

# %% slideshow={"slide_type": "-"}
batches, pages = iter(train_dl), 0
while True:
    try:
        xb, yb = next(batches)
    except StopIteration:
        break
    pages += 1
print(pages, "pages")
assert pages == len(train_dl)

# %% [markdown] slideshow={"slide_type": "skip"}
# A recorded lecture took its batches one by one, `for t in range(100)`, from a single bookmark. It survived, because its
# epoch had more than 100 batches. Ask for more than one epoch, and `next` ends with an error:

# %% slideshow={"slide_type": "skip"}
batches = iter(train_dl)
try:
    for t in range(2 * len(train_dl)):
        xb, yb = next(batches)
except StopIteration:
    print(f"StopIteration after {t} batches")
assert t == len(train_dl)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The third kind is a **generator**. A function with `yield` makes one. Each `next` runs it up to the next `yield`, where
# it waits. It is the shortest way to write batches:

# %% slideshow={"slide_type": "-"}
def cut(x, y, bs):
    for i in range(0, len(x), bs):
        yield x[i : i + bs], y[i : i + bs]


story = cut(x_train, y_train, bs)
xb, yb = next(story)
print(tuple(xb.shape), tuple(yb.shape))

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Five epochs with this generator for a loader. How many losses will come back: as many as before?

# %% slideshow={"slide_type": "fragment"}
model, opt = fresh()
story = cut(x_train, y_train, bs)
short = train_batches(model, F.cross_entropy, opt, story, epochs=5)
print("losses: loader", len(reference), " generator", len(short))
assert len(short) == len(train_dl), "a generator can be walked once"

# %% [markdown] slideshow={"slide_type": "subslide"}
# One epoch. The other four found nothing to read, and a `for` loop over nothing is no error. No message, and the losses
# that did come are right. This training just stopped.

# %% slideshow={"slide_type": "-"}
from coursekit import plot

assert exactly_equal(short, history["DataLoader"][: len(short)])
both = {"loader": history["DataLoader"], "generator ends here": short}
plot.losses(both, xlabel="minibatch")

# %% [markdown] slideshow={"slide_type": "subslide"}
# A generator is its own bookmark, and there is no book: it is told once. So is a `zip`. You can ask:
# `iter(thing) is thing`.

# %% slideshow={"slide_type": "-"}
things = {
    "DataLoader": train_dl,
    "list": [1, 2],
    "zip": zip([1], [2]),
    "generator": cut(x_train, y_train, bs),
}
for name, thing in things.items():
    once = iter(thing) is thing
    print(f"{name:>10}:", "once" if once else "again and again")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Cures: put the pairs in a list, or write a class whose `__iter__` starts anew. And a habit that costs one line and
# catches it at once:

# %% slideshow={"slide_type": "-"}
def check_steps(losses, train_dl, epochs=5):
    assert len(losses) == epochs * len(train_dl), "epoch empty or short"


model, opt = fresh()
pairs = list(cut(x_train, y_train, bs))
again = train_batches(model, F.cross_entropy, opt, pairs)
check_steps(again, pairs)
assert exactly_equal(again, history["DataLoader"])

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 5 · Order matters
#
# Data often comes sorted: a folder of zeros, a folder of ones, and so on. We sort ours, and look at which digits each
# batch holds.

# %% slideshow={"slide_type": "-"}
by_digit = y_train.argsort(stable=True)
sorted_ds = TensorDataset(x_train[by_digit], y_train[by_digit])
sorted_dl = DataLoader(sorted_ds, batch_size=bs)
counts = torch.stack([yb.bincount(minlength=10) for xb, yb in sorted_dl])
plot.heatmap(counts, xlabel="digit", ylabel="batch", height=4.2)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Let them guess before the next cell runs: is sorted data better, worse, or the same? It is the same images, every one of
# them, five times. Then the reveal in two steps: first the loss only, then the accuracy. 15 minutes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# The same images, the same model, the same five epochs.
#
# **Predict.** Will the loss of the very last batch be smaller or larger than before?

# %% slideshow={"slide_type": "fragment"}
model, opt = fresh()
in_order = train_batches(model, F.cross_entropy, opt, sorted_dl)
check_steps(in_order, sorted_dl)
print(f"last loss {reference[-1]:.4f}, sorted {in_order[-1]:.4f}")
assert in_order[-1] < reference[-1], "sorted, x and y alike?"

# %% [markdown] slideshow={"slide_type": "subslide"}
# Wonderful! And on images that it has not seen?

# %% slideshow={"slide_type": "fragment"}
from coursekit.recap import validate

loss, acc = validate(model, F.cross_entropy, x_valid, y_valid)
print(f"validation loss {loss:.2f}, accuracy {acc:.1%}")
assert acc < 0.7 and loss > 1.5, "sorted data must hurt"

# %% [markdown] slideshow={"slide_type": "subslide"}
# A disaster. What does it answer? Printed is how many there are of each digit; the bars are its answers.

# %% slideshow={"slide_type": "-"}
with torch.no_grad():
    answers = model(x_valid).argmax(dim=1)
said = answers.bincount(minlength=10)
print("truth:", y_valid.bincount(minlength=10).tolist())
assert said.argmax() == 9, "it says what it heard last"
plot.bars(said, marked=9, xlabel="answer", ylabel="images", digits=0)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The last batches of an epoch are all nines, so it learned: *whatever I show you, say nine*. The loss of those batches
# is tiny. SGD trusts each batch to speak for all the data. These speak for one digit.
#
# The cure is one word, and it costs nothing to say.

# %% slideshow={"slide_type": "-"}
g = torch.Generator().manual_seed(1)
mixed_dl = DataLoader(sorted_ds, batch_size=bs, shuffle=True, generator=g)
model, opt = fresh()
mixed = train_batches(model, F.cross_entropy, opt, mixed_dl)
loss, acc = validate(model, F.cross_entropy, x_valid, y_valid)
print(f"validation loss {loss:.2f}, accuracy {acc:.1%}")
assert acc > 0.85, "the same data, shuffled, must be learned"

# %% [markdown] slideshow={"slide_type": "subslide"}
# The same rows from the same sorted dataset. Each time the digit changes, the sorted training meets something that it has
# forgotten, and the loss jumps. And where it looks best, at the end, it knows least.

# %% slideshow={"slide_type": "-"}
assert max(in_order) > 3 * max(mixed), "the sorted training must oscillate"
plot.losses({"sorted": in_order, "shuffled": mixed}, xlabel="minibatch")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The same order again
#
# A shuffled history can be compared only with one in the *same* order. To see an order, we batch the row numbers
# themselves.

# %% slideshow={"slide_type": "-"}
rows_ds = TensorDataset(torch.arange(len(x_train)))


def order(dl):
    return torch.cat([rows for (rows,) in dl])

# %% [markdown] slideshow={"slide_type": "subslide"}
# `generator=` is a source of random numbers for this loader alone. Two loaders, two generators, the same seed.
#
# **Predict.** Do they agree in epoch 1? In epoch 2? Is epoch 2 in the order of epoch 1?

# %% slideshow={"slide_type": "-"}
def shuffled(seed):
    g = torch.Generator().manual_seed(seed)
    return DataLoader(rows_ds, batch_size=bs, shuffle=True, generator=g)

# %% slideshow={"slide_type": "fragment"}
one, two = shuffled(1), shuffled(1)
for epoch in (1, 2):
    a, b = order(one), order(two)
    print(f"epoch {epoch}:", a[:6].tolist(), "equal:", torch.equal(a, b))
    assert torch.equal(a, b), "the same seed gives the same order"
    assert torch.equal(a.sort().values, torch.arange(len(a)))

# %% [markdown] slideshow={"slide_type": "-"}
# Each epoch has an order of its own, and the seed fixes all of them.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Now leave `generator=` out and call `torch.manual_seed(1)` at the start of the program. That seems to do.
# A colleague adds one line: after each epoch, look at the validation data, **unshuffled**.
#
# **Predict.** Do the training batches change?

# %% slideshow={"slide_type": "fragment"}
def orders(look):
    torch.manual_seed(1)
    train_dl = DataLoader(rows_ds, batch_size=bs, shuffle=True)
    valid_dl = DataLoader(rows_ds, batch_size=bs)
    seen = []
    for epoch in range(3):
        seen.append(order(train_dl))
        if look:
            order(valid_dl)
    return seen

# %% slideshow={"slide_type": "-"}
same = [torch.equal(a, b) for a, b in zip(orders(False), orders(True))]
print("same training order in epochs 1, 2, 3:", same)
assert same == [True, False, False], "looking changes what comes after"

# %% [markdown] slideshow={"slide_type": "-"}
# From epoch 2 on, everything is different. Every `iter` of every loader draws one number from the global source, a seed
# for workers that it does not even have. **Pass `generator=` to the training loader**, and looking is harmless.

# %% [markdown] slideshow={"slide_type": "skip"}
# For comparing a loop of your own with a shuffled `DataLoader`, here is what it draws from its generator in each epoch:
# the number for the workers, the order, and a second order that is thrown away. (An implementation detail: the assert
# tells you if your version of torch does it differently.)

# %% slideshow={"slide_type": "skip"}
def order_by_hand(n, g):
    torch.empty((), dtype=torch.int64).random_(generator=g)
    rows = torch.randperm(n, generator=g)
    torch.randperm(n, generator=g)
    return rows


dl, g = shuffled(1), torch.Generator().manual_seed(1)
for epoch in range(3):
    same = torch.equal(order(dl), order_by_hand(len(rows_ds), g))
    assert same, "this torch draws other random numbers in an epoch"

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 6 · Short, ragged and endless
#
# The last batch is short. That is fine for a step, but not for a mean: averaging the batches counts each image of the short
# batch more than the others.
#
# **Predict.** The plain mean of the batches, or the mean weighted by their sizes: which is the loss over all images?

# %% slideshow={"slide_type": "fragment"}
valid_dl = DataLoader(TensorDataset(x_valid, y_valid), batch_size=bs)
with torch.no_grad():
    parts = [F.cross_entropy(model(xb), yb).item() for xb, yb in valid_dl]
sizes = [len(yb) for xb, yb in valid_dl]
whole = validate(model, F.cross_entropy, x_valid, y_valid)[0]
mean = sum(parts) / len(parts)
weighted = sum(p * n for p, n in zip(parts, sizes)) / sum(sizes)
print("batches of", sizes[0], "and one of", sizes[-1])
print(f"mean {mean:.4f}  weighted {weighted:.4f}  all at once {whole:.4f}")
assert abs(weighted - whole) < 1e-5 < abs(mean - whole), "weight by size"

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** The weighted one. On these data the difference is small; with a last batch of one image it is not. Lesson 11's `fit`
# weights. If time is short, go from here straight to section 7. 12 minutes with all of it.

# %% [markdown] slideshow={"slide_type": "skip"}
# `drop_last=True` leaves the short batch out. Use it where a batch of one image would do harm, and only together with
# `shuffle=True`: then other rows are left out each time.

# %% slideshow={"slide_type": "skip"}
full_dl = DataLoader(train_ds, batch_size=bs, drop_last=True)
print(len(train_dl), "batches, or", len(full_dl), "full ones")
assert {len(yb) for xb, yb in full_dl} == {bs}

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Ragged items
#
# Words have different lengths. Here they are as lists of letter numbers. (A plain list is a dataset too: it has a length
# and items.)

# %% slideshow={"slide_type": "-"}
words = ["to", "be", "or", "not", "hence"]
word_ds = [torch.tensor([ord(c) - 96 for c in word]) for word in words]
print(len(word_ds), "items, the last one:", word_ds[-1])

# %% [markdown] slideshow={"slide_type": "-"}
# **Predict.** What does the loader say when it has to stack them?

# %% slideshow={"slide_type": "fragment"}
try:
    next(iter(DataLoader(word_ds, batch_size=5)))
except RuntimeError as error:
    print(error)

# %% [markdown] slideshow={"slide_type": "subslide"}
# How rows become a batch is the job of `collate_fn`, and you may bring your own. This one fills up with zeros.

# %% slideshow={"slide_type": "-"}
from torch.nn.utils.rnn import pad_sequence


def pad(items):
    return pad_sequence(items, batch_first=True)


batch = next(iter(DataLoader(word_ds, batch_size=5, collate_fn=pad)))
print(batch)
assert torch.equal(batch[0], torch.tensor([20, 15, 0, 0, 0])), "pad at the end"

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Samplers
#
# Who decides on the order? A *sampler*, which gives row numbers, and a *batch sampler*, which gives lists of them.
# `shuffle=True` is short for a `RandomSampler`.
#
# **Predict.** Seven rows in batches of three: which lengths?

# %% slideshow={"slide_type": "skip"}
from torch.utils.data import BatchSampler, RandomSampler

g = torch.Generator().manual_seed(1)
sampler = RandomSampler(range(7), generator=g)
lists = list(BatchSampler(sampler, batch_size=3, drop_last=False))
print(lists)
assert sorted(sum(lists, [])) == list(range(7))

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Endless items
#
# A stream has no length and no item number 7: log lines, a sensor, a file too long to index. For those there is a second
# kind of dataset. It has `__iter__`, and neither `__len__` nor `__getitem__`.

# %% slideshow={"slide_type": "-"}
from itertools import count

from torch.utils.data import IterableDataset


class Squares(IterableDataset):
    def __iter__(self):
        return (n * n for n in count())

# %% [markdown] slideshow={"slide_type": "-"}
# Three batches of it. The `zip` with `range(3)` is what ends the loop.

# %% slideshow={"slide_type": "-"}
for step, batch in zip(range(3), DataLoader(Squares(), batch_size=4)):
    print(batch)
assert batch.tolist() == [64, 81, 100, 121], "the stream goes on"

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Workers
#
# `num_workers=4` starts four more Python processes. Each gets a copy of the dataset and makes whole batches, while your
# loop trains. It pays where an *item* is expensive: files, pictures, augmentation. Tensors in memory are copied between
# processes for nothing, and starting takes time before the first batch, in every epoch, unless `persistent_workers=True`.
#
# A stream is copied too: without care each worker sends *all* of it. `get_worker_info()` tells it which part is its own.

# %% slideshow={"slide_type": "skip"}
from torch.utils.data import get_worker_info

print("worker:", get_worker_info())
assert get_worker_info() is None, "num_workers=0: no other process"

# %% [markdown] slideshow={"slide_type": "skip"}
# On Windows and macOS, and since Python 3.14 on Linux too, a worker *imports your program*. So a script needs a guard, or
# every worker would start the training again:
#
# ```python
# if __name__ == "__main__":
#     for xb, yb in DataLoader(train_ds, batch_size=64, num_workers=4):
#         ...
# ```
#
# And a class that you wrote in a notebook cell cannot be imported by anybody: the cell hangs, or a worker "exited
# unexpectedly". Put the dataset in a `.py` file, or stay with `num_workers=0`, as this course does.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 7 · What it costs
#
# Now the price. Four ways to walk once through the same number of images. We time the walk alone, and take the best of
# several: other programs can make a measurement slower, never faster.

# %% slideshow={"slide_type": "-"}
from time import perf_counter


def best_time(make_loader, repeats=5):
    times = []
    for _ in range(repeats):
        start = perf_counter()
        for batch in make_loader():
            pass
        times.append(perf_counter() - start)
    return min(times)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Collect bets: rank the four, then the factor between first and last. Nobody bets high enough. Usual wrong answer:
# DataLoader is the fastest, "that is what it is for". It is made for items that are expensive, ours are not. 15 minutes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# The slices are views: nothing is copied. By hand, a permutation is cut into 64 row numbers at a time, and `index_select`
# copies those rows in one call.

# %% slideshow={"slide_type": "-"}
n = len(image_ds)
x, y = x_train[:n], y_train[:n]
ds = TensorDataset(x, y)


def rows_by_hand():
    for rows in torch.randperm(n).split(bs):
        yield x.index_select(0, rows), y.index_select(0, rows)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The four, each as a function that makes the loader anew.
#
# **Predict.** Rank them. How many times as fast as the slowest is the fastest?

# %% slideshow={"slide_type": "-"}
ways = {
    "image files, ToTensor": lambda: DataLoader(image_ds, bs, shuffle=True),
    "DataLoader": lambda: DataLoader(ds, bs, shuffle=True),
    "by hand": rows_by_hand,
    "slices, not shuffled": lambda: cut(x, y, bs),
}
seconds = {name: best_time(make) for name, make in ways.items()}
slowest = seconds["image files, ToTensor"]

# %% [markdown] slideshow={"slide_type": "subslide"}
# Each line of this axis is *ten times* the last.

# %% slideshow={"slide_type": "-"} tags=["nbval-ignore-output"]
assert slowest > 3 * seconds["DataLoader"], "an item that must be made costs"
assert seconds["DataLoader"] > 1.5 * seconds["by hand"], "row by row costs"
assert slowest > 20 * seconds["by hand"], "orders of magnitude"
plot.speedups({name: slowest / t for name, t in seconds.items()})

# %% [markdown] slideshow={"slide_type": "subslide"}
# A loader does not make anything faster: it makes things *possible*, and asks a price for each row. The picture files pay
# most, because every image becomes an object, then bytes, then a tensor, alone, in Python.
#
# Our rows lie side by side in one tensor. Why ask 64 times? `batch_size=None` switches the stacking off, and a sampler of
# whole *lists* lets the loader ask for a batch at once.

# %% slideshow={"slide_type": "-"}
def lists_of_rows(ds):
    lists = BatchSampler(RandomSampler(ds), bs, drop_last=False)
    return DataLoader(ds, sampler=lists, batch_size=None)


asked = []
xb, yb = next(iter(lists_of_rows(watched_ds)))
print(len(asked), "question for", len(yb), "rows")
assert len(asked) == 1, "the sampler must give lists of rows"

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** If `BatchSampler` is new to them (it stands in a part of section 6 that has no slide), say: a sampler gives row numbers,
# a batch sampler gives lists of them, `shuffle=True` is short for a `RandomSampler`.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Build the fast loader
#
# What does the loop want from a loader? One method: `__iter__`. So we take the whole `DataLoader`, and replace that one.

# %% slideshow={"slide_type": "-"} tags=["recap"]
class FastLoader(DataLoader):
    def __init__(self, dataset, batch_size=64, shuffle=False, generator=None):
        super().__init__(dataset, batch_size, shuffle, generator=generator)
        self.shuffle = shuffle

    def __iter__(self):
        order = torch.arange(len(self.dataset))
        if self.shuffle:
            order = torch.randperm(len(order), generator=self.generator)
        for rows in order.split(self.batch_size):
            yield tuple(t.index_select(0, rows) for t in self.dataset.tensors)

# %% [markdown] slideshow={"slide_type": "subslide"}
# `__iter__` makes a generator, and yet the loader can be walked again and again: each `for` calls the method, and gets a
# new one. Length and batch size are inherited.
#
# **Predict.** Unshuffled, in the loop: the same history to the last bit?

# %% slideshow={"slide_type": "fragment"}
fast_dl = FastLoader(train_ds, batch_size=bs)
model, opt = fresh()
history["FastLoader"] = train_batches(model, F.cross_entropy, opt, fast_dl)
check_steps(history["FastLoader"], fast_dl)
print(len(fast_dl), "batches")
print("to the last bit:", exactly_equal(reference, history["FastLoader"]))
assert exactly_equal(reference, history["FastLoader"]), "other rows or order"

# %% [markdown] slideshow={"slide_type": "subslide"}
# Shuffled, it owes us four things. Every row once. A new order in each epoch. The same orders for the same seed. And x
# and y must stay together.

# %% slideshow={"slide_type": "-"}
def fast(seed, ds=rows_ds):
    g = torch.Generator().manual_seed(seed)
    return FastLoader(ds, batch_size=bs, shuffle=True, generator=g)


dl, twin = fast(1), fast(1)
first, second = order(dl), order(dl)
assert torch.equal(first.sort().values, rows_ds.tensors[0]), "each row once"
assert not torch.equal(first, second), "a new order for each epoch"
assert torch.equal(first, order(twin)), "the generator decides, nobody else"
assert torch.equal(second, order(twin)), "the generator decides, nobody else"
for xb, yb in fast(1, TensorDataset(x_train, x_train[:, 300])):
    assert torch.equal(xb[:, 300], yb), "x and y must move together"

# %% [markdown] slideshow={"slide_type": "subslide"}
# And is it worth it? The new ones join the table.

# %% slideshow={"slide_type": "-"} tags=["nbval-ignore-output"]
ways["DataLoader, lists of rows"] = lambda: lists_of_rows(ds)
ways["FastLoader"] = lambda: FastLoader(ds, bs, shuffle=True)
seconds = {name: best_time(make) for name, make in ways.items()}
slowest = seconds["image files, ToTensor"]
assert seconds["DataLoader"] > 1.5 * seconds["FastLoader"], "whole batches"
assert seconds["FastLoader"] < 3 * seconds["by hand"], "whole batches"
ranking = sorted(seconds, key=seconds.get, reverse=True)
plot.speedups({name: slowest / seconds[name] for name in ranking})

# %% [markdown] slideshow={"slide_type": "subslide"}
# About as fast as the loop by hand, and still a `DataLoader`. What did we give up? Workers, `collate_fn`, pinned memory: all
# that the replaced method did. Our `__init__` does not accept them, so nobody asks in vain:

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
FastLoader(train_ds, batch_size=bs, num_workers=2)

# %% [markdown] slideshow={"slide_type": "skip"}
# So: tensors in memory, `FastLoader`. Anything that must be read or made, `DataLoader`, with workers when the model waits.
# And before you make a loader faster, measure whether the model waits at all. Lesson 13 does.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 8 · What is torch.nn, really?
#
# Six versions of one training, from two raw tensors to a loader. **One history.**

# %% slideshow={"slide_type": "-"}
names = ["optim.SGD", "TensorDataset", "DataLoader", "FastLoader"]
assert all(exactly_equal(history[name], reference) for name in names)
plot.histories(history)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** The refactoring is proved, not claimed. Ask: "Which of the six would you rather debug? Which would you rather change?"
# The table on the next slide is counted by a function from the code, not typed. 8 minutes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# What was it good for? Counted from the code of the four loops:

# %% slideshow={"slide_type": "-"}
from coursekit.refactoring import costs

loops = [train_raw, train_module, train_opt, train_batches]
wishes = {
    "another model": ["weights", "bias"],
    "another step": ["lr", "grad", "no_grad", "zero_"],
    "other batches": ["split", "bs", "zip"],
}
table = costs({loop.__name__: loop for loop in loops}, wishes)
assert table.rows["train_batches"][2:] == (0, 0, 0), "nothing left to edit"
table

# %% [markdown] slideshow={"slide_type": "-"}
# Shorter is nice. The zeros matter more: the loop is finished.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Ta-da!** The question of the lecture that lessons 07 to 10 follow, answered in six pieces:
#
# | piece | what it is | yours |
# |---|---|---|
# | `nn.Module` | a function with a memory | `Logistic` |
# | `nn.Parameter` | a tensor that wants to be updated | `weights`, `bias` |
# | `nn.functional` | functions without memory | `log_softmax`, `nll` |
# | `optim` | updates parameters, *after* `backward` | `SGD` |
# | `Dataset` | a length and an item | `PairDataset` |
# | `DataLoader` | batches, again and again | `FastLoader` |
#
# Nothing in it is magic: you have written each of them.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Celebrate here: the title question of Jeremy Howard's tutorial is answered, what follows is practice. A student once asked:
# "So torch.nn is like scikit-learn, for neural nets?" A good comparison: scikit-learn is built on NumPy as `torch.nn` is built on
# torch. Only that here both come in one library.

# %% [markdown] slideshow={"slide_type": "subslide"}
# That summary slide had three slips, and you can find them by asking Python. Do optimizers and loaders live in
# `torch.nn`? Is the matrix product a function of `nn.functional`?
#
# **Predict** the four lines.

# %% slideshow={"slide_type": "fragment"}
from torch import nn

for thing in (nn.Linear, optim.SGD, DataLoader):
    print(f"{thing.__name__:>10} in {thing.__module__}")
print("F.matmul:", hasattr(F, "matmul"), "  F.linear:", hasattr(F, "linear"))
assert not hasattr(F, "matmul") and not hasattr(nn, "optim")

# %% [markdown] slideshow={"slide_type": "skip"}
# Two neighbours, not one house: `torch.optim` and `torch.utils.data` stand beside `torch.nn`. The matrix product belongs to
# torch itself; `nn.functional` has `linear`, which uses it. And the third slip: optimizers do not update *during* the
# backward pass. `backward` leaves gradients, and `step` comes later, when you call it.
#
# `nn.functional` is a small functional programming language inside PyTorch: tensors in, tensors out, no state. All of `nn`
# is written with the rest of torch. You could do it all yourself. You just did.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Error clinic
#
# Errors you will meet, raised on purpose. The tracebacks of a loader are long, all of it torch's own code. Read the *last*
# line first. This helper shows nothing but that line.

# %% slideshow={"slide_type": "-"}
def last_line(action):
    try:
        action()
    except Exception as error:
        print(f"{type(error).__name__}: {error}")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** For each: predict, run, read the line aloud, fix. Never cut the silent one at the end. 8 minutes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** A loader over picture files, and somebody forgot the transform.

# %% slideshow={"slide_type": "fragment"}
last_line(lambda: next(iter(DataLoader(MNIST(files), batch_size=4))))

# %% [markdown] slideshow={"slide_type": "-"}
# The items are picture objects, and nobody told the loader how to stack those. Give the dataset `transform=ToTensor()`.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** A dataset without `__len__`. Who needs to know the length?

# %% slideshow={"slide_type": "fragment"}
class NoLength(Dataset):
    def __getitem__(self, i):
        return x_train[i], y_train[i]


last_line(lambda: DataLoader(NoLength(), batch_size=bs, shuffle=True))

# %% [markdown] slideshow={"slide_type": "-"}
# Whoever shuffles must know how many there are.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** One label is missing. When do we find out: now, in the first batch, or in the last?

# %% slideshow={"slide_type": "fragment"}
last_line(lambda: TensorDataset(x_train, y_train[:-1]))

# %% [markdown] slideshow={"slide_type": "-"}
# At once, because the class compares lengths. Compare them in your own datasets too, as `PairDataset` does. `zip`
# would have ended at the shorter one and said nothing.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Predict.** We shuffle a stream. And then: we bring a sampler *and* ask to shuffle.

# %% slideshow={"slide_type": "skip"}
sampler = RandomSampler(train_ds)
last_line(lambda: DataLoader(Squares(), batch_size=4, shuffle=True))
last_line(lambda: DataLoader(train_ds, shuffle=True, sampler=sampler))

# %% [markdown] slideshow={"slide_type": "skip"}
# A stream cannot be asked for its row 7 before it got there. Shuffle inside the stream, a few hundred items at a time.
# And a sampler and `shuffle` both decide on the order: choose one.
#
# **Predict.** The third batch, please: is that `train_dl[2]`?

# %% slideshow={"slide_type": "skip"}
last_line(lambda: train_dl[2])

# %% [markdown] slideshow={"slide_type": "skip"}
# A loader has `__iter__` and `__len__`, but no `__getitem__`. Square brackets are for the dataset: `train_ds[2 * bs : 3 * bs]`.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Silent: half of it shuffled
#
# Shuffling by hand, somebody shuffles the images. The labels stay where they are.
#
# **Predict.** Does it crash? What will the first loss be, and the last?

# %% slideshow={"slide_type": "fragment"}
g = torch.Generator().manual_seed(1)
rows = torch.randperm(len(x_train), generator=g)
torn_dl = DataLoader(TensorDataset(x_train[rows], y_train), batch_size=bs)
model, opt = fresh()
torn = train_batches(model, F.cross_entropy, opt, torn_dl)
loss, acc = validate(model, F.cross_entropy, x_valid, y_valid)
print(f"first loss {torn[0]:.1f}, last {torn[-1]:.1f}, accuracy {acc:.0%}")
assert acc < 0.4 and min(torn) > 1.5, "x without its y cannot be learned"

# %% [markdown] slideshow={"slide_type": "-"}
# Lengths fit, shapes fit, and there is nothing to learn. The loss stays near ln 10, where it began. Shuffle **pairs**:
# that is what a dataset is for.

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
# Somebody drops the last batch and does not shuffle.

# %% slideshow={"slide_type": "skip"} tags=["exercise"]
# 1,000 images, batch_size=64, drop_last=True, shuffle=False, 5 epochs.
# How many images does the model never see?
never_seen = ...

# %% slideshow={"slide_type": "skip"} tags=["check"]
check("never_seen", never_seen)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Write
#
# Forecasting: from `k` values in a row, predict the next. Two methods make a dataset of it, and nothing is copied.

# %% slideshow={"slide_type": "skip"} tags=["exercise"]
class SlidingWindows(Dataset):
    # item i of a series (n,): k values in a row from place i on, shape (k,),
    # and the one value that comes after them, shape ()
    def __init__(self, series, k):
        self.series, self.k = series, k

# %% slideshow={"slide_type": "skip"} tags=["check"]
check(SlidingWindows)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Fill in
#
# A model that reads padded words must know which places are real. One line is missing. Say the shapes: `xb` is
# (n, longest), and so is `real`.

# %% slideshow={"slide_type": "skip"} tags=["exercise"]
def pad_batch(items):
    # items: a list of (tensor (length,), label)
    xs, ys = zip(*items)
    xb = pad_sequence(xs, batch_first=True)
    real = ...  # (n, longest) True where xb holds data, False where padding
    return xb, torch.tensor(ys), real

# %% slideshow={"slide_type": "skip"} tags=["check"]
check(pad_batch)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Put in order
#
# Take exactly `steps` batches, and start again when an epoch is over. Two lines look alike, and only one of them works.

# %% slideshow={"slide_type": "skip"} tags=["exercise"]
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

# %% slideshow={"slide_type": "skip"} tags=["check"]
check("take", take)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Find the mistake
#
# The first epoch is fine. Then the training stops, and nobody says so.

# %% slideshow={"slide_type": "skip"} tags=["exercise"]
class Batches:
    def __init__(self, x, y, bs):
        self.pairs = zip(x.split(bs), y.split(bs))

    def __iter__(self):
        return self.pairs

# %% slideshow={"slide_type": "skip"} tags=["check"]
check(Batches)

# %% [markdown] slideshow={"slide_type": "skip"}
# And this is how far you are:

# %% slideshow={"slide_type": "skip"}
progress()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recap
#
# You can now
#
# - write a dataset: `__len__` and `__getitem__`, and items made when they are asked for
# - hand batches to the loop, shuffled, in an order that you can have again
# - say what a loader costs, and take whole batches where rows lie in memory
#
# Into `coursekit.recap` went what you built: `PairDataset`, `train_batches`, `FastLoader`. Later lessons import it from there.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Still unsolved:
#
# - We look at the validation images only at the end, and write down losses by hand: lesson 11
# - To the model an image is a row of 784 numbers without neighbours: lesson 12
# - On a GPU the model is so fast that it waits for its batches: lesson 13

# %% [markdown] slideshow={"slide_type": "skip"}
# **Sources.** Dataset, DataLoader and the six pieces follow Jeremy Howard's tutorial *What is torch.nn really?*; iterables
# and iterators are told as in Python's own documentation, and samplers, `batch_size=None` and workers as in that of
# `torch.utils.data`.

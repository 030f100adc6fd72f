# ---
# jupyter:
#   coursekit:
#     lesson: '13'
#     minutes: 80
#     needs:
#     - '10'
#     - '11'
#     - '12'
#     provides:
#     - PretendGPU
#     - median_seconds
#     - simulate
#     - busy_share
#     - OneByOne
#     - train_pass
#     - LADDER
#     - make_loader
#     - climb
#     question: When is a GPU faster, and how do I know?
#     title: A GPU used well
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 13 · A GPU used well
#
# **When is a GPU faster, and how do I know?**
#
# After this lesson you can
#
# - move a model and its data to any device, and notice when one of them stayed behind
# - time work on a device honestly, and draw who waits for whom
# - make training faster, one measured change at a time, and say how far away the limit is
#
# Needs: [10 Dataset and DataLoader](10_dataset_and_dataloader.ipynb), [11 Fit](11_fit_validate_log.ipynb), [12 CNN](12_cnn.ipynb). About 80 minutes.
#
# [**Open in Colab**](https://colab.research.google.com/github/your-org/neural-networks-from-nothing/blob/main/notebooks/13_gpu.ipynb)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Ask: "You buy a GPU with a hundred times the arithmetic. How much faster is your training?" Collect guesses, write
# them on the board, come back to them in section 3. Everything here runs on a CPU too, with the same cells. 3 minutes.

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
# 1. How does an image of shape (784,) become the input of a `Conv2d`? (lesson 12)
# 2. `fit` returns after each batch with a Python number, the loss. Which method makes it? (lesson 11)
# 3. `DataLoader` builds a batch of 64 with 64 calls of something. Of what? (lesson 10)
# 4. You replace a model by a new one and keep the optimizer. What does it train? (lesson 09)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>Answers</summary>
#
# 1. As (1, 28, 28): one channel, 28 rows, 28 columns. A batch of n has the shape (n, 1, 28, 28).
# 2. `loss.item()`.
# 3. `dataset[i]`, the `__getitem__` of the dataset. Then it stacks the 64 results.
# 4. The old model's parameters: an optimizer holds tensors, not names.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 1 · Two worlds
#
# There is the Python that *describes* a computation, and there is the device on which the numbers *live*. So far both were
# the CPU. One line chooses another device, and no other line of this lesson names one.

# %% slideshow={"slide_type": "-"} tags=["nbval-ignore-output"]
from coursekit import device as devices

device = devices.choose()
print(devices.describe(device))

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** `choose()` takes CUDA (NVIDIA, and AMD's ROCm builds answer to the same name), then Apple's MPS, then the CPU.
# Ask: "What happens if I ask for a GPU that is not there?" Expected: an error. Usual wrong answer: it takes the CPU.
# Silently computing somewhere else would be worse than stopping. 10 minutes for this section.

# %% [markdown] slideshow={"slide_type": "skip"}
# `devices.choose("cpu")` asks for one device and refuses clearly if it is not there. The environment variable
# `COURSEKIT_DEVICE` does the same for a whole notebook.

# %% [markdown] slideshow={"slide_type": "subslide"}
# To practise moving we need a second device, and many machines have only one. PyTorch has one for everybody: `meta`. Its
# tensors have a shape, but no numbers.
#
# **Predict.** We send `x` to another device. Where is `x` afterwards?

# %% slideshow={"slide_type": "fragment"}
import torch

x = torch.zeros(2, 3)
moved = x.to("meta")
print("x:", x.device, "  moved:", moved.device, tuple(moved.shape))
assert x.device.type == "cpu", "to() makes a copy; a tensor never moves"

# %% [markdown] slideshow={"slide_type": "subslide"}
# A tensor stays. `to` returns a *copy*, and whoever drops the copy has moved nothing.
#
# **Predict.** And a model? After `model.to("meta")`, where are its weights?

# %% slideshow={"slide_type": "fragment"}
from torch import nn

model = nn.Linear(3, 2)
returned = model.to("meta")
print("weight:", model.weight.device, "  same model:", returned is model)
assert model.weight.is_meta, "model.to() changes the model itself"

# %% [markdown] slideshow={"slide_type": "subslide"}
# A model is changed *in place*. So two lines that look different are both right: `xb = xb.to(device)` for a tensor, and
# `model.to(device)` for a model.
#
# **Predict.** The model is on one device, the batch on another. What happens?

# %% slideshow={"slide_type": "fragment"}
try:
    model(x)
except RuntimeError as error:
    print(error)

# %% [markdown] slideshow={"slide_type": "-"}
# Two devices in one line of text: the most frequent error message of GPU programming. Find the tensor that stayed behind.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Worse than an error is silence.
#
# **Predict.** We build the optimizer first and move the model afterwards. What does the optimizer hold?

# %% slideshow={"slide_type": "fragment"}
model = nn.Linear(3, 2)
opt = torch.optim.SGD(model.parameters(), lr=0.1)
model.to("meta")
held = opt.param_groups[0]["params"][0]
print("model:", model.weight.device, "  optimizer:", held.device)
assert held is not model.weight, "the optimizer was built before the move"

# %% [markdown] slideshow={"slide_type": "-"}
# The old weights. It would step and step, and the model would never change. **Move first, then build the optimizer.**

# %% [markdown] slideshow={"slide_type": "skip"}
# A move between CPU and GPU is kinder: torch keeps the parameter objects and changes what is in them. But what the
# optimizer has collected itself, such as momentum, stays where it was. The same happens with another change that
# `to` can make, and that we can watch everywhere: the type of the numbers.

# %% slideshow={"slide_type": "skip"}
model = nn.Linear(3, 2)
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
model(x).sum().backward()
opt.step()
model.to(torch.float64)
print("weight:  ", model.weight.dtype)
print("momentum:", opt.state[model.weight]["momentum_buffer"].dtype)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2 · The clock that lies
#
# A GPU is a second worker. Python writes a note, "multiply these two", puts it on the worker's pile and goes on at once.
# That is called *asynchronous*. Here is such a worker in a few lines, for machines that have none.

# %% slideshow={"slide_type": "-"} tags=["recap"]
from concurrent.futures import ThreadPoolExecutor


class PretendGPU:
    def __init__(self):
        self.pile = ThreadPoolExecutor(max_workers=1)
        self.last = None

    def launch(self, work, *args):
        self.last = self.pile.submit(work, *args)

    def synchronize(self):
        if self.last is not None:
            self.last.result()

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Ask: "When may Python go on?" Expected: as soon as the note is written. Usual wrong answer: when the result is
# there. Then let them predict what the clock says before you run it. Wait for the laugh. 12 minutes for this section.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** The work takes half a second. We start the clock, launch, and stop the clock. What does it show?

# %% slideshow={"slide_type": "fragment"}
import time

gpu = PretendGPU()
begin = time.perf_counter()
gpu.launch(time.sleep, 0.5)
asked = time.perf_counter() - begin
gpu.synchronize()
done = time.perf_counter() - begin
print("the first clock saw half of the work: ", asked >= 0.25)
print("the second clock saw half of the work:", done >= 0.25)
assert asked < 0.25 < 0.5 <= done, "launch must not wait, synchronize must"

# %% [markdown] slideshow={"slide_type": "-"}
# Next to nothing! The first clock measured how long it takes to *ask*. Whoever times a GPU like this finds it a thousand
# times faster than it is. The second clock waited.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Two more traps. The first run of anything is slow: code is loaded, memory is fetched. And on a busy machine a run is
# slow now and then, for no fault of yours.
#
# **Predict.** Five runs took 10, 10, 11, 10 and 90. Which single number is honest?

# %% slideshow={"slide_type": "fragment"}
import statistics

runs = [10, 10, 11, 10, 90]
print("mean", statistics.mean(runs), " median", statistics.median(runs))

# %% [markdown] slideshow={"slide_type": "subslide"}
# The median: one bad run does not move it. Now all three rules in one function: **warm up, wait before you read the clock,
# take the median.**

# %% slideshow={"slide_type": "-"} tags=["recap"]
import statistics
import time


def median_seconds(work, synchronize, repeats=5, warmup=1):
    seconds = []
    for _ in range(warmup + repeats):
        synchronize()
        begin = time.perf_counter()
        work()
        synchronize()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds[warmup:])

# %% [markdown] slideshow={"slide_type": "subslide"}
# We try it on a worker that is slow on its first job, as real ones are.

# %% slideshow={"slide_type": "-"}
gpu, jobs = PretendGPU(), []


def job():
    time.sleep(0.05 if jobs else 0.5)
    jobs.append("done")

# %% [markdown] slideshow={"slide_type": "-"}
# **Predict.** How many jobs are done in the end, and is the slow first one in the result?

# %% slideshow={"slide_type": "fragment"}
jobs.clear()
seconds = median_seconds(lambda: gpu.launch(job), gpu.synchronize)
assert len(jobs) == 6, "one run to warm up, five that count"
assert 0.05 <= seconds < 0.5, "wait for the work, leave out the first run"
print(len(jobs), "jobs; the slow one is in the result:", seconds > 0.4)

# %% [markdown] slideshow={"slide_type": "skip"}
# For real devices `coursekit.device` has the same function under the name `timed`: it knows how to wait for
# CUDA and for Apple's GPUs. We use it from here on.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3 · Who waits for whom?
#
# Training is a chain: Python *loads* a batch, Python *launches* the step, the device *computes* it. Three numbers describe
# it. Before we measure them, we play with them. The unit is a tick.

# %% slideshow={"slide_type": "-"} tags=["recap"]
def simulate(batches, load, launch, compute, ask=False, workers=False):
    loader = python = gpu = 0
    events = []
    for _ in range(batches):
        who, start = ("loader", loader) if workers else ("Python", python)
        events.append((who, "load", start, load))
        loader = start + load
        python = max(python, loader)
        events.append(("Python", "launch", python, launch))
        python += launch
        gpu = max(gpu, python)
        events.append(("device", "compute", gpu, compute))
        gpu += compute
        python = gpu if ask else python
    return events

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Come back to the guesses from the beginning. Ask before each picture: "Who is the bottleneck now?"
# Usual wrong answer: the device, because it is the one we paid for. 15 minutes for this section.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** Loading takes 8 ticks, launching 1, computing 3. Which share of the time does the expensive device work?

# %% slideshow={"slide_type": "fragment"}
from coursekit import plot

events = simulate(batches=4, load=8, launch=1, compute=3)
plot.timeline(events)

# %% [markdown] slideshow={"slide_type": "-"}
# Not even a third: it waits for data.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** We replace the device by an *infinitely* fast one, computing takes 0 ticks. How much earlier are we done?

# %% slideshow={"slide_type": "fragment"}
def ends(events):
    return max(start + length for _, _, start, length in events)


dream = simulate(batches=4, load=8, launch=1, compute=0)
print(f"done after {ends(events)} ticks; infinitely fast: {ends(dream)}")
assert ends(events) - ends(dream) == 3, "only the last batch gets faster"

# %% [markdown] slideshow={"slide_type": "-"}
# The best device that will ever be built saves 3 ticks of 39. That is the answer to most disappointments with GPUs:
# **the gaps decide, not the device.**

# %% [markdown] slideshow={"slide_type": "subslide"}
# The share of the time in which the device works is the number to watch.

# %% slideshow={"slide_type": "-"} tags=["recap"]
def busy_share(events, who="device"):
    end = max(start + length for _, _, start, length in events)
    return sum(length for w, _, _, length in events if w == who) / end

# %% slideshow={"slide_type": "-"}
print(f"{busy_share(events):.0%} busy")
assert abs(busy_share(events) - 12 / 39) < 1e-9, "work of the device over all"

# %% [markdown] slideshow={"slide_type": "subslide"}
# First cure: load *beside* the training. Workers prepare the next batch while this one is computed.
#
# **Predict.** Loading still takes 8 ticks, computing 3. How far does this cure get us?

# %% slideshow={"slide_type": "fragment"}
plot.timeline(simulate(4, load=8, launch=1, compute=3, workers=True))

# %% [markdown] slideshow={"slide_type": "-"}
# A little. Side by side, the slowest one sets the pace, and that is still the loader. Two workers would load two batches in
# that time. But there is a better idea.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Second cure: do not load. The digits are small. Put *all* of them on the device once, and take batches there, as
# lesson 10's `FastLoader` does. Loading shrinks to a fraction of a tick.
#
# **Predict.** Who is the bottleneck now?

# %% slideshow={"slide_type": "fragment"}
resident = simulate(4, load=0.5, launch=1, compute=3)
assert busy_share(resident) > 0.8, "once nobody loads, the device can work"
plot.timeline(resident)

# %% [markdown] slideshow={"slide_type": "-"}
# The device, at last. Look at Python: it is done long before, because it never waits.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Unless we make it wait. `loss.item()` wants a number *now*, so Python stands still until the device has
# computed it.
#
# **Predict.** The same as before, but we ask for the loss after every batch.

# %% slideshow={"slide_type": "fragment"}
asking = simulate(4, load=0.5, launch=1, compute=3, ask=True)
assert busy_share(asking) < busy_share(resident), "asking costs"
plot.timeline(asking)

# %% [markdown] slideshow={"slide_type": "subslide"}
# A last case, the usual one for small networks: computing a batch takes *less* time than launching it. All in one
# table, with the last cure: more work in each launch.

# %% slideshow={"slide_type": "-"}
cases = {
    "slow loader": simulate(12, 8, 1, 3),
    "with a worker": simulate(12, 8, 1, 3, workers=True),
    "data on the device": simulate(12, 0.5, 1, 3),
    "asking each time": simulate(12, 0.5, 1, 3, ask=True),
    "tiny batches": simulate(48, 0.5, 1, 0.2),
    "four times the batch": simulate(12, 0.5, 1, 0.8),
}
for name, events in cases.items():
    print(f"{name:>20}: device busy {busy_share(events):4.0%}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 4 · Your own timeline
#
# Enough played. This is how many tutorials load images: one at a time, from a picture file's format to a tensor.

# %% slideshow={"slide_type": "-"} tags=["recap"]
from PIL import Image
from torchvision.transforms.functional import to_tensor


class OneByOne:
    def __init__(self, x, y):
        self.pictures = (255 * x.reshape(-1, 28, 28)).byte().numpy()
        self.y = y

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return to_tensor(Image.fromarray(self.pictures[i])), self.y[i]

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** This is what torchvision's own MNIST class does with `ToTensor`. Ask: "How many Python calls does one batch of
# 64 take?" Expected: 64 of `__getitem__`, and many more below. On a machine with a GPU the lower row shows its kernels;
# on a CPU it shows the tensor operations, so the steps and the computing lie over each other. 10 minutes for this section.

# %% [markdown] slideshow={"slide_type": "subslide"}
# The model is lesson 12's, the data are the digits, enough of them for a measurement. We move the model, *then* we build
# the optimizer.

# %% slideshow={"slide_type": "-"}
from coursekit.data import load_digits
from coursekit.recap import make_cnn
from torch.utils.data import DataLoader

data = load_digits()
x_train, y_train = data.x_train[:1024], data.y_train[:1024]
torch.manual_seed(0)
model = make_cnn().to(device)
opt = torch.optim.SGD(model.parameters(), lr=0.05)
slow_dl = DataLoader(OneByOne(x_train, y_train), batch_size=64)

# %% [markdown] slideshow={"slide_type": "subslide"}
# A *profiler* writes down who worked when. We only have to name the parts of our loop.

# %% slideshow={"slide_type": "-"}
import torch.nn.functional as F
from coursekit.profiling import part, timeline_of


def some_steps(train_dl, batches=4):
    it = iter(train_dl)
    for _ in range(batches):
        with part("load"):
            xb, yb = next(it)
        with part("step"):
            xb, yb = xb.to(device), yb.to(device)
            F.cross_entropy(model(xb), yb).backward()
            opt.step()
            opt.zero_grad()


some_steps(slow_dl)  # once to warm up

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** For which share of the time does *your* device wait for data?

# %% slideshow={"slide_type": "fragment"} tags=["nbval-ignore-output"]
events = timeline_of(lambda: some_steps(slow_dl), device)
loading = sum(e[3] for e in events if e[1] == "load")
total = sum(e[3] for e in events if e[0] == "Python")
assert loading > 0.05 * total, "one by one, loading must show"
plot.timeline(events, unit="milliseconds")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Now the same with all data on the device, in lesson 10's `FastLoader`.

# %% slideshow={"slide_type": "-"}
from coursekit.recap import FastLoader
from torch.utils.data import TensorDataset

images = x_train.reshape(-1, 1, 28, 28).to(device)
on_device = TensorDataset(images, y_train.to(device))
fast_dl = FastLoader(on_device, batch_size=64)
some_steps(fast_dl)  # once to warm up

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** What is left of the blue part?

# %% slideshow={"slide_type": "fragment"} tags=["nbval-ignore-output"]
events = timeline_of(lambda: some_steps(fast_dl), device)
faster = sum(e[3] for e in events if e[1] == "load")
assert faster < loading / 2, "rows taken together must load faster"
plot.timeline(events, unit="milliseconds")

# %% [markdown] slideshow={"slide_type": "skip"}
# Data that do not fit on a device must be loaded all the time. Then three settings of `DataLoader` do what the
# simulation's worker did: `num_workers` loads in other processes, `pin_memory=True` puts batches where a GPU can fetch them by itself, and
# `xb.to(device, non_blocking=True)` does not wait for that. All three only pay where loading is real work; for tensors in memory workers
# are slower, as lesson 10 measured.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 5 · When does the GPU lose?
#
# A simple model of any device: every launch costs a fixed time, then the work runs at the device's rate.
#
# Here are two invented devices with round numbers. One is near and slow, the other far and a hundred times faster.

# %% slideshow={"slide_type": "-"}
def near(operations):
    return 2e-6 + operations / 1e11  # seconds


def far(operations):
    return 20e-6 + operations / 1e13

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Ask: "From which size on does the fast device win?" Usual wrong answer: always. The numbers of `near` are those of one
# CPU core, those of `far` of a large GPU, rounded to powers of ten. 8 minutes for this section.

# %% [markdown] slideshow={"slide_type": "subslide"}
# An n × n matrix product takes 2n³ operations.
#
# **Predict.** The far device calculates 100 times as fast. Is it faster for n = 64?

# %% slideshow={"slide_type": "fragment"}
gain = {}
for n in (16, 64, 128, 256, 1024, 4096):
    gain[f"n = {n}"] = near(2 * n**3) / far(2 * n**3)
assert gain["n = 64"] < 1 < gain["n = 256"], "small work must lose"
plot.speedups(gain, unit="the near device")

# %% [markdown] slideshow={"slide_type": "-"}
# It *loses*, by far: the launch costs more than the work. And only huge products come near a hundred. The cure is always
# the same: **more work in each launch.** A larger batch is the simplest way.

# %% [markdown] slideshow={"slide_type": "subslide"}
# A CPU has launches too: every operation passes through Python and torch before anything is multiplied. We time one
# step of a small network, and take each batch size's best run: a busy machine disturbs short work most.

# %% slideshow={"slide_type": "-"}
small = nn.Sequential(nn.Flatten(), nn.Linear(784, 100), nn.Linear(100, 10))
small.to(device)
speed = {}
for bs in (1, 16, 256):
    xb, yb = images[:bs], y_train[:bs].to(device)
    step = devices.timed(
        lambda: F.cross_entropy(small(xb), yb).backward(), device, repeats=20
    )
    speed[f"batch of {bs}"] = bs / step.best

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** How many times as many images a second does your device do in batches of 256, compared with batches of one?

# %% slideshow={"slide_type": "fragment"} tags=["nbval-ignore-output"]
ratios = {name: s / speed["batch of 1"] for name, s in speed.items()}
assert ratios["batch of 256"] > 2, "a launch must cost something"
plot.speedups(ratios)

# %% [markdown] slideshow={"slide_type": "skip"}
# The price: with larger batches there are fewer steps in an epoch, and each step is no larger. At some size a model
# learns less per image, and what the clock wins the learning loses. Measure both.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 6 · How fast could it be?
#
# Every computation has a floor: so many operations, so many bytes, and a device that does only so many of each in a second. A
# `Conv2d` multiplies and adds a k × k patch of every input channel, for every output channel and every place. Here are the
# three layers of lesson 12's first network.

# %% slideshow={"slide_type": "-"}
def conv_operations(c_in, c_out, k, height, width):
    return 2 * c_in * c_out * k * k * height * width


layers = [(1, 16, 14), (16, 16, 7), (16, 10, 4)]
forward = [conv_operations(i, o, 3, side, side) for i, o, side in layers]
print("operations of the three layers, one image:", forward)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Ask: "Why twice the work of the forward pass going backward?" Expected: one gradient for the weights, one for the
# input. Then: "Which of them does the first layer not need?" (Nobody asks for the gradient of the image.)
# 8 minutes for this section.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Backward computes two gradients in each layer: one for the weights and one for what came in. Each costs as much as the forward
# pass. **Predict.** One of these gradients nobody needs. Which?

# %% slideshow={"slide_type": "fragment"}
from coursekit.recap import lecture_cnn
from torch.utils.flop_counter import FlopCounterMode

by_hand = 3 * sum(forward) - forward[0]
lecture = lecture_cnn()
with FlopCounterMode(display=False) as counter:
    lecture(torch.zeros(1, 1, 28, 28)).sum().backward()
print("by hand:", by_hand, " counted by torch:", counter.get_total_flops())
assert by_hand == counter.get_total_flops(), "three times, less the input's"

# %% [markdown] slideshow={"slide_type": "-"}
# The gradient for the image itself. Our count and torch's agree to the last operation.

# %% [markdown] slideshow={"slide_type": "subslide"}
# How many operations does your device do in a second? A large matrix product tells: it is the work that devices are built for.
# And how many bytes can it move? Copy a large tensor, once read and once written.

# %% slideshow={"slide_type": "-"} tags=["nbval-ignore-output"]
a = torch.randn(1024, 1024, device=device)
b = torch.zeros(2**24, device=device)
rate = 2 * 1024**3 / devices.timed(lambda: a @ a, device).best
bandwidth = 2 * 4 * 2**24 / devices.timed(lambda: b.clone(), device).best
print(f"{rate / 1e9:,.0f} billion operations a second")
print(f"{bandwidth / 1e9:,.0f} billion bytes a second")
assert rate > 1e8 and bandwidth > 1e8, "counted in operations, in bytes"

# %% [markdown] slideshow={"slide_type": "skip"}
# A CPU has several cores, and this course uses one of them, so that printed digits are the same everywhere. Threads pay where
# the work is large, like any launch. `torch.set_num_threads` chooses. Try `a @ a` with more threads, then smaller
# matrices, and put it back to 1 afterwards.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 7 · One change at a time
#
# We change the loop step by step, and measure after each change. One function holds all the switches.

# %% slideshow={"slide_type": "-"} tags=["recap"]
import torch
import torch.nn.functional as F


def train_pass(model, opt, train_dl, device, ask=False, half=False,
               layout=torch.contiguous_format):
    model.to(memory_format=layout).train()
    for xb, yb in train_dl:
        xb = xb.to(device, memory_format=layout, non_blocking=True)
        yb = yb.to(device, non_blocking=True)
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            loss = F.cross_entropy(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if ask:
            loss.item()

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Ask for each rung: "What does it change, and who waited before?" Let them guess the factor. On a CPU the last rungs
# bring little or nothing, and that is a result too. 15 minutes for this section.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Two switches are new. `layout`: the same image, stored with its channels next to each other. Shape and values stay, only the
# strides change.
#
# **Predict.** Two images of 3 channels, 4 rows, 5 columns. Which axis gets the stride 1?

# %% slideshow={"slide_type": "fragment"}
pictures = torch.rand(2, 3, 4, 5)
last = pictures.to(memory_format=torch.channels_last)
print("shape", tuple(last.shape), " strides", pictures.stride(), last.stride())
assert last.shape == pictures.shape, "only the order in memory may change"
assert torch.equal(pictures, last)

# %% [markdown] slideshow={"slide_type": "subslide"}
# `half`: numbers of 16 bits for 32. Half the bytes, and hardware that multiplies them many times as fast. `bfloat16` keeps the range of
# `float32` and gives up digits.
#
# **Predict.** What is 256 + 1 in `bfloat16`?

# %% slideshow={"slide_type": "fragment"}
number = torch.tensor(256.0, dtype=torch.bfloat16)
print(number + 1)
assert number + 1 == 256, "bfloat16 has 8 binary digits"

# %% [markdown] slideshow={"slide_type": "-"}
# Still 256! Eight binary digits cannot tell it from 257. So nothing is *added up* in 16 bits.

# %% [markdown] slideshow={"slide_type": "subslide"}
# `autocast` decides for each operation. Products take 16 bits; the weights, the loss and the gradients of the weights keep 32.

# %% slideshow={"slide_type": "-"}
with torch.autocast("cpu", torch.bfloat16):
    scores = lecture(torch.rand(4, 1, 28, 28))
    loss = F.cross_entropy(scores, torch.arange(4))
loss.backward()
print("scores", scores.dtype)
print("loss  ", loss.dtype)
print("grad  ", lecture[0].weight.grad.dtype)
assert lecture[0].weight.grad.dtype == torch.float32

# %% [markdown] slideshow={"slide_type": "skip"}
# The older `float16` has more digits and less range: its largest number is 65504, and small gradients become 0. It needs a *scaler*
# that multiplies the loss and divides the gradients (`torch.amp.GradScaler`). `bfloat16` needs none.

# %% slideshow={"slide_type": "skip"}
for kind in (torch.float16, torch.bfloat16):
    large, small = torch.tensor([120000.0, 1e-8]).to(kind).tolist()
    print(f"{kind}: {large:.4g} and {small:.4g}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The ladder. Each rung says what it adds to the one below: to the loader, and to the pass.

# %% slideshow={"slide_type": "-"} tags=["recap"]
LADDER = {
    "one by one, asking": ({}, {"ask": True}),
    "on the device": ({"resident": True}, {}),
    "batch of 256": ({"bs": 256}, {}),
    "not asking": ({}, {"ask": False}),
    "channels last": ({}, {"layout": torch.channels_last}),
    "16 bits": ({}, {"half": True}),
}

# %% [markdown] slideshow={"slide_type": "subslide"}
# Two loaders you know: one picture after the other, or rows that lie on the device already.

# %% slideshow={"slide_type": "-"} tags=["recap"]
from coursekit.recap import FastLoader
from torch.utils.data import DataLoader, TensorDataset


def make_loader(x, y, device, bs=64, resident=False):
    if not resident:
        return DataLoader(OneByOne(x, y), bs, shuffle=True)
    images = x.reshape(-1, 1, 28, 28).to(device)
    return FastLoader(TensorDataset(images, y.to(device)), bs, shuffle=True)

# %% [markdown] slideshow={"slide_type": "subslide"}
# And the climb: on each rung a fresh model, the same images, the median of a few passes.

# %% slideshow={"slide_type": "-"} tags=["recap"]
from functools import partial

from coursekit.device import timed


def climb(ladder, make_model, x, y, device, repeats=3):
    speeds, loading, switches = {}, {}, {}
    for name, (new_loading, new_switches) in ladder.items():
        loading |= new_loading
        switches |= new_switches
        train_dl = make_loader(x, y, device, **loading)
        model = make_model().to(device)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        one_pass = partial(
            train_pass, model, opt, train_dl, device, **switches
        )
        speeds[name] = len(x) / timed(one_pass, device, repeats).median
    return speeds

# %% [markdown] slideshow={"slide_type": "subslide"}
# The last rung is the limit of section 6. We count what *this* model does for one image: its operations, and the bytes of
# its activations, each written and read, forward and backward.

# %% slideshow={"slide_type": "-"}
model = make_cnn().to(device)
numbers = []
for layer in model:
    layer.register_forward_hook(lambda m, i, out: numbers.append(out.numel()))
with FlopCounterMode(display=False) as counter:
    F.cross_entropy(model(images[:8]), y_train[:8].to(device)).backward()
operations = counter.get_total_flops() / 8
moved = 4 * 4 * sum(numbers) / 8  # 4 bytes a number, moved 4 times
print(f"one image: {operations:,.0f} operations, {moved:,.0f} bytes")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The smaller of two limits counts: a device can compute no more than it can fetch.
#
# **Predict.** Which rung will bring most on your device, which nothing, and how far is the top one from the limit?

# %% slideshow={"slide_type": "fragment"} tags=["nbval-ignore-output"]
mine = climb(LADDER, make_cnn, x_train, y_train, device)
first, best = mine["one by one, asking"], max(mine.values())
assert best > 1.2 * first, "loading rows together must pay"
mine["limit in 32 bits"] = min(rate / operations, bandwidth / moved)
print(f"one by one: {first:,.0f} images a second")
plot.speedups({name: speed / first for name, speed in mine.items()})

# %% [markdown] slideshow={"slide_type": "subslide"}
# And elsewhere? These runs come with the course. They were measured with the functions that you have just written.

# %% slideshow={"slide_type": "-"}
from coursekit.speeds import measured

for run in measured():
    print(run)
on_gpus = measured("cuda")
print(f"Of {len(measured())} stored runs, {len(on_gpus)} are from a GPU.")

# %% [markdown] slideshow={"slide_type": "skip"}
# Two rungs more are for GPUs only. `torch.compile` turns a model into a few large kernels, and with `mode="reduce-overhead"` it
# records all launches of a step as one *CUDA graph*, so that a single launch replays them. The first step takes long:
# many seconds of compiling. On the CPU of this small model that never pays, so the cell asks first.

# %% slideshow={"slide_type": "skip"}
def make_compiled():
    return torch.compile(make_cnn().to(device), mode="reduce-overhead")


if device.type == "cuda":
    switches = {"half": True, "layout": torch.channels_last}
    top = {"compiled": ({"resident": True, "bs": 256}, switches)}
    mine |= climb(top, make_compiled, x_train, y_train, device)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 8 · Is it still the same training?
#
# A faster program that learns something else is not faster. Lesson 11's `fit` needs no change for a device: the
# loader moves the batches. `WrappedDataLoader` is lesson 12's.

# %% slideshow={"slide_type": "-"}
from coursekit.recap import WrappedDataLoader, fit


def to_the_device(xb, yb):
    return xb.reshape(-1, 1, 28, 28).to(device), yb.to(device)


plain_dl = DataLoader(TensorDataset(x_train, y_train), batch_size=64)
moving_dl = WrappedDataLoader(plain_dl, to_the_device)
xb, yb = next(iter(moving_dl))
assert {xb.device.type, yb.device.type} == {device.type}, "one stayed behind"

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** Ask: "Should the losses on CPU and GPU be equal to the last bit?" Expected: no, sums are added in another order.
# Usual wrong answer: yes, arithmetic is arithmetic. 6 minutes for this section.

# %% [markdown] slideshow={"slide_type": "subslide"}
# We train twice from the same start: with `fit` on lesson 11's path, and with `train_pass` and all of its switches off.
#
# **Predict.** How far apart are the weights after one epoch?

# %% slideshow={"slide_type": "fragment"}
def trained(train):
    torch.manual_seed(0)
    model = make_cnn().to(device)
    opt = torch.optim.SGD(model.parameters(), lr=0.05)
    train(model, opt)
    return torch.cat([p.detach().flatten() for p in model.parameters()])


by_fit = trained(
    lambda m, o: fit(1, m, F.cross_entropy, o, moving_dl, moving_dl)
)
by_pass = trained(lambda m, o: train_pass(m, o, moving_dl, device))
torch.testing.assert_close(by_pass, by_fit, msg="train_pass trains otherwise")
print("the same weights, by fit and by train_pass")

# %% [markdown] slideshow={"slide_type": "subslide"}
# In 16 bits nobody expects the same digits. But the *direction* downhill should be nearly the same.
#
# **Predict.** The cosine between both gradients: 1 means the same direction, 0 a right angle.

# %% slideshow={"slide_type": "fragment"}
def gradient(half):
    torch.manual_seed(0)
    model = make_cnn().to(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=half):
        loss = F.cross_entropy(model(xb), yb)
    loss.backward()
    return torch.cat([p.grad.flatten() for p in model.parameters()])


cosine = F.cosine_similarity(gradient(False), gradient(True), dim=0).item()
assert cosine > 0.98, "16 bits must not change the direction"
print(f"cosine above 0.98: {cosine > 0.98}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Error clinic
#
# **Predict.** A result on a device, and a library that only knows the CPU, such as NumPy or matplotlib.

# %% slideshow={"slide_type": "fragment"} tags=["raises-exception"]
torch.zeros(3, device="meta").numpy()

# %% [markdown] slideshow={"slide_type": "notes"}
# **Notes.** The messages name the device, here `meta`, on a GPU `cuda:0`. Read the last line aloud, name the tensor, fix.
# Never cut the silent ones. 8 minutes.

# %% [markdown] slideshow={"slide_type": "-"}
# The message says how: `tensor.cpu()` brings a copy home. With a graph behind it: `tensor.detach().cpu().numpy()`.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Predict.** We ask for a device that does not exist.

# %% slideshow={"slide_type": "fragment"}
from coursekit.device import DeviceError

try:
    devices.choose("gpu")
except DeviceError as error:
    print(str(error).partition(".")[0])

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Silent: the dropped copy
#
# **Predict.** No error, no warning. Where is the batch?

# %% slideshow={"slide_type": "fragment"}
xb = torch.zeros(64, 784)
xb.to("meta")
print("the batch is on:", xb.device)
assert xb.device.type == "cpu", "xb = xb.to(device), or nothing happens"

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Silent: a tensor that the model does not know
#
# A mean that is subtracted from every image is no parameter, so it is a plain attribute here.
#
# **Predict.** The model moves. Does the mean?

# %% slideshow={"slide_type": "fragment"}
class Centred(nn.Module):
    def __init__(self, mean):
        super().__init__()
        self.mean = mean
        self.register_buffer("known", mean.clone())


model = Centred(torch.zeros(784)).to("meta")
print("plain attribute:", model.mean.device)
print("buffer:         ", model.known.device)
assert model.known.is_meta and not model.mean.is_meta

# %% [markdown] slideshow={"slide_type": "-"}
# What belongs to a model and is not trained is a *buffer*: `register_buffer` makes it move, and be saved, with the model.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Silent: adding up in 16 bits
#
# **Predict.** We add 1 a thousand times, in `bfloat16`.

# %% slideshow={"slide_type": "fragment"}
total = torch.tensor(0.0, dtype=torch.bfloat16)
for _ in range(1000):
    total += 1
print(total.item())
assert total == 256, "from 256 on, adding 1 changes nothing"

# %% [markdown] slideshow={"slide_type": "-"}
# Stuck at 256, silently. A loss that is added up like this over an epoch would be far too small. `loss.item()` makes
# a Python number, with twice the digits of `float32`: add those.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises
#
# Replace `...` with your answer, run the cell, then run the check below it. `solution("name")` shows one way to do it.

# %% slideshow={"slide_type": "skip"}
from coursekit.exercises import check, progress, solution

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Predict
#
# A loop whose loader is four times as slow as its device.

# %% slideshow={"slide_type": "skip"} tags=["exercise"]
# Loading a batch takes 40 ticks, computing 10. Python asks for the
# loss after each batch, so the two never overlap. You buy a device
# that computes ten times as fast. How many times as fast do you train?
faster_device = ...

# %% slideshow={"slide_type": "skip"} tags=["check"]
check("faster_device", faster_device)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Write
#
# Before you train, look where everything is. Which devices hold a part of the model?

# %% slideshow={"slide_type": "skip"} tags=["exercise"]
def devices_of(model):
    # the set of device types, such as {"cpu"}, of all that would
    # move with the model
    ...

# %% slideshow={"slide_type": "skip"} tags=["check"]
check(devices_of)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Fill in
#
# The device is idle between two pieces of work. For how long, in all?

# %% slideshow={"slide_type": "skip"} tags=["exercise"]
def idle_ticks(events):
    # events: (who, what, start, length); count from the device's first
    # piece of work to the end of its last
    own = [(start, length) for who, _, start, length in events
           if who == "device"]
    begin = min(start for start, _ in own)
    end = ...
    return end - begin - sum(length for _, length in own)

# %% slideshow={"slide_type": "skip"} tags=["check"]
check(idle_ticks)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Put in order
#
# An honest measurement. One of the lines is a trap: you do not need it.

# %% slideshow={"slide_type": "skip"} tags=["exercise"]
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

# %% slideshow={"slide_type": "skip"} tags=["check"]
check("honest_time", honest_time)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Find the mistake
#
# The loss of an epoch is far too small, and only in 16 bits.

# %% slideshow={"slide_type": "skip"} tags=["exercise"]
def mean_loss_of(losses):
    # losses: a list of bfloat16 tensors
    total = torch.zeros((), dtype=torch.bfloat16)
    for loss in losses:
        total += loss
    return (total / len(losses)).item()

# %% slideshow={"slide_type": "skip"} tags=["check"]
check(mean_loss_of)

# %% slideshow={"slide_type": "skip"}
progress()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recap
#
# You can now
#
# - move: `xb = xb.to(device)`, `model.to(device)`, then the optimizer
# - measure: warm up, wait, take the median; draw who waits for whom
# - speed up: feed the device, give it more work in each launch, ask it rarely, then use its fast formats

# %% [markdown] slideshow={"slide_type": "subslide"}
# Into `coursekit.recap` went `PretendGPU`, `median_seconds`, `simulate`, `busy_share`, `OneByOne`, `train_pass`, `LADDER`,
# `make_loader`, `climb`.
#
# Still unsolved:
#
# - One device is not always enough: several must agree on every step
# - Images have a fixed size; sentences do not

# %% [markdown] slideshow={"slide_type": "skip"}
# **Sources.** The limit by operations and bytes is the *roofline* of S. Williams, A. Waterman and D. Patterson (2009).
# That launches, copies and waiting for numbers are the things to look for is PyTorch's own *Performance Tuning Guide*.

"""Bugs planted in lesson 13, a GPU used well."""

from tests.planted.mutation import Mutation

MUTATIONS = [
    Mutation(
        'moved = x.to("meta")',
        'x = moved = x.to("meta")',
        "a tensor never moves",
        "the copy takes the tensor's name",
    ),
    Mutation(
        'returned = model.to("meta")',
        "returned = model",
        "changes the model itself",
        "the model is not moved",
    ),
    Mutation(
        "opt = torch.optim.SGD(model.parameters(), lr=0.1)",
        "opt = torch.optim.SGD(model.to('meta').parameters(), lr=0.1)",
        "built before the move",
        "optimizer built after the move, where the lesson wants the mistake",
    ),
    Mutation(
        "self.last = self.pile.submit(work, *args)",
        "self.last = self.pile.submit(work, *args)\nself.last.result()",
        "launch must not wait",
        "a launch that waits",
    ),
    Mutation(
        "self.last.result()",
        "pass",
        "synchronize must",
        "synchronize does not wait",
    ),
    Mutation(
        "return statistics.median(seconds[warmup:])",
        "return statistics.median(seconds[:warmup])",
        "leave out the first run",
        "only the warm-up counts",
    ),
    Mutation(
        "for _ in range(warmup + repeats):",
        "for _ in range(repeats):",
        "one run to warm up",
        "the warm-up is one of the runs that count",
    ),
    Mutation(
        "gpu = max(gpu, python)",
        "gpu = max(gpu, start)",
        "only the last batch gets faster",
        "the device starts before it is told to",
    ),
    Mutation(
        "python += launch",
        "python += launch + compute",
        "only the last batch gets faster",
        "Python waits for the device, unasked",
    ),
    Mutation(
        "python = gpu if ask else python",
        "pass",
        "asking costs",
        "asking for the loss does not wait",
    ),
    Mutation(
        "return sum(length for w, _, _, length in events if w == who) / end",
        "return sum(length for w, _, _, length in events) / end",
        "work of the device over all",
        "everybody's work counts as the device's",
    ),
    Mutation(
        "return 2 * c_in * c_out * k * k * height * width",
        "return c_in * c_out * k * k * height * width",
        "three times, less the input's",
        "a multiplication and an addition counted as one",
    ),
    Mutation(
        "by_hand = 3 * sum(forward) - forward[0]",
        "by_hand = 3 * sum(forward)",
        "three times, less the input's",
        "a gradient for the image is counted",
    ),
    Mutation(
        "return 20e-6 + operations / 1e13",
        "return operations / 1e13",
        "small work must lose",
        "a device without launches",
    ),
    Mutation(
        "return counter.get_total_flops() / len(xb), moved / len(xb)",
        "return counter.get_total_flops(), moved",
        "for one image, not for all",
        "the work of a batch taken for that of an image",
    ),
    Mutation(
        "moved = 4 * 4 * sum(numbers)  # 4 bytes a number, moved 4 times",
        "moved = 4 * 2 * sum(numbers)",
        "for one image, not for all",
        "the backward pass moves nothing",
    ),
    Mutation(
        "operations = 2 * n**3 / timed(lambda: a @ a, device).best",
        "operations = timed(lambda: a @ a, device).best",
        "counted in operations, in bytes",
        "seconds taken for a rate",
    ),
    Mutation(
        "return DataLoader(OneByOne(x, y), bs, shuffle=True)",
        "return DataLoader(OneByOne(x, y), bs)",
        "in a new order",
        "one rung does not shuffle, and the race is not fair",
    ),
    Mutation(
        "return FastLoader(TensorDataset(images, y.to(device)), bs, shuffle=True)",
        "return FastLoader(TensorDataset(images, y.to(device)), 64, shuffle=False)",
        "in a new order",
        "what lies on the device is not shuffled",
    ),
    Mutation(
        "return min(can / need for can, need in zip(device_can, image_needs))",
        "return max(can / need for can, need in zip(device_can, image_needs))",
        "the slower of the two decides",
        "the kinder of the two estimates",
    ),
    Mutation(
        "last = pictures.to(memory_format=torch.channels_last)",
        "last = pictures.permute(0, 2, 3, 1)",
        "only the order in memory may change",
        "axes moved instead of memory",
    ),
    Mutation(
        "opt.step()",
        "pass",
        "train_pass trains otherwise",
        "train_pass without a step",
        index=2,
    ),
    Mutation(
        "loss.backward()",
        "(2 * loss).backward()",
        "train_pass trains otherwise",
        "train_pass with twice the gradient",
        index=0,
    ),
    Mutation(
        "return xb.reshape(-1, 1, 28, 28).to(device), yb.to(device)",
        "return xb.reshape(-1, 1, 28, 28).to('meta'), yb.to(device)",
        "stayed behind",
        "the loader leaves the images on another device",
    ),
]

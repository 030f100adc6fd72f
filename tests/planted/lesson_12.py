"""Bugs for lesson 12, a convolutional network."""

from tests.planted.mutation import Mutation

MUTATIONS = [
    Mutation(
        "moved = F.pad(images, (right, -right, down, -down))",
        "moved = F.pad(images, (-right, right, down, -down))",
        "right must move ink to the right",
        "shift to the left",
    ),
    Mutation(
        "moved = F.pad(images, (right, -right, down, -down))",
        "moved = F.pad(images, (right, -right, down, -down), value=0.5)",
        "what comes in must be paper",
        "grey comes in for paper",
    ),
    Mutation(
        "def shift(x, right, down=0):",
        "def shift(x, right, down=1):",
        "no shift, no change",
        "everything moves down, too",
    ),
    Mutation(
        "image = F.pad(image, [padding] * 4)",
        "pass",
        "count the places",
        "padding forgotten",
    ),
    Mutation(
        "image = F.pad(image, [padding] * 4)",
        "image = F.pad(image, [padding, 0, padding, 0])",
        "count the places",
        "padding on one side only",
    ),
    Mutation(
        "top, left = row * stride, col * stride",
        "top, left = row, col",
        "stride moves the window",
        "stride forgotten in the place of the window",
    ),
    Mutation(
        "answers[row, col] = (window * kernel).sum()",
        "answers[row, col] = (window * kernel.flip(0, 1)).sum()",
        "no flip",
        "kernel flipped",
    ),
    Mutation(
        "answers[row, col] = (window * kernel).sum()",
        "answers[row, col] = (window * kernel).mean()",
        "adds up the window times the weights",
        "mean for the sum",
    ),
    Mutation(
        "cols = (image.shape[1] - k) // stride + 1",
        "cols = (image.shape[0] - k) // stride + 1",
        "rows, columns",
        "as many columns as rows: right for a square only",
    ),
    Mutation(
        "self.conv3 = nn.Conv2d(16, 10, 3, stride=2, padding=1)",
        "self.conv3 = nn.Conv2d(16, 20, 3, stride=2, padding=1)",
        "one row for each image",
        "twenty maps for ten digits",
    ),
    Mutation(
        "xb = F.avg_pool2d(xb, 4)",
        "xb = F.avg_pool2d(xb, 2)",
        "one row for each image",
        "pooling too small, and view(-1, 10) hides it",
    ),
    Mutation(
        "xb = F.relu(self.conv2(xb))",
        "xb = self.conv2(xb)",
        "the same layers, the same order",
        "a ReLU forgotten in the class",
    ),
    Mutation(
        "yield nn.ReLU()",
        "yield nn.Sigmoid()",
        "the same layers, the same order",
        "another activation in the chain",
    ),
    Mutation(
        "return self.func(x)",
        "return self.func(x) * 1.01",
        "the same layers, the same order",
        "a layer from a function that changes the numbers",
    ),
    Mutation(
        "yield self.func(*batch)",
        "yield self.func(*batch)\nbreak",
        "each epoch must start afresh",
        "only the first batch of an epoch",
    ),
    Mutation(
        "return xb.view(-1, 1, 28, 28), yb",
        "return xb.view(-1, 1, 28, 28).transpose(2, 3), yb",
        "the view only moved",
        "images lie on their side",
    ),
    Mutation(
        "nn.AdaptiveAvgPool2d(1),",
        "nn.AdaptiveMaxPool2d(1),",
        "the mean of each map",
        "the largest for the mean",
        index=0,
    ),
    Mutation(
        "nn.init.zeros_(layer.bias)",
        "nn.init.zeros_(layer.weight)",
        "the signal must come through",
        "all weights zero",
    ),
    Mutation(
        "return nn.Sequential(*layers, nn.Linear(channels[-1], n_classes))",
        "return nn.Sequential(*layers, nn.Linear(channels[-1], n_classes), nn.ReLU())",
        "no ReLU at the end",
        "a ReLU on the logits again",
    ),
    Mutation(
        'assert fit is coursekit.recap.fit, "the same fit as in lesson 11"',
        'fit = None\nassert fit is coursekit.recap.fit, "the same fit as in lesson 11"',
        "the same fit as in lesson 11",
        "fit redefined",
    ),
]

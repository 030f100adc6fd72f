"""Draw the README's picture: the first gradient of a digit classifier whose weights are all zero.

python -m tests.tools.readme_picture
"""

from __future__ import annotations

import torch

from coursekit import plot
from coursekit.data import load_digits
from coursekit.recap import model, nll
from tests.tools.notebooks import ROOT

PICTURE = ROOT / ".github" / "first-gradient.png"


def draw() -> plot.Picture:
    """Return the picture of lesson 07's fifth section."""
    data = load_digits("digits")
    weights = torch.zeros(784, 10, requires_grad=True)
    nll(model(data.x_train, weights, torch.zeros(10)), data.y_train).backward()
    return plot.templates(-weights.grad, legend=("less weight", "more weight"))


if __name__ == "__main__":
    PICTURE.write_bytes(draw().png())

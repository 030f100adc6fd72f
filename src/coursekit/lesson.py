"""Start a lesson: the one call in every lesson's set-up cell."""

__all__ = ["start"]


def start() -> None:
    """Make printed results the same on every machine: one CPU thread, short tidy numbers.

    With several threads torch adds up long sums in another order, and the last digits change.
    The tensors of this course are so small that more threads would not make it faster either;
    lesson 13 turns them on again. Nothing is seeded here: a lesson that draws random
    numbers shows its seed.

    Example:
        >>> from coursekit import lesson
        >>> lesson.start()
    """
    import numpy as np
    import torch

    torch.set_num_threads(1)
    torch.set_printoptions(precision=4, sci_mode=False, linewidth=79)
    np.set_printoptions(precision=4, suppress=True, linewidth=79)

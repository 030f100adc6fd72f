"""What every notebook needs: loaded once, in the process from which the others are forked."""

import IPython.core.interactiveshell
import matplotlib
import torch
import torchvision

import coursekit.exercises
import coursekit.lesson

__all__ = ["IPython", "coursekit", "matplotlib", "torch", "torchvision"]

"""Makes a Python look like Colab's: it has no coursekit, and pip has a place of its own.

Python runs this before anything else where this folder is on PYTHONPATH. IMITATED_SITE names the
folder that stands for site-packages; "!" stands for one that is read-only, so that pip
installs for the user instead, in a folder that this Python does not know yet.
"""

import os
import site
import sys
from importlib.machinery import PathFinder


class OnlyWhatWasInstalled:
    """Finds coursekit where the test's pip puts it, if at all, and nowhere else."""

    places = (os.environ.get("IMITATED_SITE"), site.getusersitepackages())

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "coursekit":
            return None
        spec = PathFinder.find_spec(name, [p for p in sys.path if p in cls.places])
        if spec is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return spec


if place := os.environ.get("IMITATED_SITE"):
    sys.meta_path.insert(0, OnlyWhatWasInstalled)
    if place != "!":
        sys.path.append(place)
    __import__("google.colab")  # as Colab's kernel does

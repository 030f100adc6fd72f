"""Packages that a callback needs and the course does not require."""

from importlib import import_module
from types import ModuleType

from coursekit.errors import CourseError


def need(module: str, package: str, purpose: str) -> ModuleType:
    """Import a module of an optional package.

    Args:
        module: What to import.
        package: What to install when it is missing.
        purpose: What it is needed for, ready to follow "needs".

    Raises:
        CourseError: It is not installed; the message says how to install it.

    Example:
        >>> need("no_such_module", "no-such-package", "Telling the future")
        Traceback (most recent call last):
        coursekit.errors.CourseError: Telling the future needs no-such-package. \
Install it, then restart the kernel: %pip install no-such-package
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name not in (module, module.partition(".")[0]):  # it misses something itself
            raise
        raise CourseError(
            f"{purpose} needs {package}. Install it, then restart the kernel: "
            f"%pip install {package}"
        ) from None

"""Can a folder be written? Asked before something else fails on it and says less."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["home_is_writable", "writable"]


def writable(folder: Path) -> bool:
    """Return whether a folder can be written or, if it is not there, made.

    Example:
        >>> writable(Path("/no/such/folder/anywhere")) == os.access("/", os.W_OK)
        True
    """
    # not exists(): that raises below a folder that may not be searched
    there = next((path for path in (folder, *folder.parents) if os.access(path, os.F_OK)), None)
    return there is not None and there.is_dir() and os.access(there, os.W_OK)


def home_is_writable() -> bool:
    """Return whether the user has a home folder that can be written.

    Example:
        >>> home_is_writable() in (True, False)
        True
    """
    try:
        return writable(Path.home())
    except RuntimeError:  # the system does not know it
        return False

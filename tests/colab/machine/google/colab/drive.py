"""Connects the student's Drive: here the folder that IMITATED_DRIVE names."""

import os
from pathlib import Path


def mount(where: str) -> None:
    drive = os.environ.get("IMITATED_DRIVE")
    if drive is None:
        raise ValueError("mount failed")  # what Colab raises when the student says no
    Path(where).mkdir(parents=True, exist_ok=True)
    Path(where, "MyDrive").symlink_to(drive)
    print(f"Mounted at {where}")

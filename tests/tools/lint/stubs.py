"""Ask ``coursekit.exercises`` for an exercise's stub."""

from __future__ import annotations


def registry_stubs(name: str) -> str | None:
    """The stub of the exercise ``name``, None when the registry has no such exercise."""
    from coursekit.exercises.registry import find  # heavy, and loaded only when asked

    exercise = find(name)
    return exercise.stub if exercise else None

"""Keep a training run on disk, whole or not at all, and go on from there."""

from __future__ import annotations

import contextlib
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import torch

from coursekit.callbacks import randomness
from coursekit.errors import CourseError
from coursekit.recap.lesson_11 import Callback, Run

#: Raised when the parts of a checkpoint change.
VERSION = 2


class Checkpoint(Callback):
    """Saves the run after each epoch; with ``resume=True`` a later run goes on where it ended.

    What is kept: model, optimizer, epoch, step, metrics, the state of the random generators
    (torch, NumPy, Python, and that of each loader) and of callbacks that have a ``state_dict``.
    A resumed run ends with the same bits as one that was never interrupted.

    The file is written beside its place and moved there when it is complete: whatever happens, the
    name holds a whole checkpoint, the new one or the one before.

    Args:
        path: Where to keep it; its folder is made.
        resume: Go on from ``path`` if there is a checkpoint. Otherwise the run starts anew and
            overwrites it.
        every: Save after every so many epochs (and after the last).

    Raises:
        CourseError: The file is no checkpoint, or one of another model, optimizer or list of
            callbacks; or a callback whose state must be kept stands behind this one.
    """

    def __init__(self, path: str | Path, resume: bool = False, every: int = 1) -> None:
        self.path = Path(path)
        self.resume = resume
        self.every = every

    def on_fit_begin(self, run: Run) -> None:
        """Go on from the file, if that was asked for."""
        place = list(run.callbacks).index(self)
        late = [c for c in run.callbacks[place + 1 :] if hasattr(c, "state_dict")]
        if late:
            raise CourseError(
                f"Put Checkpoint behind {type(late[0]).__name__}: it must see the whole epoch."
            )
        if self.resume and self.path.exists():
            _restore(run, load_checkpoint(self.path), self.path)
            print(f"resumed after epoch {run.epoch}")

    def on_epoch_end(self, run: Run) -> None:
        """Save."""
        if run.epoch % self.every == 0 or run.epoch == run.epochs or run.stop:
            save_whole(_state(run), self.path)


def load_checkpoint(path: str | Path) -> dict[str, Any]:
    """Return what a checkpoint holds; ``load_checkpoint(path)["model"]`` is the model's state.

    Read with ``weights_only=True``: a file from a stranger cannot run code.

    Raises:
        CourseError: The file is not there, or is no checkpoint.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CourseError(f"There is no checkpoint {Path(path).name}.") from None
    except (RuntimeError, pickle.UnpicklingError, EOFError, ValueError, KeyError) as error:
        raise CourseError(
            f"{Path(path).name} is no checkpoint, or only a part of one: delete it, or choose "
            "another name."
        ) from error
    if not isinstance(state, dict) or state.get("version") != VERSION:
        raise CourseError(f"{Path(path).name} is no checkpoint of this fit: choose another name.")
    return state


def save_whole(state: Any, path: Path) -> None:
    """Write ``state`` to ``path``, so that the name never stands for half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".tmp")
    try:
        with beside.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def _state(run: Run) -> dict[str, Any]:
    return {
        "version": VERSION,
        "epoch": run.epoch,
        "step": run.step,
        "stop": run.stop,
        "metrics": _plain(run.metrics),
        "model": run.model.state_dict(),
        "opt": (type(run.opt).__name__, _opt_state(run.opt)),
        "random": randomness.capture((run.train_dl, run.valid_dl)),
        "callbacks": [
            (type(c).__name__, _plain(c.state_dict()))
            for c in run.callbacks
            if hasattr(c, "state_dict")
        ],
    }


def _plain(value: Any) -> Any:
    """NumPy's numbers as Python's: ``torch.load(weights_only=True)`` refuses a file with others."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {name: _plain(v) for name, v in value.items()}
    return type(value)(map(_plain, value)) if type(value) in (list, tuple) else value


def _opt_state(opt: Any) -> dict[str, Any]:
    """The state of an optimizer; of one that cannot tell it (lesson 09's), its attributes."""
    if hasattr(opt, "state_dict"):
        return opt.state_dict()
    return {name: value for name, value in vars(opt).items() if name != "params"}


def _load_opt(opt: Any, state: dict[str, Any]) -> None:
    if hasattr(opt, "load_state_dict"):
        opt.load_state_dict(state)
        return
    for name, value in state.items():
        if isinstance(value, list):  # one tensor for each parameter, on its device
            value = [new.to(p.device) for new, p in zip(value, opt.params, strict=True)]
        setattr(opt, name, value)


def _shapes(state: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(value, "shape", None) for name, value in state.items()}


def _restore(run: Run, state: dict[str, Any], path: Path) -> None:
    """Set the run, model, optimizer, callbacks and generators; refuse what does not fit, first."""
    stateful = [c for c in run.callbacks if hasattr(c, "state_dict")]
    then, now = [name for name, _ in state["callbacks"]], [type(c).__name__ for c in stateful]
    if then != now:
        raise CourseError(
            f"{path.name} was saved with the callbacks {', '.join(then) or '(none)'}; now there "
            f"are {', '.join(now) or '(none)'}. Give the same ones, in the same order."
        )
    name, opt_state = state["opt"]
    fits = (
        _shapes(state["model"]) == _shapes(run.model.state_dict())
        and name == type(run.opt).__name__
        and opt_state.keys() == _opt_state(run.opt).keys()
    )
    try:
        if not fits:
            raise ValueError("shapes or names differ")
        _load_opt(run.opt, opt_state)  # refuses other groups of parameters before it changes any
    except ValueError as error:
        raise CourseError(
            f"{path.name} holds another model or optimizer: give the same ones, or another name."
        ) from error
    run.model.load_state_dict(state["model"])
    for callback, (_, saved) in zip(stateful, state["callbacks"], strict=True):
        callback.load_state_dict(saved)
    run.epoch, run.step, run.stop = state["epoch"], state["step"], state["stop"]
    run.metrics = dict(state["metrics"])
    randomness.restore(state["random"], (run.train_dl, run.valid_dl))

"""Keep a training run on disk, whole or not at all, and go on from there."""

from __future__ import annotations

import contextlib
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer

from coursekit.callbacks import randomness
from coursekit.errors import CourseError
from coursekit.recap.lesson_09 import SGD
from coursekit.recap.lesson_11 import Callback, Run

#: Raised when the parts of a checkpoint change.
VERSION = 2


class Checkpoint(Callback):
    """Saves the run after each epoch; with ``resume=True`` a later run goes on where it ended.

    What is kept: model, optimizer, epoch, step, metrics, the state of the random generators
    (torch, NumPy, Python, and that of each loader) and of callbacks that have a ``state_dict``.
    A resumed run ends with the same bits as one that was never interrupted. Of an optimizer without
    ``state_dict``, such as lesson 09's, all attributes but ``params`` are kept.

    The file is written beside its place and moved there when it is complete: whatever happens, the
    name holds a whole checkpoint, the new one or the one before.

    Args:
        path: Where to keep it; its folder is made.
        resume: Go on from ``path`` if there is a checkpoint. Otherwise the run starts anew and
            overwrites it.
        every: Save after every so many epochs (and after the last).

    Raises:
        ValueError: ``every`` is less than 1.
        CourseError: The file is no checkpoint, or one of another model, optimizer or list of
            callbacks; or a callback whose state must be kept stands behind this one; or the state
            of the optimizer cannot be kept.

    Example:
        >>> import tempfile
        >>> from torch import nn
        >>> from coursekit.recap import fit
        >>> model, batch = nn.Linear(4, 4), (torch.eye(4), torch.arange(4))
        >>> opt = torch.optim.SGD(model.parameters(), lr=1.0)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     keep = Checkpoint(Path(folder) / "run.pt")
        ...     _ = fit(2, model, nn.CrossEntropyLoss(), opt, [batch], [batch], [keep])
        ...     load_checkpoint(keep.path)["epoch"]
        2
    """

    def __init__(self, path: str | Path, resume: bool = False, every: int = 1) -> None:
        if every < 1:
            raise ValueError(f"every must be 1 or more, not {every}.")
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
        if not (hasattr(run.opt, "state_dict") or hasattr(run.opt, "params")):
            raise CourseError(
                f"Checkpoint cannot keep {type(run.opt).__name__}: keep its parameters in a list "
                "self.params, as lesson 09's optimizers do, or give it state_dict and "
                "load_state_dict."
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
        CourseError: The file is not there, cannot be read, or is no checkpoint.

    Example:
        >>> load_checkpoint("no_such_run.pt")
        Traceback (most recent call last):
        coursekit.errors.CourseError: There is no checkpoint no_such_run.pt.
    """
    name = Path(path).name
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CourseError(f"There is no checkpoint {name}.") from None
    except OSError as error:  # a folder, say
        raise CourseError(f"{name} cannot be read ({error.strerror}): give a file.") from error
    except (RuntimeError, pickle.UnpicklingError, EOFError, ValueError, KeyError) as error:
        whole = isinstance(error, pickle.UnpicklingError) and zipfile.is_zipfile(path)
        why = (
            " that can be read: it holds something that is no tensor, number or text. Look at what "
            "the callbacks and the optimizer keep (state_dict)."
            if whole
            else ", or only a part of one: delete it, or choose another name."
        )
        raise CourseError(f"{name} is no checkpoint{why}") from error
    if not isinstance(state, dict) or state.get("version") != VERSION:
        raise CourseError(f"{name} is no checkpoint of this fit: choose another name.")
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
        "opt": (type(run.opt).__name__, _plain(_opt_state(run.opt))),
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


def _opt_state(opt: SGD | Optimizer) -> dict[str, Any]:
    """The state of an optimizer; of one that cannot tell it (lesson 09's), its attributes."""
    if hasattr(opt, "state_dict"):
        return opt.state_dict()
    return {name: value for name, value in vars(opt).items() if name != "params"}


def _load_opt(opt: SGD | Optimizer, state: dict[str, Any]) -> None:
    """Set the state of an optimizer; ValueError for other parameters, before anything changes."""
    if hasattr(opt, "state_dict"):
        opt.load_state_dict(state)
    else:
        vars(opt).update({name: _placed(value, opt.params) for name, value in state.items()})


def _placed(value: Any, params: list[Tensor]) -> Any:
    """A list of tensors, one for each parameter, on the parameters' devices; else the value."""
    if not (isinstance(value, list) and value and all(isinstance(v, Tensor) for v in value)):
        return value
    return [new.to(p.device) for new, p in zip(value, params, strict=True)]


def _shapes(state: dict[str, Any]) -> dict[str, Any]:
    """What must be the same in two models, for one to take the other's state."""
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
        and opt_state.keys() >= _opt_state(run.opt).keys()  # a step may have added some
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

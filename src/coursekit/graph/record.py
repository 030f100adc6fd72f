"""Record a block of ordinary PyTorch code: every operation, its values, and later its gradients.

How it works, for a reader who knows autograd. Inside the block a ``TorchFunctionMode`` sees each
torch call as the student wrote it, with inputs and outputs, also those that need no gradient. For
each call we walk from the outputs' ``grad_fn`` down to the inputs and put a hook on the nodes in
between: when ``backward()`` comes by, in the block or after it, the hook notes what each output
received and what each input is sent. Nothing is computed in the student's place.

A tape holds no autograd node and no large tensor, so it keeps neither the graph nor the model
alive: hooks point from node to tape, never back.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator
from numbers import Number
from types import FunctionType
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary

from coursekit.graph import model as m
from coursekit.graph import opnames
from coursekit.graph.tape import Tape
from coursekit.graph.tensors import (
    alive,
    caller,
    flatten,
    is_compiled,
    is_tensor,
    module_tensors,
    named_tensors,
    variables,
)

#: An input of an operation: the tensor or number, its grad_fn and output number then, its key.
_Input = tuple[Any, Any, int, int]

_STORED = {"grad", "data", "T", "mT", "H", "mH", "real", "imag"}  # properties that give a tensor
#: The tape that saw a tensor come into being, so that ``draw(y)`` needs nothing but ``y``.
_tapes: WeakTensorKeyDictionary = WeakTensorKeyDictionary()

_deaf = 0  # above zero while coursekit itself asks autograd for gradients


@contextlib.contextmanager
def deaf() -> Any:
    """Make recordings ignore a backward pass that is ours and not the student's."""
    global _deaf
    _deaf += 1
    try:
        yield
    finally:
        _deaf -= 1


def tape_of(tensor: torch.Tensor) -> tuple[Tape, int] | None:
    """Return the tape that recorded a tensor, and the tensor's number on it, or None."""
    found = _tapes.get(tensor)
    if found is None or found[2] != tensor._version:
        return None
    return found[0], found[1]


class record(contextlib.ContextDecorator):
    """Record the torch code of a block, so that its graph can be drawn with values and gradients.

    The code stays ordinary PyTorch. Call ``backward()`` in the block or after it; then
    ``draw(y)`` shows every gradient, also those that autograd throws away. If the code raises an
    exception, what ran so far can be drawn (``draw(g)``), with the failing operation in red, and
    the exception goes on unchanged. Costs a few dozen microseconds per operation; remembers
    numbers, vectors of up to 5 and matrices of up to 4×4 entries, and copies nothing larger.

    A change that torch keeps no count of (``w.data -= 1``, ``SGD(fused=True)``) is not seen: what
    reads ``w`` afterwards is drawn with its new result, beside the old ``w``.

    A function is recorded by a block that has a name, so that it can be drawn afterwards:
    ``g = record()``, then ``@g`` above the function. The parentheses belong to it.

    Args:
        stats: Note mean and standard deviation of larger values and gradients too.

    Example:
        >>> import torch
        >>> from coursekit import graph
        >>> x = torch.tensor(2.0, requires_grad=True)
        >>> with graph.record() as g:
        ...     y = 3 * x**2
        >>> y.backward()
        >>> [op.name for op in g.tape.graph().ops]
        ['**', '×']
        >>> g = graph.record()
        >>> @g
        ... def half(x):
        ...     return x / 2
        >>> half(x)
        tensor(1., grad_fn=<DivBackward0>)
        >>> g
        <recording of 1 operation; coursekit.graph.draw shows it>
    """

    def __init__(self, *, stats: bool = False) -> None:
        self.stats = stats
        self.tape = Tape(stats=stats)
        self._depth = 0  # a decorated function may call itself

    def _recreate_cm(self) -> record:
        return self  # as a decorator: `g = record()`, `@g`, and later `draw(g)`

    def __enter__(self) -> record:
        if not self._depth:
            self.tape = Tape(stats=self.stats)
            recorder = _Recorder(self.tape)
            with contextlib.ExitStack() as stack:  # undone at once if the start fails
                recorder.start(stack)
                self._stack = stack.pop_all()
            self._recorder: _Recorder | None = recorder
        self._depth += 1
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._depth -= 1
        if self._depth:
            return
        recorder, self._recorder = self._recorder, None
        try:
            if recorder is not None:
                recorder.finish()
        finally:
            self._stack.close()

    def __repr__(self) -> str:
        count = len(self.tape.ops)
        return (
            f"<recording of {count} operation{'s' * (count != 1)}; coursekit.graph.draw shows it>"
        )


class _Quiet:
    """A block in which a recorder does not listen; a class, as it is entered at every operation."""

    __slots__ = ("before", "recorder")

    def __init__(self, recorder: _Recorder) -> None:
        self.recorder = recorder

    def __enter__(self) -> None:
        self.before, self.recorder.busy = self.recorder.busy, True

    def __exit__(self, *error: object) -> None:
        self.recorder.busy = self.before


class _Recorder(TorchFunctionMode):
    """The mode that is active inside a recorded block, and its working memory."""

    def __init__(self, tape: Tape) -> None:
        super().__init__()
        self.tape = tape
        self.thread = threading.get_ident()
        self.busy = False
        # id -> (weak reference, number on the tape, version when last seen)
        self.seen: dict[int, tuple[weakref.ref[torch.Tensor], int, int]] = {}
        self.unnamed: dict[int, weakref.ref[torch.Tensor]] = {}  # by number on the tape
        self.names: dict[int, tuple[weakref.ref[torch.Tensor], str]] = {}
        self.writers: dict[int, int] = {}  # storage -> number of the value last written into it
        self.scopes: list[m.Scope] = []
        self.calls = 0
        self.paths: dict[int, str] = {}
        self.older: dict[int, weakref.ref[torch.Tensor]] = {}  # those of before the block
        self.compiled: set[Any] = set()  # the code of functions that were compiled
        self.home: Any = None
        self.line = 0  # of the student's code that runs now

    # -- start and end -----------------------------------------------------------------------

    def start(self, stack: contextlib.ExitStack) -> None:
        self.home = caller()
        for name, tensor in reversed(named_tensors(self.home)):
            self.names[id(tensor)] = (weakref.ref(tensor), name)
        self.older = {number: ref for number, (ref, _) in self.names.items()}
        hooks = torch.nn.modules.module
        before = hooks.register_module_forward_pre_hook(self._module_starts)
        after = hooks.register_module_forward_hook(self._module_ends, always_call=True)
        stack.callback(before.remove)
        stack.callback(after.remove)
        stack.enter_context(_watched_functions(self))
        stack.enter_context(_eager(self))
        stack.enter_context(self)

    def finish(self) -> None:
        """Name what the block's own variables hold now; they win over names inside functions."""
        self.busy = True
        for name, tensor in reversed(named_tensors(self.home)):
            found = self._find(tensor)
            if found is None or self.tape.values[found].kind == m.PARAMETER:
                continue
            if self.tape.values[found].name.rstrip("′") != name:
                self.tape.values[found].name = name
        self.home = None
        for ref, key, version in self.seen.values():
            tensor = alive(ref)
            if tensor is not None and tensor._version == version:
                _tapes[tensor] = (self.tape, key, version)
        self.seen.clear()
        self.unnamed.clear()

    # -- modules -----------------------------------------------------------------------------

    def _module_starts(self, module: torch.nn.Module, args: Any) -> None:
        if threading.get_ident() != self.thread:
            return
        if is_compiled(module):  # a wrapper; the model inside is the one that the student knows
            self.tape.compiled = True
            return
        if not self.scopes or id(module) not in self.paths:
            for path, child in module.named_modules():
                self.paths[id(child)] = path
            for name, tensor in module_tensors(module):
                self.names[id(tensor)] = (weakref.ref(tensor), name)
        self.calls += 1
        self.scopes.append(m.Scope(self.calls, self.paths[id(module)], type(module).__name__))

    def _module_ends(self, module: torch.nn.Module, args: Any, result: Any) -> None:
        if threading.get_ident() == self.thread and self.scopes and not is_compiled(module):
            self.scopes.pop()

    # -- one operation -----------------------------------------------------------------------

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if self.busy or threading.get_ident() != self.thread:
            return func(*args, **kwargs)
        name = getattr(func, "__name__", "")
        if name == "__set__" or (name == "__get__" and opnames.plain(func) not in _STORED):
            return func(*args, **kwargs)
        inputs = self._read(opnames.plain(func), func, args, kwargs)
        try:
            result = func(*args, **kwargs)
        except Exception as error:
            self._failed(func, inputs, args, kwargs, error)
            raise
        self._note(func, inputs, result, args, kwargs)
        return result

    def _read(self, plain: str, func: Any, args: Any, kwargs: Any) -> list[_Input]:
        """Note the inputs as they are now: an in-place operation is about to change one."""
        everything = [*args, *(v for k, v in kwargs.items() if k not in ("out", "alpha"))]
        if plain == "setitem":
            everything = [args[0], args[2], args[1]]
        number_last = len(args) == 2 and isinstance(args[1], Number)
        if opnames.is_reversed(func) or (opnames.shown(func) == "×" and number_last):
            everything.reverse()  # torch hears `3 * x` as x.mul(3); written the usual way again
        numbers = opnames.SYMBOLS.get(plain) in opnames.ARITHMETIC or plain == "setitem"
        things: list[Any] = []
        for place, thing in enumerate(everything):
            if numbers and place < 2 and isinstance(thing, Number):
                things.append(thing.item() if hasattr(thing, "item") else thing)
            things.extend(flatten(thing))
        with self._quiet():
            frame = caller()
            self.line = frame.f_lineno
            if self.compiled and not self.tape.compiled:
                self.tape.compiled = self._runs_compiled(frame)
            if things:
                self._look_for_names(frame, [t for t in things if is_tensor(t)])
            return [
                (t, t.grad_fn, t.output_nr, self._key(t)) if is_tensor(t)
                else (t, None, 0, self._key(t))
                for t in things
            ]  # fmt: skip

    def _runs_compiled(self, frame: Any) -> bool:
        """Return whether the code that runs now was called by a compiled function of the block."""
        while frame is not None and frame is not self.home:
            if frame.f_code in self.compiled:
                return True
            frame = frame.f_back
        return False

    def _quiet(self) -> _Quiet:
        """Do not record what the recorder itself does."""
        return _Quiet(self)

    def _note(
        self, func: Any, inputs: list[_Input], result: Any, args: Any = (), kwargs: Any = None
    ) -> None:
        """Put the operation that just ran on the tape, if it made or changed a tensor."""
        plain = opnames.plain(func)
        outputs = [args[0]] if plain == "setitem" else flatten(result)
        if not outputs:
            return
        tensors = [t for t, *_ in inputs if is_tensor(t)]
        with self._quiet():
            if plain == "grad" or not tensors:  # x.grad, torch.randn(3): a value to start from
                for t in outputs:
                    key = self._key(t)
                    if plain == "grad" and tensors and not self.tape.values[key].name:
                        owner = self.tape.values[inputs[0][3]].name
                        self.tape.values[key].name = f"{owner}.grad" if owner else ""
                return
            same = all(any(o is t for t in tensors) for o in outputs)
            if same and not any(o._version > self._version(o) for o in outputs):
                return  # x.contiguous(), x.to(same device): nothing happened
            if same and len(tensors) == 1 and self._begins_anew(tensors[0], inputs[0][3]):
                return
            attrs = opnames.attributes(func, args, kwargs or {})
            op = self._add_op(opnames.shown(func), inputs, attrs, self.line)
            for t in outputs:
                self._add_output(op, t, changed=any(t is i for i in tensors))
            self._watch(op, outputs, inputs)

    def _begins_anew(self, t: torch.Tensor, key: int) -> bool:
        """Return whether ``nn.init`` gave a layer that was built in the block its first numbers."""
        before = self.older.get(id(t))
        if not isinstance(t, torch.nn.Parameter) or (before is not None and before() is t):
            return False
        begins = self.tape.begins_anew(t, key)
        if begins:
            self._remember(t, key)
        return begins

    def _add_output(self, op: m.Op, t: torch.Tensor, *, changed: bool) -> None:
        old = self._find(t) if changed else None
        key = self.tape.add_value(t, m.RESULT)
        if old is None:
            self.unnamed[key] = weakref.ref(t)
        else:
            self.tape.values[key].name = _primed(self.tape.values[old].name)
            with contextlib.suppress(RuntimeError, NotImplementedError):
                self.writers[t.untyped_storage().data_ptr()] = key
        self._remember(t, key)
        op.outputs.append(key)

    def _add_op(self, name: str, inputs: list[_Input], attrs: str, line: int) -> m.Op:
        op = m.Op(
            key=len(self.tape.ops), name=name, inputs=[key for *_, key in inputs], outputs=[],
            attrs=attrs, scopes=tuple(self.scopes), line=line,
        )  # fmt: skip
        self.tape.ops.append(op)
        return op

    def _failed(
        self, func: Any, inputs: list[_Input], args: Any, kwargs: Any, error: Exception
    ) -> None:
        """Note which operation raised; whatever goes wrong here, the student's exception counts."""
        with self._quiet(), contextlib.suppress(Exception):
            attrs = opnames.attributes(func, args, kwargs)
            op = self._add_op(opnames.shown(func), inputs, attrs, self.line)
            message = str(error).strip().splitlines()
            op.error = f"{type(error).__name__}: {message[0] if message else ''}"

    # -- which value is this tensor? -----------------------------------------------------------

    def _find(self, t: torch.Tensor) -> int | None:
        entry = self.seen.get(id(t))
        return entry[1] if entry is not None and entry[0]() is t else None

    def _version(self, t: torch.Tensor) -> int:
        entry = self.seen.get(id(t))
        return entry[2] if entry is not None and entry[0]() is t else 0

    def _remember(self, t: torch.Tensor, key: int) -> None:
        self.seen[id(t)] = (weakref.ref(t), key, t._version)

    def _key(self, t: Any) -> int:
        """Return the number of a value on the tape; a tensor not seen before is a source."""
        if not isinstance(t, torch.Tensor):
            return self.tape.add_value(t, m.CONSTANT)
        key = self._find(t)
        if key is None:
            return self._source(t)
        if t._version != self._version(t):
            return self._changed_elsewhere(t, key)
        if t.requires_grad and not self.tape.values[key].needs_grad:
            self.tape.follow(t, key)
        return key

    def _source(self, t: torch.Tensor) -> int:
        parameter = isinstance(t, torch.nn.Parameter)
        kind = m.PARAMETER if parameter else m.INPUT if t.requires_grad else m.CONSTANT
        key = self.tape.add_value(t, kind)
        entry = self.names.get(id(t))
        if entry is not None and entry[0]() is t:
            self.tape.values[key].name = entry[1]
        else:
            self.unnamed[key] = weakref.ref(t)
        if t.is_leaf:
            self.tape.add_leaf(t, key)
        self._remember(t, key)
        return key

    def _changed_elsewhere(self, t: torch.Tensor, old: int) -> int:
        """Draw the hidden edge: the tensor's memory was written through another view of it."""
        writer = None
        with contextlib.suppress(RuntimeError, NotImplementedError):
            writer = self.writers.get(t.untyped_storage().data_ptr())
        keys = [old] if writer is None or writer == old else [old, writer]
        how = "changed through a view" if len(keys) == 2 else "changed by other code"
        op = self._add_op(how, [(None, None, 0, k) for k in keys], "", 0)
        key = self.tape.add_value(t, m.RESULT)
        self.tape.values[key].name = _primed(self.tape.values[old].name)
        op.outputs.append(key)
        self._remember(t, key)
        self._watch(op, [t], [])
        return key

    # -- names ---------------------------------------------------------------------------------

    def _look_for_names(self, frame: Any, tensors: list[torch.Tensor]) -> None:
        """Look once into the variables of the code that runs, for tensors without a name."""
        wanted = {}
        for key, ref in list(self.unnamed.items())[-8:]:
            t = alive(ref)
            if t is None:
                del self.unnamed[key]
            else:
                wanted[id(t)] = key
        new = {id(t): t for t in tensors if self._find(t) is None and id(t) not in self.names}
        if not wanted and not new:
            return
        for name, thing in variables(frame):
            if id(thing) in wanted:
                key = wanted.pop(id(thing))
                self.tape.values[key].name = name
                del self.unnamed[key]
            elif id(thing) in new:
                self.names[id(thing)] = (weakref.ref(new.pop(id(thing))), name)

    # -- gradients -----------------------------------------------------------------------------

    def _watch(self, op: m.Op, outputs: list[torch.Tensor], inputs: Any) -> None:
        """Put hooks on autograd's nodes between an operation's outputs and its inputs."""
        tape, key = self.tape, op.key
        starts: dict[Any, list[tuple[int, int]]] = {}
        for t, number in zip(outputs, op.outputs, strict=True):
            if t.grad_fn is not None:
                starts.setdefault(t.grad_fn, []).append((t.output_nr, number))
        if not starts:
            return
        op.backward = next(iter(starts)).name()
        taken: dict[Any, int] = {}
        todo, visited = list(starts), set(starts)
        while todo:
            node = todo.pop()
            edges = []
            for k, (below, nr) in enumerate(node.next_functions):
                if below is None:
                    continue
                position = _position(below, nr, inputs, taken)
                if position is not None:
                    edges.append((k, position))
                elif (
                    below not in visited
                    and not hasattr(below, "variable")
                    and tape.mark not in below.metadata
                ):
                    visited.add(below)
                    todo.append(below)
            node.metadata[tape.mark] = True
            node.register_hook(_hook(tape, key, starts.get(node, ()), edges))


def _hook(tape: Tape, op: int, outs: Any, edges: Any) -> Callable[[Any, Any], None]:
    """Return a hook that notes what a node receives and sends. It must not hold the node."""

    def note(grad_inputs: Any, grad_outputs: Any) -> None:
        if _deaf:
            return
        with torch._C.DisableTorchFunction(), torch.no_grad():
            for nr, key in outs:
                if nr < len(grad_outputs) and grad_outputs[nr] is not None:
                    tape.received(op, key, grad_outputs[nr])
            for k, position in edges:
                if k < len(grad_inputs) and grad_inputs[k] is not None:
                    tape.sent(op, position, grad_inputs[k])

    return note


def _position(below: Any, nr: int, inputs: Any, taken: dict[Any, int]) -> int | None:
    """Return which argument an edge leads to; the j-th edge to a value used twice is the j-th."""
    leaf = getattr(below, "variable", None)
    matches = [
        i
        for i, (t, fn, t_nr, _) in enumerate(inputs)
        if (leaf is not None and t is leaf) or (leaf is None and fn is below and t_nr == nr)
    ]
    if not matches:
        return None
    j = taken.get((below, nr), 0)
    taken[below, nr] = j + 1
    return matches[min(j, len(matches) - 1)]


def _primed(name: str) -> str:
    return f"{name}′" if name else ""


class _Shared:
    """A change of torch that recordings share: the first one makes it, the last one undoes it.

    Recordings of two threads may end in any order; if each put back what it had found, the second
    would bring the first one's change back for good.
    """

    def __init__(self, change: Callable[[], contextlib.AbstractContextManager[Any]]) -> None:
        self.change = change
        self.lock = threading.Lock()
        self.users = 0

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        with self.lock:
            if not self.users:
                self.made = self.change()
                self.made.__enter__()
            self.users += 1
        try:
            yield
        finally:
            with self.lock:
                self.users -= 1
                if not self.users:
                    self.made.__exit__(None, None, None)


@contextlib.contextmanager
def _watched_functions(recorder: _Recorder) -> Iterator[None]:
    """See a student's own ``autograd.Function`` as one operation.

    ``Function.apply`` does not pass through function modes, only the calls inside its ``forward``
    do, so it is wrapped while the block runs and put back at its end. One of torch's own, with
    which older versions of ``checkpoint`` keep their inputs, is nobody's operation.
    """
    _listeners.append(recorder)
    try:
        with _heard_apply():
            yield
    finally:
        _listeners.remove(recorder)


@contextlib.contextmanager
def _wrapped_apply() -> Iterator[None]:
    global _original
    _original = torch.autograd.Function.__dict__["apply"]
    torch.autograd.Function.apply = classmethod(_apply)
    try:
        yield
    finally:
        torch.autograd.Function.apply = _original


_heard_apply = _Shared(_wrapped_apply)
_original: Any = None
_listeners: list[_Recorder] = []  # those of all threads, the newest last


def _apply(cls: Any, *args: Any, **kwargs: Any) -> Any:
    call = _original.__get__(None, cls)
    if cls.__module__ != "torch.utils.checkpoint":
        for recorder in tuple(_listeners):
            call = functools.partial(_heard, recorder, cls, call)
    return call(*args, **kwargs)


def _heard(recorder: _Recorder, cls: Any, call: Any, *args: Any, **kwargs: Any) -> Any:
    if recorder.busy or threading.get_ident() != recorder.thread:
        return call(*args, **kwargs)
    inputs = recorder._read(cls.__name__, cls, args, kwargs)
    with recorder._quiet():
        try:
            result = call(*args, **kwargs)
        except Exception as error:
            recorder._failed(cls, inputs, (), {}, error)
            raise
    recorder._note(cls, inputs, result)
    return result


@contextlib.contextmanager
def _eager(recorder: _Recorder) -> Iterator[None]:
    """Run compiled callables uncompiled in the block; does nothing if none was compiled yet."""
    if "torch._dynamo" not in sys.modules or not hasattr(torch.compiler, "set_stance"):
        yield
        return
    for _, thing in variables(recorder.home):
        if type(thing) is FunctionType:
            inside = vars(thing).get("_torchdynamo_orig_callable")
            recorder.compiled.add(getattr(inside, "__code__", None))
    recorder.compiled.discard(None)
    with _uncompiled():
        yield


@contextlib.contextmanager
def _forced_eager() -> Iterator[None]:
    # torch warns of hooks on all modules; those are ours, and there is nothing a student can do
    warnings.filterwarnings("ignore", "Using `torch.compile\\(module\\)` when there are global")
    ours = warnings.filters[0]
    try:
        with torch.compiler.set_stance("force_eager"):
            yield
    finally:
        with contextlib.suppress(ValueError):
            warnings.filters.remove(ours)


_uncompiled = _Shared(_forced_eager)

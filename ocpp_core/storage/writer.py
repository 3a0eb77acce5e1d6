"""Units of work through the writer: many share a transaction, each stands or falls alone.

A unit is a function that only talks to the database. Its caller waits until the commit that holds
its rows; its events go out after that commit. With SQLite one thread writes, and nothing in a unit
may wait: switching green threads inside a write transaction would stop the whole process.
"""

from __future__ import annotations

import functools
import logging
import math
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar, cast

from .. import events
from ..errors import StorageUnavailable
from .batches import PAUSES_S, Batch, Unit, at_hand
from .database import Store
from .failures import TROUBLE

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

PATIENCE_S = 75.0  # how long a lost or full database is tried again before the units fail
HURRY_S = 3.0  # the same while the server stops, which the process waits 5 seconds for


class Writer:
    """The threads that write, each with its own connection and its own share of the stations."""

    def __init__(self, store: Store, *, patience_s: float = PATIENCE_S) -> None:
        self.store = store
        self._patience_s = patience_s
        self._lock = threading.Lock()  # between the last unit and the end of its queue
        self._queues: list[queue.SimpleQueue[Unit | None]] = []
        self._threads: list[threading.Thread] = []
        self._closing = False
        self._ends_at = math.inf
        self.units = 0
        self.commits = 0
        self.rollbacks = 0  # grows when something written is undone
        for number in range(store.writers):
            waiting: queue.SimpleQueue[Unit | None] = queue.SimpleQueue()
            thread = threading.Thread(
                target=self._serve, args=(waiting,), name=f"writer-{number}", daemon=True
            )
            self._queues.append(waiting)
            self._threads.append(thread)
            thread.start()

    def run(self, function: Callable[[], T], key: str = "") -> T:
        """Run `function` as a unit of work and return its result after the commit.

        Units with the same key keep their order. Raises what the function raises, or
        StorageUnavailable when the database could not take it; then nothing is stored.
        """
        return cast(T, self.submit(function, key).wait())

    def submit(self, function: Callable[[], Any], key: str = "") -> Unit:
        """Hand over a unit without waiting for it."""
        unit = Unit(function)
        with self._lock:
            if self._closing:
                raise StorageUnavailable("the server is stopping")
            self._queues[self.share(key)].put(unit)
        return unit

    def share(self, key: str) -> int:
        """Return which of the writers runs the units with this key."""
        return hash(key) % len(self._queues)

    def hurry(self, timeout_s: float = HURRY_S) -> None:
        """Go on, but wait no longer than this for a database that is away: the server stops."""
        self._ends_at = min(self._ends_at, time.monotonic() + timeout_s)

    def close(self, timeout_s: float = 10) -> None:
        """Finish what waits, then end the threads; a database that is away fails the units."""
        ends_at = time.monotonic() + timeout_s
        self.hurry(timeout_s)
        with self._lock:
            self._closing = True
            for waiting in self._queues:
                waiting.put(None)
        for thread in self._threads:
            thread.join(max(0.0, ends_at + PAUSES_S[-1] - time.monotonic()))

    def gives_up(self, unit: Unit) -> bool:
        """Tell whether a unit has waited for the database for long enough."""
        return time.monotonic() > min(self._ends_at, unit.since + self._patience_s)

    def _serve(self, waiting: queue.SimpleQueue[Unit | None]) -> None:
        while True:
            first = waiting.get()
            if first is None:
                break
            batch = Batch(self, first, waiting)
            try:
                batch.work()
            except Exception:
                log.exception("writer failed")
                batch.start_anew()
            finally:
                batch.abandon()
            self.units += len(batch.units)
            if batch.ends:
                break
        self.store.manual_close()  # a writable connection is not for the pool


_writer: Writer | None = None


def use(writer: Writer | None) -> None:
    """Make `writer` the one that units of work go through."""
    global _writer  # noqa: PLW0603 - one database per process
    _writer = writer


def current() -> Writer:
    """Return the writer in use; raises StorageUnavailable before `use`."""
    if _writer is None:
        raise StorageUnavailable("no database is open")
    return _writer


class UnitOfWork(Generic[P, T]):
    """A function that runs as one unit of work; called inside another, it joins that one."""

    def __init__(self, function: Callable[P, T]) -> None:
        self._function = function
        functools.update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        if at_hand.unit is not None:
            return self._function(*args, **kwargs)
        return cast(T, self.submit(*args, **kwargs).wait())

    def submit(self, *args: P.args, **kwargs: P.kwargs) -> Unit:
        """Hand it to the writer without waiting for the commit."""
        key = args[0] if args and isinstance(args[0], str) else ""
        return current().submit(functools.partial(self._function, *args, **kwargs), key)


def unit_of_work(function: Callable[P, T]) -> UnitOfWork[P, T]:
    """Make a function run as one unit of work.

    A first argument that is text (by convention the station's id) keeps units of the same station
    in order. The function may run again after a lost connection: it must be safe to repeat.
    """
    return UnitOfWork(function)


def record(event: events.Event) -> None:
    """Publish `event` once the unit of work at hand is committed."""
    if at_hand.unit is None:
        raise RuntimeError("an event is recorded inside a unit of work")
    at_hand.unit.recorded.append(event)


def memory() -> dict[Any, Any]:
    """Return what units may remember of rows, which is forgotten when any of them is undone.

    Each writer has its own: what it remembers is committed, or written by the batch at hand.
    """
    return at_hand.memory


def reading(function: Callable[P, T]) -> Callable[P, T]:
    """Make a function query on a borrowed read-only connection, or inside the unit at hand."""

    @functools.wraps(function)
    def query(*args: P.args, **kwargs: P.kwargs) -> T:
        store = current().store
        if at_hand.unit is not None or not store.is_closed():
            return function(*args, **kwargs)
        try:
            with store.connection_context():
                return function(*args, **kwargs)
        except TROUBLE as error:
            if not store.is_passing(error):
                raise
            raise StorageUnavailable(str(error).strip()) from error

    return query

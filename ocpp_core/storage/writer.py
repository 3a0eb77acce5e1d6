"""Units of work through the writer: many share a transaction, each stands or falls alone.

A unit is a function that only talks to the database. Its caller waits until the commit that holds
its rows; its events go out after that commit. With SQLite one thread writes, and nothing in a unit
may wait: switching green threads inside a write transaction would stop the whole process.
"""

from __future__ import annotations

import functools
import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar, cast

import peewee
from playhouse.pool import MaxConnectionsExceeded

from .. import events
from ..errors import StorageUnavailable
from .database import Store

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

BATCH_SECONDS = 0.02  # a batch holds up everybody else on a green thread no longer than this
BATCH_UNITS = 500
PATIENCE_S = 75.0  # how long a lost or full database is tried again before the units fail
PAUSES_S = (0.0, 0.05, 0.1, 0.25, 0.5, 1.0)  # between the tries, the last one repeated


class Unit:
    """One function on its way through the writer."""

    __slots__ = ("_done", "_function", "error", "recorded", "result")

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._done = threading.Event()
        self.result: Any = None
        self.error: BaseException | None = None
        self.recorded: list[events.Event] = []

    def run(self) -> None:
        """Run the function from a clean state; a second run replaces the first."""
        self.recorded.clear()
        self.result = self._function()

    def finish(self, error: BaseException | None = None) -> None:
        """Publish the events of a committed unit and wake its caller."""
        self.error = error
        if error is None:
            for event in self.recorded:
                events.publish(event)
        self._done.set()

    def wait(self) -> Any:
        """Wait for the commit; returns the function's result or raises its error."""
        self._done.wait()
        if self.error is not None:
            raise self.error
        return self.result


class _Current(threading.local):
    unit: Unit | None = None


_current = _Current()


class Writer:
    """The threads that write, each with its own connection and its own share of the stations."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._queues: list[queue.SimpleQueue[Unit | None]] = []
        self._threads: list[threading.Thread] = []
        self._closed = False
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
        if self._closed:
            raise StorageUnavailable("the server is stopping")
        unit = Unit(function)
        self._queues[hash(key) % len(self._queues)].put(unit)
        return unit

    def close(self, timeout_s: float = 10) -> None:
        """Finish what waits, then end the threads."""
        self._closed = True
        for waiting in self._queues:
            waiting.put(None)
        for thread in self._threads:
            thread.join(timeout_s)

    def _serve(self, waiting: queue.SimpleQueue[Unit | None]) -> None:
        while True:
            first = waiting.get()
            if first is None:
                break
            batch = _Batch(self, first, waiting)
            try:
                batch.work()
            except Exception:
                log.exception("writer failed")
            finally:
                batch.abandon()
            self.commits += 1
            self.units += len(batch.units)
            if batch.ends:
                break
        self.store.close()


class _Batch:
    """Units that share one commit."""

    def __init__(self, owner: Writer, first: Unit, waiting: queue.SimpleQueue[Unit | None]) -> None:
        self._owner = owner
        self._store = owner.store
        self._waiting = waiting
        self.units = [first]
        self._failed: dict[Unit, BaseException] = {}
        self.ends = False

    def work(self) -> None:
        """Commit the batch, trying again while the database is away."""
        give_up_at = time.monotonic() + PATIENCE_S
        attempt = 0
        while True:
            try:
                self._write()
                return
            except (peewee.DatabaseError, peewee.InterfaceError) as error:
                self._start_anew()
                if not self._store.is_passing(error) or time.monotonic() > give_up_at:
                    self._fail(error)
                    return
                log.warning("database not writable", extra={"reason": str(error).strip()})
            time.sleep(PAUSES_S[min(attempt, len(PAUSES_S) - 1)])
            attempt += 1

    def abandon(self) -> None:
        """Wake callers that nothing else woke: nobody waits for ever."""
        for unit in self.units:
            if not unit._done.is_set():
                unit.finish(StorageUnavailable("the unit of work was abandoned"))

    def _write(self) -> None:
        self._open()
        self._store.begin_writing()
        started = time.monotonic()
        self._failed = {}
        position = 0
        while position < len(self.units):
            self._run(self.units[position])
            position += 1
            if position == len(self.units) and time.monotonic() - started < BATCH_SECONDS:
                self._take_another()
        self._store.commit_writing()
        for unit in self.units:
            unit.finish(self._failed.get(unit))

    def _open(self) -> None:
        if self._store.is_closed():
            self._store.connect()
            self._store.make_writable()

    def _take_another(self) -> None:
        if self.ends or len(self.units) >= BATCH_UNITS:
            return
        try:
            unit = self._waiting.get_nowait()
        except queue.Empty:
            return
        if unit is None:
            self.ends = True
        else:
            self.units.append(unit)

    def _run(self, unit: Unit) -> None:
        execute = self._store.execute_sql
        execute("SAVEPOINT unit")
        _current.unit = unit
        try:
            unit.run()
        except BaseException as error:
            if isinstance(error, peewee.PeeweeException) and self._store.is_passing(error):
                raise
            self._owner.rollbacks += 1
            execute("ROLLBACK TO SAVEPOINT unit")
            self._failed[unit] = error
        finally:
            _current.unit = None
        execute("RELEASE SAVEPOINT unit")

    def _start_anew(self) -> None:
        """Leave the broken transaction behind, with the connection where that is needed."""
        self._owner.rollbacks += 1
        try:
            self._store.execute_sql("ROLLBACK")
            self._store.make_writable()
        except peewee.PeeweeException:
            self._store.manual_close()

    def _fail(self, error: Exception) -> None:
        for unit in self.units:
            unit.finish(StorageUnavailable(str(error).strip()))


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
        if _current.unit is not None:
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
    if _current.unit is None:
        raise RuntimeError("an event is recorded inside a unit of work")
    _current.unit.recorded.append(event)


def reading(function: Callable[P, T]) -> Callable[P, T]:
    """Make a function query on a borrowed read-only connection, or inside the unit at hand."""

    @functools.wraps(function)
    def query(*args: P.args, **kwargs: P.kwargs) -> T:
        store = current().store
        if _current.unit is not None or not store.is_closed():
            return function(*args, **kwargs)
        try:
            with store.connection_context():
                return function(*args, **kwargs)
        except (peewee.OperationalError, peewee.InterfaceError, MaxConnectionsExceeded) as error:
            raise StorageUnavailable(str(error).strip()) from error

    return query

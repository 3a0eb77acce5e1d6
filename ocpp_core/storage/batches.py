"""A batch of units of work: one transaction, in which each unit has a savepoint of its own."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import events
from ..errors import StorageUnavailable
from .failures import TROUBLE

if TYPE_CHECKING:
    from .writer import Writer

log = logging.getLogger(__name__)

BATCH_SECONDS = 0.02  # a batch holds up everybody else on a green thread no longer than this
BATCH_UNITS = 500
PAUSES_S = (0.0, 0.05, 0.1, 0.25, 0.5, 1.0)  # between the tries, the last one repeated


class Unit:
    """One function on its way through the writer."""

    __slots__ = ("_done", "_function", "error", "recorded", "result", "since")

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self.since = time.monotonic()
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


class _AtHand(threading.local):
    unit: Unit | None = None  # that the present thread runs

    def __init__(self) -> None:
        self.memory: dict[Any, Any] = {}  # what units of this thread stored or found stored


at_hand = _AtHand()


class Batch:
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
        attempt = 0
        while True:
            try:
                self._write()
                return
            except TROUBLE as error:
                self.start_anew(self._store.wants_connection(error))
                if not self._passes(error) or self._owner.gives_up(self.units[0]):
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
        self._owner.commits += 1
        for unit in self.units:
            unit.finish(self._failed.get(unit))

    def _open(self) -> None:
        if self._store.is_closed():
            self._store.open_writing()

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
        at_hand.unit = unit
        try:
            unit.run()
            execute("RELEASE SAVEPOINT unit")  # fails where an error was swallowed in PostgreSQL
        except BaseException as error:
            if isinstance(error, TROUBLE) and self._passes(error):
                raise
            self._count_rollback()
            execute("ROLLBACK TO SAVEPOINT unit")
            execute("RELEASE SAVEPOINT unit")
            self._failed[unit] = error
        finally:
            at_hand.unit = None

    def _passes(self, error: Exception) -> bool:
        return self._store.is_passing(error) or self._store.wants_connection(error)

    def start_anew(self, connects: bool = False) -> None:
        """Leave the broken transaction behind, with the connection if told or if it is lost."""
        self._count_rollback()
        if self._store.is_closed():
            return
        if connects:
            self._store.manual_close()
            return
        try:
            self._store.roll_back()
            self._store.make_writable()
        except TROUBLE:
            self._store.manual_close()

    def _count_rollback(self) -> None:
        self._owner.rollbacks += 1
        at_hand.memory.clear()

    def _fail(self, error: Exception) -> None:
        for unit in self.units:
            unit.finish(StorageUnavailable(str(error).strip()))

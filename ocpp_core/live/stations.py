"""All stations of this process: letting them in, running their connections, sending them away."""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable

from .. import clock, context, events
from ..domain import station_ids
from ..domain.admission import Admission, Visit
from ..errors import InvalidInput, NotFound, StorageUnavailable
from ..observability import metrics
from ..protocol.base import Settings
from ..protocol.versions import BY_SUBPROTOCOL
from ..services import stations
from .connection import GOING_AWAY, POLICY_VIOLATION, Connection, Surroundings
from .registry import Registry
from .transport import WebSocket

log = logging.getLogger(__name__)

ADOPTED_WITH_PASSWORD = frozenset({"in_quarantine", "password_hash"})  # fields that were edited
CLOSERS = 50  # threads that close connections side by side at the stop


class Stations:
    """The door and the hall: `find` and `calm` before the upgrade, `serve` after it."""

    def __init__(
        self,
        registry: Registry,
        settings: Settings,
        around: Surroundings,
        *,
        quarantines: bool,
        on_boot: Callable[[str], None],
    ) -> None:
        self._registry = registry
        self._settings = settings
        self._around = around
        self._quarantines = quarantines
        self._on_boot = on_boot
        self._stopping = False
        self._unsubscribe = events.subscribe(self._hear)

    def find(self, station_id: str) -> Admission | None:
        """Return what must be known at the door; None for a station that is to be refused."""
        admission = stations.find_admission(station_id)
        if admission is not None or not self._quarantines:
            return admission
        try:
            return stations.take_into_quarantine(station_ids.check(station_id), clock.utcnow())
        except InvalidInput:  # nobody could register it
            return None

    def calm(self, visit: Visit) -> None:
        """Delay the acceptance of a station that fights with itself; Busy for who is outdone."""
        self._registry.fights.calm(visit)

    def serve(self, websocket: WebSocket, visit: Visit) -> None:
        """Run the connection of an admitted station until it ends."""
        context.station.set(visit.station_id)
        try:
            connection = self._open(websocket, visit)
        except (NotFound, StorageUnavailable) as error:
            log.warning("connection not served", extra={"reason": str(error)})
            websocket.close(POLICY_VIOLATION, "not available")
            return
        if not self._claim(connection):
            return
        now = clock.utcnow()
        stations.connected.submit(visit.station_id, connection.version, now)
        log.info("station connected", extra={"ocpp": connection.version, "address": visit.address})
        reason = "server stops"
        try:
            reason = connection.run()
        finally:
            self._leave(connection, reason)

    def _open(self, websocket: WebSocket, visit: Visit) -> Connection:
        station_id = visit.station_id
        handlers = BY_SUBPROTOCOL[visit.subprotocol](
            stations.profile(station_id),
            self._settings,
            functools.partial(self._on_boot, station_id),
        )
        retries = self._registry.retries(station_id)
        return Connection(websocket, handlers, retries, self._around, visit.arrival)

    def _claim(self, connection: Connection) -> bool:
        """Make a connection the one of its station, unless it comes too late."""
        outdone = self._registry.claim(connection)
        if outdone is not None:
            log.info("connection replaced by a newer one")
            outdone.replace()
        if outdone is connection:
            return False
        metrics.connection(connection.version, "accepted" if outdone is None else "replaced")
        if self._stopping:  # the others have been sent away without this one
            self._registry.release(connection)
            connection.close(GOING_AWAY, "server stops")
        return not self._stopping

    def _leave(self, connection: Connection, reason: str) -> None:
        if self._registry.release(connection):
            try:
                stations.went_offline.submit(connection.station_id, clock.utcnow(), reason)
            except StorageUnavailable as error:  # the next start marks all stations offline
                log.warning("end of connection not stored", extra={"reason": str(error)})
        log.info("station disconnected", extra={"reason": reason})

    def close_all(self, patience_s: float = 1.5) -> None:
        """Send all stations away (1001) after the message in hand, a few at a time."""
        self._stopping = True
        self._unsubscribe()
        waiting = self._registry.all()
        deadline = time.monotonic() + patience_s

        def work() -> None:
            while waiting:
                connection = waiting.pop()
                left_s = max(0.1, deadline - time.monotonic())
                connection.close(GOING_AWAY, "server stops", left_s)

        closers = [
            threading.Thread(target=work, daemon=True) for _ in range(min(CLOSERS, len(waiting)))
        ]
        for closer in closers:
            closer.start()
        for closer in closers:
            closer.join(max(0.1, deadline + 0.5 - time.monotonic()))

    def wait_until_empty(self, timeout_s: float) -> None:
        """Wait until all connections have ended and noted so."""
        deadline = time.monotonic() + timeout_s
        while len(self._registry) and time.monotonic() < deadline:
            time.sleep(0.02)

    def _hear(self, event: events.Event) -> None:
        """Let a live connection know that its station's record was edited or removed."""
        if not isinstance(event, events.StationEdited | events.StationRemoved):
            return
        connection = self._registry.peek(event.station_id)
        if connection is None:
            return
        if isinstance(event, events.StationRemoved):
            _close_later(connection, "removed")
        elif set(event.fields) >= ADOPTED_WITH_PASSWORD:
            _close_later(connection, "log in")  # nobody has asked it for the password
        else:
            connection.refresh()


def _close_later(connection: Connection, reason: str) -> None:
    threading.Thread(target=connection.close, args=(POLICY_VIOLATION, reason), daemon=True).start()

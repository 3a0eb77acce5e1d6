"""Which connection holds which station: the newest wins, only the owner lets go."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import TypeVar

from .. import clock, events
from ..errors import StationOffline
from ..rpc.exchange import Retries
from .connection import Connection

log = logging.getLogger("ocpp_core.security")
T = TypeVar("T")

FIGHT_WINDOW_S = 30.0
FIGHT_TAKEOVERS = 3  # a station with a bad line takes over from itself now and then
FIRST_DELAY_S, LONGEST_DELAY_S = 0.5, 5.0
MOST_REMEMBERED = 100_000  # stations whose answers and takeovers are kept


class Registry:
    """The live connections of this process."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._lock = threading.Lock()
        self._connections: dict[str, Connection] = {}
        self._retries: OrderedDict[str, Retries] = OrderedDict()
        self._takeovers: OrderedDict[str, deque[float]] = OrderedDict()
        self._sleep = sleep

    def __len__(self) -> int:
        return len(self._connections)

    def get(self, station_id: str) -> Connection:
        """Return the connection of a station; StationOffline when there is none."""
        connection = self._connections.get(station_id)
        if connection is None:
            raise StationOffline(f"station {station_id} is offline")
        return connection

    def peek(self, station_id: str) -> Connection | None:
        """Return the connection of a station, None when there is none."""
        return self._connections.get(station_id)

    def all(self) -> list[Connection]:
        """Return the connections of this moment."""
        with self._lock:
            return list(self._connections.values())

    def retries(self, station_id: str) -> Retries:
        """Return what was answered to a station lately; it outlives the connection."""
        with self._lock:
            return _kept(self._retries, station_id, Retries)

    def claim(self, connection: Connection) -> Connection | None:
        """Make `connection` the one of its station; returns the one it replaces."""
        with self._lock:
            replaced = self._connections.get(connection.station_id)
            self._connections[connection.station_id] = connection
            if replaced is not None:
                takeovers = _kept(self._takeovers, connection.station_id, deque)
                takeovers.append(time.monotonic())
        return replaced

    def release(self, connection: Connection) -> bool:
        """Let go of a station; False when a newer connection holds it."""
        with self._lock:
            if self._connections.get(connection.station_id) is not connection:
                return False
            del self._connections[connection.station_id]
            return True

    def calm(self, station_id: str) -> None:
        """Delay a station that keeps taking over from itself: two sockets fight for one id."""
        delay_s, recent = self._delay(station_id)
        if not delay_s:
            return
        if recent == FIGHT_TAKEOVERS + 1:
            log.warning("two connections fight for one id", extra={"station": station_id})
            detail = f"{recent} takeovers in {FIGHT_WINDOW_S:.0f} s"
            events.publish(
                events.SecurityEvent(station_id, clock.utcnow(), "ConnectionFight", detail)
            )
        self._sleep(delay_s)

    def _delay(self, station_id: str) -> tuple[float, int]:
        with self._lock:
            takeovers = self._takeovers.get(station_id)
            if not takeovers:
                return 0.0, 0
            while takeovers and time.monotonic() - takeovers[0] > FIGHT_WINDOW_S:
                takeovers.popleft()
            recent = len(takeovers)
        if recent <= FIGHT_TAKEOVERS:
            return 0.0, recent
        delay_s = FIRST_DELAY_S * 2 ** (recent - FIGHT_TAKEOVERS - 1)
        return min(delay_s, LONGEST_DELAY_S), recent


def _kept(kept: OrderedDict[str, T], key: str, make: Callable[[], T]) -> T:
    """Return the value of a key, made when missing; the least used keys are forgotten."""
    if key not in kept:
        kept[key] = make()
        if len(kept) > MOST_REMEMBERED:
            kept.popitem(last=False)
    kept.move_to_end(key)
    return kept[key]

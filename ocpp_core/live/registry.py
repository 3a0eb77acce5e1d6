"""Which connection holds which station: the newest wins, only the owner lets go."""

from __future__ import annotations

import threading
from collections import OrderedDict

from ..errors import StationOffline
from ..rpc.exchange import Retries
from .connection import Connection
from .fights import Fights

MOST_REMEMBERED = 100_000  # stations whose answers are kept


class Registry:
    """The live connections of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: dict[str, Connection] = {}
        self._retries: OrderedDict[str, Retries] = OrderedDict()
        self.fights = Fights()

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
            if station_id not in self._retries and len(self._retries) >= MOST_REMEMBERED:
                self._retries.popitem(last=False)
            kept = self._retries.setdefault(station_id, Retries())
            self._retries.move_to_end(station_id)
            return kept

    def claim(self, connection: Connection) -> Connection | None:
        """Make `connection` the one of its station; returns the one that is to be closed.

        That is the one it replaces, None where there is none, or `connection` itself when one
        that arrived later has been faster.
        """
        with self._lock:
            replaced = self._connections.get(connection.station_id)
            if replaced is not None and replaced.arrival > connection.arrival:
                return connection
            self._connections[connection.station_id] = connection
        if replaced is not None:
            self.fights.note_takeover(connection.station_id)
        return replaced

    def release(self, connection: Connection) -> bool:
        """Let go of a station; False when a newer connection holds it."""
        with self._lock:
            if self._connections.get(connection.station_id) is not connection:
                return False
            del self._connections[connection.station_id]
            return True

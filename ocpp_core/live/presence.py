"""When stations were heard last: kept in memory, written every few seconds."""

from __future__ import annotations

import threading
from datetime import datetime

from .. import clock
from ..errors import StorageUnavailable
from ..services import stations


class Presence:
    """The moments of one process."""

    def __init__(self) -> None:
        self._seen: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def seen(self, station_id: str) -> None:
        """Note that a station was heard just now."""
        self._seen[station_id] = clock.utcnow()

    def flush(self) -> None:
        """Write what is new; it stays for the next time when the database is away."""
        with self._lock:
            seen, self._seen = self._seen, {}
        if not seen:
            return
        try:
            stations.store_seen(seen)
        except StorageUnavailable:
            self._seen = {**seen, **self._seen}
            raise

    def fell_silent(self, station_id: str) -> None:
        """Mark a station offline that is connected but says nothing any more."""
        stations.went_offline.submit(station_id, clock.utcnow(), "silent")

    def spoke_again(self, station_id: str) -> None:
        """Mark a station online again that had fallen silent."""
        stations.went_online.submit(station_id, clock.utcnow())

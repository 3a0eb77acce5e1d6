"""Warnings about who knocks at the door, limited in number: a flood of them would hide the rest."""

from __future__ import annotations

import logging
import threading
import time

from ..live.throttle import Clock, Tally

PER_STATION, PER_MESSAGE = 3, 60  # in a minute
DAY_S = 86400

log = logging.getLogger("ocpp_core.security")


class SecurityLog:
    """Writes to the log `ocpp_core.security`, with the station and its address as fields."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._lately = Tally(clock)
        self._today = Tally(clock, DAY_S)

    def warn(self, message: str, station_id: str, address: str, **fields: str) -> None:
        """Write a warning, unless there were many like it in this minute."""
        with self._lock:
            too_many = (
                self._lately.add((message, station_id)) > PER_STATION
                or self._lately.add(message) > PER_MESSAGE
            )
        if not too_many:
            log.warning(message, extra={"station": station_id, "address": address, **fields})

    def warn_daily(self, message: str, station_id: str, address: str) -> None:
        """Write a warning about something lasting: once a day for each station."""
        with self._lock:
            is_first = self._today.add((message, station_id)) == 1
        if is_first:
            log.warning(message, extra={"station": station_id, "address": address})

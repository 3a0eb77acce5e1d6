"""Which connectors have reported since the connection of their station began.

Told by events, not by the moments of reports: those come from the clocks of stations.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from .. import events
from ..domain.connectors import ConnectorRef
from ..events import ConnectorChanged, Event, MeterRead, StationConnected, StationRemoved


@dataclass(frozen=True, slots=True)
class Said:
    """The connectors of one station that told their status, and those that told a reading."""

    status: frozenset[ConnectorRef] = field(default_factory=frozenset)
    meter: frozenset[ConnectorRef] = field(default_factory=frozenset)


NOTHING = Said()


class Reports:
    """Hears what stations report, from its making on."""

    def __init__(self) -> None:
        self._said: dict[str, Said] = {}
        self._lock = threading.Lock()
        self.end = events.subscribe(self._hear)

    def since_connected(self, station_id: str) -> Said:
        """Return what a station reported on its present connection."""
        return self._said.get(station_id, NOTHING)

    def _hear(self, event: Event) -> None:
        with self._lock:
            if isinstance(event, StationConnected):
                self._said[event.station_id] = NOTHING
            elif isinstance(event, StationRemoved):
                self._said.pop(event.station_id, None)
            elif isinstance(event, ConnectorChanged | MeterRead):
                said = self._said.get(event.station_id, NOTHING)
                self._said[event.station_id] = _with(said, event)


def _with(said: Said, event: ConnectorChanged | MeterRead) -> Said:
    """Return the same with one connector more; a repetition makes nothing new."""
    connector = ConnectorRef(event.evse_id, event.connector_id)
    if isinstance(event, MeterRead):
        return said if connector in said.meter else Said(said.status, said.meter | {connector})
    return said if connector in said.status else Said(said.status | {connector}, said.meter)

"""The status of all connected stations as OCPP.Core's API shows it: its casing, kWh and kW."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from .. import green
from ..domain.connectors import OCCUPIED, STATUS_NUMBERS, ConnectorRef
from ..live.reports import Reports, Said
from ..services import connector_records, station_names
from ..services.station_records import ConnectorView

NEVER = datetime.min.replace(tzinfo=UTC)
UNDEFINED = 0
AT_ONCE = 200  # stations of one query; others get their turn in between


class Online(Protocol):
    """A connection, as far as it is shown."""

    @property
    def station_id(self) -> str:
        """The station's id."""

    @property
    def version(self) -> str:
        """The OCPP version that is spoken."""


def listing(connections: Sequence[Online], reports: Reports) -> list[dict[str, Any]]:
    """Return the stations with the connectors that reported since they connected."""
    shown: list[dict[str, Any]] = []
    for start in range(0, len(connections), AT_ONCE):
        shown.extend(_some(connections[start : start + AT_ONCE], reports))
        green.breathe()
    return shown


def _some(connections: Sequence[Online], reports: Reports) -> Iterator[dict[str, Any]]:
    ids = [connection.station_id for connection in connections]
    names = station_names.of_stations(ids)
    connectors = connector_records.of_stations(ids)
    for connection in connections:
        station_id = connection.station_id
        if station_id in names:  # else it was removed just now
            yield {
                "id": station_id,
                "name": names[station_id] or None,
                "protocol": f"ocpp{connection.version}",
                "OnlineConnectors": _connectors(
                    connectors[station_id], reports.since_connected(station_id)
                ),
            }


def _connectors(views: Sequence[ConnectorView], said: Said) -> Mapping[str, dict[str, Any]]:
    """Return one entry for each EVSE that reported, by its number."""
    statuses = [view for view in views if _ref(view) in said.status and view.evse_id]
    readings = [view for view in views if _ref(view) in said.meter and view.evse_id]
    evses = sorted({view.evse_id for view in [*statuses, *readings]})
    return {
        str(evse): {
            "Status": _status([view for view in statuses if view.evse_id == evse]),
            **_reading([view for view in readings if view.evse_id == evse]),
        }
        for evse in evses
    }


def _status(views: Sequence[ConnectorView]) -> int:
    """Return the number of a status; of several connectors of an EVSE the busy one counts."""
    words = [view.status for view in sorted(views, key=lambda view: view.status_at or NEVER)]
    word = OCCUPIED if OCCUPIED in words else (words or [None])[-1]
    return STATUS_NUMBERS.get(word or "", UNDEFINED)


def _reading(views: Sequence[ConnectorView]) -> dict[str, Any]:
    newest = max(views, key=lambda view: view.meter_at or NEVER, default=None)
    if newest is None:
        return _values(None, None, NEVER, None)
    at = newest.meter_at or NEVER
    return _values(newest.power_w, newest.meter_wh, at, newest.soc_percent)


def _values(
    power_w: float | None, meter_wh: float | None, at: datetime, soc: float | None
) -> dict[str, Any]:
    return {
        "ChargeRateKW": None if power_w is None else power_w / 1000,
        "MeterKWH": None if meter_wh is None else meter_wh / 1000,
        "MeterValueDate": _text(at),
        "SoC": soc,
    }


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds" if at == NEVER else "milliseconds")


def _ref(view: ConnectorView) -> ConnectorRef:
    return ConnectorRef(view.evse_id, view.connector_id)

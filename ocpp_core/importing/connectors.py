"""Connectors of OCPP.Core: their names, with the last status and meter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..domain.connectors import STATUS_NUMBERS, ConnectorRef
from ..models.stations import Connector
from ..storage.statements import Statement
from ..storage.writer import unit_of_work
from . import stations, values
from .source import Row, Source
from .summary import Tally, Unusable

_INSERT = Statement(
    "INSERT INTO connectors (station_id, evse_id, connector_id, name, status, ocpp_status,"
    " status_at, meter_wh, meter_at, power_derived) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING"
)
_NAME = Statement(
    "UPDATE connectors SET name = ?"
    " WHERE station_id = ? AND evse_id = ? AND connector_id = ? AND name = ''"
)


@dataclass(frozen=True, slots=True)
class _Record:
    station_id: str
    at: ConnectorRef
    name: str
    status: str | None
    status_at: datetime | None
    meter_wh: float | None
    meter_at: datetime | None

    @property
    def key(self) -> tuple[str, int, int]:
        return self.station_id, self.at.evse_id, self.at.connector_id


def take(source: Source) -> Tally:
    """Take over connectors that are not there, and names where there is none."""
    tally = Tally("connectors")
    for rows in source.rows("ConnectorStatus", "ChargePointId, ConnectorId"):
        records = [record for row in rows if (record := _read(row, tally))]
        known = stations.known(list({record.station_id for record in records}))
        for record in records:
            if record.station_id not in known:
                tally.leave(_title(record.station_id, record.at.evse_id), "its station is not here")
        usable = [record for record in records if record.station_id in known]
        taken = _store(usable)
        tally.taken += taken
        tally.present += len(usable) - taken
    return tally


def _title(station_id: object, number: object) -> str:
    return f"{station_id}/{number}"


def _read(row: Row, tally: Tally) -> _Record | None:
    try:
        station_id = stations.check_id(row["ChargePointId"])
        number = values.integer(row["ConnectorId"], "ConnectorId", lowest=0)
    except Unusable as reason:
        tally.leave(_title(row["ChargePointId"], row["ConnectorId"]), reason)
        return None
    at, name = ConnectorRef.of_v16(number), values.name(row["ConnectorName"])
    return _Record(station_id, at, name, *_status(row), *_meter(row))


def _status(row: Row) -> tuple[str | None, datetime | None]:
    status = values.text(row["LastStatus"])
    try:
        at = values.moment(row["LastStatusTime"], "LastStatusTime")
    except Unusable:
        at = None  # of what the next report replaces nothing is worth leaving a name for
    return (status, at) if status in STATUS_NUMBERS and at else (None, None)


def _meter(row: Row) -> tuple[float | None, datetime | None]:
    try:
        meter_wh = values.watt_hours(row["LastMeter"], "LastMeter")
        at = values.moment(row["LastMeterTime"], "LastMeterTime")
    except Unusable:
        return None, None
    return (meter_wh, at) if meter_wh is not None and at else (None, None)


@unit_of_work
def _store(records: Sequence[_Record]) -> int:
    """Insert or name connectors; returns how many were changed."""
    present = _present({record.station_id for record in records})
    new = [record for record in records if record.key not in present]
    named = [record for record in records if record.name and present.get(record.key) == ""]
    _INSERT.run_many(
        (*r.key, r.name, r.status, r.status, r.status_at, r.meter_wh, r.meter_at, False)
        for r in new
    )
    _NAME.run_many((record.name, *record.key) for record in named)
    return len(new) + len(named)


def _present(station_ids: set[str]) -> dict[tuple[str, int, int], str]:
    rows: Any = Connector.select().where(Connector.station.in_(list(station_ids)))
    return {(row.station_id, row.evse_id, row.connector_id): row.name for row in rows}

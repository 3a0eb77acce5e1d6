"""A row of OCPP.Core's Transactions as a row of ours."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime

from ..domain import authorization, moments
from ..domain import transactions as domain
from ..domain.transactions import Flag
from ..services import sessions
from . import stations, values
from .source import Row
from .summary import Unusable

# What began next on the same connector: a session without an end cannot have lasted longer.
_LATER = "OVER (PARTITION BY ChargePointId, ConnectorId ORDER BY TransactionId)"
NEXT = f", LEAD(StartTime) {_LATER} AS NextStart, LEAD(MeterStart) {_LATER} AS NextMeter"


@dataclass(frozen=True, slots=True)
class SessionRow:
    """The columns of our table that an import fills."""

    id: int
    station_id: str
    uid: str | None
    evse_id: int | None
    connector_id: int | None
    active: bool
    start_tag: str | None
    tag_folded: str | None
    started_at: datetime
    meter_start_wh: float | None
    meter_start_at: datetime | None
    meter_last_wh: float | None
    meter_last_at: datetime | None
    meter_estimate_wh: float | None
    stop_tag: str | None
    stopped_at: datetime | None
    stop_reason: str | None
    closed_by: str | None
    flags: str
    sequence: str = ""
    note: str = ""


def read(raw: Row, now: datetime) -> SessionRow:
    """Return our row. Raises Unusable for one that cannot be taken."""
    number = values.integer(raw["TransactionId"], "TransactionId", lowest=1)
    evse_id = values.integer(raw["ConnectorId"] or 0, "ConnectorId", lowest=0) or None
    start_tag = values.word(raw["StartTagId"], "StartTagId")
    started_at, stopped_at, is_odd = _moments(raw, now)
    meter_start_wh = values.watt_hours(raw["MeterStart"], "MeterStart")
    meter_last_wh = values.watt_hours(raw["MeterStop"], "MeterStop")
    row = SessionRow(
        id=number,
        station_id=stations.check_id(raw["ChargePointId"]),
        uid=values.word(raw["Uid"], "Uid") or str(number),
        evse_id=evse_id,
        connector_id=1 if evse_id else None,
        active=True,
        start_tag=start_tag,
        tag_folded=authorization.fold(start_tag) if start_tag else None,
        started_at=started_at,
        meter_start_wh=meter_start_wh,
        meter_start_at=None if meter_start_wh is None else started_at,
        meter_last_wh=meter_last_wh,
        meter_last_at=None if meter_last_wh is None else stopped_at or started_at,
        meter_estimate_wh=None,
        stop_tag=values.word(raw["StopTagId"], "StopTagId"),
        stopped_at=stopped_at,
        stop_reason=values.word(raw["StopReason"], "StopReason"),
        closed_by=None,
        flags=str(Flag.CLOCK) if is_odd else "",
    )
    if stopped_at is not None:
        return _ended(row)
    return _running(row) if raw["NextStart"] is None else _superseded(row, raw)


def _moments(raw: Row, now: datetime) -> tuple[datetime, datetime | None, bool]:
    """Return start, end and whether one of them was absurd, so that the other stands for it."""
    start = values.moment(raw["StartTime"], "StartTime")
    stop = values.moment(raw["StopTime"], "StopTime")
    if start is None:
        raise Unusable("StartTime is missing")
    is_good, is_good_stop = _is_believed(start, now), stop is None or _is_believed(stop, now)
    if not is_good and (stop is None or not is_good_stop):
        raise Unusable(f"StartTime is absurd: {raw['StartTime']}")
    if stop is None:
        return start, None, False
    if not is_good:
        return stop, stop, True
    return start, max(start, stop) if is_good_stop else start, not is_good_stop


def _is_believed(moment: datetime, now: datetime) -> bool:
    return moments.EARLIEST <= moment <= now + moments.FURTHEST_AHEAD


def _ended(row: SessionRow) -> SessionRow:
    """Return the row of a session that its station ended."""
    row = dataclasses.replace(row, active=False, closed_by=sessions.BY_STATION)
    first, last = row.meter_start_wh, row.meter_last_wh
    if first is not None and last is not None and last < first:
        return dataclasses.replace(row, flags=domain.add_flags(row.flags, Flag.METER_DECREASED))
    return row


def _running(row: SessionRow) -> SessionRow:
    """Return the row of an open session; its last reading is at least that of its start."""
    if row.meter_last_wh is not None:
        return row
    return dataclasses.replace(
        row, meter_last_wh=row.meter_start_wh, meter_last_at=row.meter_start_at
    )


def _superseded(row: SessionRow, raw: Row) -> SessionRow:
    """Return the row of a session that lost its end: it ended when the next one began."""
    try:
        begins_at = values.moment(raw["NextStart"], "StartTime") or row.started_at
        estimate = values.watt_hours(raw["NextMeter"], "MeterStart")
    except Unusable:  # told when that row is read
        begins_at, estimate = row.started_at, None
    if estimate is not None and estimate < max(row.meter_last_wh or 0, row.meter_start_wh or 0):
        estimate = None  # another meter
    return dataclasses.replace(
        row,
        active=False,
        closed_by=sessions.BY_SERVER,
        stopped_at=max(row.started_at, begins_at),
        meter_estimate_wh=estimate,
        flags=domain.add_flags(row.flags, Flag.SUPERSEDED),
    )

"""What stations do and say of themselves: connecting, booting, status, being seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any

from .. import events
from ..domain.admission import Admission
from ..domain.connectors import ConnectorRef, StatusReport
from ..domain.moments import Reported
from ..errors import NotFound
from ..models.stations import ExternalLimit, Station
from ..storage.statements import Lookup, Statement
from ..storage.writer import current, reading, record, unit_of_work
from . import connectors, quarantine

JUST_NOW = timedelta(seconds=30)
MOST_QUARANTINED = 200  # unknown stations that wait; more are refused until somebody looks

_STATUS = Statement(
    "INSERT INTO connectors (station_id, evse_id, connector_id, name, power_derived, status,"
    " ocpp_status, error_code, info, vendor_id, vendor_error_code, status_at)"
    " VALUES (?, ?, ?, '', ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (station_id, evse_id, connector_id) DO UPDATE SET status = excluded.status,"
    " ocpp_status = excluded.ocpp_status, error_code = excluded.error_code,"
    " info = excluded.info, vendor_id = excluded.vendor_id,"
    " vendor_error_code = excluded.vendor_error_code, status_at = excluded.status_at"
    " WHERE connectors.status_at IS NULL OR connectors.status_at <= excluded.status_at"
    " OR connectors.status_at > ?"
)
_BY_ID = Lookup(Station, "id = ?")
_SEEN = Statement("UPDATE stations SET last_seen_at = ? WHERE id = ?")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a connection keeps of its station's record."""

    id: str
    name: str
    cleans_tags: bool
    boot_status: str
    in_quarantine: bool
    boot_answer: str | None = None  # what its last boot was told


@dataclass(frozen=True, slots=True)
class BootData:
    """What a station says of itself when it boots (OCPP 1.6, 4.2; 2.x, B01)."""

    vendor: str | None = None
    model: str | None = None
    serial_number: str | None = None
    box_serial_number: str | None = None
    firmware_version: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    meter_type: str | None = None
    meter_serial_number: str | None = None
    reason: str | None = None


_CONNECTED = Statement(
    "UPDATE stations SET online = ?, online_changed_at = ?, last_seen_at = ?, ocpp_version = ?"
    " WHERE id = ?"
)
# Nothing else of the row: another process may be changing it just now.
_BOOTED = Statement(
    "UPDATE stations SET boot_answer = boot_status, last_boot_at = ?, last_seen_at = ?, vendor = ?,"
    " model = ?, serial_number = ?, box_serial_number = ?, firmware_version = ?, iccid = ?,"
    " imsi = ?, meter_type = ?, meter_serial_number = ?, boot_reason = ?"
    " WHERE id = ? RETURNING boot_answer"
)


@reading
def find_admission(station_id: str) -> Admission | None:
    """Return what the door needs to know of a station, None for an unknown one."""
    row = _BY_ID.find(station_id)
    if row is None:
        return None
    return Admission(row.id, row.username, row.password_hash, row.default_version)


@unit_of_work
def take_into_quarantine(station_id: str, now: datetime) -> Admission | None:
    """Add an unknown station that has to wait for adoption; None when there are too many."""
    known = find_admission(station_id)
    if known is not None:  # it came twice at once
        return known
    if quarantine.count() >= MOST_QUARANTINED:  # ignored ones do not count
        return None
    Station.create(id=station_id, created_at=now, boot_status="Pending", in_quarantine=True)
    record(events.SecurityEvent(station_id, now, "StationInQuarantine", "unknown station waits"))
    return Admission(station_id)


@reading
def profile(station_id: str) -> Profile:
    """Return what a connection needs of the record; NotFound when it was removed."""
    row = _BY_ID.find(station_id)
    if row is None:
        raise NotFound(f"no station {station_id}")
    return Profile(
        row.id, row.name, row.cleans_tags, row.boot_status, row.in_quarantine, row.boot_answer
    )


@unit_of_work
def connected(station_id: str, ocpp_version: str, now: datetime) -> None:
    """Note that a station is online."""
    _CONNECTED.run(True, now, now, ocpp_version, station_id)
    record(events.StationConnected(station_id, now, ocpp_version))


@unit_of_work
def went_online(station_id: str, now: datetime) -> None:
    """Note that a station that had gone silent is heard again; again changes nothing."""
    changed = (
        Station.update(online=True, online_changed_at=now)
        .where(Station.id == station_id, ~Station.online)
        .execute()
    )
    if changed:
        record(events.StationReturned(station_id, now))


@unit_of_work
def went_offline(station_id: str, now: datetime, reason: str) -> None:
    """Note that a station is offline since `now`; again changes nothing."""
    changed = (
        Station.update(online=False, online_changed_at=now)
        .where(Station.id == station_id, Station.online)
        .execute()
    )
    if changed:
        record(events.StationDisconnected(station_id, now, reason))


@unit_of_work
def all_offline(now: datetime) -> int:
    """Note at the start of the server that no station is connected; returns how many were."""
    changed: int = (
        Station.update(online=False, online_changed_at=now).where(Station.online).execute()
    )
    return changed


@unit_of_work
def booted(station_id: str, data: BootData, now: datetime) -> str:
    """Store what a booting station says; returns what its record has it answered."""
    row = _BOOTED.row(now, now, *astuple(data), station_id)  # in the order of its fields
    if row is None:
        raise NotFound(f"no station {station_id}")
    status = str(row[0])
    record(events.StationBooted(station_id, now, status, data.reason or ""))
    return status


@unit_of_work
def report_status(
    station_id: str, connector: ConnectorRef, report: StatusReport, moment: Reported, now: datetime
) -> None:
    """Store the status of a connector, or of the station as a whole.

    Older news change nothing, unless what is known lies in the future of `now`: then the station's
    clock was wrong and has been set. Raises Violation for a connector too many.
    """
    connectors.check(station_id, connector)
    changed = _STATUS.run(
        station_id,
        connector.evse_id,
        connector.connector_id,
        False,
        report.status,
        report.ocpp_status,
        report.error_code,
        report.info,
        report.vendor_id,
        report.vendor_error_code,
        moment.at,
        now,
    ).rowcount
    if changed:
        record(_connector_changed(station_id, connector, report, moment))


@unit_of_work
def report_firmware(station_id: str, status: str, now: datetime) -> None:
    """Store how a firmware update goes."""
    _store_progress(station_id, "firmware", status, now)


@unit_of_work
def report_log(station_id: str, status: str, now: datetime) -> None:
    """Store how the upload of diagnostics or a log goes."""
    _store_progress(station_id, "log", status, now)


@unit_of_work
def report_external_limit(
    station_id: str, evse_id: int, source: str, schedules: Any, now: datetime
) -> None:
    """Store a limit that something outside this system set (OCPP 2.x, K12)."""
    text = json.dumps(schedules, ensure_ascii=False)
    values = {"source": source, "schedules": text, "reported_at": now}
    ExternalLimit.insert(station=station_id, evse_id=evse_id, **values).on_conflict(
        conflict_target=[ExternalLimit.station, ExternalLimit.evse_id], update=values
    ).execute()
    record(events.ChargingLimitReported(station_id, now, evse_id, source, cleared=False))


@unit_of_work
def clear_external_limit(station_id: str, evse_id: int, source: str, now: datetime) -> None:
    """Forget a limit from outside (OCPP 2.x, K13); without an EVSE all of the station's."""
    limits = ExternalLimit.delete().where(ExternalLimit.station == station_id)
    if evse_id:
        limits = limits.where(ExternalLimit.evse_id == evse_id)
    limits.execute()
    record(events.ChargingLimitReported(station_id, now, evse_id, source, cleared=True))


@unit_of_work
def report_ev_schedule(event: events.EvScheduleReported) -> None:
    """Publish the charging schedule of a vehicle (OCPP 2.x, K15); the message log keeps it."""
    record(event)


def store_seen(seen: Mapping[str, datetime]) -> None:
    """Store when stations were heard last, many at once; called outside of units.

    Each writer updates its own stations: two that lock the same rows would wait for each other.
    """
    shares: dict[int, list[tuple[str, datetime]]] = {}
    for station_id in sorted(seen):
        share = shares.setdefault(current().share(station_id), [])
        share.append((station_id, seen[station_id]))
    units = [_store_seen.submit(rows[0][0], rows) for rows in shares.values()]
    for unit in units:
        unit.wait()


@unit_of_work
def _store_seen(_station_id: str, rows: list[tuple[str, datetime]]) -> None:
    """Store the rows of one share, to which the station belongs."""
    _SEEN.run_many((at, station_id) for station_id, at in rows)


def _store_progress(station_id: str, subject: str, status: str, now: datetime) -> None:
    fields = {f"{subject}_status": status, f"{subject}_status_at": now}
    Station.update(**fields).where(Station.id == station_id).execute()
    record(events.StatusReported(station_id, now, subject, status))


def _connector_changed(
    station_id: str, connector: ConnectorRef, report: StatusReport, moment: Reported
) -> events.ConnectorChanged:
    return events.ConnectorChanged(
        station_id,
        moment.at,
        connector.evse_id,
        connector.connector_id,
        report.status or "",
        report.ocpp_status,
        report.error_code or "",
    )


@unit_of_work
def reconcile(connected: frozenset[str], now: datetime) -> list[str]:
    """Mark stations offline that nobody holds, should an accident have left some; returns them.

    Those that changed just now are left alone: they may have connected after `connected` was read.
    """
    online = Station.select(Station.id).where(
        Station.online, Station.online_changed_at < now - JUST_NOW
    )
    stale = [row.id for row in online if row.id not in connected]
    for station_id in stale:
        went_offline(station_id, now, "not connected")
    return stale

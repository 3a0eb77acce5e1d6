"""The records of stations: listing, adding, editing and removing them, and naming connectors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .. import events, green
from ..domain import credentials, station_ids, texts
from ..errors import AlreadyExists, NotFound
from ..models.stations import Connector, Station
from ..storage.writer import reading, record, unit_of_work
from . import removal, searching
from .changes import UNSET, Unset, given
from .paging import DEFAULT_LIMIT, Page, check_limit, decode, encode, page_of

VERSIONS = ("1.6", "2.0.1", "2.1")
BOOT_STATUSES = ("Accepted", "Pending", "Rejected")


@dataclass(frozen=True, slots=True)
class StationView:
    """A station as it is shown."""

    id: str
    name: str
    comment: str
    username: str | None
    has_password: bool
    default_version: str | None
    cleans_tags: bool
    boot_status: str
    in_quarantine: bool
    online: bool
    online_changed_at: datetime | None
    ocpp_version: str | None
    vendor: str | None
    model: str | None
    serial_number: str | None
    box_serial_number: str | None
    firmware_version: str | None
    last_seen_at: datetime | None
    last_boot_at: datetime | None
    boot_reason: str | None
    iccid: str | None
    imsi: str | None
    meter_type: str | None
    meter_serial_number: str | None
    firmware_status: str | None
    log_status: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StationChanges:
    """What to set of a station's record; password None: it needs none to connect."""

    name: str | Unset = UNSET
    comment: str | Unset = UNSET
    username: str | Unset | None = UNSET
    password: str | Unset | None = UNSET
    default_version: str | Unset | None = UNSET
    cleans_tags: bool | Unset = UNSET
    boot_status: str | Unset = UNSET


@dataclass(frozen=True, slots=True)
class ConnectorView:
    """A connector as it is shown; (0, 0) is the station as a whole."""

    evse_id: int
    connector_id: int
    name: str
    status: str | None
    ocpp_status: str | None
    error_code: str | None
    info: str | None
    vendor_id: str | None
    vendor_error_code: str | None
    status_at: datetime | None
    meter_wh: float | None
    power_w: float | None
    soc_percent: float | None
    meter_at: datetime | None


@reading
def find(station_id: str) -> StationView:
    """Return a station. Raises NotFound."""
    return _view(_row(station_id))


@reading
def page(
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
    *,
    online: bool | None = None,
    in_quarantine: bool | None = None,
    search: str | None = None,
) -> Page[StationView]:
    """Return stations ordered by id; `search` is part of an id, name, comment or serial number."""
    query = Station.select()
    if cursor is not None:
        query = query.where(Station.id > decode(cursor, str)[0])
    if online is not None:
        query = query.where(Station.online == online)
    if in_quarantine is not None:
        query = query.where(Station.in_quarantine if in_quarantine else ~Station.in_quarantine)
    text = searching.check(search)
    if text is not None:
        return _search(query, text, check_limit(limit))
    rows = list(query.order_by(Station.id).limit(check_limit(limit) + 1))
    return page_of(rows, limit, _view, lambda row: encode(row.id))


def add(station_id: str, changes: StationChanges, now: datetime) -> StationView:
    """Add a station; one that waits in quarantine is adopted.

    Raises AlreadyExists, or InvalidInput. Hashes a password, so it is called outside of units.
    """
    return _add(station_ids.check(station_id), _prepare(changes), now)


def edit(station_id: str, changes: StationChanges, now: datetime) -> StationView:
    """Change a station; boot status Accepted adopts it from quarantine.

    Raises NotFound, or InvalidInput. Hashes a password, so it is called outside of units.
    """
    return _edit(station_id, _prepare(changes), now)


def add_or_edit(
    station_id: str, changes: StationChanges, now: datetime
) -> tuple[StationView, bool]:
    """Add a station or change the one with this id; tells whether it was added."""
    return _add_or_edit(station_ids.check(station_id), _prepare(changes), now)


def remove(station_id: str, now: datetime) -> None:
    """Remove a station with connectors, limits and samples; its transactions stay with theirs.

    Raises NotFound. Interrupted, it is finished by removing the station again.
    """
    _remove(station_id, removal.delete_samples(station_id), now)


@reading
def connectors(station_id: str) -> tuple[ConnectorView, ...]:
    """Return the connectors of a station, first the row of the station as a whole."""
    _row(station_id)
    rows = Connector.select().where(Connector.station == station_id)
    fields = ConnectorView.__dataclass_fields__
    return tuple(
        ConnectorView(**{name: getattr(row, name) for name in fields})
        for row in rows.order_by(Connector.evse_id, Connector.connector_id)
    )


@unit_of_work
def rename_connector(
    station_id: str, evse_id: int, connector_id: int, name: str, now: datetime
) -> None:
    """Name a connector; no name: an empty text. Raises NotFound, or InvalidInput."""
    texts.refuse({"name": texts.problem(name)})
    changed = (
        Connector.update(name=name.strip())
        .where(
            Connector.station == station_id,
            Connector.evse_id == evse_id,
            Connector.connector_id == connector_id,
        )
        .execute()
    )
    if not changed:
        raise NotFound(f"station {station_id} has no connector {evse_id}/{connector_id}")
    record(events.StationEdited(station_id, now, ("connectors",)))


def _row(station_id: str) -> Station:
    row = Station.get_or_none(Station.id == station_id)
    if row is None:
        raise NotFound(f"no station {station_id}")
    return row


def _view(row: Station) -> StationView:
    fields = [name for name in StationView.__dataclass_fields__ if name != "has_password"]
    values = {name: getattr(row, name) for name in fields}
    return StationView(**values, has_password=row.password_hash is not None)


def _search(query: Any, text: str, limit: int) -> Page[StationView]:
    fields = (Station.id, Station.name, Station.comment, Station.serial_number)
    found = searching.search(query, Station.id, [(field, text) for field in fields], limit)
    rows = Station.select().where(Station.id.in_(found.keys)).order_by(Station.id)
    return Page(tuple(_view(row) for row in rows), found.following)


def _prepare(changes: StationChanges) -> dict[str, Any]:
    """Check what shall be set and hash the password; returns the values of the columns."""
    values = given(changes)
    for name in ("username", "default_version"):
        if name in values:
            values[name] = values[name] or None
    password = values.get("password")
    texts.refuse(
        {
            "name": texts.problem(values.get("name", "")),
            "comment": texts.problem(values.get("comment", ""), texts.LONG, lines=True),
            "username": texts.problem(values.get("username") or ""),
            "password": "is too long" if password and len(password) > texts.SHORT else None,
            "default_version": _not_among(VERSIONS, values.get("default_version")),
            "boot_status": _not_among(BOOT_STATUSES, values.get("boot_status")),
        }
    )
    if "password" in values:
        hashed = green.native(credentials.hash_password, password) if password is not None else None
        values["password_hash"] = hashed
        del values["password"]
    return values


def _not_among(known: tuple[str, ...], value: str | None) -> str | None:
    return None if value is None or value in known else f"must be one of {', '.join(known)}"


@unit_of_work
def _add(station_id: str, values: dict[str, Any], now: datetime) -> StationView:
    row = Station.get_or_none(Station.id == station_id)
    if row is not None and not row.in_quarantine:
        raise AlreadyExists(f"station {station_id} exists")
    return _put(row, station_id, values, now)


@unit_of_work
def _edit(station_id: str, values: dict[str, Any], now: datetime) -> StationView:
    row = _row(station_id)
    if row.in_quarantine and values.get("boot_status") == "Accepted":
        values = {**values, "in_quarantine": False}
    if values:
        Station.update(**values).where(Station.id == station_id).execute()
        record(events.StationEdited(station_id, now, tuple(sorted(values))))
    return _view(_row(station_id))


@unit_of_work
def _add_or_edit(
    station_id: str, values: dict[str, Any], now: datetime
) -> tuple[StationView, bool]:
    row = Station.get_or_none(Station.id == station_id)
    if row is None or row.in_quarantine:
        return _put(row, station_id, values, now), True
    return _edit(station_id, values, now), False


def _put(
    row: Station | None, station_id: str, values: dict[str, Any], now: datetime
) -> StationView:
    if row is not None:
        return _edit(station_id, {"boot_status": "Accepted", **values}, now)
    created = Station.create(id=station_id, created_at=now, **values)
    record(events.StationEdited(station_id, now, tuple(sorted(values))))
    return _view(created)


@unit_of_work
def _remove(station_id: str, reached: dict[int, datetime], now: datetime) -> None:
    removal.delete_rest(station_id, reached)
    if not Station.delete().where(Station.id == station_id).execute():
        raise NotFound(f"no station {station_id}")
    record(events.StationRemoved(station_id, now))

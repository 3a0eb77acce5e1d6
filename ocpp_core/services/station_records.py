"""The records of stations: adding, editing and removing them, and naming connectors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .. import events, green
from ..domain import credentials, station_ids, texts
from ..errors import AlreadyExists, NotFound
from ..models.stations import Connector, Station
from ..storage.writer import reading, record, unit_of_work
from ..wording import Wording
from . import removal
from .changes import UNSET, Unset, given
from .station_lists import page
from .station_views import ConnectorView, StationView, connector_view, station_view

__all__ = ["ConnectorView", "StationChanges", "StationView", "add", "add_or_edit", "connectors"]
__all__ += ["edit", "find", "page", "remove", "rename_connector"]

VERSIONS = ("1.6", "2.0.1", "2.1")
BOOT_STATUSES = ("Accepted", "Pending", "Rejected")


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


@reading
def find(station_id: str) -> StationView:
    """Return a station. Raises NotFound."""
    return station_view(_row(station_id))


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
    ordered = rows.order_by(Connector.evse_id, Connector.connector_id)
    return tuple(connector_view(row) for row in ordered)


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
            "password": _too_long(password),
            "default_version": _not_among(VERSIONS, values.get("default_version")),
            "boot_status": _not_among(BOOT_STATUSES, values.get("boot_status")),
        }
    )
    if "password" in values:
        hashed = green.native(credentials.hash_password, password) if password is not None else None
        values["password_hash"] = hashed
        del values["password"]
    return values


def _too_long(password: str | None) -> str | None:
    return Wording("is too long") if password and len(password) > texts.SHORT else None


def _not_among(known: tuple[str, ...], value: str | None) -> str | None:
    if value is None or value in known:
        return None
    return Wording("must be one of %(known)s", known=", ".join(known))


@unit_of_work
def _add(station_id: str, values: dict[str, Any], now: datetime) -> StationView:
    row = Station.get_or_none(Station.id == station_id)
    if row is not None and not row.in_quarantine:
        raise AlreadyExists(Wording("station %(id)s exists", id=station_id))
    return _put(row, station_id, values, now)


@unit_of_work
def _edit(station_id: str, values: dict[str, Any], now: datetime) -> StationView:
    row = _row(station_id)
    if row.in_quarantine and values.get("boot_status") == "Accepted":
        values = {**values, "in_quarantine": False}
    if values:
        Station.update(**values).where(Station.id == station_id).execute()
        record(events.StationEdited(station_id, now, tuple(sorted(values))))
    return station_view(_row(station_id))


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
    return station_view(created)


@unit_of_work
def _remove(station_id: str, reached: dict[int, datetime], now: datetime) -> None:
    removal.delete_rest(station_id, reached)
    if not Station.delete().where(Station.id == station_id).execute():
        raise NotFound(f"no station {station_id}")
    record(events.StationRemoved(station_id, now))

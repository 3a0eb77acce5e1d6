"""Stations, connectors and sessions written into the database as tests of lists need them."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from ocpp_core.models.stations import Connector, Station
from ocpp_core.models.tags import Tag
from ocpp_core.models.transactions import Transaction
from ocpp_core.storage.writer import unit_of_work

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
_numbers = itertools.count(1)


def minutes(count: float) -> datetime:
    """Return the moment so many minutes after `NOW`."""
    return NOW + timedelta(minutes=count)


@unit_of_work
def add_station(station_id: str, name: str = "", *, online: bool = True, **fields: Any) -> None:
    """Add a station."""
    version = {"ocpp_version": "1.6"} if online else {}
    Station.create(id=station_id, name=name, created_at=NOW, online=online, **{**version, **fields})


@unit_of_work
def add_connector(
    station_id: str,
    evse_id: int = 1,
    status: str | None = "Available",
    *,
    connector_id: int = 1,
    **fields: Any,
) -> None:
    """Add a connector; EVSE 0: the station as a whole."""
    values = {"ocpp_status": status, "status_at": NOW, **fields}
    number = connector_id if evse_id else 0
    Connector.create(
        station=station_id, evse_id=evse_id, connector_id=number, status=status, **values
    )


@unit_of_work
def add_session(
    station_id: str,
    evse_id: int | None = 1,
    *,
    minute: float = 0,
    energy_wh: float | None = 1000.0,
    active: bool = False,
    **fields: Any,
) -> int:
    """Add a session that began so many minutes after `NOW`; returns its id."""
    at, number = minutes(minute), next(_numbers)
    connector = {"connector_id": 1 if evse_id else None}
    tag = fields.get("start_tag", "TAG1")
    last = None if energy_wh is None else 5000.0 + energy_wh
    values = {
        "active": active,
        "start_tag": tag,
        "tag_folded": tag.casefold() if tag else None,
        "meter_start_wh": 5000.0,
        "meter_start_at": at,
        "meter_last_wh": last,
        "meter_last_at": at + timedelta(minutes=5),
        "stopped_at": None if active else at + timedelta(minutes=10),
        "uid": str(number),
    }
    row = {**connector, **values, **fields}
    Transaction.create(id=number, station_id=station_id, evse_id=evse_id, started_at=at, **row)
    return number


@unit_of_work
def add_tag(tag: str, name: str = "") -> None:
    """Add a charge tag."""
    Tag.create(id=tag, folded=tag.casefold(), name=name, created_at=NOW)

"""Stations and connectors as they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..models.stations import Connector, Station


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
    boot_answer: str | None
    iccid: str | None
    imsi: str | None
    meter_type: str | None
    meter_serial_number: str | None
    firmware_status: str | None
    firmware_status_at: datetime | None
    log_status: str | None
    log_status_at: datetime | None
    created_at: datetime


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


def station_view(row: Station) -> StationView:
    """Return a row as it is shown."""
    fields = [name for name in StationView.__dataclass_fields__ if name != "has_password"]
    values = {name: getattr(row, name) for name in fields}
    return StationView(**values, has_password=row.password_hash is not None)


def connector_view(row: Connector) -> ConnectorView:
    """Return a row as it is shown."""
    fields = ConnectorView.__dataclass_fields__
    return ConnectorView(**{name: getattr(row, name) for name in fields})

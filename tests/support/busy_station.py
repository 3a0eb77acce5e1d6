"""A station with something of everything, for tests of its pages."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from ocpp_core.models.records import CommandRecord, Message
from ocpp_core.models.stations import ChargingLimit, Connector, ExternalLimit, Station
from ocpp_core.models.tags import Tag
from ocpp_core.models.transactions import Transaction
from ocpp_core.storage.writer import unit_of_work

BOOT_FIELDS = ("vendor", "model", "serial_number", "box_serial_number", "firmware_version")
BOOT_FIELDS += ("iccid", "imsi", "meter_type", "meter_serial_number", "boot_reason")
BOOT_FIELDS += ("firmware_status", "log_status", "name", "comment", "username")
STATUS_FIELDS = ("ocpp_status", "error_code", "info", "vendor_id", "vendor_error_code", "name")
SCHEDULE = {
    "id": 1,
    "chargingRateUnit": "W",
    "duration": 86_400,
    "chargingSchedulePeriod": [
        {"startPeriod": 0, "limit": 11_000.0},
        {"startPeriod": 43_200, "limit": 4_200.0},
    ],
}


@unit_of_work
def busy_station(station_id: str, now: datetime, text: str = "{}", **values: object) -> None:
    """Add a station whose texts are `text` filled in with the names of their fields."""
    said = {name: text.format(name) for name in BOOT_FIELDS}
    defaults = {"online": True, "ocpp_version": "1.6", "created_at": now, "last_seen_at": now}
    defaults |= {"online_changed_at": now, "last_boot_at": now, "boot_answer": "Accepted"}
    Station.create(id=station_id, **{**said, **defaults, **values})
    for evse in (0, 1, 2):
        _connector(station_id, evse, text, now)
    Tag.create(id="04A2", folded="04a2", name=text.format("tag name"), created_at=now)
    _transaction(station_id, now)
    ChargingLimit.create(station=station_id, evse_id=1, value=16.0, unit="A", set_at=now)
    ExternalLimit.create(
        station=station_id,
        evse_id=0,
        source=text.format("limit source"),
        schedules=json.dumps([SCHEDULE]),
        reported_at=now,
    )
    _records(station_id, text, now)


def _connector(station_id: str, evse: int, text: str, now: datetime) -> None:
    said = {name: text.format(f"{evse} {name}") for name in STATUS_FIELDS}
    Connector.create(
        station=station_id,
        evse_id=evse,
        connector_id=min(evse, 1),
        status={1: "Occupied", 2: "Faulted"}.get(evse, "Available"),
        status_at=now,
        meter_wh=12_345.0,
        meter_at=now,
        power_w=7_300.0,
        soc_percent=55.0,
        **said,
    )


def _transaction(station_id: str, now: datetime) -> None:
    Transaction.create(
        id=4711,
        station_id=station_id,
        uid="4711",
        evse_id=1,
        connector_id=1,
        active=True,
        start_tag="04A2",
        tag_folded="04a2",
        started_at=now - timedelta(minutes=90),
        meter_start_wh=1_000.0,
        meter_last_wh=9_250.0,
        meter_last_at=now,
    )


def _records(station_id: str, text: str, now: datetime) -> None:
    CommandRecord.create(
        station_id=station_id,
        name="reset",
        parameters="{}",
        user=text.format("user"),
        at=now,
        finished_at=now,
        status=text.format("command status"),
        done=False,
    )
    for number, action in enumerate((text.format("action"), "")):
        Message.create(
            station_id=station_id,
            incoming=not number,
            message_id=str(number),
            action=action,
            request="{}",
            error_code=text.format("error code") if number else None,
            at=now,
            latency_ms=None if number else 2.0,
        )

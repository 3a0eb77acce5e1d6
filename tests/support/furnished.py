"""A database with something in every table, for tests that visit every page.

`furnish(written)` puts `written(name)` into each field that a station, a tag or a person can
write; the names are what tests look for, or payloads around them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ocpp_core import clock
from ocpp_core.models.people import ApiKey
from ocpp_core.models.records import CommandRecord, Message
from ocpp_core.models.stations import ChargingLimit, Connector, ExternalLimit, Station
from ocpp_core.models.tags import Tag
from ocpp_core.models.transactions import MeterSample, SampleKind, SignedSample, Transaction
from ocpp_core.storage.writer import unit_of_work

BOOT_FIELDS = ("vendor", "model", "serial_number", "box_serial_number", "firmware_version")
BOOT_FIELDS += ("iccid", "imsi", "meter_type", "meter_serial_number", "boot_reason")
BOOT_FIELDS += ("firmware_status", "log_status", "name", "comment", "username")

Written = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Furniture:
    """What the pages can be asked for."""

    station_id: str
    waiting_id: str  # in quarantine
    tag_id: str
    active: int  # a transaction
    ended: int
    message_id: int
    key: str  # the name of an API key


@unit_of_work
def furnish(written: Written = str, now: datetime | None = None) -> Furniture:
    """Fill the tables."""
    now = now or clock.utcnow()
    station = _station(written, "CP", now, online=True, last_boot_at=now, ocpp_version="1.6")
    waiting = _station(written, "NEW", now, in_quarantine=True, boot_status="Pending")
    rows = [_connector(station, written, number, now) for number in (0, 1, 2)]
    tag = Tag.create(
        id=written("tag"),
        folded=written("tag").lower(),
        name=written("tag name"),
        group=written("group"),
        type=written("type"),
        created_at=now,
    )
    active = _transaction(station, written, tag.id, 11, now, active=True)
    ended = _transaction(station, written, tag.id, 12, now, active=False)
    _samples(rows[1], active, written, now)
    _samples(rows[2], ended, written, now - timedelta(hours=5))
    _limits(station, written, now)
    _command(station, written, now)
    ApiKey.create(name=written("key"), digest="0" * 64, role="viewer", created_at=now)
    message = _message(station, written, now)
    return Furniture(station.id, waiting.id, tag.id, active, ended, message, written("key"))


def _station(written: Written, number: str, now: datetime, **fields: object) -> Station:
    texts = {name: written(f"{number} {name}") for name in BOOT_FIELDS}
    return Station.create(
        id=written(number), created_at=now, last_seen_at=now, **{**texts, **fields}
    )


def _connector(station: Station, written: Written, number: int, now: datetime) -> Connector:
    texts = ("ocpp_status", "error_code", "info", "vendor_id", "vendor_error_code")
    return Connector.create(
        station=station,
        evse_id=number,
        connector_id=min(number, 1),
        name=written(f"connector {number}") if number else "",
        status="Occupied" if number else None,
        status_at=now,
        meter_wh=12_000.0,
        power_w=7_300.0,
        soc_percent=55.0,
        meter_at=now,
        **{name: written(f"{number} {name}") for name in texts},
    )


def _transaction(
    station: Station, written: Written, tag: str, number: int, now: datetime, *, active: bool
) -> int:
    began = now - timedelta(hours=1 if active else 6)
    Transaction.create(
        id=number,
        station_id=station.id,
        uid=written(f"uid {number}"),
        evse_id=number - 10,
        connector_id=1,
        active=active,
        start_tag=tag,
        tag_folded=tag.lower(),
        started_at=began,
        meter_start_wh=1_000.0,
        meter_start_at=began,
        meter_last_wh=9_000.0,
        meter_last_at=now,
        stop_tag=None if active else written("stop tag"),
        stopped_at=None if active else now - timedelta(hours=1),
        stop_reason=None if active else written("reason"),
        closed_by=None if active else "station",
        charging_state=written("charging state"),
        flags="no-start offline",
        note=written("note"),
    )
    return number


def _samples(connector: Connector, transaction: int, written: Written, now: datetime) -> None:
    kinds = [
        ("Energy.Active.Import.Register", "", "Wh", 1_000.0),
        ("Power.Active.Import", "", "W", 7_000.0),
        ("Current.Import", "L1", "A", 16.0),
        ("SoC", "", "Percent", 40.0),
        (written("measurand"), written("phase"), written("unit"), 1.0),
    ]
    for measurand, phase, unit, value in kinds:
        words = {"measurand": measurand, "phase": phase, "unit": unit}
        words |= {"location": written("location"), "context": ""}
        kind = SampleKind.get_or_none(**words) or SampleKind.create(**words)
        for step in range(5):
            MeterSample.create(
                connector=connector.id,
                at=now - timedelta(minutes=50 - 10 * step),
                kind=kind.id,
                value=value + step,
                transaction=transaction,
            )
    SignedSample.create(
        connector=connector.id,
        at=now,
        kind=kind.id,
        transaction=transaction,
        content=json.dumps({"value": 1, "signedMeterValue": {"text": written("signed")}}),
        digest="0" * 64,
    )


def _limits(station: Station, written: Written, now: datetime) -> None:
    ChargingLimit.create(station=station, evse_id=1, value=16.0, unit="A", set_at=now)
    ExternalLimit.create(
        station=station,
        evse_id=0,
        source=written("limit source"),
        schedules=json.dumps([{"id": 1, "comment": written("schedule")}]),
        reported_at=now,
    )


def _command(station: Station, written: Written, now: datetime) -> None:
    CommandRecord.create(
        station_id=station.id,
        name=written("command"),
        parameters=json.dumps({"tag": written("parameter")}),
        user=written("user"),
        at=now,
        finished_at=now,
        status=written("command status"),
        done=False,
        detail=written("command detail"),
    )


def _message(station: Station, written: Written, now: datetime) -> int:
    row = Message.create(
        station_id=station.id,
        incoming=True,
        message_id=written("message id"),
        action=written("action"),
        request=json.dumps({"text": written("request")}),
        response=json.dumps({"text": written("response")}),
        error_code=written("error code"),
        at=now,
        latency_ms=1.5,
    )
    Message.create(
        station_id=station.id,
        incoming=True,
        message_id="-1",
        action="",
        request=written("no JSON at all"),
        at=now,
    )
    return int(row.id)

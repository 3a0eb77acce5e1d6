"""Rows of charging sessions, a station and a tag for tests of the pages of transactions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ocpp_core.models.stations import Connector, Station
from ocpp_core.models.tags import Tag
from ocpp_core.models.transactions import Transaction
from ocpp_core.storage.writer import unit_of_work

START = datetime(2026, 5, 1, 10, tzinfo=UTC)


@unit_of_work
def add(number: int, minutes: float = 0, **values: Any) -> int:
    """Add a session that ended after an hour with 5.5 kWh."""
    at = START + timedelta(minutes=minutes)
    defaults = {"uid": str(number), "station_id": "CP1", "evse_id": 1, "connector_id": 1}
    defaults |= {"active": False, "start_tag": "Ann", "meter_start_wh": 1000, "started_at": at}
    defaults |= {"meter_last_wh": 6500, "meter_last_at": at + timedelta(hours=1)}
    values = defaults | values
    if not values["active"]:
        ended = {"stopped_at": at + timedelta(hours=1), "stop_tag": "Ann", "stop_reason": "EVFull"}
        values = ended | {"closed_by": "station"} | values
    values.setdefault("tag_folded", (values["start_tag"] or "").lower() or None)
    Transaction.create(id=number, **values)
    return number


@unit_of_work
def furnish() -> None:
    """Add a station with three connectors at two EVSEs, and a tag."""
    Station.create(id="CP1", name="Hall", created_at=START)
    for evse, connector, name in ((1, 1, "left"), (2, 1, ""), (2, 2, "")):
        Connector.create(station="CP1", evse_id=evse, connector_id=connector, name=name)
    Tag.create(id="Ann", folded="ann", name="Ann Mill", created_at=START)

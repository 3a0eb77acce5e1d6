"""Meter samples in the words of each OCPP version."""

from __future__ import annotations

from typing import Any

from tests.support.fake_station import FakeStation
from tests.support.station_messages import Payload, TransactionId, wire, without_none


def sample(version: str, value: Any, unit: str | None = None, **more: Any) -> Payload:
    """Return a sampledValue; in 1.6 values are text and units need no object."""
    multiplier = more.pop("multiplier", None)
    if version == "1.6":
        return without_none({"value": str(value), "unit": unit, **more})
    measure = without_none({"unit": unit, "multiplier": multiplier})
    return without_none({"value": value, "unitOfMeasure": measure or None, **more})


def reading(at: str | None, *samples: Payload) -> Payload:
    """Return a meterValue of one moment; None is now."""
    return {"timestamp": wire(at), "sampledValue": list(samples)}


def meter_values(
    station: FakeStation,
    connector: int,
    *readings: Payload,
    transaction: TransactionId | None = None,
) -> tuple[str, Payload]:
    """Return a MeterValues; 2.x has a field for the transaction only in its events."""
    values = list(readings)
    if station.version == "1.6":
        payload = {"connectorId": connector, "transactionId": transaction, "meterValue": values}
        return "MeterValues", without_none(payload)
    return "MeterValues", {"evseId": connector, "meterValue": values}

"""What is lost with a station's record: counted up to a bound, for who is asked whether he is sure.

A station may have millions of samples and transactions; nobody waits for their exact number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import peewee

from ..errors import NotFound
from ..models.stations import ChargingLimit, Connector, ExternalLimit, Station
from ..models.transactions import MeterSample, Transaction
from ..storage.writer import reading

COUNTED = 10_000  # rows looked at of each kind


@dataclass(frozen=True, slots=True)
class Amount:
    """A number, or more than that."""

    number: int
    is_more: bool = False


@dataclass(frozen=True, slots=True)
class Losses:
    """What a removal deletes, and the transactions that it leaves."""

    connectors: int
    limits: int
    samples: Amount
    transactions: Amount


@reading
def of_station(station_id: str, counted: int = COUNTED) -> Losses:
    """Return what goes and what stays when a station is removed. Raises NotFound."""
    if not Station.select(Station.id).where(Station.id == station_id).exists():
        raise NotFound(f"no station {station_id}")
    rows = list(Connector.select().where(Connector.station == station_id))
    transactions = Transaction.select(Transaction.id).where(Transaction.station_id == station_id)
    return Losses(
        sum(bool(row.evse_id) for row in rows),  # without what stands for the station as a whole
        sum(
            model.select().where(model.station == station_id).count()
            for model in (ChargingLimit, ExternalLimit)
        ),
        _samples([row.id for row in rows], counted),
        _amount(_count(transactions, counted), counted),
    )


def _samples(connectors: list[int], counted: int) -> Amount:
    """Count the samples that belong to no transaction among the first ones of each connector."""
    found, looked_at = 0, 0
    for connector in connectors:
        window = (
            MeterSample.select(MeterSample.transaction)
            .where(MeterSample.connector == connector)
            .limit(counted - looked_at + 1)
            .alias("looked_at")
        )
        columns = [peewee.fn.COUNT(peewee.SQL("*")), peewee.fn.COUNT(window.c.transaction_id)]
        query = peewee.Select([window], columns).bind(MeterSample._meta.database)
        ((total, kept),) = query.tuples()
        found, looked_at = found + total - kept, looked_at + total
        if looked_at > counted:
            return Amount(found, is_more=True)
    return Amount(found)


def _count(query: Any, counted: int) -> int:
    number: int = query.limit(counted + 1).count()
    return number


def _amount(number: int, counted: int) -> Amount:
    return Amount(min(number, counted), number > counted)

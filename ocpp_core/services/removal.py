"""Deleting the meter samples of a station that is removed, except those of transactions.

A station may have millions of them, and nobody else can write meanwhile: they go in small bites.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ..models.base import moment
from ..models.stations import Connector
from ..models.transactions import MeterSample, SignedSample
from ..storage.writer import reading, unit_of_work

BITE = 2_000


def delete_samples(station_id: str, bite: int = BITE) -> dict[int, datetime]:
    """Delete samples of the station's connectors bit by bit, each bite a unit of work.

    Less than a bite is left of each; returns from where on, by row of the connector.
    """
    reached: dict[int, datetime] = {}
    for connector in _connectors(station_id):
        until = _bite_end(connector, None, bite)
        while until is not None:
            _delete(connector, reached.get(connector), until)
            reached[connector] = until
            until = _bite_end(connector, until, bite)
    return reached


def delete_rest(station_id: str, reached: Mapping[int, datetime]) -> None:
    """Delete what `delete_samples` left, inside the unit of work at hand."""
    for connector in _connectors(station_id):
        _delete(connector, reached.get(connector), None)


@unit_of_work
def _delete(connector: int, after: datetime | None, until: datetime | None) -> None:
    for model in (MeterSample, SignedSample):
        query = model.delete().where(model.connector == connector, model.transaction.is_null())
        if after is not None:
            query = query.where(model.at > after)
        if until is not None:
            query = query.where(model.at <= until)
        query.execute()


@reading
def _connectors(station_id: str) -> list[int]:
    rows = Connector.select(Connector.id).where(Connector.station == station_id)
    return [row.id for row in rows]


@reading
def _bite_end(connector: int, after: datetime | None, bite: int) -> datetime | None:
    """Return the moment up to which one bite reaches, None when less than a bite is left."""
    query = MeterSample.select(MeterSample.at).where(MeterSample.connector == connector)
    if after is not None:
        query = query.where(MeterSample.at > after)
    row = query.order_by(MeterSample.at).offset(bite - 1).limit(1).tuples().first()
    return moment(row[0]) if row else None

"""Rows of the exports: many charging sessions in bites, with the names of now.

Between two bites no connection is held, and whoever asked may take his time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Unpack

from peewee import Tuple

from .. import green
from ..domain import transactions as domain
from ..domain.connectors import ConnectorRef
from ..domain.labels import number_of, station_label
from ..domain.transactions import Flag
from ..models.stations import Connector
from ..models.transactions import Transaction
from ..storage.writer import reading
from . import charge_groups, sessions, station_names, transaction_list
from .charge_groups import KnownTag
from .transaction_list import TransactionLine
from .transaction_search import Filters

BITE = 200  # sessions, some 10 ms with their names

_UNKNOWN = KnownTag("", "", "")


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """A session that ended, as the details of the charge report have it."""

    id: int
    station: str  # its name, else its id
    connector: str  # its name, else its number; empty where it was never told
    start_tag: str
    start_name: str
    group: str
    started_at: datetime
    meter_start_wh: float | None
    stop_tag: str
    stop_name: str
    stopped_at: datetime
    meter_stop_wh: float | None
    energy_wh: float | None


def transactions(
    *, oldest_first: bool = False, **filters: Unpack[Filters]
) -> Iterator[tuple[TransactionLine, ...]]:
    """Yield all that the list shows with these filters, in its order. Raises InvalidInput."""
    cursor = None
    while True:
        page = transaction_list.page(BITE, cursor, oldest_first=oldest_first, **filters)
        yield page.items
        cursor = page.next
        if cursor is None:
            return


def charges(since: datetime, until: datetime) -> Iterator[tuple[ChargeLine, ...]]:
    """Yield the sessions that the charge report adds up, in the order in which they ended."""
    after: tuple[datetime, int] = (since, 0)
    while rows := _ended(after, until):
        green.breathe()
        yield _lines([row for row in rows if _charged(row)])
        after = (rows[-1].stopped_at, rows[-1].id)


@reading
def _ended(after: tuple[datetime, int], until: datetime) -> list[Transaction]:
    key = Tuple(Transaction.stopped_at, Transaction.id)
    query = Transaction.select().where(~Transaction.active, key > Tuple(*after))
    query = query.where(key < Tuple(until, 0)).order_by(Transaction.stopped_at, Transaction.id)
    return list(query.limit(BITE))


def _charged(row: Transaction) -> bool:
    """Tell whether the report counts it: who was refused and got nothing did not charge."""
    return bool(sessions.energy_of(row)) or not sessions.has(row, Flag.REFUSED)


@reading
def _lines(rows: Sequence[Transaction]) -> tuple[ChargeLine, ...]:
    names = _Names(rows)
    return tuple(_line(row, names) for row in rows)


class _Names:
    """What stations, connectors and tags of some sessions are called now."""

    def __init__(self, rows: Sequence[Transaction]) -> None:
        stations = sorted({row.station_id for row in rows})
        tokens = {token for row in rows for token in (row.start_tag, row.stop_tag) if token}
        self._folded = {token: sessions.folded(token) for token in tokens}
        self._tags = charge_groups.known_tags(self._folded.values())
        self._stations = station_names.of_stations(stations)
        self._connectors = _connector_names(stations, rows)

    def tag(self, token: str) -> KnownTag:
        return self._tags.get(self._folded.get(token, ""), _UNKNOWN)

    def station(self, row: Transaction) -> str:
        return station_label(row.station_id, self._stations.get(row.station_id, ""))

    def connector(self, row: Transaction) -> str:
        place = sessions.connector_of(row)
        if place is None:
            return ""
        return self._connectors.get((row.station_id, place)) or number_of(place)


def _connector_names(
    stations: Sequence[str], rows: Sequence[Transaction]
) -> dict[tuple[str, ConnectorRef], str]:
    evses = sorted({row.evse_id for row in rows if row.evse_id is not None})
    found: Any = Connector.select(
        Connector.station, Connector.evse_id, Connector.connector_id, Connector.name
    ).where(Connector.station.in_(stations), Connector.evse_id.in_(evses), Connector.name != "")
    return {
        (station, ConnectorRef(evse, number)): name.strip()
        for station, evse, number, name in found.tuples()
    }


def _line(row: Transaction, names: _Names) -> ChargeLine:
    start, stop = row.start_tag or "", row.stop_tag or ""
    starter = names.tag(start)
    return ChargeLine(
        row.id,
        names.station(row),
        names.connector(row),
        start,
        starter.name,
        starter.group,
        row.started_at,
        row.meter_start_wh,
        stop,
        names.tag(stop).name,
        row.stopped_at,
        domain.register_wh(row.meter_last_wh, row.meter_estimate_wh),
        sessions.energy_of(row),
    )

"""The charging session that each of many connectors had last: index look-ups, one per connector.

So it costs the same however many sessions a connector had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from .. import green
from ..domain.transactions import Flag
from ..models.transactions import Transaction
from ..storage.statements import Statement
from ..storage.writer import reading
from . import sessions, tag_names

BITE = 250  # connectors of one query: some milliseconds
LOOKED_AT = 5  # refused ones, which nobody charged in, are passed over; so many at most

K = TypeVar("K", int, str)

_REFUSED = f"%{Flag.REFUSED}%"


def _latest(where: str) -> str:
    """Return the SQL for the id of the latest session among those that a condition names."""
    return (
        "(SELECT n.id FROM (SELECT t.id, t.flags, t.started_at FROM transactions t"  # noqa: S608 - ours
        f" WHERE {where} ORDER BY t.started_at DESC, t.id DESC LIMIT {LOOKED_AT}) n"
        " WHERE n.flags NOT LIKE ? ORDER BY n.started_at DESC, n.id DESC LIMIT 1)"
    )


_PLACES = ", ".join("?" * BITE)
_EVSE = "t.station_id = c.station_id AND t.evse_id = c.evse_id"
# A session whose connector was never told is that of the first one.
_OF_CONNECTORS = Statement(
    f"SELECT c.id, {_latest(f'{_EVSE} AND t.connector_id = c.connector_id')},"  # noqa: S608 - ours
    f" CASE WHEN c.connector_id = 1 THEN {_latest(f'{_EVSE} AND t.connector_id IS NULL')} END"
    f" FROM connectors c WHERE c.id IN ({_PLACES})"
)
_OF_STATIONS = Statement(
    f"SELECT s.id, {_latest('t.station_id = s.id')}, ?"  # noqa: S608 - ours
    f" FROM stations s WHERE s.id IN ({_PLACES})"
)

_FIELDS = (
    Transaction.id,
    Transaction.start_tag,
    Transaction.started_at,
    Transaction.meter_start_wh,
    Transaction.meter_start_at,
    Transaction.meter_last_wh,
    Transaction.meter_last_at,
    Transaction.meter_estimate_wh,
    Transaction.flags,
)


@dataclass(frozen=True, slots=True)
class Session:
    """A charging session as far as lists of connectors show it."""

    id: int
    started_at: datetime
    tag: str | None
    tag_name: str
    meter_start_wh: float | None
    energy_wh: float | None


def of_connectors(rows: Sequence[int]) -> dict[int, Session]:
    """Return the latest session at each connector, by the row of the connector."""
    return _latest_of(rows, lambda bite: _find(_OF_CONNECTORS, bite, 0))


def of_stations(ids: Sequence[str]) -> dict[str, Session]:
    """Return the latest session at each station, wherever it was."""
    return _latest_of(ids, lambda bite: _find(_OF_STATIONS, bite, ""))


def by_id(ids: Sequence[int]) -> dict[int, Session]:
    """Return sessions by their ids."""
    return {key: value for bite in _bites(ids) for key, value in _by_id(bite).items()}


def _latest_of(
    keys: Sequence[K], find: Callable[[Sequence[K]], dict[K, list[int]]]
) -> dict[K, Session]:
    found: dict[K, Session] = {}
    for bite in _bites(keys):
        ids = find(bite)
        known = _by_id([number for several in ids.values() for number in several])
        for key, several in ids.items():
            candidates = [known[number] for number in several if number in known]
            if candidates:
                found[key] = max(candidates, key=lambda one: (one.started_at, one.id))
    return found


def _bites(keys: Sequence[K]) -> Iterator[Sequence[K]]:
    for start in range(0, len(keys), BITE):
        yield keys[start : start + BITE]
        green.breathe()


@reading
def _find(statement: Statement, keys: Sequence[K], none: K) -> dict[K, list[int]]:
    padded = [*keys, *[none] * (BITE - len(keys))]
    last = _REFUSED if statement is _OF_CONNECTORS else None
    rows = statement.run(_REFUSED, last, *padded).fetchall()
    return {key: [number for number in ids if number] for key, *ids in rows}


@reading
def _by_id(ids: Sequence[int]) -> dict[int, Session]:
    if not ids:
        return {}
    rows = list(Transaction.select(*_FIELDS).where(Transaction.id.in_(ids)))
    names = tag_names.of_tokens(row.start_tag for row in rows)
    return {row.id: _session(row, names) for row in rows}


def _session(row: Any, names: dict[str, str]) -> Session:
    return Session(
        row.id,
        row.started_at,
        row.start_tag,
        names.get(row.start_tag or "", ""),
        row.meter_start_wh,
        sessions.energy_of(row),
    )

"""The charging session that each of many connectors had last: index look-ups, one per connector.

So it costs the same however many sessions a connector had.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from .. import green
from ..domain.transactions import Flag
from ..models.transactions import Transaction
from ..storage.statements import Statement
from ..storage.writer import reading
from . import sessions, tag_names

BITE = 500  # connectors of one query: some milliseconds
LOOKED_AT = 5  # sessions of an EVSE among which one is looked for; it mostly is the first

K = TypeVar("K", int, str)

# Refused ones, in which nobody charged, are passed over; one whose connector was never told is that
# of the first. Said with BETWEEN, so that no other index than that of the EVSE gives the order.
_PLACES = ", ".join("?" * BITE)
_OF_CONNECTORS = Statement(
    "SELECT c.id, (SELECT n.id FROM ("  # noqa: S608 - ours
    "SELECT t.id, t.evse_id, t.connector_id, t.flags, t.started_at FROM transactions t"
    " WHERE t.station_id = c.station_id AND t.evse_id BETWEEN c.evse_id AND c.evse_id"
    f" ORDER BY t.evse_id DESC, t.started_at DESC, t.id DESC LIMIT {LOOKED_AT}) n"
    " WHERE coalesce(n.connector_id, 1) = c.connector_id AND n.flags NOT LIKE ?"
    " ORDER BY n.evse_id DESC, n.started_at DESC, n.id DESC LIMIT 1)"
    f" FROM connectors c WHERE c.id IN ({_PLACES})"
)
_OF_STATIONS = Statement(
    "SELECT s.id, (SELECT n.id FROM ("  # noqa: S608 - ours
    "SELECT t.id, t.flags, t.started_at FROM transactions t WHERE t.station_id = s.id"
    f" ORDER BY t.started_at DESC, t.id DESC LIMIT {LOOKED_AT}) n"
    " WHERE n.flags NOT LIKE ? ORDER BY n.started_at DESC, n.id DESC LIMIT 1)"
    f" FROM stations s WHERE s.id IN ({_PLACES})"
)
_REFUSED = f"%{Flag.REFUSED}%"

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
    return _latest(_OF_CONNECTORS, rows, 0)


def of_stations(ids: Sequence[str]) -> dict[str, Session]:
    """Return the latest session at each station, wherever it was."""
    return _latest(_OF_STATIONS, ids, "")


def by_id(ids: Sequence[int]) -> dict[int, Session]:
    """Return sessions by their ids."""
    return {key: value for bite in _bites(ids) for key, value in _by_id(bite).items()}


def _latest(statement: Statement, keys: Sequence[K], none: K) -> dict[K, Session]:
    found: dict[K, Session] = {}
    for bite in _bites(keys):
        ids = _find(statement, bite, none)
        known = _by_id(list(ids.values()))
        found |= {key: known[number] for key, number in ids.items() if number in known}
    return found


def _bites(keys: Sequence[K]) -> Iterator[Sequence[K]]:
    for start in range(0, len(keys), BITE):
        yield keys[start : start + BITE]
        green.breathe()


@reading
def _find(statement: Statement, keys: Sequence[K], none: K) -> dict[K, int]:
    """Return the id of the latest session by each key; `none` fills the places that are left."""
    padded = [*keys, *[none] * (BITE - len(keys))]
    rows = statement.run(_REFUSED, *padded).fetchall()
    return {key: number for key, number in rows if number is not None}


@reading
def _by_id(ids: Sequence[int]) -> dict[int, Session]:
    if not ids:
        return {}
    rows = list(Transaction.select(*_FIELDS).where(Transaction.id.in_(ids)).namedtuples())
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

"""Transactions of OCPP.Core keep their numbers: one that is open can be stopped by it."""

from __future__ import annotations

import dataclasses
import itertools
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..domain.transactions import Flag
from ..models.transactions import Transaction
from ..services import rivals
from ..storage.statements import Statement
from ..storage.writer import unit_of_work
from . import session_rows
from .session_rows import SessionRow
from .source import Source
from .summary import Tally, Unusable

_COLUMNS = [field.name for field in dataclasses.fields(SessionRow)]
_values = operator.attrgetter(*_COLUMNS)
_INSERT = Statement(
    f"INSERT INTO transactions ({', '.join(_COLUMNS)})"  # noqa: S608 - names of ours
    f" VALUES ({', '.join('?' * len(_COLUMNS))}) ON CONFLICT DO NOTHING"
)


@dataclass(slots=True)
class _Stored:
    """What became of some rows."""

    taken: int = 0
    present: int = 0
    superseded: int = 0  # ended here for want of an end
    renamed: int = 0  # under their number, because another has their uid
    foreign: list[int] = dataclasses.field(default_factory=list)  # numbers of other sessions


def take(source: Source, now: datetime) -> Tally:
    """Take over the transactions that are not there."""
    tally = Tally("transactions")
    superseded = renamed = 0
    for chunk in source.rows("Transactions", "TransactionId", session_rows.NEXT):
        rows = []
        for raw in chunk:
            try:
                rows.append(session_rows.read(raw, now))
            except Unusable as reason:
                tally.leave(raw["TransactionId"], reason)
        stored = _store(rows, now)
        tally.taken += stored.taken
        tally.present += stored.present
        for number in stored.foreign:
            tally.leave(number, "another session has this number")
        superseded += stored.superseded
        renamed += stored.renamed
    _note(tally, superseded, "without an end: ended where the next one began on the connector")
    _note(tally, renamed, "with a Uid that another has: known by their numbers")
    return tally


def _note(tally: Tally, count: int, what: str) -> None:
    if count:
        tally.notes.append(f"{count} {what}")


@unit_of_work
def _store(rows: Sequence[SessionRow], now: datetime) -> _Stored:
    """Insert what is not there; of open sessions on a connector the one that began last stays."""
    stored, present = _Stored(), _present(rows)
    for row in rows:
        if row.id in present and present[row.id] != (row.station_id, row.started_at):
            stored.foreign.append(row.id)
    new = _named([row for row in rows if row.id not in present], stored)
    _INSERT.run_many(_values(row) for row in new)
    _settle((row.id for row in new if row.active), now)
    stored.taken = len(new)
    stored.present = len(rows) - len(new) - len(stored.foreign)
    stored.superseded = sum(Flag.SUPERSEDED in row.flags.split() for row in new)
    return stored


def _present(rows: Sequence[SessionRow]) -> dict[int, tuple[str, datetime]]:
    known = Transaction.select().where(Transaction.id.in_([row.id for row in rows]))
    return {row.id: (row.station_id, row.started_at) for row in known}


def _named(rows: Sequence[SessionRow], stored: _Stored) -> list[SessionRow]:
    """Return rows with uids that their stations have not used: their own, their number, or none."""
    used, named = _used(rows), []
    for row in rows:
        wanted = (row.uid, str(row.id))
        uid = next((uid for uid in wanted if (row.station_id, uid) not in used), None)
        used.add((row.station_id, uid))
        if uid != row.uid:
            stored.renamed += 1
            row = dataclasses.replace(row, uid=uid)  # noqa: PLW2901
        named.append(row)
    return named


def _used(rows: Sequence[SessionRow]) -> set[tuple[str, str | None]]:
    """Return which of their uids and numbers the stations have used."""
    wanted = {(row.station_id, uid) for row in rows for uid in (row.uid, str(row.id))}
    if not wanted:
        return set()
    # A join takes each pair to its row in the index; two IN lists would try all combinations.
    query = Statement(
        f"SELECT t.station_id, t.uid FROM (VALUES {', '.join(['(?, ?)'] * len(wanted))}) AS wanted"  # noqa: S608
        " JOIN transactions t ON t.station_id = wanted.column1 AND t.uid = wanted.column2"
    )
    return set(query.run(*itertools.chain.from_iterable(wanted)))


def _settle(numbers: Iterable[int], now: datetime) -> None:
    for number in numbers:
        rivals.settle(Transaction.get_by_id(number), now)

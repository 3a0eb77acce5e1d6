"""The charge report: what each tag charged in a range, by group.

A session counts in the range in which it ended, so it is in exactly one of two ranges that meet.
One that is still active counts nowhere yet. Sums are made by the database along the index
`transactions_ended`, in bites that hold nobody up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .. import green
from ..domain.transactions import Flag
from ..storage import writer
from ..storage.sqlite import SqliteStore
from ..storage.statements import Statement
from ..storage.writer import reading
from . import charge_groups
from .charge_groups import Group, Sum, TagLine

BITE = 10_000  # sessions that SQLite adds up at a stretch, in this process: 15 to 20 ms
SERVERS_BITE = 100_000  # those of PostgreSQL, which others need not wait for
ROWS = 2000  # sums taken over at a stretch

# What sessions.energy_of says, in SQL; a test compares them.
_ENERGY = """
  CASE WHEN meter_start_at = meter_last_at AND (' ' || flags || ' ') LIKE ? THEN NULL
       WHEN coalesce(meter_estimate_wh, meter_last_wh) < meter_start_wh THEN 0.0
       ELSE coalesce(meter_estimate_wh, meter_last_wh) - meter_start_wh END"""
# Who was refused and got nothing did not charge.
_CHARGED = "(energy_wh > 0 OR (' ' || flags || ' ') NOT LIKE ?)"
_NO_START, _REFUSED = f"% {Flag.NO_START} %", f"% {Flag.REFUSED} %"

_SUMS = Statement(
    f"""SELECT tag_folded, max(start_tag), count(*), count(energy_wh), coalesce(sum(energy_wh), 0)
    FROM (SELECT tag_folded, start_tag, flags, {_ENERGY} AS energy_wh FROM transactions
      WHERE NOT active AND (stopped_at, id) >= (?, ?) AND (stopped_at, id) < (?, ?)) AS ended
    WHERE {_CHARGED} GROUP BY tag_folded"""  # noqa: S608 - ours
)
_END_OF_BITE = Statement(
    "SELECT stopped_at, id FROM transactions WHERE NOT active"
    " AND (stopped_at, id) >= (?, ?) AND (stopped_at, id) < (?, ?)"
    " ORDER BY stopped_at, id LIMIT 1 OFFSET ?"
)
_STILL_ACTIVE = Statement(
    f"""SELECT count(*) FROM (SELECT flags, {_ENERGY} AS energy_wh FROM transactions
    WHERE active AND started_at < ?) AS running WHERE {_CHARGED}"""  # noqa: S608 - ours
)

_Key = tuple[Any, ...]  # the end of a session, as the driver has it, and its id


@dataclass(frozen=True, slots=True)
class Summary:
    """What was charged in a range; blank group first, the others alphabetically."""

    groups: tuple[Group, ...]
    total: Sum
    still_active: int  # sessions that began before the end of the range and have not ended

    def lines(self) -> Iterator[tuple[Group, TagLine]]:
        """Yield the tags in their order, each with its group."""
        return ((group, line) for group in self.groups for line in group.lines)


@reading
def summary(since: datetime, until: datetime) -> Summary:
    """Return the sums of the sessions that ended from `since` to before `until`."""
    tallies: dict[str | None, list[Any]] = {}
    for first, beyond in _bites(since, until):
        found = _SUMS.run(_NO_START, *first, *beyond, _REFUSED)
        while rows := found.fetchmany(ROWS):
            _take(rows, tallies)
            green.breathe()
    sums = {tag: (presented or "", Sum(*counts)) for tag, (presented, *counts) in tallies.items()}
    total = charge_groups.total(one for _, one in sums.values())
    return Summary(charge_groups.of(sums), total, _still_active(until))


def _bites(since: datetime, until: datetime) -> Iterator[tuple[_Key, _Key]]:
    """Yield ranges with few enough sessions: from the first key to before the second."""
    first: _Key = (since, 0)
    last: _Key = (until, 0)
    size = BITE if isinstance(writer.current().store, SqliteStore) else SERVERS_BITE
    while beyond := _END_OF_BITE.row(*first, *last, size):
        yield first, beyond
        first = beyond
    yield first, last


def _take(rows: list[Any], tallies: dict[str | None, list[Any]]) -> None:
    """Add the sums of a bite to what is known of each tag; there may be thousands in each."""
    for tag, presented, sessions, metered, energy_wh in rows:
        known = tallies.get(tag)
        if known is None:
            tallies[tag] = [presented, sessions, metered, energy_wh]
        else:
            known[1] += sessions
            known[2] += metered
            known[3] += energy_wh


def _still_active(until: datetime) -> int:
    row = _STILL_ACTIVE.row(_NO_START, until, _REFUSED)
    return int(row[0]) if row else 0

"""Sessions that cannot both be: an EVSE has one at a time.

Which of two began later is told by the energy register where it can, since clocks get set, and by
the moments otherwise.
"""

from __future__ import annotations

from datetime import datetime

from ..domain.transactions import Flag
from ..models.transactions import Transaction
from . import sessions


def settle(row: Transaction, now: datetime) -> None:
    """Leave at most one active session on the EVSE of `row`: the one that began last.

    The others lost their end, or it is still on its way and will replace what is noted here.
    """
    if row.evse_id is None:
        return
    active = list(Transaction.select().where(_here(row), Transaction.active))
    for older in active:
        newer = _later_active(older, active) or _later_by_time(older, now)
        if newer is not None:
            _supersede(older, newer)
            if older.id == row.id:
                row.__data__.update(older.__data__)


def estimate_again(row: Transaction, formerly_at: datetime) -> None:
    """Correct the sessions that were ended by the start of `row` before its start was known."""
    if row.evse_id is None:
        return
    ended_by_it = Transaction.select().where(
        _here(row),
        Transaction.closed_by == sessions.BY_SERVER,
        Transaction.stopped_at == formerly_at,
        Transaction.flags.contains(Flag.SUPERSEDED),
        Transaction.id != row.id,
    )
    for older in list(ended_by_it):
        _supersede(older, row)


def _here(row: Transaction) -> object:
    return (Transaction.station_id == row.station_id) & (Transaction.evse_id == row.evse_id)


def _later_active(older: Transaction, active: list[Transaction]) -> Transaction | None:
    """Return an active session that the register shows to be later, whatever the clocks say."""
    return next((each for each in active if each.active and _register_is_later(each, older)), None)


def _register_is_later(one: Transaction, other: Transaction) -> bool:
    if one.id == other.id or one.meter_start_wh is None or other.meter_start_wh is None:
        return False
    last_wh = other.meter_last_wh or other.meter_start_wh
    return bool(one.meter_start_wh > other.meter_start_wh and one.meter_start_wh >= last_wh)


def _later_by_time(older: Transaction, now: datetime) -> Transaction | None:
    """Return the next session by its moment, unless the register shows it to be an earlier one."""
    later = (Transaction.started_at > older.started_at) & (
        (Transaction.started_at <= now) | Transaction.active
    )
    same = (Transaction.started_at == older.started_at) & Transaction.active
    query = Transaction.select().where(
        _here(older),
        Transaction.id != older.id,
        later | (same & (Transaction.id > older.id)),
        ~Transaction.flags.contains(Flag.REFUSED) | Transaction.active,
    )
    if older.meter_start_wh is not None:
        query = query.where(
            Transaction.meter_start_wh.is_null()
            | (Transaction.meter_start_wh >= older.meter_start_wh)
        )
    return query.order_by(Transaction.started_at).first()


def _supersede(older: Transaction, newer: Transaction) -> None:
    estimate = newer.meter_start_wh
    if estimate is not None and estimate < (older.meter_last_wh or 0):
        estimate = None  # the register was reset: the last reading is all there is
    sessions.flag(older, Flag.SUPERSEDED)
    ends_at = max(newer.started_at, older.started_at)
    sessions.close(older, ends_at, by=sessions.BY_SERVER, reason=None, estimate_wh=estimate)
    older.save()
    sessions.announce_end(older)

"""The row of a charging session: finding, making, metering and closing it.

Everything here runs inside the unit of work of its caller (services/transactions.py).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from .. import events
from ..domain import authorization as rules
from ..domain import transactions as domain
from ..domain.connectors import ConnectorRef
from ..domain.metering import Reading
from ..domain.transactions import Flag
from ..models.transactions import Transaction
from ..storage.statements import Lookup, Statement
from ..storage.writer import record
from . import metering

HIGHEST_ID = 2**31 - 1  # transactionId of OCPP 1.6 is read as a signed 32-bit integer by many

LONGEST_TAG = 255  # characters of Transaction.tag_folded

BY_STATION, BY_SERVER, BY_OPERATOR = "station", "server", "operator"


_BY_UID = Lookup(Transaction, "station_id = ? AND uid = ?")
_ACTIVE_AT = Lookup(
    Transaction, "station_id = ? AND evse_id = ? AND active ORDER BY started_at DESC LIMIT 1"
)
_CHARGED_BEFORE = Lookup(
    Transaction,
    "station_id = ? AND evse_id = ? AND started_at <= ? AND stopped_at > started_at"
    " ORDER BY started_at DESC LIMIT 1",
)
_SAVE_READINGS = Statement(
    "UPDATE transactions SET meter_start_wh = ?, meter_start_at = ?, meter_last_wh = ?,"
    " meter_last_at = ?, meter_estimate_wh = ?, flags = ? WHERE id = ?"
)


def by_uid(station_id: str, uid: str) -> Transaction | None:
    """Return a station's transaction by its id on the wire."""
    return _BY_UID.find(station_id, uid)


def active_at(station_id: str, evse_id: int) -> Transaction | None:
    """Return the active transaction of an EVSE that began last."""
    return _ACTIVE_AT.find(station_id, evse_id)


def running_at(station_id: str, evse_id: int, at: datetime) -> Transaction | None:
    """Return the session that an EVSE had at a moment, active or not."""
    row = _ACTIVE_AT.find(station_id, evse_id)
    if row is not None and row.started_at <= at:
        return row
    row = _CHARGED_BEFORE.find(station_id, evse_id, at)
    return row if row is not None and row.stopped_at >= at else None


def add(station_id: str, connector: ConnectorRef | None, **values: Any) -> Transaction:
    """Insert a row under a fresh random id; `uid` defaults to that id (OCPP 1.6)."""
    number = _unused_number()
    values.setdefault("uid", str(number))
    return Transaction.create(
        id=number,
        station_id=station_id,
        evse_id=connector.evse_id if connector else None,
        connector_id=connector.connector_id if connector else None,
        **values,
    )


def set_start_tag(row: Transaction, token: str | None) -> None:
    """Note who started it."""
    row.start_tag = token
    row.tag_folded = folded(token) if token else None


def folded(token: str) -> str:
    """Return what a session is found by; some letters grow when folded, beyond what is stored."""
    return rules.fold(token)[:LONGEST_TAG]


def flag(row: Transaction, *flags: Flag) -> None:
    """Add flags."""
    row.flags = domain.add_flags(row.flags, *flags)


def unflag(row: Transaction, *flags: Flag) -> None:
    """Take flags away."""
    row.flags = domain.drop_flags(row.flags, *flags)


def has(row: Transaction, one: Flag) -> bool:
    """Tell whether a flag is set."""
    return one in row.flags.split()


def take_readings(row: Transaction, readings: Iterable[Reading]) -> None:
    """Let the earliest register reading be the start's, the latest the running one."""
    for entry in readings:
        if entry.register_wh is not None:
            take_register(row, entry.register_wh, entry.at)
        if not entry.believed:
            flag(row, Flag.CLOCK)


def save_readings(row: Transaction) -> None:
    """Store what `take_readings` changed, and nothing else."""
    if row.dirty_fields:
        _SAVE_READINGS.run(
            row.meter_start_wh,
            row.meter_start_at,
            row.meter_last_wh,
            row.meter_last_at,
            row.meter_estimate_wh,
            row.flags,
            row.id,
        )


def take_register(row: Transaction, wh: float, at: datetime) -> None:
    """Take one reading of the energy register, in whatever order readings arrive."""
    if not row.active and row.closed_by == BY_SERVER:
        _doubt_estimate(row, wh)
    elif row.stopped_at is not None and at > row.stopped_at:
        return  # measured after the session
    if domain.is_earlier(wh, at, row.meter_start_wh, row.meter_start_at):
        row.meter_start_wh, row.meter_start_at = wh, at
    if domain.is_later(wh, at, row.meter_last_wh, row.meter_last_at):
        row.meter_last_wh, row.meter_last_at = wh, at


def _doubt_estimate(row: Transaction, wh: float) -> None:
    """Correct an end that was only estimated: the session was still measured above it."""
    if row.meter_estimate_wh is not None and wh > row.meter_estimate_wh:
        row.meter_estimate_wh = wh


def close(
    row: Transaction,
    at: datetime,
    *,
    by: str,
    reason: str | None,
    meter_wh: float | None = None,
    estimate_wh: float | None = None,
) -> None:
    """End a session; what the station says later replaces what the server had to estimate."""
    row.active = False
    row.stopped_at = at
    row.closed_by = by
    row.stop_reason = reason
    row.meter_estimate_wh = estimate_wh
    if meter_wh is not None:
        row.meter_last_wh, row.meter_last_at = meter_wh, at
    judge_register(row)


def judge_register(row: Transaction) -> None:
    """Flag a finished session whose register ended below its start."""
    ends = [wh for wh in (row.meter_last_wh, row.meter_estimate_wh) if wh is not None]
    start_wh = row.meter_start_wh
    decreased = not row.active and start_wh is not None and bool(ends) and min(ends) < start_wh
    (flag if decreased else unflag)(row, Flag.METER_DECREASED)


def end_register(row: Transaction, wh: float, at: datetime) -> None:
    """Take the register that the station tells for the end.

    Below the start it was lost (a power cut resets some): then the best reading of the session
    stands for it.
    """
    start_wh, before_wh = row.meter_start_wh, row.meter_last_wh
    row.meter_last_wh, row.meter_last_at = wh, at
    if start_wh is not None and before_wh is not None and wh < start_wh < before_wh:
        row.meter_estimate_wh = before_wh


def energy_of(row: Transaction) -> float | None:
    """Return the energy of a session in Wh, None where it is not known."""
    single = row.meter_start_at is not None and row.meter_start_at == row.meter_last_at
    if has(row, Flag.NO_START) and single:
        return None  # one reading tells no difference
    return domain.energy_wh(row.meter_start_wh, row.meter_last_wh, row.meter_estimate_wh)


def ended_by_station(row: Transaction) -> bool:
    """Tell whether the end is what the station itself said."""
    return bool(not row.active and row.closed_by == BY_STATION)


def announce_end(row: Transaction) -> None:
    """Record that a session ended, and let its connector rest."""
    if row.evse_id is not None and active_at(row.station_id, row.evse_id) is None:
        metering.rest(row.station_id, row.evse_id)
    record(
        events.TransactionEnded(
            row.station_id,
            row.stopped_at,
            row.id,
            row.evse_id,
            row.connector_id,
            row.start_tag,
            energy_of(row),
            row.stop_reason,
        )
    )


def announce_start(row: Transaction) -> None:
    """Record that a session began."""
    record(
        events.TransactionStarted(
            row.station_id,
            row.started_at,
            row.id,
            row.evse_id,
            row.connector_id,
            row.start_tag,
            not has(row, Flag.REFUSED),
        )
    )


def connector_of(row: Transaction) -> ConnectorRef | None:
    """Return the connector of a session, None where it was never told."""
    if row.evse_id is None:
        return None
    return ConnectorRef(row.evse_id, row.connector_id or 1)


def _unused_number() -> int:
    while True:
        number = 1 + secrets.randbelow(HIGHEST_ID)
        taken = Transaction.select(Transaction.id).where(Transaction.id == number)
        if not taken.exists():
            return number

"""Charging sessions and their meter values as they are listed and shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import peewee

from ..domain import authorization
from ..domain import transactions as domain
from ..errors import InvalidInput, NotFound
from ..models.transactions import Transaction
from ..storage.writer import reading
from . import sample_records, sessions
from .paging import (
    DEFAULT_LIMIT,
    HIGHEST_INTEGER,
    Page,
    check_limit,
    decode,
    encode,
    page_of,
)
from .sample_records import SampleView

__all__ = ["SampleView", "TransactionView", "active_at", "find", "meter_values", "page"]

ACTIVE, ENDED = "active", "ended"


@dataclass(frozen=True, slots=True)
class TransactionView:
    """A charging session as it is shown; energy is running while it is active."""

    id: int
    uid: str | None
    station_id: str
    evse_id: int | None
    connector_id: int | None
    start_tag: str | None
    started_at: datetime
    meter_start_wh: float | None
    stop_tag: str | None
    stopped_at: datetime | None
    meter_stop_wh: float | None
    energy_wh: float | None
    stop_reason: str | None
    state: str
    flags: tuple[str, ...]
    charging_state: str | None
    note: str


@reading
def find(transaction_id: int) -> TransactionView:
    """Return a transaction. Raises NotFound."""
    return _view(_row(transaction_id))


@reading
def page(
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
    *,
    station_id: str | None = None,
    tag: str | None = None,
    state: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    evse_id: int | None = None,
) -> Page[TransactionView]:
    """Return transactions, the newest first; those that began from `since` to before `until`.

    `evse_id` is one of `station_id`. Raises InvalidInput.
    """
    query = Transaction.select()
    for test in _moments(since, until, cursor):
        query = query.where(test)
    if station_id is not None:
        query = query.where(Transaction.station_id == station_id)
    if evse_id is not None:
        query = query.where(_evse(evse_id, station_id))
    if tag is not None:
        query = query.where(Transaction.tag_folded == authorization.fold(tag))
    if state is not None:
        query = query.where(_state(state))
    newest_first = query.order_by(Transaction.started_at.desc(), Transaction.id.desc())
    rows = list(newest_first.limit(check_limit(limit) + 1))
    return page_of(rows, limit, _view, lambda row: encode(row.started_at, row.id))


@reading
def active_at(station_id: str, evse_id: int) -> TransactionView | None:
    """Return the active transaction of an EVSE, None where there is none."""
    row = sessions.active_at(station_id, evse_id)
    return _view(row) if row else None


@reading
def meter_values(
    transaction_id: int, limit: int = DEFAULT_LIMIT, cursor: str | None = None
) -> Page[SampleView]:
    """Return the samples of a transaction in the order of their moments. Raises NotFound."""
    return sample_records.page(_row(transaction_id).id, limit, cursor)


def _row(transaction_id: int) -> Transaction:
    known = 0 < transaction_id <= HIGHEST_INTEGER
    row = Transaction.get_or_none(Transaction.id == transaction_id) if known else None
    if row is None:
        raise NotFound(f"no transaction {transaction_id}")
    return row


def _moments(since: datetime | None, until: datetime | None, cursor: str | None) -> list[Any]:
    tests: list[Any] = []
    if since is not None:
        tests.append(Transaction.started_at >= since)
    if cursor is not None:
        position = decode(cursor, datetime, int)
        key = peewee.Tuple(Transaction.started_at, Transaction.id)
        tests.append(key < peewee.Tuple(*position))
        if until is not None and position[0] < until:
            until = None  # said already; said twice, SQLite takes a worse index
    if until is not None:
        tests.append(Transaction.started_at < until)
    return tests


def _evse(evse_id: int, station_id: str | None) -> Any:
    if station_id is None:
        problem = "needs station_id"
        raise InvalidInput(f"evse_id {problem}", fields={"evse_id": problem})
    return Transaction.evse_id == evse_id


def _state(state: str) -> Any:
    if state not in (ACTIVE, ENDED):
        problem = f"must be {ACTIVE} or {ENDED}"
        raise InvalidInput(f"state {problem}", fields={"state": problem})
    return Transaction.active if state == ACTIVE else ~Transaction.active


def _view(row: Transaction) -> TransactionView:
    return TransactionView(
        row.id,
        row.uid,
        row.station_id,
        row.evse_id,
        row.connector_id,
        row.start_tag,
        row.started_at,
        row.meter_start_wh,
        row.stop_tag,
        row.stopped_at,
        None if row.active else domain.register_wh(row.meter_last_wh, row.meter_estimate_wh),
        sessions.energy_of(row),
        row.stop_reason,
        ACTIVE if row.active else ENDED,
        tuple(row.flags.split()),
        row.charging_state,
        row.note,
    )

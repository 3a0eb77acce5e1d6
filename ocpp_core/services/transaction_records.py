"""Charging sessions and their meter values as they are listed and shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Unpack

from ..domain import transactions as domain
from ..errors import NotFound
from ..models.transactions import Transaction
from ..storage.writer import reading
from . import sample_records, sessions, transaction_search
from .paging import DEFAULT_LIMIT, HIGHEST_INTEGER, Page, check_limit, encode, page_of
from .sample_records import SampleView
from .transaction_search import ACTIVE, ENDED, Filters

__all__ = [
    "ACTIVE",
    "ENDED",
    "Filters",
    "SampleView",
    "TransactionView",
    "active_at",
    "find",
    "meter_values",
    "page",
]


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
    meter_start_at: datetime | None
    meter_last_wh: float | None  # the latest reading, while active and after
    meter_last_at: datetime | None
    closed_by: str | None  # station, server, operator
    remote_start_id: int | None


@reading
def find(transaction_id: int) -> TransactionView:
    """Return a transaction. Raises NotFound."""
    return _view(_row(transaction_id))


@reading
def page(
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
    *,
    oldest_first: bool = False,
    **filters: Unpack[Filters],
) -> Page[TransactionView]:
    """Return transactions in the order in which they began, the newest first.

    Raises InvalidInput.
    """
    query = transaction_search.query(filters, cursor, oldest_first=oldest_first)
    rows = list(query.limit(check_limit(limit) + 1))
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
        row.meter_start_at,
        row.meter_last_wh,
        row.meter_last_at,
        row.closed_by,
        row.remote_start_id,
    )

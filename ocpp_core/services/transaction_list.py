"""Transactions with the names of where they were and of who charged, for lists and pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Unpack

from ..storage.writer import reading
from . import labels, station_names, tag_names, transaction_records
from .paging import DEFAULT_LIMIT, Page
from .transaction_records import TransactionView
from .transaction_search import Filters


@dataclass(frozen=True, slots=True)
class TransactionLine:
    """A transaction and its names, empty where there are none."""

    transaction: TransactionView
    label: str  # of the connector
    station_name: str
    start_name: str  # of the tag that started
    stop_name: str


@reading
def page(
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
    *,
    oldest_first: bool = False,
    **filters: Unpack[Filters],
) -> Page[TransactionLine]:
    """Return transactions as `transaction_records.page` does, with their names."""
    found = transaction_records.page(limit, cursor, oldest_first=oldest_first, **filters)
    return Page(_lines(found.items), found.next)


@reading
def find(transaction_id: int) -> TransactionLine:
    """Return a transaction with its names. Raises NotFound."""
    (line,) = _lines([transaction_records.find(transaction_id)])
    return line


def _lines(views: Sequence[TransactionView]) -> tuple[TransactionLine, ...]:
    keys = [(view.station_id, view.evse_id, view.connector_id) for view in views]
    places = labels.labels(keys)
    stations = station_names.of_stations(sorted({view.station_id for view in views}))
    tags = tag_names.of_tokens(tag for view in views for tag in (view.start_tag, view.stop_tag))
    return tuple(
        TransactionLine(
            view,
            places[key],
            stations.get(view.station_id, ""),
            tags.get(view.start_tag or "", ""),
            tags.get(view.stop_tag or "", ""),
        )
        for key, view in zip(keys, views, strict=True)
    )

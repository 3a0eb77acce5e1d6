"""The meter values of a transaction, plain and signed, in the order of their moments."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from peewee import Tuple

from ..models.base import moment
from ..models.transactions import MeterSample, SampleKind, SignedSample
from .paging import Page, check_limit, decode, encode, page_of

_PLAIN, _SIGNED = 0, 1
_UNKNOWN = SampleKind(measurand="", phase="", location="", context="", unit="")  # its row is lost


@dataclass(frozen=True, slots=True)
class SampleView:
    """One sampled value in base units, or a signed one as the station sent it."""

    at: datetime
    measurand: str
    phase: str
    location: str
    context: str
    unit: str
    value: float | None
    signed: dict[str, Any] | None


class _Key(NamedTuple):
    """What samples are sorted by; of the same moment and kind the signed ones come last."""

    at: datetime
    kind: int
    form: int
    value: float
    row: int  # of the connector, or of the signed sample


class _Entry(NamedTuple):
    key: _Key
    content: str | None


def page(transaction_id: int, limit: int, cursor: str | None) -> Page[SampleView]:
    """Return samples inside the query at hand; a signed one is an entry of its own."""
    after = _Key(*decode(cursor, datetime, int, int, float, int)) if cursor else None
    most = check_limit(limit) + 1
    entries = [*_plain(transaction_id, after, most), *_signed(transaction_id, after, most)]
    entries = sorted(entries, key=lambda entry: entry.key)[:most]
    kinds = {kind.id: kind for kind in _kinds({entry.key.kind for entry in entries})}
    return page_of(
        entries, limit, lambda entry: _view(entry, kinds), lambda entry: encode(*entry.key)
    )


def _plain(transaction_id: int, after: _Key | None, most: int) -> Iterator[_Entry]:
    at, kind, value, connector = (
        MeterSample.at,
        MeterSample.kind,
        MeterSample.value,
        MeterSample.connector,
    )
    query = MeterSample.select(at, kind, value, connector).where(
        MeterSample.transaction == transaction_id
    )
    if after is not None and after.form == _SIGNED:
        query = query.where(Tuple(at, kind) > Tuple(after.at, after.kind))
    elif after is not None:
        position = Tuple(after.at, after.kind, after.value, after.row)
        query = query.where(Tuple(at, kind, value, connector) > position)
    rows: Any = query.order_by(at, kind, value, connector).limit(most).tuples()
    for found_at, kind_id, number, row in rows:
        yield _Entry(_Key(moment(found_at), kind_id, _PLAIN, number, row), None)


def _signed(transaction_id: int, after: _Key | None, most: int) -> Iterator[_Entry]:
    at, kind, number = SignedSample.at, SignedSample.kind, SignedSample.id
    query = SignedSample.select(at, kind, number, SignedSample.content).where(
        SignedSample.transaction == transaction_id
    )
    if after is not None and after.form == _PLAIN:
        query = query.where(Tuple(at, kind) >= Tuple(after.at, after.kind))
    elif after is not None:
        query = query.where(Tuple(at, kind, number) > Tuple(after.at, after.kind, after.row))
    rows: Any = query.order_by(at, kind, number).limit(most).tuples()
    for found_at, kind_id, row, content in rows:
        yield _Entry(_Key(moment(found_at), kind_id, _SIGNED, 0.0, row), content)


def _kinds(numbers: set[int]) -> Any:
    return SampleKind.select().where(SampleKind.id.in_(list(numbers)))


def _view(entry: _Entry, kinds: dict[int, SampleKind]) -> SampleView:
    kind = kinds.get(entry.key.kind, _UNKNOWN)
    return SampleView(
        entry.key.at,
        kind.measurand,
        kind.phase,
        kind.location,
        kind.context,
        kind.unit,
        entry.key.value if entry.content is None else None,
        None if entry.content is None else json.loads(entry.content),
    )

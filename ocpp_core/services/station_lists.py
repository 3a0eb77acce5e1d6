"""Lists of stations: sorted, filtered and searched, each page read along an index.

A list is read in stretches, one after the other: those never seen come after all that were,
whichever way the others are sorted.
"""

from __future__ import annotations

import contextlib
import functools
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import peewee

from ..errors import InvalidInput
from ..models.stations import Station
from ..storage.writer import reading
from ..wording import Wording
from . import searching
from .paging import DEFAULT_LIMIT, Page, check_limit, decode, encode
from .station_views import StationView, station_view

SORTS = ("id", "name", "last_seen", "online")  # with a minus before it the other way round

# What is shown as the name: the id stands for a missing one. As the index says it, literally.
LABEL = peewee.fn.LOWER(
    peewee.fn.COALESCE(peewee.fn.NULLIF(Station.name, peewee.SQL("''")), Station.id)
)
_SEARCHED = ("id", "name", "comment", "serial_number")
_COLUMNS = {name: getattr(Station, name) for name in (*_SEARCHED, "last_seen_at")}
_COLUMNS["label"] = LABEL


@dataclass(frozen=True, slots=True)
class Stretch:
    """Stations that meet a condition, in the order of a key that ends with the id."""

    lead: str | None = None  # what comes before the id in the key: label or last_seen_at
    kind: type = str
    where: Any = None
    descending: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the key's columns."""
        return ("id",) if self.lead is None else (self.lead, "id")

    @property
    def kinds(self) -> tuple[type, ...]:
        """Return what the values of the key are."""
        return (str,) if self.lead is None else (self.kind, str)

    def key(self, row: Any) -> tuple[Any, ...]:
        """Return the key of a row."""
        return tuple(getattr(row, name) for name in self.names)

    def rows(self, query: Any, key: Sequence[Any] | None) -> Any:
        """Return the query of its rows, those behind `key`."""
        if self.where is not None:
            query = query.where(self.where)
        if key is not None:
            query = query.where(*self._behind(key))
        return query.order_by(*self.order([_COLUMNS[name] for name in self.names]))

    def order(self, columns: Sequence[Any]) -> list[Any]:
        """Return the columns of the key as they are sorted by."""
        return [column.desc() if self.descending else column for column in columns]

    def _behind(self, key: Sequence[Any]) -> list[Any]:
        """SQLite finds the place in an index of expressions by a column alone, not by a row."""
        behind, from_there = (
            (operator.lt, operator.le) if self.descending else (operator.gt, operator.ge)
        )
        row = peewee.Tuple(*(_COLUMNS[name] for name in self.names))
        tests = [behind(row, peewee.Tuple(*key))]
        return [*tests, from_there(LABEL, key[0])] if self.lead == "label" else tests


def _stretches(sort: str) -> tuple[Stretch, ...]:
    down = sort.startswith("-")
    by = sort.removeprefix("-")
    if by == "id":
        return (Stretch(descending=down),)
    if by == "name":
        return (Stretch("label", descending=down),)
    if by == "last_seen":
        seen = Station.last_seen_at.is_null(False)
        never = Station.last_seen_at.is_null()
        return (Stretch("last_seen_at", datetime, seen, down), Stretch(where=never))
    if by == "online":
        first, second = Station.online, ~Station.online
        return (Stretch(where=second if down else first), Stretch(where=first if down else second))
    problem = Wording("must be one of %(known)s", known=", ".join(SORTS))
    raise InvalidInput(f"sort {problem}", fields={"sort": problem})


@reading
def page(
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
    *,
    sort: str = "id",
    online: bool | None = None,
    in_quarantine: bool | None = None,
    search: str | None = None,
) -> Page[StationView]:
    """Return stations; `search` is part of an id, name, comment or serial number.

    Sorted by name, one without is where its id would be; never seen ones come last. Raises
    InvalidInput.
    """
    stretches = _stretches(sort)
    text = searching.check(search)
    query = _filtered(online, in_quarantine)
    number, key = _position(stretches, cursor)
    rows: list[Station] = []
    left = check_limit(limit)
    for n, stretch in enumerate(stretches[number:], number):
        found, reached = _read(stretch, stretch.rows(query, key), text, left)
        rows += found
        left -= len(found)
        if reached is not None:
            return Page(tuple(station_view(row) for row in rows), encode(n, *reached))
        key = None
    return Page(tuple(station_view(row) for row in rows), None)


def _all() -> Any:
    return Station.select(Station, LABEL.alias("label"))


def _filtered(online: bool | None, in_quarantine: bool | None) -> Any:
    query = _all()
    if online is not None:
        query = query.where(Station.online == online)
    if in_quarantine is not None:
        query = query.where(Station.in_quarantine if in_quarantine else ~Station.in_quarantine)
    return query


def _position(stretches: Sequence[Stretch], cursor: str | None) -> tuple[int, Sequence[Any] | None]:
    """Return the stretch that a cursor lies in, and the key behind which it goes on."""
    if cursor is None:
        return 0, None
    for number, stretch in enumerate(stretches[:-1]):
        with contextlib.suppress(InvalidInput):
            at, *key = decode(cursor, int, *stretch.kinds)
            if at == number:
                return number, key
    _, *key = decode(cursor, int, *stretches[-1].kinds)
    return len(stretches) - 1, key


Read = tuple[list[Station], Sequence[Any] | None]


def _read(stretch: Stretch, query: Any, text: str | None, limit: int) -> Read:
    """Return up to `limit` rows, and the key to go on behind when there may be more."""
    if limit == 0:
        return [], ("",) if query.limit(1).first() else None  # a later one: its key is the id
    if text is not None:
        return _search(stretch, query, text, limit)
    rows = list(query.limit(limit + 1))
    return rows[:limit], stretch.key(rows[limit - 1]) if len(rows) > limit else None


def _search(stretch: Stretch, query: Any, text: str, limit: int) -> Read:
    """Read so many rows in their order; what lies behind them comes with the next page."""
    columns = [_COLUMNS[name].alias(name) for name in {*stretch.names, *_SEARCHED}]
    window = query.select(*columns).limit(searching.SEARCHED).alias("searched")
    tests = [searching.contains(window.c[name], text) for name in _SEARCHED]
    matching = (
        peewee.Select([window], [window.c.id])
        .where(functools.reduce(operator.or_, tests))
        .order_by(*stretch.order([window.c[name] for name in stretch.names]))
        .limit(limit + 1)
    )
    ids = [row[0] for row in matching.bind(Station._meta.database).tuples()]
    rows = _in_this_order(ids)
    if len(rows) > limit:
        return rows[:limit], stretch.key(rows[limit - 1])
    last = query.offset(searching.SEARCHED - 1).limit(1).first()
    return rows, stretch.key(last) if last else None


def _in_this_order(ids: Sequence[str]) -> list[Station]:
    if not ids:
        return []
    found = {row.id: row for row in _all().where(Station.id.in_(ids))}
    return [found[station_id] for station_id in ids]

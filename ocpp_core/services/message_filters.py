"""What is asked of the message log, and along which index it is found.

Rows are written in the order in which exchanges ended: their ids give the order, for a period their
moments. What no index can find is tested row by row.
"""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import peewee

from ..domain import texts
from ..errors import InvalidInput
from ..models.records import Message
from . import searching
from .message_log import ROUTINE

INCOMING, OUTGOING = "in", "out"  # the station asked; we did

# A row is written when its exchange has ended: ids and moments go together but for so much.
_DRIFT = timedelta(hours=1)
_NEIGHBOURS = 100  # rows at the edge of a period that say which ids it has

# As the partial index says it, literally; so that it serves no other query.
_ROUTINE = Message.action.in_([peewee.SQL(f"'{action}'") for action in sorted(ROUTINE)])
_RARE = peewee.NodeList((_ROUTINE, peewee.SQL("IS NOT TRUE")))


Key = tuple[Any, ...]  # of a row in an order; its id is the last


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which exchanges; those from `since` to before `until`."""

    station_id: str | None = None
    direction: str | None = None
    action: str | None = None
    errors: bool = False  # only those that failed
    error_code: str | None = None
    text: str | None = None  # part of request or response
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.direction not in (None, INCOMING, OUTGOING):
            problem = f"must be {INCOMING} or {OUTGOING}"
            raise InvalidInput(f"direction {problem}", fields={"direction": problem})
        names = ("station_id", "action", "error_code", "text")
        texts.refuse({name: texts.problem(getattr(self, name) or "") for name in names})


@dataclass(frozen=True, slots=True)
class Order:
    """One way through the log, from its end."""

    columns: tuple[Any, ...]
    kinds: tuple[type, ...]

    def behind(self, query: Any, key: Key | None) -> Any:
        """Return the query of what comes behind a key."""
        if key is not None:
            query = query.where(peewee.Tuple(*self.columns) < peewee.Tuple(*key))
        return query.order_by(*(column.desc() for column in self.columns))

    def key(self, row: Any) -> Key:
        """Return the place of a row."""
        return tuple(getattr(row, column.name) for column in self.columns)


BY_ID = Order((Message.id,), (int,))
BY_MOMENT = Order((Message.at, Message.id), (datetime, int))


@dataclass(frozen=True, slots=True)
class Plan:
    """How exchanges are found: what an index finds, and what is tested row by row."""

    order: Order
    along: list[Any]
    besides: list[Any]
    start: Key | None = None  # the first lie behind it


def plan(filters: Filters) -> Plan:
    """Read what is rare along its own index, a period along that of moments."""
    along, besides = _split(filters)
    if along or (filters.since is None and filters.until is None):
        return Plan(BY_ID, [*along, *_ids_of(filters)], [*besides, *_moments(filters)])
    start = None if filters.until is None else (filters.until, 0)
    return Plan(BY_MOMENT, _moments(replace(filters, until=None)), besides, start)


def plan_of_news(filters: Filters, after: int, newest: int) -> Plan:
    """Read what was written after one row, up to another."""
    along, besides = _split(filters)
    test = Message.id > after
    return Plan(BY_ID, [*along, test], [*besides, *_moments(filters)], (newest + 1,))


def _split(filters: Filters) -> tuple[list[Any], list[Any]]:
    """Return the tests for which there is an index, and those of each row."""
    along: list[Any] = []
    besides = _contents(filters)
    failed = filters.errors or filters.error_code is not None
    if filters.station_id is not None:
        along.append(Message.station_id == filters.station_id)
    if failed:
        along.append(Message.error_code.is_null(False))
    if filters.direction == OUTGOING:
        (besides if failed else along).append(~Message.incoming)
    elif filters.direction == INCOMING:
        besides.append(Message.incoming)
    if filters.action is not None:
        narrowed = failed or filters.direction == OUTGOING or _is_dense(filters)
        (besides if narrowed else along).append(_action(filters))
    return along, besides


def _is_dense(filters: Filters) -> bool:
    """Tell whether an action is so much of the whole log that it has no index."""
    return filters.station_id is None and filters.action in ROUTINE


def _action(filters: Filters) -> Any:
    named = Message.action == filters.action
    return named if filters.station_id is not None or _is_dense(filters) else named & _RARE


def _contents(filters: Filters) -> list[Any]:
    tests: list[Any] = []
    if filters.error_code is not None:
        tests.append(Message.error_code == filters.error_code)
    text = searching.check(filters.text)
    if text is not None:
        fields = (Message.request, Message.response)
        tests.append(functools.reduce(operator.or_, (searching.contains(f, text) for f in fields)))
    return tests


def _moments(filters: Filters) -> list[Any]:
    tests: list[Any] = []
    if filters.since is not None:
        tests.append(Message.at >= filters.since)
    if filters.until is not None:
        tests.append(Message.at < filters.until)
    return tests


def _ids_of(filters: Filters) -> list[Any]:
    """Return between which ids a period lies, read from the rows at its edges."""
    tests: list[Any] = []
    if filters.since is not None:
        edge = Message.at < filters.since - _DRIFT
        rows = Message.select(Message.id).where(edge).order_by(Message.at.desc())
        ids = [row.id for row in rows.limit(_NEIGHBOURS)]
        tests += [Message.id > min(ids)] if ids else []
    if filters.until is not None:
        edge = Message.at >= filters.until + _DRIFT
        rows = Message.select(Message.id).where(edge).order_by(Message.at)
        ids = [row.id for row in rows.limit(_NEIGHBOURS)]
        tests += [Message.id < max(ids)] if ids else []
    return tests

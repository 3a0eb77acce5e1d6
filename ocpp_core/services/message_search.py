"""Finding exchanges in the message log, newest first, at a cost that does not grow with the log.

The order is that of the ids: rows are written in the order in which exchanges ended. What an index
can find is read along it; the rest is tested row by row over a part of the log at a time.
"""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import peewee

from ..domain import texts
from ..errors import InvalidInput, NotFound
from ..models.records import Message
from ..storage.writer import reading
from . import searching
from .message_log import ROUTINE, MessageView, message_view
from .paging import DEFAULT_LIMIT, HIGHEST_INTEGER, check_limit, decode, encode
from .walking import walk

INCOMING, OUTGOING = "in", "out"  # the station asked; we did

# A row is written when its exchange has ended: ids and moments go together but for so much.
_DRIFT = timedelta(hours=1)
_NEIGHBOURS = 100  # rows at the edge of a period that say which ids it has

# As the partial index says it, literally; so that it serves no other query.
_ROUTINE = Message.action.in_([peewee.SQL(f"'{action}'") for action in sorted(ROUTINE)])
_RARE = peewee.NodeList((_ROUTINE, peewee.SQL("IS NOT TRUE")))


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
class Found:
    """Exchanges, the newest first; `next` is the cursor of those that may follow.

    `looked_back_to` is set where the search stopped before there were enough of them.
    """

    items: tuple[MessageView, ...]
    next: str | None
    looked_back_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What was written since; `newest` is where to go on, whether it fits or not."""

    items: tuple[MessageView, ...]
    newest: int
    is_cut: bool  # there were more than these


@reading
def page(filters: Filters, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> Found:
    """Return the newest exchanges first. Raises InvalidInput."""
    before = None if cursor is None else decode(cursor, int)[0]
    after, until = _ids_of(filters)
    if until is not None and (before is None or until < before):
        before = until
    return _read(filters, after, before, check_limit(limit))


@reading
def newer(filters: Filters, after: int, limit: int = DEFAULT_LIMIT) -> News:
    """Return what was written since the row `after`, the newest first."""
    newest = _newest()
    if newest <= after:
        return News((), after, is_cut=False)
    found = _read(filters, max(after, 0), newest + 1, check_limit(limit))
    return News(found.items, newest, is_cut=found.next is not None)


@reading
def newest() -> int:
    """Return the id of the newest row, 0 where there is none."""
    return _newest()


@reading
def find(message_id: int) -> MessageView:
    """Return an exchange by the id of its row. Raises NotFound."""
    known = 0 < message_id <= HIGHEST_INTEGER
    row = Message.get_or_none(Message.id == message_id) if known else None
    if row is None:
        raise NotFound(f"no message {message_id}")
    return message_view(row)


@reading
def neighbours(message: MessageView) -> tuple[int | None, int | None]:
    """Return the ids of the exchanges of the same station before and after one."""
    same = Message.select(Message.id).where(Message.station_id == message.station_id)
    older = same.where(Message.id < message.id).order_by(Message.id.desc()).first()
    younger = same.where(Message.id > message.id).order_by(Message.id).first()
    return (older.id if older else None), (younger.id if younger else None)


def _newest() -> int:
    row = Message.select(Message.id).order_by(Message.id.desc()).first()
    return row.id if row else 0


def _read(filters: Filters, after: int | None, before: int | None, limit: int) -> Found:
    """Return what has an id between the two."""
    along, besides = _split(filters)
    if after is not None:
        along.append(Message.id > after)
    query = functools.reduce(lambda query, test: query.where(test), along, Message.select())
    if not besides:
        rows = list(_behind(query, before).limit(limit + 1))
        items = tuple(message_view(row) for row in rows[:limit])
        return Found(items, encode(items[-1].id) if len(rows) > limit else None)
    return _test(query, functools.reduce(operator.and_, besides), before, limit)


def _behind(query: Any, before: int | None) -> Any:
    if before is not None:
        query = query.where(Message.id < before)
    return query.order_by(Message.id.desc())


def _test(query: Any, test: Any, before: int | None, limit: int) -> Found:
    tested = query.select(Message.id, test)
    done = walk(
        lambda reached, count: list(_behind(tested, reached).limit(count).tuples()), before, limit
    )
    rows = Message.select().where(Message.id.in_(done.found)).order_by(Message.id.desc())
    items = tuple(message_view(row) for row in rows)
    following = None if done.reached is None else encode(done.reached)
    return Found(items, following, _moment_of(done.reached) if done.is_cut else None)


def _moment_of(message_id: int | None) -> datetime | None:
    row = Message.select(Message.at).where(Message.id == message_id).first()
    return row.at if row else None


def _split(filters: Filters) -> tuple[list[Any], list[Any]]:
    """Return the tests for which there is an index, and those of each row."""
    along: list[Any] = []
    besides = [*_moments(filters), *_contents(filters)]
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


def _ids_of(filters: Filters) -> tuple[int | None, int | None]:
    """Return the ids between which a period lies, read from the rows at its edges."""
    after = before = None
    if filters.since is not None:
        edge = Message.at < filters.since - _DRIFT
        rows = Message.select(Message.id).where(edge).order_by(Message.at.desc())
        after = min((row.id for row in rows.limit(_NEIGHBOURS)), default=None)
    if filters.until is not None:
        edge = Message.at >= filters.until + _DRIFT
        rows = Message.select(Message.id).where(edge).order_by(Message.at)
        before = max((row.id for row in rows.limit(_NEIGHBOURS)), default=None)
    return after, before

"""Finding exchanges in the message log, newest first, at a cost that does not grow with the log.

What an index can find is read along it; the rest is tested row by row, over a part of the log at a
time.
"""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..errors import NotFound
from ..models.records import Message
from ..storage.writer import reading
from .message_filters import INCOMING, OUTGOING, Filters, Key, Plan, plan, plan_of_news
from .message_log import MessageView, message_view
from .paging import DEFAULT_LIMIT, HIGHEST_INTEGER, check_limit, decode, encode
from .walking import walk

__all__ = ["INCOMING", "OUTGOING", "Filters", "Found", "News", "find", "neighbours", "newer"]
__all__ += ["newest", "page"]


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
    chosen = plan(filters)
    start = chosen.start
    if cursor is not None:
        position = decode(cursor, *chosen.order.kinds)
        start = position if start is None else min(position, start)
    return _read(chosen, start, check_limit(limit))


@reading
def newer(filters: Filters, after: int, limit: int = DEFAULT_LIMIT) -> News:
    """Return what was written since the row `after`, the newest first."""
    newest = _newest()
    if newest <= after:
        return News((), after, is_cut=False)
    chosen = plan_of_news(filters, max(after, 0), newest)
    found = _read(chosen, chosen.start, check_limit(limit))
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


def _read(chosen: Plan, start: Key | None, limit: int) -> Found:
    query = Message.select()
    for test in chosen.along:
        query = query.where(test)
    if chosen.besides:
        return _test(chosen, query, start, limit)
    rows = list(chosen.order.behind(query, start).limit(limit + 1))
    items = tuple(message_view(row) for row in rows[:limit])
    following = encode(*chosen.order.key(rows[limit - 1])) if len(rows) > limit else None
    return Found(items, following)


def _test(chosen: Plan, query: Any, start: Key | None, limit: int) -> Found:
    order, test = chosen.order, functools.reduce(operator.and_, chosen.besides)
    tested = query.select(Message.id, Message.at, test.alias("fits"))

    def read(reached: Key | None, count: int) -> list[tuple[Key, Any]]:
        return [(order.key(row), row.fits) for row in order.behind(tested, reached).limit(count)]

    done = walk(read, start, limit)
    ids = [key[-1] for key in done.found]
    found = {row.id: message_view(row) for row in Message.select().where(Message.id.in_(ids))}
    following = None if done.reached is None else encode(*done.reached)
    stopped = _moment_of(done.reached) if done.is_cut and done.reached else None
    return Found(tuple(found[each] for each in ids), following, stopped)


def _moment_of(key: Key) -> datetime | None:
    row = Message.select(Message.at).where(Message.id == key[-1]).first()
    return row.at if row else None

"""Lists of charge tags: sorted, filtered and searched, each page read along an index.

Each order is that of one value and, where it is equal, of the id. A page is read in two steps:
first the rows of the same value, then those of the following ones. An index finds both places.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import peewee

from ..domain import authorization
from ..errors import InvalidInput
from ..models.tags import Tag
from ..storage.statements import Statement
from ..storage.writer import reading
from ..wording import Wording
from . import searching
from .paging import DEFAULT_LIMIT, HIGHEST_INTEGER, Page, check_limit, decode, encode
from .walking import walk

# As the indexes say them, literally. `infinity` comes after every moment in both databases.
_NEVER = peewee.SQL("'infinity'")
_KEYS: dict[str, Any] = {
    "id": None,
    "name": peewee.fn.LOWER(Tag.name),
    "group": peewee.fn.LOWER(peewee.fn.COALESCE(Tag.group, peewee.SQL("''"))),
    "expires_at": peewee.fn.COALESCE(Tag.expires_at, _NEVER),
}
SORTS = tuple(_KEYS)  # with a minus before it the other way round

_GROUPS = Statement(
    "WITH RECURSIVE found(name) AS (SELECT min(group_id) FROM tags UNION ALL"
    " SELECT (SELECT min(group_id) FROM tags WHERE group_id > found.name) FROM found"
    " WHERE found.name IS NOT NULL)"
    " SELECT name FROM found WHERE name IS NOT NULL LIMIT ?"
)

Position = tuple[Any, str]  # value, folded id


@dataclass(frozen=True, slots=True)
class TagView:
    """A tag as it is shown; from `expires_at` on it is refused."""

    id: str
    type: str | None
    name: str
    group: str | None
    expires_at: datetime | None
    blocked: bool


def tag_view(row: Any) -> TagView:
    """Return a row as it is shown."""
    return TagView(row.id, row.type, row.name, row.group, row.expires_at, row.blocked)


@reading
def page(
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
    *,
    sort: str = "id",
    group: str | None = None,
    blocked: bool | None = None,
    search: str | None = None,
) -> Page[TagView]:
    """Return tags, ids without regard to case; `search` is part of an id or name.

    Sorted by group, those of none come first; by expiry, those that never expire come last.
    Raises InvalidInput.
    """
    order = _Order.of(sort, in_group=group is not None)
    start = order.read(cursor) if cursor is not None else None
    query = Tag.select()
    if group is not None:
        query = query.where(Tag.group == group)
    if blocked:
        query = query.where(Tag.blocked)
    besides = _besides(blocked, search)
    if besides:
        test = functools.reduce(operator.and_, besides)
        return _search(order, query, test, start, check_limit(limit))
    rows = order.rows(query, [Tag], start, check_limit(limit) + 1)
    following = order.write(rows[limit - 1]) if len(rows) > limit else None
    return Page(tuple(tag_view(row) for row in rows[:limit]), following)


@reading
def of_tokens(tokens: Iterable[str]) -> dict[str, TagView]:
    """Return the tags of tokens, by folded id; a token without a record is absent."""
    folded = {authorization.fold(token) for token in tokens}
    rows = Tag.select().where(Tag.folded.in_(list(folded))) if folded else ()
    return {row.folded: tag_view(row) for row in rows}


@reading
def groups(limit: int = DEFAULT_LIMIT) -> tuple[str, ...]:
    """Return the groups that tags have, each found by one step in the index."""
    return tuple(row[0] for row in _GROUPS.run(limit).fetchall())


def _besides(blocked: bool | None, search: str | None) -> list[Any]:
    """Return the tests of each row."""
    tests: list[Any] = [~Tag.blocked] if blocked is False else []
    text = searching.check(search)
    if text is not None:
        in_id = searching.contains(Tag.folded, authorization.fold(text))
        tests.append(in_id | searching.contains(Tag.name, text))
    return tests


def _search(order: _Order, query: Any, test: Any, start: Position | None, limit: int) -> Page[Any]:
    def read(reached: Position | None, count: int) -> list[tuple[Position, Any]]:
        columns = [Tag.folded, Tag.expires_at, test.alias("fits")]
        rows = order.rows(query, columns, reached, count)
        return [(order.position(row), row.fits) for row in rows]

    done = walk(read, start, limit)
    ids = [folded for _, folded in done.found]
    found = {row.folded: row for row in Tag.select().where(Tag.folded.in_(ids))} if ids else {}
    following = order.encode(done.reached) if done.reached else None
    return Page(tuple(tag_view(found[folded]) for folded in ids), following)


@dataclass(frozen=True, slots=True)
class _Order:
    """One order of tags, and the place of a row in it."""

    name: str
    down: bool

    @classmethod
    def of(cls, sort: str, *, in_group: bool) -> _Order:
        name = sort.removeprefix("-")
        if name not in _KEYS:
            problem = Wording("must be one of %(known)s", known=", ".join(SORTS))
            raise InvalidInput(f"sort {problem}", fields={"sort": problem})
        is_same = in_group and name == "group"
        return cls("id" if is_same else name, sort.startswith("-"))

    def rows(self, query: Any, columns: list[Any], start: Position | None, count: int) -> list[Any]:
        """Return up to `count` rows behind a position."""
        key = _KEYS[self.name]
        behind = operator.lt if self.down else operator.gt
        query = query.select(*columns, *self._selected())
        if start is None:
            return list(self._sorted(query, key, Tag.folded).limit(count))
        query, same = (
            self._sorted(query, key, Tag.folded),
            query.where(behind(Tag.folded, start[1])),
        )
        value = _NEVER if start[0] is None else peewee.Value(start[0], converter=False)
        if key is not None:
            same = same.where(key == value)
        rows = list(self._sorted(same, Tag.folded).limit(count))
        if key is not None and len(rows) < count:
            rows += list(query.where(behind(key, value)).limit(count - len(rows)))
        return rows

    def _sorted(self, query: Any, *keys: Any) -> Any:
        used = [key for key in keys if key is not None]
        return query.order_by(*(key.desc() if self.down else key for key in used))

    def _selected(self) -> list[Any]:
        """Only the database knows the lower case of its own; expiries are read as they are."""
        return [] if self.name in ("id", "expires_at") else [_KEYS[self.name].alias("sorted_by")]

    def position(self, row: Any) -> Position:
        """Return the place of a row; None for a tag that never expires."""
        if self.name == "id":
            return "", row.folded
        return row.expires_at if self.name == "expires_at" else row.sorted_by, row.folded

    def write(self, row: Any) -> str:
        """Return the cursor that follows a row."""
        return self.encode(self.position(row))

    def encode(self, position: Position) -> str:
        """Return the cursor that follows a place."""
        value, folded = position
        if self.name == "id":
            return encode(folded)
        return encode(HIGHEST_INTEGER if value is None else value, folded)

    def read(self, cursor: str) -> Position:
        """Return the place that a cursor stands for. Raises InvalidInput."""
        if self.name == "id":
            return "", decode(cursor, str)[0]
        if self.name != "expires_at":
            return decode(cursor, str, str)
        value, folded = decode(cursor, int, str)
        return (None if value == HIGHEST_INTEGER else decode(cursor, datetime, str)[0]), folded

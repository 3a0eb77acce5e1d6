"""Finding rows by a part of their text, at a cost that does not grow with the table.

No index finds the middle of a text, so rows are read in the order of the list, up to a fixed
number. What lies behind them comes with the next page, which `next` then promises even when this
one is not full.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import peewee

from ..domain import texts
from .paging import encode

SEARCHED = 20_000  # rows read for one page: some milliseconds


@dataclass(frozen=True, slots=True)
class Found:
    """The keys of matching rows, and where to go on when there may be more."""

    keys: list[str]
    following: str | None  # cursor


def check(text: str | None) -> str | None:
    """Return the text to search for, None where it is blank. Raises InvalidInput."""
    texts.refuse({"search": texts.problem(text or "")})
    return (text or "").strip() or None


def search(
    query: Any,
    key: peewee.Field,
    wanted: Iterable[tuple[peewee.Field, str]],
    limit: int,
    searched: int = SEARCHED,
) -> Found:
    """Return the keys of up to `limit` rows of `query` in which a field contains its text.

    Rows are read in the order of `key`.
    """
    pairs = list(wanted)
    columns = {field.column_name: field for field in (key, *(field for field, _ in pairs))}
    ordered = query.select(*columns.values()).order_by(key)
    window = ordered.limit(searched).alias("searched")
    tests = [contains(window.c[field.column_name], text) for field, text in pairs]
    column = window.c[key.column_name]
    matching = peewee.Select([window], [column]).where(functools.reduce(operator.or_, tests))
    rows = matching.order_by(column).limit(limit + 1).bind(query.model._meta.database).tuples()
    keys = [row[0] for row in rows]
    if len(keys) > limit:
        return Found(keys[:limit], encode(keys[limit - 1]))
    last = ordered.offset(searched - 1).limit(1).tuples().first()
    return Found(keys, encode(last[0]) if last else None)


def contains(column: Any, text: str) -> Any:
    """Return the test whether a column contains a text, without regard to case."""
    tests: Sequence[Any] = [column.contains(spelling) for spelling in _spellings(text)]
    return functools.reduce(operator.or_, tests)


def _spellings(text: str) -> set[str]:
    """SQLite ignores the case of ASCII letters only."""
    return {text} if text.isascii() else {text, text.lower(), text.upper(), text.capitalize()}

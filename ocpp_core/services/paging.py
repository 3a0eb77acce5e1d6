"""Pages of lists: each goes on after the sort key of the last row of the one before.

A cursor is that key as opaque text. So a page costs the same wherever it lies, and rows that come
or go meanwhile are neither shown twice nor skipped.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from .. import clock
from ..errors import InvalidInput
from ..wording import Wording

T = TypeVar("T")
Row = TypeVar("Row")

DEFAULT_LIMIT, HIGHEST_LIMIT = 100, 1000
_LONGEST_CURSOR = 4096
HIGHEST_INTEGER = 2**63 - 1  # both databases count to here
_REFUSAL = Wording("is not a cursor of this list")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list; `next` is the cursor of those that follow, None at the end."""

    items: tuple[T, ...]
    next: str | None


def check_limit(limit: int) -> int:
    """Return the number of items a page may have; raises InvalidInput outside of 1 to 1000."""
    if not 1 <= limit <= HIGHEST_LIMIT:
        problem = Wording("must be 1 to %(highest)s", highest=HIGHEST_LIMIT)
        raise InvalidInput(f"limit {problem}", fields={"limit": problem})
    return limit


def page_of(
    rows: Sequence[Row], limit: int, view: Callable[[Row], T], key: Callable[[Row], str]
) -> Page[T]:
    """Make a page of up to `limit` + 1 rows; `key` encodes the cursor that follows a row."""
    shown = rows[:limit]
    following = key(shown[-1]) if len(rows) > limit else None
    return Page(tuple(view(row) for row in shown), following)


def encode(*values: int | float | str | datetime) -> str:
    """Return the cursor for a sort key."""
    plain = [clock.to_milliseconds(v) if isinstance(v, datetime) else v for v in values]
    text = json.dumps(plain, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, *kinds: type) -> tuple[Any, ...]:
    """Return the sort key of a cursor, each value of the kind given for its place.

    Raises InvalidInput for anything that `encode` did not make of such values.
    """
    try:
        values = _values(cursor)
        if len(values) != len(kinds):
            raise ValueError("another list")
        return tuple(_read(value, kind) for value, kind in zip(values, kinds, strict=True))
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error) as error:
        raise InvalidInput(f"cursor {_REFUSAL}", fields={"cursor": _REFUSAL}) from error


def _values(cursor: str) -> list[Any]:
    if len(cursor) > _LONGEST_CURSOR:
        raise ValueError("too long")
    padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
    values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
    if not isinstance(values, list):
        raise TypeError("no key")
    return values


def _read(value: Any, kind: type) -> Any:
    if kind is datetime:
        return clock.from_milliseconds(_read(value, int))
    if kind is float and type(value) in (int, float) and math.isfinite(value):
        return float(value)
    if type(value) is not kind:
        raise TypeError("another kind")
    if isinstance(value, int) and abs(value) > HIGHEST_INTEGER:
        raise ValueError("out of range")
    if isinstance(value, str):
        value.encode()  # no lone surrogates
        if "\0" in value:  # PostgreSQL has no such text
            raise ValueError("no text")
    return value

"""The charge tags that a form offers: those that may charge, by name; a page of thousands is none.

What is read does not grow with the table: who is not offered can still be typed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import peewee

from ..models.tags import Tag
from ..storage.writer import reading

MOST = 300
READ = 1000  # rows looked at for them, with and without a name: not all may charge

_NAME = peewee.fn.LOWER(Tag.name)  # as its index says it


@dataclass(frozen=True, slots=True)
class TagOffer:
    """A tag to choose."""

    id: str
    name: str


@reading
def offered(now: datetime, most: int = MOST) -> tuple[TagOffer, ...]:
    """Return tags neither blocked nor expired: those with names by name, then the others by id."""
    found = _usable(_columns().where(_NAME > "").order_by(_NAME, Tag.folded), now)
    if len(found) < most:
        found += _usable(_columns().where(_NAME == "").order_by(Tag.folded), now)
    return tuple(found[:most])


def _columns() -> Any:
    return Tag.select(Tag.id, Tag.name, Tag.blocked, Tag.expires_at)


def _usable(query: Any, now: datetime) -> list[TagOffer]:
    return [
        TagOffer(tag_id, name)
        for tag_id, name, blocked, expires_at in query.limit(READ).tuples()
        if not blocked and (expires_at is None or now < expires_at)
    ]

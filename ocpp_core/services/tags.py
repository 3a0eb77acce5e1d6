"""The records of charge tags: adding, editing and removing them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from .. import clock
from ..domain import authorization, texts
from ..errors import AlreadyExists, NotFound
from ..models.tags import Tag
from ..storage.writer import reading, unit_of_work
from ..wording import Wording
from .changes import UNSET, Unset, given
from .tag_lists import TagView, page, tag_view

__all__ = ["LATEST", "TagChanges", "TagView", "add", "add_or_edit", "check_id", "edit", "expiry"]
__all__ += ["EARLIEST_DAY", "end_of", "find", "last_day", "page", "remove"]

LATEST = datetime(9999, 12, 31, tzinfo=UTC)  # stands for "never" in many records
EARLIEST_DAY = date(1970, 1, 1)
LONGEST_TYPE = 20  # OCPP 2.1, IdTokenType.type


@dataclass(frozen=True, slots=True)
class TagChanges:
    """What to set of a tag; a date as `expires_at` is the last day on which it is valid."""

    type: str | Unset | None = UNSET
    name: str | Unset = UNSET
    group: str | Unset | None = UNSET
    expires_at: datetime | date | Unset | None = UNSET
    blocked: bool | Unset = UNSET


@reading
def find(tag_id: str) -> TagView:
    """Return a tag; upper and lower case are one. Raises NotFound."""
    return tag_view(_row(tag_id))


def add(tag_id: str, changes: TagChanges, now: datetime) -> TagView:
    """Add a tag. Raises AlreadyExists, or InvalidInput."""
    return _add(check_id(tag_id), _prepare(changes), now)


def edit(tag_id: str, changes: TagChanges) -> TagView:
    """Change a tag. Raises NotFound, or InvalidInput."""
    return _edit(tag_id, _prepare(changes))


def add_or_edit(tag_id: str, changes: TagChanges, now: datetime) -> tuple[TagView, bool]:
    """Add a tag or change the one with this id; tells whether it was added."""
    return _add_or_edit(check_id(tag_id), _prepare(changes), now)


@unit_of_work
def remove(tag_id: str) -> None:
    """Remove a tag; transactions keep its id. Raises NotFound."""
    if not Tag.delete().where(Tag.folded == authorization.fold(tag_id)).execute():
        raise NotFound(f"no tag {tag_id}")


def check_id(text: str) -> str:
    """Return the canonical form of an id that is to be recorded. Raises InvalidInput."""
    tag_id = unicodedata.normalize("NFC", text)
    too_long = len(authorization.fold(tag_id)) > texts.SHORT
    texts.refuse({"id": texts.id_problem(tag_id) or (Wording("is too long") if too_long else None)})
    return tag_id


def expiry(value: datetime | date | None) -> datetime | None:
    """Return the moment from which a tag is refused; a date is its last valid day."""
    if value is None:
        return None
    if not isinstance(value, datetime):
        return end_of(value, UTC)
    moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    return min(clock.cut(moment.astimezone(UTC)), LATEST)


def end_of(day: date, zone: tzinfo) -> datetime:
    """Return the moment at which a day ends in a zone: tags valid through it are refused then."""
    return LATEST if day >= LATEST.date() else authorization.end_of_day(day, zone)


def last_day(expires_at: datetime | None, zone: tzinfo) -> date | None:
    """Return the last day on which a tag is valid, None where it does not expire."""
    if expires_at is None or expires_at >= LATEST:
        return None if expires_at is None else LATEST.date()
    return authorization.last_day(expires_at, zone)


def _row(tag_id: str) -> Tag:
    row = Tag.get_or_none(Tag.folded == authorization.fold(tag_id))
    if row is None:
        raise NotFound(f"no tag {tag_id}")
    return row


def _prepare(changes: TagChanges) -> dict[str, Any]:
    """Check what shall be set; returns the values of the columns."""
    values = given(changes)
    for name in ("type", "group"):
        if name in values:
            values[name] = (values[name] or "").strip() or None
    texts.refuse(
        {
            "type": texts.problem(values.get("type") or "", LONGEST_TYPE),
            "name": texts.problem(values.get("name", "")),
            "group": texts.problem(values.get("group") or ""),
        }
    )
    if "expires_at" in values:
        values["expires_at"] = expiry(values["expires_at"])
    return values


@unit_of_work
def _add(tag_id: str, values: dict[str, Any], now: datetime) -> TagView:
    row = Tag.get_or_none(Tag.folded == authorization.fold(tag_id))
    if row is not None:
        raise AlreadyExists(Wording("tag %(id)s exists", id=row.id))
    folded = authorization.fold(tag_id)
    return tag_view(Tag.create(id=tag_id, folded=folded, created_at=now, **values))


@unit_of_work
def _edit(tag_id: str, values: dict[str, Any]) -> TagView:
    row = _row(tag_id)
    if values:
        Tag.update(**values).where(Tag.id == row.id).execute()
    return tag_view(_row(tag_id))


@unit_of_work
def _add_or_edit(tag_id: str, values: dict[str, Any], now: datetime) -> tuple[TagView, bool]:
    if Tag.get_or_none(Tag.folded == authorization.fold(tag_id)) is None:
        return _add(tag_id, values, now), True
    return _edit(tag_id, values), False

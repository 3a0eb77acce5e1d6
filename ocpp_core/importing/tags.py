"""Charge tags of OCPP.Core."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ..domain import authorization
from ..errors import InvalidInput
from ..models.tags import Tag
from ..services import tags
from ..storage.statements import Statement
from ..storage.writer import unit_of_work
from . import values
from .source import Row, Source
from .summary import Tally, Unusable, shown

_INSERT = Statement(
    "INSERT INTO tags (id, folded, name, group_id, expires_at, blocked, created_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)


def take(source: Source, now: datetime) -> Tally:
    """Take over the tags that are not there."""
    tally = Tally("tags")
    seen: dict[str, str] = {}
    for rows in source.rows("ChargeTags", "TagId"):
        records = [record for row in rows if (record := _read(row, now, seen, tally))]
        taken = _insert(records)
        tally.taken += taken
        tally.present += len(records) - taken
    return tally


def _read(row: Row, now: datetime, seen: dict[str, str], tally: Tally) -> tuple[Any, ...] | None:
    try:
        tag_id = _check_id(row["TagId"])
        folded = authorization.fold(tag_id)
        if folded in seen:
            raise Unusable(f"is {shown(seen[folded])} in another case, and OCPP knows none")
        group = values.word(row["ParentTagId"], "ParentTagId")
        expires_at = tags.expiry(values.last_day(row["ExpiryDate"], "ExpiryDate"))
    except Unusable as reason:
        tally.leave(row["TagId"], reason)
        return None
    seen[folded] = tag_id
    name, blocked = values.name(row["TagName"]), values.flag(row["Blocked"])
    return tag_id, folded, name, group, expires_at, blocked, now


def _check_id(value: object) -> str:
    try:
        return tags.check_id(values.text(value) or "")
    except InvalidInput as error:
        raise Unusable(str(error)) from error


@unit_of_work
def _insert(records: Sequence[tuple[Any, ...]]) -> int:
    folded = [record[1] for record in records]
    present = {row.folded for row in Tag.select(Tag.folded).where(Tag.folded.in_(folded))}
    rows = [record for record in records if record[1] not in present]
    _INSERT.run_many(rows)
    return len(rows)

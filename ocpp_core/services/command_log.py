"""The history of commands: who sent what to which station, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..models.records import CommandRecord
from ..storage.writer import reading, unit_of_work
from . import message_log
from .paging import DEFAULT_LIMIT, Page, check_limit, decode, encode, page_of

LONGEST = 255  # characters kept of a name or status: actions and error codes may be anything

Handle = int


@dataclass(frozen=True, slots=True)
class CommandView:
    """One command; `finished_at`, `status` and `done` are None while it is under way."""

    id: int
    name: str
    parameters: dict[str, Any]
    user: str
    at: datetime
    finished_at: datetime | None
    status: str | None
    done: bool | None
    detail: str


@unit_of_work
def begin(
    station_id: str, name: str, parameters: Mapping[str, Any], user: str, now: datetime
) -> Handle:
    """Note that a command is on its way; passwords and keys in it are masked."""
    text = json.dumps(parameters, default=str)  # all ASCII: stored by any database
    row = CommandRecord.create(
        station_id=station_id,
        name=_clean(name)[:LONGEST],
        parameters=message_log.mask(text),
        user=user,
        at=now,
    )
    return int(row.id)


@unit_of_work
def finish(handle: Handle, status: str, done: bool, detail: str, now: datetime) -> None:
    """Note how a command ended; once noted it stays."""
    CommandRecord.update(
        finished_at=now,
        status=_clean(status)[:LONGEST],
        done=done,
        detail=_clean(detail),
    ).where(CommandRecord.id == handle, CommandRecord.finished_at.is_null()).execute()


@reading
def page(
    station_id: str, limit: int = DEFAULT_LIMIT, cursor: str | None = None
) -> Page[CommandView]:
    """Return the commands of a station, the newest first."""
    query = CommandRecord.select().where(CommandRecord.station_id == station_id)
    if cursor is not None:
        (before,) = decode(cursor, int)
        query = query.where(CommandRecord.id < before)
    rows = list(query.order_by(CommandRecord.id.desc()).limit(check_limit(limit) + 1))
    return page_of(rows, limit, _view, lambda row: encode(row.id))


def _clean(text: str) -> str:
    """Drop what PostgreSQL cannot store; a station may have sent it."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _view(row: CommandRecord) -> CommandView:
    return CommandView(
        row.id,
        row.name,
        json.loads(row.parameters),
        row.user,
        row.at,
        row.finished_at,
        row.status,
        row.done,
        row.detail,
    )

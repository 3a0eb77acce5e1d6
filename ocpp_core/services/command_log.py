"""The history of commands: who sent what to which station, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..errors import NotFound
from ..models.records import CommandRecord
from ..storage.writer import reading, unit_of_work
from . import message_log
from .paging import DEFAULT_LIMIT, HIGHEST_INTEGER, Page, check_limit, decode, encode, page_of

LONGEST = 255  # characters kept of a name or status: actions and error codes may be anything
LONGEST_ANSWER = 100_000  # a longer one is in the message log only
_NOTHING: dict[str, Any] = {"refused": False, "data": {}}

Handle = int


@dataclass(frozen=True, slots=True)
class CommandView:
    """One command; `finished_at`, `status` and `done` are None while it is under way.

    `data` is what else the station answered, None where that was too much to keep.
    """

    id: int
    station_id: str
    name: str
    parameters: dict[str, Any]
    user: str
    at: datetime
    finished_at: datetime | None
    status: str | None
    done: bool | None
    detail: str
    data: dict[str, Any] | None
    refused: bool  # the station answered with a CALLERROR


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
def finish(
    handle: Handle,
    status: str,
    done: bool,
    detail: str,
    now: datetime,
    *,
    data: Mapping[str, Any] | None = None,
    refused: bool = False,
) -> None:
    """Note how a command ended; once noted it stays. Passwords and keys in `data` are masked."""
    CommandRecord.update(
        finished_at=now,
        status=_clean(status)[:LONGEST],
        done=done,
        detail=_clean(detail),
        answer=_answer(data or {}, refused),
    ).where(CommandRecord.id == handle, CommandRecord.finished_at.is_null()).execute()


@reading
def find(station_id: str, handle: Handle) -> CommandView:
    """Return a command of a station. Raises NotFound."""
    known = 0 < handle <= HIGHEST_INTEGER
    row = CommandRecord.get_or_none(CommandRecord.id == handle) if known else None
    if row is None or row.station_id != station_id:
        raise NotFound(f"station {station_id} has no command {handle} in its history")
    return _view(row)


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


def _answer(data: Mapping[str, Any], refused: bool) -> str:
    """Return what is kept of an answer as JSON; nothing for one that has nothing to say."""
    text = message_log.mask(json.dumps(data, default=str))  # all ASCII
    if not data and not refused:
        return ""
    kept = text if len(text) <= LONGEST_ANSWER else "null"
    return f'{{"refused": {json.dumps(refused)}, "data": {kept}}}'


def _view(row: CommandRecord) -> CommandView:
    answer: dict[str, Any] = json.loads(row.answer) if row.answer else _NOTHING
    return CommandView(
        row.id,
        row.station_id,
        row.name,
        json.loads(row.parameters),
        row.user,
        row.at,
        row.finished_at,
        row.status,
        row.done,
        row.detail,
        answer["data"],
        answer["refused"],
    )

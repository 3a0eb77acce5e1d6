"""Commands to stations, their history, and raw CALLs."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from flask import current_app
from pydantic import BaseModel, Field, RootModel

from ...commands.base import Command, Outcome, all_commands
from ...domain.roles import Role
from ...errors import (
    CallTimeout,
    Disconnected,
    NotFound,
    NotSupportedByVersion,
    StationOffline,
    UnusableAnswer,
)
from ...live.dispatch import CallOutcome, Dispatcher
from ...services import command_log, station_records
from ...services.paging import Page
from ..auth import caller
from .endpoints import Endpoint, Listing, Routes
from .reading import Paging
from .values import Moment

routes = Routes("Commands")
FAILS = (
    NotFound,
    StationOffline,
    NotSupportedByVersion,
    Disconnected,
    UnusableAnswer,
    CallTimeout,
)


class CommandOutcome(BaseModel):
    """What became of a command."""

    status: str = Field(description="the station's own, or the code of its CALLERROR")
    done: bool = Field(description="whether it did what was asked")
    data: dict[str, Any] = Field(description="what else it answered")


class CommandEntry(BaseModel):
    """One command of the history; finished_at, status and done are null while it is under way."""

    id: int
    name: str
    parameters: dict[str, Any]
    user: str = Field(description="the name of the key or person")
    at: Moment
    finished_at: Moment | None
    status: str | None
    done: bool | None
    detail: str


class CommandEntries(Listing[CommandEntry]):
    """A page of the history, the newest first."""


class Payload(RootModel[dict[str, Any]]):
    """The payload in OCPP's own names; the order of its members is kept."""


class CallError(BaseModel):
    """A CALLERROR as the station sent it."""

    code: str
    description: str
    details: Any


class CallAnswer(BaseModel):
    """The answer exactly as the station sent it: a result or an error."""

    message_id: str
    result: dict[str, Any] = Field(default={}, description="the payload of a CALLRESULT")
    error: CallError | None = Field(default=None, description="a CALLERROR")


def dispatcher() -> Dispatcher:
    """Return the way to the stations."""
    found: Dispatcher = current_app.extensions["ocpp_core"].dispatcher
    return found


def endpoints() -> Iterator[Endpoint]:
    """Yield one operation for each declared command."""
    for command in all_commands():
        yield Endpoint(
            method="POST",
            path=f"/stations/{{station_id}}/commands/{command.name}",
            role=command.permission,
            view=send_command,
            name=f"send_{command.name.replace('-', '_')}",
            tag=routes.tag,
            summary=command.title,
            description=inspect.getdoc(command) or "",
            body=command,
            answer=CommandOutcome,
            fails=(*FAILS, *command.fails),
        )


def send_command(station_id: str, body: Command) -> Outcome:
    """Send a command and wait for the station's own answer."""
    return dispatcher().send(station_id, body, caller())


@routes.get(
    "/stations/{station_id}/commands",
    Role.VIEWER,
    query=Paging,
    answer=CommandEntries,
    fails=(NotFound,),
)
def list_commands(station_id: str, query: Paging) -> Page[Any]:
    """List who commanded what and how it ended, the newest first."""
    station_records.find(station_id)
    return command_log.page(station_id, **dict(query))


@routes.post(
    "/stations/{station_id}/calls/{action}",
    Role.ADMINISTRATOR,
    body=Payload,
    answer=CallAnswer,
    fails=FAILS,
)
def send_call(station_id: str, action: str, body: Payload) -> CallAnswer:
    """Send any CALL of the station's OCPP version and wait for the answer.

    The payload is checked against the schema and nothing else.
    """
    outcome: CallOutcome = dispatcher().call(station_id, action, body.root, caller())
    if outcome.error is not None:
        return CallAnswer(message_id=outcome.message_id, error=CallError(**outcome.error))
    return CallAnswer(message_id=outcome.message_id, result=outcome.result or {})

"""Sending commands and raw CALLs to stations, and keeping the history of it."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import clock, events
from ..commands.base import Command, Outcome, Target
from ..errors import (
    CallTimeout,
    Disconnected,
    NothingToStop,
    NotSupportedByVersion,
    OcppCoreError,
    PayloadInvalid,
    StationOffline,
    UnusableAnswer,
    Violation,
)
from ..observability import metrics
from ..protocol.base import Handlers
from ..services import command_log, stations
from .calls import Answer
from .connection import Connection
from .registry import Registry

log = logging.getLogger(__name__)

FAILURES: dict[type[OcppCoreError], str] = {
    StationOffline: "offline",
    NothingToStop: "nothing-to-stop",
    NotSupportedByVersion: "not-supported",
    Disconnected: "disconnected",
    CallTimeout: "timeout",
    UnusableAnswer: "unusable",
}


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """The station's answer to a raw CALL, exactly as it came; one of result and error is set."""

    message_id: str
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


class Dispatcher:
    """The way to a station for pages, REST and automations."""

    def __init__(self, registry: Registry, *, timeout_s: float, validate: bool) -> None:
        self._registry = registry
        self._timeout_s = timeout_s
        self._validate = validate

    @property
    def timeout_s(self) -> float:
        """How long a station has to answer."""
        return self._timeout_s

    def note(self, station_id: str, command: Command, user: str) -> command_log.Handle:
        """Put a command into the history, for a caller who wants to find it there once sent."""
        self._check_exists(station_id)
        parameters = command.model_dump(mode="json", exclude_defaults=True)
        return command_log.begin(station_id, command.name, parameters, user, clock.utcnow())

    def send(
        self,
        station_id: str,
        command: Command,
        user: str,
        entry: command_log.Handle | None = None,
    ) -> Outcome:
        """Send a command and wait for the station's own answer; `entry` is what `note` returned.

        Raises NotFound, StationOffline, NotSupportedByVersion, CallFailed and what the command
        itself finds wrong. A CALLERROR is an outcome that is not done.
        """
        if entry is None:
            entry = self.note(station_id, command, user)
        with _noted(entry, station_id, command.name, user) as ending:
            outcome = self._send(self._registry.get(station_id), command)
            ending.status, ending.done = outcome.status, outcome.done
            ending.data, ending.refused = outcome.data, outcome.refused
        return outcome

    def call(
        self, station_id: str, action: str, payload: Mapping[str, Any], user: str
    ) -> CallOutcome:
        """Send any CALL of the station's version, its payload in OCPP's own names.

        Raises NotFound, StationOffline, NotSupportedByVersion, PayloadInvalid, CallFailed.
        """
        self._check_exists(station_id)
        connected = self._registry.peek(station_id)
        if connected is not None:
            _check(connected, action, payload)
        name = f"call {action}"
        entry = command_log.begin(station_id, name, {}, user, clock.utcnow())
        with _noted(entry, station_id, name, user) as ending:
            connection = self._registry.get(station_id)
            answer = _exchange(connection, action, dict(payload), self._deadline())
            if answer.refusal is None:
                ending.status, ending.done = str(answer.payload.get("status", "Answered")), True
                return CallOutcome(answer.message_id, result=answer.payload)
            error = answer.refusal.as_sent()
            ending.status, ending.refused = error["code"], True
        return CallOutcome(answer.message_id, error=error)

    def _check_exists(self, station_id: str) -> None:
        if self._registry.peek(station_id) is None:
            stations.profile(station_id)  # NotFound for a station that does not exist at all

    def _deadline(self) -> float:
        return time.monotonic() + self._timeout_s

    def _send(self, connection: Connection, command: Command) -> Outcome:
        deadline = self._deadline()
        target = _target(connection.handlers)
        early = command.prepare(target)
        if early is not None:
            return early
        answer = self._ask(connection, command.request_for(target), deadline)
        if answer.refusal is not None:
            return command.refused(answer.refusal)
        outcome = command.outcome(answer.payload)
        command.conclude(target, outcome)
        return outcome

    def _ask(self, connection: Connection, request: Any, deadline: float) -> Answer:
        """Send the library's request object; the answer's payload comes with python names."""
        action = type(request).__name__
        messages = connection.handlers.messages
        payload = messages.request(action).to_wire(request)
        answer = _exchange(connection, action, payload, deadline)
        if answer.refusal is not None:
            return answer
        schema = messages.response(action)
        try:
            if self._validate:
                schema.check(answer.payload)
        except Violation as violation:
            raise UnusableAnswer(f"answer to {action}: {violation.description}") from violation
        return Answer(answer.message_id, schema.to_python(answer.payload))


def _check(connection: Connection, action: str, payload: Mapping[str, Any]) -> None:
    try:
        connection.handlers.messages.request(action).check(payload)
    except Violation as violation:
        raise PayloadInvalid(f"payload of {action}: {violation.description}") from violation


def _exchange(
    connection: Connection, action: str, payload: dict[str, Any], deadline: float
) -> Answer:
    """Send a payload that follows its schema, and wait for the answer."""
    _check(connection, action, payload)
    connection.handlers.expect(action, payload)
    return connection.call(action, payload, deadline)


@dataclass(slots=True)
class _Ending:
    """What the history will say of a command."""

    status: str = "failed"
    done: bool = False
    detail: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    refused: bool = False


@contextlib.contextmanager
def _noted(entry: command_log.Handle, station_id: str, name: str, user: str) -> Iterator[_Ending]:
    """Note in the history how a command ended."""
    ending = _Ending()
    try:
        yield ending
    except OcppCoreError as error:
        ending.status, ending.detail = _status_of(error), str(error)
        raise
    finally:
        _finish(entry, station_id, name, user, ending)


def _finish(
    entry: command_log.Handle, station_id: str, name: str, user: str, ending: _Ending
) -> None:
    now, status = clock.utcnow(), ending.status
    command_log.finish(
        entry, status, ending.done, ending.detail, now, data=ending.data, refused=ending.refused
    )
    metrics.command(name, status)
    log.info(
        "command finished",
        extra={"station": station_id, "command": name, "user": user, "status": status},
    )
    events.publish(events.CommandFinished(station_id, now, name, status, ending.done, user))


def _target(handlers: Handlers) -> Target:
    return Target(
        handlers.station_id,
        handlers.version,
        handlers.dialects,
        handlers.call,
        handlers.profile.cleans_tags,
        clock.utcnow(),
        handlers.settings.single_transaction_per_tag,
    )


def _status_of(error: OcppCoreError) -> str:
    """Return what the history and the metrics call a failure."""
    return next((text for kind, text in FAILURES.items() if isinstance(error, kind)), "failed")

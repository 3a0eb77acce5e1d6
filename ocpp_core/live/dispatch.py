"""Sending commands and raw CALLs to stations, and keeping the history of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import clock, events
from ..commands.base import Command, Outcome, Target
from ..errors import (
    CallFailed,
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

    def send(self, station_id: str, command: Command, user: str) -> Outcome:
        """Send a command and wait for the station's own answer.

        Raises NotFound, StationOffline, NotSupportedByVersion, CallFailed and what the command
        itself finds wrong. A CALLERROR is an outcome that is not done.
        """
        connection = self._find(station_id)
        now = clock.utcnow()
        parameters = command.model_dump(mode="json", exclude_defaults=True)
        entry = command_log.begin(station_id, command.name, parameters, user, now)
        try:
            outcome = self._send(connection, command)
        except OcppCoreError as error:
            self._finish(
                entry, station_id, command.name, user, _status_of(error), False, str(error)
            )
            raise
        self._finish(entry, station_id, command.name, user, outcome.status, outcome.done, "")
        return outcome

    def call(
        self, station_id: str, action: str, payload: Mapping[str, Any], user: str
    ) -> CallOutcome:
        """Send any CALL of the station's version, its payload in OCPP's own names.

        Raises NotFound, StationOffline, NotSupportedByVersion, PayloadInvalid, CallFailed.
        """
        connection = self._find(station_id)
        schema = connection.handlers.messages.request(action)
        try:
            schema.check(payload)
        except Violation as violation:
            raise PayloadInvalid(f"payload of {action}: {violation.description}") from violation
        entry = command_log.begin(station_id, f"call {action}", {}, user, clock.utcnow())
        name = f"call {action}"
        try:
            answer = connection.call(action, dict(payload), self._deadline())
        except CallFailed as error:
            self._finish(entry, station_id, name, user, _status_of(error), False, str(error))
            raise
        refusal = answer.refusal
        status = refusal.code if refusal else str(answer.payload.get("status", "Answered"))
        self._finish(entry, station_id, name, user, status, refusal is None, "")
        if refusal is None:
            return CallOutcome(answer.message_id, result=answer.payload)
        error_as_sent = {
            "code": refusal.code,
            "description": refusal.description,
            "details": refusal.details,
        }
        return CallOutcome(answer.message_id, error=error_as_sent)

    def _find(self, station_id: str) -> Connection:
        try:
            return self._registry.get(station_id)
        except OcppCoreError:
            stations.profile(station_id)  # NotFound for a station that does not exist at all
            raise

    def _deadline(self) -> float:
        return time.monotonic() + self._timeout_s

    def _send(self, connection: Connection, command: Command) -> Outcome:
        deadline = self._deadline()
        target = _target(connection.handlers)
        early = command.prepare(target)
        if early is not None:
            return early
        answer = self._exchange(connection, command.request_for(target), deadline)
        if answer.refusal is not None:
            return command.refused(answer.refusal)
        outcome = command.outcome(answer.payload)
        command.conclude(target, outcome)
        return outcome

    def _exchange(self, connection: Connection, request: Any, deadline: float) -> Answer:
        """Send the library's request object; the answer's payload comes with python names."""
        action = type(request).__name__
        messages = connection.handlers.messages
        payload = messages.request(action).to_wire(request)
        try:
            messages.request(action).check(payload)
        except Violation as violation:
            raise PayloadInvalid(f"{action}: {violation.description}") from violation
        connection.handlers.expect(action, payload)
        answer = connection.call(action, payload, deadline)
        if answer.refusal is not None:
            return answer
        schema = messages.response(action)
        try:
            if self._validate:
                schema.check(answer.payload)
        except Violation as violation:
            raise UnusableAnswer(f"answer to {action}: {violation.description}") from violation
        return Answer(answer.message_id, schema.to_python(answer.payload))

    def _finish(
        self,
        entry: command_log.Handle,
        station_id: str,
        name: str,
        user: str,
        status: str,
        done: bool,
        detail: str,
    ) -> None:
        now = clock.utcnow()
        command_log.finish(entry, status, done, detail, now)
        metrics.command(name, status)
        log.info(
            "command finished",
            extra={"station": station_id, "command": name, "user": user, "status": status},
        )
        events.publish(events.CommandFinished(station_id, now, name, status, done, user))


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

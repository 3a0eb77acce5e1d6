"""Connections without a socket: real handlers, registry and dispatcher, answers by the test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

from ocpp_core.errors import CallFailed, CallRefused
from ocpp_core.live.calls import Answer
from ocpp_core.live.connection import Connection
from ocpp_core.live.dispatch import Dispatcher
from ocpp_core.live.registry import Registry
from ocpp_core.protocol.base import Settings
from ocpp_core.protocol.versions import BY_VERSION
from ocpp_core.services.stations import Profile

Payload = dict[str, Any]
Reply = Payload | CallFailed | Callable[[str, Payload], Payload | CallFailed]


class FakeConnection:
    """A station that is connected: notes the CALLs it gets and gives the answer it was told."""

    def __init__(self, station_id: str, version: str, *, single: bool = False) -> None:
        profile = Profile(station_id, "", True, "Accepted", False)
        settings = Settings(single_transaction_per_tag=single)
        self.station_id = station_id
        self.version = version
        self.arrival = 0
        self.handlers = BY_VERSION[version](profile, settings)
        self.since = datetime.now(UTC)
        self.reply: Reply = {"status": "Accepted"}
        self.calls: list[tuple[str, Payload]] = []

    def call(self, action: str, payload: Payload, deadline: float) -> Answer:
        """Take a CALL of the server."""
        self.calls.append((action, payload))
        reply = self.reply(action, payload) if callable(self.reply) else self.reply
        if isinstance(reply, CallRefused):
            return Answer("1", {}, reply)
        if isinstance(reply, CallFailed):
            raise reply
        return Answer("1", reply)


class Hall:
    """A registry with fake connections, and the dispatcher on it."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.dispatcher = Dispatcher(self.registry, timeout_s=5, validate=True)

    def connect(self, station_id: str, version: str, *, single: bool = False) -> FakeConnection:
        """Let a station be online."""
        connection = FakeConnection(station_id, version, single=single)
        self.registry.claim(cast(Connection, connection))
        return connection

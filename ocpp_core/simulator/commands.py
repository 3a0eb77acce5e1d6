"""How a station answers the server's CALLs; each OCPP version adds its own actions."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ocpp_core.simulator.outbox import Message, Payload, read_object

if TYPE_CHECKING:
    from ocpp_core.simulator.connectors import Connector
    from ocpp_core.simulator.station import Station

After = Callable[[], None]
Handler = Callable[[Any, Payload], "Reply"]
H = TypeVar("H", bound=Handler)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and what happens once it is sent."""

    payload: Payload
    after: After | None = None


def status(word: str, after: After | None = None) -> Reply:
    """Answer with a status alone."""
    return Reply({"status": word}, after)


def obeys(action: str) -> Callable[[H], H]:
    """Mark the method that answers an action."""

    def mark(handler: H) -> H:
        handler.action = action  # type: ignore[attr-defined]
        return handler

    return mark


class Commands:
    """Finds the method for an action and writes what it returns."""

    handlers: ClassVar[dict[str, Handler]] = {}
    bad_payload: ClassVar[str] = "FormationViolation"

    def __init__(self, station: Station) -> None:
        self.station = station

    def __init_subclass__(cls) -> None:
        members = [getattr(cls, name) for name in dir(cls)]
        cls.handlers = {m.action: m for m in members if hasattr(m, "action")}

    def answer(self, message_id: str, action: str, payload: Any) -> tuple[str, After | None]:
        """Return the CALLRESULT or CALLERROR, and what happens once it is sent."""
        handler = self.handlers.get(action)
        if handler is None:
            return _error(message_id, "NotImplemented", f"{action} is not simulated"), None
        try:
            reply = handler(self, read_object(payload))
        except (KeyError, TypeError, ValueError) as error:
            return _error(message_id, self.bad_payload, f"{type(error).__name__}: {error}"), None
        return _frame([3, message_id, reply.payload]), reply.after

    @obeys("DataTransfer")
    def data_transfer(self, payload: Payload) -> Reply:
        return status("UnknownVendorId")

    @obeys("ClearCache")
    def clear_cache(self, payload: Payload) -> Reply:
        return status("Accepted")

    def triggered(self, name: str, connectors: list[Connector]) -> list[Message] | None:
        """Return the messages that a TriggerMessage asks for, None when they are unknown."""
        station, messages = self.station, self.station.messages
        if name == "Heartbeat":
            return [messages.heartbeat()]
        if name == "FirmwareStatusNotification":
            return [messages.firmware_status()]
        if name in {"DiagnosticsStatusNotification", "LogStatusNotification"}:
            return [messages.log_status()]
        if name == "StatusNotification":
            return station.statuses(connectors)
        if name == "MeterValues":
            return [messages.meter_values(c.number, c.transaction, c.read()) for c in connectors]
        return None

    def trigger(self, name: str, connectors: list[Connector]) -> Reply:
        """Answer a TriggerMessage and send what it asks for after the answer."""
        if not connectors:
            return status("Rejected")
        if name == "BootNotification":
            return status("Accepted", self.station.boot_again)
        messages = self.triggered(name, connectors)
        if messages is None:
            return status("NotImplemented")
        return status("Accepted", lambda: self.station.send_urgently(messages))


def _error(message_id: str, code: str, description: str) -> str:
    return _frame([4, message_id, code, description[:255], {}])


def _frame(message: list[Any]) -> str:
    return json.dumps(message, separators=(",", ":"))

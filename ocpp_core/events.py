"""What happened: values that services record and others listen to, published after the commit."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at a station."""

    station_id: str
    at: datetime

    @property
    def name(self) -> str:
        """The event's public name, for example `TransactionStarted`."""
        return type(self).__name__

    def values(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}


@dataclass(frozen=True, slots=True)
class StationConnected(Event):
    """A station's WebSocket was accepted."""

    ocpp_version: str


@dataclass(frozen=True, slots=True)
class StationDisconnected(Event):
    """A station is offline: its connection ended, or it went silent."""

    reason: str


@dataclass(frozen=True, slots=True)
class StationReturned(Event):
    """A station that had gone silent says something again: it is online, on the same connection."""


@dataclass(frozen=True, slots=True)
class StationBooted(Event):
    """A station sent BootNotification; `status` is what it was answered."""

    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class ConnectorChanged(Event):
    """A connector reported its status."""

    evse_id: int
    connector_id: int
    status: str
    ocpp_status: str
    error_code: str


@dataclass(frozen=True, slots=True)
class MeterRead(Event):
    """A connector reported values; None: not reported now and never before."""

    evse_id: int
    connector_id: int
    transaction_id: int | None
    meter_wh: float | None
    power_w: float | None
    soc_percent: float | None


@dataclass(frozen=True, slots=True)
class TokenPresented(Event):
    """Somebody identified himself at a station; `verdict` is what the station was answered.

    The token is what counts, cut where the station's record says so.
    """

    token: str
    verdict: str


@dataclass(frozen=True, slots=True)
class TransactionStarted(Event):
    """A transaction was recorded; `accepted` tells whether its tag may charge."""

    transaction_id: int
    evse_id: int | None
    connector_id: int | None
    tag: str | None
    accepted: bool


@dataclass(frozen=True, slots=True)
class TransactionEnded(Event):
    """A transaction has its end."""

    transaction_id: int
    evse_id: int | None
    connector_id: int | None
    tag: str | None
    energy_wh: float | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class StatusReported(Event):
    """A station reported how a firmware update or log upload goes."""

    subject: str
    status: str


@dataclass(frozen=True, slots=True)
class ChargingLimitReported(Event):
    """Something outside (grid operator, energy manager) set or cleared a limit at a station."""

    evse_id: int
    source: str
    cleared: bool


@dataclass(frozen=True, slots=True)
class EvScheduleReported(Event):
    """A vehicle told its charging schedule: absolute moment, limit and unit of each period."""

    evse_id: int
    periods: tuple[tuple[datetime, float], ...]
    unit: str


@dataclass(frozen=True, slots=True)
class CommandFinished(Event):
    """A command was sent and ended somehow."""

    command: str
    status: str
    done: bool
    user: str


@dataclass(frozen=True, slots=True)
class StationEdited(Event):
    """A station's record was added or changed; `fields` names what was set."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StationRemoved(Event):
    """A station's record was removed."""


@dataclass(frozen=True, slots=True)
class SecurityEvent(Event):
    """Something an administrator should look at."""

    kind: str
    detail: str


Listener = Callable[[Event], None]
_listeners: list[Listener] = []
_lock = threading.Lock()


def subscribe(listener: Listener) -> Callable[[], None]:
    """Call `listener` with every event from now on; returns what ends it.

    A listener runs in the thread that published: it may not wait.
    """
    with _lock:
        _listeners.append(listener)

    def unsubscribe() -> None:
        with _lock:
            if listener in _listeners:
                _listeners.remove(listener)

    return unsubscribe


def publish(event: Event) -> None:
    """Hand an event to all listeners; one that fails is logged and does not disturb others."""
    for listener in tuple(_listeners):
        try:
            listener(event)
        except Exception:
            log.exception("event listener failed", extra={"event": event.name})

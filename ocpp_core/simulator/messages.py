"""The requests a station makes, as each OCPP version writes them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ocpp_core.simulator.outbox import Message, Payload
from ocpp_core.simulator.sessions import Ending, State, Token, Transaction
from ocpp_core.simulator.vehicle import Reading

VENDOR = "OCPP.Core"
MODEL = "Simulator"
FIRMWARE = "1.0.0"

PERIODIC = "Sample.Periodic"
BEGIN = "Transaction.Begin"
END = "Transaction.End"
TRIGGER = "Trigger"


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a reading."""

    measurand: str
    value: float
    unit: str
    phase: str | None = None
    location: str = "Outlet"


def samples(reading: Reading) -> Iterator[Sample]:
    """Take a reading apart."""
    yield Sample("Energy.Active.Import.Register", reading.energy_wh, "Wh")
    yield Sample("Power.Active.Import", reading.power_w, "W")
    for phase, current in enumerate(reading.current_a, 1):
        yield Sample("Current.Import", current, "A", f"L{phase}")
    for phase, voltage in enumerate(reading.voltage_v, 1):
        yield Sample("Voltage", voltage, "V", f"L{phase}-N")
    if reading.soc_percent is not None:
        yield Sample("SoC", reading.soc_percent, "Percent", location="EV")


class Messages(ABC):
    """Writes requests and reads answers in one OCPP version."""

    @abstractmethod
    def boot(self, serial: str, reason: str) -> Message:
        """Announce the station; `reason` is a BootReason of 2.x."""

    def heartbeat(self) -> Message:
        """Ask for the time."""
        return Message("Heartbeat", {})

    @abstractmethod
    def status_word(self, state: State) -> str:
        """Return how this version calls a connector's state."""

    @abstractmethod
    def status(self, connector: int, state: State, at: datetime) -> Message:
        """Tell a connector's state."""

    @abstractmethod
    def station_status(self, state: State, at: datetime) -> Message | None:
        """Tell the state of the station as a whole, where the version can."""

    @abstractmethod
    def authorize(self, token: Token) -> Message:
        """Ask whether a tag may charge."""

    @abstractmethod
    def verdict(self, answer: Payload) -> str:
        """Return what the server says of the tag; Accepted when it says nothing."""

    @abstractmethod
    def started(self, transaction: Transaction, *, offline: bool) -> Message:
        """Report that a transaction began."""

    @abstractmethod
    def note_started(self, transaction: Transaction, answer: Payload) -> None:
        """Keep what the server answered to the start."""

    @abstractmethod
    def transaction_id(self, transaction: Transaction) -> int | str | None:
        """Return the id that both sides use, None while it is not known."""

    @abstractmethod
    def state_changed(
        self, transaction: Transaction, state: State, reading: Reading, *, offline: bool
    ) -> Message | None:
        """Report another charging state, where the version does so within the transaction."""

    @abstractmethod
    def limit_changed(
        self, transaction: Transaction, state: State, reading: Reading, *, offline: bool
    ) -> Message | None:
        """Report that a limit changed the charging rate, where the version does."""

    @abstractmethod
    def sampled(
        self, transaction: Transaction, state: State, reading: Reading, *, offline: bool
    ) -> Message:
        """Report a meter value of a transaction."""

    @abstractmethod
    def ended(
        self, transaction: Transaction, ending: Ending, reading: Reading, *, offline: bool
    ) -> Message:
        """Report that a transaction is over."""

    @abstractmethod
    def meter_values(
        self, connector: int, transaction: Transaction | None, reading: Reading
    ) -> Message:
        """Report a connector's meter because the server asked."""

    @abstractmethod
    def firmware_status(self) -> Message:
        """Report that no firmware is being installed."""

    @abstractmethod
    def log_status(self) -> Message:
        """Report that no log is being uploaded."""


def without_none(payload: dict[str, Any]) -> Payload:
    """Drop the members that are absent."""
    return {name: value for name, value in payload.items() if value is not None}

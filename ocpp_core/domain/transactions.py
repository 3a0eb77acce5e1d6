"""Charging sessions: what stations report about them, and what may be odd about one."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from .connectors import ConnectorRef
from .metering import Readings
from .moments import Reported


class Flag(enum.StrEnum):
    """What an operator should know about a session."""

    REFUSED = "refused"  # the tag may not charge
    NO_START = "no-start"  # its end or an update came, its start did not (yet)
    SUPERSEDED = "superseded"  # ended here because the next session began on its connector
    STOPPED_BY_OTHER = "stopped-by-other"  # the stopping tag was not entitled to
    MATCHED = "matched"  # the stop named no transaction; found by its content
    METER_DECREASED = "meter-decreased"  # the register ended below its start
    CLOCK = "clock"  # an absurd moment was replaced by the server's
    OFFLINE = "offline"  # reported after the fact
    GAP = "gap"  # numbers are missing in the sequence of events
    CLOSED_BY_OPERATOR = "closed-by-operator"


class Phase(enum.Enum):
    """The three kinds of TransactionEvent."""

    STARTED = "Started"
    UPDATED = "Updated"
    ENDED = "Ended"


@dataclass(frozen=True, slots=True)
class TransactionStart:
    """A session that began (OCPP 1.6, 4.8)."""

    connector: ConnectorRef
    token: str
    meter_wh: float
    moment: Reported
    timestamp: str  # as the station wrote it

    def key(self, station_id: str) -> str:
        """Return what a repetition of this start has in common with it."""
        parts = (station_id, self.connector.evse_id, self.timestamp, self.token, self.meter_wh)
        return hashlib.sha256(repr(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class TransactionStop:
    """A session that ended (OCPP 1.6, 4.10)."""

    number: int
    meter_wh: float
    moment: Reported
    token: str | None
    reason: str
    readings: Readings = field(default_factory=Readings)
    former_key: str | None = None  # of an end that was taken back from another session

    def key(self, station_id: str) -> str:
        """Return what a repetition of this end has in common with it."""
        at = self.moment.at if self.moment.believed else None
        parts = (station_id, float(self.meter_wh), self.token, at)
        return self.former_key or hashlib.sha256(repr(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class TransactionEvent:
    """What a station of OCPP 2.x reports about a session (E.2 of the specification)."""

    phase: Phase
    uid: str
    moment: Reported
    sequence: int
    connector: ConnectorRef | None = None
    token: str | None = None
    readings: Readings = field(default_factory=Readings)
    offline: bool = False
    charging_state: str | None = None
    stopped_reason: str | None = None
    remote_start_id: int | None = None


def add_flags(flags: str, *more: Flag) -> str:
    """Return the flags with `more` among them, each once, in a stable order."""
    present = {*flags.split(), *map(str, more)}
    return " ".join(flag for flag in Flag if flag in present)


def drop_flags(flags: str, *less: Flag) -> str:
    """Return the flags without `less`."""
    return " ".join(flag for flag in flags.split() if flag not in less)


def register_wh(meter_last_wh: float | None, meter_estimate_wh: float | None) -> float | None:
    """Return the register at the end of a session, or so far: estimated where its end is lost."""
    return meter_last_wh if meter_estimate_wh is None else meter_estimate_wh


def energy_wh(
    meter_start_wh: float | None, meter_last_wh: float | None, meter_estimate_wh: float | None
) -> float | None:
    """Return the energy of a session; unknown without both readings, never negative."""
    end_wh = register_wh(meter_last_wh, meter_estimate_wh)
    if meter_start_wh is None or end_wh is None:
        return None
    return max(0.0, end_wh - meter_start_wh)


def is_earlier(wh: float, at: datetime, than_wh: float | None, than_at: datetime | None) -> bool:
    """Tell whether a reading lies before another one; a register only grows."""
    return than_at is None or than_wh is None or (at < than_at and wh <= than_wh)


def is_later(wh: float, at: datetime, than_wh: float | None, than_at: datetime | None) -> bool:
    """Tell whether a reading lies after another one; a register only grows, a clock may be set."""
    return than_at is None or than_wh is None or at > than_at or wh > than_wh

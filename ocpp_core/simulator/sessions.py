"""Words for what happens at a connector, the same for all versions."""

from __future__ import annotations

import enum
import uuid
from dataclasses import dataclass, field

from ocpp_core.simulator.vehicle import Reading


class State(enum.Enum):
    """What a connector is doing, in the words of 1.6."""

    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"
    FINISHING = "Finishing"
    UNAVAILABLE = "Unavailable"


class Ending(enum.Enum):
    """Why a transaction ends."""

    LOCAL = "the driver presented the tag"
    DEPARTED = "the driver pulled the plug"
    REMOTE = "the server asked"
    UNLOCKED = "the server unlocked the connector"
    DEAUTHORIZED = "the server refused the tag"
    SOFT_RESET = "reset when convenient"
    HARD_RESET = "reset at once"


@dataclass(frozen=True, slots=True)
class Token:
    """What a driver presents; 1.6 has no types."""

    text: str
    type: str = "ISO14443"


@dataclass(frozen=True, slots=True)
class RemoteStart:
    """The server's wish to start a transaction."""

    token: Token
    remote_start_id: int | None = None


@dataclass(slots=True, eq=False)
class Transaction:
    """A transaction in progress; `number` is the server's id of it in 1.6."""

    connector: int
    token: Token
    begin: Reading
    remote: RemoteStart | None = None
    uid: str = field(default_factory=lambda: str(uuid.uuid4()))
    number: int | None = None
    events: int = 0

    def next_seq_no(self) -> int:
        """Return the number of the next event: 0, 1, 2, ..."""
        self.events += 1
        return self.events - 1

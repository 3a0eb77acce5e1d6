"""What must be known of a station before its connection is let in, and what is known then."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Admission:
    """A station's record, as far as the door needs it."""

    id: str
    username: str | None = None  # None or blank: the id
    password_hash: str | None = None  # None: no password is asked for
    default_version: str | None = None  # such as "1.6", for stations that name no subprotocol

    @property
    def expected_username(self) -> str:
        """Return the user name that HTTP Basic must carry."""
        return self.username or self.id


@dataclass(frozen=True, slots=True)
class Visit:
    """A connection that was let in; of two of one station the later arrival counts."""

    station_id: str
    subprotocol: str
    address: str
    arrival: int

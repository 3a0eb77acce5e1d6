"""Connectors and their status, in the words of OCPP 2.x."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import Kind, Violation

HIGHEST_NUMBER = 100_000  # of an EVSE or connector; more is a mistake, and no database column

AVAILABLE, OCCUPIED, UNAVAILABLE, FAULTED = "Available", "Occupied", "Unavailable", "Faulted"

# What each status of OCPP 1.6 and 2.x comes down to.
SIMPLE_STATUS = {
    "Available": AVAILABLE,
    "Preparing": OCCUPIED,
    "Charging": OCCUPIED,
    "SuspendedEVSE": OCCUPIED,
    "SuspendedEV": OCCUPIED,
    "Finishing": OCCUPIED,
    "Occupied": OCCUPIED,
    "Reserved": OCCUPIED,
    "Unavailable": UNAVAILABLE,
    "Faulted": FAULTED,
}
# The numbers of OCPP.Core's status API; 0 is undefined.
STATUS_NUMBERS = {AVAILABLE: 1, OCCUPIED: 2, UNAVAILABLE: 3, FAULTED: 4}


@dataclass(frozen=True, slots=True, order=True)
class ConnectorRef:
    """A connector of a station; (0, 0) is the station as a whole.

    Connector N of OCPP 1.6 is EVSE N with its connector 1.
    """

    evse_id: int
    connector_id: int = 1

    @classmethod
    def of_v16(cls, connector_id: int) -> ConnectorRef:
        """Return the reference for a connectorId of OCPP 1.6."""
        _check("connectorId", connector_id)
        return cls(connector_id, 1) if connector_id else STATION

    @classmethod
    def of_v2(cls, evse_id: int, connector_id: int | None = None) -> ConnectorRef:
        """Return the reference for an EVSE and, where told, a connector of it."""
        _check("evseId", evse_id)
        _check("connectorId", connector_id or 0)
        if not evse_id:
            return STATION
        return cls(evse_id, connector_id or 1)


def _check(name: str, number: int) -> None:
    if not 0 <= number <= HIGHEST_NUMBER:
        raise Violation(Kind.VALUE, f"{name} is out of range")


STATION = ConnectorRef(0, 0)


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What a station says about a connector."""

    ocpp_status: str
    error_code: str | None = None
    info: str | None = None
    vendor_id: str | None = None
    vendor_error_code: str | None = None

    @property
    def status(self) -> str | None:
        """The simple status; None for a word that no OCPP version has."""
        return SIMPLE_STATUS.get(self.ocpp_status)

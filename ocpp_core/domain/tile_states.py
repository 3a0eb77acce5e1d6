"""What a connector is shown as, from what is known of it; and what about it needs somebody's look.

The browser keeps tiles up to date by the same rules (static/js/tiles.js); a test compares both.
"""

from __future__ import annotations

from .connectors import AVAILABLE, FAULTED, OCCUPIED, UNAVAILABLE

# States of tiles, in the order of the filter; the last one is that of the connection.
IS_AVAILABLE, IS_OCCUPIED, IS_FAULTED = "available", "occupied", "faulted"
IS_UNAVAILABLE, IS_OFFLINE = "unavailable", "offline"
STATES = (IS_AVAILABLE, IS_OCCUPIED, IS_FAULTED, IS_UNAVAILABLE, IS_OFFLINE)

# Problems: an open transaction at a station that is offline, a fault, an open transaction at a
# connector that is free.
OFFLINE_WITH_TRANSACTION, FAULT, FREE_WITH_TRANSACTION = "offline", "faulted", "available"


def state_of(*, online: bool, status: str | None, station_status: str | None, charges: bool) -> str:
    """Return the state of a connector; `station_status` is that of its station as a whole.

    A fault of the station is one of all its connectors. A station that was switched off lets
    those that charge go on (OCPP 1.6, 5.2). Without any status a connector counts as free.
    """
    if not online:
        return IS_OFFLINE
    known = {status or (OCCUPIED if charges else AVAILABLE), station_status}
    if FAULTED in known:
        return IS_FAULTED
    if OCCUPIED in known:
        return IS_OCCUPIED
    return IS_UNAVAILABLE if UNAVAILABLE in known else IS_AVAILABLE


def is_measured(*, online: bool, status: str | None, charges: bool) -> bool:
    """Tell whether power and state of charge of a connector mean anything now."""
    return online and (status == OCCUPIED or (status is None and charges))


def problem_of(*, online: bool, state: str, charges: bool) -> str | None:
    """Return what is wrong with a connector, None where nothing is."""
    if not online:
        return OFFLINE_WITH_TRANSACTION if charges else None
    if state == IS_FAULTED:
        return FAULT
    return FREE_WITH_TRANSACTION if charges and state == IS_AVAILABLE else None

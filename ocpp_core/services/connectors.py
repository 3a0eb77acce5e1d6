"""How many connectors a station may have: it makes their rows by naming them."""

from __future__ import annotations

from ..domain.connectors import STATION, ConnectorRef
from ..errors import Kind, Violation
from ..storage.statements import Statement

MOST_CONNECTORS = 1000  # of one station, several times what any has

_IS_KNOWN = Statement(
    "SELECT 1 FROM connectors WHERE station_id = ? AND evse_id = ? AND connector_id = ?"
)
_HAS_ROOM = Statement("SELECT count(*) < ? FROM connectors WHERE station_id = ?")


def check(station_id: str, connector: ConnectorRef) -> None:
    """Refuse a connector that is new to a station which has too many already.

    Raises Violation. Runs inside the unit of work at hand, as `has_room` does.
    """
    if _IS_KNOWN.row(station_id, connector.evse_id, connector.connector_id) is not None:
        return
    if not has_room(station_id, connector):
        raise Violation(Kind.VALUE, "the station has too many connectors")


def has_room(station_id: str, connector: ConnectorRef) -> bool:
    """Tell whether the row of a connector may be added; that of the station as a whole always."""
    if connector == STATION:
        return True
    row = _HAS_ROOM.row(MOST_CONNECTORS, station_id)
    return row is not None and bool(row[0])

"""What people call a connector; the scheme is OCPP.Core's, so that nobody has to learn anew."""

from __future__ import annotations

from .connectors import ConnectorRef


def number_of(connector: ConnectorRef) -> str:
    """Return the number of a connector: that of its EVSE, and its own from the second on."""
    if connector.connector_id > 1:
        return f"{connector.evse_id}.{connector.connector_id}"
    return str(connector.evse_id)


def station_label(station_id: str, station_name: str) -> str:
    """Return what a station is called: its name, else its id."""
    return station_name.strip() or station_id


def connector_label(
    station_id: str,
    station_name: str,
    connector_name: str,
    connector: ConnectorRef,
    *,
    is_only: bool,
) -> str:
    """Return what a connector is called; `is_only` when its station has no other one.

    Its own name; else the station's, with the number unless there is only one; a station without
    a name is called by its id. The station as a whole (0, 0) has its own label.
    """
    if connector_name.strip():
        return connector_name.strip()
    if not connector.evse_id:
        return station_label(station_id, station_name)
    if is_only and station_name.strip():
        return station_name.strip()
    return f"{station_label(station_id, station_name)}:{number_of(connector)}"

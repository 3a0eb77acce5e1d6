"""What the connectors of a list are called (domain/labels.py), looked up for all at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..domain.connectors import STATION, ConnectorRef
from ..domain.labels import connector_label, number_of, station_label
from ..models.stations import Connector, Station
from ..storage.writer import reading

__all__ = ["Key", "connector_label", "label", "labels", "number_of", "station_label"]

Key = tuple[str, int | None, int | None]  # station, EVSE, connector; None: it was never told


def label(station_id: str, evse_id: int | None, connector_id: int | None) -> str:
    """Return what one connector is called."""
    key = (station_id, evse_id, connector_id)
    return labels([key])[key]


@reading
def labels(keys: Iterable[Key]) -> dict[Key, str]:
    """Return what each connector is called, by the key given; what is unknown by its numbers.

    Two queries, however many there are; meant for the rows of one page.
    """
    wanted = {key: _ref(key) for key in keys}
    stations = _stations(sorted({key[0] for key in wanted}))
    names = _names([(key[0], ref) for key, ref in wanted.items()])
    return {key: _label(key[0], ref, stations, names) for key, ref in wanted.items()}


def _label(
    station_id: str,
    ref: ConnectorRef,
    stations: dict[str, tuple[str, bool]],
    names: dict[tuple[str, ConnectorRef], str],
) -> str:
    station_name, has_several = stations.get(station_id, ("", True))  # its record may be removed
    name = names.get((station_id, ref), "")
    return connector_label(station_id, station_name, name, ref, is_only=not has_several)


def _ref(key: Key) -> ConnectorRef:
    _, evse_id, connector_id = key
    return ConnectorRef(evse_id, connector_id or 1) if evse_id else STATION


def _stations(ids: Sequence[str]) -> dict[str, tuple[str, bool]]:
    """Return name and "has several connectors" of each station; no more than two are looked at."""
    others = Connector.select(Connector.id).where(
        Connector.station == Station.id, Connector.evse_id > 0
    )
    second: Any = others.order_by(Connector.evse_id, Connector.connector_id).limit(1).offset(1)
    rows: Any = Station.select(Station.id, Station.name, second).where(Station.id.in_(ids))
    return {station_id: (name, other is not None) for station_id, name, other in rows.tuples()}


def _names(wanted: Sequence[tuple[str, ConnectorRef]]) -> dict[tuple[str, ConnectorRef], str]:
    rows: Any = Connector.select(
        Connector.station, Connector.evse_id, Connector.connector_id, Connector.name
    ).where(
        Connector.station.in_(sorted({station_id for station_id, _ in wanted})),
        Connector.evse_id.in_(sorted({ref.evse_id for _, ref in wanted})),
        Connector.connector_id.in_(sorted({ref.connector_id for _, ref in wanted})),
        Connector.name != "",
    )
    return {
        (station, ConnectorRef(evse, number)): name for station, evse, number, name in rows.tuples()
    }

"""The connectors of several stations at once, for lists of stations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..models.stations import Connector
from ..storage.writer import reading
from .station_records import ConnectorView


@reading
def of_stations(station_ids: Sequence[str]) -> dict[str, tuple[ConnectorView, ...]]:
    """Return the connectors of each station by its id, none for a station without."""
    found: dict[str, list[ConnectorView]] = {station_id: [] for station_id in station_ids}
    rows = Connector.select().where(Connector.station.in_(station_ids))
    fields = ConnectorView.__dataclass_fields__
    ordered: Any = rows.order_by(Connector.station, Connector.evse_id, Connector.connector_id)
    for row in ordered.dicts():
        found[row["station"]].append(ConnectorView(**{name: row[name] for name in fields}))
    return {station_id: tuple(views) for station_id, views in found.items()}

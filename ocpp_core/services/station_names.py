"""The names of several stations at once, for lists of stations."""

from __future__ import annotations

from collections.abc import Sequence

from ..models.stations import Station
from ..storage.writer import reading


@reading
def of_stations(station_ids: Sequence[str]) -> dict[str, str]:
    """Return the name of each station by its id, empty for one without; removed ones are absent."""
    rows = Station.select(Station.id, Station.name).where(Station.id.in_(station_ids))
    return {row.id: row.name for row in rows}

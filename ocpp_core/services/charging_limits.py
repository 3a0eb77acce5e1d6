"""The charging limits that operators set, remembered so that a station can be told again."""

from __future__ import annotations

from datetime import datetime

from ..domain.charging import ChargingLimit
from ..errors import NotFound
from ..models.stations import ChargingLimit as Row
from ..models.stations import Station
from ..storage.writer import reading, unit_of_work


@unit_of_work
def store(station_id: str, limit: ChargingLimit, now: datetime) -> None:
    """Remember a limit in place of the one its EVSE had; NotFound when the station was removed.

    The same limit again keeps the moment since when it holds.
    """
    if not Station.select(Station.id).where(Station.id == station_id).exists():
        raise NotFound(f"no station {station_id}")
    values = {"value": limit.value, "unit": limit.unit, "set_at": now}
    Row.insert(station=station_id, evse_id=limit.evse_id, **values).on_conflict(
        conflict_target=[Row.station, Row.evse_id],
        update=values,
        where=(Row.value != limit.value) | (Row.unit != limit.unit),
    ).execute()


@unit_of_work
def forget(station_id: str, evse_id: int) -> None:
    """Forget the limit of an EVSE; nothing happens when there is none."""
    Row.delete().where(Row.station == station_id, Row.evse_id == evse_id).execute()


@reading
def find(station_id: str, evse_id: int) -> ChargingLimit | None:
    """Return the limit of an EVSE, None where there is none."""
    row = Row.get_or_none(Row.station == station_id, Row.evse_id == evse_id)
    return _limit(row) if row else None


@reading
def of_station(station_id: str) -> tuple[ChargingLimit, ...]:
    """Return the limits of a station, first the one of the station as a whole."""
    rows = Row.select().where(Row.station == station_id).order_by(Row.evse_id)
    return tuple(_limit(row) for row in rows)


def _limit(row: Row) -> ChargingLimit:
    return ChargingLimit(row.evse_id, row.value, row.unit)

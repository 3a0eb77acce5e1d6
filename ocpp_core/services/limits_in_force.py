"""The charging limits that a station is under: those set here, and those set elsewhere."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from ..domain import charging_schedules
from ..domain.charging_schedules import Schedule
from ..models.stations import ChargingLimit, ExternalLimit
from ..storage.writer import reading


@dataclass(frozen=True, slots=True)
class LimitView:
    """One limit; EVSE 0 is the whole station.

    `source` is empty for one that an operator set here. `value` is what holds now: None where the
    station told no schedule, or none that holds now.
    """

    evse_id: int
    source: str
    value: float | None
    unit: str
    since: datetime
    schedules: tuple[Schedule, ...]


@reading
def of_station(station_id: str, now: datetime) -> tuple[LimitView, ...]:
    """Return the limits of a station, first those of the station as a whole."""
    own = ChargingLimit.select().where(ChargingLimit.station == station_id)
    external = ExternalLimit.select().where(ExternalLimit.station == station_id)
    limits = [_own(row) for row in own] + [_external(row, now) for row in external]
    return tuple(sorted(limits, key=lambda limit: (limit.evse_id, limit.source)))


def _own(row: ChargingLimit) -> LimitView:
    return LimitView(row.evse_id, "", row.value, row.unit, row.set_at, ())


def _external(row: ExternalLimit, now: datetime) -> LimitView:
    schedules = charging_schedules.read(json.loads(row.schedules), row.reported_at)
    for schedule in schedules:
        value = schedule.limit_at(now)
        if value is not None:
            return LimitView(
                row.evse_id, row.source, value, schedule.unit, row.reported_at, schedules
            )
    return LimitView(row.evse_id, row.source, None, "", row.reported_at, schedules)

"""Charging schedules as stations report them: read leniently, and what holds at a moment.

What cannot be read is left out: a station may have sent anything that its schema lets pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .. import clock


@dataclass(frozen=True, slots=True)
class Period:
    """From when on a limit holds, in W or A as its schedule says."""

    starts_at: datetime
    limit: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule on the clock; `ends_at` None: it has no end."""

    unit: str
    periods: tuple[Period, ...]
    ends_at: datetime | None

    def limit_at(self, moment: datetime) -> float | None:
        """Return the limit that holds at a moment, None where there is none."""
        if self.ends_at is not None and moment >= self.ends_at:
            return None
        begun = [period.limit for period in self.periods if period.starts_at <= moment]
        return begun[-1] if begun else None


def read(schedules: Any, reported_at: datetime) -> tuple[Schedule, ...]:
    """Return schedules given in OCPP's own names; one without a start begins when reported."""
    given = schedules if isinstance(schedules, list) else []
    return tuple(_schedule(each, reported_at) for each in given if isinstance(each, dict))


def _schedule(given: Mapping[str, Any], reported_at: datetime) -> Schedule:
    start = _moment(given.get("startSchedule")) or reported_at
    duration = given.get("duration")
    ends_at = _after(start, duration) if duration is not None else None
    periods = sorted(_periods(given, start), key=lambda period: period.starts_at)
    return Schedule(str(given.get("chargingRateUnit", "")), tuple(periods), ends_at)


def _periods(given: Mapping[str, Any], start: datetime) -> Iterator[Period]:
    periods = given.get("chargingSchedulePeriod")
    for each in periods if isinstance(periods, list) else []:
        if isinstance(each, dict):
            limit = _number(each.get("limit"))  # OCPP 2.1 has periods without
            starts_at = _after(start, each.get("startPeriod", 0))
            if limit is not None and starts_at is not None:
                yield Period(starts_at, limit)


def _number(value: Any) -> float | None:
    try:
        return float(value) if isinstance(value, int | float) else None
    except OverflowError:
        return None


def _moment(text: Any) -> datetime | None:
    try:
        return clock.parse(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _after(start: datetime, seconds: Any) -> datetime | None:
    try:
        return start + timedelta(seconds=seconds)
    except (OverflowError, TypeError):
        return None

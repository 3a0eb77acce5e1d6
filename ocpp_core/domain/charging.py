"""Charging limits: what an operator sets, and the charging profile that a station is given.

Why the profile is as it is: docs/decisions/0002-charging-limits.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from .. import clock

PURPOSE = "TxDefaultProfile"
STACK_LEVEL = 1
HIGHEST_LIMIT = 10_000_000  # W or A; beyond it somebody mistyped
_FIRST_PROFILE_ID = 100


@dataclass(frozen=True, slots=True)
class ChargingLimit:
    """A limit in W or A on one EVSE; EVSE 0 is the whole station."""

    evse_id: int
    value: float
    unit: str

    @property
    def profile_id(self) -> int:
        """The id of its charging profile: a station has each id only once."""
        return _FIRST_PROFILE_ID + self.evse_id

    def profile(self) -> dict[str, Any]:
        """Return what its profile has in common in all OCPP versions."""
        return {
            "stack_level": STACK_LEVEL,
            "charging_profile_purpose": PURPOSE,
            "charging_profile_kind": "Absolute",
        }

    def schedule(self, now: datetime) -> dict[str, Any]:
        """Return its schedule: one period without end."""
        # At most one digit after the point: OCPP 1.6, 7.9; 2.x, ChargingSchedulePeriodType
        period = {"start_period": 0, "limit": round(self.value, 1)}
        return {
            "start_schedule": clock.wire(_long_begun(now)),
            "charging_rate_unit": self.unit,
            "charging_schedule_period": [period],
        }


def _long_begun(now: datetime) -> datetime:
    """Return the UTC midnight of the day before: past even where a station's clock is slow."""
    day = now.astimezone(UTC).date() - timedelta(days=1)
    return datetime.combine(day, time(), UTC)

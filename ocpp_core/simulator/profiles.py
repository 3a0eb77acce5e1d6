"""Charging profiles that the server set, and the power they leave to a connector."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ocpp_core import clock

STATION_PURPOSES = frozenset({"ChargePointMaxProfile", "ChargingStationMaxProfile"})
MAX_STACK_LEVEL = 20
_VOLTAGE = 230.0
_PHASES = 3
_RECURRENCE = {"Daily": timedelta(days=1), "Weekly": timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class Schedule:
    """Limits by the seconds since a schedule's begin."""

    begin: datetime | None
    duration_s: float | None
    unit: str
    periods: tuple[Mapping[str, Any], ...]

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> Schedule:
        """Read a chargingSchedule of any version."""
        return cls(
            begin=_moment(wire.get("startSchedule")),
            duration_s=wire.get("duration"),
            unit=wire["chargingRateUnit"],
            periods=tuple(wire["chargingSchedulePeriod"]),
        )

    def limit_w(self, elapsed: timedelta) -> float | None:
        """Return the limit in W, None where the schedule says nothing."""
        elapsed_s = elapsed.total_seconds()
        if elapsed_s < 0 or (self.duration_s is not None and elapsed_s >= self.duration_s):
            return None
        begun = [period for period in self.periods if period["startPeriod"] <= elapsed_s]
        if not begun or "limit" not in begun[-1]:  # 2.1: a period may set other things only
            return None
        limit = float(begun[-1]["limit"])
        phases = begun[-1].get("numberPhases", _PHASES)
        return limit * _VOLTAGE * phases if self.unit == "A" else limit


@dataclass(frozen=True, slots=True)
class Profile:
    """One charging profile at a connector; connector 0 is the station."""

    number: int
    connector: int
    purpose: str
    stack_level: int
    kind: str
    recurrence: timedelta | None
    valid_from: datetime | None
    valid_to: datetime | None
    received_at: datetime
    transaction_id: int | str | None
    schedule: Schedule

    @classmethod
    def read(
        cls,
        connector: int,
        number: int,
        wire: Mapping[str, Any],
        schedule: Mapping[str, Any],
        now: datetime,
    ) -> Profile:
        """Read what 1.6 and 2.x name alike; the caller finds number and schedule."""
        return cls(
            number=number,
            connector=connector,
            purpose=wire["chargingProfilePurpose"],
            stack_level=wire["stackLevel"],
            kind=wire["chargingProfileKind"],
            recurrence=_RECURRENCE.get(wire.get("recurrencyKind", "")),
            valid_from=_moment(wire.get("validFrom")),
            valid_to=_moment(wire.get("validTo")),
            received_at=now,
            transaction_id=wire.get("transactionId"),
            schedule=Schedule.read(schedule),
        )

    @property
    def of_station(self) -> bool:
        """Tell whether the limit is for all connectors together."""
        return self.purpose in STATION_PURPOSES

    def limit_w(self, now: datetime, started_at: datetime | None) -> float | None:
        """Return the limit in W at a moment, None when the profile says nothing then."""
        if self.valid_from is not None and now < self.valid_from:
            return None
        if self.valid_to is not None and now >= self.valid_to:
            return None
        elapsed = now - self._begin(started_at)
        if self.recurrence is not None and elapsed >= timedelta(0):
            elapsed %= self.recurrence
        return self.schedule.limit_w(elapsed)

    def _begin(self, started_at: datetime | None) -> datetime:
        if self.kind == "Relative" and started_at is not None:
            return started_at
        # An absolute schedule without a begin runs from the moment it is valid.
        return self.schedule.begin or self.valid_from or self.received_at

    def is_replaced_by(self, other: Profile) -> bool:
        """Tell whether another profile takes this one's place: OCPP 1.6 5.16.2, 2.x K01."""
        same_place = (self.connector, self.purpose, self.stack_level)
        return self.number == other.number or same_place == (
            other.connector,
            other.purpose,
            other.stack_level,
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """Which profiles to clear; an id decides alone, the rest is combined by and."""

    number: int | None = None
    connector: int | None = None
    purpose: str | None = None
    stack_level: int | None = None

    def covers(self, profile: Profile) -> bool:
        """Tell whether a profile is meant."""
        if self.number is not None:
            return profile.number == self.number
        return (
            self.connector in (None, profile.connector)
            and self.purpose in (None, profile.purpose)
            and self.stack_level in (None, profile.stack_level)
        )


class Profiles:
    """The profiles of one station."""

    def __init__(self) -> None:
        self._profiles: list[Profile] = []

    def __len__(self) -> int:
        return len(self._profiles)

    def install(self, profile: Profile) -> None:
        """Add a profile in place of those it replaces."""
        kept = [old for old in self._profiles if not old.is_replaced_by(profile)]
        self._profiles = [*kept, profile]

    def clear(self, selection: Selection) -> int:
        """Remove the selected profiles; return how many there were."""
        kept = [profile for profile in self._profiles if not selection.covers(profile)]
        removed = len(self._profiles) - len(kept)
        self._profiles = kept
        return removed

    def end_transaction(self, connector: int) -> None:
        """Forget the profiles of the transaction that ended at a connector."""
        self.clear(Selection(connector=connector, purpose="TxProfile"))

    def limit_w(
        self, connector: int, now: datetime, started_at: datetime | None, sharing: int
    ) -> float:
        """Return the power left to a connector; `sharing` connectors divide the station's."""
        own = self._strongest("TxProfile", connector, now, started_at)
        if own is None:
            own = self._strongest("TxDefaultProfile", connector, now, started_at)
        whole = [p.limit_w(now, started_at) for p in self._profiles if p.of_station]
        shared = [limit / max(1, sharing) for limit in whole if limit is not None]
        return max(0.0, min([math.inf if own is None else own, *shared]))

    def _strongest(
        self, purpose: str, connector: int, now: datetime, started_at: datetime | None
    ) -> float | None:
        candidates = [
            (profile.stack_level, profile.connector, limit)
            for profile in self._profiles
            if profile.purpose == purpose
            and profile.connector in (0, connector)
            and (limit := profile.limit_w(now, started_at)) is not None
        ]
        return max(candidates)[2] if candidates else None


def _moment(text: str | None) -> datetime | None:
    return None if text is None else clock.parse(text)

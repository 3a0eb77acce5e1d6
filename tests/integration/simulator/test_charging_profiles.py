"""Charging profiles of a simulated station."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ocpp_core.simulator.profiles import Profile, Profiles, Selection

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def schedule(*periods: tuple[int, float], unit: str = "W", **more: Any) -> dict[str, Any]:
    return {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [{"startPeriod": s, "limit": limit} for s, limit in periods],
        **more,
    }


def profile(
    plan: dict[str, Any],
    connector: int = 1,
    number: int = 1,
    purpose: str = "TxDefaultProfile",
    **more: Any,
) -> Profile:
    wire = {
        "stackLevel": 1,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        **more,
    }
    return Profile.read(connector, number, wire, plan, NOW)


def limit(*installed: Profile, at: datetime = NOW, sharing: int = 1, connector: int = 1) -> float:
    profiles = Profiles()
    for one in installed:
        profiles.install(one)
    return profiles.limit_w(connector, at, NOW, sharing)


def test_without_a_profile_there_is_no_limit() -> None:
    assert limit() == math.inf


def test_amperes_count_for_three_phases() -> None:
    assert limit(profile(schedule((0, 16), unit="A"))) == pytest.approx(11_040)


def test_periods_follow_each_other() -> None:
    plan = profile(schedule((0, 5000), (60, 3000), duration=120))
    assert limit(plan, at=NOW + timedelta(seconds=59)) == 5000
    assert limit(plan, at=NOW + timedelta(seconds=60)) == 3000
    assert limit(plan, at=NOW + timedelta(seconds=120)) == math.inf


def test_a_profile_counts_only_while_it_is_valid() -> None:
    plan = profile(
        schedule((0, 5000)), validFrom="2026-01-01T13:00:00Z", validTo="2026-01-01T14:00:00Z"
    )
    assert limit(plan) == math.inf
    assert limit(plan, at=NOW + timedelta(hours=1)) == 5000
    assert limit(plan, at=NOW + timedelta(hours=2)) == math.inf


def test_a_daily_profile_begins_anew_each_day() -> None:
    plan = profile(
        schedule((0, 1000), (3600, 9000), startSchedule="2026-01-01T12:00:00Z"),
        chargingProfileKind="Recurring",
        recurrencyKind="Daily",
    )
    assert limit(plan, at=NOW + timedelta(days=3, minutes=5)) == 1000
    assert limit(plan, at=NOW + timedelta(days=3, hours=5)) == 9000


def test_a_relative_profile_begins_with_the_transaction() -> None:
    plan = profile(schedule((0, 1000), (600, 2000)), chargingProfileKind="Relative")
    profiles = Profiles()
    profiles.install(plan)
    assert profiles.limit_w(1, NOW, NOW - timedelta(seconds=700), 1) == 2000


def test_the_higher_stack_level_wins() -> None:
    low = profile(schedule((0, 1000)), number=1)
    high = profile(schedule((0, 9000)), number=2, stackLevel=5)
    assert limit(low, high) == limit(high, low) == 9000


def test_connector_0_limits_every_connector() -> None:
    assert limit(profile(schedule((0, 4000)), connector=0), connector=2) == 4000


def test_a_connectors_own_default_goes_before_the_stations() -> None:
    whole = profile(schedule((0, 1000)), connector=0)
    own = profile(schedule((0, 9000)), number=2)
    assert limit(own, whole) == 9000


def test_a_transactions_profile_goes_before_the_default() -> None:
    default = profile(schedule((0, 1000)))
    own = profile(schedule((0, 9000)), number=2, purpose="TxProfile")
    assert limit(default, own) == 9000


@pytest.mark.parametrize("purpose", ["ChargePointMaxProfile", "ChargingStationMaxProfile"])
def test_the_stations_maximum_is_shared(purpose: str) -> None:
    whole = profile(schedule((0, 8000)), connector=0, purpose=purpose)
    own = profile(schedule((0, 6000)), number=2)
    assert limit(whole, own, sharing=1) == 6000
    assert limit(whole, own, sharing=2) == 4000


def test_a_period_without_limit_limits_nothing() -> None:
    plan = {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0}]}
    assert limit(profile(plan)) == math.inf


def test_the_same_id_or_the_same_place_replaces_a_profile() -> None:
    profiles = Profiles()
    profiles.install(profile(schedule((0, 1000)), number=1))
    profiles.install(profile(schedule((0, 2000)), number=1, stackLevel=3))
    profiles.install(profile(schedule((0, 3000)), number=2, stackLevel=3))
    assert len(profiles) == 1
    assert profiles.limit_w(1, NOW, None, 1) == 3000


@pytest.mark.parametrize(
    ("selection", "removed"),
    [
        (Selection(), 3),
        (Selection(number=2), 1),
        (Selection(number=2, connector=7), 1),  # an id decides alone
        (Selection(connector=1), 2),
        (Selection(connector=1, stack_level=9), 1),
        (Selection(purpose="TxProfile"), 0),
        (Selection(connector=0), 1),
    ],
)
def test_clearing_removes_what_is_selected(selection: Selection, removed: int) -> None:
    profiles = Profiles()
    profiles.install(profile(schedule((0, 1)), number=1))
    profiles.install(profile(schedule((0, 2)), number=2, stackLevel=9))
    profiles.install(profile(schedule((0, 3)), number=3, connector=0))
    assert profiles.clear(selection) == removed
    assert len(profiles) == 3 - removed


def test_the_end_of_a_transaction_takes_its_profile_along() -> None:
    profiles = Profiles()
    profiles.install(profile(schedule((0, 1)), number=1, purpose="TxProfile"))
    profiles.install(profile(schedule((0, 2)), number=2))
    profiles.end_transaction(1)
    assert profiles.limit_w(1, NOW, None, 1) == 2

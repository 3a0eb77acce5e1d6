"""Schedules as stations report them, put on the clock."""

from datetime import UTC, datetime, timedelta

import pytest

from ocpp_core.domain.charging_schedules import Period, read

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def schedule(*periods, **values):
    listed = [{"startPeriod": start, "limit": limit} for start, limit in periods]
    return {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": listed, **values}


def at(seconds):
    return NOW + timedelta(seconds=seconds)


def test_the_period_that_began_last_holds():
    (found,) = read([schedule((3600, 7000.0), (0, 11000))], NOW)
    assert found.unit == "W"
    assert found.periods == (Period(NOW, 11000.0), Period(at(3600), 7000.0))
    assert [found.limit_at(at(s)) for s in (-1, 0, 3599, 3600)] == [None, 11000.0, 11000.0, 7000.0]


def test_it_begins_when_it_says_and_ends_after_its_duration():
    given = schedule((0, 16), startSchedule="2026-05-01T13:00:00+01:00", duration=60)
    (found,) = read([given | {"chargingRateUnit": "A"}], at(-999))
    assert (found.unit, found.ends_at) == ("A", at(60))
    assert [found.limit_at(at(s)) for s in (-1, 59, 60)] == [None, 16.0, None]


@pytest.mark.parametrize(
    "given",
    [
        None,
        {},
        "x",
        [],
        [1, None, "x"],
    ],
)
def test_what_is_no_schedule_is_left_out(given):
    assert read(given, NOW) == ()


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"chargingSchedulePeriod": "x"},
        {"chargingSchedulePeriod": [None, {}, {"startPeriod": 0}]},
        {"chargingSchedulePeriod": [{"startPeriod": 10**30, "limit": 1}]},
        {"chargingSchedulePeriod": [{"startPeriod": "x", "limit": 1}]},
        {"chargingSchedulePeriod": [{"startPeriod": 0, "limit": "16"}]},
        {"chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10**400}]},
        {"startSchedule": "yesterday", "duration": 10**30, "chargingRateUnit": None},
    ],
)
def test_what_cannot_be_read_of_a_schedule_is_left_out(odd):
    (found,) = read([odd], NOW)
    assert found.periods == ()
    assert found.ends_at is None
    assert found.limit_at(NOW) is None

"""The limits that a station is under, and what is lost with a station."""

from datetime import UTC, datetime, timedelta

import pytest

from ocpp_core.domain.charging import ChargingLimit
from ocpp_core.errors import NotFound
from ocpp_core.models.stations import Connector
from ocpp_core.models.transactions import MeterSample, Transaction
from ocpp_core.services import (
    charging_limits,
    limits_in_force,
    station_losses,
    station_records,
    stations,
)
from ocpp_core.services.station_losses import Amount
from ocpp_core.services.station_records import StationChanges
from ocpp_core.storage.writer import reading, unit_of_work

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SCHEDULE = {
    "id": 1,
    "chargingRateUnit": "W",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11000.0}],
}
EXPIRED = {**SCHEDULE, "duration": 60}


@pytest.fixture(autouse=True)
def _station(store):
    station_records.add("CP1", StationChanges(), NOW)


def shown(seconds=0):
    limits = limits_in_force.of_station("CP1", NOW + timedelta(seconds=seconds))
    return [(limit.evse_id, limit.source, limit.value, limit.unit) for limit in limits]


def test_limits_of_both_kinds_are_shown_by_their_evse():
    charging_limits.store("CP1", ChargingLimit(1, 16, "A"), NOW)
    charging_limits.store("CP1", ChargingLimit(0, 22000, "W"), NOW)
    stations.report_external_limit("CP1", 1, "EMS", [SCHEDULE], NOW)
    stations.report_external_limit("CP1", 0, "SO", [], NOW)
    assert shown() == [
        (0, "", 22000, "W"),
        (0, "SO", None, ""),
        (1, "", 16, "A"),
        (1, "EMS", 11000, "W"),
    ]
    assert limits_in_force.of_station("CP1", NOW)[3].since == NOW
    assert limits_in_force.of_station("none", NOW) == ()


def test_the_schedule_that_holds_now_counts():
    second = {**SCHEDULE, "chargingSchedulePeriod": [{"startPeriod": 60, "limit": 5.0}]}
    stations.report_external_limit("CP1", 1, "EMS", [EXPIRED, second], NOW)
    assert [shown(s)[0][2] for s in (-1, 0, 60)] == [None, 11000.0, 5.0]
    assert len(limits_in_force.of_station("CP1", NOW)[0].schedules) == 2


@unit_of_work
def insert(model, rows):
    model.insert_many(rows).execute()


@reading
def connector_rows():
    return [row.id for row in Connector.select().order_by(Connector.evse_id)]


def sample(connector, second, transaction):
    at = NOW + timedelta(seconds=second)
    return {"connector": connector, "at": at, "kind": 1, "value": 1.0, "transaction": transaction}


def test_what_is_lost_is_counted():
    insert(Connector, [{"station": "CP1", "evse_id": n, "connector_id": 1} for n in (1, 2)])
    charging_limits.store("CP1", ChargingLimit(1, 16, "A"), NOW)
    stations.report_external_limit("CP1", 1, "EMS", [SCHEDULE], NOW)
    insert(
        Transaction,
        [{"id": n, "station_id": "CP1", "active": False, "started_at": NOW} for n in (1, 2, 3)],
    )
    first, second = connector_rows()
    insert(MeterSample, [sample(first, n, None if n % 2 else 5) for n in range(8)])
    insert(MeterSample, [sample(second, n, None) for n in range(4)])
    losses = station_losses.of_station("CP1")
    assert (losses.connectors, losses.limits) == (2, 2)
    assert (losses.samples, losses.transactions) == (Amount(8), Amount(3))


def test_counting_ends_at_a_bound():
    insert(Connector, [{"station": "CP1", "evse_id": n, "connector_id": 1} for n in (1, 2)])
    insert(
        Transaction,
        [{"id": n, "station_id": "CP1", "active": False, "started_at": NOW} for n in (1, 2, 3)],
    )
    insert(MeterSample, [sample(row, n, None) for row in connector_rows() for n in range(4)])
    losses = station_losses.of_station("CP1", counted=2)
    assert losses.transactions == Amount(2, is_more=True)
    assert losses.samples == Amount(3, is_more=True)
    assert station_losses.of_station("CP1", counted=8).samples == Amount(8)


def test_nothing_is_lost_of_a_station_that_is_not_there():
    with pytest.raises(NotFound):
        station_losses.of_station("none")
